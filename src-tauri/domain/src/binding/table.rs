//! All users against all extensions: who has which, what contradicts what, and what saving would change.

use std::collections::{BTreeMap, HashMap};

use super::{Claim, Directory, Member};
use crate::ids::{Extension, UserId};

/// What a person, or the automatic binding, has chosen for users: an extension, or none.
pub type Choices = BTreeMap<UserId, Option<Extension>>;

/// The table for some users, some extensions and some choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// One row for each user, in their order.
    pub rows: Vec<Row>,
}

/// One user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The user.
    pub user: UserId,
    /// What the profile says now.
    pub saved: Option<String>,
    /// What it would say.
    pub wanted: Option<String>,
    /// How the user would stand then.
    pub standing: Standing,
}

/// How a user stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The profile names an extension that nobody else has.
    Bound(Extension),
    /// The profile names none.
    Unbound {
        /// The one extension with the user's address, where nobody else claims it. Their desk uses it already.
        proposal: Option<Extension>,
    },
    /// A person must decide.
    Conflict(Conflict),
}

/// Why a person must decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Others have the same extension in their profiles.
    Shared {
        /// The extension.
        extension: Extension,
        /// The others.
        with: Vec<UserId>,
    },
    /// The extension with the user's address is in somebody else's profile.
    Taken {
        /// The extension.
        extension: Extension,
        /// Whose it is.
        by: Vec<UserId>,
    },
    /// Others have the same address, and so would get the same extension.
    SameAddress {
        /// The extension.
        extension: Extension,
        /// The others.
        with: Vec<UserId>,
    },
    /// Several extensions have the user's address.
    SeveralExtensions(Vec<Extension>),
    /// The profile names an extension that the PBX does not have.
    Gone {
        /// What it names.
        named: String,
        /// The one extension with the user's address.
        proposal: Option<Extension>,
    },
    /// The user cannot sign in, and has an extension.
    Inactive(Extension),
}

/// What saving does to one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It had none.
    Given(Extension),
    /// It had another.
    Changed {
        /// What it said.
        from: String,
        /// What it will say.
        to: Extension,
    },
    /// It will have none.
    Cleared {
        /// What it said.
        from: String,
    },
}

impl Table {
    /// Works out how everybody would stand with these choices. Choices for others are ignored.
    pub fn new(members: &[Member], directory: &Directory, choices: &Choices) -> Self {
        let views: Vec<View<'_>> =
            members.iter().map(|member| View::new(member, directory, choices)).collect();
        let mut rivals = Rivals::of(&views);
        // What is held back stays as it is, so whoever wanted its place is held back as well, and so on.
        while rivals.add_staying(&views, directory) {}
        let rows = views.iter().map(|view| view.row(&rivals)).collect();
        Self { rows }
    }

    /// Returns the choices, and an extension by e-mail for everybody who has none and whose address leaves no doubt.
    /// What a person has chosen stays, and so does every conflict.
    pub fn automatic(members: &[Member], directory: &Directory, choices: &Choices) -> Choices {
        let mut all = choices.clone();
        for row in Self::new(members, directory, choices).rows {
            if let Standing::Unbound { proposal: Some(extension) } = row.standing {
                all.insert(row.user, Some(extension));
            }
        }
        all
    }
}

impl Row {
    /// Returns what saving does to this profile. What is in conflict is not saved.
    pub fn change(&self) -> Option<Change> {
        if self.saved == self.wanted {
            return None;
        }
        match (&self.saved, &self.standing) {
            (None, Standing::Bound(to)) => Some(Change::Given(to.clone())),
            (Some(from), Standing::Bound(to)) => {
                Some(Change::Changed { from: from.clone(), to: to.clone() })
            }
            (Some(from), Standing::Unbound { .. }) => Some(Change::Cleared { from: from.clone() }),
            (None, Standing::Unbound { .. }) | (_, Standing::Conflict(_)) => None,
        }
    }
}

/// A user with what is chosen for them.
struct View<'a> {
    member: &'a Member,
    saved: Option<String>,
    wanted: Option<String>,
    /// A person wants it so that there is none.
    cleared: bool,
    claim: Claim,
}

impl<'a> View<'a> {
    fn new(member: &'a Member, directory: &Directory, choices: &Choices) -> Self {
        let saved = super::named(member);
        let choice = choices.get(&member.id);
        let wanted = match choice {
            Some(choice) => choice.as_ref().map(ToString::to_string),
            None => saved.clone(),
        };
        let claim = directory.claim(&Member { extension: wanted.clone(), ..member.clone() });
        Self { member, saved, wanted, cleared: choice == Some(&None), claim }
    }

