//! Why there is no engine, handed by a window's program that finds another window standing here to that one. The file is
//! the message, and that it is gone the answer.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use engine::{
    home::{Home, open_private},
    view::Problem,
};

/// A window that stands without an engine looks twice a second.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);

/// Leaves the reason for the window that stands here, and says whether it has taken it. Blocks.
pub(super) fn hand_over(home: &Home, problem: &Problem) -> bool {
    let file = file(home.data());
    if leave(&file, problem).is_err() {
        return false;
    }
    let until = Instant::now() + PATIENCE;
    while file.exists() {
        if Instant::now() > until {
            // One that comes to it later would tell of the past.
            return fs::remove_file(&file).is_err();
        }
        std::thread::sleep(LOOK);
    }
    true
}

fn leave(file: &Path, problem: &Problem) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    open_private(&mut options, &beside)?.write_all(&serde_json::to_vec(problem)?)?;
    fs::rename(&beside, file)
}

/// Takes the reason that was left here.
pub(super) fn take(home: &Home) -> Option<Problem> {
    let file = file(home.data());
    let text = fs::read(&file).ok()?;
    fs::remove_file(&file).ok()?;
    serde_json::from_slice(&text).ok()
}

fn file(data: &Path) -> PathBuf {
    data.join("window.told")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_taken_once_and_one_that_nobody_takes_does_not_stay() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        home.prepare().unwrap();
        let problem = Problem::new("engine.not_started", "no room", "make some");
        std::thread::scope(|scope| {
            let handed = scope.spawn(|| hand_over(&home, &problem));
            let taken = std::iter::from_fn(|| {
                std::thread::sleep(LOOK);
                Some(take(&home))
            });
            assert_eq!(taken.take(100).flatten().next(), Some(problem.clone()));
            assert!(handed.join().unwrap());
        });
        assert!(!hand_over(&home, &problem));
        assert_eq!(take(&home), None);
    }
}
