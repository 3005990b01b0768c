//! Spellings that may mean several numbers: a record that has one decides, everywhere; else what earlier calls have shown.

use std::time::Duration;

use engine::view::{CallResult, Decision};
use scenarios::{AGENT, Fault, FaultRule, Office, Options, eventually};
use serde_json::json;

use super::org::{contact, id_of, rings};

/// What a trunk shows that leaves the plus out of E.164. In Cottbus it may be a local number, too.
const SHOWN: &str = "4930901820";
/// Which it is by the record of Ruiz.
const MEANT: &str = "+4930901820";
const LOCAL_READING: &str = "+493554930901820";
/// A stranger, shown likewise.
const UNKNOWN: &str = "4930901999";
const UNKNOWN_MEANT: &str = "+4930901999";
const UNKNOWN_LOCAL: &str = "+493554930901999";
const CREATES: &str = "[auto_create]\ndirections = [\"inbound\"]\n";
const LEO: &str = "leo.brandt@example.com";
const LEOS: &str = "4102";

fn settings(more: &str) -> String {
    format!("[numbers]\narea_code = \"355\"\n{more}")
}

async fn office(more: &str, records: &[(&str, &str)]) -> Office {
    let office =
        Office::with(Options { settings: settings(more), connected: false, ..Options::default() })
            .await;
    for (last, phone) in records {
        office.salesforce.insert("Contact", contact(last, phone).1);
    }
    office.connects().await;
    office
}

#[tokio::test]
async fn the_record_that_has_one_of_the_readings_is_the_caller_and_the_number_is_its() {
    let office = office("", &[("Ruiz", "030 901820")]).await;
    let ruiz = id_of(&office, "Contact", "Ruiz");
    office.salesforce.forget_ledger();

    let explained = office.explains(SHOWN).await;
    assert_eq!(explained.e164.as_deref(), Some(MEANT));
    assert_eq!(explained.readings.unwrap()[0], LOCAL_READING, "the likeliest without a record");
    assert_eq!(explained.decision, Decision::Open);

    let call = office.pbx.inbound(SHOWN, AGENT);
    office.opens(&[office.page("Contact", &ruiz)]).await;
    let view = office.call_until(&call.id(), "decided", |view| view.record.is_some()).await;
    assert_eq!(view.number.as_deref(), Some(MEANT));
    let why = view.why.unwrap();
    assert!(why.contains(&format!("read as {MEANT}, not {LOCAL_READING}")), "{why}");
    let task = office.talks(&call, 5).await;
    assert_eq!(task["WhoId"], json!(ruiz));
    assert_eq!(office.call(&call.id()).await.unwrap().number.as_deref(), Some(MEANT));
    assert!(office.searches().is_empty(), "the index knows");
}

#[tokio::test]
async fn salesforce_is_asked_for_all_readings_with_one_request_where_the_index_knows_none() {
    let office = office("", &[]).await;
    office.knows("Eva", "Ruiz", "030 901820");
    office.salesforce.forget_ledger();

    let view = rings(&office, SHOWN).await;

    assert_eq!(office.searches().len(), 1);
    assert_eq!(view.number.as_deref(), Some(MEANT));
}

#[tokio::test]
async fn a_call_that_only_the_records_tell_of_is_decided_likewise_and_no_lead_is_made() {
    let mut office = office(CREATES, &[("Ruiz", "030 901820")]).await;
    let ruiz = id_of(&office, "Contact", "Ruiz");
    office.quits().await;
    let call = office.pbx.inbound(SHOWN, AGENT);
    call.answer(AGENT);
    call.talked_seconds(30);
    call.hang_up();

    office.starts().await;
    let task = office.task_of(&call.id()).await;

    assert_eq!(task["WhoId"], json!(ruiz));
    assert!(office.salesforce.records("Lead").is_empty());
    eventually("the call has her number", || async {
        office.call(&call.id()).await.is_some_and(|view| view.number.as_deref() == Some(MEANT))
    })
    .await;
}

/// Three calls of Ruiz show a desk how the trunk spells callers.
async fn learns_the_trunk(office: &Office) {
    for _ in 0..3 {
        let call = office.pbx.inbound(SHOWN, AGENT);
        office.call_until(&call.id(), "decided", |view| view.record.is_some()).await;
        office.talks(&call, 1).await;
    }
    reads_as(office, UNKNOWN_MEANT).await;
}

async fn reads_as(office: &Office, meant: &str) {
    eventually("the stranger is read so", || async {
        office.explains(UNKNOWN).await.e164.as_deref() == Some(meant)
    })
    .await;
}

#[tokio::test]
async fn without_a_record_what_earlier_callers_have_shown_decides_also_after_a_restart() {
    let mut office = office("", &[("Ruiz", "030 901820")]).await;
    reads_as(&office, UNKNOWN_LOCAL).await;

    learns_the_trunk(&office).await;

    let view = rings(&office, UNKNOWN).await;
    assert_eq!(view.number.as_deref(), Some(UNKNOWN_MEANT));
    let why = view.why.unwrap();
    assert!(why.contains(&format!("nor {UNKNOWN_LOCAL}")), "{why}");
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    reads_as(&office, UNKNOWN_MEANT).await;
}

