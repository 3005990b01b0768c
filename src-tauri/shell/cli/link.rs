//! A link, as the system hands it over: to the running instance, or to one that is started for it.

use std::{
    ffi::OsString,
    process::{Command as Program, Stdio},
    time::Duration,
};

use engine::{command::Command, is_link};
use tokio::time::Instant;

use super::{FAILED, NOT_RUNNING, ask::failed, print, wait, words};
use crate::{
    app::{Place, sentence},
    control::{Absent, Client},
    desk::has_display,
    logging::say,
};

/// How long an instance may take to start; a locked key ring may be asking for its password.
const STARTS: Duration = Duration::from_secs(30);

/// Hands a link over, and says what came of it.
pub(super) fn hand_over(place: &Place, uri: String) -> u8 {
    // What is no link starts nothing. Who has clicked it finds the reason in a window that is there already.
    if let Err(problem) = engine::read_link(&uri) {
        wait(async {
            if let Ok((client, _events)) = Client::connect(&place.home).await {
                // The reason is known, whatever came of showing it.
                let _ = client.ask(Command::Link { uri }).await;
            }
        });
        return failed(&problem);
    }
    wait(async {
        let client = match Client::connect(&place.home).await {
            Ok((client, _events)) => client,
            Err(Absent::NotRunning) if has_display() => match started(place).await {
                Ok(client) => client,
                Err(sentence) => {
                    say(&sentence);
                    return FAILED;
                }
            },
            Err(Absent::NotRunning) => {
                say(
                    "Patchcord is not running here, and there is no display to ask on whether the link is to be called; nothing was dialled. Without a display, `patchcord run --headless` serves `patchcord dial NUMBER`",
                );
                return NOT_RUNNING;
            }
            Err(Absent::Refused(problem)) => return failed(&problem),
        };
        match client.ask(Command::Link { uri }).await {
            Ok(reply) => {
                print(&words::done(&reply));
                0
            }
            Err(problem) => failed(&problem),
        }
    })
}

/// Starts the program in the tray, and connects to it as soon as it answers. Its window opens with the link.
async fn started(place: &Place) -> Result<Client, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Program::new(program);
    if let Some(home) = &place.argument {
        command.arg("--home").arg(home);
    }
    command.arg("--hidden").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // What ends the page's browser or this terminal does not end the telephone.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    // The console window of a link ends with the link. Source: Microsoft, "Process Creation Flags", CREATE_NO_WINDOW.
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0800_0000);
    let mut child =
        command.spawn().map_err(|error| format!("Patchcord cannot be started: {error}"))?;
    let until = Instant::now() + STARTS;
    loop {
        match Client::connect(&place.home).await {
            Ok((client, _events)) => return Ok(client),
            Err(Absent::Refused(problem)) => return Err(sentence(&problem)),
            Err(Absent::NotRunning) => {}
        }
        // One that another link has started meanwhile makes this one end with success.
        if let Ok(Some(status)) = child.try_wait()
            && !status.success()
        {
            return Err(
                "Patchcord could not be started for the link; start it with `patchcord` to see why"
                    .to_owned(),
            );
        }
        if Instant::now() > until {
            return Err("Patchcord was started and does not answer; nothing was dialled".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Writes `patchcord URI` as `patchcord link -- URI`. Only the first word that is no option of ours is looked at, and
/// whatever follows it is read as the words behind `link` are.
pub(super) fn spelled_out(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut spelled: Vec<OsString> = Vec::new();
    let mut words = words.peekable();
    // The program's own name.
    spelled.extend(words.next());
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        if text == "--home" {
            spelled.push(word);
            spelled.extend(words.next());
            continue;
        }
        if text.starts_with("--home=") {
            spelled.push(word);
            continue;
        }
        if is_link(text) {
            spelled.push("link".into());
        }
        spelled.push(word);
        break;
    }
    spelled.extend(words);
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(line: &str) -> String {
        let words = line.split(' ').map(OsString::from);
        let spelled = spelled_out(words);
        spelled.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_bare_link_is_the_command_for_it_and_nothing_else_is() {
        for (line, expected) in [
            ("patchcord tel:+49301", "patchcord link tel:+49301"),
            ("patchcord TEL:+49301 --home /x", "patchcord link TEL:+49301 --home /x"),
            ("patchcord --home /x sip:4101", "patchcord --home /x link sip:4101"),
            ("patchcord --home=/x patchcord:4101", "patchcord --home=/x link patchcord:4101"),
            ("patchcord --home tel:1 status", "patchcord --home tel:1 status"),
            ("patchcord link tel:1", "patchcord link tel:1"),
            ("patchcord dial tel:1", "patchcord dial tel:1"),
            ("patchcord --hidden", "patchcord --hidden"),
            ("patchcord", "patchcord"),
        ] {
            assert_eq!(spelled(line), expected);
        }
    }
}
