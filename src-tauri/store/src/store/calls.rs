//! Calls: while they live, when they end, afterwards.

use std::collections::HashSet;

use domain::{CallId, Serial, Timestamp, number::Spelled};

use super::{Change, Store};
use crate::{
    error::Result,
    journal::{Intent, Subject, calls, prune, rows},
    model::{CallMemory, Desk, FinishedCall, NewDelivery, StoredCall, StoredMatch},
};

impl Store {
    /// Writes what must be known about a live call after a restart, in place of what was written before. A call that
    /// has finished stays as it is, unless it goes on.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn remember(&self, memory: CallMemory) -> Result<()> {
        self.write(Change::remember(memory).0).await
    }

    /// Returns the calls of a desk that have not finished, or go on after their end, oldest first.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn live(&self, desk: &Desk) -> Result<Vec<CallMemory>> {
        let desk = desk.clone();
        self.read(move |db| rows::live(db, &desk)).await
    }

    /// Writes the end of a call and what is to be sent about it, in one transaction.
    ///
    /// A call that has finished before is corrected. What the correction does not mention (queue, dialled number,
    /// recording, reason, record) is kept, and there is never a second delivery. Where the Task would say something
    /// else: one that waits is sent as corrected, one that is logged is updated under its Task, one that is stuck is
    /// tried again, one that is skipped stays skipped. A correction with another key takes that key, as soon as it is
    /// certain what became of requests under the old one. A call that turns out to have been taken by somebody else
    /// (`delivery` is `None`, the outcome [`Elsewhere`](domain::Outcome::Elsewhere)) is skipped while nothing has
    /// been sent.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn finish(
        &self,
        finished: FinishedCall,
        delivery: Option<NewDelivery>,
    ) -> Result<()> {
        self.write(Change::finish(finished, delivery).0).await
    }

    /// Removes a live call that was never this desk's after all. A call that has finished stays.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn forget_live(&self, desk: &Desk, call: &CallId) -> Result<()> {
        self.write(Change::forget_live(desk.clone(), call.clone()).0).await
    }

    /// Returns at most `limit` calls that began before `before`, newest first, of all desks, live ones included.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn calls(&self, limit: usize, before: Option<Timestamp>) -> Result<Vec<StoredCall>> {
        self.read(move |db| rows::newest(db, limit, before)).await
    }

    /// Returns how numbers were spelled in the latest calls of a PBX that have finished, the oldest first.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn spellings(&self, serial: &Serial, limit: usize) -> Result<Vec<Spelled>> {
        let serial = serial.clone();
        self.read(move |db| rows::spellings(db, &serial, limit)).await
    }

    /// Returns the newest call with this call id or call key.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn call(&self, id: &str) -> Result<Option<StoredCall>> {
        let id = id.to_owned();
        self.read(move |db| rows::find(db, &id)).await
    }

    /// Returns the finished calls of a desk that began at `from` or later, and all whose end could not be written
    /// yet.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn finished_since(&self, desk: &Desk, from: Timestamp) -> Result<HashSet<CallId>> {
        let desk = desk.clone();
        let job = move |journal: &mut crate::journal::Journal| {
            let mut finished = journal.read(|db| rows::finished_since(db, &desk, from))?;
            finished.extend(journal.held_ends(&desk).cloned());
            Ok(finished)
        };
        self.shared.journal.run(job).await
    }

    /// Writes whose call it is by a person's word, live or finished: no look-up replaces that. A logged Task is updated
    /// when it changes what it says. Nothing happens where the call is not known.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn choose(&self, desk: &Desk, call: &CallId, matches: StoredMatch) -> Result<()> {
        let (desk, call) = (desk.clone(), call.clone());
        let set = move |db: &rusqlite::Connection| calls::choose(db, &desk, &call, &matches);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Writes the record that was found for a call, live or finished. A logged Task is updated when that changes what it
    /// says. Nothing happens where the call is not known, or where a person has said whose it is.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn set_match(&self, desk: &Desk, call: &CallId, matches: StoredMatch) -> Result<()> {
        self.write(Change::matched(desk.clone(), call.clone(), matches).0).await
    }

    /// Writes which page was opened for a call, and how many milliseconds after the PBX's event. Nothing happens
    /// where the call is not known.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn set_popped(
        &self,
        desk: &Desk,
        call: &CallId,
        url: String,
        after_ms: u64,
    ) -> Result<()> {
        self.write(Change::popped(desk.clone(), call.clone(), url, after_ms).0).await
    }

    /// Removes finished calls that began before `older_than` and about which nothing is left to send, then what was
    /// created before, and choices that were made before for numbers of which no call is left. Returns how many calls
    /// went.
    ///
    /// It goes in portions, and what is asked for meanwhile comes between two of them.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held. What went before it stays gone.
    pub async fn prune(&self, older_than: Timestamp) -> Result<u64> {
        let mut removed = 0;
        loop {
            let portion = self.change(move |db| prune::calls(db, older_than)).await?;
            removed += portion;
            if portion < u64::from(prune::PORTION) {
                break;
            }
        }
        self.change(move |db| prune::created_and_chosen(db, older_than)).await?;
        Ok(removed)
    }
}
