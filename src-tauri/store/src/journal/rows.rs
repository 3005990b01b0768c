//! Reading calls back, and the words that stand for domain values in rows.

use std::{collections::HashSet, time::Duration};

use domain::{
    CallId, CallKey, Direction, Extension, Object, Outcome, Party, PhoneNumber, RecordId,
    RecordRef, Remarks, Serial, Talk, Timestamp, number::Spelled,
};
use rusqlite::{Connection, OptionalExtension, Row, types::Type};

use super::notes;
use crate::model::{
    CallMemory, DeliveryState, DeliveryView, Desk, Owner, Reason, StoredCall, StoredMatch,
};

/// What [`call`] reads, in its order; a `WHERE` follows.
const CALL: &str = "
    SELECT c.serial, c.extension, c.call, c.finished, c.direction, c.party_kind, c.party, c.spelled,
           c.started, c.talked_ms, c.outcome, c.queue, c.did, c.recording, c.reason, c.rank,
           c.heard_ms, c.guessed, c.parts, c.passed_on, c.others_spoke,
           l.state AS live_state,
           f.object, f.record, f.name, f.who, f.what, f.candidates, f.why,
           p.url, p.after_ms,
           r.note, r.outcome AS agent_outcome,
           w.open AS wrap_up_open, w.discarded, w.related, w.related_object, w.related_name,
           u.wish, u.day, u.state AS follow_up_state, u.task AS follow_up_task,
           u.code AS follow_up_code, u.text AS follow_up_text,
           d.key, d.state, d.task, d.code, d.text, d.due, d.org, d.user,
           m.made
    FROM call c
    LEFT JOIN live l ON l.call = c.row
    LEFT JOIN found f ON f.call = c.row
    LEFT JOIN pop p ON p.call = c.row
    LEFT JOIN remark r ON r.call = c.row
    LEFT JOIN wrap_up w ON w.call = c.row
    LEFT JOIN follow_up u ON u.call = c.row
    LEFT JOIN delivery d ON d.call = c.row
    LEFT JOIN created m ON m.key = d.key AND m.record = f.record ";

/// Returns the call in this row of the table.
pub(crate) fn by_row(db: &Connection, row: i64) -> rusqlite::Result<StoredCall> {
    db.prepare_cached(&format!("{CALL} WHERE c.row = ?1"))?.query_row([row], call)
}

/// Returns calls that began before `before`, newest first.
pub(crate) fn newest(
    db: &Connection,
    limit: usize,
    before: Option<Timestamp>,
) -> rusqlite::Result<Vec<StoredCall>> {
    let before = before.map_or(i64::MAX, Timestamp::as_millis);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.prepare_cached(&format!(
        "{CALL} WHERE c.started < ?1 ORDER BY c.started DESC, c.row DESC LIMIT ?2"
    ))?
    .query_map((before, limit), call)?
    .collect()
}

/// Returns how outside numbers were spelled in the latest calls of a PBX that have finished, the oldest first.
pub(crate) fn spellings(
    db: &Connection,
    serial: &Serial,
    limit: usize,
) -> rusqlite::Result<Vec<Spelled>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut latest: Vec<Spelled> = db
        .prepare_cached(
            "SELECT c.direction, c.spelled, c.party, COALESCE(f.candidates, 0) > 0 AS has_record
             FROM call c LEFT JOIN found f ON f.call = c.row
             WHERE c.serial = ?1 AND c.finished = 1 AND c.party_kind = 'external'
               AND c.spelled <> ''
             ORDER BY c.started DESC, c.row DESC LIMIT ?2",
        )?
        .query_map((serial.as_str(), limit), |row| {
            let known = direction(&text(row, "direction")?)
                .zip(PhoneNumber::from_e164(&text(row, "party")?));
            let (spelled, has_record) = (text(row, "spelled")?, row.get("has_record")?);
            Ok(known.map(|(direction, number)| Spelled {
                direction,
                text: spelled,
                number,
                has_record,
            }))
        })?
        .filter_map(Result::transpose)
        .collect::<rusqlite::Result<_>>()?;
    latest.reverse();
    Ok(latest)
}

/// Returns the newest call with this id or key.
pub(crate) fn find(db: &Connection, id: &str) -> rusqlite::Result<Option<StoredCall>> {
    const NEWEST: &str = "ORDER BY c.started DESC, c.row DESC LIMIT 1";
    let found = db
        .prepare_cached(&format!("{CALL} WHERE c.call = ?1 {NEWEST}"))?
        .query_row([id], call)
        .optional()?;
    if found.is_some() {
        return Ok(found);
    }
    let found =
        db.prepare_cached(&format!("{CALL} WHERE d.key = ?1"))?.query_row([id], call).optional()?;
    if found.is_some() {
        return Ok(found);
    }
    // A call without a delivery has its key in its parts: `ys:<serial>:<call>:<extension or missed>`.
    let parts = id.strip_prefix("ys:").and_then(|rest| rest.rsplit_once(':'));
    let Some(((serial, call_id), extension)) =
        parts.and_then(|(front, last)| Some((front.split_once(':')?, last)))
    else {
        return Ok(None);
    };
    db.prepare_cached(&format!(
        "{CALL} WHERE c.call = ?2 AND c.serial = ?1 AND (c.extension = ?3 OR ?3 = 'missed') {NEWEST}"
    ))?
    .query_row((serial, call_id, extension), call)
    .optional()
}

