//! The 401 and 403 answers of the REST API.

use std::time::Duration;

use engine::view::JournalState;
use scenarios::{ADA, Fault, FaultRule, Office, stays};
use serde_json::json;

/// The HTTP status, Salesforce's code and words, our code, a part of what to do.
struct Row(u16, &'static str, &'static str, &'static str, &'static str);

fn refuses(office: &Office, path: &str, Row(status, code, text, ..): &Row) {
    let body = json!([{ "errorCode": code, "message": text }]);
    let rule = FaultRule::always(path, Fault::Json(*status, body));
    office.salesforce.set(|org| org.faults = vec![rule]);
    office.salesforce.forget_ledger();
}

async fn says(office: &Office, Row(_, theirs, _, code, action): &Row) {
    let status = office
        .status_until(&format!("{code} of {theirs}"), |status| {
            status.salesforce.problem.as_ref().is_some_and(|problem| problem.code == *code)
        })
        .await;
    let problem = status.salesforce.problem.expect("it was there");
    assert!(problem.action.contains(action), "{theirs}: {}", problem.action);
}

/// Returns how often the API was asked on account of the one call. The page and the entry ask apart from each other, so
/// a moment may pass until both have heard the refusal.
async fn asked_at_first(office: &Office) -> usize {
    tokio::time::sleep(Duration::from_secs(1)).await;
    office.rest_requests()
}

#[tokio::test]
async fn a_session_that_stays_refused_is_renewed_once_a_request_at_most_and_waits_for_the_administrator()
 {
    let policies = "policies (scopes, IP rules)";
    for row in [
        Row(
            401,
            "INVALID_SESSION_ID",
            "Session expired or invalid",
            "salesforce.signed_out",
            policies,
        ),
        Row(
            401,
            "INVALID_SESSION_ID",
            "This session is not valid for use with the REST API",
            "salesforce.signed_out",
            policies,
        ),
        Row(
            401,
            "INVALID_SESSION_ID",
            "Connected app is not attached to Agent",
            "salesforce.signed_out",
            policies,
        ),
        Row(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", "salesforce.signed_out", policies),
        Row(401, "INVALID_JWT_FORMAT", "the token is not a JWT", "salesforce.signed_out", policies),
    ] {
        let office = Office::open().await;
        refuses(&office, "/services/data/", &row);
        let call = office.has_spoken_with(ADA).await;
        says(&office, &row).await;
        office.waits(&call).await;
        let asked = asked_at_first(&office).await;
        let renewals = office.renewals();
        stays(&format!("{}: no storm", row.2), Duration::from_secs(3), || async {
            office.renewals() == renewals && office.rest_requests() == asked
        })
        .await;
        // The page and the entry renew together, unless the one asks while the other's fresh token is being refused.
        assert!((1..=2).contains(&renewals), "{}: {renewals} renewals", row.2);
        assert!(asked <= 6, "{}: {asked} requests", row.2);

        office.salesforce.set(|org| org.faults.clear());
        office.retries().await;
        office.all_logged(&[call]).await;
    }
}

#[tokio::test]
async fn an_api_that_is_off_or_used_up_is_told_and_asked_rarely() {
    let enabled = "API Enabled";
    for row in [
        Row(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded.",
            "salesforce.api_limit",
            "every 15 minutes",
        ),
        Row(
            403,
            "API_DISABLED_FOR_ORG",
            "The REST API is not enabled for this Organization.",
            "salesforce.api_disabled",
            enabled,
        ),
        Row(
            403,
            "API_CURRENTLY_DISABLED",
            "API is disabled for this User",
            "salesforce.api_disabled",
            enabled,
        ),
        Row(
            403,
            "FUNCTIONALITY_NOT_ENABLED",
            "functionality not enabled",
            "salesforce.api_disabled",
            enabled,
        ),
    ] {
        let office = Office::open().await;
        refuses(&office, "/services/data/", &row);
        let call = office.has_spoken_with(ADA).await;
        says(&office, &row).await;
        office.waits(&call).await;
        let asked = asked_at_first(&office).await;
        stays(&format!("{}: no storm", row.1), Duration::from_secs(3), || async {
            office.rest_requests() == asked
        })
        .await;
        assert!(asked <= 6, "{}: {asked} requests", row.1);
        assert_eq!(office.renewals(), 0, "{} has nothing to do with the token", row.1);

        office.salesforce.set(|org| org.faults.clear());
        office.retries().await;
        office.all_logged(&[call]).await;
    }
}

#[tokio::test]
async fn a_right_that_the_user_lacks_parks_the_entry_after_one_request() {
    for theirs in [
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
    ] {
        let row = Row(
            403,
            theirs,
            "insufficient access rights",
            "salesforce.missing_permission",
            "administrator",
        );
        let office = Office::open().await;
        office.ada_becomes_known().await;
        refuses(&office, "/sobjects/Task", &row);
        let call = office.has_spoken_with(ADA).await;
        says(&office, &row).await;
        office.call_until(&call, "stuck", |call| call.journal.state == JournalState::Stuck).await;
        let attempts = office.attempts_at(&call);
        assert!((1..=2).contains(&attempts), "{theirs}: {attempts} attempts");
        stays(&format!("{theirs}: it is left alone"), Duration::from_secs(2), || async {
            office.attempts_at(&call) == attempts
        })
        .await;

        office.salesforce.set(|org| org.faults.clear());
        office.retries().await;
        office.all_logged(&[call]).await;
    }
}
