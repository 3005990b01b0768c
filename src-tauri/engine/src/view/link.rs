//! A link that another program has handed over, waiting for a person; and whether links come here at all.

use serde::{Deserialize, Serialize};

use super::{CandidateView, Problem};

/// The window's card of a link. There is one at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LinkCard {
    /// Repeated with an answer, so that nobody agrees to a card that has just been replaced.
    pub id: String,
    /// The number as the link spells it: text of a stranger.
    pub written: String,
    /// E.164, or the extension, where it is one.
    pub number: Option<String>,
    /// The number as people read it.
    pub number_shown: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// It belongs to another country than this office: the call may cost more.
    pub abroad: bool,
    /// What the number is.
    pub kind: NumberKind,
    /// The extension at the other side, which is not dialled.
    pub extension: Option<String>,
    /// The ISDN subaddress, which is not dialled.
    pub subaddress: Option<String>,
    /// Salesforce is being asked.
    pub searching: bool,
    /// Salesforce could not be asked, and nothing is known locally.
    pub search_failed: bool,
    /// The records that have the number, best first.
    pub candidates: Vec<CandidateView>,
    /// It is not called: why.
    pub refusal: Option<Problem>,
    /// What stands in the way at the moment.
    pub obstacle: Option<Problem>,
    /// It stands in the place of a link that was not answered.
    pub replaced: bool,
    /// The PBX is being asked to call.
    pub dialling: bool,
}

/// What a number is that is about to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum NumberKind {
    /// A colleague at this PBX.
    Extension,
    /// It calls for help.
    Emergency,
    /// It is short, as directory enquiries and helplines have it: a call may cost more.
    Short,
    /// A call costs a premium.
    Premium,
    /// It has a tariff of its own: a call may cost more.
    Special,
    /// No numbering plan has it.
    Unassigned,
    /// A call costs what any call to its country costs.
    Ordinary,
}

impl NumberKind {
    /// Says whether a call may cost more than another one to the same country.
    pub fn may_cost_more(self) -> bool {
        match self {
            Self::Short | Self::Premium | Self::Special => true,
            Self::Extension | Self::Emergency | Self::Unassigned | Self::Ordinary => false,
        }
    }

    /// Returns what a person should know of it before it is called, in English.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Emergency => Some("This number reaches the emergency services."),
            Self::Short => Some(
                "This is a short number, as directory enquiries and helplines have it: a call may cost more.",
            ),
            Self::Premium => Some("A call to this number costs a premium."),
            Self::Special => Some(
                "This number has a tariff of its own: a call may cost more than an ordinary one.",
            ),
            Self::Unassigned => {
                Some("No numbering plan has this number, so what a call costs is not known.")
            }
            Self::Extension | Self::Ordinary => None,
        }
    }
}

/// Whether links of other programs come here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LinksStatus {
    /// Whether they do.
    pub state: LinksState,
    /// What was found, in a sentence.
    pub found: String,
}

/// Whether links of other programs come here, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LinksState {
    /// They do.
    Ours,
    /// They go to another program, or to none.
    Elsewhere,
    /// The system does not tell.
    Unknown,
}
