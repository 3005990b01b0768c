//! The outbox: what is to be sent, by whom, when, and what became of it.
//!
//! ```text
//!             enter(skip) ──► skipped ◄── skip
//!                                │ enter, when it was skipped only as taken elsewhere
//!                                ▼
//!  enter ──► waiting ◄─── touch, retry ─── stuck
//!            │  ▲  ▲ ▲                       ▲
//!            │  │  │ └─ touch (update) ┐     │
//!            │  └──┴─ postpone         │     │
//!            └─ lease, sending ──► delivered: logged
//!                       └──────── park ──────┘
//! ```
//!
//! What was sent but not answered is never sent again unasked: `in_flight` is set before a request goes out, and a
//! row that is leased with it still set is `unsure`.

use std::time::Duration;

use domain::{CallKey, Outcome, RecordId, Said, TaskId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::rows;
use crate::model::{Counts, Leased, NewDelivery, Owner, Reason};

/// The code of an entry that is not sent because somebody else took the call. A correction takes it back.
const ELSEWHERE: &str = "elsewhere";

/// Puts the delivery of a finished call into the outbox, or brings the one that is there up to date.
///
/// `changed`: this is a correction after which the Task says something else.
pub(crate) fn enter(
    db: &Connection,
    row: i64,
    outcome: Outcome,
    new: Option<&NewDelivery>,
    changed: bool,
) -> rusqlite::Result<()> {
    let known = db
        .prepare_cached(
            "SELECT key, state, code, task = '' AND in_flight = 0 AND unsure = 0 AS unsent
             FROM delivery WHERE call = ?1",
        )?
        .query_row([row], |row| {
            Ok(Known {
                key: row.get("key")?,
                state: row.get("state")?,
                code: row.get("code")?,
                unsent: row.get("unsent")?,
            })
        })
        .optional()?;
    match (known, new) {
        (None, None) => Ok(()),
        (None, Some(new)) => insert(db, row, new),
        (Some(known), None) => {
            if changed {
                touch(db, row)?;
            }
            if outcome == Outcome::Elsewhere && known.unsent && known.state != "skipped" {
                let reason = Reason {
                    code: ELSEWHERE.to_owned(),
                    text: "somebody else took the call".to_owned(),
                };
                set_skipped(db, &known.key, &reason)?;
            }
            Ok(())
        }
        (Some(known), Some(new)) => correct(db, row, &known, new, changed),
    }
}

struct Known {
    key: String,
    state: String,
    code: String,
    /// No request has gone out that may have made a Task.
    unsent: bool,
}

fn insert(db: &Connection, row: i64, new: &NewDelivery) -> rusqlite::Result<()> {
    let reason = new.skip.as_ref();
    let owner = new.owner.as_ref();
    // Two desks of this computer may have had a part in a call that nobody took, and its key is one for all: the
    // first of them sends it.
    db.prepare_cached(
        "INSERT INTO delivery (call, key, next_key, org, user, state, due, lease_until, attempts, ask_first,
            in_flight, unsure, revision, leased_revision, task, code, text)
         VALUES (?1, ?2, '', ?3, ?4, ?5, ?6, 0, 0, ?7, 0, 0, 1, 0, '', ?8, ?9)
         ON CONFLICT (key) DO NOTHING",
    )?
    .execute((
        row,
        new.key.as_str(),
        owner.map_or("", |owner| owner.org.as_str()),
        owner.map_or("", |owner| owner.user.as_str()),
        if reason.is_some() { "skipped" } else { "waiting" },
        new.due.as_millis(),
        new.ask_first,
        reason.map_or("", |reason| reason.code.as_str()),
        reason.map_or("", |reason| reason.text.as_str()),
    ))?;
    Ok(())
}

