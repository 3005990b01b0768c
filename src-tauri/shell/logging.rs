//! The log file: bounded, of one line per event, and only of what this program itself has to say.
//!
//! Numbers, names and notes are not logged at all: that is the matter of who logs. This module keeps out what others
//! would write: libraries log addresses with tokens in them at their finer levels, so theirs stay out at any level.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use engine::home::open_private;
use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

/// A full file is put aside at this size.
const FULL: u64 = 2 * 1024 * 1024;
/// Files put aside: with the current one, logs take at most 8 MiB.
const KEPT: u32 = 3;
/// The crates that may log.
const OURS: [&str; 8] =
    ["domain", "pbx", "salesforce", "store", "engine", "shell", "patchcord", "simulator"];

/// Starts logging to `folder`. `PATCHCORD_LOG`, or else `RUST_LOG`, says how much: `info` where neither does.
///
/// Without a file there is no log, and the program goes on: a full disk must not stop calls.
pub(crate) fn start(folder: &Path) {
    let level = ["PATCHCORD_LOG", "RUST_LOG"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .and_then(|text| EnvFilter::try_new(text).ok())
        .unwrap_or_else(|| EnvFilter::new("info"));
    let file = Mutex::new(Rotating::open(folder.join("patchcord.log")));
    let layer = fmt::layer()
        .with_ansi(false)
        .with_writer(file)
        .with_filter(filter_fn(|event| ours(event.target())));
    // A second start in one process happens in tests only.
    let _ = tracing_subscriber::registry().with(level).with(layer).try_init();
    let plain = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Not what it says: that may be a caller's number.
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        let place = place.unwrap_or_default();
        tracing::error!(place, "a task has failed");
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            plain(panic);
        } else {
            // A session keeps what its programs say on standard error in files as well.
            say(&format!("a task has failed at {place}"));
        }
    }));
}

fn ours(target: &str) -> bool {
    OURS.contains(&target.split("::").next().unwrap_or_default())
}

/// A file that is put aside when it is full.
#[derive(Debug)]
struct Rotating {
    path: PathBuf,
    file: Option<File>,
    size: u64,
}

impl Rotating {
    fn open(path: PathBuf) -> Self {
        let mut log = Self { path, file: None, size: 0 };
        log.reopen();
        log
    }

    /// Opens the file. Where that cannot be, the next event tries again: the disk may have room by then.
    fn reopen(&mut self) {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        self.file = open_private(&mut options, &self.path).ok();
        let found = self.file.as_ref().and_then(|file| file.metadata().ok());
        self.size = found.map_or(0, |found| found.len());
    }

    fn turn(&mut self) {
        self.file = None;
        let aside = |number: u32| self.path.with_extension(format!("{number}.log"));
        for number in (1..KEPT).rev() {
            let _ = fs::rename(aside(number), aside(number + 1));
        }
        let _ = fs::rename(&self.path, aside(1));
        self.reopen();
    }
}

impl Write for Rotating {
    /// Takes one whole event; control characters in it would let a text from outside pretend to be another event.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        if self.file.is_none() {
            self.reopen();
        }
        if self.size >= FULL {
            self.turn();
        }
        let end = event.strip_suffix(b"\n").unwrap_or(event);
        let mut line: Vec<u8> =
            end.iter().map(|byte| if byte.is_ascii_control() { b'?' } else { *byte }).collect();
        line.push(b'\n');
        if let Some(file) = &mut self.file
            && file.write_all(&line).is_ok()
        {
            self.size += line.len() as u64;
        }
        // A full disk is the engine's to say; the log is the first that goes without.
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says a line on standard error, where a person looks who started the program by hand.
pub fn say(line: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Locks what a panicking holder cannot have left half done.
pub fn hold<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_put_aside_and_the_oldest_goes() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Rotating::open(dir.path().join("patchcord.log"));
        let event = vec![b'x'; 512 * 1024];
        for _ in 0..64 {
            log.write_all(&event).unwrap();
        }
        let sizes: Vec<u64> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 4);
        assert!(sizes.iter().sum::<u64>() <= 4 * (FULL + 600 * 1024));
    }

    #[test]
    fn a_log_that_could_not_be_opened_is_opened_later() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("logs");
        let mut log = Rotating::open(folder.join("patchcord.log"));
        log.write_all(b"lost\n").unwrap();
        fs::create_dir(&folder).unwrap();
        log.write_all(b"kept\n").unwrap();
        assert_eq!(fs::read_to_string(folder.join("patchcord.log")).unwrap(), "kept\n");
    }

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("patchcord.log");
        Rotating::open(path.clone()).write_all(b"name=\"a\n2026 INFO forged\x1b[31m\"\n").unwrap();
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(text, "name=\"a?2026 INFO forged?[31m\"\n");
    }

    #[test]
    fn only_our_own_crates_are_heard() {
        assert!(ours("pbx::client"));
        assert!(ours("engine"));
        assert!(!ours("hyper_util::client"));
        assert!(!ours("tungstenite::protocol"));
    }
}
