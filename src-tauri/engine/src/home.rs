//! Where this program keeps its things, and the lock that lets one engine at a time near them.
//!
//! One folder given by a person (`--home DIR`) holds everything; without it the operating system's own places do.

mod socket;

use std::{
    collections::BTreeSet,
    env,
    ffi::OsStr,
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// How the names of this program's own files begin: settings, databases with what SQLite puts beside them, what is
/// remembered, logs.
const OWN_FILES: [&str; 17] = [
    "settings.toml",
    "settings.new",
    "control.pipe",
    "journal.",
    "cache.",
    "salesforce.json",
    "salesforce.new",
    "secrets.forget",
    "secrets.new",
    "popped",
    "window.json",
    "window.lock",
    "window.told",
    "engine.lock",
    "engine.starts",
    "engine.new",
    "patchcord.log",
];

/// The folders that this program makes in its own. Whose the socket is, both of its ends ask themselves.
const OWN_FOLDERS: [&str; 2] = ["logs", "webview"];

/// The places of one installation. Nothing is created before [`Home::prepare`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    logs: PathBuf,
    socket_folder: PathBuf,
}

impl Home {
    /// Puts everything under `dir`.
    pub fn under(dir: &Path) -> Self {
        let dir = settle(dir);
        Self { config: dir.clone(), logs: dir.join("logs"), socket_folder: dir.clone(), data: dir }
    }

    /// Uses the operating system's own places for a program of this user.
    ///
    /// # Errors
    ///
    /// Names the missing variable where the system does not say which places those are.
    pub fn standard() -> Result<Self, String> {
        standard(&|name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
    }

    /// Returns the settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// Returns the folder of `journal.db` and `cache.db`.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Returns the folder of the log files.
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// Returns the process that has this home's lock, or had it last, where the system lets us know.
    pub fn holder(&self) -> Option<u32> {
        fs::read_to_string(self.data.join("engine.lock")).ok()?.trim().parse().ok()
    }

    /// Returns a short name for this home, the same at every start: for secret entries and pipes.
    pub fn id(&self) -> String {
        let digest = Sha256::digest(self.data.as_os_str().as_encoded_bytes());
        digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Creates the folders, and closes folders and files to other users. Returns what stood open to others.
    ///
    /// # Errors
    ///
    /// Names the folder that cannot be used, and why; or what another user has laid into one that stood open.
    pub fn prepare(&self) -> Result<Vec<PathBuf>, String> {
        let mut repaired = Vec::new();
        // The logs lie in one of the others, and may be a link there.
        for folder in [&self.config, &self.data, &self.logs] {
            make_private_folder(folder, &mut repaired).map_err(|error| {
                format!("the folder {} cannot be used: {error}", folder.display())
            })?;
            // It is closed: nothing can be laid there any more.
            if let Some((laid, user)) = laid_by_others(folder) {
                return Err(format!(
                    "{} belongs to user {user}, who could lay it there while the folder stood open; delete it, and start again",
                    laid.display()
                ));
            }
        }
        for file in self.own_files() {
            // What cannot be closed belongs to somebody else: opening it will say so better.
            let _ = close_to_others(&file, 0o600, &mut repaired);
        }
        Ok(repaired)
    }

    /// Returns the files that this program keeps here, and not what else a person may keep in a folder of theirs.
    fn own_files(&self) -> Vec<PathBuf> {
        let folders = BTreeSet::from([&self.config, &self.data, &self.logs]);
        let mut files: Vec<PathBuf> = folders
            .into_iter()
            .flat_map(|folder| entries(folder, &OWN_FILES))
            // Also one that a person keeps elsewhere, and links to from here.
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        files
    }

    /// Takes this home for one engine. The lock ends with the value, or with the process, however it ends.
    ///
    /// # Errors
    ///
    /// Another process has it, or the lock file cannot be used.
    pub fn lock(&self) -> Result<HomeLock, LockError> {
        self.take("engine.lock")
    }

    /// Takes this home's one window.
    ///
    /// # Errors
    ///
    /// Another process has it, or the lock file cannot be used.
    pub fn lock_window(&self) -> Result<HomeLock, LockError> {
        self.take("window.lock")
    }

    fn take(&self, name: &str) -> Result<HomeLock, LockError> {
        let unusable = |error: std::io::Error| {
            LockError::Unusable(format!("{}: {error}", self.data.join(name).display()))
        };
        let repaired = self.prepare().map_err(LockError::Unusable)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = open_private(&mut options, &self.data.join(name)).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {
                // For people who look: the lock is what counts.
                let _ = file
                    .set_len(0)
                    .and_then(|()| file.rewind())
                    .and_then(|()| write!(file, "{}", std::process::id()));
                Ok(HomeLock { _file: file, repaired })
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Windows does not let others read a locked file: no number then.
                let _ = file.read_to_string(&mut text);
                Err(LockError::AlreadyRunning { pid: text.trim().parse().ok() })
            }
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

/// Proof that no other engine, or no other window, uses this home.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
    repaired: Vec<PathBuf>,
}

impl HomeLock {
    /// Returns what stood open to other users until this home was taken.
    pub fn repaired(&self) -> &[PathBuf] {
        &self.repaired
    }
}

/// Why a home could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("Patchcord is already running here{}", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    AlreadyRunning {
        /// Its number, where the system lets us know.
        pid: Option<u32>,
    },
    /// The lock file cannot be made or opened.
    #[error("the folder of Patchcord's data cannot be used: {0}")]
    Unusable(String),
}

/// Creates a folder that only this user can enter.
///
/// # Errors
///
/// The folder cannot be created, or belongs to somebody else.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    make_private_folder(folder, &mut Vec::new())
}

