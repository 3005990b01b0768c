//! Salesforce is away, busy, or closed for today: calls are kept, known callers open, nobody knocks all the time.

use std::time::Duration;

use engine::view::{Integration, JournalState, LinkState};
use scenarios::{ADA, Fault, FaultRule, Office, stays};

/// Ada has called before, so she is known on this computer.
async fn office_that_knows_ada() -> Office {
    let office = Office::open().await;
    office.ada_becomes_known().await;
    office.salesforce.forget_ledger();
    office
}

#[tokio::test]
async fn calls_while_salesforce_is_away_open_their_pages_and_are_logged_when_it_is_back() {
    let office = office_that_knows_ada().await;
    office.salesforce.stop_listening();

    let known = office.has_spoken_with(ADA).await;
    let unknown = office.has_spoken_with("0305550123").await;
    office.opens(&vec![office.page("Contact", &office.ada); 2]).await;
    let status = office
        .status_until("unreachable", |status| {
            status.salesforce.state == LinkState::Unreachable && status.journal.waiting == 2
        })
        .await;
    assert_eq!(status.integration, Integration::Attention);
    let problem = status.salesforce.problem.expect("it is said");
    assert_eq!(problem.code, "salesforce.unreachable");
    assert!(problem.message.contains("calls are kept here"), "{}", problem.message);
    assert_eq!(status.pbx.state, LinkState::Connected, "the PBX goes on");

    office.salesforce.listen_again().await;
    office.all_logged(&[known.clone(), unknown.clone()]).await;
    assert_eq!(office.tasks_of(&known)[0]["WhoId"], office.ada);
    let task = office.tasks_of(&unknown).remove(0);
    assert_eq!(task["Subject"], "Inbound call from +49305550123");
    let status = office.status_until("none waits", |status| status.journal.waiting == 0).await;
    assert_eq!(status.integration, Integration::Connected);
}

#[tokio::test]
async fn a_caller_who_is_known_only_to_salesforce_is_found_when_it_is_back() {
    let office = Office::open().await;
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(ADA).await;
    office.waits(&call).await;
    office.salesforce.listen_again().await;
    office.all_logged(std::slice::from_ref(&call)).await;
    let task = office.tasks_of(&call).remove(0);
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["WhoId"], office.ada);
    assert!(office.desk.opened().is_empty(), "no page of a call that is over");
}

#[tokio::test]
async fn killed_while_salesforce_is_away_the_calls_are_logged_after_the_next_start() {
    let mut office = office_that_knows_ada().await;
    office.salesforce.stop_listening();
    let first = office.has_spoken_with(ADA).await;
    office.waits(&first).await;
    office.is_killed();
    office.starts().await;
    office
        .status_until("heard again", |status| status.pbx.events == engine::view::EventsState::Live)
        .await;
    let second = office.has_spoken_with(ADA).await;
    office.salesforce.listen_again().await;
    office.all_logged(&[first, second]).await;
}

#[tokio::test]
async fn a_maintenance_page_is_met_with_rare_knocks_and_no_entry_is_given_up() {
    let office = office_that_knows_ada().await;
    office
        .salesforce
        .set(|org| org.faults = vec![FaultRule::always("/services/data", Fault::Html(503))]);
    let mut kept = Vec::new();
    for number in [ADA, "0305550123", ADA, "0305550124"] {
        kept.push(office.has_spoken_with(number).await);
    }
    office.status_until("all wait", |status| status.journal.waiting == 4).await;
    // Two lookups of unknown callers; the rest is the outbox, which waits as a whole.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let knocks = office.rest_requests();
    assert!(knocks <= 10, "{knocks} requests in the first seconds");
    for call in &kept {
        assert_eq!(office.call(call).await.unwrap().journal.state, JournalState::Waiting);
    }

    office.salesforce.set(|org| org.faults.clear());
    office.all_logged(&kept).await;
    let order: Vec<_> = office
        .salesforce
        .tasks()
        .iter()
        .filter_map(|task| task["CallObject"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(order.len(), 5);
}

#[tokio::test]
async fn a_busy_row_is_tried_again_and_nobody_is_bothered() {
    let office = office_that_knows_ada().await;
    office.salesforce.set(|org| org.locked_rows = 1);
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(std::slice::from_ref(&call)).await;
    assert_eq!(office.attempts_at(&call), 2);
    office.status_until("well", |status| status.integration == Integration::Connected).await;
}

#[tokio::test]
async fn the_orgs_exhausted_api_is_probed_once_and_not_again_with_every_call() {
    let office = office_that_knows_ada().await;
    office.salesforce.set(|org| org.limit_reached = true);

    let mut kept = vec![office.has_spoken_with(ADA).await];
    let status = office
        .status_until("the limit is known", |status| status.salesforce.problem.is_some())
        .await;
    let problem = status.salesforce.problem.expect("it is said");
    assert_eq!(problem.code, "salesforce.api_limit");
    assert!(problem.action.contains("15 minutes"), "{}", problem.action);
    // Nobody can do anything, so nobody is called.
    office
        .status_until("it is no attention", |status| {
            status.salesforce.problem.is_some() && status.integration != Integration::Attention
        })
        .await;
    for number in ["0305550123", ADA, "0305550124"] {
        kept.push(office.has_spoken_with(number).await);
    }
    office.opens(&vec![office.page("Contact", &office.ada); 3]).await;
    office.status_until("all wait", |status| status.journal.waiting == 4).await;
    let probes = office.rest_requests();
    assert!(probes <= 2, "{probes} requests against the limit");
    stays("no more probes", Duration::from_secs(3), || async { office.rest_requests() == probes })
        .await;

    // The day is over, and a person does not want to wait for the quarter of an hour.
    office.salesforce.set(|org| org.limit_reached = false);
    office.retries().await;
    office.all_logged(&kept).await;
    office.status_until("well", |status| status.integration == Integration::Connected).await;
}

#[tokio::test]
async fn a_session_that_is_refused_for_good_makes_no_storm_of_requests() {
    let office = office_that_knows_ada().await;
    office.salesforce.set(|org| org.permanent_401 = Some("Session expired or invalid".to_owned()));
    let mut kept = Vec::new();
    for number in [ADA, "0305550123", "0305550124"] {
        kept.push(office.has_spoken_with(number).await);
    }
    let status = office
        .status_until("said", |status| {
            status.salesforce.problem.as_ref().is_some_and(|p| p.code == "salesforce.signed_out")
        })
        .await;
    assert_eq!(status.journal.stuck, 0, "nothing is given up");
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(office.renewals() <= 1, "{} renewals", office.renewals());
    let asked = office.rest_requests();
    assert!(asked <= 8, "{asked} requests");

    office.salesforce.set(|org| org.permanent_401 = None);
    office.retries().await;
    office.all_logged(&kept).await;
}
