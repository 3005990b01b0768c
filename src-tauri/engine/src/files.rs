//! Small files that a crash must leave old or new, and that nobody else may read.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// How many links are followed to a file that a person keeps elsewhere.
const LINKS: usize = 8;

/// Replaces the file's content: written beside, flushed, and put in place at once. Mode 0600, whatever the file had
/// before. A link stays one: what it leads to is replaced.
pub(crate) fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    let file = followed(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let beside = file.with_extension("new");
    // One that a crash has left would lend its mode, or lead elsewhere.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    crate::home::private(&mut options);
    let mut new = options.open(&beside)?;
    new.write_all(content)?;
    new.sync_all()?;
    fs::rename(&beside, &file)?;
    sync_folder(folder);
    Ok(())
}

/// Returns the file that a link leads to, also where it is not there yet.
fn followed(file: &Path) -> io::Result<PathBuf> {
    let mut file = file.to_owned();
    for _ in 0..LINKS {
        match fs::symlink_metadata(&file) {
            Ok(found) if found.is_symlink() => {
                if let Some(user) = owners::stranger(&file) {
                    return Err(io::Error::other(format!("the link there belongs to user {user}")));
                }
                let target = fs::read_link(&file)?;
                file = file.parent().unwrap_or(Path::new(".")).join(target);
            }
            Ok(_) | Err(_) => return Ok(file),
        }
    }
    Err(io::Error::other("too many links lead from one to the next"))
}

/// Has the new name survive a power cut. Some file systems cannot be asked; the content is in place all the same.
#[cfg(unix)]
fn sync_folder(folder: &Path) {
    if let Err(error) = fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "a folder could not be flushed");
    }
}

/// Windows flushes the name with the file.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) {}

/// As the scenarios have it, which are built on this crate.
#[cfg(all(test, unix))]
#[path = "../../../tests/scenarios/harness/left_out.rs"]
#[expect(unreachable_pub, reason = "there it is for other crates")]
mod left_out;

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn what_a_crash_has_left_lends_neither_its_mode_nor_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let left = folder.path().join("settings.new");
        fs::write(&left, "half").unwrap();
        fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&file, b"one").unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), mode(&file)), ("one", 0o600));

        let stranger = folder.path().join("stranger");
        fs::write(&stranger, "theirs").unwrap();
        symlink(&stranger, &left).unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert_eq!(fs::read_to_string(&stranger).unwrap(), "theirs");
        assert!(!file.is_symlink() && !left.exists());
    }

    /// Only root can make a link another user's.
    #[test]
    fn a_link_that_another_user_has_laid_leads_nowhere() {
        if owners::user() != 0 {
            left_out::left_out("only root can give files to others");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "worth").unwrap();
        let pops = crate::pops::Pops::open(folder.path());
        for name in ["journal.times", "popped"] {
            let link = folder.path().join(name);
            symlink(&precious, &link).unwrap();
            std::os::unix::fs::lchown(&link, Some(65_534), None).unwrap();
        }
        let refused = replace(&folder.path().join("journal.times"), b"ours").unwrap_err();
        assert!(refused.to_string().contains("belongs to user 65534"), "{refused}");
        pops.note(&domain::CallId::new("1.1"));
        assert_eq!(fs::read_to_string(&precious).unwrap(), "worth");
    }

    #[test]
    fn a_link_to_a_file_kept_elsewhere_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (home, elsewhere) = (folder.path().join("home"), folder.path().join("dotfiles"));
        fs::create_dir(&home).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        let file = home.join("settings.toml");
        symlink("../dotfiles/patchcord.toml", &file).unwrap();
        for text in ["one", "two"] {
            replace(&file, text.as_bytes()).unwrap();
            assert!(file.is_symlink());
            assert_eq!(fs::read_to_string(elsewhere.join("patchcord.toml")).unwrap(), text);
        }
        assert_eq!(mode(&file), 0o600);
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);

        symlink(&file, home.join("around")).unwrap();
        fs::remove_file(&file).unwrap();
        symlink(home.join("around"), &file).unwrap();
        assert!(replace(&file, b"three").is_err(), "links in a ring lead nowhere");
    }
}
