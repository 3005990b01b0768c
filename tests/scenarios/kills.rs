//! Killed at any moment of a call and started again: exactly one Task, at most one pop.
//!
//! The rows F1–F5 and F7 of faults.md, the damaged journal of G2, and kills at random moments.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use engine::{
    command::Command,
    view::{CallResult, EventsState, JournalState, Status},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use scenarios::{ADA, AGENT, Call, Fault, FaultRule, Office, eventually, stays};
use serde_json::json;
use tokio::time::Instant;

/// The program of a desk that is a process of its own.
const DESK: &str = env!("CARGO_BIN_EXE_desk");

/// An office whose org does not rotate refresh tokens: a sign-in that is killed in mid rotation asks for a person, and
/// that is another story (D7).
async fn settled() -> Office {
    let office = Office::open().await;
    office.salesforce.set(|org| org.rotation = false);
    office
}

/// The program is killed and started again.
async fn starts_again(office: &mut Office) {
    office.is_killed();
    office.starts().await;
}

/// The one Task of an answered call from Ada, and no second pop.
async fn is_one_task(office: &Office, call: &Call, seconds: u32) {
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
    assert_eq!(task["CallObject"], office.own_key(call));
    assert_eq!(task["CallDurationInSeconds"], seconds);
    assert_eq!(task["CallDisposition"], "Answered");
    assert_eq!(task["WhoId"], office.ada);
    office.is_logged(&call.id()).await;
    assert!(office.desk.opened().len() <= 1, "{:?}", office.desk.opened());
}

#[tokio::test]
async fn killed_while_the_phone_rings_before_anything_opened_it_opens_once() {
    let mut office = settled().await;
    let slow = Fault::Slow(Duration::from_secs(5));
    office.salesforce.set(|org| org.faults = vec![FaultRule::always("/search", slow)]);
    let call = office.ada_calls().await;
    office.salesforce.set(|org| org.faults.clear());
    starts_again(&mut office).await;
    office.call_until(&call.id(), "popped", |call| call.popped.is_some()).await;
    office.answers(&call).await;
    call.talked_seconds(20);
    call.hang_up();
    is_one_task(&office, &call, 20).await;
    assert_eq!(office.desk.opened().len(), 1);
}

#[tokio::test]
async fn killed_while_the_phone_rings_after_the_pop_it_does_not_open_again() {
    let mut office = settled().await;
    let call = office.ada_calls().await;
    eventually("the page", || async { office.desk.opened().len() == 1 }).await;
    starts_again(&mut office).await;
    office.is_live().await;
    office.shows(&call, CallResult::Ringing).await;
    stays("one page", Duration::from_secs(1), || async { office.desk.opened().len() == 1 }).await;
    office.answers(&call).await;
    call.talked_seconds(21);
    call.hang_up();
    is_one_task(&office, &call, 21).await;
}

#[tokio::test]
async fn killed_as_the_phone_begins_to_ring_the_call_comes_from_the_records() {
    let mut office = settled().await;
    let call = office.pbx.inbound(ADA, AGENT);
    // Whether the event was read, or its row written, is anybody's guess.
    office.is_killed();
    call.answer(AGENT);
    call.talked_seconds(22);
    call.hang_up();
    office.starts().await;
    is_one_task(&office, &call, 22).await;
}

#[tokio::test]
async fn killed_while_they_talk_and_back_before_the_end() {
    let mut office = settled().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    starts_again(&mut office).await;
    office.is_live().await;
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(23);
    call.hang_up();
    is_one_task(&office, &call, 23).await;
}

#[tokio::test]
async fn killed_while_they_talk_and_back_after_the_end() {
    let mut office = settled().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    office.is_killed();
    call.talked_seconds(24);
    call.hang_up();
    office.starts().await;
    is_one_task(&office, &call, 24).await;
    assert_eq!(office.status().await.calls, []);
}

#[tokio::test]
async fn killed_between_the_hang_up_and_the_record() {
    let mut office = settled().await;
    office.pbx.set(|pbx| (pbx.end_events, pbx.cdr_delay) = (false, Duration::from_secs(3)));
    let call = office.ada_calls().await;
    office.answers(&call).await;
    call.talked_seconds(25);
    call.hang_up();
    eventually("the hang-up is heard", || async { office.status().await.calls.is_empty() }).await;
    starts_again(&mut office).await;
    // Without the record, the time that was heard counts; the record corrects it.
    eventually("the record's word", || async {
        office.tasks_of(&call.id()).iter().any(|task| task["CallDurationInSeconds"] == 25)
    })
    .await;
    is_one_task(&office, &call, 25).await;
}

