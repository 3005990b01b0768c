//! Rows that cannot be read: they are passed over, and remembered by their ids for whoever looks after the org.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use domain::{Object, RecordId};

use crate::{
    session::Session,
    wire::{self, Row},
};

/// The most rows that are remembered; of more there is nothing to learn.
const MOST: usize = 200;
/// The longest id that is shown of a row whose id is none.
const LONGEST_ID: usize = 18;

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The object that was asked for.
    pub object: Object,
    /// What stands in the place of the id, printable and short; empty where nothing does.
    pub id: String,
}

impl Unread {
    /// Takes what a row says of itself.
    pub(crate) fn of(object: Object, row: Option<&Row>) -> Self {
        let id = row.and_then(|row| wire::text(row, "Id")).unwrap_or_default();
        let id = id.chars().filter(char::is_ascii_graphic).take(LONGEST_ID).collect();
        Self { object, id }
    }

    pub(crate) fn known(object: Object, id: &RecordId) -> Self {
        Self { object, id: id.to_string() }
    }
}

/// What could not be read, and what the last look at all of an object has met.
#[derive(Default)]
pub(crate) struct UnreadShelf(Mutex<BTreeMap<Unread, ()>>);

impl Session {
    /// Returns the rows that could not be read since this session began, and have not been read since.
    pub fn unread(&self) -> Vec<Unread> {
        let shelf = self.unread_shelf().0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.keys().cloned().collect()
    }

    /// Remembers what could not be read, and forgets of it what could be by now.
    pub(crate) fn note_unread<'a>(
        &self,
        unread: &[Unread],
        object: Object,
        read: impl Iterator<Item = &'a RecordId>,
    ) {
        let mut shelf = self.unread_shelf().0.lock().unwrap_or_else(PoisonError::into_inner);
        if !shelf.is_empty() {
            for id in read {
                shelf.remove(&Unread::known(object, id));
            }
        }
        for row in unread {
            if shelf.len() < MOST {
                shelf.insert(row.clone(), ());
            }
        }
        if !unread.is_empty() {
            tracing::warn!(%object, rows = unread.len(), "rows that cannot be read are passed over");
        }
    }
}
