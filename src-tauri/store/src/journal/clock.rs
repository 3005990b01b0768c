//! Stored times, once the computer's clock was set.

use std::time::Duration;

use domain::Timestamp;
use rusqlite::Connection;

/// Records that were created within this count towards the pause of creation.
const COUNTS: Duration = Duration::from_secs(3_600);
/// Nothing else than a pause after trouble waits longer; a start may end such a pause.
const SHORT: Duration = Duration::from_secs(120);

/// The clock was set by so many milliseconds when it showed `was`; negative: back. What waits waits as long as before.
pub(crate) fn was_set(db: &Connection, was: Timestamp, by: i64) -> rusqlite::Result<()> {
    let (was, counts) = (was.as_millis(), was.minus(COUNTS).as_millis());
    db.prepare_cached("UPDATE delivery SET due = due + ?2 WHERE state = 'waiting' AND due > ?1")?
        .execute((was, by))?;
    db.prepare_cached("UPDATE follow_up SET due = due + ?2 WHERE state = 'waiting' AND due > ?1")?
        .execute((was, by))?;
    db.prepare_cached("UPDATE remark SET hold_until = hold_until + ?2 WHERE hold_until > ?1")?
        .execute((was, by))?;
    db.prepare_cached("UPDATE created SET made = made + ?2 WHERE made > ?1")?
        .execute((counts, by))?;
    Ok(())
}

/// For a start: the clock may have been set back since the last run. What lies further ahead than a short wait is due
/// now, and what was made later than now was made now.
pub(crate) fn at_start(db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let (now, soon) = (now.as_millis(), now.plus(SHORT).as_millis());
    db.prepare_cached("UPDATE delivery SET due = ?1 WHERE state = 'waiting' AND due > ?2")?
        .execute((now, soon))?;
    db.prepare_cached("UPDATE follow_up SET due = ?1 WHERE state = 'waiting' AND due > ?2")?
        .execute((now, soon))?;
    db.prepare_cached("UPDATE remark SET hold_until = ?2 WHERE hold_until > ?2")?
        .execute((now, soon))?;
    db.prepare_cached("UPDATE created SET made = ?1 WHERE made > ?1")?.execute([now])?;
    Ok(())
}
