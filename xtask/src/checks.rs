//! `cargo xtask test`: everything that CI checks, in order, each step timed.
//!
//! A step that fails does not stop the ones after it: one run tells all. Steps can be chosen by name.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    deny,
    packages::{self, Need},
    platforms,
    run::{self, cargo, npm, run},
    window, workspace,
};

/// The crates that need no web view.
pub(crate) const CORE: [&str; 6] = ["domain", "pbx", "salesforce", "store", "engine", "simulator"];

/// One thing to check.
struct Step {
    name: &'static str,
    about: &'static str,
    check: fn() -> Result<()>,
}

const STEPS: [Step; 13] = [
    Step { name: "format", about: "rustfmt changes nothing", check: format },
    Step { name: "ui", about: "the window's page: types, tests, build", check: ui },
    Step { name: "lint", about: "clippy with every target has nothing to say", check: lint },
    Step { name: "architecture", about: "dependencies point one way", check: architecture },
    Step {
        name: "unit",
        about: "tests of the crates without a window, jsforce against the simulator",
        check: unit,
    },
    Step { name: "shell", about: "tests of the shell, and the program is built", check: shell },
    Step {
        name: "scenarios",
        about: "what people do, against the simulator and with the built program",
        check: scenarios,
    },
    Step { name: "docs", about: "the examples in comments run", check: docs },
    Step { name: "bindings", about: "the UI's types are those of the engine", check: bindings },
    Step {
        name: "screens",
        about: "every screen in Chromium: pictures, accessibility, no request leaves",
        check: screens,
    },
    Step {
        name: "window",
        about: "the real window, from first run to first pop",
        check: window::check,
    },
    Step {
        name: "deny",
        about: "licences, banned crates, sources, advisories",
        check: deny::check,
    },
    Step {
        name: "platforms",
        about: "Windows built and its tests run, macOS type-checked (CI, or when named)",
        check: platforms::check,
    },
];

/// Takes minutes and packages that few desks want: only in CI, or by name.
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
    let in_ci = packages::agreed_beforehand(false);
    let steps: Vec<&Step> = STEPS
        .iter()
        .filter(|step| {
            if chosen.is_empty() {
                step.name != ON_REQUEST || in_ci
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

fn format() -> Result<()> {
    run(&mut cargo(["fmt", "--all", "--check"]))
}

fn ui() -> Result<()> {
    packages::npm_ci("ui")?;
    run(&mut npm("ui", ["run", "check"]))?;
    run(&mut npm("ui", ["test"]))?;
    run(&mut npm("ui", ["run", "build"]))
}

fn lint() -> Result<()> {
    built_ui()?;
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn architecture() -> Result<()> {
    run(&mut cargo(["test", "--locked", "-p", "xtask"]))
}

fn unit() -> Result<()> {
    packages::npm_ci("tests/simulator/peers")?;
    run(&mut tests(&CORE))
}

fn shell() -> Result<()> {
    built_ui()?;
    run(&mut tests(&["patchcord"]))?;
    run(&mut cargo(["build", "--locked", "-p", "patchcord"]))
}

fn scenarios() -> Result<()> {
    run(tests(&["scenarios"]).env("PATCHCORD_BIN", program()?))
}

fn docs() -> Result<()> {
    let packages = CORE.iter().flat_map(|name| ["-p", *name]);
    run(&mut cargo(["test", "--locked", "--doc"].into_iter().chain(packages)))
}

fn bindings() -> Result<()> {
    run(&mut bindings_test())
}

/// Writes the UI's types anew.
///
/// # Errors
///
/// The test that holds the generator failed.
pub(crate) fn write_bindings() -> Result<()> {
    run(bindings_test().env("PATCHCORD_UPDATE_BINDINGS", "1"))
}

fn bindings_test() -> Command {
    cargo(["test", "--locked", "-p", "engine", "bindings"])
}

fn screens() -> Result<()> {
    packages::npm_ci("ui")?;
    run(&mut npm("ui", ["run", "screens"]))
}

/// Returns the built program, and builds it where a step was chosen alone.
///
/// # Errors
///
/// It does not build.
pub(crate) fn program() -> Result<PathBuf> {
    built_ui()?;
    run(&mut cargo(["build", "--locked", "--quiet", "-p", "patchcord"]))?;
    Ok(target().join("debug").join("patchcord").with_extension(std::env::consts::EXE_EXTENSION))
}

/// Returns the folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// Builds the page that the program carries inside, unless that has been done.
///
/// # Errors
///
/// npm or Vite failed.
pub(crate) fn built_ui() -> Result<()> {
    // A debug build without the page leaves a stand-in there, which has no scripts.
    let scripts = fs::read_dir(workspace().join("ui/dist/assets"));
    if scripts.is_ok_and(|mut files| files.next().is_some()) {
        return Ok(());
    }
    packages::npm_ci("ui")?;
    run(&mut npm("ui", ["run", "build"]))
}

/// Returns the test run of some crates: with cargo-nextest where it is installed, for it runs them side by side.
fn tests(crates: &[&str]) -> Command {
    let runner: &[&str] = match run::find("cargo-nextest") {
        Some(_) => &["nextest", "run", "--no-fail-fast"],
        None => &["test", "--no-fail-fast", "--lib", "--bins", "--tests"],
    };
    let packages = crates.iter().flat_map(|name| ["-p", *name]);
    cargo(runner.iter().copied().chain(["--locked"]).chain(packages))
}
