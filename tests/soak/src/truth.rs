//! What must be in the org after a history, by the contract and by what really happened alone.

use std::collections::BTreeMap;

use crate::{
    act::Who,
    books::{Books, CallBook, Duty, Way},
    plan::{AGENTS, Plan, Unknown},
};

/// The word of a key that everybody who rang shares.
const SHARED: &str = "missed";

/// Who a Task must be on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OnWhom {
    Record(Who),
    Nobody,
    /// The one record that was made for this stranger; nobody, where none was made and none had to be.
    Stranger {
        stranger: usize,
        must: bool,
    },
}

/// A Task that has to be there, or may.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) key: String,
    pub(crate) must: bool,
    pub(crate) call_type: &'static str,
    /// Any of these.
    pub(crate) dispositions: &'static [&'static str],
    /// Seconds of talk, where they are promised.
    pub(crate) spoke_s: Option<f64>,
    pub(crate) whom: OnWhom,
    /// The user whose Task it is; `None`: any of the desks'.
    pub(crate) owner: Option<&'static str>,
    /// What happened, for people.
    pub(crate) told: String,
}

/// Returns every Task that the org may have.
pub(crate) fn dues(plan: &Plan, books: &Books, serial: &str, since_ms: i64) -> Vec<Due> {
    let mut dues = Vec::new();
    for call in books.all().filter(|call| call.way != Way::Internal) {
        let told = call.told(since_ms);
        let due = |extension: &str, duty: Duty| Due {
            key: format!("ys:{serial}:{}:{extension}", call.id),
            must: duty == Duty::Must,
            call_type: if call.way == Way::Outbound { "Outbound" } else { "Inbound" },
            dispositions: &["Answered"],
            spoke_s: call.spoke_s(extension),
            whom: whom(plan, books, call, duty == Duty::Must),
            owner: AGENTS.iter().find(|agent| agent.extension == extension).map(|one| one.email),
            told: told.clone(),
        };
        let own: Vec<(String, Duty)> = call
            .extensions()
            .into_iter()
            .filter_map(|extension| {
                let duty = duty_of(plan, books, call, &extension);
                (duty > Duty::Never).then_some((extension, duty))
            })
            .collect();
        match call.way {
            Way::Internal => {}
            Way::Inbound => {
                let spoke = call.legs.iter().any(|leg| leg.answered_ms.is_some());
                if spoke {
                    let speakers =
                        own.iter().filter(|(extension, _)| call.spoke_s(extension).is_some());
                    dues.extend(speakers.map(|(extension, duty)| due(extension, *duty)));
                } else if let Some(duty) = own.iter().map(|(_, duty)| *duty).max() {
                    let dispositions: &[&str] =
                        if call.voicemail { &["Voicemail"] } else { &["Missed"] };
                    let spoke_s = (!call.voicemail).then_some(0.0);
                    dues.push(Due { dispositions, spoke_s, ..due(SHARED, duty) });
                }
            }
            Way::Outbound => {
                let placed = call.legs.first().map(|leg| leg.extension.clone());
                for (extension, duty) in &own {
                    if Some(extension) == placed.as_ref() && !call.remote_answered {
                        let dispositions = in_vain(call);
                        dues.push(Due {
                            dispositions,
                            spoke_s: Some(0.0),
                            ..due(extension, *duty)
                        });
                    } else if call.spoke_s(extension).is_some() {
                        dues.push(due(extension, *duty));
                    }
                }
            }
        }
    }
    dues
}

/// What the contract calls a call that the other side did not take.
fn in_vain(call: &CallBook) -> &'static [&'static str] {
    match call.failure {
        Some(reason) if reason.starts_with("486") => &["Busy"],
        Some(reason) if reason.starts_with("404") => &["Failed"],
        Some(_) | None => &["No answer"],
    }
}

/// The most that one of the extension's desks owes.
pub(crate) fn duty_of(plan: &Plan, books: &Books, call: &CallBook, extension: &str) -> Duty {
    let desks = plan.desks.iter().enumerate();
    desks
        .filter(|(_, agent)| AGENTS[**agent].extension == extension)
        .map(|(desk, _)| books.duty(desk, call))
        .max()
        .unwrap_or(Duty::Never)
}

fn whom(plan: &Plan, books: &Books, call: &CallBook, must: bool) -> OnWhom {
    match call.who {
        Who::Known(_) => OnWhom::Record(call.who),
        // Two have the number, and no choice is made.
        Who::Shared | Who::Withheld | Who::Colleague => OnWhom::Nobody,
        Who::Stranger(stranger) => {
            let creates = match (plan.unknown, call.way) {
                // A number that the PBX could not call is nobody's.
                _ if call.failure.is_some_and(|reason| reason.starts_with("404")) => false,
                (Unknown::Both, _) | (Unknown::Inbound, Way::Inbound) => true,
                (Unknown::Nothing | Unknown::Page | Unknown::Inbound, _) => false,
            };
            // What a person made while the call went on is found before the Task is written.
            let ended = call.ended_ms.unwrap_or(i64::MAX);
            let made = books.made.get(&stranger).is_some_and(|made| *made < ended - 300);
            OnWhom::Stranger { stranger, must: must && (creates || made) }
        }
    }
}

/// How often each caller may have been shown at a desk: once for each call that rang there or was taken there.
pub(crate) fn shown(books: &Books, extension: &str) -> BTreeMap<Who, usize> {
    let mut shown = BTreeMap::new();
    for call in books.all().filter(|call| call.way == Way::Inbound && call.met(extension)) {
        *shown.entry(call.who).or_default() += 1;
    }
    shown
}
