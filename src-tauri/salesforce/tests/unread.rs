//! Records and answers that cannot be read: what can be is, and the rest is named.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use domain::{Object, RecordId};
use salesforce::{Error, Unread};
use serde_json::{Value, json};
use support::{Org, Reply, Seen, ok, rows, usual};

const JSON: (&str, &str) = ("content-type", "application/json;charset=UTF-8");

fn id(n: usize) -> String {
    RecordId::parse(&format!("0035g0000{n:06}")).unwrap().to_string()
}

fn contact(n: usize) -> Value {
    json!({"attributes": {"type": "Contact"}, "Id": id(n), "Name": "x", "Phone": "030 1"})
}

fn raw(body: impl Into<String>) -> Reply {
    Reply::Text(200, vec![JSON], body.into())
}

fn names(unread: &[Unread]) -> Vec<&str> {
    unread.iter().map(|row| row.id.as_str()).collect()
}

/// The records of a query by the range of ids that it names.
fn asked_for(seen: &Seen) -> Vec<usize> {
    let query = seen.value("q");
    let bound = |sign: &str| {
        let after = query.split(&format!("Id {sign} '")).nth(1)?;
        RecordId::parse(after.split('\'').next()?)
    };
    (0..2_000)
        .filter(|n| {
            let id = RecordId::parse(&id(*n)).unwrap();
            bound(">=").is_none_or(|least| id.as_str() >= least.as_str())
                && bound("<=").is_none_or(|most| id.as_str() <= most.as_str())
                && bound(">").is_none_or(|after| id.as_str() > after.as_str())
        })
        .collect()
}

#[tokio::test]
async fn a_row_that_cannot_be_read_costs_no_other_and_is_named() {
    let wrong_checksum = "0035g0000000007AAB";
    let long = "9".repeat(10 << 20);
    let page = json!([
        contact(0), null, 7, "row", [contact(1)],
        {"attributes": {"type": "Contact"}, "Name": "without an id", "Phone": "030 1"},
        {"attributes": {"type": "Contact"}, "Id": wrong_checksum, "Phone": "030 1"},
        {"attributes": {"type": "Contact"}, "Id": "00Q5g0000000008", "Phone": "030 1"},
        {"attributes": null, "Id": id(2), "Name": null, "Phone": 493012345_u64},
        {"attributes": {"type": "Contact"}, "Id": id(3), "Name": long, "Phone": ["030 1"], "MobilePhone": "030 3"},
        {"attributes": {"type": "Contact"}, "Id": id(4), "Name": "Ada SURROGATE", "Phone": "030 4"},
    ]);
    let body = json!({"totalSize": "11", "done": "true", "records": page}).to_string();
    let body = body.replace("SURROGATE", "\\ud83d");
    let org = Org::start(
        move |seen| {
            if seen.is_query_of("Contact") { raw(body.clone()) } else { usual(seen) }
        },
    )
    .await;
    let (session, _) = org.session();

    let page = session.with_numbers(Object::Contact, None).await.unwrap();

    let read: Vec<&str> = page.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(read, [0, 2, 3, 4].map(id));
    assert_eq!(page.expected, Some(11));
    assert_eq!(page.records[1].phones, [("Phone".to_owned(), "493012345".to_owned())]);
    assert!(page.records[2].name.len() <= 1_000);
    assert_eq!(page.records[3].name, "Ada \u{fffd}");
    let unread = ["", "", "", "", "", wrong_checksum, "00Q5g0000000008"];
    assert_eq!(names(&page.unread), unread);
    assert_eq!(names(&session.unread()), ["", wrong_checksum, "00Q5g0000000008"]);
}

