//! Whose extension is whose: the users of the org against the extensions of the PBX.
//!
//! A desk and an administrator's table read the same two things, in this order: the extension in the user's profile,
//! then an e-mail address that both sides have. [`Directory::claim`] answers for one user, [`Table`] for all of them at
//! once, where two users may claim the same extension. Nothing is ever guessed: what is not clear is a [`Conflict`].
//!
//! Source: salesforce-api.md §8.2, yeastar-open-api.md §5.4.

mod table;

use std::collections::{BTreeSet, HashMap};

pub use self::table::{Change, Choices, Conflict, Row, Standing, Table};
use crate::ids::{Extension, UserId};

/// A user of the org, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub id: UserId,
    /// The e-mail address as it is stored. Several users may have the same.
    pub email: String,
    /// The extension in the profile, as somebody has typed it.
    pub extension: Option<String>,
    /// Whether the user can sign in.
    pub active: bool,
}

/// An extension of the PBX and whose address it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// The extension.
    pub number: Extension,
    /// The e-mail address as it is stored.
    pub email: Option<String>,
}

/// What one user's own data say of their extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The profile names an extension that the PBX has.
    Named(Extension),
    /// One extension has the user's address.
    Mailed {
        /// That one.
        extension: Extension,
        /// What the profile names and the PBX does not have.
        gone: Option<String>,
    },
    /// Several extensions have the user's address.
    Several {
        /// Those, as people count them.
        extensions: Vec<Extension>,
        /// What the profile names and the PBX does not have.
        gone: Option<String>,
    },
    /// Nothing points to an extension.
    Nothing {
        /// What the profile names and the PBX does not have.
        gone: Option<String>,
    },
}

/// The PBX's extensions, to be found by number and by address.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    numbers: BTreeSet<Extension>,
    addresses: HashMap<String, Vec<Extension>>,
}

impl Directory {
    /// Puts the extensions in order.
    pub fn new(stations: impl IntoIterator<Item = Station>) -> Self {
        let mut directory = Self::default();
        for Station { number, email } in stations {
            let fresh = directory.numbers.insert(number.clone());
            if let (true, Some(address)) = (fresh, email.as_deref().and_then(address)) {
                directory.addresses.entry(address).or_default().push(number);
            }
        }
        for sharing in directory.addresses.values_mut() {
            sharing.sort_by(|one, other| one.rank().cmp(&other.rank()));
        }
        directory
    }

    /// Says whether the PBX has this extension.
    pub fn has(&self, extension: &Extension) -> bool {
        self.numbers.contains(extension)
    }

    /// Returns what a user's own data say.
    pub fn claim(&self, member: &Member) -> Claim {
        let named = named(member);
        if let Some(extension) = named.as_deref().map(Extension::new)
            && self.has(&extension)
        {
            return Claim::Named(extension);
        }
        let sharing = address(&member.email).and_then(|address| self.addresses.get(&address));
        match sharing.map(Vec::as_slice) {
            Some([only]) => Claim::Mailed { extension: only.clone(), gone: named },
            Some(several @ [_, _, ..]) => {
                Claim::Several { extensions: several.to_vec(), gone: named }
            }
            Some([]) | None => Claim::Nothing { gone: named },
        }
    }
}

/// What the profile says, where it says something.
fn named(member: &Member) -> Option<String> {
    let text = member.extension.as_deref()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns an address as it is compared: without case, blanks around it, and the ending that a sandbox gives to every
/// user's. Nothing ends in `.invalid` otherwise: the name is reserved for what cannot exist.
fn address(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let bare = text.strip_suffix(".invalid").unwrap_or(&text);
    (!bare.is_empty()).then(|| bare.to_owned())
}
