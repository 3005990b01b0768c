//! The project's chores, as `cargo xtask NAME`.

mod icons;
mod run;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Renders the icons from their drawings
    Icons,
}

fn main() -> Result<()> {
    match Cli::parse().chore {
        Chore::Icons => icons::render(),
    }
}

/// Returns the folder of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the workspace").to_owned()
}
