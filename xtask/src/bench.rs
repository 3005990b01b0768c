//! `cargo xtask bench`: the goals of the performance page, measured with whole processes.

use std::process::Command;

use anyhow::Result;
use clap::Subcommand;

use crate::{
    packages::{self, Need},
    run::{cargo, run as start},
    suites,
};

/// Where the libraries by other people are asked that read numbers beside us.
const PEERS: &str = "src-tauri/domain/tests/peers";

/// What can be measured.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Bench {
    /// P1 and P3: ring event on the wire → browser command started, beside the bare chain
    Pop,
    /// P4 and P5: a number in any spelling → its record, beside SQLite, a hash map, libphonenumber-js, Google's library in
    /// C++ and Python's
    Match,
    /// Fields as people type them: what indexing a million costs beside clean ones
    Dirt,
    /// P11 and P12: requests, processor time and disk of the contact index for 100,000 contacts
    Index,
    /// P11: what a day of calls and a backlog cost in requests to Salesforce, with one computer of an agent and with two
    Thrift,
    /// P12: start, look-up, list and entry after a year of 100 calls a day, before and after the old ones go
    Age,
    /// P6: a flood and a burst of events of the whole office, and 10,000 calls of our own at 250 a second
    Storm,
    /// P10: the end of a call → its entry on the disk, beside a bare write and flush in the same folder
    Durable,
    /// P7 and P8: memory and wakeups of the engine process, connected and idle for five minutes
    Idle,
}

/// Builds the program that ships, measures it, and prints what was found.
///
/// # Errors
///
/// Something could not be built, or a correctness check inside of the run failed.
pub(crate) fn run(bench: Bench) -> Result<()> {
    packages::ensure(&[Need::Build, Need::Keyring], packages::agreed_beforehand(false))?;
    suites::built_ui()?;
    start(&mut cargo(["build", "--release", "--locked", "-p", "patchcord", "-p", "bench"]))?;
    let release = suites::target().join("release");
    let mut command = Command::new(release.join("bench"));
    command.arg("--program").arg(release.join("patchcord"));
    match bench {
        Bench::Pop => command.arg("pop"),
        Bench::Match => {
            packages::npm_ci(PEERS)?;
            command.args(["match", "--peers", PEERS])
        }
        Bench::Dirt => command.arg("dirt"),
        Bench::Index => command.arg("index"),
        Bench::Thrift => command.arg("thrift"),
        Bench::Age => command.arg("age"),
        Bench::Storm => command.arg("storm"),
        Bench::Durable => command.arg("durable"),
        Bench::Idle => command.arg("idle"),
    };
    start(&mut command)
}
