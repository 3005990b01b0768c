//! `/subscribe`: the event socket with its bare-text heartbeat.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, sleep_until},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, handshake::derive_accept_key, protocol::Role},
};

use super::{
    Core, PbxRequest, api,
    config::Subscribing,
    http::{Asked, json as json_reply, plain},
    state::{Out, Subscriber},
};
use crate::{door::Reply, line::Line};

const PATH: &str = "/openapi/v1.0/subscribe";

pub(super) fn open(
    core: &Arc<Core>,
    asked: &Asked,
    request: &mut Request<Incoming>,
    line: &Arc<Line>,
) -> Reply {
    let note = |status: u16, errcode: Option<i64>| {
        core.with(|state, now_ms| state.ledger.push(asked.entry(now_ms, status, errcode)));
    };
    let has = |name: header::HeaderName, word: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    let key = request
        .headers()
        .get(header::SEC_WEBSOCKET_KEY)
        .map(|key| derive_accept_key(key.as_bytes()));
    let wants_socket = has(header::UPGRADE, "websocket") && has(header::CONNECTION, "upgrade");
    let (Some(accept), true) = (key, wants_socket) else {
        note(400, None);
        return plain(400, "text/plain", "Bad Request\n".to_owned());
    };
    let refusal = core.with(|state, now_ms| api::gate(state, asked, now_ms));
    if let Some(refusal) = refusal {
        note(200, refusal["errcode"].as_i64());
        return json_reply(refusal.to_string());
    }
    match core.with(|state, _| state.switches.subscribing.clone()) {
        Subscribing::Http(status, body) => {
            note(status, None);
            return plain(status, "text/html", body);
        }
        Subscribing::Redirect(to) => {
            note(302, None);
            let mut reply = plain(302, "text/plain", String::new());
            if let Ok(to) = to.parse() {
                reply.headers_mut().insert(header::LOCATION, to);
            }
            return reply;
        }
        Subscribing::Works | Subscribing::Refused(_) | Subscribing::NeverAnswered => {}
    }
    let token = asked.parameter("access_token").unwrap_or_default().to_owned();
    let (sender, outgoing) = unbounded_channel();
    let id = core.with(|state, now_ms| {
        let id = state.next_subscriber;
        state.next_subscriber += 1;
        state.subscribers.push(Subscriber {
            id,
            token: token.clone(),
            topics: BTreeSet::new(),
            sender,
        });
        let entry = PbxRequest { method: "OPEN".to_owned(), ..asked.entry(now_ms, 101, None) };
        state.ledger.push(entry);
        id
    });
    line.became_socket();
    let upgrading = hyper::upgrade::on(request);
    let core = core.clone();
    core.door().runtime().clone().spawn(async move {
        let Ok(upgraded) = upgrading.await else { return };
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let why = serve(&core, id, socket, outgoing).await;
        core.with(|state, now_ms| {
            state.subscribers.retain(|subscriber| subscriber.id != id);
            state.ledger.push(entry("CLOSE", now_ms, Some(why.into()), None));
        });
    });
    let mut reply = Response::new(Full::new(Bytes::new()));
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = reply.headers_mut();
    headers.insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, header::HeaderValue::from_static("Upgrade"));
    if let Ok(accept) = accept.parse() {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    reply
}

fn entry(method: &str, at_ms: i64, body: Option<Value>, errcode: Option<i64>) -> PbxRequest {
    PbxRequest {
        at_ms,
        method: method.to_owned(),
        path: PATH.to_owned(),
        query: Vec::new(),
        user_agent: None,
        body,
        status: 0,
        errcode,
    }
}

/// Talks until one side ends it; says why it ended.
async fn serve<S>(
    core: &Arc<Core>,
    id: u64,
    mut socket: WebSocketStream<S>,
    mut outgoing: UnboundedReceiver<Out>,
) -> &'static str
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let silence = core.with(|state, _| state.config.socket_silence);
    let mut deadline = Instant::now() + silence;
    let mut look = tokio::time::interval(std::time::Duration::from_millis(200));
    loop {
        let sent = tokio::select! {
            out = outgoing.recv() => match out {
                Some(Out::Text(text)) => socket.send(Message::text(text)).await,
                Some(Out::Binary(bytes)) => socket.send(Message::binary(bytes)).await,
                Some(Out::Wire(bytes)) => write_raw(&mut socket, &bytes).await,
                Some(Out::Close) | None => {
                    // The other side may be gone already.
                    let _ = socket.close(None).await;
                    return "closed by the PBX";
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    deadline = Instant::now() + silence;
                    match heard(core, id, text.as_str()) {
                        Some(answer) => socket.send(Message::text(answer)).await,
                        None => Ok(()),
                    }
                }
                Some(Ok(Message::Close(_))) | None => return "closed by the client",
                Some(Ok(_)) => Ok(()),
                Some(Err(_)) => return "broken off",
            },
            () = sleep_until(deadline) => {
                let _ = socket.close(None).await;
                return "closed after silence";
            }
            _ = look.tick() => {
                let ended = core.with(|state, now_ms| {
                    let token = state.subscribers.iter().find(|one| one.id == id).map(|one| one.token.clone());
                    state.switches.socket_ends_with_token
                        && token.is_some_and(|token| !state.tokens.is_valid(&token, now_ms))
                });
                if ended {
                    let _ = socket.close(None).await;
                    return "closed with its token";
                }
                Ok(())
            }
        };
        if sent.is_err() {
            return "broken off";
        }
    }
}

async fn write_raw<S>(socket: &mut WebSocketStream<S>, bytes: &[u8]) -> Result<(), Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    socket.flush().await?;
    let stream = socket.get_mut();
    stream.write_all(bytes).await?;
    stream.flush().await?;
    Ok(())
}

/// A text frame from the client; the answer, if there is one.
fn heard(core: &Core, id: u64, text: &str) -> Option<String> {
    core.with(|state, now_ms| {
        if text == "heartbeat" {
            state.ledger.push(entry("FRAME", now_ms, Some(text.into()), None));
            return state.switches.heartbeat_answered.then(|| "heartbeat response".to_owned());
        }
        let body: Option<Value> = serde_json::from_str(text).ok();
        let topics: Option<BTreeSet<u32>> = body.as_ref().and_then(|body| {
            body["topic_list"]
                .as_array()?
                .iter()
                .map(|topic| topic.as_u64()?.try_into().ok())
                .collect()
        });
        let kept = body.unwrap_or_else(|| text.into());
        let (errcode, answer) = match (topics, &state.switches.subscribing) {
            (_, Subscribing::NeverAnswered) => (None, None),
            (None, _) => {
                (Some(40002), Some(api::bad_parameter("topic_list", "topic_list invalid")))
            }
            (Some(_), Subscribing::Refused(code)) => (Some(*code), Some(api::failure(*code))),
            (Some(topics), _) => {
                if let Some(subscriber) = state.subscribers.iter_mut().find(|one| one.id == id) {
                    subscriber.topics = topics;
                }
                (Some(0), Some(json!({ "errcode": 0, "errmsg": "SUCCESS" })))
            }
        };
        state.ledger.push(entry("SUBSCRIBE", now_ms, Some(kept), errcode));
        answer.map(|answer| answer.to_string())
    })
}
