//! Files of several users, as far as the tests may make them: only root can.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown, lchown, symlink},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rustix::thread::set_thread_res_uid;
use tempfile::TempDir;

use super::*;

/// As the scenarios have it, which are built on this crate.
#[path = "../../../tests/scenarios/harness/left_out.rs"]
#[expect(unreachable_pub, reason = "there it is for other crates")]
mod left_out;

/// Somebody else, who need not be known to the system.
const STRANGER: u32 = 65_534;
const SOMEBODY: u32 = 61_234;

const LONGEST: u64 = 1_000;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A folder with `policy.toml` in it, as `umask 022` makes them; below a folder that everybody shares.
fn shared() -> (TempDir, PathBuf) {
    made_in(&std::env::temp_dir())
}

/// The same below folders that only root can change.
fn roots() -> (TempDir, PathBuf) {
    made_in(Path::new("/run"))
}

fn made_in(above: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(above).unwrap();
    mode(folder.path(), 0o755);
    let file = folder.path().join("policy.toml");
    fs::write(&file, "text").unwrap();
    mode(&file, 0o644);
    (folder, file)
}

fn counts(file: &Path, keepers: Keepers) -> bool {
    match read(file, keepers, LONGEST) {
        Ok(text) => {
            assert_eq!(text.as_deref(), Some("text"));
            true
        }
        Err(Error::Untrusted { .. }) => false,
        Err(Error::Io(error)) => panic!("{error}"),
    }
}

fn is_root() -> bool {
    let root = user() == 0;
    if !root {
        left_out::left_out("only root can give files to others");
    }
    root
}

/// Runs with the rights of another user. Only this thread has them.
fn as_user<T: Send>(id: u32, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let id = rustix::process::Uid::from_raw(id);
                set_thread_res_uid(id, id, id).unwrap();
                work()
            })
            .join()
            .unwrap()
    })
}

#[test]
fn ones_own_file_counts_as_ones_own_and_not_as_the_systems() {
    let (folder, file) = shared();
    assert!(counts(&file, Keepers::OrUser));
    // Root's own, but in `/tmp` anybody may have been first with the name.
    assert!(!counts(&file, Keepers::Administrators));
    for open in [0o664, 0o646, 0o666] {
        mode(&file, open);
        let error = read(&file, Keepers::OrUser, LONGEST).unwrap_err().to_string();
        assert_eq!(error, format!("{} can be changed by other users", file.display()));
    }
    mode(&file, 0o444);
    for (open, may) in
        [(0o775, false), (0o757, false), (0o777, false), (0o1777, true), (0o755, true)]
    {
        mode(folder.path(), open);
        assert_eq!(counts(&file, Keepers::OrUser), may, "{open:o}");
    }
}

#[test]
fn only_what_root_alone_can_change_counts_as_the_systems() {
    if !is_root() {
        return;
    }
    let (folder, file) = roots();
    assert!(counts(&file, Keepers::Administrators));
    assert!(as_user(SOMEBODY, || counts(&file, Keepers::Administrators)));
    assert!(as_user(SOMEBODY, || counts(&file, Keepers::OrUser)), "root's is as good as one's own");
    for open in [0o775, 0o1777] {
        mode(folder.path(), open);
        assert!(!counts(&file, Keepers::Administrators), "{open:o}");
    }
    mode(folder.path(), 0o755);
    mode(&file, 0o666);
    assert!(!counts(&file, Keepers::Administrators));
    mode(&file, 0o644);
    chown(&file, Some(STRANGER), None).unwrap();
    let error = read(&file, Keepers::Administrators, LONGEST).unwrap_err().to_string();
    assert_eq!(error, format!("{} belongs to user 65534", file.display()));
    assert!(!counts(&file, Keepers::OrUser));
    assert!(as_user(STRANGER, || counts(&file, Keepers::OrUser)), "to its owner it is their own");
    assert!(!as_user(STRANGER, || counts(&file, Keepers::Administrators)));
    assert!(!as_user(SOMEBODY, || counts(&file, Keepers::OrUser)));
    chown(&file, Some(0), None).unwrap();
    chown(folder.path(), Some(STRANGER), None).unwrap();
    assert!(!counts(&file, Keepers::Administrators), "its folder's owner can exchange it");
    assert!(!counts(&file, Keepers::OrUser));
}

