//! Records that this program created.

use domain::{OrgId, RecordId, Timestamp};

use super::Store;
use crate::{
    error::Result,
    journal::{Intent, Subject, created},
    model::CreatedRecord,
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

    /// Returns when a record was created here; `None`: it was not.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn made_here(&self, org: &OrgId, record: &RecordId) -> Result<Option<Timestamp>> {
        let (org, record) = (org.clone(), record.clone());
        self.read(move |db| created::made(db, &org, &record)).await
    }
}
