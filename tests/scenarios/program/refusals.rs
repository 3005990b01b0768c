//! What a person at the command line reads of what does not come about: a call that the PBX refuses, a browser that fails.

use std::{fs, os::unix::fs::PermissionsExt};

use scenarios::{ADA, AGENT, DialOutcome, eventually};

use crate::desk::Office;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_the_pbx_refuses_ends_the_command_with_the_reason() {
    let office = Office::open().await;
    let desk = office.desk("desk");
    let engine = desk.starts().await;
    office.connects(&desk).await;
    office.pbx.set(|pbx| pbx.dial_outcome = DialOutcome::FailsWith("User Busy".to_owned()));

    let (code, said) = desk.runs(&["dial", ADA, "--yes"], "");

    assert_eq!(code.code(), Some(1), "{said}");
    assert!(said.contains("busy"), "{said}");
    assert!(!said.contains("Your phone rings"), "{said}");
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_fails_or_hangs_is_said_and_holds_up_no_call() {
    let office = Office::open().await;
    for (script, fails) in [("exit 1", true), ("exec sleep 60", false)] {
        let name = script.replace(' ', "-");
        let opener = office.desk(&name).folder.join("opens");
        fs::write(&opener, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).expect("it is ours");
        let desk = office.desk(&name).knows("BROWSER", &opener.display().to_string());
        let engine = desk.starts().await;
        office.connects(&desk).await;
        let logged = office.salesforce.tasks().len();

        let call = office.pbx.inbound(ADA, AGENT);
        let says = || {
            let (code, said) = desk.runs(&["status", "--json"], "");
            assert!(code.success(), "{said}");
            said.contains("browser.failed")
        };
        if fails {
            eventually("it is said", || async { says() }).await;
        }
        call.answer(AGENT);
        call.hang_up();
        eventually("the call is logged", || async { office.salesforce.tasks().len() > logged })
            .await;
        assert_eq!(says(), fails, "{script}");
        engine.quits().await;
    }
}
