//! From what the engine knows to what people and scripts see.

use std::time::Duration;

use domain::{
    Candidate, Direction, Moment, Outcome, Party, Phase, Record, UserId, Verdict, number::Kind,
    switchboard::CallState,
};
use salesforce::Instance;
use store::{DeliveryState, FollowUpState, Owner, Reason, StoredCall};

use crate::{
    civil, creation, lookup,
    view::{
        CallResult, CallRow, CallView, CandidateView, CardState, Elapsed, FollowUpStage,
        FollowUpView, FoundRecord, JournalState, JournalView, LiveCall, LiveCard, MatterView,
        NoteMark, NoteView, NumberKind, Popped, RecordView, Way,
    },
};

/// What the controller knows about a live call besides the switchboard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Besides {
    /// Salesforce could not be asked.
    pub search_failed: bool,
    /// Records have its number.
    pub has_record: bool,
    /// The record that a person chose.
    pub chosen: Option<String>,
    /// The page that was opened.
    pub popped: Option<Popped>,
    /// The agent does not want it logged.
    pub discarded: bool,
}

pub(crate) fn way(direction: Direction) -> Way {
    match direction {
        Direction::Inbound => Way::Inbound,
        Direction::Outbound => Way::Outbound,
        Direction::Internal => Way::Internal,
    }
}

pub(crate) fn number_kind(kind: Kind) -> NumberKind {
    match kind {
        Kind::Extension => NumberKind::Extension,
        Kind::Emergency => NumberKind::Emergency,
        Kind::Short => NumberKind::Short,
        Kind::Premium => NumberKind::Premium,
        Kind::Special => NumberKind::Special,
        Kind::Unassigned => NumberKind::Unassigned,
        Kind::Ordinary => NumberKind::Ordinary,
    }
}

/// Returns the number as people read it.
pub(crate) fn number_shown(party: Option<&Party>) -> Option<String> {
    match party? {
        Party::External(number) => Some(number.international()),
        other => other.shown().map(str::to_owned),
    }
}

pub(crate) fn live_call(call: &CallState<'_>) -> LiveCall {
    LiveCall {
        id: call.id.to_string(),
        state: match call.phase {
            Phase::Ringing | Phase::Dialling => "ringing",
            Phase::Held => "held",
            Phase::Talking | Phase::Left => "talking",
        }
        .to_owned(),
        direction: way(call.direction),
        number: call.party.and_then(Party::shown).map(str::to_owned),
        name: call.matches.and_then(|matches| match matches.verdict() {
            Verdict::One(candidate) => Some(candidate.record.name.clone()),
            Verdict::Several(_) | Verdict::Nobody => None,
        }),
    }
}

pub(crate) fn live_card(
    call: &CallState<'_>,
    besides: &Besides,
    me: Option<&UserId>,
    now: Moment,
) -> LiveCard {
    let candidates: Vec<CandidateView> = call
        .matches
        .map(|matches| {
            matches.candidates.iter().map(|candidate| candidate_view(candidate, me)).collect()
        })
        .unwrap_or_default();
    let chosen =
        besides.chosen.clone().or_else(|| match call.matches.map(domain::Matches::verdict) {
            Some(Verdict::One(candidate)) => Some(candidate.record.id.to_string()),
            Some(Verdict::Several(_) | Verdict::Nobody) | None => None,
        });
    LiveCard {
        id: call.id.to_string(),
        state: match call.phase {
            Phase::Ringing => CardState::Ringing,
            Phase::Dialling => CardState::Dialling,
            Phase::Talking => CardState::Talking,
            Phase::Held => CardState::Held,
            Phase::Left => CardState::Ended,
        },
        direction: way(call.direction),
        number: call.party.and_then(Party::shown).map(str::to_owned),
        number_shown: number_shown(call.party),
        started_at: civil::utc(call.started),
        answered_at: call
            .phase
            .speaks()
            .then(|| civil::utc(now.wall.minus(call.spoken).plus(Duration::from_millis(500)))),
        elapsed: Elapsed::of(call.lasted, call.phase.speaks().then_some(call.spoken)),
        queue: call.queue.map(str::to_owned),
        searching: call.searching && !besides.search_failed,
        search_failed: besides.search_failed && call.matches.is_none(),
        candidates,
        chosen,
        why: call.matches.map(lookup::why),
        can_hang_up: call.channel.is_some() && call.phase != Phase::Left,
        wrap_up: false,
        rehearsal: false,
    }
}

