//! Opening an event connection: host, TLS, upgrade, topics.
//!
//! The stream is made by ourselves, with the same trust as for requests, so that nothing can redirect the token.
//! Source: yeastar-open-api.md §4.1.

use std::{fmt, sync::Arc};

use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::ExposeSecret as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message,
        client::IntoClientRequest as _,
        handshake::client::{Request, Response},
        http::{HeaderValue, header::USER_AGENT},
        protocol::WebSocketConfig,
    },
};
use url::Url;

use crate::{
    client::Client,
    error::Error,
    keeper::Token,
    tls,
    wire::{self, event::Frame},
};

pub(crate) type Socket = WebSocketStream<Box<dyn Line>>;

/// A TCP connection, encrypted or not.
pub(crate) trait Line: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> Line for T {}

/// A connection whose topics the PBX has granted.
#[derive(Debug)]
pub(crate) struct Subscribed {
    pub(crate) socket: Socket,
    /// Frames that came before the grant.
    pub(crate) early: Vec<Message>,
}

/// The events that we understand. 30016 never: it would make every caller wait (§1.5).
const TOPICS: &str = r#"{"topic_list":[30008,30011,30012,30013,30014,30015]}"#;
/// The largest event; those of big conferences have some thousand bytes.
const LARGEST: usize = 4 << 20;
/// Frames kept before the grant; more is not what the guide describes.
const MOST_EARLY: usize = 1_000;

/// Opens a connection; with a renewed token once more, if the PBX says that it has expired.
///
/// A token is `proven` when a request has just been answered with it. Then a refusal is not the token's fault: a proxy
/// on the way answers 403 as well, and must not cost a token with every try.
pub(crate) async fn open(client: &Client, proven: bool) -> Result<Subscribed, Error> {
    let token = client.token().await?;
    match open_with(client, &token, proven).await {
        Err(Error::TokenRefused) => {
            let token = client.token().await?;
            open_with(client, &token, true).await
        }
        other => other,
    }
}

async fn open_with(client: &Client, token: &Token, proven: bool) -> Result<Subscribed, Error> {
    let result = match connect(client, token).await {
        Ok(socket) => subscribe(socket, client).await,
        Err(Error::TokenRefused) if proven => {
            Err(Error::unexpected("the event connection is refused with a good token"))
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &result {
        client.heard(error, token);
    }
    result
}

async fn connect(client: &Client, token: &Token) -> Result<Socket, Error> {
    let options = client.options();
    let (address, timeouts) = (&options.address, &options.timeouts);
    let request = upgrade_request(client, token)?;
    let stream = client.route().connect(timeouts.connect).await?;
    let stream: Box<dyn Line> = if address.is_tls() {
        let connector = TlsConnector::from(client.tls());
        Box::new(tls::connect_tls(&connector, address, stream, timeouts).await?)
    } else {
        Box::new(stream)
    };
    let config =
        WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let upgrading = client_async_with_config(request, stream, Some(config));
    let (socket, _) = timeout(timeouts.request, upgrading)
        .await
        .map_err(|_| Error::Timeout)?
        .map_err(|error| begun(error, client))?;
    Ok(socket)
}

fn upgrade_request(client: &Client, token: &Token) -> Result<Request, Error> {
    let options = client.options();
    let unusable = || Error::unexpected("not a usable address");
    let base = options.address.as_str();
    let base = base.strip_prefix("http").ok_or_else(unusable)?;
    let mut url =
        Url::parse(&format!("ws{base}/openapi/v1.0/subscribe")).map_err(|_| unusable())?;
    url.query_pairs_mut().append_pair("access_token", token.secret.expose_secret());
    let mut request = url.as_str().into_client_request().map_err(|_| unusable())?;
    let agent = HeaderValue::from_str(&format!("Patchcord/{}", options.version))
        .map_err(|_| Error::unexpected("a version that fits in no header"))?;
    request.headers_mut().insert(USER_AGENT, agent);
    Ok(request)
}

async fn subscribe(mut socket: Socket, client: &Client) -> Result<Subscribed, Error> {
    let deadline = Instant::now() + client.options().timeouts.subscribe;
    let begun = |error| begun(error, client);
    timeout_at(deadline, socket.send(Message::text(TOPICS)))
        .await
        .map_err(|_| unanswered())?
        .map_err(begun)?;
    let mut early = Vec::new();
    loop {
        let message = timeout_at(deadline, socket.next())
            .await
            .map_err(|_| unanswered())?
            .ok_or_else(cut)?
            .map_err(begun)?;
        match &message {
            Message::Close(_) => return Err(cut()),
            Message::Text(text) if text.contains("errcode") => {
                if let Ok(Frame::Reply { .. }) = wire::event::read(text) {
                    wire::answer::granted(text.as_bytes(), client.now().wall)?;
                    return Ok(Subscribed { socket, early });
                }
            }
            _ => {}
        }
        if early.len() < MOST_EARLY {
            early.push(message);
        }
    }
}

/// Says why a connection failed between its TCP part and the grant: the host is there, so its word matters.
fn begun(error: tungstenite::Error, client: &Client) -> Error {
    if let tungstenite::Error::Http(response) = &error
        && let Some(refusal) = refusal(response, client)
    {
        return refusal;
    }
    match failure(error) {
        Error::Unreachable(_) => cut(),
        other => other,
    }
}

fn unanswered() -> Error {
    Error::unexpected("the list of topics was not answered")
}

fn cut() -> Error {
    Error::unexpected("the event connection was cut before the topics were granted")
}

/// Says that the PBX has ended the connection.
pub(crate) fn closed() -> Error {
    Error::Unreachable(Arc::new(tungstenite::Error::ConnectionClosed))
}

/// Says why the connection, or its upgrade, failed.
pub(crate) fn failure(error: tungstenite::Error) -> Error {
    if let Some(verdict) = tls::verdict(&error) {
        return verdict;
    }
    match error {
        tungstenite::Error::Http(response) => refused_upgrade(&response),
        tungstenite::Error::Capacity(_) => Error::unexpected("an event that is far too long"),
        tungstenite::Error::Utf8(_) => Error::unexpected("an event that is no text"),
        other => Error::Unreachable(Arc::new(other)),
    }
}

/// The PBX may refuse as it refuses requests: with an errcode in the body, whatever the status.
fn refusal(response: &Response, client: &Client) -> Option<Error> {
    let body = response.body().as_deref().unwrap_or_default();
    wire::answer::errcode(body).filter(|code| *code != 0)?;
    wire::answer::granted(body, client.now().wall).err()
}

fn refused_upgrade(response: &Response) -> Error {
    match response.status().as_u16() {
        401 | 403 => Error::TokenRefused,
        status => Error::unexpected(format!("HTTP {status} in place of the event connection")),
    }
}
