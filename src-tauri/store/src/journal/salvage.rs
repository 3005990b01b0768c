//! What can still be read of a damaged journal that was put aside, table by table and row by row: a bad page costs what is
//! on it.
//!
//! SQLite reads it, from a copy: the file itself stays as it was found. Into the new journal goes what its own rules
//! allow; garbage breaks them. A call whose row is lost is read back from the PBX, and what was wanted of it waits for it.

use std::{collections::BTreeSet, fs, path::Path};

use rusqlite::{Connection, params_from_iter, types::Value};

use super::{facts, identity, wishes};
use crate::files;

/// Tables whose rows have numbers, parents first.
const NUMBERED: [&str; 9] =
    ["call", "live", "found", "pop", "remark", "delivery", "wrap_up", "follow_up", "written"];
/// Tables whose rows have names.
const NAMED: [&str; 7] = ["cursor", "mark", "choice", "created", "begun", "wish", "deleted"];
/// Row numbers that are tried one by one behind a bad page. The largest page has some hundred rows.
const TRIED: i64 = 20_000;
/// A call of so long before the newest, whose entry is lost, is not read back any more and stays as it is.
const READ_BACK_MS: i64 = 14 * 86_400_000;

/// What was had back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Salvaged {
    pub(super) calls: i64,
    /// Nothing was missing of what people have written.
    pub(super) whole: bool,
}

/// Brings what can be read of the file into a new journal.
pub(super) fn salvage(into: &Connection, kept: &Path) -> Salvaged {
    let copy = files::beside(kept, "-reading");
    let salvaged = copied(kept, &copy).and_then(|old| {
        let salvaged = carry_over(into, &old).map_err(|error| error.to_string());
        drop(old);
        salvaged
    });
    if let Err(error) = files::remove(&copy) {
        tracing::warn!(%error, "the copy of the damaged journal stays");
    }
    match salvaged {
        Ok(salvaged) => {
            tracing::info!(?salvaged, "what could be read of the damaged journal is used");
            salvaged
        }
        Err(error) => {
            tracing::warn!(%error, "nothing could be read of the damaged journal");
            Salvaged::default()
        }
    }
}

fn copied(kept: &Path, copy: &Path) -> Result<Connection, String> {
    files::remove(copy).map_err(|error| error.to_string())?;
    files::prepare_file(copy, &mut Vec::new()).map_err(|error| error.to_string())?;
    fs::copy(kept, copy).map_err(|error| error.to_string())?;
    let log = files::beside(kept, "-wal");
    if log.exists() {
        fs::copy(&log, files::beside(copy, "-wal")).map_err(|error| error.to_string())?;
    }
    let old = Connection::open(copy).map_err(|error| error.to_string())?;
    // Nothing is believed that the file says of itself.
    old.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")
        .map_err(|error| error.to_string())?;
    Ok(old)
}

fn carry_over(into: &Connection, old: &Connection) -> rusqlite::Result<Salvaged> {
    into.execute_batch("BEGIN IMMEDIATE")?;
    match carry_over_all(into, old) {
        Ok(salvaged) => into.execute_batch("COMMIT").map(|()| salvaged),
        Err(error) => {
            into.execute_batch("ROLLBACK")?;
            Err(error)
        }
    }
}

fn carry_over_all(into: &Connection, old: &Connection) -> rusqlite::Result<Salvaged> {
    let mut whole = true;
    let mut nameless = BTreeSet::new();
    let mut entries_whole = true;
    for table in NUMBERED {
        let read = table_of(into, old, table, Key::Number)?;
        match table {
            "call" if !read => nameless = name_lost_calls(into, old)?,
            "delivery" => entries_whole = read,
            "remark" | "wrap_up" | "follow_up" => whole &= read,
            _ => {}
        }
    }
    for table in NAMED {
        let read = table_of(into, old, table, Key::Name)?;
        whole &= read || table != "wish";
    }
    // Until all is in order this is not the journal that the last run left: a kill before that has the calls read back.
    facts::set_mark(into, identity::WORD, None)?;
    if !entries_whole {
        nameless.extend(without_entry(into)?);
    }
    wishes::set_aside(into, &nameless)?;
    let calls = into.query_row("SELECT count(*) FROM call", [], |row| row.get(0))?;
    Ok(Salvaged { calls, whole })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Number,
    Name,
}

