//! Why the program could not start, for a person who reads no standard error: who starts it by its icon, at the log-in, or
//! by a link. A window of its own says it; where there is none to be had, a notification.

use std::{process::Stdio, time::Duration};

use engine::{StartError, home::Home, ports::Note, view::Problem};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{
    app::Place,
    language::Language,
    logging::say,
    notify,
    window::{self, SHOWN},
};

/// How long a window may take until its page has said that it is there.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why the program could not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotStarted {
    /// One line, with what to do where that is not plain.
    why: String,
    fault: Fault,
}

/// Where the fault lies, and with it who mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// In the person's own `settings.toml`.
    Settings,
    /// In a policy.
    Policy,
    Elsewhere,
}

impl NotStarted {
    /// Reads an engine's reason, and notes it in the log: which file and line, and none of what stands there, which may
    /// be a number or an address with a password.
    pub(crate) fn of(error: &StartError, home: &Home) -> Self {
        let fault = match error {
            StartError::Settings(settings) => {
                let file = settings.file.display();
                tracing::error!(%file, line = settings.line, "not started: this file cannot be used");
                if settings.file == home.settings_file() { Fault::Settings } else { Fault::Policy }
            }
            StartError::Store { .. } => {
                tracing::error!(%error, "not started");
                Fault::Elsewhere
            }
        };
        Self { why: error.to_string(), fault }
    }

    /// What standard error gets.
    pub(crate) fn line(&self) -> &str {
        &self.why
    }

    fn problem(&self) -> Problem {
        let why = self.why.trim_end_matches('.');
        let (message, action) = match self.fault {
            Fault::Settings => (
                format!("Patchcord could not start. Its settings are not valid: {why}."),
                "Correct the file (`patchcord policy check FILE` names every mistake), then start Patchcord again. Calls of the meantime are read from the PBX then.",
            ),
            Fault::Policy => (
                format!(
                    "Patchcord could not start. The administrator's policy is not valid: {why}."
                ),
                "The administrator corrects the file (`patchcord policy check FILE` names every mistake); then start Patchcord again.",
            ),
            Fault::Elsewhere => (
                format!("Patchcord could not start: {why}."),
                "See to what is named there, then start Patchcord again.",
            ),
        };
        Problem::new("engine.not_started", message, action)
    }

    fn note(&self, language: Language) -> Note {
        let problem = self.problem();
        let (title, body) = match (language, self.fault) {
            (Language::English, _) => ("Patchcord could not start", problem.action),
            (Language::Chinese, Fault::Settings) => (
                "Patchcord 无法启动",
                "设置文件无效。请更正该文件（`patchcord policy check 文件` 会列出所有错误），然后重新启动 Patchcord。".to_owned(),
            ),
            (Language::Chinese, Fault::Policy) => (
                "Patchcord 无法启动",
                "管理员的策略文件无效。请 IT 人员更正该文件，然后重新启动 Patchcord。".to_owned(),
            ),
            (Language::Chinese, Fault::Elsewhere) => {
                ("Patchcord 无法启动", "请按上述原因处理，然后重新启动 Patchcord。".to_owned())
            }
        };
        Note {
            id: problem.code,
            title: title.to_owned(),
            body: format!("{}\n{body}", self.why),
            buttons: Vec::new(),
            urgent: true,
        }
    }

    /// Tells whoever sits at this desk. Returns once it can be seen.
    pub(crate) async fn tell(&self, place: &Place) {
        if shown(place, &self.problem()).await.is_some() {
            return;
        }
        if !notify::last_word(&self.note(Language::of(""))).await {
            tracing::warn!("neither a window nor a notification could say why there is no start");
        }
    }
}

impl From<String> for NotStarted {
    fn from(why: String) -> Self {
        Self { why, fault: Fault::Elsewhere }
    }
}

/// Opens a window that says it, and stays when this process has ended: a later start finds it, and goes on in it.
async fn shown(place: &Place, problem: &Problem) -> Option<()> {
    let mut window = window::telling(place, problem)
        .and_then(|command| {
            tokio::process::Command::from(command)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
        })
        .map_err(|error| say(&window::no_window(&error)))
        .ok()?;
    let mut said = BufReader::new(window.stdout.take()?).lines();
    match tokio::time::timeout(PATIENCE, said.next_line()).await {
        Ok(Ok(Some(line))) if line == SHOWN => Some(()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use engine::settings::SettingsError;

    use super::*;

    #[test]
    fn who_mends_it_is_named_and_both_languages_name_the_line() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let at = |file| {
            let reason = "pop.when: this is wrong.".to_owned();
            let error = StartError::Settings(SettingsError { file, line: Some(4), reason });
            NotStarted::of(&error, &home)
        };
        let own = at(home.settings_file());
        let policy = at("/etc/patchcord/policy.toml".into());
        assert!(own.problem().action.starts_with("Correct the file"));
        assert!(policy.problem().action.starts_with("The administrator"));
        assert!(own.problem().message.ends_with("line 4: pop.when: this is wrong."));
        for told in [own, policy, NotStarted::from("no room".to_owned())] {
            for language in [Language::English, Language::Chinese] {
                let note = told.note(language);
                assert!(note.body.starts_with(told.line()), "{note:?}");
                assert_eq!(note.title.is_ascii(), language == Language::English);
            }
        }
    }
}
