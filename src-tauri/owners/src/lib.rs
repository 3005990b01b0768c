//! Whose a file, a folder or a process is, asked of the operating system.
//!
//! Trust is decided by owners and by nothing that has only a name: a path, an environment variable, a socket. The rest of
//! the program asks here. The unsafe code is for Windows alone (`windows`), which has no safe interface to its owners and
//! lists.

#[cfg(any(windows, test))]
mod sddl;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

#[cfg(unix)]
use self::unix as system;
#[cfg(windows)]
use self::windows as system;

/// Who alone may be able to change a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keepers {
    /// Whoever runs this computer: root; on Windows SYSTEM, Administrators and the installer of Windows.
    Administrators,
    /// They and this user. A folder above may be a shared one where only its owner can replace a file (`/tmp`).
    OrUser,
}

/// Why a file does not count.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be opened or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Somebody else could have written it.
    #[error("{} {fault}", .path.display())]
    Untrusted {
        /// The file, a folder above it, or a link on the way to it.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// How somebody else could have written a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// They own it, or what leads to it.
    #[error("belongs to {0}")]
    Owner(String),
    /// They may write to it.
    #[error("can be changed by other users")]
    Open,
    /// Windows: a link or junction, whose target is not looked at.
    #[error("is a link")]
    Link,
}

/// Reads a text that nobody but its keepers can have written: owner and mode of the file and of every folder and link on
/// the way to it are those of what was opened, so nothing can be exchanged between the look and the reading.
///
/// Returns `Ok(None)` where there is no such file, whatever the folders above look like.
///
/// # Errors
///
/// Somebody else could have written it; or it cannot be read, is no file, or has more than `longest` bytes.
pub fn read(file: &Path, keepers: Keepers, longest: u64) -> Result<Option<String>, Error> {
    match system::open(file, keepers)? {
        Some(opened) => Ok(Some(text(opened, longest)?)),
        None => Ok(None),
    }
}

/// Reads a text that this user keeps, or whoever runs this computer; a link of theirs is followed. `Ok(None)`: there is no
/// such file.
///
/// # Errors
///
/// Somebody else has laid it there; or it cannot be read, is no file, or has more than `longest` bytes.
pub fn read_own(file: &Path, longest: u64) -> io::Result<Option<String>> {
    if let Some(user) = stranger(file) {
        return Err(io::Error::other(format!("it belongs to user {user}")));
    }
    read_anybodys(file, longest)
}

/// Returns whose an entry of a folder is, and what a link there leads to, where that is neither this user, nor root, nor
/// whose folder it is: whoever could write there once may have laid it. Windows keeps others out of a profile.
pub fn stranger(path: &Path) -> Option<u32> {
    system::stranger(path)
}

/// Reads a text, whoever has written it. `Ok(None)`: there is no such file.
///
/// # Errors
///
/// It cannot be read, is no file, or has more than `longest` bytes.
pub fn read_anybodys(file: &Path, longest: u64) -> io::Result<Option<String>> {
    // A pipe would be waited for.
    match std::fs::metadata(file) {
        Ok(found) if !found.is_file() => Err(io::Error::other("it is not a file")),
        Ok(_) => text(File::open(file)?, longest).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads an opened file to its end, which may move meanwhile.
fn text(file: File, longest: u64) -> io::Result<String> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut text = String::new();
    file.take(longest + 1).read_to_string(&mut text)?;
    if text.len() as u64 > longest {
        return Err(io::Error::other("it is too long"));
    }
    Ok(text)
}

/// Returns the folder that only whoever runs this computer can put a program's policy into, by what the operating system
/// says and not by the environment. `None` where Windows does not say.
pub fn system_folder() -> Option<PathBuf> {
    system::system_folder()
}

#[cfg(unix)]
pub use unix::{is_own_folder, user};
#[cfg(windows)]
pub use windows::{is_this_users_process, pipe_server};

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests;
