//! Company contacts and phonebooks. What is written and what is read differ in shape, as on the PBX.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    api::{bad_parameter, failure, page_of, paged, success},
    config::PbxSwitches,
    http::Asked,
};

/// How a written `num_type` is called when read.
const SLOTS: [(&str, &str); 9] = [
    ("business_number", "business"),
    ("business_number2", "business2"),
    ("mobile_number", "mobile"),
    ("mobile_number2", "mobile2"),
    ("home_number", "home"),
    ("home_number2", "home2"),
    ("business_fax", "business_fax"),
    ("home_fax", "home_fax"),
    ("other_number", "other"),
];

const TEXTS: [&str; 8] =
    ["company", "email", "remark", "zip_code", "street", "city", "state", "country"];

/// What lists are sorted by; `contact_name` is the joined one.
const SORTS: [&str; 8] =
    ["id", "contact_name", "company", "email", "business", "mobile", "home", "business_fax"];

#[derive(Clone, Debug)]
struct Contact {
    first_name: String,
    last_name: String,
    texts: Map<String, Value>,
    numbers: [String; 9],
    /// The phonebooks that name it.
    books: BTreeSet<u64>,
}

#[derive(Clone, Debug)]
struct Phonebook {
    id: u64,
    name: String,
    all: bool,
}

/// The PBX's company contacts and phonebooks.
#[derive(Clone, Debug)]
pub(super) struct Contacts {
    contacts: BTreeMap<u64, Contact>,
    books: Vec<Phonebook>,
    next_id: u64,
}

impl Contacts {
    /// As on a fresh PBX: no contacts, and the phonebook of all of them.
    pub(super) fn fresh() -> Self {
        let all = "All Company Contacts_Phonebook".to_owned();
        Self {
            contacts: BTreeMap::new(),
            books: vec![Phonebook { id: 1, name: all, all: true }],
            next_id: 12,
        }
    }

    /// The name beside a number, where a contact has exactly this number.
    pub(super) fn name_of(&self, number: &str) -> String {
        let found = self
            .contacts
            .values()
            .find(|one| !number.is_empty() && one.numbers.iter().any(|n| n == number));
        found.map_or_else(String::new, |contact| contact.name(false))
    }

    pub(super) fn len(&self) -> usize {
        self.contacts.len()
    }

    pub(super) fn all(&self, switches: &PbxSwitches) -> Vec<Value> {
        self.contacts.iter().map(|(id, contact)| self.read(*id, contact, switches)).collect()
    }

    pub(super) fn phonebooks(&self) -> Vec<Value> {
        self.books.iter().map(|book| self.read_book(book)).collect()
    }

    pub(super) fn answer(&mut self, asked: &Asked, body: &Value, switches: &PbxSwitches) -> Value {
        let interface = asked.path.trim_start_matches("/openapi/v1.0/");
        let id = asked.parameter("id").and_then(|id| id.parse::<u64>().ok());
        match (asked.method.as_str(), interface) {
            ("GET", "company_contact/list" | "company_contact/search") => {
                self.list(asked, switches)
            }
            ("GET", "company_contact/get") => {
                match id.and_then(|id| Some((id, self.contacts.get(&id)?))) {
                    Some((id, contact)) => {
                        let row = self.read(id, contact, switches);
                        json!({ "errcode": 0, "errmsg": "SUCCESS", "data": row })
                    }
                    None => failure(70128),
                }
            }
            ("POST", "company_contact/create") => self.create_contact(body, switches),
            ("POST", "company_contact/update") => self.update_contact(body, switches),
            ("GET", "company_contact/delete") => self.delete_contact(id, switches),
            ("GET", "phonebook/list" | "phonebook/search") => {
                page_of(asked, switches.contacts_short_pages)
                    .map_or_else(|refusal| refusal, |page| paged(self.phonebooks(), page))
            }
            ("GET", "phonebook/get") => match self.books.iter().find(|book| Some(book.id) == id) {
                Some(book) => {
                    let mut row = self.read_book(book);
                    let members = self.contacts.iter().filter(|(_, one)| one.is_in(book));
                    row["contacts_list"] =
                        members.map(|(id, one)| self.read(*id, one, switches)).collect();
                    json!({ "errcode": 0, "errmsg": "SUCCESS", "data": row })
                }
                None => failure(70093),
            },
            ("POST", "phonebook/create") => self.create_book(body, switches),
            ("POST", "phonebook/update") => self.update_book(body),
            ("GET", "phonebook/delete") => {
                let before = self.books.len();
                self.books.retain(|book| Some(book.id) != id);
                if self.books.len() == before {
                    return failure(70093);
                }
                for contact in self.contacts.values_mut() {
                    contact.books.retain(|book| Some(*book) != id);
                }
                success()
            }
            _ => failure(10001),
        }
    }

