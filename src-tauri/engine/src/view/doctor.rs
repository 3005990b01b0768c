//! What the doctor finds. Source of the names: contract.md §4.

use serde::{Deserialize, Serialize};

use super::Problem;

/// `doctor --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every check, in an order that goes from what others stand on to what stands on them.
    pub checks: Vec<Check>,
    /// How many of each state.
    pub summary: Summary,
}

/// One check of the set-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Check {
    /// Stable, such as `pbx.reachable`.
    pub id: String,
    /// How it came out.
    pub state: CheckState,
    /// What was found.
    pub found: String,
    /// Why it matters.
    pub matters: String,
    /// Who can change it.
    pub who: Who,
    /// What they do.
    #[serde(rename = "do")]
    pub todo: String,
    /// Where: a menu, a page, a file.
    #[serde(rename = "where")]
    pub place: String,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// It works, and less well than it could.
    Warn,
    /// Something does not work.
    Fail,
    /// It could not be looked at.
    Skip,
}

/// Who can change what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Who {
    /// The person at this desk.
    You,
    /// Who administers the PBX.
    PbxAdmin,
    /// Who administers the Salesforce org.
    SalesforceAdmin,
    /// Who looks after the computers and the network.
    It,
}

/// How many checks came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// As they should be.
    pub ok: u32,
    /// Working less well than they could.
    pub warn: u32,
    /// Not working.
    pub fail: u32,
    /// Not looked at.
    pub skip: u32,
}

/// A check for the window, with what it takes to say it in another language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckRow {
    /// The check.
    pub check: Check,
    /// The problem whose words it has, where it has a problem's.
    pub problem: Option<Problem>,
    /// What its words name and no language changes: fields, versions, counts.
    pub values: Vec<String>,
}

impl Report {
    /// Makes the contract's document.
    pub fn of(rows: &[CheckRow]) -> Self {
        let checks: Vec<Check> = rows.iter().map(|row| row.check.clone()).collect();
        let mut summary = Summary::default();
        for check in &checks {
            *match check.state {
                CheckState::Ok => &mut summary.ok,
                CheckState::Warn => &mut summary.warn,
                CheckState::Fail => &mut summary.fail,
                CheckState::Skip => &mut summary.skip,
            } += 1;
        }
        Self { checks, summary }
    }
}
