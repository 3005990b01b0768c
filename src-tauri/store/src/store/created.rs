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

    /// Returns how many records were created in an org since `from`.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn created_since(&self, org: &OrgId, from: Timestamp) -> Result<u64> {
        let org = org.clone();
        self.read(move |db| created::count_since(db, &org, from)).await
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
