//! The codes of the PBX that its reference prints in bold.

use std::time::Duration;

use engine::command::{Command, Reply};
use scenarios::{Cut, Fault, FaultRule, Office, Options, stays};
use serde_json::json;

/// One code, and what a person is told.
struct Row {
    errcode: i64,
    errmsg: &'static str,
    code: &'static str,
    /// A part of what to do.
    action: &'static str,
}

fn row(errcode: i64, errmsg: &'static str, code: &'static str, action: &'static str) -> Row {
    Row { errcode, errmsg, code, action }
}

fn answers(office: &Office, path: &str, row: &Row) {
    let body = json!({ "errcode": row.errcode, "errmsg": row.errmsg });
    let rule = FaultRule::always(path, Fault::Json(200, body));
    office.pbx.set(|pbx| pbx.faults = vec![rule]);
    office.pbx.forget_ledger();
}

/// Says that nothing more is asked than was asked until now.
/// The same is not asked again. Where the events are heard, one question finds out whether the PBX refuses everything.
async fn no_storm(office: &Office, row: &Row) {
    let asked = office.pbx.ledger().len();
    stays(&format!("{} is not asked again", row.errcode), Duration::from_millis(1_500), || async {
        office.pbx.ledger().len() <= asked + 1
    })
    .await;
    let besides: Vec<String> =
        office.pbx.ledger().split_off(asked).into_iter().map(|request| request.path).collect();
    assert!(besides.iter().all(|path| path.ends_with("system/information")), "{besides:?}");
}

#[tokio::test]
async fn a_code_at_the_log_in_of_a_first_connection_is_told_after_one_request() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    for row in [
        // Not even these two are a reason to ask for a token again: every refusal may count towards the block.
        row(10004, "TOKEN EXPIRED", "pbx.credentials_refused", "Integrations > API"),
        row(40002, "PARAMETER ERROR", "pbx.credentials_refused", "Integrations > API"),
        row(60002, "MAX LIMITATION EXCEEDED", "pbx.token_limit", "30 minutes"),
        row(70004, "ACCOUNT IP BLOCKED", "pbx.address_blocked", "Blocked IPs"),
        row(70087, "IP FORBIDDEN", "pbx.address_not_allowed", "IP Restriction"),
        row(70123, "API UNAVAILABLE", "pbx.api_off", "Integrations > API"),
    ] {
        answers(&office, "get_token", &row);
        let problem = office.connects_pbx().await.expect_err("it is refused");
        assert_eq!(problem.code, row.code, "{}", row.errcode);
        assert!(problem.action.contains(row.action), "{}: {}", row.errcode, problem.action);
        assert_eq!(office.pbx_asked("get_token"), 1, "{}", row.errcode);
        no_storm(&office, &row).await;
    }
    office.pbx.set(|pbx| pbx.faults.clear());
    office.connects().await;
}

#[tokio::test]
async fn a_code_on_a_request_of_a_connected_desk_is_told_and_only_a_token_error_renews_the_token() {
    struct Asked {
        row: Row,
        dials: usize,
        renewals: usize,
    }
    let once = |row| Asked { row, dials: 1, renewals: 0 };
    for Asked { row, dials, renewals } in [
        // Refreshed once, repeated once, then told.
        Asked {
            row: row(10004, "TOKEN EXPIRED", "pbx.unreachable", "keeps trying"),
            dials: 2,
            renewals: 1,
        },
        // A parameter error is no token error.
        once(row(40002, "PARAMETER ERROR", "pbx.unexpected_answer", "PBX administrator")),
        once(row(60002, "MAX LIMITATION EXCEEDED", "pbx.unexpected_answer", "PBX administrator")),
        once(row(70004, "ACCOUNT IP BLOCKED", "pbx.address_blocked", "Blocked IPs")),
        once(row(70087, "IP FORBIDDEN", "pbx.address_not_allowed", "IP Restriction")),
        once(row(70123, "API UNAVAILABLE", "pbx.api_off", "Integrations > API")),
    ] {
        let office = Office::open().await;
        answers(&office, "call/dial", &row);
        let problem = office.dials("030 123456").await.expect_err("the PBX refuses");
        assert_eq!(problem.code, row.code, "{}", row.errcode);
        assert!(problem.action.contains(row.action), "{}: {}", row.errcode, problem.action);
        assert_eq!(office.pbx_asked("call/dial"), dials, "{}", row.errcode);
        assert_eq!(office.pbx_asked("refresh_token"), renewals, "{}", row.errcode);
        assert_eq!(office.pbx_asked("get_token"), 0, "{}", row.errcode);
        no_storm(&office, &row).await;
    }
}

#[tokio::test]
async fn a_code_at_the_log_in_of_a_desk_that_has_lost_its_token_is_told_in_the_status() {
    for (row, most) in [
        (row(40002, "PARAMETER ERROR", "pbx.credentials_refused", "Integrations > API"), 1),
        (row(60002, "MAX LIMITATION EXCEEDED", "pbx.token_limit", "30 minutes"), 1),
        (row(70004, "ACCOUNT IP BLOCKED", "pbx.address_blocked", "Blocked IPs"), 1),
        // What it is and what it hears are asked for side by side.
        (row(70087, "IP FORBIDDEN", "pbx.address_not_allowed", "IP Restriction"), 2),
        (row(70123, "API UNAVAILABLE", "pbx.api_off", "Integrations > API"), 2),
    ] {
        let office = Office::open().await;
        office.pbx.expire_all_tokens();
        answers(&office, "get_token", &row);
        office.pbx.cut_sockets(Cut::Reset);
        // Whoever asks first notices.
        let dial = Command::Dial { number: "030 123456".to_owned(), confirmed: true };
        let _: Result<Reply, _> = office.asks(dial).await;
        let status = office
            .status_until(row.code, |status| {
                status.pbx.problem.as_ref().is_some_and(|problem| problem.code == row.code)
            })
            .await;
        let problem = status.pbx.problem.expect("it was there");
        assert!(problem.action.contains(row.action), "{}: {}", row.errcode, problem.action);
        stays("it is left alone", Duration::from_secs(2), || async {
            office.pbx_asked("get_token") <= most
        })
        .await;
        // Salesforce goes on.
        assert_eq!(office.explains(scenarios::ADA).await.candidates.len(), 1, "{}", row.errcode);
    }
}
