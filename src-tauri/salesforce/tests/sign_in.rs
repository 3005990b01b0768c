//! The browser comes back, and so does everybody else on this computer.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use salesforce::{App, Error, Grant, SignIn};
use secrecy::ExposeSecret;
use serde_json::json;
use support::{Org, Reply, token, usual};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use url::Url;

/// A sign-in that waits for its browser.
struct Attempt {
    authorize: Url,
    redirect: Url,
    paste: mpsc::Sender<String>,
    cancel: CancellationToken,
    outcome: JoinHandle<Result<Grant, Error>>,
}

/// The address to which the browser will come back.
fn redirect(authorize: &Url) -> Url {
    let found = authorize.query_pairs().find(|(name, _)| name == "redirect_uri");
    Url::parse(&found.expect("it is named").1).unwrap()
}

impl Attempt {
    async fn begin(app: &App) -> Self {
        let sign_in = SignIn::begin(app).await.unwrap();
        let (paste, pasted) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        let authorize = sign_in.authorize_url().clone();
        let redirect = redirect(&authorize);
        let outcome = tokio::spawn(sign_in.finish(pasted, cancel.clone()));
        Self { authorize, redirect, paste, cancel, outcome }
    }

    fn port(&self) -> u16 {
        self.redirect.port().unwrap()
    }

    fn asked(&self, name: &str) -> String {
        let found = self.authorize.query_pairs().find(|(n, _)| n == name);
        found.map_or(String::new(), |(_, value)| value.into_owned())
    }

    fn callback(&self, query: &str) -> String {
        format!("/oauth/callback?{query}&state={}", self.asked("state"))
    }

    /// Sends a request as a browser on this computer does, and returns the whole answer.
    async fn visit(&self, method: &str, target: &str) -> String {
        self.visit_as(method, target, &format!("localhost:{}", self.port())).await
    }

    async fn visit_as(&self, method: &str, target: &str, host: &str) -> String {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        send((Ipv4Addr::LOCALHOST, self.port()).into(), request.as_bytes()).await
    }

    async fn is_closed(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())).await.is_err()
    }
}

async fn send(to: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = String::new();
    // A server that hangs up on an oversized request may reset the connection.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// An org that exchanges one code, checking what it was sent.
async fn org() -> Org {
    Org::start(|seen| {
        if !seen.is_token() {
            return usual(seen);
        }
        if seen.value("code") == "aPrx==" {
            token(&format!("http://{}", seen.header("host")), 1, true)
        } else {
            let text = "invalid authorization code";
            Reply::Json(400, json!({"error": "invalid_grant", "error_description": text}))
        }
    })
    .await
}

#[tokio::test]
async fn the_browser_is_sent_away_with_a_challenge_and_comes_back_with_a_code() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    assert_eq!(attempt.asked("response_type"), "code");
    assert_eq!(attempt.asked("client_id"), "3MVG9example");
    assert_eq!(attempt.asked("redirect_uri"), attempt.redirect.as_str());
    assert_eq!(attempt.asked("scope"), "api refresh_token");
    assert_eq!(attempt.asked("code_challenge_method"), "S256");
    assert_eq!(attempt.asked("code_challenge").len(), 43);
    assert!(attempt.authorize.as_str().starts_with(&org.address));

    let answer = attempt.visit("GET", &attempt.callback("code=aPrx%3D%3D")).await;

    assert_eq!(status(&answer), 200, "{answer}");
    assert!(answer.contains("Content-Security-Policy: default-src 'none'"), "{answer}");
    assert!(!answer.contains("aPrx"), "{answer}");
    assert!(attempt.is_closed().await);
    let verifier_sent = attempt.asked("code_challenge");
    let redirect = attempt.redirect.to_string();
    let grant = attempt.outcome.await.unwrap().unwrap();
    assert_eq!(grant.access.expose_secret(), "access-1");
    assert_eq!(grant.refresh.expose_secret(), "refresh-1");
    assert_eq!((grant.org, grant.user), (support::org_id(), support::user_id()));
    let exchange = org.ledger().into_iter().find(support::Seen::is_token).unwrap();
    assert_eq!(exchange.value("grant_type"), "authorization_code");
    assert_eq!(exchange.value("code"), "aPrx==");
    assert_eq!(exchange.value("redirect_uri"), redirect);
    assert_eq!(challenge(exchange.value("code_verifier")), verifier_sent);
    assert!(!exchange.values.contains_key("client_secret"));
    assert!(!exchange.headers.contains_key("authorization"));
}

