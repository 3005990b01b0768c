//! Short numbers: emergency services, helplines, directory enquiries. A numbering plan of ordinary numbers knows nothing
//! of them, each country has a list of its own.

use std::{
    collections::HashMap,
    sync::{LazyLock, OnceLock},
};

use regex::Regex;

/// One region a line: emergency numbers, short numbers, those of messages and single carriers.
static REGIONS: LazyLock<HashMap<&str, ShortNumbers>> = LazyLock::new(|| {
    include_str!("short_numbers.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let region = columns.next()?;
            let [emergency, all, other] = [(); 3].map(|()| columns.next().unwrap_or_default());
            Some((region, ShortNumbers { emergency, all, other, compiled: OnceLock::new() }))
        })
        .collect()
});

/// These reach the emergency services from a mobile telephone anywhere, so people know them. Source: 3GPP TS 22.101 §10.1.1.
const EVERYWHERE: [&str; 2] = ["112", "911"];

struct ShortNumbers {
    emergency: &'static str,
    all: &'static str,
    other: &'static str,
    compiled: OnceLock<[Option<Regex>; 3]>,
}

impl ShortNumbers {
    fn compiled(&self) -> &[Option<Regex>; 3] {
        self.compiled.get_or_init(|| [self.emergency, self.all, self.other].map(pattern))
    }
}

fn pattern(text: &str) -> Option<Regex> {
    if text.is_empty() { None } else { Regex::new(&format!("^(?:{text})$")).ok() }
}

/// What a short number is in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Short {
    /// It calls for help.
    Emergency,
    /// Somebody answers it: a helpline, an authority, directory enquiries.
    Service,
    /// It takes messages, or belongs to one carrier: it may be a number of some town as well.
    Other,
}

/// Says which short number `digits` are in `region`, if they are one.
pub(super) fn short(digits: &str, region: &str) -> Option<Short> {
    // The longest has twelve digits; most texts are ordinary numbers.
    if !(2..=12).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if EVERYWHERE.contains(&digits) {
        return Some(Short::Emergency);
    }
    let [emergency, all, other] = REGIONS.get(region)?.compiled();
    let is = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|it| it.is_match(digits));
    if is(emergency) {
        Some(Short::Emergency)
    } else if is(other) {
        Some(Short::Other)
    } else {
        is(all).then_some(Short::Service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_the_data_can_be_read() {
        for (region, numbers) in REGIONS.iter() {
            let written = [numbers.emergency, numbers.all, numbers.other];
            for (text, compiled) in written.into_iter().zip(numbers.compiled()) {
                assert_eq!(text.is_empty(), compiled.is_none(), "{region} {text}");
            }
        }
        assert!(REGIONS.len() > 200, "{}", REGIONS.len());
    }
}
