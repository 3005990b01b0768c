//! Company contacts and phonebooks. What is written and what is read differ in shape, as on the PBX.

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

#[derive(Clone, Debug)]
struct Contact {
    id: u64,
    first_name: String,
    last_name: String,
    texts: Map<String, Value>,
    numbers: [String; 9],
}

#[derive(Clone, Debug)]
struct Phonebook {
    id: u64,
    name: String,
    all: bool,
    members: Vec<u64>,
}

/// The PBX's company contacts and phonebooks.
#[derive(Clone, Debug)]
pub(super) struct Contacts {
    contacts: Vec<Contact>,
    books: Vec<Phonebook>,
    next_id: u64,
}

impl Contacts {
    /// As on a fresh PBX: no contacts, and the phonebook of all of them.
    pub(super) fn fresh() -> Self {
        let all = "All Company Contacts_Phonebook".to_owned();
        Self {
            contacts: Vec::new(),
            books: vec![Phonebook { id: 1, name: all, all: true, members: Vec::new() }],
            next_id: 12,
        }
    }

    /// The name beside a number, where a contact has exactly this number.
    pub(super) fn name_of(&self, number: &str) -> String {
        let found = self
            .contacts
            .iter()
            .find(|one| !number.is_empty() && one.numbers.iter().any(|n| n == number));
        found.map_or_else(String::new, Contact::name)
    }

    pub(super) fn all(&self) -> Vec<Value> {
        self.contacts.iter().map(|contact| self.read(contact)).collect()
    }

    pub(super) fn answer(&mut self, asked: &Asked, body: &Value, switches: &PbxSwitches) -> Value {
        let interface = asked.path.trim_start_matches("/openapi/v1.0/");
        let id = asked.parameter("id").and_then(|id| id.parse::<u64>().ok());
        match (asked.method.as_str(), interface) {
            ("GET", "company_contact/list" | "company_contact/search") => {
                let wanted = asked.parameter("search_value").unwrap_or_default().to_lowercase();
                let rows = self.all().into_iter().filter(|row| {
                    wanted.is_empty() || row.to_string().to_lowercase().contains(&wanted)
                });
                page_of(asked, switches.contacts_short_pages)
                    .map_or_else(|refusal| refusal, |page| paged(rows.collect(), page))
            }
            ("GET", "company_contact/get") => {
                match self.contacts.iter().find(|contact| Some(contact.id) == id) {
                    Some(contact) => {
                        json!({ "errcode": 0, "errmsg": "SUCCESS", "data": self.read(contact) })
                    }
                    None => failure(70128),
                }
            }
            ("POST", "company_contact/create") => self.create_contact(body, switches),
            ("POST", "company_contact/update") => self.update_contact(body),
            ("GET", "company_contact/delete") => self.delete_contact(id),
            ("GET", "phonebook/list" | "phonebook/search") => {
                let rows = self.books.iter().map(|book| self.read_book(book, false)).collect();
                page_of(asked, switches.contacts_short_pages)
                    .map_or_else(|refusal| refusal, |page| paged(rows, page))
            }
            ("GET", "phonebook/get") => match self.books.iter().find(|book| Some(book.id) == id) {
                Some(book) => {
                    json!({ "errcode": 0, "errmsg": "SUCCESS", "data": self.read_book(book, true) })
                }
                None => failure(70093),
            },
            ("POST", "phonebook/create") => self.create_book(body),
            ("POST", "phonebook/update") => self.update_book(body),
            ("GET", "phonebook/delete") => {
                let before = self.books.len();
                self.books.retain(|book| Some(book.id) != id);
                if self.books.len() < before { success() } else { failure(70093) }
            }
            _ => failure(10001),
        }
    }

    fn read(&self, contact: &Contact) -> Value {
        let books: Vec<Value> = self
            .books
            .iter()
            .filter(|book| book.members.contains(&contact.id))
            .map(|book| json!({ "id": book.id, "name": book.name }))
            .collect();
        let mut row = contact.texts.clone();
        row.insert("id".to_owned(), contact.id.into());
        row.insert("contact_name".to_owned(), contact.name().into());
        row.insert("phonebook_list".to_owned(), books.into());
        for ((_, read), number) in SLOTS.iter().zip(&contact.numbers) {
            row.insert((*read).to_owned(), number.clone().into());
        }
        Value::Object(row)
    }

