//! Callers whom no record has, where the settings ask for one.

use std::time::Duration;

use engine::{
    command::Command,
    view::{Decision, Integration, JournalState},
};
use scenarios::{ADA, AGENT, Fault, FaultRule, Office, Options, eventually};
use serde_json::{Value, json};
use simulator::salesforce::DuplicateRule;

/// A number that no record has.
const STRANGER: &str = "0493555990";
const LEO: &str = "leo.brandt@example.com";
const LEOS: &str = "4102";

const LEADS: &str = "[auto_create]\ndirections = [\"inbound\", \"outbound\"]\n";

async fn creating(settings: &str) -> Office {
    Office::with(Options { settings: settings.to_owned(), ..Options::default() }).await
}

fn rule(object: &str, allow_save: bool) -> DuplicateRule {
    DuplicateRule { object: object.to_owned(), allow_save, misspelt: true }
}

#[tokio::test]
async fn an_unknown_caller_becomes_a_lead_and_the_task_is_on_it() {
    let office = creating(LEADS).await;
    let explained = office.explains(STRANGER).await;
    assert_eq!(explained.decision, Decision::Create);
    let call = office.pbx.inbound(STRANGER, AGENT);
    let task = office.talks(&call, 9).await;

    let leads = office.salesforce.records("Lead");
    assert_eq!(leads.len(), 1);
    let lead = &leads[0];
    assert_eq!(lead["FirstName"], "Automatic New Contact");
    assert_eq!(lead["LastName"], format!("-{STRANGER}"));
    assert_eq!(lead["Phone"], "+49493555990");
    assert_eq!(lead["Company"], "Unknown");
    assert_eq!(task["WhoId"], lead["Id"]);
    assert_eq!(task["Subject"], format!("Inbound call from Automatic New Contact -{STRANGER}"));
    for (field, value) in explained.would_create.as_ref().and_then(|it| it.as_object()).unwrap() {
        if field != "object" {
            assert_eq!(lead[field], *value, "what was announced is what was made: {field}");
        }
    }
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.record.map(|record| record.id).as_deref(), lead["Id"].as_str());

    // The search index does not know it yet.
    office.salesforce.set(|org| org.search_finds_nothing = true);
    let again = office.pbx.inbound(STRANGER, AGENT);
    office.opens(&[office.page("Lead", lead["Id"].as_str().unwrap())]).await;
    let task = office.talks(&again, 9).await;
    assert_eq!(task["WhoId"], lead["Id"]);
    assert_eq!(office.salesforce.records("Lead").len(), 1);
}

#[tokio::test]
async fn what_was_made_can_be_taken_back_while_nobody_has_changed_it() {
    let office = creating(LEADS).await;
    let calls = [STRANGER, "0493555991"].map(|number| office.pbx.inbound(number, AGENT));
    for call in &calls {
        call.answer(AGENT);
        call.talked_seconds(4);
        call.hang_up();
        office.is_logged(&call.id()).await;
    }
    let undo = |call: &simulator::Call| Command::UndoCreated { call: call.id() };
    office.asks(undo(&calls[0])).await.expect("it is taken back");
    office
        .call_until(&calls[0].id(), "without a record, and logged so", |view| {
            view.record.is_none() && view.journal.state == JournalState::Logged
        })
        .await;
    let task = office.task_of(&calls[0].id()).await;
    assert_eq!(
        (&task["WhoId"], &task["Subject"]),
        (&json!(null), &json!("Inbound call from +49493555990"))
    );
    let leads = office.salesforce.records("Lead");
    assert_eq!(leads.len(), 1, "the other one stays");

    let kept = leads[0]["Id"].as_str().expect("an id");
    office.salesforce.update("Lead", kept, json!({ "FirstName": "Nora" }));
    let problem = office.asks(undo(&calls[1])).await.expect_err("somebody works with it");
    assert_eq!(problem.code, "call.record_changed");
    assert_eq!(office.salesforce.records("Lead").len(), 1);
    let problem = office.asks(undo(&calls[0])).await.expect_err("there is nothing left");
    assert_eq!(problem.code, "call.nothing_to_undo");
}