fn correct(
    db: &Connection,
    row: i64,
    known: &Known,
    new: &NewDelivery,
    changed: bool,
) -> rusqlite::Result<()> {
    let new_key = known.key != new.key.as_str();
    if let Some(owner) = &new.owner {
        db.prepare_cached("UPDATE delivery SET org = ?2, user = ?3 WHERE call = ?1 AND org = ''")?
            .execute((row, owner.org.as_str(), owner.user.as_str()))?;
    }
    match &new.skip {
        Some(reason) if known.unsent && known.state != "skipped" => {
            return set_skipped(db, &known.key, reason);
        }
        // What Salesforce has, or may have, is brought up to date all the same.
        Some(_) => {}
        None if known.state == "skipped" && known.code == ELSEWHERE => {
            db.prepare_cached(
                "UPDATE delivery SET state = 'waiting', code = '', text = '', attempts = 0
                 WHERE call = ?1",
            )?
            .execute([row])?;
        }
        None => {}
    }
    if known.unsent {
        // Nothing has gone out: it is as if the correction had come first.
        db.prepare_cached(
            "UPDATE OR IGNORE delivery SET key = ?2, ask_first = ?3, due = min(due, ?4)
             WHERE call = ?1 AND state <> 'skipped'",
        )?
        .execute((row, new.key.as_str(), new.ask_first, new.due.as_millis()))?;
    } else {
        db.prepare_cached(
            "UPDATE delivery SET next_key = CASE key WHEN ?2 THEN '' ELSE ?2 END WHERE call = ?1",
        )?
        .execute((row, new.key.as_str()))?;
        take_next_key(db, row)?;
    }
    if changed || new_key { touch(db, row) } else { Ok(()) }
}

/// Takes the key that a correction asked for, once the Task is known.
fn take_next_key(db: &Connection, row: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE OR IGNORE delivery SET key = next_key, next_key = ''
         WHERE call = ?1 AND next_key <> '' AND task <> '' AND in_flight = 0",
    )?
    .execute([row])?;
    Ok(())
}

/// Notes that the Task now says something else: what is logged is to be updated, what is stuck may have been cured.
pub(crate) fn touch(db: &Connection, row: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE delivery SET revision = revision + 1, state = 'waiting',
            attempts = CASE state WHEN 'waiting' THEN attempts ELSE 0 END,
            code = CASE state WHEN 'waiting' THEN code ELSE '' END,
            text = CASE state WHEN 'waiting' THEN text ELSE '' END
         WHERE call = ?1 AND state <> 'skipped'",
    )?
    .execute([row])?;
    Ok(())
}

/// Leases the owner's oldest due row. See [`Store::lease`](crate::Store::lease).
pub(crate) fn lease(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
    lease: Duration,
) -> rusqlite::Result<Option<Leased>> {
    let until = now.plus(lease);
    // A lease that ends later than one taken now is from before the clock was set back.
    let row: Option<i64> = db
        .prepare_cached(
            "SELECT d.call FROM delivery d LEFT JOIN remark r ON r.call = d.call
             WHERE d.state = 'waiting' AND d.org = ?1 AND d.user = ?2 AND d.due <= ?3
               AND (d.lease_until <= ?3 OR d.lease_until > ?4)
               AND coalesce(r.hold_until, 0) <= ?3
             ORDER BY d.due, d.call LIMIT 1",
        )?
        .query_row(
            (owner.org.as_str(), owner.user.as_str(), now.as_millis(), until.as_millis()),
            |row| row.get(0),
        )
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    db.prepare_cached(
        "UPDATE delivery SET lease_until = ?2, attempts = attempts + 1, leased_revision = revision,
            unsure = max(unsure, in_flight), in_flight = 0
         WHERE call = ?1",
    )?
    .execute((row, until.as_millis()))?;
    let (key, ask_first, sent_before, attempts) = db
        .prepare_cached("SELECT key, ask_first, unsure, attempts FROM delivery WHERE call = ?1")?
        .query_row([row], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, bool>(1)?,
                row.get::<_, bool>(2)?,
                row.get(3)?,
            ))
        })?;
    let call = rows::by_row(db, row)?;
    Ok(Some(Leased {
        key: CallKey::from_stored(key),
        task: call.delivery.as_ref().and_then(|delivery| delivery.task.clone()),
        call,
        said: said(db, row)?,
        ask_first: ask_first || sent_before,
        sent_before,
        attempts,
    }))
}

