//! Cursors, marks and choices.

use domain::{OrgId, PhoneNumber, RecordId};
use rusqlite::{Connection, OptionalExtension};

/// Returns how far `name` has been read.
pub(crate) fn cursor(db: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT value FROM cursor WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Writes how far `name` has been read.
pub(crate) fn set_cursor(db: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO cursor (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute((name, value))?;
    Ok(())
}

/// Returns a mark.
pub(crate) fn mark(db: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT value FROM mark WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Sets a mark, or takes it away.
pub(crate) fn set_mark(db: &Connection, name: &str, value: Option<&str>) -> rusqlite::Result<()> {
    match value {
        Some(value) => db
            .prepare_cached(
                "INSERT INTO mark (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute((name, value))?,
        None => db.prepare_cached("DELETE FROM mark WHERE name = ?1")?.execute([name])?,
    };
    Ok(())
}

/// Returns the record that a person chose for a number.
pub(crate) fn choice(
    db: &Connection,
    org: &OrgId,
    number: &PhoneNumber,
) -> rusqlite::Result<Option<RecordId>> {
    let record: Option<String> = db
        .prepare_cached("SELECT record FROM choice WHERE org = ?1 AND number = ?2")?
        .query_row((org.as_str(), number.e164()), |row| row.get(0))
        .optional()?;
    Ok(record.as_deref().and_then(RecordId::parse))
}

/// Writes the record that a person chose for a number.
pub(crate) fn remember_choice(
    db: &Connection,
    org: &OrgId,
    number: &PhoneNumber,
    record: &RecordId,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO choice (org, number, record) VALUES (?1, ?2, ?3)
         ON CONFLICT (org, number) DO UPDATE SET record = excluded.record",
    )?
    .execute((org.as_str(), number.e164(), record.as_str()))?;
    Ok(())
}

/// Removes the choice for a number.
pub(crate) fn forget_choice(
    db: &Connection,
    org: &OrgId,
    number: &PhoneNumber,
) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM choice WHERE org = ?1 AND number = ?2")?
        .execute((org.as_str(), number.e164()))?;
    Ok(())
}
