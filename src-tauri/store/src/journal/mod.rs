//! `journal.db` on its thread: how a change is made, and what becomes of one that cannot be written now.
//!
//! | module | tables |
//! |---|---|
//! | [`calls`] | `call`, `live`, `found`, `pop`, `remark`: writing |
//! | [`rows`] | the same, read back |
//! | [`outbox`], [`delivery`] | `delivery` |
//! | [`notes`] | `wrap_up`, `written` |
//! | [`follow_ups`] | `follow_up` |
//! | [`created`] | `created`, `begun` |
//! | [`facts`] | `cursor`, `mark`, `choice` |
//! | [`identity`] | `mark`: whose file it is |
//! | [`wishes`] | `wish`, and the file beside the journal |
//! | [`salvage`] | all, from a journal that was damaged |
//! | [`prune`] | `call`, `created`, `begun`, `choice`: what is old |

pub(crate) mod backlog;
pub(crate) mod calls;
pub(crate) mod clock;
pub(crate) mod created;
pub(crate) mod delivery;
pub(crate) mod facts;
pub(crate) mod follow_ups;
pub(crate) mod identity;
pub(crate) mod notes;
pub(crate) mod outbox;
mod place;
pub(crate) mod prune;
pub(crate) mod rows;
mod salvage;
pub(crate) mod wishes;

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::CallId;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::watch;

use crate::{
    database,
    error::{Error, Result},
    files,
    model::{Desk, Health, Remade},
    worker::Resident,
};

/// How many changes are held in memory while they cannot be written. The next one is refused with the reason. That
/// many are some hundred calls: a day of a busy desk. The end of a call that is refused is read back from the PBX's
/// records once the journal can be written.
const HELD: usize = 1_000;

/// How often what is held is tried again.
const AGAIN: Duration = Duration::from_secs(3);

/// How often it is looked whether the file is still there. A change looks at once.
const LOOK: Duration = Duration::from_secs(15);

/// While changes are held, a locked file must not keep the thread from answering reads for long.
const SHORT_PATIENCE: Duration = Duration::from_millis(250);

/// A change that may be made later, and more than once.
pub(crate) struct Intent {
    subject: Subject,
    apply: Box<Apply>,
}

type Apply = dyn Fn(&Connection) -> rusqlite::Result<()> + Send;

/// What a change is about, as far as that matters while it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A live call's whole memory: a newer one makes an older one needless.
    Memory(Desk, CallId),
    /// The end of a call.
    End(Desk, CallId),
    /// A cursor: a newer value makes an older one needless, and takes no place before what came between.
    Cursor(String),
    /// A mark, likewise.
    Mark(String),
    /// Anything else.
    Other,
}

impl Subject {
    fn replaces(&self, older: &Self) -> bool {
        match self {
            Self::Memory(..) | Self::Cursor(_) | Self::Mark(_) => self == older,
            Self::End(..) | Self::Other => false,
        }
    }
}

impl Intent {
    pub(crate) fn new(
        subject: Subject,
        apply: impl Fn(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Self {
        Self { subject, apply: Box::new(apply) }
    }

    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }
}

/// The file, and the changes that it does not have yet.
pub(crate) struct Journal {
    connection: Connection,
    path: PathBuf,
    /// The write-ahead log, where the file is in that mode.
    log: Option<PathBuf>,
    /// Which file is open; none where that cannot be told.
    place: files::Place,
    held: VecDeque<Intent>,
    /// What the file of wishes has, and after how many changes; none before it was written.
    kept: Option<(u64, String)>,
    /// The end of a call was refused since something is held.
    refused: bool,
    health: watch::Sender<Health>,
    remade: watch::Sender<Remade>,
    /// Counts how often writing went on after ends of calls had been refused.
    rebuilds: watch::Sender<u64>,
}

impl Journal {
    /// Opens the file, which exists.
    pub(crate) fn open(path: &Path, remote: bool) -> Result<Self> {
        let opened = database::open(path, &database::JOURNAL, remote, true)?;
        Ok(Self {
            connection: opened.connection,
            path: path.to_owned(),
            log: opened.wal.then(|| files::beside(path, "-wal")),
            // A file server may number its files anew at any time.
            place: files::place(path).filter(|_| !remote),
            held: VecDeque::new(),
            kept: None,
            refused: false,
            health: watch::Sender::new(Health::Ok),
            remade: watch::Sender::default(),
            rebuilds: watch::Sender::default(),
        })
    }

    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    pub(crate) fn remade(&self) -> watch::Receiver<Remade> {
        self.remade.subscribe()
    }

    pub(crate) fn rebuilds(&self) -> watch::Receiver<u64> {
        self.rebuilds.subscribe()
    }

