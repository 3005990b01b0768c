//! The PBX's token between several who want it.

use std::time::Duration;

use engine::{command::Command, view::EventsState};
use scenarios::{ADA, AGENT, Cut, Fault, FaultRule, Office, Options, eventually, stays};
use serde_json::json;
use simulator::PbxConfig;

/// Somebody else takes the token away, and the desk notices.
async fn loses_its_token(office: &Office) {
    office.pbx.expire_all_tokens();
    // Whoever asks first notices.
    let _ = office.dials("030 123456").await;
}

#[tokio::test]
async fn a_token_that_is_taken_again_and_again_is_fetched_ever_more_rarely_and_that_is_said() {
    let office = Office::open().await;
    office.pbx.forget_ledger();
    for _ in 0..12 {
        loses_its_token(&office).await;
        office.pbx.cut_sockets(Cut::Reset);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let logins = office.pbx_asked("get_token");
    assert!((3..=6).contains(&logins), "{logins} log-ins within the hour");
    let status = office
        .status_until("it is said", |status| {
            status.pbx.problem.as_ref().is_some_and(|problem| {
                problem.code == "pbx.token_limit" && problem.message.contains("Another program")
            })
        })
        .await;
    assert_eq!(status.pbx.events, EventsState::Down);
    stays("it holds back", Duration::from_secs(3), || async {
        office.pbx_asked("get_token") == logins
    })
    .await;
}

#[tokio::test]
async fn two_desks_whose_log_ins_end_each_others_token_do_not_duel() {
    let mara = Office::open().await;
    let leo = mara.colleague("leo.brandt@example.com").await;
    mara.pbx.set(|pbx| {
        pbx.get_token_cancels_older = true;
        pbx.socket_ends_with_token = true;
    });
    mara.pbx.forget_ledger();
    mara.pbx.expire_all_tokens();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let logins = mara.pbx_asked("get_token");
    assert!(logins <= 12, "{logins} log-ins of two desks");
    stays("it is over", Duration::from_secs(4), || async {
        mara.pbx_asked("get_token") <= logins + 1
    })
    .await;
    drop(leo);
}

#[tokio::test]
async fn twenty_questions_with_a_dead_token_cost_one_refresh_and_a_parameter_error_none() {
    let office = Office::open().await;
    office.pbx.expire_access_tokens();
    office.pbx.forget_ledger();
    let asked: Vec<_> = (0..20)
        .map(|_| {
            // Of other numbers, one at a time is called.
            let number = "112".to_owned();
            tokio::spawn(office.asking(Command::Dial { number, confirmed: true }))
        })
        .collect();
    for answer in asked {
        answer.await.unwrap().expect("each call is placed");
    }
    assert_eq!(office.pbx_asked("refresh_token"), 1);
    assert_eq!(office.pbx_asked("get_token"), 0);
    assert!(office.pbx_asked("call/dial") <= 40, "each is repeated once at most");

    office.pbx.forget_ledger();
    let body = json!({ "errcode": 40002, "errmsg": "PARAMETER ERROR",
        "invalid_param_list": [{ "field": "callee", "valid_msg": "too long" }] });
    office.pbx.set(|pbx| {
        pbx.faults = vec![FaultRule::always("call/dial", Fault::Json(200, body))];
    });
    for _ in 0..10 {
        let problem = office.dials("030 123456").await.expect_err("the PBX refuses");
        assert_eq!(problem.code, "pbx.unexpected_answer");
    }
    assert_eq!(office.pbx_asked("refresh_token") + office.pbx_asked("get_token"), 0);
    assert_eq!(office.pbx.live_tokens(), 1);
}

#[tokio::test]
async fn a_pbx_whose_clock_is_days_wrong_is_served_by_the_seconds_it_grants() {
    for days in [-3, 3] {
        let pbx = PbxConfig {
            clock_skew_s: days * 86_400,
            token_life: Duration::from_secs(5),
            ..PbxConfig::default()
        };
        let office = Office::with(Options { pbx, ..Options::default() }).await;
        let began = office.pbx_asked("refresh_token");
        tokio::time::sleep(Duration::from_millis(5_500)).await;
        assert!(office.pbx_asked("refresh_token") > began, "renewed in time");
        let call = office.pbx.inbound(ADA, AGENT);
        office.talks(&call, 4).await;
        office.is_logged(&call.id()).await;
        assert_eq!(office.pbx_asked("get_token"), 1, "{days} days");
        assert_eq!(office.pbx.live_tokens(), 1);
        eventually("nothing is said", || async { office.status().await.pbx.problem.is_none() })
            .await;
    }
}
