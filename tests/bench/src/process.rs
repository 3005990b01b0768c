//! What processes use, as Linux tells it.

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, Result};

/// What a process tree has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// Voluntary context switches.
    pub(crate) wakeups: u64,
    /// Hundredths of a second of the processor.
    pub(crate) ticks: u64,
}

/// Returns what the process and all below it have used.
pub(crate) fn used(root: u32) -> Result<Used> {
    let mut used = Used::default();
    for process in tree(root) {
        for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten()
        {
            let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
            used.wakeups += field(&status, "voluntary_ctxt_switches:").unwrap_or_default();
        }
        used.ticks += ticks(process)?;
    }
    Ok(used)
}

/// Returns the hundredths of a second of the processor that one process has used, without those below it.
pub(crate) fn ticks(process: u32) -> Result<u64> {
    let stat =
        fs::read_to_string(format!("/proc/{process}/stat")).context("the process has ended")?;
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let times = rest.split_ascii_whitespace().skip(11).take(2);
    Ok(times.filter_map(|word| word.parse::<u64>().ok()).sum())
}

/// Returns the memory of the process and all below it (PSS), in megabytes.
#[expect(clippy::cast_precision_loss, reason = "kilobytes")]
pub(crate) fn megabytes(root: u32) -> f64 {
    tree(root).iter().filter_map(|&process| pss(process)).sum::<u64>() as f64 / 1024.0
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
