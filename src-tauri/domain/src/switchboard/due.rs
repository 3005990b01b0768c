//! How long each situation of a call may last without news, and what is to be done then.

use std::time::Duration;

use super::{call::Call, effect::Phase};
use crate::{
    journal::{Direction, courtesy},
    time::Moment,
};

/// After the last hang-up, how long the PBX's record is waited for before the legs alone decide.
const SILENCE: Duration = Duration::from_secs(4);
/// After the record of another part of the call, such as the queue's, how long that of our own talk may take.
const OWN_RECORD: Duration = Duration::from_millis(500);
/// A call that nobody shows any more: how long the record is waited for.
const GONE: Duration = Duration::from_secs(6);
/// A call that nobody took is a Task after so long, whoever of those that rang logs it. Source: contract.md §3.
const TASK_DUE: Duration = Duration::from_secs(25);
/// And so much of that is for the sending.
const SENDING: Duration = Duration::from_secs(3);
/// An answer to a question about the records is there within this.
const RECORDS_ANSWER: Duration = Duration::from_secs(2);
/// Where the PBX stays away, the legs alone decide after so long. A record that comes later corrects it.
const UNHEARD: Duration = Duration::from_secs(600);
/// A call that others may still be in: how long before the PBX is asked whether it knows it.
pub(super) const OTHERS: Duration = Duration::from_secs(8);
/// A hang-up of a call that was never seen alive: how long its record may take.
const ORPHAN: Duration = Duration::from_secs(60);
/// A phone that rings or dials without any news for so long is asked about.
const RINGS_LONG: Duration = Duration::from_secs(75);
/// A conversation without any news for so long is asked about.
const TALKS_LONG: Duration = Duration::from_secs(600);
/// A call that a list of the PBX lacks is gone if another one lacks it so much later.
pub(super) const UNSEEN: Duration = Duration::from_secs(1);
/// A question that was not answered within this is asked again.
const UNANSWERED: Duration = Duration::from_secs(3);
/// Where no list comes any more, the last one counts after so long.
const LOST_SIGHT: Duration = Duration::from_secs(8);
/// Two questions to the PBX about one call lie at least so far apart.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How often the PBX is asked for a number that its events do not show.
const NUMBER_TRIES: u32 = 4;
/// What a call needs now.
pub(super) enum Due {
    Nothing,
    Ask,
    AskCall,
    AskRecords,
    Vanish,
    Finish,
    Drop,
}

