//! `cache.db` on its thread: Salesforce records by number. All of it can be fetched again, so a damaged file is
//! begun anew, also while in use.

mod lookup;
pub(crate) mod passes;
mod records;
pub(crate) mod traces;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, TransactionBehavior};

pub(crate) use lookup::Lookup;
pub(crate) use records::{by_id, cached, clear, forget, list, named, put, unread, unread_count};

use crate::{
    database,
    error::{Error, Result},
    files,
    model::Notice,
    worker::Resident,
};

/// A file up to this size is read through at the start, a larger one afterwards, on its own thread: the start must
/// not wait for a million numbers.
const QUICK: u64 = 8 * 1024 * 1024;

/// The file.
pub(crate) struct Cache {
    connection: Connection,
    path: PathBuf,
    remote: bool,
    lookup: Arc<Lookup>,
}

impl Cache {
    /// Opens the file, or begins it.
    pub(crate) fn open(path: &Path, remote: bool, notices: &mut Vec<Notice>) -> Result<Self> {
        files::prepare_file(path, notices)?;
        let small = path.metadata().map_or(0, |file| file.len()) <= QUICK;
        let connection = match database::open(path, &database::CACHE, remote, small) {
            Ok(opened) => opened.connection,
            Err(Error::Damaged { .. } | Error::MadeByNewer { .. }) => {
                notices.push(Notice::CacheDamaged);
                begin(path, remote)?
            }
            Err(error) => return Err(error),
        };
        let lookup = Arc::new(Lookup::open(path)?);
        Ok(Self { connection, path: path.to_owned(), remote, lookup })
    }

    /// Returns the way in for look-ups, which does not lead through this thread.
    pub(crate) fn lookup(&self) -> Arc<Lookup> {
        self.lookup.clone()
    }

    /// Reads a large file through, once.
    pub(crate) fn check(&mut self) -> Result<()> {
        if self.path.metadata().map_or(0, |file| file.len()) <= QUICK {
            return Ok(());
        }
        match database::is_sound(&self.connection) {
            Ok(true) => Ok(()),
            Ok(false) => self.begin_anew(),
            Err(error) => match Error::of(&self.path, error) {
                Error::Damaged { .. } => self.begin_anew(),
                error => Err(error),
            },
        }
    }

    /// Reads.
    pub(crate) fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let result = read(&self.connection).map_err(|error| Error::of(&self.path, error));
        self.mend(result)
    }

    /// Makes a change in one transaction.
    pub(crate) fn change<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let result =
            transact(&mut self.connection, change).map_err(|error| Error::of(&self.path, error));
        self.mend(result)
    }

    /// Removes everything, from the disk too.
    pub(crate) fn clear(&mut self) -> Result<()> {
        self.change(clear)?;
        let vacuumed = self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
        vacuumed.map_err(|error| Error::of(&self.path, error))
    }

    /// Begins the file anew where a request found it damaged. The request itself has failed; the next one will not.
    fn mend<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(Error::Damaged { .. }) = &result {
            self.begin_anew()?;
        }
        result
    }

    /// Begins the file anew.
    pub(crate) fn begin_anew(&mut self) -> Result<()> {
        tracing::warn!("the cache is damaged and is begun anew");
        let path = self.path.clone();
        let remote = self.remote;
        let connection = &mut self.connection;
        self.lookup.replace(&path, || {
            let nothing = Connection::open_in_memory().map_err(|error| Error::of(&path, error))?;
            // What closing says about a damaged file does not matter.
            drop(std::mem::replace(connection, nothing));
            *connection = begin(&path, remote)?;
            Ok(())
        })
    }
}

fn begin(path: &Path, remote: bool) -> Result<Connection> {
    files::remove(path)?;
    files::prepare_file(path, &mut Vec::new())?;
    Ok(database::open(path, &database::CACHE, remote, false)?.connection)
}

fn transact<T>(
    connection: &mut Connection,
    change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = change(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

impl Resident for Cache {
    fn recover(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn close(self) {
        self.lookup.close();
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the cache did not close well");
        }
    }
}
