//! `status`, `calls` and `explain`, key by key. The samples are those of contract.md §4.

use engine::{
    command::Command,
    view::{CallResult, Decision},
};
use scenarios::{ADA, AGENT, Office, Options};
use serde_json::{Value, json};

/// Asserts that `actual` has exactly the keys of `sample`, each of the same type. In a sample, a text that begins with
/// `?` stands for null or the type behind it: `?text`, `?number`, `?problem`, `?any`.
fn assert_shape(actual: &Value, sample: &Value, at: &str) {
    match (actual, sample) {
        (_, Value::String(wish)) if wish.starts_with('?') => {
            let fits = match &wish[1..] {
                "text" => actual.is_string(),
                "number" => actual.is_u64(),
                "problem" => {
                    if actual.is_object() {
                        assert_shape(
                            actual,
                            &json!({ "code": "", "message": "", "action": "" }),
                            at,
                        );
                    }
                    actual.is_object()
                }
                "any" => true,
                other => panic!("no such sample: {other}"),
            };
            assert!(actual.is_null() || fits, "{at}: {actual} is no {wish}");
        }
        (Value::Object(actual), Value::Object(sample)) => {
            let (mut here, mut wanted): (Vec<_>, Vec<_>) =
                (actual.keys().collect(), sample.keys().collect());
            here.sort();
            wanted.sort();
            assert_eq!(here, wanted, "the keys of {at}");
            for (key, value) in sample {
                assert_shape(&actual[key], value, &format!("{at}.{key}"));
            }
        }
        (Value::Array(actual), Value::Array(sample)) => {
            if let Some(sample) = sample.first() {
                assert!(!actual.is_empty(), "{at} is empty, and so proves nothing");
                for (place, value) in actual.iter().enumerate() {
                    assert_shape(value, sample, &format!("{at}[{place}]"));
                }
            }
        }
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => {}
        (Value::Number(actual), Value::Number(_)) => {
            assert!(actual.is_u64(), "{at}: {actual} is no whole number");
        }
        (actual, sample) => panic!("{at}: {actual} in place of {sample}"),
    }
}

fn status_sample(calls: &Value) -> Value {
    json!({ "version": "0.1.0", "integration": "connected", "secrets": "keyring",
      "pbx": { "state": "connected", "address": "?text", "serial": "?text", "firmware": "?text", "events": "live",
               "last_event_at": "?text", "problem": "?problem" },
      "salesforce": { "state": "connected", "user": "?text", "username": "?text", "org_id": "?text",
                      "instance": "?text", "api_calls_today": 42, "api_limit": "?any", "problem": "?problem" },
      "binding": { "state": "bound", "extension": "?text", "source": "?text", "problem": "?problem" },
      "journal": { "waiting": 0, "stuck": 0, "logged_today": 12 },
      "contacts": { "index": 12430, "index_state": "ready", "unread_numbers": 0, "sync": "off",
                    "synced": 0, "last_sync_at": "?text", "problem": "?problem" },
      "calls": calls })
}

/// Takes out who opens telephone links: it stands beside the contract's keys once the desktop has told.
fn takes_links(status: &mut Value) {
    if let Some(links) = status.as_object_mut().and_then(|status| status.remove("links")) {
        assert_shape(&links, &json!({ "state": "ours", "found": "a sentence" }), "status.links");
    }
}

fn call_sample() -> Value {
    json!({ "id": "1767600923.417", "key": "?text", "direction": "inbound", "number": "?text",
      "started_at": "2026-01-05T08:15:23Z", "talk_seconds": 51, "result": "answered", "queue": "?text",
      "record": "?any", "candidates": 1, "why": "?text", "popped": "?any",
      "journal": { "state": "logged", "task_id": "?text", "reason": "?text" } })
}

fn explain_sample(searched: &Value, candidates: &Value) -> Value {
    json!({ "input": "0493555017", "kind": "external", "e164": "?text", "national": "?text", "country": "?text",
      "searched": searched, "candidates": candidates, "decision": "open", "url": "?text", "would_create": "?any",
      "task": "?any", "dials_as": "?text", "blocked": false })
}

