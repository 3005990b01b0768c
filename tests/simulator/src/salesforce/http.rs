//! HTTP at the org: faults, the ledger, and the way to sign-in, REST and pages.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Incoming,
    header::{HeaderName, HeaderValue},
};
use serde_json::Value;

use super::{Core, OrgRequest, oauth, pages, rest};
use crate::{
    door::{Reply, body_of},
    fault::{Fault, strike},
    latency::Latency,
    line::{Cut, Line},
    pbx::http::faulty,
};

/// One request, read.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) form: Vec<(String, String)>,
    /// Length of the URI and the headers.
    pub(super) head_length: usize,
}

impl Asked {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn form(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        let (kind, token) = self.header("authorization")?.split_once(' ')?;
        matches!(kind, "Bearer" | "OAuth").then_some(token)
    }

    /// The body as JSON; `None` when there is none or it is something else.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    fn entry(&self, at_ms: i64, status: u16) -> OrgRequest {
        let form =
            || self.form.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        OrgRequest {
            at_ms,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.parameter("q").map(str::to_owned),
            parameters: self.query.iter().cloned().collect::<BTreeMap<_, _>>(),
            body: self.json().or_else(|| (!self.form.is_empty()).then(|| Value::Object(form()))),
            token: self.bearer().map(str::to_owned),
            status,
            lost: false,
        }
    }
}

/// An answer to send.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Sent {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            kind: "application/json;charset=UTF-8",
            body: body.to_string(),
            headers: Vec::new(),
        }
    }

    pub(super) fn html(status: u16, body: String) -> Self {
        Self { status, kind: "text/html; charset=UTF-8", body, headers: Vec::new() }
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            kind: "text/plain; charset=UTF-8",
            body: body.to_owned(),
            headers: Vec::new(),
        }
    }

    pub(super) fn csv(status: u16, body: &str) -> Self {
        Self { kind: "text/csv; charset=UTF-8", ..Self::text(status, body) }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, kind: "", body: String::new(), headers: Vec::new() }
    }

    pub(super) fn redirect(to: String) -> Self {
        Self::empty(302).with("location", to)
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn reply(self) -> Reply {
        let mut reply = Response::new(Full::new(self.body.into()));
        *reply.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if !self.kind.is_empty() {
            reply.headers_mut().insert("content-type", HeaderValue::from_static(self.kind));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                reply.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        reply
    }
}

pub(super) async fn answer(
    core: Weak<Core>,
    request: Request<Incoming>,
    line: Arc<Line>,
    is_login: bool,
) -> Reply {
    let Some(core) = core.upgrade() else {
        line.cut(Cut::Reset);
        return Sent::empty(500).reply();
    };
    let uri = request.uri().clone();
    let head_length = uri.to_string().len()
        + request
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum::<usize>();
    let mut asked = Asked {
        method: request.method().to_string(),
        path: uri.path().to_owned(),
        query: url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        headers: request.headers().clone(),
        body: Vec::new(),
        form: Vec::new(),
        head_length,
    };
    asked.body = body_of(request.into_body()).await.map(|bytes| bytes.to_vec()).unwrap_or_default();
    if asked
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    {
        asked.form = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    }
    let takes = core.with(|org, _| {
        org.arrived.push((asked.method.clone(), asked.path.clone()));
        let switches = &mut org.switches;
        let slow = rest::is_rest(&asked.path)
            || (switches.latency_at_sign_in && asked.path == "/services/oauth2/token");
        switches.latency.as_mut().filter(|_| slow).map(Latency::draw)
    });
    let Some((before, after)) = takes else { return serve(core, asked, line, is_login).await };
    // A task of its own: this one ends with the connection, and what has arrived is carried out all the same.
    let at_work = tokio::spawn(async move {
        tokio::time::sleep(before).await;
        let reply = serve(core, asked, line, is_login).await;
        tokio::time::sleep(after).await;
        reply
    });
    at_work.await.unwrap_or_else(|_| Sent::empty(500).reply())
}

/// Meets the fault that is meant for the request, or carries it out.
async fn serve(core: Arc<Core>, asked: Asked, line: Arc<Line>, is_login: bool) -> Reply {
    let body = String::from_utf8_lossy(&asked.body);
    let fault =
        core.with(|org, _| strike(&mut org.switches.faults, &asked.method, &asked.path, &body));
    match fault {
        None => carry_out(&core, &asked, is_login, false).await.reply(),
        Some(Fault::Slow(wait)) => {
            let sent = carry_out(&core, &asked, is_login, false).await;
            tokio::time::sleep(wait).await;
            sent.reply()
        }
        Some(Fault::Late(wait)) => {
            // A task of its own: this one ends with the connection.
            let at_work = tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                carry_out(&core, &asked, is_login, false).await.reply()
            });
            at_work.await.unwrap_or_else(|_| Sent::empty(500).reply())
        }
        Some(Fault::Truncated) => {
            let mut sent = carry_out(&core, &asked, is_login, false).await;
            sent.body = sent.body.chars().take(sent.body.chars().count() / 2).collect();
            sent.reply()
        }
        Some(Fault::LostBehindProxy(status)) => {
            carry_out(&core, &asked, is_login, true).await;
            faulty(Fault::Html(status), &line).await.1
        }
        Some(Fault::LostAnswer) => {
            carry_out(&core, &asked, is_login, true).await;
            line.cut(Cut::Reset);
            Sent::empty(200).reply()
        }
        Some(other) => {
            let (status, mut reply) = faulty(other, &line).await;
            core.with(|org, now_ms| {
                let rest = rest::is_rest(&asked.path);
                org.api_calls += usize::from(rest);
                org.ledger.push(asked.entry(now_ms, status));
                if rest && let Ok(limit) = HeaderValue::from_str(&rest::limit_info(org)) {
                    reply.headers_mut().insert("sforce-limit-info", limit);
                }
            });
            reply
        }
    }
}

