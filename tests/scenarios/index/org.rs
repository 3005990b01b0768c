//! Orgs with people in them from the beginning, and what a test sees of the index.

use engine::{
    command::{Command, Event, Reply},
    view::{CallView, IndexPhase, IndexView},
};
use scenarios::{AGENT, Office, Options, eventually};
use serde_json::{Value, json};
use simulator::OrgConfig;

/// Opens an office whose org is as described; the contact index is whole.
pub(crate) async fn office(org: fn(&mut OrgConfig)) -> Office {
    Office::with(Options { org, ..Options::default() }).await
}

/// A contact of the beginning.
pub(crate) fn contact(last: &str, phone: &str) -> (String, Value) {
    let fields = json!({ "FirstName": "Eva", "LastName": last, "Phone": phone });
    ("Contact".to_owned(), fields)
}

/// So many contacts, at +49 30 1000000 and up.
pub(crate) fn crowd(count: usize) -> Vec<(String, Value)> {
    (0..count)
        .map(|n| contact(&format!("Number {n}"), &format!("+4930{}", 1_000_000 + n)))
        .collect()
}

/// The id of the record with this last name.
pub(crate) fn id_of(office: &Office, object: &str, last: &str) -> String {
    let records = office.salesforce.records(object);
    let found = records.iter().find(|record| record["LastName"] == last || record["Name"] == last);
    found.unwrap()["Id"].as_str().unwrap().to_owned()
}

/// Somebody rings; waits until the program has looked the number up.
pub(crate) async fn rings(office: &Office, number: &str) -> CallView {
    let call = office.pbx.inbound(number, AGENT);
    let view = office.call_until(&call.id(), "looked up", |view| view.why.is_some()).await;
    call.caller_hangs_up();
    view
}

/// Has the index look for changes, or at everything, and waits until a number is known so often.
pub(crate) async fn refreshed(office: &Office, all: bool, number: &str, known: usize) {
    assert_eq!(office.asks(Command::RefreshIndex { all }).await, Ok(Reply::Done));
    eventually(&format!("{number} is known {known} times"), || async {
        local(office, number).await == known
    })
    .await;
}

/// How many records the local index has for a number.
pub(crate) async fn local(office: &Office, number: &str) -> usize {
    let explained = office.explains(number).await;
    let searched = explained.searched.iter().find(|one| one.place == "local index");
    usize::try_from(searched.unwrap().found).unwrap()
}

/// The pages of contacts that were asked for, by the id that they begin behind.
pub(crate) fn pages(office: &Office) -> Vec<String> {
    let ledger = office.salesforce.ledger();
    let queries = ledger.into_iter().filter(|request| request.path.ends_with("/query/"));
    queries
        .filter_map(|request| request.query)
        .filter(|query| query.contains("FROM Contact") && query.contains("ORDER BY Id"))
        .map(|query| {
            let behind = query.split("Id > '").nth(1);
            behind.map_or_else(String::new, |rest| rest[..18].to_owned())
        })
        .collect()
}

/// Waits until the index is in this phase.
pub(crate) async fn phase(office: &Office, wanted: IndexPhase) {
    office
        .status_until(&format!("{wanted:?}"), |status| status.contacts.index_state == wanted)
        .await;
}

/// What the window says of the index.
pub(crate) fn index(office: &Office) -> IndexView {
    let events = office.snapshot();
    let said = events.into_iter().find_map(|event| match event {
        Event::Index(index) => Some(index),
        _ => None,
    });
    said.unwrap()
}
