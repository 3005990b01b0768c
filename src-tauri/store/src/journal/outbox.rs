//! The outbox: what is to be sent, by whom, when, and what became of it.
//!
//! Which step may follow which is decided by `domain::delivery`; here rows are found, read and kept. What was sent but not
//! answered is never sent again unasked: that a request goes out is on disk before it does.

use std::time::Duration;

use domain::{
    CallKey, Outcome, RecordId, Said, TaskId, Timestamp,
    delivery::{Aim, Delivery, Known, LONGEST_LEASE, Stage, Step, UNSETTLED, Why},
};
use rusqlite::Connection;

use super::{
    delivery::{self, apply, say},
    rows,
};
use crate::model::{Counts, Done, Leased, NewDelivery, Owner, Proof, Reason, Ticket, Unproven};

/// A due time further ahead than this was written while the clock was wrong: see `domain::delivery`.
const FAR_AHEAD: Duration = Duration::from_secs(2 * 3_600);

/// Puts the delivery of a finished call into the outbox, or brings the one that is there up to date.
///
/// `correction`: what it changes of what was known before.
pub(crate) fn enter(
    db: &Connection,
    row: i64,
    outcome: Outcome,
    new: Option<&NewDelivery>,
    correction: Correction,
) -> rusqlite::Result<()> {
    let known = delivery::of_call(db, row)?.is_some();
    match new {
        None if !known => Ok(()),
        Some(new) if !known => insert(db, row, new),
        None if outcome == Outcome::Elsewhere => withdraw(db, row, Why::Elsewhere, None),
        None if correction.changed => touch(db, row),
        None => Ok(()),
        Some(new) => correct(db, row, new, correction),
    }
}

/// What a correction changes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Correction {
    /// The Task says something else.
    pub(crate) changed: bool,
    /// It is a call of another kind, which the settings may decide about otherwise.
    pub(crate) another_kind: bool,
}

fn insert(db: &Connection, row: i64, new: &NewDelivery) -> rusqlite::Result<()> {
    let fresh = Delivery::new(new.key.clone(), new.due, new.ask_first, new.skip.is_none());
    let (state, aim) = match fresh.stage {
        Stage::Skipped(why) => ("skipped", delivery::word(why)),
        Stage::Waiting | Stage::Leased(_) | Stage::InFlight(_) | Stage::Logged | Stage::Stuck => {
            ("waiting", "log")
        }
    };
    let owner = new.owner.as_ref();
    // Two desks of this computer may have had a part in a call that nobody took, and its key is one for all: the
    // first of them sends it.
    db.prepare_cached(
        "INSERT INTO delivery (call, key, org, user, state, aim, due, lease_until, attempts, ask_first,
            in_flight, unsure, revision, leased_revision, task, code, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8, 0, 0, 1, 0, '', '', '')
         ON CONFLICT (key) DO NOTHING",
    )?
    .execute((
        row,
        fresh.key.as_str(),
        owner.map_or("", |owner| owner.org.as_str()),
        owner.map_or("", |owner| owner.user.as_str()),
        state,
        aim,
        fresh.due.as_millis(),
        fresh.ask_first,
    ))?;
    say(db, row, new.skip.as_ref())
}

fn correct(
    db: &Connection,
    row: i64,
    new: &NewDelivery,
    Correction { changed, another_kind }: Correction,
) -> rusqlite::Result<()> {
    if let Some(owner) = &new.owner {
        db.prepare_cached("UPDATE delivery SET org = ?2, user = ?3 WHERE call = ?1 AND org = ''")?
            .execute((row, owner.org.as_str(), owner.user.as_str()))?;
    }
    let Some(before) = delivery::of_call(db, row)? else { return Ok(()) };
    let was_skipped = matches!(before.delivery.stage, Stage::Skipped(_));
    let Some(reason) = &new.skip else {
        let step = Step::Corrected {
            key: new.key.clone(),
            ask_first: new.ask_first,
            due: new.due,
            changed,
            another_kind,
        };
        let after = apply(db, row, step, None)?;
        let revived = after.is_some_and(|after| {
            (was_skipped || before.delivery.aim != after.aim) && after.aim == Aim::Log
        });
        return if revived { say(db, row, None) } else { Ok(()) };
    };
    let after = apply(db, row, Step::NotWanted { another_kind }, None)?;
    if after.is_some_and(|after| after.aim == Aim::Withdraw(Why::Settings)) {
        return say(db, row, Some(reason));
    }
    // What Salesforce has, or may have, is brought up to date all the same.
    if changed { touch(db, row) } else { Ok(()) }
}