#[tokio::test]
async fn strangers_are_turned_away_and_the_browser_is_still_served() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    let good = attempt.callback("code=aPrx%3D%3D");
    let port = attempt.port();

    for (method, target, host, expected) in [
        ("GET", "/oauth/callback?code=evil&state=wrong", format!("localhost:{port}"), 400),
        ("GET", "/oauth/callback?code=evil", format!("localhost:{port}"), 400),
        ("GET", "/oauth/callback", format!("localhost:{port}"), 400),
        ("GET", &good, "evil.example".to_owned(), 400),
        ("GET", &good, format!("evil.example:{port}"), 400),
        ("GET", &good, "localhost".to_owned(), 400),
        ("POST", &good, format!("localhost:{port}"), 405),
        ("HEAD", &good, format!("localhost:{port}"), 405),
        ("GET", "/favicon.ico", format!("localhost:{port}"), 404),
        ("GET", "/apple-touch-icon.png", format!("localhost:{port}"), 404),
        ("GET", "/oauth/callback/", format!("localhost:{port}"), 404),
        ("GET", "/oauth/callback?error=x&error_description=<script>", format!("[::1]:{port}"), 400),
        ("OPTIONS", "/oauth/callback", format!("localhost:{port}"), 204),
    ] {
        let answer = attempt.visit_as(method, target, &host).await;
        assert_eq!(status(&answer), expected, "{method} {target} {host}: {answer}");
        assert!(!answer.contains("script") && !answer.contains("evil"), "{answer}");
        let preflight = answer.contains("Access-Control-Allow-Private-Network: true");
        assert_eq!(preflight, method == "OPTIONS", "{answer}");
    }
    let long = format!("GET /oauth/callback?{} HTTP/1.1\r\n", "x".repeat(20_000));
    assert_ne!(status(&send((Ipv4Addr::LOCALHOST, port).into(), long.as_bytes()).await), 200);
    let twice = format!("GET {good} HTTP/1.1\r\nHost: localhost:{port}\r\nHost: evil\r\n\r\n");
    assert_eq!(status(&send((Ipv4Addr::LOCALHOST, port).into(), twice.as_bytes()).await), 400);
    assert_eq!(org.ledger().len(), 0);

    assert_eq!(status(&attempt.visit_as("GET", &good, &format!("127.0.0.1:{port}")).await), 200);
    attempt.outcome.await.unwrap().unwrap();
    assert_eq!(org.ledger().len(), 1);
}

#[tokio::test]
async fn a_browser_that_reads_localhost_as_ipv6_is_served() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    let port = attempt.port();
    let Ok(stream) = TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await else {
        // A computer without IPv6.
        assert!(TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.is_err());
        return;
    };
    drop(stream);

    let target = attempt.callback("code=aPrx%3D%3D");
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    let answer = send((Ipv6Addr::LOCALHOST, port).into(), request.as_bytes()).await;

    assert_eq!(status(&answer), 200);
    attempt.outcome.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_visitor_who_says_nothing_keeps_nobody_out() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect((Ipv4Addr::LOCALHOST, attempt.port())).await.unwrap());
    }

    let answer = attempt.visit("GET", &attempt.callback("code=aPrx%3D%3D")).await;

    assert_eq!(status(&answer), 200);
    attempt.outcome.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_thousand_hostile_requests_are_borne_and_more_end_the_attempt() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    for _ in 0..1_000 {
        attempt.visit("GET", "/oauth/callback?code=evil&state=guess").await;
    }
    let answer = attempt.visit("GET", &attempt.callback("code=aPrx%3D%3D")).await;
    assert_eq!(status(&answer), 200);
    attempt.outcome.await.unwrap().unwrap();

    let attempt = Attempt::begin(&org.app()).await;
    for _ in 0..1_001 {
        attempt.visit("GET", "/").await;
    }
    let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, attempt.port())).await;
    let port = attempt.port();
    assert!(matches!(attempt.outcome.await.unwrap(), Err(Error::Disturbed)));
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err());
}

#[tokio::test]
async fn a_denial_ends_the_attempt() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    let denial = "error=access_denied&error_description=end-user+denied+authorization";

    let answer = attempt.visit("GET", &attempt.callback(denial)).await;

    assert_eq!(status(&answer), 200);
    assert!(attempt.is_closed().await);
    assert!(matches!(attempt.outcome.await.unwrap(), Err(Error::Denied)));
    assert_eq!(org.ledger().len(), 0);
}

#[tokio::test]
async fn a_pasted_address_does_as_well_and_a_wrong_one_does_nothing() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    let address = |query: &str| format!("http://localhost:{}{query}", attempt.port());

    attempt.paste.send(address("/oauth/callback?code=evil&state=wrong")).await.unwrap();
    attempt.paste.send("nonsense".to_owned()).await.unwrap();
    attempt.paste.send(address(&attempt.callback("code=aPrx%3D%3D"))).await.unwrap();

    attempt.outcome.await.unwrap().unwrap();
    assert_eq!(org.ledger().len(), 1);
}

