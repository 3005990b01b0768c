//! For how long this agent spoke: what the events of the own legs give, and where a record may say otherwise.
//!
//! A PBX writes one record for the whole call, or one for each agent; which of both is not told. A record of the whole
//! call names one agent and counts what all of them spoke. Source: yeastar-open-api.md §4.9, §6.1.

use std::{collections::BTreeSet, time::Duration};

use super::{
    call::Call,
    verdict::{Office, is_own},
};
use crate::{
    event::{CallRecord, RecordKind, RecordStatus},
    ids::Extension,
    journal::Direction,
    number::Party,
};

/// A record fits a conversation when it is no further from it than this: records count whole seconds, and events take
/// their time.
pub(super) const FITS: Duration = Duration::from_millis(1_500);

/// A program that stands still for no longer than this does not know that it did.
const UNNOTICED: Duration = Duration::from_secs(3);

/// Two records of one agent that begin within this are the same part, told by an event and by a row.
const SAME_PART: Duration = Duration::from_secs(2);

/// Who spoke in a call, as far as the events told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Talk {
    /// How long this agent spoke, time on hold included.
    pub own: Duration,
    /// Some of that was not heard from its answer to its end.
    pub guessed: bool,
    /// How often this agent's phone was picked up in it: a parked call is taken back on another leg.
    pub parts: u32,
    /// The other side had been spoken with before this extension came in, or stayed on the line after it left.
    pub passed_on: bool,
    /// The other extensions that spoke in it.
    pub others: BTreeSet<Extension>,
}

/// Returns how long this agent spoke.
///
/// `answered` is the record that says that they did, where there is one.
pub(super) fn talked(
    call: &Call,
    answered: Option<&CallRecord>,
    spoken: Duration,
    office: &Office<'_>,
) -> Duration {
    let parts = agents_parts(call, office);
    let own = || parts.iter().filter(|part| part.agent == *office.own);
    let told: Duration = own().map(|part| part.talked).sum();
    let of_others = parts.iter().any(|part| part.agent != *office.own);
    // A part of it may have been at a time when nothing was heard.
    let guessed = call.talk.guessed || call.interrupted;
    match (told.is_zero(), spoken.is_zero()) {
        // After a restart the records may be read in part; what was written before stands. An own record of no whole second
        // leaves nothing to that of a colleague, which names who placed the call, too.
        (true, true) => call
            .written
            .or_else(|| own().next().map(|part| part.talked))
            .or_else(|| answered.map(|record| until_it_left(call, record)))
            .unwrap_or_default(),
        // Records count whole seconds: it was less than one.
        (true, false) if guessed && own().next().is_some() => told,
        (true, false) if guessed => {
            longest(call).filter(|whole| !whole.is_zero()).map_or(spoken, |whole| spoken.min(whole))
        }
        // The end was heard late, as after a sleep so short that it is not noticed.
        (true, false)
            if spoken <= UNNOTICED && own().next().is_some() && is_alone(call, of_others) =>
        {
            told
        }
        (true, false) => spoken,
        (false, true) if are_apart(call, office) => told,
        (false, true) => match answered.filter(|record| went_on(call, record)) {
            Some(record) => told.min(until_it_left(call, record)),
            None => told,
        },
        (false, false) if fits(told, spoken) => told,
        (false, false) if is_alone(call, of_others) && (guessed || !answered_before(call)) => told,
        (false, false) if guessed && are_apart(call, office) => told,
        (false, false)
            if own().count() == 1
                && are_apart(call, office)
                && own().all(|part| was_met_late(call, part.record)) =>
        {
            told
        }
        // Another part was while nothing of the call was heard, or but its end was: there are rows of both, one of them as it
        // was heard.
        (false, false)
            if !call.rows.is_empty()
                && own().count()
                    > (call.talk.parts as usize).saturating_sub(usize::from(guessed))
                && own().count() > 1
                && own().any(|part| fits(part.talked, spoken)) =>
        {
            told
        }
        (false, false) if guessed => spoken.min(told),
        (false, false) => spoken,
    }
}

fn fits(told: Duration, spoken: Duration) -> bool {
    told.abs_diff(spoken) <= FITS
}

