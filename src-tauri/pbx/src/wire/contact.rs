//! Company contacts and phonebooks. What is written and what is read differ in shape. Source: yeastar-open-api.md §7.

use domain::sync::{BookId, ContactId, Entry, Listed, Slot};
use serde::Deserialize;
use serde_json::{Value, json};

use super::lenient::{List, Text, Whole};

/// A row of `company_contact/list`.
#[derive(Debug, Deserialize)]
pub(crate) struct ContactRow {
    #[serde(default)]
    id: Whole,
    #[serde(default)]
    contact_name: Text,
    #[serde(default)]
    company: Text,
    #[serde(default)]
    email: Text,
    #[serde(default)]
    remark: Text,
    #[serde(default)]
    phonebook_list: List<BookRow>,
    #[serde(default)]
    business: Text,
    #[serde(default)]
    business2: Text,
    #[serde(default)]
    mobile: Text,
    #[serde(default)]
    mobile2: Text,
    #[serde(default)]
    home: Text,
    #[serde(default)]
    home2: Text,
    #[serde(default)]
    other: Text,
}

/// A row of `phonebook/list`, or of a contact's `phonebook_list`.
#[derive(Debug, Deserialize)]
pub(crate) struct BookRow {
    #[serde(default)]
    id: Whole,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    member_select: Text,
}

impl ContactRow {
    /// Reads the row; `None`: it has no id.
    pub(crate) fn into_listed(self) -> Option<Listed> {
        let text = |text: Text| text.into_option().unwrap_or_default();
        Some(Listed {
            id: ContactId(number(self.id)?),
            name: text(self.contact_name),
            company: text(self.company),
            email: text(self.email),
            remark: text(self.remark),
            books: self
                .phonebook_list
                .0
                .iter()
                .filter_map(|row| number(row.id))
                .map(BookId)
                .collect(),
            numbers: [
                self.business,
                self.business2,
                self.mobile,
                self.mobile2,
                self.home,
                self.home2,
                self.other,
            ]
            .map(text),
        })
    }
}

impl BookRow {
    /// Returns the id, the name, and whether it is the phonebook of all contacts.
    pub(crate) fn read(self) -> Option<(BookId, String, bool)> {
        let everybody = self.member_select.as_deref() == Some("sel_all");
        Some((BookId(number(self.id)?), self.name.into_option()?, everybody))
    }
}

/// Returns what `company_contact/create` takes.
pub(crate) fn new_contact(book: BookId, entry: &Entry) -> Value {
    let filled = entry.numbers.iter().zip(Slot::ALL).filter(|(number, _)| !number.is_empty());
    let numbers: Vec<Value> = filled.map(|(text, slot)| numbered(slot, text)).collect();
    body(entry, &[book], numbers)
}

/// Returns what `company_contact/update` takes. Everything is named: what is left out would stay as it is.
pub(crate) fn changed_contact(contact: ContactId, books: &[BookId], entry: &Entry) -> Value {
    let all = entry.numbers.iter().zip(Slot::ALL);
    let mut body = body(entry, books, all.map(|(text, slot)| numbered(slot, text)).collect());
    body["id"] = contact.0.into();
    body
}

fn body(entry: &Entry, books: &[BookId], numbers: Vec<Value>) -> Value {
    json!({
        "first_name": entry.first_name,
        "last_name": entry.last_name,
        "company": entry.company,
        "email": entry.email,
        "remark": entry.record.as_str(),
        "phonebook_id_list": ids(books),
        "number_list": numbers,
    })
}

/// Returns the ids as the PBX counts.
pub(crate) fn ids(books: &[BookId]) -> Vec<u64> {
    books.iter().map(|book| book.0).collect()
}

fn numbered(slot: Slot, number: &str) -> Value {
    let kind = match slot {
        Slot::Business => "business_number",
        Slot::Business2 => "business_number2",
        Slot::Mobile => "mobile_number",
        Slot::Mobile2 => "mobile_number2",
        Slot::Home => "home_number",
        Slot::Home2 => "home_number2",
        Slot::Other => "other_number",
    };
    json!({ "num_type": kind, "number": number })
}

pub(crate) fn number(whole: Whole) -> Option<u64> {
    whole.0.and_then(|value| u64::try_from(value).ok())
}
