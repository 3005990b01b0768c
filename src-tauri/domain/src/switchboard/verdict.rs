//! How a call ended for this extension: what the legs showed, corrected by the PBX's records.

use std::{collections::BTreeSet, time::Duration};

use super::{
    call::Call,
    talk::{Talk, are_apart, talked},
};
use crate::{
    event::{CallRecord, RecordKind, RecordStatus},
    ids::Extension,
    journal::{Direction, JournalEntry, Outcome},
    number::{DialPlan, Party},
    time::Moment,
};

/// What the records can be read against.
#[derive(Clone, Debug)]
pub(super) struct Office<'a> {
    pub own: &'a Extension,
    /// None while it is not known which extensions there are.
    pub colleagues: Option<&'a BTreeSet<Extension>>,
    pub plan: &'a DialPlan,
}

impl Office<'_> {
    /// Says whether an extension is known to be another one of this PBX.
    pub(super) fn is_colleague(&self, number: &str) -> bool {
        self.colleagues.is_some_and(|colleagues| colleagues.contains(&Extension::new(number)))
    }
}

/// Says whether the record is about this extension's own part in the call.
pub(super) fn is_own(record: &CallRecord, own: &Extension) -> bool {
    record.from == own.as_str() || record.to == own.as_str()
}

/// Writes the entry of a call that is over.
pub(super) fn entry(call: &Call, office: &Office<'_>, now: Moment) -> JournalEntry {
    let own: Vec<&CallRecord> =
        telling(call, office).iter().filter(|record| is_own(record, office.own)).collect();
    let answered = own
        .iter()
        .copied()
        .filter(|record| record.status == RecordStatus::Answered)
        .max_by_key(|record| record.talked);
    let best = answered.or_else(|| own.first().copied()).or_else(|| call.records.first());

    let direction = match (call.direction, best.and_then(|record| direction(record, office))) {
        // Where the trunk's leg is not shown, a call that changes hands looks like one between extensions.
        (Some(Direction::Internal), Some(told)) if best.is_some_and(names_trunk) => told,
        // Where our leg alone was shown, a call that was placed seemed to go out.
        (Some(Direction::Outbound), Some(Direction::Internal))
            if call.other_legs.is_empty()
                && own.iter().any(|record| record.kind == RecordKind::Internal) =>
        {
            Direction::Internal
        }
        (None, Some(told)) => told,
        (Some(seen), _) => seen,
        (None, None) => Direction::Inbound,
    };
    let outcome = outcome(call, direction, &own, answered, office);
    let naming = naming(call, direction, &own, office).or(best);
    let spoken = call.spoken(now);
    let talked = talked(call, answered, spoken, office);
    let party = call
        .party
        .clone()
        .filter(|party| !matches!(party, Party::Withheld) || direction != Direction::Outbound)
        .filter(|party| {
            !party.is_internal() || direction == Direction::Internal || naming.is_none()
        })
        .or_else(|| naming.map(|record| party(record, direction, office)))
        .unwrap_or(Party::Withheld);
    let spelled =
        call.spelled.clone().or_else(|| naming.and_then(|record| spelled(record, direction)));
    let ahead = call.rang.iter().filter(|other| other.rank() < office.own.rank()).count();
    JournalEntry {
        call: call.id.clone(),
        direction,
        party,
        spelled,
        started: if call.seen_alive {
            call.started
        } else {
            best.map_or(call.started, |record| record.started)
        },
        talked: if outcome.spoke() { talked } else { Duration::ZERO },
        outcome,
        queue: call.queue.clone().or_else(|| queue(call, office)),
        did: call.did.clone().or_else(|| best.and_then(|record| record.did.clone())),
        recording: answered.or(best).and_then(|record| record.recording.clone()),
        reason: call.failure.clone().filter(|_| !outcome.spoke()),
        rank: u32::try_from(ahead).unwrap_or(u32::MAX),
        heard: call.seen_alive && !call.interrupted,
        alone: is_alone(call),
        talk: Talk { own: spoken, ..call.talk.clone() },
    }
}

