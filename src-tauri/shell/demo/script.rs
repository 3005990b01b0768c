//! The calls of the demonstration.

use std::time::Duration;

use simulator::Pbx;
use tokio::time::sleep;

use super::{EXTENSION, KNOWN};

/// Bob Liu, a lead.
const LEAD: &str = "+49895550199";
/// Two people share this number.
const SHARED: &str = "+442079460100";
/// Nobody in the org.
const UNKNOWN: &str = "+491705550999";
/// Clara Nowak, as a German desk phone dials her.
const DIALLED: &str = "0048601555017";

/// Rings the simulated phone once, from somebody known, and takes the call.
pub(super) fn one_call(pbx: Pbx) {
    tokio::spawn(async move { answered(&pbx, KNOWN).await });
}

/// The series: known and answered, missed, unknown, dialled by hand, and one number on two records.
pub(super) async fn series(pbx: &Pbx) {
    while pbx.subscribers() == 0 {
        sleep(Duration::from_millis(200)).await;
    }
    // The window is still opening.
    sleep(Duration::from_secs(4)).await;
    answered(pbx, KNOWN).await;
    sleep(Duration::from_secs(5)).await;

    let missed = pbx.inbound(LEAD, EXTENSION);
    sleep(Duration::from_secs(5)).await;
    missed.caller_hangs_up();
    sleep(Duration::from_secs(5)).await;

    answered(pbx, UNKNOWN).await;
    sleep(Duration::from_secs(5)).await;

    let outbound = pbx.outbound(EXTENSION, DIALLED);
    sleep(Duration::from_secs(3)).await;
    outbound.remote_answers();
    sleep(Duration::from_secs(5)).await;
    outbound.hang_up();
    sleep(Duration::from_secs(5)).await;

    answered(pbx, SHARED).await;
}

async fn answered(pbx: &Pbx, from: &str) {
    let call = pbx.inbound(from, EXTENSION);
    sleep(Duration::from_secs(4)).await;
    call.answer(EXTENSION);
    sleep(Duration::from_secs(6)).await;
    call.caller_hangs_up();
}