/// Lets only this user read and write what these options create, whatever the umask. Nothing to do on Windows, where
/// the profile folder is private already.
pub fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Returns what has one of our names in a folder, whatever it is and wherever it leads.
fn entries(folder: &Path, names: &[&str]) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let is_ours = |name: &OsStr| {
        let name = name.to_string_lossy();
        names.iter().any(|own| name.starts_with(own))
    };
    found.filter(|entry| is_ours(&entry.file_name())).map(|entry| entry.path()).collect()
}

/// Returns what bears a name of ours in a folder and another user has laid there: a file that would be obeyed, or a link
/// that would be followed; also within a folder that stands open itself.
fn laid_by_others(folder: &Path) -> Option<(PathBuf, u32)> {
    let names: Vec<&str> = OWN_FILES.into_iter().chain(OWN_FOLDERS).collect();
    let mut ways = entries(folder, &names);
    while let Some(path) = ways.pop() {
        if let Some(user) = owners::stranger(&path) {
            return Some((path, user));
        }
        if stands_open(&path) {
            ways.extend(entries(&path, &[""]));
        }
    }
    None
}

/// Says whether it is a folder that others can write to.
#[cfg(unix)]
fn stands_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let found = fs::symlink_metadata(path);
    found.is_ok_and(|found| found.is_dir() && found.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
fn stands_open(_path: &Path) -> bool {
    false
}

/// Opens a file of ours, closed to others whatever the umask.
///
/// # Errors
///
/// Another user has laid it there, or it cannot be opened.
pub fn open_private(options: &mut OpenOptions, path: &Path) -> std::io::Result<File> {
    if let Some(user) = owners::stranger(path) {
        return Err(std::io::Error::other(format!("it belongs to user {user}")));
    }
    private(options);
    options.open(path)
}

fn make_private_folder(folder: &Path, repaired: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !folder.is_dir() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    close_to_others(folder, 0o700, repaired)
}

#[cfg(unix)]
fn close_to_others(path: &Path, mode: u32, repaired: &mut Vec<PathBuf>) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        repaired.push(path.to_owned());
    }
    Ok(())
}

#[cfg(not(unix))]
fn close_to_others(_path: &Path, _mode: u32, _repaired: &mut Vec<PathBuf>) -> std::io::Result<()> {
    Ok(())
}

/// Makes one name of the many that a folder can have, also for a folder that does not exist yet.
fn settle(dir: &Path) -> PathBuf {
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    // Without a separator at the end, which Windows keeps.
    let whole: PathBuf = whole.components().collect();
    let mut missing: Vec<&OsStr> = Vec::new();
    let mut existing = whole.as_path();
    loop {
        if let Ok(found) = fs::canonicalize(existing) {
            // Windows answers with `\\?\C:\…`, which some programs cannot read.
            let found = if cfg!(windows) { existing.to_owned() } else { found };
            return missing.iter().rev().fold(found, |path, name| path.join(name));
        }
        let (Some(parent), Some(name)) = (existing.parent(), existing.file_name()) else {
            return whole;
        };
        missing.push(name);
        existing = parent;
    }
}

