//! An engine that was stopped and goes on finds nothing to do of what was wished meanwhile: whoever wished it was told that
//! it did not answer, and may have wished it again elsewhere.

use std::process::Command;

use engine::view::Integration;
use scenarios::{ADA, eventually};

use crate::desk::{Engine, Office};

fn is_sent(engine: &Engine, signal: &str) {
    let sent = Command::new("kill").args([signal, &engine.id().to_string()]).status();
    assert!(sent.expect("there is kill").success());
}

fn dialled(office: &Office) -> usize {
    office.pbx.ledger().iter().filter(|asked| asked.path.ends_with("/call/dial")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_connected_engine_that_was_stopped_makes_no_call_and_switches_nothing_when_it_goes_on() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    office.connects(&desk).await;

    is_sent(&engine, "-STOP");
    for wish in [&["dial", ADA, "--yes"][..], &["disable"], &["dial", ADA, "--yes"]] {
        let (code, said) = desk.runs(wish, "");
        assert_eq!(code.code(), Some(1), "{wish:?}: {said}");
        assert!(said.contains("does not answer"), "{wish:?}: {said}");
    }
    is_sent(&engine, "-CONT");

    // What had waited in the socket comes before this question.
    assert_ne!(desk.status().integration, Integration::Disabled);
    assert_eq!(dialled(&office), 0);
    // The same wish is granted to whoever is answered, and makes one call.
    let (code, said) = desk.runs(&["dial", ADA, "--yes"], "");
    assert!(code.success(), "{said}");
    eventually("the call is placed", || async { dialled(&office) > 0 }).await;
    assert_eq!(dialled(&office), 1);
    engine.quits().await;
}
