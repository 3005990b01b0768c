//! Many rows of the outbox at once: what is due, a lease of many, and the end of a worker that had some.
//!
//! Each row goes its own way all the same: see `domain::delivery`.

use std::{collections::HashSet, time::Duration};

use domain::{
    Timestamp,
    delivery::{Delivery, Known, Stage, Step},
};
use rusqlite::Connection;

use super::{
    delivery::{self, apply},
    outbox::{self, Wanted},
    rows,
};
use crate::model::{Due, Leased, Owner, Question, Ticket};

/// Returns rows that are due and whose call has no Task yet, oldest first.
pub(crate) fn due(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<Due>> {
    let mut due = Vec::new();
    for (row, delivery) in unsent(db, owner, now, limit)? {
        due.push(Due {
            row,
            call: rows::by_row(db, row)?,
            ask_first: may_be_there(&delivery),
            sent_before: delivery.known == Known::MayExist,
            key: delivery.key,
        });
    }
    Ok(due)
}

/// Returns those of them that are to be asked for before they are sent.
pub(crate) fn questions(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<Question>> {
    let unsent = unsent(db, owner, now, limit)?.into_iter();
    unsent
        .filter(|(_, delivery)| may_be_there(delivery))
        .map(|(row, delivery)| Ok(Question { key: delivery.key, call: rows::by_row(db, row)? }))
        .collect()
}

fn may_be_there(delivery: &Delivery) -> bool {
    delivery.ask_first || delivery.known == Known::MayExist
}

/// Returns rows that are due and whose call has no Task that is known.
fn unsent(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<(i64, Delivery)>> {
    let mut unsent = Vec::new();
    for row in outbox::due_rows(db, owner, now, Wanted::Unsent, limit)? {
        let Some(kept) = delivery::of_call(db, row)? else { continue };
        unsent.push((row, kept.delivery));
    }
    Ok(unsent)
}

/// Leases those of the rows that can still be leased.
pub(crate) fn lease(
    db: &Connection,
    owner: &Owner,
    wanted: &[i64],
    now: Timestamp,
    lease: Duration,
) -> rusqlite::Result<Vec<Leased>> {
    let until = now.plus(lease);
    let due: HashSet<i64> =
        outbox::due_rows(db, owner, now, Wanted::All, usize::MAX)?.into_iter().collect();
    let mut leased = Vec::new();
    for row in wanted.iter().filter(|row| due.contains(row)) {
        leased.extend(outbox::lease_row(db, *row, now, until)?);
    }
    Ok(leased)
}

/// Notes that one request goes out now for several rows. Says of each whether it may be in it.
pub(crate) fn sending(db: &Connection, tickets: &[Ticket]) -> rusqlite::Result<Vec<bool>> {
    tickets.iter().map(|ticket| outbox::sending(db, ticket)).collect()
}

/// Ends all leases. Where a request was under way, not before `one_until`; where it was one for several rows, which
/// takes Salesforce longer, `many_until`.
pub(crate) fn release_leases(
    db: &Connection,
    one_until: Timestamp,
    many_until: Timestamp,
) -> rusqlite::Result<u64> {
    let rows: Vec<i64> = db
        .prepare_cached("SELECT call FROM delivery WHERE state = 'waiting' AND lease_until > 0")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut in_flight = 0;
    for &row in &rows {
        let kept = delivery::of_call(db, row)?;
        in_flight +=
            usize::from(kept.is_some_and(|kept| matches!(kept.delivery.stage, Stage::InFlight(_))));
    }
    let until = if in_flight > 1 { many_until } else { one_until };
    for &row in &rows {
        apply(db, row, Step::Orphaned(until), None)?;
    }
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}