fn candidate_sample() -> Value {
    json!([{ "object": "Contact", "id": "003…", "name": "Ana Ruiz", "field": "Phone", "exact": true, "rank": 1,
             "why": "only match" }])
}

fn to_json<T: serde::Serialize>(view: &T) -> Value {
    serde_json::to_value(view).expect("views are JSON")
}

/// RFC 3339 in UTC, to the second, of the last minute.
fn assert_now(text: &Value) {
    let text = text.as_str().expect("a time");
    assert!(text.len() == 20 && text.ends_with('Z'), "{text}");
    let at: jiff::Timestamp = text.parse().expect("RFC 3339");
    let passed = jiff::Timestamp::now().as_second() - at.as_second();
    assert!((-2..60).contains(&passed), "{text}");
}

#[tokio::test]
async fn the_state_before_anything_is_set_up_has_the_same_keys() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let mut status = to_json(&office.status().await);
    takes_links(&mut status);
    assert_shape(&status, &status_sample(&json!([])), "status");
    assert_eq!(status["integration"], "disconnected");
    assert_eq!(status["pbx"]["state"], "not_configured");
    assert_eq!(status["pbx"]["events"], "down");
    assert_eq!(status["pbx"]["address"], Value::Null);
    assert_eq!(status["salesforce"]["state"], "not_configured");
    assert_eq!(status["salesforce"]["api_limit"], Value::Null);
    assert_eq!(status["binding"]["state"], "unbound");
    assert_eq!(status["binding"]["source"], Value::Null);
    assert_eq!(status["calls"], json!([]));
}

#[tokio::test]
async fn the_state_of_a_connected_desk_is_as_the_contract_says() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    let status = office.status_until("who opens links", |status| status.links.is_some()).await;
    let mut status = to_json(&status);
    assert_eq!(status["links"]["state"], "ours");
    assert_eq!(status["links"]["found"], "tel: links come to Patchcord.");
    takes_links(&mut status);
    let live = json!([{ "id": "1767600923.417", "state": "ringing", "direction": "inbound", "number": "?text",
                        "name": "?text" }]);
    assert_shape(&status, &status_sample(&live), "status");
    let limit = &status["salesforce"]["api_limit"];
    assert_shape(limit, &json!({ "used": 18, "max": 15000 }), "status.salesforce.api_limit");
    assert_eq!(limit["max"], 15_000);

    assert_eq!(status["version"], engine::VERSION);
    assert_eq!(status["integration"], "connected");
    assert_eq!(status["secrets"], "keyring");
    assert_eq!(status["pbx"]["state"], "connected");
    assert_eq!(status["pbx"]["address"], office.pbx.address());
    assert_eq!(status["pbx"]["serial"], office.pbx.serial());
    assert_eq!(status["pbx"]["firmware"], "37.23.0.123");
    assert_eq!(status["pbx"]["events"], "live");
    assert_now(&status["pbx"]["last_event_at"]);
    assert_eq!(status["pbx"]["problem"], Value::Null);
    assert_eq!(status["salesforce"]["state"], "connected");
    assert_eq!(status["salesforce"]["user"], "Mara Voss");
    assert_eq!(status["salesforce"]["username"], "mara.voss@example.com");
    let org = status["salesforce"]["org_id"].as_str().expect("an id");
    assert_eq!((org.len(), &org[..15]), (18, &office.salesforce.org_id()[..15]));
    assert_eq!(status["salesforce"]["instance"], office.salesforce.instance());
    assert_eq!(status["salesforce"]["problem"], Value::Null);
    assert_eq!(
        status["binding"],
        json!({ "state": "bound", "extension": AGENT, "source": "email", "problem": null })
    );
    assert_eq!(status["journal"], json!({ "waiting": 0, "stuck": 0, "logged_today": 0 }));
    assert_eq!(
        status["calls"],
        json!([{ "id": call.id(), "state": "ringing", "direction": "inbound", "number": "+49493555017",
                 "name": "Ada Moreno" }])
    );

    office.answers(&call).await;
    assert_eq!(to_json(&office.status().await)["calls"][0]["state"], "talking");
    call.hang_up();
    office.is_logged(&call.id()).await;
    let status = office
        .status_until("counted", |status| {
            status.journal.logged_today == 1 && status.contacts.index == 1
        })
        .await;
    let counted = usize::try_from(status.salesforce.api_calls_today).expect("a count");
    assert_eq!(counted, office.salesforce.api_calls(), "each request is counted, and no other");
    assert!(status.calls.is_empty());
}

