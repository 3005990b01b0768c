//! Records seen.

use domain::{OrgId, PhoneNumber, Record, RecordId};

use super::Store;
use crate::{
    cache::{self, Cache},
    error::{Error, Result},
};

impl Store {
    /// Returns the records of this org that have this number, at once: no thread is waited for, whatever is being
    /// written. The field that holds the number comes first among each record's phones.
    ///
    /// Takes microseconds, so it may be called from async code. What [`Self::put_records`] has acknowledged is seen.
    ///
    /// # Errors
    ///
    /// Whatever there is, the caller can ask Salesforce instead. A damaged file is begun anew for the next request.
    pub fn find_now(&self, org: &OrgId, number: &PhoneNumber) -> Result<Vec<Record>> {
        let found = self.shared.lookup.find(org, number);
        if let Err(Error::Damaged { .. }) = &found {
            self.shared.cache.post(|cache| {
                if let Err(error) = cache.begin_anew() {
                    tracing::error!(%error, "the cache could not be begun anew");
                }
            });
        }
        found
    }

    /// Returns the same after everything that was asked of the cache before.
    ///
    /// # Errors
    ///
    /// As with [`Self::find_now`].
    pub async fn find(&self, org: &OrgId, number: &PhoneNumber) -> Result<Vec<Record>> {
        let (org, number) = (org.clone(), number.clone());
        self.shared.cache.run(move |cache| cache.read(|db| cache::find(db, &org, &number))).await
    }

    /// Writes records with their numbers, each number with the field that holds it, in place of what was known of
    /// these records; all or none. Some thousand at a time keep the transaction short.
    ///
    /// # Errors
    ///
    /// Nothing is held in memory: the records can be fetched again.
    pub async fn put_records(
        &self,
        org: &OrgId,
        records: Vec<(Record, Vec<(PhoneNumber, String)>)>,
    ) -> Result<()> {
        let org = org.clone();
        self.shared.cache.run(move |cache| cache.change(|db| cache::put(db, &org, &records))).await
    }

    /// Removes records, such as those that were deleted in Salesforce.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn forget_records(&self, org: &OrgId, ids: &[RecordId]) -> Result<()> {
        let (org, ids) = (org.clone(), ids.to_vec());
        self.shared.cache.run(move |cache| cache.change(|db| cache::forget(db, &org, &ids))).await
    }

    /// Removes all records of all orgs, from the disk too.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn clear_cache(&self) -> Result<()> {
        self.shared.cache.run(Cache::clear).await
    }

    /// Counts the records of an org.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn cached(&self, org: &OrgId) -> Result<u64> {
        let org = org.clone();
        self.shared.cache.run(move |cache| cache.read(|db| cache::cached(db, &org))).await
    }
}
