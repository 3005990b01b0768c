//! `cargo xtask soak`: the shipped program under random histories, compared with the simulator's own books.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{
    checks::Ran,
    packages::{self, Need},
    run::{cargo, run as start},
    suites,
};

/// So many histories, from this seed on, are part of every check: a minute and a half.
const SHORT: [&str; 7] = ["--n", "32", "--seed", "1", "--jobs", "10", "--again"];

/// What is to be run.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// How many histories
    #[arg(long, default_value_t = 20)]
    n: u64,
    /// The first history's seed; the others count on from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many histories at once: two processors bear a dozen
    #[arg(long, default_value_t = 6)]
    jobs: usize,
    /// Tests the optimised program
    #[arg(long)]
    release: bool,
    /// Only these ingredients, with commas between: a wrong name has them all named
    #[arg(long)]
    only: Option<String>,
    /// All but these ingredients
    #[arg(long)]
    without: Option<String>,
    /// Keeps the homes and logs of histories with a finding, and says where
    #[arg(long)]
    keep: bool,
    /// Tells every history, not only those with a finding
    #[arg(long)]
    tell: bool,
    /// Lives a history whose findings are all of time (late, another talk time) once more, alone, and tells one that comes
    /// out well then as hung on the load. What is lost, double, invented or wrong is not forgiven
    #[arg(long)]
    again: bool,
}

/// Builds the program and the driver, and runs histories.
///
/// # Errors
///
/// Something could not be built, or a history had a finding.
pub(crate) fn run(soak: &Soak) -> Result<()> {
    packages::ensure(&[Need::Build, Need::Test], packages::agreed_beforehand(false))?;
    suites::built_ui()?;
    let mut build = cargo(["build", "--locked", "-p", "patchcord", "-p", "soak"]);
    if soak.release {
        build.arg("--release");
    }
    start(&mut build)?;
    let mut driver = driver(if soak.release { "release" } else { "debug" });
    let numbers = [
        ("--n", soak.n.to_string()),
        ("--seed", soak.seed.to_string()),
        ("--jobs", soak.jobs.to_string()),
    ];
    for (word, value) in numbers {
        driver.arg(word).arg(value);
    }
    for (word, names) in [("--only", &soak.only), ("--without", &soak.without)] {
        if let Some(names) = names {
            driver.arg(word).arg(names);
        }
    }
    for (word, wanted) in [("--keep", soak.keep), ("--tell", soak.tell), ("--again", soak.again)] {
        if wanted {
            driver.arg(word);
        }
    }
    start(&mut driver)
}

/// A short run with seeds that stay the same.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn check() -> Result<Ran> {
    if !cfg!(target_os = "linux") {
        return Ok(Ran::Short(
            "all of it: the histories need a session bus and GNOME's keyring, as Linux has them"
                .to_owned(),
        ));
    }
    suites::build()?;
    start(driver("debug").args(SHORT))?;
    Ok(Ran::Whole)
}

fn driver(profile: &str) -> Command {
    let folder = suites::target().join(profile);
    let mut command = Command::new(folder.join("soak"));
    command.arg("--program").arg(folder.join("patchcord"));
    command
}
