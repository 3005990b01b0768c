//! What agents want of their calls, beside the journal and for calls that are not in it yet.
//!
//! A call that is lost is in the PBX's records and comes back; that it is not to be logged, or a note that Salesforce does
//! not have yet, is nowhere else. The small set of these lies also in a file beside the journal, a line of JSON each, and
//! is taken in where a journal is begun anew or was replaced. What is wanted of a call that is not here waits in the
//! table `wish` until the call is read back.

use std::{collections::BTreeSet, fs, io, path::Path, path::PathBuf};

use domain::{CallId, Extension, Serial, delivery::Why};
use rusqlite::{Connection, OptionalExtension, params_from_iter, types::Value};

use super::{calls, outbox};
use crate::{files, model::Desk};

/// So many of the newest are kept. A desk writes as many notes in a week or two, and no older call is read back.
const KEPT: u32 = 500;
/// Looked for among so many of the newest calls that are not over or not sent: Salesforce may be away for weeks.
const AMONG: u32 = 5_000;

/// What one call is wanted to be. A text is empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    desk: Desk,
    call: CallId,
    started: i64,
    open: bool,
    discarded: bool,
    /// As in [`TEXTS`].
    texts: [String; 9],
}

const TEXTS: [&str; 9] = [
    "note",
    "outcome",
    "related",
    "related_object",
    "related_name",
    "follow_up",
    "day",
    "org",
    "user",
];

/// Which word counts where the journal has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precedence {
    /// What is in the journal is as new as the wish, or newer.
    Journal,
    /// The journal is an older copy.
    Wish,
}

/// Returns the file that has the wishes, for this journal.
pub(crate) fn file(journal: &Path) -> PathBuf {
    journal.with_extension("wishes")
}

/// Begins with the few calls of which something may be wanted, by an index each: the journal has the calls of months.
const ALL: &str = "
    WITH wished (row) AS (
        SELECT call FROM (SELECT call FROM wrap_up WHERE open = 1 OR discarded = 1 ORDER BY call DESC LIMIT ?2)
        UNION
        SELECT call FROM (SELECT call FROM follow_up WHERE state IN ('draft', 'waiting') ORDER BY call DESC LIMIT ?2)
        UNION
        SELECT call FROM (SELECT call FROM delivery WHERE state IN ('waiting', 'stuck') ORDER BY call DESC LIMIT ?1)
        UNION
        SELECT row FROM (SELECT row FROM call WHERE finished = 0 ORDER BY row DESC LIMIT ?1)
    )
    SELECT * FROM (
        SELECT c.serial, c.extension, c.call, c.started,
               coalesce(w.open, 0) AS open, coalesce(w.discarded, 0) AS discarded,
               coalesce(r.note, '') AS note, coalesce(r.outcome, '') AS outcome,
               coalesce(w.related, '') AS related, coalesce(w.related_object, '') AS related_object,
               coalesce(w.related_name, '') AS related_name,
               coalesce(u.wish, '') AS follow_up, coalesce(u.day, '') AS day,
               coalesce(u.org, '') AS org, coalesce(u.user, '') AS user
        FROM wished
        CROSS JOIN call c ON c.row = wished.row
        LEFT JOIN remark r ON r.call = c.row
        LEFT JOIN wrap_up w ON w.call = c.row
        LEFT JOIN follow_up u ON u.call = c.row AND u.state <> 'made'
        LEFT JOIN delivery d ON d.call = c.row
        WHERE w.discarded = 1 OR u.state IN ('draft', 'waiting') OR w.open = 1
           OR ((r.note <> '' OR r.outcome <> '' OR w.related <> '')
               AND (d.state IN ('waiting', 'stuck') OR (d.call IS NULL AND c.finished = 0)))
        ORDER BY c.row DESC
    )
    UNION ALL
    SELECT serial, extension, call, started, open, discarded, note, outcome, related, related_object,
           related_name, follow_up, day, org, user
    FROM wish
    LIMIT ?2";

/// Returns what Salesforce does not have yet, newest first, and which calls are not to be logged.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Wish>> {
    let mut statement = db.prepare_cached(ALL)?;
    let mut rows = statement.query((AMONG, KEPT))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let mut texts = <[String; 9]>::default();
        for (text, name) in texts.iter_mut().zip(TEXTS) {
            *text = row.get(name)?;
        }
        all.push(Wish {
            desk: Desk {
                serial: Serial::new(row.get::<_, String>("serial")?),
                extension: Extension::new(row.get::<_, String>("extension")?),
            },
            call: CallId::new(row.get::<_, String>("call")?),
            started: row.get("started")?,
            open: row.get("open")?,
            discarded: row.get("discarded")?,
            texts,
        });
    }
    Ok(all)
}

