//! What people do with telephones: verbs that move calls on.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    Core,
    calls::{Direction, LiveCall, Party, Status},
    moves::{First, agent_answers, answer, end_leg, finish, hold, internal, report, stop_ringing},
    state::State,
};

/// An inbound call in detail.
#[derive(Clone, Debug, Default)]
pub struct InboundSpec {
    /// What the trunk says of the caller: any spelling, `anonymous`, or nothing.
    pub from: String,
    /// Name beside the number in call records; empty: looked up in the company contacts.
    pub from_name: String,
    /// Number the caller dialled; empty: the PBX's own.
    pub did: String,
    /// Extensions that ring at first.
    pub extensions: Vec<String>,
    /// Queue or ring group the call came through (its number).
    pub via: Option<String>,
    /// The trunk's leg is already ANSWERED while agents ring (IVR or queue in front).
    pub answered_by_pbx: bool,
}

/// A telephone call. Verbs on a call that has ended do nothing.
#[derive(Clone)]
pub struct Call {
    core: Arc<Core>,
    id: String,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Call {
    pub(super) fn new(core: Arc<Core>, id: String) -> Self {
        Self { core, id }
    }

    /// The `call_id` of the call's events and records.
    pub fn id(&self) -> String {
        self.core.with(|state, _| {
            state.call(&self.id).map_or_else(|| self.id.clone(), |call| call.event_id().to_owned())
        })
    }

    /// Does the call still go on?
    pub fn is_live(&self) -> bool {
        self.core.with(|state, _| state.call(&self.id).is_some())
    }

    /// Who placed it, an extension or a number outside, for a call that goes on.
    pub fn placed_by(&self) -> String {
        self.core
            .with(|state, _| state.call(&self.id).map(|call| call.from.clone()).unwrap_or_default())
    }

    /// The number dialled, for a call that goes on.
    pub fn to(&self) -> String {
        self.core
            .with(|state, _| state.call(&self.id).map(|call| call.to.clone()).unwrap_or_default())
    }

    /// The members as 30011 would show them now.
    pub fn members(&self) -> Vec<Value> {
        self.core.with(|state, _| {
            let (config, switches) = (state.config.clone(), state.switches.clone());
            state
                .call(&self.id)
                .map(|call| call.members(&config, &switches, true))
                .unwrap_or_default()
        })
    }

    fn change(&self, f: impl FnOnce(&mut State, &str, i64)) {
        self.core.with(|state, now_ms| {
            if state.call(&self.id).is_some() {
                f(state, &self.id, now_ms);
            }
        });
    }

    /// `extension` picks its ringing phone up; phones that rang beside it stop.
    pub fn answer(&self, extension: &str) {
        self.change(|state, id, now_ms| answer(state, id, extension, now_ms));
    }

    /// The agent takes the own phone that `call/dial` rings; the other side is called now.
    pub fn agent_answers(&self) {
        self.change(agent_answers);
    }

    /// The called party outside (or the called extension) picks up.
    pub fn remote_answers(&self) {
        self.change(|state, id, now_ms| {
            let Some(call) = state.call(id) else { return };
            if call.direction != Direction::Outbound {
                let to = call.to.clone();
                answer(state, id, &to, now_ms);
                return;
            }
            for leg in &mut call.legs {
                if leg.status == Status::Bye {
                    continue;
                }
                leg.status =
                    if leg.extension().is_some() { Status::Answered } else { Status::Answer };
                leg.answered_ms.get_or_insert(now_ms);
            }
            state.publish(id);
        });
    }

    /// The provider of the called party sends 183: EARLYMEDIA on the outbound leg.
    pub fn early_media(&self) {
        self.change(|state, id, _| {
            if let Some(leg) = state.call(id).and_then(LiveCall::trunk_leg)
                && leg.status == Status::Ring
            {
                leg.status = Status::EarlyMedia;
            }
            state.publish(id);
        });
    }

    /// The agent's side hangs up.
    pub fn hang_up(&self) {
        self.change(|state, id, now_ms| finish(state, id, First::Agent, now_ms));
    }

    /// The side that is not the agent's hangs up: the caller, or who was called outside.
    pub fn caller_hangs_up(&self) {
        self.change(|state, id, now_ms| finish(state, id, First::Other, now_ms));
    }

    /// `extension` declines its ringing phone; when nobody else rings, the call ends as busy.
    pub fn decline(&self, extension: &str) {
        self.change(|state, id, now_ms| {
            stop_ringing(state, id, extension, now_ms);
            let Some(call) = state.call(id) else { return };
            let goes_on =
                call.legs.iter().any(|leg| leg.extension().is_some() && leg.status.rings());
            if !goes_on && call.group.is_none() {
                call.failure = Some("486 Busy Here".to_owned());
                finish(state, id, First::Agent, now_ms);
            }
        });
    }

    /// The ring time-out of `extension` passes: its phone stops, the call stays.
    pub fn stops_ringing(&self, extension: &str) {
        self.change(|state, id, now_ms| stop_ringing(state, id, extension, now_ms));
    }

    /// Another extension starts to ring (the next agent of a queue).
    pub fn rings(&self, extension: &str) {
        self.change(|state, id, now_ms| {
            let path = state.call(id).and_then(|call| call.group.clone()).map(|group| group.0);
            let party = Party::Extension { number: extension.to_owned() };
            let leg = state.new_leg(party, Status::Ring, path.as_deref().unwrap_or(""), now_ms);
            if let Some(call) = state.call(id) {
                call.legs.push(leg);
            }
            state.publish(id);
        });
    }

    /// `from` sends the other side to `to` without speaking to them: 30013, then `to` rings.
    pub fn blind_transfer(&self, from: &str, to: &str) {
        self.change(|state, id, now_ms| {
            end_leg(state, id, from, now_ms);
            let mut leg =
                state.new_leg(Party::Extension { number: to.to_owned() }, Status::Ring, "", now_ms);
            leg.by_transfer = true;
            if let Some(call) = state.call(id) {
                call.legs.push(leg);
            }
            state.publish(id);
            report(state, id, 30013);
        });
    }

    /// `from` puts the caller on hold, asks `to` in a second call, and connects both.
    pub fn attended_transfer(&self, from: &str, to: &str) {
        let consultation = self.consult(from, to);
        consultation.answer(to);
        self.complete_transfer(from, to, &consultation);
    }

    /// First half of an attended transfer: the caller waits, `from` calls `to`.
    pub fn consult(&self, from: &str, to: &str) -> Self {
        self.hold(from);
        let id = self.core.with(|state, now_ms| internal(state, from, to, now_ms));
        Self::new(self.core.clone(), id)
    }

    /// Second half: `from` leaves, `to` joins this call on a new channel, the consultation ends.
    pub fn complete_transfer(&self, from: &str, to: &str, consultation: &Self) {
        consultation.hang_up();
        self.change(|state, id, now_ms| {
            end_leg(state, id, from, now_ms);
            let party = Party::Extension { number: to.to_owned() };
            let mut leg = state.new_leg(party, Status::Answer, "", now_ms);
            leg.by_transfer = true;
            leg.answered_ms = Some(now_ms);
            let Some(call) = state.call(id) else { return };
            call.legs.push(leg);
            if let Some(trunk) = call.trunk_leg()
                && let Some(before) = trunk.before_hold.take()
            {
                trunk.status = before;
            }
            state.publish(id);
            report(state, id, 30013);
        });
    }

    /// `by` takes a call that rings elsewhere, without having rung.
    pub fn pickup(&self, by: &str) {
        self.change(|state, id, now_ms| {
            let leg =
                state.new_leg(Party::Extension { number: by.to_owned() }, Status::Ring, "", now_ms);
            if let Some(call) = state.call(id) {
                call.legs.push(leg);
            }
            answer(state, id, by, now_ms);
        });
    }

    /// The call is forwarded to a number outside: an `outbound` member beside the `inbound` one.
    pub fn forward_outside(&self, from: &str, to: &str) {
        self.change(|state, id, now_ms| {
            end_leg(state, id, from, now_ms);
            let party = Party::Outbound { from: from.to_owned(), to: to.to_owned() };
            let leg = state.new_leg(party, Status::Ring, "", now_ms);
            if let Some(call) = state.call(id) {
                call.legs.push(leg);
            }
            state.publish(id);
            report(state, id, 30014);
        });
    }

    /// `extension` puts the other side on hold.
    pub fn hold(&self, extension: &str) {
        self.change(|state, id, _| hold(state, id, extension, true));
    }

    /// `extension` takes the other side back.
    pub fn unhold(&self, extension: &str) {
        self.change(|state, id, _| hold(state, id, extension, false));
    }

    /// `extension` parks the call: it leaves, and the other side waits.
    pub fn park(&self, extension: &str) {
        self.change(|state, id, now_ms| {
            end_leg(state, id, extension, now_ms);
            hold(state, id, extension, true);
        });
    }

    /// `by` takes a parked call, on a leg of its own.
    pub fn fetch(&self, by: &str) {
        self.change(|state, id, now_ms| {
            let party = Party::Extension { number: by.to_owned() };
            let mut leg = state.new_leg(party, Status::Answer, "", now_ms);
            leg.by_transfer = true;
            leg.answered_ms = Some(now_ms);
            if let Some(call) = state.call(id) {
                call.legs.push(leg);
            }
            hold(state, id, by, false);
        });
    }

    /// Nobody answered: the caller hears the voicemail. The call goes on until the caller hangs up.
    pub fn to_voicemail(&self) {
        self.change(|state, id, now_ms| {
            let Some(call) = state.call(id) else { return };
            call.voicemail_ms = Some(now_ms);
            for leg in &mut call.legs {
                if leg.extension().is_some() && leg.status.rings() {
                    leg.status = Status::Bye;
                    leg.ended_ms = Some(now_ms);
                } else if leg.extension().is_none() {
                    leg.status = Status::Answered;
                }
            }
            state.publish(id);
        });
    }

    /// The call fails: 30015 with this reason, then the end.
    pub fn fail(&self, reason: &str) {
        self.change(|state, id, now_ms| {
            if let Some(call) = state.call(id) {
                call.failure = Some(reason.to_owned());
            }
            finish(state, id, First::Other, now_ms);
        });
    }

    /// Sets the talk time of the agent who talks now (or of the voicemail), instead of the real one.
    pub fn talked_seconds(&self, seconds: u32) {
        self.change(|state, id, _| {
            let Some(call) = state.call(id) else { return };
            let talking = call
                .legs
                .iter_mut()
                .rev()
                .find(|leg| leg.extension().is_some() && leg.status.talks());
            match talking {
                Some(leg) => leg.talk_s = Some(seconds),
                None => call.talk_s = Some(seconds),
            }
        });
    }

    /// Sets the ring time in the call's records, instead of the real one.
    pub fn rang_seconds(&self, seconds: u32) {
        self.change(|state, id, _| {
            if let Some(call) = state.call(id) {
                call.ring_s = Some(seconds);
            }
        });
    }

    /// Puts the call's start back, for records of the past.
    pub fn started_ago(&self, ago: Duration) {
        self.change(|state, id, _| {
            if let Some(call) = state.call(id) {
                let before = crate::clock::ms(ago);
                call.started_ms -= before;
                for leg in &mut call.legs {
                    leg.began_ms -= before;
                }
            }
        });
    }
}
