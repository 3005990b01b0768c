//! The switchboard: all calls of one extension, as a function of what was and what has come.
//!
//! [`Switchboard::handle`] takes news and the time, and returns what must follow. Repeats, disorder, gaps and
//! restarts lead to at most one pop and exactly one entry per call; a call that has ended stays ended.

mod call;
mod calls;
mod dial;
mod due;
mod effect;
mod finished;
mod legs;
mod state;
mod talk;
mod verdict;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

pub use effect::{Effect, Input, Memory, Phase, Policy, PopWhen, UnknownCaller};
pub use state::CallState;
pub use talk::Talk;

use self::{
    call::{Call, Identity, Told},
    calls::Calls,
    due::{Due, OTHERS, due, may_ask, wants_number},
    finished::{Finished, Older},
    state::state,
    verdict::is_own,
};
use crate::{
    event::{CallEvent, CallRecord, Leg, LegKind, PhoneState, RecordStatus},
    ids::{CallId, Extension},
    journal::{Direction, JournalEntry},
    number::{DialPlan, Meant, Party},
    record::Verdict,
    time::Moment,
};

/// A failure waits so long for the answer that names its call.
const FAILURE_WAITS: Duration = Duration::from_secs(60);
/// While a call goes on, a tick comes at least so often: where none does, the program stood still.
const BEAT: Duration = Duration::from_secs(1);
/// More than a busy computer keeps a tick waiting.
const LATE: Duration = Duration::from_secs(1);
/// Between two beats no clock that is only slowed or hurried moves by more milliseconds.
const SLEW_MS: u64 = 100;
/// So many failures of other calls are kept meanwhile.
const FAILURES: usize = 64;

/// All calls of one extension.
#[derive(Clone, Debug)]
pub struct Switchboard {
    own: Extension,
    /// The PBX's other extensions, once they are known.
    colleagues: Option<BTreeSet<Extension>>,
    plan: DialPlan,
    policy: Policy,
    calls: Calls,
    finished: BTreeMap<CallId, Finished>,
    order: VecDeque<CallId>,
    older: Older,
    /// The phone said it rings or speaks, and no call shows it.
    unexplained: Option<PhoneState>,
    /// Failures of calls that are not known (yet).
    failures: VecDeque<(CallId, String, Duration)>,
    last_ask: Option<Duration>,
    /// No list of the live calls has come since the events were heard (again), or what is taken in waited for it.
    unheard: bool,
    /// When news or a tick was taken in last.
    awake: Moment,
}

impl Switchboard {
    /// Begins with the calls that were live when the program ended, and the entries of the last days in any order, which
    /// records that are read now may correct.
    pub fn new(
        own: Extension,
        plan: DialPlan,
        policy: Policy,
        live: Vec<Memory>,
        finished: impl IntoIterator<Item = JournalEntry>,
        now: Moment,
    ) -> Self {
        let mut board = Self {
            own,
            colleagues: None,
            plan,
            policy,
            calls: Calls::default(),
            finished: BTreeMap::new(),
            order: VecDeque::new(),
            older: Older::default(),
            unexplained: None,
            failures: VecDeque::new(),
            last_ask: None,
            unheard: true,
            awake: now,
        };
        board.recall(finished, now);
        for memory in live {
            board.restore(memory, now);
        }
        board
    }