/// Returns them as the file has them.
pub(super) fn text(wishes: &[Wish]) -> String {
    let line = |wish: &Wish| {
        let mut line = serde_json::json!({
            "serial": wish.desk.serial.as_str(),
            "extension": wish.desk.extension.as_str(),
            "call": wish.call.as_str(),
            "started": wish.started,
            "open": wish.open,
            "discarded": wish.discarded,
        });
        for (name, text) in TEXTS.iter().zip(&wish.texts) {
            line[*name] = text.as_str().into();
        }
        format!("{line}\n")
    };
    wishes.iter().map(line).collect()
}

/// Reads the file. Says whether it is there and all of it can be read, and returns what can be.
pub(super) fn read(file: &Path) -> (bool, Vec<Wish>) {
    let text = match fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, "the notes beside the journal could not be read");
            }
            return (false, Vec::new());
        }
    };
    let lines: Vec<Option<Wish>> = text.lines().map(parse).collect();
    (lines.iter().all(Option::is_some), lines.into_iter().flatten().collect())
}

fn parse(line: &str) -> Option<Wish> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let word = |name: &str| line.get(name)?.as_str().map(str::to_owned);
    let mut texts = <[String; 9]>::default();
    for (text, name) in texts.iter_mut().zip(TEXTS) {
        *text = word(name)?;
    }
    Some(Wish {
        desk: Desk {
            serial: Serial::new(word("serial")?),
            extension: Extension::new(word("extension")?),
        },
        call: CallId::new(word("call")?),
        started: line.get("started")?.as_i64()?,
        open: line.get("open")?.as_bool()?,
        discarded: line.get("discarded")?.as_bool()?,
        texts,
    })
}

/// Replaces the file's content.
pub(super) fn keep(file: &Path, text: &str) -> io::Result<()> {
    files::replace(file, text)
}

/// Takes wishes in: each goes to its call, or waits for it.
pub(super) fn take_in(
    db: &Connection,
    wishes: &[Wish],
    precedence: Precedence,
) -> rusqlite::Result<()> {
    for wish in wishes {
        match calls::known(db, &wish.desk, &wish.call)? {
            Some(row) => {
                grant(db, row, wish, precedence)?;
                bring_up_to_date(db, row)?;
            }
            None => wait(db, wish)?,
        }
    }
    Ok(())
}

/// The call is here, and was not before: what was wanted of it is.
pub(super) fn fulfil(
    db: &Connection,
    desk: &Desk,
    call: &CallId,
    row: i64,
) -> rusqlite::Result<()> {
    let name = (call.as_str(), desk.serial.as_str(), desk.extension.as_str());
    let columns = format!("open, discarded, started, {}", TEXTS.join(", "));
    let wish = db
        .prepare_cached(&format!(
            "DELETE FROM wish WHERE call = ?1 AND serial = ?2 AND extension = ?3 RETURNING {columns}"
        ))?
        .query_row(name, |row| {
            let mut texts = <[String; 9]>::default();
            for (text, name) in texts.iter_mut().zip(TEXTS) {
                *text = row.get(name)?;
            }
            Ok(Wish {
                desk: desk.clone(),
                call: call.clone(),
                started: row.get("started")?,
                open: row.get("open")?,
                discarded: row.get("discarded")?,
                texts,
            })
        })
        .optional()?;
    match wish {
        Some(wish) => grant(db, row, &wish, Precedence::Journal),
        None => Ok(()),
    }
}

/// Keeps a wish until its call is here.
fn wait(db: &Connection, wish: &Wish) -> rusqlite::Result<()> {
    let mut values: Vec<Value> = [wish.desk.serial.as_str(), wish.desk.extension.as_str()]
        .into_iter()
        .chain([wish.call.as_str()])
        .map(|text| text.to_owned().into())
        .collect();
    values.extend([wish.started.into(), wish.open.into(), wish.discarded.into()]);
    values.extend(wish.texts.iter().cloned().map(Value::from));
    db.prepare_cached(&format!(
        "INSERT OR IGNORE INTO wish (serial, extension, call, started, open, discarded, {})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        TEXTS.join(", ")
    ))?
    .execute(params_from_iter(values))?;
    Ok(())
}

