//! What an agent adds to a call, and what its Task was given last.

use domain::{CallId, RecordId, Said, SaidWords, Timestamp, delivery::Why, note::Written};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{calls, outbox, rows};
use crate::model::{DeliveryState, Desk, Discarded, NewNote, Reason, Related, WrapUp};

/// Writes what the agent added. Says whether the call is known.
pub(crate) fn add(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    note: &NewNote,
) -> rusqlite::Result<bool> {
    let Some(row) = calls::known(db, desk, call)? else { return Ok(false) };
    let related_before = rows::by_row(db, row)?.remarks.related;
    let related = note.related.as_ref();
    db.prepare_cached(
        "INSERT INTO wrap_up (call, open, discarded, related, related_object, related_name)
         VALUES (?1, ?2, 0, ?3, ?4, ?5)
         ON CONFLICT (call) DO UPDATE SET open = excluded.open, related = excluded.related,
            related_object = excluded.related_object, related_name = excluded.related_name",
    )?
    .execute((
        row,
        note.open,
        related.map_or("", |related| related.id.as_str()),
        related.map_or("", |related| related.object.as_str()),
        related.map_or("", |related| related.name.as_str()),
    ))?;
    calls::set_remarks(db, desk, call, &note.remarks, note.hold_until)?;
    if note.again || related_before.as_ref() != related.map(|related| &related.id) {
        outbox::touch(db, row)?;
    }
    follow_up(db, row, note)?;
    Ok(true)
}

/// Writes the wish for a follow-up. One that is made, or may be, stays as it is.
fn follow_up(db: &Connection, row: i64, note: &NewNote) -> rusqlite::Result<()> {
    let Some(wish) = &note.follow_up else {
        db.prepare_cached(
            "DELETE FROM follow_up WHERE call = ?1 AND state <> 'made' AND unsure = 0",
        )?
        .execute([row])?;
        return Ok(());
    };
    let owner = note.owner.as_ref();
    let day = wish.day.map_or_else(String::new, |day| day.to_string());
    db.prepare_cached(
        "INSERT INTO follow_up (call, wish, day, state, org, user, due, attempts, unsure, task, code, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, '', '', '')
         ON CONFLICT (call) DO UPDATE SET wish = excluded.wish, day = excluded.day,
            state = excluded.state, due = 0, attempts = 0, code = '', text = ''
         WHERE state <> 'made' AND unsure = 0",
    )?
    .execute((
        row,
        &wish.wish,
        &day,
        if note.open || day.is_empty() { "draft" } else { "waiting" },
        owner.map_or("", |owner| owner.org.as_str()),
        owner.map_or("", |owner| owner.user.as_str()),
    ))?;
    Ok(())
}

/// Holds the entry of a call whose note is open. Nothing happens where none is.
pub(crate) fn hold(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    until: Timestamp,
) -> rusqlite::Result<()> {
    let Some(row) = calls::known(db, desk, call)? else { return Ok(()) };
    db.prepare_cached(
        "UPDATE remark SET hold_until = ?2
         WHERE call = (SELECT call FROM wrap_up WHERE call = ?1 AND open = 1)",
    )?
    .execute((row, until.as_millis()))?;
    Ok(())
}

/// Writes that the agent does not want the call logged. `None`: the call is not known.
pub(crate) fn discard(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    now: Timestamp,
) -> rusqlite::Result<Option<Discarded>> {
    let Some(row) = calls::known(db, desk, call)? else { return Ok(None) };
    let before = rows::by_row(db, row)?;
    if before.finished && before.delivery.is_none() {
        return Ok(Some(Discarded::NoEntry));
    }
    db.prepare_cached(
        "INSERT INTO wrap_up (call, open, discarded, related, related_object, related_name)
         VALUES (?1, 0, 1, '', '', '')
         ON CONFLICT (call) DO UPDATE SET open = 0, discarded = 1",
    )?
    .execute([row])?;
    // Nobody waits for a note any more.
    db.prepare_cached("UPDATE remark SET hold_until = 0 WHERE call = ?1")?.execute([row])?;
    outbox::withdraw(db, row, Why::Discarded, Some(now))?;
    let after = rows::by_row(db, row)?.delivery;
    let done = after.is_none_or(|delivery| delivery.state == DeliveryState::Skipped);
    Ok(Some(if done { Discarded::Unsent } else { Discarded::Sent }))
}

/// Writes that a call which was not to be logged is to be after all; `skip`: why the settings do not log it all the same.
/// Says whether the call is known.
pub(crate) fn restore(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    now: Timestamp,
    skip: Option<&Reason>,
) -> rusqlite::Result<bool> {
    let Some(row) = calls::known(db, desk, call)? else { return Ok(false) };
    let restored = db
        .prepare_cached("UPDATE wrap_up SET discarded = 0 WHERE call = ?1 AND discarded = 1")?
        .execute([row])?;
    if restored > 0 {
        outbox::restore(db, row, now, skip)?;
    }
    Ok(true)
}

/// Does not log a call that has ended just now, where the agent does not want it.
pub(crate) fn heed(db: &Connection, row: i64) -> rusqlite::Result<()> {
    let unwanted = db
        .prepare_cached("SELECT 1 FROM wrap_up WHERE call = ?1 AND discarded = 1")?
        .exists([row])?;
    if unwanted { outbox::withdraw(db, row, Why::Discarded, None) } else { Ok(()) }
}

/// Reads what `rows` has joined.
pub(crate) fn wrap_up(row: &Row<'_>) -> rusqlite::Result<WrapUp> {
    let related = RecordId::parse(&row.get::<_, Option<String>>("related")?.unwrap_or_default());
    Ok(WrapUp {
        open: row.get::<_, Option<bool>>("wrap_up_open")?.unwrap_or_default(),
        discarded: row.get::<_, Option<bool>>("discarded")?.unwrap_or_default(),
        related: match related {
            Some(id) => Some(Related {
                id,
                object: row.get("related_object")?,
                name: row.get("related_name")?,
            }),
            None => None,
        },
        follow_up: super::follow_ups::read(row)?,
    })
}

/// Keeps what the Task of a call was given.
pub(crate) fn set_written(db: &Connection, row: i64, said: &Said) -> rusqlite::Result<()> {
    let Some(SaidWords { numbers, disposition, written }) = &said.words else { return Ok(()) };
    db.prepare_cached(
        "INSERT INTO written (call, numbers, disposition, note, facts) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (call) DO UPDATE SET numbers = excluded.numbers,
            disposition = excluded.disposition, note = excluded.note, facts = excluded.facts",
    )?
    .execute((row, numbers, disposition, &written.note, &written.facts))?;
    Ok(())
}

/// Returns what the Task of a call was given.
pub(crate) fn written(db: &Connection, row: i64) -> rusqlite::Result<Option<SaidWords>> {
    db.prepare_cached("SELECT numbers, disposition, note, facts FROM written WHERE call = ?1")?
        .query_row([row], |row| {
            Ok(SaidWords {
                numbers: row.get(0)?,
                disposition: row.get(1)?,
                written: Written { note: row.get(2)?, facts: row.get(3)? },
            })
        })
        .optional()
}
