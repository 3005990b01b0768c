//! What must be in the org after a history, by the contract and by what really happened alone.

use std::{collections::BTreeMap, time::Duration};

use simulator::{pbx::EndNames, salesforce::TaskSharing};

use crate::{
    act::{Act, DeskAct, PbxAct, Who},
    books::{Books, CallBook, Duty, Way},
    plan::{AGENTS, Plan, Unknown},
};

/// The word of a key that everybody who rang shares.
const SHARED: &str = "missed";

/// A Task is there so long after the end of its call. Source: contract.md §3.
const TASK_DUE: Duration = Duration::from_secs(10);

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
    /// So many Tasks may have the key.
    pub(crate) most: usize,
    pub(crate) call_type: &'static str,
    /// Any of these.
    pub(crate) dispositions: &'static [&'static str],
    /// Seconds of talk, where they are promised.
    pub(crate) spoke_s: Option<f64>,
    /// By so many seconds each end of the talk may have been heard late.
    pub(crate) lag_s: f64,
    pub(crate) whom: OnWhom,
    /// Nothing told a desk of the extension whom it was about: it may be on nobody.
    pub(crate) whom_untold: bool,
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
            must: duty == Duty::Must && is_known(plan, books, call, extension),
            most: if stays(plan) { writers(plan, call, extension).max(1) } else { 1 },
            call_type: if call.way == Way::Outbound { "Outbound" } else { "Inbound" },
            dispositions: &["Answered"],
            spoke_s: call.spoke_s(extension).filter(|_| is_known(plan, books, call, extension)),
            lag_s: books.lag_s(call),
            whom: whom(plan, books, call, duty == Duty::Must),
            whom_untold: names_a_colleague(plan, call) && !is_known(plan, books, call, extension),
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
                    for (extension, duty) in &own {
                        if call.spoke_s(extension).is_some() {
                            dues.push(due(extension, *duty));
                        } else if may_be_misled(plan, books, call, extension) {
                            dues.push(Due { must: false, ..due(extension, *duty) });
                        }
                    }
                } else if let Some(duty) = own.iter().map(|(_, duty)| *duty).max() {
                    let dispositions: &[&str] =
                        if call.voicemail { &["Voicemail"] } else { &["Missed"] };
                    let spoke_s = (!call.voicemail).then_some(0.0);
                    let mut due = Due { dispositions, spoke_s, ..due(SHARED, duty) };
                    // The key names no extension: whoever was rung and can know of it owes it.
                    due.must = duty == Duty::Must
                        && own.iter().any(|(extension, _)| is_known(plan, books, call, extension));
                    if call.queue && !is_in_the_records(plan) && !is_surely_heard(plan, books, call)
                    {
                        due.must = false;
                    }
                    if is_out_of_sight(plan, &due.whom) {
                        due.most = due.most.max(own.len());
                    }
                    dues.push(due);
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

/// Do the records name the phones that only rang? Else a queue's call that nobody took is the queue's alone, and a desk
/// that was away cannot know that it rang there.
fn is_in_the_records(plan: &Plan) -> bool {
    plan.pbx.cdr_for_unanswered_agents && !plan.pbx.cdr_row_per_call
}

/// Did some desk of those who were rung hear all events of the call, whatever else went wrong?
fn is_surely_heard(plan: &Plan, books: &Books, call: &CallBook) -> bool {
    rung(plan, call).any(|place| books.heard(place, call))
}

/// Can a desk know what its extension had to do with the call? One record for a call of several parts names one agent, and
/// counts what all spoke and what lay between: then the events alone tell.
pub(crate) fn can_know(plan: &Plan, books: &Books, call: &CallBook, place: usize) -> bool {
    !plan.pbx.cdr_row_per_call || call.legs.len() < 2 || books.heard(place, call)
}

/// Can some desk of the extension know that?
fn is_known(plan: &Plan, books: &Books, call: &CallBook, extension: &str) -> bool {
    places(plan, extension).any(|place| can_know(plan, books, call, place))
}

/// May the one record of a call name an extension whose phone only rang, and a desk of it know no better?
fn may_be_misled(plan: &Plan, books: &Books, call: &CallBook, extension: &str) -> bool {
    places(plan, extension).any(|place| !can_know(plan, books, call, place))
}

/// The desks at whose extensions the call rang or was spoken on.
fn rung<'a>(plan: &'a Plan, call: &'a CallBook) -> impl Iterator<Item = usize> + 'a {
    let desks = plan.desks.iter().enumerate();
    desks.filter(|(_, agent)| call.met(AGENTS[**agent].extension)).map(|(place, _)| place)
}

/// How many desks can have written a Task of this key: those of the extension, or all that rang.
fn writers(plan: &Plan, call: &CallBook, word: &str) -> usize {
    if word == SHARED { rung(plan, call).count() } else { places(plan, word).count() }
}

/// May a Task stay that is not owed? Where nobody may delete it, and a desk of those whose phones rang did not hear all of
/// the call: it can have taken the call for its own.
pub(crate) fn may_stay(plan: &Plan, books: &Books, call: &CallBook, key: &str) -> bool {
    let word = key.rsplit(':').next().unwrap_or_default();
    stays(plan)
        && call.way != Way::Internal
        && rung(plan, call).any(|place| {
            let own = AGENTS[plan.desks[place]].extension;
            (word == own || word == SHARED) && !books.heard(place, call)
        })
}

/// May a record have been made for a stranger whose call a colleague took? Where the one event that tells of a call names
/// a phone that only rang, and the rows come after the time within which a Task is due, the desk of that phone had to take
/// the call for its own. Its Task is taken back; the record stays, for the colleague's Task may be on it.
pub(crate) fn may_have_been_made(plan: &Plan, books: &Books, stranger: usize) -> bool {
    plan.pbx.late_call_events
        && plan.pbx.cdr_delay > TASK_DUE
        && plan.unknown.creates()
        && books.all().any(|call| {
            call.way == Way::Inbound
                && call.who == Who::Stranger(stranger)
                && call.legs.iter().any(|leg| leg.answered_ms.is_some())
                && rung(plan, call).next().is_some()
        })
}

/// May the one record of a call that was placed and passed on name the colleague in the place of whoever was called?
/// Source: Open API reference, "Blind transfer": `call_to` is the last or the first destination.
fn names_a_colleague(plan: &Plan, call: &CallBook) -> bool {
    plan.pbx.cdr_row_per_call
        && plan.pbx.end_names != EndNames::First
        && call.way == Way::Outbound
        && call.legs.len() > 1
}

/// The desks of an extension.
fn places(plan: &Plan, extension: &str) -> impl Iterator<Item = usize> {
    let desks = plan.desks.iter().enumerate();
    desks.filter(move |(_, agent)| AGENTS[**agent].extension == extension).map(|(place, _)| place)
}

/// Must a Task that turns out to be one too many stay, since nobody may delete it?
fn stays(plan: &Plan) -> bool {
    plan.org.delete_denied.contains("Task")
}

/// How many tokens of the PBX may be nobody's: the answer that held one was cut off by a kill, or by the PBX going away.
/// Such a token ends by itself.
pub(crate) fn tokens_lost(plan: &Plan) -> usize {
    let steps = plan.lanes.iter().flat_map(|lane| &lane.steps);
    steps
        .filter(|step| match &step.act {
            Act::Desk { act, .. } => *act == DeskAct::Kill,
            Act::Pbx(act) => matches!(act, PbxAct::Down),
            Act::Call { .. } | Act::Org(_) => false,
        })
        .count()
}

/// Does nothing tell a desk of a colleague's Task? One that names no record is hidden where Tasks are not public, and
/// only the unique field has the org refuse a second.
fn is_out_of_sight(plan: &Plan, whom: &OnWhom) -> bool {
    let names_nobody = match whom {
        OnWhom::Record(_) => false,
        OnWhom::Nobody => true,
        OnWhom::Stranger { must, .. } => !must,
    };
    plan.org.task_sharing != TaskSharing::Public && !plan.org.call_key_field && names_nobody
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
    places(plan, extension).map(|desk| books.duty(desk, call)).max().unwrap_or(Duty::Never)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        books::{Off, Trouble},
        ingredient::{Ingredient, Ingredients},
    };

    /// A plan with a desk for each agent.
    fn plan() -> Plan {
        let chosen = Ingredients::chosen(&[Ingredient::Desks], &[]);
        let mut plan = Plan::of(1, &chosen);
        plan.desks = vec![0, 1, 2];
        plan
    }

    /// Seconds from the beginning of a call.
    const S: i64 = 1_000;

    fn call(legs: &[(&str, Option<(i64, i64)>)]) -> CallBook {
        let mut book = CallBook::new("1.1".to_owned(), Way::Inbound, Who::Known(0));
        book.began_ms = 100 * S;
        book.ended_ms = Some(120 * S);
        for (extension, spoke) in legs {
            book.joins(extension, false);
            let leg = book.legs.last_mut().expect("it has just joined");
            leg.answered_ms = spoke.map(|(from, _)| (100 + from) * S);
            leg.ended_ms = Some(spoke.map_or(120, |(_, to)| 100 + to) * S);
        }
        book
    }

    fn keys(books: &Books) -> Vec<(String, bool)> {
        let dues = dues(&plan(), books, "SN", 0);
        dues.into_iter().map(|due| (due.key, due.must)).collect()
    }

    fn books(call: CallBook) -> Books {
        let mut books = Books::default();
        books.calls.insert(0, call);
        books
    }

    #[test]
    fn each_agent_who_spoke_has_a_task_with_their_own_seconds() {
        let books = books(call(&[("4101", Some((1, 3))), ("4102", Some((5, 9))), ("4103", None)]));
        let dues = dues(&plan(), &books, "SN", 0);
        let found: Vec<_> = dues.iter().map(|due| (due.key.as_str(), due.spoke_s)).collect();
        assert_eq!(found, [("ys:SN:1.1:4101", Some(2.0)), ("ys:SN:1.1:4102", Some(4.0))]);
    }

    #[test]
    fn where_a_call_of_several_has_one_record_only_who_heard_it_must_know() {
        let mut books = books(call(&[("4101", Some((1, 3))), ("4102", None)]));
        let mut plan = plan();
        plan.pbx.cdr_row_per_call = true;
        let found = |plan: &Plan, books: &Books| -> Vec<(String, bool, bool)> {
            let dues = dues(plan, books, "SN", 0);
            dues.into_iter().map(|due| (due.key, due.must, due.spoke_s.is_some())).collect()
        };
        assert_eq!(found(&plan, &books), [("ys:SN:1.1:4101".to_owned(), true, true)]);
        let trouble = |desk, from: i64, to: i64| Trouble {
            desk,
            from_ms: from * S,
            to_ms: to * S,
            heals_ms: None,
        };
        // Long before the call and long after it, and at the desk of somebody else.
        books.troubles =
            vec![trouble(None, 70, 84), trouble(Some(0), 126, 130), trouble(Some(2), 100, 101)];
        assert_eq!(found(&plan, &books), [("ys:SN:1.1:4101".to_owned(), true, true)]);
        // Shortly before it, and every desk was subscribed again.
        books.troubles = vec![trouble(None, 90, 94)];
        books.troubles[0].heals_ms = Some(99 * S);
        assert_eq!(found(&plan, &books), [("ys:SN:1.1:4101".to_owned(), true, true)]);
        books.troubles = vec![trouble(Some(0), 84, 86), trouble(Some(1), 121, 130)];
        let may = |extension| (format!("ys:SN:1.1:{extension}"), false, false);
        assert_eq!(found(&plan, &books), [may("4101"), may("4102")]);
    }

    #[test]
    fn a_task_that_cannot_be_deleted_is_excused_at_a_desk_that_was_deaf_for_a_call_that_rang_there()
    {
        let call = call(&[("4101", None), ("4104", Some((1, 3)))]);
        let mut books = Books::default();
        let mut plan = plan();
        let shared = "ys:SN:1.1:missed";
        plan.org.delete_denied.insert("Task".to_owned());
        assert!(!may_stay(&plan, &books, &call, shared), "its desk heard all of it");
        let (from_ms, to_ms) = (100 * S, 101 * S);
        books.troubles = vec![Trouble { desk: Some(1), from_ms, to_ms, heals_ms: None }];
        assert!(!may_stay(&plan, &books, &call, shared), "its phone did not ring there");
        books.troubles[0].desk = None;
        assert!(may_stay(&plan, &books, &call, shared));
        assert!(may_stay(&plan, &books, &call, "ys:SN:1.1:4101"));
        assert!(!may_stay(&plan, &books, &call, "ys:SN:1.1:4102"));
        plan.org.delete_denied.clear();
        assert!(!may_stay(&plan, &books, &call, shared));
    }

    #[test]
    fn a_talk_time_is_as_sure_as_the_driver_was_at_that_call() {
        let mut books = books(call(&[("4101", Some((1, 3)))]));
        books.lags = vec![(50 * S, 9_000), (110 * S, 1_500), (180 * S, 7_000)];
        assert_eq!(dues(&plan(), &books, "SN", 0)[0].lag_s.to_bits(), 1.5_f64.to_bits());
    }

    #[test]
    fn a_call_that_nobody_took_is_one_task_for_all_who_rang() {
        let books = books(call(&[("4101", None), ("4102", None)]));
        assert_eq!(keys(&books), [("ys:SN:1.1:missed".to_owned(), true)]);
    }

    #[test]
    fn a_call_that_a_colleague_without_a_desk_took_is_nobodys_task() {
        let books = books(call(&[("4101", None), ("4104", Some((1, 3)))]));
        assert_eq!(keys(&books), []);
    }

    #[test]
    fn what_was_made_while_a_desk_was_off_is_not_owed_and_what_was_made_before_is() {
        let off = |from: i64, to: i64| Off {
            asked_ms: from * S,
            done_ms: from * S,
            asked_on_ms: Some(to * S),
            on_ms: Some(to * S),
        };
        let mut books = books(call(&[("4101", Some((1, 3)))]));
        for (times, owed) in [
            (off(90, 130), None),
            (off(110, 130), Some(false)),
            (off(125, 130), Some(true)),
            (off(60, 95), Some(true)),
        ] {
            books.off.insert(0, vec![times]);
            let found: Option<bool> = keys(&books).first().map(|(_, must)| *must);
            assert_eq!(found, owed, "{times:?}");
        }
    }
}
