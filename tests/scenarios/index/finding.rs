//! Who is found at once, and as what.

use engine::view::{Decision, IndexPhase};
use scenarios::{AGENT, Office, Options};
use serde_json::json;
use simulator::salesforce::{CustomField, HiddenField};

use super::org::{contact, id_of, index, local, office, rings};

#[tokio::test]
async fn a_known_caller_is_on_the_screen_without_a_word_to_salesforce() {
    let office = office(|org| org.records = vec![contact("Ruiz", "(0049) 30-555 0142")]).await;
    office.salesforce.forget_ledger();

    let view = rings(&office, "0305550142").await;

    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (local index)"));
    office.opens(&[office.page("Contact", &id_of(&office, "Contact", "Ruiz"))]).await;
    assert_eq!(office.searches(), Vec::<String>::new());
    let status = office.status().await;
    assert_eq!((status.contacts.index, status.contacts.index_state), (1, IndexPhase::Ready));
    assert!(index(&office).checked_at.is_some());
}

#[tokio::test]
async fn a_known_caller_is_on_the_screen_after_a_start_without_salesforce() {
    let mut office = office(|org| org.records = vec![contact("Ruiz", "030 5550142")]).await;
    office.quits().await;
    office.salesforce.stop_listening();
    office.starts().await;
    office
        .status_until("calls are heard", |status| {
            status.pbx.events == engine::view::EventsState::Live
        })
        .await;

    let view = rings(&office, "0305550142").await;

    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (local index)"));
    office.opens(&[office.page("Contact", &id_of(&office, "Contact", "Ruiz"))]).await;
}

#[tokio::test]
async fn one_number_on_two_and_on_forty_records_is_a_choice() {
    let office = office(|org| {
        org.records = vec![contact("Ruiz", "030 5550142"), contact("Moreno", "+49 30 5550142")];
        org.records.extend((0..40).map(|n| contact(&format!("Desk {n}"), "030 5550100")));
    })
    .await;

    let two = rings(&office, "0305550142").await;
    let forty = rings(&office, "0305550100").await;

    assert_eq!((two.candidates, forty.candidates), (2, 40));
    assert_eq!(forty.why.as_deref(), Some("40 records have this number (local index)"));
    assert!(office.desk.opened().is_empty(), "a person chooses");
    assert_eq!(office.explains("0305550100").await.decision, Decision::Choose);
}

#[tokio::test]
async fn leads_accounts_and_custom_fields_are_known_and_fax_machines_are_not() {
    let office = office(|org| {
        org.custom_fields = vec![CustomField {
            object: "Contact".to_owned(),
            name: "Direct_Line__c".to_owned(),
            phone: true,
            external_id: false,
        }];
        org.records = vec![
            ("Lead".to_owned(), json!({ "LastName": "Liu", "Company": "Liu Trading", "Phone": "030 5550001" })),
            ("Account".to_owned(), json!({ "Name": "Orbita", "Phone": "030 5550002", "Fax": "030 5550003" })),
            ("Contact".to_owned(), json!({ "LastName": "Ruiz", "Direct_Line__c": "030 5550004" })),
            ("Lead".to_owned(), json!({ "LastName": "Won", "Company": "x", "Phone": "030 5550005", "IsConverted": true })),
        ];
    })
    .await;

    for (number, why) in [
        ("0305550001", "matched Lead.Phone exactly (local index)"),
        ("0305550002", "matched Account.Phone exactly (local index)"),
        ("0305550004", "matched Contact.Direct_Line__c exactly (local index)"),
    ] {
        assert_eq!(rings(&office, number).await.why.as_deref(), Some(why));
    }
    assert_eq!(local(&office, "0305550003").await, 0);
    assert_eq!(local(&office, "0305550005").await, 0);
    assert_eq!(office.status().await.contacts.index, 3);
}

#[tokio::test]
async fn a_person_account_is_one_record_and_not_its_hidden_contact() {
    let mut office = Office::with(Options { connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| org.person_accounts = true);
    let hidden = office.salesforce.insert(
        "Contact",
        json!({ "LastName": "Ruiz", "MobilePhone": "030 5550142", "IsPersonAccount": true }),
    );
    let person = office.salesforce.insert(
        "Account",
        json!({ "Name": "Eva Ruiz", "IsPersonAccount": true, "PersonContactId": hidden, "PersonMobilePhone": "030 5550142" }),
    );
    office.connects().await;

    let view = rings(&office, "0305550142").await;

    assert_eq!(
        view.why.as_deref(),
        Some("matched Account.PersonMobilePhone exactly (local index)")
    );
    office.opens(&[office.page("Account", &person)]).await;
    let explained = office.explains("0305550142").await;
    assert_eq!(explained.task["WhoId"], json!(hidden));
    office.quits().await;
    office.starts().await;
}

#[tokio::test]
async fn what_this_user_may_not_see_is_not_known_and_nothing_breaks() {
    let mut office = Office::with(Options { connected: false, ..Options::default() }).await;
    let leo = office.salesforce.user_id("leo.brandt@example.com").unwrap();
    office.salesforce.insert(
        "Contact",
        json!({ "LastName": "Private", "Phone": "030 5550001", "OwnerId": leo }),
    );
    office.salesforce.insert(
        "Contact",
        json!({ "LastName": "Ruiz", "Phone": "030 5550002", "MobilePhone": "0170 5550003" }),
    );
    office
        .salesforce
        .set(|org| org.hidden_fields = vec![HiddenField::new("Contact", "MobilePhone")]);
    office.connects().await;

    assert_eq!(local(&office, "0305550001").await, 0, "a colleague's private contact");
    assert_eq!(local(&office, "0305550002").await, 1);
    assert_eq!(local(&office, "01705550003").await, 0, "a hidden field");

    // Another user of the same desk sees other records.
    let salesforce = office.salesforce.clone();
    office.signs_in_as(&salesforce, "leo.brandt@example.com").await.unwrap();
    office.knows_everybody().await;
    assert_eq!(local(&office, "0305550001").await, 1);
    assert_eq!(local(&office, "0305550002").await, 0, "Mara's private contact");
    office.quits().await;
    office.starts().await;
}

#[tokio::test]
async fn a_record_that_the_search_does_not_have_yet_is_found_and_known_from_then_on() {
    let office = office(|_| {}).await;
    office.salesforce.set(|org| org.search_finds_nothing = true);
    let new = office.knows("Eva", "Ruiz", "+49305550142");

    let first = rings(&office, "0305550142").await;
    office.salesforce.forget_ledger();
    let second = rings(&office, "0305550142").await;

    assert_eq!(first.why.as_deref(), Some("matched Contact.Phone exactly (Salesforce query)"));
    assert_eq!(second.why.as_deref(), Some("matched Contact.Phone exactly (local index)"));
    assert_eq!(office.searches(), Vec::<String>::new());
    let page = office.page("Contact", &new);
    office.opens(&[page.clone(), page]).await;
}

#[tokio::test]
async fn an_unknown_number_costs_one_search_where_the_search_knows_it() {
    let office = office(|_| {}).await;
    office.knows("Eva", "Ruiz", "+49 30 5550142");
    office.salesforce.forget_ledger();

    let call = office.pbx.inbound("0305550142", AGENT);
    office.call_until(&call.id(), "looked up", |view| view.why.is_some()).await;

    assert_eq!(office.searches().len(), 1, "{:?}", office.searches());
    call.caller_hangs_up();
}
