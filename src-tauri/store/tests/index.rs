//! The contact index is built page by page, goes on after a kill, and loses what is not seen any more.

mod support;

use std::time::Duration;

use domain::{Object, PhoneNumber, Record, RecordId, Timestamp};
use store::{IndexState, PassEnd, PassStep};
use support::*;

fn step(object: Object, position: Option<u32>, received: u64) -> PassStep {
    PassStep { object, position: position.map(contact), received, expected: None }
}

fn ids(entries: &[(Record, Vec<(PhoneNumber, String)>)]) -> Vec<RecordId> {
    entries.iter().map(|(record, _)| record.id.clone()).collect()
}

#[tokio::test]
async fn a_pass_goes_on_where_it_was_killed() {
    let home = Home::new().await;
    assert_eq!(home.store.index(&owner()).await.unwrap(), IndexState::default());
    home.store.begin_pass(&owner(), NOW, "DE".to_owned()).await.unwrap();
    let first = PassStep { expected: Some(5), ..step(Object::Contact, Some(2), 2) };
    home.store.put_page(&owner(), vec![indexed(1), indexed(2)], first).await.unwrap();

    let home = home.reopen().await;

    let state = home.store.index(&owner()).await.unwrap();
    assert_eq!(
        (state.pass_begun, state.completed, state.reading.as_str()),
        (Some(NOW), None, "DE")
    );
    let contacts = state.objects.iter().find(|one| one.object == Object::Contact).unwrap();
    assert_eq!((contacts.position.clone(), contacts.received), (Some(contact(2)), 2));
    assert_eq!((contacts.expected, contacts.ended), (5, false));
    assert_eq!(home.store.find_now(&owner(), &number("+49300000002")).unwrap(), [record(2)]);
    // Another user of the same desk has an index of their own.
    assert_eq!(home.store.index(&somebody_else()).await.unwrap(), IndexState::default());
    assert_eq!(home.store.find_now(&somebody_else(), &number("+49300000002")).unwrap(), []);

    home.store.put_page(&owner(), vec![indexed(3)], step(Object::Contact, None, 1)).await.unwrap();
    home.store.set_changed_until(&owner(), Object::Contact, NOW).await.unwrap();
    let end = home.store.end_pass(&owner(), NOW).await.unwrap();

    assert_eq!(end, PassEnd::Swept { removed: 0 });
    let state = home.store.index(&owner()).await.unwrap();
    assert_eq!((state.pass_begun, state.completed, state.checked), (None, Some(NOW), Some(NOW)));
    let contacts = state.objects.iter().find(|one| one.object == Object::Contact).unwrap();
    assert_eq!((contacts.position.clone(), contacts.received), (Some(contact(2)), 3));
    assert!(contacts.ended);
    assert_eq!(contacts.changed_until, Some(NOW));
}

#[tokio::test]
async fn what_a_pass_does_not_meet_goes_and_what_was_put_meanwhile_stays() {
    let home = Home::new().await;
    home.store.put_records(&owner(), (1..=30).map(indexed).collect()).await.unwrap();
    home.store.begin_pass(&owner(), NOW, String::new()).await.unwrap();
    let met = (1..=28).map(indexed).collect();
    home.store.put_page(&owner(), met, step(Object::Contact, None, 28)).await.unwrap();
    // A record that was made while the pass was under way.
    home.store.put_records(&owner(), vec![indexed(40)]).await.unwrap();
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 31);

    let end = home.store.end_pass(&owner(), NOW).await.unwrap();

    assert_eq!(end, PassEnd::Swept { removed: 2 });
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 29);
    assert_eq!(home.store.find_now(&owner(), &number("+49300000029")).unwrap(), []);
    assert_eq!(home.store.find_now(&owner(), &number("+49300000040")).unwrap().len(), 1);
    assert_eq!(home.store.find_now(&owner(), &number("+491701234567")).unwrap().len(), 29);
}

#[tokio::test]
async fn a_pass_that_meets_nothing_removes_nothing_until_a_second_one_says_the_same() {
    let home = Home::new().await;
    home.store.put_records(&owner(), (1..=100).map(indexed).collect()).await.unwrap();

    home.store.begin_pass(&owner(), NOW, String::new()).await.unwrap();
    assert_eq!(home.store.end_pass(&owner(), NOW).await.unwrap(), PassEnd::Held { unmet: 100 });
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 100);
    assert_eq!(home.store.index(&owner()).await.unwrap().held, Some(NOW));

    let later = Timestamp::from_millis(NOW.as_millis() + 1);
    home.store.begin_pass(&owner(), later, String::new()).await.unwrap();
    assert_eq!(
        home.store.end_pass(&owner(), later).await.unwrap(),
        PassEnd::Swept { removed: 100 }
    );
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 0);
    assert_eq!(home.store.index(&owner()).await.unwrap().held, None);
}

#[tokio::test]
async fn changes_move_numbers_and_take_records_away() {
    let home = Home::new().await;
    home.store.put_records(&owner(), vec![indexed(1), indexed(2)]).await.unwrap();
    let moved = (record(1), vec![(number("+4911111"), "Phone".to_owned())]);

    home.store.put_changes(&owner(), vec![moved], vec![contact(2), contact(7)]).await.unwrap();

    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), []);
    assert_eq!(home.store.find_now(&owner(), &number("+4911111")).unwrap(), [record(1)]);
    assert_eq!(home.store.find_now(&owner(), &number("+491701234567")).unwrap(), []);
    assert_eq!(home.store.cached(&owner()).await.unwrap(), 1);
}

