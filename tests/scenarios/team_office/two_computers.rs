//! One agent, two computers: one Task for each call, whichever of them was on, off, late or restored.

use std::{fs, time::Duration};

use engine::{
    command::Command,
    view::{CallResult, JournalState},
};
use scenarios::{AGENT, Call, Office, Options, eventually, stays};
use serde_json::json;
use simulator::{Fault, FaultRule};

/// A number that no record has at first.
const STRANGER: &str = "0493555990";

fn note(call: &str, save: bool) -> Command {
    Command::Note {
        call: call.to_owned(),
        text: Some("Wants an offer.".to_owned()),
        outcome: None,
        related: None,
        follow_up: None,
        save,
        elsewhere: false,
    }
}

/// A call that both computers hear from beginning to end, and log.
async fn both_hear_ada(office: &Office, laptop: &Office) -> Call {
    let call = office.ada_calls().await;
    laptop.shows(&call, CallResult::Ringing).await;
    office.answers(&call).await;
    call.talked_seconds(9);
    call.hang_up();
    office.is_logged(&call.id()).await;
    laptop.is_logged(&call.id()).await;
    call
}

/// The same of a call that the agent places.
async fn both_hear_the_agent_call(office: &Office, laptop: &Office) -> Call {
    let call = office.pbx.outbound(AGENT, "0493555017");
    laptop.shows(&call, CallResult::Ringing).await;
    call.remote_answers();
    call.talked_seconds(5);
    call.hang_up();
    office.is_logged(&call.id()).await;
    laptop.is_logged(&call.id()).await;
    call
}

/// Waits until a call has one Task again after both computers have written theirs.
async fn one_task(office: &Office, call: &str) {
    eventually(&format!("one Task of {call}"), || async { office.tasks_of(call).len() == 1 }).await;
}

#[tokio::test]
async fn two_computers_that_hear_the_same_calls_write_one_task_each() {
    let office = Office::open().await;
    let laptop = office.second_computer().await;
    let mut doubled = 0;
    let mut before = 0;
    for round in 0..5 {
        let call = if round % 2 == 1 {
            both_hear_the_agent_call(&office, &laptop).await
        } else {
            both_hear_ada(&office, &laptop).await
        };
        doubled += usize::from(office.tasks_of(&call.id()).len() > 1);
        one_task(&office, &call.id()).await;
        if round == 1 {
            // What it costs is counted once the two know each other.
            before = office.rest_requests();
        }
        let own = office.own_key(&call);
        assert_eq!(office.tasks_of(&call.id())[0]["CallObject"], own);
    }
    assert!(doubled <= 1, "they know each other after the first call, and {doubled} were doubled");
    let requests = office.rest_requests() - before;
    // Both indexes may have looked for changes meanwhile.
    assert!(requests <= 3 * 3 + 6, "{requests} requests for three calls");
    // Which of both gives way depends on whose answer came first.
    eventually("one of them gives way", || async {
        let mut give_way = 0;
        for desk in [&office, &laptop] {
            let findings = desk.examines().await;
            let found = &findings.check("desk.second_computer").found;
            give_way += usize::from(found.contains("asks first"));
        }
        give_way == 1
    })
    .await;
    for desk in [&office, &laptop] {
        let task = office.salesforce.tasks();
        for call in desk.calls().await {
            let id = call.journal.task_id.expect("it is logged");
            assert!(task.iter().any(|task| task["Id"] == id.as_str()), "{id} is gone");
        }
    }
}

#[tokio::test]
async fn a_laptop_that_was_off_logs_nothing_again() {
    let office = Office::open().await;
    let mut laptop = office.second_computer().await;
    laptop.quits().await;
    let mut calls = Vec::new();
    for _ in 0..3 {
        calls.push(office.has_spoken_with("0493555017").await);
    }
    let placed = office.pbx.outbound(AGENT, "0493555017");
    placed.remote_answers();
    placed.talked_seconds(5);
    placed.hang_up();
    calls.push(placed.id());
    office.all_logged(&calls).await;

    laptop.starts().await;
    laptop.is_live().await;
    for call in &calls {
        let theirs = laptop.is_logged(call).await.journal.task_id;
        assert_eq!(theirs, office.is_logged(call).await.journal.task_id);
        assert_eq!(office.tasks_of(call).len(), 1);
    }
}

