//! Point look-ups beside the thread: a screen pop waits for nobody.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{PhoneNumber, Record};
use rusqlite::Connection;

use super::records;
use crate::{
    database,
    error::{Error, Result},
    model::Owner,
};

/// In write-ahead mode readers and the writer do not meet. Where they do (a file that is being closed or recovered),
/// Salesforce is asked instead.
const PATIENCE: Duration = Duration::from_millis(5);

/// A connection that only reads, used by one caller at a time: look-ups take microseconds.
pub(crate) struct Lookup {
    path: PathBuf,
    reader: Mutex<Option<Connection>>,
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}

impl Lookup {
    /// Opens the file, which exists.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let reader = connect(path)?;
        Ok(Self { path: path.to_owned(), reader: Mutex::new(Some(reader)) })
    }

    /// Returns the records that have this number.
    pub(crate) fn find(&self, owner: &Owner, number: &PhoneNumber) -> Result<Vec<Record>> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = reader.as_ref().ok_or(Error::Closed)?;
        records::find(connection, owner, number).map_err(|error| Error::of(&self.path, error))
    }

    /// Closes the file, lets `change` put another in its place, and opens that.
    pub(crate) fn replace(&self, path: &Path, change: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        *reader = None;
        change()?;
        *reader = Some(connect(path)?);
        Ok(())
    }

    /// Closes the file.
    pub(crate) fn close(&self) {
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = database::open_reader(path, PATIENCE)?;
    records::prepare(&connection).map_err(|error| Error::of(path, error))?;
    Ok(connection)
}
