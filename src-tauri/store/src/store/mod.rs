//! The handle that others hold.

mod cached;
mod calls;
mod change;
mod created;
mod facts;
mod notes;
mod outbox;
mod traces;

use std::{path::Path, sync::Arc};

pub use change::Change;
use tokio::sync::watch;

use crate::{
    cache::{Cache, Lookup},
    database,
    error::{Error, Result},
    files,
    journal::{Intent, Journal, identity},
    model::{Health, Notice, Remade},
    worker::Worker,
};

/// The stored state of one home: a small handle, to be cloned freely.
///
/// Changes are carried out in the order in which they are asked for, also when the future that asked for one is
/// dropped. A change that cannot be written because the disk is full or the file is held by another program is kept
/// in memory, up to 1,000 of them, and [`Self::health`] says so; beyond that the reason is returned. No cursor passes the
/// end of a call that was refused so, and [`Self::watch_rebuilds`] tells when the calls are to be read back. Reads do not
/// see what is held, except [`Self::finished_since`].
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    journal: Worker<Journal>,
    cache: Worker<Cache>,
    lookup: Arc<Lookup>,
    health: watch::Receiver<Health>,
    remade: watch::Receiver<Remade>,
    rebuilds: watch::Receiver<u64>,
}

/// What opening a home brings.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// What a person should hear about.
    pub notices: Vec<Notice>,
}

impl Store {
    /// Opens the two files in `folder`, which is made where there is none, and brings them to the newest schema.
    ///
    /// A damaged `journal.db` is put aside as `journal.damaged-<n>.db` and a new one begun; a damaged `cache.db` is
    /// begun anew. Both are said in the notices, and so is a `journal.db` that is gone while its cache or its word is
    /// there, or that is not the one that the last run left.
    ///
    /// # Errors
    ///
    /// [`Error::MadeByNewer`] without having touched a file; [`Error::ReadOnly`] with the path that this user may not
    /// write; [`Error::Busy`] when another program held a file for 30 s.
    pub async fn open(folder: &Path) -> Result<Opened> {
        let at = folder.to_owned();
        let opening = tokio::task::spawn_blocking(move || open_files(&at));
        let (journal, cache, notices) =
            opening.await.map_err(|error| Error::Fault(error.into()))??;
        let health = journal.health();
        let (remade, rebuilds) = (journal.remade(), journal.rebuilds());
        let lookup = cache.lookup();
        let of = |error| Error::io(folder, error);
        let store = Self {
            shared: Arc::new(Shared {
                journal: Worker::start("store-journal", journal).map_err(of)?,
                cache: Worker::start("store-cache", cache).map_err(of)?,
                lookup,
                health,
                remade,
                rebuilds,
            }),
        };
        store.check_the_cache();
        Ok(Opened { store, notices })
    }

    /// Writes what is held, empties the logs into the files, and ends the threads. Later requests of other handles
    /// fail with [`Error::Closed`].
    pub async fn close(self) {
        self.shared.journal.stop().await;
        self.shared.cache.stop().await;
    }

    /// Says how well writing goes.
    pub fn health(&self) -> Health {
        *self.shared.health.borrow()
    }

    /// Returns a receiver that is told whenever [`Self::health`] changes.
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.shared.health.clone()
    }

    /// Returns a receiver that is told when `journal.db` was deleted or replaced while in use, and was written again.
    pub fn watch_remade(&self) -> watch::Receiver<Remade> {
        self.shared.remade.clone()
    }

    /// Returns a receiver that is told when the journal can be written again after ends of calls were refused: they are to
    /// be read back, as [`crate::REBUILD`] says until that is done.
    pub fn watch_rebuilds(&self) -> watch::Receiver<u64> {
        self.shared.rebuilds.clone()
    }

    /// Has a large cache read through on its thread, before anything else there. Look-ups do not wait for it.
    fn check_the_cache(&self) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            if let Err(error) = shared.cache.run(Cache::check).await {
                tracing::warn!(%error, "the cache could not be checked");
            }
        });
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.journal.run(|journal| journal.read(read)).await
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.journal.run(|journal| journal.change(change)).await
    }

    /// Makes a change of what an agent wants of a call, which is kept beside the journal too.
    async fn change_wishes<T: Send + 'static>(
        &self,
        change: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let job = |journal: &mut Journal| {
            let changed = journal.change(change)?;
            journal.keep_wishes();
            Ok(changed)
        };
        self.shared.journal.run(job).await
    }

    async fn write(&self, intent: Intent) -> Result<()> {
        self.shared.journal.run(|journal| journal.write(intent)).await
    }
}

