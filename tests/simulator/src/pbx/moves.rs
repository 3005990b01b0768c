//! How calls begin, change and end: the moves behind the verbs and behind the API's call control.

use serde_json::{Value, json};

use super::{
    calls::{Direction, LiveCall, Party, Status, name_of},
    state::State,
    verbs::InboundSpec,
};

/// Which side says BYE first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Agent,
    Other,
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
        clock_wrong_ms: state.clock_wrong_ms,
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

pub(super) fn answer(state: &mut State, id: &str, extension: &str, now_ms: i64) {
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

pub(super) fn stop_ringing(state: &mut State, id: &str, extension: &str, now_ms: i64) {
    end_leg(state, id, extension, now_ms);
    state.publish(id);
}

pub(super) fn end_leg(state: &mut State, id: &str, extension: &str, now_ms: i64) {
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

pub(super) fn report(state: &mut State, id: &str, kind: u32) {
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

pub(super) fn finish(state: &mut State, id: &str, first: First, now_ms: i64) {
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
