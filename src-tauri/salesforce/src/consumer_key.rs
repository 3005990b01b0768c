//! What can be the consumer key of an app, and what was copied by mistake.
//!
//! The shape of a key is not documented. So only what cannot be one is refused: each costs a person a page of
//! Salesforce's that says less.

/// Why a text is not a consumer key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing was given.
    #[error("the consumer key is empty")]
    Empty,
    /// It has a space or a line break in it, or a character that no key has.
    #[error("the consumer key holds a space or another character that no key has")]
    Broken,
    /// Only digits, or only hexadecimal ones: so the consumer secret looks, which stands below the key.
    #[error("this looks like the consumer secret, not the key")]
    Secret,
    /// Too short: a part of it was not copied.
    #[error("the consumer key is too short")]
    Short,
}

/// Any key that has been seen is several times as long.
const SHORTEST: usize = 16;

/// Reads a consumer key as a person pastes it.
///
/// # Errors
///
/// Says what the text is instead.
pub fn read(text: &str) -> Result<&str, KeyError> {
    let key = text.trim();
    if key.is_empty() {
        Err(KeyError::Empty)
    } else if !key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        Err(KeyError::Broken)
    } else if key.bytes().all(|b| b.is_ascii_hexdigit()) {
        Err(KeyError::Secret)
    } else if key.len() < SHORTEST {
        Err(KeyError::Short)
    } else {
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_what_is_copied_by_mistake() {
        let secret = "0F".repeat(32);
        for (pasted, read_as) in [
            (" 3MVG9exampleConsumerKey.Of_Patchcord\n", Ok("3MVG9exampleConsumerKey.Of_Patchcord")),
            ("  ", Err(KeyError::Empty)),
            ("3MVG9example ConsumerKey", Err(KeyError::Broken)),
            ("3MVG9example\nConsumerKey", Err(KeyError::Broken)),
            ("https://login.salesforce.com", Err(KeyError::Broken)),
            ("mara.voss@example.com", Err(KeyError::Broken)),
            ("3MVG9exampleＫey", Err(KeyError::Broken)),
            ("1955279925675241571", Err(KeyError::Secret)),
            (secret.as_str(), Err(KeyError::Secret)),
            ("3MVG9", Err(KeyError::Short)),
        ] {
            assert_eq!(read(pasted), read_as, "{pasted}");
        }
    }
}
