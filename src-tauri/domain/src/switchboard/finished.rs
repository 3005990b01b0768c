//! Calls that have ended: their entries, and what corrects them.

use std::collections::{BTreeSet, VecDeque};

use super::{
    Switchboard,
    call::{Call, Told},
    effect::{Effect, Memory, Phase},
    verdict::{self, Office, is_own},
};
use crate::{
    event::{CallRecord, Leg, LegKind, LegStatus},
    ids::{CallId, Extension},
    journal::{JournalEntry, Outcome},
    time::Moment,
};

/// Finished calls that late news may still be about.
const REMEMBERED: usize = 512;
/// Of so many older ones it is still known that they have their entry: the calls of an overload that lasts an hour, in some
/// megabytes. No desk has a tenth of them in the time for which records are read again.
const TOLD: usize = 16_384;

#[derive(Clone, Debug)]
pub(super) struct Finished {
    /// What the entry was made of, as far as it is known.
    call: Call,
    entry: JournalEntry,
    /// Its records were read while it was not known which extensions there are.
    provisional: bool,
}

/// Older calls that have their entry. Their entries may still be on their way to the disk, so that nobody else knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Older {
    ids: BTreeSet<CallId>,
    order: VecDeque<CallId>,
}

impl Older {
    pub(super) fn contains(&self, id: &CallId) -> bool {
        self.ids.contains(id)
    }

    fn add(&mut self, id: CallId) {
        if self.ids.insert(id.clone()) {
            self.order.push_back(id);
        }
        while self.order.len() > TOLD {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
    }

    fn remove(&mut self, id: &CallId) {
        if self.ids.remove(id) {
            self.order.retain(|known| known != id);
        }
    }
}

impl Switchboard {
    /// Takes the entries of the last days, in whatever order.
    pub(super) fn recall(&mut self, entries: impl IntoIterator<Item = JournalEntry>, now: Moment) {
        let mut entries: Vec<JournalEntry> = entries.into_iter().collect();
        // The oldest are forgotten first.
        entries.sort_by_key(|entry| entry.started);
        for entry in entries {
            let call = Call::of_entry(&entry, now);
            self.keep(Finished { call, entry, provisional: false });
        }
    }

    /// Goes on with a call that was live when the program ended.
    pub(super) fn restore(&mut self, memory: Memory, now: Moment) {
        let id = memory.call.clone();
        let ended = self.finished.contains_key(&id);
        if ended && !memory.again {
            return;
        }
        let mut call = Call::restored(memory, now);
        if let Some(Finished { entry, .. }) = self.finished.remove(&id) {
            self.order.retain(|known| *known != id);
            call.follows(&entry);
        }
        self.calls.insert(id, call);
    }

    /// Lets go of a finished call whose entry could not be kept: its records tell it anew.
    pub fn lets_go(&mut self, id: &CallId) {
        if self.finished.remove(id).is_some() {
            self.order.retain(|known| known != id);
        }
        self.older.remove(id);
    }

    /// Says whether a record brings nothing new: its call has its entry, and no more is known of it that it could correct.
    pub(super) fn is_told(&self, id: &CallId) -> bool {
        self.older.contains(id) && !self.calls.contains_key(id)
    }

    /// Says which extensions the PBX has, so that a record's `6400` is known to be no person. For what has been judged
    /// already there is [`Input::Colleagues`](super::Input::Colleagues).
    pub fn set_colleagues(&mut self, extensions: impl IntoIterator<Item = Extension>) {
        let colleagues: BTreeSet<Extension> =
            extensions.into_iter().filter(|extension| *extension != self.own).collect();
        self.colleagues = Some(colleagues);
    }

    /// Judges again what was judged before it was known which extensions there are.
    pub(super) fn judge_again(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let office =
            Office { own: &self.own, colleagues: self.colleagues.as_ref(), plan: &self.plan };
        for finished in self.finished.values_mut().filter(|finished| finished.provisional) {
            finished.provisional = false;
            correct(finished, &office, now, effects);
        }
    }

    /// Says whether a finished call goes on: the agent is in it again, on a channel that was not there before.
    pub(super) fn reopens(&self, id: &CallId, legs: &[Leg]) -> bool {
        let Some(Finished { call, entry, .. }) = self.finished.get(id) else {
            return false;
        };
        let taken_by_other = entry.outcome == Outcome::Elsewhere;
        legs.iter().any(|leg| {
            matches!(&leg.kind, LegKind::Extension(ext) if *ext == self.own)
                && !leg.channel.as_str().is_empty()
                && !call.own_legs.contains_key(&leg.channel)
                && (matches!(leg.status, LegStatus::Answer | LegStatus::Answered)
                    || (taken_by_other && leg.status == LegStatus::Ring))
        }) && call.seen_alive
            && !call.gone
            && call.records.iter().all(|record| !is_own(record, &self.own))
    }

    /// Takes a finished call back among those that go on.
    pub(super) fn reopen(&mut self, id: &CallId) {
        if let Some(Finished { call, .. }) = self.finished.remove(id) {
            self.order.retain(|known| known != id);
            self.calls.insert(id.clone(), call);
        }
    }

    /// Corrects a finished call's entry by the PBX's own record, which wins.
    pub(super) fn amend(
        &mut self,
        records: Vec<CallRecord>,
        told_by: Told,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(id) = records.first().map(|record| record.call.clone()) else { return };
        let office =
            Office { own: &self.own, colleagues: self.colleagues.as_ref(), plan: &self.plan };
        let Some(finished) = self.finished.get_mut(&id) else { return };
        if !finished.call.note(records, told_by) {
            return;
        }
        finished.provisional = office.colleagues.is_none();
        correct(finished, &office, now, effects);
        if told_by == Told::Event && finished.call.wants_rows() {
            effects.push(Effect::WantRows);
        }
    }

    pub(super) fn finish(
        &mut self,
        id: &CallId,
        with_entry: bool,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(mut call) = self.calls.remove(id) else { return };
        call.enter(Phase::Left, now);
        call.talk.passed_on |= call.goes_on() || call.follows_heard();
        effects.push(Effect::Changed);
        if !with_entry {
            effects.push(Effect::Forget(id.clone()));
            return;
        }
        let office =
            Office { own: &self.own, colleagues: self.colleagues.as_ref(), plan: &self.plan };
        let entry = verdict::entry(&call, &office, now);
        effects.push(if call.journalled {
            Effect::Amend(entry.clone())
        } else {
            Effect::Journal(entry.clone())
        });
        call.journalled = true;
        if call.wants_rows() {
            effects.push(Effect::WantRows);
        }
        let provisional = office.colleagues.is_none() && !call.records.is_empty();
        self.keep(Finished { call, entry, provisional });
    }

    fn keep(&mut self, finished: Finished) {
        let id = finished.entry.call.clone();
        // One that went on after all is a call of now.
        self.older.remove(&id);
        if self.finished.insert(id.clone(), finished).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.finished.remove(&oldest);
                self.older.add(oldest);
            }
        }
    }
}

/// Writes the entry anew by what is known now. When it began and who stands before it in line does not change.
fn correct(finished: &mut Finished, office: &Office<'_>, now: Moment, effects: &mut Vec<Effect>) {
    let Finished { call, entry: before, .. } = finished;
    let after = JournalEntry {
        started: before.started,
        rank: before.rank,
        heard: before.heard,
        alone: before.alone,
        ..verdict::entry(call, office, now)
    };
    if after != *before {
        *before = after.clone();
        effects.push(Effect::Amend(after));
    }
}