/// Source: XDG Base Directory Specification 0.8; Apple, File System Programming Guide; Windows, KNOWNFOLDERID.
fn standard(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Result<Home, String> {
    let need = |name: &str| {
        variable(name).ok_or_else(|| format!("the environment variable {name} is not set"))
    };
    if cfg!(windows) {
        let local = need("LOCALAPPDATA")?.join("Patchcord");
        return Ok(Home {
            config: need("APPDATA")?.join("Patchcord"),
            logs: local.join("logs"),
            socket_folder: local.clone(),
            data: local,
        });
    }
    let home = need("HOME")?;
    if cfg!(target_os = "macos") {
        let data = home.join("Library/Application Support/Patchcord");
        let logs = home.join("Library/Logs/Patchcord");
        return Ok(Home { config: data.clone(), logs, socket_folder: data.clone(), data });
    }
    // The specification tells programs to ignore relative paths here.
    let xdg = |name: &str, fallback: &str| {
        variable(name)
            .filter(|path| path.is_absolute())
            .unwrap_or_else(|| home.join(fallback))
            .join("patchcord")
    };
    let data = xdg("XDG_DATA_HOME", ".local/share");
    Ok(Home {
        config: xdg("XDG_CONFIG_HOME", ".config"),
        logs: xdg("XDG_STATE_HOME", ".local/state").join("logs"),
        socket_folder: data.clone(),
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_holds_everything() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let top = settle(dir.path());
        assert_eq!(home.settings_file(), top.join("settings.toml"));
        assert_eq!(home.data(), top);
        assert_eq!(home.logs(), top.join("logs"));
        #[cfg(unix)]
        assert_eq!(home.socket(), top.join("control.sock"));
    }

    #[test]
    fn two_names_of_one_folder_are_one_home() {
        let dir = tempfile::tempdir().unwrap();
        let before = Home::under(&dir.path().join("not").join("yet"));
        before.prepare().unwrap();
        assert_eq!(before.id(), Home::under(&dir.path().join("not/./yet/")).id());
    }

    #[test]
    fn the_second_engine_is_told_who_has_the_home() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let first = home.lock().unwrap();
        let Err(LockError::AlreadyRunning { pid }) = home.lock() else { panic!("locked twice") };
        if cfg!(unix) {
            assert_eq!(pid, Some(std::process::id()));
        }
        home.lock_window().unwrap();
        drop(first);
        home.lock().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_stood_open_is_closed_and_named() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        home.prepare().unwrap();
        fs::write(home.settings_file(), "").unwrap();
        fs::set_permissions(home.settings_file(), fs::Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(home.logs(), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(home.prepare().unwrap(), [home.logs().to_owned(), home.settings_file()]);
        assert_eq!(fs::metadata(home.settings_file()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(home.prepare().unwrap(), Vec::<PathBuf>::new());
    }

    #[cfg(unix)]
    #[test]
    fn what_a_crash_has_left_is_closed_as_well() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        home.prepare().unwrap();
        let left = ["salesforce.new", "settings.new"].map(|name| home.data().join(name));
        for file in &left {
            fs::write(file, "half").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        assert_eq!(home.prepare().unwrap(), left);
    }

    #[cfg(unix)]
    #[test]
    fn settings_that_are_kept_elsewhere_are_closed_there() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(&dir.path().join("home"));
        home.prepare().unwrap();
        let elsewhere = dir.path().join("patchcord.toml");
        fs::write(&elsewhere, "").unwrap();
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&elsewhere, home.settings_file()).unwrap();
        assert_eq!(home.prepare().unwrap(), [home.settings_file()]);
        assert_eq!(fs::metadata(&elsewhere).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(home.settings_file().is_symlink());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_s_own_places_are_used() {
        let home = standard(&|name| match name {
            "HOME" => Some(PathBuf::from("/home/mara")),
            "XDG_CONFIG_HOME" => Some(PathBuf::from("relative")),
            "XDG_DATA_HOME" => Some(PathBuf::from("/data")),
            _ => None,
        })
        .unwrap();
        assert_eq!(home.settings_file(), Path::new("/home/mara/.config/patchcord/settings.toml"));
        assert_eq!(home.data(), Path::new("/data/patchcord"));
        assert_eq!(home.logs(), Path::new("/home/mara/.local/state/patchcord/logs"));
        assert!(standard(&|_| None).is_err());
    }
}