#[tokio::test]
async fn a_contact_is_made_under_the_account_that_the_settings_name() {
    let mut office =
        creating("[auto_create]\ndirections = [\"outbound\"]\nobject = \"contact\"\n").await;
    let account = office.salesforce.insert("Account", json!({ "Name": "Callers" }));
    office.quits().await;
    let file = office.home.path().join("settings.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let contact = "object = \"contact\"\n";
    let named = settings.replace(contact, &format!("{contact}account_id = \"{account}\"\n"));
    assert_ne!(named, settings);
    std::fs::write(&file, named).unwrap();
    office.starts().await;
    office.is_live().await;
    let inbound = office.pbx.inbound(STRANGER, AGENT);
    office.talks(&inbound, 9).await;
    assert_eq!(office.salesforce.records("Contact").len(), 1, "only outbound calls make one");

    let call = office.pbx.outbound(AGENT, "0493555991");
    call.remote_answers();
    call.talked_seconds(12);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    let contacts = office.salesforce.records("Contact");
    let made = contacts.iter().find(|contact| contact["LastName"] == "-0493555991").unwrap();
    assert_eq!((&made["AccountId"], &task["WhoId"]), (&json!(account), &made["Id"]));
}

/// E14: whoever calls from number after number gets thirty records, and Status says that there are no more for now.
#[tokio::test]
async fn many_unknown_callers_pause_the_creation_until_an_hour_has_passed() {
    let mut office = creating(LEADS).await;
    office.has_created(29).await;
    office.is_live().await;
    assert_eq!(office.status().await.problem, None);
    let call = office.pbx.inbound(STRANGER, AGENT);
    office.talks(&call, 9).await;
    assert_eq!(office.salesforce.records("Lead").len(), 1, "the thirtieth");

    let status = office
        .status_until("it says that creation is paused", |status| status.problem.is_some())
        .await;
    let paused = status.problem.unwrap();
    assert_eq!(paused.code, "journal.creation_paused");
    assert!(paused.message.starts_with("Many unknown callers: 30 records"), "{paused:?}");
    assert!(paused.action.contains("create the record in Salesforce"), "{paused:?}");
    assert_eq!(status.integration, Integration::Connected, "all else goes on");
    let late = office.pbx.inbound("0493555991", AGENT);
    let task = office.talks(&late, 9).await;
    assert!(task["WhoId"].is_null(), "{task}");
    let reason = office.is_logged(&late.id()).await.journal.reason.unwrap_or_default();
    assert!(reason.contains("create it by hand"), "{reason}");
    assert_eq!(office.salesforce.records("Lead").len(), 1);

    office.clock.passes(Duration::from_secs(3_600));
    assert_eq!(office.status().await.problem, None, "an hour has passed");
    let next = office.pbx.inbound("0493555992", AGENT);
    office.talks(&next, 9).await;
    assert_eq!(office.salesforce.records("Lead").len(), 2);
}

#[tokio::test]
async fn nothing_is_made_for_withheld_internal_and_known_numbers() {
    let office = creating(LEADS).await;
    for number in ["anonymous", "", "4102", ADA, "0900123456"] {
        let call = office.pbx.inbound(number, AGENT);
        call.answer(AGENT);
        call.talked_seconds(3);
        call.hang_up();
        office
            .call_until(&call.id(), "settled", |view| {
                matches!(view.journal.state, JournalState::Logged | JournalState::Skipped)
            })
            .await;
    }
    assert!(office.salesforce.records("Lead").is_empty());
}

#[tokio::test]
async fn what_a_duplicate_rule_knows_is_used_in_either_spelling() {
    for (allow_save, misspelt) in [(true, true), (false, false)] {
        let office = creating(LEADS).await;
        office.salesforce.set(|org| {
            org.duplicate_rules = vec![DuplicateRule { misspelt, ..rule("Lead", allow_save) }];
        });
        let call = office.pbx.inbound(STRANGER, AGENT);
        call.answer(AGENT);
        call.talked_seconds(3);
        // A colleague types the caller in, with the number in a field that no exact query meets.
        let known = office.salesforce.insert(
            "Lead",
            json!({ "LastName": "Typed", "Company": "In", "Phone": "+49-493-555.990" }),
        );
        office.salesforce.set(|org| org.search_finds_nothing = true);
        call.hang_up();
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["WhoId"], known, "allow_save {allow_save}");
        assert_eq!(office.salesforce.records("Lead").len(), 1);
    }
}

#[tokio::test]
async fn a_rule_that_knows_only_a_name_does_not_put_the_call_on_a_stranger() {
    let office = creating(LEADS).await;
    office.salesforce.insert(
        "Lead",
        json!({ "FirstName": "Automatic New Contact", "LastName": format!("-{STRANGER}"), "Company": "Other" }),
    );
    office.salesforce.set(|org| org.duplicate_rules = vec![rule("Lead", false)]);
    let call = office.pbx.inbound(STRANGER, AGENT);
    let task = office.talks(&call, 9).await;
    assert!(task["WhoId"].is_null());
    let view = office.is_logged(&call.id()).await;
    let reason = view.journal.reason.unwrap_or_default();
    assert!(reason.contains("Use one of these records?"), "{reason}");

    office.salesforce.set(|org| org.duplicate_rules = vec![rule("Lead", true)]);
    let call = office.pbx.inbound(STRANGER, AGENT);
    let task = office.talks(&call, 9).await;
    let made = office.salesforce.records("Lead").pop().unwrap();
    assert_eq!((&task["WhoId"], &made["Phone"]), (&made["Id"], &json!("+49493555990")));
}

#[tokio::test]
async fn a_refused_record_costs_no_task_and_is_said() {
    let office = creating(LEADS).await;
    office.salesforce.set(|org| {
        org.faults = vec![
            FaultRule::once(
                "/sobjects/Lead",
                Fault::Json(
                    400,
                    json!([{ "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Say where from", "fields": [] }]),
                ),
            )
            .on("POST"),
        ];
    });
    let call = office.pbx.inbound(STRANGER, AGENT);
    let task = office.talks(&call, 9).await;
    assert!(task["WhoId"].is_null());
    let view = office.is_logged(&call.id()).await;
    assert!(view.journal.reason.is_some_and(|reason| reason.contains("Say where from")));
}

