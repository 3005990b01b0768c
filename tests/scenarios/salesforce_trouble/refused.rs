//! The org refuses an entry, or a part of it: that entry waits for a person, the others go on.

use engine::{
    command::{Command, Reply},
    view::JournalState,
};
use scenarios::{ADA, AGENT, Office, Options};
use serde_json::json;
use simulator::{
    OrgConfig,
    salesforce::{HiddenField, TaskStatus, ValidationRule},
};

async fn retries_only(office: &Office, call: &str) {
    let reply = office.asks(Command::Retry { call: Some(call.to_owned()) }).await;
    assert_eq!(
        reply.expect("the journal can be written"),
        Reply::Retried { count: 1, pbx: false, salesforce: false }
    );
}

#[tokio::test]
async fn a_validation_rule_parks_its_entry_with_the_orgs_words_and_lets_the_others_through() {
    let office = Office::open().await;
    office.salesforce.set(|org| {
        org.validation_rules = vec![ValidationRule {
            object: "Task".to_owned(),
            blank_field: Some("WhoId".to_owned()),
            message: "Every call needs a contact.".to_owned(),
        }];
    });
    let refused = office.has_spoken_with("0305550123").await;
    let fine = office.has_spoken_with(ADA).await;
    let view = office
        .call_until(&refused, "stuck", |call| call.journal.state == JournalState::Stuck)
        .await;
    let reason = view.journal.reason.expect("the org's words");
    assert!(reason.contains("Every call needs a contact."), "{reason}");
    office.all_logged(&[fine]).await;
    let status = office.status_until("one is stuck", |status| status.journal.stuck == 1).await;
    assert_eq!(status.salesforce.problem, None, "Salesforce itself is well");
    let also_fine = office.has_spoken_with(ADA).await;
    office.all_logged(&[also_fine]).await;
    assert_eq!(office.attempts_at(&refused), 1, "it is not tried again by itself");

    // Tried again in vain it keeps its reason.
    retries_only(&office, &refused).await;
    office
        .call_until(&refused, "stuck again", |call| {
            call.journal.state == JournalState::Stuck && office.attempts_at(&refused) == 2
        })
        .await;
    office.salesforce.set(|org| org.validation_rules.clear());
    retries_only(&office, &refused).await;
    office.all_logged(&[refused]).await;
    office
        .status_until("nothing is left", |status| {
            (status.journal.stuck, status.journal.waiting) == (0, 0)
        })
        .await;
}

#[tokio::test]
async fn a_field_that_the_org_requires_is_named_to_the_person() {
    let office = Office::open().await;
    office.salesforce.set(|org| {
        org.required_fields = vec![("Task".to_owned(), "WhatId".to_owned())];
    });
    let refused = office.has_spoken_with(ADA).await;
    let view = office
        .call_until(&refused, "stuck", |call| call.journal.state == JournalState::Stuck)
        .await;
    assert!(view.journal.reason.is_some_and(|reason| reason.contains("WhatId")));
}

#[tokio::test]
async fn without_the_right_to_create_tasks_entries_wait_for_the_administrator() {
    let office = Office::open().await;
    office.salesforce.set(|org| {
        org.create_denied.insert("Task".to_owned());
    });
    let call = office.has_spoken_with(ADA).await;
    let view =
        office.call_until(&call, "stuck", |call| call.journal.state == JournalState::Stuck).await;
    assert!(view.journal.reason.is_some_and(|reason| reason.contains("permission")));
    let status = office.status_until("said", |status| status.salesforce.problem.is_some()).await;
    let problem = status.salesforce.problem.expect("it is said");
    assert_eq!(problem.code, "salesforce.missing_permission");
    assert!(problem.action.contains("administrator"), "{}", problem.action);

    office.salesforce.set(|org| org.create_denied.clear());
    office.retries().await;
    office.all_logged(&[call]).await;
    office.status_until("well", |status| status.salesforce.problem.is_none()).await;
}

#[tokio::test]
async fn a_contact_that_is_deleted_during_the_call_is_left_out_and_that_is_said() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    office.answers(&call).await;
    office.salesforce.delete("Contact", &office.ada);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert!(task["WhoId"].is_null(), "{task}");
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    let view = office.is_logged(&call.id()).await;
    assert!(view.journal.reason.is_some_and(|note| note.contains("no longer exists")));
}

#[tokio::test]
async fn a_task_gets_a_closed_status_of_this_org() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| {
        org.task_statuses = vec![
            TaskStatus::new("Offen", false, true),
            TaskStatus {
                api_name: "erledigt_v2".to_owned(),
                label: "Erledigt".to_owned(),
                is_closed: true,
                is_default: false,
            },
            TaskStatus::new("Zurückgestellt", false, false),
        ];
    });
    office.connects().await;
    let call = office.has_spoken_with(ADA).await;
    assert_eq!(office.task_of(&call).await["Status"], "erledigt_v2");
}

#[tokio::test]
async fn fields_that_are_hidden_from_the_user_are_left_out_and_the_rest_is_written() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| {
        org.hidden_fields = [
            ("Task", "CallDisposition"),
            ("Task", "CallDurationInSeconds"),
            ("Task", "WhoId"),
            ("Contact", "MobilePhone"),
            ("Contact", "AccountId"),
            ("Lead", "Phone"),
            ("User", "Extension"),
        ]
        .map(|(object, field)| HiddenField::new(object, field))
        .to_vec();
    });
    office.connects().await;
    let call = office.has_spoken_with(ADA).await;
    let task = office.task_of(&call).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallType"], "Inbound");
    assert!(task["CallDisposition"].is_null() && task["WhoId"].is_null(), "{task}");
    office.is_logged(&call).await;

    // Hidden while the program runs.
    office.salesforce.set(|org| {
        org.hidden_fields.push(HiddenField::new("Task", "CallType"));
        org.hidden_fields.push(HiddenField::new("Contact", "HomePhone"));
    });
    let call = office.has_spoken_with(ADA).await;
    assert!(office.task_of(&call).await["CallType"].is_null());
    let unknown = office.has_spoken_with("0305550123").await;
    office.all_logged(&[unknown]).await;
}

#[tokio::test]
async fn two_leads_and_an_account_of_one_number_leave_the_task_without_a_name() {
    fn people(org: &mut OrgConfig) {
        for name in ["Nowak", "Novak"] {
            org.records.push((
                "Lead".to_owned(),
                json!({ "LastName": name, "Company": "Studio", "Phone": "+49 30 5550188" }),
            ));
        }
    }
    let office = Office::with(Options { org: people, ..Options::default() }).await;
    let call = office.pbx.inbound("0305550188", AGENT);
    office.talks(&call, 9).await;
    let task = office.task_of(&call.id()).await;
    assert!(task["WhoId"].is_null() && task["WhatId"].is_null(), "{task}");
    assert!(office.desk.opened().is_empty());
}
