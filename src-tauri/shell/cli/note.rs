//! `patchcord note`.

use clap::{ArgGroup, Args};
use engine::{
    command::{Command, Reply},
    home::Home,
    view::FollowUpStage,
};

use super::ask;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["text", "outcome", "discard", "log"]).required(true).multiple(true))]
pub(super) struct Note {
    /// A call's id or key, as in `patchcord calls --json`
    call: String,
    /// The note; an empty one takes it away
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    text: Option<String>,
    /// One of the outcomes of the settings
    #[arg(long, value_name = "OUTCOME", allow_hyphen_values = true)]
    outcome: Option<String>,
    /// Does not log the call, or deletes its Task
    #[arg(long, conflicts_with_all = ["text", "outcome"])]
    discard: bool,
    /// Logs the call after all, where it was not to be; a deleted Task is made anew
    #[arg(long, conflicts_with_all = ["text", "outcome", "discard"])]
    log: bool,
}

/// Has the running instance keep it.
pub(super) fn send(home: &Home, note: Note) -> u8 {
    let Note { call, text, outcome, discard, log } = note;
    if discard {
        return ask::running(home, Command::Discard { call }, said);
    }
    if log {
        return ask::running(home, Command::Restore { call }, |_| {
            "The call is logged after all.".to_owned()
        });
    }
    let command = Command::Note {
        call,
        text,
        outcome,
        related: None,
        follow_up: None,
        save: true,
        elsewhere: true,
    };
    ask::running(home, command, said)
}

/// Each computer of an agent knows its own wishes.
const OTHER_COMPUTER: &str =
    " Patchcord on your other computer does not know that, and may log it: say it there as well.";

fn said(reply: &Reply) -> String {
    match reply {
        Reply::Discarded { pending, elsewhere } => {
            let here = if *pending {
                "The call is not to be logged; its Task in Salesforce is deleted as soon as that is possible."
            } else {
                "The call is not logged."
            };
            let there = if *elsewhere { OTHER_COMPUTER } else { "" };
            format!("{here}{there}")
        }
        Reply::Note(note) if note.discarded => {
            "The note is kept here; the call itself is not logged.".to_owned()
        }
        Reply::Note(note)
            if note.follow_up.as_ref().is_some_and(|up| up.state == FollowUpStage::Draft) =>
        {
            "The note is kept; the day of its follow-up is still to be said.".to_owned()
        }
        _ => "The note is kept.".to_owned(),
    }
}
