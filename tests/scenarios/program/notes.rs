//! `patchcord note`, as in contract.md §1: during a call, days later, with an id or a key; and what it refuses.

use engine::view::{CallView, JournalState};
use scenarios::{ADA, AGENT, eventually};
use serde_json::Value;

use crate::desk::{Desk, Office};

fn calls(desk: &Desk) -> Vec<CallView> {
    let (code, said) = desk.runs(&["calls", "--json"], "");
    assert!(code.success(), "{said}");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

async fn call_until(desk: &Desk, id: &str, wanted: impl Fn(&CallView) -> bool) -> CallView {
    eventually("the call is so", || {
        let there = calls(desk).iter().any(|call| call.id == id && wanted(call));
        async move { there }
    })
    .await;
    calls(desk).into_iter().find(|call| call.id == id).expect("it is in the list")
}

async fn task_until(office: &Office, wanted: impl Fn(&Value) -> bool) {
    eventually("the Task is so", || {
        let there = office.salesforce.tasks().iter().any(&wanted);
        async move { there }
    })
    .await;
}

fn says(task: &Value, note: &str) -> bool {
    task["Description"].as_str().is_some_and(|text| text.starts_with(&format!("{note}\n\n")))
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_come_by_the_command_line_during_a_call_and_after_it() {
    let office = Office::open().await;
    let desk = office.desk("desk");
    let engine = desk.starts().await;
    office.connects(&desk).await;
    let call = office.pbx.inbound(ADA, AGENT);
    let id = call.id();
    call_until(&desk, &id, |_| true).await;
    let (code, said) = desk.runs(&["note", &id, "--text", "=1+1 <b>", "--outcome", "reached"], "");
    assert_eq!((code.code(), said.trim()), (Some(0), "The note is kept."));
    call.answer(AGENT);
    call_until(&desk, &id, |call| call.result == engine::view::CallResult::Talking).await;
    call.hang_up();
    let logged = call_until(&desk, &id, |call| call.journal.state == JournalState::Logged).await;
    task_until(&office, |task| says(task, "=1+1 <b>") && task["CallDisposition"] == "Reached")
        .await;

    // By its key, with a text that looks like an option.
    let key = logged.key.expect("it has a key");
    let (code, said) = desk.runs(&["note", &key, "--text", "-5 % agreed"], "");
    assert!(code.success(), "{said}");
    task_until(&office, |task| says(task, "-5 % agreed")).await;

    for (words, exit, part) in [
        (&["note", "1.2.3", "--text", "x"][..], 1, "There is no such call"),
        (&["note", &id, "--outcome", "Sold"], 1, "Reached, Left voicemail"),
        (&["note", &id], 2, "required"),
        (&["note", &id, "--text", "x", "--discard"], 2, "cannot be used"),
        (&["note", &id, "--log", "--discard"], 2, "cannot be used"),
    ] {
        let (code, said) = desk.runs(words, "");
        assert_eq!(code.code(), Some(exit), "{words:?}: {said}");
        assert!(said.contains(part), "{words:?}: {said}");
        assert!(exit != 1 || said.trim().lines().count() == 1, "one line: {said}");
    }

    let (code, said) = desk.runs(&["note", &id, "--discard"], "");
    assert_eq!((code.code(), said.trim()), (Some(0), "The call is not logged."));
    assert_eq!(office.salesforce.tasks().len(), 0);
    call_until(&desk, &id, |call| call.journal.state == JournalState::Skipped).await;

    let (code, said) = desk.runs(&["note", &id, "--log"], "");
    assert_eq!((code.code(), said.trim()), (Some(0), "The call is logged after all."));
    call_until(&desk, &id, |call| call.journal.state == JournalState::Logged).await;
    task_until(&office, |task| says(task, "-5 % agreed")).await;

    engine.quits().await;
    let (code, said) = desk.runs(&["note", &id, "--text", "x"], "");
    assert_eq!(code.code(), Some(3), "{said}");
}
