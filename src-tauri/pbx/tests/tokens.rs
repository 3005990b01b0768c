//! One token, however many questions, restarts and refusals.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod office;

use std::{sync::Arc, time::Duration};

use office::{Drawer, client, client_with, count, options, own, pbx};
use pbx::{Client, Credentials, Error, Retry, Vault as _};
use secrecy::ExposeSecret as _;
use serde_json::json;
use simulator::{Fault, FaultRule, Pbx, PbxConfig};

fn with_wrong_secret(pbx: &Pbx) -> Client {
    let credentials = Credentials { client_id: pbx.client_id(), secret: "wrong".into() };
    let wall = Arc::new(office::Wall::default());
    Client::new(options(pbx), credentials, Arc::new(Drawer::default()), wall).unwrap()
}

#[tokio::test]
async fn twenty_questions_at_once_take_one_token() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let asked = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.system_information().await })
    });
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.unwrap().unwrap().serial.as_str(), pbx.serial());
    }
    assert_eq!((count(&pbx, "get_token"), pbx.live_tokens()), (1, 1));
    let agents: Vec<_> = pbx.ledger().into_iter().map(|request| request.user_agent).collect();
    assert!(agents.iter().all(|agent| agent.as_deref() == Some("Patchcord/0.1.0")), "{agents:?}");
}

#[tokio::test]
async fn a_restart_finds_its_token_in_the_vault() {
    let pbx = pbx().await;
    let drawer = Drawer::default();
    client_with(&pbx, options(&pbx), &drawer).system_information().await.unwrap();
    client_with(&pbx, options(&pbx), &drawer).system_information().await.unwrap();
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (1, 0));
}

#[tokio::test]
async fn a_token_near_its_end_is_refreshed_and_the_new_one_kept() {
    let pbx = pbx().await;
    let drawer = Drawer::default();
    client_with(&pbx, options(&pbx), &drawer).system_information().await.unwrap();
    let first = drawer.load().unwrap();
    drawer.change(|tokens| tokens.renew_from = 0);
    client_with(&pbx, options(&pbx), &drawer).system_information().await.unwrap();
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (1, 1));
    let second = drawer.load().unwrap();
    assert_ne!(first.refresh.expose_secret(), second.refresh.expose_secret());
    assert_eq!(pbx.live_tokens(), 1);
}

#[tokio::test]
async fn after_a_weekend_off_one_log_in_is_enough() {
    let pbx = pbx().await;
    let drawer = Drawer::default();
    client_with(&pbx, options(&pbx), &drawer).system_information().await.unwrap();
    pbx.expire_all_tokens();
    drawer.change(|tokens| {
        (tokens.renew_from, tokens.access_until, tokens.refresh_until) = (0, 0, 0);
    });
    client_with(&pbx, options(&pbx), &drawer).system_information().await.unwrap();
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (2, 0));
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all_and_each_question_repeated() {
    let pbx = pbx().await;
    let client = client(&pbx);
    client.system_information().await.unwrap();
    pbx.expire_access_tokens();
    let asked = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.live_calls(&own()).await })
    });
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.unwrap().unwrap(), []);
    }
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (1, 1));
}

#[tokio::test]
async fn when_the_refresh_token_is_dead_too_a_new_pair_is_fetched() {
    let pbx = pbx().await;
    let client = client(&pbx);
    client.system_information().await.unwrap();
    pbx.expire_all_tokens();
    client.system_information().await.unwrap();
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (2, 1));
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_an_error_and_no_endless_loop() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let expired = Fault::Json(200, json!({ "errcode": 10004, "errmsg": "TOKEN EXPIRED" }));
    pbx.set(|switches| switches.faults.push(FaultRule::always("call/query", expired)));
    let error = client.live_calls(&own()).await.unwrap_err();
    assert!(matches!(error, Error::TokenRefused), "{error:?}");
    assert_eq!(count(&pbx, "call/query"), 2);
    // Again and again: we step back, and do not fight.
    let mut last = None;
    for _ in 0..10 {
        last = client.live_calls(&own()).await.err();
    }
    assert!(matches!(last, Some(Error::TokenContested { .. })), "{last:?}");
    assert!(count(&pbx, "refresh_token") + count(&pbx, "get_token") <= 6);
}

#[tokio::test]
async fn a_parameter_error_takes_no_new_token() {
    let pbx = pbx().await;
    let client = client(&pbx);
    let wrong = Fault::Json(200, json!({ "errcode": 40002, "errmsg": "PARAMETER ERROR" }));
    pbx.set(|switches| switches.faults.push(FaultRule::always("call/query", wrong)));
    for _ in 0..3 {
        let error = client.live_calls(&own()).await.unwrap_err();
        assert_eq!(error.code(), Some(40002));
    }
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (1, 0));
}

