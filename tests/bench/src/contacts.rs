//! P11 and P12: what the contact index costs, in requests, processor time and disk.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::{desk::Desk, fill, load, word};

/// The kernel counts processor time in ticks of 10 ms.
const TICK_MS: f64 = 10.0;

pub(crate) async fn run(program: &Path, contacts: usize) -> Result<()> {
    let numbers: Vec<String> = (0..contacts).map(fill::number).collect();
    let raw: usize = numbers.iter().map(|number| number.len() + "Number 00000".len() + 18).sum();
    let load_before = load();
    let mut desk = Desk::open(program, &["run", "--headless"], &numbers, 0).await?;
    let deadline = std::time::Instant::now() + Duration::from_secs(600);
    loop {
        let status = desk.wait_for(|_| true).await?;
        if status["contacts"]["index_state"] == "ready" {
            ensure!(status["contacts"]["index"] == contacts, "not all are known: {status}");
            break;
        }
        ensure!(std::time::Instant::now() < deadline, "never whole: {status}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let cpu = processor_ms(desk.engine())? / 1_000.0;
    let ledger = desk.salesforce.ledger();
    let pages = ledger
        .iter()
        .filter(|one| one.query.as_ref().is_some_and(|query| query.contains("ORDER BY Id")))
        .count();
    let before = desk.salesforce.arrivals("GET", "/queryAll/");
    desk.tell(&json!({ "command": "refresh_index", "all": false })).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let changes = desk.salesforce.arrivals("GET", "/queryAll/") - before;
    let disk = disk_bytes(&desk.folder.path().join("home"))?;

    println!("{contacts} contacts, no leads and accounts; load {load_before} at the start");
    println!(
        "  P11 first load           {pages} requests (goal <= 53: {}; rows / 2,000 = {}), {cpu:.1} s of processor time since the start (goal <= 3: {})",
        word(pages <= 53),
        contacts.div_ceil(2_000),
        word(cpu <= 3.0)
    );
    println!(
        "  P11 unchanged delta      {changes} requests (goal: 1 for each of 3 objects: {})",
        word(changes == 3)
    );
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "  P12 disk                 {:.1} MB with its log (goal <= 25 for 100,000; limit 11), raw field bytes {:.1} MB",
        megabytes(disk),
        megabytes(raw)
    );
    Ok(())
}

/// Returns the processor time that a process has used, in milliseconds.
fn processor_ms(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> =
        stat.rsplit_once(')').context("a name in brackets")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
    Ok((ticks(11).context("user time")? + ticks(12).context("system time")?) * TICK_MS)
}

fn disk_bytes(home: &Path) -> Result<usize> {
    let mut sum = 0;
    for file in ["cache.db", "cache.db-wal"] {
        sum += fs::metadata(home.join(file)).map_or(0, |file| file.len());
    }
    Ok(usize::try_from(sum)?)
}
