//! Somebody who answers where a PBX or Salesforce should: with another certificate, with an answer without end, with
//! nothing that makes sense. It notes what was said to it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use crate::eventually;

/// A connection, encrypted or not.
pub trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

type Answering = Pin<Box<dyn Future<Output = ()> + Send>>;
/// What the stranger does on a connection after a request's head has come.
pub type Manner = fn(Box<dyn Line>) -> Answering;

/// A server on loopback. It ends when dropped.
#[derive(Debug)]
pub struct Stranger {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stranger {
    /// Answers plain http.
    pub async fn plain(manner: Manner) -> Self {
        Self::open(free_door().await, None, manner)
    }

    /// Answers https with this certificate and key, whether they belong together or not.
    pub async fn showing(certificate: CertificateDer<'static>, key: &rcgen::KeyPair) -> Self {
        Self::showing_behind(free_door().await, certificate, key)
    }

    /// The same at a port that somebody else has just left.
    pub async fn showing_at(
        port: u16,
        certificate: CertificateDer<'static>,
        key: &rcgen::KeyPair,
    ) -> Self {
        let mut door = None;
        eventually("the port is free", || {
            let bound = std::net::TcpListener::bind(("127.0.0.1", port));
            door = bound.ok();
            let free = door.is_some();
            async move { free }
        })
        .await;
        let door = door.expect("it is free");
        door.set_nonblocking(true).expect("a socket");
        let door = TcpListener::from_std(door).expect("a socket");
        Self::showing_behind(door, certificate, key)
    }

    fn showing_behind(
        door: TcpListener,
        certificate: CertificateDer<'static>,
        key: &rcgen::KeyPair,
    ) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = rustls::crypto::ring::sign::any_supported_type(&key).expect("a key");
        let certified = CertifiedKey::new(vec![certificate], key);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shown(Arc::new(certified))));
        let tls = TlsAcceptor::from(Arc::new(config));
        Self::open(door, Some(tls), |line| Box::pin(hangs_up(line)))
    }

    fn open(listener: TcpListener, tls: Option<TlsAcceptor>, manner: Manner) -> Self {
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = heard.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, tls.clone(), manner, notes.clone()));
            }
        });
        Self { port, heard, task }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Everything that was said to it, one text per connection.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn free_door() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    manner: Manner,
    notes: Arc<Mutex<Vec<String>>>,
) {
    let mut line: Box<dyn Line> = match tls {
        None => Box::new(stream),
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Box::new(stream),
            Err(_) => return,
        },
    };
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < 64 * 1024 {
        match line.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => head.extend_from_slice(&buffer[..read]),
        }
    }
    if !head.is_empty() {
        let said = String::from_utf8_lossy(&head).into_owned();
        notes.lock().unwrap_or_else(PoisonError::into_inner).push(said);
    }
    manner(line).await;
}

/// Ends the connection without an answer.
pub async fn hangs_up(mut line: Box<dyn Line>) {
    let _ = line.shutdown().await;
}

/// Shows a certificate, whoever asks.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}
