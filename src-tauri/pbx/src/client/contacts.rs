//! Company contacts and phonebooks. One request each; what has to be written is decided elsewhere.
//!
//! Source: yeastar-open-api.md §7.

use domain::sync::{BookId, ContactId, Entry, Listed};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Client;
use crate::{
    error::Error,
    transport::Request,
    wire::{
        answer::Answer,
        contact::{BookRow, ContactRow, changed_contact, ids, new_contact, number},
    },
};

/// Contacts per page: the PBX gives ten thousand, and takes its time for them.
const PER_PAGE: u64 = 4_000;
/// Phonebooks per page; the largest PBX has five hundred.
const BOOKS_PER_PAGE: u64 = 1_000;

/// A phonebook of the PBX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phonebook {
    /// Its id.
    pub id: BookId,
    /// Its name, unique on the PBX.
    pub name: String,
    /// It shows all contacts by itself, and cannot be filled.
    pub everybody: bool,
}

/// All company contacts, page by page, by id.
#[derive(Debug)]
pub struct Contacts {
    client: Client,
    search: Option<String>,
    page: u32,
    seen: u64,
    done: bool,
}

impl Contacts {
    /// Returns the next page's contacts; `None` after the last. Sends one request. After an error the same page is
    /// asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Listed>>, Error> {
        if self.done {
            return Ok(None);
        }
        let request = match &self.search {
            None => Request::list("company_contact/list"),
            Some(text) => Request::list("company_contact/search").with("search_value", text),
        };
        let request = request.with("sort_by", "id").with("order_by", "asc");
        let (rows, total) = self.client.page::<ContactRow>(request, self.page, PER_PAGE).await?;
        self.page += 1;
        self.seen += rows.len() as u64;
        self.done = rows.is_empty() || self.seen >= total;
        if rows.is_empty() {
            return Ok(None);
        }
        Ok(Some(rows.into_iter().filter_map(ContactRow::into_listed).collect()))
    }
}

impl Client {
    /// Returns all company contacts, of whatever phonebook.
    pub fn contacts(&self) -> Contacts {
        Contacts { client: self.clone(), search: None, page: 1, seen: 0, done: false }
    }

    /// Returns the company contacts in which `text` stands somewhere.
    pub fn contacts_with(&self, text: &str) -> Contacts {
        Contacts { search: Some(text.to_owned()), ..self.contacts() }
    }

    /// Returns the phonebooks, by id.
    pub async fn phonebooks(&self) -> Result<Vec<Phonebook>, Error> {
        let (mut books, mut seen) = (Vec::new(), 0);
        for page in 1.. {
            let request = Request::list("phonebook/list");
            let (rows, total) = self.page::<BookRow>(request, page, BOOKS_PER_PAGE).await?;
            let end = rows.is_empty();
            seen += rows.len() as u64;
            books.extend(rows.into_iter().filter_map(BookRow::read));
            if end || seen >= total {
                break;
            }
        }
        let mut books: Vec<Phonebook> = books
            .into_iter()
            .map(|(id, name, everybody)| Phonebook { id, name, everybody })
            .collect();
        books.sort_by_key(|book| book.id);
        Ok(books)
    }

    /// Makes an empty phonebook. Users see it once an administrator grants that.
    ///
    /// # Errors
    ///
    /// [`Error::NameTaken`] where there is one of this name.
    pub async fn create_phonebook(&self, name: &str) -> Result<BookId, Error> {
        // The PBX has one phonebook of all contacts and takes no second: ours names its own.
        let body =
            json!({ "name": name, "member_select": "sel_specific", "add_contacts_id_list": [] });
        self.create("phonebook/create", body).await.map(BookId)
    }

    /// Gives a phonebook another name.
    pub async fn rename_phonebook(&self, book: BookId, name: &str) -> Result<(), Error> {
        let body = json!({ "id": book.0, "name": name, "member_select": "sel_specific" });
        self.write(&Request::post("phonebook/update", body)).await
    }

