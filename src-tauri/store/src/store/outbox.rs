//! The outbox.

use std::time::Duration;

use domain::{CallKey, Said, TaskId, Timestamp};

use super::Store;
use crate::{
    error::Result,
    journal::{Intent, Subject, calls, outbox},
    model::{Counts, Leased, Owner, Reason, StoredMatch},
};

impl Store {
    /// Leases the oldest due entry of this owner: until `now + lease` nobody else gets it. `None`: nothing is due.
    ///
    /// An entry whose note is being written is not due, whatever its time.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held: without a lease on disk nothing is sent.
    pub async fn lease(
        &self,
        owner: &Owner,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Leased>> {
        let owner = owner.clone();
        self.change(move |db| outbox::lease(db, &owner, now, lease)).await
    }

    /// Returns when the next entry of this owner can be leased; the time may be past. `None`: none waits.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn next_due(&self, owner: &Owner) -> Result<Option<Timestamp>> {
        let owner = owner.clone();
        self.read(move |db| outbox::next_due(db, &owner)).await
    }

    /// Writes that a request goes out now. To be awaited before an insert: after a kill the entry is then asked for
    /// by its key.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held. The request must not go out.
    pub async fn sending(&self, key: &CallKey) -> Result<()> {
        let key = key.clone();
        self.change(move |db| outbox::sending(db, &key)).await
    }

    /// Writes the record that the sender of a leased entry has found, and is about to send with it: unlike
    /// [`Self::set_match`] it makes no update of the Task. Nothing happens where a record was found or chosen before.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn set_sent_match(&self, key: &CallKey, matches: StoredMatch) -> Result<()> {
        let key = key.clone();
        let set = move |db: &rusqlite::Connection| calls::set_sent_match(db, &key, &matches);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Writes that Salesforce has the entry, as this Task; `note` is shown beside it.
    ///
    /// An entry that was changed since it was leased goes on waiting: its Task is to be updated. `said` is what the Task
    /// says now, where this program wrote it.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn delivered(
        &self,
        key: &CallKey,
        task: &TaskId,
        note: Option<Reason>,
        said: Option<Said>,
    ) -> Result<()> {
        let (key, task) = (key.clone(), task.clone());
        let set = move |db: &rusqlite::Connection| {
            if let Some(said) = &said {
                outbox::set_said(db, &key, said)?;
            }
            outbox::delivered(db, &key, &task, note.as_ref())
        };
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Lets a leased entry wait until `until`. `may_have_happened`: the answer was lost, so the Task may exist.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn postpone(
        &self,
        key: &CallKey,
        until: Timestamp,
        reason: Reason,
        may_have_happened: bool,
    ) -> Result<()> {
        let key = key.clone();
        let set = move |db: &rusqlite::Connection| {
            outbox::postpone(db, &key, until, &reason, may_have_happened)
        };
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Leaves a waiting entry to a person.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn park(&self, key: &CallKey, reason: Reason) -> Result<()> {
        let key = key.clone();
        self.write(Intent::new(Subject::Other, move |db| outbox::park(db, &key, &reason))).await
    }

    /// Gives an entry up: it will not be logged.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn skip(&self, key: &CallKey, reason: Reason) -> Result<()> {
        let key = key.clone();
        self.write(Intent::new(Subject::Other, move |db| outbox::skip(db, &key, &reason))).await
    }

    /// Makes waiting and stuck entries due now: those of one call, by id or key, or all. Returns how many. A lease
    /// and a note being written still count.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn retry(&self, which: Option<&str>, now: Timestamp) -> Result<u64> {
        let which = which.map(str::to_owned);
        self.change(move |db| outbox::retry(db, which.as_deref(), now)).await
    }

    /// Makes those of an owner's waiting entries due now that wait for one of these reasons. Returns how many.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn hasten(
        &self,
        owner: &Owner,
        codes: &'static [&'static str],
        now: Timestamp,
    ) -> Result<u64> {
        let owner = owner.clone();
        self.change(move |db| outbox::hasten(db, &owner, codes, now)).await
    }

    /// Ends the leases of a worker that is no more: for a start, before a new worker begins. Returns how many. What
    /// it may have sent is asked for first, as ever, and not before `in_flight_until` (or the end of the lease): a
    /// request goes on at the other side when this side is gone.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn release_leases(&self, in_flight_until: Timestamp) -> Result<u64> {
        self.change(move |db| outbox::release_leases(db, in_flight_until)).await
    }

    /// Counts the entries of an owner; without one, of all.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn counts(&self, owner: Option<&Owner>, day_start: Timestamp) -> Result<Counts> {
        let owner = owner.cloned();
        self.read(move |db| outbox::counts(db, owner.as_ref(), day_start)).await
    }

    /// Gives entries that were written while nobody was signed in to this owner. Returns how many. Entries of another
    /// owner stay theirs.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn adopt(&self, owner: &Owner) -> Result<u64> {
        let owner = owner.clone();
        self.change(move |db| outbox::adopt(db, &owner)).await
    }
}