    /// The address alone decides for this user.
    fn by_address(&self) -> bool {
        self.member.active && self.wanted.is_none() && !self.cleared
    }

    /// The extension that the user keeps because the change to another is held back.
    fn stays_with(&self, rivals: &Rivals) -> Option<Extension> {
        let held = self.member.active
            && self.saved != self.wanted
            && matches!(self.standing(rivals), Standing::Conflict(_));
        held.then(|| self.saved.as_deref().map(Extension::new)).flatten()
    }

    fn row(&self, rivals: &Rivals) -> Row {
        Row {
            user: self.member.id.clone(),
            saved: self.saved.clone(),
            wanted: self.wanted.clone(),
            standing: self.standing(rivals),
        }
    }

    fn standing(&self, rivals: &Rivals) -> Standing {
        let gone = |named: &String, proposal: Option<&Extension>| {
            Standing::Conflict(Conflict::Gone { named: named.clone(), proposal: proposal.cloned() })
        };
        match &self.claim {
            Claim::Named(extension) if !self.member.active => {
                Standing::Conflict(Conflict::Inactive(extension.clone()))
            }
            Claim::Named(extension) => {
                let with = others(&rivals.named, extension, &self.member.id);
                if with.is_empty() {
                    Standing::Bound(extension.clone())
                } else {
                    Standing::Conflict(Conflict::Shared { extension: extension.clone(), with })
                }
            }
            Claim::Mailed { extension, gone: Some(named) } => gone(named, Some(extension)),
            Claim::Several { gone: Some(named), .. } | Claim::Nothing { gone: Some(named) } => {
                gone(named, None)
            }
            Claim::Mailed { extension, gone: None } if self.by_address() => {
                self.by_mail(extension, rivals)
            }
            Claim::Several { extensions, gone: None } if self.by_address() => {
                Standing::Conflict(Conflict::SeveralExtensions(extensions.clone()))
            }
            Claim::Mailed { gone: None, .. }
            | Claim::Several { gone: None, .. }
            | Claim::Nothing { gone: None } => Standing::Unbound { proposal: None },
        }
    }

    fn by_mail(&self, extension: &Extension, rivals: &Rivals) -> Standing {
        let by = others(&rivals.named, extension, &self.member.id);
        if !by.is_empty() {
            return Standing::Conflict(Conflict::Taken { extension: extension.clone(), by });
        }
        let with = others(&rivals.mailed, extension, &self.member.id);
        if with.is_empty() {
            Standing::Unbound { proposal: Some(extension.clone()) }
        } else {
            Standing::Conflict(Conflict::SameAddress { extension: extension.clone(), with })
        }
    }
}

/// Who claims each extension: in the profile, and by the address alone.
#[derive(Default)]
struct Rivals {
    named: HashMap<Extension, Vec<UserId>>,
    mailed: HashMap<Extension, Vec<UserId>>,
}

impl Rivals {
    /// Users who cannot sign in are no rivals: no desk is theirs.
    fn of(views: &[View<'_>]) -> Self {
        let mut rivals = Self::default();
        for view in views.iter().filter(|view| view.member.active) {
            let (claims, extension) = match &view.claim {
                Claim::Named(extension) => (&mut rivals.named, extension),
                Claim::Mailed { extension, gone: None } if view.by_address() => {
                    (&mut rivals.mailed, extension)
                }
                Claim::Mailed { .. } | Claim::Several { .. } | Claim::Nothing { .. } => continue,
            };
            claims.entry(extension.clone()).or_default().push(view.member.id.clone());
        }
        for users in rivals.named.values_mut().chain(rivals.mailed.values_mut()) {
            users.sort();
        }
        rivals
    }

    /// Adds those who keep what they have; says whether there were any new ones.
    fn add_staying(&mut self, views: &[View<'_>], directory: &Directory) -> bool {
        let staying: Vec<_> = views
            .iter()
            .filter_map(|view| Some((view.stays_with(self)?, &view.member.id)))
            .filter(|(extension, _)| directory.has(extension))
            .collect();
        let mut any = false;
        for (extension, user) in staying {
            let users = self.named.entry(extension).or_default();
            if let Err(place) = users.binary_search(user) {
                users.insert(place, user.clone());
                any = true;
            }
        }
        any
    }
}

fn others(
    claims: &HashMap<Extension, Vec<UserId>>,
    extension: &Extension,
    me: &UserId,
) -> Vec<UserId> {
    let all = claims.get(extension).map_or(&[][..], Vec::as_slice);
    all.iter().filter(|user| *user != me).cloned().collect()
}
