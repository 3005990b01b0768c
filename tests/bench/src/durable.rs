//! P10: from the frame that ends a call to its entry on the disk, beside a bare write and flush in the same folder; and a
//! pop while the journal cannot be written at all, which shows that no flush is on its way.
//!
//! A reader of `journal.db` sees a change as soon as it is committed, which in write-ahead mode with `synchronous=FULL` is
//! after its flush: what is seen is durable.

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use rusqlite::{Connection, OpenFlags};

use crate::{
    Spread,
    desk::{Desk, now},
    fill, load,
};

const AGENT: &str = "4101";
/// Between two calls: what the program does after one is over by then.
const PACE: Duration = Duration::from_millis(150);
/// How long a call lasts.
const LASTS: Duration = Duration::from_millis(100);
const SETTLED: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the journal is looked at; this is in the figure.
const LOOKS_EVERY: Duration = Duration::from_micros(100);
/// Goals. Source: performance.md, P10.
const TIMES_RAW: f64 = 1.5;

pub(crate) async fn run(program: &Path, calls: usize, rounds: usize) -> Result<()> {
    let numbers: Vec<String> = (0..calls).map(fill::number).collect();
    let mut desk = Desk::open(program, &["run", "--headless"], &numbers, 0).await?;
    desk.wait_for(|status| status["contacts"]["index_state"] == "ready").await?;
    tokio::time::sleep(SETTLED).await;
    println!(
        "load {} at the start; {rounds} rounds of {calls} calls, ours and the bare write in turn",
        load()
    );
    let journal = desk.folder.path().join("home/journal.db");
    let reader = Connection::open_with_flags(&journal, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut raw = Raw::begin(desk.folder.path())?;
    let (mut ours, mut bare, mut free, mut locked) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        for number in &numbers {
            ours.push(end_one(&desk, &reader, number).await?);
        }
        for _ in &numbers {
            std::thread::sleep(Duration::from_millis(10));
            bare.push(raw.write()?);
        }
        for number in &numbers {
            free.push(pop_one(&desk, number).await?);
        }
        // Another program holds the journal: whatever waits for it waits with it.
        let holder = Connection::open(&journal)?;
        holder.busy_timeout(PATIENCE)?;
        for number in &numbers {
            holder.execute_batch("BEGIN IMMEDIATE")?;
            let popped = pop_one(&desk, number).await;
            holder.execute_batch("ROLLBACK")?;
            locked.push(popped?);
            tokio::time::sleep(PACE).await;
        }
    }
    let (ours, bare) = (Spread::of(&ours), Spread::of(&bare));
    let (free, locked) = (Spread::of(&free), Spread::of(&locked));
    println!("  end of a call → entry on the disk     {ours}");
    println!("  raw 4 KB write + fdatasync            {bare}");
    println!("  ring → browser, journal free          {free}");
    println!("  ring → browser, journal locked        {locked}");
    let times = ours.p50 / bare.p50;
    println!(
        "P10 pass: <= {TIMES_RAW} times the raw write ({}, {times:.2} times); close to the limit: 1.2 times ({})",
        word(times <= TIMES_RAW),
        word(times <= 1.2)
    );
    println!(
        "P10 no flush on the way to the pop: p50 with a locked journal <= 1.2 times the free one ({}, {:.2} times)",
        word(locked.p50 <= 1.2 * free.p50),
        locked.p50 / free.p50
    );
    desk.wait_for(|status| status["journal"]["waiting"] == 0).await?;
    let (tasks, expected) = (desk.salesforce.tasks().len(), calls * rounds * 3);
    ensure!(tasks == expected, "{tasks} Tasks for {expected} calls");
    println!("checked: every call became one Task ({tasks})");
    Ok(())
}

/// A call to its end. Returns the milliseconds from its last frame until its entry is durable.
async fn end_one(desk: &Desk, reader: &Connection, number: &str) -> Result<f64> {
    let call = desk.pbx.inbound(&number.replace("+49", "0"), AGENT);
    tokio::task::block_in_place(|| desk.beacon.wait())?;
    call.answer(AGENT);
    tokio::time::sleep(LASTS).await;
    let id = call.id();
    let mut find = reader.prepare_cached("SELECT finished FROM call WHERE call = ?1")?;
    let begun = now();
    call.caller_hangs_up();
    let deadline = Instant::now() + PATIENCE;
    // A look without a pause would take one of two cores from what is measured. It does not hold the simulated PBX up.
    tokio::task::block_in_place(|| {
        while !find.query_row([&id], |row| row.get(0)).unwrap_or(false) {
            ensure!(Instant::now() < deadline, "no end was written within {PATIENCE:?}");
            std::thread::sleep(LOOKS_EVERY);
        }
        Ok(())
    })?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few seconds fit")]
    let took = (now() - begun) as f64 / 1e6;
    tokio::time::sleep(PACE).await;
    Ok(took)
}

/// A ringing until its page opens, in milliseconds. The call is over then.
async fn pop_one(desk: &Desk, number: &str) -> Result<f64> {
    let begun = now();
    let call = desk.pbx.inbound(&number.replace("+49", "0"), AGENT);
    let took = tokio::task::block_in_place(|| desk.beacon.wait())?.since(begun);
    call.answer(AGENT);
    tokio::time::sleep(LASTS).await;
    call.caller_hangs_up();
    tokio::time::sleep(PACE).await;
    Ok(took)
}

/// The limit: four kilobytes and a flush.
struct Raw(File);

impl Raw {
    fn begin(folder: &Path) -> Result<Self> {
        let mut file = File::create(folder.join("raw"))?;
        file.write_all(&[0; 4_096])?;
        file.sync_all()?;
        Ok(Self(file))
    }

    /// Returns how long it took, in milliseconds.
    fn write(&mut self) -> Result<f64> {
        let begun = Instant::now();
        self.0.rewind()?;
        self.0.write_all(&[7; 4_096])?;
        self.0.sync_data()?;
        Ok(begun.elapsed().as_secs_f64() * 1_000.0)
    }
}

fn word(passed: bool) -> &'static str {
    if passed { "yes" } else { "no" }
}
