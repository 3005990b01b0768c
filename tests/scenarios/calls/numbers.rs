//! Callers of whom less is known.

use engine::view::CallResult;
use scenarios::{ADA, AGENT, Office, Options};
use serde_json::json;

/// A number that no record has.
const STRANGER: &str = "0493555990";

#[tokio::test]
async fn an_unknown_caller_opens_nothing_and_is_logged_under_the_number() {
    let office = Office::open().await;
    let call = office.pbx.inbound(STRANGER, AGENT);
    office
        .call_until(&call.id(), "looked up", |view| {
            view.why.as_deref().is_some_and(|why| why.starts_with("no record has this number"))
        })
        .await;
    let task = office.talks(&call, 9).await;
    assert_eq!(task["Subject"], "Inbound call from +49493555990");
    assert!(task["WhoId"].is_null() && task["WhatId"].is_null());
    assert!(office.desk.opened().is_empty());
    assert_eq!(office.salesforce.records("Contact").len(), 1, "nobody was invented");
    assert!(office.salesforce.records("Lead").is_empty());
    let view = office.is_logged(&call.id()).await;
    assert_eq!((view.candidates, view.record), (0, None));
}

#[tokio::test]
async fn an_unknown_caller_opens_a_prefilled_form_where_the_settings_ask_for_it() {
    let office = Office::with(Options {
        settings: "[pop]\nunknown = \"new_lead\"\n".to_owned(),
        ..Options::default()
    })
    .await;
    let call = office.pbx.inbound(STRANGER, AGENT);
    office
        .opens(&[format!(
            "{}/lightning/o/Lead/new?defaultFieldValues=Phone%3D%252B49493555990",
            office.salesforce.instance()
        )])
        .await;
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from +49493555990");
    assert!(office.salesforce.records("Lead").is_empty(), "a form is no record");
}

#[tokio::test]
async fn a_record_that_is_made_while_nobody_answers_is_the_one_of_the_task() {
    let office = Office::open().await;
    let call = office.pbx.inbound(STRANGER, AGENT);
    office.call_until(&call.id(), "looked up in vain", |view| view.why.is_some()).await;
    call.to_voicemail();
    let made = json!({ "LastName": "Lind", "Company": "Lind KG", "Phone": "+49493555990" });
    let lead = office.salesforce.insert("Lead", made);
    call.caller_hangs_up();
    assert_eq!(office.task_of(&call.id()).await["WhoId"], lead);
}

#[tokio::test]
async fn a_contact_made_a_moment_ago_is_found_before_the_search_index_knows_it() {
    let office = Office::open().await;
    let bruno = office.knows("Bruno", "Lind", "+49493555028");
    office.salesforce.set(|org| org.search_finds_nothing = true);
    let call = office.pbx.inbound("0493555028", AGENT);
    office.opens(&[office.page("Contact", &bruno)]).await;
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], bruno);
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (Salesforce query)"));
}

#[tokio::test]
async fn a_withheld_number_is_logged_and_not_looked_up() {
    let office = Office::open().await;
    let call = office.pbx.inbound("anonymous", AGENT);
    let view = office.shows(&call, CallResult::Ringing).await;
    assert_eq!(view.number, None);
    let task = office.talks(&call, 14).await;
    assert_eq!(task["Subject"], "Inbound call from a withheld number");
    assert!(task["WhoId"].is_null());
    let missed = office.pbx.inbound("", AGENT);
    office.shows(&missed, CallResult::Ringing).await;
    missed.caller_hangs_up();
    let task = office.task_of(&missed.id()).await;
    assert_eq!(task["Subject"], "Missed call from a withheld number");
    assert!(office.desk.opened().is_empty());
    assert!(office.searches().is_empty(), "there is nothing to search for");
    let note = office.desk.notes().into_iter().next().expect("it was announced");
    assert_eq!(note.title, "Withheld number");
}

#[tokio::test]
async fn a_number_that_the_events_lack_is_asked_for() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.trunk_monitored = false);
    let before = office.pbx_asked("call/query");
    let call = office.pbx.inbound(ADA, AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    assert!(office.pbx_asked("call/query") > before);
    let task = office.talks(&call, 21).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallDurationInSeconds"], 21);
}

#[tokio::test]
async fn a_number_that_nobody_shows_while_it_rings_is_in_the_record() {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.trunk_monitored = false;
        pbx.query_shows_unmonitored = false;
    });
    let call = office.pbx.inbound(ADA, AGENT);
    office.shows(&call, CallResult::Ringing).await;
    let task = office.talks(&call, 21).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallType"], "Inbound");
    assert_eq!(task["WhoId"], office.ada);
}

#[tokio::test]
async fn a_pbx_that_shows_a_call_only_at_its_end_is_asked_when_the_phone_rings() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.late_call_events = true);
    let call = office.pbx.inbound(ADA, AGENT);
    office.opens(&[office.page("Contact", &office.ada)]).await;
    assert!(call.is_live(), "the page was there before the end");
    let task = office.talks(&call, 31).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallDurationInSeconds"], 31);
    assert_eq!(office.desk.opened().len(), 1);
}
