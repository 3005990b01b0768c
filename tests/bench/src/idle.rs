//! P7 and P8: what the program costs while nothing happens.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::{
    desk::Desk,
    load,
    process::{megabytes, used},
};

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
    let memory = megabytes(desk.engine());
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
    println!("  P7 memory (PSS of the process tree)   {memory:.1} MB      goal <= 60 MB");
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