/// Returns the calls of a desk that have not finished, or go on after their end, oldest first.
pub(crate) fn live(db: &Connection, desk: &Desk) -> rusqlite::Result<Vec<CallMemory>> {
    db.prepare_cached(
        "SELECT c.call, c.direction, c.party_kind, c.party, c.spelled, c.started, l.answered,
                c.heard_ms, c.guessed, c.parts, c.passed_on, c.others_spoke, l.popped, l.others_rang, c.queue, c.did, l.state, c.finished
         FROM call c JOIN live l ON l.call = c.row
         WHERE c.serial = ?1 AND c.extension = ?2
         ORDER BY c.started, c.row",
    )?
    .query_map((desk.serial.as_str(), desk.extension.as_str()), |row| {
        let answered: i64 = row.get("answered")?;
        Ok(CallMemory {
            desk: desk.clone(),
            call: CallId::new(text(row, "call")?),
            direction: direction(&text(row, "direction")?),
            party: party(&text(row, "party_kind")?, text(row, "party")?),
            spelled: optional(text(row, "spelled")?),
            started: Timestamp::from_millis(row.get("started")?),
            answered: (answered != 0).then(|| Timestamp::from_millis(answered)),
            talk: talk(row)?,
            again: row.get("finished")?,
            popped: row.get("popped")?,
            others_rang: extensions(row, "others_rang")?,
            queue: optional(text(row, "queue")?),
            did: optional(text(row, "did")?),
            state: text(row, "state")?,
        })
    })?
    .collect()
}

/// Returns the calls of a desk that have finished and began at `from` or later.
pub(crate) fn finished_since(
    db: &Connection,
    desk: &Desk,
    from: Timestamp,
) -> rusqlite::Result<HashSet<CallId>> {
    db.prepare_cached(
        "SELECT call FROM call
         WHERE started >= ?3 AND serial = ?1 AND extension = ?2 AND finished = 1",
    )?
    .query_map((desk.serial.as_str(), desk.extension.as_str(), from.as_millis()), |row| {
        text(row, "call").map(CallId::new)
    })?
    .collect()
}

/// Says whether a call has finished.
pub(crate) fn is_finished(db: &Connection, desk: &Desk, call: &CallId) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM call WHERE call = ?1 AND serial = ?2 AND extension = ?3 AND finished = 1",
    )?
    .exists((call.as_str(), desk.serial.as_str(), desk.extension.as_str()))
}

fn call(row: &Row<'_>) -> rusqlite::Result<StoredCall> {
    let desk = Desk {
        serial: Serial::new(text(row, "serial")?),
        extension: Extension::new(text(row, "extension")?),
    };
    let wrap_up = notes::wrap_up(row)?;
    let mut call = StoredCall {
        call: CallId::new(text(row, "call")?),
        key: row.get::<_, Option<String>>("key")?.map(CallKey::from_stored),
        finished: row.get("finished")?,
        state: row.get("live_state")?,
        direction: direction(&text(row, "direction")?),
        party: party(&text(row, "party_kind")?, text(row, "party")?),
        spelled: optional(text(row, "spelled")?),
        started: Timestamp::from_millis(row.get("started")?),
        talked: millis(row, "talked_ms")?,
        talk: talk(row)?,
        outcome: outcome(&text(row, "outcome")?),
        queue: optional(text(row, "queue")?),
        did: optional(text(row, "did")?),
        recording: optional(text(row, "recording")?),
        reason: optional(text(row, "reason")?),
        rank: row.get("rank")?,
        matches: found(row)?,
        popped: popped(row)?,
        remarks: Remarks {
            note: row.get::<_, Option<String>>("note")?.and_then(optional),
            outcome: row.get::<_, Option<String>>("agent_outcome")?.and_then(optional),
            related: wrap_up.related.as_ref().map(|related| related.id.clone()),
        },
        wrap_up,
        delivery: delivery(row)?,
        made: row.get::<_, Option<i64>>("made")?.map(Timestamp::from_millis),
        desk,
    };
    if call.key.is_none() && call.outcome != Some(Outcome::Elsewhere) {
        call.key = call.entry().map(|entry| entry.key(&call.desk.serial, &call.desk.extension));
    }
    Ok(call)
}

