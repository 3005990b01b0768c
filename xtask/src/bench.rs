//! `cargo xtask bench`: the goals of the performance page, measured with whole processes.

use std::process::Command;

use anyhow::Result;
use clap::Subcommand;

use crate::{
    packages::{self, Need},
    run::{cargo, run as start},
    suites,
};

/// What can be measured.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Bench {
    /// P1: ring event on the wire → browser command started, beside the bare chain
    Pop,
    /// P7 and P8: memory and wakeups of the engine process, connected and idle for five minutes
    Idle,
}

/// Builds the program that ships, measures it, and prints what was found.
///
/// # Errors
///
/// Something could not be built, or a correctness check inside of the run failed.
pub(crate) fn run(bench: Bench) -> Result<()> {
    packages::ensure(&[Need::Build], packages::agreed_beforehand(false))?;
    suites::built_ui()?;
    start(&mut cargo(["build", "--release", "--locked", "-p", "patchcord", "-p", "bench"]))?;
    let release = suites::target().join("release");
    let mut command = Command::new(release.join("bench"));
    command.arg("--program").arg(release.join("patchcord"));
    start(command.arg(match bench {
        Bench::Pop => "pop",
        Bench::Idle => "idle",
    }))
}