    /// Gives the file a new word. Returns whether it is another than the last run left.
    pub(crate) fn settle(&mut self, origin: identity::Origin) -> Result<bool> {
        identity::settle(&mut self.connection, &self.path, origin)
    }

    /// Brings what can be read of a damaged journal into this one, which was begun in its place. Says whether all was there
    /// that people had written.
    pub(crate) fn salvage(&self, kept: &Path) -> bool {
        salvage::salvage(&self.connection, kept).whole
    }

    /// Takes in what lies beside the journal: it was begun anew, or is an older copy. Says whether all of that could be read.
    pub(crate) fn take_wishes_in(&mut self, origin: identity::Origin) -> bool {
        let (whole, wishes) = wishes::read(&wishes::file(&self.path));
        let precedence = match origin {
            identity::Origin::Ours => wishes::Precedence::Wish,
            identity::Origin::BegunAnew => wishes::Precedence::Journal,
        };
        let taken = self.transact(|db| wishes::take_in(db, &wishes, precedence));
        if let Err(error) = &taken {
            tracing::warn!(%error, "the notes beside the journal could not be taken in");
        }
        whole && taken.is_ok()
    }

    /// Brings the file of wishes up to date.
    pub(crate) fn keep_wishes(&mut self) {
        let changes = self.connection.total_changes();
        if self.kept.as_ref().is_some_and(|(at, _)| *at == changes) {
            return;
        }
        let text = match wishes::all(&self.connection) {
            Ok(wishes) => wishes::text(&wishes),
            // Whoever reads next says so.
            Err(error) => return tracing::debug!(%error, "the notes could not be read"),
        };
        if self.kept.as_ref().is_none_or(|(_, kept)| *kept != text)
            && let Err(error) = wishes::keep(&wishes::file(&self.path), &text)
        {
            return tracing::warn!(%error, "the notes could not be kept beside the journal");
        }
        self.kept = Some((changes, text));
    }

    pub(crate) fn is_in_wal_mode(&self) -> bool {
        self.log.is_some()
    }

    /// Reads. What is held is not seen.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let result = read(&self.connection).map_err(|error| Error::of(&self.path, error));
        self.notice_damage(result)
    }