fn open_files(folder: &Path) -> Result<(Journal, Cache, Vec<Notice>)> {
    let mut notices = Vec::new();
    files::prepare_folder(folder, &mut notices)?;
    let remote = files::is_remote(folder);
    let cache_path = folder.join(database::CACHE.name);
    let journal = open_journal(folder, &cache_path, remote, &mut notices)?;
    // SQLite may find out what we did not: without shared memory there is no write-ahead mode.
    if remote || !journal.is_in_wal_mode() {
        notices.push(Notice::NetworkFolder { path: folder.to_owned() });
    }
    let cache = Cache::open(&cache_path, remote, &mut notices)?;
    Ok((journal, cache, notices))
}

fn open_journal(
    folder: &Path,
    cache: &Path,
    remote: bool,
    notices: &mut Vec<Notice>,
) -> Result<Journal> {
    let path = folder.join(database::JOURNAL.name);
    // The journal is made before the cache. An empty journal beside a cache was not always empty; an empty one alone
    // is a first start that was killed.
    let before = path.metadata();
    let was_here = cache.exists() || identity::file(&path).exists();
    let emptied = before.as_ref().is_ok_and(|file| file.len() == 0)
        && (was_here || files::was_put_aside(&path));
    // SQLite would delete a log whose file is gone, and with it what may be the only copy of a call.
    let orphaned =
        before.is_err() && files::beside(&path, "-wal").metadata().is_ok_and(|log| log.len() > 0);
    if !emptied && !orphaned {
        let mut origin = identity::Origin::Ours;
        if before.is_err() && was_here {
            tracing::error!("the journal is gone; a new one is begun");
            notices.push(Notice::JournalMissing);
            origin = identity::Origin::BegunAnew;
        }
        files::prepare_file(&path, notices)?;
        match Journal::open(&path, remote) {
            Err(Error::Damaged { .. }) => {}
            Err(error) => return Err(error),
            Ok(mut journal) => {
                if origin == identity::Origin::BegunAnew && !journal.take_wishes_in(origin) {
                    notices.push(Notice::NotesLost { kept_as: None });
                }
                return known(journal, origin, notices);
            }
        }
    }
    let kept_as = files::put_aside(&path)?;
    tracing::error!("the journal was damaged; it is kept aside and a new one is begun");
    notices.push(Notice::JournalDamaged { kept_as: kept_as.clone() });
    files::prepare_file(&path, notices)?;
    let mut journal = Journal::open(&path, remote)?;
    let whole = journal.salvage(&kept_as);
    if !journal.take_wishes_in(identity::Origin::BegunAnew) && !whole {
        notices.push(Notice::NotesLost { kept_as: Some(kept_as) });
    }
    known(journal, identity::Origin::BegunAnew, notices)
}

/// Finds out whether the journal is the one that the last run left. Where the word cannot be written, as on a full disk,
/// the start goes on: the next one looks again.
fn known(
    mut journal: Journal,
    origin: identity::Origin,
    notices: &mut Vec<Notice>,
) -> Result<Journal> {
    match journal.settle(origin) {
        Ok(false) => {}
        Ok(true) => {
            tracing::error!("the journal is not the one that the last run left");
            notices.push(Notice::JournalReplaced);
            // What was wanted since the copy was made.
            journal.take_wishes_in(identity::Origin::Ours);
        }
        Err(error @ Error::Damaged { .. }) => return Err(error),
        Err(error) => tracing::warn!(%error, "the journal's word could not be renewed"),
    }
    Ok(journal)
}

#[cfg(test)]
mod tests;