#[tokio::test]
async fn a_refused_secret_is_tried_once() {
    let pbx = pbx().await;
    for code in [10005, 40002, 10004, 60001, 70084] {
        pbx.set(|switches| switches.wrong_credentials = (code, "NO".to_owned()));
        pbx.forget_ledger();
        pbx.unblock();
        let client = with_wrong_secret(&pbx);
        for _ in 0..3 {
            let error = client.system_information().await.unwrap_err();
            assert!(matches!(error, Error::CredentialsRefused { code: c } if c == code), "{error}");
            assert_eq!(error.retry(), Retry::AfterPerson);
        }
        assert_eq!(count(&pbx, "get_token"), 1);
    }
}

/// So much time goes by at once.
async fn passes(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_plain_failure_of_the_log_in_is_a_refusal_only_after_minutes() {
    let pbx = pbx().await;
    pbx.set(|switches| switches.wrong_credentials = (-1, "FAILURE".to_owned()));
    let client = with_wrong_secret(&pbx);
    for (tries, wait) in [(1, 15), (2, 180)] {
        for _ in 0..3 {
            let error = client.system_information().await.unwrap_err();
            assert_eq!((error.code(), error.retry()), (Some(-1), Retry::Later { after: None }));
        }
        assert_eq!(count(&pbx, "get_token"), tries, "it is left alone for {wait} s");
        passes(wait).await;
    }
    for _ in 0..3 {
        let error = client.system_information().await.unwrap_err();
        assert!(matches!(error, Error::CredentialsRefused { code: -1 }), "{error:?}");
    }
    assert_eq!(count(&pbx, "get_token"), 3);
}

#[tokio::test]
async fn a_pbx_that_fails_as_it_starts_is_no_wrong_secret() {
    let pbx = pbx().await;
    let failure = json!({ "errcode": -1, "errmsg": "FAILURE" });
    let twice = FaultRule::times("get_token", 2, Fault::Json(200, failure));
    pbx.set(|switches| switches.faults.push(twice));
    let client = client(&pbx);
    for wait in [15, 180] {
        client.system_information().await.unwrap_err();
        passes(wait).await;
    }
    client.system_information().await.unwrap();
}

#[tokio::test]
async fn a_secret_that_changes_while_we_run_costs_two_refusals_at_most() {
    let pbx = pbx().await;
    let client = client(&pbx);
    client.system_information().await.unwrap();
    pbx.change_secret("another");
    pbx.expire_all_tokens();
    for _ in 0..5 {
        let error = client.system_information().await.unwrap_err();
        assert!(matches!(error, Error::CredentialsRefused { .. }), "{error:?}");
    }
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (2, 1));
}

#[tokio::test]
async fn a_blocked_address_is_left_alone() {
    let pbx = pbx().await;
    for _ in 0..6 {
        with_wrong_secret(&pbx).system_information().await.unwrap_err();
    }
    pbx.forget_ledger();
    let client = client(&pbx);
    for _ in 0..3 {
        let error = client.system_information().await.unwrap_err();
        assert!(matches!(error, Error::AddressBlocked { until: Some(_) }), "{error:?}");
    }
    assert_eq!(pbx.ledger().len(), 1);
}

#[tokio::test]
async fn no_token_free_is_said_and_not_asked_again_at_once() {
    let pbx = pbx().await;
    pbx.occupy_tokens(8);
    let client = client(&pbx);
    for _ in 0..3 {
        let error = client.system_information().await.unwrap_err();
        assert!(matches!(error, Error::TokenLimit), "{error:?}");
    }
    assert_eq!(count(&pbx, "get_token"), 1);
}

#[tokio::test]
async fn switched_off_and_not_allowed_have_words_of_their_own() {
    let pbx = pbx().await;
    pbx.set(|switches| switches.api_off = true);
    assert!(matches!(client(&pbx).system_information().await, Err(Error::ApiOff)));
    pbx.set(|switches| (switches.api_off, switches.address_forbidden) = (false, true));
    assert!(matches!(client(&pbx).system_information().await, Err(Error::AddressNotAllowed)));
}

