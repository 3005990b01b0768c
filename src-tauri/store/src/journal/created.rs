//! Records that this program created.

use domain::{CallId, CallKey, Object, OrgId, PhoneNumber, RecordId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{calls, rows};
use crate::model::{BegunRecord, CreatedRecord, Desk, StoredMatch};

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

/// Returns when the `nth` latest of the records that were created in an org was made, from 1.
pub(crate) fn nth_latest(
    db: &Connection,
    org: &OrgId,
    nth: u32,
) -> rusqlite::Result<Option<Timestamp>> {
    db.prepare_cached(
        "SELECT made FROM created WHERE org = ?1 ORDER BY made DESC LIMIT 1 OFFSET ?2",
    )?
    .query_row((org.as_str(), nth.saturating_sub(1)), |row| row.get(0).map(Timestamp::from_millis))
    .optional()
}

/// Writes that the record that was created for a call was taken back: the call has none.
pub(crate) fn take_back(db: &Connection, desk: &Desk, call: &CallId) -> rusqlite::Result<()> {
    db.prepare_cached(
        "DELETE FROM created WHERE key = (
            SELECT d.key FROM delivery d JOIN call c ON c.row = d.call
            WHERE c.call = ?1 AND c.serial = ?2 AND c.extension = ?3)",
    )?
    .execute((call.as_str(), desk.serial.as_str(), desk.extension.as_str()))?;
    let nobody =
        StoredMatch { why: "the created record was deleted".to_owned(), ..StoredMatch::default() };
    calls::take_match_back(db, desk, call, &nobody)
}

/// Writes that a record is being created, or which one it is.
pub(crate) fn begin(db: &Connection, begun: &BegunRecord) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO begun (key, org, object, record, name, number)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        begun.key.as_str(),
        begun.org.as_str(),
        begun.object.api_name(),
        begun.record.as_ref().map_or("", RecordId::as_str),
        &begun.name,
        begun.number.e164(),
    ))?;
    Ok(())
}

/// Returns the record that is being created for an entry. What cannot be read is none.
pub(crate) fn begun(
    db: &Connection,
    org: &OrgId,
    key: &CallKey,
) -> rusqlite::Result<Option<BegunRecord>> {
    let row = db
        .prepare_cached(
            "SELECT object, record, name, number FROM begun WHERE key = ?1 AND org = ?2",
        )?
        .query_row((key.as_str(), org.as_str()), |row| {
            let text = |at: usize| row.get::<_, String>(at);
            Ok((text(0)?, text(1)?, text(2)?, text(3)?))
        })
        .optional()?;
    Ok(row.and_then(|(object, record, name, number)| {
        Some(BegunRecord {
            org: org.clone(),
            key: key.clone(),
            object: Object::ALL.into_iter().find(|known| known.api_name() == object)?,
            record: RecordId::parse(&record),
            name,
            number: PhoneNumber::from_e164(&number)?,
        })
    }))
}

/// Writes that a creation was seen to its end.
pub(crate) fn end(db: &Connection, org: &OrgId, key: &CallKey) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM begun WHERE key = ?1 AND org = ?2")?
        .execute((key.as_str(), org.as_str()))?;
    Ok(())
}
