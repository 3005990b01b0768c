//! The contact index: all records with a number, as one user sees them.

use domain::{Object, PhoneNumber, Record, RecordId, Timestamp};

use super::Store;
use crate::{
    cache::{self, Cache, passes},
    error::{Error, Result},
    model::{IndexJob, IndexState, Owner, PassEnd, PassStep},
};

/// A record with its numbers, each with the field that holds it.
type Entry = (Record, Vec<(PhoneNumber, String)>);

impl Store {
    /// Returns the records that have this number, as far as this user sees them, at once: no thread is waited for, whatever is being
    /// written. The field that holds the number comes first among each record's phones.
    ///
    /// Takes microseconds, so it may be called from async code. What [`Self::put_records`] has acknowledged is seen.
    ///
    /// # Errors
    ///
    /// Whatever there is, the caller can ask Salesforce instead. A damaged file is begun anew for the next request.
    pub fn find_now(&self, owner: &Owner, number: &PhoneNumber) -> Result<Vec<Record>> {
        let found = self.shared.lookup.find(owner, number);
        if let Err(Error::Damaged { .. }) = &found {
            self.shared.cache.post(|cache| {
                if let Err(error) = cache.begin_anew() {
                    tracing::error!(%error, "the cache could not be begun anew");
                }
            });
        }
        found
    }

    /// Writes records with their numbers, each number with the field that holds it, in place of what was known of
    /// these records; all or none. Some thousand at a time keep the transaction short.
    ///
    /// # Errors
    ///
    /// Nothing is held in memory: the records can be fetched again.
    pub async fn put_records(&self, owner: &Owner, records: Vec<Entry>) -> Result<()> {
        self.change_index(owner, move |db, scope| cache::put(db, scope, &records)).await
    }

