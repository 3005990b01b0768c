//! Salesforce records that may be the caller, and which of them is.

use std::fmt;

use crate::{
    ids::{RecordId, UserId},
    number::PhoneNumber,
    time::Timestamp,
};

/// The objects that can be a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A person at a company.
    Contact,
    /// Somebody who may become a customer.
    Lead,
    /// A company, or a person account.
    Account,
}

impl Object {
    /// All of them, in the order in which they are preferred.
    pub const ALL: [Self; 3] = [Self::Contact, Self::Lead, Self::Account];

    /// Returns Salesforce's API name.
    pub const fn api_name(self) -> &'static str {
        match self {
            Self::Contact => "Contact",
            Self::Lead => "Lead",
            Self::Account => "Account",
        }
    }

    /// Returns how the ids of its records begin. Source: salesforce-api.md §14.
    pub const fn key_prefix(self) -> &'static str {
        match self {
            Self::Account => "001",
            Self::Contact => "003",
            Self::Lead => "00Q",
        }
    }

    /// Reads Salesforce's API name.
    pub fn from_api_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.api_name() == name)
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.api_name())
    }
}

/// Which record, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordRef {
    /// The object.
    pub object: Object,
    /// The id.
    pub id: RecordId,
    /// What people call it.
    pub name: String,
}

/// A record as it is kept for matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The object.
    pub object: Object,
    /// The id that is opened: for a person account the account's.
    pub id: RecordId,
    /// For a person account, the hidden contact that a Task's `WhoId` takes.
    pub person_contact: Option<RecordId>,
    /// What people call it.
    pub name: String,
    /// A person's given name, where there is one.
    pub first_name: Option<String>,
    /// A person's family name.
    pub last_name: Option<String>,
    /// A person's e-mail address.
    pub email: Option<String>,
    /// A contact's account, where there is one and this user may see it.
    pub account: Option<(RecordId, String)>,
    /// A lead's company.
    pub company: Option<String>,
    /// Who owns it.
    pub owner: Option<UserId>,
    /// The last activity, where known.
    pub last_activity: Option<Timestamp>,
    /// Its phone fields: API name, and the text that is stored there.
    pub phones: Vec<(String, String)>,
}

impl Record {
    /// Returns which record it is.
    pub fn reference(&self) -> RecordRef {
        RecordRef { object: self.object, id: self.id.clone(), name: self.name.clone() }
    }
}

/// A record that has the caller's number, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The record.
    pub record: Record,
    /// The field that holds the number, such as `MobilePhone`.
    pub field: String,
}

/// What looking a number up has brought.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Matches {
    /// The candidates, best first.
    pub candidates: Vec<Candidate>,
    /// The record that a person chose before for this number.
    pub remembered: Option<RecordId>,
    /// Which place answered, in words: `local index`, `Salesforce search`, …
    pub found_in: String,
}

/// What the matches mean for the pop and the Task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// This one.
    One(&'a Candidate),
    /// Several, and nobody has chosen.
    Several(&'a [Candidate]),
    /// None.
    Nobody,
}

impl Matches {
    /// Ranks the records that really have `number`, drops the others, and keeps a choice made before.
    ///
    /// `read` turns a stored text into a number; equal means equal in E.164. Order: chosen before, owned by `me`,
    /// Contact, person account, Lead, Account, latest activity, id. Source: design.md §3.4.
    pub fn rank(
        records: Vec<Record>,
        number: &PhoneNumber,
        read: impl Fn(&str) -> Option<PhoneNumber>,
        me: Option<&UserId>,
        remembered: Option<RecordId>,
        found_in: impl Into<String>,
    ) -> Self {
        let mut candidates: Vec<Candidate> = Vec::new();
        for record in records {
            if candidates.iter().any(|known| known.record.id == record.id) {
                continue;
            }
            let field = record.phones.iter().find(|(_, text)| read(text).as_ref() == Some(number));
            if let Some(field) = field.map(|(field, _)| field.clone()) {
                candidates.push(Candidate { record, field });
            }
        }
        candidates.sort_by_key(|candidate| {
            let record = &candidate.record;
            (
                remembered.as_ref() != Some(&record.id),
                me.is_none() || record.owner.as_ref() != me,
                kind_rank(record),
                std::cmp::Reverse(record.last_activity),
                record.id.clone(),
            )
        });
        let remembered = remembered.filter(|id| candidates.iter().any(|c| &c.record.id == id));
        Self { candidates, remembered, found_in: found_in.into() }
    }

    /// Says which record is the caller. A shared account is not a choice: several stay several.
    pub fn verdict(&self) -> Verdict<'_> {
        match self.candidates.as_slice() {
            [] => Verdict::Nobody,
            [only] => Verdict::One(only),
            [first, ..] if self.remembered.as_ref() == Some(&first.record.id) => {
                Verdict::One(first)
            }
            several => Verdict::Several(several),
        }
    }

    /// Returns the account that all candidates belong to, if there is one.
    pub fn common_account(&self) -> Option<RecordId> {
        let mut accounts = self.candidates.iter().map(|candidate| match candidate.record.object {
            Object::Account => Some(&candidate.record.id),
            Object::Contact => candidate.record.account.as_ref().map(|(id, _)| id),
            Object::Lead => None,
        });
        let first = accounts.next()??;
        accounts.all(|account| account == Some(first)).then(|| first.clone())
    }
}

fn kind_rank(record: &Record) -> u8 {
    match (record.object, &record.person_contact) {
        (Object::Contact, _) => 0,
        (Object::Account, Some(_)) => 1,
        (Object::Lead, _) => 2,
        (Object::Account, None) => 3,
    }
}
