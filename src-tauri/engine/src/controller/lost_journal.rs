//! A journal that was damaged, lost or replaced: what is said of it, and reading the calls back.

use std::{path::Path, time::Duration};

use super::{Controller, pbx_side};
use crate::{
    ports::Note,
    view::{EventsState, Problem},
};

/// It is said for at least so long: reading the calls back may take less than a look. And no longer than what is shown may
/// be behind what is so (N4).
const SAID_FOR: Duration = Duration::from_secs(5);

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
                        "The local journal was damaged. It is kept as {}, and the calls of the last days are read again from the PBX.",
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
