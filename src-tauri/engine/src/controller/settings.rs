//! The settings while the program runs: changed by people, overridden by a policy that may change as well, and put
//! into effect without a restart.

use std::path::Path;

use super::{Controller, Input, pbx_side};
use crate::{
    Mode, civil,
    command::Reply,
    ports::SecretName,
    settings::{
        EditableSettings, Found, Language, Mistake, NotChanged, Settings, SettingsError,
        SettingsPatch, Watching, check_values, differences,
    },
    view::{LinkState, MistakeView, Problem, SettingsView},
};

/// The mark by which earlier versions kept since when the integration is off.
pub(crate) const OFF_SINCE: &str = "integration.off_since";

/// What is known of the settings beside their values.
#[derive(Debug, Default)]
pub(crate) struct SettingsSide {
    /// The policy became invalid; the last valid one is in force.
    pub(crate) problem: Option<Problem>,
    _watching: Option<Watching>,
}

impl Controller {
    /// Begins to watch the policy.
    pub(crate) fn begin_settings(&mut self) {
        if self.mode == Mode::Files {
            return;
        }
        let inputs = self.inputs.clone();
        self.settings._watching =
            self.loaded.watch(move |found| inputs.blocking_send(Input::PolicyFile(found)).is_ok());
    }

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

    /// Says whether a change would be refused because the policy sets what it changes.
    pub(crate) fn may_change(&self, change: impl Fn(&mut Settings)) -> Result<(), Problem> {
        self.loaded.may_change(change).map(drop).map_err(|error| not_changed(&error))
    }

    /// Returns what a person gave for a key; in the policy's own spelling where the policy sets the same.
    pub(crate) fn as_set(
        &self,
        key: &str,
        set: &str,
        given: String,
        read: fn(&str) -> Option<String>,
    ) -> String {
        let same = self.loaded.is_locked(key) && read(set).is_some() && read(set) == read(&given);
        if same { set.to_owned() } else { given }
    }

