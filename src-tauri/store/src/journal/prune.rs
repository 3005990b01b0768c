//! What is old goes, so that the file has a size and each look into it a price.
//!
//! What is still to be sent or waits for a person stays, however old it is.

use domain::Timestamp;
use rusqlite::Connection;

/// So many calls go with one transaction: some milliseconds, in which nothing else is read or written.
pub(crate) const PORTION: u32 = 500;

/// Removes the oldest finished calls that began before `older_than` and about which nothing is left to send: one portion.
/// Returns how many.
pub(crate) fn calls(db: &Connection, older_than: Timestamp) -> rusqlite::Result<u64> {
    let removed = db
        .prepare_cached(
            "DELETE FROM call WHERE row IN (
            SELECT c.row FROM call c
            WHERE c.started < ?1 AND c.finished = 1
              AND NOT EXISTS (SELECT 1 FROM live l WHERE l.call = c.row)
              AND NOT EXISTS (
                SELECT 1 FROM delivery d WHERE d.call = c.row AND d.state IN ('waiting', 'stuck'))
              AND NOT EXISTS (
                SELECT 1 FROM follow_up u WHERE u.call = c.row AND u.state IN ('waiting', 'stuck'))
            ORDER BY c.started LIMIT ?2)",
        )?
        .execute((older_than.as_millis(), PORTION))?;
    Ok(u64::try_from(removed).unwrap_or(0))
}

/// Removes what was created before `older_than`, except for calls that are still here, and choices that were made before
/// for numbers of which no call is left: a number that calls keeps its record.
pub(crate) fn created_and_chosen(db: &Connection, older_than: Timestamp) -> rusqlite::Result<()> {
    db.prepare_cached(
        "DELETE FROM created WHERE made < ?1 AND key NOT IN (SELECT key FROM delivery)",
    )?
    .execute([older_than.as_millis()])?;
    db.prepare_cached("DELETE FROM begun WHERE key NOT IN (SELECT key FROM delivery)")?
        .execute([])?;
    db.prepare_cached(
        "DELETE FROM choice WHERE since < ?1
           AND number NOT IN (SELECT party FROM call WHERE party_kind = 'external')",
    )?
    .execute([older_than.as_millis()])?;
    // Their calls were not read back.
    db.prepare_cached("DELETE FROM wish WHERE started < ?1 AND started > 0")?
        .execute([older_than.as_millis()])?;
    Ok(())
}