fn found(row: &Row<'_>) -> rusqlite::Result<Option<StoredMatch>> {
    let Some(object) = row.get::<_, Option<String>>("object")? else { return Ok(None) };
    let record = match (Object::from_api_name(&object), RecordId::parse(&text(row, "record")?)) {
        (Some(object), Some(id)) => Some(RecordRef { object, id, name: text(row, "name")? }),
        _ => None,
    };
    // Without a record of its own the name is that of the account that all belong to.
    let company = text(row, "name")?;
    Ok(Some(StoredMatch {
        company: (record.is_none() && !company.is_empty()).then_some(company),
        record,
        who: RecordId::parse(&text(row, "who")?),
        what: RecordId::parse(&text(row, "what")?),
        candidates: row.get("candidates")?,
        number: None,
        why: text(row, "why")?,
    }))
}

fn talk(row: &Row<'_>) -> rusqlite::Result<Talk> {
    Ok(Talk {
        own: millis(row, "heard_ms")?,
        guessed: row.get("guessed")?,
        parts: row.get("parts")?,
        passed_on: row.get("passed_on")?,
        others: extensions(row, "others_spoke")?.into_iter().collect(),
    })
}

fn popped(row: &Row<'_>) -> rusqlite::Result<Option<(String, u64)>> {
    let Some(url) = row.get::<_, Option<String>>("url")? else { return Ok(None) };
    let after_ms: i64 = row.get("after_ms")?;
    Ok(Some((url, u64::try_from(after_ms).unwrap_or(0))))
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Option<DeliveryView>> {
    let Some(state) = row.get::<_, Option<String>>("state")? else { return Ok(None) };
    let (code, reason) = (text(row, "code")?, text(row, "text")?);
    let owner = RecordId::parse(&text(row, "org")?)
        .zip(RecordId::parse(&text(row, "user")?))
        .map(|(org, user)| Owner { org, user });
    Ok(Some(DeliveryView {
        state: match state.as_str() {
            "waiting" => DeliveryState::Waiting,
            "logged" => DeliveryState::Logged,
            "stuck" => DeliveryState::Stuck,
            "skipped" => DeliveryState::Skipped,
            _ => return Err(unreadable(row, "state")),
        },
        task: RecordId::parse(&text(row, "task")?),
        reason: (!code.is_empty() || !reason.is_empty()).then_some(Reason { code, text: reason }),
        due: Timestamp::from_millis(row.get("due")?),
        owner,
    }))
}

pub(crate) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
        Direction::Internal => "internal",
    }
}

fn direction(word: &str) -> Option<Direction> {
    [Direction::Inbound, Direction::Outbound, Direction::Internal]
        .into_iter()
        .find(|direction| direction_word(*direction) == word)
}

pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Missed => "missed",
        Outcome::NoAnswer => "no_answer",
        Outcome::Busy => "busy",
        Outcome::Voicemail => "voicemail",
        Outcome::Failed => "failed",
        Outcome::Elsewhere => "elsewhere",
    }
}

fn outcome(word: &str) -> Option<Outcome> {
    [
        Outcome::Answered,
        Outcome::Missed,
        Outcome::NoAnswer,
        Outcome::Busy,
        Outcome::Voicemail,
        Outcome::Failed,
        Outcome::Elsewhere,
    ]
    .into_iter()
    .find(|outcome| outcome_word(*outcome) == word)
}

/// Returns the kind of a party, and its text.
pub(crate) fn party_words(party: &Party) -> (&'static str, &str) {
    match party {
        Party::External(number) => ("external", number.e164()),
        Party::Extension(extension) => ("extension", extension.as_str()),
        Party::Withheld => ("withheld", ""),
        Party::Invalid(text) => ("invalid", text),
    }
}

fn party(kind: &str, text: String) -> Option<Party> {
    match kind {
        "external" => {
            Some(PhoneNumber::from_e164(&text).map_or(Party::Invalid(text), Party::External))
        }
        "extension" => Some(Party::Extension(Extension::new(text))),
        "withheld" => Some(Party::Withheld),
        "invalid" => Some(Party::Invalid(text)),
        _ => None,
    }
}

/// Spells extensions as one text.
pub(crate) fn extensions_text(extensions: &[Extension]) -> String {
    serde_json::Value::from_iter(extensions.iter().map(Extension::as_str)).to_string()
}

fn extensions(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<Extension>> {
    let listed: Vec<String> =
        serde_json::from_str(&text(row, column)?).map_err(|_| unreadable(row, column))?;
    Ok(listed.into_iter().map(Extension::new).collect())
}

pub(crate) fn text(row: &Row<'_>, column: &str) -> rusqlite::Result<String> {
    row.get(column)
}

/// Reads a text of which the empty one says that there is none.
pub(crate) fn optional(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn millis(row: &Row<'_>, column: &str) -> rusqlite::Result<Duration> {
    let millis: i64 = row.get(column)?;
    Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

pub(crate) fn unreadable(row: &Row<'_>, column: &str) -> rusqlite::Error {
    let index = row.as_ref().column_index(column).unwrap_or(0);
    rusqlite::Error::FromSqlConversionFailure(
        index,
        Type::Text,
        format!("the content of {column} is not one that this version writes").into(),
    )
}
