//! Which records have numbers, and which have changed: page by page, behind the last id.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use domain::{Object, RecordId, Timestamp};
use salesforce::Error;
use serde_json::{Value, json};
use support::{Org, Reply, ok, refusal, rows, usual};

fn contact(n: usize) -> String {
    format!("0035g0000{n:06}")
}

fn contacts(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers
        .map(|n| json!({"attributes": {"type": "Contact"}, "Id": contact(n), "Name": "x", "Phone": "030 1"}))
        .collect()
}

fn full(records: Vec<Value>) -> Reply {
    ok(
        json!({"totalSize": 4_100, "done": false, "nextRecordsUrl": "https://evil.example/", "records": records}),
    )
}

#[tokio::test]
async fn a_page_begins_behind_the_last_id_and_no_locator_is_followed() {
    let org = Org::start(|seen| match seen.value("q") {
        query if query.contains("Id > ") => rows(json!(contacts(2_000..2_007))),
        query if query.contains("FROM Contact") => full(contacts(0..2_000)),
        _ => usual(seen),
    })
    .await;
    let (session, _) = org.session();

    let first = session.with_numbers(Object::Contact, None).await.unwrap();
    let last = session.with_numbers(Object::Contact, first.next.as_ref()).await.unwrap();

    assert_eq!((first.records.len(), first.expected), (2_000, Some(4_100)));
    assert_eq!(first.next, RecordId::parse(&contact(1_999)));
    assert_eq!((last.records.len(), last.expected, last.next), (7, None, None));
    let asked: Vec<String> = org
        .ledger()
        .into_iter()
        .filter(|seen| seen.path.ends_with("/query/"))
        .map(|seen| seen.value("q").to_owned())
        .collect();
    assert_eq!(
        asked[0],
        "SELECT Id, Name, AccountId, OwnerId, LastActivityDate, Account.Name, Phone, MobilePhone, HomePhone, \
         Direct_Line__c FROM Contact WHERE (Phone != null OR MobilePhone != null OR HomePhone != null OR \
         Direct_Line__c != null) ORDER BY Id"
    );
    let behind =
        format!("AND Id > '{}' ORDER BY Id LIMIT 2000", RecordId::parse(&contact(1_999)).unwrap());
    assert!(asked[1].ends_with(&behind), "{}", asked[1]);
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_short_page_is_not_the_last_one_while_salesforce_says_that_there_is_more() {
    let org = Org::start(|seen| match seen.value("q") {
        query if query.contains("FROM Contact") => full(contacts(0..3)),
        _ => usual(seen),
    })
    .await;
    let (session, _) = org.session();

    let page = session.with_numbers(Object::Contact, None).await.unwrap();
    assert_eq!(page.next, RecordId::parse(&contact(2)));
    // The same page again leads nowhere: no endless circle.
    let again = session.with_numbers(Object::Contact, page.next.as_ref()).await;
    assert!(matches!(again, Err(Error::UnexpectedAnswer { .. })), "{again:?}");
}

#[tokio::test]
async fn changes_tell_what_is_there_and_what_is_gone() {
    let org = Org::start(|seen| match seen.value("q") {
        query if query.contains("FROM Lead") => rows(json!([
            {"attributes": {"type": "Lead"}, "Id": "00Q5g0000000001", "Name": "Bob", "Phone": "030 1"},
            {"attributes": {"type": "Lead"}, "Id": "00Q5g0000000002", "Name": "Merged", "Phone": "030 2", "IsDeleted": true},
            {"attributes": {"type": "Lead"}, "Id": "00Q5g0000000003", "Name": "Won", "Phone": "030 3", "IsConverted": true},
            {"attributes": {"type": "Lead"}, "Id": "00Q5g0000000004", "Name": "Mute", "Phone": null},
        ])),
        _ => usual(seen),
    })
    .await;
    let (session, _) = org.session();
    let since = Timestamp::from_seconds(1_789_948_800);

    let page = session.changed_since(Object::Lead, since, None).await.unwrap();

    let names: Vec<_> = page.records.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["Bob"]);
    let gone: Vec<_> =
        (2..=4).map(|n| RecordId::parse(&format!("00Q5g000000000{n}")).unwrap()).collect();
    assert_eq!((page.gone, page.next), (gone, None));
    let asked = org.ledger().into_iter().find(|seen| seen.path.ends_with("/queryAll/")).unwrap();
    assert_eq!(
        asked.value("q"),
        "SELECT Id, Name, Company, OwnerId, LastActivityDate, Phone, MobilePhone, IsConverted FROM Lead \
         WHERE SystemModstamp >= 2026-09-21T00:00:00Z ORDER BY Id LIMIT 2000"
    );
}

#[tokio::test]
async fn a_phone_field_that_cannot_be_filtered_by_costs_the_filter() {
    let org = Org::start(|seen| {
        if seen.path.ends_with("/Account/describe") {
            let field = |name: &str, kind: &str, filterable: bool| json!({"name": name, "type": kind, "filterable": filterable});
            return ok(json!({"fields": [field("Id", "id", true), field("Name", "string", true),
                field("Phone", "phone", true), field("Secret__c", "phone", false)]}));
        }
        if seen.is_query_of("Account") {
            return rows(json!([
                {"attributes": {"type": "Account"}, "Id": "0015g0000000001", "Name": "A", "Secret__c": "030 1"},
                {"attributes": {"type": "Account"}, "Id": "0015g0000000002", "Name": "B"},
            ]));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();

    let page = session.with_numbers(Object::Account, None).await.unwrap();

    assert_eq!(page.records.len(), 1);
    let asked = org.ledger().into_iter().find(|seen| seen.is_query_of("Account")).unwrap();
    assert_eq!(asked.value("q"), "SELECT Id, Name, Phone, Secret__c FROM Account ORDER BY Id");
}

#[tokio::test]
async fn a_field_that_is_gone_is_left_out_and_an_object_that_is_not_seen_has_no_records() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let hidden = AtomicBool::new(false);
    let org = Org::start(move |seen| {
        if seen.path.ends_with("/Lead/describe") {
            return refusal(404, "NOT_FOUND", "The requested resource does not exist", &[]);
        }
        if seen.is_query_of("Contact") && !hidden.swap(true, Ordering::SeqCst) {
            return refusal(
                400,
                "INVALID_FIELD",
                "No such column 'HomePhone' on entity 'Contact'",
                &[],
            );
        }
        if seen.is_query_of("Contact") { rows(json!(contacts(0..1))) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();

    assert_eq!(session.with_numbers(Object::Contact, None).await.unwrap().records.len(), 1);
    assert_eq!(session.with_numbers(Object::Lead, None).await.unwrap().records, []);
}
