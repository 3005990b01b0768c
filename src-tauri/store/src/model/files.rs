//! The state of the files themselves.

use std::path::PathBuf;

/// What a person should hear about after the files were opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `journal.db` was damaged, is kept under another name, and a new one was begun.
    JournalDamaged {
        /// Where the damaged file is now.
        kept_as: PathBuf,
    },
    /// `journal.db` was gone, though it had been there before, and a new one was begun.
    JournalMissing,
    /// `journal.db` is not the one that the last run left: a copy from a backup, or another home's. It is used.
    JournalReplaced,
    /// With `journal.db` notes may be lost that Salesforce does not have, and the word that calls are not to be logged: they
    /// could not be read there, nor beside it.
    NotesLost {
        /// Where the damaged file is now; none: it was gone.
        kept_as: Option<PathBuf>,
    },
    /// `cache.db` was damaged or of another version, and was begun anew: it holds nothing that cannot be fetched.
    CacheDamaged,
    /// Other users could read this file or folder. They no longer can.
    PermissionsRepaired {
        /// The file or folder.
        path: PathBuf,
    },
    /// The folder is on a network file system: the files work there, more slowly, and with less certainty.
    NetworkFolder {
        /// The folder.
        path: PathBuf,
    },
}

/// What became of a `journal.db` that was deleted or replaced while it was in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remade {
    /// How often that was.
    pub times: u64,
    /// All that was in it is in the new one; else the new one is empty.
    pub whole: bool,
    /// Where the file is that was put in its place.
    pub kept_as: Option<PathBuf>,
    /// See [`Notice::NotesLost`].
    pub notes_lost: bool,
}

/// How well writing goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// All that was asked for is on disk.
    #[default]
    Ok,
    /// The disk is full: this many changes are held in memory, and are lost if the program is killed now.
    DiskFull {
        /// How many.
        held: usize,
    },
    /// The file cannot be written at present: another program holds it, or the disk answers with errors.
    Blocked {
        /// How many changes are held in memory.
        held: usize,
    },
    /// `journal.db` was found to be damaged while in use. The next start puts it aside and rebuilds.
    Damaged,
}