#[tokio::test]
async fn cancelling_and_waiting_in_vain_close_the_port() {
    let org = org().await;
    let attempt = Attempt::begin(&org.app()).await;
    attempt.cancel.cancel();
    let port = attempt.port();
    assert!(matches!(attempt.outcome.await.unwrap(), Err(Error::Cancelled)));
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err());

    let mut app = org.app();
    app.timeouts.sign_in = Duration::from_millis(100);
    let attempt = Attempt::begin(&app).await;
    let port = attempt.port();
    assert!(matches!(attempt.outcome.await.unwrap(), Err(Error::TimedOut)));
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err());
}

#[tokio::test]
async fn a_busy_port_is_passed_over_and_all_busy_is_said() {
    let org = org().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken_too = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [&taken, &taken_too].map(|l| l.local_addr().unwrap().port());
    let mut app = org.app();

    app.ports = vec![ports[0], 0];
    let sign_in = SignIn::begin(&app).await.unwrap();
    assert_ne!(redirect(sign_in.authorize_url()).port(), Some(ports[0]));

    app.ports = ports.to_vec();
    let error = SignIn::begin(&app).await.unwrap_err();
    assert!(matches!(&error, Error::PortsBusy { ports: tried } if *tried == ports));
    assert!(error.to_string().contains(&ports[1].to_string()));
}

#[tokio::test]
async fn a_port_that_a_squatter_holds_on_ipv6_alone_is_busy() {
    let org = org().await;
    let Ok(squatter) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else { return };
    let mut app = org.app();
    app.ports = vec![squatter.local_addr().unwrap().port()];

    assert!(matches!(SignIn::begin(&app).await, Err(Error::PortsBusy { .. })));
}

#[tokio::test]
async fn a_token_answer_from_a_foreign_org_is_refused() {
    let org =
        Org::start(|_| token("https://northwind.my.salesforce.com.evil.example", 1, true)).await;
    let attempt = Attempt::begin(&org.app()).await;
    attempt.visit("GET", &attempt.callback("code=a")).await;
    assert!(matches!(attempt.outcome.await.unwrap(), Err(Error::UnexpectedInstance)));
}

#[tokio::test]
async fn what_the_token_endpoint_refuses_is_said_in_its_own_words() {
    for (code, text, meant) in [
        ("invalid_client_id", "client identifier invalid", "WrongKey"),
        ("redirect_uri_mismatch", "redirect_uri must match configuration", "RedirectMismatch"),
        ("invalid_client", "app must be installed into org", "NotApproved"),
        ("invalid_grant", "invalid code verifier", "SignInRefused"),
        ("invalid_grant", "ip restricted", "IpRestricted"),
    ] {
        let body = json!({"error": code, "error_description": text});
        let org = Org::start(move |_| Reply::Json(400, body.clone())).await;
        let attempt = Attempt::begin(&org.app()).await;
        attempt.visit("GET", &attempt.callback("code=a")).await;
        let error = format!("{:?}", attempt.outcome.await.unwrap().unwrap_err());
        assert!(error.starts_with(meant), "{code}: {error}");
        assert_eq!(org.ledger().len(), 1);
    }
}

#[tokio::test]
async fn an_app_without_refresh_tokens_is_told_from_others() {
    let org = Org::start(|seen| token(&format!("http://{}", seen.header("host")), 1, false)).await;
    let attempt = Attempt::begin(&org.app()).await;
    attempt.visit("GET", &attempt.callback("code=a")).await;
    assert!(matches!(attempt.outcome.await.unwrap(), Err(Error::NoRefreshToken)));
}

#[tokio::test]
async fn two_attempts_have_nothing_in_common() {
    let org = org().await;
    let (one, two) = (Attempt::begin(&org.app()).await, Attempt::begin(&org.app()).await);
    assert_ne!(one.asked("state"), two.asked("state"));
    assert_ne!(one.asked("code_challenge"), two.asked("code_challenge"));

    let crossed = format!("/oauth/callback?code=aPrx%3D%3D&state={}", two.asked("state"));
    assert_eq!(status(&one.visit("GET", &crossed).await), 400);
    assert_eq!(org.ledger().len(), 0);
}

/// Returns the challenge that belongs to a verifier, by way of the crate that made it.
fn challenge(verifier: &str) -> String {
    let verifier = oauth2::PkceCodeVerifier::new(verifier.to_owned());
    oauth2::PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str().to_owned()
}
