//! Spellings that mean several numbers, and in which order to believe them.
//!
//! `49355501722` is a number of Jever where somebody dials within Germany, and one of Cottbus where a trunk delivers E.164
//! without its plus. Countries whose numbers all have one length do not know the question. A record that has one of the
//! numbers answers it; without a record the first counts.

use super::{DialPlan, Kind, Party, PhoneNumber, parse, text};
use crate::journal::Direction;

/// How the trunk of this office spells callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrunkFormat {
    /// It is not known.
    #[default]
    Auto,
    /// In E.164, with or without the plus.
    E164,
    /// As one dials within the country.
    National,
}

/// By which habit a spelling was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAs {
    /// As it stands, by the habits of the country.
    Written,
    /// As a local number behind the office's area code.
    Local,
    /// As E.164 that has lost its plus.
    WithoutPlus,
    /// Without the digits that are dialled for an outside line.
    WithoutOutsidePrefix,
}

/// One of the numbers that a spelling may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkReading {
    /// The number.
    pub number: PhoneNumber,
    /// What was taken for granted.
    pub read_as: ReadAs,
}

/// The numbers that the other side of a call may have: the likeliest, and what else its spelling may mean. A record that
/// has one of them decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    likeliest: PhoneNumber,
    others: Vec<PhoneNumber>,
}

impl Meant {
    /// Returns what counts where no record has any of them.
    pub fn likeliest(&self) -> &PhoneNumber {
        &self.likeliest
    }

    /// Returns all of them, the likeliest first.
    pub fn all(&self) -> impl Iterator<Item = &PhoneNumber> {
        std::iter::once(&self.likeliest).chain(&self.others)
    }

    /// Says whether it may be this number.
    pub fn includes(&self, number: &PhoneNumber) -> bool {
        self.all().any(|one| one == number)
    }

    /// Returns all but one.
    pub fn but(&self, number: &PhoneNumber) -> Vec<PhoneNumber> {
        self.all().filter(|other| *other != number).cloned().collect()
    }

    fn among(number: &PhoneNumber, readings: Vec<TrunkReading>) -> Self {
        let (same, others): (Vec<_>, Vec<_>) =
            readings.into_iter().map(|reading| reading.number).partition(|one| one == number);
        // What was read by other settings, or was spelled otherwise before, is not in doubt.
        let others = if same.is_empty() { Vec::new() } else { others };
        Self { likeliest: number.clone(), others }
    }
}

/// A number that is written without a doubt.
impl From<PhoneNumber> for Meant {
    fn from(likeliest: PhoneNumber) -> Self {
        Self { likeliest, others: Vec::new() }
    }
}

impl DialPlan {
    /// Says how the trunk spells callers: by the settings, or as calls have shown.
    pub fn trunk(&self) -> TrunkFormat {
        match self.trunk_format {
            TrunkFormat::Auto => self.habit.callers,
            set @ (TrunkFormat::E164 | TrunkFormat::National) => set,
        }
    }

    /// Returns what the other side's number may be, where it was read as `number`, or a record has decided for that.
    pub fn meant(
        &self,
        number: &PhoneNumber,
        spelled: Option<&str>,
        direction: Direction,
    ) -> Meant {
        let readings = match (direction, spelled) {
            (Direction::Inbound, Some(text)) => self.readings(text, self.trunk()),
            (Direction::Outbound, Some(text)) => self.readings_dialled(text),
            (Direction::Internal, _) | (_, None) => Vec::new(),
        };
        Meant::among(number, readings)
    }

    /// Returns what a person or a page may mean by a spelling that is dialled as `number`. It is written to be dialled here,
    /// whatever the trunk's habit. What may not be dialled, or costs a premium, is not meant.
    pub fn meant_to_dial(&self, number: &PhoneNumber, spelled: &str) -> Meant {
        let mut meant = Meant::among(number, self.readings(spelled, TrunkFormat::Auto));
        meant.others.retain(|other| !self.is_blocked(other) && other.kind() != Kind::Premium);
        meant
    }

    /// Returns the numbers that a caller's spelling may mean, the likeliest first; none where it is no outside number.
    /// By [`TrunkFormat::Auto`] the first is what [`Self::read`] says.
    pub fn readings(&self, original: &str, format: TrunkFormat) -> Vec<TrunkReading> {
        let Party::External(first) = self.read(original) else { return Vec::new() };
        let digits = text::bare(original);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return vec![TrunkReading { number: first, read_as: ReadAs::Written }];
        }
        let valid = |reading: super::Reading| reading.valid.then_some(reading.number);
        let local = self.local(&digits).map(|reading| reading.number);
        let without_plus = without_plus(&digits);
        // The library takes a calling code for one by itself, where the plan leaves no doubt.
        let written = parse(&digits, Some(self.country))
            .and_then(valid)
            .filter(|number| Some(number) != without_plus.as_ref());
        let known = [
            (written, ReadAs::Written),
            (local, ReadAs::Local),
            (without_plus, ReadAs::WithoutPlus),
        ];
        let mut readings: Vec<TrunkReading> = known
            .into_iter()
            .filter_map(|(number, read_as)| Some(TrunkReading { number: number?, read_as }))
            .collect();
        if !readings.iter().any(|reading| reading.number == first) {
            readings.insert(0, TrunkReading { number: first.clone(), read_as: ReadAs::Written });
        }
        // A stable order: what is equally likely stays as it is.
        readings.sort_by_key(|reading| match format {
            TrunkFormat::Auto => reading.number != first,
            TrunkFormat::E164 => reading.read_as != ReadAs::WithoutPlus,
            TrunkFormat::National => reading.read_as == ReadAs::WithoutPlus,
        });
        without_repeats(readings)
    }

    /// Returns the numbers that an agent may have dialled: PBXes report them with or without the digits for an outside
    /// line. The first is what [`Self::read_dialled`] says.
    pub fn readings_dialled(&self, original: &str) -> Vec<TrunkReading> {
        let behind = self.behind_outside_prefix(original);
        let behind =
            behind.map(|number| TrunkReading { number, read_as: ReadAs::WithoutOutsidePrefix });
        // What is dialled here is spelled as one dials here.
        let mut readings = self.readings(original, TrunkFormat::National);
        let stands = self.habit.leaves_prefix_out
            && readings.first().is_some_and(|reading| reading.number.is_assigned());
        let at = if stands { readings.len() } else { 0 };
        readings.splice(at..at, behind);
        without_repeats(readings)
    }
}

/// Reads digits as E.164 that has lost its plus.
fn without_plus(digits: &str) -> Option<PhoneNumber> {
    // No calling code begins with a zero.
    if digits.starts_with('0') {
        return None;
    }
    parse(&format!("+{digits}"), None).filter(|reading| reading.valid).map(|reading| reading.number)
}

fn without_repeats(readings: Vec<TrunkReading>) -> Vec<TrunkReading> {
    let mut kept: Vec<TrunkReading> = Vec::with_capacity(readings.len());
    for reading in readings {
        if !kept.iter().any(|known| known.number == reading.number) {
            kept.push(reading);
        }
    }
    kept
}