    /// Deletes a phonebook, not its contacts. One that is gone already counts as done.
    pub async fn delete_phonebook(&self, book: BookId) -> Result<(), Error> {
        match self.write(&Request::get("phonebook/delete").with("id", book.0)).await {
            Err(Error::NoPhonebook) => Ok(()),
            other => other,
        }
    }

    /// Makes a contact in a phonebook.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] where the PBX holds no more contacts.
    pub async fn create_contact(&self, book: BookId, entry: &Entry) -> Result<ContactId, Error> {
        self.create("company_contact/create", new_contact(book, entry)).await.map(ContactId)
    }

    /// Makes a contact what `entry` says, in these phonebooks.
    ///
    /// # Errors
    ///
    /// [`Error::NoContact`] where it is gone.
    pub async fn update_contact(
        &self,
        contact: ContactId,
        books: &[BookId],
        entry: &Entry,
    ) -> Result<(), Error> {
        let body = changed_contact(contact, books, entry);
        self.write(&Request::post("company_contact/update", body)).await
    }

    /// Takes a contact out of all phonebooks, and says in its remark why.
    ///
    /// # Errors
    ///
    /// [`Error::NoContact`] where it is gone.
    pub async fn release_contact(&self, contact: ContactId, remark: &str) -> Result<(), Error> {
        let body = json!({ "id": contact.0, "remark": remark, "phonebook_id_list": ids(&[]) });
        self.write(&Request::post("company_contact/update", body)).await
    }

    /// Takes a contact out of one phonebook.
    pub async fn take_out(&self, book: &Phonebook, contact: ContactId) -> Result<(), Error> {
        let body = json!({ "id": book.id.0, "name": book.name, "member_select": "sel_specific",
            "del_contacts_id_list": [contact.0] });
        self.write(&Request::post("phonebook/update", body)).await
    }

    /// Deletes a contact. One that is gone already counts as done.
    ///
    /// # Errors
    ///
    /// [`Error::StillListed`] where a phonebook still names it.
    pub async fn delete_contact(&self, contact: ContactId) -> Result<(), Error> {
        match self.write(&Request::get("company_contact/delete").with("id", contact.0)).await {
            Err(Error::NoContact) => Ok(()),
            other => other,
        }
    }

    async fn create(&self, path: &str, body: Value) -> Result<u64, Error> {
        let answer = self.ask::<Value>(&Request::post(path, body)).await.map_err(of_contacts)?;
        number(answer.id).ok_or_else(|| Error::unexpected("no id in the answer"))
    }

    async fn write(&self, request: &Request<'_>) -> Result<(), Error> {
        self.ask::<Value>(request).await.map(drop).map_err(of_contacts)
    }

    /// Asks for one page of a list; returns its rows and how many there are in all. A page may hold fewer rows than
    /// asked for without being the last.
    async fn page<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
        page: u32,
        size: u64,
    ) -> Result<(Vec<T>, u64), Error> {
        let request = request.with("page", page).with("page_size", size);
        match self.ask::<Vec<T>>(&request).await.map_err(of_contacts) {
            Ok(Answer { total_number, data, .. }) => {
                Ok((data.unwrap_or_default(), total_number.count()))
            }
            Err(Error::DataNotFound) => Ok((Vec::new(), 0)),
            Err(error) => Err(error),
        }
    }
}

/// Reads the codes that mean something of their own here.
fn of_contacts(error: Error) -> Error {
    match error {
        Error::Refused { code: 60002, .. } => Error::Full,
        Error::Refused { code: 70091, .. } => Error::StillListed,
        Error::Refused { code: 70093, .. } => Error::NoPhonebook,
        Error::Refused { code: 70128, .. } => Error::NoContact,
        Error::Refused { code: 40003, .. } => Error::NameTaken,
        Error::Refused { code: 10005 | 70132, .. } => Error::ReadOnly,
        other => other,
    }
}
