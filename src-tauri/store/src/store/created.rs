//! Records that this program created.

use domain::{CallId, OrgId, Timestamp};

use super::Store;
use crate::{
    error::Result,
    journal::{Intent, Subject, created},
    model::{CreatedRecord, Desk},
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
}
