//! Who has a number is answered once, for the page, the Task, the dry run and a choice alike.

use std::time::Duration;

use engine::{
    command::Command,
    view::{Decision, IndexPhase},
};
use scenarios::{AGENT, Fault, FaultRule, Office, Options, eventually, stays};
use serde_json::{Value, json};

use super::org::{contact, crowd, id_of, local, office, rings};

/// How people write a number down that no search of Salesforce finds.
const AS_TYPED: &str = "+49 (0)355 / 501722 x12";
/// And how the trunk shows it.
const NUMBER: &str = "0355501722";
/// The index takes this long to be asked for changes again, or longer.
const OLD: Duration = Duration::from_secs(31 * 60);

/// An office that makes records of unknown callers, and knows somebody whom no search finds.
async fn office_that_creates() -> Office {
    let settings = "[auto_create]\ndirections = [\"inbound\", \"outbound\"]\n".to_owned();
    let org = |org: &mut simulator::OrgConfig| org.records = vec![contact("Ruiz", AS_TYPED)];
    Office::with(Options { settings, org, ..Options::default() }).await
}

/// An office whose index takes its time, with so many records a page.
async fn slow_office(options: Options, page: usize) -> Office {
    let office = Office::with(Options { connected: false, ..options }).await;
    office.salesforce.set(|org| {
        org.short_pages = Some(page);
        org.faults = vec![FaultRule::always("/query/", Fault::Slow(Duration::from_secs(1)))];
    });
    office.connects_pbx().await.unwrap();
    office.signs_in().await.unwrap();
    office.is_live().await;
    office
}

#[tokio::test]
async fn a_call_that_only_the_records_tell_of_is_with_whom_the_index_knows() {
    let mut office = office_that_creates().await;
    let ruiz = id_of(&office, "Contact", "Ruiz");
    office.quits().await;
    let call = office.pbx.inbound(NUMBER, AGENT);
    call.answer(AGENT);
    call.talked_seconds(30);
    call.hang_up();

    office.starts().await;
    let task = office.task_of(&call.id()).await;

    assert_eq!(task["WhoId"], json!(ruiz));
    assert_eq!(task["Subject"], "Inbound call from Eva Ruiz");
    assert_eq!(office.salesforce.records("Lead"), Vec::<Value>::new());
}

