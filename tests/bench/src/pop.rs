//! P1: from the ring event on the wire to the start of the browser's command, for callers that are known.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use simulator::{Fault, FaultRule};

use crate::{
    Spread,
    bare::Bare,
    desk::{Desk, now},
    load,
};

/// Between two calls.
const PACE: Duration = Duration::from_millis(10);
/// Salesforce's delay, as the goal has it.
const DELAY: Duration = Duration::from_millis(200);

pub(crate) async fn run(program: &Path, calls: usize, rounds: usize) -> Result<()> {
    let numbers: Vec<String> = (0..calls).map(|at| format!("+49301{at:06}")).collect();
    let mut desk = Desk::open(program, &["run", "--headless"], &numbers).await?;
    let mut bare = Bare::begin(desk.folder.path(), &desk.beacon, &numbers)?;
    println!(
        "load {} at the start; {rounds} rounds of {calls} calls each, ours and the bare chain in turn",
        load()
    );

    // Every caller calls once before: from then on the record is known here.
    let first = ring_all(&desk, &numbers, true).await?;
    desk.salesforce
        .set(|org| org.faults.push(FaultRule::always("/services/data", Fault::Slow(DELAY))));
    let (mut slow, mut down, mut limit) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        slow.extend(ring_all(&desk, &numbers, false).await?);
        limit.extend(ring_bare(&mut bare, &desk, &numbers)?);
    }
    desk.salesforce.stop_listening();
    for _ in 0..rounds {
        down.extend(ring_all(&desk, &numbers, false).await?);
        limit.extend(ring_bare(&mut bare, &desk, &numbers)?);
    }
    desk.salesforce.set(|org| org.faults.clear());
    desk.salesforce.listen_again().await;

    let (slow, down, limit) = (Spread::of(&slow), Spread::of(&down), Spread::of(&limit));
    println!("  unknown here, Salesforce at once     {}", Spread::of(&first));
    println!("  known, Salesforce at {} ms          {slow}", DELAY.as_millis());
    println!("  known, Salesforce unreachable        {down}");
    println!("  bare chain (socket + SQLite + exec)  {limit}");
    println!(
        "P1 pass: p99 <= 5 ms ({}), both within 10 % ({:.0} %); close to the limit: p99 <= 2.5 ms ({})",
        word(slow.p99 <= 5.0 && down.p99 <= 5.0),
        (down.p99 / slow.p99 - 1.0) * 100.0,
        word(slow.p99 <= 2.5 && down.p99 <= 2.5)
    );
    println!(
        "measured with {} records known so far; the goal names 1,000,000 numbers, which the contact index will bring",
        numbers.len()
    );
    desk.wait_for(|status| status["journal"]["waiting"] == 0).await?;
    let tasks = desk.salesforce.tasks().len();
    ensure!(
        tasks == calls * (1 + 2 * rounds),
        "{tasks} Tasks for {} calls",
        calls * (1 + 2 * rounds)
    );
    println!("checked: every call opened its record's page once and became one Task ({tasks})");
    Ok(())
}

async fn ring_all(desk: &Desk, numbers: &[String], first: bool) -> Result<Vec<f64>> {
    let mut samples = Vec::with_capacity(numbers.len());
    for number in numbers {
        let begun = now();
        let call = desk.pbx.inbound(&number.replace("+49", "0"), "4101");
        let lit = tokio::task::block_in_place(|| desk.beacon.wait())?;
        ensure!(
            lit.page.contains("/lightning/r/Contact/"),
            "another page was opened: {}",
            lit.page
        );
        samples.push(lit.since(begun));
        call.caller_hangs_up();
        tokio::time::sleep(if first { PACE * 3 } else { PACE }).await;
    }
    ensure!(desk.beacon.is_quiet()?, "a call opened two pages");
    Ok(samples)
}

fn ring_bare(bare: &mut Bare, desk: &Desk, numbers: &[String]) -> Result<Vec<f64>> {
    numbers
        .iter()
        .map(|number| {
            std::thread::sleep(PACE);
            bare.ring(number, &desk.beacon)
        })
        .collect()
}

fn word(passed: bool) -> &'static str {
    if passed { "yes" } else { "no" }
}
