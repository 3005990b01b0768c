//! Commands that are one question to the running instance, or to the files where none runs.

use std::io::{BufRead, IsTerminal, Write};

use engine::{
    command::{Command, Reply},
    home::Home,
    view::Problem,
};

use super::{FAILED, NOT_RUNNING, USAGE, files, print, wait, words};
use crate::{
    app::sentence,
    control::{Absent, Client},
    logging::say,
};

/// Connects to the running instance; `Err` is the exit code, and why has been said.
pub(super) async fn connect(home: &Home) -> Result<Client, u8> {
    match Client::connect(home).await {
        Ok((client, _events)) => Ok(client),
        Err(Absent::NotRunning) => {
            say(
                "Patchcord is not running here; start it with `patchcord`, or `patchcord run --headless`",
            );
            Err(NOT_RUNNING)
        }
        Err(Absent::Refused(problem)) => Err(failed(&problem)),
    }
}

/// Says what went wrong, and returns the exit code for it.
pub(super) fn failed(problem: &Problem) -> u8 {
    say(&sentence(problem));
    FAILED
}

/// Asks the running instance, and says what came of it.
pub(super) fn running(home: &Home, command: Command, words: impl FnOnce(&Reply) -> String) -> u8 {
    wait(async {
        let client = match connect(home).await {
            Ok(client) => client,
            Err(code) => return code,
        };
        match client.ask(command).await {
            Ok(reply) => {
                print(&words(&reply));
                0
            }
            Err(problem) => failed(&problem),
        }
    })
}

/// Asks the running instance, or the files where none runs, and shows the answer.
pub(super) fn either(home: &Home, command: Command, json: bool) -> u8 {
    let answer = wait(async {
        match Client::connect(home).await {
            Ok((client, _events)) => {
                client.ask(command.clone()).await.map_err(|problem| failed(&problem)).map(Some)
            }
            Err(Absent::NotRunning) => Ok(None),
            Err(Absent::Refused(problem)) => Err(failed(&problem)),
        }
    });
    let answer = match answer {
        Ok(Some(reply)) => Ok(reply),
        Ok(None) => files::ask(home, command),
        Err(code) => Err(code),
    };
    match answer {
        Ok(reply) if json => {
            print(&words::json(&reply));
            0
        }
        Ok(reply) => {
            print(&words::shown(&reply));
            0
        }
        Err(code) => code,
    }
}

/// Calls a number, after a person has agreed to it.
pub(super) fn dial(home: &Home, number: String, yes: bool) -> u8 {
    wait(async {
        let mut client = match connect(home).await {
            Ok(client) => client,
            Err(code) => return code,
        };
        let mut confirmed = yes;
        loop {
            match client.ask(Command::Dial { number: number.clone(), confirmed }).await {
                Ok(Reply::ConfirmDial { shown, country, kind, .. }) if !confirmed => {
                    let country = country
                        .map(|country| format!(" ({})", words::brief(&country)))
                        .unwrap_or_default();
                    let warning = kind.warning().map(|said| format!("{said} ")).unwrap_or_default();
                    let question = format!("{warning}Call {}{country}?", words::brief(&shown));
                    match agrees(&question, "call") {
                        // Who idles is let go, and people take their time.
                        Ok(true) => match connect(home).await {
                            Ok(anew) => (client, confirmed) = (anew, true),
                            Err(code) => return code,
                        },
                        Ok(false) => {
                            say("not called");
                            return FAILED;
                        }
                        Err(code) => return code,
                    }
                }
                Ok(reply) => {
                    print(&words::done(&reply));
                    return 0;
                }
                Err(problem) if confirmed && problem.code.starts_with("engine.") => {
                    return failed(&Problem {
                        message: format!("{} Your phone may ring all the same.", problem.message),
                        ..problem
                    });
                }
                Err(problem) => return failed(&problem),
            }
        }
    })
}

/// Forgets settings and secrets, after a person has agreed to it.
pub(super) fn disconnect(home: &Home, yes: bool) -> u8 {
    wait(async {
        let mut client = match connect(home).await {
            Ok(client) => client,
            Err(code) => return code,
        };
        if !yes {
            let open = match client.ask(Command::Status).await {
                Ok(Reply::Status(status)) => status.journal.waiting + status.journal.stuck,
                Ok(_) => 0,
                Err(problem) => return failed(&problem),
            };
            match agrees(&words::disconnecting(open), "disconnect") {
                Ok(true) => match connect(home).await {
                    Ok(anew) => client = anew,
                    Err(code) => return code,
                },
                Ok(false) => {
                    say("nothing was changed");
                    return FAILED;
                }
                Err(code) => return code,
            }
        }
        match client.ask(Command::Disconnect).await {
            Ok(reply) => {
                print(&words::done(&reply));
                0
            }
            Err(problem) => failed(&problem),
        }
    })
}

/// Syncs contacts. What keeps it from being done is said beside the document.
pub(super) fn sync(home: &Home, dry_run: bool, agreed: bool, json: bool) -> u8 {
    wait(async {
        let client = match connect(home).await {
            Ok(client) => client,
            Err(code) => return code,
        };
        let reply = match client.ask(Command::Sync { dry_run, agreed }).await {
            Ok(reply) => reply,
            Err(problem) => return failed(&problem),
        };
        let Reply::Synced(report) = &reply else {
            say("the running instance is of another version; restart Patchcord");
            return FAILED;
        };
        if json {
            print(&words::json(&reply));
        } else if !report.is_refused() {
            print(&words::shown(&reply));
        }
        match &report.problem {
            Some(problem) if report.is_refused() => failed(problem),
            Some(problem) => {
                say(&sentence(problem));
                0
            }
            None => 0,
        }
    })
}

/// Asks on the terminal. `Err` is the exit code where there is none; `act` is what would be done without asking.
fn agrees(question: &str, act: &str) -> Result<bool, u8> {
    if !std::io::stdin().is_terminal() {
        say(&format!("there is no terminal to ask on; add --yes to {act} without asking"));
        return Err(USAGE);
    }
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{question} [y/N] ").and_then(|()| out.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
