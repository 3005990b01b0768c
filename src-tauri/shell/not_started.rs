//! Why the program could not start, for a person who reads no standard error: who starts it by its icon, at the log-in, or
//! by a link. A window of its own says it; where there is none to be had, a notification.

use std::{path::PathBuf, process::Stdio, time::Duration};

use engine::{StartError, home::Home, ports::Note, settings::chosen_language, view::Problem};
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
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    /// In a file of settings: whose it is, and what is wrong with it.
    File(PathBuf, Whose, Wrong),
    Elsewhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// The person's own `settings.toml`.
    Own,
    /// A policy.
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// What is in it.
    Content,
    /// It is missing, is no file, or may not be read.
    Unread,
}

impl NotStarted {
    /// Reads an engine's reason, and notes it in the log: which file and line, and none of what stands there, which may
    /// be a number or an address with a password.
    pub(crate) fn of(error: &StartError, home: &Home) -> Self {
        let fault = match error {
            StartError::Settings(settings) => {
                let file = settings.file.display();
                tracing::error!(%file, line = settings.line, "not started: this file cannot be used");
                let own = settings.file == home.settings_file();
                let whose = if own { Whose::Own } else { Whose::Policy };
                let wrong = if settings.unread { Wrong::Unread } else { Wrong::Content };
                Fault::File(settings.file.clone(), whose, wrong)
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
        let (what, action) = match &self.fault {
            Fault::File(file, Whose::Own, Wrong::Content) => (
                ". Its settings are not valid",
                format!(
                    "Correct the file ({} names every mistake), then start Patchcord again. Calls of the meantime are read from the PBX then.",
                    checking(file)
                ),
            ),
            Fault::File(file, Whose::Own, Wrong::Unread) => (
                ". Its settings cannot be read",
                format!(
                    "See that {} is a file that you may read, or move it away; then start Patchcord again. Calls of the meantime are read from the PBX then.",
                    file.display()
                ),
            ),
            Fault::File(file, Whose::Policy, Wrong::Content) => (
                ". The administrator's policy is not valid",
                format!(
                    "The administrator corrects the file ({} names every mistake); then start Patchcord again.",
                    checking(file)
                ),
            ),
            Fault::File(file, Whose::Policy, Wrong::Unread) => (
                ". The administrator's policy cannot be read",
                format!(
                    "The administrator sees that {} is there, and a file that you may read; then start Patchcord again.",
                    file.display()
                ),
            ),
            Fault::Elsewhere => {
                ("", "See to what is named there, then start Patchcord again.".to_owned())
            }
        };
        Problem::new(
            "engine.not_started",
            format!("Patchcord could not start{what}: {why}."),
            action,
        )
    }

    fn note(&self, language: Language) -> Note {
        let problem = self.problem();
        let (title, body) = match (language, &self.fault) {
            (Language::English, _) => ("Patchcord could not start", problem.action),
            (Language::Chinese, Fault::File(file, Whose::Own, Wrong::Content)) => (
                "Patchcord 无法启动",
                format!(
                    "设置文件无效。请更正该文件（{} 会列出所有错误），然后重新启动 Patchcord。",
                    checking(file)
                ),
            ),
            (Language::Chinese, Fault::File(_, Whose::Own, Wrong::Unread)) => (
                "Patchcord 无法启动",
                "设置文件无法读取。请确认它是您可以读取的文件，或将它移走，然后重新启动 Patchcord。".to_owned(),
            ),
            (Language::Chinese, Fault::File(file, Whose::Policy, Wrong::Content)) => (
                "Patchcord 无法启动",
                format!(
                    "管理员的策略文件无效。请 IT 人员更正该文件（{} 会列出所有错误），然后重新启动 Patchcord。",
                    checking(file)
                ),
            ),
            (Language::Chinese, Fault::File(_, Whose::Policy, Wrong::Unread)) => (
                "Patchcord 无法启动",
                "管理员的策略文件无法读取。请 IT 人员确认该文件存在且您可以读取，然后重新启动 Patchcord。".to_owned(),
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
        let language = Language::of(&chosen_language(&place.home.settings_file()));
        if !notify::last_word(&self.note(language)).await {
            tracing::warn!("neither a window nor a notification could say why there is no start");
        }
    }
}

/// The command that names every mistake of a file, as a person types it.
fn checking(file: &std::path::Path) -> String {
    let file = file.display().to_string();
    let quote = if file.contains(char::is_whitespace) { "\"" } else { "" };
    format!("`patchcord policy check {quote}{file}{quote}`")
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
    fn who_mends_it_is_named_with_the_file_and_both_languages_name_the_line() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let at = |file, unread: bool| {
            let reason = "pop.when: this is wrong.".to_owned();
            let line = (!unread).then_some(4);
            let error = StartError::Settings(SettingsError { file, line, reason, unread });
            NotStarted::of(&error, &home)
        };
        let own = at(home.settings_file(), false);
        let unread = at(home.settings_file(), true);
        let policy = at("/etc/patch cord/policy.toml".into(), false);
        let missing = at("/etc/patchcord/policy.toml".into(), true);
        let check = format!("`patchcord policy check {}`", home.settings_file().display());
        assert!(own.problem().action.contains(&check), "{}", own.problem().action);
        assert!(unread.problem().action.starts_with("See that "));
        assert!(!unread.problem().action.contains("policy check"), "it could not read it either");
        assert!(policy.problem().action.starts_with("The administrator"));
        assert!(policy.problem().action.contains("check \"/etc/patch cord/policy.toml\"`"));
        assert!(missing.problem().action.contains("/etc/patchcord/policy.toml is there"));
        assert!(own.problem().message.ends_with("line 4: pop.when: this is wrong."));
        for told in [own, unread, policy, missing, NotStarted::from("no room".to_owned())] {
            for language in [Language::English, Language::Chinese] {
                let note = told.note(language);
                assert!(note.body.starts_with(told.line()), "{note:?}");
                assert_eq!(note.title.is_ascii(), language == Language::English);
            }
        }
    }
}
