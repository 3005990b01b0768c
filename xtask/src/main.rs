//! The project's chores, as `cargo xtask NAME`.
//!
//! Chores start programs and link none of our crates, so that `xtask` itself builds in seconds.

mod bench;
mod checks;
mod demo;
mod deny;
mod icons;
mod network;
mod packages;
mod platforms;
mod run;
mod soak;
mod suites;
mod tools;
mod window;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Builds the app and starts it on the simulated PBX and Salesforce org, with a script of calls
    Demo {
        /// Builds the program that ships: as fast as it gets, and some minutes more to build
        #[arg(long)]
        release: bool,
        /// Installs missing packages without a question
        #[arg(long)]
        yes: bool,
    },
    /// Checks everything that CI checks, or the named steps
    Test {
        /// Names of steps
        steps: Vec<String>,
        /// Names the steps and ends
        #[arg(long)]
        list: bool,
        /// Installs missing packages without a question
        #[arg(long)]
        yes: bool,
    },
    /// Measures
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Runs the program that ships under random histories of calls, faults and kills, and compares the books
    Soak(soak::Soak),
    /// Builds the Windows program, runs it and the tests of the crates without a web view under Wine, type-checks macOS
    CheckPlatforms {
        /// What does not run because its toolchain cannot be installed is said, and is no failure
        #[arg(long)]
        allow_missing: bool,
        /// Only these parts
        #[arg(long, value_enum)]
        only: Vec<platforms::Part>,
        /// Installs missing packages without a question
        #[arg(long)]
        yes: bool,
    },
    /// Writes the UI's types from the engine's
    Bindings,
    /// Renders the icons from their drawings
    Icons,
    /// Draws the guides' pictures anew, from the real window
    Pictures,
}

fn main() -> ExitCode {
    match run(Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<()> {
    match chore {
        Chore::Demo { release, yes } => demo::demo(release, yes),
        Chore::Test { list: true, .. } => {
            checks::list();
            Ok(())
        }
        Chore::Test { steps, list: false, yes } => checks::run_steps(&steps, yes),
        Chore::Bench(bench) => bench::run(bench),
        Chore::Soak(soak) => soak::run(&soak),
        Chore::CheckPlatforms { allow_missing, only, yes } => {
            platforms::run_parts(&only, allow_missing, yes).map(drop)
        }
        Chore::Bindings => suites::write_bindings(),
        Chore::Icons => icons::render(),
        Chore::Pictures => window::pictures(),
    }
}

/// Returns the folder of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the workspace").to_owned()
}
