//! Text that is JSON but for a few characters: cut in the middle of one by the org, or put there by an import.
//!
//! One such name must not cost the other 1,999 rows of a page. What stands for no character becomes U+FFFD; the words
//! around it stay. What is wrong in another way is left as it is, and stays unreadable.

/// Returns the text with a character for everything that JSON does not allow within a string: half of a surrogate
/// pair, an unknown escape, a control character, bytes that are no UTF-8.
pub(crate) fn mended(body: &[u8]) -> String {
    const UNKNOWN: &str = "\u{fffd}";
    let text = String::from_utf8_lossy(body);
    let mut mended = String::with_capacity(text.len());
    let mut within = false;
    let mut rest = text.as_ref();
    while let Some(next) = rest.chars().next() {
        let mut taken = next.len_utf8();
        match next {
            '"' => {
                within = !within;
                mended.push('"');
            }
            '\\' if within => {
                let whole = escape(rest);
                taken = whole.unwrap_or_else(|broken| broken);
                mended.push_str(if whole.is_ok() { &rest[..taken] } else { UNKNOWN });
            }
            '\0'..' ' if within => mended.push(' '),
            other => mended.push(other),
        }
        rest = &rest[taken..];
    }
    mended
}

/// Returns the length of the escape that a text begins with; of one that stands for no character: as `Err`.
fn escape(text: &str) -> Result<usize, usize> {
    match text.as_bytes().get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') => match unit(text) {
            None => Err(2),
            Some(0xd800..=0xdbff) => match text.get(6..).and_then(unit) {
                Some(0xdc00..=0xdfff) => Ok(12),
                Some(_) | None => Err(6),
            },
            Some(0xdc00..=0xdfff) => Err(6),
            Some(_) => Ok(6),
        },
        Some(_) | None => Err(1),
    }
}

/// Reads the `\uXXXX` that a text begins with.
fn unit(text: &str) -> Option<u32> {
    let hex = text.strip_prefix("\\u")?.get(..4)?;
    hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(hex, 16).ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_no_character_becomes_one_and_the_rest_stays() {
        for (body, name) in [
            (&br#"{"Name":"Ada \ud83d","n":1}"#[..], "Ada \u{fffd}"),
            (br#"{"Name":"\udc4bAda","n":1}"#, "\u{fffd}Ada"),
            (br#"{"Name":"\ud83d\ud83d\ude00","n":1}"#, "\u{fffd}\u{1f600}"),
            (br#"{"Name":"\ud83dx\"","n":1}"#, "\u{fffd}x\""),
            (br#"{"Name":"\u12","n":1}"#, "\u{fffd}12"),
            (br#"{"Name":"a\qb","n":1}"#, "a\u{fffd}qb"),
            (b"{\"Name\":\"a\nb\",\n\"n\":1}", "a b"),
            (b"{\"Name\":\"a\xffb\",\"n\":1}", "a\u{fffd}b"),
        ] {
            let read: Value = serde_json::from_str(&mended(body)).unwrap();
            assert_eq!(read, json!({ "Name": name, "n": 1 }));
        }
    }

    #[test]
    fn what_is_fine_stays_as_it_is() {
        for body in [r#"{"a":"\\\"\u00e9\ud83d\ude00 ü"}"#, "[1,\n2]", "", r#"{"a":"b"#] {
            assert_eq!(mended(body.as_bytes()), body);
        }
    }
}
