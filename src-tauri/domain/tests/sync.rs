//! The plan of the contact sync, against a phonebook that is carried along.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    Country, DialPlan, Object, Record, RecordId,
    sync::{
        BookId, ContactId, Coverage, Entry, Listed, Numbers, Others, Plan, Sides, Trace, Whose,
        may_fill, plan, whose,
    },
};
use proptest::prelude::*;

const OURS: BookId = BookId(5);
const OTHER: BookId = BookId(2);

/// A PBX as far as contacts go.
#[derive(Clone, Debug, Default)]
struct Phonebook {
    contacts: BTreeMap<ContactId, Listed>,
    next: u64,
    /// Keeps only so many characters of a company.
    shortens: Option<usize>,
    traces: HashMap<RecordId, Trace>,
}

impl Phonebook {
    fn listed(&self) -> Vec<Listed> {
        self.contacts.values().cloned().collect()
    }

    fn add(&mut self, name: &str, remark: &str, books: &[BookId]) -> ContactId {
        self.next += 1;
        let id = ContactId(self.next);
        let mut numbers = Numbers::default();
        numbers[0] = format!("030{:07}", self.next);
        let listed = Listed {
            id,
            name: name.to_owned(),
            company: String::new(),
            email: String::new(),
            remark: remark.to_owned(),
            books: books.to_vec(),
            numbers,
        };
        self.contacts.insert(id, listed);
        id
    }

    fn plans(&self, wanted: &[Entry]) -> Plan {
        self.plans_with(wanted, None)
    }

    fn plans_with(&self, wanted: &[Entry], most: Option<usize>) -> Plan {
        plan(Sides {
            wanted: wanted.to_vec(),
            coverage: Coverage::Whole,
            listed: &self.listed(),
            book: Some(OURS),
            most,
            traces: &self.traces,
            others: Others::Go,
        })
    }

    /// Carries out so many steps of a plan, in its order. A deletion has two.
    fn carries_out(&mut self, plan: &Plan, mut steps: usize) {
        let mut step = || {
            let goes = steps > 0;
            steps = steps.saturating_sub(1);
            goes
        };
        for removal in &plan.delete {
            if !removal.has_left {
                if !step() {
                    return;
                }
                let contact = self.contacts.get_mut(&removal.contact).unwrap();
                contact.remark.clone_from(&removal.remark);
                contact.books.clear();
            }
            if !step() {
                return;
            }
            self.contacts.remove(&removal.contact);
            if let Some(record) = &removal.record {
                self.traces.remove(record);
            }
        }
        for update in &plan.update {
            if !step() {
                return;
            }
            self.writes(update.contact, &update.books, &update.entry);
        }
        for entry in &plan.create {
            if !step() {
                return;
            }
            self.next += 1;
            self.writes(ContactId(self.next), &[OURS], entry);
        }
        for (record, trace) in &plan.keep {
            self.traces.insert(record.clone(), *trace);
        }
    }

    fn writes(&mut self, id: ContactId, books: &[BookId], entry: &Entry) {
        let kept = self.shortens.unwrap_or(usize::MAX);
        let listed = Listed {
            id,
            name: format!("{} {}", entry.last_name, entry.first_name).trim().to_owned(),
            company: entry.company.chars().take(kept).collect(),
            email: entry.email.clone(),
            remark: entry.record.to_string(),
            books: books.to_vec(),
            numbers: entry.numbers.clone(),
        };
        let trace = Trace { sent: entry.fingerprint(), seen: listed.fingerprint() };
        self.traces.insert(entry.record.clone(), trace);
        self.contacts.insert(id, listed);
    }

    /// Which records it shows, how often, and as what.
    fn shows(&self) -> Vec<(RecordId, String, Numbers)> {
        let mut shown: Vec<_> = self
            .contacts
            .values()
            .filter_map(|contact| match whose(contact, Some(OURS)) {
                Whose::Ours(record) => {
                    Some((record, contact.name.clone(), contact.numbers.clone()))
                }
                Whose::Leaving | Whose::Theirs => None,
            })
            .collect();
        shown.sort();
        shown
    }