/// Returns when the owner's next row can be leased.
pub(crate) fn next_due(db: &Connection, owner: &Owner) -> rusqlite::Result<Option<Timestamp>> {
    let due: Option<i64> = db
        .prepare_cached(
            "SELECT min(max(d.due, d.lease_until, coalesce(r.hold_until, 0)))
             FROM delivery d LEFT JOIN remark r ON r.call = d.call
             WHERE d.state = 'waiting' AND d.org = ?1 AND d.user = ?2",
        )?
        .query_row((owner.org.as_str(), owner.user.as_str()), |row| row.get(0))?;
    Ok(due.map(Timestamp::from_millis))
}

/// Notes that a request goes out now.
pub(crate) fn sending(db: &Connection, key: &CallKey) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE delivery SET in_flight = 1 WHERE key = ?1")?
        .execute([key.as_str()])?;
    Ok(())
}

/// Notes the Task. What changed since the row was leased is still to be sent. A row that was never leased was found in
/// Salesforce.
pub(crate) fn delivered(
    db: &Connection,
    key: &CallKey,
    task: &TaskId,
    note: Option<&Reason>,
) -> rusqlite::Result<()> {
    let row: Option<i64> = db
        .prepare_cached(
            "UPDATE delivery SET task = ?2, in_flight = 0, unsure = 0, lease_until = 0, attempts = 0,
                state = CASE WHEN leased_revision IN (revision, 0) THEN 'logged' ELSE 'waiting' END,
                code = ?3, text = ?4
             WHERE key = ?1 RETURNING call",
        )?
        .query_row(
            (
                key.as_str(),
                task.as_str(),
                note.map_or("", |note| note.code.as_str()),
                note.map_or("", |note| note.text.as_str()),
            ),
            |row| row.get(0),
        )
        .optional()?;
    match row {
        Some(row) => take_next_key(db, row),
        None => Ok(()),
    }
}

/// Notes what the Task says now.
pub(crate) fn set_said(db: &Connection, key: &CallKey, said: &Said) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE delivery SET said_subject = ?2, said_who = ?3, said_what = ?4, said_rest = ?5
         WHERE key = ?1",
    )?
    .execute((
        key.as_str(),
        &said.subject,
        said.who.as_ref().map_or("", RecordId::as_str),
        said.what.as_ref().map_or("", RecordId::as_str),
        said.rest.cast_signed(),
    ))?;
    Ok(())
}

/// Returns what the Task said when it was written last; `None` where that is not known.
fn said(db: &Connection, row: i64) -> rusqlite::Result<Option<Said>> {
    db.prepare_cached(
        "SELECT said_subject, said_who, said_what, said_rest FROM delivery
         WHERE call = ?1 AND said_subject <> ''",
    )?
    .query_row([row], |row| {
        Ok(Said {
            subject: row.get(0)?,
            who: RecordId::parse(row.get_ref(1)?.as_str()?),
            what: RecordId::parse(row.get_ref(2)?.as_str()?),
            rest: row.get::<_, i64>(3)?.cast_unsigned(),
        })
    })
    .optional()
}

/// Lets the row wait. `may_have_happened`: the answer to the request was lost.
pub(crate) fn postpone(
    db: &Connection,
    key: &CallKey,
    until: Timestamp,
    reason: &Reason,
    may_have_happened: bool,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE delivery SET due = ?2, lease_until = 0, in_flight = 0, unsure = max(unsure, ?3),
            code = ?4, text = ?5
         WHERE key = ?1 AND state = 'waiting'",
    )?
    .execute((
        key.as_str(),
        until.as_millis(),
        may_have_happened,
        &reason.code,
        &reason.text,
    ))?;
    Ok(())
}

/// Leaves the row to a person. Whether a request that was out has made a Task is asked when it is tried again: an answer
/// that nobody understood is no refusal.
pub(crate) fn park(db: &Connection, key: &CallKey, reason: &Reason) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE delivery SET state = 'stuck', lease_until = 0, unsure = max(unsure, in_flight), in_flight = 0,
            code = ?2, text = ?3
         WHERE key = ?1 AND state = 'waiting'",
    )?
    .execute((key.as_str(), &reason.code, &reason.text))?;
    Ok(())
}

/// Gives the row up.
pub(crate) fn skip(db: &Connection, key: &CallKey, reason: &Reason) -> rusqlite::Result<()> {
    set_skipped(db, key.as_str(), reason)
}