/// Returns the records that have a number, best first.
pub(crate) fn candidate_views(
    matches: &domain::Matches,
    me: Option<&UserId>,
) -> Vec<CandidateView> {
    matches.candidates.iter().map(|candidate| candidate_view(candidate, me)).collect()
}

fn candidate_view(candidate: &Candidate, me: Option<&UserId>) -> CandidateView {
    let record = &candidate.record;
    CandidateView {
        object: record.object.api_name().to_owned(),
        id: record.id.to_string(),
        name: record.name.clone(),
        company: company(record),
        field: candidate.field.clone(),
        mine: me.is_some() && record.owner.as_ref() == me,
    }
}

/// Returns a record that was found by its name.
pub(crate) fn found_record(record: &Record, me: &UserId) -> FoundRecord {
    FoundRecord {
        object: record.object.api_name().to_owned(),
        id: record.id.to_string(),
        name: record.name.clone(),
        company: company(record),
        mine: record.owner.as_ref() == Some(me),
    }
}

fn company(record: &Record) -> Option<String> {
    let account = record.account.as_ref().map(|(_, name)| name.clone());
    account.or_else(|| record.company.clone())
}

pub(crate) fn call_view(
    call: &StoredCall,
    now: Option<&CallState<'_>>,
    me: Option<&Owner>,
) -> CallView {
    let result = match (call.outcome, now.map(|state| state.phase).or_else(|| phase(call))) {
        (Some(outcome), _) => outcome_word(outcome),
        (None, Some(Phase::Talking | Phase::Held | Phase::Left)) => CallResult::Talking,
        (None, Some(Phase::Ringing | Phase::Dialling) | None) => CallResult::Ringing,
    };
    let matched = call.matches.as_ref();
    CallView {
        id: call.call.to_string(),
        key: call.key.as_ref().map(ToString::to_string),
        direction: way(call
            .direction
            .or(now.map(|state| state.direction))
            .unwrap_or(Direction::Inbound)),
        number: call.party.as_ref().and_then(Party::shown).map(str::to_owned),
        started_at: civil::utc(call.started),
        talk_seconds: now.map_or(call.talked, |state| state.spoken).as_secs(),
        result,
        queue: call.queue.clone(),
        record: matched.and_then(|matched| matched.record.as_ref()).map(|record| RecordView {
            object: record.object.api_name().to_owned(),
            id: record.id.to_string(),
            name: record.name.clone(),
        }),
        candidates: matched.map_or(0, |matched| matched.candidates),
        why: matched.map(|matched| matched.why.clone()).filter(|why| !why.is_empty()),
        popped: call.popped.clone().map(|(url, after_ms)| Popped { url, after_ms }),
        journal: journal_view(call, me),
    }
}

fn phase(call: &StoredCall) -> Option<Phase> {
    let word = call.state.as_deref()?;
    Phase::from_stored(word.split('+').next().unwrap_or(word))
}

fn outcome_word(outcome: Outcome) -> CallResult {
    match outcome {
        Outcome::Answered => CallResult::Answered,
        Outcome::Missed => CallResult::Missed,
        Outcome::NoAnswer => CallResult::NoAnswer,
        Outcome::Busy => CallResult::Busy,
        Outcome::Voicemail => CallResult::Voicemail,
        Outcome::Failed => CallResult::Failed,
        Outcome::Elsewhere => CallResult::Elsewhere,
    }
}