#[tokio::test]
async fn the_first_call_after_a_start_is_read_by_what_was_learnt_before() {
    let mut office = office("", &[("Ruiz", "030 901820")]).await;
    learns_the_trunk(&office).await;
    office.quits().await;

    let call = office.pbx.inbound(UNKNOWN, AGENT);
    office.starts().await;

    let first = office.call_until(&call.id(), "it is heard", |_| true).await;
    assert_eq!(first.number.as_deref(), Some(UNKNOWN_MEANT));
}

#[tokio::test]
async fn card_task_and_created_record_of_a_stranger_are_by_what_the_trunk_has_shown() {
    let office = office(CREATES, &[("Ruiz", "030 901820")]).await;
    learns_the_trunk(&office).await;

    let call = office.pbx.inbound(UNKNOWN, AGENT);
    let view = office.shows(&call, CallResult::Ringing).await;
    assert_eq!(view.number.as_deref(), Some(UNKNOWN_MEANT), "the card");
    let task = office.talks(&call, 5).await;

    let leads = office.salesforce.records("Lead");
    assert_eq!(leads.len(), 1, "{leads:?}");
    assert_eq!(leads[0]["Phone"], UNKNOWN_MEANT);
    assert_eq!(leads[0]["LastName"], format!("-{UNKNOWN}"), "as it was shown");
    assert_eq!(task["WhoId"], leads[0]["Id"]);
    assert_eq!(
        office.call(&call.id()).await.unwrap().number.as_deref(),
        Some(UNKNOWN_MEANT),
        "the journal"
    );
}

#[tokio::test]
async fn a_desk_that_has_learnt_otherwise_finds_the_record_that_a_colleagues_has_made() {
    let mara = office(CREATES, &[("Ruiz", "030 901820")]).await;
    learns_the_trunk(&mara).await;
    let leo = mara.colleague_with(LEO, &settings(CREATES)).await;
    reads_as(&leo, UNKNOWN_LOCAL).await;

    let first = mara.pbx.inbound(UNKNOWN, AGENT);
    let made = mara.talks(&first, 5).await;
    let second = mara.pbx.inbound(UNKNOWN, LEOS);
    second.answer(LEOS);
    second.talked_seconds(4);
    second.hang_up();
    let found = leo.task_of(&second.id()).await;

    assert_eq!(mara.salesforce.records("Lead").len(), 1);
    assert_eq!(found["WhoId"], made["WhoId"]);
    eventually("it has the record's number", || async {
        let call = leo.call(&second.id()).await;
        call.is_some_and(|call| call.number.as_deref() == Some(UNKNOWN_MEANT))
    })
    .await;
}

#[tokio::test]
async fn desks_that_have_learnt_otherwise_and_have_the_same_stranger_at_once_leave_one_record() {
    let mara = office(CREATES, &[("Ruiz", "030 901820")]).await;
    learns_the_trunk(&mara).await;
    let leos = format!("{CREATES}name_prefix = \"By Leo\"\n");
    let leo = mara.colleague_with(LEO, &settings(&leos)).await;
    reads_as(&leo, UNKNOWN_LOCAL).await;
    // Neither sees the other's before it has sent its own.
    mara.salesforce.set(|org| {
        let late = Fault::Late(Duration::from_secs(1));
        org.faults = vec![FaultRule::always("/sobjects/Lead", late).on("POST")];
    });

    let (first, second) = (mara.pbx.inbound(UNKNOWN, AGENT), mara.pbx.inbound(UNKNOWN, LEOS));
    for (call, extension) in [(&first, AGENT), (&second, LEOS)] {
        call.answer(extension);
        call.talked_seconds(4);
    }
    first.hang_up();
    second.hang_up();
    let (one, other) = (mara.task_of(&first.id()).await, leo.task_of(&second.id()).await);

    assert_eq!(mara.salesforce.arrivals("POST", "/sobjects/Lead"), 2, "both made one");
    let leads = mara.salesforce.records("Lead");
    assert_eq!(leads.len(), 1, "{leads:?}");
    assert_eq!((&one["WhoId"], &other["WhoId"]), (&leads[0]["Id"], &leads[0]["Id"]));
}

#[tokio::test]
async fn an_outgoing_call_that_is_reported_without_the_prefix_is_with_whom_a_record_says() {
    let office = office("outside_prefix = \"0\"\n", &[("Ruiz", "+49 355 501722")]).await;
    let ruiz = id_of(&office, "Contact", "Ruiz");

    let call = office.pbx.outbound(AGENT, "0049355501722");
    let view = office.call_until(&call.id(), "decided", |view| view.record.is_some()).await;
    assert_eq!(view.number.as_deref(), Some("+49355501722"));
    call.remote_answers();
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], json!(ruiz));
    assert_eq!(office.call(&call.id()).await.unwrap().number.as_deref(), Some("+49355501722"));
}
