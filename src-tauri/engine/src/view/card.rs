//! A live call on its card, and the records that have its number.

use std::time::Duration;

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
    /// How long it has gone on.
    pub elapsed: Elapsed,
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

/// How long a call had gone on when this was said, by a clock that nobody sets and that counts sleep.
///
/// Equal to any other: that time goes by is no news of a card.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Elapsed {
    /// Milliseconds since it began to ring.
    #[cfg_attr(test, ts(type = "number"))]
    pub since_start_ms: u64,
    /// Milliseconds that the agent has spoken; null before the answer.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub since_answer_ms: Option<u64>,
}

impl Elapsed {
    /// Returns what it is `later`.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        let add = |before: u64| before.saturating_add(millis(later));
        Self {
            since_start_ms: add(self.since_start_ms),
            since_answer_ms: self.since_answer_ms.map(add),
        }
    }

    pub(crate) fn of(lasted: Duration, spoken: Option<Duration>) -> Self {
        Self { since_start_ms: millis(lasted), since_answer_ms: spoken.map(millis) }
    }
}

impl PartialEq for Elapsed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Elapsed {}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
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
    /// The field that holds the number; empty for the account of several contacts that does not have it itself.
    pub field: String,
    /// It belongs to the signed-in user.
    pub mine: bool,
}
