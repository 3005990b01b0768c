//! Opening one SQLite file: checks first, then settings, then migrations.

use std::{fs, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use crate::error::{Error, Result};

/// How long another program (antivirus, backup) may hold a file before a request fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A larger number in a file's header is not a schema that somebody will release: the header is damaged.
const UNBELIEVABLE: i64 = 10_000;

/// What a file is for, and its migrations in order; the first brings it to schema 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) migrations: &'static [&'static str],
    /// What a power cut may take: with `FULL` nothing that was acknowledged, with `NORMAL` the last commits.
    pub(crate) synchronous: &'static str,
}

/// `journal.db`: small and precious.
pub(crate) const JOURNAL: Schema = Schema {
    name: "journal.db",
    migrations: &[
        include_str!("../migrations/journal/0001_calls_and_outbox.sql"),
        include_str!("../migrations/journal/0002_created_records.sql"),
        include_str!("../migrations/journal/0003_whose_call.sql"),
        include_str!("../migrations/journal/0004_delivery_state.sql"),
        include_str!("../migrations/journal/0005_who_spoke.sql"),
        include_str!("../migrations/journal/0006_notes.sql"),
        include_str!("../migrations/journal/0007_age.sql"),
        include_str!("../migrations/journal/0008_wishes.sql"),
        include_str!("../migrations/journal/0009_deleted.sql"),
        include_str!("../migrations/journal/0010_begun.sql"),
        include_str!("../migrations/journal/0011_wished.sql"),
    ],
    synchronous: "FULL",
};

/// `cache.db`: large and disposable.
pub(crate) const CACHE: Schema = Schema {
    name: "cache.db",
    migrations: &[
        include_str!("../migrations/cache/0001_records.sql"),
        include_str!("../migrations/cache/0002_contact_index.sql"),
        include_str!("../migrations/cache/0003_contact_sync.sql"),
        include_str!("../migrations/cache/0004_bulk_queries.sql"),
        include_str!("../migrations/cache/0005_unread_numbers.sql"),
    ],
    synchronous: "NORMAL",
};

impl Schema {
    fn newest(&self) -> i64 {
        i64::try_from(self.migrations.len()).unwrap_or(i64::MAX)
    }
}

/// An open file, and whether it is in write-ahead mode.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) wal: bool,
}

/// Opens the file, which exists, in the newest schema.
///
/// # Errors
///
/// [`Error::MadeByNewer`] without having touched anything; [`Error::Damaged`] where the content makes no sense.
pub(crate) fn open(path: &Path, schema: &Schema, remote: bool, check: bool) -> Result<Opened> {
    look(path, schema)?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    is_ours(&connection, path, schema)?;
    open_with(connection, schema, remote, check).map_err(|error| match error {
        Problem::Sqlite(error) => Error::of(path, error),
        Problem::Damaged => Error::Damaged { path: path.to_owned() },
        Problem::ReadOnly => Error::ReadOnly { path: path.to_owned() },
    })
}

/// Opens the file for look-ups only.
pub(crate) fn open_reader(path: &Path, patience: Duration) -> Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(patience).map_err(|error| Error::of(path, error))?;
    Ok(connection)
}

/// Reads the whole file and says whether its structure is sound.
pub(crate) fn is_sound(connection: &Connection) -> rusqlite::Result<bool> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(verdict == "ok")
}

enum Problem {
    Sqlite(rusqlite::Error),
    Damaged,
    ReadOnly,
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    // One connection is used by one thread at a time: the mutex in SQLite would be a second one.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| Error::of(path, error))?;
    let prepared = connection
        .busy_timeout(PATIENCE)
        // Otherwise SQLite compiles a kept statement anew each time that a value is bound to it, to look whether the
        // value asks for another plan. That took longer than the search. Source: sqlite.org/queryplanner-ng.html.
        .and_then(|()| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true));
    prepared.map_err(|error| Error::of(path, error))?;
    Ok(connection)
}

/// Looks whose file it is, through a connection that cannot write.
fn look(path: &Path, schema: &Schema) -> Result<()> {
    let empty = fs::metadata(path).map_err(|error| Error::io(path, error))?.len() == 0;
    if empty {
        return Ok(());
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match is_ours(&connection, path, schema) {
        // A program that was killed left a transaction to be undone first, which takes a connection that can write.
        // Nothing but that has been done when that connection looks again.
        Err(Error::ReadOnly { .. }) => Ok(()),
        looked => looked,
    }
}

/// Says whether this version can work with the file.
fn is_ours(connection: &Connection, path: &Path, schema: &Schema) -> Result<()> {
    let found = version(connection).map_err(|error| Error::of(path, error))?;
    if !(0..UNBELIEVABLE).contains(&found) {
        return Err(Error::Damaged { path: path.to_owned() });
    }
    if found > schema.newest() {
        return Err(Error::MadeByNewer { path: path.to_owned(), found, known: schema.newest() });
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn open_with(
    mut connection: Connection,
    schema: &Schema,
    remote: bool,
    check: bool,
) -> Result<Opened, Problem> {
    // SQLite falls back to reading where it may not write, and would say so only at the first commit.
    if connection.is_readonly("main")? {
        return Err(Problem::ReadOnly);
    }
    let wanted = if remote { "TRUNCATE" } else { "WAL" };
    let granted: String =
        connection.query_row(&format!("PRAGMA journal_mode = {wanted}"), [], |row| row.get(0))?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {};
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;",
        schema.synchronous
    ))?;
    // fsync on macOS does not empty the drive's own cache. Source: sqlite.org/pragma.html#pragma_fullfsync.
    #[cfg(target_os = "macos")]
    connection.execute_batch("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;")?;
    if check && !is_sound(&connection)? {
        return Err(Problem::Damaged);
    }
    migrate(&mut connection, schema)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(Opened { connection, wal: granted.eq_ignore_ascii_case("wal") })
}

/// Brings the file to the newest schema, each step with its number in one transaction.
fn migrate(connection: &mut Connection, schema: &Schema) -> Result<(), Problem> {
    for (number, sql) in (1_i64..).zip(schema.migrations) {
        // The number is read inside: another process may be doing the same.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version(&transaction)? < number {
            transaction.execute_batch(sql).map_err(|error| match error {
                // The tables are there already: the number in the header is not this file's.
                rusqlite::Error::SqlInputError { .. } if number == 1 => Problem::Damaged,
                error => Problem::Sqlite(error),
            })?;
            transaction.pragma_update(None, "user_version", number)?;
        }
        transaction.commit()?;
    }
    Ok(())
}
