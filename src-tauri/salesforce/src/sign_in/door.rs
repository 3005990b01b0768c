//! The port to which the browser comes back, open to every program and web page of this computer.
//!
//! So it believes nothing: one host, one method, one path, one state; small requests, a few at a time, a thousand at
//! most; two fixed pages, which show nothing of what was sent. Source: salesforce-api.md §2.2, faults.md §3.3, D3.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{CALLBACK, Expected, Reply};
use crate::error::Error;

/// How many requests in vain end the attempt.
const MOST_REQUESTS: usize = 1_000;
/// How many are served at once; more wait in the system's queue.
const MOST_AT_ONCE: usize = 64;
/// The largest request head that is read.
const LARGEST_HEAD: usize = 16 * 1024;
/// How long a connection may take.
const LONGEST_VISIT: Duration = Duration::from_secs(5);

/// The open port.
#[derive(Debug)]
pub(super) struct Door {
    v4: TcpListener,
    /// Absent where this computer has no IPv6.
    v6: Option<TcpListener>,
    port: u16,
}

impl Door {
    /// Opens the first of the ports that is free on both loopback addresses: `localhost` may mean either.
    pub(super) async fn open(ports: &[u16]) -> Result<Self, Error> {
        for &port in ports {
            match Self::open_one(port).await {
                Ok(door) => return Ok(door),
                Err(error) => tracing::debug!(port, %error, "the callback port is not free"),
            }
        }
        Err(Error::PortsBusy { ports: ports.to_vec() })
    }

    async fn open_one(port: u16) -> io::Result<Self> {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        // Port 0 is for tests: both families get the one that was found.
        let port = v4.local_addr()?.port();
        let v6 = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(listener) => Some(listener),
            // Somebody else would get the browser's visit.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
                ) =>
            {
                return Err(error);
            }
            Err(_) => None,
        };
        Ok(Self { v4, v6, port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Serves visitors until one brings the reply.
    pub(super) async fn serve(self, expected: &Expected) -> Result<Reply, Error> {
        let mut visits = FuturesUnordered::new();
        let mut begun = 0;
        loop {
            tokio::select! {
                visitor = self.next(), if visits.len() < MOST_AT_ONCE => {
                    begun += 1;
                    if begun > MOST_REQUESTS + 1 {
                        return Err(Error::Disturbed);
                    }
                    match visitor {
                        Ok((stream, _)) => visits.push(self.receive(stream, expected)),
                        // Out of file handles, say: there may be some again.
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    }
                }
                Some(reply) = visits.next(), if !visits.is_empty() => {
                    if let Some(reply) = reply {
                        return Ok(reply);
                    }
                }
            }
        }
    }

    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.v6 {
            Some(v6) => tokio::select! {
                visitor = self.v4.accept() => visitor,
                visitor = v6.accept() => visitor,
            },
            None => self.v4.accept().await,
        }
    }

    /// Serves one visitor. Returns the reply, if this was the one.
    async fn receive(&self, mut stream: TcpStream, expected: &Expected) -> Option<Reply> {
        let (page, reply) = match timeout(LONGEST_VISIT, head(&mut stream)).await {
            Ok(Ok(Some(head))) => judge(&head, self.port, expected),
            Ok(Ok(None)) => (Page::BadRequest, None),
            Ok(Err(_)) | Err(_) => return None,
        };
        let answer = async {
            stream.write_all(page.response().as_bytes()).await?;
            stream.shutdown().await
        };
        // Who hangs up before the page is whole has still brought what they brought.
        let _ = timeout(LONGEST_VISIT, answer).await;
        reply
    }
}

/// Reads a request up to its empty line; `None` when it is too long or ends early.
async fn head(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::with_capacity(1_024);
    let mut chunk = [0; 1_024];
    loop {
        let read = stream.read(&mut chunk).await?;
        if read == 0 || head.len() + read > LARGEST_HEAD {
            return Ok(None);
        }
        let seen = head.len().saturating_sub(3);
        head.extend_from_slice(&chunk[..read]);
        if head[seen..].windows(4).any(|end| end == b"\r\n\r\n") {
            return Ok(Some(head));
        }
    }
}

/// Decides what a request gets, and whether it is the one that was waited for.
fn judge(head: &[u8], port: u16, expected: &Expected) -> (Page, Option<Reply>) {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(_)) = request.parse(head) else {
        return (Page::BadRequest, None);
    };
    let mut hosts = request.headers.iter().filter(|h| h.name.eq_ignore_ascii_case("host"));
    let (host, second) = (hosts.next(), hosts.next());
    let ours = ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}"));
    // A name that a stranger's DNS points to this computer is not ours.
    let is_ours = host.is_some_and(|host| ours.iter().any(|ours| ours.as_bytes() == host.value));
    if !is_ours || second.is_some() {
        return (Page::BadRequest, None);
    }
    match request.method {
        Some("OPTIONS") => return (Page::Preflight, None),
        Some("GET") => {}
        _ => return (Page::BadMethod, None),
    }
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != CALLBACK {
        return (Page::NotFound, None);
    }
    match expected.reply(query) {
        Some(reply) => (Page::Received, Some(reply)),
        None => (Page::BadRequest, None),
    }
}

/// What a visitor gets to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Received,
    BadRequest,
    NotFound,
    BadMethod,
    Preflight,
}

impl Page {
    /// Returns the whole answer. Nothing in it depends on the request.
    fn response(self) -> String {
        // In each of the window's languages: a request is not asked for its own.
        const RECEIVED: &str = "<p>Patchcord has received the answer. You can close this tab.</p>\
             <p lang=\"zh-CN\">Patchcord 已收到应答。您可以关闭此标签页。</p>";
        const NOT_HERE: &str = "<p>This is not the answer that Patchcord waits for.</p>\
             <p lang=\"zh-CN\">这不是 Patchcord 正在等待的应答。</p>";
        let (status, extra, text) = match self {
            Self::Received => ("200 OK", "", RECEIVED),
            Self::BadRequest => ("400 Bad Request", "", NOT_HERE),
            Self::NotFound => ("404 Not Found", "", NOT_HERE),
            Self::BadMethod => ("405 Method Not Allowed", "Allow: GET, OPTIONS\r\n", NOT_HERE),
            Self::Preflight => {
                ("204 No Content", "Access-Control-Allow-Private-Network: true\r\n", "")
            }
        };
        let body = if text.is_empty() {
            String::new()
        } else {
            format!(
                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
                 <title>Patchcord</title>{text}</html>\n"
            )
        };
        let content = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n", body.len())
        };
        format!(
            "HTTP/1.1 {status}\r\n{content}{extra}\
             Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\
             X-Content-Type-Options: nosniff\r\n\
             Referrer-Policy: no-referrer\r\n\
             Cache-Control: no-store\r\n\
             Connection: close\r\n\r\n{body}"
        )
    }
}
