//! Unix: owners are numbers, and every step of a path is looked at through the descriptor that was opened.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{fd::OwnedFd, unix::ffi::OsStringExt as _},
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat},
    io::Errno,
};

use super::{Error, Fault, Keepers};

/// More links than this on one way are a circle. Source: Linux, `MAXSYMLINKS`.
const LINKS: usize = 40;

/// Opens a folder only to go on from there. macOS has no such word, and wants to be allowed to list it.
#[cfg(target_os = "linux")]
const STEP: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const STEP: OFlags = OFlags::RDONLY;

/// Returns the number of the user whose rights this process has.
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Says whether a path is a folder of this user, and no link to one.
pub fn is_own_folder(path: &Path) -> bool {
    rustix::fs::lstat(path).is_ok_and(|found| {
        FileType::from_raw_mode(found.st_mode) == FileType::Directory && found.st_uid == user()
    })
}

pub(super) fn stranger(path: &Path) -> Option<u32> {
    let host = rustix::fs::stat(path.parent()?).ok()?.st_uid;
    let whose = [rustix::fs::lstat(path), rustix::fs::stat(path)];
    whose
        .into_iter()
        .flatten()
        .map(|found| found.st_uid)
        .find(|uid| ![0, host, user()].contains(uid))
}

pub(super) fn system_folder() -> Option<PathBuf> {
    Some(PathBuf::from(if cfg!(target_os = "macos") {
        "/Library/Application Support/Patchcord"
    } else {
        "/etc/patchcord"
    }))
}

/// Opens a file, step by step from the root. What is wrong on the way counts only where the file is there.
pub(super) fn open(file: &Path, keepers: Keepers) -> Result<Option<File>, Error> {
    match walk(file, keepers) {
        Ok((opened, None)) => Ok(Some(opened)),
        Ok((_, Some(fault))) => Err(fault),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(Error::Io(error.into())),
    }
}

fn walk(file: &Path, keepers: Keepers) -> Result<(File, Option<Error>), Errno> {
    let mut way = Way { keepers, fault: None, path: PathBuf::from("/") };
    let file = std::path::absolute(file).map_err(|_| Errno::NOENT)?;
    let mut here = root()?;
    way.judge(&fstat(&here)?, true);
    let mut steps = steps(&file);
    let mut links = 0;
    while let Some(step) = steps.pop_front() {
        let found = statat(&here, &step, AtFlags::SYMLINK_NOFOLLOW)?;
        way.path.push(&step);
        if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
            links += 1;
            if links > LINKS {
                return Err(Errno::LOOP);
            }
            way.judge_owner(&found);
            let target = readlinkat(&here, &step, Vec::new())?.into_bytes();
            let target = PathBuf::from(OsString::from_vec(target));
            way.path.pop();
            if target.is_absolute() {
                here = root()?;
                way.path = PathBuf::from("/");
            }
            for step in self::steps(&target).into_iter().rev() {
                steps.push_front(step);
            }
            continue;
        }
        if steps.is_empty() {
            // A pipe would be waited for, and a terminal become ours.
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
            let opened =
                openat(&here, &step, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
            way.judge(&fstat(&opened)?, false);
            return Ok((File::from(opened), way.fault));
        }
        let flags = STEP | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        here = openat(&here, &step, flags, Mode::empty())?;
        way.judge(&fstat(&here)?, true);
    }
    // The path was a folder: `/`, or a link to one.
    Err(Errno::ISDIR)
}

fn root() -> Result<OwnedFd, Errno> {
    openat(CWD, "/", STEP | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Returns the names to go through; `..` is one of them.
fn steps(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsStr::new("..").to_owned()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// What was seen on the way to a file.
struct Way {
    keepers: Keepers,
    /// The first thing that is wrong.
    fault: Option<Error>,
    path: PathBuf,
}

impl Way {
    fn judge(&mut self, found: &Stat, folder: bool) {
        self.judge_owner(found);
        let mode = Mode::from_raw_mode(found.st_mode);
        // In a folder with the sticky bit only its owner can replace a file.
        let shared = folder && self.keepers == Keepers::OrUser && mode.contains(Mode::SVTX);
        if !shared && mode.intersects(Mode::WGRP | Mode::WOTH) {
            self.is_wrong(Fault::Open);
        }
    }

    fn judge_owner(&mut self, found: &Stat) {
        let ours = self.keepers == Keepers::OrUser && found.st_uid == user();
        if found.st_uid != 0 && !ours {
            self.is_wrong(Fault::Owner(format!("user {}", found.st_uid)));
        }
    }

    fn is_wrong(&mut self, fault: Fault) {
        let path = self.path.clone();
        self.fault.get_or_insert(Error::Untrusted { path, fault });
    }
}

/// Turns what the file system says into what the standard library says.
impl From<Errno> for Error {
    fn from(error: Errno) -> Self {
        Self::Io(io::Error::from(error))
    }
}
