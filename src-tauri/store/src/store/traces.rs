//! What the contact sync remembers of a phonebook.

use std::collections::HashMap;

use domain::{RecordId, sync::Trace};

use super::Store;
use crate::{cache::traces, error::Result};

impl Store {
    /// Returns what is remembered of the contacts of a phonebook, which is named by PBX, org and name.
    ///
    /// # Errors
    ///
    /// As with [`Self::find_now`].
    pub async fn traces(&self, book: &str) -> Result<HashMap<RecordId, Trace>> {
        let book = book.to_owned();
        self.shared.cache.run(move |cache| cache.read(|db| traces::list(db, &book))).await
    }

    /// Remembers contacts of a phonebook, and forgets others; all or none.
    ///
    /// # Errors
    ///
    /// Nothing is held in memory: what is not remembered is learnt again.
    pub async fn put_traces(
        &self,
        book: &str,
        known: Vec<(RecordId, Trace)>,
        gone: Vec<RecordId>,
    ) -> Result<()> {
        let book = book.to_owned();
        let change = move |db: &rusqlite::Connection| {
            traces::forget(db, &book, &gone)?;
            traces::put(db, &book, &known)
        };
        self.shared.cache.run(move |cache| cache.change(change)).await
    }
}