/// There is to be no Task: none is written, and one that is there is taken back.
pub(crate) fn withdraw(
    db: &Connection,
    row: i64,
    why: Why,
    now: Option<Timestamp>,
) -> rusqlite::Result<()> {
    let step = match why {
        Why::Elsewhere => Step::TakenElsewhere,
        Why::Settings => Step::NotWanted { another_kind: false },
        Why::Discarded => Step::Discarded,
    };
    let after = apply(db, row, step, now)?;
    match after.map(|after| after.aim) {
        Some(Aim::Withdraw(of)) if of == why => say(db, row, Some(&said_of(why))),
        Some(Aim::Withdraw(_) | Aim::Log) | None => Ok(()),
    }
}

/// There is to be a Task after all, unless the settings want none of such a call: then one that is there stays.
pub(crate) fn restore(
    db: &Connection,
    row: i64,
    now: Timestamp,
    skip: Option<&Reason>,
) -> rusqlite::Result<()> {
    if apply(db, row, Step::Restored, Some(now))?.is_none() {
        // It could not be deleted, and stays now for good.
        touch(db, row)?;
    } else if skip.is_some() {
        apply(db, row, Step::NotWanted { another_kind: false }, Some(now))?;
    }
    let aim = delivery::of_call(db, row)?.map(|kept| kept.delivery.aim);
    say(db, row, skip.filter(|_| aim == Some(Aim::Withdraw(Why::Settings))))
}

/// Says why there is no Task, where that follows from the state alone.
fn said_of(why: Why) -> Reason {
    let (code, text) = match why {
        Why::Elsewhere => ("elsewhere", "somebody else took the call"),
        Why::Settings => ("journal.not_wanted", "the settings do not log such calls"),
        Why::Discarded => ("journal.discarded", "you chose not to log it"),
    };
    Reason { code: code.to_owned(), text: text.to_owned() }
}

/// Notes that the Task now says something else: what is logged is to be updated, what is stuck may have been cured.
pub(crate) fn touch(db: &Connection, row: i64) -> rusqlite::Result<()> {
    let stuck = |delivery: &Delivery| delivery.stage == Stage::Stuck;
    let was_stuck = delivery::of_call(db, row)?.is_some_and(|kept| stuck(&kept.delivery));
    let after = apply(db, row, Step::Touched, None)?;
    if was_stuck && after.is_some_and(|after| !stuck(&after)) { say(db, row, None) } else { Ok(()) }
}

/// Leases the owner's oldest due row. See [`Store::lease`](crate::Store::lease).
pub(crate) fn lease(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
    lease: Duration,
) -> rusqlite::Result<Option<Leased>> {
    let until = now.plus(lease);
    match due_rows(db, owner, now, Wanted::All, 1)?.pop() {
        Some(row) => lease_row(db, row, now, until),
        None => Ok(None),
    }
}

/// Leases a row. `None`: it cannot be leased now.
pub(super) fn lease_row(
    db: &Connection,
    row: i64,
    now: Timestamp,
    until: Timestamp,
) -> rusqlite::Result<Option<Leased>> {
    let before = delivery::of_call(db, row)?;
    let Some(after) = apply(db, row, Step::Leased { until }, Some(now))? else { return Ok(None) };
    let proven = before.is_some_and(|kept| kept.delivery.unproven);
    let call = rows::by_row(db, row)?;
    let sent_before = match after.known {
        Known::Nothing => false,
        Known::MayExist => true,
        Known::Task { unsure, .. } => unsure,
    };
    Ok(Some(Leased {
        ticket: Ticket { call: row, lease: after.lease },
        key: after.key.clone(),
        aim: after.aim,
        task: after.task().cloned(),
        call,
        said: said(db, row)?,
        ask_first: after.ask_first || sent_before,
        sent_before,
        unproven: proven,
        attempts: after.attempts,
    }))
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    /// Those whose call is to have a Task, and has none that is known.
    Unsent,
}

