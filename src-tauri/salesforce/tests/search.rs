//! Whose number is this, and who is asking.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use domain::{Object, RecordId};
use salesforce::Error;
use serde_json::{Value, json};
use support::{Org, PART, Reply, Seen, ok, refusal, rows, usual};

fn is_search(seen: &Seen) -> bool {
    seen.path == "/services/data/v62.0/search/"
}

fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// A contact, a lead and an account as a search returns them.
fn hits() -> Value {
    json!([
        {"attributes": {"type": "Contact", "url": "/x"}, "Id": "0035g00000EXAMPAA2".get(..15),
         "Name": "Ada Moreno", "Phone": "(030) 1234567", "MobilePhone": null, "Direct_Line__c": "+4930123",
         "Fax": "99", "AccountId": "0015g00000EXAMP", "Account": {"attributes": {}, "Name": "Northwind"},
         "OwnerId": "0055g00000BExam", "LastActivityDate": "2026-09-21"},
        {"attributes": {"type": "Lead"}, "Id": "00Q5g00000EXAMP", "Name": "Bob Liu", "Company": "Liu & Co",
         "Phone": "030 1234567", "Account": null},
        {"attributes": {"type": "Account"}, "Id": "0015g00000EXAMP", "Name": "Northwind", "Phone": "030/1234567"},
        {"attributes": {"type": "Contact"}, "Id": "../../evil", "Name": "x", "Phone": "1"},
        {"attributes": {"type": "Case"}, "Id": "5005g00000EXAMP", "Name": "x"},
        {"Id": "0035g00000EXAMP"},
    ])
}

