//! The outbox.

use std::time::Duration;

use domain::{TaskId, Timestamp};

use super::{Change, Store};
use crate::{
    error::Result,
    journal::{Intent, Subject, backlog, outbox},
    model::{
        Counts, Done, Due, Leased, Owner, Proof, Question, Reason, StoredMatch, Ticket, Unproven,
    },
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

    /// Returns up to `limit` of this owner's oldest entries that could be leased now, of which no Task is known and one is
    /// to be written.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn due(&self, owner: &Owner, now: Timestamp, limit: usize) -> Result<Vec<Due>> {
        let owner = owner.clone();
        self.read(move |db| backlog::due(db, &owner, now, limit)).await
    }

    /// Leases several entries at once, each as [`Self::lease`] does. One that cannot be leased any more is left out.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held: without a lease on disk nothing is sent.
    pub async fn lease_many(
        &self,
        owner: &Owner,
        wanted: &[Due],
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Leased>> {
        let (owner, rows) = (owner.clone(), wanted.iter().map(|due| due.row).collect::<Vec<_>>());
        self.change(move |db| backlog::lease(db, &owner, &rows, now, lease)).await
    }

    /// Writes that one request goes out now for several entries. Says of each, in the same order, what [`Self::sending`]
    /// says: one that says `false` must not be in it.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held. The request must not go out.
    pub async fn sending_many(&self, tickets: Vec<Ticket>) -> Result<Vec<bool>> {
        self.change(move |db| backlog::sending(db, &tickets)).await
    }

    /// Returns when the next entry of this owner can be leased; the time may be past. `None`: none waits.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn next_due(&self, owner: &Owner, now: Timestamp) -> Result<Option<Timestamp>> {
        let owner = owner.clone();
        self.read(move |db| outbox::next_due(db, &owner, now)).await
    }

    /// Returns up to `limit` entries that are due, whose Task is not known, and whose key is to be asked for first.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn questions(
        &self,
        owner: &Owner,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Question>> {
        let owner = owner.clone();
        self.read(move |db| backlog::questions(db, &owner, now, limit)).await
    }

    /// Writes that a request goes out now. To be awaited before it does: after a kill the entry is then asked for by its
    /// key. `false`: the entry has changed since it was leased, or another worker has it. The request must not go out.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held. The request must not go out.
    pub async fn sending(&self, ticket: &Ticket) -> Result<bool> {
        let ticket = *ticket;
        self.change(move |db| outbox::sending(db, &ticket)).await
    }

    /// Says whether an entry is still as it was leased.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn is_current(&self, ticket: &Ticket) -> Result<bool> {
        let ticket = *ticket;
        self.read(move |db| outbox::is_current(db, &ticket)).await
    }

    /// Lets an entry go of which nothing was sent, since it has changed: it is due at once.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn give_up(&self, ticket: &Ticket) -> Result<()> {
        self.make(Change::given_up(*ticket)).await
    }

    /// Writes the record that the sender of a leased entry has found, and is about to send with it: unlike
    /// [`Self::set_match`] it makes no update of the Task. Nothing happens where a record was found or chosen before.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn set_sent_match(&self, ticket: &Ticket, matches: StoredMatch) -> Result<()> {
        self.make(Change::sent_match(*ticket, matches)).await
    }

    /// Writes that Salesforce has the entry, as this Task.
    ///
    /// An entry that was changed since it was leased goes on waiting: its Task is to be updated.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn delivered(&self, ticket: &Ticket, done: Done) -> Result<()> {
        self.make(Change::delivered(*ticket, done)).await
    }

    /// Writes that this computer deletes a Task now: it is known then as its own.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn deleting(&self, ticket: &Ticket, task: &TaskId) -> Result<()> {
        let (ticket, task) = (*ticket, task.clone());
        let set = move |db: &rusqlite::Connection| outbox::deleting(db, &ticket, &task);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Writes that an entry that is not to be in Salesforce is not there.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn withdrawn(&self, ticket: &Ticket) -> Result<()> {
        self.make(Change::withdrawn(*ticket)).await
    }

    /// Writes that an entry that is not to be in Salesforce stays there, and why.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn kept(&self, ticket: &Ticket, why: Reason) -> Result<()> {
        self.make(Change::kept(*ticket, why)).await
    }

    /// Lets a leased entry wait until `until`. `may_have_happened`: the answer was lost, so the Task may exist.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn postpone(
        &self,
        ticket: &Ticket,
        until: Timestamp,
        reason: Reason,
        may_have_happened: bool,
    ) -> Result<()> {
        self.make(Change::postponed(*ticket, until, reason, may_have_happened)).await
    }

    /// Leaves a leased entry to a person.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn park(&self, ticket: &Ticket, reason: Reason) -> Result<()> {
        let ticket = *ticket;
        let set = move |db: &rusqlite::Connection| outbox::park(db, &ticket, &reason);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Returns up to `limit` entries of which it is still to be looked whether another computer of the same agent has
    /// logged the call too, newest first.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn unproven(&self, owner: &Owner, limit: usize) -> Result<Vec<Unproven>> {
        let owner = owner.clone();
        self.read(move |db| outbox::unproven(db, &owner, limit)).await
    }

    /// Writes what that look has shown.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn proven(&self, entry: &Unproven, proof: Proof) -> Result<()> {
        self.make(Change::proven(entry, proof)).await
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
    /// it may have sent is asked for first, as ever, and not before `one_until`: a request goes
    /// on at the other side when this side is gone. `many_until`: the same where the request was one for several entries.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn release_leases(&self, one_until: Timestamp, many_until: Timestamp) -> Result<u64> {
        self.change(move |db| backlog::release_leases(db, one_until, many_until)).await
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
