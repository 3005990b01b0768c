//! The administrator's table of users and extensions: read, shown, and checked before it is saved.
//!
//! The rules are `domain::binding`'s; the window holds the choices, so nothing here is lost when it closes.

mod file;

use std::collections::{HashMap, HashSet};

use domain::{
    Extension, RecordId, UserId,
    binding::{Choices, Conflict, Directory, Member, Row, Standing, Station, Table},
};
use pbx::ExtensionEntry;
use salesforce::{FieldAccess, Teammate};

pub(crate) use self::file::TeamFile;
use crate::view::{
    BindingChange, BindingChangeKind, BindingChoice, BindingConflict, BindingRow, BindingState,
    BindingTable, BindingWriting, ExtensionView, SaveOutcome,
};

/// The users and the extensions as they were read.
#[derive(Debug)]
pub(crate) struct Team {
    me: UserId,
    /// Salesforce's own users are among the people.
    robots: bool,
    access: FieldAccess,
    people: Vec<Teammate>,
    extensions: Vec<ExtensionEntry>,
    members: Vec<Member>,
    directory: Directory,
}

impl Team {
    pub(crate) fn new(
        me: UserId,
        robots: bool,
        team: salesforce::Team,
        extensions: Vec<ExtensionEntry>,
    ) -> Self {
        let members = team.people.iter().map(member).collect();
        let directory = directory(&extensions);
        let salesforce::Team { people, extensions: access } = team;
        Self { me, robots, access, people, extensions, members, directory }
    }

    pub(crate) fn robots(&self) -> bool {
        self.robots
    }

    /// Returns the extension in a user's profile; `None` where the user was not read or the field may not be seen.
    pub(crate) fn extension_of(&self, user: &UserId) -> Option<Option<String>> {
        let seen = self.access != FieldAccess::Hidden;
        let person = self.people.iter().find(|one| one.id == *user);
        person.filter(|_| seen).map(|one| one.extension.clone())
    }

    pub(crate) fn extensions(&self) -> &[ExtensionEntry] {
        &self.extensions
    }

    /// Adds an extension by e-mail for everybody whose address leaves no doubt.
    pub(crate) fn automatic(&self, choices: &Choices) -> Choices {
        Table::automatic(&self.members, &self.directory, choices)
    }

    /// Returns the table as it would be with these choices.
    pub(crate) fn table(&self, choices: &Choices) -> BindingTable {
        let names: HashMap<&UserId, &str> =
            self.people.iter().map(|one| (&one.id, one.name.as_str())).collect();
        let table = Table::new(&self.members, &self.directory, choices);
        let rows = table.rows.iter().zip(&self.people);
        BindingTable {
            writing: match self.access {
                FieldAccess::Change => BindingWriting::Allowed,
                FieldAccess::Read => BindingWriting::ReadOnly,
                FieldAccess::Hidden => BindingWriting::Hidden,
            },
            alone: self.people.iter().all(|one| one.id == self.me),
            robots: self.robots,
            rows: rows.map(|(row, person)| row_view(row, person, &names)).collect(),
            extensions: self.extensions.iter().map(extension_view).collect(),
            choices: choices
                .iter()
                .map(|(user, extension)| BindingChoice {
                    user: user.to_string(),
                    extension: extension.as_ref().map(ToString::to_string),
                })
                .collect(),
        }
    }

    /// Returns the file that does the same by policy.
    pub(crate) fn file(&self, choices: &Choices) -> TeamFile {
        let table = Table::new(&self.members, &self.directory, choices);
        let bound = table.rows.iter().zip(&self.people).filter_map(|(row, person)| {
            let Standing::Bound(extension) = &row.standing else { return None };
            Some((person, extension))
        });
        TeamFile::of(bound)
    }

    /// Says for each confirmed change whether it may be sent as the users are now. Whatever the person has not seen is
    /// not overwritten, and whoever does not move keeps their place.
    pub(crate) fn check(&self, changes: &[BindingChange]) -> Vec<Result<Save, SaveOutcome>> {
        let saved: HashMap<&str, &Member> =
            self.members.iter().map(|member| (member.id.as_str(), member)).collect();
        let seen: Vec<Result<Save, SaveOutcome>> = changes
            .iter()
            .map(|change| {
                let member = saved.get(change.user.as_str());
                let member = member.ok_or(SaveOutcome::ChangedMeanwhile)?;
                if self.access != FieldAccess::Change {
                    return Err(SaveOutcome::NotPermitted);
                }
                if member.extension == change.to {
                    return Err(SaveOutcome::Already);
                }
                if member.extension != change.from {
                    return Err(SaveOutcome::ChangedMeanwhile);
                }
                Ok((member.id.clone(), wanted(&change.to)))
            })
            .collect();
        let choices = seen.iter().flatten().cloned().collect();
        let table = Table::new(&self.members, &self.directory, &choices);
        let sound: HashSet<&UserId> =
            table.rows.iter().filter(|row| row.change().is_some()).map(|row| &row.user).collect();
        let may = |(user, extension): Save| match choices.get(&user) {
            // Of two changes of one user only one can be what was wanted.
            Some(chosen) if *chosen == extension && sound.contains(&user) => Ok((user, extension)),
            Some(_) | None => Err(SaveOutcome::Conflict),
        };
        seen.into_iter().map(|one| one.and_then(may)).collect()
    }

