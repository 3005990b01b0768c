//! How this PBX spells numbers, learnt from the calls in the journal.
//!
//! The journal is the memory: nothing else is kept of it, and a journal that is read back brings it back. `domain::number`
//! says what a call shows.

use domain::{
    JournalEntry, Serial,
    number::{Learnt, Spelled},
};
use store::{Desk, Store};

use super::{Controller, Input};

/// So many calls are read back.
const READ_BACK: usize = 400;

/// Returns the calls in the journal that may show something; `None` where they cannot be read.
pub(crate) async fn calls_before(store: &Store, serial: &Serial) -> Option<Vec<Spelled>> {
    match store.spellings(serial, READ_BACK).await {
        Ok(calls) => Some(calls),
        Err(error) => {
            tracing::warn!(%error, "how numbers are spelled could not be read");
            None
        }
    }
}

impl Controller {
    /// Learns anew from the calls in the journal: numbers are read otherwise now.
    pub(crate) fn learn_spellings(&self, desk: &Desk) {
        let (store, inputs, serial) =
            (self.store.clone(), self.inputs.clone(), desk.serial.clone());
        self.tasks.spawn(async move {
            if let Some(calls) = calls_before(&store, &serial).await {
                let _ = inputs.send(Input::Spelled(calls)).await;
            }
        });
    }

    pub(crate) fn spelled_before(&mut self, calls: &[Spelled]) {
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
