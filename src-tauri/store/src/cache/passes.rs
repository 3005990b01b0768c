//! How far the contact index of each user has come.

use domain::{Object, RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::records::{code, met, object, short, sweep, unsigned};
use crate::model::{IndexJob, IndexProgress, IndexState, Owner, PassEnd, PassStep};

/// Returns the row of a user's records, which is made where there is none.
pub(crate) fn scope(db: &Connection, owner: &Owner) -> rusqlite::Result<i64> {
    let names = (owner.org.as_str(), owner.user.as_str());
    let known: Option<i64> = db
        .prepare_cached("SELECT row FROM scope WHERE org = ?1 AND user = ?2")?
        .query_row(names, |row| row.get(0))
        .optional()?;
    match known {
        Some(row) => Ok(row),
        None => db
            .prepare_cached("INSERT INTO scope (org, user) VALUES (?1, ?2) RETURNING row")?
            .query_row(names, |row| row.get(0)),
    }
}

/// Returns how far the index has come; the default where nothing is known.
pub(crate) fn state(db: &Connection, owner: &Owner) -> rusqlite::Result<IndexState> {
    let known = db
        .prepare_cached(
            "SELECT row, pass_begun, completed, checked, held, reading FROM scope WHERE org = ?1 AND user = ?2",
        )?
        .query_row((owner.org.as_str(), owner.user.as_str()), |row| {
            let state = IndexState {
                pass_begun: moment(row.get(1)?),
                completed: moment(row.get(2)?),
                checked: moment(row.get(3)?),
                held: moment(row.get(4)?),
                reading: row.get(5)?,
                objects: Vec::new(),
            };
            Ok((row.get(0)?, state))
        })
        .optional()?;
    let Some((scope, mut state)) = known else { return Ok(IndexState::default()) };
    state.objects = progress(db, scope)?;
    Ok(state)
}

fn progress(db: &Connection, scope: i64) -> rusqlite::Result<Vec<IndexProgress>> {
    let mut read = db.prepare_cached(
        "SELECT object, position, received, expected, ended, changed, job, locator FROM progress WHERE scope = ?1",
    )?;
    let mut rows = read.query([scope])?;
    let mut known = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(object) = object(row.get(0)?) else { continue };
        known.push(IndexProgress {
            object,
            position: RecordId::parse(row.get_ref(1)?.as_str()?),
            received: unsigned(row.get(2)?),
            expected: unsigned(row.get(3)?),
            ended: row.get(4)?,
            changed_until: moment(row.get(5)?),
            job: job(row.get_ref(6)?.as_str()?, row.get(7)?),
        });
    }
    Ok(known)
}

/// Begins a pass over all records, in place of one that may be under way.
pub(crate) fn begin(
    db: &Connection,
    scope: i64,
    begun: Timestamp,
    reading: &str,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE scope SET generation = generation + 1, pass_begun = ?2, reading = ?3 WHERE row = ?1",
    )?
    .execute((scope, begun.as_millis(), reading))?;
    let mut begin = db.prepare_cached(
        "INSERT INTO progress (scope, object, position, received, expected, ended, changed)
         VALUES (?1, ?2, '', 0, 0, 0, 0)
         ON CONFLICT (scope, object) DO UPDATE SET position = '', received = 0, ended = 0, job = '',
            locator = ''",
    )?;
    for object in Object::ALL {
        begin.execute((scope, code(object)))?;
    }
    Ok(())
}

/// Notes how far the pass has come with an object.
pub(crate) fn step(db: &Connection, scope: i64, step: &PassStep) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE progress SET received = received + ?3, expected = coalesce(?4, expected), ended = ?5,
            position = CASE WHEN ?6 = '' THEN position ELSE ?6 END
         WHERE scope = ?1 AND object = ?2",
    )?
    .execute((
        scope,
        code(step.object),
        i64::try_from(step.received).unwrap_or(i64::MAX),
        step.expected.map(|count| i64::try_from(count).unwrap_or(i64::MAX)),
        step.position.is_none(),
        step.position.as_ref().map_or("", short),
    ))
    .map(drop)
}

/// What is in the place of a job's id where there can be none.
const NO_JOBS: &str = "-";

