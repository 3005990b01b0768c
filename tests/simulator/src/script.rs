//! The lines of the script: what they are called and what they do.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    Call, Cut, Fault, FaultRule, InboundSpec, Latency, OrgSwitches, PbxSwitches,
    control::Stage,
    pbx::{DialOutcome, EndNames, MsgShape, Subscribing},
    salesforce::TaskSharing,
};

/// What `help` says.
pub(crate) const HELP: &str = "\
ring FROM EXT…               somebody outside calls extensions     queue FROM QUEUE    … a queue (6400)
dial EXT NUMBER              an extension dials by hand            internal EXT EXT    … another extension
answer [EXT]                 a ringing phone is picked up          agent               the agent takes the phone that call/dial rings
remote                       the called party picks up             decline [EXT]       a ringing phone declines
hangup                       the agent hangs up                    caller-hangup       the other side hangs up
transfer EXT EXT             blind                                 attended EXT EXT    with a consultation
pickup EXT                   another phone takes the call          voicemail           nobody answered
hold EXT, unhold EXT         the other side waits, or not          fail REASON         30015, then the end
park EXT, fetch EXT          the other side waits for anybody
talked SECONDS               talk time in the records              use CALL_ID         later lines speak of this call
calls, cdr, contacts, phonebooks                                   what the PBX has now
tasks, records OBJECT, ledger pbx|sf, facts                        what else there is now
administer INTERFACE [JSON]  an administrator works on contacts and phonebooks (company_contact/update BODY)
insert OBJECT JSON           a record as if made long ago          background RATE     calls of other people, per second
wait SECONDS                 before the next line                  event TYPE JSON     any event      frame TEXT   any frame
pbx|sf down, up              stops and starts listening            pbx|sf advance SECONDS, pbx clock SECONDS
pbx cut close|reset|hole     the event sockets                     pbx secret TEXT, unblock, expire, expire-all, occupy N
sf revoke, expire            approvals, or access tokens only      pbx|sf set SWITCH on|off|VALUE   (`pbx set` lists them)
pbx|sf fault KIND PATH [N]   N requests meet html, empty, reset, lost, never, huge, truncated, slow:SECONDS or status:CODE
pbx|sf heal                  no faults any more                    help, quit";

type Told = Result<Value, String>;

