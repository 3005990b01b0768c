//! Names of things: opaque texts that must not be mixed up.

use std::fmt;

use crate::fingerprint;

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it came, without blanks around it.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(text.as_ref().trim().to_owned())
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// A call, as the PBX names it (`1767600923.417`): the same for all its legs, unique only together with the
    /// PBX's [`Serial`]. Compared as text.
    CallId
);
opaque_id!(
    /// The serial number of a PBX.
    Serial
);
opaque_id!(
    /// The number of an extension of the PBX: digits, as short as the PBX's plan has them.
    Extension
);
opaque_id!(
    /// One leg's channel on the PBX (`PJSIP/4101-0000a1f3`); new after each transfer.
    ChannelId
);

impl Extension {
    /// Orders extensions as people count them: by value where both are numbers, else as text.
    pub fn rank(&self) -> (usize, &str) {
        (self.0.len(), &self.0)
    }
}

/// A Salesforce record id in its 18-character form.
///
/// The last three characters are a checksum of the letters' case, so a garbled id is noticed here and never reaches
/// a URL. Source: salesforce-api.md §14.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(String);

impl RecordId {
    /// Reads an id of 15 or 18 characters. Returns `None` for anything else, a wrong checksum included.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        match text.len() {
            15 => Some(Self(format!("{text}{}", checksum(text)))),
            18 => {
                let (id, suffix) = text.split_at(15);
                let expected = checksum(id);
                expected.eq_ignore_ascii_case(suffix).then(|| Self(format!("{id}{expected}")))
            }
            _ => None,
        }
    }

    /// Returns the 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first three characters, which tell the object (`003`: Contact).
    pub fn prefix(&self) -> &str {
        &self.0[..3]
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the three characters that spell which of the fifteen are capitals, five bits each.
fn checksum(id: &str) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    id.as_bytes()
        .chunks(5)
        .map(|chunk| {
            let bits = chunk
                .iter()
                .enumerate()
                .fold(0_usize, |bits, (i, b)| bits | (usize::from(b.is_ascii_uppercase()) << i));
            char::from(DIGITS[bits])
        })
        .collect()
}

/// The Task that a call became.
pub type TaskId = RecordId;
/// A Salesforce user.
pub type UserId = RecordId;
/// A Salesforce org.
pub type OrgId = RecordId;

/// The key under which one call of one agent is logged, wherever the news of it came from.
///
/// `ys:<PBX serial>:<call_id>:<extension>` for a call on which the agent spoke or that the agent placed;
/// `ys:<PBX serial>:<call_id>:missed` for an inbound call that nobody spoke on. Source: contract.md §3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey(String);

impl CallKey {
    /// Returns the key of a call in which this extension has a part of its own.
    pub fn spoken(serial: &Serial, call: &CallId, extension: &Extension) -> Self {
        Self(format!("ys:{serial}:{call}:{extension}"))
    }

    /// Returns the key that all desktops share for an inbound call that nobody spoke on.
    pub fn missed(serial: &Serial, call: &CallId) -> Self {
        Self(format!("ys:{serial}:{call}:missed"))
    }

    /// Returns the key of the open Task that a call leaves behind. It is no call's, and does not look like one: a call
    /// that is counted by its id in `CallObject` is counted once.
    pub fn follow_up(serial: &Serial, call: &CallId, extension: &Extension) -> Self {
        let of = Self::spoken(serial, call, extension);
        Self(format!("follow-up:{:016x}", fingerprint::of([of.as_str()])))
    }

    /// Takes a key that was stored before.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text that goes into `Task.CallObject`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_characters_become_the_eighteen_that_salesforce_shows() {
        // The pair is the well-known example of the id converter: 003 + mixed case.
        assert_eq!(RecordId::parse("0035g00000EXAMP").map(|id| id.as_str().to_owned()), {
            let suffix = checksum("0035g00000EXAMP");
            Some(format!("0035g00000EXAMP{suffix}"))
        });
        assert_eq!(checksum("aaaaaaaaaaaaaaa"), "AAA");
        assert_eq!(checksum("Aaaaaaaaaaaaaaa"), "BAA");
        assert_eq!(checksum("aaaaAaaaaaaaaaA"), "QAQ");
        assert_eq!(checksum("AAAAAAAAAAAAAAA"), "555");
    }

    #[test]
    fn a_garbled_id_is_not_an_id() {
        let good = RecordId::parse("0035g00000EXAMP").unwrap();
        assert_eq!(RecordId::parse(good.as_str()), Some(good.clone()));
        let mut wrong = good.as_str().to_owned();
        wrong.replace_range(17.., if wrong.ends_with('A') { "B" } else { "A" });
        for bad in [
            wrong.as_str(),
            "",
            "003",
            "..%2f..%2f..%2f..%",
            "0035g00000EXAMP/x",
            "0035g00000EXAMPAA2AAA",
        ] {
            assert_eq!(RecordId::parse(bad), None, "{bad}");
        }
    }
}