#[tokio::test]
async fn who_is_known_by_the_end_of_the_call_gets_it_and_no_other_record_is_made() {
    let settings = "[auto_create]\ndirections = [\"inbound\"]\n".to_owned();
    let org = |org: &mut simulator::OrgConfig| {
        org.records = crowd(12);
        org.records.push(contact("Ruiz", AS_TYPED));
    };
    let office = slow_office(Options { settings, org, ..Options::default() }, 2).await;
    let ruiz = id_of(&office, "Contact", "Ruiz");
    let call = office.pbx.inbound(NUMBER, AGENT);
    office.call_until(&call.id(), "looked up in vain", |view| view.why.is_some()).await;
    office.answers(&call).await;

    office.salesforce.set(|org| org.faults.clear());
    office.asks(Command::RefreshIndex { all: false }).await.unwrap();
    office.knows_everybody().await;
    call.hang_up();

    let task = office.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], json!(ruiz));
    assert_eq!(office.salesforce.records("Lead"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_search_that_misses_whom_an_old_index_knows_takes_nothing_away() {
    let office = office(|org| org.records = vec![contact("Ruiz", AS_TYPED)]).await;
    let ruiz = id_of(&office, "Contact", "Ruiz");
    // No background work from here on: the index grows old.
    office.salesforce.set(|org| org.used_by_others = 12_000);
    rings(&office, "0305550199").await;
    office.clock.passes(OLD);
    office.salesforce.forget_ledger();

    let call = office.pbx.inbound(NUMBER, AGENT);
    office.opens(&[office.page("Contact", &ruiz)]).await;
    eventually("Salesforce was asked", || async { office.searches().len() >= 2 }).await;
    stays("he is still the caller", Duration::from_secs(1), || async {
        office.call(&call.id()).await.is_some_and(|view| view.record.is_some())
    })
    .await;
    let task = office.talks(&call, 8).await;
    assert_eq!(task["WhoId"], json!(ruiz));

    // The record itself says otherwise.
    office.salesforce.update("Contact", &ruiz, json!({ "Phone": "+49 30 901820" }));
    office.clock.passes(OLD);
    rings(&office, NUMBER).await;
    eventually("he is known by his new number", || async {
        local(&office, NUMBER).await == 0 && local(&office, "030901820").await == 1
    })
    .await;
}

#[tokio::test]
async fn while_the_index_is_built_whom_it_knows_and_whom_salesforce_finds_are_a_choice() {
    let org = |org: &mut simulator::OrgConfig| {
        org.records = vec![contact("Ruiz", AS_TYPED)];
        org.records.extend(crowd(20));
    };
    let office = slow_office(Options { org, ..Options::default() }, 5).await;
    office.status_until("some pages", |status| status.contacts.index >= 5).await;
    assert_ne!(office.status().await.contacts.index_state, IndexPhase::Ready);
    office.knows("Ada", "Ruiz", "0355 501722");

    let view = rings(&office, NUMBER).await;

    assert_eq!(view.candidates, 2);
    assert_eq!(
        view.why.as_deref(),
        Some("2 records have this number (local index and Salesforce search)")
    );
}

#[tokio::test]
async fn a_choice_among_records_that_no_search_finds_can_be_made_after_the_call() {
    let mut office = office(|org| {
        org.records = vec![contact("Ruiz", AS_TYPED), contact("Moreno", AS_TYPED)];
    })
    .await;
    let moreno = id_of(&office, "Contact", "Moreno");
    let call = office.pbx.inbound(NUMBER, AGENT);
    office.call_until(&call.id(), "a question", |view| view.candidates == 2).await;
    office.talks(&call, 5).await;
    office.quits().await;
    office.starts().await;
    office.is_live().await;

    let record = moreno.clone();
    let choose = Command::Choose { call: call.id(), record, remember: false, open: false };
    office.asks(choose).await.expect("she has the number");

    eventually("the Task names her", || async {
        office.task_of(&call.id()).await["WhoId"] == json!(moreno)
    })
    .await;
}

/// A company with its contacts, all at one number. Returns the company's id and the contacts'.
async fn hafen(contacts: &[&str], own_number: bool) -> (Office, String, Vec<String>) {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let phone = own_number.then_some("0355 501722");
    let account =
        office.salesforce.insert("Account", json!({ "Name": "Hafen AG", "Phone": phone }));
    let contacts = contacts
        .iter()
        .map(|last| {
            let fields = json!({ "FirstName": "Eva", "LastName": last, "Phone": AS_TYPED, "AccountId": account });
            office.salesforce.insert("Contact", fields)
        })
        .collect();
    office.connects().await;
    (office, account, contacts)
}

#[tokio::test]
async fn a_contact_and_its_own_account_are_one_answer() {
    let (office, account, contacts) = hafen(&["Ruiz"], true).await;

    let call = office.pbx.inbound(NUMBER, AGENT);
    office.opens(&[office.page("Contact", &contacts[0])]).await;
    let task = office.talks(&call, 8).await;

    assert_eq!((&task["WhoId"], &task["WhatId"]), (&json!(contacts[0]), &json!(account)));
    assert_eq!(task["Subject"], "Inbound call from Eva Ruiz");
    assert_eq!(office.call(&call.id()).await.unwrap().candidates, 1);
    let explained = office.explains(NUMBER).await;
    assert_eq!(explained.decision, Decision::Open);
    assert_eq!(explained.candidates.len(), 1);
    assert_eq!(explained.task["WhatId"], json!(account));
}

#[tokio::test]
async fn several_contacts_of_an_account_are_a_choice_with_its_page_and_the_task_names_it() {
    for own_number in [true, false] {
        let (mut office, account, contacts) = hafen(&["Lind", "Ruiz"], own_number).await;

        let call = office.pbx.inbound(NUMBER, AGENT);
        eventually("it offers them", || async {
            office.desk.notes().iter().any(|note| note.buttons.len() == 3)
        })
        .await;
        let notes = office.desk.notes();
        let offer = notes.iter().rfind(|note| note.buttons.len() == 3).unwrap();
        let offered: Vec<&str> = offer.buttons.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(offered, ["Eva Lind (Hafen AG)", "Eva Ruiz (Hafen AG)", "Hafen AG"]);
        let have = if own_number { "3 records" } else { "2 records" };
        assert!(offer.body.contains(&format!("{have} have this number")), "{}", offer.body);
        let task = office.talks(&call, 8).await;
        assert_eq!(task["Subject"], "Inbound call from Hafen AG");
        assert_eq!((&task["WhoId"], &task["WhatId"]), (&Value::Null, &json!(account)));
        assert!(office.desk.opened().is_empty(), "a person chooses");
        let explained = office.explains(NUMBER).await;
        assert_eq!(explained.task["Subject"], "Inbound call from Hafen AG");
        let exact: Vec<bool> = explained.candidates.iter().map(|one| one.exact).collect();
        assert_eq!(exact, [true, true, own_number]);

        // After a restart the Task still says so, and the account can be chosen for good.
        office.quits().await;
        office.starts().await;
        office.is_live().await;
        let choose = |record: &str| Command::Choose {
            call: call.id(),
            record: record.to_owned(),
            remember: true,
            open: false,
        };
        office.asks(choose(&contacts[1])).await.expect("he has the number");
        eventually("the Task names her", || async {
            let task = office.task_of(&call.id()).await;
            task["WhoId"] == json!(contacts[1])
                && task["WhatId"] == if own_number { json!(account) } else { Value::Null }
                && task["Subject"] == "Inbound call from Eva Ruiz"
        })
        .await;
        office.asks(choose(&account)).await.expect("it is among the rows");
        eventually("the Task names the account", || async {
            let task = office.task_of(&call.id()).await;
            task["WhoId"].is_null()
                && task["WhatId"] == json!(account)
                && task["Subject"] == "Inbound call from Hafen AG"
        })
        .await;
        let again = office.pbx.inbound(NUMBER, AGENT);
        office.opens(&[office.page("Account", &account)]).await;
        let task = office.talks(&again, 4).await;
        assert_eq!((&task["WhoId"], &task["WhatId"]), (&Value::Null, &json!(account)));
    }
}

#[tokio::test]
async fn a_lead_and_somebody_elses_account_stay_a_question() {
    let office = office(|org| {
        let lead = json!({ "LastName": "Liu", "Company": "Liu Trading", "Phone": "0355 501722" });
        let account = json!({ "Name": "Hafen AG", "Phone": "0355 501722" });
        org.records = vec![("Lead".to_owned(), lead), ("Account".to_owned(), account)];
    })
    .await;

    let call = office.pbx.inbound(NUMBER, AGENT);
    office.call_until(&call.id(), "a question", |view| view.candidates == 2).await;
    let task = office.talks(&call, 8).await;

    assert_eq!(task["Subject"], "Inbound call from +49355501722");
    assert!(task["WhoId"].is_null() && task["WhatId"].is_null(), "{task}");
    assert!(office.desk.opened().is_empty());
}

#[tokio::test]
async fn what_is_explained_opens_nothing_where_no_page_opens_by_itself() {
    let settings = "[pop]\nwhen = \"never\"\nunknown = \"new_lead\"\n".to_owned();
    let org = |org: &mut simulator::OrgConfig| org.records = vec![contact("Ruiz", AS_TYPED)];
    let office = Office::with(Options { settings, org, ..Options::default() }).await;

    for number in [NUMBER, "0305550199"] {
        let explained = office.explains(number).await;
        assert_eq!((explained.decision, explained.url), (Decision::Nothing, None), "{number}");
    }
}

#[tokio::test]
async fn a_trunk_that_leaves_the_plus_out_finds_its_callers_and_the_readings_are_explained() {
    let settings = "[numbers]\narea_code = \"355\"\ntrunk_format = \"e164\"\n".to_owned();
    let org = |org: &mut simulator::OrgConfig| {
        org.records = vec![contact("Ruiz", "030 901820")];
    };
    let office = Office::with(Options { settings, org, ..Options::default() }).await;
    let ruiz = id_of(&office, "Contact", "Ruiz");

    let explained = office.explains("4930901820").await;
    let readings = explained.readings.expect("it can be two numbers");
    assert_eq!(readings, ["+4930901820", "+493554930901820"]);
    assert_eq!(explained.e164.as_ref(), readings.first());
    assert_eq!(office.explains("030901820").await.readings, None);
    assert_eq!(office.explains("116117").await.kind, "service");

    let call = office.pbx.inbound("4930901820", AGENT);
    office.opens(&[office.page("Contact", &ruiz)]).await;
    let task = office.talks(&call, 5).await;
    assert_eq!(task["WhoId"], json!(ruiz));
}