pub(crate) async fn run(stage: &Stage, line: &str) -> Told {
    let line = line.trim();
    let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let words: Vec<&str> = rest.split_whitespace().collect();
    match (verb, words.as_slice()) {
        ("" | "#", _) => Ok(Value::Null),
        ("help", _) => Ok(HELP.into()),
        ("wait", [seconds]) => {
            tokio::time::sleep(Duration::from_secs_f64(number(seconds)?)).await;
            Ok(Value::Null)
        }
        ("facts", []) => Ok(stage.facts()),
        ("calls", []) => Ok(stage.pbx.calls().iter().map(|call| json!({ "call_id": call.id(), "members": call.members() })).collect()),
        ("contacts", []) => Ok(stage.pbx.contacts().into()),
        ("phonebooks", []) => Ok(stage.pbx.phonebooks().into()),
        ("administer", [interface, ..]) => {
            let body = match rest[interface.len()..].trim() {
                "" => Value::Null,
                text => serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?,
            };
            Ok(stage.pbx.administer(interface, body))
        }
        ("cdr", []) => Ok(stage.pbx.cdr().into()),
        ("tasks", []) => Ok(stage.salesforce.tasks().into()),
        ("records", [object]) => Ok(stage.salesforce.records(object).into()),
        ("insert", [object, ..]) => insert(stage, object, rest[object.len()..].trim()),
        ("event", [kind, ..]) => {
            let msg = serde_json::from_str(rest[kind.len()..].trim()).map_err(|error| format!("not JSON: {error}"))?;
            stage.pbx.emit(number(kind)?, msg);
            Ok(Value::Null)
        }
        ("frame", _) => {
            stage.pbx.emit_raw(rest);
            Ok(Value::Null)
        }
        ("ledger", ["pbx"]) => Ok(stage.pbx.ledger().iter().map(|entry| {
            json!({ "at_ms": entry.at_ms, "method": entry.method, "path": entry.path, "query": entry.query, "body": entry.body,
                "user_agent": entry.user_agent, "status": entry.status, "errcode": entry.errcode })
        }).collect()),
        ("ledger", ["sf" | "salesforce"]) => Ok(stage.salesforce.ledger().iter().map(|entry| {
            json!({ "at_ms": entry.at_ms, "method": entry.method, "path": entry.path, "query": entry.query, "body": entry.body,
                "status": entry.status, "lost": entry.lost })
        }).collect()),
        ("background", [rate]) => {
            stage.pbx.background_calls(number(rate)?);
            Ok(Value::Null)
        }
        ("pbx", [verb, ..]) => pbx(stage, verb, &words[1..]).await,
        ("sf" | "salesforce", [verb, ..]) => salesforce(stage, verb, &words[1..]).await,
        _ => telephone(stage, verb, &words, rest),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number that fits here"))
}

fn insert(stage: &Stage, object: &str, json: &str) -> Told {
    let fields: Value = serde_json::from_str(json).map_err(|error| format!("not JSON: {error}"))?;
    let known = ["Contact", "Lead", "Account", "Task", "Opportunity", "Case"]
        .into_iter()
        .find(|one| one.eq_ignore_ascii_case(object));
    let object = known.ok_or_else(|| format!("there is no object {object}"))?;
    Ok(json!({ "id": stage.salesforce.insert(object, fields) }))
}

/// The call that lines speak of: the newest that goes on, or the one named by `use`.
fn current(stage: &Stage) -> Result<Call, String> {
    stage.pbx.calls().pop().ok_or_else(|| "no call goes on".to_owned())
}

fn ringing(call: &Call) -> Result<String, String> {
    let members = call.members();
    let rings = members
        .iter()
        .map(|member| &member["extension"])
        .find(|leg| leg["member_status"] == "RING");
    let number = rings.and_then(|leg| leg["number"].as_str());
    number.map(str::to_owned).ok_or_else(|| "no phone rings".to_owned())
}

fn telephone(stage: &Stage, verb: &str, words: &[&str], rest: &str) -> Told {
    let begun = |call: Call| Ok(json!({ "call_id": call.id() }));
    match (verb, words) {
        ("ring", [from, extensions @ ..]) if !extensions.is_empty() => {
            return begun(stage.pbx.inbound_with(InboundSpec {
                from: (*from).to_owned(),
                extensions: extensions.iter().map(|one| (*one).to_owned()).collect(),
                ..InboundSpec::default()
            }));
        }
        ("queue", [from, queue]) => return begun(stage.pbx.inbound_queue(from, queue)),
        ("dial", [extension, to]) => return begun(stage.pbx.outbound(extension, to)),
        ("internal", [from, to]) => return begun(stage.pbx.internal(from, to)),
        ("use", [id]) => {
            let found = stage.pbx.calls().into_iter().find(|call| call.id() == *id);
            let call = found.ok_or_else(|| format!("no call {id} goes on"))?;
            stage.pbx.put_last(&call);
            return Ok(Value::Null);
        }
        _ => {}
    }
    let call = if HELP.contains(verb) {
        current(stage)?
    } else {
        return Err(format!("{verb}: not understood; try `help`"));
    };
    match (verb, words) {
        ("answer", []) => call.answer(&ringing(&call)?),
        ("answer", [extension]) => call.answer(extension),
        ("agent", []) => call.agent_answers(),
        ("remote", []) => call.remote_answers(),
        ("decline", []) => call.decline(&ringing(&call)?),
        ("decline", [extension]) => call.decline(extension),
        ("hangup", []) => call.hang_up(),
        ("caller-hangup", []) => call.caller_hangs_up(),
        ("transfer", [from, to]) => call.blind_transfer(from, to),
        ("attended", [from, to]) => call.attended_transfer(from, to),
        ("pickup", [extension]) => call.pickup(extension),
        ("voicemail", []) => call.to_voicemail(),
        ("hold", [extension]) => call.hold(extension),
        ("unhold", [extension]) => call.unhold(extension),
        ("park", [extension]) => call.park(extension),
        ("fetch", [extension]) => call.fetch(extension),
        ("fail", [_, ..]) => call.fail(rest),
        ("talked", [seconds]) => call.talked_seconds(number(seconds)?),
        _ => return Err(format!("{verb} {rest}: not understood; try `help`")),
    }
    Ok(json!({ "call_id": call.id(), "members": call.members() }))
}

async fn pbx(stage: &Stage, verb: &str, words: &[&str]) -> Told {
    let pbx = &stage.pbx;
    match (verb, words) {
        ("down", []) => pbx.stop_listening(),
        ("up", []) => pbx.listen_again().await,
        ("cut", ["close"]) => pbx.cut_sockets(Cut::Close),
        ("cut", [] | ["reset"]) => pbx.cut_sockets(Cut::Reset),
        ("cut", ["hole"]) => pbx.cut_sockets(Cut::BlackHole),
        ("secret", [secret]) => pbx.change_secret(secret),
        ("unblock", []) => pbx.unblock(),
        ("expire", []) => pbx.expire_access_tokens(),
        ("expire-all", []) => pbx.expire_all_tokens(),
        ("occupy", [count]) => pbx.occupy_tokens(number(count)?),
        ("advance", [seconds]) => pbx.advance(Duration::from_secs_f64(number(seconds)?)),
        ("clock", [seconds]) => pbx.set_clock_by(number(seconds)?),
        ("fault", [kind, path, rest @ ..]) => {
            let rule = rule(kind, path, rest)?;
            pbx.set(|switches| switches.faults.push(rule));
        }
        ("heal", []) => pbx.set(|switches| switches.faults.clear()),
        ("set", [name, value]) => {
            let mut outcome = Ok(());
            pbx.set(|switches| outcome = set_pbx(switches, name, value));
            outcome?;
        }
        ("set", _) => return Ok(PBX_SWITCHES.into()),
        _ => return Err(format!("pbx {verb}: not understood; try `help`")),
    }
    Ok(Value::Null)
}

async fn salesforce(stage: &Stage, verb: &str, words: &[&str]) -> Told {
    let org = &stage.salesforce;
    match (verb, words) {
        ("down", []) => org.stop_listening(),
        ("up", []) => org.listen_again().await,
        ("revoke", []) => org.revoke_all(),
        ("expire", []) => org.expire_access_tokens(),
        ("advance", [seconds]) => org.advance(Duration::from_secs_f64(number(seconds)?)),
        ("fault", [kind, path, rest @ ..]) => {
            let rule = rule(kind, path, rest)?;
            org.set(|switches| switches.faults.push(rule));
        }
        ("heal", []) => org.set(|switches| switches.faults.clear()),
        ("set", [name, value]) => {
            let mut outcome = Ok(());
            org.set(|switches| outcome = set_org(switches, name, value));
            outcome?;
        }
        ("set", _) => return Ok(ORG_SWITCHES.into()),
        _ => return Err(format!("sf {verb}: not understood; try `help`")),
    }
    Ok(Value::Null)
}

fn rule(kind: &str, path: &str, rest: &[&str]) -> Result<FaultRule, String> {
    let (kind, value) = kind.split_once(':').unwrap_or((kind, ""));
    let fault = match kind {
        "html" => Fault::Html(503),
        "empty" => Fault::Empty(200),
        "reset" => Fault::Reset,
        "lost" => Fault::LostAnswer,
        "never" => Fault::Never,
        "huge" => Fault::Huge(5_000_000),
        "truncated" => Fault::Truncated,
        "late" => Fault::Late(Duration::from_secs_f64(number(value)?)),
        "slow" => Fault::Slow(Duration::from_secs_f64(number(value)?)),
        "status" => Fault::Html(number(value)?),
        _ => return Err(format!("{kind} is no fault; try `help`")),
    };
    match rest {
        [] => Ok(FaultRule::always(path, fault)),
        [times] => Ok(FaultRule::times(path, number(times)?, fault)),
        _ => Err("at most one number after the path".to_owned()),
    }
}

const PBX_SWITCHES: &str = "api_off address_forbidden numbers_as_text heartbeat_answered socket_ends_with_token old_spelling \
blank_call_path serial_missing duplicate_events late_call_events state_events_first trunk_monitored query_shows_unmonitored \
internal_members failure_after_missed end_events cdr_row_per_call cdr_event_per_row uid_missing cdr_for_unanswered_agents abandoned_status \
cdr_wants_text_time cdr_finds_nothing cdr_name_is_number dial_id_differs get_token_cancels_older: on|off; \
msg text|object|broken; end_names last|last_rung|first; subscribing works|refused|silent; dial rings|silent|REASON; reorder N; drop N; \
latency LEAST-MOST[:SEED] in seconds, or off";

fn on(value: &str) -> Result<bool, String> {
    match value {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err(format!("{value}: on or off")),
    }
}

fn set_pbx(switches: &mut PbxSwitches, name: &str, value: &str) -> Result<(), String> {
    let flag = match name {
        "api_off" => &mut switches.api_off,
        "address_forbidden" => &mut switches.address_forbidden,
        "numbers_as_text" => &mut switches.numbers_as_text,
        "heartbeat_answered" => &mut switches.heartbeat_answered,
        "socket_ends_with_token" => &mut switches.socket_ends_with_token,
        "old_spelling" => &mut switches.old_spelling,
        "blank_call_path" => &mut switches.blank_call_path,
        "serial_missing" => &mut switches.serial_missing,
        "duplicate_events" => &mut switches.duplicate_events,
        "late_call_events" => &mut switches.late_call_events,
        "state_events_first" => &mut switches.state_events_first,
        "trunk_monitored" => &mut switches.trunk_monitored,
        "query_shows_unmonitored" => &mut switches.query_shows_unmonitored,
        "internal_members" => &mut switches.internal_members,
        "failure_after_missed" => &mut switches.failure_after_missed,
        "end_events" => &mut switches.end_events,
        "cdr_row_per_call" => &mut switches.cdr_row_per_call,
        "cdr_event_per_row" => &mut switches.cdr_event_per_row,
        "uid_missing" => &mut switches.uid_missing,
        "cdr_for_unanswered_agents" => &mut switches.cdr_for_unanswered_agents,
        "abandoned_status" => &mut switches.abandoned_status,
        "cdr_wants_text_time" => &mut switches.cdr_wants_text_time,
        "cdr_finds_nothing" => &mut switches.cdr_finds_nothing,
        "cdr_name_is_number" => &mut switches.cdr_name_is_number,
        "dial_id_differs" => &mut switches.dial_id_differs,
        "get_token_cancels_older" => &mut switches.get_token_cancels_older,
        _ => return set_pbx_value(switches, name, value),
    };
    *flag = on(value)?;
    Ok(())
}

fn set_pbx_value(switches: &mut PbxSwitches, name: &str, value: &str) -> Result<(), String> {
    let count = || -> Result<Option<usize>, String> { Ok(Some(number(value)?).filter(|n| *n > 0)) };
    match (name, value) {
        ("msg", "text") => switches.msg_shape = MsgShape::Text,
        ("msg", "object") => switches.msg_shape = MsgShape::Object,
        ("msg", "broken") => switches.msg_shape = MsgShape::Broken,
        ("end_names", "last") => switches.end_names = EndNames::Last,
        ("end_names", "last_rung") => switches.end_names = EndNames::LastRung,
        ("end_names", "first") => switches.end_names = EndNames::First,
        ("subscribing", "works") => switches.subscribing = Subscribing::Works,
        ("subscribing", "refused") => switches.subscribing = Subscribing::Refused(-1),
        ("subscribing", "silent") => switches.subscribing = Subscribing::NeverAnswered,
        ("dial", "rings") => switches.dial_outcome = DialOutcome::Rings,
        ("dial", "silent") => switches.dial_outcome = DialOutcome::PhoneNeverRings,
        ("dial", reason) => {
            switches.dial_outcome = DialOutcome::FailsWith(reason.replace('_', " "));
        }
        ("latency", _) => switches.latency = latency(value)?,
        ("reorder", _) => switches.reorder_events = count()?,
        ("drop", _) => switches.drop_every = count()?,
        _ => return Err(format!("{name} {value}: there is {PBX_SWITCHES}")),
    }
    Ok(())
}

/// Reads `0-3` or `0.5-3:17`: the range in seconds and the seed.
fn latency(value: &str) -> Result<Option<Latency>, String> {
    if value == "off" {
        return Ok(None);
    }
    let (range, seed) = value.split_once(':').unwrap_or((value, "1"));
    let (least, most) =
        range.split_once('-').ok_or_else(|| format!("{value}: LEAST-MOST[:SEED], or off"))?;
    let (least, most): (f64, f64) = (number(least)?, number(most)?);
    if !(0.0..=most).contains(&least) || most > 3600.0 {
        return Err(format!("{value}: no such range of seconds"));
    }
    let [least, most] = [least, most].map(Duration::from_secs_f64);
    Ok(Some(Latency::between(least, most, number(seed)?)))
}

const ORG_SWITCHES: &str = "pkce_required secret_required rotation jwt_access_tokens limit_reached api_disabled locators_expire \
search_finds_nothing private_contacts sharing_told latency_at_sign_in call_key_field person_accounts permanent_401: on|off; \
short_pages N; locked_rows N; index_lag SECONDS; session_life SECONDS; used N; \
latency LEAST-MOST[:SEED] in seconds, or off; task_sharing public|controlled_by_parent|private; delete_denied OBJECT,…|none";

fn set_org(switches: &mut OrgSwitches, name: &str, value: &str) -> Result<(), String> {
    let flag = match name {
        "pkce_required" => &mut switches.pkce_required,
        "secret_required" => &mut switches.secret_required,
        "rotation" => &mut switches.rotation,
        "jwt_access_tokens" => &mut switches.jwt_access_tokens,
        "limit_reached" => &mut switches.limit_reached,
        "api_disabled" => &mut switches.api_disabled,
        "locators_expire" => &mut switches.locators_expire,
        "search_finds_nothing" => &mut switches.search_finds_nothing,
        "private_contacts" => &mut switches.private_contacts,
        "sharing_told" => &mut switches.sharing_told,
        "latency_at_sign_in" => &mut switches.latency_at_sign_in,
        "call_key_field" => &mut switches.call_key_field,
        "person_accounts" => &mut switches.person_accounts,
        _ => return set_org_value(switches, name, value),
    };
    *flag = on(value)?;
    Ok(())
}

fn set_org_value(switches: &mut OrgSwitches, name: &str, value: &str) -> Result<(), String> {
    match name {
        "permanent_401" => {
            switches.permanent_401 = on(value)?.then(|| "Session expired or invalid".to_owned());
        }
        "short_pages" => switches.short_pages = Some(number(value)?).filter(|n| *n > 0),
        "locked_rows" => switches.locked_rows = number(value)?,
        "index_lag" => switches.index_lag = Duration::from_secs_f64(number(value)?),
        "session_life" => switches.session_life = Duration::from_secs_f64(number(value)?),
        "latency" => switches.latency = latency(value)?,
        "task_sharing" => {
            switches.task_sharing = match value {
                "public" => TaskSharing::Public,
                "controlled_by_parent" => TaskSharing::ControlledByParent,
                "private" => TaskSharing::Private,
                _ => {
                    return Err(format!("{value}: public, controlled_by_parent or private"));
                }
            };
        }
        "delete_denied" => {
            let objects = value.split(',').filter(|object| *object != "none");
            switches.delete_denied = objects.map(str::to_owned).collect();
        }
        "used" => switches.used_by_others = number(value)?,
        _ => return Err(format!("{name}: there is {ORG_SWITCHES}")),
    }
    Ok(())
}
