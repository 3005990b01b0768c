//! The settings while the program runs: changed by people, overridden by a policy that may change as well, and put
//! into effect without a restart.

use super::Controller;
use crate::{
    command::Reply,
    settings::{Language, NotChanged, Settings},
    view::Problem,
};

impl Controller {
    /// Changes the settings, on disk first. Refused where the policy sets one of them.
    pub(crate) fn change(&mut self, change: impl Fn(&mut Settings)) -> Result<Reply, Problem> {
        self.loaded.change(change).map_err(|error| not_changed(&error))?;
        self.settings_out.send_replace(self.loaded.settings.clone());
        Ok(Reply::Done)
    }

    /// Changes the person's own values, on disk first. What the policy sets stays in force.
    pub(crate) fn change_own(&mut self, change: impl Fn(&mut Settings)) -> Result<(), Problem> {
        self.loaded.change_own(change).map_err(|error| not_changed(&error))?;
        self.settings_out.send_replace(self.loaded.settings.clone());
        Ok(())
    }

    pub(crate) fn set_language(&mut self, word: &str) -> Result<Reply, Problem> {
        let Some(language) = Language::parse(word) else {
            return Err(Problem::new(
                "settings.not_saved",
                "The settings could not be saved: this language is not known.",
                "Choose English, Simplified Chinese, or the system's language.",
            ));
        };
        self.change(|settings| settings.app.language = language)
    }
}

fn not_changed(error: &NotChanged) -> Problem {
    match error {
        NotChanged::Locked { keys, policy } => Problem::new(
            "policy.locked",
            format!(
                "Your administrator's policy sets {}, in {}. Nothing was changed.",
                keys.join(" and "),
                policy.display()
            ),
            "Ask your administrator to change it there.",
        ),
        NotChanged::File(error) => Problem::new(
            "settings.not_saved",
            format!("The settings could not be saved: {error}."),
            "Correct the file, or check the disk and the folder's permissions; then try again.",
        ),
    }
}
