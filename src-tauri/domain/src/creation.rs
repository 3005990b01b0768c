//! Which record is created for a caller whom no record has.
//!
//! Source: contract.md §2 `[auto_create]`, §3; salesforce-api.md §6.

use crate::{
    ids::RecordId,
    journal::{Direction, JournalEntry, Outcome},
    number::{DialPlan, Party, PhoneNumber, listed},
    record::{Object, Record},
};

/// What is to be created, and for which calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreationPolicy {
    /// For calls that came in.
    pub inbound: bool,
    /// For calls that the agent placed.
    pub outbound: bool,
    /// A lead or a contact.
    pub kind: NewKind,
    /// The first name.
    pub name_prefix: String,
    /// The company of a lead.
    pub company: String,
    /// The account of a contact.
    pub account: Option<RecordId>,
    /// Numbers and prefixes that nothing is created for: those that are not logged.
    pub never: Vec<String>,
}

/// What kind of record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewKind {
    /// Somebody who may become a customer.
    #[default]
    Lead,
    /// A person at a company.
    Contact,
}

impl NewKind {
    /// Returns the object.
    pub const fn object(self) -> Object {
        match self {
            Self::Lead => Object::Lead,
            Self::Contact => Object::Contact,
        }
    }
}

/// A record that is to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// A lead or a contact.
    pub kind: NewKind,
    /// `FirstName`.
    pub first_name: String,
    /// `LastName`: a dash and the number as it was shown or dialled.
    pub last_name: String,
    /// `Phone`.
    pub phone: PhoneNumber,
    /// `Company`, of a lead.
    pub company: Option<String>,
    /// `AccountId`, of a contact: without one it is hidden from colleagues.
    pub account: Option<RecordId>,
}

impl NewRecord {
    /// Returns what people will call it.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

impl CreationPolicy {
    /// Returns the record for a finished call that no record has the number of; `None` where nothing is created.
    ///
    /// Never for withheld and internal numbers, for those that may not be dialled or are not logged, for the number
    /// that was called itself, and for calls that somebody else took.
    pub fn for_call(&self, entry: &JournalEntry, plan: &DialPlan) -> Option<NewRecord> {
        let wanted = match entry.direction {
            Direction::Inbound => self.inbound,
            Direction::Outbound => self.outbound,
            Direction::Internal => false,
        };
        let elsewhere = match entry.outcome {
            // A number that the PBX could not call is nobody's.
            Outcome::Elsewhere | Outcome::Failed => true,
            Outcome::Answered
            | Outcome::Missed
            | Outcome::NoAnswer
            | Outcome::Busy
            | Outcome::Voicemail => false,
        };
        let Party::External(number) = &entry.party else { return None };
        let own =
            entry.did.as_deref().is_some_and(|did| plan.read_caller(did).number() == Some(number));
        if !wanted || elsewhere || own || plan.is_blocked(number) || listed(&self.never, number) {
            return None;
        }
        Some(self.record(number, entry.spelled.as_deref(), plan))
    }