#[tokio::test]
async fn killed_after_the_end_and_before_the_upload() {
    let mut office = settled().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    office.salesforce.stop_listening();
    call.talked_seconds(26);
    call.hang_up();
    office
        .call_until(&call.id(), "waiting", |call| call.journal.state == JournalState::Waiting)
        .await;
    starts_again(&mut office).await;
    stays("it waits", Duration::from_millis(500), || async {
        office.tasks_of(&call.id()).is_empty()
    })
    .await;
    office.salesforce.listen_again().await;
    is_one_task(&office, &call, 26).await;
}

#[tokio::test]
async fn killed_while_salesforce_works_on_the_upload() {
    // Salesforce has written it and the answer is on its way; or it is still at it when the program is back.
    for fault in [Fault::Slow(Duration::from_secs(30)), Fault::Late(Duration::from_secs(3))] {
        let mut office = settled().await;
        let call = office.ada_calls().await;
        office.answers(&call).await;
        let rule = FaultRule::once("/sobjects/Task", fault.clone()).on("POST");
        office.salesforce.set(|org| org.faults = vec![rule]);
        call.talked_seconds(27);
        call.hang_up();
        eventually("the upload has begun", || async {
            office.salesforce.arrivals("POST", "/sobjects/Task") > 0
        })
        .await;
        starts_again(&mut office).await;
        is_one_task(&office, &call, 27).await;
        stays("one Task", Duration::from_secs(3), || async {
            office.tasks_of(&call.id()).len() == 1
        })
        .await;
    }
}

#[tokio::test]
async fn killed_as_the_answer_to_the_upload_arrives() {
    let mut office = settled().await;
    for seconds in 30..34 {
        let call = office.ada_calls().await;
        office.answers(&call).await;
        call.talked_seconds(seconds);
        call.hang_up();
        while office.tasks_of(&call.id()).is_empty() {
            tokio::task::yield_now().await;
        }
        starts_again(&mut office).await;
        let logged = office.is_logged(&call.id()).await;
        let task = office.task_of(&call.id()).await;
        assert_eq!(logged.journal.task_id.as_deref(), task["Id"].as_str());
        assert_eq!(task["CallDurationInSeconds"], seconds);
        office.is_live().await;
    }
    assert_eq!(office.salesforce.tasks().len(), 4);
}

#[tokio::test]
async fn killed_with_an_entry_in_its_hands_the_next_start_takes_it_up() {
    let mut office = settled().await;
    let call = office.pbx.inbound("0301234567", AGENT);
    office.shows(&call, CallResult::Ringing).await;
    office.answers(&call).await;
    // The sender has leased the row, and Salesforce never answers.
    let rule = FaultRule::always("/sobjects/Task", Fault::Never).on("POST");
    office.salesforce.set(|org| org.faults = vec![rule]);
    call.talked_seconds(29);
    call.hang_up();
    eventually("the sender is at it", || async {
        office.salesforce.arrivals("POST", "/sobjects/Task") > 0
    })
    .await;
    office.salesforce.set(|org| org.faults.clear());
    let killed = Instant::now();
    starts_again(&mut office).await;
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 29);
    assert!(killed.elapsed() < Duration::from_secs(60), "the lease of the dead has to end");
}

#[tokio::test]
async fn killed_after_a_click_to_call() {
    let mut office = settled().await;
    let (id, _) = office.dials(ADA).await.expect("the PBX takes it on");
    let call = office.dialled_call().await;
    assert_eq!(call.id(), id);
    starts_again(&mut office).await;
    call.agent_answers();
    call.remote_answers();
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(28);
    starts_again(&mut office).await;
    call.hang_up();
    let task = office.task_of(&id).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(task["CallType"], "Outbound");
    assert_eq!(task["CallDurationInSeconds"], 28);
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(office.desk.opened(), Vec::<String>::new());
}

/// How a journal can be lost.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// Random bytes all over.
    Garbage,
    /// The second half is gone.
    Halved,
    /// Nothing is left in the file.
    Emptied,
    /// The file and its companions are gone.
    Deleted,
}

fn journal(office: &Office) -> PathBuf {
    office.home.path().join("journal.db")
}

fn loses(journal: &Path, loss: Loss) {
    for companion in ["journal.db-wal", "journal.db-shm"] {
        let _ = fs::remove_file(journal.with_file_name(companion));
    }
    let content = fs::read(journal).unwrap();
    match loss {
        Loss::Garbage => {
            let mut noise = StdRng::seed_from_u64(7);
            let garbage: Vec<u8> = content.iter().map(|_| noise.random()).collect();
            fs::write(journal, garbage).unwrap();
        }
        Loss::Halved => fs::write(journal, &content[..content.len() / 2]).unwrap(),
        Loss::Emptied => fs::write(journal, b"").unwrap(),
        Loss::Deleted => fs::remove_file(journal).unwrap(),
    }
}