    fn read_book(&self, book: &Phonebook, with_contacts: bool) -> Value {
        let members: Vec<&Contact> =
            self.contacts.iter().filter(|one| book.all || book.members.contains(&one.id)).collect();
        let mut row = json!({ "id": book.id, "name": book.name, "total": members.len(),
            "member_select": if book.all { "sel_all" } else { "sel_specific" } });
        if with_contacts {
            row["contacts_list"] = members.iter().map(|one| self.read(one)).collect();
        }
        row
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
            id: self.next_id,
            first_name: String::new(),
            last_name: String::new(),
            texts: TEXTS.iter().map(|key| ((*key).to_owned(), "".into())).collect(),
            numbers: Default::default(),
        };
        if let Err(refusal) = contact.write(body) {
            return refusal;
        }
        if contact.numbers.iter().all(String::is_empty) {
            return bad_parameter("number_list", "a contact needs a number");
        }
        for id in body["phonebook_id_list"].as_array().into_iter().flatten() {
            match self.books.iter_mut().find(|book| Some(book.id) == id.as_u64() && !book.all) {
                Some(book) => book.members.push(contact.id),
                None => return failure(70093),
            }
        }
        self.next_id += 1;
        let id = contact.id;
        self.contacts.push(contact);
        json!({ "errcode": 0, "errmsg": "SUCCESS", "id": id })
    }

    fn update_contact(&mut self, body: &Value) -> Value {
        let id = body["id"].as_u64();
        let Some(place) = self.contacts.iter().position(|one| Some(one.id) == id) else {
            return failure(70128);
        };
        let mut changed = self.contacts[place].clone();
        if let Err(refusal) = changed.write(body) {
            return refusal;
        }
        if changed.numbers.iter().all(String::is_empty) {
            return bad_parameter("number_list", "a contact needs a number");
        }
        if let Some(wanted) = body["phonebook_id_list"].as_array() {
            let wanted: Vec<u64> = wanted.iter().filter_map(Value::as_u64).collect();
            for book in self.books.iter_mut().filter(|book| !book.all) {
                book.members.retain(|member| *member != changed.id);
                if wanted.contains(&book.id) {
                    book.members.push(changed.id);
                }
            }
        }
        self.contacts[place] = changed;
        success()
    }

    fn delete_contact(&mut self, id: Option<u64>) -> Value {
        let Some(place) = self.contacts.iter().position(|one| Some(one.id) == id) else {
            return failure(70128);
        };
        let id = self.contacts[place].id;
        if self.books.iter().any(|book| book.members.contains(&id)) {
            return failure(70091);
        }
        self.contacts.remove(place);
        success()
    }

    fn create_book(&mut self, body: &Value) -> Value {
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
        let id = self.books.iter().map(|book| book.id).max().unwrap_or(0) + 1;
        let members = ids(&body["add_contacts_id_list"]);
        if members.iter().any(|member| !self.contacts.iter().any(|one| one.id == *member)) {
            return failure(70128);
        }
        self.books.push(Phonebook { id, name: name.to_owned(), all, members });
        json!({ "errcode": 0, "errmsg": "SUCCESS", "id": id })
    }

    fn update_book(&mut self, body: &Value) -> Value {
        let known: Vec<u64> = self.contacts.iter().map(|one| one.id).collect();
        let Some(book) = self.books.iter_mut().find(|book| Some(book.id) == body["id"].as_u64())
        else {
            return failure(70093);
        };
        let add = ids(&body["add_contacts_id_list"]);
        if add.iter().any(|member| !known.contains(member)) {
            return failure(70128);
        }
        if let Some(name) = body["name"].as_str() {
            name.clone_into(&mut book.name);
        }
        let remove = ids(&body["del_contacts_id_list"]);
        book.members.retain(|member| !remove.contains(member) && !add.contains(member));
        book.members.extend(add);
        success()
    }
}

impl Contact {
    fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Takes over what the body names; numbers that it leaves out stay.
    fn write(&mut self, body: &Value) -> Result<(), Value> {
        if let Some(name) = body["first_name"].as_str() {
            name.clone_into(&mut self.first_name);
        }
        if let Some(name) = body["last_name"].as_str() {
            name.clone_into(&mut self.last_name);
        }
        for key in TEXTS {
            if let Some(text) = body[key].as_str() {
                self.texts.insert(key.to_owned(), text.into());
            }
        }
        for number in body["number_list"].as_array().into_iter().flatten() {
            let place = SLOTS.iter().position(|(written, _)| number["num_type"] == *written);
            let (Some(place), Some(text)) = (place, number["number"].as_str()) else {
                return Err(bad_parameter("number_list", "num_type or number invalid"));
            };
            text.clone_into(&mut self.numbers[place]);
        }
        Ok(())
    }
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}
