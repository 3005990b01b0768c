//! Whom we believe to be the PBX.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod office;

use std::sync::Arc;

use office::{Drawer, Listening, client_with, options};
use pbx::{Address, Error, Fingerprint, Input, Presented, Retry, presented_certificate};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use simulator::{Pbx, PbxConfig};
use tokio::net::TcpListener;

async fn pbx() -> (Pbx, Fingerprint) {
    let pbx = Pbx::start(PbxConfig { tls: true, ..PbxConfig::default() }).await;
    let print = Fingerprint::parse(&pbx.certificate_sha256().unwrap()).unwrap();
    (pbx, print)
}

#[tokio::test]
async fn an_unknown_certificate_is_shown_and_no_secret_sent() {
    let (pbx, print) = pbx().await;
    let options = options(&pbx);
    let shown = presented_certificate(&options.address, None).await.unwrap();
    assert_eq!(shown, Presented { sha256: print, trusted: false });
    let client = client_with(&pbx, options, &Drawer::default());
    let error = client.system_information().await.unwrap_err();
    assert!(matches!(error, Error::TlsUntrusted { presented } if presented == print), "{error:?}");
    assert_eq!(error.retry(), Retry::AfterPerson);
    assert!(pbx.ledger().is_empty());
}

#[tokio::test]
async fn one_that_nobody_vouches_for_after_one_that_was_trusted_is_another_one() {
    let (pbx, print) = pbx().await;
    let mut options = options(&pbx);
    options.was_trusted = true;
    let client = client_with(&pbx, options, &Drawer::default());
    let error = client.system_information().await.unwrap_err();
    assert!(
        matches!(error, Error::TlsChanged { expected: None, presented } if presented == print),
        "{error:?}"
    );
    assert_eq!(error.retry(), Retry::AfterPerson);
    assert!(pbx.ledger().is_empty());
}

#[tokio::test]
async fn a_pinned_certificate_is_good_for_requests_and_events() {
    let (pbx, print) = pbx().await;
    let mut options = options(&pbx);
    options.pin = Some(print);
    let client = client_with(&pbx, options, &Drawer::default());
    client.system_information().await.unwrap();
    let listening = Listening::hearing(client).await;
    listening.stop().await;
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_stops_everything() {
    let (pbx, print) = pbx().await;
    let other = Fingerprint::of(b"another");
    let mut options = options(&pbx);
    options.pin = Some(other);
    let client = client_with(&pbx, options, &Drawer::default());
    let error = client.system_information().await.unwrap_err();
    assert!(
        matches!(error, Error::TlsChanged { expected, presented } if expected == Some(other) && presented == print),
        "{error:?}"
    );
    let mut listening = Listening::start(client);
    let input = listening.next().await;
    assert!(
        matches!(input, Input::Down { error: Error::TlsChanged { .. }, retry_in: None }),
        "{input:?}"
    );
    assert!(pbx.ledger().is_empty());
    listening.stop().await;
}

/// Shows a certificate whose key it does not have.
#[derive(Debug)]
struct Forger(Arc<CertifiedKey>);

impl ResolvesServerCert for Forger {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn the_pinned_certificate_without_its_key_is_worth_nothing() {
    let shown = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let print = Fingerprint::of(shown.cert.der());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let key = |pair: &rcgen::KeyPair| {
            let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
            rustls::crypto::ring::sign::any_supported_type(&der).unwrap()
        };
        for (pair, genuine) in [(&shown.signing_key, true), (&other.signing_key, false)] {
            let certified = CertifiedKey::new(vec![shown.cert.der().clone()], key(pair));
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[version])
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(Forger(Arc::new(certified))));
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = tokio::spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { return 0 };
                use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
                let mut buffer = [0; 1024];
                let read = stream.read(&mut buffer).await.unwrap_or(0);
                stream.shutdown().await.ok();
                read
            });
            let office = Pbx::start(PbxConfig::default()).await;
            let mut options = options(&office);
            options.address = Address::parse(&format!("https://127.0.0.1:{port}")).unwrap();
            options.pin = Some(print);
            let client = client_with(&office, options, &Drawer::default());
            let error = client.system_information().await.unwrap_err();
            assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
            // The name of the certificate does not matter, the key does: only its owner got to read a request.
            assert_eq!(server.await.unwrap() > 0, genuine);
        }
    }
}

#[tokio::test]
async fn a_plain_address_has_no_certificate_to_show() {
    let address = Address::parse("http://127.0.0.1:9").unwrap();
    let error = presented_certificate(&address, None).await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{error:?}");
    let address = Address::parse("https://127.0.0.1:9").unwrap();
    let error = presented_certificate(&address, None).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
}