    fn theirs(&self) -> Vec<Listed> {
        let all = self.contacts.values();
        all.filter(|contact| whose(contact, Some(OURS)) == Whose::Theirs).cloned().collect()
    }
}

fn dial_plan() -> DialPlan {
    DialPlan {
        country: Country::parse("DE").unwrap(),
        area_code: String::new(),
        international_prefix: "00".to_owned(),
        outside_prefix: String::new(),
        extension_digits: vec![3, 4, 5],
        trunk_format: domain::number::TrunkFormat::Auto,
        habit: domain::number::Habit::default(),
        blocked: Vec::new(),
    }
}

fn id(object: Object, number: usize) -> RecordId {
    RecordId::parse(&format!("{}5g00000{number:05}", object.key_prefix())).unwrap()
}

fn entry(object: Object, number: usize, name: &str) -> Entry {
    let record = Record {
        object,
        id: id(object, number),
        person_contact: None,
        name: String::new(),
        first_name: Some(name.to_owned()),
        last_name: Some(format!("Example {number}")),
        email: None,
        account: None,
        company: Some("A company with a long name".to_owned()),
        owner: None,
        last_activity: None,
        phones: vec![("Phone".to_owned(), format!("+49 30 {}", 1_000_000 + number))],
    };
    Entry::of(&record, &dial_plan()).unwrap()
}

fn entries(count: usize) -> Vec<Entry> {
    (0..count).map(|number| entry(Object::Contact, number, "Ana")).collect()
}

#[test]
fn a_difference_is_put_back_and_counted_once_it_is_known_to_be_the_pbxs() {
    let mut book = Phonebook::default();
    let mut wanted = entries(4);
    book.carries_out(&book.plans(&wanted), usize::MAX);
    let first = *book.contacts.keys().next().unwrap();

    // Renamed in Salesforce, another one on the PBX, a third deleted there.
    wanted[3] = entry(Object::Contact, 3, "Anna");
    book.contacts.get_mut(&first).unwrap().numbers[2] = "110".to_owned();
    let second = *book.contacts.keys().nth(1).unwrap();
    book.contacts.remove(&second);
    let plan = book.plans(&wanted);
    let counts = (plan.create.len(), plan.update.len(), plan.keep.len(), plan.restored);
    assert_eq!(counts, (1, 2, 1, 2));
    book.carries_out(&plan, usize::MAX);
    assert_eq!(book.plans(&wanted).writes(), 0);
}

#[test]
fn what_the_pbx_keeps_its_own_way_is_written_once() {
    let mut book = Phonebook { shortens: Some(10), ..Phonebook::default() };
    let wanted = entries(3);
    book.carries_out(&book.plans(&wanted), usize::MAX);
    let plan = book.plans(&wanted);
    assert_eq!((plan.writes(), plan.keep.len()), (0, 3));
}

#[test]
fn a_contact_that_stands_for_a_record_twice_is_removed_once() {
    let mut book = Phonebook::default();
    let wanted = entries(2);
    book.carries_out(&book.plans(&wanted), usize::MAX);
    book.next += 1;
    let double = ContactId(book.next);
    book.writes(double, &[OURS], &wanted[0]);
    let plan = book.plans(&wanted);
    assert_eq!(plan.delete.iter().map(|removal| removal.contact).collect::<Vec<_>>(), [double]);
    assert_eq!(plan.mass_deletion(), None);
}

#[test]
fn more_than_a_fifth_is_not_deleted_without_asking() {
    let mut book = Phonebook::default();
    let wanted = entries(10);
    book.carries_out(&book.plans(&wanted), usize::MAX);
    assert_eq!(book.plans(&wanted[..8]).mass_deletion(), None);
    assert_eq!(book.plans(&wanted[..7]).mass_deletion(), Some(3));
    assert_eq!(book.plans(&[]).mass_deletion(), Some(10));
    let mut small = Phonebook::default();
    small.carries_out(&small.plans(&wanted[..2]), usize::MAX);
    assert_eq!(small.plans(&wanted[..1]).mass_deletion(), None, "one is no mass");
    let mut single = Phonebook::default();
    single.carries_out(&single.plans(&wanted[..1]), usize::MAX);
    assert_eq!(single.plans(&[]).mass_deletion(), Some(1), "an empty answer is no reason");
}