/// Returns the rows that can be leased now, oldest first.
pub(super) fn due_rows(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
    wanted: Wanted,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    // A lease that ends later than any taken now is from before the clock was set back; so is a due time far ahead.
    db.prepare_cached(
        "SELECT d.call FROM delivery d LEFT JOIN remark r ON r.call = d.call
         WHERE d.state = 'waiting' AND d.org = ?1 AND d.user = ?2 AND (d.due <= ?3 OR d.due > ?5)
           AND (d.lease_until <= ?3 OR d.lease_until > ?4)
           AND (coalesce(r.hold_until, 0) <= ?3 OR r.hold_until > ?5)
           AND (NOT ?7 OR (d.task = '' AND d.aim = 'log'))
         ORDER BY d.due, d.call LIMIT ?6",
    )?
    .query_map(
        (
            owner.org.as_str(),
            owner.user.as_str(),
            now.as_millis(),
            now.plus(LONGEST_LEASE).as_millis(),
            now.plus(FAR_AHEAD).as_millis(),
            i64::try_from(limit).unwrap_or(i64::MAX),
            wanted == Wanted::Unsent,
        ),
        |row| row.get(0),
    )?
    .collect()
}

/// Returns when the owner's next row can be leased.
pub(crate) fn next_due(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    let due: Option<i64> = db
        .prepare_cached(
            "SELECT min(max(CASE WHEN d.due > ?3 THEN 0 ELSE d.due END,
                            CASE WHEN d.lease_until > ?3 THEN 0 ELSE d.lease_until END,
                            CASE WHEN r.hold_until > ?3 THEN 0 ELSE coalesce(r.hold_until, 0) END))
             FROM delivery d LEFT JOIN remark r ON r.call = d.call
             WHERE d.state = 'waiting' AND d.org = ?1 AND d.user = ?2",
        )?
        .query_row(
            (owner.org.as_str(), owner.user.as_str(), now.plus(FAR_AHEAD).as_millis()),
            |row| row.get(0),
        )?;
    Ok(due.map(Timestamp::from_millis))
}

/// Notes that a request goes out now. `false`: the entry has changed since it was leased, and nothing may go out.
pub(crate) fn sending(db: &Connection, ticket: &Ticket) -> rusqlite::Result<bool> {
    Ok(apply(db, ticket.call, Step::Sending(ticket.lease), None)?.is_some())
}

/// Says whether a request could go out now: see [`sending`].
pub(crate) fn is_current(db: &Connection, ticket: &Ticket) -> rusqlite::Result<bool> {
    let Some(kept) = delivery::of_call(db, ticket.call)? else { return Ok(false) };
    let step = Step::Sending(ticket.lease);
    Ok(kept.delivery.apply(step, kept.delivery.due).is_ok())
}

/// Notes the Task. What changed since the row was leased is still to be sent.
pub(crate) fn delivered(db: &Connection, ticket: &Ticket, done: &Done) -> rusqlite::Result<()> {
    let step = Step::Delivered {
        lease: ticket.lease,
        task: done.task.clone(),
        unproven: done.unproven,
        outdated: done.outdated,
    };
    let Some(after) = apply(db, ticket.call, step, None)? else { return Ok(()) };
    if after.task() != Some(&done.task) {
        return Ok(());
    }
    if let Some(said) = &done.said {
        set_said(db, ticket.call, said)?;
    }
    if matches!(after.aim, Aim::Withdraw(_)) {
        return Ok(());
    }
    say(db, ticket.call, done.note.as_ref())
}

/// Notes that there is no Task, as it is to be.
pub(crate) fn withdrawn(db: &Connection, ticket: &Ticket) -> rusqlite::Result<()> {
    if apply(db, ticket.call, Step::Withdrawn(ticket.lease), None)?.is_some() {
        forget_said(db, ticket.call)?;
        if let Some(Aim::Withdraw(why)) =
            delivery::of_call(db, ticket.call)?.map(|kept| kept.delivery.aim)
        {
            say(db, ticket.call, Some(&said_of(why)))?;
        }
    }
    Ok(())
}

