//! A live call on its card, and the records that have its number.

use serde::{Deserialize, Serialize};

use super::Way;

/// The window's card of a live call, and for some seconds of a call that has just ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LiveCard {
    /// The PBX's name for it.
    pub id: String,
    /// What it does.
    pub state: CardState,
    /// Which way it goes.
    pub direction: Way,
    /// E.164, or the extension; null where withheld.
    pub number: Option<String>,
    /// The number as people read it.
    pub number_shown: Option<String>,
    /// RFC 3339, UTC: when it began to ring.
    pub started_at: String,
    /// RFC 3339, UTC: when the agent answered.
    pub answered_at: Option<String>,
    /// The queue or ring group it came through.
    pub queue: Option<String>,
    /// Salesforce is being asked.
    pub searching: bool,
    /// Salesforce could not be asked, and nothing is known locally.
    pub search_failed: bool,
    /// The records that have the number, best first.
    pub candidates: Vec<CandidateView>,
    /// The id of the one that counts, chosen or only.
    pub chosen: Option<String>,
    /// What decided.
    pub why: Option<String>,
    /// A person may end it here.
    pub can_hang_up: bool,
    /// The call is over, and the card stays for a note.
    pub wrap_up: bool,
    /// Nobody calls: it only shows what a call looks like.
    pub rehearsal: bool,
}

/// What a live call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CardState {
    /// The agent's phone rings.
    Ringing,
    /// The other side's phone rings, or the agent's own after click-to-call.
    Dialling,
    /// They speak.
    Talking,
    /// One of them waits.
    Held,
    /// It has just ended.
    Ended,
    /// Somebody else took it.
    Elsewhere,
}

/// A record that has the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CandidateView {
    /// `Contact`, `Lead`, `Account`.
    pub object: String,
    /// 18 characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The account or company.
    pub company: Option<String>,
    /// The field that holds the number.
    pub field: String,
    /// It belongs to the signed-in user.
    pub mine: bool,
}
