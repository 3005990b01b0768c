//! Measurements of the shipped program. `cargo xtask bench` builds what they need and runs them.

mod age;
mod bare;
mod contacts;
mod desk;
mod dirt;
mod durable;
mod fill;
mod idle;
/// A desk has a keyring of its own, as in the random histories: this computer may have none, and a person's is not touched.
#[path = "../../soak/src/keyring.rs"]
mod keyring;
mod listening;
mod matching;
mod peers;
mod pop;
mod process;
mod stages;
mod storm;
mod thrift;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Arguments {
    /// The program that is measured.
    #[arg(long)]
    program: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// P1 and P3: ring event on the wire → browser command started, beside the bare chain
    Pop {
        /// Records in the contact index.
        #[arg(long, default_value_t = 1_000_000)]
        index: usize,
        /// Calls in each round.
        #[arg(long, default_value_t = 40)]
        calls: usize,
        /// Rounds, ours and the bare chain in turn.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// P4 and P5: a number in any spelling → its record, beside SQLite, a hash map and three libraries
    Match {
        /// The folder with what asks the libraries.
        #[arg(long)]
        peers: PathBuf,
        /// How many contacts there are.
        #[arg(long, default_values_t = [10_000, 100_000, 1_000_000])]
        sizes: Vec<usize>,
        /// Rounds, ours and the limits in turn.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Fields as people type them: what indexing a million costs beside clean ones
    Dirt {
        /// How many contacts there are.
        #[arg(long, default_value_t = 1_000_000)]
        contacts: usize,
        /// Rounds, clean and dirty in turn.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// P11 and P12: what building and keeping the contact index costs
    Index {
        /// How many contacts the org has.
        #[arg(long, default_value_t = 100_000)]
        contacts: usize,
    },
    /// P11: what calls cost in requests to Salesforce, with one computer of an agent and with two
    Thrift,
    /// P12: what a year of calls costs a start, a look-up, the list and an entry, before and after the old ones go
    Age {
        /// How many days have gone by.
        #[arg(long, default_value_t = 365)]
        days: usize,
        /// Rounds, the three desks in turn.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// P6: a flood and a burst of events, and calls of our own beyond all measure
    Storm {
        /// How long the flood lasts.
        #[arg(long, default_value_t = 60)]
        seconds: usize,
        /// Events in a second.
        #[arg(long, default_value_t = 2_000)]
        rate: usize,
        /// Events of the burst.
        #[arg(long, default_value_t = 100_000)]
        burst: usize,
        /// Own calls, at 250 a second.
        #[arg(long, default_value_t = 10_000)]
        own: usize,
    },
    /// P10: the end of a call → its entry on the disk, beside a bare write and flush
    Durable {
        /// Calls in each round.
        #[arg(long, default_value_t = 20)]
        calls: usize,
        /// Rounds, ours and the bare write in turn.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// The peer of P6: reads frames and counts them.
    #[command(hide = true)]
    Listen {
        #[arg(long)]
        address: String,
        #[arg(long)]
        client: String,
    },
    /// P7 and P8: memory, wakeups and processor time of the engine process, connected and idle
    Idle {
        /// How long is looked at.
        #[arg(long, default_value_t = 300)]
        seconds: u64,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    match arguments.what {
        What::Pop { index, calls, rounds } => {
            pop::run(&arguments.program, calls, rounds, index).await
        }
        What::Match { peers, sizes, rounds } => matching::run(&peers, &sizes, rounds).await,
        What::Dirt { contacts, rounds } => dirt::run(contacts, rounds).await,
        What::Index { contacts } => contacts::run(&arguments.program, contacts).await,
        What::Age { days, rounds } => age::run(&arguments.program, days, rounds).await,
        What::Thrift => thrift::run(&arguments.program).await,
        What::Storm { seconds, rate, burst, own } => {
            storm::run(&arguments.program, storm::Plan { seconds, rate, burst, own }).await
        }
        What::Durable { calls, rounds } => durable::run(&arguments.program, calls, rounds).await,
        What::Listen { address, client } => listening::run(&address, &client).await,
        What::Idle { seconds } => idle::run(&arguments.program, seconds).await,
    }
}

/// The middle, the 99th of a hundred, and the worst.
#[derive(Clone, Copy, Debug)]
struct Spread {
    p50: f64,
    p99: f64,
    worst: f64,
}

impl Spread {
    /// Takes milliseconds.
    fn of(samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = sorted.len().saturating_sub(1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "an index within a few hundred"
            )]
            let index = ((last as f64) * share).round() as usize;
            sorted.get(index).copied().unwrap_or(f64::NAN)
        };
        Self { p50: at(0.5), p99: at(0.99), worst: at(1.0) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.2} ms   p99 {:.2} ms   worst {:.2} ms", self.p50, self.p99, self.worst)
    }
}

/// Says whether a goal was met.
fn word(passed: bool) -> &'static str {
    if passed { "yes" } else { "no" }
}

/// Says how busy the machine is, since every wall-clock figure depends on it.
fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').take(1).collect()
}
