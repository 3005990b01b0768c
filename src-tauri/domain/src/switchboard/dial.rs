//! Calls that a person placed from here by a click, from the PBX's answer to the events that show them.

use std::time::Duration;

use super::{
    Switchboard,
    call::Call,
    effect::{Effect, Phase},
};
use crate::{
    event::{Leg, LegKind, LegStatus},
    ids::{CallId, Extension},
    journal::Direction,
    number::Party,
    time::Moment,
};

/// A phone that begins to call within this belongs to a dial from here, under whatever name.
const SAME_DIAL: Duration = Duration::from_secs(10);

impl Switchboard {
    /// Takes note that the PBX has agreed to place a call.
    pub(super) fn dialled(
        &mut self,
        id: CallId,
        party: Party,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        if self.finished.contains_key(&id) {
            return;
        }
        // The events may have been first, and under another name.
        let may_be = |call: &Call| party.number().is_some_and(|it| call.may_be(it, &self.plan));
        let shown = self.calls.values().find(|call| {
            call.is_dialling_since(now.steady.saturating_sub(SAME_DIAL))
                && (call.party.as_ref().is_none_or(|called| *called == party) || may_be(call))
        });
        let id = match shown {
            Some(shown) if !self.calls.contains_key(&id) => shown.id.clone(),
            Some(_) | None => id,
        };
        let call = self.calls.get_or_insert_with(&id, || Call::new(id.clone(), now));
        call.seen_alive = true;
        if call.own_legs.is_empty() && call.failure.is_none() {
            call.enter(Phase::Dialling, now);
        }
        call.direction.get_or_insert(if party.is_internal() {
            Direction::Internal
        } else {
            Direction::Outbound
        });
        if party.number().is_some_and(|number| call.may_be(number, &self.plan)) {
            call.party = Some(party);
        } else {
            call.party.get_or_insert(party);
        }
        call.placed_here = true;
        if let Some(at) = self.failures.iter().position(|(failed, _, _)| *failed == call.id)
            && let Some((_, reason, _)) = self.failures.remove(at)
        {
            call.fail(reason, now);
        }
        effects.push(Effect::Changed);
    }

    /// Returns the call that came of a wish which the PBX was asked for at `asked`, on the steady clock, and whose answer was
    /// lost. It is the one call that the agent's own phone began to place then, with nothing that shows whom it calls; where
    /// two could be meant, neither is.
    pub fn came_of_dial(&self, asked: Duration) -> Option<CallId> {
        let began = asked..=asked + SAME_DIAL;
        let mut calls = self.calls.values().filter(|call| call.was_placed_unseen(began.clone()));
        let only = calls.next()?;
        calls.next().is_none().then(|| only.id.clone())
    }

    /// Returns the call that was dialled from here and that these legs show under another name: the PBX's answer to a
    /// dial is not certain to name the call as the events do. Source: yeastar-open-api.md §4.6.
    pub(super) fn dialled_as_another(&self, legs: &[Leg], now: Moment) -> Option<CallId> {
        let alerts = legs.iter().any(|leg| {
            matches!(&leg.kind, LegKind::Extension(ext) if *ext == self.own)
                && leg.status == LegStatus::Alert
        });
        if !alerts {
            return None;
        }
        let called = legs.iter().find_map(|leg| self.called(leg));
        self.calls
            .values()
            .find(|call| {
                call.never_began()
                    && call.age(now) < SAME_DIAL
                    && called.as_ref().is_none_or(|called| {
                        call.party.as_ref().is_some_and(|party| called.contains(party))
                    })
            })
            .map(|call| call.id.clone())
    }

    /// Returns whom this leg shows as called, where it does: what was dialled may mean several numbers.
    fn called(&self, leg: &Leg) -> Option<Vec<Party>> {
        let colleague = |extension: &Extension| Some(vec![Party::Extension(extension.clone())]);
        match &leg.kind {
            LegKind::Outbound { to, .. } => {
                let readings = self.plan.readings_dialled(to).into_iter();
                let numbers = readings.map(|reading| Party::External(reading.number));
                Some(numbers.chain([self.plan.read_dialled(to)]).collect())
            }
            LegKind::Extension(extension) if *extension != self.own => colleague(extension),
            LegKind::Internal { to, .. } if to != self.own.as_str() => {
                colleague(&Extension::new(to))
            }
            LegKind::Inbound { from, .. } => Some(vec![self.plan.read_caller(from)]),
            LegKind::Extension(_) | LegKind::Internal { .. } => None,
        }
    }
}
