use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// What kept something from being stored or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no room on the disk. What can be held in memory is held; this is said when that is full too, or when
    /// holding would not be safe ([`Store::sending`](crate::Store::sending)).
    #[error("the disk is full")]
    DiskFull,
    /// The content of a file makes no sense any more. The next start puts the file aside.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of this program wrote the file. Nothing was touched.
    #[error("{} was made by a newer version (schema {found}, this version knows {known})", path.display())]
    MadeByNewer {
        /// The file.
        path: PathBuf,
        /// The schema found.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// The file or its folder cannot be written by this user.
    #[error("{} cannot be written", path.display())]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
    },
    /// Another program held the file for longer than we wait (30 s).
    #[error("another program holds {}", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The disk or the operating system answered with an error.
    #[error("{} could not be read or written", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        #[source]
        source: Cause,
    },
    /// The store was closed before.
    #[error("the store is closed")]
    Closed,
    /// This one request ran into a mistake of ours; the store goes on.
    #[error("the request could not be carried out")]
    Fault(#[source] Cause),
}

/// An error of something below, of a type that callers need not know.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What the calls of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Says whether the same request may succeed later without a person doing anything here: the disk gets room, the
    /// other program lets go.
    pub fn passes(&self) -> bool {
        match self {
            Self::DiskFull | Self::Busy { .. } | Self::ReadOnly { .. } | Self::Io { .. } => true,
            Self::Damaged { .. } | Self::MadeByNewer { .. } | Self::Closed | Self::Fault(_) => {
                false
            }
        }
    }

    /// Reads what SQLite said about the file at `path`.
    pub(crate) fn of(path: &Path, error: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { path }
            }
            Some(ErrorCode::SystemIoFailure) => Self::Io { path, source: error.into() },
            // Whatever else there is (a constraint, a wrong statement) is our mistake. A value that cannot be read
            // back is not: only we write, and the schema checks what we write.
            _ => match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::Damaged { path },
                other => Self::Fault(other.into()),
            },
        }
    }

    /// Reads what the operating system said about the file or folder at `path`.
    pub(crate) fn io(path: &Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io { path, source: error.into() },
        }
    }
}