/// Says whether the PBX calls it a call over a trunk, in a word that is known.
const fn names_trunk(record: &CallRecord) -> bool {
    matches!(record.kind, RecordKind::Inbound | RecordKind::Outbound)
}

/// Returns the records that tell who spoke. Rows in which an agent did leave nothing to what an event said: that may sum
/// up what several spoke, and name one whose phone only rang.
fn telling<'a>(call: &'a Call, office: &Office<'_>) -> &'a [CallRecord] {
    let do_tell = call.rows.iter().any(|row| tells_who_spoke(row, office));
    if do_tell { &call.rows } else { &call.records }
}

/// Says whether a record tells of an agent who spoke, and not of a queue or a menu.
fn tells_who_spoke(record: &CallRecord, office: &Office<'_>) -> bool {
    record.status == RecordStatus::Answered
        && (is_own(record, office.own) || names_colleague(record, office))
}

/// Returns the record that names the other side: that of a part which was passed on may name a colleague in its place.
fn naming<'a>(
    call: &'a Call,
    direction: Direction,
    own: &[&'a CallRecord],
    office: &Office<'_>,
) -> Option<&'a CallRecord> {
    let names_outside = |record: &&CallRecord| match direction {
        Direction::Inbound => !office.plan.is_extension(&record.from),
        Direction::Outbound => !office.plan.is_extension(&record.to),
        Direction::Internal => false,
    };
    let of_its_kind = |record: &&CallRecord| match direction {
        Direction::Inbound => record.kind == RecordKind::Inbound,
        Direction::Outbound => record.kind == RecordKind::Outbound,
        Direction::Internal => false,
    };
    own.iter()
        .copied()
        .find(names_outside)
        .or_else(|| call.records.iter().filter(of_its_kind).find(names_outside))
}

/// Says whether the call rang here and nowhere else.
fn is_alone(call: &Call) -> bool {
    call.queue.is_none()
        && call.rang.is_empty()
        && !call.taken_by_other
        && !call.talk.passed_on
        && call.talk.others.is_empty()
}

fn outcome(
    call: &Call,
    direction: Direction,
    own: &[&CallRecord],
    answered: Option<&CallRecord>,
    office: &Office<'_>,
) -> Outcome {
    if call.spoke() {
        return Outcome::Answered;
    }
    // The record of a call that a colleague picked up may still name us as the one who was called.
    // After a transfer the colleague's part has a record of its own.
    // What was placed here is taken by a colleague only after it was answered.
    let placed_here = |record: &CallRecord| {
        direction == Direction::Outbound && record.from == office.own.as_str()
    };
    let picked_up_by_other = call.taken_by_other
        && call.seen_alive
        && !answered.is_some_and(placed_here)
        && !telling(call, office).iter().any(|record| names_colleague(record, office));
    // The record of a whole call that was passed on to us names us, though we were only heard to ring. Where each agent
    // has a row, ours would be among them.
    let has_own_row =
        call.rows.iter().any(|row| is_own(row, office.own) && row.status == RecordStatus::Answered);
    let may_be_own = are_apart(call, office) && (call.rows.is_empty() || has_own_row);
    let only_rang = (call.talk.passed_on || call.may_follow)
        && call.talk.parts == 0
        && call.seen_alive
        && !call.talk.guessed
        && !may_be_own;
    if answered.is_some() && !picked_up_by_other && !only_rang {
        return Outcome::Answered;
    }
    if let Some(told) = call.told_before
        && !call.rows.iter().any(|row| tells_who_spoke(row, office))
    {
        return told;
    }
    match direction {
        Direction::Inbound | Direction::Internal => {
            if call.taken_by_other
                || somebody_took_it(call, office)
                || was_passed_on(call, answered, only_rang)
            {
                return Outcome::Elsewhere;
            }
            let statuses =
                || own.iter().copied().chain(call.records.iter()).map(|record| record.status);
            if statuses().any(|status| status == RecordStatus::Voicemail) {
                Outcome::Voicemail
            } else if direction == Direction::Internal && call.placed_here {
                no_answer(call, statuses().next())
            } else {
                Outcome::Missed
            }
        }
        Direction::Outbound => no_answer(call, own.first().map(|record| record.status)),
    }
}