#[tokio::test]
async fn of_a_page_that_cannot_be_read_all_but_the_one_record_to_blame_is_taken() {
    let org = Org::start(|seen| {
        if !seen.is_query_of("Contact") {
            return usual(seen);
        }
        let asked = asked_for(seen);
        if seen.value("q").starts_with("SELECT Id FROM") || !asked.contains(&1_234) {
            return rows(asked.into_iter().map(contact).collect());
        }
        raw("{\"records\": [{\"Id\": tru")
    })
    .await;
    let (session, _) = org.session();

    let page = session.with_numbers(Object::Contact, None).await.unwrap();

    assert_eq!(page.records.len(), 1_999);
    assert_eq!(names(&page.unread), [id(1_234)]);
    assert_eq!(page.next.map(|id| id.to_string()), Some(id(1_999)), "it goes on behind the page");
    assert!(org.count(|seen| seen.is_query_of("Contact")) < 50, "halves of halves");
}

#[tokio::test]
async fn an_answer_that_is_json_and_cannot_be_read_is_no_captive_portal_and_is_asked_for_twice() {
    for body in ["", "{\"records\":", "{\"records\": 7}", "[]", "{\"totalSize\": 0}"] {
        let org = Org::start(
            move |seen| {
                if seen.is_query_of("Contact") { raw(body) } else { usual(seen) }
            },
        )
        .await;
        let (session, _) = org.session();
        let error = session.record(Object::Contact, &RecordId::parse(&id(1)).unwrap()).await;
        assert!(error.is_err_and(|error| error.is_unreadable()), "{body}");
        assert_eq!(org.count(|seen| seen.is_query_of("Contact")), 2, "{body}");
        let error = session.everybody(Object::Contact, None).await.unwrap_err();
        assert!(error.is_unreadable(), "{body}");
        assert_eq!(org.count(|seen| seen.is_query_of("Contact")), 6, "nor row by row: {body}");
    }
    let portal = |seen: &Seen| match seen.is_query_of("Contact") {
        true => Reply::Text(200, vec![("content-type", "text/html")], "<html>".to_owned()),
        false => usual(seen),
    };
    let org = Org::start(portal).await;
    let (session, _) = org.session();
    let error = session.everybody(Object::Contact, None).await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{error}");
}

#[tokio::test]
async fn one_object_that_cannot_be_read_hides_no_caller_of_another() {
    let org = Org::start(|seen| {
        if seen.is_query_of("Lead") {
            return raw("{");
        }
        if seen.is_query_of("Contact") { rows(json!([contact(5)])) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();
    let found = session.query_exact(&["030 1".to_owned()]).await.unwrap();
    assert_eq!(found.records.len(), 1);
}

#[tokio::test]
async fn a_page_for_people_is_no_success_of_a_change() {
    let org = Org::start(|seen| match seen.method.as_str() {
        "DELETE" => Reply::Text(200, vec![("content-type", "text/html")], "<html>".to_owned()),
        _ => usual(seen),
    })
    .await;
    let (session, _) = org.session();
    let id = RecordId::parse(&id(1)).unwrap();
    let error = session.delete_record(Object::Contact, &id).await.unwrap_err();
    assert!(error.may_have_happened(), "{error}");
}

#[tokio::test]
async fn a_record_that_was_mended_is_no_longer_named() {
    let org = Org::start(|seen| match seen.value("q") {
        query if query.contains("FROM Contact") && query.contains("Id IN") => {
            ok(json!({"records": [contact(1)]}))
        }
        query if query.contains("FROM Contact") => match asked_for(seen).contains(&1) {
            true if query.starts_with("SELECT Id FROM") => rows(json!([contact(1)])),
            true => raw("{"),
            false => rows(json!([])),
        },
        _ => usual(seen),
    })
    .await;
    let (session, _) = org.session();
    session.everybody(Object::Contact, None).await.unwrap();
    assert_eq!(names(&session.unread()), [id(1)]);
    let ids = [RecordId::parse(&id(1)).unwrap()];
    session.these(Object::Contact, &ids).await.unwrap();
    assert!(session.unread().is_empty());
}
