//! Writing calls: while they live, when they end, and what is learnt about them later.

use std::time::Duration;

use domain::{
    CallId, Direction, Extension, JournalEntry, Outcome, Party, Remarks, Talk, Timestamp,
};
use rusqlite::{Connection, OptionalExtension};

use super::{
    notes, outbox,
    rows::{self, direction_word, extensions_text, outcome_word, party_words},
    wishes,
};
use crate::model::{CallMemory, Desk, FinishedCall, NewDelivery, StoredCall, StoredMatch, Ticket};

/// Writes a live call's memory. A call that has finished stays as it is, unless it goes on: then its entry stays, and what
/// is new is kept beside it.
pub(crate) fn remember(db: &Connection, memory: &CallMemory) -> rusqlite::Result<()> {
    let (row, finished) = row_of(db, &memory.desk, &memory.call, memory.started)?;
    match (finished, memory.again) {
        (true, false) => return Ok(()),
        (true, true) => return remember_live(db, row, memory),
        (false, _) => {}
    }
    let (kind, party) = memory.party.as_ref().map_or(("", ""), party_words);
    db.prepare_cached(
        "UPDATE call SET direction = ?2, party_kind = ?3, party = ?4, started = ?5, talked_ms = ?6,
                queue = ?7, did = ?8, spelled = ?9
         WHERE row = ?1",
    )?
    .execute((
        row,
        memory.direction.map_or("", direction_word),
        kind,
        party,
        memory.started.as_millis(),
        millis(memory.talk.own),
        memory.queue.as_deref().unwrap_or_default(),
        memory.did.as_deref().unwrap_or_default(),
        memory.spelled.as_deref().unwrap_or_default(),
    ))?;
    remember_live(db, row, memory)
}

fn remember_live(db: &Connection, row: i64, memory: &CallMemory) -> rusqlite::Result<()> {
    write_talk(db, row, &memory.talk)?;
    // `identified` is of the first schema: a look-up is begun anew after a restart, whatever was found before.
    db.prepare_cached(
        "INSERT INTO live (call, state, answered, popped, identified, others_rang)
         VALUES (?1, ?2, ?3, ?4, 0, ?5)
         ON CONFLICT (call) DO UPDATE SET state = excluded.state, answered = excluded.answered,
            popped = excluded.popped, others_rang = excluded.others_rang",
    )?
    .execute((
        row,
        &memory.state,
        memory.answered.map_or(0, Timestamp::as_millis),
        memory.popped,
        extensions_text(&memory.others_rang),
    ))?;
    Ok(())
}

/// Removes a call that has not finished.
pub(crate) fn forget_live(db: &Connection, desk: &Desk, call: &CallId) -> rusqlite::Result<()> {
    db.prepare_cached(
        "DELETE FROM call WHERE call = ?1 AND serial = ?2 AND extension = ?3 AND finished = 0",
    )?
    .execute((call.as_str(), desk.serial.as_str(), desk.extension.as_str()))?;
    Ok(())
}

/// Writes the end of a call together with what is to be sent about it; or corrects what was written before.
pub(crate) fn finish(
    db: &Connection,
    finished: &FinishedCall,
    delivery: Option<&NewDelivery>,
) -> rusqlite::Result<()> {
    let entry = &finished.entry;
    let (row, again) = row_of(db, &finished.desk, &entry.call, entry.started)?;
    let before = if again { Some(rows::by_row(db, row)?) } else { None };
    write_entry(db, row, entry)?;
    db.prepare_cached("DELETE FROM live WHERE call = ?1")?.execute([row])?;
    if let Some(matches) = &finished.matches
        // What was found or chosen since the end is newer than what a correction was made from.
        && before.as_ref().is_none_or(|before| before.matches.is_none())
    {
        write_match(db, row, matches)?;
    }
    let correction = match before {
        Some(before) => {
            let after = rows::by_row(db, row)?;
            // Another computer of the agent that has written the Task knows no worse where this one did not hear all.
            let is_ours_to_say = !after.talk.guessed || !outbox::is_of_another(db, row)?;
            outbox::Correction {
                changed: is_otherwise(&before, &after)
                    || (is_ours_to_say && is_told_otherwise(&before, &after)),
                another_kind: kind(&before) != kind(&after),
            }
        }
        None => outbox::Correction::default(),
    };
    outbox::enter(db, row, entry.outcome, delivery, correction)?;
    notes::heed(db, row)
}

