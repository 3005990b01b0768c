//! The phonebook of the PBX: what has to be written so that it shows the records of Salesforce, and nothing else.
//!
//! One way, and computed from what both sides have now: there is no memory of earlier runs that could be lost, so a
//! run that is stopped anywhere is finished by planning again. Contacts that are not ours are in no plan.
//!
//! ```text
//!  records ──► Entry::of ──► entries ─┐
//!                                     ├──► plan ──► create, update, delete, keep
//!  the PBX's list of contacts ────────┘
//! ```

mod entry;
mod lease;

use std::collections::{HashMap, HashSet};

pub use entry::{BookId, ContactId, Entry, Fingerprint, Listed, Numbers, Skip, Slot};
pub use lease::{Claim, Holder, Standing, standing};

use crate::{ids::RecordId, record::Object};

/// Stands before the record's id in the remark of a contact that is about to be deleted. The PBX deletes only what no
/// phonebook names, so a deletion is two steps; whoever finds a contact between them finishes the second.
const LEAVING: &str = "deleted by Patchcord: ";

/// The larger part of a hundred that may be deleted without asking. Source: faults.md I4.
const DELETED_AT_MOST: usize = 20;

/// What was seen of a contact when it was last in order: what we had written, and how the PBX showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What was written.
    pub sent: Fingerprint,
    /// How the PBX showed it. The same, unless the PBX keeps some text its own way.
    pub seen: Fingerprint,
}

/// How much of Salesforce was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All records that are wanted: what is not among them is deleted.
    Whole,
    /// Some: what is not among them stays as it is, except these, which are gone from Salesforce.
    Part {
        /// The ids.
        gone: HashSet<RecordId>,
    },
}

/// What a plan is made from.
#[derive(Debug)]
pub struct Sides<'a> {
    /// What the phonebook is to have, in any order; no record twice.
    pub wanted: Vec<Entry>,
    /// How much of Salesforce `wanted` is.
    pub coverage: Coverage,
    /// All contacts of the PBX, those of others too.
    pub listed: &'a [Listed],
    /// Our phonebook; `None`: it is still to be made.
    pub book: Option<BookId>,
    /// The most contacts that the PBX holds, those of others too; `None`: not known.
    pub most: Option<usize>,
    /// What is remembered of earlier runs for this user; may be empty, and is then learnt again.
    pub traces: &'a HashMap<RecordId, Trace>,
    /// What becomes of contacts that stand for none of the records and are not remembered.
    pub others: Others,
}

/// What becomes of contacts of ours that this desktop has never known in order for its user. Another user's desktop has
/// put them there, and may see their records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// They stay.
    Stay,
    /// They go: they are the same user's, or a person has agreed.
    Go,
}

/// What has to be written, and what need not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be deleted first, since they make room.
    pub delete: Vec<Removal>,
    /// To be changed.
    pub update: Vec<Update>,
    /// To be made, in the order in which they are preferred where not all fit.
    pub create: Vec<Entry>,
    /// In order, with what is to be remembered of them.
    pub keep: Vec<(RecordId, Trace)>,
    /// Ours, and not looked at.
    pub untouched: usize,
    /// Of these: those of another user, as far as is known. See [`Others`].
    pub of_others: usize,
    /// Of the changes and the new ones: those that undo what somebody did on the PBX.
    pub restored: usize,
    /// Records that have no place.
    pub misfits: Vec<RecordId>,
    /// Contacts of ours that the phonebook has now.
    before: usize,
    /// Of the deletions: those of contacts that are in use.
    in_use: usize,
    /// Salesforce had not a single record.
    nothing_wanted: bool,
}

/// A contact of ours that is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The contact.
    pub contact: ContactId,
    /// The remark with which it leaves the phonebook.
    pub remark: String,
    /// It has left the phonebook already.
    pub has_left: bool,
    /// The record that it stood for, unless another contact stands for it, too.
    pub record: Option<RecordId>,
}

/// A contact of ours that is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The contact.
    pub contact: ContactId,
    /// The phonebooks that name it; somebody may have put it into others besides ours.
    pub books: Vec<BookId>,
    /// What it is to be.
    pub entry: Entry,
}

/// To whom a contact belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// To us: it is in our phonebook and stands for this record.
    Ours(RecordId),
    /// To us, on its way out.
    Leaving,
    /// To others.
    Theirs,
}

/// Says to whom a contact belongs. Only a checked id of 18 characters in our own phonebook counts as ours.
pub fn whose(contact: &Listed, book: Option<BookId>) -> Whose {
    if contact.remark.strip_prefix(LEAVING).and_then(record_id).is_some() {
        return Whose::Leaving;
    }
    match record_id(&contact.remark) {
        Some(record) if book.is_some_and(|book| contact.books.contains(&book)) => {
            Whose::Ours(record)
        }
        Some(_) | None => Whose::Theirs,
    }
}

