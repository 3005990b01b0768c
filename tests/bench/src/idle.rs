//! P7 and P8: what the program costs while nothing happens.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use anyhow::{Context as _, Result};

use crate::{desk::Desk, load};

/// What a process tree has used so far.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    wakeups: u64,
    ticks: u64,
}

pub(crate) async fn run(program: &Path, seconds: u64) -> Result<()> {
    let desktop = std::env::var_os("DISPLAY").is_some();
    let arguments: &[&str] = if desktop { &["--hidden"] } else { &["run", "--headless"] };
    let desk = Desk::open(program, arguments, &["+493012345".to_owned()], 0).await?;
    // The start's own work is over by then.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let before = used(desk.engine())?;
    let frames_before = frames(&desk);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let after = used(desk.engine())?;
    let frames_after = frames(&desk);
    let memory = tree(desk.engine()).iter().filter_map(|&process| pss(process)).sum::<u64>();
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let per = |count: u64| count as f64 / seconds as f64;
    let (wakeups, busy) =
        (per(after.wakeups - before.wakeups), per((after.ticks - before.ticks) * 10));
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let sent = (frames_after - frames_before) as f64 * 60.0 / seconds as f64;
    println!(
        "{} for {seconds} s, connected to both sides, no calls; load {}",
        if desktop { "the desktop app in the tray" } else { "headless (no display: without tray)" },
        load()
    );
    #[expect(clippy::cast_precision_loss, reason = "kilobytes")]
    let megabytes = memory as f64 / 1024.0;
    println!("  P7 memory (PSS of the process tree)   {megabytes:.1} MB      goal <= 60 MB");
    println!("  P8 wakeups (voluntary switches)       {wakeups:.2} /s      goal <= 1, limit 0.3");
    println!(
        "  P8 processor time                     {busy:.2} ms/s    goal <= 0.5 (clock ticks of 10 ms)"
    );
    println!("  P8 messages sent to PBX and org       {sent:.1} /min    goal <= 3");
    Ok(())
}

/// Requests and frames that the program sent.
fn frames(desk: &Desk) -> usize {
    desk.pbx.ledger().len() + desk.salesforce.ledger().len()
}

/// Returns the process and all below it.
fn tree(root: u32) -> BTreeSet<u32> {
    let mut tree = BTreeSet::from([root]);
    let processes: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|process: u32| Some((process, parent(process)?)))
        .collect();
    loop {
        let before = tree.len();
        tree.extend(
            processes
                .iter()
                .filter(|(_, parent)| tree.contains(parent))
                .map(|(process, _)| *process)
                .collect::<Vec<_>>(),
        );
        if tree.len() == before {
            return tree;
        }
    }
}

fn parent(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    field(&status, "PPid:").and_then(|value| u32::try_from(value).ok())
}

fn used(root: u32) -> Result<Used> {
    let mut used = Used::default();
    for process in tree(root) {
        for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten()
        {
            let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
            used.wakeups += field(&status, "voluntary_ctxt_switches:").unwrap_or_default();
        }
        let stat =
            fs::read_to_string(format!("/proc/{process}/stat")).context("the process has ended")?;
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let times: Vec<u64> = rest
            .split_ascii_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|word| word.parse().ok())
            .collect();
        used.ticks += times.iter().sum::<u64>();
    }
    Ok(used)
}

/// Kilobytes.
fn pss(process: u32) -> Option<u64> {
    field(&fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?, "Pss:")
}

fn field(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))?
        .split_ascii_whitespace()
        .next()?
        .parse()
        .ok()
}
