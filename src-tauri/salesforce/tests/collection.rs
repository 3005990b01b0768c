//! Many calls become Tasks with one request, each for itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use domain::{CallKey, Direction, RecordId, TaskDraft};
use salesforce::Error;
use serde_json::{Value, json};
use support::{Org, Reply, Seen, ok, usual};

const MANY: &str = "/services/data/v62.0/composite/sobjects";

fn draft(n: usize) -> TaskDraft {
    TaskDraft {
        subject: format!("Inbound call {n}"),
        direction: Direction::Inbound,
        talk_seconds: 51,
        disposition: "Answered".to_owned(),
        key: CallKey::from_stored(format!("ys:3630X:17676.{n}:4101")),
        who: None,
        what: None,
        date: (2026, 1, 5),
        written: domain::note::Written { note: String::new(), facts: "Duration: 0:51".to_owned() },
    }
}

fn drafts() -> Vec<TaskDraft> {
    (0..3).map(draft).collect()
}

fn id(n: usize) -> String {
    format!("00T5g00000Exam{n}")
}

fn task(n: usize) -> RecordId {
    RecordId::parse(&id(n)).unwrap()
}

fn saved(n: usize) -> Value {
    json!({"id": id(n), "success": true, "errors": []})
}

fn answers(answer: Value) -> impl Fn(&Seen) -> Reply {
    move |seen| if seen.path.starts_with(MANY) { ok(answer.clone()) } else { usual(seen) }
}

#[tokio::test]
async fn each_call_is_a_task_as_it_would_be_alone() {
    let org = Org::start(answers(json!([saved(0), saved(1), saved(2)]))).await;
    let (session, _) = org.session();

    let logged = session.log_calls(&drafts()).await.unwrap();

    let ids: Vec<_> = logged.into_iter().map(|one| one.map(|one| (one.id, one.existed))).collect();
    for (n, found) in ids.into_iter().enumerate() {
        assert_eq!(found.unwrap(), (task(n), false));
    }
    let sent = org.ledger().into_iter().find(|seen| seen.path == MANY).unwrap();
    assert_eq!((sent.method.as_str(), &sent.json()["allOrNone"]), ("POST", &json!(false)));
    let expected = json!({
        "attributes": {"type": "Task"},
        "Subject": "Inbound call 1",
        "Status": "Completed",
        "TaskSubtype": "Call",
        "CallType": "Inbound",
        "CallDurationInSeconds": 51,
        "CallDisposition": "Answered",
        "CallObject": draft(1).key.as_str(),
        "ActivityDate": "2026-01-05",
        "Description": "Duration: 0:51",
    });
    assert_eq!(sent.json()["records"][1], expected);
}

