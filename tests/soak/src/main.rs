//! The shipped program under random histories, compared with the simulator's own books. `cargo xtask soak` builds what
//! it needs and runs it.
//!
//! A history is thrown from one seed: calls, faults of both systems, kills, and desks that are switched off and on. It
//! happens in real time, for the program's own time-outs are part of it. Then everything is made well, the program gets
//! time to settle, and what is in the org and what the desks say is compared with what really happened. Nothing here
//! links a crate of the product.

mod act;
mod afterwards;
mod books;
mod desk;
mod dice;
mod finding;
mod history;
mod ingredient;
mod judge;
mod keyring;
mod office;
mod plan;
mod telephones;
mod truth;
mod weather;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::Parser;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};

use crate::{
    books::now_ms,
    finding::is_about_time,
    history::History,
    ingredient::{Ingredient, Ingredients},
    office::Office,
    plan::Plan,
};

/// How long everything has to stay right before it counts.
const REST: Duration = Duration::from_secs(4);
/// So often are the desks' lists looked at before what they say counts.
const LOOKS: u32 = 4;
/// After so long a person looks whether a desk asks for a sign-in.
const ASKS: Duration = Duration::from_secs(8);
/// After so long without success a person would say `patchcord retry`.
const NUDGE: Duration = Duration::from_secs(40);

#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// The program under test
    #[arg(long)]
    program: PathBuf,
    /// How many histories
    #[arg(long, default_value_t = 20)]
    n: u64,
    /// The first history's seed; the others count on from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many histories at once
    #[arg(long, default_value_t = 6)]
    jobs: usize,
    /// Only these ingredients (plain inbound calls are always there)
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Ingredient>,
    /// All but these ingredients
    #[arg(long, value_enum, value_delimiter = ',')]
    without: Vec<Ingredient>,
    /// Keeps the homes and logs of histories with a finding
    #[arg(long)]
    keep: bool,
    /// Seconds that the program has to settle in once everything is well
    #[arg(long, default_value_t = 90)]
    patience: u64,
    /// Tells every history, not only those with a finding
    #[arg(long)]
    tell: bool,
    /// A history whose findings are all of time (late, another talk time) is lived once more, alone: one that comes out
    /// well then hung on the machine's load, and is told as FLAKY. What is lost, double, invented or wrong is not forgiven
    #[arg(long)]
    again: bool,
}

/// What came of a history.
#[derive(Debug)]
struct Verdict {
    findings: Vec<String>,
    /// The history and what was found, in words.
    told: String,
    took: Duration,
    /// How long settling took.
    settled: Duration,
    nudged: bool,
    /// By how much the driver was late at most, for lack of a processor.
    lag_s: f64,
    /// At how many desks a person had to sign in again.
    signed_in: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    // The browser's stand-in speaks plain HTTP alone; the library wants to be told whose cryptography it does not use.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let failed = tokio::select! {
        failed = run(&arguments) => failed?,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
    };
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs all histories. Returns how many had findings.
async fn run(arguments: &Arguments) -> Result<usize> {
    let began = Instant::now();
    let seeds = (arguments.seed..).take(usize::try_from(arguments.n)?);
    let mut histories = stream::iter(seeds)
        .map(|seed| {
            let arguments = arguments.clone();
            let history = tokio::spawn(async move { live(&arguments, seed).await });
            async move { (seed, history.await) }
        })
        .buffer_unordered(arguments.jobs.max(1));
    let (mut done, mut nudged, mut signed_in) = (0_usize, 0_usize, 0_usize);
    let mut failed = Vec::new();
    // Those that the load may have made late.
    let mut late = BTreeMap::new();
    while let Some((seed, ended)) = histories.next().await {
        done += 1;
        let verdict = match ended {
            Ok(verdict) => verdict,
            Err(error) => {
                println!("[{done}/{}] seed {seed}: BROKEN OFF, {error}", arguments.n);
                failed.push(seed);
                continue;
            }
        };
        nudged += usize::from(verdict.nudged);
        signed_in += verdict.signed_in;
        if !verdict.findings.is_empty() || arguments.tell {
            println!("{}", verdict.told);
        }
        if !verdict.findings.is_empty() {
            failed.push(seed);
            if verdict.findings.iter().all(|one| is_about_time(one)) {
                late.insert(seed, verdict.findings.clone());
            }
        }
        println!(
            "[{done}/{}] seed {}: {} ({:.0} s, settled in {:.0} s{}{})",
            arguments.n,
            seed,
            if verdict.findings.is_empty() { "ok" } else { "FINDING" },
            verdict.took.as_secs_f64(),
            verdict.settled.as_secs_f64(),
            if verdict.nudged { " after a retry" } else { "" },
            if verdict.lag_s >= 0.5 {
                format!(", {:.1} s late", verdict.lag_s)
            } else {
                String::new()
            },
        );
    }
    failed.sort_unstable();
    if arguments.again {
        for (seed, findings) in late {
            let verdict = live(arguments, seed).await;
            if verdict.findings.is_empty() {
                println!(
                    "FLAKY seed {seed}, no finding when it was alone: {}",
                    findings.join("; ")
                );
                failed.retain(|one| *one != seed);
            } else {
                println!("{}seed {seed}: FINDING again", verdict.told);
            }
        }
    }
    println!(
        "{done} histories from seed {} in {:.0} s, {} at a time: {} with findings {failed:?}, {nudged} that needed a retry, {signed_in} sign-ins lost to a kill or a broken line",
        arguments.seed,
        began.elapsed().as_secs_f64(),
        arguments.jobs,
        failed.len(),
    );
    Ok(failed.len())
}