    /// Returns the record for a number, spelled as it was shown or dialled, or as this office spells it.
    pub fn record(
        &self,
        number: &PhoneNumber,
        spelled: Option<&str>,
        plan: &DialPlan,
    ) -> NewRecord {
        let is_it = |text: &&str| {
            plan.read_number(text).as_ref() == Some(number)
                || plan.read_caller(text).number() == Some(number)
        };
        let spelled = spelled.map(bare).filter(is_it);
        let spelled = spelled.map_or_else(|| plan.spelled(number), str::to_owned);
        let lead = self.kind == NewKind::Lead;
        NewRecord {
            kind: self.kind,
            first_name: self.name_prefix.clone(),
            last_name: format!("-{spelled}"),
            phone: number.clone(),
            company: lead.then(|| self.company.clone()),
            account: if lead { None } else { self.account.clone() },
        }
    }
}

/// Says whether a record has the name that [`CreationPolicy::record`] gives, by whatever words and reading a desk made it: a
/// dash and a number. People name nobody so.
pub fn is_automatic(record: &Record, plan: &DialPlan) -> bool {
    let number = record.last_name.as_deref().and_then(|name| name.strip_prefix('-'));
    number.is_some_and(|number| plan.read_number(number).is_some())
}

/// Returns the number of `Ana Ruiz<0493555017>`: a name that came over the wire names no record.
fn bare(text: &str) -> &str {
    text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>')).trim()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{ids::CallId, number::Country, time::Timestamp};

    fn plan() -> DialPlan {
        DialPlan {
            country: Country::parse("DE").unwrap(),
            area_code: String::new(),
            international_prefix: "00".to_owned(),
            outside_prefix: String::new(),
            extension_digits: vec![3, 4],
            trunk_format: crate::number::TrunkFormat::Auto,
            habit: crate::number::Habit::default(),
            blocked: vec!["+49900*".to_owned()],
        }
    }

    fn policy() -> CreationPolicy {
        CreationPolicy {
            inbound: true,
            name_prefix: "Automatic New Contact".to_owned(),
            company: "Unknown".to_owned(),
            ..CreationPolicy::default()
        }
    }

    fn call(number: &str) -> JournalEntry {
        JournalEntry {
            call: CallId::new("1.1"),
            direction: Direction::Inbound,
            party: plan().read(number),
            spelled: Some(number.to_owned()),
            started: Timestamp::default(),
            talked: Duration::from_secs(9),
            outcome: Outcome::Answered,
            queue: None,
            did: Some("04935550000".to_owned()),
            recording: None,
            reason: None,
            rank: 0,
            heard: true,
            alone: false,
            talk: crate::Talk::default(),
        }
    }

    #[test]
    fn it_is_named_by_the_number_as_it_was_shown() {
        for (shown, last_name) in [
            ("0493555017", "-0493555017"),
            ("+49493555017", "-+49493555017"),
            ("Ana Ruiz<0493555017>", "-0493555017"),
        ] {
            let mut call = call("0493555017");
            call.spelled = Some(shown.to_owned());
            let record = policy().for_call(&call, &plan()).unwrap();
            assert_eq!(record.last_name, last_name);
            assert_eq!(record.name(), format!("Automatic New Contact {last_name}"));
            assert_eq!(
                (record.phone.e164(), record.company.as_deref()),
                ("+49493555017", Some("Unknown"))
            );
        }
    }

    #[test]
    fn a_name_or_another_number_in_the_spelling_names_no_record() {
        for shown in [Some("<script>"), Some("0301234567"), None] {
            let mut call = call("0493555017");
            call.spelled = shown.map(str::to_owned);
            let record = policy().for_call(&call, &plan()).unwrap();
            assert_eq!(record.last_name, "-0493555017", "{shown:?}");
        }
    }

    #[test]
    fn nothing_is_created_for_calls_and_numbers_that_are_nobodys() {
        let none =
            |call: JournalEntry| assert_eq!(policy().for_call(&call, &plan()), None, "{call:?}");
        for number in ["", "anonymous", "4102", "0900123456", "04935550000", "hello"] {
            none(call(number));
        }
        none(JournalEntry { direction: Direction::Outbound, ..call("0493555017") });
        none(JournalEntry { direction: Direction::Internal, ..call("0493555017") });
        none(JournalEntry { outcome: Outcome::Elsewhere, ..call("0493555017") });
        let never = CreationPolicy { never: vec!["+49493*".to_owned()], ..policy() };
        assert_eq!(never.for_call(&call("0493555017"), &plan()), None);
    }

    #[test]
    fn a_contact_is_put_under_its_account_and_a_lead_is_not() {
        let account = RecordId::parse("0015g00000EXAMPAA2");
        let contact =
            CreationPolicy { kind: NewKind::Contact, account: account.clone(), ..policy() };
        let record = contact.for_call(&call("0493555017"), &plan()).unwrap();
        assert_eq!((record.account, record.company), (account.clone(), None));
        let lead = CreationPolicy { account, ..policy() };
        assert_eq!(lead.for_call(&call("0493555017"), &plan()).unwrap().account, None);
    }
}