#[tokio::test]
async fn the_index_is_searched_with_digits_and_the_fields_this_user_sees() {
    let org = Org::start(|seen| {
        if is_search(seen) { ok(json!({"searchRecords": hits()})) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();
    let digits = texts(&["49301234567", "0301234567", "+49", "') OR", "*", "0301234567"]);

    let found = session.search_index(&digits).await.unwrap();

    let searches: Vec<_> = org.ledger().into_iter().filter(is_search).collect();
    assert_eq!(searches.len(), 1);
    assert_eq!(searches[0].header("user-agent"), "Patchcord/0.1.0");
    assert!(searches[0].header("accept-encoding").contains("gzip"));
    assert_eq!(
        searches[0].value("q"),
        "FIND {49301234567 OR 0301234567} IN PHONE FIELDS RETURNING \
         Contact(Id, Name, AccountId, OwnerId, LastActivityDate, Account.Name, Phone, MobilePhone, \
         HomePhone, Direct_Line__c LIMIT 50), \
         Lead(Id, Name, Company, OwnerId, LastActivityDate, Phone, MobilePhone \
         WHERE IsConverted = false LIMIT 50), \
         Account(Id, Name, OwnerId, LastActivityDate, Phone LIMIT 50) \
         WITH SPELL_CORRECTION = false"
    );
    assert_eq!(found.where_, "Salesforce search");
    assert_eq!(found.records.len(), 3);
    let ada = &found.records[0];
    assert_eq!((ada.object, &ada.id), (Object::Contact, &id("0035g00000EXAMP")));
    assert_eq!(ada.account, Some((id("0015g00000EXAMP"), "Northwind".to_owned())));
    assert_eq!(ada.owner, Some(id("0055g00000BExam")));
    assert!(ada.last_activity.is_some());
    let phones = [("Phone", "(030) 1234567"), ("Direct_Line__c", "+4930123")];
    assert_eq!(ada.phones, phones.map(|(field, text)| (field.to_owned(), text.to_owned())));
    assert_eq!(found.records[1].company.as_deref(), Some("Liu & Co"));
    assert_eq!(found.records[2].object, Object::Account);
    assert_eq!(found.records[2].person_contact, None);
}

#[tokio::test]
async fn nothing_but_digits_means_no_request_at_all() {
    let org = Org::start(usual).await;
    let (session, _) = org.session();
    let found =
        session.search_index(&texts(&["", "x", "1", "} RETURNING User(Id)"])).await.unwrap();
    assert!(found.records.is_empty());
    assert_eq!(org.ledger().len(), 0);
}

#[tokio::test]
async fn what_the_index_does_not_have_yet_is_asked_for_by_its_exact_spelling() {
    let org = Org::start(|seen| {
        if seen.is_query_of("Contact ") {
            return rows(json!([hits()[0]]));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();
    let exact = texts(&["+49301234567", "030 1234567", "o'clock\\"]);

    let found = session.query_exact(&exact).await.unwrap();

    assert_eq!(found.where_, "Salesforce query");
    assert_eq!(found.records.len(), 1);
    let lead = org.ledger().into_iter().find(|seen| seen.is_query_of("Lead ")).unwrap();
    assert_eq!(
        lead.value("q"),
        r"SELECT Id, Name, Company, OwnerId, LastActivityDate, Phone, MobilePhone FROM Lead WHERE (Phone IN ('+49301234567','030 1234567','o\'clock\\') OR MobilePhone IN ('+49301234567','030 1234567','o\'clock\\')) AND IsConverted = false LIMIT 50"
    );
    assert_eq!(org.count(|seen| seen.path.ends_with("/query/")), 3);
    let asked = org.count(|seen| seen.path.ends_with("/composite"));
    assert_eq!(asked, 1, "the queries in one request");
    let alone = |seen: &Seen| seen.path.ends_with("/query/") && seen.header(PART).is_empty();
    assert_eq!(org.count(alone), 0);
}

#[tokio::test]
async fn an_object_that_is_refused_within_one_request_is_no_silence() {
    let busy = |seen: &Seen| {
        if seen.is_query_of("Lead ") {
            return refusal(
                400,
                "QUERY_TIMEOUT",
                "Your query request was running for too long",
                &[],
            );
        }
        if seen.is_query_of("Contact ") { rows(json!([hits()[0]])) } else { usual(seen) }
    };
    let org = Org::start(busy).await;
    let (session, _) = org.session();
    let error = session.query_exact(&texts(&["030 1"])).await.unwrap_err();
    // The lead may be the better match: what is known by half is not taken for all.
    assert!(matches!(error, Error::Busy { .. }), "{error}");
}

#[tokio::test]
async fn an_object_that_cannot_be_read_hides_no_other_and_alone_is_no_silence() {
    for known in [json!([hits()[0]]), json!([])] {
        let others = known.clone();
        let org = Org::start(move |seen| {
            if seen.is_query_of("Lead ") {
                let json = ("content-type", "application/json;charset=UTF-8");
                return Reply::Text(200, vec![json], "{\"records\": [{\"Id\": tru".to_owned());
            }
            if seen.is_query_of("Contact ") { rows(others.clone()) } else { usual(seen) }
        })
        .await;
        let (session, _) = org.session();
        let asked = session.query_exact(&texts(&["030 1"])).await;
        match known.as_array().map(Vec::len) {
            Some(0) => assert!(asked.is_err_and(|error| error.is_unreadable())),
            _ => assert_eq!(asked.unwrap().records[0].name, "Ada Moreno"),
        }
    }
}

#[tokio::test]
async fn where_queries_are_not_taken_together_they_are_asked_one_by_one() {
    let org = Org::start(|seen| {
        if seen.path.ends_with("/composite") {
            return refusal(400, "LIMIT_EXCEEDED", "too many subrequests", &[]);
        }
        if seen.is_query_of("Contact ") { rows(json!([hits()[0]])) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();
    let found = session.query_exact(&texts(&["030 1"])).await.unwrap();
    assert_eq!(found.records.len(), 1);
}

#[tokio::test]
async fn a_page_for_people_in_place_of_queries_is_the_networks_and_no_lost_change() {
    let org = Org::start(|seen| match seen.path.ends_with("/composite") {
        true => Reply::Text(200, vec![("content-type", "text/html")], "<html>".to_owned()),
        false => usual(seen),
    })
    .await;
    let (session, _) = org.session();
    let error = session.query_exact(&texts(&["030 1"])).await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{error}");
}

#[tokio::test]
async fn a_person_account_is_opened_as_account_and_linked_as_contact() {
    let org = Org::start(|seen| {
        if seen.path.ends_with("/Account/describe") {
            let field = |name: &str, kind: &str| json!({"name": name, "type": kind, "filterable": true});
            return ok(json!({"createable": true, "fields": [
                field("Id", "id"), field("Name", "string"), field("IsPersonAccount", "boolean"),
                field("PersonContactId", "reference"), field("Phone", "phone"), field("PersonMobilePhone", "phone"),
            ]}));
        }
        if is_search(seen) {
            return ok(json!({"searchRecords": [
                {"attributes": {"type": "Account"}, "Id": "0015g00000EXAMP", "Name": "Eva Ruiz", "IsPersonAccount": true,
                 "PersonContactId": "0035g00000EXAMP", "PersonMobilePhone": "0170 1234567"},
                {"attributes": {"type": "Account"}, "Id": "0015g00000EXBMP", "Name": "Northwind", "IsPersonAccount": false,
                 "PersonContactId": null, "Phone": "0170 1234567"},
            ]}));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();

    let found = session.search_index(&texts(&["01701234567"])).await.unwrap();

    assert_eq!(found.records[0].person_contact, Some(id("0035g00000EXAMP")));
    assert_eq!(found.records[0].phones[0].0, "PersonMobilePhone");
    assert_eq!(found.records[1].person_contact, None);
    let search = org.ledger().into_iter().find(is_search).unwrap();
    assert!(
        search.value("q").contains("IsPersonAccount, PersonContactId, Phone, PersonMobilePhone")
    );
}

#[tokio::test]
async fn an_object_that_this_user_does_not_see_is_not_named() {
    let org = Org::start(|seen| {
        if seen.path.ends_with("/Lead/describe") || seen.path.ends_with("/Account/describe") {
            return refusal(404, "NOT_FOUND", "The requested resource does not exist", &[]);
        }
        if is_search(seen) { ok(json!({"searchRecords": []})) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();

    session.search_index(&texts(&["0301234567"])).await.unwrap();

    let search = org.ledger().into_iter().find(is_search).unwrap();
    let query = search.value("q");
    assert!(
        !query.contains("Lead(") && !query.contains("Account(") && !query.contains("Account.Name"),
        "{query}"
    );
    assert_eq!(session.phone_fields(Object::Lead).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_field_that_was_hidden_since_is_learnt_and_the_search_repeated_once() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let searches = AtomicUsize::new(0);
    let org = Org::start(move |seen| {
        if is_search(seen) {
            return match searches.fetch_add(1, Ordering::SeqCst) {
                0 => refusal(
                    400,
                    "INVALID_FIELD",
                    "No such column 'HomePhone' on entity 'Contact'",
                    &[],
                ),
                _ => ok(json!({"searchRecords": []})),
            };
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();

    session.search_index(&texts(&["0301234567"])).await.unwrap();

    assert_eq!(org.count(is_search), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_json_or_without_end_is_an_error_and_no_more() {
    for answer in ["<html>Sign in to the guest network</html>", "", "[]", "{\"searchRecords\":7}"] {
        let answer = answer.to_owned();
        let org = Org::start(move |seen| {
            if is_search(seen) { Reply::Text(200, vec![], answer.clone()) } else { usual(seen) }
        })
        .await;
        let (session, _) = org.session();
        let error = session.search_index(&texts(&["0301234567"])).await.unwrap_err();
        assert!(matches!(error, Error::UnexpectedAnswer { .. }), "{error}");
    }
    let org = Org::start(|seen| {
        if is_search(seen) { Reply::Text(200, vec![], " ".repeat(17 << 20)) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();
    let error = session.search_index(&texts(&["0301234567"])).await.unwrap_err();
    assert!(error.to_string().contains("16 MB"), "{error}");
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_only_from_the_same_host() {
    let org = Org::start(|seen| match seen.path.as_str() {
        "/services/data/v62.0/query/01g-2000" => rows(json!([user("Leo Brandt")])),
        _ if seen.is_query_of("User") => ok(json!({"totalSize": 2, "done": false,
            "nextRecordsUrl": "/services/data/v62.0/query/01g-2000", "records": [user("Mara Voss")]})),
        _ => usual(seen),
    })
    .await;
    let (session, _) = org.session();
    let team = session.team(false).await.unwrap();
    let names: Vec<_> = team.people.into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["Mara Voss", "Leo Brandt"]);

    let org = Org::start(|seen| {
        if seen.is_query_of("User") {
            return ok(json!({"done": false, "records": [], "nextRecordsUrl": "https://evil.example/services/data/"}));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();
    assert!(matches!(session.team(false).await, Err(Error::UnexpectedAnswer { .. })));
}

fn user(name: &str) -> Value {
    let mail = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
    json!({"attributes": {"type": "User"}, "Id": support::user_id().as_str(), "Name": name, "Username": mail,
        "Email": mail, "Extension": " 4101 ", "Profile": {"Name": "Standard User"}})
}

#[tokio::test]
async fn the_signed_in_user_is_known_even_where_their_extension_is_hidden() {
    let org = Org::start(|seen| {
        if seen.is_query_of("Organization") {
            return rows(json!([{"Name": "Northwind", "IsSandbox": true}]));
        }
        if seen.is_query_of("User") && seen.value("q").contains("Extension") {
            return refusal(
                400,
                "INVALID_FIELD",
                "No such column 'Extension' on entity 'User'",
                &[],
            );
        }
        if seen.is_query_of("User") {
            let mut user = user("Mara Voss");
            user.as_object_mut().unwrap().remove("Extension");
            return rows(json!([user]));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();

    let me = session.user().await.unwrap();

    assert_eq!((me.name.as_str(), me.extension.as_deref()), ("Mara Voss", None));
    assert!(me.is_sandbox);
    assert_eq!(me.org_name, "Northwind");
    let asked = org.ledger().into_iter().rev().find(|seen| seen.is_query_of("User")).unwrap();
    assert!(asked.value("q").contains(support::user_id().as_str()));
    let usage = session.usage();
    assert_eq!((usage.calls_made, usage.org_used, usage.org_max), (3, Some(18), Some(15_000)));
}

#[tokio::test]
async fn one_record_is_read_by_its_id() {
    let org = Org::start(|seen| {
        if seen.is_query_of("Contact ") { rows(json!([hits()[0]])) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();
    let wanted = id("0035g00000EXAMP");

    let record = session.record(Object::Contact, &wanted).await.unwrap();
    assert_eq!(record.unwrap().name, "Ada Moreno");
    assert_eq!(session.record(Object::Lead, &id("00Q5g00000EXAMP")).await.unwrap(), None);
}

#[tokio::test]
async fn the_offered_versions_are_asked_without_a_token() {
    let org = Org::start(usual).await;
    let (session, _) = org.session();
    assert_eq!(session.versions().await.unwrap(), ["62.0"]);
    assert!(org.ledger().iter().all(|seen| !seen.headers.contains_key("authorization")));
}