async fn live(arguments: &Arguments, seed: u64) -> Verdict {
    let began = Instant::now();
    let chosen = Ingredients::chosen(&arguments.only, &arguments.without);
    let plan = Plan::of(seed, &chosen);
    let mut told = format!("seed {seed} ({} calls in the plan)\n{}", plan.calls, plan.told());
    let mut verdict = Verdict {
        findings: Vec::new(),
        told: String::new(),
        took: Duration::ZERO,
        settled: Duration::ZERO,
        nudged: false,
        lag_s: 0.0,
        signed_in: 0,
    };
    match Office::open(&arguments.program, &plan).await {
        Err(error) => verdict.findings.push(format!("SETUP {error:#}")),
        Ok(mut office) => {
            let history = History::new(&office);
            let since_ms = now_ms();
            history.happens(&plan).await;
            let patience = Duration::from_secs(arguments.patience);
            settle(&plan, &history, since_ms, patience, &mut verdict).await;
            verdict.findings.extend(desks(&plan, &history, since_ms).await);
            told += &history.told(since_ms);
            verdict.lag_s = history.lag_s();
            if arguments.keep && !verdict.findings.is_empty() {
                office.folder.disable_cleanup(true);
                let asked = office.asked(since_ms);
                // What cannot be written is missing, and the finding is there all the same.
                let _ = std::fs::write(office.folder.path().join("asked"), asked);
                told += &format!("  kept in {}\n", office.folder.path().display());
            }
        }
    }
    for finding in &verdict.findings {
        told += &format!("  FOUND {finding}\n");
    }
    verdict.told = told;
    verdict.took = began.elapsed();
    verdict
}

/// Judges the desks. A Task that is being changed at this moment is looked at again.
async fn desks(plan: &Plan, history: &History<'_>, since_ms: i64) -> Vec<String> {
    let mut findings = Vec::new();
    for _ in 0..LOOKS {
        findings = match judge::desks(plan, history, since_ms).await {
            Ok(findings) => findings,
            Err(error) => vec![format!("DESKS {error:#}")],
        };
        if findings.is_empty() {
            break;
        }
        sleep(REST / 2).await;
    }
    findings
}

/// Waits until all is right and stays so, or until the program has had its time.
async fn settle(
    plan: &Plan,
    history: &History<'_>,
    since_ms: i64,
    patience: Duration,
    verdict: &mut Verdict,
) {
    let began = Instant::now();
    // Nothing counts before the last record has been there for a while.
    let earliest = plan.pbx.cdr_delay + REST;
    let mut right_since: Option<Instant> = None;
    loop {
        let mut findings = judge::org(plan, history, since_ms);
        if findings.is_empty() {
            findings = judge::statuses(history).await;
        }
        let right = findings.is_empty();
        let since = right_since.filter(|_| right).unwrap_or_else(Instant::now);
        right_since = right.then_some(since);
        verdict.settled = began.elapsed();
        if right && since.elapsed() >= REST && began.elapsed() >= earliest {
            return;
        }
        if began.elapsed() > patience + plan.pbx.cdr_delay {
            findings.extend(judge::statuses(history).await);
            findings.sort();
            findings.dedup();
            verdict.findings.extend(findings);
            return;
        }
        if !right && verdict.signed_in == 0 && began.elapsed() > ASKS {
            verdict.signed_in = history.signs_in_again(plan).await;
        }
        if !right && !verdict.nudged && began.elapsed() > NUDGE + plan.pbx.cdr_delay {
            verdict.nudged = true;
            history.is_told_to_retry().await;
        }
        sleep(Duration::from_millis(800)).await;
    }
}