/// Says whether one leg of this agent was the only one that talked on this side.
fn is_alone(call: &Call, others_recorded: bool) -> bool {
    let other_side = match (call.direction, &call.party) {
        (Some(Direction::Internal), Some(Party::Extension(extension))) => Some(extension),
        (Some(_) | None, _) => None,
    };
    let goes_on = call.unlisted && call.records.iter().any(|record| went_on(call, record));
    !others_recorded
        && !call.talk.passed_on
        && !goes_on
        && call.talk.parts <= 1
        && call.talk.others.iter().all(|other| Some(other) == other_side)
}

/// Says whether the call had been answered, by a record, when this agent's part was heard to begin: somebody spoke in it
/// before. Where the trunk's leg is not shown, nothing else tells; where it is, this agent's part may have been heard late.
fn answered_before(call: &Call) -> bool {
    if call.from_the_start {
        return false;
    }
    let came_in = |record: &&CallRecord| {
        record.status == RecordStatus::Answered && record.kind == RecordKind::Inbound
    };
    let answered = call
        .records
        .iter()
        .filter(came_in)
        .map(|record| record.started.plus(record.total.saturating_sub(record.talked)));
    answered.min().is_some_and(|answered| call.started.since(answered) > SAME_PART)
}

/// Says whether the call went on after this agent had left it: a list lacked it, or a colleague spoke, long before it was
/// over.
fn went_on(call: &Call, record: &CallRecord) -> bool {
    (call.unlisted || !call.talk.others.is_empty())
        && call.stayed.is_some_and(|stayed| record.total > stayed + FITS)
}

/// Says whether a row tells of the part that was heard, and of an earlier beginning: it ends as that did. The program may
/// have stood still, which it does not know where no call went on.
fn was_met_late(call: &Call, row: &CallRecord) -> bool {
    let Some(stayed) = call.stayed else { return false };
    let (ended, told) = (call.started.plus(stayed), row.started.plus(row.total));
    let apart = ended.since(told).max(told.since(ended));
    !call.rows.is_empty() && apart <= FITS && call.started.since(row.started) > FITS
}

/// Returns how long this agent can have spoken in a call that was placed here, where only its record tells when the other
/// side answered: until they left it.
fn until_it_left(call: &Call, record: &CallRecord) -> Duration {
    let rang = record.total.saturating_sub(record.talked);
    match call.stayed {
        Some(stayed) if went_on(call, record) && record.kind == RecordKind::Outbound => {
            record.talked.min(stayed.saturating_sub(rang))
        }
        Some(_) | None => record.talked,
    }
}

/// Says whether the PBX writes a record for each agent: then one that names another agent is there too.
pub(super) fn are_apart(call: &Call, office: &Office<'_>) -> bool {
    let mut agents = call.records.iter().filter_map(|record| agent(record, office));
    agents.any(|agent| agent != *office.own)
}

/// The longest talk that any record of the call has: this agent's was no longer.
fn longest(call: &Call) -> Option<Duration> {
    let answered = call.records.iter().filter(|record| record.status == RecordStatus::Answered);
    answered.map(|record| record.talked).max()
}

/// One agent's talk, by a record.
struct Part<'a> {
    agent: Extension,
    record: &'a CallRecord,
    talked: Duration,
}

/// Returns what the records tell of each agent's talk. Rows that were read leave nothing to what an event said: that may
/// sum several of them up. Each of them is a part of its own; of events, two may tell of one.
fn agents_parts<'a>(call: &'a Call, office: &Office<'_>) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let records = if call.rows.is_empty() { &call.records } else { &call.rows };
    for record in records.iter().filter(|record| record.status == RecordStatus::Answered) {
        let Some(agent) = agent(record, office) else { continue };
        let again = |part: &Part<'_>| {
            call.rows.is_empty()
                && part.agent == agent
                && part.talked == record.talked
                && part.record.apart(record) <= SAME_PART
        };
        if !parts.iter().any(again) {
            parts.push(Part { agent, record, talked: record.talked });
        }
    }
    parts
}

/// Returns the extension of whose talk a record tells.
fn agent(record: &CallRecord, office: &Office<'_>) -> Option<Extension> {
    let (from, to) = (Extension::new(&record.from), Extension::new(&record.to));
    let is_agent =
        |extension: &Extension| extension == office.own || office.is_colleague(extension.as_str());
    match record.kind {
        RecordKind::Internal if is_own(record, office.own) => Some(office.own.clone()),
        // Whoever got the call by a transfer is named as called, also in one that went out.
        RecordKind::Inbound | RecordKind::Outbound | RecordKind::Internal | RecordKind::Unknown => {
            [to, from].into_iter().find(is_agent)
        }
    }
}