#[test]
fn where_not_all_fit_contacts_come_before_leads_and_the_oldest_first() {
    let mut book = Phonebook::default();
    book.add("Somebody else", "", &[OTHER]);
    let wanted = vec![
        entry(Object::Account, 1, "Acme"),
        entry(Object::Lead, 7, "Bob"),
        entry(Object::Contact, 9, "Zoe"),
        entry(Object::Contact, 2, "Ana"),
        entry(Object::Lead, 3, "Liu"),
    ];
    let plan = book.plans_with(&wanted, Some(4));
    let made: Vec<_> = plan.create.iter().map(|entry| entry.record.clone()).collect();
    assert_eq!(
        made,
        [id(Object::Contact, 2), id(Object::Contact, 9), id(Object::Lead, 3)],
        "one place is somebody else's"
    );
    assert_eq!(plan.misfits, [id(Object::Lead, 7), id(Object::Account, 1)]);
    book.carries_out(&plan, usize::MAX);
    let again = book.plans_with(&wanted, Some(4));
    assert_eq!((again.writes(), again.misfits.len()), (0, 2));
}

#[test]
fn a_part_of_salesforce_says_nothing_about_the_rest() {
    let mut book = Phonebook::default();
    let wanted = entries(6);
    book.carries_out(&book.plans(&wanted), usize::MAX);
    let part = plan(Sides {
        wanted: vec![entry(Object::Contact, 0, "Anna"), entry(Object::Contact, 8, "New")],
        coverage: Coverage::Part { gone: HashSet::from([id(Object::Contact, 5)]) },
        listed: &book.listed(),
        book: Some(OURS),
        most: Some(7),
        traces: &book.traces,
        others: Others::Stay,
    });
    let counts = (part.create.len(), part.update.len(), part.delete.len(), part.untouched);
    assert_eq!(counts, (1, 1, 1, 4));
}

#[test]
fn what_another_user_put_there_stays_until_a_person_agrees() {
    let mut book = Phonebook::default();
    book.carries_out(&book.plans(&entries(6)), usize::MAX);
    // The next desktop sees two of those records and one of its own, and has no memory of any.
    book.traces.clear();
    let mut wanted = entries(2);
    wanted.push(entry(Object::Contact, 8, "New"));
    let sides = |others, most| {
        plan(Sides {
            wanted: wanted.clone(),
            coverage: Coverage::Whole,
            listed: &book.listed(),
            book: Some(OURS),
            most,
            traces: &book.traces,
            others,
        })
    };
    let counts = |plan: &Plan| (plan.create.len(), plan.delete.len(), plan.of_others);
    let stay = sides(Others::Stay, None);
    assert_eq!((counts(&stay), stay.mass_deletion()), ((1, 0, 4), None));
    assert_eq!(sides(Others::Stay, Some(6)).misfits, [id(Object::Contact, 8)], "no room is made");
    let go = sides(Others::Go, None);
    assert_eq!((counts(&go), go.mass_deletion()), ((1, 4, 0), Some(4)));
}

#[test]
fn a_phonebook_with_contacts_of_others_is_not_filled_unless_it_was_ours() {
    let mut book = Phonebook::default();
    assert!(may_fill(&book.listed(), OURS, false), "an empty one");
    book.add("Elsewhere", "", &[OTHER]);
    book.add("Ours", id(Object::Lead, 1).as_str(), &[OURS, OTHER]);
    assert!(may_fill(&book.listed(), OURS, false));
    for remark in ["", "0035g00000EXAMP", "005000000000001AAA", "hello", "0035g00000EXAMPXXX"] {
        let mut mixed = book.clone();
        mixed.add("Theirs", remark, &[OURS]);
        assert!(!may_fill(&mixed.listed(), OURS, false), "{remark}");
        assert!(may_fill(&mixed.listed(), OURS, true), "{remark}");
    }
}

