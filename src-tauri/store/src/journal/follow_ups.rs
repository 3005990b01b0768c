//! Follow-ups: the open Task that a call leaves behind, made once.
//!
//! ```text
//!   draft ──► waiting ──► made
//!               ▲  │
//!               │  └────► stuck
//!               └─ retry ──┘
//! ```
//!
//! `unsure` is set before a request goes out, so that after a kill Salesforce is asked for the follow-up first.

use domain::{Day, RecordId, TaskId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::rows;
use crate::model::{DueFollowUp, FollowUp, FollowUpState, Owner, Reason};

/// Takes the owner's oldest follow-up that is due: its note is saved, the call is over, and its entry does not wait. What
/// was written while nobody was signed in becomes this owner's.
pub(crate) fn due(
    db: &Connection,
    owner: &Owner,
    now: Timestamp,
) -> rusqlite::Result<Option<DueFollowUp>> {
    let mine = (owner.org.as_str(), owner.user.as_str());
    db.prepare_cached(
        "UPDATE follow_up SET org = ?1, user = ?2 WHERE org = '' AND state = 'waiting'",
    )?
    .execute(mine)?;
    let found = db
        .prepare_cached(
            "SELECT u.call, u.attempts, u.unsure, u.day FROM follow_up u JOIN call c ON c.row = u.call
             LEFT JOIN delivery d ON d.call = u.call
             WHERE u.state = 'waiting' AND u.org = ?1 AND u.user = ?2 AND u.due <= ?3 AND c.finished = 1
               AND (d.call IS NULL OR d.task <> '' OR d.state <> 'waiting')
             ORDER BY u.due, u.call LIMIT 1",
        )?
        .query_row((mine.0, mine.1, now.as_millis()), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    let Some((row, attempts, unsure, day)) = found else { return Ok(None) };
    let Some(day) = Day::parse(&day) else { return Ok(None) };
    let call = rows::by_row(db, row)?;
    Ok(Some(DueFollowUp { row, call, day, attempts, unsure }))
}

/// Returns when the owner's next follow-up is due that waits for nothing else.
pub(crate) fn next_due(db: &Connection, owner: &Owner) -> rusqlite::Result<Option<Timestamp>> {
    let due: Option<i64> = db
        .prepare_cached(
            "SELECT min(u.due) FROM follow_up u JOIN call c ON c.row = u.call
             LEFT JOIN delivery d ON d.call = u.call
             WHERE u.state = 'waiting' AND u.org = ?1 AND u.user = ?2 AND c.finished = 1
               AND (d.call IS NULL OR d.task <> '' OR d.state <> 'waiting')",
        )?
        .query_row((owner.org.as_str(), owner.user.as_str()), |row| row.get(0))?;
    Ok(due.map(Timestamp::from_millis))
}

/// Notes that a request goes out now. Says whether it may: the wish may have been taken back meanwhile.
pub(crate) fn sending(db: &Connection, row: i64) -> rusqlite::Result<bool> {
    let changed = db
        .prepare_cached(
            "UPDATE follow_up SET unsure = 1, attempts = attempts + 1
             WHERE call = ?1 AND state = 'waiting'",
        )?
        .execute([row])?;
    Ok(changed > 0)
}

/// Notes the Task.
pub(crate) fn made(db: &Connection, row: i64, task: &TaskId) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE follow_up SET state = 'made', task = ?2, unsure = 0, code = '', text = '' WHERE call = ?1",
    )?
    .execute((row, task.as_str()))?;
    Ok(())
}

/// Lets it wait. `may_have_happened`: the answer was lost.
pub(crate) fn postpone(
    db: &Connection,
    row: i64,
    until: Timestamp,
    reason: &Reason,
    may_have_happened: bool,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE follow_up SET due = ?2, unsure = ?3, code = ?4, text = ?5
         WHERE call = ?1 AND state = 'waiting'",
    )?
    .execute((row, until.as_millis(), may_have_happened, &reason.code, &reason.text))?;
    Ok(())
}

/// Leaves it to a person.
pub(crate) fn park(db: &Connection, row: i64, reason: &Reason) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE follow_up SET state = 'stuck', unsure = 0, code = ?2, text = ?3
         WHERE call = ?1 AND state = 'waiting'",
    )?
    .execute((row, &reason.code, &reason.text))?;
    Ok(())
}

/// Makes waiting and stuck ones due, that of one call or all. Returns how many.
pub(crate) fn retry(db: &Connection, which: Option<&str>) -> rusqlite::Result<u64> {
    let changed = db
        .prepare_cached(
            "UPDATE follow_up SET state = 'waiting', due = 0, attempts = 0, code = '', text = ''
             WHERE state IN ('waiting', 'stuck') AND day <> '' AND (?1 IS NULL
                OR call IN (SELECT row FROM call c WHERE c.call = ?1)
                OR call IN (SELECT d.call FROM delivery d WHERE d.key = ?1))",
        )?
        .execute([which])?;
    Ok(u64::try_from(changed).unwrap_or(0))
}

/// Reads what `rows` has joined.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Option<FollowUp>> {
    let Some(state) = row.get::<_, Option<String>>("follow_up_state")? else { return Ok(None) };
    let task = RecordId::parse(&row.get::<_, String>("follow_up_task")?);
    let (code, text): (String, String) = (row.get("follow_up_code")?, row.get("follow_up_text")?);
    Ok(Some(FollowUp {
        wish: row.get("wish")?,
        day: Day::parse(&row.get::<_, String>("day")?),
        state: match (state.as_str(), task) {
            ("made", Some(task)) => FollowUpState::Made(task),
            ("waiting", _) => FollowUpState::Waiting,
            ("stuck", _) => FollowUpState::Stuck,
            _ => FollowUpState::Draft,
        },
        reason: (!code.is_empty() || !text.is_empty()).then_some(Reason { code, text }),
    }))
}