    /// Sets the pop policy, from now on.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
        // A page that was not wanted before may be now.
        self.calls.touch_all();
    }

    /// Sets the dial plan, from now on: numbers that were read before stay as they were read.
    pub fn set_plan(&mut self, plan: DialPlan) {
        self.plan = plan;
    }

    /// Returns the live calls, oldest first.
    pub fn live(&self, now: Moment) -> Vec<CallState<'_>> {
        let mut live: Vec<_> = self
            .calls
            .values()
            .filter(|call| call.is_live())
            .map(|call| state(call, now))
            .collect();
        live.sort_by_key(|call| call.started);
        live
    }

    /// Returns the calls that are over for the agent, and whose record is on its way.
    pub fn over(&self, now: Moment) -> Vec<CallState<'_>> {
        self.calls.values().filter(|call| call.is_over()).map(|call| state(call, now)).collect()
    }

    /// Says whether news of this call would find it here, live or finished.
    pub fn knows(&self, id: &CallId) -> bool {
        self.calls.contains_key(id) || self.finished.contains_key(id)
    }

    /// Returns one call that is not finished.
    pub fn call(&self, id: &CallId, now: Moment) -> Option<CallState<'_>> {
        self.calls.get(id).map(|call| state(call, now))
    }

    /// Returns the number of a call that is not finished, with what else its spelling may mean.
    pub fn meant(&self, id: &CallId) -> Option<Meant> {
        self.calls.get(id)?.meant(&self.plan)
    }

    /// Says whether the call was seen ringing, dialling or talking at this extension, or has its entry.
    pub fn has_seen(&self, id: &CallId) -> bool {
        self.finished.contains_key(id) || self.calls.get(id).is_some_and(|call| call.seen_alive)
    }

    /// Returns the calls of which nothing but this extension's hang-up was heard. Their records need not name it.
    pub fn orphans(&self) -> impl Iterator<Item = &CallId> {
        self.calls.values().filter(|call| call.is_orphan()).map(|call| &call.id)
    }

    /// Returns when [`Input::Tick`] is due.
    pub fn next_deadline(&self) -> Option<Duration> {
        let asking = self.unexplained.and(self.last_ask).map(|at| at + Duration::from_secs(2));
        let beat = self.calls.any_live().then_some(self.awake.steady + BEAT);
        self.calls.next_look().into_iter().chain(asking).chain(beat).min()
    }

    /// Takes news in, and returns what must follow.
    pub fn handle(&mut self, input: Input, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        let before = std::mem::replace(&mut self.awake, now);
        let slept = now.steady.saturating_sub(before.steady);
        let set_by = now.set_by(before);
        if set_by.unsigned_abs() > SLEW_MS {
            self.calls.values_mut().for_each(|call| call.clock_was_set(set_by));
        }
        if slept > BEAT + LATE {
            self.calls.values_mut().for_each(Call::stood_still);
        }
        match input {
            Input::Event(event) => self.event(event, now, &mut effects),
            Input::Waited(event) => {
                let unheard = std::mem::replace(&mut self.unheard, true);
                self.event(event, now, &mut effects);
                self.unheard = unheard;
            }
            Input::Past(records) => self.past(records, now, &mut effects),
            Input::Dialled { call, party } => self.dialled(call, party, now, &mut effects),
            Input::Colleagues(extensions) => {
                self.set_colleagues(extensions);
                self.judge_again(now, &mut effects);
            }
            Input::Unheard => {
                self.unheard = true;
                self.calls.values_mut().for_each(Call::unheard);
            }
            Input::Identified { call, matches } => {
                if let Some(known) = self.calls.get_mut(&call) {
                    if let Some(number) = matches.decided() {
                        known.decide(number, &self.plan);
                    }
                    known.identity = Identity::Known(matches);
                    effects.push(Effect::Changed);
                }
            }
            Input::Gone { call } => {
                if let Some(known) = self.calls.get_mut(&call)
                    && (!known.is_live() || known.unseen.is_some())
                {
                    if known.is_live() {
                        known.vanish(now);
                    }
                    known.gone = true;
                    known.last_news = now.steady;
                }
            }
            Input::Tick => {}
        }
        self.follow(now, &mut effects);
        effects
    }

    fn event(&mut self, event: CallEvent, now: Moment, effects: &mut Vec<Effect>) {
        match event {
            CallEvent::Phone(state) => self.phone(state, now, effects),
            CallEvent::Legs { call, legs } => {
                self.legs(&call, &legs, Call::legs, now, effects);
                if let Some(known) = self.calls.get_mut(&call) {
                    known.forget_untold(&legs);
                }
            }
            CallEvent::Listed { call, legs } => {
                self.legs(&call, &legs, Call::listed, now, effects);
            }
            CallEvent::Live(calls) => self.live_calls(calls, now, effects),
            CallEvent::Record(record) => self.record(record, now, effects),
            CallEvent::Failed { call, reason } => {
                if let Some(known) = self.calls.get_mut(&call) {
                    known.fail(reason, now);
                    effects.push(Effect::Changed);
                } else {
                    // The failure may overtake the answer that names the call.
                    self.failures.push_back((call, reason, now.steady));
                    self.failures.retain(|(_, _, at)| now.steady < *at + FAILURE_WAITS);
                    self.failures.truncate(FAILURES);
                }
            }
        }
    }

    fn phone(&mut self, state: PhoneState, now: Moment, effects: &mut Vec<Effect>) {
        let explained = match state {
            PhoneState::Ringing => self.calls.values().any(|call| call.phase == Phase::Ringing),
            PhoneState::Busy => self.calls.values().any(|call| call.phase.speaks()),
            PhoneState::Idle => !self.calls.values().any(Call::is_live),
        };
        self.unexplained = (!explained).then_some(state);
        if !explained {
            self.ask(now, effects);
        }
    }

    fn legs(
        &mut self,
        id: &CallId,
        legs: &[Leg],
        takes: impl FnOnce(&mut Call, &[Leg], &Extension, &DialPlan, Moment),
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        if self.finished.contains_key(id) && !self.reopens(id, legs) {
            return;
        }
        let ours =
            legs.iter().any(|leg| matches!(&leg.kind, LegKind::Extension(ext) if *ext == self.own));
        if !ours && !self.calls.contains_key(id) {
            return;
        }
        self.reopen(id);
        if !self.calls.contains_key(id)
            && let Some(dialled) = self.dialled_as_another(legs, now)
            && let Some(call) = self.calls.remove(&dialled)
        {
            effects.push(Effect::Forget(dialled));
            self.calls.insert(id.clone(), call.renamed(id.clone()));
        }
        // What happened before the events were heard (again) is not known of a call that is met now.
        let met_unheard = self.unheard && !self.calls.contains_key(id);
        let call = self.calls.get_or_insert_with(id, || Call::new(id.clone(), now));
        let before = call.memory();
        call.interrupted |= met_unheard;
        takes(call, legs, &self.own, &self.plan, now);
        // Nor when a phone that rang then was picked up.
        let answered_unheard = self.unheard && call.phase.speaks() && !before.phase.speaks();
        call.talk.guessed |= answered_unheard;
        if call.memory() != before {
            effects.push(Effect::Changed);
        }
    }

    fn live_calls(
        &mut self,
        calls: Vec<(CallId, Vec<Leg>)>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let there: BTreeSet<CallId> = calls.iter().map(|(id, _)| id.clone()).collect();
        let unheard = std::mem::take(&mut self.unheard);
        if unheard {
            self.calls.values_mut().for_each(|call| call.heard_again(now));
        }
        for (id, legs) in calls {
            let before = self.calls.get(&id).map(|call| call.phase);
            if unheard && let Some(call) = self.calls.get_mut(&id) {
                call.stop_ringing_elsewhere(&legs);
            }
            self.legs(&id, &legs, Call::listed, now, effects);
            if unheard && let Some(call) = self.calls.get_mut(&id) {
                call.interrupted = true;
                let answered_unheard = call.phase.speaks() && !before.is_some_and(Phase::speaks);
                call.talk.guessed |= answered_unheard;
                // A list does not show whether the phone rang before.
                call.talk.passed_on &= before.is_some() || !call.phase.speaks();
            }
        }
        let absent = |call: &&Call| call.is_live() && !there.contains(&call.id);
        let absent: Vec<CallId> =
            self.calls.values().filter(absent).map(|call| call.id.clone()).collect();
        for id in absent {
            let Some(call) = self.calls.get_mut(&id) else { continue };
            // A call that was dialled a moment ago may not be listed yet.
            let fresh = call.is_wished() && now.steady < call.began + OTHERS;
            // A list may lack for a moment what goes on: the next one decides.
            let never_shown = call.is_wished();
            if !fresh && (never_shown || call.is_missed_again(now)) {
                call.vanish(now);
                effects.push(Effect::Changed);
            }
        }
        self.unexplained = None;
    }

    fn record(&mut self, record: CallRecord, now: Moment, effects: &mut Vec<Effect>) {
        if self.finished.contains_key(&record.call) {
            self.amend(vec![record], Told::Event, now, effects);
            return;
        }
        let own = is_own(&record, &self.own);
        if self.is_told(&record.call) || (!own && !self.calls.contains_key(&record.call)) {
            return;
        }
        let call =
            self.calls.get_or_insert_with(&record.call, || Call::new(record.call.clone(), now));
        call.last_news = now.steady;
        call.own_recorded |= own;
        // An answered part of ours is over when it is written. One that nobody answered may be one ring of several,
        // unless nobody else is in the call; and what a colleague's or a menu's part says is no end of ours.
        let ends_ours = own
            && (record.status == RecordStatus::Answered
                || record.from == self.own.as_str()
                || call.others_hung_up());
        if ends_ours || (!own && !call.is_live() && call.others_hung_up()) {
            call.ends_unheard(now);
            call.gone = true;
        } else if call.is_live() {
            call.doubted = true;
        }
        call.note(vec![record], Told::Event);
    }

    /// Takes the records of a stretch of time that this program did not hear, or heard only in part.
    fn past(&mut self, records: Vec<CallRecord>, now: Moment, effects: &mut Vec<Effect>) {
        let mut by_call: BTreeMap<CallId, Vec<CallRecord>> = BTreeMap::new();
        for record in records {
            by_call.entry(record.call.clone()).or_default().push(record);
        }
        for (id, records) in by_call {
            if self.finished.contains_key(&id) {
                self.amend(records, Told::List, now, effects);
                continue;
            }
            let ours = records.iter().any(|record| is_own(record, &self.own));
            if self.is_told(&id) || (!ours && !self.calls.contains_key(&id)) {
                continue;
            }
            let call = self.calls.get_or_insert_with(&id, || Call::new(id.clone(), now));
            // A live call's records so far are about legs that have ended; its end is yet to come.
            let live = call.is_live() && !call.own_legs.is_empty();
            call.note(records, Told::List);
            // A stretch of records is whole: no other is on its way.
            call.own_recorded = true;
            call.interrupted |= call.is_live() || !call.seen_alive;
            if !live {
                call.ends_unheard(now);
                call.gone = true;
            }
        }
    }

    /// Brings the calls to where the news and the time have moved them.
    fn follow(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let mut over = Vec::new();
        let mut ask = false;
        let mut ask_records = false;
        let moved = self.calls.take_due(now);
        for id in &moved {
            let Some(call) = self.calls.looked_at(id) else { continue };
            identify(call, &self.plan, effects);
            pop(call, self.policy, effects);
            if wants_number(call) && may_ask(call, now) {
                call.asked_for_number += 1;
                call.asked_at = Some(now.steady);
                ask = true;
            }
            match due(call, now) {
                Due::Nothing => {}
                Due::Ask => {
                    call.asked_at = Some(now.steady);
                    ask = true;
                }
                Due::Vanish => {
                    call.vanish(now);
                    effects.push(Effect::Changed);
                }
                Due::AskCall => {
                    call.asked_at = Some(now.steady);
                    call.vanished = false;
                    effects.push(Effect::AskCall(call.id.clone()));
                }
                Due::AskRecords => {
                    call.asked_records += 1;
                    call.asked_records_at = now.steady;
                    ask_records = true;
                }
                Due::Finish => over.push((call.id.clone(), true)),
                Due::Drop => over.push((call.id.clone(), false)),
            }
        }
        for (id, with_entry) in over {
            self.finish(&id, with_entry, now, effects);
        }
        let retry = self.unexplained.is_some()
            && self.last_ask.is_none_or(|at| now.steady >= at + Duration::from_secs(2));
        if ask || retry {
            self.ask(now, effects);
        }
        if ask_records {
            effects.push(Effect::AskRecords);
        }
        // On disk last: nothing that a person waits for is behind a disk flush.
        for id in moved {
            self.calls.plan(&id);
            let Some(call) = self.calls.looked_at(&id) else { continue };
            let memory = call.memory();
            if call.seen_alive && call.remembered.as_ref() != Some(&memory) {
                call.remembered = Some(memory.clone());
                effects.push(Effect::Remember(memory));
            }
        }
    }

    fn ask(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.last_ask = Some(now.steady);
        if !effects.contains(&Effect::AskLive) {
            effects.push(Effect::AskLive);
        }
    }
}