/// A journal is lost between two runs, and a call was missed meanwhile.
async fn a_journal_is_lost(loss: Loss) {
    let mut office = settled().await;
    let answered = office.ada_calls().await;
    let task = office.talks(&answered, 41).await;
    office.is_logged(&answered.id()).await;
    let missed = office.pbx.inbound(ADA, AGENT);
    missed.caller_hangs_up();
    office.is_logged(&missed.id()).await;
    // The agent's own words in Salesforce are not written over.
    let id = task["Id"].as_str().unwrap().to_owned();
    office.salesforce.update("Task", &id, json!({ "CallDisposition": "Left voicemail" }));
    office.quits().await;
    loses(&journal(&office), loss);
    let meanwhile = office.pbx.inbound(ADA, AGENT);
    meanwhile.caller_hangs_up();
    let created = office.task_writes().0;
    let pops = office.desk.opened();

    office.starts().await;
    let status = office
        .status_until("it is said", |status| {
            status
                .salesforce
                .problem
                .as_ref()
                .is_some_and(|problem| problem.code == "journal.damaged")
        })
        .await;
    let said = status.salesforce.problem.unwrap();
    assert!(said.message.contains("PBX"), "{said:?}");
    let kept = fs::read_dir(office.home.path())
        .unwrap()
        .filter(|entry| {
            entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("journal.damaged")
        })
        .count();
    assert_eq!(kept > 0, !matches!(loss, Loss::Deleted), "what there was is kept aside");

    for call in [&answered, &missed, &meanwhile] {
        office.is_logged(&call.id()).await;
        office.task_of(&call.id()).await;
    }
    assert_eq!(office.salesforce.tasks().len(), 3, "{loss:?}");
    assert_eq!(office.task_writes().0, created + 1, "what was there was found by its key");
    let again = office.task_of(&answered.id()).await;
    assert_eq!(again["Id"], id.as_str());
    assert_eq!(again["CallDisposition"], "Left voicemail");
    assert_eq!(office.desk.opened(), pops, "nothing opens after the fact");

    // The next start has nothing to say.
    starts_again(&mut office).await;
    office.is_live().await;
    assert_eq!(office.status().await.salesforce.problem, None);
    assert_eq!(office.salesforce.tasks().len(), 3);
}

#[tokio::test]
async fn a_journal_of_garbage_is_put_aside_and_rebuilt() {
    a_journal_is_lost(Loss::Garbage).await;
}

#[tokio::test]
async fn half_a_journal_is_put_aside_and_rebuilt() {
    a_journal_is_lost(Loss::Halved).await;
}

#[tokio::test]
async fn an_emptied_journal_is_put_aside_and_rebuilt() {
    a_journal_is_lost(Loss::Emptied).await;
}

#[tokio::test]
async fn a_deleted_journal_is_rebuilt() {
    a_journal_is_lost(Loss::Deleted).await;
}

#[tokio::test]
async fn killed_in_mid_rebuild_the_next_start_goes_on_with_it() {
    let mut office = settled().await;
    let call = office.ada_calls().await;
    office.talks(&call, 43).await;
    office.is_logged(&call.id()).await;
    office.quits().await;
    loses(&journal(&office), Loss::Garbage);
    let meanwhile = office.pbx.inbound(ADA, AGENT);
    meanwhile.caller_hangs_up();
    office.pbx.set(|pbx| pbx.faults = vec![FaultRule::always("/cdr/", Fault::Never)]);
    office.starts().await;
    office.status_until("it reads", |status| status.pbx.events == EventsState::CatchingUp).await;
    office.pbx.set(|pbx| pbx.faults.clear());
    starts_again(&mut office).await;
    office.task_of(&meanwhile.id()).await;
    office.is_logged(&call.id()).await;
    assert_eq!(office.salesforce.tasks().len(), 2);
}

#[tokio::test]
async fn killed_as_the_page_opens_it_does_not_open_again() {
    let mut office = settled().await;
    office.is_killed();
    office.hands_over();
    for turn in 1..=8 {
        office.pbx.forget_ledger();
        let desk = office.starts_apart(DESK);
        eventually("it listens", || async { office.pbx_asked("call/query") > 0 }).await;
        let call = office.pbx.inbound(ADA, AGENT);
        let deadline = Instant::now() + Duration::from_secs(20);
        // Every microsecond counts.
        while office.opened_apart().len() < turn {
            assert!(Instant::now() < deadline, "no page");
            tokio::task::yield_now().await;
        }
        desk.is_killed();
        office.pbx.forget_ledger();
        let desk = office.starts_apart(DESK);
        eventually("it listens again", || async { office.pbx_asked("call/query") > 0 }).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(office.opened_apart().len(), turn);
        call.caller_hangs_up();
        office.task_of(&call.id()).await;
        desk.is_killed();
    }
}

