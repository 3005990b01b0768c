//! Cleaning of what trunks, people and web pages write where a number should be.

use std::borrow::Cow;

/// Says whether a caller's number is one of the many spellings of "not shown".
pub fn is_withheld(text: &str) -> bool {
    let word: String =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    const WORDS: &[&str] = &[
        "anonymous",
        "anonym",
        "withheld",
        "private",
        "restricted",
        "unknown",
        "unavailable",
        "blocked",
        "hidden",
        "nocallerid",
        "nonumber",
        "callerunknown",
        "privatenumber",
        "unknownnumber",
        "numberwithheld",
        "unbekannt",
        "asserted",
        "null",
        "none",
        "未知",
        "匿名",
        "未知号码",
        "私人号码",
    ];
    word.is_empty() && !text.contains(['*', '#'])
        || WORDS.contains(&word.as_str())
        || word.starts_with("anonymous")
}

/// Takes the part of `text` that holds the number: within `Name<number>`, `sip:` and `tel:` addresses, without
/// parameters, full-width digits made plain, an extension cut off (`x123`, `;ext=`, `转 123`).
pub(super) fn bare(text: &str) -> Cow<'_, str> {
    let mut rest = text.trim();
    if is_number_like(rest) {
        return Cow::Borrowed(rest);
    }
    if let Some(open) = rest.rfind('<') {
        let inner = &rest[open + 1..];
        rest = inner.split('>').next().unwrap_or(inner);
    }
    rest = rest.trim();
    for scheme in ["sips:", "sip:", "tel:", "callto:"] {
        if rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)) {
            rest = rest[scheme.len()..].trim_start_matches('/');
            break;
        }
    }
    rest = rest.split([';', '@', '?']).next().unwrap_or("").trim();
    let plain: String = rest
        .chars()
        .filter_map(|c| match c {
            '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10),
            '＋' => Some('+'),
            '（' => Some('('),
            '）' => Some(')'),
            // Marks of direction, zero-width characters and no-break blanks come with numbers copied from web pages.
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => None,
            '\u{a0}' | '\u{202f}' | '\u{3000}' => Some(' '),
            c => Some(c),
        })
        .collect();
    Cow::Owned(without_extension(&plain).trim().to_owned())
}

/// Cuts off what follows the number proper.
fn without_extension(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let marks = ["ext", "x", "转", "durchwahl", "app."];
    let cut = marks
        .iter()
        .filter_map(|mark| lower.find(mark))
        // Only behind a number that is long enough to stand alone, and only before digits.
        .filter(|&at| text[..at].bytes().filter(u8::is_ascii_digit).count() >= 5)
        .filter(|&at| text[at..].bytes().any(|b| b.is_ascii_digit()))
        .min();
    cut.map_or(text, |at| &text[..at])
}

/// Returns only the digits, and a leading plus where there is one.
pub(super) fn digits(text: &str) -> String {
    let mut digits = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_digit() || (c == '+' && digits.is_empty()) {
            digits.push(c);
        }
    }
    digits
}

/// Says whether the text consists of digits and the marks that people set between them.
pub(super) fn is_number_like(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit()) && text.chars().all(is_mark)
}

/// Returns a number that is spelled as a word, such as `1-800-FLOWERS`, in digits by the keys of a telephone.
///
/// Only where three digits or more come first and no word is short: `212-555-0123 or 0124` is no such number.
pub(super) fn by_keys(text: &str) -> Option<String> {
    let first = text.find(|c: char| c.is_ascii_alphabetic())?;
    let digits = text[..first].bytes().filter(u8::is_ascii_digit).count();
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    if digits < 3 || words.any(|word| word.len() < 3) {
        return None;
    }
    text.chars()
        .map(|c| match c.to_ascii_uppercase() {
            'A'..='C' => Some('2'),
            'D'..='F' => Some('3'),
            'G'..='I' => Some('4'),
            'J'..='L' => Some('5'),
            'M'..='O' => Some('6'),
            'P'..='S' => Some('7'),
            'T'..='V' => Some('8'),
            'W'..='Z' => Some('9'),
            other => is_mark(other).then_some(other),
        })
        .collect()
}

fn is_mark(c: char) -> bool {
    c.is_ascii_digit() || " +-./()\u{2010}\u{2011}\u{2012}\u{2013}".contains(c)
}
