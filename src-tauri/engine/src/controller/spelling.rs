//! How this PBX spells numbers, learnt from the calls in the journal.
//!
//! The journal is the memory: nothing else is kept of it, and a journal that is read back brings it back. `domain::number`
//! says what a call shows.

use domain::{
    DialPlan, JournalEntry,
    number::{Learnt, Spelled},
};
use store::Desk;

use super::{Controller, Input};

/// So many calls are read back.
const READ_BACK: usize = 400;

impl Controller {
    /// Returns the dial plan, with what calls have shown.
    pub(crate) fn dial_plan(&self) -> DialPlan {
        DialPlan { habit: self.learnt.habit(), ..self.loaded.settings.dial_plan() }
    }

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
            let before = self.learnt.habit();
            self.learnt.takes(hint);
            if self.learnt.habit() != before {
                self.reads_as_learnt();
            }
        }
    }

    fn reads_as_learnt(&mut self) {
        let plan = self.dial_plan();
        if let Some(board) = &mut self.board {
            board.set_plan(plan);
        }
    }
}
