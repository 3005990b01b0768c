//! Asks for the keys of many entries at once, and keeps the answers for a moment.
//!
//! A journal that was begun anew has thousands of entries that Salesforce may have already: one question for each would
//! cost thousands of requests.

use std::{collections::HashMap, time::Duration};

use domain::{CallKey, TaskId, Timestamp};
use salesforce::{KEYS, KeyedTask, Session};
use store::{Due, Leased, Owner, Store, StoredCall};

/// The most calls in one question: each may be there under two keys.
pub(super) const CALLS_AT_ONCE: usize = KEYS / 2;

/// How long an answer counts. Within this another computer may log the call all the same, and is found by the look that
/// follows.
const FRESH: Duration = Duration::from_secs(20);
/// The same while a backlog of a thousand goes out: five requests, each of which keeps an org busy for some seconds.
const FRESH_FOR_A_BACKLOG: Duration = Duration::from_secs(60);

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    answers: HashMap<CallKey, Answer>,
}

/// What Salesforce said of a key.
#[derive(Debug)]
struct Answer {
    /// `None`: no Task carries it.
    found: Option<Found>,
    /// Until when it counts, on the steady clock.
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
    /// It is known to be a colleague's.
    pub(super) colleagues: bool,
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
        if let Some(known) = self.known(leased, steady) {
            return Ok(known);
        }
        let room = CALLS_AT_ONCE - 1;
        let others = store.questions(owner, wall, room).await.unwrap_or_default();
        let others = others.iter().map(|question| (&question.key, &question.call));
        let calls = [(&leased.key, &leased.call)].into_iter().chain(others);
        self.learn(session, owner, calls.collect(), (steady, FRESH)).await?;
        Ok(self.taken(&leased.key))
    }

    /// Asks for the keys of entries whose turn comes soon. Their answers are kept for then.
    pub(super) async fn ask_ahead(
        &mut self,
        session: &Session,
        owner: &Owner,
        due: &[Due],
        now: Duration,
    ) -> Result<(), salesforce::Error> {
        let calls = due.iter().map(|one| (&one.key, &one.call)).collect();
        self.learn(session, owner, calls, (now, FRESH_FOR_A_BACKLOG)).await
    }

    /// Says whether an entry is worth being asked for ahead, and has not been.
    pub(super) fn lacks(&self, due: &Due, now: Duration) -> bool {
        !due.sent_before
            && !is_shared(&due.call)
            && self.answers.get(&due.key).is_none_or(|answer| answer.until <= now)
    }

    /// Returns the Task of each of these entries, in the same order, where there is one. Asks for those that were not
    /// asked for ahead.
    pub(super) async fn ask_all(
        &mut self,
        session: &Session,
        owner: &Owner,
        leased: &[Leased],
        now: Duration,
    ) -> Result<Vec<Option<Found>>, salesforce::Error> {
        let known: Vec<_> = leased.iter().map(|one| self.known(one, now)).collect();
        let unknown = leased.iter().zip(&known).filter(|(_, known)| known.is_none());
        let unknown = unknown.map(|(one, _)| (&one.key, &one.call)).collect();
        self.learn(session, owner, unknown, (now, FRESH)).await?;
        let known = leased.iter().zip(known);
        Ok(known.map(|(one, known)| known.unwrap_or_else(|| self.taken(&one.key))).collect())
    }

    /// Takes what is known of an entry.
    fn known(&mut self, leased: &Leased, now: Duration) -> Option<Option<Found>> {
        let answer = self.answers.remove(&leased.key)?;
        // A question that is older than an entry's own request says nothing about it, nor about what colleagues write.
        let usable = answer.until > now && !leased.sent_before && !is_shared(&leased.call);
        usable.then_some(answer.found)
    }

    fn taken(&mut self, key: &CallKey) -> Option<Found> {
        self.answers.remove(key)?.found
    }

    async fn learn(
        &mut self,
        session: &Session,
        owner: &Owner,
        calls: Vec<(&CallKey, &StoredCall)>,
        (now, counts_for): (Duration, Duration),
    ) -> Result<(), salesforce::Error> {
        self.answers.retain(|_, answer| answer.until > now);
        for some in calls.chunks(CALLS_AT_ONCE) {
            let keys: Vec<CallKey> = some.iter().flat_map(|(_, call)| spellings(call)).collect();
            let tasks = session.tasks_with_keys(&keys, false).await?;
            for (key, call) in some {
                let found = found(key, call, &tasks, owner);
                self.answers.insert((*key).clone(), Answer { found, until: now + counts_for });
            }
        }
        Ok(())
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
        return Some(Found {
            task: first.id.clone(),
            outdated: false,
            several: exact.len() > 1,
            colleagues: first.owner.as_ref().is_some_and(|of| *of != owner.user),
        });
    }
    // A colleague's Task of a missed call is the colleague's: who spoke has one of their own.
    let other = if *key == spoken { missed } else { spoken };
    let own = |task: &&KeyedTask| task.key == other && task.owner.as_ref() == Some(&owner.user);
    let before = tasks.iter().find(own)?;
    Some(Found { task: before.id.clone(), outdated: true, several: false, colleagues: false })
}

fn is_shared(call: &StoredCall) -> bool {
    call.entry().is_some_and(|entry| entry.is_shared())
}