    /// Changes what the page of settings shows. The page is not believed: what it sends goes by the rules of a file.
    pub(crate) fn change_settings(&mut self, patch: &SettingsPatch) -> Result<Reply, Problem> {
        let before = self.loaded.settings.clone();
        let mut wanted = before.clone();
        patch.apply(&mut wanted);
        if let Err(mistakes) = check_values(&wanted) {
            return Ok(Reply::SettingsRefused(mistakes.iter().map(shown).collect()));
        }
        self.change(|settings| patch.apply(settings))?;
        self.take_effect(&before);
        Ok(Reply::Done)
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

    /// Obeys what is now where the policy is kept. What cannot be obeyed changes nothing, and is said.
    pub(crate) fn policy_file_changed(&mut self, found: Found) {
        let before = self.loaded.settings.clone();
        match found.and_then(|texts| self.loaded.obey(&texts)) {
            Ok(()) => {
                tracing::info!(locked = self.loaded.locked().len(), "the policy was read again");
                self.settings.problem = None;
                self.take_effect(&before);
            }
            Err(error) => {
                tracing::warn!("the policy cannot be obeyed; the last one stays in force");
                self.settings.problem = Some(invalid_policy(&error));
            }
        }
    }

    /// Puts into effect what is not as it was `before`.
    pub(crate) fn take_effect(&mut self, before: &Settings) {
        let changed = differences(before, &self.loaded.settings);
        let any = |beginning: &str| changed.iter().any(|key| key.starts_with(beginning));
        self.settings_out.send_replace(self.loaded.settings.clone());
        if any("numbers.") || any("dial.blocked") {
            let plan = self.loaded.settings.dial_plan();
            if let (Some(board), Some(desk)) = (&mut self.board, self.desk.clone()) {
                board.set_plan(plan);
                self.learn_spellings(&desk);
            }
        }
        if any("pop.") || any("auto_create.") {
            self.policy_changed();
        }
        if any("salesforce.login") || any("salesforce.consumer_key") {
            self.begin_salesforce();
        }
        if any("integration.enabled") {
            if self.loaded.settings.integration.enabled {
                self.switched_on();
            } else {
                self.switched_off();
            }
        } else if any("pbx.") {
            self.reconnect_pbx();
        }
        if any("binding.extension") {
            self.pbx.binding = pbx_side::Binding::default();
            self.find_binding();
        }
    }

    /// Follows the settings to another PBX, or to the same by another way.
    fn reconnect_pbx(&mut self) {
        let client = self.pbx.client.take();
        self.stop_pbx();
        self.pbx.state = LinkState::Connecting;
        let (secrets, inputs, generation) =
            (self.secrets.clone(), self.inputs.clone(), self.pbx.generation);
        self.tasks.spawn(async move {
            // The token is the last PBX's; the next one must not be shown it.
            match client {
                Some(client) => client.revoke().await,
                None => {
                    let forget = move || secrets.delete(SecretName::PbxTokens);
                    if let Ok(Err(reason)) = tokio::task::spawn_blocking(forget).await {
                        tracing::warn!(%reason, "the last PBX's token could not be forgotten");
                    }
                }
            }
            let _ = inputs.send(Input::Pbx(generation, pbx_side::News::Anew)).await;
        });
    }

    /// The integration is on again. What happened while it was off is not caught up; what happened before is.
    pub(crate) fn switched_on(&mut self) {
        self.begin_pbx();
        if self.sales.session.is_none() {
            self.begin_salesforce();
        }
        self.journal_has_moved();
    }

    /// The integration is off: no event is handled, and every setting is kept.
    pub(crate) fn switched_off(&mut self) {
        let client = self.pbx.client.take();
        self.begin_pbx();
        self.tasks.spawn(async move {
            if let Some(client) = client {
                client.rest().await;
            }
        });
    }

    /// Returns since when the integration is switched off, while it is.
    pub(crate) fn off_since(&self) -> Option<domain::Timestamp> {
        self.duty.off_since().filter(|_| !self.loaded.settings.integration.enabled)
    }

    pub(crate) fn settings_view(&self) -> SettingsView {
        let settings = &self.loaded.settings;
        SettingsView {
            pbx_address: settings.pbx.address.clone(),
            pbx_client_id: settings.pbx.client_id.clone(),
            pbx_certificate_sha256: settings.pbx.certificate_sha256.clone(),
            salesforce_login: settings.salesforce.login.clone(),
            salesforce_consumer_key: settings.salesforce.consumer_key.clone(),
            callbacks: settings.callbacks(),
            language: settings.app.language.as_str().to_owned(),
            pops_paused_until: self.pops_paused_until.map(civil::utc),
            locked: self.loaded.locked().iter().map(|key| (*key).to_owned()).collect(),
            policy_file: named(&self.loaded.policy_files()),
            country_by: self.loaded.country_by(),
            values: EditableSettings::from(settings),
            demo: self.test_call.is_some(),
        }
    }
}

/// Names the files of policies; of two in force, the one that lies over the other is the last.
pub(crate) fn named(policies: &[impl AsRef<Path>]) -> Option<String> {
    let names: Vec<String> =
        policies.iter().map(|file| file.as_ref().display().to_string()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn shown(mistake: &Mistake) -> MistakeView {
    let bounds = mistake.wrong.bounds();
    MistakeView {
        key: mistake.key.clone(),
        code: mistake.wrong.code().to_owned(),
        entry: mistake.entry.clone(),
        least: bounds.map(|bounds| bounds.least),
        most: bounds.map(|bounds| bounds.most),
        message: mistake.wrong.to_string(),
    }
}

fn invalid_policy(error: &SettingsError) -> Problem {
    Problem::new(
        "policy.invalid",
        format!(
            "The administrator's policy is not valid: {error}. The last valid one stays in force."
        ),
        "The administrator corrects the file (`patchcord policy check` names every mistake); it is read again by itself.",
    )
}

fn not_changed(error: &NotChanged) -> Problem {
    match error {
        NotChanged::Locked { keys, policies } => Problem::new(
            "policy.locked",
            format!(
                "Your administrator's policy sets {}, in {}. Nothing was changed.",
                keys.join(" and "),
                named(policies).unwrap_or_default()
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
