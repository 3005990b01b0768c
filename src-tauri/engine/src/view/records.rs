//! Records beside a call: those that a person chose for a number, and those that were found by name.

use serde::{Deserialize, Serialize};

/// A record that a person chose for a number that several records have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RememberedChoice {
    /// E.164.
    pub number: String,
    /// The number as people read it.
    pub number_shown: String,
    /// `Contact`, `Lead`, `Account`, where that is known.
    pub object: Option<String>,
    /// 18 characters.
    pub id: String,
    /// What people call it; empty where that was never known here.
    pub name: String,
    /// RFC 3339, UTC, where that is known.
    pub since: Option<String>,
    /// The record is gone, is out of this user's sight, or does not have the number any more: it is not used.
    pub out_of_sight: bool,
}

/// A text in a phone field of a record that is no number: nobody is found by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UnreadNumber {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call the record.
    pub name: String,
    /// The field's API name.
    pub field: String,
    /// What stands in it.
    pub text: String,
}

/// A record that a search by name has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundRecord {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The account or company.
    pub company: Option<String>,
    /// It belongs to the signed-in user.
    pub mine: bool,
}
