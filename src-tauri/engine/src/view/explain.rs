//! The dry run of a number.

use serde::{Deserialize, Serialize};

/// `explain NUMBER --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Explain {
    /// What was asked.
    pub input: String,
    /// `external`, `extension`, `withheld`, `service`, `invalid`.
    pub kind: String,
    /// The number, where there is one.
    pub e164: Option<String>,
    /// Its spelling at home.
    pub national: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The numbers that the spelling may mean, in E.164, the likeliest first; only where there are several. `e164` is the one
    /// that counts: the first that a record has, else the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub readings: Option<Vec<String>>,
    /// Where it was looked for.
    pub searched: Vec<Searched>,
    /// The records that have it, best first.
    pub candidates: Vec<ExplainCandidate>,
    /// What would happen.
    pub decision: Decision,
    /// What would be opened.
    pub url: Option<String>,
    /// The record that would be created.
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"))]
    pub would_create: Option<serde_json::Value>,
    /// The Task of an answered inbound call.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub task: serde_json::Value,
    /// What the PBX would be told to dial.
    pub dials_as: Option<String>,
    /// Whether dialling is forbidden.
    pub blocked: bool,
}

/// One place that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Searched {
    /// `local index`, `Salesforce search`, `Salesforce query`.
    #[serde(rename = "where")]
    pub place: String,
    /// How many records there really have the number.
    pub found: u32,
}

/// A record that has the number, and why it stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExplainCandidate {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The field that holds the number; empty for the account of several contacts that does not have it.
    pub field: String,
    /// Whether it has the number: equal in E.164.
    pub exact: bool,
    /// From 1.
    pub rank: u32,
    /// What decided.
    pub why: String,
}

/// What a number leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Decision {
    /// Its record is opened.
    Open,
    /// A person chooses.
    Choose,
    /// A record is created.
    Create,
    /// A prefilled form is opened.
    NewRecordPage,
    /// Nothing.
    Nothing,
}
