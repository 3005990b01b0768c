//! Records that this program created.

use domain::{CallId, CallKey, OrgId, Timestamp};

use super::Store;
use crate::{
    error::Result,
    journal::{Intent, Subject, created},
    model::{BegunRecord, CreatedRecord, Desk},
};

impl Store {
    /// Writes that a record was created for an entry, and that its call is this record's.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn record_created(&self, record: CreatedRecord) -> Result<()> {
        let set = move |db: &rusqlite::Connection| created::enter(db, &record);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Returns when the `nth` latest of the records that were created in an org was made, from 1; `None`: there are
    /// fewer.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn nth_latest_created(&self, org: &OrgId, nth: u32) -> Result<Option<Timestamp>> {
        let org = org.clone();
        self.read(move |db| created::nth_latest(db, &org, nth)).await
    }

    /// Writes that the record that was created for a call was taken back: its Task is to be updated.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn record_taken_back(&self, desk: &Desk, call: &CallId) -> Result<()> {
        let (desk, call) = (desk.clone(), call.clone());
        let set = move |db: &rusqlite::Connection| created::take_back(db, &desk, &call);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Writes that a record is being created for an entry, or which one it is.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn creation_begun(&self, begun: BegunRecord) -> Result<()> {
        let set = move |db: &rusqlite::Connection| created::begin(db, &begun);
        self.write(Intent::new(Subject::Other, set)).await
    }

    /// Returns the record that is being created for an entry.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn begun_creation(&self, org: &OrgId, key: &CallKey) -> Result<Option<BegunRecord>> {
        let (org, key) = (org.clone(), key.clone());
        self.read(move |db| created::begun(db, &org, &key)).await
    }

    /// Writes that a creation was seen to its end.
    ///
    /// # Errors
    ///
    /// Those of a change: see [`Store`].
    pub async fn creation_ended(&self, org: &OrgId, key: &CallKey) -> Result<()> {
        let (org, key) = (org.clone(), key.clone());
        let set = move |db: &rusqlite::Connection| created::end(db, &org, &key);
        self.write(Intent::new(Subject::Other, set)).await
    }
}
