//! Numbers that have been changed since people wrote them down.
//!
//! An old form is read as today's only where the plan of today does not have the old one and has the new one. So a rule
//! cannot turn a number that somebody has into another one.
//!
//! | country | since | what is done |
//! |---|---|---|
//! | Mexico +52 | 2019 | the `1` of mobiles, and `01`, `044`, `045` at home, go |
//! | Brazil +55 | 2012–2016 | a mobile of eight digits gets its `9` where it begins with 6, 8 or 9; with 7 it may be a trunked radio that has kept eight, and stays |
//! | Argentina +54 | – | `15` at home is `9` from abroad: the library reads that; both at once are read here. A number without either is a fixed line, and stays one |
//! | Côte d'Ivoire +225 | 2021 | the operator's two digits come first; the second old digit of a mobile tells the operator, the third of a fixed line |
//! | Benin +229 | 2024 | `01` comes first |
//! | Colombia +57 | 2021 | fixed lines: `60` comes before the area |
//! | Ecuador +593 | 2012 | mobiles: `9` comes first |
//! | Cameroon +237 | 2014 | mobiles get a `6`, fixed lines a `2` |
//! | Chile +56 | 2012–2014 | fixed lines get a `2` behind the area |
//! | Vietnam +84 | 2017–2018 | mobiles of eleven digits get the new two for the old three; Hanoi is 24. Saigon's old 8 cannot be told from a mobile of today |
//! | Mauritius +230 | 2013 | mobiles: `5` comes first |
//! | French Polynesia +689 | 2014 | `87` before a mobile, `40` before a fixed line |
//! | Georgia +995 | 2011 | mobiles: `5` for `8` |
//! | Kosovo | 2016–2018 | +381 38 and +386 49 are +383; +377 44, 45 and +386 43 belong to Monaco and Slovenia today, and stay |
//! | Gabon +241, Lithuania +370 | 2019, 2023 | the library reads the old forms |
//! | Philippines +63 | 2019 | nothing: which digit a number of Manila got depends on its carrier |

/// Old and new, in the digits of E.164; an `x` stands for any digit, which stays. The first rule that fits counts.
const RULES: &[(&str, &str)] = &[
    ("521xxxxxxxxxx", "52xxxxxxxxxx"),
    ("5201xxxxxxxxxx", "52xxxxxxxxxx"),
    ("52044xxxxxxxxxx", "52xxxxxxxxxx"),
    ("52045xxxxxxxxxx", "52xxxxxxxxxx"),
    ("55xx6xxxxxxx", "55xx96xxxxxxx"),
    ("55xx8xxxxxxx", "55xx98xxxxxxx"),
    ("55xx9xxxxxxx", "55xx99xxxxxxx"),
    ("549xx15xxxxxxxx", "549xxxxxxxxxx"),
    ("549xxx15xxxxxxx", "549xxxxxxxxxx"),
    ("549xxxx15xxxxxx", "549xxxxxxxxxx"),
    ("2252x8xxxxx", "225212x8xxxxx"),
    ("2252x0xxxxx", "225252x0xxxxx"),
    ("2252xxxxxxx", "225272xxxxxxx"),
    ("2253x8xxxxx", "225213x8xxxxx"),
    ("2253x0xxxxx", "225253x0xxxxx"),
    ("2253xxxxxxx", "225273xxxxxxx"),
    ("225x0xxxxxx", "22501x0xxxxxx"),
    ("225x1xxxxxx", "22501x1xxxxxx"),
    ("225x2xxxxxx", "22501x2xxxxxx"),
    ("225x3xxxxxx", "22501x3xxxxxx"),
    ("225x4xxxxxx", "22505x4xxxxxx"),
    ("225x5xxxxxx", "22505x5xxxxxx"),
    ("225x6xxxxxx", "22505x6xxxxxx"),
    ("225x7xxxxxx", "22507x7xxxxxx"),
    ("225x8xxxxxx", "22507x8xxxxxx"),
    ("225x9xxxxxx", "22507x9xxxxxx"),
    ("229xxxxxxxx", "22901xxxxxxxx"),
    ("57xxxxxxxx", "5760xxxxxxxx"),
    ("5938xxxxxxx", "59398xxxxxxx"),
    ("5939xxxxxxx", "59399xxxxxxx"),
    ("2372xxxxxxx", "23722xxxxxxx"),
    ("2373xxxxxxx", "23723xxxxxxx"),
    ("237xxxxxxxx", "2376xxxxxxxx"),
    ("562xxxxxxx", "5622xxxxxxx"),
    ("56xxxxxxxx", "56xx2xxxxxx"),
    ("84120xxxxxxx", "8470xxxxxxx"),
    ("84121xxxxxxx", "8479xxxxxxx"),
    ("84122xxxxxxx", "8477xxxxxxx"),
    ("84123xxxxxxx", "8483xxxxxxx"),
    ("84124xxxxxxx", "8484xxxxxxx"),
    ("84125xxxxxxx", "8485xxxxxxx"),
    ("84126xxxxxxx", "8476xxxxxxx"),
    ("84127xxxxxxx", "8481xxxxxxx"),
    ("84128xxxxxxx", "8478xxxxxxx"),
    ("84129xxxxxxx", "8482xxxxxxx"),
    ("84162xxxxxxx", "8432xxxxxxx"),
    ("84163xxxxxxx", "8433xxxxxxx"),
    ("84164xxxxxxx", "8434xxxxxxx"),
    ("84165xxxxxxx", "8435xxxxxxx"),
    ("84166xxxxxxx", "8436xxxxxxx"),
    ("84167xxxxxxx", "8437xxxxxxx"),
    ("84168xxxxxxx", "8438xxxxxxx"),
    ("84169xxxxxxx", "8439xxxxxxx"),
    ("84186xxxxxxx", "8456xxxxxxx"),
    ("84188xxxxxxx", "8458xxxxxxx"),
    ("84199xxxxxxx", "8459xxxxxxx"),
    ("844xxxxxxxx", "8424xxxxxxxx"),
    ("2307xxxxxx", "23057xxxxxx"),
    ("2309xxxxxx", "23059xxxxxx"),
    ("6892xxxxx", "689872xxxxx"),
    ("6893xxxxx", "689873xxxxx"),
    ("6897xxxxx", "689877xxxxx"),
    ("689xxxxxx", "68940xxxxxx"),
    ("9958xxxxxxxx", "9955xxxxxxxx"),
    ("38138xxxxxx", "38338xxxxxx"),
    ("38649xxxxxx", "38349xxxxxx"),
];

