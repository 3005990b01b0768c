//! Starts that did not end as they should. Five within a minute: something that the program does by itself ends it, and it
//! begins with what it needs for calls alone.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::Timestamp;

use crate::files;

/// So many starts. Source: faults.md F15.
const OFTEN: usize = 5;
const WITHIN: Duration = Duration::from_secs(60);
/// After as long all of it begins: what ends the program by itself has done so by then.
pub(crate) const SAFE_FOR: Duration = Duration::from_secs(120);

/// The file of the starts since the last end that was one.
#[derive(Debug)]
pub(crate) struct Starts {
    file: PathBuf,
    /// This start is one of several.
    pub(crate) are_many: bool,
}

impl Starts {
    /// Writes this start down. A folder that cannot be written to is told of elsewhere.
    pub(crate) fn begin(data: &Path, now: Timestamp) -> Self {
        let file = data.join("engine.starts");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let recent = |at: &i64| {
            let at = Timestamp::from_millis(*at);
            at <= now && now.since(at) < WITHIN
        };
        let mut starts: Vec<i64> =
            text.lines().filter_map(|line| line.parse().ok()).filter(recent).collect();
        starts.push(now.as_millis());
        let are_many = starts.len() >= OFTEN;
        let lines: String = starts.iter().map(|at| format!("{at}\n")).collect();
        if let Err(error) = files::replace(&file, lines.as_bytes()) {
            tracing::warn!(%error, "this start could not be written down");
        }
        Self { file, are_many }
    }

    /// The program ends as it should.
    pub(crate) fn end(&self) {
        // It may have been deleted.
        let _ = fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_starts_within_a_minute_without_an_end_are_many() {
        let home = tempfile::tempdir().expect("a folder");
        let at = |second: i64| Timestamp::from_seconds(1_767_600_000 + second);
        let start = |second| Starts::begin(home.path(), at(second)).are_many;
        assert_eq!([0, 10, 20, 30].map(start), [false; 4]);
        assert!(start(40));
        assert!(!start(75), "the first two are long ago");
        Starts::begin(home.path(), at(76)).end();
        assert_eq!([77, 78, 79, 80].map(start), [false; 4]);
        assert!(!start(20), "by a clock that was set back there is one");
    }
}
