//! More calls of the own extension than any office has, as from a PBX that is broken or hostile: the program answers whoever
//! asks, keeps its size, ends when it is told to, and logs every call once.
//!
//! `cargo xtask bench storm` has the same with ten times as many calls.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use scenarios::eventually;
use simulator::Flood;

use crate::desk::{Desk, Engine, Office};

const CALLS: usize = 1_000;
/// Ada Moreno's number.
const ADA: &str = "0493555017";
/// Whoever asks for the state has an answer within this, beyond what a program takes that has nothing to do.
const ANSWERS: Duration = Duration::from_secs(1);
/// All of a flood is logged in minutes, on a busy computer too.
const PATIENCE: Duration = Duration::from_secs(180);
/// A program that is told to end does within this.
const ENDS: Duration = Duration::from_secs(5);
/// The flood itself, and what is kept of a thousand calls for the list and for late news.
const GROWTH_MB: u64 = 40;

/// More than are shown at a time; see `engine`'s `publish`.
const AT_ONCE: usize = 600;
const SHOWN: usize = 32;

fn flood(calls: usize) -> Flood {
    Flood {
        rate: Some(250),
        calls,
        extension: "4101".to_owned(),
        own_percent: 100,
        callers: vec![ADA.to_owned()],
        lasts: Duration::from_millis(500),
    }
}

/// What the process has of the memory for itself, in megabytes.
fn megabytes(engine: &Engine) -> u64 {
    let path = format!("/proc/{}/smaps_rollup", engine.id());
    let text = fs::read_to_string(path).expect("the process is ours");
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).expect("it is in there");
    let kilobytes = line.trim().trim_end_matches(" kB").parse::<u64>();
    kilobytes.expect("a number") / 1_024
}

/// Waits until so many calls are logged.
async fn logged(office: &Office, calls: usize) {
    let deadline = Instant::now() + PATIENCE;
    while office.salesforce.tasks().len() < calls {
        assert!(Instant::now() < deadline, "{} of {calls} logged", office.salesforce.tasks().len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What was seen until the calls were logged.
struct Seen {
    /// The slowest answer, and the slowest of the idle program beside it.
    slowest: Duration,
    idle: Duration,
    /// The most memory.
    megabytes: u64,
    /// The most calls that were shown at a time.
    calls: usize,
}

/// Asks for the state until the calls are logged.
async fn watched(office: &Office, desk: &Desk, idle: &Desk, engine: &Engine, calls: usize) -> Seen {
    let mut seen = Seen { slowest: Duration::ZERO, idle: Duration::ZERO, megabytes: 0, calls: 0 };
    let deadline = Instant::now() + PATIENCE;
    while office.salesforce.tasks().len() < calls {
        assert!(Instant::now() < deadline, "{} of {calls} logged", office.salesforce.tasks().len());
        let ((busy, shown), (unused, _)) = tokio::join!(answers(desk), answers(idle));
        seen.slowest = seen.slowest.max(busy);
        seen.idle = seen.idle.max(unused);
        seen.calls = seen.calls.max(shown);
        seen.megabytes = seen.megabytes.max(megabytes(engine));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    seen
}

/// How long it takes until the state is told, and how many calls are in it.
async fn answers(desk: &Desk) -> (Duration, usize) {
    let asked = Instant::now();
    let desk = desk.clone();
    let status = tokio::task::spawn_blocking(move || desk.status()).await.expect("it answers");
    (asked.elapsed(), status.calls.len())
}

/// Each of the calls is one Task, of a call that was answered here, and there is no other.
fn each_is_one_task(office: &Office, calls: &[String]) {
    let mut tasks: BTreeMap<String, usize> = BTreeMap::new();
    for task in office.salesforce.tasks() {
        let key = task["CallObject"].as_str().unwrap_or_default().to_owned();
        *tasks.entry(key).or_default() += 1;
    }
    let key = |call: &String| format!("ys:{}:{call}:4101", office.pbx.serial());
    let wrong: Vec<&String> =
        calls.iter().filter(|call| tasks.get(&key(call)) != Some(&1)).collect();
    assert!(
        wrong.is_empty(),
        "{} calls are not one Task each, such as {:?}",
        wrong.len(),
        wrong[0]
    );
    assert_eq!(tasks.len(), calls.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_own_calls_is_logged_once_while_the_program_answers_and_keeps_its_size() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    office.connects(&desk).await;
    let idle = office.desk("idle");
    let unused = idle.starts().await;
    let before = megabytes(&engine);

    let flood = flood(CALLS);
    let (calls, seen) =
        tokio::join!(office.pbx.flood(&flood), watched(&office, &desk, &idle, &engine, CALLS));

    let Seen { slowest, idle, megabytes, .. } = seen;
    assert!(
        slowest <= idle + ANSWERS,
        "the state was told after {slowest:?}, by an idle program after {idle:?}"
    );
    assert!(megabytes <= before + GROWTH_MB, "{megabytes} MB, from {before} MB");
    each_is_one_task(&office, &calls);
    // The PBX is not asked for lists and records without end.
    let asked = office.pbx.ledger().iter().filter(|entry| entry.status != 0).count();
    assert!(asked < CALLS / 4, "{asked} requests to the PBX");
    engine.quits().await;
    unused.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_program_that_is_told_to_end_in_a_flood_does_and_the_next_run_logs_the_rest() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    office.connects(&desk).await;

    let flood = flood(CALLS);
    let flooding = tokio::spawn({
        let pbx = office.pbx.clone();
        async move { pbx.flood(&flood).await }
    });
    let is_in_it = || async { office.pbx.calls().len() > 50 };
    eventually("the flood is there", is_in_it).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let told = Instant::now();
    engine.quits().await;
    let took = told.elapsed();
    assert!(took <= ENDS, "it ended after {took:?}");
    let calls = flooding.await.expect("no panic");

    let engine = desk.starts().await;
    office.connects(&desk).await;
    logged(&office, calls.len()).await;

    each_is_one_task(&office, &calls);
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_hundreds_of_calls_that_go_on_at_once_the_latest_are_shown_and_all_are_logged() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    office.connects(&desk).await;
    let idle = office.desk("idle");
    let unused = idle.starts().await;

    let flood = Flood { lasts: Duration::from_secs(10), ..flood(AT_ONCE) };
    let (calls, seen) =
        tokio::join!(office.pbx.flood(&flood), watched(&office, &desk, &idle, &engine, AT_ONCE));

    assert_eq!(seen.calls, SHOWN);
    let Seen { slowest, idle, .. } = seen;
    assert!(
        slowest <= idle + ANSWERS,
        "the state was told after {slowest:?}, by an idle program after {idle:?}"
    );
    each_is_one_task(&office, &calls);
    engine.quits().await;
    unused.quits().await;
}