/// Writes the entry over the row. What the PBX no longer mentions in a correction is kept, and so is the number that a
/// record has decided on, while it is spelled as before.
fn write_entry(db: &Connection, row: i64, entry: &JournalEntry) -> rusqlite::Result<()> {
    let (kind, party) = party_words(&entry.party);
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    db.prepare_cached(
        "UPDATE call SET finished = 1, direction = ?2, party_kind = ?3,
            party = CASE WHEN finished = 1 AND direction = ?2 AND spelled = ?13 AND spelled <> ''
                AND party_kind = 'external' AND ?3 = 'external' THEN party ELSE ?4 END,
            started = ?5, talked_ms = ?6, outcome = ?7, rank = ?8,
            queue = CASE ?9 WHEN '' THEN queue ELSE ?9 END,
            did = CASE ?10 WHEN '' THEN did ELSE ?10 END,
            recording = CASE ?11 WHEN '' THEN recording ELSE ?11 END,
            reason = CASE ?12 WHEN '' THEN reason ELSE ?12 END,
            spelled = CASE ?13 WHEN '' THEN spelled ELSE ?13 END
         WHERE row = ?1",
    )?
    .execute((
        row,
        direction_word(entry.direction),
        kind,
        party,
        entry.started.as_millis(),
        millis(entry.talked),
        outcome_word(entry.outcome),
        entry.rank,
        said(&entry.queue),
        said(&entry.did),
        said(&entry.recording),
        said(&entry.reason),
        said(&entry.spelled),
    ))?;
    write_talk(db, row, &entry.talk)
}

fn write_talk(db: &Connection, row: i64, talk: &Talk) -> rusqlite::Result<()> {
    let others: Vec<Extension> = talk.others.iter().cloned().collect();
    db.prepare_cached(
        "UPDATE call SET heard_ms = ?2, guessed = ?3, parts = ?4, passed_on = ?5, others_spoke = ?6
         WHERE row = ?1",
    )?
    .execute((
        row,
        millis(talk.own),
        talk.guessed,
        talk.parts,
        talk.passed_on,
        extensions_text(&others),
    ))?;
    Ok(())
}

/// Says whether the Task would be about another caller, or about another end of the call.
fn is_otherwise(before: &StoredCall, after: &StoredCall) -> bool {
    let content = |call: &StoredCall| {
        (call.direction, call.party.clone(), call.outcome, call.matches.as_ref().map(links))
    };
    content(before) != content(after)
}

/// Says whether the Task would tell of the call in other words. It tells times to the second.
fn is_told_otherwise(before: &StoredCall, after: &StoredCall) -> bool {
    let content = |call: &StoredCall| {
        (
            (call.started.as_seconds(), call.talked.as_secs()),
            (call.queue.clone(), call.did.clone(), call.recording.clone(), call.reason.clone()),
        )
    };
    content(before) != content(after)
}

/// Returns what the settings decide by whether a call is logged.
fn kind(call: &StoredCall) -> (Option<Direction>, Option<Party>, Option<bool>) {
    (call.direction, call.party.clone(), call.outcome.map(Outcome::spoke))
}

/// What of a match is in the Task: the subject has the name.
fn links(matches: &StoredMatch) -> StoredMatch {
    StoredMatch { candidates: 0, number: None, why: String::new(), ..matches.clone() }
}

/// Writes what the look-up brought. Nothing happens where the call is not known, or a person has said whose it is.
pub(crate) fn set_match(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    matches: &StoredMatch,
) -> rusqlite::Result<()> {
    match known(db, desk, call)? {
        Some(row) if !is_chosen(db, row)? => replace_match(db, row, matches),
        Some(_) | None => Ok(()),
    }
}

/// Writes whose call it is by a person's word. Nothing happens where the call is not known.
pub(crate) fn choose(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    matches: &StoredMatch,
) -> rusqlite::Result<()> {
    let Some(row) = known(db, desk, call)? else { return Ok(()) };
    replace_match(db, row, matches)?;
    db.prepare_cached("UPDATE found SET chosen = 1 WHERE call = ?1")?.execute([row])?;
    Ok(())
}

/// Writes that a call has no record any more, whoever had said which.
pub(crate) fn take_match_back(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    matches: &StoredMatch,
) -> rusqlite::Result<()> {
    known(db, desk, call)?.map_or(Ok(()), |row| replace_match(db, row, matches))
}

fn is_chosen(db: &Connection, row: i64) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM found WHERE call = ?1 AND chosen = 1")?.exists([row])
}

fn replace_match(db: &Connection, row: i64, matches: &StoredMatch) -> rusqlite::Result<()> {
    let before = rows::by_row(db, row)?.matches;
    write_match(db, row, matches)?;
    if before.as_ref().map(links).unwrap_or_default() != links(matches) {
        outbox::touch(db, row)?;
    }
    Ok(())
}