    /// Makes a change whose result the caller acts upon at once. Such a change cannot be held.
    pub(crate) fn change<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.flush()?;
        let result = self.transact(change);
        self.notice_damage(result)
    }

    /// Makes a change, or holds it in memory until it can be made. Changes keep their order.
    ///
    /// # Errors
    ///
    /// When as much is held as may be, the reason why nothing can be written.
    pub(crate) fn write(&mut self, intent: Intent) -> Result<()> {
        let result =
            self.flush().and_then(|()| self.transact(|connection| (intent.apply)(connection)));
        match self.notice_damage(result) {
            Err(error) if error.passes() && self.hold(intent, &error) => Ok(()),
            result => result,
        }
    }

    /// Makes changes in one transaction, or holds them. Where one of them can never be made, each is made by itself.
    /// Returns why some could be neither made nor held.
    pub(crate) fn write_all(&mut self, intents: Vec<Intent>) -> Vec<Error> {
        let together = |connection: &Connection| {
            intents.iter().try_for_each(|intent| (intent.apply)(connection))
        };
        let result = self.flush().and_then(|()| self.transact(together));
        match self.notice_damage(result) {
            Ok(()) => Vec::new(),
            Err(error) if error.passes() => {
                // Not tried one by one: each try would wait for what holds the file.
                let mut all_held = true;
                for intent in intents {
                    all_held &= self.hold(intent, &error);
                }
                if all_held { Vec::new() } else { vec![error] }
            }
            Err(_) => intents.into_iter().filter_map(|intent| self.write(intent).err()).collect(),
        }
    }

    /// Returns the calls of a desk whose end is held.
    pub(crate) fn held_ends<'a>(&'a self, desk: &'a Desk) -> impl Iterator<Item = &'a CallId> {
        self.held.iter().filter_map(move |intent| match &intent.subject {
            Subject::End(of, call) if of == desk => Some(call),
            Subject::Memory(..)
            | Subject::End(..)
            | Subject::Cursor(_)
            | Subject::Mark(_)
            | Subject::Other => None,
        })
    }

    /// Holds a change. `false`: as much is held as may be.
    fn hold(&mut self, intent: Intent, error: &Error) -> bool {
        let older = self.held.iter().position(|older| intent.subject.replaces(&older.subject));
        match (older, &intent.subject) {
            // It would pass the end of a call that is nowhere.
            (_, Subject::Cursor(_)) if self.refused => return false,
            (Some(older), Subject::Cursor(_) | Subject::Mark(_)) => {
                self.held.remove(older);
                self.held.push_back(intent);
            }
            (Some(older), Subject::Memory(..) | Subject::End(..) | Subject::Other) => {
                self.held[older] = intent;
            }
            (None, subject) if self.held.len() >= HELD => {
                if matches!(subject, Subject::End(..)) {
                    self.refuse_an_end();
                }
                return false;
            }
            (None, _) => self.held.push_back(intent),
        }
        if self.held.len() == 1 {
            tracing::warn!(%error, "the journal cannot be written; changes are held in memory");
        }
        self.be_patient(SHORT_PATIENCE);
        self.report(error);
        true
    }

    /// The end of a call cannot be kept. Behind all that is held it is noted that the calls are to be read back.
    fn refuse_an_end(&mut self) {
        if std::mem::replace(&mut self.refused, true) {
            return;
        }
        tracing::error!("as much is held as may be; the calls are read back from the PBX later");
        let mark = Subject::Mark(identity::REBUILD.to_owned());
        self.held
            .push_back(Intent::new(mark, |db| facts::set_mark(db, identity::REBUILD, Some("1"))));
    }

    /// Writes what is held, oldest first.
    fn flush(&mut self) -> Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        while let Some(intent) = self.held.pop_front() {
            match self.transact(|connection| (intent.apply)(connection)) {
                Ok(()) => {}
                Err(error) if error.passes() => {
                    self.held.push_front(intent);
                    self.report(&error);
                    return Err(error);
                }
                // This change can never be made. The ones behind it can.
                Err(error) => tracing::error!(%error, "a held change could not be made"),
            }
        }
        tracing::info!("the journal can be written again; what was held is in it");
        self.be_patient(database::PATIENCE);
        self.health.send_replace(Health::Ok);
        if std::mem::take(&mut self.refused) {
            self.rebuilds.send_modify(|times| *times += 1);
        }
        Ok(())
    }

    fn transact<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.mind_the_file()?;
        self.mind_the_log()?;
        let path = &self.path;
        let of = |error| Error::of(path, error);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(of)?;
        let result = change(&transaction).map_err(of)?;
        transaction.commit().map_err(of)?;
        Ok(result)
    }

    /// Opens the file again when somebody has removed its log: what we write would go into a file without a name.
    /// Closing brings what the nameless log holds into the file.
    fn mind_the_log(&mut self) -> Result<()> {
        let Some(log) = &self.log else { return Ok(()) };
        // Before the first change there may be none.
        if log.exists() || self.connection.total_changes() == 0 {
            return Ok(());
        }
        tracing::warn!("the journal's log was removed while in use; opening the journal again");
        let nothing = Connection::open_in_memory().map_err(|error| Error::of(&self.path, error))?;
        let old = std::mem::replace(&mut self.connection, nothing);
        let closed = old.close().map_err(|(_, error)| Error::of(&self.path, error));
        let opened = database::open(&self.path, &database::JOURNAL, false, true)?;
        self.connection = opened.connection;
        closed
    }

    fn notice_damage<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error @ Error::Damaged { .. }) = &result {
            tracing::error!(%error, "the journal is damaged");
            self.health.send_replace(Health::Damaged);
        }
        result
    }

    fn report(&self, error: &Error) {
        let held = self.held.len();
        self.health.send_replace(match error {
            Error::DiskFull => Health::DiskFull { held },
            _ => Health::Blocked { held },
        });
    }

    fn be_patient(&self, patience: Duration) {
        if let Err(error) = self.connection.busy_timeout(patience) {
            tracing::warn!(%error, "the journal's waiting time could not be set");
        }
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Resident for Journal {
    fn recover(&mut self) {
        // A transaction ends when it is dropped, also by a panic; this is for what a panic left half-way in there.
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn pause(&self) -> Option<Duration> {
        Some(if self.held.is_empty() { LOOK } else { AGAIN })
    }

    fn tick(&mut self) {
        if let Err(error) = self.mind_the_file() {
            tracing::warn!(%error, "the journal could not be put back");
        }
        // The reason is in `health` and was logged once; this is tried every few seconds.
        drop(self.flush());
        self.keep_wishes();
    }

    fn close(mut self) {
        if let Err(error) = self.mind_the_file() {
            tracing::error!(%error, "the journal could not be put back");
        }
        if let Err(error) = self.flush() {
            tracing::error!(%error, held = self.held.len(), "held changes are lost");
        }
        self.keep_wishes();
        if self.log.is_some()
            && let Err(error) =
                self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        {
            tracing::warn!(%error, "the journal's log stays until the next start");
        }
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the journal did not close well");
        }
    }
}