    /// Takes in what Salesforce has by now.
    pub(crate) fn saved(&mut self, user: &UserId, extension: Option<&Extension>) {
        let extension = extension.map(ToString::to_string);
        for (person, member) in self.people.iter_mut().zip(&mut self.members) {
            if person.id == *user {
                person.extension.clone_from(&extension);
                member.extension.clone_from(&extension);
            }
        }
    }
}

/// A change that may be sent.
pub(crate) type Save = (UserId, Option<Extension>);

/// Reads choices. What is no user is passed over.
pub(crate) fn choices(chosen: &[BindingChoice]) -> Choices {
    chosen
        .iter()
        .filter_map(|choice| Some((RecordId::parse(&choice.user)?, wanted(&choice.extension))))
        .collect()
}

fn wanted(extension: &Option<String>) -> Option<Extension> {
    extension.as_deref().map(Extension::new)
}

/// Says what became of a change that was sent.
pub(crate) fn outcome(result: &Result<(), salesforce::Error>) -> (SaveOutcome, Option<String>) {
    use salesforce::Error as E;
    match result {
        Ok(()) => (SaveOutcome::Saved, None),
        Err(E::MissingPermission { text }) => (SaveOutcome::NotPermitted, Some(text.clone())),
        // Field-level security. Source: salesforce-api.md §13.
        Err(E::Rejected { code, message, .. }) if code == "INVALID_FIELD_FOR_INSERT_UPDATE" => {
            (SaveOutcome::NotPermitted, Some(message.clone()))
        }
        Err(E::Rejected { message, .. }) => (SaveOutcome::Refused, Some(message.clone())),
        Err(error) => (SaveOutcome::Failed, Some(crate::problems::of_salesforce(error).message)),
    }
}

/// Returns the PBX's extensions as the rules see them.
pub(crate) fn directory(extensions: &[ExtensionEntry]) -> Directory {
    Directory::new(
        extensions
            .iter()
            .map(|entry| Station { number: entry.number.clone(), email: entry.email.clone() }),
    )
}

/// Returns an extension as it is shown.
pub(crate) fn extension_view(entry: &ExtensionEntry) -> ExtensionView {
    ExtensionView {
        number: entry.number.to_string(),
        name: entry.name.clone(),
        online: entry.any_phone_online,
    }
}

fn member(person: &Teammate) -> Member {
    Member {
        id: person.id.clone(),
        email: person.email.clone(),
        extension: person.extension.clone(),
        active: person.active,
    }
}

fn row_view(row: &Row, person: &Teammate, names: &HashMap<&UserId, &str>) -> BindingRow {
    let (state, proposal, conflict) = match &row.standing {
        Standing::Bound(_) => (BindingState::Bound, None, None),
        Standing::Unbound { proposal } => (BindingState::Unbound, proposal.as_ref(), None),
        Standing::Conflict(conflict) => {
            let proposal = match conflict {
                Conflict::Gone { proposal, .. } => proposal.as_ref(),
                Conflict::Shared { .. }
                | Conflict::Taken { .. }
                | Conflict::SameAddress { .. }
                | Conflict::SeveralExtensions(_)
                | Conflict::Inactive(_) => None,
            };
            (BindingState::Conflict, proposal, Some(conflict_view(conflict, names)))
        }
    };
    BindingRow {
        user: row.user.to_string(),
        name: person.name.clone(),
        email: person.email.clone(),
        active: person.active,
        robot: person.robot,
        saved: row.saved.clone(),
        wanted: row.wanted.clone(),
        state,
        proposal: proposal.map(ToString::to_string),
        conflict,
        change: row.change().map(|change| match change {
            domain::binding::Change::Given(_) => BindingChangeKind::Given,
            domain::binding::Change::Changed { .. } => BindingChangeKind::Changed,
            domain::binding::Change::Cleared { .. } => BindingChangeKind::Cleared,
        }),
    }
}

/// So many of the others are named: enough to find them by.
const NAMED: usize = 3;

fn conflict_view(conflict: &Conflict, names: &HashMap<&UserId, &str>) -> BindingConflict {
    let named = |users: &[UserId]| -> Vec<String> {
        users
            .iter()
            .filter_map(|user| names.get(user))
            .take(NAMED)
            .map(ToString::to_string)
            .collect()
    };
    match conflict {
        Conflict::Shared { extension, with } => {
            BindingConflict::Shared { extension: extension.to_string(), with: named(with) }
        }
        Conflict::Taken { extension, by } => {
            BindingConflict::Taken { extension: extension.to_string(), with: named(by) }
        }
        Conflict::SameAddress { extension, with } => {
            BindingConflict::SameAddress { extension: extension.to_string(), with: named(with) }
        }
        Conflict::SeveralExtensions(extensions) => BindingConflict::SeveralExtensions {
            extensions: extensions.iter().map(ToString::to_string).collect(),
        },
        Conflict::Gone { named, .. } => BindingConflict::Gone { extension: named.clone() },
        Conflict::Inactive(extension) => {
            BindingConflict::Inactive { extension: extension.to_string() }
        }
    }
}
