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
/// Whoever asks for the state has an answer within this.
const ANSWERS: Duration = Duration::from_secs(1);
/// A program that is told to end does within this.
const ENDS: Duration = Duration::from_secs(5);
/// The flood itself, and what is kept of a thousand calls for the list and for late news.
const GROWTH_MB: u64 = 40;

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

/// Asks for the state until the calls are logged. Returns the slowest answer and the most memory.
async fn watched(office: &Office, desk: &Desk, engine: &Engine, calls: usize) -> (Duration, u64) {
    let (mut slowest, mut most) = (Duration::ZERO, 0);
    let deadline = Instant::now() + Duration::from_secs(120);
    while office.salesforce.tasks().len() < calls {
        assert!(Instant::now() < deadline, "{} of {calls} logged", office.salesforce.tasks().len());
        let asked = Instant::now();
        let desk = desk.clone();
        tokio::task::spawn_blocking(move || desk.status()).await.expect("it answers");
        slowest = slowest.max(asked.elapsed());
        most = most.max(megabytes(engine));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (slowest, most)
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
    let before = megabytes(&engine);

    let flood = flood(CALLS);
    let (calls, (slowest, most)) =
        tokio::join!(office.pbx.flood(&flood), watched(&office, &desk, &engine, CALLS));

    assert!(slowest <= ANSWERS, "the state was told after {slowest:?}");
    assert!(most <= before + GROWTH_MB, "{most} MB, from {before} MB");
    each_is_one_task(&office, &calls);
    // The PBX is not asked for lists and records without end.
    let asked = office.pbx.ledger().iter().filter(|entry| entry.status != 0).count();
    assert!(asked < CALLS / 4, "{asked} requests to the PBX");
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_program_that_is_told_to_end_in_a_flood_does_and_the_next_run_logs_the_rest() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    office.connects(&desk).await;

    let flood = flood(CALLS / 2);
    let flooding = tokio::spawn({
        let pbx = office.pbx.clone();
        async move { pbx.flood(&flood).await }
    });
    let is_in_it = || async { office.pbx.calls().len() > 50 };
    eventually("the flood is there", is_in_it).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let told = Instant::now();
    engine.quits().await;
    let took = told.elapsed();
    assert!(took <= ENDS, "it ended after {took:?}");
    let calls = flooding.await.expect("no panic");

    let engine = desk.starts().await;
    office.connects(&desk).await;
    watched(&office, &desk, &engine, calls.len()).await;

    each_is_one_task(&office, &calls);
    engine.quits().await;
}
