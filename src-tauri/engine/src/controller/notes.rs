//! What a notification says of a ringing phone, and what its buttons do: the same as the window.

use super::rehearsal;
use crate::{
    command::Command,
    plain,
    ports::Note,
    view::{CandidateView, LiveCard},
};

/// Returns the notification of a ringing phone.
pub(super) fn of_card(card: &LiveCard) -> Note {
    if card.rehearsal {
        return rehearsal::note(card);
    }
    let shown = card.number_shown.clone().unwrap_or_else(|| "Withheld number".to_owned());
    let chosen =
        card.candidates.iter().find(|candidate| Some(&candidate.id) == card.chosen.as_ref());
    let mut lines = Vec::new();
    let title = match chosen {
        Some(candidate) => {
            lines.extend(candidate.company.clone());
            // A title that nobody sees would say that nobody calls.
            if plain::is_blank(&candidate.name) {
                shown
            } else {
                lines.insert(0, shown);
                candidate.name.clone()
            }
        }
        None => {
            match card.candidates.iter().filter(|candidate| !candidate.field.is_empty()).count() {
                0 if card.searching => lines.push("Searching Salesforce…".to_owned()),
                0 if card.search_failed => lines.push("Salesforce is not reachable".to_owned()),
                0 if card.number.is_some() => lines.push("Not in Salesforce".to_owned()),
                0 => {}
                several => lines.push(format!("{several} records have this number")),
            }
            shown
        }
    };
    lines.extend(card.queue.as_ref().map(|queue| format!("via {queue}")));
    let buttons = match chosen {
        Some(candidate) => {
            let (call, record) = (card.id.clone(), Some(candidate.id.clone()));
            vec![("Open in Salesforce".to_owned(), Command::OpenRecord { call, record })]
        }
        None => choices(card),
    };
    Note { id: card.id.clone(), title, body: lines.join("\n"), buttons, urgent: true }
}

/// Returns a button for each of the first records, which says that the call is theirs and opens the page; where there
/// are more of them than desktops show, the last button leads to all.
fn choices(card: &LiveCard) -> Vec<(String, Command)> {
    /// GNOME shows no more; others show them in a row or a menu.
    const BUTTONS: usize = 3;
    let all = card.candidates.len();
    let named = if all > BUTTONS { BUTTONS - 1 } else { all };
    let pick = |candidate: &CandidateView| Command::Choose {
        call: card.id.clone(),
        record: candidate.id.clone(),
        remember: false,
        open: true,
    };
    let mut buttons: Vec<_> = card
        .candidates
        .iter()
        .take(named)
        .map(|candidate| (label(candidate), pick(candidate)))
        .collect();
    if all > named {
        buttons.push((format!("Show all {all}"), Command::RaiseWindow));
    }
    buttons
}

/// Two people of one name differ by their company.
fn label(candidate: &CandidateView) -> String {
    let name = if plain::is_blank(&candidate.name) { &candidate.id } else { &candidate.name };
    match &candidate.company {
        Some(company) => format!("{name} ({company})"),
        None => name.clone(),
    }
}
