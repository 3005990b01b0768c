//! One request, one answer: bounded in time and size, and clear about what may have happened.

use std::sync::Arc;

use reqwest::{
    Client, Request, StatusCode,
    header::{HeaderMap, HeaderValue},
    redirect,
};

use crate::{
    app::App,
    error::{Cause, Error},
};

/// The largest answer that is read, unpacked. A page of 2,000 rows stays far below.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// The two doors to Salesforce.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    /// For the REST API.
    pub(crate) api: Client,
    /// For the token endpoint. Keeps no connection open: on one that the server has just closed, a request fails
    /// without anybody knowing whether the refresh token was used up.
    pub(crate) token: Client,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Says whether it calls itself JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.is_of("application/json")
    }

    /// Says whether it is a page for people.
    pub(crate) fn is_page(&self) -> bool {
        self.is_of("text/html")
    }

    fn is_of(&self, kind: &str) -> bool {
        let told = self.header("content-type").unwrap_or_default();
        told.get(..kind.len()).is_some_and(|told| told.eq_ignore_ascii_case(kind))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Http {
    /// Makes the clients: the system's trust and proxy, no redirects (they could carry a token to another host).
    pub(crate) fn new(app: &App) -> Result<Self, Error> {
        // Somebody else in this process may have installed one; either serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let agent = HeaderValue::from_str(&format!("Patchcord/{}", app.version))
            .unwrap_or(HeaderValue::from_static("Patchcord"));
        let build = |idle: usize| {
            let builder = Client::builder()
                .user_agent(agent.clone())
                .gzip(true)
                .redirect(redirect::Policy::none())
                .connect_timeout(app.timeouts.connect)
                .timeout(app.timeouts.request)
                .pool_max_idle_per_host(idle);
            // A proxy has no business with this computer's own simulator.
            let builder =
                if app.login.is_loopback() { builder.no_proxy() } else { builder.https_only(true) };
            let builder = match &app.proxy {
                Some(proxy) if !app.login.is_loopback() => {
                    let proxy = reqwest::Proxy::all(proxy.as_str());
                    builder.proxy(proxy.map_err(|error| Error::Unreachable(Arc::new(error)))?)
                }
                Some(_) | None => builder,
            };
            builder.build().map_err(|error| Error::Unreachable(Arc::new(error.without_url())))
        };
        Ok(Self { api: build(4)?, token: build(0)? })
    }
}

/// Sends a request and reads the answer, whatever its status.
///
/// # Errors
///
/// [`Error::Unreachable`] and [`Error::Untrusted`] where nothing was sent; [`Error::LostAnswer`] where something may
/// have been; [`Error::UnexpectedAnswer`] and [`Error::Unreadable`] for an answer without end.
pub(crate) async fn send(client: &Client, request: Request) -> Result<Answer, Error> {
    let mut response = client.execute(request).await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LARGEST_BODY {
            let answer = Answer {
                status: response.status(),
                headers: std::mem::take(response.headers_mut()),
                body: Vec::new(),
            };
            let detail = "more than 16 MB".to_owned();
            return Err(if answer.is_json() {
                Error::Unreadable { detail }
            } else {
                Error::UnexpectedAnswer { detail }
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status(), headers: std::mem::take(response.headers_mut()), body })
}

fn failed(error: reqwest::Error) -> Error {
    // The address holds the query: digits of a caller, or a key.
    let error = error.without_url();
    if !error.is_connect() {
        return Error::LostAnswer(Some(Arc::new(error)));
    }
    let (untrusted, proxy_login) = (is_untrusted(&error), wants_proxy_login(&error));
    let cause: Cause = Arc::new(error);
    match (untrusted, proxy_login) {
        (true, _) => Error::Untrusted(cause),
        (false, true) => Error::ProxyLogin(cause),
        (false, false) => Error::Unreachable(cause),
    }
}

/// The library tells a proxy's 407 only in words.
fn wants_proxy_login(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.to_string().contains("proxy authorization required"))
}

/// Looks for a refused certificate in the chain of causes.
fn is_untrusted(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    // The source of an I/O error is the source of what it wraps: the wrapped error itself would be left out.
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => error.get_ref().is_some_and(|inner| is_untrusted(inner)),
        None => error.source().is_some_and(is_untrusted),
    }
}
