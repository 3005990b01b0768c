//! Whatever stands in an answer, a terminal shows it as text.

use serde_json::{Value, json};

use super::*;

/// Colours, a cleared screen, a line turned around, and a line of its own.
const HOSTILE: &str = "x\u{1b}[31m\u{9b}2J\u{202e}\u{3164}\u{200b}\r\nFORGED";

fn answers() -> Vec<Value> {
    let problem = json!({ "code": "pbx.unreachable", "cause": "c", "message": "m", "action": "a", "values": ["v"] });
    let call = json!({ "id": "1", "state": "held", "direction": "inbound", "number": "+49301", "name": "Ada" });
    let status = json!({
        "version": "1", "integration": "connected", "secrets": "keyring", "disabled_since": "2026-01-05T08:15:23Z",
        "problem": problem,
        "pbx": { "state": "connected", "address": "https://p", "serial": "3", "firmware": "37", "events": "live",
            "last_event_at": null, "problem": problem },
        "salesforce": { "state": "connected", "user": "Mara", "username": "m@e", "org_id": "00D", "instance": "https://i",
            "api_calls_today": 1, "api_limit": null, "problem": problem },
        "binding": { "state": "bound", "extension": "4101", "source": "email", "problem": problem },
        "journal": { "waiting": 0, "stuck": 0, "logged_today": 0 },
        "contacts": { "index": 0, "index_state": "ready", "unread_numbers": 0, "sync": "off", "synced": 0, "last_sync_at": null, "problem": null },
        "calls": [call],
    });
    let logged = json!({
        "id": "1", "key": "ys:1", "direction": "inbound", "number": "+49301", "started_at": "2026", "talk_seconds": 5,
        "result": "answered", "queue": "6400", "record": { "object": "Contact", "id": "003", "name": "Ada" },
        "candidates": 1, "why": "w", "popped": null,
        "journal": { "state": "stuck", "task_id": null, "reason": "r" },
    });
    let explain = json!({
        "input": "030", "kind": "external", "e164": "+4930", "national": "030", "country": "DE",
        "searched": [{ "where": "local index", "found": 1 }],
        "candidates": [{ "object": "Contact", "id": "003", "name": "Ada", "field": "Phone", "exact": true, "rank": 1,
            "why": "w" }],
        "decision": "open", "url": "https://u", "would_create": null, "task": {}, "dials_as": "030", "blocked": false,
    });
    let check = json!({ "id": "pbx.tls", "state": "fail", "found": "f", "matters": "m", "who": "it", "do": "d",
        "where": "w" });
    let row = json!({ "check": check, "problem": null, "values": [] });
    let report = json!({ "dry_run": false, "objects": ["contact"], "phonebook": "Book", "create": 1, "update": 0,
        "delete": 0, "keep": 0, "restored": 1, "skipped": [{ "id": "003", "reason": "r" }],
        "api_calls": { "salesforce": 1, "pbx": 1 }, "problem": null });
    [
        ("status", status),
        ("ended", call),
        ("calls", json!([logged])),
        ("explain", explain),
        ("doctor", json!([row])),
        ("synced", report),
        ("text", json!("t")),
        ("dialled", json!({ "call": "1", "dialled": "030" })),
        (
            "confirm_dial",
            json!({ "shown": "030", "country": "DE", "costly": false, "kind": "ordinary" }),
        ),
        ("link_shown", json!({ "shown": "030" })),
        (
            "pbx_connected",
            json!({ "serial": "3", "firmware": "37", "country": "DE", "country_by": "computer", "secrets": "session" }),
        ),
        ("pbx_address", json!({ "address": "https://p" })),
        ("certificate", json!({ "sha256": "ab", "trusted": true })),
        (
            "salesforce_connected",
            json!({ "user": "Mara", "username": "m@e", "org_id": "00D", "secrets": "session" }),
        ),
        ("bound", json!({ "extension": "4101" })),
        ("extensions", json!([{ "number": "4101", "name": "Mara", "online": true }])),
        ("team_file", json!({ "csv": "c", "toml": "t", "people": 1 })),
    ]
    .map(|(reply, value)| json!({ "reply": reply, "value": value }))
    .to_vec()
}

#[test]
fn nothing_in_an_answer_moves_the_cursor_or_begins_a_line() {
    let mut tried = 0;
    for answer in answers() {
        let plain: Reply = serde_json::from_value(answer.clone())
            .unwrap_or_else(|error| panic!("{error}: {answer}"));
        let rows = |reply: &Reply| [shown(reply), done(reply)].map(|text| text.lines().count());
        for spoilt in spoilt(&answer) {
            // A word of a list may be no other.
            let Ok(reply) = serde_json::from_value::<Reply>(spoilt.clone()) else { continue };
            tried += 1;
            for text in [shown(&reply), done(&reply)] {
                let bad = |letter: char| {
                    letter != '\n' && letter.is_control()
                        || "\u{202e}\u{3164}\u{200b}".contains(letter)
                };
                assert!(!text.contains(bad), "{spoilt}: {text:?}");
            }
            // A text is the settings in force: its lines are its own.
            if !matches!(reply, Reply::Text(_)) {
                assert_eq!(rows(&reply), rows(&plain), "{spoilt}");
            }
        }
    }
    assert!(tried > 60, "only {tried} texts were tried");
}

/// Puts the hostile text into every leaf of a document that is a text, one at a time.
fn spoilt(document: &Value) -> Vec<Value> {
    let texts = |path: &str| document.pointer(path).is_some_and(Value::is_string);
    let put = |path: String| {
        let mut document = document.clone();
        *document.pointer_mut(&path).expect("it is there") = HOSTILE.into();
        document
    };
    paths(document, "").into_iter().filter(|path| texts(path)).map(put).collect()
}

fn paths(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| paths(value, &format!("{at}/{name}"))).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(number, value)| paths(value, &format!("{at}/{number}")))
            .collect(),
        _ => vec![at.to_owned()],
    }
}

#[test]
fn what_is_tried_again_is_said_and_that_nothing_waits_only_where_nothing_is_tried() {
    let said = [
        (0, false, false, "Nothing waits."),
        (0, true, false, "The PBX is tried again."),
        (0, false, true, "Salesforce is tried again."),
        (0, true, true, "The PBX and Salesforce are tried again."),
        (1, false, false, "1 entry is tried again."),
        (2, false, false, "2 entries are tried again."),
        (1, true, false, "1 entry and the PBX are tried again."),
        (3, true, true, "3 entries, the PBX and Salesforce are tried again."),
    ];
    for (count, pbx, salesforce, words) in said {
        assert_eq!(retried(count, pbx, salesforce), words);
    }
}
