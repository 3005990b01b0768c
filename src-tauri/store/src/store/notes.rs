//! Notes, and the follow-ups that calls leave behind.

use domain::{CallId, TaskId, Timestamp};

use super::{Change, Store};
use crate::{
    error::Result,
    journal::{Intent, Subject, follow_ups, notes},
    model::{Desk, Discarded, DueFollowUp, NewNote, Owner, Reason},
};

impl Store {
    /// Writes what the agent added to a call, live or finished. It is on disk when this returns. A logged Task is updated.
    /// Says whether the call is known.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held: whoever types is told that it is not kept.
    pub async fn add_note(&self, desk: &Desk, call: &CallId, note: NewNote) -> Result<bool> {
        let (desk, call) = (desk.clone(), call.clone());
        self.change_wishes(move |db| notes::add(db, &desk, &call, &note)).await
    }

    /// Holds the entry of a call whose note is not finished.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn hold(&self, desk: &Desk, call: &CallId, until: Timestamp) -> Result<()> {
        self.write(Change::hold(desk.clone(), call.clone(), until).0).await
    }

    /// Writes a person's word that a call is not to be logged, live or finished: what was not sent never is, and a Task
    /// that is there is taken back. `None`: the call is not known.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn discard(
        &self,
        desk: &Desk,
        call: &CallId,
        now: Timestamp,
    ) -> Result<Option<Discarded>> {
        let (desk, call) = (desk.clone(), call.clone());
        self.change_wishes(move |db| notes::discard(db, &desk, &call, now)).await
    }

    /// Writes a person's word that a call is to be logged after all, live or finished; `skip`: why the settings do not log
    /// it all the same. Says whether the call is known.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn restore(
        &self,
        desk: &Desk,
        call: &CallId,
        now: Timestamp,
        skip: Option<Reason>,
    ) -> Result<bool> {
        let (desk, call) = (desk.clone(), call.clone());
        self.change_wishes(move |db| notes::restore(db, &desk, &call, now, skip.as_ref())).await
    }

    /// Returns the owner's oldest follow-up that is to be made now.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn due_follow_up(
        &self,
        owner: &Owner,
        now: Timestamp,
    ) -> Result<Option<DueFollowUp>> {
        let owner = owner.clone();
        self.change(move |db| follow_ups::due(db, &owner, now)).await
    }

    /// Returns when the owner's next follow-up is due; the time may be past.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn next_follow_up(&self, owner: &Owner) -> Result<Option<Timestamp>> {
        let owner = owner.clone();
        self.read(move |db| follow_ups::next_due(db, &owner)).await
    }

    /// Writes that a request for a follow-up goes out now, and says whether it is still wanted.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held. The request must not go out.
    pub async fn sending_follow_up(&self, row: i64) -> Result<bool> {
        self.change(move |db| follow_ups::sending(db, row)).await
    }

    /// Writes that Salesforce has the follow-up, as this Task.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn follow_up_made(&self, row: i64, task: &TaskId) -> Result<()> {
        let task = task.clone();
        let set = move |db: &rusqlite::Connection| follow_ups::made(db, row, &task);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Lets a follow-up wait until `until`. `may_have_happened`: the answer was lost, so the Task may exist.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn postpone_follow_up(
        &self,
        row: i64,
        until: Timestamp,
        reason: Reason,
        may_have_happened: bool,
    ) -> Result<()> {
        let set = move |db: &rusqlite::Connection| {
            follow_ups::postpone(db, row, until, &reason, may_have_happened)
        };
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Leaves a follow-up to a person.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn park_follow_up(&self, row: i64, reason: Reason) -> Result<()> {
        let set = move |db: &rusqlite::Connection| follow_ups::park(db, row, &reason);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Makes waiting and stuck follow-ups due now: that of one call, by id or key, or all. Returns how many.
    ///
    /// # Errors
    ///
    /// Those of a change that is not held.
    pub async fn retry_follow_ups(&self, which: Option<&str>) -> Result<u64> {
        let which = which.map(str::to_owned);
        self.change(move |db| follow_ups::retry(db, which.as_deref())).await
    }
}