#[tokio::test]
async fn a_journal_from_a_backup_logs_nothing_again() {
    let mut office = Office::open().await;
    office.quits().await;
    let journal = office.home.path().join("journal.db");
    let backup = fs::read(&journal).expect("the journal");
    office.starts().await;
    office.is_live().await;
    let calls =
        [office.has_spoken_with("0493555017").await, office.has_spoken_with("030777").await];
    office.all_logged(&calls).await;
    office.quits().await;
    fs::write(&journal, backup).expect("the journal is restored");

    office.starts().await;
    office.is_live().await;
    office.all_logged(&calls).await;
    stays("each has one Task", Duration::from_secs(3), || async {
        calls.iter().all(|call| office.tasks_of(call).len() == 1)
    })
    .await;
}

#[tokio::test]
async fn a_journal_that_is_begun_anew_asks_for_many_keys_at_once() {
    let mut office = Office::open().await;
    let mut calls = Vec::new();
    for n in 0..12 {
        calls.push(office.has_spoken_with(&format!("04935559{n:02}")).await);
    }
    office.all_logged(&calls).await;
    office.quits().await;
    for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = fs::remove_file(office.home.path().join(file));
    }
    let before = questions(&office);
    office.starts().await;
    office.is_live().await;
    office.all_logged(&calls).await;
    let asked = questions(&office) - before;
    assert!(asked <= 4, "{asked} questions for the keys of twelve calls");
}

/// How often the org was asked for keys.
fn questions(office: &Office) -> usize {
    let queries = office.salesforce.ledger().into_iter().flat_map(|request| request.queries());
    queries.filter(|query| query.contains("FROM Task") && query.contains("CallObject")).count()
}

#[tokio::test]
async fn what_both_wrote_during_an_outage_of_salesforce_is_there_once() {
    let office = Office::open().await;
    let laptop = office.second_computer().await;
    office.salesforce.stop_listening();
    let calls =
        [office.has_spoken_with("0493555017").await, office.has_spoken_with("030777").await];
    for call in &calls {
        office.waits(call).await;
        laptop.waits(call).await;
    }
    office.salesforce.listen_again().await;
    for desk in [&office, &laptop] {
        desk.retries().await;
        for call in &calls {
            desk.is_logged(call).await;
        }
    }
    for call in &calls {
        one_task(&office, call).await;
    }
}

#[tokio::test]
async fn a_double_that_its_own_computer_has_corrected_is_taken_back_all_the_same() {
    let mut office = Office::open().await;
    let mut laptop = office.second_computer().await;
    // No look finds out before both Tasks are corrected.
    let blind = vec![FaultRule::always("queryAll", Fault::Html(500))];
    office.salesforce.set(|org| org.faults = blind);
    let call = both_hear_ada(&office, &laptop).await;
    // What creates a Task may change it for a moment.
    let both = || async { office.tasks_of(&call.id()).len() == 2 };
    stays("each has a Task of its own", Duration::from_secs(5), both).await;
    for desk in [&office, &laptop] {
        desk.asks(note(&call.id(), true)).await.expect("it is kept");
    }
    let corrections = || office.salesforce.arrivals("PATCH", "/sobjects/Task/");
    eventually("each has corrected its own", || async { corrections() >= 2 }).await;
    // What was answered is kept.
    stays("nothing is taken back yet", Duration::from_secs(2), both).await;

    office.salesforce.set(|org| org.faults.clear());
    for desk in [&mut office, &mut laptop] {
        desk.quits().await;
        desk.starts().await;
    }

    one_task(&office, &call.id()).await;
    for desk in [&office, &laptop] {
        assert_eq!(desk.is_logged(&call.id()).await.journal.reason, None);
    }
}

#[tokio::test]
async fn a_second_task_that_may_not_be_deleted_stays_and_is_said() {
    let office = Office::open().await;
    office.salesforce.set(|org| org.delete_denied = ["Task".to_owned()].into());
    let laptop = office.second_computer().await;
    let mut surplus = None;
    // Which call is the first that both write depends on whose answer comes first.
    for _ in 0..3 {
        let call = both_hear_ada(&office, &laptop).await;
        if office.tasks_of(&call.id()).len() == 2 {
            surplus = Some(call.id());
            break;
        }
    }
    let call = surplus.expect("two computers that do not know each other write two");
    let says = |view: &engine::view::CallView| {
        view.journal.reason.as_deref().is_some_and(|reason| reason.contains("two computers"))
    };
    eventually("one of both says so", || async {
        for desk in [&office, &laptop] {
            if desk.call(&call).await.is_some_and(|view| says(&view)) {
                return true;
            }
        }
        false
    })
    .await;
    assert_eq!(office.tasks_of(&call).len(), 2, "neither may be deleted");

    // From then on they know each other.
    let next = both_hear_ada(&office, &laptop).await;
    assert_eq!(office.tasks_of(&next.id()).len(), 1);
    // No two Tasks of one key are left for the harness to find.
    let second = office.tasks_of(&call)[1]["Id"].as_str().expect("an id").to_owned();
    office.salesforce.delete("Task", &second);
}