#[tokio::test]
async fn the_list_of_calls_is_as_the_contract_says() {
    let office = Office::open().await;
    let first = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    let live = to_json(&office.calls().await);
    assert_shape(&live, &json!([call_sample()]), "calls");
    assert_eq!(live[0]["result"], "ringing");
    assert_eq!(live[0]["talk_seconds"], 0);
    assert_eq!(live[0]["journal"], json!({ "state": "none", "task_id": null, "reason": null }));
    office.talks(&first, 51).await;
    office.is_logged(&first.id()).await;

    let second = office.pbx.inbound_queue(ADA, "6400");
    office.call_until(&second.id(), "popped", |view| view.popped.is_some()).await;
    second.caller_hangs_up();
    office.is_logged(&second.id()).await;
    let withheld = office.pbx.inbound("anonymous", AGENT);
    office.shows(&withheld, CallResult::Ringing).await;
    withheld.caller_hangs_up();
    office.is_logged(&withheld.id()).await;

    let calls = to_json(&office.calls().await);
    assert_shape(&calls, &json!([call_sample()]), "calls");
    let ids: Vec<_> = calls.as_array().expect("a list").iter().map(|call| &call["id"]).collect();
    assert_eq!(ids, [&withheld.id(), &second.id(), &first.id()], "newest first");

    let task = &office.tasks_of(&first.id())[0];
    let call = &calls[2];
    assert_now(&call["started_at"]);
    let after_ms = call["popped"]["after_ms"].as_u64().expect("milliseconds");
    assert!(after_ms < 10_000);
    assert_eq!(
        *call,
        json!({ "id": first.id(), "key": office.own_key(&first), "direction": "inbound", "number": "+49493555017",
          "started_at": call["started_at"], "talk_seconds": 51, "result": "answered", "queue": null,
          "record": { "object": "Contact", "id": office.ada, "name": "Ada Moreno" }, "candidates": 1,
          "why": "matched Contact.Phone exactly (Salesforce search)",
          "popped": { "url": office.page("Contact", &office.ada), "after_ms": after_ms },
          "journal": { "state": "logged", "task_id": task["Id"], "reason": null } })
    );
    assert_eq!(calls[1]["queue"], "6400");
    assert_eq!(calls[1]["result"], "missed");
    assert_eq!(calls[1]["key"], office.shared_key(&second));
    assert_eq!(calls[1]["why"], "matched Contact.Phone exactly (local index)");
    assert_eq!(calls[0]["number"], Value::Null);
    assert_eq!(calls[0]["record"], Value::Null);
    assert_eq!(calls[0]["candidates"], 0);
    assert_eq!(calls[0]["popped"], Value::Null);

    let Ok(engine::command::Reply::Calls(limited)) = office.asks(Command::Calls { limit: 1 }).await
    else {
        panic!("no calls");
    };
    assert_eq!(to_json(&limited)[0]["id"], withheld.id());
    assert_eq!(limited.len(), 1);
}

