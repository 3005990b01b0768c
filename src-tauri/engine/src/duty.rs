//! When calls are ours to log, kept on disk: the times at which the integration was off, and when each desk began.
//!
//! They are in a small file of their own and not in the journal, since a journal that is lost is read back from the
//! PBX's records, and what was off then stays off.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use domain::{Break, Duty, Timestamp};

use crate::files;

/// The file's name. The names of all that belongs to the journal begin alike.
const FILE: &str = "journal.times";
/// So many desks are remembered; the one that began first is forgotten first.
const DESKS: usize = 32;

/// The duty of this home, and where it is kept.
#[derive(Debug)]
pub(crate) struct KeptDuty {
    file: PathBuf,
    duty: Duty,
    /// When a desk was connected first, by its name.
    since: BTreeMap<String, Timestamp>,
    /// By how many seconds its PBX's clock was ahead of ours then. The journal knows more, from the first record on.
    skews: BTreeMap<String, i64>,
    /// What is on disk is older.
    unsaved: bool,
}

impl KeptDuty {
    /// Reads what the last run kept. Returns what it found beside: whether there was anything.
    pub(crate) fn open(folder: &Path, now: Timestamp) -> (Self, bool) {
        let file = folder.join(FILE);
        let text = fs::read_to_string(&file);
        let Kept { breaks, since, skews } = read(text.as_deref().unwrap_or_default());
        let duty = Duty::kept(breaks.iter().copied(), now);
        // What lies ahead is known as now from here on, and not anew at each start.
        let unsaved = duty.breaks() != breaks;
        let mut kept = Self { file, duty, since, skews, unsaved };
        kept.save();
        (kept, text.is_ok())
    }

    pub(crate) fn off_since(&self) -> Option<Timestamp> {
        self.duty.off_since()
    }

    pub(crate) fn duty(&self) -> &Duty {
        &self.duty
    }

    /// The integration is on, or off, from now on.
    pub(crate) fn switch(&mut self, on: bool, now: Timestamp) {
        self.unsaved |= if on { self.duty.on(now) } else { self.duty.off(now) };
        self.save();
    }

    /// The clock was set by so many milliseconds, and shows `now`. What was noted from `began` on moves with it.
    pub(crate) fn clock_was_set(&mut self, began: Timestamp, now: Timestamp, by: i64) {
        self.duty.clock_was_set(began, now, by);
        self.unsaved = true;
        self.save();
    }

    /// Forgets breaks that ended before anything that is still to be read.
    pub(crate) fn read_until(&mut self, at: Timestamp) {
        self.duty.read_until(at);
    }

    /// Returns when a desk was connected first.
    pub(crate) fn since(&self, desk: &str) -> Option<Timestamp> {
        self.since.get(desk).copied()
    }

    /// Returns by how many seconds the PBX's clock was ahead of ours when a desk was connected first.
    pub(crate) fn skew(&self, desk: &str) -> Option<i64> {
        self.skews.get(desk).copied()
    }

    /// Notes when a desk was connected first, and by how many seconds its PBX's clock was ahead of ours then.
    pub(crate) fn begin(&mut self, desk: &str, since: Timestamp, skew: Option<i64>) {
        let known = self.since.insert(desk.to_owned(), since) == Some(since);
        let skew = skew.filter(|_| !self.skews.contains_key(desk));
        if known && skew.is_none() {
            return;
        }
        self.skews.extend(skew.map(|skew| (desk.to_owned(), skew)));
        while self.since.len() > DESKS {
            let oldest = self.since.iter().min_by_key(|(_, since)| **since);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { break };
            self.since.remove(&name);
            self.skews.remove(&name);
        }
        self.unsaved = true;
        self.save();
    }

    /// Writes what is not on disk yet. What cannot be written now is tried again later.
    pub(crate) fn save(&mut self) {
        if !self.unsaved {
            return;
        }
        match files::replace(&self.file, self.text().as_bytes()) {
            Ok(()) => self.unsaved = false,
            Err(error) => tracing::warn!(%error, "the times that are ours could not be kept"),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for off in self.duty.breaks() {
            let until =
                off.until.map_or_else(|| "-".to_owned(), |until| until.as_millis().to_string());
            text.push_str(&format!("off {} {until}\n", off.from.as_millis()));
        }
        for (desk, since) in &self.since {
            text.push_str(&format!("since {} {desk}\n", since.as_millis()));
        }
        for (desk, skew) in &self.skews {
            text.push_str(&format!("skew {skew} {desk}\n"));
        }
        text
    }
}

/// What the file holds.
#[derive(Debug, Default)]
struct Kept {
    breaks: Vec<Break>,
    since: BTreeMap<String, Timestamp>,
    skews: BTreeMap<String, i64>,
}

/// Reads the lines. One that cannot be read is passed over.
fn read(text: &str) -> Kept {
    let mut kept = Kept::default();
    let moment = |word: &str| word.parse().ok().map(Timestamp::from_millis);
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(what), Some(value), Some(rest)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let Ok(number) = value.parse() else { continue };
        let at = Timestamp::from_millis(number);
        match what {
            "off" if rest == "-" => kept.breaks.push(Break { from: at, until: None }),
            "off" => {
                let ended = moment(rest).map(|until| Break { from: at, until: Some(until) });
                kept.breaks.extend(ended);
            }
            "since" => {
                kept.since.insert(rest.to_owned(), at);
            }
            "skew" => {
                kept.skews.insert(rest.to_owned(), number);
            }
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_off_and_when_a_desk_began_is_known_to_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let at = Timestamp::from_seconds;
        let (mut kept, found) = KeptDuty::open(folder.path(), at(10));
        assert!(!found);
        kept.switch(false, at(100));
        kept.switch(true, at(200));
        kept.begin("3630:4101", at(50), None);
        kept.begin("3630:4101", at(50), Some(-45));
        kept.begin("3630:4101", at(60), Some(3));
        kept.switch(false, at(300));
        let (next, found) = KeptDuty::open(folder.path(), at(400));
        assert!(found);
        assert_eq!(next.off_since(), Some(at(300)));
        assert_eq!(next.since("3630:4101"), Some(at(60)));
        assert_eq!(next.skew("3630:4101"), Some(-45), "as it was first");
        assert!(next.duty().is_ours(at(99)) && !next.duty().is_ours(at(150)));
    }

    #[test]
    fn a_break_that_lies_ahead_begins_once_and_not_anew_with_each_start() {
        let folder = tempfile::tempdir().unwrap();
        let at = Timestamp::from_seconds;
        KeptDuty::open(folder.path(), at(10)).0.switch(false, at(100));
        // The clock was set back by forty seconds.
        for start in [60, 70] {
            let (kept, _) = KeptDuty::open(folder.path(), at(start));
            assert_eq!(kept.off_since(), Some(at(60)));
        }
    }

    #[test]
    fn a_line_that_makes_no_sense_is_passed_over() {
        let Kept { breaks, since, skews } =
            read("off\noff x 3\noff 1000 y\n\nwhat 1 2\noff 1000 2000\nsince 5 d\nskew -x d\n");
        assert_eq!(breaks.len(), 1);
        assert_eq!(since.len(), 1);
        assert!(skews.is_empty());
    }
}
