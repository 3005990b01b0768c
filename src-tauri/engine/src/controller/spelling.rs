//! How this PBX spells numbers, learnt from the calls in the journal.
//!
//! The journal is the memory: nothing else is kept of it, and a journal that is read back brings it back. `domain::number`
//! says what a call shows.

use domain::{
    JournalEntry,
    number::{Learnt, Spelled},
};
use store::Desk;

use super::{Controller, Input};

/// So many calls are read back.
const READ_BACK: usize = 400;

impl Controller {
    /// Learns anew from the calls in the journal: another PBX, or numbers that are read otherwise now.
    pub(crate) fn learn_spellings(&self, desk: &Desk) {
        let (store, inputs, serial) =
            (self.store.clone(), self.inputs.clone(), desk.serial.clone());
        self.tasks.spawn(async move {
            match store.spellings(&serial, READ_BACK).await {
                Ok(calls) => drop(inputs.send(Input::Spelled(calls)).await),
                Err(error) => tracing::warn!(%error, "how numbers are spelled could not be read"),
            }
        });
    }

    pub(super) fn spelled_before(&mut self, calls: &[Spelled]) {
        self.learnt = Learnt::default();
        let plan = self.loaded.settings.dial_plan();
        calls.iter().filter_map(|call| plan.hint(call)).for_each(|hint| self.learnt.takes(hint));
        self.reads_as_learnt();
    }

    /// Learns from a call that has just ended.
    pub(super) fn learn_from(&mut self, entry: &JournalEntry, has_record: bool) {
        let (Some(number), Some(text)) = (entry.party.number().cloned(), entry.spelled.clone())
        else {
            return;
        };
        let call = Spelled { direction: entry.direction, text, number, has_record };
        if let Some(hint) = self.loaded.settings.dial_plan().hint(&call) {
            self.learnt.takes(hint);
            self.reads_as_learnt();
        }
    }

    /// Has everybody read by what was learnt: the switchboard, and whoever goes by the settings.
    fn reads_as_learnt(&mut self) {
        if !self.loaded.learns(self.learnt.habit()) {
            return;
        }
        // Whoever reads a number looks then; nobody has anything to begin anew, the contact sync least of all.
        self.settings_out.send_if_modified(|settings| {
            settings.clone_from(&self.loaded.settings);
            false
        });
        let plan = self.loaded.settings.dial_plan();
        if let Some(board) = &mut self.board {
            board.set_plan(plan);
        }
    }
}