#[tokio::test]
async fn under_a_unique_key_what_is_there_is_not_written_twice() {
    let org = Org::start(|seen| {
        if seen.path.ends_with("/sobjects/Task/describe") {
            let text = include_str!("../fixtures/describe_Task.json");
            let mut described: Value = serde_json::from_str(text).unwrap();
            described["fields"].as_array_mut().unwrap().push(json!({
                "name": "PBX_Call_Key__c", "type": "string", "length": 255, "createable": true,
                "updateable": true, "filterable": true, "externalId": true, "unique": true}));
            return ok(described);
        }
        if seen.path.starts_with(MANY) {
            return ok(json!([
                {"id": id(0), "success": true, "created": true, "errors": []},
                {"id": id(1), "success": true, "created": false, "errors": []},
                {"id": id(2), "success": true, "created": true, "errors": []},
            ]));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();

    let logged = session.log_calls(&drafts()).await.unwrap();

    let existed: Vec<_> = logged.into_iter().map(|one| one.unwrap().existed).collect();
    assert_eq!(existed, [false, true, false]);
    let sent = org.ledger().into_iter().find(|seen| seen.path.starts_with(MANY)).unwrap();
    assert_eq!(sent.method, "PATCH");
    assert!(sent.path.ends_with("/Task/PBX_Call_Key__c"), "{}", sent.path);
    assert_eq!(sent.json()["records"][2]["PBX_Call_Key__c"], draft(2).key.as_str());
}

#[tokio::test]
async fn a_refusal_of_one_is_that_ones_alone() {
    let refused = json!({"success": false, "errors": [
        {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "say why", "fields": []}]});
    let busy = json!({"success": false, "errors": [
        {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}]});
    let org = Org::start(answers(json!([refused, saved(1), busy]))).await;
    let (session, _) = org.session();

    let logged = session.log_calls(&drafts()).await.unwrap();

    assert!(matches!(logged[0], Err(Error::Rejected { .. })), "{:?}", logged[0]);
    assert_eq!(logged[1].as_ref().unwrap().id, task(1));
    assert!(matches!(logged[2], Err(Error::Busy { .. })), "{:?}", logged[2]);
}

#[tokio::test]
async fn what_the_answer_does_not_say_may_have_happened() {
    for answer in [
        json!([saved(0)]),
        json!([saved(0), {"success": true, "id": "../x"}, {"success": false, "errors": []}]),
    ] {
        let org = Org::start(answers(answer)).await;
        let (session, _) = org.session();
        let logged = session.log_calls(&drafts()).await.unwrap();
        assert!(logged[0].is_ok());
        for one in &logged[1..] {
            assert!(one.as_ref().unwrap_err().may_have_happened(), "{one:?}");
        }
    }
    for whole in [
        Reply::Nothing,
        Reply::Text(200, vec![("content-type", "text/html")], "<html>".to_owned()),
        Reply::Text(200, vec![("content-type", "application/json")], "[{".to_owned()),
        Reply::Text(502, vec![], String::new()),
    ] {
        let whole = std::sync::Mutex::new(Some(whole));
        let org = Org::start(move |seen| {
            if seen.path.starts_with(MANY) {
                return whole.lock().unwrap().take().unwrap_or(Reply::Nothing);
            }
            usual(seen)
        })
        .await;
        let (session, _) = org.session();
        let error = session.log_calls(&drafts()).await.unwrap_err();
        assert!(error.may_have_happened(), "{error}");
        assert_eq!(org.count(|seen| seen.path.starts_with(MANY)), 1, "it is not sent again");
    }
}

/// An org in which one of the Tasks carries a key that is among many. `takes` says whether it answers a request.
async fn org_with_one_task(takes: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static) -> Org {
    Org::start(move |seen| {
        if let Some(refusal) = takes(seen) {
            return refusal;
        }
        if seen.is_query_of("Task ") {
            let key = draft(250).key;
            let here = seen.value("q").contains(&format!("'{}'", key.as_str()));
            let rows =
                if here { json!([{"Id": id(2), "CallObject": key.as_str()}]) } else { json!([]) };
            return support::rows(rows);
        }
        usual(seen)
    })
    .await
}

/// Asks for as many keys as one request takes, and returns how many requests that was.
async fn asks_for_many(org: &Org) -> usize {
    let (session, _) = org.session();
    let keys: Vec<CallKey> = (0..salesforce::KEYS).map(|n| draft(n).key).collect();
    session.keys_are_unique().await.unwrap();
    let before = org.requests();

    let tasks = session.tasks_with_keys(&keys, false).await.unwrap();

    assert_eq!(tasks.len(), 1);
    assert_eq!((&tasks[0].id, &tasks[0].key), (&task(2), &draft(250).key));
    org.requests() - before
}

fn is_together(seen: &Seen) -> bool {
    seen.path.ends_with("/composite")
}

#[tokio::test]
async fn a_question_for_two_thousand_keys_is_one_request() {
    let org = org_with_one_task(|_| None).await;
    assert_eq!(asks_for_many(&org).await, 1);
    assert_eq!(salesforce::KEYS, 2_000);
}

#[tokio::test]
async fn where_a_part_is_too_long_or_takes_too_long_the_keys_are_asked_for_in_smaller_portions() {
    for (status, code) in [(414, "URI_TOO_LONG"), (400, "QUERY_TIMEOUT")] {
        let org = org_with_one_task(move |seen| {
            let long = seen.value("q").len() > 8_000;
            long.then(|| support::refusal(status, code, "no", &[]))
        })
        .await;
        assert_eq!(asks_for_many(&org).await, 1 + 4, "{code}");
        assert_eq!(org.count(is_together), 1 + 4, "{code}");
    }
}

#[tokio::test]
async fn where_queries_are_not_taken_together_keys_are_asked_for_as_many_as_an_address_holds() {
    let org = org_with_one_task(|seen| {
        is_together(seen).then(|| support::refusal(400, "LIMIT_EXCEEDED", "no", &[]))
    })
    .await;
    assert_eq!(asks_for_many(&org).await, (1 + 4) + 20);
    let asked = org.ledger().into_iter().filter(|seen| seen.is_query_of("Task "));
    let longest = asked.map(|seen| seen.value("q").len()).max().unwrap();
    assert!(longest < 8_000, "{longest}");
}
