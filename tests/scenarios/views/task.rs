//! A logged call as the org gets it: contract.md §3, field by field.

use engine::view::{CallResult, JournalState};
use scenarios::{ADA, AGENT, Call, InboundSpec, Office, Options, eventually};
use serde_json::{Value, json};
use simulator::{
    OrgSwitches,
    salesforce::{HiddenField, TaskStatus, ValidationRule},
};

/// The body of the one request that created a Task.
fn created(office: &Office) -> Value {
    let bodies: Vec<_> = office
        .salesforce
        .ledger()
        .into_iter()
        .filter(|request| request.method == "POST" && request.path.ends_with("/sobjects/Task"))
        .filter_map(|request| request.body)
        .collect();
    assert_eq!(bodies.len(), 1, "one Task is created once");
    bodies.into_iter().next().expect("there is one")
}

fn today() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d").to_string()
}

/// An office whose org was so before anybody signed in.
async fn org_where(set: impl FnOnce(&mut OrgSwitches)) -> Office {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    office.salesforce.set(set);
    office.connects().await;
    office
}

async fn answered(office: &Office, call: &Call, seconds: u32) -> Value {
    office.shows(call, CallResult::Ringing).await;
    office.talks(call, seconds).await
}

/// The agent answers once these pages are open: nothing opens any more for a call that is over.
async fn answered_behind(office: &Office, call: &Call, pages: &[String]) -> Value {
    office.opens(pages).await;
    office.talks(call, 4).await
}

#[tokio::test]
async fn a_task_has_these_fields_and_no_others() {
    let office = Office::open().await;
    let day = today();
    let call = office.pbx.inbound_with(InboundSpec {
        from: ADA.to_owned(),
        did: "4930555042".to_owned(),
        extensions: vec![AGENT.to_owned()],
        via: Some("6400".to_owned()),
        answered_by_pbx: true,
        ..InboundSpec::default()
    });
    answered(&office, &call, 125).await;
    let body = created(&office);
    let description = body["Description"].as_str().expect("a description").to_owned();
    assert_eq!(
        body,
        json!({
            "Subject": "Inbound call from Ada Moreno",
            "Status": "Completed",
            "TaskSubtype": "Call",
            "CallType": "Inbound",
            "CallDurationInSeconds": 125,
            "CallDisposition": "Answered",
            "CallObject": office.own_key(&call),
            "WhoId": office.ada,
            "ActivityDate": body["ActivityDate"],
            "Description": description,
        })
    );
    let date = body["ActivityDate"].as_str().expect("a date");
    assert!(date == day || date == today(), "{date}");

    let lines: Vec<&str> = description.lines().collect();
    assert_eq!(lines.len(), 6, "{description}");
    let started = lines[0].strip_prefix("Started: ").expect("the start comes first");
    let started = jiff::Zoned::strptime("%Y-%m-%d %H:%M:%S %:z", started).map(|at| at.timestamp());
    let started = started.or_else(|_| {
        jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S %:z", lines[0].trim_start_matches("Started: "))
    });
    let passed = jiff::Timestamp::now().as_second() - started.expect("a time").as_second();
    assert!((0..60).contains(&passed), "{}", lines[0]);
    assert_eq!(lines[1], "Duration: 2:05");
    assert_eq!(lines[2], "Number: +49 4935 55017");
    assert_eq!(lines[3], "Queue: 6400");
    assert_eq!(lines[4], "Dialled number: 4930555042");
    assert!(
        lines[5].starts_with("Recording: ") && lines[5].ends_with("-Inbound.wav"),
        "{}",
        lines[5]
    );
}

#[tokio::test]
async fn the_number_of_an_account_names_it_in_what_and_of_a_lead_in_who() {
    let office = Office::open().await;
    let account = office
        .salesforce
        .insert("Account", json!({ "Name": "Northwind GmbH", "Phone": "0493 555 031" }));
    let lead = office.salesforce.insert(
        "Lead",
        json!({ "FirstName": "Ines", "LastName": "Roth", "Company": "Roth KG", "Phone": "+49493555032" }),
    );
    let pages = [office.page("Account", &account), office.page("Lead", &lead)];
    let call = office.pbx.inbound("0493555031", AGENT);
    let task = answered_behind(&office, &call, &pages[..1]).await;
    assert_eq!(task["Subject"], "Inbound call from Northwind GmbH");
    assert_eq!(task["WhatId"], account);
    assert!(task["WhoId"].is_null());

    let call = office.pbx.inbound("0493555032", AGENT);
    let task = answered_behind(&office, &call, &pages).await;
    assert_eq!(task["Subject"], "Inbound call from Ines Roth");
    assert_eq!(task["WhoId"], lead);
    assert!(task["WhatId"].is_null());
}

