//! The sign-in's end without a person, a thief at its port, and addresses that are none of Salesforce's.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use engine::{
    command::{Command, Event, Reply},
    ports::SecretName,
    view::{LinkState, Problem, SignInView},
};
use scenarios::{ADA, Office, Options, browser, eventually};
use simulator::{
    OrgConfig,
    salesforce::{Consent, Instance},
};
use tokio::{net::TcpStream, task::JoinHandle, time::Instant};
use url::Url;

async fn new_office() -> Office {
    fn asks(org: &mut OrgConfig) {
        org.consent = Consent::Page;
    }
    let options = Options { connected: false, org: asks, callbacks: 2, ..Options::default() };
    Office::with(options).await
}

/// Begins a sign-in. Returns what the window shows, and the answer to come.
async fn begins(office: &Office) -> (Url, String, JoinHandle<Result<Reply, Problem>>) {
    let mut events = office.events();
    let answer = tokio::spawn(office.asking(Command::ConnectSalesforce {
        login: office.salesforce.login(),
        consumer_key: office.salesforce.consumer_key(),
        open_browser: false,
    }));
    loop {
        if let Ok(Event::SignIn(SignInView::Waiting { url, until, .. })) = events.recv().await {
            return (Url::parse(&url).expect("an address"), until, answer);
        }
    }
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

async fn is_open(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

#[tokio::test]
async fn a_sign_in_that_nobody_finishes_ends_in_time_and_leaves_no_port_open() {
    let mut office = new_office().await;
    office.patience = Duration::from_secs(2);
    office.quits().await;
    office.starts().await;
    let began = Instant::now();
    let (_, until, answer) = begins(&office).await;
    let until: jiff::Timestamp = until.parse().expect("a time for the countdown");
    let left = until.duration_since(jiff::Timestamp::now()).as_secs_f64();
    assert!((0.5..=2.1).contains(&left), "{left}");
    assert!(is_open(office.callbacks[0]).await);

    let problem = answer.await.unwrap().expect_err("nobody has signed in");
    assert_eq!(problem.code, "salesforce.signed_out");
    assert!(problem.message.contains("Nobody finished the sign-in"), "{}", problem.message);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    eventually("no port is open", || async { !is_open(office.callbacks[0]).await }).await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert_eq!(office.salesforce.grants(), 0);

    office.patience = engine::SIGN_IN;
    office.quits().await;
    office.starts().await;
    office.salesforce.set(|_| {});
    let (page, _, answer) = begins(&office).await;
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push(("decision".to_owned(), "allow".to_owned()));
    form.push(("username".to_owned(), "mara.voss@example.com".to_owned()));
    let mut target = page.clone();
    target.set_query(None);
    browser().post(target).form(&form).send().await.expect("the browser comes back");
    answer.await.unwrap().expect("the next attempt is as good as any");
}

#[tokio::test]
async fn a_thief_at_the_port_gets_a_code_that_is_worth_nothing() {
    let office = new_office().await;
    let [first, second] = office.callbacks[..] else { panic!("two ports") };
    let _thief = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).expect("the port is free");
    let (page, _, answer) = begins(&office).await;
    assert!(parameter(&page, "redirect_uri").contains(&second.to_string()), "the next port");

    // A code that reached the thief all the same: without the verifier it buys no token.
    let redirect = format!("http://localhost:{second}/oauth/callback");
    let challenge = parameter(&page, "code_challenge");
    for verifier in [None, Some("a-verifier-that-the-thief-has-made-up-by-itself")] {
        let code = office.salesforce.issue_code("mara.voss@example.com", &redirect, &challenge);
        let key = office.salesforce.consumer_key();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", &key),
            ("redirect_uri", &redirect),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let token = format!("{}/services/oauth2/token", office.salesforce.login());
        let got = browser().post(token).form(&form).send().await.expect("an answer");
        assert_eq!(got.status(), 400, "{verifier:?}");
    }
    assert_eq!(office.salesforce.grants(), 0);
    office.asks(Command::CancelSignIn).await.expect("it can be given up");
    answer.await.unwrap().expect_err("nobody has signed in");
}

#[tokio::test]
async fn an_org_at_an_address_that_is_none_of_salesforces_never_sees_the_token() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    for address in [
        "http://northwind.my.salesforce.com",
        "https://northwind.my.salesforce.com.evil.example",
        "https://evil.example",
        "https://northwind.my.salesforce.com/path",
        "https://northwind.my.salesforce.com@evil.example",
        "https://user:word@northwind.my.salesforce.com",
        "//evil.example",
        "javascript:alert(1)",
        "",
    ] {
        office.salesforce.set(|org| org.instance = Instance::Other(address.to_owned()));
        office.salesforce.forget_ledger();
        let problem = office.signs_in().await.expect_err("it is not followed");
        assert_eq!(problem.code, "salesforce.unexpected_answer", "{address}");
        assert!(problem.message.contains("unexpected address"), "{}", problem.message);
        assert!(problem.message.contains("Nothing was sent there"), "{}", problem.message);
        assert_eq!(office.rest_requests(), 0, "{address}");
        assert_eq!(office.secrets.peek(SecretName::SalesforceRefresh), None, "{address}");
        assert_eq!(office.status().await.salesforce.state, LinkState::NotConfigured);
    }
    office.salesforce.set(|org| org.instance = Instance::Localhost);
    office.connects().await;
}

#[tokio::test]
async fn an_org_that_has_moved_is_followed_by_the_renewal_and_old_calls_open_there() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    let old = office.page("Contact", &office.ada);
    office.opens(std::slice::from_ref(&old)).await;
    office.talks(&call, 3).await;
    office.is_logged(&call.id()).await;

    office.salesforce.set(|org| org.instance = Instance::Loopback);
    office.salesforce.expire_access_tokens();
    let second = office.has_spoken_with(ADA).await;
    office.all_logged(&[second]).await;
    let status = office
        .status_until("the new address", |status| {
            status.salesforce.instance.as_deref().is_some_and(|at| at.contains("127.0.0.1"))
        })
        .await;
    assert_eq!(status.salesforce.problem, None);

    let new = old.replace("localhost", "127.0.0.1");
    let open = Command::OpenRecord { call: call.id(), record: Some(office.ada.clone()) };
    office.asks(open).await.expect("an old call's record opens");
    eventually("the page at the new address", || async {
        office.desk.opened().last() == Some(&new)
    })
    .await;
    office.desk.forgets_pages();
}
