//! Getting into the PBX and staying in: the one token, refused secrets, blocked addresses, certificates.
//!
//! The rows A1–A5, A10 and the certificate's part of J12 of faults.md.

use std::{net::TcpListener, time::Duration};

use engine::{
    command::{Command, Reply},
    ports::SecretName,
    view::{EventsState, Integration, LinkState, Problem},
};
use scenarios::{ADA, AGENT, Cut, Fault, FaultRule, Office, Options, eventually, stays};
use serde_json::json;
use simulator::{Pbx, PbxConfig};

/// What the PBX was asked under this path, refused or not.
fn asked(pbx: &Pbx, path: &str) -> usize {
    pbx.ledger().iter().filter(|request| request.path.ends_with(path)).count()
}

/// Log-ins and renewals that the PBX refused.
fn refused(pbx: &Pbx) -> usize {
    pbx.ledger()
        .iter()
        .filter(|request| {
            request.path.ends_with("/get_token") || request.path.ends_with("/refresh_token")
        })
        .filter(|request| request.errcode != Some(0))
        .count()
}

/// An office whose PBX has never been connected.
async fn new_office(pbx: PbxConfig) -> Office {
    Office::with(Options { pbx, connected: false, ..Options::default() }).await
}

/// Connects with other words than the right ones.
async fn connects_with(
    office: &Office,
    address: &str,
    secret: &str,
    pin: Option<&str>,
) -> Result<Reply, Problem> {
    office
        .asks(Command::ConnectPbx {
            address: address.to_owned(),
            client_id: office.pbx.client_id(),
            secret: secret.to_owned(),
            pin: pin.map(str::to_owned),
            country: None,
        })
        .await
}

/// Fails for a person, with a word on what stopped and a next step.
fn problem_of(answer: Result<Reply, Problem>) -> Problem {
    let problem = answer.expect_err("this cannot work");
    assert!(!problem.message.is_empty() && !problem.action.is_empty(), "{problem:?}");
    problem
}

/// The status names this problem of the PBX, in words, and asks for a person.
async fn says(office: &Office, code: &str) -> Problem {
    let status = office
        .status_until(code, |status| {
            status.pbx.problem.as_ref().is_some_and(|problem| problem.code == code)
                && status.pbx.events == EventsState::Down
        })
        .await;
    assert_eq!(status.integration, Integration::Attention);
    assert_ne!(status.pbx.state, LinkState::Connected);
    status.pbx.problem.expect("it was there")
}

/// A call that comes in, is answered, and is logged: all is well again.
async fn takes_a_call(office: &Office) {
    let call = office.pbx.inbound(ADA, AGENT);
    office.call_until(&call.id(), "popped", |call| call.popped.is_some()).await;
    call.answer(AGENT);
    tokio::time::sleep(Duration::from_millis(100)).await;
    call.talked_seconds(12);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 12);
}

