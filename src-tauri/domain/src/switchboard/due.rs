//! How long each situation of a call may last without news, and what is to be done then.

use std::time::Duration;

use super::{call::Call, effect::Phase};
use crate::time::Moment;

/// After the last hang-up, how long the PBX's record is waited for before the legs alone decide.
const SILENCE: Duration = Duration::from_secs(4);
/// After the record of another part of the call, such as the queue's, how long that of our own talk may take.
const OWN_RECORD: Duration = Duration::from_millis(500);
/// A call that nobody shows any more: how long the record is waited for.
const GONE: Duration = Duration::from_secs(6);
/// A call that others may still be in: how long before the PBX is asked whether it knows it.
pub(super) const OTHERS: Duration = Duration::from_secs(8);
/// A hang-up of a call that was never seen alive: how long its record may take.
const ORPHAN: Duration = Duration::from_secs(60);
/// A phone that rings or dials without any news for so long is asked about.
const RINGS_LONG: Duration = Duration::from_secs(75);
/// A conversation without any news for so long is asked about.
const TALKS_LONG: Duration = Duration::from_secs(600);
/// Two questions to the PBX about one call lie at least so far apart.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How often the PBX is asked for a number that its events do not show.
pub(super) const NUMBER_TRIES: u32 = 4;
/// What a call needs now.
pub(super) enum Due {
    Nothing,
    Ask,
    AskCall,
    AskRecords,
    Finish,
    Drop,
}

/// Returns what the call needs now.
pub(super) fn due(call: &Call, now: Moment) -> Due {
    if now.steady < deadline(call) {
        return Due::Nothing;
    }
    match situation(call) {
        Situation::Ringing | Situation::Talking | Situation::Doubted | Situation::NeverShown => {
            Due::Ask
        }
        // Asked for above, together with the number.
        Situation::NoNumber => Due::Nothing,
        Situation::Orphan if !call.asked_records => Due::AskRecords,
        Situation::Orphan => Due::Drop,
        Situation::Gone if !call.asked_records => Due::AskRecords,
        Situation::OthersIn => Due::AskCall,
        Situation::Gone if call.never_began() => Due::Drop,
        Situation::Recorded
        | Situation::Gone
        | Situation::HungUp
        | Situation::Transferred
        | Situation::Taken => Due::Finish,
    }
}

/// Where a call stands, for the question how long to wait.
enum Situation {
    Ringing,
    Talking,
    NoNumber,
    /// A record says that some part is over while ours seems to go on.
    Doubted,
    /// It was dialled from here, and the phone has not rung.
    NeverShown,
    /// Only its hang-up was seen.
    Orphan,
    /// Its record is there.
    Recorded,
    /// The PBX no longer knows it, and its record is not there.
    Gone,
    /// Everybody has hung up, and its record is not there.
    HungUp,
    /// The agent spoke and has left; others go on.
    Transferred,
    /// A colleague has it.
    Taken,
    /// The agent's phone has stopped ringing; others may still ring.
    OthersIn,
}

fn situation(call: &Call) -> Situation {
    match call.phase {
        Phase::Ringing | Phase::Dialling | Phase::Talking if call.doubted => Situation::Doubted,
        Phase::Ringing | Phase::Dialling | Phase::Talking
            if call.lacks_number() && call.asked_for_number < NUMBER_TRIES =>
        {
            Situation::NoNumber
        }
        Phase::Dialling if call.placed_here && call.own_legs.is_empty() => Situation::NeverShown,
        Phase::Ringing | Phase::Dialling => Situation::Ringing,
        Phase::Talking => Situation::Talking,
        Phase::Left if call.gone && !call.records.is_empty() => Situation::Recorded,
        Phase::Left if !call.seen_alive => Situation::Orphan,
        Phase::Left if call.gone => Situation::Gone,
        Phase::Left if call.all_hung_up() => Situation::HungUp,
        Phase::Left if call.talked > Duration::ZERO => Situation::Transferred,
        Phase::Left if call.taken_by_other => Situation::Taken,
        Phase::Left => Situation::OthersIn,
    }
}

/// Returns when the call's situation has lasted long enough.
pub(super) fn deadline(call: &Call) -> Duration {
    let news = call.last_news.max(call.asked_at.unwrap_or_default());
    match situation(call) {
        Situation::NoNumber => call.asked_at.map_or(call.last_news, |at| at + ASK_AGAIN),
        Situation::Doubted => news + Duration::from_secs(3),
        Situation::NeverShown => news + OTHERS + SILENCE,
        Situation::Ringing => news + RINGS_LONG,
        Situation::Talking => news + TALKS_LONG,
        Situation::Orphan if !call.asked_records => call.last_news + SILENCE,
        Situation::Orphan => call.last_news + ORPHAN,
        Situation::Recorded if !call.own_recorded && call.talked > Duration::ZERO => {
            call.last_news + OWN_RECORD
        }
        Situation::Recorded => call.last_news,
        Situation::Gone if !call.asked_records => call.last_news + Duration::from_secs(1),
        Situation::Gone => call.last_news + GONE,
        Situation::HungUp if call.records.is_empty() => call.last_news + SILENCE,
        Situation::HungUp | Situation::Taken => call.last_news + Duration::from_secs(1),
        Situation::Transferred => call.last_news + SILENCE,
        Situation::OthersIn => news + OTHERS,
    }
}

/// Says whether the PBX may be asked about the call again.
pub(super) fn may_ask(call: &Call, now: Moment) -> bool {
    call.asked_at.is_none_or(|at| now.steady >= at + ASK_AGAIN)
}
