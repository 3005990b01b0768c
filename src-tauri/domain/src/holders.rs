//! Who has a number: what the contact index knows, joined with what Salesforce says.
//!
//! A record that is known here was compared number by number, however its number is written. A search that misses it says
//! nothing of it, for a search compares digits as they stand. Only the record itself says otherwise: as Salesforce has
//! it now, or has it no more.
//!
//! | the index is | it knows somebody | what follows |
//! |---|---|---|
//! | any | no | Salesforce is asked |
//! | partial | yes | Salesforce is asked, and adds; where it does not answer, who is known counts |
//! | whole | yes | who is known counts at once; Salesforce is asked behind it |
//! | fresh | yes | who is known counts |

use crate::{ids::RecordId, record::Record};

/// How far the contact index can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Some records are not in it yet.
    Partial,
    /// All records were taken in once.
    Whole,
    /// And their changes a moment ago.
    Fresh,
}

/// What follows from what is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Salesforce is asked first.
    Ask,
    /// Who is known is the answer; Salesforce is asked whether it still is.
    AnswerThenAsk,
    /// Who is known is the answer.
    Answer,
}

impl Reach {
    /// Says what follows where the index knows somebody who has the number, or nobody.
    pub const fn next(self, knows_somebody: bool) -> Next {
        match (knows_somebody, self) {
            (false, _) | (true, Self::Partial) => Next::Ask,
            (true, Self::Whole) => Next::AnswerThenAsk,
            (true, Self::Fresh) => Next::Answer,
        }
    }
}

/// What Salesforce has said about records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Records as they are there now, whatever numbers they have.
    pub records: Vec<Record>,
    /// Records that are not there, or not for this user.
    pub gone: Vec<RecordId>,
}

impl Told {
    /// Joins what is known here with what Salesforce says: each record once, as Salesforce has it where it was shown.
    pub fn joined_with(&self, known: &[Record]) -> Vec<Record> {
        let mut joined: Vec<Record> = Vec::with_capacity(known.len() + self.records.len());
        let unsaid = known.iter().filter(|record| self.is_silent_on(&record.id));
        for record in unsaid.chain(&self.records) {
            if !joined.iter().any(|one| one.id == record.id) {
                joined.push(record.clone());
            }
        }
        joined
    }

    /// Says whether nothing was said of a record.
    pub fn is_silent_on(&self, id: &RecordId) -> bool {
        !self.gone.contains(id) && !self.records.iter().any(|record| record.id == *id)
    }
}
