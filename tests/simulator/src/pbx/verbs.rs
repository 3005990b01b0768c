//! What people do with telephones: verbs that move calls on.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Core,
    calls::{Direction, LiveCall, Party, Status, name_of},
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

/// Which side says BYE first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Agent,
    Other,
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

pub(super) fn inbound(state: &mut State, spec: InboundSpec, now_ms: i64) -> String {
    let did = if spec.did.is_empty() { state.config.did.clone() } else { spec.did };
    let path = spec.via.clone().unwrap_or_default();
    let group = spec.via.map(|number| {
        let queue = state.config.queues.iter().find(|queue| queue.number == number);
        let name = queue
            .map_or_else(|| format!("Queue {number}"), |queue| format!("Queue {}", queue.name));
        (number, name)
    });
    let from_name =
        if spec.from_name.is_empty() { state.contacts.name_of(&spec.from) } else { spec.from_name };
    let id = begin(
        state,
        Direction::Inbound,
        (&spec.from, &from_name),
        spec.extensions.first().map_or("", String::as_str),
        now_ms,
    );
    let party = Party::Inbound { from: spec.from, to: did.clone() };
    let trunk_status = if spec.answered_by_pbx { Status::Answered } else { Status::Alert };
    let mut legs = vec![state.new_leg(party, trunk_status, "", now_ms)];
    for (place, number) in spec.extensions.iter().enumerate() {
        let party = Party::Extension { number: number.clone() };
        let mut leg = state.new_leg(party, Status::Ring, &path, now_ms);
        leg.direct = place == 0;
        legs.push(leg);
    }
    if let Some(call) = state.call(&id) {
        call.did = did;
        call.legs = legs;
        if let Some((number, _)) = &group
            && call.to.is_empty()
        {
            call.to.clone_from(number);
        }
        call.group = group;
    }
    state.publish(&id);
    id
}

pub(super) fn outbound(state: &mut State, extension: &str, to: &str, now_ms: i64) -> String {
    let name = name_of(&state.config, extension);
    let id = begin(state, Direction::Outbound, (extension, &name), to, now_ms);
    let own =
        state.new_leg(Party::Extension { number: extension.to_owned() }, Status::Alert, "", now_ms);
    let party = Party::Outbound { from: extension.to_owned(), to: to.to_owned() };
    let remote = state.new_leg(party, Status::Ring, "", now_ms);
    if let Some(call) = state.call(&id) {
        call.legs = vec![own, remote];
    }
    state.publish(&id);
    id
}

pub(super) fn internal(state: &mut State, from: &str, to: &str, now_ms: i64) -> String {
    let name = name_of(&state.config, from);
    let id = begin(state, Direction::Internal, (from, &name), to, now_ms);
    let own =
        state.new_leg(Party::Extension { number: from.to_owned() }, Status::Alert, "", now_ms);
    let mut callee =
        state.new_leg(Party::Extension { number: to.to_owned() }, Status::Ring, "", now_ms);
    callee.direct = true;
    if let Some(call) = state.call(&id) {
        call.legs = vec![own, callee];
    }
    state.publish(&id);
    id
}

/// A call begun by `call/dial`: the agent's phone rings first.
pub(super) fn dialled(state: &mut State, extension: &str, to: &str, now_ms: i64) -> String {
    let is_internal = state.config.extensions.iter().any(|known| known.number == to);
    let direction = if is_internal { Direction::Internal } else { Direction::Outbound };
    let name = name_of(&state.config, extension);
    let id = begin(state, direction, (extension, &name), to, now_ms);
    let mut own =
        state.new_leg(Party::Extension { number: extension.to_owned() }, Status::Alert, "", now_ms);
    own.own_phone_rings = true;
    let differs = state.switches.dial_id_differs;
    let event_id = differs.then(|| state.new_call_id(now_ms, true));
    if let Some(call) = state.call(&id) {
        call.legs = vec![own];
        call.dialled_by_api = true;
        call.event_id = event_id;
    }
    state.publish(&id);
    id
}

fn begin(
    state: &mut State,
    direction: Direction,
    (from, from_name): (&str, &str),
    to: &str,
    now_ms: i64,
) -> String {
    let id = state.new_call_id(now_ms, true);
    let uid = state.new_uid(now_ms);
    state.calls.push(LiveCall {
        id: id.clone(),
        event_id: None,
        uid,
        direction,
        from: from.to_owned(),
        from_name: from_name.to_owned(),
        to: to.to_owned(),
        did: String::new(),
        started_ms: now_ms,
        legs: Vec::new(),
        group: None,
        voicemail_ms: None,
        talk_s: None,
        ring_s: None,
        failure: None,
        dialled_by_api: false,
        ended: false,
    });
    id
}