#[tokio::test]
async fn an_entry_that_has_waited_asks_first_whether_another_computer_has_logged_it() {
    let office = Office::open().await;
    office.salesforce.stop_listening();
    let call = office.ada_calls().await;
    office.answers(&call).await;
    call.talked_seconds(9);
    call.hang_up();
    office.waits(&call.id()).await;
    let user = "mara.voss@example.com";
    let theirs =
        json!({ "CallObject": office.own_key(&call), "Subject": "Inbound call from Moreno" });
    let theirs = office.salesforce.made_by(user, "Task", theirs);
    office.clock.passes(Duration::from_secs(150));
    office.salesforce.listen_again().await;
    office.retries().await;

    let logged = office.is_logged(&call.id()).await;
    let tasks = office.tasks_of(&call.id());
    assert_eq!(logged.journal.task_id, Some(theirs), "{tasks:#?}");
    assert_eq!(tasks.len(), 1);
}

#[tokio::test]
async fn a_computer_that_finds_the_others_task_leaves_it_on_the_record_that_was_made_meanwhile() {
    let office = Office::open().await;
    let laptop = office.second_computer().await;
    let call = office.pbx.inbound(STRANGER, AGENT);
    for desk in [&office, &laptop] {
        desk.call_until(&call.id(), "looked up in vain", |view| view.why.is_some()).await;
    }
    office.answers(&call).await;
    // The office computer waits for its note, and the laptop's request does not arrive.
    office.asks(note(&call.id(), false)).await.expect("it is kept");
    let lost = vec![FaultRule::once("sobjects/Task", Fault::Reset)];
    office.salesforce.set(|org| org.faults = lost);
    call.talked_seconds(9);
    call.hang_up();
    laptop
        .call_until(&call.id(), "tried in vain", |view| {
            view.journal.state == JournalState::Waiting && view.journal.reason.is_some()
        })
        .await;
    let made = json!({ "LastName": "Lind", "Company": "Lind KG", "Phone": "+49493555990" });
    let lead = office.salesforce.insert("Lead", made);
    office.asks(note(&call.id(), true)).await.expect("it is kept");
    office.is_logged(&call.id()).await;
    assert_eq!(office.task_of(&call.id()).await["WhoId"], lead);

    let task = laptop.is_logged(&call.id()).await.journal.task_id;
    assert_eq!(task, office.is_logged(&call.id()).await.journal.task_id);
    let changes = || office.salesforce.arrivals("PATCH", "/sobjects/Task/");
    eventually("the laptop says what it knows", || async { changes() > 0 }).await;
    assert_eq!(office.task_of(&call.id()).await["WhoId"], lead);
}

#[tokio::test]
async fn with_a_unique_key_two_computers_pay_nothing() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| org.call_key_field = true);
    office.connects().await;
    let laptop = office.second_computer().await;
    for round in 0..3 {
        let before = office.task_attempts() + office.rest_requests();
        let call = office.ada_calls().await;
        laptop.shows(&call, CallResult::Ringing).await;
        office.talks(&call, 9).await;
        let here = office.is_logged(&call.id()).await;
        let there = laptop.is_logged(&call.id()).await;
        assert_eq!(here.journal.task_id, there.journal.task_id);
        assert_eq!(office.tasks_of(&call.id()).len(), 1);
        let paid = office.task_attempts() + office.rest_requests() - before;
        // One upsert of each, counted twice here; an index may look for changes meanwhile. The first call learns the fields.
        assert!(round == 0 || paid <= 2 * 2 + 2, "{paid} in round {round}");
    }
    assert!(laptop.calls().await.iter().all(|call| call.journal.state == JournalState::Logged));
}

#[tokio::test]
async fn a_task_that_this_computer_has_deleted_tells_of_no_other_one() {
    let mut office = Office::open().await;
    let call = office.has_spoken_with("0493555017").await;
    office.is_logged(&call).await;
    let discard = Command::Discard { call: call.clone() };
    office.asks(discard.clone()).await.expect("it is taken back");
    eventually("its Task is deleted", || async { office.tasks_of(&call).is_empty() }).await;
    office.asks(Command::Restore { call: call.clone() }).await.expect("it is logged after all");
    office.is_logged(&call).await;
    // A look follows each of the first inserts, and one each start.
    tokio::time::sleep(Duration::from_secs(4)).await;
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    let second = office.has_spoken_with("0493555017").await;
    office.is_logged(&second).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let findings = office.examines().await;
    let found = &findings.check("desk.second_computer").found;
    assert!(found.starts_with("No other computer"), "{found}");
}