/// Writes what was wanted of a call beside it. A request for its follow-up may have gone out: Salesforce is asked first.
fn grant(db: &Connection, row: i64, wish: &Wish, precedence: Precedence) -> rusqlite::Result<()> {
    let [note, outcome, related, object, name, follow_up, day, org, user] = &wish.texts;
    let wins = precedence == Precedence::Wish;
    if !note.is_empty() || !outcome.is_empty() {
        db.prepare_cached(
            "INSERT INTO remark (call, note, outcome, hold_until) VALUES (?1, ?2, ?3, 0)
             ON CONFLICT (call) DO UPDATE SET note = excluded.note, outcome = excluded.outcome WHERE ?4",
        )?
        .execute((row, note, outcome, wins))?;
    }
    if wish.open || wish.discarded || !related.is_empty() {
        db.prepare_cached(
            "INSERT INTO wrap_up (call, open, discarded, related, related_object, related_name)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (call) DO UPDATE SET open = excluded.open, discarded = excluded.discarded,
                related = excluded.related, related_object = excluded.related_object,
                related_name = excluded.related_name WHERE ?7",
        )?
        .execute((row, wish.open, wish.discarded, related, object, name, wins))?;
    }
    if !follow_up.is_empty() {
        let state = if wish.open || day.is_empty() { "draft" } else { "waiting" };
        db.prepare_cached(
            "INSERT OR IGNORE INTO follow_up (call, wish, day, state, org, user, due, attempts, unsure, task, code, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 1, '', '', '')",
        )?
        .execute((row, follow_up, day, state, org, user))?;
    }
    Ok(())
}

/// The entry of a call that was here before its wish follows it.
fn bring_up_to_date(db: &Connection, row: i64) -> rusqlite::Result<()> {
    let unwanted = db
        .prepare_cached("SELECT 1 FROM wrap_up WHERE call = ?1 AND discarded = 1")?
        .exists([row])?;
    if unwanted { outbox::withdraw(db, row, Why::Discarded, None) } else { outbox::touch(db, row) }
}

/// Takes calls out of the journal of which too little is known. What is wanted of them waits until they are read back.
pub(super) fn set_aside(db: &Connection, rows: &BTreeSet<i64>) -> rusqlite::Result<()> {
    for row in rows {
        // Not over: its wishes count, whether or not there is an entry.
        db.prepare_cached("UPDATE call SET finished = 0 WHERE row = ?1")?.execute([row])?;
    }
    let wishes = all(db)?;
    for row in rows {
        db.prepare_cached("DELETE FROM call WHERE row = ?1")?.execute([row])?;
    }
    for wish in &wishes {
        if calls::known(db, &wish.desk, &wish.call)?.is_none() {
            wait(db, wish)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::database;

    /// Puts so many calls into a journal that were logged long ago, each with a note, and one that was not.
    fn journal(calls: i64) -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        fs::File::create(&path).unwrap();
        let db = database::open(&path, &database::JOURNAL, false, true).unwrap().connection;
        db.execute_batch(&format!(
            "CREATE TEMP TABLE past AS
                WITH RECURSIVE n (row) AS (VALUES (1) UNION ALL SELECT row + 1 FROM n WHERE row <= {calls})
                SELECT row, row > {calls} AS waits FROM n"
        ))
        .unwrap();
        for table in ["call", "remark", "wrap_up", "delivery"] {
            fill(&db, table);
        }
        (folder, db)
    }

    /// Gives a table a row for each of the past.
    fn fill(db: &Connection, table: &str) {
        let mut columns = db.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
        let value = |row: &rusqlite::Row<'_>| {
            let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(match (table, name.as_str(), kind.as_str()) {
                (_, "row", _) | ("remark" | "wrap_up" | "delivery", "call", _) => "row",
                ("call", "finished", _) => "1",
                ("call", "call", _) | (_, "key", _) => "'1.' || row",
                ("call", "direction", _) => "'inbound'",
                ("call", "party_kind", _) => "'withheld'",
                ("call", "outcome", _) => "'answered'",
                ("remark", "note", _) => "'wants an offer'",
                (_, "state", _) => "iif(waits, 'waiting', 'logged')",
                (_, "task", _) => "iif(waits, '', '00T')",
                (_, "aim", _) => "'log'",
                (_, _, "INTEGER") => "0",
                (_, _, _) => "''",
            })
        };
        let values: Vec<&str> =
            columns.query_map([table], value).unwrap().collect::<rusqlite::Result<_>>().unwrap();
        let values = values.join(", ");
        db.execute_batch(&format!("INSERT INTO {table} SELECT {values} FROM past")).unwrap();
    }

    /// How much work SQLite has with the wishes, whatever the computer.
    fn steps(db: &Connection) -> i32 {
        let mut statement = db.prepare(ALL).unwrap();
        let mut rows = statement.query((AMONG, KEPT)).unwrap();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        statement.get_status(StatementStatus::VmStep)
    }

    #[test]
    fn what_is_wanted_is_found_with_the_same_work_after_a_year_as_after_a_day() {
        let (_kept, day) = journal(100);
        let (_kept, year) = journal(36_500);
        for db in [&day, &year] {
            assert_eq!(all(db).unwrap().len(), 1, "the one that waits");
        }
        assert_eq!(steps(&year), steps(&day));
    }
}