#[tokio::test]
async fn a_number_is_explained_as_the_contract_says_and_nothing_is_written() {
    let office = Office::open().await;
    let index = office.status().await.contacts.index;
    let explained = to_json(&office.explains(ADA).await);
    let searched = json!([{ "where": "local index", "found": 1 }]);
    assert_shape(&explained, &explain_sample(&searched, &candidate_sample()), "explain");
    assert_eq!(
        explained,
        json!({ "input": ADA, "kind": "external", "e164": "+49493555017", "national": "04935 55017",
          "country": "DE",
          "searched": [{ "where": "local index", "found": 0 }, { "where": "Salesforce search", "found": 1 }],
          "candidates": [{ "object": "Contact", "id": office.ada, "name": "Ada Moreno", "field": "Phone",
                           "exact": true, "rank": 1, "why": "only match" }],
          "decision": "open", "url": office.page("Contact", &office.ada), "would_create": null,
          "task": { "Subject": "Inbound call from Ada Moreno", "CallType": "Inbound", "WhoId": office.ada },
          "dials_as": "0493555017", "blocked": false })
    );
    assert_eq!(office.status().await.contacts.index, index, "a dry run remembers nothing");

    for (input, kind, subject, dials_as, blocked) in [
        ("0900 1234567", "external", "Inbound call from +499001234567", json!("09001234567"), true),
        ("4102", "extension", "Internal call with 4102", json!("4102"), false),
        ("anonymous", "withheld", "Inbound call from a withheld number", Value::Null, false),
        ("hello", "invalid", "Inbound call from hello", Value::Null, false),
    ] {
        let explained = to_json(&office.explains(input).await);
        assert_shape(&explained, &explain_sample(&json!([]), &json!([])), input);
        assert_eq!(explained["kind"], kind, "{input}");
        assert_eq!(explained["decision"], "nothing", "{input}");
        assert_eq!(explained["task"]["Subject"], subject);
        assert_eq!(explained["dials_as"], dials_as, "{input}");
        assert_eq!(explained["blocked"], blocked, "{input}");
        assert_eq!(explained["url"], Value::Null);
        if kind != "external" {
            assert_eq!(explained["searched"], json!([]), "{input}: there is nothing to search for");
            assert_eq!(explained["e164"], Value::Null);
        }
    }
    assert_eq!(to_json(&office.explains("4102").await)["task"]["CallType"], "Internal");
    let writes = office.salesforce.ledger().into_iter().filter(|request| {
        request.path.contains("/sobjects/") && matches!(request.method.as_str(), "POST" | "PATCH")
    });
    assert_eq!(writes.count(), 0);
    assert!(office.desk.opened().is_empty());
    assert!(office.calls().await.is_empty());
}

#[tokio::test]
async fn several_matches_are_explained_in_their_order() {
    let office = Office::with(Options {
        settings: "[pop]\nunknown = \"new_contact\"\n".to_owned(),
        ..Options::default()
    })
    .await;
    let lead = office.salesforce.insert(
        "Lead",
        json!({ "LastName": "Moreno", "Company": "Moreno KG", "MobilePhone": "+49 493 555017" }),
    );
    let explained = to_json(&office.explains(ADA).await);
    assert_shape(&explained, &explain_sample(&json!([]), &candidate_sample()), "explain");
    assert_eq!(explained["decision"], "choose");
    assert_eq!(explained["url"], Value::Null);
    let listed: Vec<_> = explained["candidates"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["rank"].as_u64(), one["object"].as_str(), one["field"].as_str()))
        .collect();
    assert_eq!(
        listed,
        [(Some(1), Some("Contact"), Some("Phone")), (Some(2), Some("Lead"), Some("MobilePhone"))]
    );
    assert_eq!(explained["candidates"][1]["id"], lead);
    assert_eq!(
        explained["task"],
        json!({ "Subject": "Inbound call from +49493555017", "CallType": "Inbound" })
    );

    let stranger = to_json(&office.explains("0493555990").await);
    assert_eq!(stranger["decision"], "new_record_page");
    assert_eq!(
        stranger["url"],
        format!(
            "{}/lightning/o/Contact/new?defaultFieldValues=Phone%3D%252B49493555990",
            office.salesforce.instance()
        )
    );
}

#[tokio::test]
async fn a_command_on_the_files_waits_until_they_are_read() {
    let mut office = Office::open().await;
    let call = office.ada_calls().await;
    office.talks(&call, 4).await;
    office.is_logged(&call.id()).await;
    let running = office
        .status_until("she is known and her call logged", |status| {
            status.contacts.index == 1 && status.journal.logged_today == 1
        })
        .await;
    office.quits().await;

    office.starts_on_files().await;
    let explained = office.explains(ADA).await;
    assert_eq!(explained.decision, Decision::Open);
    assert_eq!(explained.url, Some(office.page("Contact", &office.ada)));
    office.quits().await;

    office.starts_on_files().await;
    let status = office.status().await;
    assert_eq!(status.journal, running.journal);
    assert_eq!(status.contacts.index, 1);
    assert_eq!(status.salesforce.org_id, running.salesforce.org_id);
    assert_eq!(status.salesforce.problem.expect("a reason").code, "app.not_running");
}