/// Asks who the other side is, once for each number.
fn identify(call: &mut Call, plan: &DialPlan, effects: &mut Vec<Effect>) {
    if !call.is_confirmed() || call.asked_party == call.party {
        return;
    }
    let Some(meant) = call.meant(plan) else { return };
    call.asked_party = call.party.clone();
    call.identity = Identity::Asked;
    effects.push(Effect::Identify { call: call.id.clone(), meant });
}

/// Opens the page when its moment is there and the answer too; never for a call that is over, never twice.
fn pop(call: &mut Call, policy: Policy, effects: &mut Vec<Effect>) {
    let (false, Some(party @ Party::External(_))) = (call.popped, &call.party) else { return };
    let Identity::Known(matches) = &call.identity else { return };
    let wanted = match (call.direction, policy.when, call.phase) {
        (_, PopWhen::Never, _) | (_, _, Phase::Left) | (None | Some(Direction::Internal), _, _) => {
            false
        }
        (
            Some(Direction::Inbound),
            PopWhen::Ring,
            Phase::Ringing | Phase::Talking | Phase::Held,
        ) => true,
        (Some(Direction::Inbound), PopWhen::Answer, Phase::Talking | Phase::Held) => true,
        (Some(Direction::Inbound), PopWhen::Ring | PopWhen::Answer, _) => false,
        (Some(Direction::Outbound), PopWhen::Ring, _) => policy.outbound,
        (Some(Direction::Outbound), PopWhen::Answer, phase) => policy.outbound && phase.speaks(),
    };
    if !wanted {
        return;
    }
    match (matches.verdict(), policy.unknown) {
        (Verdict::One(candidate), _) => {
            effects
                .push(Effect::Pop { call: call.id.clone(), record: candidate.record.reference() });
            call.popped = true;
        }
        // A person chooses.
        (Verdict::Several(_), _) | (Verdict::Nobody, UnknownCaller::Nothing) => {}
        (Verdict::Nobody, form @ (UnknownCaller::NewLead | UnknownCaller::NewContact)) => {
            effects.push(Effect::NewRecord { call: call.id.clone(), form, party: party.clone() });
            call.popped = true;
        }
    }
}