fn set_skipped(db: &Connection, key: &str, reason: &Reason) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE delivery SET state = 'skipped', lease_until = 0, in_flight = 0,
            unsure = max(unsure, in_flight), code = ?2, text = ?3
         WHERE key = ?1",
    )?
    .execute((key, &reason.code, &reason.text))?;
    Ok(())
}

/// Makes waiting and stuck rows due, those of one call or all. Returns how many.
pub(crate) fn retry(db: &Connection, which: Option<&str>, now: Timestamp) -> rusqlite::Result<u64> {
    let changed = db
        .prepare_cached(
            "UPDATE delivery SET state = 'waiting', due = min(due, ?1), attempts = 0, code = '', text = ''
             WHERE state IN ('waiting', 'stuck')
               AND (?2 IS NULL OR key = ?2 OR call IN (SELECT row FROM call c WHERE c.call = ?2))",
        )?
        .execute((now.as_millis(), which))?;
    Ok(u64::try_from(changed).unwrap_or(0))
}

/// Makes an owner's waiting rows due that wait for one of these reasons. A stuck row is left to a person.
pub(crate) fn hasten(
    db: &Connection,
    owner: &Owner,
    codes: &[&str],
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let mut hastened = 0;
    for code in codes {
        let changed = db
            .prepare_cached(
                "UPDATE delivery SET due = min(due, ?1)
                 WHERE state = 'waiting' AND org = ?2 AND user = ?3 AND code = ?4",
            )?
            .execute((now.as_millis(), owner.org.as_str(), owner.user.as_str(), code))?;
        hastened += u64::try_from(changed).unwrap_or(0);
    }
    Ok(hastened)
}

/// Ends all leases; those of rows whose request was under way, at `in_flight_until` at the latest.
pub(crate) fn release_leases(db: &Connection, in_flight_until: Timestamp) -> rusqlite::Result<u64> {
    let changed = db
        .prepare_cached(
            "UPDATE delivery SET lease_until = CASE in_flight WHEN 0 THEN 0 ELSE min(lease_until, ?1) END
             WHERE lease_until > 0",
        )?
        .execute([in_flight_until.as_millis()])?;
    Ok(u64::try_from(changed).unwrap_or(0))
}

/// Counts the entries of an owner; of all, where there is none.
pub(crate) fn counts(
    db: &Connection,
    owner: Option<&Owner>,
    day_start: Timestamp,
) -> rusqlite::Result<Counts> {
    let count = |column: usize, row: &rusqlite::Row<'_>| -> rusqlite::Result<u64> {
        row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or(0))
    };
    db.prepare_cached(
        "SELECT count(*) FILTER (WHERE mine AND state = 'waiting'),
                count(*) FILTER (WHERE mine AND state = 'stuck'),
                count(*) FILTER (WHERE mine AND state = 'logged'),
                count(*) FILTER (WHERE NOT mine AND state IN ('waiting', 'stuck'))
         FROM (
            SELECT d.state, ?1 IS NULL OR d.org = '' OR (d.org = ?1 AND d.user = ?2) AS mine
            FROM delivery d JOIN call c ON c.row = d.call
            WHERE d.state IN ('waiting', 'stuck') OR (d.state = 'logged' AND c.started >= ?3))",
    )?
    .query_row(
        (
            owner.map(|owner| owner.org.as_str()),
            owner.map(|owner| owner.user.as_str()),
            day_start.as_millis(),
        ),
        |row| {
            Ok(Counts {
                waiting: count(0, row)?,
                stuck: count(1, row)?,
                logged_today: count(2, row)?,
                of_others: count(3, row)?,
            })
        },
    )
}

/// Gives rows that were written while nobody was signed in to this owner. Returns how many.
pub(crate) fn adopt(db: &Connection, owner: &Owner) -> rusqlite::Result<u64> {
    let changed = db
        .prepare_cached("UPDATE delivery SET org = ?1, user = ?2 WHERE org = ''")?
        .execute((owner.org.as_str(), owner.user.as_str()))?;
    Ok(u64::try_from(changed).unwrap_or(0))
}
