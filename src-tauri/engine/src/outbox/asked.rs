//! Asks for the keys of many entries at once, and keeps the answers for a moment.
//!
//! A journal that was begun anew has thousands of entries that Salesforce may have already: one question for each would
//! cost thousands of requests.

use std::{collections::HashMap, time::Duration};

use domain::{CallKey, TaskId, Timestamp};
use salesforce::{KEYS, KeyedTask, Session};
use store::{Leased, Owner, Store, StoredCall};

/// How long an answer counts. Within this another computer may log the call all the same, and is found by the look that
/// follows.
const FRESH: Duration = Duration::from_secs(20);

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// `None`: no Task carries the key.
    answers: HashMap<CallKey, Option<Found>>,
    until: Duration,
}

/// The Task of a call that was there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) task: TaskId,
    /// It carries the key of what the call was first thought to be.
    pub(super) outdated: bool,
    /// Several Tasks carry the key.
    pub(super) several: bool,
}

impl Asked {
    /// Returns the Task of an entry, where there is one.
    pub(super) async fn ask(
        &mut self,
        session: &Session,
        store: &Store,
        owner: &Owner,
        leased: &Leased,
        now: (Timestamp, Duration),
    ) -> Result<Option<Found>, salesforce::Error> {
        let (wall, steady) = now;
        if steady >= self.until {
            self.answers.clear();
        }
        // A question that is older than an entry's own request says nothing about it.
        let usable = !leased.sent_before && !is_shared(&leased.call);
        if let Some(known) = self.answers.remove(&leased.key).filter(|_| usable) {
            return Ok(known);
        }
        let mut calls = vec![(leased.key.clone(), leased.call.clone())];
        let room = KEYS / 2 - 1;
        let others = store.questions(owner, wall, room).await.unwrap_or_default();
        calls.extend(others.into_iter().map(|question| (question.key, question.call)));
        let keys: Vec<CallKey> = calls.iter().flat_map(|(_, call)| spellings(call)).collect();
        let tasks = session.tasks_with_keys(&keys, false).await?;
        for (key, call) in &calls {
            self.answers.insert(key.clone(), found(key, call, &tasks, owner));
        }
        self.until = steady + FRESH;
        Ok(self.answers.remove(&leased.key).flatten())
    }

    /// Asks for the keys of leased entries now. Returns the Task of each, in the same order, where there is one.
    pub(super) async fn ask_all(
        &self,
        session: &Session,
        owner: &Owner,
        leased: &[Leased],
    ) -> Result<Vec<Option<Found>>, salesforce::Error> {
        let mut answers = Vec::with_capacity(leased.len());
        for some in leased.chunks(KEYS / 2) {
            let keys: Vec<CallKey> = some.iter().flat_map(|one| spellings(&one.call)).collect();
            let tasks = session.tasks_with_keys(&keys, false).await?;
            answers.extend(some.iter().map(|one| found(&one.key, &one.call, &tasks, owner)));
        }
        Ok(answers)
    }
}

/// Returns every key under which a call may be in Salesforce.
pub(super) fn spellings(call: &StoredCall) -> [CallKey; 2] {
    [
        CallKey::spoken(&call.desk.serial, &call.call, &call.desk.extension),
        CallKey::missed(&call.desk.serial, &call.call),
    ]
}

/// Returns the Task of a call: the oldest with its key, else the own one with the key of what it was thought to be.
fn found(key: &CallKey, call: &StoredCall, tasks: &[KeyedTask], owner: &Owner) -> Option<Found> {
    let [spoken, missed] = spellings(call);
    let exact: Vec<&KeyedTask> = tasks.iter().filter(|task| task.key == *key).collect();
    if let Some(first) = exact.first() {
        return Some(Found { task: first.id.clone(), outdated: false, several: exact.len() > 1 });
    }
    // A colleague's Task of a missed call is the colleague's: who spoke has one of their own.
    let other = if *key == spoken { missed } else { spoken };
    let own = |task: &&KeyedTask| task.key == other && task.owner.as_ref() == Some(&owner.user);
    let before = tasks.iter().find(own)?;
    Some(Found { task: before.id.clone(), outdated: true, several: false })
}

fn is_shared(call: &StoredCall) -> bool {
    call.entry().is_some_and(|entry| entry.is_shared())
}