#[derive(Clone, Debug)]
enum Change {
    Renamed(usize),
    Removed(usize),
    Added(usize),
    EditedOnPbx(usize),
    DeletedOnPbx(usize),
    ForeignAdded(usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (0..6_usize, 0..30_usize).prop_map(|(kind, number)| match kind {
        0 => Change::Renamed(number),
        1 => Change::Removed(number),
        2 => Change::Added(number),
        3 => Change::EditedOnPbx(number),
        4 => Change::DeletedOnPbx(number),
        _ => Change::ForeignAdded(number),
    });
    proptest::collection::vec(change, 0..25)
}

/// Two sides that have been in order once, and have changed since.
fn changed(start: usize, changes: &[Change]) -> (Phonebook, Vec<Entry>) {
    let mut book = Phonebook::default();
    let mut wanted = entries(start);
    book.carries_out(&book.plans(&wanted), usize::MAX);
    for change in changes {
        match change {
            Change::Renamed(at) => {
                if let Some(one) = wanted.get_mut(*at) {
                    one.first_name.push('!');
                }
            }
            Change::Removed(at) if *at < wanted.len() => drop(wanted.swap_remove(*at)),
            Change::Added(number)
                if wanted.iter().all(|e| e.record != id(Object::Lead, *number)) =>
            {
                wanted.push(entry(Object::Lead, *number, "Lea"));
            }
            Change::EditedOnPbx(at) => {
                if let Some(contact) = book.contacts.values_mut().nth(*at) {
                    contact.numbers[3].push('1');
                }
            }
            Change::DeletedOnPbx(at) => {
                if let Some(contact) = book.contacts.keys().nth(*at).copied() {
                    book.contacts.remove(&contact);
                }
            }
            Change::ForeignAdded(number) => {
                let remarks =
                    ["", "call back", id(Object::Contact, *number).as_str()].map(str::to_owned);
                let books: &[BookId] = if number % 3 == 2 { &[OTHER] } else { &[OURS] };
                book.add("Somebody else", &remarks[number % 3], books);
            }
            Change::Removed(_) | Change::Added(_) => {}
        }
    }
    (book, wanted)
}

proptest! {
    #[test]
    fn carried_out_once_there_is_nothing_more_to_write(start in 0..30_usize, changes in changes()) {
        let (mut book, wanted) = changed(start, &changes);
        book.carries_out(&book.plans(&wanted), usize::MAX);
        let again = book.plans(&wanted);
        prop_assert_eq!((again.writes(), again.restored), (0, 0));
        prop_assert_eq!(again.keep.len(), wanted.len());
        prop_assert_eq!(book.shows().len(), wanted.len());
    }

    #[test]
    fn contacts_of_others_stay_as_they_are(start in 0..30_usize, changes in changes(), steps in 0..80_usize) {
        let (mut book, wanted) = changed(start, &changes);
        let theirs = book.theirs();
        book.carries_out(&book.plans(&wanted), steps);
        prop_assert_eq!(book.theirs(), theirs);
    }

    #[test]
    fn stopped_anywhere_and_planned_again_it_ends_the_same(
        start in 0..30_usize,
        changes in changes(),
        stops in proptest::collection::vec(0..12_usize, 0..6),
        most in proptest::option::of(5..40_usize),
    ) {
        let (mut straight, wanted) = changed(start, &changes);
        let mut stopped = straight.clone();
        for steps in stops {
            stopped.carries_out(&stopped.plans_with(&wanted, most), steps);
        }
        stopped.carries_out(&stopped.plans_with(&wanted, most), usize::MAX);
        straight.carries_out(&straight.plans_with(&wanted, most), usize::MAX);
        prop_assert_eq!(straight.shows(), stopped.shows());
        prop_assert_eq!(straight.theirs(), stopped.theirs());
        if let Some(most) = most {
            let all = stopped.contacts.len();
            prop_assert!(all <= most.max(stopped.theirs().len()), "{} of {}", all, most);
        }
    }
}
