//! In which country an office is, as far as the numbers of its own people show.

use std::collections::BTreeMap;

use super::{Country, parse, text};

/// Fewer are chance.
const FEWEST: usize = 2;
/// For each number of elsewhere there are at least so many.
const TO_ONE: usize = 3;

/// Returns the country of most of these numbers, as far as they are written with a country's code.
pub fn shown_by<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Option<Country> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for country in numbers.into_iter().filter_map(country_of) {
        *times.entry(country).or_default() += 1;
    }
    let all: usize = times.values().sum();
    let (country, most) = times.into_iter().max_by_key(|(_, times)| *times)?;
    (most >= FEWEST && most >= TO_ONE * (all - most)).then(|| Country::parse(&country)).flatten()
}

fn country_of(number: &str) -> Option<String> {
    let digits = text::digits(&text::bare(number));
    let international = match digits.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => digits,
    };
    if !international.starts_with('+') {
        return None;
    }
    parse(&international, None).filter(|reading| reading.valid)?.number.country()
}
