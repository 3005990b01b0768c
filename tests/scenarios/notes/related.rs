//! What a call is about: open opportunities and cases, asked for once.

use engine::{
    command::{Command, Reply},
    view::MatterView,
};
use scenarios::Office;
use serde_json::{Value, json};

use crate::verbs::{Wish, note_of, task_until, wishes};

async fn offered(office: &Office, call: &str) -> Vec<MatterView> {
    match office.asks(Command::Related { call: call.to_owned() }).await {
        Ok(Reply::Related(matters)) => matters,
        other => panic!("nothing offered but {other:?}"),
    }
}

fn deal(office: &Office, name: &str, stage: &str, account: &str) -> String {
    let fields = json!({
        "Name": name, "StageName": stage, "CloseDate": "2027-01-01", "AccountId": account,
        "OwnerId": me(office),
    });
    office.salesforce.insert("Opportunity", fields)
}

fn me(office: &Office) -> Value {
    office.salesforce.user_id("mara.voss@example.com").map_or(Value::Null, Value::from)
}

fn asked(office: &Office) -> usize {
    office.salesforce.arrivals("POST", "/composite")
}

#[tokio::test]
async fn open_matters_of_the_person_and_their_account_are_offered_with_one_request() {
    let office = Office::open().await;
    let firm = office.salesforce.insert("Account", json!({ "Name": "Moreno GmbH" }));
    office.salesforce.update("Contact", &office.ada, json!({ "AccountId": firm }));
    let pumps = deal(&office, "Pumps <b>2027</b>", "Prospecting", &firm);
    deal(&office, "Lost", "Closed Lost", &firm);
    let own = office
        .salesforce
        .insert("Case", json!({ "Subject": "Leak", "Status": "New", "ContactId": office.ada }));
    office.salesforce.insert(
        "Case",
        json!({ "Subject": "Old leak", "Status": "Closed", "ContactId": office.ada, "AccountId": firm }),
    );

    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.record.is_some()).await;
    let before = asked(&office);
    let matters = offered(&office, &call.id()).await;
    let ids: Vec<_> = matters.iter().map(|matter| matter.id.clone()).collect();
    assert_eq!(ids, [pumps.clone(), own.clone()], "{matters:?}");
    assert_eq!(matters[0].name, "Pumps <b>2027</b>");
    assert_eq!(matters[0].detail.as_deref(), Some("Prospecting"));
    offered(&office, &call.id()).await;
    assert_eq!(asked(&office), before + 1, "kept for the call");

    let wish = |related| Wish { related: Some(related), save: true, ..Wish::default() };
    wishes(&office, &call.id(), wish(&pumps)).await.expect("it was offered");
    assert_eq!(note_of(&office, &call.id()).await.related.map(|to| to.id), Some(pumps.clone()));
    let task = office.talks(&call, 3).await;
    assert_eq!((&task["WhatId"], &task["WhoId"]), (&json!(pumps), &json!(office.ada)));

    // Another one, a day later; then none.
    wishes(&office, &call.id(), wish(&own)).await.expect("it was offered");
    task_until(&office, &call.id(), "the case", |task| task["WhatId"] == own).await;
    wishes(&office, &call.id(), wish("")).await.expect("it is taken away");
    task_until(&office, &call.id(), "nothing", |task| task["WhatId"].is_null()).await;

    let other = deal(&office, "Not of this firm", "Prospecting", "");
    let refused = wishes(&office, &call.id(), wish(&other)).await.expect_err("not offered");
    assert_eq!(refused.code, "note.not_related");
}

#[tokio::test]
async fn what_this_user_may_not_see_is_not_offered_and_a_lead_has_nothing() {
    let office = Office::open().await;
    let firm = office.salesforce.insert("Account", json!({ "Name": "Moreno GmbH" }));
    office.salesforce.update("Contact", &office.ada, json!({ "AccountId": firm }));
    deal(&office, "Mine", "Prospecting", &firm);
    let leo = office.salesforce.user_id("leo.brandt@example.com");
    office.salesforce.insert(
        "Opportunity",
        json!({
            "Name": "Leo's", "StageName": "Prospecting", "CloseDate": "2027-01-01",
            "AccountId": firm, "OwnerId": leo,
        }),
    );
    office.salesforce.set(|org| org.private_matters = true);
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.record.is_some()).await;
    let names: Vec<_> =
        offered(&office, &call.id()).await.into_iter().map(|matter| matter.name).collect();
    assert_eq!(names, ["Mine"]);

    office.salesforce.insert(
        "Lead",
        json!({ "LastName": "Cleo", "Company": "Park", "Phone": "+49 493 555099" }),
    );
    let lead = office.pbx.inbound("0493555099", scenarios::AGENT);
    office.call_until(&lead.id(), "looked up", |view| view.record.is_some()).await;
    let before = asked(&office);
    assert!(offered(&office, &lead.id()).await.is_empty());
    assert_eq!(asked(&office), before);
}