/// Returns why an entry is where it is. One of another account is held, whatever it met before.
fn reason(call: &StoredCall, me: Option<&Owner>) -> Option<Reason> {
    let delivery = call.delivery.as_ref()?;
    let (Some(owner), Some(me)) = (&delivery.owner, me) else { return delivery.reason.clone() };
    match delivery.state {
        DeliveryState::Waiting | DeliveryState::Stuck if owner != me => {
            let text = if owner.org == me.org {
                "kept for another user of your org, and sent when they sign in here again"
            } else {
                "kept for another Salesforce org, and sent when that one is connected again"
            };
            Some(Reason { code: "journal.other_account".to_owned(), text: text.to_owned() })
        }
        DeliveryState::Waiting
        | DeliveryState::Stuck
        | DeliveryState::Logged
        | DeliveryState::Skipped => delivery.reason.clone(),
    }
}

fn note_mark(call: &StoredCall) -> NoteMark {
    let wrap_up = &call.wrap_up;
    NoteMark {
        written: call.remarks.note.is_some() || call.remarks.outcome.is_some(),
        open: wrap_up.open,
        discarded: wrap_up.discarded,
        follow_up: wrap_up.follow_up.as_ref().map(|follow_up| stage(&follow_up.state)),
    }
}

fn stage(state: &FollowUpState) -> FollowUpStage {
    match state {
        FollowUpState::Draft => FollowUpStage::Draft,
        FollowUpState::Waiting => FollowUpStage::Waiting,
        FollowUpState::Made(_) => FollowUpStage::Made,
        FollowUpState::Stuck => FollowUpStage::Stuck,
    }
}

/// Returns everything that the agent added to a call.
pub(crate) fn note_view(call: &StoredCall) -> NoteView {
    NoteView {
        text: call.remarks.note.clone().unwrap_or_default(),
        outcome: call.remarks.outcome.clone(),
        related: call.wrap_up.related.as_ref().map(|related| MatterView {
            object: related.object.clone(),
            id: related.id.to_string(),
            name: related.name.clone(),
            detail: None,
        }),
        follow_up: call.wrap_up.follow_up.as_ref().map(|follow_up| FollowUpView {
            wish: follow_up.wish.clone(),
            on: follow_up.day.map(|day| day.to_string()),
            state: stage(&follow_up.state),
            reason: follow_up.reason.as_ref().map(|reason| reason.text.clone()),
        }),
        open: call.wrap_up.open,
        discarded: call.wrap_up.discarded,
    }
}

fn journal_view(call: &StoredCall, me: Option<&Owner>) -> JournalView {
    let Some(delivery) = &call.delivery else {
        return JournalView { state: JournalState::None, task_id: None, reason: None };
    };
    let state = match delivery.state {
        // The Task is there, and a change of it is on its way.
        DeliveryState::Waiting if delivery.task.is_some() => JournalState::Logged,
        DeliveryState::Waiting => JournalState::Waiting,
        DeliveryState::Logged => JournalState::Logged,
        DeliveryState::Stuck => JournalState::Stuck,
        DeliveryState::Skipped => JournalState::Skipped,
    };
    JournalView {
        state,
        task_id: delivery.task.as_ref().map(ToString::to_string),
        reason: reason(call, me).map(|reason| reason.text),
    }
}

pub(crate) fn call_row(
    call: &StoredCall,
    now: Option<&CallState<'_>>,
    instance: Option<&Instance>,
    me: Option<&Owner>,
) -> CallRow {
    let delivery = call.delivery.as_ref();
    CallRow {
        call: call_view(call, now, me),
        number_shown: number_shown(call.party.as_ref()),
        reason_code: reason(call, me).map(|reason| reason.code),
        task_url: delivery
            .and_then(|delivery| delivery.task.as_ref())
            .zip(instance)
            .map(|(task, instance)| instance.task_url(task).to_string()),
        note: note_mark(call),
        undo_until: call.made.map(|made| civil::utc(made.plus(creation::UNDO))),
        held: now.is_some_and(|state| state.phase == Phase::Held),
    }
}