/// Says whether a phonebook may be filled: it is empty, or everything in it is ours. One that was ours before is
/// recognised by `held`; what others have put into it since is left alone.
pub fn may_fill(listed: &[Listed], book: BookId, held: bool) -> bool {
    held || listed
        .iter()
        .filter(|contact| contact.books.contains(&book))
        .all(|contact| whose(contact, Some(book)) != Whose::Theirs)
}

fn record_id(remark: &str) -> Option<RecordId> {
    let id = RecordId::parse(remark).filter(|id| id.as_str() == remark)?;
    Object::ALL.iter().any(|object| object.key_prefix() == id.prefix()).then_some(id)
}

impl Removal {
    fn of(contact: &Listed, record: Option<RecordId>) -> Self {
        let of = contact.remark.strip_prefix(LEAVING).unwrap_or(&contact.remark);
        let has_left = contact.books.is_empty();
        Self { contact: contact.id, remark: format!("{LEAVING}{of}"), has_left, record }
    }
}

impl Plan {
    /// Returns how many contacts would be deleted, where that is so many that a person has to agree: more than a
    /// fifth, or all because Salesforce had none. A single deletion is no mass.
    pub fn mass_deletion(&self) -> Option<usize> {
        let many = self.in_use > 1 && self.in_use * 100 > self.before * DELETED_AT_MOST;
        (many || (self.nothing_wanted && self.in_use > 0)).then_some(self.in_use)
    }

    /// Returns how many requests at least it takes to carry out.
    pub fn writes(&self) -> usize {
        self.delete.len() + self.update.len() + self.create.len()
    }
}

/// Computes what has to be written. The same sides yield the same plan, whatever their order.
pub fn plan(sides: Sides<'_>) -> Plan {
    let Sides { mut wanted, coverage, listed, book, most, traces, others: of_others } = sides;
    let mut plan = Plan::default();
    let mut ours: HashMap<RecordId, Vec<&Listed>> = HashMap::new();
    let mut others = 0;
    for contact in listed {
        match whose(contact, book) {
            Whose::Ours(record) => ours.entry(record).or_default().push(contact),
            Whose::Leaving => plan.delete.push(Removal::of(contact, None)),
            Whose::Theirs => others += 1,
        }
    }
    plan.before = ours.values().map(Vec::len).sum();
    let whole = coverage == Coverage::Whole;
    plan.nothing_wanted = whole && wanted.is_empty();
    wanted.sort_by(|a, b| a.precedence().cmp(&b.precedence()));

    let mut room = most.map(|most| {
        let known: HashSet<&RecordId> = wanted.iter().map(|entry| &entry.record).collect();
        let stays = |record: &&RecordId| match &coverage {
            Coverage::Whole => {
                of_others == Others::Stay
                    && !known.contains(record)
                    && !traces.contains_key(*record)
            }
            Coverage::Part { gone } => !known.contains(record) && !gone.contains(*record),
        };
        most.saturating_sub(others + ours.keys().filter(stays).count())
    });
    for entry in wanted {
        if let Some(room) = &mut room {
            if *room == 0 {
                plan.misfits.push(entry.record);
                continue;
            }
            *room -= 1;
        }
        let trace = traces.get(&entry.record);
        let Some(mut contacts) = ours.remove(&entry.record) else {
            plan.restored += usize::from(trace.is_some());
            plan.create.push(entry);
            continue;
        };
        contacts.sort_by_key(|contact| contact.id);
        let (contact, doubles) = contacts.split_first().expect("an entry of the map has a contact");
        plan.delete.extend(doubles.iter().map(|double| Removal::of(double, None)));
        plan.judge(entry, contact, trace);
    }
    for (record, contacts) in ours {
        let known = traces.contains_key(&record) || plan.misfits.contains(&record);
        let stays = match &coverage {
            Coverage::Whole => of_others == Others::Stay && !known,
            Coverage::Part { gone } => !gone.contains(&record) && !plan.misfits.contains(&record),
        };
        if stays {
            plan.untouched += contacts.len();
            plan.of_others += if known { 0 } else { contacts.len() };
        } else {
            plan.in_use += contacts.len();
            plan.delete.extend(contacts.iter().map(|c| Removal::of(c, Some(record.clone()))));
        }
    }
    plan.delete.sort_by_key(|removal| removal.contact);
    plan
}

impl Plan {
    /// Decides about a contact that stands for a record.
    fn judge(&mut self, entry: Entry, contact: &Listed, trace: Option<&Trace>) {
        let now = Trace { sent: entry.fingerprint(), seen: contact.fingerprint() };
        // Where the PBX keeps a text its own way, writing it again would change nothing, every time.
        if entry.reads_as(contact) || trace == Some(&now) {
            self.keep.push((entry.record, now));
            return;
        }
        self.restored += usize::from(trace.is_some_and(|trace| trace.seen != now.seen));
        let books = contact.books.clone();
        self.update.push(Update { contact: contact.id, books, entry });
    }
}
