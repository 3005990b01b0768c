//! Cursors, marks and choices.

use domain::{Object, OrgId, PhoneNumber, RecordId, RecordRef, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::model::Choice;

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

/// Returns what was chosen in an org, the newest first.
pub(crate) fn choices(db: &Connection, org: &OrgId) -> rusqlite::Result<Vec<Choice>> {
    let mut list = db.prepare_cached(
        "SELECT number, record, object, name, since FROM choice WHERE org = ?1
         ORDER BY since DESC, number",
    )?;
    let mut rows = list.query([org.as_str()])?;
    let mut choices = Vec::new();
    while let Some(row) = rows.next()? {
        let (number, record): (String, String) = (row.get(0)?, row.get(1)?);
        let since: i64 = row.get(4)?;
        // Neither can be anything else, and one that is would be of no use.
        let Some((number, record)) = PhoneNumber::from_e164(&number).zip(RecordId::parse(&record))
        else {
            continue;
        };
        choices.push(Choice {
            number,
            record,
            object: Object::from_api_name(row.get_ref(2)?.as_str()?),
            name: row.get(3)?,
            since: (since != 0).then(|| Timestamp::from_millis(since)),
        });
    }
    Ok(choices)
}

/// Writes the record that a person chose for a number.
pub(crate) fn remember_choice(
    db: &Connection,
    org: &OrgId,
    number: &PhoneNumber,
    record: &RecordRef,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO choice (org, number, record, object, name, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (org, number) DO UPDATE SET record = excluded.record, object = excluded.object,
            name = excluded.name, since = excluded.since",
    )?
    .execute((
        org.as_str(),
        number.e164(),
        record.id.as_str(),
        record.object.api_name(),
        &record.name,
        now.as_millis(),
    ))?;
    Ok(())
}

/// Removes all choices, of all orgs.
pub(crate) fn forget_choices(db: &Connection) -> rusqlite::Result<()> {
    db.execute("DELETE FROM choice", [])?;
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
