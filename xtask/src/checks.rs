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
    check: fn() -> Result<Ran>,
}

/// What a step that did not fail has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// All that it is for.
    Whole,
    /// Not all: what was left out, and why.
    Short(String),
}

/// A step that leaves nothing out.
macro_rules! whole {
    ($check:path) => {
        || $check().map(|()| Ran::Whole)
    };
}

const STEPS: [Step; 15] = [
    Step { name: "format", about: "rustfmt changes nothing", check: whole!(suites::format) },
    Step { name: "ui", about: "the window's page: types, tests, build", check: whole!(suites::ui) },
    Step {
        name: "lint",
        about: "clippy has nothing to say of any target",
        check: whole!(suites::lint),
    },
    Step {
        name: "architecture",
        about: "dependencies point one way",
        check: whole!(suites::architecture),
    },
    Step {
        name: "build",
        about: "the program, the simulator and all tests",
        check: whole!(suites::build),
    },
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
    Step { name: "docs", about: "the examples in comments run", check: whole!(suites::docs) },
    Step {
        name: "bindings",
        about: "the page's types are the engine's",
        check: whole!(suites::bindings),
    },
    Step {
        name: "screens",
        about: "every screen in Chromium, with axe",
        check: whole!(suites::screens),
    },
    Step {
        name: "window",
        about: "the real window, from first run to first pop",
        check: whole!(window::check),
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
            Ok(Ran::Whole) => println!("<== {}: ok ({})", step.name, spelled(took)),
            Ok(Ran::Short(left)) => {
                println!("<== {}: skipped ({}): {left}", step.name, spelled(took));
            }
            Err(error) => println!("<== {}: FAILED ({}): {error:#}", step.name, spelled(took)),
        }
        results.push((step.name, took, result));
    }
    if chosen.is_empty() {
        println!(
            "\nNot run: {ON_REQUEST}, which takes half an hour more; `cargo xtask test {ON_REQUEST}` runs it"
        );
    }
    println!("\n{}", summary(&results, started.elapsed()));
    let failed: Vec<&str> =
        results.iter().filter(|(_, _, result)| result.is_err()).map(|(name, ..)| *name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Tells how each step came out, and of one that could not run as a whole why.
fn summary(results: &[(&str, Duration, Result<Ran>)], took: Duration) -> String {
    let mut lines = vec!["Summary".to_owned()];
    let (mut passed, mut skipped) = (0, 0);
    for (name, took, result) in results {
        let (word, reason) = match result {
            Ok(Ran::Whole) => {
                passed += 1;
                ("ok", "")
            }
            Ok(Ran::Short(left)) => {
                skipped += 1;
                ("skipped", left.as_str())
            }
            Err(_) => ("FAILED", ""),
        };
        lines.push(
            format!("  {name:13} {word:8} {:>6}  {reason}", spelled(*took)).trim_end().to_owned(),
        );
    }
    let left = if skipped > 0 {
        format!(", {skipped} skipped in whole or in part")
    } else {
        String::new()
    };
    lines.push(format!("{passed} of {} steps passed{left}, in {}", results.len(), spelled(took)));
    lines.join("\n")
}

fn spelled(took: Duration) -> String {
    let seconds = took.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_could_not_run_is_not_called_ok() {
        let second = Duration::from_secs(1);
        let results = [
            ("format", second, Ok(Ran::Whole)),
            ("deny", second, Ok(Ran::Short("advisories: no database".to_owned()))),
            ("unit", second, Err(anyhow::anyhow!("one test"))),
        ];
        let told = summary(&results, second * 3);
        let lines: Vec<&str> = told.lines().collect();
        assert!(lines[1].contains("format") && lines[1].contains("ok"), "{told}");
        assert!(lines[2].contains("deny") && lines[2].contains("skipped"), "{told}");
        assert!(lines[2].ends_with("advisories: no database"), "{told}");
        assert!(!lines[2].contains("ok") && lines[3].contains("FAILED"), "{told}");
        assert!(lines[4].starts_with("1 of 3 steps passed, 1 skipped"), "{told}");
    }
}
