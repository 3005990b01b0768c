//! A port on loopback (IPv4, and IPv6 where there is any) that can go down and come back.

use std::{
    convert::Infallible,
    future::Future,
    net::{Ipv4Addr, Ipv6Addr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime::Handle, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

use crate::line::{Cut, Line, Parked, Stream, Wire};

/// Larger bodies are refused: nothing that the two APIs take is near it.
const MAX_BODY: usize = 8 * 1024 * 1024;

pub(crate) type Reply = Response<Full<Bytes>>;
type Answering = Pin<Box<dyn Future<Output = Reply> + Send>>;
pub(crate) type Handler = Arc<dyn Fn(Request<Incoming>, Arc<Line>) -> Answering + Send + Sync>;

/// The listening side of a server.
pub(crate) struct Door {
    port: u16,
    runtime: Handle,
    shared: Arc<Shared>,
    accepting: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    tls: Option<TlsAcceptor>,
    handler: Handler,
    lines: Mutex<Vec<Weak<Line>>>,
    parked: Parked,
}

impl Door {
    /// Binds `port` (0: any free one) on loopback and answers with `handler`.
    pub(crate) async fn open(port: u16, tls: Option<TlsAcceptor>, handler: Handler) -> Self {
        let (port, listeners) = bind(port).await;
        let shared = Shared { tls, handler, lines: Mutex::default(), parked: Parked::default() };
        let door = Self {
            port,
            runtime: Handle::current(),
            shared: Arc::new(shared),
            accepting: Mutex::default(),
        };
        door.accept_from(listeners);
        door
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Stops listening and cuts every connection, WebSockets too.
    pub(crate) fn close(&self) {
        for task in self.accepting.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            task.abort();
        }
        self.cut(Cut::Close, |_| true);
    }

    /// Listens again on the same port.
    pub(crate) async fn open_again(&self) {
        let tasks =
            std::mem::take(&mut *self.accepting.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            task.abort();
            // Aborted on purpose: the listener must be gone before its port is bound anew.
            let _ = task.await;
        }
        let (_, listeners) = bind(self.port).await;
        self.accept_from(listeners);
    }

    /// Cuts the connections that `which` picks.
    pub(crate) fn cut(&self, how: Cut, which: impl Fn(&Line) -> bool) {
        let mut lines = self.shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.retain(|line| line.strong_count() > 0);
        for line in lines.iter().filter_map(Weak::upgrade).filter(|line| which(line)) {
            line.cut(how);
        }
    }

    fn accept_from(&self, listeners: Vec<TcpListener>) {
        let mut accepting = self.accepting.lock().unwrap_or_else(PoisonError::into_inner);
        for listener in listeners {
            accepting.push(self.runtime.spawn(accept(listener, self.shared.clone())));
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.close();
    }
}

async fn bind(port: u16) -> (u16, Vec<TcpListener>) {
    for tries in 0..20 {
        let v4 = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(v4) => v4,
            // A process that is just being started has a copy of the listener until it runs its own program.
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && tries < 19 => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => panic!("127.0.0.1:{port} cannot be bound: {error}"),
        };
        let bound = v4.local_addr().expect("a bound listener has an address").port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, bound)).await {
            Ok(v6) => return (bound, vec![v4, v6]),
            // Somebody else has this port on ::1: another free port will do, or this one in a moment.
            Err(error)
                if error.kind() == std::io::ErrorKind::AddrInUse && (port == 0 || tries < 10) =>
            {
                if port != 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
            // No IPv6 on this machine.
            Err(_) => return (bound, vec![v4]),
        }
    }
    panic!("no port was free on both 127.0.0.1 and ::1");
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            continue;
        };
        let _ = tcp.set_nodelay(true);
        let line = Arc::new(Line::default());
        {
            let mut lines = shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.retain(|line| line.strong_count() > 0);
            lines.push(Arc::downgrade(&line));
        }
        tokio::spawn(converse(tcp, line, shared.clone()));
    }
}

async fn converse(tcp: tokio::net::TcpStream, line: Arc<Line>, shared: Arc<Shared>) {
    let stream = match &shared.tls {
        None => Stream::Plain(tcp),
        // A client that refuses the certificate ends here; that is its right.
        Some(tls) => match tls.accept(tcp).await {
            Ok(stream) => Stream::Tls(Box::new(stream)),
            Err(_) => return,
        },
    };
    let wire = Wire::new(stream, line.clone(), shared.parked.clone());
    let service = service_fn(|request| {
        let answering = (shared.handler)(request, line.clone());
        async move { Ok::<_, Infallible>(answering.await) }
    });
    // A connection that breaks off is the client's affair, or a fault that was asked for.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(wire), service)
        .with_upgrades()
        .await;
}

/// Reads a request's body, up to a bound; a larger or broken one reads as `None`.
pub(crate) async fn body_of(body: Incoming) -> Option<Bytes> {
    Limited::new(body, MAX_BODY).collect().await.ok().map(http_body_util::Collected::to_bytes)
}