/// Says whether a call was passed on to us by a colleague who had spoken, and was not taken here: it is that colleague's.
/// The legs say so as long as no record does.
fn was_passed_on(call: &Call, answered: Option<&CallRecord>, only_rang: bool) -> bool {
    // In a queue, a phone that stops as ours begins may only have rung.
    let by_colleague = call.talk.passed_on && !call.talk.others.is_empty() && call.queue.is_none();
    (only_rang && answered.is_some()) || (by_colleague && call.records.is_empty())
}

/// Says whether the records show that a colleague answered, or our queue did through one.
fn somebody_took_it(call: &Call, office: &Office<'_>) -> bool {
    call.records.iter().any(|record| {
        record.status == RecordStatus::Answered
            && !is_own(record, office.own)
            && (names_colleague(record, office)
                || call.queue.as_deref() == Some(record.to.as_str()))
    })
}

fn names_colleague(record: &CallRecord, office: &Office<'_>) -> bool {
    record.status == RecordStatus::Answered && office.is_colleague(&record.to)
}

fn no_answer(call: &Call, status: Option<RecordStatus>) -> Outcome {
    let reason = call.failure.as_deref().unwrap_or_default().to_ascii_lowercase();
    let busy = ["busy", "486", "603", "declin"].iter().any(|word| reason.contains(word));
    let refused =
        ["permission", "restrict", "404", "not found", "congestion", "unreachable", "410", "484"]
            .iter()
            .any(|word| reason.contains(word));
    match status {
        Some(RecordStatus::Busy) => Outcome::Busy,
        Some(RecordStatus::Failed) => Outcome::Failed,
        Some(RecordStatus::Voicemail) => Outcome::Voicemail,
        _ if busy => Outcome::Busy,
        _ if refused => Outcome::Failed,
        Some(
            RecordStatus::NoAnswer
            | RecordStatus::Abandoned
            | RecordStatus::Answered
            | RecordStatus::Unknown,
        )
        | None => Outcome::NoAnswer,
    }
}

fn direction(record: &CallRecord, office: &Office<'_>) -> Option<Direction> {
    match record.kind {
        RecordKind::Inbound => Some(Direction::Inbound),
        RecordKind::Outbound => Some(Direction::Outbound),
        RecordKind::Internal => Some(Direction::Internal),
        RecordKind::Unknown if record.from == office.own.as_str() => Some(Direction::Outbound),
        RecordKind::Unknown => None,
    }
}

fn party(record: &CallRecord, direction: Direction, office: &Office<'_>) -> Party {
    match direction {
        Direction::Inbound => office.plan.read_caller(&record.from),
        Direction::Outbound => office.plan.read_dialled(&record.to),
        Direction::Internal if record.from == office.own.as_str() => office.plan.read(&record.to),
        Direction::Internal => office.plan.read(&record.from),
    }
}

/// The other side's number in the record's own spelling.
fn spelled(record: &CallRecord, direction: Direction) -> Option<String> {
    let text = match direction {
        Direction::Inbound => &record.from,
        Direction::Outbound => &record.to,
        Direction::Internal => return None,
    };
    (!text.is_empty()).then(|| text.clone())
}

/// The record of another part of the call that is neither ours nor a colleague's names the queue.
fn queue(call: &Call, office: &Office<'_>) -> Option<String> {
    call.records
        .iter()
        .filter(|record| record.kind == RecordKind::Inbound && !is_own(record, office.own))
        .map(|record| &record.to)
        .find(|to| {
            office.plan.is_extension(to) && office.colleagues.is_some() && !office.is_colleague(to)
        })
        .cloned()
}