    fn list(&self, asked: &Asked, switches: &PbxSwitches) -> Value {
        let (page, size) = match page_of(asked, switches.contacts_short_pages) {
            Ok(page) => page,
            Err(refusal) => return refusal,
        };
        let sort = asked.parameter("sort_by").unwrap_or("id");
        if !SORTS.contains(&sort) {
            return bad_parameter("sort_by", "sort_by invalid");
        }
        let wanted = asked.parameter("search_value").unwrap_or_default().to_lowercase();
        let mut found: Vec<(&u64, &Contact)> = self
            .contacts
            .iter()
            .filter(|(_, contact)| wanted.is_empty() || contact.mentions(&wanted))
            .collect();
        if sort != "id" {
            found.sort_by_key(|(_, contact)| contact.shown(sort, switches));
        }
        if asked.parameter("order_by") == Some("desc") {
            found.reverse();
        }
        let mut answer = success();
        answer["total_number"] = found.len().into();
        if !found.is_empty() {
            let shown = found.into_iter().skip((page - 1).saturating_mul(size)).take(size);
            answer["data"] = shown.map(|(id, one)| self.read(*id, one, switches)).collect();
        }
        answer
    }

    fn read(&self, id: u64, contact: &Contact, switches: &PbxSwitches) -> Value {
        let books: Vec<Value> = self
            .books
            .iter()
            .filter(|book| contact.books.contains(&book.id))
            .map(|book| json!({ "id": book.id, "name": book.name }))
            .collect();
        let mut row = contact.texts.clone();
        row.insert("id".to_owned(), id.into());
        row.insert("contact_name".to_owned(), contact.name(switches.family_name_first).into());
        row.insert("phonebook_list".to_owned(), books.into());
        for ((_, read), number) in SLOTS.iter().zip(&contact.numbers) {
            row.insert((*read).to_owned(), number.clone().into());
        }
        Value::Object(row)
    }

    fn read_book(&self, book: &Phonebook) -> Value {
        let members = self.contacts.values().filter(|one| one.is_in(book)).count();
        json!({ "id": book.id, "name": book.name, "total": members,
            "member_select": if book.all { "sel_all" } else { "sel_specific" } })
    }

    fn create_contact(&mut self, body: &Value, switches: &PbxSwitches) -> Value {
        if body["first_name"].as_str().is_none_or(str::is_empty) {
            return bad_parameter("first_name", "first_name is required");
        }
        if body["number_list"].as_array().is_none_or(Vec::is_empty) {
            return bad_parameter("number_list", "number_list is required");
        }
        if self.contacts.len() >= switches.contacts_limit {
            return failure(60002);
        }
        let mut contact = Contact {
            first_name: String::new(),
            last_name: String::new(),
            texts: TEXTS.iter().map(|key| ((*key).to_owned(), "".into())).collect(),
            numbers: Default::default(),
            books: BTreeSet::new(),
        };
        if let Err(refusal) = contact.write(body, switches) {
            return refusal;
        }
        if let Err(refusal) = self.put_into_books(&mut contact, body, switches) {
            return refusal;
        }
        let id = self.next_id;
        self.next_id += 1;
        self.contacts.insert(id, contact);
        json!({ "errcode": 0, "errmsg": "SUCCESS", "id": id })
    }

    fn update_contact(&mut self, body: &Value, switches: &PbxSwitches) -> Value {
        let Some(id) = body["id"].as_u64().filter(|id| self.contacts.contains_key(id)) else {
            return failure(70128);
        };
        let mut changed = self.contacts[&id].clone();
        if self.is_read_only(&changed, switches) {
            return failure(10005);
        }
        if let Err(refusal) = changed.write(body, switches) {
            return refusal;
        }
        let named = body["phonebook_id_list"].as_array();
        let ignored = switches.empty_book_list_ignored && named.is_some_and(Vec::is_empty);
        if named.is_some() && !ignored {
            changed.books.clear();
            if let Err(refusal) = self.put_into_books(&mut changed, body, switches) {
                return refusal;
            }
        }
        self.contacts.insert(id, changed);
        success()
    }

    fn put_into_books(
        &self,
        contact: &mut Contact,
        body: &Value,
        switches: &PbxSwitches,
    ) -> Result<(), Value> {
        for id in body["phonebook_id_list"].as_array().into_iter().flatten() {
            match self.books.iter().find(|book| Some(book.id) == id.as_u64() && !book.all) {
                Some(book) => contact.books.insert(book.id),
                None => return Err(failure(70093)),
            };
        }
        if self.is_read_only(contact, switches) { Err(failure(10005)) } else { Ok(()) }
    }

    /// Says whether the contact is in a phonebook that the PBX's own CRM integration fills.
    fn is_read_only(&self, contact: &Contact, switches: &PbxSwitches) -> bool {
        let wanted = switches.read_only_phonebook.as_deref();
        self.books
            .iter()
            .any(|book| Some(book.name.as_str()) == wanted && contact.books.contains(&book.id))
    }

    fn delete_contact(&mut self, id: Option<u64>, switches: &PbxSwitches) -> Value {
        let Some((id, contact)) = id.and_then(|id| Some((id, self.contacts.get(&id)?))) else {
            return failure(70128);
        };
        if self.is_read_only(contact, switches) {
            return failure(10005);
        }
        if !contact.books.is_empty() {
            return failure(70091);
        }
        self.contacts.remove(&id);
        success()
    }