/// How all numbers begin that a rule may concern. Asking for these few costs less than asking every rule.
const BEGINNINGS: [&str; 15] = [
    "52", "55", "54", "225", "229", "57", "593", "237", "56", "84", "230", "689", "995", "381",
    "386",
];

/// Says whether a number may be an old form, by how it begins.
pub(super) fn concerns(digits: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| digits.starts_with(beginning))
}

/// Returns today's form of an old number, both in the digits of E.164. Whether the plan has it, the caller looks up.
pub(super) fn today(digits: &str) -> Option<String> {
    if !concerns(digits) {
        return None;
    }
    RULES.iter().find_map(|(old, new)| rewritten(digits, old, new))
}

/// Returns the old forms that are read as this number today; records may still have them.
pub(super) fn before(digits: &str) -> Vec<String> {
    // Kosovo's old numbers begin otherwise than its new ones.
    if !concerns(digits) && !digits.starts_with("383") {
        return Vec::new();
    }
    RULES
        .iter()
        .filter_map(|(old, new)| rewritten(digits, new, old))
        .filter(|old| today(old).as_deref() == Some(digits))
        .collect()
}

/// Writes `digits` by the second form where they have the first.
fn rewritten(digits: &str, from: &str, to: &str) -> Option<String> {
    if digits.len() != from.len() {
        return None;
    }
    let mut kept = Vec::with_capacity(digits.len());
    for (digit, wanted) in digits.chars().zip(from.chars()) {
        if wanted == 'x' {
            kept.push(digit);
        } else if wanted != digit {
            return None;
        }
    }
    let mut kept = kept.into_iter();
    let mut written = String::with_capacity(to.len());
    for wanted in to.chars() {
        written.push(if wanted == 'x' { kept.next()? } else { wanted });
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_keeps_all_digits_and_is_found_by_how_it_begins() {
        for (old, new) in RULES {
            let kept = |form: &str| form.matches('x').count();
            assert_eq!(kept(old), kept(new), "{old}");
            assert!(concerns(old), "{old}");
        }
        for beginning in BEGINNINGS {
            assert!(RULES.iter().any(|(old, _)| old.starts_with(beginning)), "{beginning}");
        }
    }
}
