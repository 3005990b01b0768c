//! `cargo xtask bench`: the goals of the performance page, measured with whole processes.

use anyhow::{Result, bail};
use clap::Subcommand;

/// What can be measured.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Bench {
    /// P1: ring event on the wire → browser command started, beside the bare chain
    Pop,
    /// P7 and P8: memory and wakeups of the engine process, connected and idle
    Idle,
}

/// Measures, and prints what was found.
///
/// # Errors
///
/// A correctness check inside of the run failed, or the measurement does not exist.
pub(crate) fn run(bench: Bench) -> Result<()> {
    match bench {
        Bench::Pop => bail!("`bench pop` is not built yet"),
        Bench::Idle => bail!("`bench idle` is not built yet"),
    }
}
