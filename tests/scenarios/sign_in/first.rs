//! The way through the browser, and what may stand in it.

use std::{
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    time::Duration,
};

use engine::{
    command::{Command, Event, Reply},
    view::{LinkState, Problem, SignInView},
};
use scenarios::{Office, Options, browser, eventually, stays};
use simulator::{OrgConfig, salesforce::Consent};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};
use url::Url;

/// An office where nobody has signed in, and consent is asked for on a page.
async fn new_office(callbacks: usize) -> Office {
    fn asks(org: &mut OrgConfig) {
        org.consent = Consent::Page;
    }
    Office::with(Options { connected: false, org: asks, callbacks, ..Options::default() }).await
}

/// Begins a sign-in. Returns the page for the browser, and the answer to come.
async fn begins(office: &Office) -> (Url, JoinHandle<Result<Reply, Problem>>) {
    let mut events = office.events();
    let answer = tokio::spawn(office.asking(Command::ConnectSalesforce {
        login: office.salesforce.login(),
        consumer_key: office.salesforce.consumer_key(),
        open_browser: false,
    }));
    loop {
        if let Ok(Event::SignIn(SignInView::Waiting { url, .. })) = events.recv().await {
            return (Url::parse(&url).expect("an address"), answer);
        }
    }
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Presses a button on the consent page.
async fn decides(page: &Url, decision: &str) -> String {
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push(("decision".to_owned(), decision.to_owned()));
    form.push(("username".to_owned(), "mara.voss@example.com".to_owned()));
    let mut target = page.clone();
    target.set_query(None);
    let answer = browser().post(target).form(&form).send().await.expect("the browser comes back");
    answer.text().await.expect("a page")
}

/// Whether anybody listens on a port of this computer.
async fn is_open(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
        || TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.is_ok()
}

/// Sends bytes to a port and returns the answer.
async fn sends(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    // Who is not wanted may be cut off before everything is read.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn tokens_asked(office: &Office) -> usize {
    office
        .salesforce
        .ledger()
        .iter()
        .filter(|request| request.path == "/services/oauth2/token")
        .count()
}

async fn leaves_no_trace(office: &Office) {
    eventually("the port is closed", || async { !is_open(office.callbacks[0]).await }).await;
    assert_eq!(office.salesforce.grants(), 0, "no approval is used up");
    let status = office.status().await;
    assert_eq!(status.salesforce.state, LinkState::NotConfigured);
    assert_eq!(office.secrets.peek(engine::ports::SecretName::SalesforceRefresh), None);
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_closes_its_port_and_can_be_begun_again() {
    let office = new_office(1).await;
    let (_, answer) = begins(&office).await;
    assert!(is_open(office.callbacks[0]).await);

    office.asks(Command::CancelSignIn).await.expect("it can be given up");
    let problem = answer.await.unwrap().expect_err("nobody is signed in");
    assert_eq!(problem.code, "salesforce.signed_out");
    assert_eq!(problem.message, "The sign-in was cancelled.");
    leaves_no_trace(&office).await;

    let (page, answer) = begins(&office).await;
    decides(&page, "allow").await;
    answer.await.unwrap().expect("somebody is signed in");
    assert_eq!(office.status().await.salesforce.user.as_deref(), Some("Mara Voss"));
}

#[tokio::test]
async fn who_says_no_in_the_browser_is_told_how_to_say_yes() {
    let office = new_office(1).await;
    let (page, answer) = begins(&office).await;
    let shown = decides(&page, "deny").await;
    assert!(shown.contains("You can close this tab"), "{shown}");
    assert!(shown.contains("您可以关闭此标签页"), "{shown}");

    let problem = answer.await.unwrap().expect_err("nobody is signed in");
    assert_eq!(problem.message, "Access was denied in the browser.");
    assert_eq!(problem.action, "Sign in again and choose Allow.");
    assert_eq!(tokens_asked(&office), 0);
    leaves_no_trace(&office).await;
}

#[tokio::test]
async fn an_app_that_an_administrator_must_approve_is_told_from_other_refusals() {
    let office = new_office(1).await;
    office.salesforce.set(|org| {
        org.token_error = Some((
            "invalid_grant".to_owned(),
            "user is not admin approved to access this app".to_owned(),
        ));
    });
    let (page, answer) = begins(&office).await;
    decides(&page, "allow").await;
    let problem = answer.await.unwrap().expect_err("nobody is signed in");
    assert_eq!(problem.code, "salesforce.not_approved");
    assert!(problem.action.contains("Salesforce administrator"), "{}", problem.action);
    assert_eq!(tokens_asked(&office), 1, "it is not tried again by itself");
}

#[tokio::test]
async fn the_next_registered_port_serves_where_the_first_is_taken_on_either_family() {
    let office = new_office(3).await;
    let [first, second, third] = office.callbacks[..] else { panic!("three ports") };
    let _v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).expect("the port is free");
    // Only one family of the second is taken: the browser's `localhost` may mean that one.
    let _v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, second)).expect("the port is free");

    let (page, answer) = begins(&office).await;
    let redirect = parameter(&page, "redirect_uri");
    assert_eq!(redirect, format!("http://localhost:{third}/oauth/callback"));
    decides(&page, "allow").await;
    answer.await.unwrap().expect("somebody is signed in");
}

