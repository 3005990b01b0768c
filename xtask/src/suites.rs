//! The suites of tests, and the builds that they share.
//!
//! Everything is built once, as one workspace with its tests: a narrower choice of packages would choose other features
//! of the same dependencies, and build those again.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{
    checks::Ran,
    packages,
    run::{self, cargo, npm, run},
    workspace,
};

pub(crate) fn format() -> Result<()> {
    run(&mut cargo(["fmt", "--all", "--check"]))
}

pub(crate) fn ui() -> Result<()> {
    packages::npm_ci("ui")?;
    run(&mut npm("ui", ["run", "check"]))?;
    run(&mut npm("ui", ["test"]))?;
    run(&mut npm("ui", ["run", "build"]))
}

pub(crate) fn lint() -> Result<()> {
    built_ui()?;
    run(&mut cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

pub(crate) fn architecture() -> Result<()> {
    run(&mut cargo(["test", "--locked", "-p", "xtask"]))
}

pub(crate) fn unit() -> Result<Ran> {
    packages::npm_ci("tests/simulator/peers")?;
    packages::npm_ci("src-tauri/domain/tests/peers")?;
    built_ui()?;
    run_telling(&mut tests(
        "not (package(scenarios) | package(xtask))",
        &["--workspace", "--exclude", "scenarios"],
    ))
}

/// Some scenarios drive the built program as people do.
pub(crate) fn scenarios() -> Result<Ran> {
    build()?;
    run_telling(
        tests("package(scenarios)", &["-p", "scenarios"])
            .env("PATCHCORD_BIN", program("patchcord"))
            .env("SIMULATOR_BIN", program("simulator")),
    )
}

/// Runs tests, and tells which of them could not do on this computer what they are for: only root can be several users.
fn run_telling(tests: &mut Command) -> Result<Ran> {
    let file = target().join("left-out.txt");
    fs::write(&file, "").context("writing into target")?;
    run(tests.env("PATCHCORD_LEFT_OUT", &file))?;
    Ok(left_out(&fs::read_to_string(&file).context("reading what the tests left out")?))
}

/// Reads what tests left out: lines with a reason, a tab and a test's name.
fn left_out(lines: &str) -> Ran {
    let mut by_reason: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (reason, test) in lines.lines().filter_map(|line| line.split_once('\t')) {
        by_reason.entry(reason).or_default().insert(test);
    }
    if by_reason.is_empty() {
        return Ran::Whole;
    }
    let reasons = by_reason.into_iter().map(|(reason, tests)| {
        let names: Vec<&str> = tests.into_iter().collect();
        format!("{} ({reason})", names.join(", "))
    });
    Ran::Short(reasons.collect::<Vec<_>>().join("; "))
}

pub(crate) fn docs() -> Result<()> {
    built_ui()?;
    run(&mut cargo(["test", "--workspace", "--locked", "--doc"]))
}

pub(crate) fn bindings() -> Result<()> {
    built_ui()?;
    run(&mut bindings_test())
}

/// Writes the page's types anew.
///
/// # Errors
///
/// The test that holds the generator failed.
pub(crate) fn write_bindings() -> Result<()> {
    built_ui()?;
    run(bindings_test().env("PATCHCORD_UPDATE_BINDINGS", "1"))
}

fn bindings_test() -> Command {
    tests("package(engine) & test(bindings)", &["-p", "engine", "bindings"])
}

pub(crate) fn screens() -> Result<()> {
    packages::npm_ci("ui")?;
    run(&mut npm("ui", ["run", "screens"]))
}

/// Builds everything once, tests included.
///
/// # Errors
///
/// Something does not build.
pub(crate) fn build() -> Result<()> {
    built_ui()?;
    run(&mut cargo(["build", "--workspace", "--all-targets", "--locked"]))
}

/// Returns where a program is after [`build`].
pub(crate) fn program(name: &str) -> PathBuf {
    target().join("debug").join(name).with_extension(env::consts::EXE_EXTENSION)
}

/// Returns the folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
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

/// Returns the run of some tests: by cargo-nextest's filter where that is installed, for it runs them side by side and
/// builds nothing again; else by packages.
pub(crate) fn tests(filter: &str, otherwise: &[&str]) -> Command {
    if run::find("cargo-nextest").is_some() {
        cargo(["nextest", "run", "--workspace", "--locked", "--no-fail-fast", "-E", filter])
    } else {
        let mut command =
            cargo(["test", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]);
        command.args(otherwise);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_left_something_out_are_named_with_the_reason() {
        assert_eq!(left_out(""), Ran::Whole);
        let told = left_out("only root\tb\nno namespace\tc\nonly root\ta\nonly root\ta\n");
        assert_eq!(told, Ran::Short("c (no namespace); a, b (only root)".to_owned()));
    }
}
