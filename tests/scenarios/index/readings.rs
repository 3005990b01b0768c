//! Spellings that may mean several numbers: a record that has one decides, everywhere; else what earlier calls have shown.

use std::time::Duration;

use engine::view::Decision;
use scenarios::{AGENT, Office, Options, eventually};
use serde_json::json;

use super::org::{contact, id_of, rings};

/// What a trunk shows that leaves the plus out of E.164. In Cottbus it may be a local number, too.
const SHOWN: &str = "4930901820";
/// Which it is by the record of Ruiz.
const MEANT: &str = "+4930901820";
const LOCAL_READING: &str = "+493554930901820";

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
    let creates = "[auto_create]\ndirections = [\"inbound\"]\n";
    let mut office = office(creates, &[("Ruiz", "030 901820")]).await;
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

#[tokio::test]
async fn without_a_record_what_earlier_callers_have_shown_decides_also_after_a_restart() {
    let mut office = office("", &[("Ruiz", "030 901820")]).await;
    let unknown = "4930901999";
    let before = office.explains(unknown).await;
    assert_eq!(before.e164.as_deref(), Some("+493554930901999"));

    for _ in 0..3 {
        let call = office.pbx.inbound(SHOWN, AGENT);
        office.call_until(&call.id(), "decided", |view| view.record.is_some()).await;
        office.talks(&call, 1).await;
    }

    eventually("it is learnt", || async {
        office.explains(unknown).await.e164.as_deref() == Some("+4930901999")
    })
    .await;
    let view = rings(&office, unknown).await;
    assert_eq!(view.number.as_deref(), Some("+4930901999"));
    let why = view.why.unwrap();
    assert!(why.contains("nor +493554930901999"), "{why}");
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    eventually("it is remembered", || async {
        office.explains(unknown).await.e164.as_deref() == Some("+4930901999")
    })
    .await;
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
