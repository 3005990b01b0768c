//! `/openapi/v1.0/…`: what each interface answers.

use serde_json::{Value, json};

use super::{
    calls::{Direction, Party},
    cdr,
    config::{DialOutcome, Records},
    http::Asked,
    moves,
    state::State,
};

/// An answer that refuses, with the vendor's words for the code.
pub(super) fn failure(errcode: i64) -> Value {
    let errmsg = match errcode {
        -2 => "INTERNAL SERVER ERROR",
        10001 => "INTERFACE NOT EXISTED",
        10004 => "TOKEN EXPIRED",
        10005 => "ACCESS DENIED",
        10009 => "OPERATION FAILED",
        40001 => "PARAMETER SYNTAX ERROR",
        40002 => "PARAMETER ERROR",
        40003 => "DUPLICATE KEY VALUE",
        60001 => "DATA NOT FOUND",
        60002 => "MAX LIMITATION EXCEEDED",
        70004 => "ACCOUNT IP BLOCKED",
        70082 => "OVERLOAD_TASK_RUNNING",
        70087 => "IP FORBIDDEN",
        70091 => "CONNECTION_RELATION_EXISTED",
        70093 => "PHONEBOOK_NOT_EXISTED",
        70123 => "API UNAVAILABLE",
        70128 => "CONTACTS_NOT_EXISTED",
        70130 => "CAHNNEL ID NOT FOUND",
        70132 => "OPERATION NOT SUPPORTED",
        _ => "FAILURE",
    };
    json!({ "errcode": errcode, "errmsg": errmsg })
}

/// 40002 with the list of what was wrong.
pub(super) fn bad_parameter(field: &str, valid_msg: &str) -> Value {
    let mut answer = failure(40002);
    answer["invalid_param_list"] = json!([{ "field": field, "valid_msg": valid_msg }]);
    answer
}

pub(super) fn success() -> Value {
    json!({ "errcode": 0, "errmsg": "SUCCESS" })
}

/// What stands before every interface: the header, the address, the switch, the block, the token.
pub(super) fn gate(state: &mut State, asked: &Asked, now_ms: i64) -> Option<Value> {
    if let Some(refusal) = outer_gate(state, asked, now_ms) {
        return Some(refusal);
    }
    let token = asked.parameter("access_token").unwrap_or_default();
    (!state.tokens.is_valid(token, now_ms)).then(|| failure(10004))
}

fn outer_gate(state: &mut State, asked: &Asked, now_ms: i64) -> Option<Value> {
    if asked.user_agent.is_none() {
        return Some(bad_parameter("User-Agent", "User-Agent is required"));
    }
    if state.switches.address_forbidden {
        return Some(failure(70087));
    }
    if state.switches.api_off {
        return Some(failure(70123));
    }
    let switches = state.switches.clone();
    state.tokens.block_answer(&switches, now_ms)
}

pub(super) fn answer(state: &mut State, asked: &Asked, now_ms: i64) -> Value {
    let Some(interface) = asked.path.strip_prefix("/openapi/v1.0/") else { return failure(10001) };
    let empty = Value::Null;
    let body = asked.body.as_ref().unwrap_or(&empty);
    if let "get_token" | "refresh_token" = interface {
        if asked.method != "POST" {
            return failure(10001);
        }
        if let Some(refusal) = outer_gate(state, asked, now_ms) {
            return refusal;
        }
        let (config, switches, secret) =
            (state.config.clone(), state.switches.clone(), state.secret.clone());
        return if interface == "get_token" {
            state.tokens.get(body, (&config.client_id, &secret), &config, &switches, now_ms)
        } else {
            state.tokens.refresh(body, &config, &switches, now_ms)
        };
    }
    if let Some(refusal) = gate(state, asked, now_ms) {
        return refusal;
    }
    match (asked.method.as_str(), interface) {
        ("GET", "del_token") => {
            state.tokens.revoke(asked.parameter("access_token").unwrap_or_default());
            success()
        }
        ("GET", "system/information") => information(state, now_ms),
        ("GET", "extension/list" | "extension/search") => extensions(state, asked),
        ("GET", "extension/get") => extension(state, asked),
        ("POST", "extension/update") => update_extension(state, body),
        ("GET", "queue/list") => queues(state),
        ("GET", "extension_status_monitor/list") => extension_monitor(state, asked),
        ("GET", "trunk_status_monitor/list") => trunk_monitor(state, asked),
        ("GET", "call/query") => query(state, asked),
        ("POST", "call/dial") => dial(state, body, now_ms),
        ("POST", "call/hangup" | "call/hold" | "call/unhold" | "call/mute" | "call/unmute") => {
            control(state, interface, body, now_ms)
        }
        ("GET", "cdr/list") => records(state, asked, now_ms, false),
        ("GET", "cdr/search") => records(state, asked, now_ms, true),
        (_, other) if other.starts_with("company_contact/") || other.starts_with("phonebook/") => {
            let switches = state.switches.clone();
            state.contacts.answer(asked, body, &switches)
        }
        _ => failure(10001),
    }
}

