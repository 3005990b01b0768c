//! Finding a record by name, and moving a call to it whether it has the number or not.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{Candidate, Matches, Object, Record, RecordId};
use salesforce::Session;
use store::{DeliveryState, Owner, Store, StoredCall, StoredMatch};

use super::records::no_record;
use crate::{
    command::Reply,
    controller::{Answer, Controller, Input, owner_of},
    outbox::stored_match,
    present, problems,
    view::Problem,
};

/// So many records are shown.
const MOST: usize = 20;
/// Whoever types a name waits no longer than this for Salesforce; what is known here is shown then.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many records of the last searches are remembered, so that one that was shown can be picked while Salesforce is
/// out of reach.
const REMEMBERED: usize = 200;

/// The records that the last searches have shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown(Arc<Mutex<VecDeque<(Owner, Record)>>>);

impl Shown {
    fn keep(&self, owner: &Owner, records: &[Record]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(records.iter().map(|record| (owner.clone(), record.clone())));
        let surplus = kept.len().saturating_sub(REMEMBERED);
        kept.drain(..surplus);
    }

    fn find(&self, owner: &Owner, id: &RecordId) -> Option<Record> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = kept.iter().rev().find(|(of, record)| of == owner && record.id == *id);
        newest.map(|(_, record)| record.clone())
    }
}

impl Controller {
    /// Searches Salesforce and the contact index by name.
    pub(super) fn find_records(&self, text: String, answer: Answer) {
        let Some(session) = self.sales.session.clone() else {
            let _ = answer.send(Err(problems::not_signed_in()));
            return;
        };
        let (store, shown) = (self.store.clone(), self.shown_records.clone());
        self.tasks.spawn(async move {
            let owner = owner_of(&session);
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).take(6).collect();
            let known = async {
                let enough = words.iter().any(|word| word.chars().count() > 1);
                let known =
                    if enough { store.named(&owner, &words, MOST).await } else { Ok(vec![]) };
                known.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the contact index could not be searched");
                    Vec::new()
                })
            };
            let asked = tokio::time::timeout(PATIENCE, session.search_names(&text));
            let (known, asked) = tokio::join!(known, asked);
            let complete = matches!(asked, Ok(Ok(_)));
            let mut records = asked.ok().and_then(Result::ok).unwrap_or_default();
            for record in known {
                if !records.iter().any(|found| found.id == record.id) {
                    records.push(record);
                }
            }
            records.truncate(MOST);
            shown.keep(&owner, &records);
            let records =
                records.iter().map(|record| present::found_record(record, &owner.user)).collect();
            let _ = answer.send(Ok(Reply::Records { records, complete }));
        });
    }

    /// A person says that a finished call belongs to another record. That is on disk before anything is sent.
    pub(super) fn move_call(&self, call: String, record: &str, answer: Answer) {
        let (Some(session), Some(id)) = (self.sales.session.clone(), RecordId::parse(record))
        else {
            let problem =
                if self.sales.session.is_none() { problems::not_signed_in() } else { no_record() };
            let _ = answer.send(Err(problem));
            return;
        };
        let (store, inputs) = (self.store.clone(), self.inputs.clone());
        let shown = self.shown_records.clone();
        self.tasks.spawn(async move {
            let moved = moved(&session, &store, &shown, &call, &id).await;
            let _ = inputs.send(Input::JournalMoved).await;
            let _ = answer.send(moved.map(|()| Reply::Done));
        });
    }
}

async fn moved(
    session: &Session,
    store: &Store,
    shown: &Shown,
    call: &str,
    id: &RecordId,
) -> Result<(), Problem> {
    let owner = owner_of(session);
    let stored = store.call(call).await.map_err(|error| unwritten(&error))?;
    let stored = stored.filter(|stored| can_move(stored, &owner)).ok_or_else(not_movable)?;
    let record = match shown.find(&owner, id) {
        Some(record) => Some(record),
        None => match store.record(&owner, id).await.ok().flatten() {
            Some(record) => Some(record),
            None => at_salesforce(session, id).await?,
        },
    };
    let matched = by_word(record.ok_or_else(no_record)?, stored.matches.as_ref());
    store.choose(&stored.desk, &stored.call, matched).await.map_err(|error| unwritten(&error))
}

async fn at_salesforce(session: &Session, id: &RecordId) -> Result<Option<Record>, Problem> {
    let object = Object::ALL.into_iter().find(|object| object.key_prefix() == id.prefix());
    let Some(object) = object else { return Ok(None) };
    session.record(object, id).await.map_err(|error| problems::of_salesforce(&error))
}

/// Only what is, or will be, a Task of this user.
fn can_move(stored: &StoredCall, me: &Owner) -> bool {
    let delivery = stored.delivery.as_ref();
    stored.finished
        && delivery.is_some_and(|delivery| {
            delivery.state != DeliveryState::Skipped
                && delivery.owner.as_ref().is_none_or(|owner| owner == me)
        })
}

/// What is kept of a record that somebody picked. It counts as found, so that no other is created for the call.
fn by_word(record: Record, before: Option<&StoredMatch>) -> StoredMatch {
    let candidates = before.map_or(0, |before| before.candidates).max(1);
    let only = Matches {
        candidates: vec![Candidate { record, field: String::new(), account: None }],
        ..Matches::default()
    };
    StoredMatch { candidates, why: "moved by you".to_owned(), ..stored_match(&only) }
}

fn not_movable() -> Problem {
    Problem::new(
        "call.not_movable",
        "This call cannot be moved: it is not over, is not logged, or belongs to another Salesforce account.",
        "Wait until the call is over, or sign in with the account that it was logged with.",
    )
}

fn unwritten(error: &store::Error) -> Problem {
    Problem::new(
        "journal.damaged",
        format!("The choice could not be kept: {error}."),
        "Check the disk, then try again.",
    )
}
