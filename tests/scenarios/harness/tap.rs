//! A door to a simulated system, at an address of its own, that writes down all that comes in and goes out: who was
//! told which secret, and by whom it was given.

use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, split},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use crate::Line;

/// A door. It closes when dropped.
#[derive(Debug)]
pub struct Tap {
    port: u16,
    /// The certificate that it shows; `None`: plain http.
    pin: Option<String>,
    notes: Arc<Mutex<Notes>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Notes {
    heard: Vec<u8>,
    said: Vec<u8>,
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Tap {
    /// Plain http, before the system at this port; nobody's where there is none.
    pub async fn plain(to: Option<u16>) -> Self {
        Self::open(None, to).await
    }

    /// Https under a self-signed certificate, before the system at this port.
    pub async fn encrypted(to: Option<u16>) -> Self {
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self::open(Some((certificate.der().clone(), key)), to).await
    }

    async fn open(shown: Option<(CertificateDer<'static>, KeyPair)>, to: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let pin = shown.as_ref().map(|(certificate, _)| fingerprint(certificate));
        let tls = shown.map(|(certificate, key)| acceptor(certificate, &key));
        let notes = Arc::new(Mutex::new(Notes::default()));
        let kept = notes.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, tls.clone(), to, kept.clone()));
            }
        });
        Self { port, pin, notes, task }
    }

    /// Where a PBX would be.
    pub fn address(&self) -> String {
        let scheme = if self.pin.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Where people would sign in.
    pub fn login(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The SHA-256 of its certificate.
    pub fn pin(&self) -> Option<String> {
        self.pin.clone()
    }

    /// Says whether it was told this.
    pub fn has_heard(&self, secret: &str) -> bool {
        holds(&self.notes().heard, secret)
    }

    /// Everything that it was told.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.notes().heard).into_owned()
    }

    /// The tokens that were given out here.
    pub fn given_out(&self) -> Vec<String> {
        let said = String::from_utf8_lossy(&self.notes().said).into_owned();
        let names = ["\"refresh_token\":\"", "\"access_token\":\""];
        names
            .iter()
            .flat_map(|name| said.split(name).skip(1).collect::<Vec<_>>())
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .filter(|token| token.len() > 8)
            .collect()
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    let escaped: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    has(secret) || has(&escaped)
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}

async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    to: Option<u16>,
    notes: Arc<Mutex<Notes>>,
) {
    let here: Box<dyn Line> = match tls {
        None => Box::new(stream),
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Box::new(stream),
            // Who does not trust it hangs up.
            Err(_) => return,
        },
    };
    let (mut from_client, mut to_client) = split(here);
    let note = |bytes: &[u8], heard: bool| {
        let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
        let side = if heard { &mut notes.heard } else { &mut notes.said };
        side.extend_from_slice(bytes);
    };
    let there = match to {
        Some(port) => TcpStream::connect(("127.0.0.1", port)).await.ok(),
        None => None,
    };
    let Some(there) = there else {
        // Nobody answers, and whoever speaks is heard all the same.
        let mut buffer = [0; 8_192];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            note(&buffer[..read], true);
            if buffer[..read].windows(4).any(|end| end == b"\r\n\r\n") {
                let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
                if to_client.write_all(answer).await.is_err() {
                    return;
                }
            }
        }
        return;
    };
    let (mut from_server, mut to_server) = there.into_split();
    let asks = async {
        let mut buffer = [0; 8_192];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            note(&buffer[..read], true);
            if to_server.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut buffer = [0; 8_192];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            note(&buffer[..read], false);
            if to_client.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asks => {}
        () = answers => {}
    }
}