#[tokio::test]
async fn where_all_ports_are_taken_they_are_named_and_nothing_else_is_opened() {
    let office = new_office(2).await;
    let taken: Vec<_> = office
        .callbacks
        .iter()
        .map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).expect("the port is free"))
        .collect();
    let problem = office.signs_in().await.expect_err("no port is free");
    assert_eq!(problem.code, "salesforce.redirect_mismatch");
    for port in &office.callbacks {
        assert!(problem.message.contains(&port.to_string()), "{}", problem.message);
    }
    assert_eq!(office.salesforce.ledger().len(), 0);

    drop(taken);
    let (page, answer) = begins(&office).await;
    decides(&page, "allow").await;
    answer.await.unwrap().expect("somebody is signed in");
}

#[tokio::test]
async fn what_is_not_this_attempts_answer_is_refused_without_an_echo_or_a_token_call() {
    let office = new_office(1).await;
    let port = office.callbacks[0];
    let (page, answer) = begins(&office).await;
    let state = parameter(&page, "state");
    let script = "%3Cscript%3Ealert(1)%3C/script%3E";
    let get = |target: &str, host: &str| format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let here = format!("localhost:{port}");
    let callback = "/oauth/callback";
    for (request, status) in [
        (get(&format!("{callback}?code=stolen&state=wrong"), &here), 400),
        (get(&format!("{callback}?code=stolen"), &here), 400),
        (get(&format!("{callback}?code=stolen&state="), &here), 400),
        (get(&format!("{callback}?error=x&error_description={script}&state=wrong"), &here), 400),
        // A stranger's name that points to this computer.
        (
            get(&format!("{callback}?code=stolen&state={state}"), &format!("evil.example:{port}")),
            400,
        ),
        (get(&format!("/other?code=stolen&state={state}"), &here), 404),
        (get("/favicon.ico", &here), 404),
        (
            format!(
                "POST {callback}?code=stolen&state={state} HTTP/1.1\r\nHost: {here}\r\n\
                 Content-Length: 0\r\n\r\n"
            ),
            405,
        ),
        (format!("OPTIONS {callback} HTTP/1.1\r\nHost: {here}\r\n\r\n"), 204),
        (format!("{}\r\n\r\n", "x".repeat(40_000)), 400),
    ] {
        let page = sends(port, &request).await;
        let shown: String = request.chars().take(90).collect();
        if !page.is_empty() {
            assert!(page.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {page}");
        }
        for echo in ["script", "stolen", "evil", &state] {
            assert!(!page.contains(echo), "{shown}: {page}");
        }
    }
    assert_eq!(tokens_asked(&office), 0);

    decides(&page, "allow").await;
    answer.await.unwrap().expect("the right answer still counts");
    assert_eq!(tokens_asked(&office), 1);
    // The answer cannot be played again: nobody listens any more.
    eventually("the port is closed", || async { !is_open(port).await }).await;
}

#[tokio::test]
async fn a_code_of_another_attempt_brings_no_sign_in() {
    let office = new_office(1).await;
    let (page, answer) = begins(&office).await;
    let redirect = parameter(&page, "redirect_uri");
    let theirs = office.salesforce.issue_code(
        "mara.voss@example.com",
        &redirect,
        // The challenge of some other verifier.
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let mut back = Url::parse(&redirect).expect("an address");
    back.query_pairs_mut()
        .append_pair("code", &theirs)
        .append_pair("state", &parameter(&page, "state"));
    browser().get(back).send().await.expect("it is received");
    let problem = answer.await.unwrap().expect_err("the verifier does not fit");
    assert_eq!(problem.code, "salesforce.signed_out");
    assert_eq!(tokens_asked(&office), 1, "the code is tried once");
    leaves_no_trace(&office).await;
}

#[tokio::test]
async fn a_flood_at_the_port_ends_the_attempt_and_says_why() {
    let office = new_office(1).await;
    let port = office.callbacks[0];
    let (_, answer) = begins(&office).await;
    let flood = tokio::spawn(async move {
        for number in 0..1_100 {
            let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
                return number;
            };
            let request = format!(
                "GET /oauth/callback?code=x&state=guess{number} HTTP/1.1\r\n\
                 Host: localhost:{port}\r\n\r\n"
            );
            let _ = stream.write_all(request.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
        }
        1_100
    });
    let problem = answer.await.unwrap().expect_err("nobody is signed in");
    assert!(problem.message.contains("another program kept sending requests"), "{problem:?}");
    let sent = flood.await.unwrap();
    assert!((900..=1_010).contains(&sent), "the port bore {sent} requests");
    assert_eq!(office.salesforce.ledger().len(), 0);
    leaves_no_trace(&office).await;
}

#[tokio::test]
async fn where_salesforce_keeps_the_browser_the_attempt_waits_and_can_be_ended() {
    let office = new_office(1).await;
    office.salesforce.set(|org| {
        org.authorize_error =
            Some(("OAUTH_APP_BLOCKED".to_owned(), "this app is blocked by admin".to_owned()));
    });
    let (page, answer) = begins(&office).await;
    let shown = browser().get(page).send().await.expect("a page").text().await.expect("text");
    assert!(shown.contains("OAUTH_APP_BLOCKED"), "{shown}");
    stays("the attempt waits", Duration::from_millis(500), || async {
        is_open(office.callbacks[0]).await && !answer.is_finished()
    })
    .await;
    office.asks(Command::CancelSignIn).await.expect("it can be given up");
    answer.await.unwrap().expect_err("nobody is signed in");
    leaves_no_trace(&office).await;
}

#[tokio::test]
async fn the_address_that_the_browser_ended_on_can_be_pasted() {
    let office = new_office(1).await;
    let (page, answer) = begins(&office).await;
    // The browser is on another computer: it ends at an address that it cannot open.
    let code = office.salesforce.issue_code(
        "mara.voss@example.com",
        &parameter(&page, "redirect_uri"),
        &parameter(&page, "code_challenge"),
    );
    let mut ended = Url::parse(&parameter(&page, "redirect_uri")).expect("an address");
    ended
        .query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &parameter(&page, "state"));
    let pastes = async |address: &str| {
        office.asks(Command::PasteAddress { address: address.to_owned() }).await
    };
    let code = async |address: &str| pastes(address).await.expect_err("it is not the one").code;
    assert_eq!(code("https://evil.example/?code=x&state=y").await, "salesforce.wrong_address");
    // A page of Salesforce's own: it never comes back, but its address tells what is wrong.
    let page = "https://northwind.my.salesforce.com/setup/secur/RemoteAccessErrorPage.apexp";
    let blocked = format!("{page}?error=OAUTH_APP_BLOCKED&error_description=this+app+is+blocked");
    assert_eq!(code(&blocked).await, "salesforce.not_approved");
    assert_eq!(tokens_asked(&office), 0);
    pastes(ended.as_ref()).await.expect("it is this sign-in's");
    answer.await.unwrap().expect("somebody is signed in");
    assert_eq!(tokens_asked(&office), 1);
}