/// Notes that the Task stays, though none was to be there, and why.
pub(crate) fn kept(db: &Connection, ticket: &Ticket, why: &Reason) -> rusqlite::Result<()> {
    match apply(db, ticket.call, Step::Kept(ticket.lease), None)? {
        Some(_) => say(db, ticket.call, Some(why)),
        None => Ok(()),
    }
}

/// Notes that nothing was sent, since the entry has changed meanwhile.
pub(crate) fn give_up(db: &Connection, ticket: &Ticket) -> rusqlite::Result<()> {
    apply(db, ticket.call, Step::GivenUp(ticket.lease), None).map(drop)
}

/// Returns entries of which it is to be looked whether another computer has logged them too.
pub(crate) fn unproven(
    db: &Connection,
    owner: &Owner,
    limit: usize,
) -> rusqlite::Result<Vec<Unproven>> {
    let rows: Vec<i64> = db
        .prepare_cached(
            "SELECT call FROM delivery
             WHERE unproven = 1 AND org = ?1 AND user = ?2 AND state <> 'skipped' AND task <> ''
             ORDER BY call DESC LIMIT ?3",
        )?
        .query_map(
            (owner.org.as_str(), owner.user.as_str(), i64::try_from(limit).unwrap_or(i64::MAX)),
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()?;
    let mut entries = Vec::new();
    for row in rows {
        let Some(kept) = delivery::of_call(db, row)? else { continue };
        let Some(task) = kept.delivery.task().cloned() else { continue };
        entries.push(Unproven {
            row,
            key: kept.delivery.key,
            task,
            said: said(db, row)?,
            deleted: deleted_here(db, row)?,
            call: rows::by_row(db, row)?,
        });
    }
    Ok(entries)
}

/// Notes that a Task is to be deleted by this computer.
pub(crate) fn deleting(db: &Connection, ticket: &Ticket, task: &TaskId) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO deleted (call, task) VALUES (?1, ?2)")?
        .execute((ticket.call, task.as_str()))?;
    Ok(())
}

fn deleted_here(db: &Connection, row: i64) -> rusqlite::Result<Vec<TaskId>> {
    db.prepare_cached("SELECT task FROM deleted WHERE call = ?1")?
        .query_map([row], |row| Ok(TaskId::parse(row.get_ref(0)?.as_str()?)))?
        .filter_map(Result::transpose)
        .collect()
}

/// Notes which Task counts.
pub(crate) fn proven(db: &Connection, row: i64, proof: &Proof) -> rusqlite::Result<()> {
    let before = delivery::of_call(db, row)?.and_then(|kept| kept.delivery.task().cloned());
    let step = Step::Proven { task: proof.task.clone(), outdated: proof.outdated };
    if apply(db, row, step, None)?.is_none() {
        return Ok(());
    }
    if before.as_ref() != Some(&proof.task) {
        forget_said(db, row)?;
    }
    match &proof.note {
        Some(note) => say(db, row, Some(note)),
        None => Ok(()),
    }
}

/// Notes what the Task says now.
fn set_said(db: &Connection, row: i64, said: &Said) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE delivery SET said_subject = ?2, said_who = ?3, said_what = ?4, said_rest = ?5, said_key = ?6
         WHERE call = ?1",
    )?
    .execute((
        row,
        &said.subject,
        said.who.as_ref().map_or("", RecordId::as_str),
        said.what.as_ref().map_or("", RecordId::as_str),
        said.rest.cast_signed(),
        said.key.as_str(),
    ))?;
    super::notes::set_written(db, row, said)
}

/// What another program wrote is not known here.
fn forget_said(db: &Connection, row: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE delivery SET said_subject = '', said_who = '', said_what = '', said_rest = 0, said_key = ''
         WHERE call = ?1",
    )?
    .execute([row])?;
    Ok(())
}

/// Says whether the call's Task was there when this program came to write it: another computer of the agent has.
pub(crate) fn is_of_another(db: &Connection, row: i64) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM delivery WHERE call = ?1 AND task <> '' AND said_subject = ''",
    )?
    .exists([row])
}

