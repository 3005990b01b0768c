//! What is logged and what is not, and why not.

use domain::{DialPlan, Direction, JournalEntry, Outcome, number::listed};
use store::Reason;

use crate::settings::JournalSettings;

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is sent.
    Log,
    /// It is not sent, for this reason, which people see.
    Skip(Reason),
    /// There is nothing to send: a colleague took the call.
    Nothing,
}

/// Decides by the settings, and by the dial plan, which knows what calls for help.
pub(crate) fn fate(entry: &JournalEntry, settings: &JournalSettings, plan: &DialPlan) -> Fate {
    let skip = |code: &str, text: &str| {
        Fate::Skip(Reason { code: code.to_owned(), text: text.to_owned() })
    };
    if entry.outcome == Outcome::Elsewhere {
        return Fate::Nothing;
    }
    if entry.party.number().is_some_and(|number| listed(&settings.never, number)) {
        return skip("journal.never_list", "the number is on your no-log list");
    }
    let calls_for_help = entry.direction == Direction::Outbound
        && entry.party.shown().is_some_and(|number| plan.is_emergency(number));
    if calls_for_help {
        return skip("journal.emergency", "calls for help are not logged");
    }
    match entry.direction {
        Direction::Internal if !settings.internal => {
            skip("journal.internal_off", "calls between extensions are not logged")
        }
        Direction::Outbound if !settings.outbound => {
            skip("journal.outbound_off", "outbound calls are not logged")
        }
        Direction::Inbound if entry.outcome.spoke() && !settings.inbound => {
            skip("journal.inbound_off", "inbound calls are not logged")
        }
        Direction::Inbound if !entry.outcome.spoke() && !settings.missed => {
            skip("journal.missed_off", "missed calls are not logged")
        }
        Direction::Internal | Direction::Outbound | Direction::Inbound => Fate::Log,
    }
}