/// What the telephones have done, for the reckoning.
#[derive(Debug)]
struct Told {
    call: String,
    page: Option<String>,
    key: String,
    seconds: Option<u32>,
}

/// The telephones go on, whatever becomes of the program: a call from somebody of their own each, some answered.
async fn a_call_at_random(office: &Office, turn: u32, chance: &mut StdRng) -> Told {
    let number = format!("04935552{turn:02}");
    let known = chance.random_bool(0.7);
    let page = known.then(|| {
        let id =
            office.knows("Caller", &format!("Number {turn}"), &format!("+49 4935552{turn:02}"));
        office.page("Contact", &id)
    });
    let outbound = chance.random_bool(0.2);
    let pause =
        |chance: &mut StdRng, most: u64| Duration::from_millis(chance.random_range(0..most));
    let call = if outbound {
        office.pbx.outbound(AGENT, &number)
    } else {
        office.pbx.inbound(&number, AGENT)
    };
    let id = call.id();
    tokio::time::sleep(pause(chance, 500)).await;
    let seconds = if chance.random_bool(0.75) {
        if outbound {
            call.remote_answers();
        } else {
            call.answer(AGENT);
        }
        tokio::time::sleep(pause(chance, 500)).await;
        let seconds = chance.random_range(5..90);
        call.talked_seconds(seconds);
        Some(seconds)
    } else {
        None
    };
    if chance.random_bool(0.5) {
        call.hang_up();
    } else {
        call.caller_hangs_up();
    }
    let last = if seconds.is_some() || outbound { AGENT } else { "missed" };
    let key = format!("ys:{}:{id}:{last}", office.pbx.serial());
    Told { call: id, page: page.filter(|_| !outbound), key, seconds }
}

#[tokio::test]
async fn killed_again_and_again_at_random_moments_every_call_is_one_task() {
    let seed = std::env::var("KILLS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| rand::rng().random());
    println!("KILLS_SEED={seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let mut office = settled().await;
    office.is_killed();
    office.hands_over();

    let mut moments = StdRng::seed_from_u64(chance.random());
    let told = {
        let telephones = async {
            let mut told = Vec::new();
            for turn in 0..24 {
                told.push(a_call_at_random(&office, turn, &mut chance).await);
            }
            told
        };
        tokio::pin!(telephones);
        let mut kills = 0;
        loop {
            let desk = office.starts_apart(DESK);
            let life = Duration::from_millis(moments.random_range(20..1_500));
            let over = tokio::select! {
                told = &mut telephones => Some(told),
                () = tokio::time::sleep(life) => None,
            };
            desk.is_killed();
            kills += 1;
            if let Some(told) = over {
                println!("{kills} kills");
                break told;
            }
        }
    };

    office.takes_back();
    office.starts().await;
    office.is_live().await;
    for call in &told {
        eventually(&format!("a Task for {call:?}"), || async {
            !office.tasks_of(&call.call).is_empty()
        })
        .await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut opened: BTreeMap<String, usize> = BTreeMap::new();
    for page in office.opened_apart().into_iter().chain(office.desk.opened()) {
        *opened.entry(page).or_default() += 1;
    }
    for call in &told {
        let task = office.task_of(&call.call).await;
        assert_eq!(task["CallObject"], call.key.as_str(), "{call:?} {task:#?}");
        assert_eq!(task["CallDurationInSeconds"], call.seconds.unwrap_or(0), "{call:?} {task:#?}");
        if let Some(page) = &call.page {
            let times = opened.remove(page).unwrap_or(0);
            assert!(times <= 1, "{page} was opened {times} times for {call:?}");
        }
    }
    assert_eq!(office.salesforce.tasks().len(), told.len());
    assert_eq!(opened, BTreeMap::new(), "a page without a cause");
    // An entry that a kill interrupted rests for some seconds before Salesforce is asked what became of it.
    let done = |status: &Status| (status.journal.waiting, status.journal.stuck) == (0, 0);
    office.status_until("every entry is done with", done).await;
    assert_eq!(office.salesforce.tasks().len(), told.len());
    assert!(office.asks(Command::Status).await.is_ok());
}