#[tokio::test]
async fn a_person_account_is_opened_itself_and_named_by_its_contact() {
    let office = org_where(|org| org.person_accounts = true).await;
    let contact = office.knows("Olga", "Petrov", "");
    let person = office.salesforce.insert(
        "Account",
        json!({ "Name": "Olga Petrov", "IsPersonAccount": true, "PersonContactId": contact,
                "PersonMobilePhone": "0493 555033" }),
    );
    let call = office.pbx.inbound("0493555033", AGENT);
    let task = answered_behind(&office, &call, &[office.page("Account", &person)]).await;
    assert_eq!(task["WhoId"], contact);
}

#[tokio::test]
async fn the_status_is_one_that_closes_the_task_in_this_org() {
    let office = org_where(|org| {
        org.task_statuses = vec![
            TaskStatus::new("Offen", false, true),
            TaskStatus::new("Erledigt", true, false),
            TaskStatus::new("Archiviert", true, false),
        ];
    })
    .await;
    let call = office.ada_calls().await;
    let task = office.talks(&call, 3).await;
    assert_eq!(task["Status"], "Erledigt");
}

#[tokio::test]
async fn fields_that_this_user_does_not_see_are_left_out() {
    let office = org_where(|org| {
        org.hidden_fields = ["CallDisposition", "CallDurationInSeconds", "Description"]
            .map(|field| HiddenField::new("Task", field))
            .to_vec();
    })
    .await;
    let call = office.ada_calls().await;
    office.talks(&call, 3).await;
    let body = created(&office);
    for field in ["CallDisposition", "CallDurationInSeconds", "Description"] {
        assert!(body.get(field).is_none(), "{field} was sent");
    }
    assert_eq!(body["CallObject"], office.own_key(&call));
    assert_eq!(office.is_logged(&call.id()).await.journal.reason, None);
}

#[tokio::test]
async fn fields_that_are_hidden_while_the_program_runs_cost_no_task() {
    let office = Office::open().await;
    office.salesforce.set(|org| {
        org.hidden_fields =
            ["CallType", "Description"].map(|field| HiddenField::new("Task", field)).to_vec();
    });
    let call = office.ada_calls().await;
    let task = office.talks(&call, 3).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert!(task["Description"].is_null());
    let view = office.is_logged(&call.id()).await;
    assert_eq!(view.journal.reason, None);
}

#[tokio::test]
async fn where_the_org_has_a_unique_key_the_task_is_upserted_by_it() {
    let office = org_where(|org| org.call_key_field = true).await;
    let call = office.ada_calls().await;
    let task = office.talks(&call, 3).await;
    assert_eq!(task["PBX_Call_Key__c"], office.own_key(&call));
    assert_eq!(task["CallObject"], office.own_key(&call));
    let ledger = office.salesforce.ledger();
    assert!(ledger.iter().any(|request| {
        request.method == "PATCH" && request.path.contains("/sobjects/Task/PBX_Call_Key__c/")
    }));
}

#[tokio::test]
async fn what_the_org_refuses_is_stuck_with_its_own_words_and_goes_out_on_retry() {
    let office = Office::open().await;
    office.salesforce.set(|org| {
        org.validation_rules = vec![ValidationRule {
            object: "Task".to_owned(),
            blank_field: None,
            message: "Ask Petra before you log calls".to_owned(),
        }];
    });
    let call = office.ada_calls().await;
    call.caller_hangs_up();
    let view = office
        .call_until(&call.id(), "stuck", |view| view.journal.state == JournalState::Stuck)
        .await;
    let reason = view.journal.reason.expect("a reason");
    assert!(reason.contains("Ask Petra before you log calls"), "{reason}");
    office.status_until("counted", |status| status.journal.stuck == 1).await;

    office.salesforce.set(|org| org.validation_rules.clear());
    let retry = engine::command::Command::Retry { call: Some(call.id()) };
    office.asks(retry).await.expect("it is tried");
    office.task_of(&call.id()).await;
    eventually("nothing is stuck", || async { office.status().await.journal.stuck == 0 }).await;
}