#[tokio::test]
async fn a_wrong_secret_is_tried_once_and_nothing_is_kept_of_it() {
    let office = new_office(PbxConfig::default()).await;
    let before = std::fs::read_to_string(office.home.path().join("settings.toml")).unwrap();

    let problem =
        problem_of(connects_with(&office, &office.pbx.address(), "not-the-secret", None).await);

    assert_eq!(problem.code, "pbx.credentials_refused");
    assert!(problem.action.contains("Integrations > API"), "names the menu: {}", problem.action);
    stays("one attempt", Duration::from_secs(3), || async { refused(&office.pbx) == 1 }).await;
    assert_eq!(asked(&office.pbx, "/get_token"), 1);
    assert_eq!(std::fs::read_to_string(office.home.path().join("settings.toml")).unwrap(), before);
    assert_eq!(office.secrets.peek(SecretName::PbxSecret), None);
    assert_eq!(office.status().await.pbx.state, LinkState::NotConfigured);

    office.connects().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn a_wrong_secret_leaves_what_was_connected_as_it_is() {
    let office = Office::open().await;
    let answer = connects_with(&office, &office.pbx.address(), "not-the-secret", None).await;
    assert_eq!(problem_of(answer).code, "pbx.credentials_refused");
    let kept = office.secrets.peek(SecretName::PbxSecret).expect("it is kept");
    let one_row = format!("\"secret\":\"{}\"}}]", office.pbx.client_secret());
    assert!(kept.ends_with(&one_row), "the one that worked");
    let status = office.status().await;
    assert_eq!((status.pbx.state, status.pbx.problem), (LinkState::Connected, None));
    takes_a_call(&office).await;
}

#[tokio::test]
async fn a_secret_that_was_changed_on_the_pbx_is_tried_twice_at_most_over_restarts_too() {
    let mut office = Office::open().await;
    // Whatever counts as a failure at this PBX, counts.
    office.pbx.set(|pbx| pbx.refresh_failures_count = true);
    office.pbx.forget_ledger();
    office.pbx.change_secret("another-secret");

    // The first to notice is a person who dials.
    let dial = Command::Dial { number: "030 123456".to_owned(), confirmed: true };
    assert_eq!(problem_of(office.asks(dial).await).code, "pbx.credentials_refused");
    office.pbx.cut_sockets(Cut::Reset);
    says(&office, "pbx.credentials_refused").await;
    for _ in 0..3 {
        office.is_killed();
        office.starts().await;
        let problem = says(&office, "pbx.credentials_refused").await;
        assert!(problem.action.contains("Integrations > API"), "{}", problem.action);
    }
    stays("it stopped", Duration::from_secs(2), || async { refused(&office.pbx) <= 2 }).await;

    // The other half still works.
    let explained = office.explains(ADA).await;
    assert_eq!(explained.candidates.len(), 1);

    office.connects_pbx().await.expect("the new secret works");
    office.is_live().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn a_blocked_address_is_left_alone_until_a_person_acts() {
    let mut office = Office::open().await;
    // Another program behind the same address keeps trying a wrong secret.
    let guess = json!({ "username": office.pbx.client_id(), "password": "a guess" });
    for _ in 0..5 {
        reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post(format!("{}/openapi/v1.0/get_token", office.pbx.address()))
            .header("User-Agent", "OpenAPI")
            .json(&guess)
            .send()
            .await
            .unwrap();
    }
    office.pbx.cut_sockets(Cut::Reset);
    let problem = says(&office, "pbx.address_blocked").await;
    assert!(problem.action.contains("Blocked IPs"), "says where: {}", problem.action);

    office.pbx.forget_ledger();
    stays("it asks no more", Duration::from_secs(3), || async { office.pbx.ledger().is_empty() })
        .await;
    office.is_killed();
    office.starts().await;
    says(&office, "pbx.address_blocked").await;
    stays("nor after a restart", Duration::from_secs(2), || async {
        office.pbx.ledger().is_empty()
    })
    .await;

    // A person tries too early, and is told the same.
    assert_eq!(problem_of(office.connects_pbx().await).code, "pbx.address_blocked");
    office.pbx.unblock();
    office.connects_pbx().await.expect("the block is gone");
    office.is_live().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn a_token_that_ends_in_mid_call_is_renewed_and_nothing_is_lost() {
    for socket_ends in [false, true] {
        let pbx = PbxConfig { token_life: Duration::from_secs(5), ..PbxConfig::default() };
        let office = Office::with(Options { pbx, ..Options::default() }).await;
        office.pbx.set(|pbx| pbx.socket_ends_with_token = socket_ends);
        let call = office.pbx.inbound(ADA, AGENT);
        office.call_until(&call.id(), "popped", |call| call.popped.is_some()).await;
        call.answer(AGENT);
        let began = asked(&office.pbx, "/refresh_token");
        tokio::time::sleep(Duration::from_millis(5_500)).await;
        call.hang_up();
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["CallDisposition"], "Answered");
        assert_eq!(asked(&office.pbx, "/get_token"), 1, "refreshed, not fetched anew");
        assert!(asked(&office.pbx, "/refresh_token") > began);
        assert_eq!(office.desk.opened().len(), 1);
        assert_eq!(office.pbx.live_tokens(), 1);
        takes_a_call(&office).await;
    }
}

#[tokio::test]
async fn a_token_outlives_a_crash_and_is_used_again() {
    let mut office = Office::open().await;
    let tokens = office.secrets.peek(SecretName::PbxTokens);
    assert!(tokens.is_some());
    for _ in 0..3 {
        office.is_killed();
        office.starts().await;
        office.is_live().await;
    }
    assert_eq!(asked(&office.pbx, "/get_token"), 1);
    assert_eq!(asked(&office.pbx, "/refresh_token"), 0);
    assert_eq!(office.secrets.peek(SecretName::PbxTokens), tokens);
    assert_eq!(office.pbx.live_tokens(), 1);

    office.quits().await;
    assert_eq!(office.pbx.live_tokens(), 0, "a program that ends gives its token back");
    office.starts().await;
    office.is_live().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn tokens_of_another_pbx_in_the_secret_store_are_shown_to_nobody() {
    let mut office = Office::open().await;
    office.is_killed();
    let kept = office.secrets.peek(SecretName::PbxTokens).expect("they are kept");
    let (_, tokens) = kept.split_once(' ').expect("it says whose they are");
    office.secrets.plant(SecretName::PbxTokens, &format!("0123456789abcdef {tokens}"));
    office.pbx.forget_ledger();

    office.starts().await;
    office.is_live().await;
    assert_eq!(asked(&office.pbx, "/get_token"), 1, "the secret is this PBX's");
    assert_eq!((asked(&office.pbx, "/refresh_token"), refused(&office.pbx)), (0, 0));
    takes_a_call(&office).await;
}

#[tokio::test]
async fn a_secret_of_another_client_id_is_not_tried() {
    let mut office = Office::open().await;
    office.quits().await;
    // An administrator makes a new client on the PBX, and names it in the policy of every desk before its secret.
    let kept = office.secrets.peek(SecretName::PbxSecret).expect("it is kept");
    let others = kept.replace(&office.pbx.client_id(), "another-client");
    assert_ne!(others, kept, "it says whose it is");
    office.secrets.plant(SecretName::PbxSecret, &others);
    office.pbx.forget_ledger();

    office.starts().await;
    let problem = says(&office, "pbx.credentials_refused").await;
    assert!(problem.message.contains("another client ID"), "{}", problem.message);
    stays("nothing is tried", Duration::from_secs(2), || async { office.pbx.ledger().is_empty() })
        .await;

    office.connects_pbx().await.expect("a person gives the right one");
    office.is_live().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn connecting_again_takes_no_second_token() {
    let office = Office::open().await;
    for _ in 0..3 {
        office.connects_pbx().await.expect("it is the same PBX");
        office.is_live().await;
    }
    eventually("one token", || async { office.pbx.live_tokens() == 1 }).await;
    takes_a_call(&office).await;
    assert_eq!(office.pbx.live_tokens(), 1);
}

#[tokio::test]
async fn after_a_weekend_off_one_log_in_brings_everything_back() {
    for forgotten_only_by_the_pbx in [false, true] {
        let mut office = Office::open().await;
        office.is_killed();
        office.pbx.expire_all_tokens();
        if !forgotten_only_by_the_pbx {
            let kept = office.secrets.peek(SecretName::PbxTokens).expect("they are kept");
            let (whose, _) = kept.split_once(' ').expect("it says whose they are");
            let old = format!("{whose} 1 1000 1000 1000 access refresh");
            office.secrets.plant(SecretName::PbxTokens, &old);
        }
        office.pbx.forget_ledger();
        let call = office.pbx.inbound(ADA, AGENT);
        call.caller_hangs_up();

        office.starts().await;
        office.is_live().await;
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["Subject"], "Missed call from Ada Moreno");
        assert_eq!(asked(&office.pbx, "/get_token"), 1);
        assert!(refused(&office.pbx) <= 1, "the old refresh token is shown once at most");
        assert_eq!(office.desk.opened(), Vec::<String>::new(), "nothing opens after the fact");
        assert_eq!(office.status().await.pbx.problem, None);
    }
}

#[tokio::test]
async fn no_free_token_is_said_and_asked_for_once() {
    let office = new_office(PbxConfig::default()).await;
    office.pbx.occupy_tokens(8);
    let problem = problem_of(office.connects_pbx().await);
    assert_eq!(problem.code, "pbx.token_limit");
    assert!(problem.message.contains("eight"), "{}", problem.message);
    assert_eq!(asked(&office.pbx, "/get_token"), 1);
    assert_eq!(office.status().await.pbx.state, LinkState::NotConfigured);

    office.pbx.expire_all_tokens();
    office.connects().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn no_free_token_after_a_restart_is_said_and_the_pbx_is_left_alone() {
    let mut office = Office::open().await;
    office.is_killed();
    office.pbx.expire_all_tokens();
    office.pbx.occupy_tokens(8);
    office.pbx.forget_ledger();
    office.starts().await;
    says(&office, "pbx.token_limit").await;
    stays("asked once", Duration::from_secs(3), || async { asked(&office.pbx, "/get_token") == 1 })
        .await;
    office.pbx.expire_all_tokens();
    office.connects_pbx().await.expect("a person need not wait");
    office.is_live().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn a_switched_off_interface_and_a_forbidden_address_have_words_of_their_own() {
    let mut office = new_office(PbxConfig::default()).await;
    office.pbx.set(|pbx| pbx.api_off = true);
    let off = problem_of(office.connects_pbx().await);
    assert_eq!(off.code, "pbx.api_off");
    office.pbx.set(|pbx| (pbx.api_off, pbx.address_forbidden) = (false, true));
    let forbidden = problem_of(office.connects_pbx().await);
    assert_eq!(forbidden.code, "pbx.address_not_allowed");
    assert!(forbidden.action.contains("IP Restriction"), "{}", forbidden.action);
    assert_ne!(off.message, forbidden.message);
    assert_eq!(office.status().await.pbx.state, LinkState::NotConfigured);
    office.pbx.set(|pbx| pbx.address_forbidden = false);
    office.connects().await;

    // The same while it runs, and at a start.
    office.pbx.set(|pbx| pbx.api_off = true);
    office.pbx.cut_sockets(Cut::Close);
    says(&office, "pbx.api_off").await;
    office.is_killed();
    office.pbx.set(|pbx| (pbx.api_off, pbx.address_forbidden) = (false, true));
    office.pbx.forget_ledger();
    office.starts().await;
    says(&office, "pbx.address_not_allowed").await;
    // What it is and what it hears are asked for side by side.
    stays("it is left alone", Duration::from_secs(3), || async { office.pbx.ledger().len() <= 2 })
        .await;
    office.pbx.set(|pbx| pbx.address_forbidden = false);
    office.connects_pbx().await.expect("the administrator has let us in");
    office.is_live().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn an_address_that_is_no_pbx_is_told_from_one_that_does_not_answer() {
    let office = new_office(PbxConfig::default()).await;
    let secret = office.pbx.client_secret();
    let code =
        async |address: &str| problem_of(connects_with(&office, address, &secret, None).await).code;
    assert_eq!(code(&office.salesforce.login()).await, "pbx.unexpected_answer");
    assert_eq!(code("http://127.0.0.1:1").await, "pbx.unreachable");
    assert_eq!(code("https://pbx.invalid:8088").await, "pbx.unreachable");
    // The secret would go over the network in the clear.
    assert_eq!(code("http://192.0.2.7:8088").await, "pbx.unreachable");
    assert_eq!(code("no address at all").await, "pbx.unreachable");

    let seen = office.salesforce.ledger().len();
    let odd = [
        Fault::Html(200),
        Fault::Html(502),
        Fault::Empty(200),
        Fault::Huge(5 << 20),
        Fault::Json(200, json!({ "errcode": "none", "access_token": 7 })),
        Fault::Truncated,
        Fault::Redirect(office.salesforce.login()),
    ];
    for fault in odd {
        office.pbx.set(|pbx| pbx.faults = vec![FaultRule::always("get_token", fault.clone())]);
        let problem = problem_of(office.connects_pbx().await);
        assert_eq!(problem.code, "pbx.unexpected_answer", "{fault:?}");
    }
    assert_eq!(office.salesforce.ledger().len(), seen, "a redirect is not followed");
    assert_eq!(office.status().await.pbx.state, LinkState::NotConfigured);
    office.pbx.set(|pbx| pbx.faults.clear());
    office.connects().await;
    takes_a_call(&office).await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_shown_then_pinned_then_missed() {
    let mut office = new_office(PbxConfig { tls: true, ..PbxConfig::default() }).await;
    let (address, secret) = (office.pbx.address(), office.pbx.client_secret());
    let print = office.pbx.certificate_sha256().unwrap();

    let unknown = problem_of(connects_with(&office, &address, &secret, None).await);
    assert_eq!(unknown.code, "pbx.tls_untrusted");
    assert!(unknown.message.contains(&print), "shows the fingerprint: {}", unknown.message);
    let shown = office.asks(Command::PbxCertificate { address: address.clone() }).await;
    assert_eq!(shown, Ok(Reply::Certificate { sha256: print.clone(), trusted: false }));
    let other = "0".repeat(64);
    let wrong = problem_of(connects_with(&office, &address, &secret, Some(&other)).await);
    assert_eq!(wrong.code, "pbx.tls_changed");
    assert_eq!(office.pbx.ledger(), [], "nothing was sent before the certificate was known");

    // Colons and case do not matter.
    let spelled: Vec<String> = print
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    connects_with(&office, &address, &secret, Some(&spelled.join(":")))
        .await
        .expect("it is pinned");
    office.signs_in().await.expect("the org is connected");
    office.is_live().await;
    takes_a_call(&office).await;
    office.is_killed();
    office.starts().await;
    office.is_live().await;

    // Somebody else's machine answers at the same place.
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    office.pbx.stop_listening();
    eventually("the port is free", || async { TcpListener::bind(("127.0.0.1", port)).is_ok() })
        .await;
    let config = PbxConfig { port, tls: true, ..PbxConfig::default() };
    office.pbx = Pbx::start(config).await;
    let changed = says(&office, "pbx.tls_changed").await;
    let now = office.pbx.certificate_sha256().unwrap();
    assert!(changed.message.contains(&print) && changed.message.contains(&now));
    office.is_killed();
    office.starts().await;
    says(&office, "pbx.tls_changed").await;
    stays("nothing is sent there", Duration::from_secs(2), || async {
        office.pbx.ledger().is_empty()
    })
    .await;

    office.connects_pbx().await.expect("a person has compared the new one");
    office.is_live().await;
    takes_a_call(&office).await;
}
