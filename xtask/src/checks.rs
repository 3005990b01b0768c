//! `cargo xtask test`: everything that CI checks, in order, each step timed.
//!
//! A step that fails does not stop the ones after it: one run tells all. Steps can be chosen by name.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{
    deny, network,
    packages::{self, Need},
    platforms, soak, suites, window,
};

/// One thing to check.
struct Step {
    name: &'static str,
    about: &'static str,
    check: fn() -> Result<()>,
}

const STEPS: [Step; 15] = [
    Step { name: "format", about: "rustfmt changes nothing", check: suites::format },
    Step { name: "ui", about: "the window's page: types, tests, build", check: suites::ui },
    Step { name: "lint", about: "clippy has nothing to say of any target", check: suites::lint },
    Step { name: "architecture", about: "dependencies point one way", check: suites::architecture },
    Step { name: "build", about: "the program, the simulator and all tests", check: suites::build },
    Step {
        name: "unit",
        about: "the tests of each crate, jsforce among them",
        check: suites::unit,
    },
    Step {
        name: "scenarios",
        about: "what people do, against the simulator",
        check: suites::scenarios,
    },
    Step {
        name: "network",
        about: "links that really go down and come back, in a network of their own",
        check: network::check,
    },
    Step {
        name: "soak",
        about: "the program under random histories of calls, faults and kills: some seeds of many",
        check: soak::check,
    },
    Step { name: "docs", about: "the examples in comments run", check: suites::docs },
    Step { name: "bindings", about: "the page's types are the engine's", check: suites::bindings },
    Step { name: "screens", about: "every screen in Chromium, with axe", check: suites::screens },
    Step {
        name: "window",
        about: "the real window, from first run to first pop",
        check: window::check,
    },
    Step { name: "deny", about: "licences, bans, sources, advisories", check: deny::check },
    Step {
        name: "platforms",
        about: "Windows under Wine, macOS type-checked (by name only: it takes half an hour)",
        check: platforms::check,
    },
];

/// By name only: three builds of the standard library and of all crates would make the run longer than 45 minutes on
/// two cores.
const ON_REQUEST: &str = "platforms";

/// Prints the steps.
pub(crate) fn list() {
    for step in &STEPS {
        println!("{:13} {}", step.name, step.about);
    }
}

/// Runs the chosen steps, or all.
///
/// # Errors
///
/// A name is unknown, the machine cannot be made ready, or a step failed.
pub(crate) fn run_steps(chosen: &[String], yes: bool) -> Result<()> {
    for name in chosen {
        if !STEPS.iter().any(|step| step.name == name) {
            bail!("there is no step called {name:?}; `cargo xtask test --list` names them");
        }
    }
    let steps: Vec<&Step> = STEPS
        .iter()
        .filter(|step| {
            if chosen.is_empty() {
                step.name != ON_REQUEST
            } else {
                chosen.iter().any(|name| name == step.name)
            }
        })
        .collect();

    let started = Instant::now();
    packages::ensure(&[Need::Build, Need::Test], packages::agreed_beforehand(yes))?;
    let mut results = Vec::new();
    for step in steps {
        println!("\n==> {}: {}", step.name, step.about);
        let started = Instant::now();
        let result = (step.check)();
        let took = started.elapsed();
        match &result {
            Ok(()) => println!("<== {}: ok ({})", step.name, spelled(took)),
            Err(error) => println!("<== {}: FAILED ({}): {error:#}", step.name, spelled(took)),
        }
        results.push((step.name, took, result));
    }
    if chosen.is_empty() {
        println!(
            "\nNot run: {ON_REQUEST}, which takes half an hour more; `cargo xtask test {ON_REQUEST}` runs it"
        );
    }
    summary(&results, started.elapsed())
}

fn summary(results: &[(&str, Duration, Result<()>)], took: Duration) -> Result<()> {
    println!("\nSummary");
    for (name, took, result) in results {
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        println!("  {name:13} {word:7} {}", spelled(*took));
    }
    let failed: Vec<&str> =
        results.iter().filter(|(_, _, result)| result.is_err()).map(|(name, ..)| *name).collect();
    println!(
        "{} of {} steps passed in {}",
        results.len() - failed.len(),
        results.len(),
        spelled(took)
    );
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn spelled(took: Duration) -> String {
    let seconds = took.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