/// Somebody may have the number: a second record of them would be worse than none.
#[tokio::test]
async fn while_a_record_with_the_number_cannot_be_read_none_is_made_and_that_is_said() {
    let office = creating(LEADS).await;
    let call = office.pbx.inbound(STRANGER, AGENT);
    office.call_until(&call.id(), "looked up", |view| view.why.is_some()).await;
    // A colleague types the caller in meanwhile, with a name that no answer survives.
    office.knows("Ben", "Broken", "+49493555990");
    office.salesforce.set(|org| {
        org.garbled = vec![("Ben Broken\"".to_owned(), "Ben Broken".to_owned())];
    });
    let task = office.talks(&call, 3).await;
    assert!(task["WhoId"].is_null());
    assert!(office.salesforce.records("Lead").is_empty());
    let view = office.is_logged(&call.id()).await;
    let reason = view.journal.reason.unwrap_or_default();
    assert!(reason.contains("cannot be read"), "{reason}");
}

#[tokio::test]
async fn a_record_whose_answer_was_lost_is_found_and_not_made_again() {
    for fault in [Fault::LostAnswer, Fault::LostBehindProxy(502)] {
        let office = creating(LEADS).await;
        office
            .salesforce
            .set(|org| org.faults = vec![FaultRule::once("/sobjects/Lead", fault).on("POST")]);
        let call = office.pbx.inbound(STRANGER, AGENT);
        let task = office.talks(&call, 9).await;
        let leads = office.salesforce.records("Lead");
        assert_eq!(leads.len(), 1);
        assert_eq!(task["WhoId"], leads[0]["Id"]);
    }
}

#[tokio::test]
async fn killed_between_the_record_and_the_task_the_same_record_is_used() {
    let mut office = creating(LEADS).await;
    office.salesforce.set(|org| {
        org.faults = vec![
            FaultRule::once("/sobjects/Task", Fault::Slow(Duration::from_secs(20))).on("POST"),
        ];
    });
    let call = office.pbx.inbound(STRANGER, AGENT);
    call.answer(AGENT);
    call.talked_seconds(3);
    call.hang_up();
    eventually("the Task is on its way", || async {
        office.salesforce.arrivals("POST", "/sobjects/Task") > 0
    })
    .await;
    office.is_killed();
    office.salesforce.set(|org| org.faults.clear());
    office.starts().await;
    let task = office.task_of(&call.id()).await;
    let leads = office.salesforce.records("Lead");
    assert_eq!(leads.len(), 1);
    assert_eq!(task["WhoId"], leads[0]["Id"]);
}

#[tokio::test]
async fn two_desks_that_have_the_same_stranger_at_once_leave_one_record() {
    let mara = creating(LEADS).await;
    let leo = mara.colleague_with(LEO, LEADS).await;
    let (one, other) = both_have_the_stranger(&mara, &leo).await;
    let leads = mara.salesforce.records("Lead");
    assert_eq!(leads.len(), 1);
    assert_eq!((&one["WhoId"], &other["WhoId"]), (&leads[0]["Id"], &leads[0]["Id"]));
}

#[tokio::test]
async fn two_desks_that_make_contacts_of_one_account_leave_one_contact_and_not_the_account_alone() {
    let contacts = "[auto_create]\ndirections = [\"inbound\"]\nobject = \"contact\"\n";
    let mut mara = creating(contacts).await;
    let account = mara.salesforce.insert("Account", json!({ "Name": "Callers" }));
    let named = format!("{contacts}account_id = \"{account}\"\n");
    mara.quits().await;
    let file = mara.home.path().join("settings.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let object = "object = \"contact\"\n";
    std::fs::write(
        &file,
        settings.replace(object, &format!("{object}account_id = \"{account}\"\n")),
    )
    .unwrap();
    mara.starts().await;
    mara.is_live().await;
    let leo = mara.colleague_with(LEO, &named).await;
    let (one, other) = both_have_the_stranger(&mara, &leo).await;
    let made = mara.salesforce.records("Contact");
    let made: Vec<_> =
        made.iter().filter(|contact| contact["AccountId"] == json!(account)).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!((&one["WhoId"], &other["WhoId"]), (&made[0]["Id"], &made[0]["Id"]));
}

/// Both desks speak with the same stranger at the same time. Returns their Tasks.
async fn both_have_the_stranger(mara: &Office, leo: &Office) -> (Value, Value) {
    let (first, second) = (mara.pbx.inbound(STRANGER, AGENT), mara.pbx.inbound(STRANGER, LEOS));
    for (call, extension) in [(&first, AGENT), (&second, LEOS)] {
        call.answer(extension);
        call.talked_seconds(4);
    }
    first.hang_up();
    second.hang_up();
    (mara.task_of(&first.id()).await, leo.task_of(&second.id()).await)
}
