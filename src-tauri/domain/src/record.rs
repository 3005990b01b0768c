//! Salesforce records that may be the caller, and which of them is.

use std::{collections::BTreeMap, fmt};

use crate::{
    creation::is_automatic,
    ids::{RecordId, UserId},
    number::{DialPlan, PhoneNumber},
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

    /// Returns the numbers that its phone fields hold, each with its field.
    pub fn numbers(&self, plan: &DialPlan) -> Vec<(PhoneNumber, String)> {
        self.phones
            .iter()
            .flat_map(|(field, text)| {
                plan.numbers(text).into_iter().map(|written| (written.number, field.clone()))
            })
            .collect()
    }
}

/// A record that may be the caller, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The record.
    pub record: Record,
    /// The field that holds the number, such as `MobilePhone`. Empty for the account of several contacts that has not the
    /// number itself: its page is offered beside theirs.
    pub field: String,
    /// A contact's own account, where that has the number as well.
    pub account: Option<Record>,
}

impl Candidate {
    /// Says whether the record has the number itself.
    pub fn has_number(&self) -> bool {
        !self.field.is_empty()
    }

    /// Returns the account that the candidate is or belongs to, with its name; a person account is no company.
    fn company(&self) -> Option<(&RecordId, &str)> {
        let record = &self.record;
        match record.object {
            Object::Contact => record.account.as_ref().map(|(id, name)| (id, name.as_str())),
            Object::Account if record.person_contact.is_none() => {
                Some((&record.id, record.name.as_str()))
            }
            Object::Account | Object::Lead => None,
        }
    }
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
    /// The number that the candidates have, and that no record has where there are none.
    pub number: Option<PhoneNumber>,
    /// What else the spelling may mean, where it is ambiguous.
    pub others: Vec<PhoneNumber>,
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
    /// Ranks the records that really have `number`, drops the others, and keeps a choice made before. A contact and its own
    /// account are one candidate, the contact; several contacts of one account bring its page with them. Of records that
    /// desks made for an unknown caller, the oldest stands for all.
    ///
    /// Stored texts are read by `plan`; equal means equal in E.164. Order: chosen before, owned by `me`,
    /// Contact, person account, Lead, Account, latest activity, id. Source: design.md §3.4.
    pub fn rank(
        records: Vec<Record>,
        number: &PhoneNumber,
        plan: &DialPlan,
        me: Option<&UserId>,
        remembered: Option<RecordId>,
        found_in: impl Into<String>,
    ) -> Self {
        let mut holders: Vec<Candidate> = Vec::new();
        for record in records {
            if holders.iter().any(|known| known.record.id == record.id) {
                continue;
            }
            // A field may hold several numbers.
            let has = |text: &str| plan.numbers(text).iter().any(|it| it.number == *number);
            let field = record.phones.iter().find(|(_, text)| has(text));
            if let Some(field) = field.map(|(field, _)| field.clone()) {
                holders.push(Candidate { record, field, account: None });
            }
        }
        let holders = without_twins(holders, plan, remembered.as_ref());
        let mut candidates = with_accounts(holders, remembered.as_ref());
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
        Self {
            candidates,
            remembered,
            found_in: found_in.into(),
            number: Some(number.clone()),
            others: Vec::new(),
        }
    }

    /// Returns the number that the candidates have, where the spelling may mean others, too: they decide.
    pub fn decided(&self) -> Option<&PhoneNumber> {
        let decide = !self.candidates.is_empty() && !self.others.is_empty();
        self.number.as_ref().filter(|_| decide)
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

    /// Returns how many candidates have the number themselves.
    pub fn holders(&self) -> usize {
        self.candidates.iter().filter(|candidate| candidate.has_number()).count()
    }

    /// Returns all records that have the number, in no order: what a new ranking begins with.
    pub fn records(&self) -> Vec<Record> {
        let mut records: Vec<Record> = Vec::with_capacity(self.candidates.len());
        let holders = self.candidates.iter().filter(|candidate| candidate.has_number());
        for record in holders.flat_map(|it| std::iter::once(&it.record).chain(&it.account)) {
            if !records.iter().any(|known| known.id == record.id) {
                records.push(record.clone());
            }
        }
        records
    }

    /// Returns the account that all candidates belong to, with its name, if there is one.
    pub fn common_account(&self) -> Option<(RecordId, String)> {
        common_account(&self.candidates)
    }
}

fn common_account(candidates: &[Candidate]) -> Option<(RecordId, String)> {
    let mut companies = candidates.iter().map(Candidate::company);
    let (id, name) = companies.next()??;
    let mut name = name;
    for company in companies {
        let (other, told) = company?;
        if other != id {
            return None;
        }
        // Whoever may not see the account knows its id alone.
        if name.is_empty() {
            name = told;
        }
    }
    Some((id.clone(), name.to_owned()))
}

/// Leaves one of several records that desks made for one unknown caller at the same moment, whatever they call it: to choose
/// among them is no question for a person. All computers leave the same one, and it is the one that stays when the others
/// are taken back.
fn without_twins(
    mut holders: Vec<Candidate>,
    plan: &DialPlan,
    chosen: Option<&RecordId>,
) -> Vec<Candidate> {
    let before = |id: &RecordId| (chosen != Some(id), id.clone());
    let mut kept: BTreeMap<Object, RecordId> = BTreeMap::new();
    for Candidate { record, .. } in &holders {
        if is_automatic(record, plan) {
            let first = kept.entry(record.object).or_insert_with(|| record.id.clone());
            if before(&record.id) < before(first) {
                *first = record.id.clone();
            }
        }
    }
    holders.retain(|Candidate { record, .. }| {
        !is_automatic(record, plan) || kept.get(&record.object) == Some(&record.id)
    });
    holders
}

/// Makes one answer of a contact and its own account, which companies have at one number, and offers the account of
/// several contacts beside them. An account that was chosen before stays as it is: somebody meant it.
fn with_accounts(mut holders: Vec<Candidate>, chosen: Option<&RecordId>) -> Vec<Candidate> {
    let companies: Vec<Record> = holders
        .iter()
        .map(|holder| &holder.record)
        .filter(|record| record.object == Object::Account && record.person_contact.is_none())
        .cloned()
        .collect();
    for contact in holders.iter_mut().filter(|holder| holder.record.object == Object::Contact) {
        let own = contact.company().map(|(id, _)| id);
        contact.account = companies.iter().find(|company| Some(&company.id) == own).cloned();
    }
    let contacts = |company: &Record| {
        let of_it = |holder: &&Candidate| holder.account.as_ref() == Some(company);
        holders.iter().filter(of_it).count()
    };
    let one_answer: Vec<RecordId> = companies
        .iter()
        .filter(|company| contacts(company) == 1 && chosen != Some(&company.id))
        .map(|company| company.id.clone())
        .collect();
    holders.retain(|holder| !one_answer.contains(&holder.record.id));
    if holders.len() > 1
        && let Some((id, name)) = common_account(&holders)
        && !holders.iter().any(|holder| holder.record.id == id)
    {
        let field = String::new();
        holders.push(Candidate { record: page_of(id, name), field, account: None });
    }
    holders
}

/// An account of which only its contacts are known.
fn page_of(id: RecordId, name: String) -> Record {
    Record {
        object: Object::Account,
        id,
        person_contact: None,
        name,
        first_name: None,
        last_name: None,
        email: None,
        account: None,
        company: None,
        owner: None,
        last_activity: None,
        phones: Vec::new(),
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
