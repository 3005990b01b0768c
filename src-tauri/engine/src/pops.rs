//! Which pages have opened by themselves, so that a program that was killed does not open them again.
//!
//! The journal says it too, but only after a flush to the disk, for which no pop waits; a kill may come between the
//! two. A line in a file survives a kill and costs some microseconds. It need not survive a power cut: then no phone
//! rings any more that rang before.

use std::{
    collections::HashSet,
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::CallId;

use crate::{files, home::open_private};

/// More calls than can ring at once, by far.
const KEPT: usize = 64;

/// The calls whose page was opened by an earlier run, and where this run writes its own. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Pops {
    file: PathBuf,
    before: Arc<HashSet<CallId>>,
}

impl Pops {
    /// Reads what earlier runs have opened last.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join("popped");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(KEPT)..];
        if last.len() < lines.len()
            && let Err(error) = files::replace(&file, format!("{}\n", last.join("\n")).as_bytes())
        {
            tracing::warn!(%error, "the list of opened pages could not be shortened");
        }
        Self { file, before: Arc::new(last.iter().map(|call| CallId::new(*call)).collect()) }
    }

    /// Says whether an earlier run opened this call's page.
    pub(crate) fn knows(&self, call: &CallId) -> bool {
        self.before.contains(call)
    }

    /// Notes that the page opens now. Blocking, though not for long.
    pub(crate) fn note(&self, call: &CallId) {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let written = open_private(&mut options, &self.file)
            .and_then(|mut file| file.write_all(format!("{call}\n").as_bytes()));
        if let Err(error) = written {
            tracing::warn!(%error, "an opened page could not be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_last_is_known_to_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let run = Pops::open(folder.path());
        for call in 0..100 {
            run.note(&CallId::new(call.to_string()));
        }
        assert!(!run.knows(&CallId::new("99")), "this run asks its switchboard");
        for _ in 0..2 {
            let next = Pops::open(folder.path());
            assert!(next.knows(&CallId::new("99")) && next.knows(&CallId::new("36")));
            assert!(!next.knows(&CallId::new("35")));
        }
    }
}