#[tokio::test]
async fn the_index_is_listed_page_by_page_with_numbers_and_by_object() {
    let home = Home::new().await;
    let lead = Record {
        object: Object::Lead,
        id: RecordId::parse("00Q5g0000000001").unwrap(),
        name: "Dr. Bob Liu".to_owned(),
        account: None,
        company: Some("Liu Trading".to_owned()),
        ..record(0)
    };
    let numbers = vec![(number("+49891234567"), "Phone".to_owned())];
    let mut entries: Vec<_> = (1..=5).map(indexed).collect();
    entries.push((lead.clone(), numbers.clone()));
    home.store.put_records(&owner(), entries).await.unwrap();

    let objects = [Object::Contact];
    let first = home.store.listed(&owner(), &objects, None, 3).await.unwrap();
    let rest = home.store.listed(&owner(), &objects, Some(contact(3)), 3).await.unwrap();

    assert_eq!(first[0], indexed(1));
    assert_eq!(ids(&first), [contact(1), contact(2), contact(3)]);
    assert_eq!(ids(&rest), [contact(4), contact(5)]);
    let leads = home.store.listed(&owner(), &[Object::Lead], None, 10).await.unwrap();
    assert_eq!(leads, [(lead, numbers)]);
    assert_eq!(home.store.listed(&owner(), &[], None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn records_of_the_first_schema_are_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.db");
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../migrations/cache/0001_records.sql")).unwrap();
    old.execute_batch(
        "INSERT INTO org VALUES (1, '00D5g00000EXAMPEA4');
         INSERT INTO record VALUES (1, 1, '0035g00000EXAMPAA5', 'Contact', '', 'Ada', '', '', '', '', 0, '[]');
         INSERT INTO number VALUES (1, 149300000001, 1, 'Phone');
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);

    let home = Home::at(folder).await;

    assert_eq!(home.store.cached(&owner()).await.unwrap(), 0);
    home.store.put_records(&owner(), vec![indexed(1)]).await.unwrap();
    assert_eq!(home.store.find_now(&owner(), &number("+49300000001")).unwrap(), [record(1)]);
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_has_written_does_not_keep_the_index_from_being_looked_at() {
    let home = Home::new().await;
    let ahead = NOW.plus(Duration::from_secs(86_400));
    home.store.begin_pass(&owner(), NOW, String::new()).await.unwrap();
    home.store.end_pass(&owner(), ahead).await.unwrap();

    home.store.set_index_back(&owner(), NOW).await.unwrap();

    let state = home.store.index(&owner()).await.unwrap();
    assert_eq!((state.completed, state.checked), (Some(NOW), None));
    home.store.set_checked(&owner(), NOW).await.unwrap();
    home.store.set_index_back(&owner(), NOW).await.unwrap();
    let state = home.store.index(&owner()).await.unwrap();
    assert_eq!((state.completed, state.checked), (Some(NOW), Some(NOW)), "what is right stays");
}

#[tokio::test]
async fn every_number_of_a_field_finds_the_record_and_what_is_none_is_counted_and_listed() {
    let home = Home::new().await;
    let two = "0355 501711 / 0171 5550111";
    let with = |n: u32, phones: &[(&str, &str)]| {
        let phones = phones.iter().map(|(field, text)| ((*field).to_owned(), (*text).to_owned()));
        Record { phones: phones.collect(), ..record(n) }
    };
    let found = |e164: &str, field: &str| (number(e164), field.to_owned());
    let both = with(1, &[("Phone", two), ("MobilePhone", "ask Eva"), ("Fax", " ")]);
    let numbers = vec![found("+49355501711", "Phone"), found("+491715550111", "Phone")];
    let none = (with(2, &[("Phone", "see notes")]), Vec::new());
    let fine = (with(3, &[("Phone", "030 1"), ("Fax", "")]), vec![found("+49301", "Phone")]);
    let records = vec![(both.clone(), numbers.clone()), none, fine];
    home.store.put_records(&owner(), records).await.unwrap();

    for e164 in ["+49355501711", "+491715550111"] {
        let found = home.store.find_now(&owner(), &number(e164)).unwrap();
        assert_eq!(found, std::slice::from_ref(&both), "{e164}");
    }
    let listed = home.store.listed(&owner(), &Object::ALL, None, 1).await.unwrap();
    assert_eq!(listed, [(both.clone(), numbers)]);
    assert_eq!(home.store.unread_count(&owner()).await.unwrap(), 2);
    let unread = home.store.unread(&owner(), 9).await.unwrap();
    let texts: Vec<_> = unread.iter().map(|record| record.phones.clone()).collect();
    let phone = |field: &str, text: &str| vec![(field.to_owned(), text.to_owned())];
    assert_eq!(texts, [phone("MobilePhone", "ask Eva"), phone("Phone", "see notes")]);
    assert_eq!(home.store.unread_count(&somebody_else()).await.unwrap(), 0);

    // Somebody has mended one.
    let mended = (with(2, &[("Phone", "030 2")]), vec![found("+49302", "Phone")]);
    home.store.put_records(&owner(), vec![mended]).await.unwrap();
    assert_eq!(home.store.unread_count(&owner()).await.unwrap(), 1);
    home.store.forget_records(&owner(), &[contact(1)]).await.unwrap();
    assert_eq!(home.store.unread_count(&owner()).await.unwrap(), 0);
    assert!(home.store.find_now(&owner(), &number("+491715550111")).unwrap().is_empty());
}
