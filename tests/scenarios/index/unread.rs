//! A record that cannot be read: all others are known, it stays as it was known, and Doctor names it.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::{IndexPhase, doctor::CheckState},
};
use scenarios::{AGENT, Office, Options, stays};
use serde_json::json;

use super::org::{contact, crowd, id_of, local, office, phase, refreshed, rings};

const UNREAD: &str = "salesforce.unread_records";

/// From now on no answer with this name in it can be read.
fn breaks(office: &Office, name: &str) {
    let broken = (format!("{name}\""), name.to_owned());
    office.salesforce.set(|org| org.garbled.push(broken));
}

#[tokio::test]
async fn of_a_first_index_only_the_record_that_cannot_be_read_is_missing_and_named() {
    let options = Options {
        org: |org| {
            org.records = crowd(300);
            org.records.push(contact("Broken", "030 5550001"));
            org.records.push(contact("Half", "030 5550002"));
        },
        connected: false,
        ..Options::default()
    };
    let office = Office::with(options).await;
    breaks(&office, "Eva Broken");
    // A name that was cut in the middle of a character is a name all the same.
    office.salesforce.set(|org| {
        org.garbled.push(("\"Eva Half\"".to_owned(), "\"Eva \\ud83d\"".to_owned()));
    });
    office.connects().await;
    phase(&office, IndexPhase::Ready).await;

    assert_eq!(local(&office, "0301000299").await, 1);
    assert_eq!(rings(&office, "0305550002").await.record.unwrap().name, "Eva \u{fffd}");
    let findings = office.examines().await;
    assert_eq!(findings.state(UNREAD), CheckState::Warn, "{findings:#?}");
    let found = &findings.check(UNREAD).found;
    assert!(found.contains(&id_of(&office, "Contact", "Broken")), "{found}");

    office.salesforce.set(|org| org.garbled.clear());
    refreshed(&office, true, "0305550001", 1).await;
    assert_eq!(office.examines().await.state(UNREAD), CheckState::Ok);
}

#[tokio::test]
async fn what_was_known_of_a_record_stays_known_while_it_cannot_be_read() {
    let office = office(|org| {
        org.records = vec![contact("Broken", "030 5550001"), contact("Fine", "030 5550002")];
    })
    .await;
    breaks(&office, "Eva Broken");
    let fine = id_of(&office, "Contact", "Fine");
    office.salesforce.update("Contact", &fine, json!({ "Phone": "030 5550003" }));
    refreshed(&office, true, "0305550003", 1).await;

    assert_eq!(local(&office, "0305550001").await, 1);
    let view = rings(&office, "0305550001").await;
    assert_eq!(view.record.map(|record| record.name).as_deref(), Some("Eva Broken"));
}

/// The answer is the same however often it is asked for.
#[tokio::test]
async fn a_caller_whose_record_cannot_be_read_is_logged_without_one_and_that_is_said() {
    let office = office(|_| {}).await;
    office.salesforce.insert("Contact", contact("Broken", "030 5550001").1);
    breaks(&office, "Eva Broken");
    let call = office.pbx.inbound("0305550001", AGENT);
    let task = office.talks(&call, 4).await;
    assert!(task["WhoId"].is_null(), "{task}");
    let view = office.is_logged(&call.id()).await;
    assert!(view.journal.reason.is_some_and(|reason| reason.contains("cannot be read")));
    let asked = office.searches();
    // At the ring, after the talk and before the Task: a search and its repeat, and three queries, together and alone.
    assert!(asked.len() <= 24, "{} questions: {asked:#?}", asked.len());
    let requests = office.search_requests();
    assert!(requests <= 18, "{requests} requests for {} questions", asked.len());
    stays("nothing more is asked", Duration::from_secs(3), || async {
        office.searches().len() == asked.len()
    })
    .await;
}

#[tokio::test]
async fn a_text_that_is_no_number_is_counted_listed_and_named_and_each_of_two_numbers_is_known() {
    let office = office(|org| {
        org.records = vec![
            contact("Two", "0355 501711 / 0171 5550111"),
            contact("Notes", "see notes"),
            contact("Fine", "030 5550002"),
        ];
    })
    .await;
    let notes = id_of(&office, "Contact", "Notes");

    for number in ["0355501711", "01715550111"] {
        assert_eq!(local(&office, number).await, 1, "{number}");
    }
    let status = office.status_until("one", |status| status.contacts.unread_numbers == 1).await;
    assert_eq!(status.contacts.index, 3);
    let Ok(Reply::UnreadNumbers(rows)) = office.asks(Command::UnreadNumbers).await else {
        panic!("no list");
    };
    let told: Vec<_> = rows.iter().map(|row| (&row.id, &*row.field, &*row.text)).collect();
    assert_eq!(told, [(&notes, "Phone", "see notes")]);
    assert_eq!(rows[0].name, "Eva Notes");
    let findings = office.examines().await;
    assert_eq!(findings.state("salesforce.unread_numbers"), CheckState::Warn, "{findings:#?}");
    assert!(findings.check("salesforce.unread_numbers").found.starts_with("1 record "));

    office.salesforce.update("Contact", &notes, json!({ "Phone": "030 5550003" }));
    refreshed(&office, false, "0305550003", 1).await;
    office.status_until("none", |status| status.contacts.unread_numbers == 0).await;
    assert_eq!(office.examines().await.state("salesforce.unread_numbers"), CheckState::Ok);
}
