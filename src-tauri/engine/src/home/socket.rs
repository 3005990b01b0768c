//! Where the control socket of a home is, and how nobody else gets there first.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[cfg(unix)]
use owners::{is_own_folder, user};

use super::{Home, private_folder};

/// Longest path that every Unix takes for a socket: macOS has room for 103 bytes, Linux for 107.
const LONGEST_SOCKET: usize = 100;

impl Home {
    /// Returns where the control socket listens: a path, or on Windows the name of a pipe.
    pub fn socket(&self) -> PathBuf {
        if cfg!(windows) {
            let word = fs::read_to_string(self.pipe_file()).unwrap_or_default();
            let mut word: String = word.chars().filter(char::is_ascii_hexdigit).take(32).collect();
            if word.len() < 32 {
                // No engine has been here. Nobody listens at a new name, and nobody can have taken it.
                word = new_word();
            }
            return PathBuf::from(format!(r"\\.\pipe\patchcord-{}-{word}", self.id()));
        }
        let plain = self.socket_folder.join("control.sock");
        if plain.as_os_str().len() <= LONGEST_SOCKET {
            return plain;
        }
        let name = format!("patchcord-{}.sock", self.id());
        env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute() && is_own_folder(folder))
            .map(|folder| folder.join(&name))
            .filter(|path| path.as_os_str().len() <= LONGEST_SOCKET)
            .unwrap_or_else(|| PathBuf::from(format!("/tmp/patchcord-{}", user())).join(name))
    }

    /// Makes room for the control socket of an engine that has this home's lock, and returns its place: a private folder
    /// that nobody else has made before us. On Windows the pipe gets a name that cannot be guessed, and so cannot have
    /// been taken; the word in it is kept in the home.
    ///
    /// # Errors
    ///
    /// The folder belongs to somebody else or is a link, or nothing can be written.
    pub fn make_socket(&self) -> std::io::Result<PathBuf> {
        if cfg!(windows) {
            crate::files::replace(&self.pipe_file(), new_word().as_bytes())?;
            return Ok(self.socket());
        }
        let socket = self.socket();
        let folder = socket.parent().unwrap_or(Path::new("/"));
        if folder != self.socket_folder {
            make_folder(folder)?;
        }
        if let Some(taken) = self.taken_folder() {
            let reason = format!("{} belongs to another user, or is a link", taken.display());
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, reason));
        }
        private_folder(folder)?;
        Ok(socket)
    }

    /// Returns the folder of a control socket that does not lie in this home, where somebody else has made it or it is a
    /// link: in `/tmp` anybody may have been first.
    pub fn taken_folder(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return None;
        }
        let folder = self.socket().parent()?.to_owned();
        let is_there = folder != self.socket_folder && folder.symlink_metadata().is_ok();
        (is_there && !is_own_folder(&folder)).then_some(folder)
    }

    fn pipe_file(&self) -> PathBuf {
        self.data.join("control.pipe")
    }
}

/// Returns a word that nobody can guess.
fn new_word() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Makes one folder that only this user can enter, unless something is there.
#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Windows has pipes for this, which lie in no folder.
#[cfg(not(unix))]
fn make_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn is_own_folder(_folder: &Path) -> bool {
    true
}

#[cfg(not(unix))]
fn user() -> u32 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(windows)]
    #[test]
    fn the_pipe_of_each_engine_has_a_new_name_that_nobody_can_guess() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        home.prepare().unwrap();
        let before = [home.socket(), home.socket()];
        assert_ne!(before[0], before[1], "where no engine has been, nobody can wait for us");
        let first = home.make_socket().unwrap();
        assert_eq!(home.socket(), first);
        let second = home.make_socket().unwrap();
        assert_eq!(home.socket(), second);
        let known = format!(r"\\.\pipe\patchcord-{}-", home.id());
        let word = |name: &Path| name.to_str().unwrap().strip_prefix(&known).unwrap().to_owned();
        assert_ne!(word(&first), word(&second));
        for name in before.iter().chain([&first, &second]) {
            assert_eq!(word(name).len(), 32, "{}", name.display());
        }
        fs::write(home.pipe_file(), "cut off").unwrap();
        assert_ne!(home.socket(), home.socket(), "half a word is none");
    }

    #[cfg(unix)]
    #[test]
    fn a_long_folder_gets_a_short_socket() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(&dir.path().join("a".repeat(60)).join("b".repeat(60)));
        let socket = home.socket();
        assert!(socket.as_os_str().len() <= LONGEST_SOCKET, "{}", socket.display());
        assert!(socket.to_string_lossy().contains(&home.id()));
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_outside_of_the_home_lies_in_a_folder_of_the_user_whose_rights_we_have() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(&dir.path().join("a".repeat(60)).join("b".repeat(60)));
        // Of the user whose rights we have, also for a home that does not exist yet.
        let folder = PathBuf::from(format!("/tmp/patchcord-{}", user()));
        if env::var_os("XDG_RUNTIME_DIR").is_none() {
            assert_eq!(home.socket().parent(), Some(&*folder));
        }
        assert_eq!(home.taken_folder(), None);
        let socket = home.make_socket().unwrap();
        assert!(is_own_folder(socket.parent().unwrap()));
    }
}