/// Carries a table over. Says whether all of it could be read.
fn table_of(into: &Connection, old: &Connection, table: &str, key: Key) -> rusqlite::Result<bool> {
    let known = columns(into, table)?;
    let Ok(there) = columns(old, table) else { return Ok(false) };
    let shared: Vec<&String> = known.iter().filter(|column| there.contains(column)).collect();
    if shared.is_empty() {
        // An earlier schema had no such table; or the schema itself cannot be read.
        return Ok(old.prepare("SELECT count(*) FROM sqlite_schema").is_ok());
    }
    let list: Vec<String> = shared.iter().map(|column| format!("\"{column}\"")).collect();
    let list = list.join(", ");
    let places: Vec<String> = (1..=shared.len()).map(|place| format!("?{place}")).collect();
    let mut insert = into.prepare(&format!(
        "INSERT OR IGNORE INTO \"{table}\" ({list}) VALUES ({})",
        places.join(", ")
    ))?;
    // What breaks a rule of the new journal is garbage, or belongs to a row that is lost.
    let mut take = |values: Vec<Value>| drop(insert.execute(params_from_iter(values)));
    Ok(match key {
        Key::Name => {
            let from = format!("SELECT {list} FROM \"{table}\"");
            let order = format!("\"{}\" DESC", shared[0]);
            each(old, &from, shared.len(), &mut take) || {
                each(old, &format!("{from} ORDER BY {order}"), shared.len(), &mut take);
                false
            }
        }
        Key::Number => numbered(old, table, &list, shared.len(), &mut take),
    })
}

/// Reads from both ends to the first bad page, and what lies between row by row.
fn numbered(
    old: &Connection,
    table: &str,
    list: &str,
    width: usize,
    take: &mut impl FnMut(Vec<Value>),
) -> bool {
    let from = format!("SELECT rowid, {list} FROM \"{table}\"");
    let mut reached = (0, None);
    let number = |values: &mut Vec<Value>| match values.remove(0) {
        Value::Integer(number) => number,
        Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_) => 0,
    };
    if each(old, &format!("{from} ORDER BY rowid"), width + 1, &mut |mut values| {
        reached.0 = number(&mut values);
        take(values);
    }) {
        return true;
    }
    each(old, &format!("{from} ORDER BY rowid DESC"), width + 1, &mut |mut values| {
        reached.1 = Some(number(&mut values));
        take(values);
    });
    let end = reached.1.unwrap_or(i64::MAX).min(reached.0.saturating_add(TRIED));
    let Ok(mut one) = old.prepare(&format!("SELECT {list} FROM \"{table}\" WHERE rowid = ?1"))
    else {
        return false;
    };
    for row in reached.0 + 1..end {
        let read = one.query_row([row], |row| values(row, width));
        if let Ok(values) = read {
            take(values);
        }
    }
    false
}

/// Reads rows until one cannot be read. Says whether there was none such.
fn each(old: &Connection, query: &str, width: usize, take: &mut impl FnMut(Vec<Value>)) -> bool {
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = old.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(values(row, width)?);
        }
        Ok(())
    };
    read().is_ok()
}

fn values(row: &rusqlite::Row<'_>, width: usize) -> rusqlite::Result<Vec<Value>> {
    (0..width).map(|column| row.get(column)).collect()
}

fn columns(db: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    db.prepare("SELECT name FROM pragma_table_info(?1)")?
        .query_map([table], |row| row.get(0))?
        .collect()
}

/// Gives calls whose row is lost a row that names them, so that what belongs to them is carried over. Their names are in
/// the index that keeps them apart, and in the keys of their entries.
fn name_lost_calls(into: &Connection, old: &Connection) -> rusqlite::Result<BTreeSet<i64>> {
    let mut named = BTreeSet::new();
    let mut insert = into.prepare(
        "INSERT OR IGNORE INTO call (row, call, serial, extension, finished, direction, party_kind, party,
            started, talked_ms, outcome, queue, did, recording, reason, rank)
         VALUES (?1, ?2, ?3, ?4, 0, '', '', '', (SELECT coalesce(max(started), 0) FROM call), 0, '', '', '', '', '', 0)",
    )?;
    let mut take = |values: Vec<Value>| {
        if let Some(Value::Integer(row)) = values.first().cloned()
            && insert.execute(params_from_iter(values)).is_ok_and(|changed| changed > 0)
        {
            named.insert(row);
        }
    };
    const INDEX: &str =
        "SELECT row, call, serial, extension FROM call INDEXED BY sqlite_autoindex_call_1";
    each(old, INDEX, 4, &mut take);
    each(old, &format!("{INDEX} ORDER BY call DESC"), 4, &mut take);
    // `ys:<serial>:<call>:<extension>`; the key of a call that nobody took does not name the extension.
    each(old, "SELECT call, key FROM delivery", 2, &mut |values| {
        let [Value::Integer(row), Value::Text(key)] = values.as_slice() else { return };
        let parts = key.strip_prefix("ys:").and_then(|rest| rest.rsplit_once(':'));
        let Some(((serial, call), extension)) =
            parts.and_then(|(front, last)| Some((front.split_once(':')?, last)))
        else {
            return;
        };
        if extension != "missed" {
            let names = [call, serial, extension].map(|name| Value::from(name.to_owned()));
            take([Value::from(*row)].into_iter().chain(names).collect());
        }
    });
    Ok(named)
}

/// Returns the calls of the last days that have ended and whose entry is not there: it may have been lost.
fn without_entry(into: &Connection) -> rusqlite::Result<Vec<i64>> {
    into.prepare(
        "SELECT row FROM call
         WHERE finished = 1 AND started > (SELECT max(started) FROM call) - ?1
           AND row NOT IN (SELECT call FROM delivery)",
    )?
    .query_map([READ_BACK_MS], |row| row.get(0))?
    .collect()
}
