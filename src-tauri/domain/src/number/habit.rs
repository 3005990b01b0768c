//! How this PBX spells numbers, learnt from the calls of before: what counts where a spelling is ambiguous, no record
//! decides, and the settings do not say.
//!
//! A call teaches something where its spelling leaves no doubt, or where a record has the number that it was taken for.

use std::collections::VecDeque;

use super::{DialPlan, PhoneNumber, ReadAs, TrunkFormat, text};
use crate::journal::Direction;

/// So many of the latest hints count. An office that changes its trunk is known by the new one within days.
const LATEST: usize = 200;
/// Fewer hints are chance.
const FEWEST: usize = 3;
/// For each hint that says otherwise there are at least so many.
const TO_ONE: usize = 4;

/// A call of before: how its number was spelled, and what it was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelled {
    /// Who spelled it: the trunk, or the PBX after what an agent dialled.
    pub direction: Direction,
    /// The text.
    pub text: String,
    /// The number that it was taken for.
    pub number: PhoneNumber,
    /// Whether a record has that number.
    pub has_record: bool,
}

/// What one call shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The trunk showed a caller so; never [`TrunkFormat::Auto`].
    Caller(TrunkFormat),
    /// The PBX reported what was dialled, with the digits for an outside line or without.
    Dialled {
        /// Whether they were there.
        with_prefix: bool,
    },
}

/// What calls have shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    /// How the trunk spells callers; [`TrunkFormat::Auto`] where that is not known.
    pub callers: TrunkFormat,
    /// Whether the PBX reports what was dialled without the digits for an outside line.
    pub leaves_prefix_out: bool,
}

/// The latest hints.
#[derive(Clone, Debug, Default)]
pub struct Learnt {
    callers: VecDeque<TrunkFormat>,
    with_prefix: VecDeque<bool>,
}

impl Learnt {
    /// Takes the hint of a call that is newer than those before.
    pub fn takes(&mut self, hint: Hint) {
        match hint {
            Hint::Caller(format) => keep(&mut self.callers, format),
            Hint::Dialled { with_prefix } => keep(&mut self.with_prefix, with_prefix),
        }
    }

    /// Says what the hints come to.
    pub fn habit(&self) -> Habit {
        let shown = |format| is_habit(&self.callers, format);
        Habit {
            callers: [TrunkFormat::E164, TrunkFormat::National]
                .into_iter()
                .find(|&format| shown(format))
                .unwrap_or_default(),
            leaves_prefix_out: is_habit(&self.with_prefix, false),
        }
    }
}

fn keep<T>(latest: &mut VecDeque<T>, one: T) {
    latest.push_back(one);
    if latest.len() > LATEST {
        latest.pop_front();
    }
}

fn is_habit<T: PartialEq>(shown: &VecDeque<T>, value: T) -> bool {
    let times = shown.iter().filter(|one| **one == value).count();
    times >= FEWEST && times >= TO_ONE * (shown.len() - times)
}

impl DialPlan {
    /// Returns what a call shows of the PBX's habits, if anything.
    pub fn hint(&self, call: &Spelled) -> Option<Hint> {
        match call.direction {
            Direction::Inbound => self.caller_hint(call).map(Hint::Caller),
            Direction::Outbound => {
                self.dialled_hint(call).map(|with_prefix| Hint::Dialled { with_prefix })
            }
            Direction::Internal => None,
        }
    }

    fn caller_hint(&self, call: &Spelled) -> Option<TrunkFormat> {
        // With a plus there is nothing to tell apart.
        if !text::bare(&call.text).bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let readings = self.readings(&call.text, TrunkFormat::Auto);
        let meant = match readings.as_slice() {
            [only] => only,
            several => {
                several.iter().find(|reading| call.has_record && reading.number == call.number)?
            }
        };
        Some(match meant.read_as {
            ReadAs::WithoutPlus => TrunkFormat::E164,
            ReadAs::Written | ReadAs::Local | ReadAs::WithoutOutsidePrefix => TrunkFormat::National,
        })
    }

    fn dialled_hint(&self, call: &Spelled) -> Option<bool> {
        if self.outside_prefix.is_empty() {
            return None;
        }
        let behind = self.behind_outside_prefix(&call.text);
        let whole = self.valid_number(&text::bare(&call.text));
        match (behind, whole) {
            (None, None) => None,
            (Some(_), None) => Some(true),
            (None, Some(_)) => Some(false),
            (Some(behind), Some(whole)) => (call.has_record && behind != whole)
                .then_some([(behind, true), (whole, false)])?
                .into_iter()
                .find(|(number, _)| *number == call.number)
                .map(|(_, with_prefix)| with_prefix),
        }
    }
}
