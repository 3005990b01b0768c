//! A call, as people see it.

use std::time::Duration;

use super::{
    Switchboard,
    call::{Call, Identity},
    effect::Phase,
};
use crate::{
    event::LegStatus,
    ids::{CallId, ChannelId},
    journal::Direction,
    number::Party,
    record::Matches,
    time::{Moment, Timestamp},
};

/// A live call, as people see it.
#[derive(Clone, Debug)]
pub struct CallState<'a> {
    /// The PBX's name for it.
    pub id: &'a CallId,
    /// What the agent's phone does.
    pub phase: Phase,
    /// Which way it goes, where known.
    pub direction: Direction,
    /// The other side, where known.
    pub party: Option<&'a Party>,
    /// When it began.
    pub started: Timestamp,
    /// How long ago that was, by the clock that nobody sets.
    pub lasted: Duration,
    /// How long the agent has spoken, while or after they did.
    pub spoken: Duration,
    /// What was found about the other side; none: not asked yet, or being asked.
    pub matches: Option<&'a Matches>,
    /// The other side is being looked up.
    pub searching: bool,
    /// The queue, ring group or menu.
    pub queue: Option<&'a str>,
    /// The agent's own channel, which ends the call.
    pub channel: Option<&'a ChannelId>,
    /// The PBX's words for why it does not come about.
    pub failure: Option<&'a str>,
}

impl Switchboard {
    /// Returns the call that is meant when none is named: the conversation in progress, the last one begun where the
    /// PBX does not show which of them waits. One that is on hold is meant only where there is no other.
    pub fn current(&self, now: Moment) -> Option<CallState<'_>> {
        let live = self.calls.values().filter(|call| call.is_live());
        live.max_by_key(|call| {
            let preferred = match call.phase {
                Phase::Talking => 3,
                Phase::Dialling => 2,
                Phase::Ringing => 1,
                Phase::Held | Phase::Left => 0,
            };
            let since = if call.phase.speaks() { call.talking_since.steady } else { call.began };
            (preferred, since)
        })
        .map(|call| state(call, now))
    }
}

pub(super) fn state(call: &Call, now: Moment) -> CallState<'_> {
    let (matches, searching) = match &call.identity {
        Identity::NotAsked => (None, false),
        Identity::Asked => (None, true),
        Identity::Known(matches) => (Some(matches), false),
    };
    CallState {
        id: &call.id,
        phase: call.phase,
        direction: call.direction.unwrap_or(match call.phase {
            Phase::Dialling => Direction::Outbound,
            Phase::Ringing | Phase::Talking | Phase::Held | Phase::Left => Direction::Inbound,
        }),
        party: call.party.as_ref(),
        started: call.started,
        lasted: now.steady.saturating_sub(call.began),
        spoken: call.spoken(now),
        matches,
        searching,
        queue: call.queue.as_deref(),
        channel: call
            .own_legs
            .iter()
            .find(|(channel, status)| **status != LegStatus::Bye && !channel.as_str().is_empty())
            .map(|(channel, _)| channel),
        failure: call.failure.as_deref(),
    }
}
