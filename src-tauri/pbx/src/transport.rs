//! One request to the PBX: bounded in time and size, never redirected, its URL never told.

use std::fmt;

use reqwest::{StatusCode, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::{
    address::Address,
    client::{Options, Timeouts},
    error::Error,
    tls, wire,
};

/// The most that an answer about one thing may hold.
const ONE: usize = 1 << 20;
/// The most that a list may hold: a thousand rows are one megabyte.
const MANY: usize = 32 << 20;

pub(crate) struct Transport {
    http: reqwest::Client,
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
    pub(crate) fn new(options: &Options, tls: &rustls::ClientConfig) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .user_agent(format!("Patchcord/{}", options.version))
            .redirect(redirect::Policy::none())
            // The way to a PBX is a LAN or a tunnel of its own; the event socket goes straight, too.
            .no_proxy()
            // The PBX ends a connection after each answer (§1.2); one kept would be dead when it is needed.
            .pool_max_idle_per_host(0)
            .connect_timeout(options.timeouts.connect)
            .timeout(options.timeouts.request)
            .build()
            .map_err(failure)?;
        let timeouts = options.timeouts.clone();
        Ok(Self { http, address: options.address.clone(), timeouts })
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
        let http = match &request.body {
            None => self.http.get(url),
            Some(body) => self.http.post(url).json(body),
        };
        let mut response = http.send().await.map_err(failure)?;
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
    if error.is_decode() {
        return Error::unexpected("an answer that cannot be unpacked");
    }
    Error::Unreachable(std::sync::Arc::new(error))
}
