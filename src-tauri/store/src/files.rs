//! The folder and the files in it: who may read them, where they lie, what is put aside.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    model::Notice,
};

/// How many damaged journals are kept. When there is one more, the oldest goes.
const KEPT: usize = 5;

/// Makes the folder, open to this user alone.
pub(crate) fn prepare_folder(folder: &Path, notices: &mut Vec<Notice>) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| Error::io(folder, error))?;
    restrict(folder, notices)
}

/// Returns the file beside `database` that SQLite keeps under this suffix (`-wal`, `-shm`).
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the file of a database, where there is none, and closes it and its companions to other users.
/// SQLite gives its companions the mode of the file.
pub(crate) fn prepare_file(database: &Path, notices: &mut Vec<Notice>) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(database) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Error::io(database, error)),
    }
    for path in family(database) {
        if path.exists() {
            restrict(&path, notices)?;
        }
    }
    Ok(())
}

fn family(database: &Path) -> [PathBuf; 4] {
    [
        database.to_owned(),
        beside(database, "-wal"),
        beside(database, "-shm"),
        beside(database, "-journal"),
    ]
}

/// Takes other users' rights away. Windows profiles are private by inheritance, so nothing is to be done there.
#[cfg(unix)]
fn restrict(path: &Path, notices: &mut Vec<Notice>) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const STICKY: u32 = 0o1000;
    let permissions = fs::metadata(path).map_err(|error| Error::io(path, error))?.permissions();
    let mode = permissions.mode();
    // A sticky folder (/tmp) belongs to everybody. Our files in it are closed all the same.
    if mode & 0o077 == 0 || mode & STICKY != 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
        .map_err(|error| Error::io(path, error))?;
    notices.push(Notice::PermissionsRepaired { path: path.to_owned() });
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _notices: &mut Vec<Notice>) -> Result<()> {
    Ok(())
}

/// Moves a damaged database with its companions to `<name>.damaged-<n>.db`, and returns where it is now.
///
/// The companions keep their suffixes, so that a tool can open what is left.
pub(crate) fn put_aside(database: &Path) -> Result<PathBuf> {
    let numbers = set_aside_before(database);
    let next = numbers.last().map_or(1, |last| last + 1);
    let target = aside(database, next);
    for (from, suffix) in family(database).into_iter().zip(["", "-wal", "-shm", "-journal"]) {
        match fs::rename(&from, beside(&target, suffix)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(&from, error)),
        }
    }
    let surplus = (numbers.len() + 1).saturating_sub(KEPT);
    for &old in numbers.iter().take(surplus) {
        remove(&aside(database, old))?;
    }
    Ok(target)
}

/// Which file it is, whatever its name: the device, and its number there.
pub(crate) type Place = Option<(u64, u64)>;

/// Returns which file is at the path. Elsewhere than on Unix a file that is open cannot be taken away.
#[cfg(unix)]
pub(crate) fn place(path: &Path) -> Place {
    use std::os::unix::fs::MetadataExt as _;
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
pub(crate) fn place(_path: &Path) -> Place {
    None
}

/// Says whether the file that was at the path is there no more. Where that cannot be seen, it is.
pub(crate) fn has_moved(path: &Path, was: Place) -> bool {
    if was.is_none() || place(path) == was {
        return false;
    }
    match fs::metadata(path) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Replaces the content of a small file, for good also if the power fails now.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = beside(file, ".new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&new)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    drop(opened);
    fs::rename(&new, file)?;
    flush_folder_of(file)
}

/// Has the names in the file's folder survive a power cut.
pub(crate) fn flush_folder_of(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Says whether a damaged file was put aside here before.
pub(crate) fn was_put_aside(database: &Path) -> bool {
    !set_aside_before(database).is_empty()
}

/// Removes a database and its companions.
pub(crate) fn remove(database: &Path) -> Result<()> {
    for path in family(database) {
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io(&path, error)),
        }
    }
    Ok(())
}

fn aside(database: &Path, number: u32) -> PathBuf {
    let stem = database.file_stem().unwrap_or_default().to_string_lossy();
    database.with_file_name(format!("{stem}.damaged-{number}.db"))
}

/// Returns the numbers of what was put aside before, ascending.
fn set_aside_before(database: &Path) -> Vec<u32> {
    let stem = database.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let prefix = format!("{stem}.damaged-");
    let entries = database.parent().and_then(|folder| fs::read_dir(folder).ok());
    let mut numbers: Vec<u32> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let number = name.strip_prefix(&prefix)?.split_once(".db")?.0;
            number.parse().ok()
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Says whether the folder is known to lie on another computer, where SQLite's shared memory does not work.
///
/// Source: sqlite.org/wal.html, "All processes using a database must be on the same host computer".
#[cfg(target_os = "linux")]
pub(crate) fn is_remote(folder: &Path) -> bool {
    let (Ok(folder), Ok(mounts)) = (folder.canonicalize(), fs::read_to_string("/proc/self/mounts"))
    else {
        return false;
    };
    remote_in(&mounts, &folder)
}

#[cfg(windows)]
pub(crate) fn is_remote(folder: &Path) -> bool {
    use std::path::{Component, Prefix};
    match folder.components().next() {
        Some(Component::Prefix(prefix)) => {
            matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        }
        _ => false,
    }
}

/// Elsewhere the answer is SQLite's: where shared memory fails, `journal_mode=WAL` is not granted.
#[cfg(not(any(target_os = "linux", windows)))]
pub(crate) fn is_remote(_folder: &Path) -> bool {
    false
}

/// Reads the kernel's table: of the mount points that contain the folder the longest counts, of equal ones the last.
#[cfg(target_os = "linux")]
fn remote_in(mounts: &str, folder: &Path) -> bool {
    const REMOTE: [&str; 14] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "davfs",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.davfs2",
    ];
    let mut best = (0, "");
    for line in mounts.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(point), Some(kind)) = (words.next(), words.next()) else { continue };
        // Blanks in a mount point are spelled in octal.
        let point = point.replace("\\040", " ");
        if folder.starts_with(&point) && point.len() >= best.0 {
            best = (point.len(), kind);
        }
    }
    REMOTE.contains(&best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_home_on_a_file_server_is_noticed_and_a_local_one_below_it_is_not() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n\
                      /dev/sdb1 /home/local\\040disk ext4 rw 0 0\n";

        assert!(remote_in(mounts, Path::new("/home/ada/.config")));
        assert!(!remote_in(mounts, Path::new("/home/local disk/x")));
        assert!(!remote_in(mounts, Path::new("/homestead")));
    }

    #[test]
    fn the_sixth_damaged_journal_pushes_the_first_out() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal.db");
        for n in 1..=6_u32 {
            fs::write(&journal, n.to_string()).unwrap();
            fs::write(beside(&journal, "-wal"), "w").unwrap();
            let kept = put_aside(&journal).unwrap();
            assert_eq!(fs::read_to_string(kept).unwrap(), n.to_string());
        }

        assert_eq!(set_aside_before(&journal), [2, 3, 4, 5, 6]);
        assert!(!folder.path().join("journal.damaged-1.db-wal").exists());
        assert!(folder.path().join("journal.damaged-6.db-wal").exists());
    }
}
