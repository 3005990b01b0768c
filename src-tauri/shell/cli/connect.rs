//! Connecting the two sides. What a person must see or give comes and goes while the answer is awaited.

use std::io::{BufRead, IsTerminal, Read};

use engine::{
    Handle,
    command::{Command, Event, LONGEST_SECRET, Reply},
    home::Home,
    view::{Problem, SignInView},
};
use tokio::sync::{broadcast, mpsc};

use super::{
    USAGE,
    ask::failed,
    files::{Either, Short, ask_files},
    print, words,
};
use crate::{
    control::{Absent, Client},
    logging::say,
    plain::one_line,
};

/// Verifies the PBX, then stores how to reach it. The secret comes on standard input.
pub(super) fn pbx(
    home: &Home,
    address: String,
    client_id: String,
    pin: Option<String>,
    country: Option<String>,
) -> u8 {
    let secret = match secret() {
        Ok(secret) => secret,
        Err(sentence) => {
            say(&sentence);
            return USAGE;
        }
    };
    let command = Command::ConnectPbx { address, client_id, secret, pin, country };
    connect(home, command, Page::None)
}

/// Signs in to Salesforce.
pub(super) fn salesforce(
    home: &Home,
    login: String,
    consumer_key: String,
    open_browser: bool,
) -> u8 {
    let page = if open_browser { Page::Opened } else { Page::Printed };
    connect(home, Command::ConnectSalesforce { login, consumer_key, open_browser }, page)
}

/// Reads a secret: all of standard input without its last line end.
fn secret() -> Result<String, String> {
    let unread = |why: &dyn std::fmt::Display| {
        format!("the secret cannot be read from standard input: {why}")
    };
    // Four bytes a character, the line end, and one more, by which it is known to be longer.
    let most = u64::try_from(LONGEST_SECRET).unwrap_or(u64::MAX) * 4 + 3;
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(most).read_to_end(&mut bytes);
    let read = u64::try_from(read.map_err(|error| unread(&error))?).unwrap_or(u64::MAX);
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // Cut within a character: too long in any case.
        Err(_) if read == most => return Err(too_long()),
        Err(error) => return Err(unread(&error.utf8_error())),
    };
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.chars().count() > LONGEST_SECRET {
        return Err(too_long());
    }
    if secret.is_empty() {
        return Err(
            "there is no secret on standard input; write it there, for example from a file"
                .to_owned(),
        );
    }
    Ok(secret.to_owned())
}

fn too_long() -> String {
    format!(
        "what is on standard input is longer than {LONGEST_SECRET} characters, and so no client secret; nothing was tried; write the secret alone there"
    )
}

/// What happens with the address of the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    None,
    /// The engine opens it; a person may want it all the same.
    Opened,
    /// It is all of this command's output until the end.
    Printed,
}

/// The engine that is asked, wherever it runs.
#[derive(Clone)]
enum Asked {
    Running(Client),
    Files(Handle),
}

impl Asked {
    async fn ask(&self, command: Command) -> Result<Reply, Problem> {
        match self {
            Self::Running(client) => client.ask(command).await,
            Self::Files(handle) => ask_files(handle, command).await,
        }
    }
}

/// What the engine says by itself, wherever it runs.
enum Heard {
    Running(mpsc::Receiver<Event>),
    Files(broadcast::Receiver<Event>),
}

impl Heard {
    async fn next(&mut self) -> Option<Event> {
        match self {
            Self::Running(events) => events.recv().await,
            Self::Files(events) => loop {
                match events.recv().await {
                    Ok(event) => return Some(event),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            },
        }
    }
}

fn connect(home: &Home, command: Command, page: Page) -> u8 {
    crate::app::runtime().block_on(async {
        let (client, events) = match Client::connect(home).await {
            Ok(running) => running,
            Err(Absent::NotRunning) => match Short::start(home, true).await {
                Ok(Either::Files(short)) => {
                    let handle = short.engine.handle();
                    let heard = Heard::Files(handle.events());
                    let code = until_connected(&Asked::Files(handle), heard, command, page).await;
                    short.end().await;
                    return code;
                }
                // It has just started; its events have gone to nobody yet.
                Ok(Either::Running(_)) => match Client::connect(home).await {
                    Ok(running) => running,
                    Err(Absent::Refused(problem)) => return failed(&problem),
                    Err(Absent::NotRunning) => return failed(&crate::control::gone()),
                },
                Err(code) => return code,
            },
            Err(Absent::Refused(problem)) => return failed(&problem),
        };
        if page != Page::None {
            // One sign-in at a time: what an earlier one still shows is not the page of this one.
            for command in [Command::CancelSignIn, Command::Watch] {
                if let Err(problem) = client.ask(command).await {
                    return failed(&problem);
                }
            }
        }
        until_connected(&Asked::Running(client), Heard::Running(events), command, page).await
    })
}

async fn until_connected(asked: &Asked, mut heard: Heard, command: Command, page: Page) -> u8 {
    let mut pasted = if page == Page::None { None } else { pastes() };
    let answer = asked.ask(command);
    tokio::pin!(answer);
    let mut shown = String::new();
    let mut listening = page != Page::None;
    loop {
        tokio::select! {
            reply = &mut answer => return match reply {
                Ok(reply) => {
                    print(&words::done(&reply));
                    if matches!(asked, Asked::Files(_)) && words::is_for_this_session(&reply) {
                        say("Patchcord is not running, so the secret has gone with this command; start Patchcord, then connect again");
                    }
                    0
                }
                Err(problem) => failed(&problem),
            },
            event = heard.next(), if listening => match event {
                Some(Event::SignIn(SignInView::Waiting { url, .. })) if url != shown => {
                    let url = one_line(&url, 4_000);
                    match page {
                        Page::Printed => print(&url),
                        Page::Opened => say(&format!("Sign in in the browser. If it does not open: {url}")),
                        Page::None => {}
                    }
                    shown = url;
                }
                Some(Event::Notice(problem)) if problem.code == "browser.failed" => say(&crate::app::sentence(&problem)),
                Some(_) => {}
                None => listening = false,
            },
            Some(address) = next(&mut pasted) => {
                if let Err(problem) = asked.ask(Command::PasteAddress { address }).await {
                    say(&crate::app::sentence(&problem));
                }
            }
        }
    }
}

async fn next(pasted: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    match pasted {
        Some(pasted) => match pasted.recv().await {
            Some(line) => Some(line),
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

/// Reads addresses that a person pastes, when the browser is on another computer and ends on a page it cannot reach.
fn pastes() -> Option<mpsc::Receiver<String>> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let (lines, pasted) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let line = line.trim();
            if !line.is_empty() && lines.blocking_send(line.to_owned()).is_err() {
                return;
            }
        }
    });
    Some(pasted)
}
