//! Killed at any moment, the journal holds what was acknowledged, and never half of a change.
//!
//! The program that is killed is this test itself, started again for one of the tests that are otherwise ignored.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands, its helpers too")]

mod support;

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use domain::CallId;
use store::{DeliveryState, Done, Notice, Store};
use support::*;

const FOLDER: &str = "PATCHCORD_KILL_TEST";

/// A second process that writes, says what was acknowledged, and dies when it is told to.
struct Victim {
    process: Child,
    says: BufReader<ChildStdout>,
}

impl Victim {
    fn start(story: &str, folder: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", story, "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        Self { process, says }
    }

    /// Waits for `count` more acknowledgements, and returns them.
    fn hear(&mut self, count: usize) -> Vec<String> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let mut line = String::new();
            assert_ne!(self.says.read_line(&mut line).unwrap(), 0, "the victim ended by itself");
            heard.extend(acknowledged(&line));
        }
        heard
    }

    /// Kills it, and returns what it had said until then.
    fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.says.lines().map_while(Result::ok).filter_map(|line| acknowledged(&line)).collect()
    }
}

fn acknowledged(line: &str) -> Option<String> {
    // The test runner's own words may stand before the first one.
    line.split_once("done ").map(|(_, what)| what.trim().to_owned())
}

fn acknowledge(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "done {what}").unwrap();
    out.flush().unwrap();
}

async fn victims_store() -> Store {
    let folder = std::env::var_os(FOLDER).expect("run by another test of this file");
    Store::open(Path::new(&folder)).await.unwrap().store
}

#[tokio::test]
#[ignore = "the part of the victim, for the tests below"]
async fn finishes_calls_for_ever() {
    let store = victims_store().await;
    let first = store.calls(usize::MAX, None).await.unwrap().len();
    for n in first.. {
        let call = format!("1.{n}");
        store.remember(memory(&call)).await.unwrap();
        let mut end = finished(&entry(&call));
        end.matches = Some(matched(1));
        store.finish(end, Some(delivery(&entry(&call)))).await.unwrap();
        acknowledge(&call);
    }
}

#[tokio::test]
async fn every_acknowledged_call_is_there_with_its_delivery_and_no_call_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = HashSet::new();
    for round in 0..12 {
        let mut victim = Victim::start("finishes_calls_for_ever", folder.path());
        acknowledged.extend(victim.hear(1 + round * 3));
        std::thread::sleep(Duration::from_micros(700 * u64::try_from(round).unwrap()));
        acknowledged.extend(victim.kill());

        let opened = Store::open(folder.path()).await.unwrap();
        assert_eq!(opened.notices, []);
        let calls = opened.store.calls(usize::MAX, None).await.unwrap();
        let mut finished = HashSet::new();
        for call in &calls {
            assert_eq!(call.finished, call.delivery.is_some(), "{call:?}");
            assert_eq!(call.finished, call.state.is_none(), "{call:?}");
            assert_eq!(call.finished, call.matches.is_some(), "{call:?}");
            if call.finished {
                finished.insert(call.call.to_string());
            }
        }
        assert!(acknowledged.is_subset(&finished), "round {round}");
        // The next victim goes on with what is there: at most the one call that it was killed in is still live.
        assert!(calls.len() - finished.len() <= 1);
        for call in calls.iter().filter(|call| !call.finished) {
            let end = store::FinishedCall {
                matches: Some(matched(1)),
                ..support::finished(&entry(call.call.as_str()))
            };
            opened.store.finish(end, Some(delivery(&entry(call.call.as_str())))).await.unwrap();
        }
        opened.store.close().await;
    }
}

#[tokio::test]
#[ignore = "the part of the victim, for the tests below"]
async fn sends_entries_for_ever() {
    let store = victims_store().await;
    let mut now = NOW;
    loop {
        // What another victim held a lease on comes back when it has ended.
        now = now.plus(LEASE);
        let Some(leased) = store.lease(&owner(), now, LEASE).await.unwrap() else {
            match store.next_due(&owner(), now).await.unwrap() {
                // Its time counts from the clock of the victim that held it, which was ahead of this one's.
                Some(_) => continue,
                None => break,
            }
        };
        let call = leased.call.call.to_string();
        let number = call.trim_start_matches("1.").parse().unwrap();
        store.sending(&leased.ticket).await.unwrap();
        acknowledge(&format!("sent {call} {}", leased.ask_first));
        store.delivered(&leased.ticket, Done::found(task(number))).await.unwrap();
        acknowledge(&format!("delivered {call}"));
    }
    acknowledge("all");
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn an_entry_whose_request_may_be_out_is_never_sent_again_unasked() {
    const CALLS: usize = 60;
    let home = Home::new().await;
    for n in 0..CALLS {
        home.finish(&entry(&format!("1.{n}"))).await;
    }
    let folder = home.close().await;
    let mut sent = HashSet::new();
    let mut delivered = HashSet::new();
    let mut asked = 0;
    let mut hear = |lines: Vec<String>| {
        let mut all = false;
        for line in lines {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["sent", call, ask_first] => {
                    assert!(!delivered.contains(call), "{call} was delivered");
                    let again = !sent.insert(call.to_owned());
                    assert!(!again || ask_first == "true", "{call} was sent again unasked");
                    asked += u32::from(ask_first == "true");
                }
                ["delivered", call] => {
                    assert!(delivered.insert(call.to_owned()), "{call} was delivered twice");
                }
                _ => all = true,
            }
        }
        all
    };
    for round in 0.. {
        let mut victim = Victim::start("sends_entries_for_ever", folder.path());
        // Odd numbers end between a request and its answer, even ones after an answer.
        let mut all = hear(victim.hear(1));
        for _ in 0..(round % 7) {
            all = all || hear(victim.hear(1));
        }
        all = hear(victim.kill()) || all;
        if all {
            break;
        }
    }

    let home = Home::at(folder).await;
    assert!(asked > 0, "no victim was killed between a request and its answer");
    for n in 0..CALLS {
        let call = home.call(&format!("1.{n}")).await;
        assert_eq!(call.delivery.unwrap().state, DeliveryState::Logged, "{n}");
        assert!(home.has_finished(&CallId::new(format!("1.{n}"))).await);
    }
}

#[tokio::test]
#[ignore = "the part of the victim, for the tests below"]
async fn opens_a_new_home() {
    let store = victims_store().await;
    acknowledge("opened");
    store.finish(finished(&entry("1.1")), Some(delivery(&entry("1.1")))).await.unwrap();
    acknowledge("finished");
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_first_start_killed_at_any_moment_leaves_a_home_that_opens() {
    let mut early = 0;
    for round in 0..20_u64 {
        let folder = tempfile::tempdir().unwrap();
        let victim = Victim::start("opens_a_new_home", folder.path());
        // From before the first file to after the last migration.
        while round > 0 && !folder.path().join("journal.db").exists() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(round * 400));
        let said = victim.kill();
        early += u32::from(said.is_empty());

        let home = Home::at(folder).await;
        // Where the victim did not get so far as to close the folder to others, this start does.
        let damaged = |notice: &Notice| !matches!(notice, Notice::PermissionsRepaired { .. });
        assert!(!home.notices.iter().any(damaged), "round {round}: {:?}", home.notices);
        let finished = home.has_finished(&CallId::new("1.1")).await;
        assert!(finished || !said.iter().any(|what| what == "finished"), "round {round}");
        home.finish(&entry("1.2")).await;
        assert!(home.lease().await.is_some());
    }
    assert!(early > 0, "no victim was killed while it opened its files");
}
