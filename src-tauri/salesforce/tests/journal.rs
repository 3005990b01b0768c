//! A call becomes a Task, once, with what this org and user have.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use domain::{CallKey, Direction, RecordId, TaskDraft};
use reqwest::Method;
use salesforce::{Error, LeftOut, Retry};
use serde_json::{Value, json};
use support::{Org, Reply, Seen, ok, refusal, rows, usual};

const TASK: &str = "00T5g00000EXAMPEAB";
const KEY: &str = "ys:3630000X0001:1767600923.417:4101";

fn draft() -> TaskDraft {
    TaskDraft {
        subject: "Inbound call from Ada Moreno".to_owned(),
        direction: Direction::Inbound,
        talk_seconds: 51,
        disposition: "Answered".to_owned(),
        key: CallKey::from_stored(KEY),
        who: Some(contact()),
        what: None,
        date: (2026, 1, 5),
        written: domain::note::Written {
            note: String::new(),
            facts: "Started: 2026-01-05 09:15:23 +01:00\nDuration: 0:51".to_owned(),
        },
    }
}

fn contact() -> RecordId {
    RecordId::parse("0035g00000EXAMP").unwrap()
}

fn task() -> RecordId {
    RecordId::parse(&TASK[..15]).unwrap()
}

fn created() -> Reply {
    Reply::Json(201, json!({"id": task().as_str(), "success": true, "errors": []}))
}

fn is_create(seen: &Seen) -> bool {
    seen.method == Method::POST.as_str() && seen.path == "/services/data/v62.0/sobjects/Task"
}

fn is_upsert(seen: &Seen) -> bool {
    seen.method == Method::PATCH.as_str() && seen.path.contains("/sobjects/Task/PBX_Call_Key__c/")
}

fn bodies(org: &Org, which: fn(&Seen) -> bool) -> Vec<Value> {
    org.ledger().iter().filter(|seen| which(seen)).map(Seen::json).collect()
}

/// Describes a Task with the fields changed by `change`.
fn describe(seen: &Seen, change: impl Fn(&mut Vec<Value>)) -> Option<Reply> {
    if !seen.path.ends_with("/sobjects/Task/describe") {
        return None;
    }
    let text = include_str!("../fixtures/describe_Task.json");
    let mut described: Value = serde_json::from_str(text).unwrap();
    change(described["fields"].as_array_mut().unwrap());
    Some(ok(described))
}

fn with_key_field(fields: &mut Vec<Value>) {
    fields.push(
        json!({"name": "PBX_Call_Key__c", "type": "string", "length": 255, "createable": true,
        "updateable": true, "filterable": true, "externalId": true, "unique": true}),
    );
}

#[tokio::test]
async fn a_task_has_the_fields_of_the_contract() {
    let org = Org::start(|seen| if is_create(seen) { created() } else { usual(seen) }).await;
    let (session, _) = org.session();

    let logged = session.log_call(&draft(), false).await.unwrap();

    assert_eq!((logged.id, logged.existed, logged.left_out), (task(), false, LeftOut::default()));
    let expected = json!({
        "Subject": "Inbound call from Ada Moreno",
        "Status": "Completed",
        "TaskSubtype": "Call",
        "CallType": "Inbound",
        "CallDurationInSeconds": 51,
        "CallDisposition": "Answered",
        "CallObject": KEY,
        "WhoId": contact().as_str(),
        "ActivityDate": "2026-01-05",
        "Description": "Started: 2026-01-05 09:15:23 +01:00\nDuration: 0:51",
    });
    assert_eq!(bodies(&org, is_create), [expected]);
    assert_eq!(org.count(|seen| seen.is_query_of("Task ")), 0);
}

