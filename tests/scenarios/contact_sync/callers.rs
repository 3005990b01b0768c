//! `on_call`: who calls is in the phonebook from then on.

use std::time::Duration;

use scenarios::{Fault, FaultRule, Office, eventually, stays};
use serde_json::json;

use crate::book::{by_hand, counts, office, phonebook, shown, sync, writes};

const ON_CALL: &str = "[contact_sync]\nmode = \"on_call\"\n";

#[tokio::test]
async fn a_contact_that_calls_is_copied_and_nobody_else() {
    let office = office(ON_CALL).await;
    office.knows("Ben", "Okoye", "+49 30 1234567");
    let call = office.ada_calls().await;
    eventually("Ada in the phonebook", || async { shown(&office).len() == 1 }).await;
    call.hang_up();
    assert_eq!(shown(&office)[&office.ada].0, "Ada Moreno");
    let before = writes(&office);
    let again = office.ada_calls().await;
    stays("nothing more is written", Duration::from_secs(1), || async {
        writes(&office) == before
    })
    .await;
    again.hang_up();

    office.salesforce.update("Contact", &office.ada, json!({ "LastName": "Green" }));
    let report = sync(&office).await;
    assert_eq!(counts(&report), (0, 1, 0, 0, 0), "what is there is brought up to date");
    assert_eq!(shown(&office).len(), 1);
}

/// Requests about contacts and phonebooks since a moment.
fn asked(office: &Office, before: usize) -> Vec<String> {
    let ledger = office.pbx.ledger();
    let paths = ledger[before..].iter().map(|it| it.path.replace("/openapi/v1.0/", ""));
    paths.filter(|it| it.contains("contact") || it.contains("phonebook")).collect()
}

/// Waits until Ada is in the phonebook, and was seen there.
async fn is_copied(office: &Office) {
    office.status_until("she is counted", |status| status.contacts.synced == 1).await;
    assert_eq!(shown(office).len(), 1);
}

#[tokio::test]
async fn a_caller_costs_four_requests_whatever_the_size_of_the_phonebook() {
    let office = office(ON_CALL).await;
    let call = office.ada_calls().await;
    is_copied(&office).await;
    call.hang_up();
    let others = phonebook(&office, "Suppliers");
    for n in 0..9_000 {
        by_hand(&office, &format!("Supplier {n}"), "", &[&others]);
    }
    office.knows("Ben", "Okoye", "+49 30 1234567");
    let before = office.pbx.ledger().len();

    let call = office.pbx.inbound("0301234567", scenarios::AGENT);
    eventually("Ben in the phonebook", || async { shown(&office).len() == 2 }).await;
    call.hang_up();

    let read = "company_contact/search";
    let wanted = ["phonebook/list", read, "company_contact/create", read];
    eventually("it looks again", || async { asked(&office, before) == wanted }).await;
    stays("no more is asked", Duration::from_secs(1), || async {
        asked(&office, before) == wanted
    })
    .await;
    let status = office.status().await;
    assert_eq!((status.contacts.synced, status.contacts.problem), (2, None));
}

#[tokio::test]
async fn where_the_search_does_not_find_contacts_by_their_remark_nobody_is_copied_twice() {
    let office = office(ON_CALL).await;
    let nothing = json!({ "errcode": 0, "errmsg": "SUCCESS", "total_number": 0 });
    let rule = FaultRule::always("company_contact/search", Fault::Json(200, nothing));
    office.pbx.set(|pbx| pbx.faults.push(rule));
    let call = office.ada_calls().await;
    is_copied(&office).await;
    call.hang_up();
    let before = office.pbx.ledger().len();
    office.knows("Ben", "Okoye", "+49 30 1234567");
    let call = office.pbx.inbound("0301234567", scenarios::AGENT);
    eventually("Ben in the phonebook", || async { shown(&office).len() == 2 }).await;
    call.hang_up();
    stays("each once", Duration::from_secs(1), || async { office.pbx.contacts_held() == 2 }).await;
    let again = asked(&office, before).iter().any(|path| path == "company_contact/search");
    assert!(!again, "it is known by then");
}

#[tokio::test]
async fn where_the_firmware_has_no_search_callers_are_copied_all_the_same() {
    let office = office(ON_CALL).await;
    let missing = json!({ "errcode": 10001, "errmsg": "INTERFACE NOT EXISTED" });
    let rule = FaultRule::always("company_contact/search", Fault::Json(200, missing));
    office.pbx.set(|pbx| pbx.faults.push(rule));
    let call = office.ada_calls().await;
    is_copied(&office).await;
    call.hang_up();
    assert_eq!(office.status().await.contacts.problem, None);
}

#[tokio::test]
async fn a_lead_that_was_made_for_an_unknown_caller_is_copied_too() {
    let settings = "[auto_create]\ndirections = [\"inbound\"]\n";
    let office = office(&format!("{settings}{ON_CALL}objects = [\"contact\", \"lead\"]\n")).await;
    let call = office.pbx.inbound("0493555990", scenarios::AGENT);
    office.talks(&call, 9).await;
    let lead = office.salesforce.records("Lead")[0]["Id"].as_str().unwrap().to_owned();
    eventually("the lead in the phonebook", || async { shown(&office).len() == 1 }).await;
    let (name, company, _, numbers) = &shown(&office)[&lead];
    assert_eq!(name, "Automatic New Contact -0493555990");
    assert_eq!((company.as_str(), numbers["business"].as_str()), ("Unknown", "0493555990"));
}

#[tokio::test]
async fn a_phonebook_of_others_is_not_filled_by_a_caller() {
    let office = office(ON_CALL).await;
    let book = phonebook(&office, "Salesforce");
    by_hand(&office, "Supplier", "", &[&book]);
    let call = office.ada_calls().await;
    office
        .status_until("the phonebook is refused", |status| {
            let problem = status.contacts.problem.as_ref();
            problem.is_some_and(|problem| problem.code == "contacts.phonebook_not_ours")
        })
        .await;
    call.hang_up();
    assert_eq!(office.pbx.contacts_held(), 1);
}

#[tokio::test]
async fn a_record_of_an_object_that_is_not_chosen_is_not_copied() {
    let office = office("[contact_sync]\nmode = \"on_call\"\nobjects = [\"lead\"]\n").await;
    let call = office.ada_calls().await;
    stays("nobody is copied", Duration::from_secs(1), || async { office.pbx.contacts_held() == 0 })
        .await;
    call.hang_up();
}
