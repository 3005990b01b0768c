//! How far the contact index has come.

use domain::{Object, RecordId, Timestamp};

/// How far the contact index of a user has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexState {
    /// When the pass under way began, by Salesforce's clock.
    pub pass_begun: Option<Timestamp>,
    /// When a whole pass ended last. Until then the index does not know all records.
    pub completed: Option<Timestamp>,
    /// When changes were asked for last.
    pub checked: Option<Timestamp>,
    /// Since when a pass that would remove suspiciously much has been held back.
    pub held: Option<Timestamp>,
    /// By which habits the numbers were read.
    pub reading: String,
    /// The objects of the pass.
    pub objects: Vec<IndexProgress>,
}

/// How far the index has come with one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexProgress {
    /// The object.
    pub object: Object,
    /// The last id that the pass has taken in.
    pub position: Option<RecordId>,
    /// How many records the pass has taken in.
    pub received: u64,
    /// How many there were said to be; 0 where that is not known.
    pub expected: u64,
    /// Whether the pass is through with it.
    pub ended: bool,
    /// Up to when changes are known, by Salesforce's clock.
    pub changed_until: Option<Timestamp>,
    /// The query in bulk that fetches it.
    pub job: IndexJob,
}

/// The query in bulk that fetches an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IndexJob {
    /// There is none.
    #[default]
    None,
    /// This one.
    Runs {
        /// Its id.
        id: RecordId,
        /// Where its next rows begin; `None`: at the first.
        locator: Option<String>,
    },
    /// It is of no use here: the object is fetched page by page.
    NotPossible,
}

/// What a page means for the pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassStep {
    /// The object.
    pub object: Object,
    /// Behind which id the next page begins; `None`: this page was the last.
    pub position: Option<RecordId>,
    /// How many records the page had.
    pub received: u64,
    /// How many there are said to be in all, where the page says so.
    pub expected: Option<u64>,
}

/// How a pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassEnd {
    /// So many records that it had not met are gone.
    Swept {
        /// How many.
        removed: u64,
    },
    /// It did not meet more than a fifth of what was known. Nothing was removed; the next pass decides.
    Held {
        /// How many it did not meet.
        unmet: u64,
    },
}
