//! Whether the file that is open is still the one at its path, and putting it back where it is not.
//!
//! SQLite goes on with a file whose name was taken away, and what is written there is gone with the process. The open
//! file still has everything: it is copied to where it was.

use std::{fs, path::PathBuf};

use rusqlite::Connection;

use super::{Journal, identity};
use crate::{
    database,
    error::{Error, Result},
    files,
    model::Remade,
};

impl Journal {
    /// Makes the file again where somebody has deleted it, or put another in its place. What it holds is carried over.
    pub(super) fn mind_the_file(&mut self) -> Result<()> {
        if !files::has_moved(&self.path, self.place) {
            return Ok(());
        }
        tracing::error!("the journal was deleted or replaced while in use; it is written again");
        let copy = files::beside(&self.path, "-copy");
        files::remove(&copy)?;
        files::prepare_file(&copy, &mut Vec::new())?;
        let whole = match self.copy_to(&copy) {
            Ok(()) => true,
            Err(error) if error.passes() => return Err(error),
            Err(error) => {
                tracing::error!(%error, "the deleted journal could not be read any more");
                false
            }
        };
        // The log at the path is not the new file's, whoever's it is.
        let kept_as = if self.path.exists() {
            Some(files::put_aside(&self.path)?)
        } else {
            files::remove(&self.path)?;
            None
        };
        if whole {
            fs::rename(&copy, &self.path).map_err(|error| Error::io(&self.path, error))?;
            files::flush_folder_of(&self.path).map_err(|error| Error::io(&self.path, error))?;
        } else {
            files::remove(&copy)?;
            files::prepare_file(&self.path, &mut Vec::new())?;
        }
        let mut opened = database::open(&self.path, &database::JOURNAL, false, true)?;
        if !whole {
            identity::settle(&mut opened.connection, &self.path, identity::Origin::BegunAnew)?;
        }
        // The connection that is dropped has no name left to remove a file by. Source: sqlite.org/fileformat2.html,
        // SQLITE_FCNTL_HAS_MOVED.
        self.connection = opened.connection;
        self.log = opened.wal.then(|| files::beside(&self.path, "-wal"));
        self.place = files::place(&self.path);
        self.kept = None;
        let notes_lost = !whole && !self.take_wishes_in(identity::Origin::BegunAnew);
        self.remade.send_modify(|remade| {
            *remade = Remade { times: remade.times + 1, whole, kept_as, notes_lost };
        });
        Ok(())
    }

    /// Writes everything that the open file holds into an empty one.
    fn copy_to(&self, copy: &PathBuf) -> Result<()> {
        let of = |error| Error::of(copy, error);
        let into = copy.to_string_lossy();
        self.connection.execute("VACUUM INTO ?1", [&into]).map_err(of)?;
        let file = fs::File::open(copy).map_err(|error| Error::io(copy, error))?;
        file.sync_all().map_err(|error| Error::io(copy, error))?;
        let copied = Connection::open(copy).map_err(of)?;
        if !database::is_sound(&copied).map_err(of)? {
            return Err(Error::Damaged { path: copy.clone() });
        }
        Ok(())
    }
}
