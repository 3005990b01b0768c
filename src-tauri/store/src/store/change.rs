//! Changes of calls and of what is sent about them, to be made one by one or many at a time.

use std::fmt;

use domain::{CallId, Timestamp};

use super::Store;
use crate::{
    error::{Error, Result},
    journal::{Intent, Subject, calls, notes, outbox, rows},
    model::{
        CallMemory, Desk, Done, FinishedCall, NewDelivery, Proof, Reason, StoredMatch, Ticket,
        Unproven,
    },
};

/// A change of a call, or of what is sent about it, to be made by [`Store::write_all`].
pub struct Change(pub(super) Intent);

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Change").field(&self.0.subject()).finish()
    }
}

impl Change {
    /// See [`Store::remember`].
    pub fn remember(memory: CallMemory) -> Self {
        let subject = Subject::Memory(memory.desk.clone(), memory.call.clone());
        Self(Intent::new(subject, move |db| calls::remember(db, &memory)))
    }

    /// See [`Store::finish`].
    pub fn finish(finished: FinishedCall, delivery: Option<NewDelivery>) -> Self {
        let subject = Subject::End(finished.desk.clone(), finished.entry.call.clone());
        Self(Intent::new(subject, move |db| calls::finish(db, &finished, delivery.as_ref())))
    }

    /// The same, unless the call has finished: it is not told anew then.
    pub fn finish_once(finished: FinishedCall, delivery: Option<NewDelivery>) -> Self {
        let subject = Subject::End(finished.desk.clone(), finished.entry.call.clone());
        Self(Intent::new(subject, move |db| {
            if rows::is_finished(db, &finished.desk, &finished.entry.call)? {
                return Ok(());
            }
            calls::finish(db, &finished, delivery.as_ref())
        }))
    }

    /// See [`Store::forget_live`].
    pub fn forget_live(desk: Desk, call: CallId) -> Self {
        Self::other(move |db| calls::forget_live(db, &desk, &call))
    }

    /// See [`Store::set_match`].
    pub fn matched(desk: Desk, call: CallId, matches: StoredMatch) -> Self {
        Self::other(move |db| calls::set_match(db, &desk, &call, &matches))
    }

    /// See [`Store::set_popped`].
    pub fn popped(desk: Desk, call: CallId, url: String, after_ms: u64) -> Self {
        Self::other(move |db| calls::set_popped(db, &desk, &call, &url, after_ms))
    }

    /// See [`Store::hold`].
    pub fn hold(desk: Desk, call: CallId, until: Timestamp) -> Self {
        Self::other(move |db| notes::hold(db, &desk, &call, until))
    }

    /// See [`Store::set_sent_match`].
    pub fn sent_match(ticket: Ticket, matches: StoredMatch) -> Self {
        Self::other(move |db| calls::set_sent_match(db, &ticket, &matches))
    }

    /// See [`Store::delivered`].
    pub fn delivered(ticket: Ticket, done: Done) -> Self {
        Self::other(move |db| outbox::delivered(db, &ticket, &done))
    }

    /// See [`Store::withdrawn`].
    pub fn withdrawn(ticket: Ticket) -> Self {
        Self::other(move |db| outbox::withdrawn(db, &ticket))
    }

    /// See [`Store::kept`].
    pub fn kept(ticket: Ticket, why: Reason) -> Self {
        Self::other(move |db| outbox::kept(db, &ticket, &why))
    }

    /// See [`Store::give_up`].
    pub fn given_up(ticket: Ticket) -> Self {
        Self::other(move |db| outbox::give_up(db, &ticket))
    }

    /// See [`Store::postpone`].
    pub fn postponed(
        ticket: Ticket,
        until: Timestamp,
        reason: Reason,
        may_have_happened: bool,
    ) -> Self {
        Self::other(move |db| outbox::postpone(db, &ticket, until, &reason, may_have_happened))
    }

    /// See [`Store::proven`].
    pub fn proven(entry: &Unproven, proof: Proof) -> Self {
        let row = entry.row;
        Self::other(move |db| outbox::proven(db, row, &proof))
    }

    fn other(
        apply: impl Fn(&rusqlite::Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Self {
        Self(Intent::new(Subject::Other, apply))
    }
}

impl Store {
    /// Makes one change.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn make(&self, change: Change) -> Result<()> {
        self.write(change.0).await
    }

    /// Makes changes in their order and in one transaction, which costs one flush to the disk for all of them. Where one
    /// can never be made, the others are made all the same. Returns why some could not be made.
    pub async fn write_all(&self, changes: Vec<Change>) -> Vec<Error> {
        let intents: Vec<Intent> = changes.into_iter().map(|change| change.0).collect();
        let written = self.shared.journal.run(|journal| Ok(journal.write_all(intents))).await;
        written.unwrap_or_else(|error| vec![error])
    }
}
