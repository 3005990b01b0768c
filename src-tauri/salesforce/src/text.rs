//! Texts of others in queries: the one place where they are made harmless.

/// Returns a SOQL string literal, quotes included.
///
/// Control characters have no place in what is compared here and are dropped. Source: salesforce-api.md §4.2.
pub(crate) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '\\' | '\'') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

/// Returns the `FIND` part of a search for any of the digit strings; `None` when none is fit to be searched for.
///
/// Nothing but digits and `OR` ever gets in, so nothing in it can be search syntax. One digit alone is refused by
/// Salesforce. Source: salesforce-api.md §5.1.
pub(crate) fn find_any(variants: &[String]) -> Option<String> {
    let mut terms: Vec<&str> = Vec::new();
    for variant in variants {
        let fit = (2..=40).contains(&variant.len()) && variant.bytes().all(|b| b.is_ascii_digit());
        if fit && terms.len() < 12 && !terms.contains(&variant.as_str()) {
            terms.push(variant);
        }
    }
    (!terms.is_empty()).then(|| terms.join(" OR "))
}

/// Returns the `FIND` part of a search for records in whose names all words of a text begin; `None` when there is too
/// little to search for.
///
/// Only letters and digits of a text get in, each word ended by `*`, so nothing in it can be search syntax. One
/// character alone is refused by Salesforce. Source: salesforce-api.md §5.1.
pub(crate) fn find_words(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(6)
        .map(|word| word.chars().take(40).chain(['*']).collect())
        .collect();
    let enough = words.iter().map(|word| word.chars().count() - 1).sum::<usize>() >= 2;
    enough.then(|| words.join(" AND "))
}

/// Returns a text as one segment of a path: everything but letters, digits, `-` and `_` is percent-encoded.
pub(crate) fn segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
        path
    })
}

/// Cuts a text to a field's length, between characters, and drops what a field cannot hold.
///
/// Line breaks become `\n` where the field has several lines, else blanks. The length is counted in UTF-16 units, the
/// stricter of the two ways Salesforce may count.
pub(crate) fn fit(text: &str, length: usize, lines: bool) -> String {
    let mut units = 0;
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\n' | '\r' if lines => Some('\n'),
            '\t' => Some('\t'),
            '\n' | '\r' => Some(' '),
            c if c.is_control() => None,
            c => Some(c),
        })
        .take_while(|c| {
            units += c.len_utf16();
            units <= length
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: [&str; 9] = [
        "') OR Name LIKE '%",
        "} RETURNING User(Id)",
        "*",
        "?",
        "\\",
        "\\'",
        "a\nb\0c",
        "’ʼ＇",
        "x' ALL ROWS --",
    ];

    /// Reads a literal back as Salesforce does; `None` when it ends early or holds an unknown escape.
    fn read_back(quoted: &str) -> Option<String> {
        let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
        let mut text = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => text.push(chars.next().filter(|c| matches!(c, '\\' | '\''))?),
                '\'' => return None,
                c => text.push(c),
            }
        }
        Some(text)
    }

    #[test]
    fn nothing_but_words_is_searched_for_by_name() {
        assert_eq!(find_words("  Ada  Moreno "), Some("Ada* AND Moreno*".to_owned()));
        assert_eq!(find_words("O'Neil-Ruiz"), Some("O* AND Neil* AND Ruiz*".to_owned()));
        assert_eq!(find_words("莫雷诺"), Some("莫雷诺*".to_owned()));
        for short in ["", "a", "*", "{}", " - "] {
            assert_eq!(find_words(short), None, "{short:?}");
        }
        for hostile in HOSTILE {
            let found = find_words(hostile).unwrap_or_default();
            let plain = |c: char| c.is_alphanumeric() || c == '*' || c == ' ';
            assert!(found.chars().all(plain), "{found}");
        }
    }

    #[test]
    fn a_hostile_text_stays_inside_its_quotes() {
        for text in HOSTILE.into_iter().chain([&*"'".repeat(2_000)]) {
            let expected: String = text.chars().filter(|c| !c.is_control()).collect();
            assert_eq!(read_back(&literal(text)), Some(expected), "{text}");
        }
    }

    #[test]
    fn only_digits_are_searched_for() {
        let mut terms: Vec<String> = HOSTILE.map(str::to_owned).to_vec();
        assert_eq!(find_any(&terms), None);
        assert_eq!(find_any(&[]), None);
        terms.extend(
            ["٣٤٥", "1", "49301234567", "0301234567", "0301234567", "+4930"].map(str::to_owned),
        );
        terms.push("9".repeat(2_000));
        assert_eq!(find_any(&terms).as_deref(), Some("49301234567 OR 0301234567"));
    }

    #[test]
    fn a_key_is_one_segment_of_a_path() {
        assert_eq!(segment("ys:36A:17.4:4101"), "ys%3A36A%3A17%2E4%3A4101");
        assert_eq!(segment("../x?y#ü"), "%2E%2E%2Fx%3Fy%23%C3%BC");
    }

    #[test]
    fn a_text_is_cut_between_characters_and_loses_what_no_field_holds() {
        assert_eq!(fit("a\0b\u{7}c", 255, false), "abc");
        assert_eq!(fit("one\r\ntwo\rthree", 255, true), "one\ntwo\nthree");
        assert_eq!(fit("one\r\ntwo", 255, false), "one two");
        assert_eq!(fit("😀😀", 3, false), "😀");
        assert_eq!(fit("مرحبا", 2, false), "مر");
        assert_eq!(fit(&"x".repeat(300), 255, false).len(), 255);
    }
}
