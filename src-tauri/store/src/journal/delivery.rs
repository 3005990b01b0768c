//! The state of a delivery, as its row keeps it. What may follow what is the domain's to say: `domain::delivery`.

use domain::{
    CallKey, RecordId, Timestamp,
    delivery::{Aim, Delivery, Known, Lease, Refused, Stage, Step, Why},
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::rows::{text, unreadable};
use crate::model::Reason;

/// A delivery and its row.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The row of the call.
    pub(crate) call: i64,
    pub(crate) delivery: Delivery,
}

/// Reads the delivery of a call.
pub(crate) fn of_call(db: &Connection, call: i64) -> rusqlite::Result<Option<Kept>> {
    db.prepare_cached(&format!("{DELIVERY} WHERE call = ?1"))?.query_row([call], kept).optional()
}

/// Takes a step and keeps its result. `None`: the delivery is not in a state in which it makes sense, or there is none.
///
/// `now` matters where a step makes a row due.
pub(crate) fn apply(
    db: &Connection,
    call: i64,
    step: Step,
    now: Option<Timestamp>,
) -> rusqlite::Result<Option<Delivery>> {
    let Some(before) = of_call(db, call)? else { return Ok(None) };
    let now = now.unwrap_or(before.delivery.due);
    match before.delivery.apply(step, now) {
        Ok(after) => {
            save(db, &before, &after)?;
            Ok(Some(after))
        }
        Err(Refused) => Ok(None),
    }
}

/// Says beside an entry why it waits, is stuck, is not sent, or what is to be known of it.
pub(crate) fn say(db: &Connection, call: i64, reason: Option<&Reason>) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE delivery SET code = ?2, text = ?3 WHERE call = ?1")?.execute((
        call,
        reason.map_or("", |reason| reason.code.as_str()),
        reason.map_or("", |reason| reason.text.as_str()),
    ))?;
    Ok(())
}

const DELIVERY: &str = "
    SELECT call, key, state, aim, due, lease, lease_until, attempts, ask_first, in_flight, unsure, revision,
           leased_revision, task, unproven
    FROM delivery";

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let aim = match text(row, "aim")?.as_str() {
        "log" => Aim::Log,
        word => Aim::Withdraw(why(word).ok_or_else(|| unreadable(row, "aim"))?),
    };
    let (unsure, in_flight): (bool, bool) = (row.get("unsure")?, row.get("in_flight")?);
    let known = match RecordId::parse(&text(row, "task")?) {
        Some(id) => Known::Task { id, unsure },
        None if unsure => Known::MayExist,
        None => Known::Nothing,
    };
    let until: i64 = row.get("lease_until")?;
    let lease =
        Lease { revision: number(row, "leased_revision")?, until: Timestamp::from_millis(until) };
    let stage = match (text(row, "state")?.as_str(), until > 0, in_flight) {
        ("waiting", _, true) => Stage::InFlight(lease),
        ("waiting", true, false) => Stage::Leased(lease),
        ("waiting", false, false) => Stage::Waiting,
        ("logged", ..) => Stage::Logged,
        ("stuck", ..) => Stage::Stuck,
        ("skipped", ..) => match aim {
            Aim::Withdraw(why) => Stage::Skipped(why),
            Aim::Log => return Err(unreadable(row, "aim")),
        },
        _ => return Err(unreadable(row, "state")),
    };
    Ok(Kept {
        call: row.get("call")?,
        delivery: Delivery {
            key: CallKey::from_stored(text(row, "key")?),
            known,
            aim,
            stage,
            revision: number(row, "revision")?,
            lease: number(row, "lease")?,
            due: Timestamp::from_millis(row.get("due")?),
            ask_first: row.get("ask_first")?,
            attempts: row.get("attempts")?,
            unproven: row.get("unproven")?,
        },
    })
}

fn save(db: &Connection, before: &Kept, after: &Delivery) -> rusqlite::Result<()> {
    let (state, lease, in_flight) = match after.stage {
        Stage::Waiting => ("waiting", None, false),
        Stage::Leased(lease) => ("waiting", Some(lease), false),
        Stage::InFlight(lease) => ("waiting", Some(lease), true),
        Stage::Logged => ("logged", None, false),
        Stage::Stuck => ("stuck", None, false),
        Stage::Skipped(_) => ("skipped", None, false),
    };
    let (task, unsure) = match &after.known {
        Known::Nothing => ("", false),
        Known::MayExist => ("", true),
        Known::Task { id, unsure } => (id.as_str(), *unsure),
    };
    let aim = match after.aim {
        Aim::Log => "log",
        Aim::Withdraw(why) => word(why),
    };
    db.prepare_cached(
        "UPDATE delivery SET state = ?2, aim = ?3, due = ?4, lease = ?5, lease_until = ?6, attempts = ?7,
            ask_first = ?8, in_flight = ?9, unsure = ?10, revision = ?11,
            leased_revision = coalesce(?12, leased_revision), task = ?13, unproven = ?14
         WHERE call = ?1",
    )?
    .execute(rusqlite::params![
        before.call,
        state,
        aim,
        after.due.as_millis(),
        after.lease.cast_signed(),
        lease.map_or(0, |lease| lease.until.as_millis()),
        after.attempts,
        after.ask_first,
        in_flight,
        unsure,
        after.revision.cast_signed(),
        lease.map(|lease| lease.revision.cast_signed()),
        task,
        after.unproven,
    ])?;
    if before.delivery.key == after.key {
        return Ok(());
    }
    // Two extensions of this computer may have had a part in a call that nobody took, and its key is one for all: the
    // other one's row keeps it.
    let renamed = db
        .prepare_cached("UPDATE OR IGNORE delivery SET key = ?2 WHERE call = ?1")?
        .execute((before.call, after.key.as_str()))?;
    if renamed > 0 {
        for renamed in [
            "UPDATE created SET key = ?2 WHERE key = ?1",
            "UPDATE OR REPLACE begun SET key = ?2 WHERE key = ?1",
        ] {
            db.prepare_cached(renamed)?
                .execute((before.delivery.key.as_str(), after.key.as_str()))?;
        }
    }
    Ok(())
}

/// Spells a reason as the column `aim` does.
pub(crate) fn word(why: Why) -> &'static str {
    match why {
        Why::Elsewhere => "elsewhere",
        Why::Settings => "settings",
        Why::Discarded => "discarded",
    }
}

fn why(aim: &str) -> Option<Why> {
    [Why::Elsewhere, Why::Settings, Why::Discarded].into_iter().find(|why| word(*why) == aim)
}

fn number(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}
