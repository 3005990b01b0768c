//! Certificates that are not what they should be: of the PBX, which may be pinned, and of Salesforce, which may not.

use std::time::Duration;

use engine::{
    command::{Command, Event, Reply},
    view::{LinkState, Problem, SignInView},
};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use scenarios::{Line, Office, Options, Stranger, browser};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

struct Made {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// A self-signed certificate for a name, valid until the end of a year.
fn made(name: &str, until: i32) -> Made {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 12, 31);
    let key = KeyPair::generate().expect("a key");
    Made { certificate: params.self_signed(&key).expect("a certificate"), key }
}

async fn new_office() -> Office {
    Office::with(Options { connected: false, ..Options::default() }).await
}

async fn connects_to(office: &Office, host: &str, pin: Option<String>) -> Problem {
    let command = Command::ConnectPbx {
        address: format!("https://{host}"),
        client_id: office.pbx.client_id(),
        secret: office.pbx.client_secret(),
        pin,
        country: None,
    };
    office.asks(command).await.expect_err("nobody there is a PBX")
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_shown_whatever_is_wrong_with_it() {
    let office = new_office().await;
    for (what, made) in [
        ("of an unknown issuer", made("127.0.0.1", 2090)),
        ("expired", made("127.0.0.1", 2021)),
        ("for another name", made("somebody-else.example.com", 2090)),
    ] {
        let der = made.certificate.der().clone();
        let stranger = Stranger::showing(der, &made.key).await;
        let unknown = connects_to(&office, &stranger.host(), None).await;
        assert_eq!(unknown.code, "pbx.tls_untrusted", "{what}");
        let address = format!("https://{}", stranger.host());
        let shown = office.asks(Command::PbxCertificate { address }).await;
        let Ok(Reply::Certificate { sha256, trusted: false }) = shown else {
            panic!("{what}: {shown:?}")
        };
        assert!(unknown.message.contains(&sha256), "{what}: {}", unknown.message);
        assert!(unknown.action.contains("Certificate"), "{what}: where it is: {}", unknown.action);
        assert_eq!(stranger.heard(), Vec::<String>::new(), "{what}: nothing was sent");

        // Another one was confirmed: both are named, and nothing is sent.
        let other = "ab".repeat(32);
        let changed = connects_to(&office, &stranger.host(), Some(other.clone())).await;
        assert_eq!(changed.code, "pbx.tls_changed", "{what}");
        assert!(changed.message.contains(&other) && changed.message.contains(&sha256));
        assert!(changed.action.contains("administrator"), "{}", changed.action);
        assert_eq!(stranger.heard(), Vec::<String>::new(), "{what}: nothing was sent");

        // Confirmed, it is this one's key that counts, not its dates or names.
        connects_to(&office, &stranger.host(), Some(sha256)).await;
        assert!(stranger.heard()[0].contains("/openapi/v1.0/"), "{what}: it was asked");
    }
    assert_eq!(office.status().await.pbx.state, LinkState::NotConfigured);
}

#[tokio::test]
async fn the_pinned_certificate_with_another_key_is_told_nothing() {
    let office = new_office().await;
    let (shown, other) = (made("127.0.0.1", 2090), made("127.0.0.1", 2090));
    let forger = Stranger::showing(shown.certificate.der().clone(), &other.key).await;
    let address = format!("https://{}", forger.host());
    let Ok(Reply::Certificate { sha256, .. }) =
        office.asks(Command::PbxCertificate { address }).await
    else {
        panic!("a certificate is shown")
    };
    let problem = connects_to(&office, &forger.host(), Some(sha256)).await;
    assert_eq!(problem.code, "pbx.unreachable");
    assert_eq!(forger.heard(), Vec::<String>::new(), "no secret for who has not the key");
}

/// Speaks TLS 1.0, as a firmware of long ago does.
async fn speaks_tls_1_0(mut line: Box<dyn Line>) {
    // ServerHello, version 3.1, TLS_RSA_WITH_AES_128_CBC_SHA.
    let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let _ = line.write_all(&hello).await;
    let mut rest = Vec::new();
    let _ = line.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn an_encryption_that_is_broken_is_not_spoken_and_plain_http_never() {
    let office = new_office().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 2048];
        let _ = stream.read(&mut hello).await;
        speaks_tls_1_0(Box::new(stream)).await;
    });
    let problem = connects_to(&office, &host, Some("ab".repeat(32))).await;
    assert_eq!(problem.code, "pbx.unreachable");
    server.abort();

    for address in ["http://192.0.2.7", "http://pbx.example.com:8088", "http://10.0.0.1:80"] {
        let command = Command::ConnectPbx {
            address: address.to_owned(),
            client_id: office.pbx.client_id(),
            secret: office.pbx.client_secret(),
            pin: None,
            country: None,
        };
        let problem = office.asks(command).await.expect_err("the secret would be readable");
        assert!(problem.message.contains("plain http"), "{address}: {}", problem.message);
    }
}

#[tokio::test]
async fn a_sign_in_address_with_a_private_root_is_refused_in_words_and_cannot_be_pinned() {
    let office = new_office().await;
    let made = made("localhost", 2090);
    let inspector = Stranger::showing(made.certificate.der().clone(), &made.key).await;
    let mut events = office.events();
    let answer = tokio::spawn(office.asking(Command::ConnectSalesforce {
        login: format!("https://localhost:{}", inspector.port()),
        consumer_key: office.salesforce.consumer_key(),
        open_browser: false,
    }));
    let page = loop {
        if let Ok(Event::SignIn(SignInView::Waiting { url, .. })) = events.recv().await {
            break Url::parse(&url).unwrap();
        }
    };
    let state = page.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let mut back =
        Url::parse(&format!("http://localhost:{}/oauth/callback", office.callbacks[0])).unwrap();
    back.query_pairs_mut().append_pair("code", "aPrx").append_pair("state", &state);
    browser().get(back).send().await.expect("the browser comes back");
    let answer = tokio::time::timeout(Duration::from_secs(20), answer).await;
    let problem = answer.expect("in time").unwrap().expect_err("it is not trusted");
    assert_eq!(problem.code, "salesforce.unreachable");
    assert!(problem.message.contains("not trusted by this computer"), "{}", problem.message);
    assert!(problem.action.contains("root certificate"), "{}", problem.action);
    assert_eq!(inspector.heard(), Vec::<String>::new(), "the code was not sent");
}