#[tokio::test]
async fn answers_that_no_pbx_gives_are_typed_bounded_and_no_verdict_on_the_secret() {
    let pbx = pbx().await;
    for fault in [
        Fault::Html(200),
        Fault::Html(502),
        Fault::Empty(200),
        Fault::Empty(500),
        Fault::Huge(5 << 20),
        Fault::Truncated,
        Fault::Json(200, json!([1, 2])),
        Fault::Json(200, json!({ "errcode": 0 })),
        Fault::Json(200, json!({ "errcode": 0, "access_token": {}, "refresh_token": 7 })),
        Fault::Redirect("http://127.0.0.1:9/".to_owned()),
    ] {
        pbx.set(|switches| switches.faults = vec![FaultRule::once("get_token", fault.clone())]);
        let client = client(&pbx);
        let error = client.system_information().await.unwrap_err();
        assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{fault:?}: {error:?}");
        client.system_information().await.unwrap();
        client.revoke().await;
    }
}

#[tokio::test]
async fn a_lost_or_late_answer_is_no_verdict_either() {
    let pbx = pbx().await;
    let mut options = options(&pbx);
    options.timeouts.request = Duration::from_millis(300);
    for (fault, timeout) in [
        (Fault::Reset, false),
        (Fault::LostAnswer, false),
        (Fault::Never, true),
        (Fault::Slow(Duration::from_secs(1)), true),
    ] {
        pbx.set(|switches| switches.faults = vec![FaultRule::once("get_token", fault.clone())]);
        let client = client_with(&pbx, options.clone(), &Drawer::default());
        let error = client.system_information().await.unwrap_err();
        assert_eq!(matches!(error, Error::Timeout), timeout, "{fault:?}: {error:?}");
        assert_eq!(error.retry(), Retry::Later { after: None });
        client.system_information().await.unwrap();
        client.revoke().await;
    }
}

#[tokio::test]
async fn what_is_left_of_a_token_serves_while_it_cannot_be_renewed() {
    let pbx = pbx().await;
    let drawer = Drawer::default();
    client_with(&pbx, options(&pbx), &drawer).system_information().await.unwrap();
    drawer.change(|tokens| tokens.renew_from = 0);
    pbx.set(|switches| switches.faults.push(FaultRule::always("refresh_token", Fault::Html(502))));
    let client = client_with(&pbx, options(&pbx), &drawer);
    client.system_information().await.unwrap();
    assert_eq!(count(&pbx, "get_token"), 1);
}

#[tokio::test]
async fn a_revoked_token_is_free_for_others_and_nothing_is_asked_after_it() {
    let pbx = pbx().await;
    let drawer = Drawer::default();
    let client = client_with(&pbx, options(&pbx), &drawer);
    client.system_information().await.unwrap();
    client.revoke().await;
    assert_eq!(pbx.live_tokens(), 0);
    assert!(drawer.is_empty());
    assert!(matches!(client.system_information().await, Err(Error::Closed)));
    assert_eq!(count(&pbx, "get_token"), 1);
}

#[tokio::test]
async fn revoking_does_not_wait_for_a_pbx_that_is_gone() {
    let pbx = pbx().await;
    let drawer = Drawer::default();
    let client = client_with(&pbx, options(&pbx), &drawer);
    client.system_information().await.unwrap();
    pbx.set(|switches| switches.faults.push(FaultRule::always("del_token", Fault::Never)));
    let begin = std::time::Instant::now();
    client.revoke().await;
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert!(drawer.is_empty());
}

#[tokio::test]
async fn no_error_shows_a_token_or_a_secret() {
    let pbx = Pbx::start(PbxConfig::default()).await;
    let client = client(&pbx);
    client.system_information().await.unwrap();
    let secrets = pbx.secrets();
    assert!(!secrets.is_empty());
    let mut shown = format!("{client:?}");
    for fault in [Fault::Reset, Fault::Html(200), Fault::Redirect("http://x/".to_owned())] {
        pbx.set(|switches| switches.faults = vec![FaultRule::once("call/query", fault)]);
        let error = client.live_calls(&own()).await.unwrap_err();
        shown.push_str(&format!("{error} {error:?} "));
    }
    pbx.stop_listening();
    let error = client.live_calls(&own()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    shown.push_str(&format!("{error} {error:?} {:?}", std::error::Error::source(&error)));
    for secret in secrets {
        assert!(!shown.contains(&secret));
    }
}

#[tokio::test]
async fn a_token_that_the_pbx_could_not_take_back_is_used_by_the_next_start() {
    let pbx = pbx().await;
    let drawer = Drawer::default();
    let first = client_with(&pbx, options(&pbx), &drawer);
    first.system_information().await.unwrap();
    pbx.stop_listening();
    first.rest().await;
    pbx.listen_again().await;

    let second = client_with(&pbx, options(&pbx), &drawer);
    second.system_information().await.unwrap();
    assert_eq!(pbx.live_tokens(), 1, "one of eight for each desk");
    second.rest().await;
    assert_eq!(pbx.live_tokens(), 0, "given back where the PBX is there");
}
