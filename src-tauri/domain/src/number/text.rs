//! Cleaning of what trunks, people and web pages write where a number should be.

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
pub(super) fn bare(text: &str) -> String {
    let mut rest = text.trim();
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
    without_extension(&plain).trim().to_owned()
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
    text.chars().any(|c| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || " +-./()\u{2010}\u{2011}\u{2012}\u{2013}".contains(c))
}