#[test]
fn a_link_is_followed_to_what_counts_only_where_nobody_else_can_move_it() {
    let (folder, file) = shared();
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("link.toml");
    symlink(&file, &link).unwrap();
    let of_link = links.path().join("again.toml");
    symlink("./link.toml", &of_link).unwrap();
    let up = links.path().join("up");
    symlink(folder.path().join("..").join(folder.path().file_name().unwrap()), &up).unwrap();
    for path in [&link, &of_link, &up.join("policy.toml")] {
        assert!(counts(path, Keepers::OrUser), "{}", path.display());
    }
    mode(folder.path(), 0o777);
    assert!(!counts(&link, Keepers::OrUser), "the folders of its target count as well");
    mode(folder.path(), 0o755);
    let circle = links.path().join("circle");
    symlink("circle", &circle).unwrap();
    assert!(matches!(read(&circle, Keepers::OrUser, LONGEST), Err(Error::Io(_))));
    if is_root() {
        lchown(&link, Some(STRANGER), None).unwrap();
        assert!(!counts(&link, Keepers::OrUser), "its owner says where it leads");
    }
}

#[test]
fn what_is_not_there_is_no_fault_of_its_folder() {
    let (folder, file) = shared();
    fs::remove_file(&file).unwrap();
    mode(folder.path(), 0o777);
    for keepers in [Keepers::Administrators, Keepers::OrUser] {
        assert!(read(&file, keepers, LONGEST).unwrap().is_none());
        assert!(read(&folder.path().join("no/such/folder"), keepers, LONGEST).unwrap().is_none());
    }
    assert!(read_anybodys(&file, LONGEST).unwrap().is_none());
}

#[test]
fn what_is_no_file_or_too_long_is_not_read_and_not_waited_for() {
    let (folder, file) = shared();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let long = folder.path().join("long");
    fs::write(&long, "x".repeat(1_001)).unwrap();
    mode(&long, 0o600);
    for path in [folder.path(), &pipe, &long, &file.join("below"), Path::new("/")] {
        let within = read(path, Keepers::OrUser, LONGEST);
        assert!(matches!(within, Err(Error::Io(_))), "{}: {within:?}", path.display());
        assert!(read_anybodys(path, LONGEST).is_err(), "{}", path.display());
    }
    fs::write(&long, "x".repeat(1_000)).unwrap();
    assert!(read(&long, Keepers::OrUser, LONGEST).unwrap().is_some());
    assert!(read_anybodys(&long, LONGEST).unwrap().is_some());
}

#[test]
fn nothing_can_be_exchanged_between_the_look_and_the_reading() {
    if !is_root() {
        return;
    }
    let (folder, file) = roots();
    let theirs = folder.path().join("theirs");
    fs::write(&theirs, "EVIL").unwrap();
    chown(&theirs, Some(STRANGER), None).unwrap();
    let (beside, done) = (folder.path().join("beside"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // In turn: the good file, a link to the other's, the other's own.
            while !done.load(Ordering::Relaxed) {
                symlink(&theirs, &beside).unwrap();
                fs::rename(&beside, &file).unwrap();
                fs::hard_link(&theirs, &beside).unwrap();
                fs::rename(&beside, &file).unwrap();
                fs::write(&beside, "text").unwrap();
                fs::rename(&beside, &file).unwrap();
            }
        });
        let until = Instant::now() + Duration::from_millis(700);
        let (mut good, mut refused) = (0, 0);
        while Instant::now() < until {
            match read(&file, Keepers::Administrators, LONGEST) {
                Ok(text) => {
                    assert_eq!(text.as_deref(), Some("text"));
                    good += 1;
                }
                Err(_) => refused += 1,
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(good > 0 && refused > 0, "{good} {refused}");
    });
}

#[test]
fn a_folder_is_ones_own_by_its_owner_and_not_by_a_link() {
    let folder = tempfile::tempdir().unwrap();
    assert!(is_own_folder(folder.path()));
    assert!(!is_own_folder(&folder.path().join("none")));
    let link = folder.path().join("link");
    symlink(folder.path(), &link).unwrap();
    assert!(!is_own_folder(&link));
    if is_root() {
        chown(folder.path(), Some(STRANGER), None).unwrap();
        assert!(!is_own_folder(folder.path()));
        chown(folder.path(), Some(0), None).unwrap();
    }
}
