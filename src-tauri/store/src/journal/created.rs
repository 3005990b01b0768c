//! Records that this program created.

use domain::{OrgId, RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{calls, rows};
use crate::model::CreatedRecord;

/// Writes that a record was created for the entry with this key, and that the call is this record's. The Task is about
/// to be written from it: nothing is to be updated for that.
pub(crate) fn enter(db: &Connection, created: &CreatedRecord) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO created (org, record, object, number, key, made)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        created.org.as_str(),
        created.record.id.as_str(),
        created.record.object.api_name(),
        created.number.e164(),
        created.key.as_str(),
        created.made.as_millis(),
    ))?;
    let row: Option<i64> = db
        .prepare_cached("SELECT call FROM delivery WHERE key = ?1")?
        .query_row([created.key.as_str()], |row| row.get(0))
        .optional()?;
    let Some(row) = row else { return Ok(()) };
    // What a person chose meanwhile is newer.
    let chosen = rows::by_row(db, row)?.matches.is_some_and(|known| known.candidates > 0);
    if chosen { Ok(()) } else { calls::write_match(db, row, &created.matched) }
}

/// Returns how many records were created in an org since `from`.
pub(crate) fn count_since(db: &Connection, org: &OrgId, from: Timestamp) -> rusqlite::Result<u64> {
    db.prepare_cached("SELECT count(*) FROM created WHERE org = ?1 AND made >= ?2")?
        .query_row((org.as_str(), from.as_millis()), |row| row.get::<_, i64>(0))
        .map(|count| u64::try_from(count).unwrap_or(0))
}

/// Returns when a record was created here; `None`: it was not.
pub(crate) fn made(
    db: &Connection,
    org: &OrgId,
    record: &RecordId,
) -> rusqlite::Result<Option<Timestamp>> {
    db.prepare_cached("SELECT made FROM created WHERE org = ?1 AND record = ?2")?
        .query_row((org.as_str(), record.as_str()), |row| row.get(0))
        .optional()
        .map(|made| made.map(Timestamp::from_millis))
}
