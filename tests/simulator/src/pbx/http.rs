//! HTTP at the PBX: faults, the ledger, and the way to the API or the event socket.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming, header};
use serde_json::Value;

use super::{Core, PbxRequest, api, socket, state::numbers_to_text};
use crate::{
    door::{Reply, body_of},
    fault::{Fault, strike},
    latency::Latency,
    line::{Cut, Line},
};

/// One request, read.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) user_agent: Option<String>,
    pub(super) body: Option<Value>,
}

impl Asked {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn entry(&self, at_ms: i64, status: u16, errcode: Option<i64>) -> PbxRequest {
        PbxRequest {
            at_ms,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.iter().map(|(name, _)| name.clone()).collect(),
            user_agent: self.user_agent.clone(),
            body: self.body.clone(),
            status,
            errcode,
        }
    }
}

pub(super) async fn answer(
    core: Weak<Core>,
    mut request: Request<Incoming>,
    line: Arc<Line>,
) -> Reply {
    let Some(core) = core.upgrade() else {
        line.cut(Cut::Reset);
        return plain(500, "text/plain", String::new());
    };
    let header =
        |name| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = request.uri().query().unwrap_or_default();
    let mut asked = Asked {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        user_agent: header(header::USER_AGENT).filter(|agent| !agent.trim().is_empty()),
        body: None,
    };
    let (fault, takes) = core.with(|state, _| {
        let switches = &mut state.switches;
        let takes = switches.latency.as_mut().map(Latency::draw);
        // Bodies are read later.
        (strike(&mut switches.faults, &asked.method, &asked.path, ""), takes.unwrap_or_default())
    });
    if asked.path == "/openapi/v1.0/subscribe" && matches!(fault, None | Some(Fault::Slow(_))) {
        tokio::time::sleep(takes.0 + takes.1).await;
        if let Some(Fault::Slow(wait)) = fault {
            tokio::time::sleep(wait).await;
        }
        return socket::open(&core, &asked, &mut request, &line);
    }
    let body = body_of(request.into_body()).await;
    let mut broken_body = body.is_none();
    if let Some(bytes) = body.filter(|bytes| !bytes.is_empty()) {
        asked.body = serde_json::from_slice(&bytes).ok();
        broken_body |= asked.body.is_none();
    }
    if takes == (Duration::ZERO, Duration::ZERO) {
        return serve(core, asked, line, broken_body, fault).await;
    }
    // A task of its own: this one ends with the connection, and what has arrived is carried out all the same.
    let at_work = tokio::spawn(async move {
        tokio::time::sleep(takes.0).await;
        let reply = serve(core, asked, line, broken_body, fault).await;
        tokio::time::sleep(takes.1).await;
        reply
    });
    at_work.await.unwrap_or_else(|_| plain(500, "text/plain", String::new()))
}

/// Meets the fault that is meant for the request, or carries it out.
async fn serve(
    core: Arc<Core>,
    asked: Asked,
    line: Arc<Line>,
    broken_body: bool,
    fault: Option<Fault>,
) -> Reply {
    let carry_out = || carry_out(&core, &asked, broken_body);
    let refuse = |status: u16| {
        core.with(|state, now_ms| state.ledger.push(asked.entry(now_ms, status, None)));
    };
    match fault {
        None => json(carry_out()),
        Some(Fault::Late(wait)) => {
            // A task of its own: this one ends with the connection.
            let at_work = tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                json(self::carry_out(&core, &asked, broken_body))
            });
            at_work.await.unwrap_or_else(|_| plain(500, "text/plain", String::new()))
        }
        Some(Fault::Slow(wait)) => {
            let text = carry_out();
            tokio::time::sleep(wait).await;
            json(text)
        }
        Some(Fault::Truncated) => {
            let text = carry_out();
            json(text.chars().take(text.chars().count() / 2).collect())
        }
        Some(Fault::LostBehindProxy(status)) => {
            carry_out();
            faulty(Fault::Html(status), &line).await.1
        }
        Some(Fault::LostAnswer) => {
            carry_out();
            line.cut(Cut::Reset);
            plain(200, "text/plain", String::new())
        }
        Some(other) => {
            let (status, reply) = faulty(other, &line).await;
            refuse(status);
            reply
        }
    }
}

fn carry_out(core: &Core, asked: &Asked, broken_body: bool) -> String {
    core.with(|state, now_ms| {
        let mut value =
            if broken_body { api::failure(40001) } else { api::answer(state, asked, now_ms) };
        let errcode = value["errcode"].as_i64();
        if state.switches.numbers_as_text {
            numbers_to_text(&mut value);
        }
        state.ledger.push(asked.entry(now_ms, 200, errcode));
        value.to_string()
    })
}

/// The reply of a fault that keeps the request from being carried out, with the status for the ledger.
pub(crate) async fn faulty(fault: Fault, line: &Line) -> (u16, Reply) {
    match fault {
        Fault::Html(status) | Fault::LostBehindProxy(status) => {
            let page = "<!DOCTYPE html><html><head><title>Not now</title></head>\
                        <body><h1>Something is being looked after</h1></body></html>";
            (status, plain(status, "text/html; charset=UTF-8", page.to_owned()))
        }
        Fault::Empty(status) => (status, plain(status, "application/json", String::new())),
        Fault::Huge(size) => (200, plain(200, "application/json", "x".repeat(size))),
        Fault::Json(status, value) => {
            (status, plain(status, "application/json;charset=UTF-8", value.to_string()))
        }
        Fault::Redirect(to) => {
            let mut reply = plain(302, "text/plain", String::new());
            if let Ok(value) = to.parse() {
                reply.headers_mut().insert(header::LOCATION, value);
            }
            (302, reply)
        }
        Fault::Never => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            (0, plain(200, "text/plain", String::new()))
        }
        Fault::Reset | Fault::LostAnswer | Fault::Slow(_) | Fault::Late(_) | Fault::Truncated => {
            line.cut(Cut::Reset);
            (0, plain(200, "text/plain", String::new()))
        }
    }
}

/// A reply with this body, as JSON.
pub(super) fn json(text: String) -> Reply {
    plain(200, "application/json; charset=utf-8", text)
}

/// A reply with this status, type and body.
pub(crate) fn plain(status: u16, kind: &'static str, text: String) -> Reply {
    let mut reply = Response::new(Full::new(text.into()));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    // The PBX takes one request per connection.
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    reply
}
