//! Commands that come before it is known what is on disk. An answer that does not know it yet would be wrong.

use crate::{
    Mode,
    command::Command,
    controller::{Answer, Controller},
    view::LinkState,
};

impl Controller {
    /// Takes a command; a little later where it is about what is still being read.
    pub(crate) fn command(&mut self, command: Command, answer: Answer) {
        if self.comes_early(&command) {
            self.early.push((command, answer));
        } else {
            self.obey(command, answer);
        }
    }

    /// Takes the commands that have waited.
    pub(crate) fn obey_early(&mut self) {
        for (command, answer) in std::mem::take(&mut self.early) {
            self.command(command, answer);
        }
    }

    fn comes_early(&self, command: &Command) -> bool {
        let side = &self.sales;
        let opening = side.state == LinkState::Connecting && side.problem.is_none();
        match self.mode {
            Mode::Files => opening || self.reading_journal || self.journal_moved,
            // The state says for itself that it is about to change.
            Mode::Live => {
                opening && side.session.is_none() && matches!(command, Command::Explain { .. })
            }
        }
    }
}