/// Returns what the Task said when it was written last; `None` where that is not known.
fn said(db: &Connection, row: i64) -> rusqlite::Result<Option<Said>> {
    use rusqlite::OptionalExtension as _;

    let words = super::notes::written(db, row)?;
    db.prepare_cached(
        "SELECT said_subject, said_who, said_what, said_rest, said_key FROM delivery
         WHERE call = ?1 AND said_subject <> ''",
    )?
    .query_row([row], |row| {
        Ok(Said {
            subject: row.get(0)?,
            who: RecordId::parse(row.get_ref(1)?.as_str()?),
            what: RecordId::parse(row.get_ref(2)?.as_str()?),
            rest: row.get::<_, i64>(3)?.cast_unsigned(),
            key: CallKey::from_stored(row.get::<_, String>(4)?),
            words: words.clone(),
        })
    })
    .optional()
}

/// Lets the row wait. `may_have_happened`: the answer to the request was lost.
pub(crate) fn postpone(
    db: &Connection,
    ticket: &Ticket,
    until: Timestamp,
    reason: &Reason,
    may_have_happened: bool,
) -> rusqlite::Result<()> {
    let step = Step::Postponed { lease: ticket.lease, until, may_have_happened };
    match apply(db, ticket.call, step, None)? {
        Some(_) => say(db, ticket.call, Some(reason)),
        None => Ok(()),
    }
}

/// Leaves the row to a person.
pub(crate) fn park(db: &Connection, ticket: &Ticket, reason: &Reason) -> rusqlite::Result<()> {
    match apply(db, ticket.call, Step::Parked(ticket.lease), None)? {
        Some(after) if after.stage == Stage::Stuck => say(db, ticket.call, Some(reason)),
        Some(_) | None => Ok(()),
    }
}

/// Makes waiting and stuck rows due, those of one call or all, as [`Step::Retried`] says. Returns how many. A call whose note
/// is being written is meant only where it is named, and then waits no longer for the note.
pub(crate) fn retry(db: &Connection, which: Option<&str>, now: Timestamp) -> rusqlite::Result<u64> {
    let rows: Vec<i64> = db
        .prepare_cached(
            "SELECT d.call FROM delivery d LEFT JOIN remark r ON r.call = d.call
             WHERE d.state IN ('waiting', 'stuck')
               AND (?1 IS NULL AND (coalesce(r.hold_until, 0) <= ?2 OR r.hold_until > ?3)
                    OR d.key = ?1 OR d.call IN (SELECT row FROM call c WHERE c.call = ?1))",
        )?
        .query_map((which, now.as_millis(), now.plus(FAR_AHEAD).as_millis()), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for &row in &rows {
        db.prepare_cached("UPDATE remark SET hold_until = 0 WHERE call = ?1")?.execute([row])?;
        apply(db, row, Step::Retried, Some(now))?;
        db.prepare_cached(
            "UPDATE delivery SET attempts = 0, code = '', text = '' WHERE call = ?1",
        )?
        .execute([row])?;
    }
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}

/// Makes an owner's waiting rows due that wait for one of these reasons: [`Step::Hastened`] for all of them at once. A stuck
/// row is left to a person, and one whose request may still be under way waits until that is over.
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
                "UPDATE delivery
                 SET due = min(due, CASE WHEN unsure = 1 THEN ?5 ELSE ?1 END)
                 WHERE state = 'waiting' AND org = ?2 AND user = ?3 AND code = ?4",
            )?
            .execute((
                now.as_millis(),
                owner.org.as_str(),
                owner.user.as_str(),
                code,
                now.plus(UNSETTLED).as_millis(),
            ))?;
        hastened += u64::try_from(changed).unwrap_or(0);
    }
    Ok(hastened)
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
            SELECT state, ?1 IS NULL OR org = '' OR (org = ?1 AND user = ?2) AS mine
            FROM delivery WHERE state IN ('waiting', 'stuck')
            UNION ALL
            SELECT d.state, ?1 IS NULL OR d.org = '' OR (d.org = ?1 AND d.user = ?2)
            FROM call c JOIN delivery d ON d.call = c.row
            WHERE c.started >= ?3 AND d.state = 'logged')",
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
