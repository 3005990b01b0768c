//! Being signed out: what was heard is kept, and sent after the next sign-in.

use std::time::Duration;

use engine::view::{Integration, JournalState, LinkState};
use scenarios::{ADA, Fault, FaultRule, Office, stays};
use serde_json::json;
use simulator::salesforce::ValidationRule;

#[tokio::test]
async fn a_revoked_sign_in_is_tried_once_and_the_calls_wait_for_the_next() {
    let office = Office::open().await;
    office.ada_becomes_known().await;
    office.salesforce.revoke_all();
    office.salesforce.forget_ledger();

    let mut kept = vec![office.has_spoken_with(ADA).await];
    let status = office
        .status_until("signed out", |status| status.salesforce.state == LinkState::SignedOut)
        .await;
    let problem = status.salesforce.problem.expect("a person has to know");
    assert_eq!(problem.code, "salesforce.signed_out");
    assert_eq!(problem.action, "Sign in to Salesforce again.");
    let asked = office.salesforce.ledger().len();
    kept.push(office.has_spoken_with(ADA).await);
    kept.push(office.has_spoken_with("0305550123").await);
    for call in &kept {
        office
            .call_until(call, "waiting for a sign-in", |call| {
                call.journal.reason.as_ref().is_some_and(|reason| reason.contains("sign-in"))
            })
            .await;
    }
    office.status_until("three wait", |status| status.journal.waiting == 3).await;
    office.opens(&vec![office.page("Contact", &office.ada); 3]).await;
    assert_eq!(office.renewals(), 1, "one attempt, not one per call");
    stays("nothing is asked any more", Duration::from_secs(2), || async {
        office.salesforce.ledger().len() == asked
    })
    .await;
    // Nor when a person asks for it: only a sign-in helps.
    office.retries().await;
    stays("nothing is asked any more", Duration::from_secs(1), || async {
        office.salesforce.ledger().len() == asked
    })
    .await;

    office.signs_in().await.expect("somebody is signed in");
    office.all_logged(&kept).await;
    let status = office.status_until("none waits", |status| status.journal.waiting == 0).await;
    assert_eq!(status.integration, Integration::Connected);
}

#[tokio::test]
async fn what_a_person_has_to_decide_is_not_tried_again_by_signing_in_or_starting() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| {
        org.validation_rules = vec![ValidationRule {
            object: "Task".to_owned(),
            blank_field: Some("WhoId".to_owned()),
            message: "Every call needs a contact.".to_owned(),
        }];
    });
    let refused = office.has_spoken_with("0305550123").await;
    office.call_until(&refused, "stuck", |call| call.journal.state == JournalState::Stuck).await;
    office.salesforce.revoke_all();
    let kept = office.has_spoken_with(ADA).await;
    office
        .status_until("signed out", |status| status.salesforce.state == LinkState::SignedOut)
        .await;
    office.waits(&kept).await;

    office.signs_in().await.expect("somebody is signed in");
    office.all_logged(&[kept]).await;
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    assert_eq!(office.call(&refused).await.unwrap().journal.state, JournalState::Stuck);
    assert_eq!(office.attempts_at(&refused), 1, "the stuck entry was left alone");
}

#[tokio::test]
async fn a_call_that_ends_just_before_the_sign_in_does_not_keep_the_older_ones_waiting() {
    let office = Office::open().await;
    office.salesforce.revoke_all();
    let older = office.has_spoken_with(ADA).await;
    office
        .status_until("signed out", |status| status.salesforce.state == LinkState::SignedOut)
        .await;
    office.waits(&older).await;
    // The newest entry is due at once while the older ones wait for the sign-in.
    office.salesforce.set(|org| {
        org.faults = vec![FaultRule::times(
            "/sobjects/Task",
            1,
            Fault::Json(400, json!([{ "errorCode": "UNABLE_TO_LOCK_ROW", "message": "later" }])),
        )];
    });
    let newest = tokio::join!(office.has_spoken_with(ADA), office.signs_in()).0;
    office.all_logged(&[older, newest]).await;
}
