//! Cleaning of what trunks, people and web pages write where a number should be.

use std::borrow::Cow;

use icu_properties::{CodePointMapData, props::GeneralCategory};

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
        || is_zeros(&word)
}

/// Trunks write zeros, as many as a number has digits, where they may not say who calls.
pub(super) fn is_zeros(text: &str) -> bool {
    const FEWEST: usize = 6;
    text.bytes().all(|b| b == b'0' || !b.is_ascii_alphanumeric()) && count(text) >= FEWEST
}

/// Takes the part of `text` that holds the number: within `Name<number>`, of an address, without parameters, in plain
/// characters, an extension behind a known word cut off.
pub(super) fn bare(text: &str) -> Cow<'_, str> {
    let rest = text.trim();
    if is_number_like(rest) {
        return Cow::Borrowed(rest);
    }
    let address = address(rest);
    let number = address.split([';', '?']).next().unwrap_or_default();
    Cow::Owned(without_extension(number).trim().to_owned())
}

/// Returns a text in plain characters, without what is around it: quotes, a name before `<…>`, the scheme, the host and
/// the escapes of a link. A local number in a link stands behind the digits of its context.
pub(super) fn address(text: &str) -> String {
    let plain = plain(text);
    let mut rest = plain.trim();
    if let Some(open) = rest.rfind('<') {
        let inner = &rest[open + 1..];
        rest = inner.split('>').next().unwrap_or(inner);
    }
    rest = rest.trim_matches(|c: char| c.is_whitespace() || "\"'`\u{b4}".contains(c));
    let scheme = ["sips:", "sip:", "tel:", "callto:"].into_iter().find(|scheme| {
        rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    });
    if let Some(scheme) = scheme {
        return linked(rest[scheme.len()..].trim_start_matches('/'));
    }
    // An address that has lost its scheme.
    rest.split('@').next().unwrap_or_default().trim().to_owned()
}

/// Returns the number of a link without its scheme. Source: RFC 3966 §3 and §5.1.5.
fn linked(link: &str) -> String {
    let mut parts = link.split(['@', '?']).next().unwrap_or_default().split(';');
    let mut number = decoded(parts.next().unwrap_or_default()).trim().to_owned();
    for parameter in parts {
        let Some((name, value)) = parameter.split_once('=') else {
            // A wait and digits that are dialled on: what a comma says elsewhere.
            number.push(',');
            number.push_str(parameter);
            continue;
        };
        let value = decoded(value);
        if name.eq_ignore_ascii_case("phone-context") {
            // A name in the place of digits says where the number is valid, and nothing of the number.
            if value.starts_with('+') && !number.starts_with('+') {
                number.insert_str(0, &digits(&value));
            }
        } else if name.eq_ignore_ascii_case("ext") {
            number.push_str(" ext. ");
            number.push_str(&value);
        }
    }
    number
}

/// Says whether a text holds what queries and programs are written in, beside the quotes around a name or a number.
pub(super) fn is_code(text: &str) -> bool {
    text.contains(['{', '}', '\\']) || address(text).contains(['\'', '"'])
}

/// Resolves `%2B` and the like, once. What is no escape stays, and what stands for no character does.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let digit = |at: usize| behind.get(at).and_then(|&b| char::from(b).to_digit(16));
        let escaped = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &behind[2..] } else { behind };
    }
    match String::from_utf8(bytes) {
        Ok(decoded) => Cow::Owned(plain(&decoded)),
        Err(_) => Cow::Borrowed(text),
    }
}

/// Writes a text in the characters that a number is read in, by what Unicode says of each.
fn plain(text: &str) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\r' => Some('\n'),
            '[' | '{' => Some('('),
            ']' | '}' => Some(')'),
            ' '..='~' => Some(c),
            // The full-width forms stand in the order of what they are forms of.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
            // Signs of mathematics, which people take for a dash and a stroke.
            '\u{2212}' => Some('-'),
            '\u{2044}' | '\u{2215}' => Some('/'),
            _ => match categories.get(c) {
                GeneralCategory::DashPunctuation => Some('-'),
                GeneralCategory::SpaceSeparator | GeneralCategory::Control => Some(' '),
                GeneralCategory::OpenPunctuation => Some('('),
                GeneralCategory::ClosePunctuation => Some(')'),
                GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => Some('\n'),
                GeneralCategory::InitialPunctuation | GeneralCategory::FinalPunctuation => {
                    Some('"')
                }
                // Nobody sees these: marks of direction, soft hyphens, joiners, what sits on another character.
                GeneralCategory::Format
                | GeneralCategory::NonspacingMark
                | GeneralCategory::EnclosingMark => None,
                _ => Some(c),
            },
        })
        .collect()
}

/// Cuts off an extension that a known word announces.
pub(super) fn without_extension(text: &str) -> &str {
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

/// Digits and marks in a text, from the first digit, plus or bracket to the last digit or bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Returns the runs of a text in its order. A plus behind a digit begins a number of its own.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut open: Option<Run> = None;
    let mut close = |open: &mut Option<Run>| {
        if let Some(run) = open.take().filter(|run| has_digit(&text[run.start..run.end])) {
            runs.push(run);
        }
    };
    for (at, c) in text.char_indices() {
        let begins = c.is_ascii_digit() || c == '+' || c == '(';
        if !is_mark(c) || (c == '+' && open.is_some_and(|run| has_digit(&text[run.start..run.end])))
        {
            close(&mut open);
        }
        match &mut open {
            None if begins && is_mark(c) => open = Some(Run { start: at, end: at + 1 }),
            Some(run) if begins || c == ')' => run.end = at + 1,
            None | Some(_) => {}
        }
    }
    close(&mut open);
    for run in &mut runs {
        // A bracket that opens behind the number belongs to what follows.
        let number = text[run.start..run.end].trim_end_matches(['(', ' ', '-', '.', '/', '+']);
        run.end = run.start + number.len();
    }
    runs
}

/// Returns where a text may fall into several numbers: at a stroke, and at a dash between blanks. Each with its beginning
/// and its end.
pub(super) fn separators(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    text.bytes().enumerate().filter_map(|(at, byte)| match byte {
        b'/' => Some((at, at + 1)),
        b'-' if text[..at].ends_with(' ') && text[at + 1..].starts_with(' ') => Some((at, at + 1)),
        _ => None,
    })
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// Says whether a text around a number is more than punctuation.
pub(super) fn says_something(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() || "*#,".contains(c))
}

/// Returns the digits of an extension, where a text behind a number is a mark or a word, digits, and nothing else.
pub(super) fn extension(tail: &str) -> Option<String> {
    const LONGEST: usize = 15;
    let tail = tail.trim().trim_end_matches(|c: char| " #).,;/|-:(".contains(c));
    let at = tail.find(|c: char| c.is_ascii_digit())?;
    let (mark, digits) = tail.split_at(at);
    let is_mark =
        !mark.is_empty() && mark.chars().all(|c| c.is_alphabetic() || " .:,;#*()-=[\n".contains(c));
    (is_mark && digits.len() <= LONGEST && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.to_owned())
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

/// Returns how many digits a text has.
pub(super) fn count(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
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
    c.is_ascii_digit() || " +-./()".contains(c)
}
