//! Policy files: checked without a running instance, and made of what is in force.

use std::path::Path;

use engine::{
    command::{Command, Reply},
    home::Home,
    settings::{Checked, Loaded, PolicyPlace, check as check_text},
};

use super::{FAILED, ask::failed, print, wait};
use crate::{
    control::{Absent, Client},
    desk,
    logging::say,
};

/// Says what a file locks, or every mistake in it.
pub(super) fn check(file: &Path) -> u8 {
    let text = match place(file).read() {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => {
            say(&error.to_string());
            return FAILED;
        }
    };
    match check_text(&text) {
        Ok(Checked { keys, .. }) if keys.is_empty() => {
            print("valid; as a policy it locks nothing");
            0
        }
        Ok(Checked { keys, .. }) => {
            print(&format!("valid; as a policy it locks {}", keys.join(", ")));
            0
        }
        Err(mistakes) => {
            for mistake in mistakes {
                say(&mistake.within(file).to_string());
            }
            FAILED
        }
    }
}

/// A file in the system's own place is looked at as the program does there; elsewhere it is somebody's draft.
fn place(file: &Path) -> PolicyPlace {
    let system = owners::system_folder().map(|folder| folder.join("policy.toml"));
    match (system, std::path::absolute(file)) {
        (Some(system), Ok(whole)) if system == whole => {
            PolicyPlace { required: true, ..PolicyPlace::system(system) }
        }
        _ => PolicyPlace::anybodys(file.to_owned()),
    }
}

/// Prints the settings in force: the running instance's, or those of the files.
pub(super) fn export(home: &Home) -> u8 {
    let asked = wait(async {
        match Client::connect(home).await {
            Ok((client, _events)) => match client.ask(Command::ExportSettings).await {
                Ok(Reply::Text(text)) => Ok(Some(text)),
                Ok(_) => Ok(None),
                Err(problem) => Err(failed(&problem)),
            },
            Err(Absent::NotRunning) => Ok(None),
            Err(Absent::Refused(problem)) => Err(failed(&problem)),
        }
    });
    let text = match asked {
        Ok(Some(text)) => text,
        Ok(None) => {
            let read = |places| {
                Loaded::read(&home.settings_file(), places)
                    .map(|mut loaded| {
                        loaded.suppose(crate::region::of_system());
                        loaded
                    })
                    .map_err(|error| error.to_string())
            };
            match desk::policy().and_then(read) {
                Ok(loaded) => loaded.as_policy(),
                Err(sentence) => {
                    say(&sentence);
                    return FAILED;
                }
            }
        }
        Err(code) => return code,
    };
    print(text.trim_end());
    0
}