    /// Removes records, such as those that were deleted in Salesforce.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn forget_records(&self, owner: &Owner, ids: &[RecordId]) -> Result<()> {
        let ids = ids.to_vec();
        self.change_index(owner, move |db, scope| cache::forget(db, scope, &ids)).await
    }

    /// Removes all records of all users, from the disk too.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn clear_cache(&self) -> Result<()> {
        self.shared.cache.run(Cache::clear).await
    }

    /// Counts the records that a user sees.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn cached(&self, owner: &Owner) -> Result<u64> {
        let owner = owner.clone();
        self.shared.cache.run(move |cache| cache.read(|db| cache::cached(db, &owner))).await
    }

    /// Counts the records that hold a text in a phone field that is no number: nobody is found by it.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn unread_count(&self, owner: &Owner) -> Result<u64> {
        let owner = owner.clone();
        self.shared.cache.run(move |cache| cache.read(|db| cache::unread_count(db, &owner))).await
    }

    /// Returns such records, at most `most`, each with those of its phone fields alone that are no numbers.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn unread(&self, owner: &Owner, most: usize) -> Result<Vec<Record>> {
        let owner = owner.clone();
        self.shared.cache.run(move |cache| cache.read(|db| cache::unread(db, &owner, most))).await
    }

    /// Returns records of these objects with their numbers, in the order of their ids from behind `after`, at most
    /// `most`. A next page begins behind the last one's id; fewer than `most` are the last page.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn listed(
        &self,
        owner: &Owner,
        objects: &[Object],
        after: Option<RecordId>,
        most: usize,
    ) -> Result<Vec<Entry>> {
        let (owner, objects) = (owner.clone(), objects.to_vec());
        let list = move |db: &rusqlite::Connection| {
            cache::list(db, &owner, &objects, after.as_ref(), most)
        };
        self.shared.cache.run(move |cache| cache.read(list)).await
    }

    /// Returns at most `most` records whose name, account or company has every one of these words, the newest activity
    /// first. Reads all of them, which takes some tenths of a second among a million.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn named(&self, owner: &Owner, words: &[String], most: usize) -> Result<Vec<Record>> {
        let (owner, words) = (owner.clone(), words.to_vec());
        let find = move |db: &rusqlite::Connection| cache::named(db, &owner, &words, most);
        self.shared.cache.run(move |cache| cache.read(find)).await
    }

    /// Returns a record of the index.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn record(&self, owner: &Owner, id: &RecordId) -> Result<Option<Record>> {
        let (owner, id) = (owner.clone(), id.clone());
        let find = move |db: &rusqlite::Connection| cache::by_id(db, &owner, &id);
        self.shared.cache.run(move |cache| cache.read(find)).await
    }

    /// Says how far the index of a user has come.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn index(&self, owner: &Owner) -> Result<IndexState> {
        let owner = owner.clone();
        self.shared.cache.run(move |cache| cache.read(|db| passes::state(db, &owner))).await
    }

    /// Begins a pass over all records; `begun` is Salesforce's time, `reading` names the habits by which numbers are
    /// read. Records stay findable; what the pass does not meet goes at its end.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn begin_pass(&self, owner: &Owner, begun: Timestamp, reading: String) -> Result<()> {
        self.change_index(owner, move |db, scope| passes::begin(db, scope, begun, &reading)).await
    }

    /// Writes a page of the pass, and in the same transaction how far it has come.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn put_page(&self, owner: &Owner, records: Vec<Entry>, step: PassStep) -> Result<()> {
        self.change_index(owner, move |db, scope| {
            cache::put(db, scope, &records)?;
            passes::step(db, scope, &step)
        })
        .await
    }

    /// Notes by which query in bulk an object of the pass is fetched.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn set_index_job(&self, owner: &Owner, object: Object, job: IndexJob) -> Result<()> {
        self.change_index(owner, move |db, scope| passes::set_job(db, scope, object, &job)).await
    }

    /// Writes rows of the query in bulk, and in the same transaction where the next ones begin; `None`: the pass is
    /// through with the object.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn put_rows(
        &self,
        owner: &Owner,
        object: Object,
        records: Vec<Entry>,
        next: Option<String>,
    ) -> Result<()> {
        self.change_index(owner, move |db, scope| {
            cache::put(db, scope, &records)?;
            passes::step_job(db, scope, object, records.len(), next.as_deref())
        })
        .await
    }

    /// Writes a page of changes: records as they are now, and those that are gone.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn put_changes(
        &self,
        owner: &Owner,
        records: Vec<Entry>,
        gone: Vec<RecordId>,
    ) -> Result<()> {
        self.change_index(owner, move |db, scope| {
            cache::put(db, scope, &records)?;
            cache::forget(db, scope, &gone)
        })
        .await
    }

    /// Notes up to which of Salesforce's moments the changes of an object are known.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn set_changed_until(
        &self,
        owner: &Owner,
        object: Object,
        until: Timestamp,
    ) -> Result<()> {
        self.change_index(owner, move |db, scope| passes::changed_until(db, scope, object, until))
            .await
    }

    /// Notes that the changes of all objects were asked for.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn set_checked(&self, owner: &Owner, now: Timestamp) -> Result<()> {
        self.change_index(owner, move |db, scope| passes::checked(db, scope, now)).await
    }

    /// Takes times of the index that are later than `now` back: a later time means now, and of the changes it is not known
    /// when they were asked for.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn set_index_back(&self, owner: &Owner, now: Timestamp) -> Result<()> {
        self.change_index(owner, move |db, scope| passes::set_back(db, scope, now)).await
    }

    /// Ends the pass, and removes what it has not met; see [`PassEnd`] for when not.
    ///
    /// # Errors
    ///
    /// As with [`Self::put_records`].
    pub async fn end_pass(&self, owner: &Owner, now: Timestamp) -> Result<PassEnd> {
        self.change_index(owner, move |db, scope| passes::end(db, scope, now)).await
    }

    async fn change_index<T: Send + 'static>(
        &self,
        owner: &Owner,
        change: impl FnOnce(&rusqlite::Connection, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let owner = owner.clone();
        let change = move |db: &rusqlite::Connection| change(db, passes::scope(db, &owner)?);
        self.shared.cache.run(move |cache| cache.change(change)).await
    }
}