fn information(state: &State, now_ms: i64) -> Value {
    let config = &state.config;
    let second = (now_ms + state.clock_wrong_ms).div_euclid(1000);
    let system_time = cdr::display_time(config, second);
    let half = if system_time.ends_with("PM") { "hh:mm:ss PM" } else { "hh:mm:ss AM" };
    json!({ "errcode": 0, "errmsg": "SUCCESS", "data": {
        "device_name": "HQ", "model_name": config.model, "sn": config.serial,
        "hardware_version": "V2.00 0000-0000", "firmware_version": config.firmware,
        "system_time": system_time, "up_time": 405_080, "system_date_format": config.date_format,
        "system_time_format": if config.twelve_hours { half } else { "HH:mm:ss" }, "timestamp": second } })
}

/// `page` and `page_size` of a request, with the interface's default and limit.
pub(super) fn page_of(asked: &Asked, short: Option<usize>) -> Result<(usize, usize), Value> {
    let number = |name: &str, default: usize| match asked.parameter(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| bad_parameter(name, "must be a number from 1")),
    };
    let (page, size) = (number("page", 1)?, number("page_size", 10_000)?);
    if size > 10_000 {
        return Err(bad_parameter("page_size", "page_size must be at most 10000"));
    }
    Ok((page, short.map_or(size, |short| size.min(short))))
}

/// A page of rows under `data`, with `total_number`.
pub(super) fn paged(rows: Vec<Value>, (page, size): (usize, usize)) -> Value {
    let total = rows.len();
    let mut answer = success();
    answer["total_number"] = total.into();
    let shown: Vec<Value> =
        rows.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    if total > 0 {
        answer["data"] = shown.into();
    }
    answer
}

fn extension_rows(state: &State) -> Vec<Value> {
    let rows = state
        .config
        .extensions
        .iter()
        .enumerate()
        .filter(|(_, one)| !state.gone_extensions.contains(&one.number));
    rows.map(|(place, extension)| {
        let presence = state.presence.get(&extension.number).map_or("available", String::as_str);
        let mut row = json!({
            "id": 73 + place, "number": extension.number, "caller_id_name": extension.name,
            "role_name": "Employee", "presence_status": presence, "custom_presence_status": presence,
            "timezone": "Global Time Zone",
            "online_status": {
                "fxs_phone": { "status": 0 }, "sip_phone": { "status": 0, "status_list": [] },
                "linkus_desktop": { "status": i32::from(extension.online), "ext_dev_type": "linkusdesktop" },
                "linkus_mobile": { "status": 0, "status_list": [] }, "linkus_web": { "status": 0 } } });
        if !extension.email.is_empty() {
            row["email_addr"] = extension.email.clone().into();
        }
        if !extension.mobile.is_empty() {
            row["mobile_number"] = extension.mobile.clone().into();
        }
        row
    })
    .collect()
}

fn extensions(state: &State, asked: &Asked) -> Value {
    let wanted = asked.parameter("search_value").unwrap_or_default().to_lowercase();
    let rows = extension_rows(state).into_iter().filter(|row| {
        ["number", "caller_id_name", "email_addr", "mobile_number"]
            .iter()
            .any(|key| row[*key].as_str().unwrap_or_default().to_lowercase().contains(&wanted))
    });
    match page_of(asked, None) {
        Ok(page) => paged(rows.collect(), page),
        Err(refusal) => refusal,
    }
}

fn extension(state: &State, asked: &Asked) -> Value {
    let id: Option<u64> = asked.parameter("id").and_then(|id| id.parse().ok());
    match extension_rows(state).into_iter().find(|row| row["id"].as_u64() == id) {
        Some(row) => json!({ "errcode": 0, "errmsg": "SUCCESS", "data": row }),
        None => failure(60001),
    }
}