/// Writes what the sender of an entry has found and is about to send, unless something was found or chosen meanwhile, or
/// another sender has the entry by now.
pub(crate) fn set_sent_match(
    db: &Connection,
    ticket: &Ticket,
    matches: &StoredMatch,
) -> rusqlite::Result<()> {
    let row: Option<i64> = db
        .prepare_cached(
            "SELECT d.call FROM delivery d LEFT JOIN found f ON f.call = d.call
             WHERE d.call = ?1 AND d.lease = ?2
               AND (f.call IS NULL OR (f.candidates = 0 AND f.chosen = 0))",
        )?
        .query_row((ticket.call, ticket.lease.cast_signed()), |row| row.get(0))
        .optional()?;
    row.map_or(Ok(()), |row| write_match(db, row, matches))
}

pub(crate) fn write_match(
    db: &Connection,
    row: i64,
    matches: &StoredMatch,
) -> rusqlite::Result<()> {
    let record = matches.record.as_ref();
    db.prepare_cached(
        "INSERT INTO found (call, object, record, name, who, what, candidates, why)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (call) DO UPDATE SET object = excluded.object, record = excluded.record,
            name = excluded.name, who = excluded.who, what = excluded.what,
            candidates = excluded.candidates, why = excluded.why, chosen = 0",
    )?
    .execute((
        row,
        record.map_or("", |record| record.object.api_name()),
        record.map_or("", |record| record.id.as_str()),
        record.map_or(matches.company.as_deref().unwrap_or_default(), |record| &record.name),
        matches.who.as_ref().map_or("", domain::RecordId::as_str),
        matches.what.as_ref().map_or("", domain::RecordId::as_str),
        matches.candidates,
        &matches.why,
    ))?;
    if let Some(number) = &matches.number {
        db.prepare_cached("UPDATE call SET party = ?2 WHERE row = ?1 AND party_kind = 'external'")?
            .execute((row, number.e164()))?;
    }
    Ok(())
}

/// Writes which page was opened. Nothing happens where the call is not known.
pub(crate) fn set_popped(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    url: &str,
    after_ms: u64,
) -> rusqlite::Result<()> {
    let Some(row) = known(db, desk, call)? else { return Ok(()) };
    db.prepare_cached(
        "INSERT INTO pop (call, url, after_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (call) DO UPDATE SET url = excluded.url, after_ms = excluded.after_ms",
    )?
    .execute((row, url, i64::try_from(after_ms).unwrap_or(i64::MAX)))?;
    Ok(())
}

/// Writes what the agent added, and until when the entry is held back. Nothing happens where the call is not known.
pub(super) fn set_remarks(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    remarks: &Remarks,
    hold_until: Option<Timestamp>,
) -> rusqlite::Result<()> {
    let Some(row) = known(db, desk, call)? else { return Ok(()) };
    let before = rows::by_row(db, row)?.remarks;
    db.prepare_cached(
        "INSERT INTO remark (call, note, outcome, hold_until) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (call) DO UPDATE SET note = excluded.note, outcome = excluded.outcome,
            hold_until = excluded.hold_until",
    )?
    .execute((
        row,
        remarks.note.as_deref().unwrap_or_default(),
        remarks.outcome.as_deref().unwrap_or_default(),
        hold_until.map_or(0, Timestamp::as_millis),
    ))?;
    if before != rows::by_row(db, row)?.remarks {
        outbox::touch(db, row)?;
    }
    Ok(())
}

/// Returns the call's row, made where there was none, and whether the call has finished.
fn row_of(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    started: Timestamp,
) -> rusqlite::Result<(i64, bool)> {
    let name = (call.as_str(), desk.serial.as_str(), desk.extension.as_str());
    let known = db
        .prepare_cached(
            "SELECT row, finished FROM call WHERE call = ?1 AND serial = ?2 AND extension = ?3",
        )?
        .query_row(name, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let row = db
        .prepare_cached(
            "INSERT INTO call (call, serial, extension, finished, direction, party_kind, party,
                started, talked_ms, outcome, queue, did, recording, reason, rank)
             VALUES (?1, ?2, ?3, 0, '', '', '', ?4, 0, '', '', '', '', '', 0)",
        )?
        .insert((name.0, name.1, name.2, started.as_millis()))?;
    wishes::fulfil(db, desk, call, row)?;
    Ok((row, false))
}

pub(crate) fn known(db: &Connection, desk: &Desk, call: &CallId) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT row FROM call WHERE call = ?1 AND serial = ?2 AND extension = ?3")?
        .query_row((call.as_str(), desk.serial.as_str(), desk.extension.as_str()), |row| row.get(0))
        .optional()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
