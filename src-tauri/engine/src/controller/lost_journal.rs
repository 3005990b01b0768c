//! A journal that was damaged, lost or replaced: what is said of it, and reading the calls back.

use std::{path::Path, time::Duration};

use domain::Timestamp;

use super::{Controller, pbx_side};
use crate::{
    ports::Note,
    view::{EventsState, Problem},
};

/// It is said for at least so long: reading the calls back may take less than a look. And no longer than what is shown may
/// be behind what is so (N4).
const SAID_FOR: Duration = Duration::from_secs(5);

/// That notes were lost is said for so long, unless a person has seen it before.
const SAID_OF_NOTES: Duration = Duration::from_secs(86_400);
/// The store's mark of them.
pub(crate) const LOST_NOTES: &str = "journal.lost_notes";

/// Notes that could not be had back: on which calls, and where they may still be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LostNotes {
    /// The calls that are read back from the PBX.
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// The name of the file that was put aside; none: there was none.
    pub(crate) kept_as: Option<String>,
}

impl LostNotes {
    /// Reads what [`Self::mark`] has written.
    pub(crate) fn read(mark: &str) -> Option<Self> {
        let mut words = mark.splitn(3, ' ');
        let mut moment = || Some(Timestamp::from_millis(words.next()?.parse().ok()?));
        let (from, until) = (moment()?, moment()?);
        Some(Self { from, until, kept_as: words.next().map(str::to_owned) })
    }

    fn mark(&self) -> String {
        let times = format!("{} {}", self.from.as_millis(), self.until.as_millis());
        match &self.kept_as {
            Some(name) => format!("{times} {name}"),
            None => times,
        }
    }
}

/// What became of the journal, and since when that is said.
#[derive(Clone, Debug)]
pub(crate) struct JournalWord {
    problem: Problem,
    since: Duration,
}

impl JournalWord {
    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl Controller {
    /// Takes in what opening the databases has shown.
    pub(crate) fn opened_with(&mut self, notices: &[store::Notice]) {
        for notice in notices {
            match notice {
                store::Notice::JournalDamaged { kept_as } => {
                    tracing::error!(kept_as = %kept_as.display(), "the journal was damaged");
                    self.tell_of_journal(format!(
                        "The local journal was damaged. What can be read of it is used; it is kept as {}, and the calls of the last days are read again from the PBX.",
                        kept_as.display()
                    ));
                    self.must_rebuild();
                }
                store::Notice::JournalMissing => {
                    self.tell_of_journal(
                        "The local journal was gone. The calls of the last days are read again from the PBX.",
                    );
                    self.must_rebuild();
                }
                store::Notice::JournalReplaced => {
                    self.tell_of_journal(
                        "The local journal was replaced by another one. It is used, and the calls of the last days are read again from the PBX.",
                    );
                    self.must_rebuild();
                }
                store::Notice::NotesLost { kept_as } => self.notes_are_lost(kept_as.as_deref()),
                store::Notice::CacheDamaged => {
                    tracing::warn!("the cache was damaged and begun anew");
                }
                store::Notice::PermissionsRepaired { path } => {
                    tracing::warn!(path = %path.display(), "others could read this; repaired");
                }
                store::Notice::NetworkFolder { path } => {
                    tracing::warn!(path = %path.display(), "the data folder is on a network file system");
                }
            }
        }
    }

    /// The journal was deleted or replaced while it was in use, and is there again.
    pub(super) fn journal_was_remade(&mut self, remade: &store::Remade) {
        let kept = remade.kept_as.as_deref().map(Path::display);
        self.tell_of_journal(match (remade.whole, kept) {
            (true, None) => {
                "The local journal was deleted while Patchcord was running. It was written again, and nothing is lost."
                    .to_owned()
            }
            (true, Some(kept)) => format!(
                "The local journal was replaced while Patchcord was running. Patchcord goes on with its own, and nothing is lost; the other file is kept as {kept}."
            ),
            (false, _) => {
                "The local journal was deleted while Patchcord was running. The calls of the last days are read again from the PBX."
                    .to_owned()
            }
        });
        if !remade.whole {
            self.reads_back_now();
        }
        if remade.notes_lost {
            self.notes_are_lost(None);
        }
        self.journal_has_moved();
    }

    /// The journal can be written again, after so long that the ends of some calls could not be kept.
    pub(super) fn ends_were_refused(&mut self) {
        self.tell_of_journal(
            "The local journal could not be written for so long that some calls could not be kept. The calls of the last days are read again from the PBX.",
        );
        self.reads_back_now();
        self.journal_has_moved();
    }

    /// Keeps that notes may be lost, until a person has seen it.
    fn notes_are_lost(&mut self, kept_as: Option<&Path>) {
        let now = self.clock.now().wall;
        let name = kept_as.and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let lost = LostNotes {
            from: now.minus(pbx_side::REBUILD_SPAN),
            until: now,
            kept_as: (!name.is_empty()).then(|| name.into_owned()),
        };
        tracing::error!("notes that Salesforce does not have may be lost with the journal");
        let mark = lost.mark();
        self.lost_notes = Some(lost);
        self.scribe
            .write(move |store| async move { store.set_mark(LOST_NOTES, Some(&mark)).await });
    }

    /// A person has seen it.
    pub(crate) fn lost_notes_are_seen(&mut self) {
        if self.lost_notes.take().is_some() {
            self.scribe.write(|store| async move { store.set_mark(LOST_NOTES, None).await });
        }
    }

    /// Says no more of notes that were lost a day ago. By a clock that was set back it is not a day yet.
    pub(super) fn lost_notes_are_old(&mut self) {
        let now = self.clock.now().wall;
        if self.lost_notes.as_ref().is_some_and(|lost| now.since(lost.until) >= SAID_OF_NOTES) {
            self.lost_notes_are_seen();
        }
    }

    fn reads_back_now(&mut self) {
        self.must_rebuild();
        // Else the next connection reads them.
        if self.pbx.events != EventsState::Down {
            self.close_gap();
        }
    }

    fn tell_of_journal(&mut self, message: impl Into<String>) {
        let action = "Nothing to do; calls that are already in Salesforce are not logged twice.";
        let problem = Problem::new("journal.damaged", message, action);
        self.desktop.notify(Note {
            id: problem.code.clone(),
            title: problem.message.clone(),
            body: problem.action.clone(),
            buttons: Vec::new(),
            urgent: false,
        });
        self.say(problem.clone());
        self.journal_word = Some(JournalWord { problem, since: self.clock.now().steady });
    }

    /// Has the records of the last days read back. The store keeps that this is to be done until it is.
    fn must_rebuild(&mut self) {
        self.rebuild = true;
        self.rebuilt = false;
        self.scribe
            .write(|store| async move { store.set_mark(pbx_side::REBUILD_MARK, Some("1")).await });
    }

    /// Returns in how long what is said of the journal may be over.
    pub(super) fn word_is_over(&self, now: Duration) -> Option<Duration> {
        let word = self.journal_word.as_ref().filter(|_| self.is_rebuilt())?;
        Some((word.since + SAID_FOR).saturating_sub(now))
    }

    /// Says no more of the journal once all that it had is there again.
    pub(super) fn journal_is_whole(&mut self) {
        if self.word_is_over(self.clock.now().steady) == Some(Duration::ZERO) {
            self.journal_word = None;
        }
    }

    fn is_rebuilt(&self) -> bool {
        self.rebuilt || !self.rebuild
    }
}