    fn create_book(&mut self, body: &Value, switches: &PbxSwitches) -> Value {
        let Some(name) = body["name"].as_str().filter(|name| !name.is_empty()) else {
            return bad_parameter("name", "name is required");
        };
        let all = match body["member_select"].as_str() {
            Some("sel_all") => true,
            Some("sel_specific") | None => false,
            Some(_) => return bad_parameter("member_select", "sel_all or sel_specific"),
        };
        let taken = self.books.iter().any(|book| book.name == name || (all && book.all));
        if taken {
            return failure(40003);
        }
        if self.books.len() >= switches.phonebooks_limit {
            return failure(60002);
        }
        let id = self.books.iter().map(|book| book.id).max().unwrap_or(0) + 1;
        let members = ids(&body["add_contacts_id_list"]);
        if members.iter().any(|member| !self.contacts.contains_key(member)) {
            return failure(70128);
        }
        self.books.push(Phonebook { id, name: name.to_owned(), all });
        self.change_members(id, &members, &[]);
        json!({ "errcode": 0, "errmsg": "SUCCESS", "id": id })
    }

    fn update_book(&mut self, body: &Value) -> Value {
        let Some(place) = self.books.iter().position(|book| Some(book.id) == body["id"].as_u64())
        else {
            return failure(70093);
        };
        let add = ids(&body["add_contacts_id_list"]);
        if add.iter().any(|member| !self.contacts.contains_key(member)) {
            return failure(70128);
        }
        if let Some(name) = body["name"].as_str() {
            let taken =
                self.books.iter().enumerate().any(|(at, one)| at != place && one.name == name);
            if taken {
                return failure(40003);
            }
            name.clone_into(&mut self.books[place].name);
        }
        let book = self.books[place].id;
        self.change_members(book, &add, &ids(&body["del_contacts_id_list"]));
        success()
    }

    fn change_members(&mut self, book: u64, add: &[u64], remove: &[u64]) {
        for (id, contact) in &mut self.contacts {
            if remove.contains(id) {
                contact.books.remove(&book);
            }
            if add.contains(id) {
                contact.books.insert(book);
            }
        }
    }
}

impl Contact {
    fn name(&self, family_name_first: bool) -> String {
        let (first, last) = (&self.first_name, &self.last_name);
        let joined =
            if family_name_first { format!("{last} {first}") } else { format!("{first} {last}") };
        joined.trim().to_owned()
    }

    fn is_in(&self, book: &Phonebook) -> bool {
        book.all || self.books.contains(&book.id)
    }

    fn mentions(&self, wanted: &str) -> bool {
        let texts = self.texts.values().filter_map(Value::as_str);
        let names = [self.first_name.as_str(), self.last_name.as_str()].into_iter();
        let numbers = self.numbers.iter().map(String::as_str);
        texts.chain(names).chain(numbers).any(|text| text.to_lowercase().contains(wanted))
    }

    fn shown(&self, key: &str, switches: &PbxSwitches) -> String {
        if key == "contact_name" {
            return self.name(switches.family_name_first);
        }
        let slot = SLOTS.iter().position(|(_, read)| *read == key);
        let text = || self.texts.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        slot.map_or_else(text, |slot| self.numbers[slot].clone())
    }

    /// Takes over what the body names; numbers that it leaves out stay.
    fn write(&mut self, body: &Value, switches: &PbxSwitches) -> Result<(), Value> {
        let kept = |key: &str| -> Result<Option<String>, Value> {
            let Some(text) = body[key].as_str() else { return Ok(None) };
            if text.chars().any(char::is_control) {
                return Err(bad_parameter(key, "must be one line"));
            }
            match switches.contact_text_limit {
                Some((most, false)) if text.chars().count() > most => {
                    Err(bad_parameter(key, &format!("at most {most} characters")))
                }
                Some((most, true)) => Ok(Some(text.chars().take(most).collect())),
                Some((_, false)) | None => Ok(Some(text.to_owned())),
            }
        };
        if let Some(name) = kept("first_name")? {
            self.first_name = name;
        }
        if let Some(name) = kept("last_name")? {
            self.last_name = name;
        }
        for key in TEXTS {
            if let Some(text) = kept(key)? {
                self.texts.insert(key.to_owned(), text.into());
            }
        }
        for number in body["number_list"].as_array().into_iter().flatten() {
            let place = SLOTS.iter().position(|(written, _)| number["num_type"] == *written);
            let (Some(place), Some(text)) = (place, number["number"].as_str()) else {
                return Err(bad_parameter("number_list", "num_type or number invalid"));
            };
            if !text.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c)) {
                return Err(bad_parameter("number_list", "number invalid"));
            }
            text.clone_into(&mut self.numbers[place]);
        }
        if self.first_name.is_empty() {
            return Err(bad_parameter("first_name", "first_name is required"));
        }
        if self.numbers.iter().all(String::is_empty) {
            return Err(bad_parameter("number_list", "a contact needs a number"));
        }
        Ok(())
    }
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}