async fn carry_out(core: &Arc<Core>, asked: &Asked, is_login: bool, lost: bool) -> Sent {
    let step = core.with(|org, now_ms| match (asked.path.as_str(), org.instance_port) {
        ("/services/oauth2/token", _) => oauth::token(org, asked, now_ms),
        _ => oauth::TokenStep::Done(route(org, asked, is_login, now_ms)),
    });
    let sent = match step {
        oauth::TokenStep::Done(sent) => sent,
        oauth::TokenStep::Refreshing(number) => {
            let takes = core.with(|org, _| org.switches.refresh_takes);
            let org = core.clone();
            // A server ends what it has begun, also when whoever asked has hung up meanwhile.
            let finishing = tokio::spawn(async move {
                tokio::time::sleep(takes).await;
                org.with(|org, now_ms| oauth::finish_refresh(org, number, now_ms))
            });
            finishing.await.expect("a refresh does not panic")
        }
    };
    core.with(|org, now_ms| {
        org.ledger.push(OrgRequest { lost, ..asked.entry(now_ms, sent.status) });
    });
    sent
}

fn route(org: &mut super::org::Org, asked: &Asked, is_login: bool, now_ms: i64) -> Sent {
    match asked.path.as_str() {
        "/services/oauth2/authorize" => oauth::authorize(org, asked, now_ms),
        "/services/oauth2/revoke" => oauth::revoke(org, asked),
        "/services/oauth2/userinfo" => oauth::identity(org, asked, now_ms, false),
        "/.well-known/auth-configuration" => oauth::auth_configuration(org),
        "/setup/secur/RemoteAccessErrorPage.apexp" => Sent::html(
            200,
            pages::error(
                asked.parameter("error").unwrap_or_default(),
                asked.parameter("error_description").unwrap_or_default(),
            ),
        ),
        path if path.starts_with("/id/") => oauth::identity(org, asked, now_ms, true),
        path if rest::is_rest(path) && is_login => Sent::html(404, pages::not_found()),
        path if path.starts_with("/services/data") => rest::answer(org, asked, now_ms),
        path => pages::page(org, asked, path),
    }
}