fn job(id: &str, locator: String) -> IndexJob {
    match RecordId::parse(id) {
        Some(id) => IndexJob::Runs { id, locator: (!locator.is_empty()).then_some(locator) },
        None if id == NO_JOBS => IndexJob::NotPossible,
        None => IndexJob::None,
    }
}

/// Notes by which query in bulk an object is fetched. What a new one brings is counted anew.
pub(crate) fn set_job(
    db: &Connection,
    scope: i64,
    object: Object,
    job: &IndexJob,
) -> rusqlite::Result<()> {
    let (id, locator, new) = match job {
        IndexJob::None => ("", "", false),
        IndexJob::Runs { id, locator } => {
            (id.as_str(), locator.as_deref().unwrap_or_default(), true)
        }
        IndexJob::NotPossible => (NO_JOBS, "", false),
    };
    db.prepare_cached(
        "UPDATE progress SET job = ?3, locator = ?4, received = CASE ?5 WHEN 1 THEN 0 ELSE received END
         WHERE scope = ?1 AND object = ?2",
    )?
    .execute((scope, code(object), id, locator, new))
    .map(drop)
}

/// Notes how far the query in bulk has come.
pub(crate) fn step_job(
    db: &Connection,
    scope: i64,
    object: Object,
    received: usize,
    locator: Option<&str>,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE progress SET received = received + ?3, locator = ?4, ended = ?5
         WHERE scope = ?1 AND object = ?2",
    )?
    .execute((
        scope,
        code(object),
        i64::try_from(received).unwrap_or(i64::MAX),
        locator.unwrap_or_default(),
        locator.is_none(),
    ))
    .map(drop)
}

/// Notes up to when the changes of an object are known.
pub(crate) fn changed_until(
    db: &Connection,
    scope: i64,
    object: Object,
    until: Timestamp,
) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE progress SET changed = ?3 WHERE scope = ?1 AND object = ?2")?
        .execute((scope, code(object), until.as_millis()))
        .map(drop)
}

/// Notes that changes were asked for.
pub(crate) fn checked(db: &Connection, scope: i64, now: Timestamp) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE scope SET checked = ?2 WHERE row = ?1")?
        .execute((scope, now.as_millis()))
        .map(drop)
}

/// Takes times that are later than `now` back: they were written while the clock was ahead. When changes were asked for is
/// not known then.
pub(crate) fn set_back(db: &Connection, scope: i64, now: Timestamp) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE scope SET completed = min(completed, ?2), held = min(held, ?2),
            checked = CASE WHEN checked > ?2 THEN 0 ELSE checked END
         WHERE row = ?1 AND max(completed, held, checked) > ?2",
    )?
    .execute((scope, now.as_millis()))
    .map(drop)
}

/// Ends the pass: what it has not met is not seen any more and goes, unless that is suspiciously much; then it is
/// held back until a second pass says the same.
pub(crate) fn end(db: &Connection, scope: i64, now: Timestamp) -> rusqlite::Result<PassEnd> {
    let (met, unmet) = met(db, scope)?;
    let held: i64 = db
        .prepare_cached("SELECT held FROM scope WHERE row = ?1")?
        .query_row([scope], |row| row.get(0))?;
    let end = if is_suspicious(met, unmet) && held == 0 {
        PassEnd::Held { unmet }
    } else {
        PassEnd::Swept { removed: sweep(db, scope)? }
    };
    let held = if matches!(end, PassEnd::Held { .. }) { now.as_millis() } else { 0 };
    db.prepare_cached(
        "UPDATE scope SET pass_begun = 0, completed = ?2, checked = ?2, held = ?3 WHERE row = ?1",
    )?
    .execute((scope, now.as_millis(), held))?;
    Ok(end)
}

/// A fifth of the records at once is more than people delete in a day: an answer that was empty by error looks so.
fn is_suspicious(met: u64, unmet: u64) -> bool {
    const FEW: u64 = 20;
    unmet > FEW && unmet * 5 > met + unmet
}

fn moment(millis: i64) -> Option<Timestamp> {
    (millis != 0).then(|| Timestamp::from_millis(millis))
}
