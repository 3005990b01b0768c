//! One request to the PBX: bounded in time and size, never redirected, its URL never told.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::{StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::{
    address::Address,
    client::{Options, Timeouts},
    error::Error,
    route::{self, Proxy, Route},
    tls, wire,
};

/// The most that an answer about one thing may hold.
const ONE: usize = 1 << 20;
/// The most that a list may hold: a thousand rows are one megabyte.
const MANY: usize = 32 << 20;

pub(crate) struct Transport {
    straight: reqwest::Client,
    /// The proxy that was gone through last, and the client for it.
    through: Mutex<Option<(Proxy, reqwest::Client)>>,
    route: Arc<Route>,
    options: Options,
    tls: rustls::ClientConfig,
    address: Address,
    timeouts: Timeouts,
}

/// What is asked.
pub(crate) struct Request<'a> {
    path: &'a str,
    query: Vec<(&'a str, String)>,
    body: Option<Value>,
    limit: usize,
}

impl<'a> Request<'a> {
    /// Reads, and also deletes: the PBX does both with GET.
    pub(crate) fn get(path: &'a str) -> Self {
        Self { path, query: Vec::new(), body: None, limit: ONE }
    }

    pub(crate) fn list(path: &'a str) -> Self {
        Self { limit: MANY, ..Self::get(path) }
    }

    pub(crate) fn post(path: &'a str, body: Value) -> Self {
        Self { body: Some(body), ..Self::get(path) }
    }

    pub(crate) fn with(mut self, name: &'a str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }
}

impl Transport {
    pub(crate) fn new(
        options: &Options,
        tls: &rustls::ClientConfig,
        route: Arc<Route>,
    ) -> Result<Self, Error> {
        Ok(Self {
            straight: http(options, tls, None)?,
            through: Mutex::default(),
            route,
            options: options.clone(),
            tls: tls.clone(),
            address: options.address.clone(),
            timeouts: options.timeouts.clone(),
        })
    }

    /// Returns the client for the way of now, which the event socket goes as well.
    async fn http(&self) -> Result<reqwest::Client, Error> {
        let Some(proxy) = self.route.proxy().await else { return Ok(self.straight.clone()) };
        let mut known = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((of, http)) if *of == proxy => Ok(http.clone()),
            Some(_) | None => {
                let http = http(&self.options, &self.tls, Some(&proxy))?;
                *known = Some((proxy, http.clone()));
                Ok(http)
            }
        }
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// Sends the request and returns the body of the answer, whatever it says.
    pub(crate) async fn send(
        &self,
        request: &Request<'_>,
        token: Option<&SecretString>,
    ) -> Result<Vec<u8>, Error> {
        let url = self.url(request, token)?;
        let http = self.http().await?;
        let asked = match &request.body {
            None => http.get(url),
            Some(body) => http.post(url).json(body),
        };
        let mut response = asked.send().await.map_err(failure)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > request.limit {
                return Err(Error::unexpected("an answer that is far too long"));
            }
            body.extend_from_slice(&chunk);
        }
        judge(status, body)
    }

    fn url(&self, request: &Request<'_>, token: Option<&SecretString>) -> Result<Url, Error> {
        let text = format!("{}/openapi/v1.0/{}", self.address, request.path);
        let mut url = Url::parse(&text).map_err(|_| Error::unexpected("not a usable address"))?;
        if token.is_some() || !request.query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &request.query {
                pairs.append_pair(name, value);
            }
            if let Some(token) = token {
                pairs.append_pair("access_token", token.expose_secret());
            }
        }
        Ok(url)
    }
}

fn http(
    options: &Options,
    tls: &rustls::ClientConfig,
    through: Option<&Proxy>,
) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .user_agent(format!("Patchcord/{}", options.version))
        .redirect(redirect::Policy::none())
        // The way is found by `route`, for requests and events alike.
        .no_proxy()
        // The PBX ends a connection after each answer (§1.2); one kept would be dead when it is needed.
        .pool_max_idle_per_host(0)
        .connect_timeout(options.timeouts.connect)
        .timeout(options.timeouts.request);
    let builder = match through {
        None => builder,
        Some(proxy) => {
            let through = reqwest::Proxy::all(proxy.uri.to_string()).map_err(failure)?;
            builder.proxy(match &proxy.login {
                Some(login) => through.custom_http_auth(login.clone()),
                None => through,
            })
        }
    };
    builder.build().map_err(failure)
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("address", &self.address.as_str()).finish_non_exhaustive()
    }
}

/// A PBX answers everything with 200 and says the rest in the body; other servers do not.
fn judge(status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, Error> {
    if status.is_redirection() {
        return Err(Error::unexpected(format!("HTTP {} to another address", status.as_u16())));
    }
    if status.is_success() || wire::answer::errcode(&body).is_some() {
        return Ok(body);
    }
    Err(Error::unexpected(format!("HTTP {}", status.as_u16())))
}

fn failure(error: reqwest::Error) -> Error {
    let error = error.without_url();
    if let Some(verdict) = tls::verdict(&error) {
        return verdict;
    }
    if error.is_timeout() {
        return Error::Timeout;
    }
    if route::wants_login(&error) {
        return Error::ProxyLogin(Arc::new(error));
    }
    if error.is_decode() {
        return Error::unexpected("an answer that cannot be unpacked");
    }
    Error::Unreachable(Arc::new(error))
}