fn update_extension(state: &mut State, body: &Value) -> Value {
    let found = extension_rows(state).into_iter().find(|row| row["id"] == body["id"]);
    let (Some(row), Some(presence)) = (found, body["presence_status"].as_str()) else {
        return failure(60001);
    };
    let number = row["number"].as_str().unwrap_or_default().to_owned();
    state.presence.insert(number.clone(), presence.to_owned());
    state.emit(30009, json!({ "extension": number, "status": presence }));
    success()
}

fn queues(state: &State) -> Value {
    let agent = |number: &String| {
        let place = state.config.extensions.iter().position(|one| &one.number == number);
        let name = place.map_or(String::new(), |place| state.config.extensions[place].name.clone());
        json!({ "value": (73 + place.unwrap_or(900)).to_string(), "text": name, "text2": number })
    };
    let list: Vec<Value> = state
        .config
        .queues
        .iter()
        .enumerate()
        .map(|(place, queue)| {
            let agents: Vec<Value> = queue.agents.iter().map(agent).collect();
            json!({ "id": place + 1, "number": queue.number, "name": queue.name,
            "static_agent_list": agents, "dynamic_agent_list": Value::Null })
        })
        .collect();
    json!({ "errcode": 0, "errmsg": "SUCCESS", "total_number": list.len(), "queue_list": list })
}

fn extension_monitor(state: &State, asked: &Asked) -> Value {
    let rows = state.config.extensions.iter().enumerate();
    let rows = rows.filter(|(_, one)| !state.gone_extensions.contains(&one.number));
    let rows: Vec<Value> = rows.map(|(place, extension)| {
        let monitored = !state.switches.unmonitored_extensions.contains(&extension.number);
        json!({ "ext_id": 73 + place, "number": extension.number, "name": extension.name,
            "enb_register_status": 0, "enb_call_status": i32::from(monitored), "enb_presence_status": 0 })
    }).collect();
    page_of(asked, None).map_or_else(|refusal| refusal, |page| paged(rows, page))
}

fn trunk_monitor(state: &State, asked: &Asked) -> Value {
    let mut row = json!({ "trunk_id": 1, "name": state.config.trunk });
    if !state.switches.trunk_switches_missing {
        row["enb_register_status"] = 0.into();
        row["enb_call_status"] = i32::from(state.switches.trunk_monitored).into();
        row["enb_control_inbound_call"] = i32::from(state.switches.control_inbound_call).into();
    }
    page_of(asked, None).map_or_else(|refusal| refusal, |page| paged(vec![row], page))
}

fn query(state: &mut State, asked: &Asked) -> Value {
    if let Some(left) = state.switches.query_omits.checked_sub(1) {
        state.switches.query_omits = left;
        return failure(60001);
    }
    let wanted_id = asked.parameter("call_id");
    let wanted_extension = asked.parameter("extension");
    let wanted_type = asked.parameter("type").map(str::to_ascii_lowercase);
    let found: Vec<Value> = state
        .calls
        .iter()
        .filter(|call| wanted_id.is_none_or(|id| id == call.event_id()))
        .filter(|call| {
            wanted_type
                .as_ref()
                .is_none_or(|kind| *kind == call.direction.word().to_ascii_lowercase())
        })
        .filter(|call| {
            wanted_extension.is_none_or(|number| {
                call.legs
                    .iter()
                    .any(|leg| !leg.gone && leg.ended_ms.is_none() && leg.is_extension(number))
            })
        })
        .map(|call| {
            let members = call.members(&state.config, &state.switches, true);
            json!({ "call_id": call.event_id(), "members": members })
        })
        .collect();
    let mut answer = success();
    if !found.is_empty() {
        answer["data"] = found.into();
    }
    answer
}

