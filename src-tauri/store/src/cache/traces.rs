//! What the contact sync remembers, in `cache.db`.

use std::collections::HashMap;

use domain::{
    RecordId,
    sync::{Fingerprint, Trace},
};
use rusqlite::Connection;

/// Returns what is remembered of a phonebook.
pub(crate) fn list(db: &Connection, book: &str) -> rusqlite::Result<HashMap<RecordId, Trace>> {
    let mut find = db.prepare_cached(
        "SELECT t.record, t.sent, t.seen FROM trace t JOIN phonebook p ON p.row = t.phonebook
         WHERE p.name = ?1",
    )?;
    let rows = find.query_map([book], |row| {
        let (sent, seen): (i64, i64) = (row.get(1)?, row.get(2)?);
        let trace = Trace {
            sent: Fingerprint(sent.cast_unsigned()),
            seen: Fingerprint(seen.cast_unsigned()),
        };
        Ok((RecordId::parse(row.get_ref(0)?.as_str()?), trace))
    })?;
    // What cannot be read is as good as forgotten.
    rows.filter_map(|row| row.map(|(record, trace)| Some((record?, trace))).transpose()).collect()
}

/// Remembers contacts, each in place of what was known of it.
pub(crate) fn put(
    db: &Connection,
    book: &str,
    traces: &[(RecordId, Trace)],
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO phonebook (name) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([book])?;
    let book: i64 = db
        .prepare_cached("SELECT row FROM phonebook WHERE name = ?1")?
        .query_row([book], |row| row.get(0))?;
    let mut write = db.prepare_cached(
        "INSERT INTO trace (phonebook, record, sent, seen) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET sent = excluded.sent, seen = excluded.seen",
    )?;
    for (record, trace) in traces {
        let (sent, seen) = (trace.sent.0.cast_signed(), trace.seen.0.cast_signed());
        write.execute((book, record.as_str(), sent, seen))?;
    }
    Ok(())
}

/// Forgets contacts.
pub(crate) fn forget(db: &Connection, book: &str, records: &[RecordId]) -> rusqlite::Result<()> {
    let mut remove = db.prepare_cached(
        "DELETE FROM trace WHERE record = ?2
         AND phonebook = (SELECT row FROM phonebook WHERE name = ?1)",
    )?;
    for record in records {
        remove.execute((book, record.as_str()))?;
    }
    Ok(())
}