#[tokio::test]
async fn a_call_that_is_logged_already_is_not_logged_again() {
    let org = Org::start(|seen| {
        if seen.is_query_of("Task ") { rows(json!([{"Id": task().as_str()}])) } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();

    let logged = session.log_call(&draft(), true).await.unwrap();

    assert_eq!((logged.id, logged.existed), (task(), true));
    assert_eq!(org.count(is_create), 0);
    let asked = org.ledger().into_iter().find(|seen| seen.is_query_of("Task ")).unwrap();
    assert!(asked.value("q").contains(&format!("CallObject = '{KEY}'")), "{}", asked.value("q"));
}

#[tokio::test]
async fn a_task_whose_answer_is_lost_is_found_by_its_key() {
    let written = AtomicBool::new(false);
    let org = Org::start(move |seen| {
        if is_create(seen) {
            written.store(true, Ordering::SeqCst);
            return Reply::Nothing;
        }
        if seen.is_query_of("Task ") && written.load(Ordering::SeqCst) {
            return rows(json!([{"Id": task().as_str()}]));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();

    let error = session.log_call(&draft(), false).await.unwrap_err();
    assert!(error.may_have_happened(), "{error}");
    assert_eq!(error.retry(), Retry::Later { after: None });
    let logged = session.log_call(&draft(), true).await.unwrap();

    assert_eq!((logged.id, logged.existed), (task(), true));
    assert_eq!(org.count(is_create), 1);
}

#[tokio::test]
async fn an_error_page_of_a_proxy_may_hide_a_written_task_and_a_closed_door_does_not() {
    for (status, may_have) in [(502, true), (504, true), (500, true), (503, false)] {
        let page = "<html>Bad gateway</html>".to_owned();
        let org = Org::start(move |seen| {
            if is_create(seen) {
                Reply::Text(status, vec![("content-type", "text/html")], page.clone())
            } else {
                usual(seen)
            }
        })
        .await;
        let (session, _) = org.session();
        let error = session.log_call(&draft(), false).await.unwrap_err();
        assert_eq!(error.may_have_happened(), may_have, "{status} {error}");
        assert_eq!(error.retry(), Retry::Later { after: None });
        assert_eq!(org.count(is_create), 1);
    }
}

#[tokio::test]
async fn where_the_org_has_the_key_field_the_task_is_upserted_by_it() {
    let org = Org::start(|seen| {
        if is_upsert(seen) {
            let saved =
                json!({"id": task().as_str(), "success": true, "errors": [], "created": true});
            return Reply::Json(201, saved);
        }
        describe(seen, with_key_field).unwrap_or_else(|| usual(seen))
    })
    .await;
    let (session, _) = org.session();

    let logged = session.log_call(&draft(), false).await.unwrap();

    assert_eq!((logged.id, logged.existed), (task(), false));
    let upsert = org.ledger().into_iter().find(is_upsert).unwrap();
    assert!(
        upsert.path.ends_with("ys%3A3630000X0001%3A1767600923%2E417%3A4101"),
        "{}",
        upsert.path
    );
    assert!(upsert.json().get("PBX_Call_Key__c").is_none());
    assert_eq!(upsert.json()["CallObject"], KEY);
    assert_eq!(org.count(is_create), 0);
}

#[tokio::test]
async fn two_desktops_with_the_same_key_end_at_one_task() {
    let twice = "duplicate value found: PBX_Call_Key__c duplicates value on record with id: 00T5g00000EXAMP";
    for (message, found, fields) in [
        (twice, true, vec!["PBX_Call_Key__c"]),
        (twice, false, vec![]),
        ("Unable to create/update fields: TaskSubtype.", true, vec!["TaskSubtype"]),
    ] {
        let code =
            if message == twice { "DUPLICATE_VALUE" } else { "INVALID_FIELD_FOR_INSERT_UPDATE" };
        let org = Org::start(move |seen| {
            if is_upsert(seen) {
                return refusal(400, code, message, &fields);
            }
            if seen.is_query_of("Task ") && found {
                return rows(json!([{"Id": task().as_str()}]));
            }
            describe(seen, with_key_field).unwrap_or_else(|| usual(seen))
        })
        .await;
        let (session, _) = org.session();

        let logged = session.log_call(&draft(), false).await.unwrap();

        assert_eq!((logged.id, logged.existed), (task(), true), "{message}");
        assert_eq!(org.count(is_upsert), 1);
    }
}

#[tokio::test]
async fn a_task_whose_contact_is_gone_is_logged_without_it_and_says_so() {
    for (code, fields) in [
        ("ENTITY_IS_DELETED", vec![]),
        ("INVALID_CROSS_REFERENCE_KEY", vec!["WhoId"]),
        ("FIELD_INTEGRITY_EXCEPTION", vec!["WhoId"]),
    ] {
        let org = Org::start(move |seen| {
            if is_create(seen) && seen.json().get("WhoId").is_some() {
                return refusal(400, code, "entity is deleted", &fields);
            }
            if is_create(seen) { created() } else { usual(seen) }
        })
        .await;
        let (session, _) = org.session();

        let logged = session.log_call(&draft(), false).await.unwrap();

        assert!(logged.left_out.links);
        assert_eq!(org.count(is_create), 2);
        assert!(bodies(&org, is_create)[1].get("WhoId").is_none());
    }
}

#[tokio::test]
async fn what_the_org_refuses_for_good_is_passed_on_in_its_own_words() {
    for (status, code, retry) in [
        (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", Retry::Never),
        (400, "REQUIRED_FIELD_MISSING", Retry::Never),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", Retry::AfterPerson),
    ] {
        let org = Org::start(move |seen| {
            if is_create(seen) {
                return refusal(status, code, "Please pick a reason", &["Reason__c"]);
            }
            usual(seen)
        })
        .await;
        let (session, _) = org.session();
        let error = session.log_call(&draft(), false).await.unwrap_err();
        assert!(error.to_string().contains("Please pick a reason"), "{error}");
        assert_eq!(error.retry(), retry);
        assert_eq!(org.count(is_create), 1);
    }
}

#[tokio::test]
async fn a_user_without_the_right_to_create_tasks_is_told_so_without_trying() {
    let org = Org::start(|seen| {
        if seen.path.ends_with("/sobjects/Task/describe") {
            return ok(json!({"createable": false, "fields": [{"name": "Id", "type": "id"}]}));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();
    let error = session.log_call(&draft(), false).await.unwrap_err();
    assert!(matches!(error, Error::MissingPermission { .. }), "{error}");
    assert_eq!(org.count(is_create), 0);
}

#[tokio::test]
async fn fields_that_this_user_does_not_have_are_left_out() {
    let org = Org::start(|seen| {
        if is_create(seen) {
            return created();
        }
        let hide = |fields: &mut Vec<Value>| {
            fields.retain(|field| field["name"] != "CallDisposition");
            for field in fields.iter_mut() {
                if field["name"] == "CallObject" {
                    field["createable"] = json!(false);
                }
                if field["name"] == "CallType" {
                    field["picklistValues"] = json!([{"value": "Outbound", "active": true}]);
                }
            }
        };
        describe(seen, hide).unwrap_or_else(|| usual(seen))
    })
    .await;
    let (session, _) = org.session();

    session.log_call(&draft(), false).await.unwrap();

    let body = &bodies(&org, is_create)[0];
    for hidden in ["CallDisposition", "CallObject", "CallType"] {
        assert!(body.get(hidden).is_none(), "{hidden}");
    }
    assert_eq!(body["CallDurationInSeconds"], 51);
}

#[tokio::test]
async fn a_field_that_was_hidden_since_is_dropped_and_learnt() {
    let org = Org::start(|seen| {
        if is_create(seen) && seen.json().get("CallType").is_some() {
            let message = "No such column 'CallType' on sobject of type Task";
            return refusal(400, "INVALID_FIELD", message, &["CallType"]);
        }
        if is_create(seen) { created() } else { usual(seen) }
    })
    .await;
    let (session, _) = org.session();

    session.log_call(&draft(), false).await.unwrap();
    session.task_with_key(&draft().key).await.unwrap();

    assert_eq!(org.count(is_create), 2);
    assert_eq!(org.count(|seen| seen.path.ends_with("/Task/describe")), 2);
}

#[tokio::test]
async fn a_customised_status_is_one_that_closes_the_task() {
    let org = Org::start(|seen| {
        if is_create(seen) {
            return created();
        }
        if seen.is_query_of("TaskStatus") {
            if seen.value("q").contains("ApiName") {
                let message = "No such column 'ApiName' on entity 'TaskStatus'";
                return refusal(400, "INVALID_FIELD", message, &[]);
            }
            return rows(json!([
                {"MasterLabel": "Offen", "IsClosed": false},
                {"MasterLabel": "Erledigt", "IsClosed": true},
            ]));
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();

    session.log_call(&draft(), false).await.unwrap();
    session.log_call(&draft(), false).await.unwrap();

    assert!(bodies(&org, is_create).iter().all(|body| body["Status"] == "Erledigt"));
    assert_eq!(org.count(|seen| seen.is_query_of("TaskStatus")), 2);
}

#[tokio::test]
async fn texts_are_cut_to_their_fields_and_cleaned() {
    let org = Org::start(|seen| if is_create(seen) { created() } else { usual(seen) }).await;
    let (session, _) = org.session();
    let mut long = draft();
    long.subject = format!("Inbound call from \0{}\r\nx", "😀".repeat(200));
    long.written.note = format!("note\0\r\n{}", "ü".repeat(40_000));

    session.log_call(&long, false).await.unwrap();

    let body = &bodies(&org, is_create)[0];
    let subject = body["Subject"].as_str().unwrap();
    assert!(subject.encode_utf16().count() <= 255 && subject.ends_with('😀'), "{subject}");
    assert!(!subject.contains(char::is_control));
    let description = body["Description"].as_str().unwrap();
    assert!((31_990..=32_000).contains(&description.chars().count()));
    assert!(description.starts_with("note\nü"));
    let facts = format!("… [cut here; Patchcord has the whole note]\n\n{}", long.written.facts);
    assert!(description.ends_with(&facts), "the facts stay");
}

#[tokio::test]
async fn a_busy_record_and_a_spent_budget_are_told_apart() {
    for (status, code, message, after) in [
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", None),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Some(900)),
    ] {
        let org = Org::start(move |seen| {
            if is_create(seen) { refusal(status, code, message, &[]) } else { usual(seen) }
        })
        .await;
        let (session, _) = org.session();
        let error = session.log_call(&draft(), false).await.unwrap_err();
        let after = after.map(std::time::Duration::from_secs);
        assert_eq!(error.retry(), Retry::Later { after }, "{error}");
        assert!(!error.may_have_happened());
        assert_eq!(org.count(is_create), 1);
    }
}

#[tokio::test]
async fn a_later_choice_changes_the_task_and_leaves_its_kind_alone() {
    let org = Org::start(|seen| {
        if seen.method == Method::PATCH.as_str() {
            return Reply::Text(204, vec![], String::new());
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();
    let mut chosen = draft();
    chosen.who = RecordId::parse("00Q5g00000EXAMP");

    session.update_call(&task(), &chosen, None, false).await.unwrap();

    let patch = org.ledger().into_iter().find(|seen| seen.method == "PATCH").unwrap();
    assert!(patch.path.ends_with(&format!("/sobjects/Task/{}", task())));
    let body = patch.json();
    assert_eq!(body["WhoId"], chosen.who.unwrap().as_str());
    assert_eq!(body["WhatId"], Value::Null);
    assert!(body.as_object().unwrap().contains_key("WhatId"));
    assert_eq!(body["CallObject"], chosen.key.as_str(), "what it carried is not known");
    for fixed in ["TaskSubtype", "Status"] {
        assert!(body.get(fixed).is_none(), "{fixed}");
    }
}

#[tokio::test]
async fn a_key_that_is_corrected_is_corrected_in_the_task_and_no_other_is_sent() {
    let org = Org::start(|seen| {
        if seen.method == Method::PATCH.as_str() {
            return Reply::Text(204, vec![], String::new());
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();
    let mut answered = draft();
    let before = answered.said();
    session.update_call(&task(), &answered, Some(&before), false).await.unwrap();
    assert!(org.ledger().iter().all(|seen| seen.method != "PATCH"), "nothing has changed");

    answered.key = CallKey::from_stored("ys:3630:1.1:4101");
    session.update_call(&task(), &answered, Some(&before), false).await.unwrap();

    let patch = org.ledger().into_iter().find(|seen| seen.method == "PATCH").unwrap();
    assert_eq!(patch.json()["CallObject"], "ys:3630:1.1:4101");
    assert!(patch.json().get("Description").is_none());
}

#[tokio::test]
async fn deleting_a_task_that_is_gone_is_no_error() {
    let answers = Mutex::new(vec![
        refusal(404, "NOT_FOUND", "gone", &[]),
        refusal(404, "ENTITY_IS_DELETED", "entity is deleted", &[]),
        Reply::Text(204, vec![], String::new()),
    ]);
    let org = Org::start(move |_| answers.lock().unwrap().pop().unwrap()).await;
    let (session, _) = org.session();
    for _ in 0..3 {
        session.delete_task(&task()).await.unwrap();
    }
    assert!(org.ledger().iter().all(|seen| seen.method == "DELETE"));
}

#[tokio::test]
async fn a_key_cannot_leave_its_quotes() {
    let org = Org::start(usual).await;
    let (session, _) = org.session();
    let hostile = CallKey::from_stored("x') OR (Name LIKE '%");

    session.task_with_key(&hostile).await.unwrap();

    let asked = org.ledger().into_iter().find(|seen| seen.is_query_of("Task ")).unwrap();
    assert!(asked.value("q").contains(r"CallObject = 'x\') OR (Name LIKE \'%'"));
}

#[tokio::test]
async fn an_unchanged_description_costs_no_second_transfer() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let org = Org::start(|seen| {
        if seen.path.ends_with("/describe") {
            ASKED.fetch_add(1, Ordering::SeqCst);
            if seen.headers.contains_key("if-modified-since") {
                return Reply::Text(304, vec![], String::new());
            }
            let body = include_str!("../fixtures/describe_Task.json").to_owned();
            let date = "Mon, 05 Jan 2026 08:00:00 GMT";
            return Reply::Text(200, vec![("last-modified", date)], body);
        }
        usual(seen)
    })
    .await;
    let (session, _) = org.session();
    session.describe_task().await.unwrap();
    session.describe_task().await.unwrap();
    assert_eq!(ASKED.swap(0, Ordering::SeqCst), 1);

    let mut app = org.app();
    app.timeouts.describe = std::time::Duration::ZERO;
    let (session, _) = org.session_of(app);
    let first = session.describe_task().await.unwrap().unwrap();
    let second = session.describe_task().await.unwrap().unwrap();

    assert!(std::sync::Arc::ptr_eq(&first, &second));
    assert_eq!(ASKED.load(Ordering::SeqCst), 2);
}