pub(super) fn agent_answers(state: &mut State, id: &str, now_ms: i64) {
    let Some(call) = state.call(id) else { return };
    let Some(own) = call.legs.iter_mut().find(|leg| leg.own_phone_rings) else { return };
    own.own_phone_rings = false;
    let from = own.extension().unwrap_or_default().to_owned();
    let (to, is_internal) = (call.to.clone(), call.direction == Direction::Internal);
    let party =
        if is_internal { Party::Extension { number: to } } else { Party::Outbound { from, to } };
    let mut leg = state.new_leg(party, Status::Ring, "", now_ms);
    leg.direct = is_internal;
    if let Some(call) = state.call(id) {
        call.legs.push(leg);
    }
    state.publish(id);
}

fn answer(state: &mut State, id: &str, extension: &str, now_ms: i64) {
    let Some(call) = state.call(id) else { return };
    let rings =
        call.legs.iter().any(|leg| leg.is_extension(extension) && leg.status == Status::Ring);
    if !rings {
        return;
    }
    for leg in &mut call.legs {
        match (leg.extension(), leg.status) {
            (Some(number), Status::Ring) if number == extension => {
                leg.status = Status::Answer;
                leg.answered_ms = Some(now_ms);
            }
            (Some(_), Status::Ring) => {
                leg.status = Status::Bye;
                leg.ended_ms = Some(now_ms);
            }
            (_, Status::Alert) => {
                leg.status = Status::Answered;
                leg.answered_ms.get_or_insert(now_ms);
            }
            _ => {}
        }
    }
    state.publish(id);
}

fn stop_ringing(state: &mut State, id: &str, extension: &str, now_ms: i64) {
    end_leg(state, id, extension, now_ms);
    state.publish(id);
}

fn end_leg(state: &mut State, id: &str, extension: &str, now_ms: i64) {
    if let Some(leg) = state.call(id).and_then(|call| call.leg_of(extension)) {
        leg.status = Status::Bye;
        leg.ended_ms = Some(now_ms);
    }
}

pub(super) fn hold(state: &mut State, id: &str, extension: &str, on: bool) {
    let Some(call) = state.call(id) else { return };
    for leg in
        call.legs.iter_mut().filter(|leg| !leg.is_extension(extension) && leg.status != Status::Bye)
    {
        if on && leg.status.talks() && leg.before_hold.is_none() {
            leg.before_hold = Some(leg.status);
            leg.status = Status::Hold;
        } else if !on && let Some(before) = leg.before_hold.take() {
            leg.status = before;
        }
    }
    state.publish(id);
}

fn report(state: &mut State, id: &str, kind: u32) {
    let (config, switches) = (state.config.clone(), state.switches.clone());
    let Some(call) = state.call(id) else { return };
    let members = call.members(&config, &switches, false);
    let msg = json!({ "call_id": call.event_id(), "members": members });
    state.emit(kind, msg);
}

/// Ends a call as its agent would by hanging up.
pub(super) fn hang_up(state: &mut State, id: &str, now_ms: i64) {
    finish(state, id, First::Agent, now_ms);
}

fn finish(state: &mut State, id: &str, first: First, now_ms: i64) {
    let Some(call) = state.call(id) else { return };
    let (direction, failed) = (call.direction, call.failure.clone());
    let caller_is_extension = direction != Direction::Inbound;
    let agent_legs = |place: usize, is_extension: bool| match direction {
        Direction::Internal => place == 0,
        Direction::Inbound | Direction::Outbound => is_extension,
    };
    for side in [first == First::Agent, first != First::Agent] {
        if side != (first == First::Agent) {
            state.publish(id);
        }
        let Some(call) = state.call(id) else { return };
        for (place, leg) in call.legs.iter_mut().enumerate() {
            if leg.status != Status::Bye && agent_legs(place, leg.extension().is_some()) == side {
                leg.status = Status::Bye;
                leg.ended_ms = Some(now_ms);
            }
        }
    }
    let Some(call) = state.call(id) else { return };
    call.ended = true;
    let callees = call.legs.iter().skip(usize::from(caller_is_extension));
    let answered =
        callees.clone().any(|leg| leg.answered_ms.is_some()) || call.voicemail_ms.is_some();
    let event_id = call.event_id().to_owned();
    state.publish(id);
    let missed =
        direction == Direction::Inbound && !answered && state.switches.failure_after_missed;
    if failed.is_some() || missed {
        let reason = failed.unwrap_or_else(|| "487 Request Terminated".to_owned());
        state.emit(30015, json!({ "call_id": event_id, "reason": reason, "members": Value::Null }));
    }
    state.close_call(id, now_ms);
}