fn dial(state: &mut State, body: &Value, now_ms: i64) -> Value {
    let (Some(caller), Some(callee)) = (body["caller"].as_str(), body["callee"].as_str()) else {
        return bad_parameter("caller", "caller and callee are required, as text");
    };
    if caller.is_empty() || callee.is_empty() {
        return bad_parameter("callee", "caller and callee must not be empty");
    }
    let known = |number: &str| state.config.extensions.iter().any(|one| one.number == number);
    let (caller_known, callee_known) = (known(caller), known(callee));
    let online = state.config.extensions.iter().any(|one| one.number == caller && one.online);
    let routed = callee_known
        || (callee.starts_with(&state.switches.outside_prefix)
            && callee.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c)));
    let outcome = match state.switches.dial_outcome.clone() {
        DialOutcome::Rings if !caller_known || !online => DialOutcome::PhoneNeverRings,
        DialOutcome::Rings if !routed => DialOutcome::FailsWith("404 NOT found".to_owned()),
        outcome => outcome,
    };
    let call_id = match outcome {
        DialOutcome::Rings => {
            let id = moves::dialled(state, caller, callee, now_ms);
            if body["auto_answer"].as_str() == Some("yes") {
                moves::agent_answers(state, &id, now_ms);
            }
            id
        }
        DialOutcome::FailsWith(reason) => {
            let id = state.new_call_id(now_ms, false);
            state.emit(30015, json!({ "call_id": id, "reason": reason, "members": Value::Null }));
            id
        }
        DialOutcome::PhoneNeverRings => state.new_call_id(now_ms, false),
    };
    json!({ "errcode": 0, "errmsg": "SUCCESS", "call_id": call_id })
}

fn control(state: &mut State, interface: &str, body: &Value, now_ms: i64) -> Value {
    let Some(channel) = body["channel_id"].as_str() else {
        return bad_parameter("channel_id", "channel_id is required");
    };
    let found = state.calls.iter().find_map(|call| {
        let leg = call.legs.iter().find(|leg| leg.channel == channel && leg.ended_ms.is_none())?;
        Some((call.id.clone(), call.event_id().to_owned(), leg.party.clone(), call.direction))
    });
    let Some((id, event_id, party, direction)) = found else { return failure(70130) };
    let extension = match (party, direction) {
        (Party::Extension { number }, _) => number,
        // The trunk's leg: what is done to it is done by the other side.
        (
            Party::Inbound { .. } | Party::Outbound { .. },
            Direction::Inbound | Direction::Outbound | Direction::Internal,
        ) => String::new(),
    };
    match interface {
        "call/hangup" => moves::hang_up(state, &id, now_ms),
        "call/hold" => moves::hold(state, &id, &extension, true),
        "call/unhold" => moves::hold(state, &id, &extension, false),
        _ => {}
    }
    json!({ "errcode": 0, "errmsg": "SUCCESS", "call_id": event_id })
}

fn records(state: &State, asked: &Asked, now_ms: i64, search: bool) -> Value {
    let switches = &state.switches;
    let bound = |name: &str| -> Result<Option<i64>, Value> {
        let Some(text) = asked.parameter(name).filter(|_| search) else { return Ok(None) };
        let read = if switches.cdr_wants_text_time {
            cdr::read_display_time(&state.config, text)
        } else {
            text.parse().ok()
        };
        let wanted = if switches.cdr_wants_text_time {
            "start_time format invalid, valid format: 02/01/2006 03:04:05 PM"
        } else {
            "must be Unix seconds"
        };
        read.map(Some).ok_or_else(|| bad_parameter(name, wanted))
    };
    let page = match page_of(asked, switches.cdr_short_pages) {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let (from, to) = match (bound("start_time"), bound("end_time")) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(refusal), _) | (_, Err(refusal)) => return refusal,
    };
    let exact = |name: &str, value: &str| {
        !search || asked.parameter(name).is_none_or(|wanted| wanted.is_empty() || wanted == value)
    };
    let delay = crate::clock::ms(switches.cdr_delay);
    let is_shown = |row: &cdr::Row| {
        let Some(upgrade) = switches.upgraded else { return true };
        let place = match asked.parameter("from").filter(|_| !search) {
            Some("legacy") => Records::Legacy,
            Some("new") => Records::New,
            Some(_) | None => upgrade.shows,
        };
        (row.written_ms < upgrade.at_ms) == (place == Records::Legacy)
    };
    let mut rows: Vec<_> = state
        .rows
        .iter()
        .filter(|row| row.written_ms + delay <= now_ms)
        .filter(|row| is_shown(row))
        .filter(|row| {
            let second = row.start_ms.div_euclid(1000);
            from.is_none_or(|from| second >= from) && to.is_none_or(|to| second <= to)
        })
        .filter(|row| exact("call_from", &row.from) && exact("call_to", &row.to))
        .filter(|row| exact("status", &row.disposition))
        .filter(|_| !(search && switches.cdr_finds_nothing))
        .collect();
    rows.sort_by_key(|row| row.start_ms);
    // The newest first, unless asked otherwise.
    if asked.parameter("order_by") != Some("asc") {
        rows.reverse();
    }
    paged(rows.into_iter().map(|row| row.as_v1(&state.config, switches)).collect(), page)
}