/// Returns what the call needs now.
pub(super) fn due(call: &Call, now: Moment) -> Due {
    if now.steady < deadline(call) {
        return Due::Nothing;
    }
    match situation(call) {
        Situation::Unseen if call.unseen.is_some_and(|at| now.steady >= at.steady + LOST_SIGHT) => {
            Due::Vanish
        }
        Situation::Unseen
        | Situation::Ringing
        | Situation::Talking
        | Situation::Doubted
        | Situation::NeverShown => Due::Ask,
        // Asked for above, together with the number.
        Situation::NoNumber => Due::Nothing,
        // Once more at the end, for a PBX that writes late.
        Situation::Orphan if call.asked_records < 2 => Due::AskRecords,
        Situation::Orphan => Due::Drop,
        Situation::Gone if call.asked_records == 0 => Due::AskRecords,
        Situation::OthersIn => Due::AskCall,
        Situation::Hearsay if call.asked_records == 0 => Due::AskRecords,
        Situation::Gone if call.never_began() => Due::Drop,
        // Once at first, and where there is a doubt once more just before it is decided without a record.
        Situation::Untold if call.asked_records < questions(call) => Due::AskRecords,
        Situation::Recorded
        | Situation::Hearsay
        | Situation::Refused
        | Situation::Gone
        | Situation::Untold
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
    /// A list of the PBX lacks it.
    Unseen,
    /// A record says that some part is over while ours seems to go on.
    Doubted,
    /// It was dialled from here, and the phone has not rung.
    NeverShown,
    /// Only its hang-up was seen.
    Orphan,
    /// Its record is there.
    Recorded,
    /// An event says that it was answered here, which was not heard; the list of the records may know better.
    Hearsay,
    /// It was dialled from here, and the PBX refused it before any phone rang.
    Refused,
    /// The PBX no longer knows it, and its record is not there.
    Gone,
    /// Everybody has hung up, and its record is not there.
    HungUp,
    /// The same for a call that came in and was not taken here: who took it, if anybody did, is not told.
    Untold,
    /// The agent spoke and has left; others go on.
    Transferred,
    /// A colleague has it.
    Taken,
    /// The agent's phone has stopped ringing; others may still ring.
    OthersIn,
}

fn situation(call: &Call) -> Situation {
    match call.phase {
        Phase::Ringing | Phase::Dialling | Phase::Talking | Phase::Held
            if call.unseen.is_some() =>
        {
            Situation::Unseen
        }
        Phase::Ringing | Phase::Dialling | Phase::Talking | Phase::Held if call.doubted => {
            Situation::Doubted
        }
        Phase::Ringing | Phase::Dialling | Phase::Talking | Phase::Held if wants_number(call) => {
            Situation::NoNumber
        }
        Phase::Dialling if call.is_wished() => Situation::NeverShown,
        Phase::Ringing | Phase::Dialling => Situation::Ringing,
        Phase::Talking | Phase::Held => Situation::Talking,
        Phase::Left if call.was_refused() => Situation::Refused,
        Phase::Left if call.gone && call.is_hearsay() => Situation::Hearsay,
        Phase::Left if call.gone && !call.records.is_empty() => Situation::Recorded,
        Phase::Left if !call.seen_alive => Situation::Orphan,
        Phase::Left if is_untold(call) => Situation::Untold,
        Phase::Left if call.gone => Situation::Gone,
        Phase::Left if call.all_hung_up() => Situation::HungUp,
        Phase::Left if call.spoke() => Situation::Transferred,
        Phase::Left if call.taken_by_other => Situation::Taken,
        Phase::Left => Situation::OthersIn,
    }
}

/// Says whether a call would be logged as one that nobody took by what was heard of it alone.
fn is_untold(call: &Call) -> bool {
    let shared = matches!(call.direction, Some(Direction::Inbound) | None);
    shared
        && call.records.is_empty()
        && !call.placed_here
        && !call.spoke()
        && !call.taken_by_other
        && call.all_hung_up()
}

/// Says whether somebody may have taken the call all the same: some of it was not heard, or a colleague had it first.
fn is_in_doubt(call: &Call) -> bool {
    call.interrupted || call.talk.passed_on || !call.talk.others.is_empty()
}

/// How often the records are asked for a call that seems to be taken by nobody.
fn questions(call: &Call) -> u32 {
    if is_in_doubt(call) { 2 } else { 1 }
}

/// How long the record of a call in doubt is waited for. The last one in line still logs it in time.
fn patience(call: &Call) -> Duration {
    let last = u32::try_from(call.rang.len()).unwrap_or(u32::MAX);
    TASK_DUE.saturating_sub(SENDING).saturating_sub(courtesy(last, false))
}

/// Returns when the call is to be looked at, if there are no news of it: it needs something, or may be asked about for its
/// number.
pub(super) fn look_due(call: &Call) -> Duration {
    let may_ask = wants_number(call).then(|| call.asked_at.map(|at| at + ASK_AGAIN)).flatten();
    deadline(call).min(may_ask.unwrap_or(Duration::MAX))
}

/// Returns when the call's situation has lasted long enough.
fn deadline(call: &Call) -> Duration {
    let news = call.last_news.max(call.asked_at.unwrap_or_default());
    match situation(call) {
        Situation::NoNumber => call.asked_at.map_or(call.last_news, |at| at + ASK_AGAIN),
        Situation::Unseen => {
            let first = call.unseen.map_or(news, |since| since.steady + UNSEEN);
            let asked = call.asked_at.filter(|at| *at >= first);
            let lost = first.saturating_sub(UNSEEN) + LOST_SIGHT;
            asked.map_or(first, |at| (at + UNANSWERED).min(lost))
        }
        Situation::Doubted => news + Duration::from_secs(3),
        Situation::NeverShown => news + OTHERS + SILENCE,
        Situation::Ringing => news + RINGS_LONG,
        Situation::Talking => news + TALKS_LONG,
        Situation::Untold if call.unheard => call.last_legs + UNHEARD,
        Situation::Untold if call.asked_records == 0 && call.gone => {
            call.last_news + Duration::from_secs(1)
        }
        Situation::Untold if call.asked_records == 0 => call.last_news + SILENCE,
        Situation::Untold if call.asked_records < questions(call) => {
            let last_question = (call.last_legs + patience(call)).saturating_sub(RECORDS_ANSWER);
            last_question.max(call.asked_records_at + RECORDS_ANSWER)
        }
        Situation::Untold => call.asked_records_at + RECORDS_ANSWER,
        Situation::Orphan if call.asked_records == 0 => call.last_news + SILENCE,
        Situation::Orphan if call.asked_records == 1 => call.last_news + ORPHAN,
        Situation::Orphan => call.asked_records_at + RECORDS_ANSWER,
        Situation::Recorded if !call.own_recorded && call.spoke() => call.last_news + OWN_RECORD,
        Situation::Hearsay if call.asked_records > 0 => call.asked_records_at + RECORDS_ANSWER,
        Situation::Recorded | Situation::Hearsay | Situation::Refused => call.last_news,
        Situation::Gone if call.asked_records == 0 => call.last_news + Duration::from_secs(1),
        Situation::Gone => call.last_news + GONE,
        Situation::HungUp if call.records.is_empty() => call.last_news + SILENCE,
        Situation::HungUp | Situation::Taken => call.last_news + Duration::from_secs(1),
        Situation::Transferred => call.last_news + SILENCE,
        // The PBX's own list lacks it: whether others are in it is not left open for long.
        Situation::OthersIn if call.vanished => call.last_news,
        Situation::OthersIn => news + OTHERS,
    }
}

/// Says whether the PBX is to be asked for the call's number.
pub(super) fn wants_number(call: &Call) -> bool {
    call.lacks_number() && call.asked_for_number < NUMBER_TRIES
}

/// Says whether the PBX may be asked about the call again.
pub(super) fn may_ask(call: &Call, now: Moment) -> bool {
    call.asked_at.is_none_or(|at| now.steady >= at + ASK_AGAIN)
}
