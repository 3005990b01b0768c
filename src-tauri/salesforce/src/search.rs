//! Whose number is this? First the search index, then the records themselves.
//!
//! The search index finds a number however it is punctuated, but learns of a new record only after minutes; a query
//! for exact spellings sees it at once. What comes back is raw: the caller compares the numbers.
//! Source: salesforce-api.md §5.

use std::sync::Arc;

use domain::{Object, Record, RecordId, Timestamp};

use crate::{
    describe::Description,
    error::Error,
    session::{Ask, Query, Session},
    text,
    unread::Unread,
    wire::{self, Hits, Row},
};

/// The most records of one object that a lookup brings.
const MOST_HITS: usize = 50;
/// The most phone fields of one object that are looked at.
const MOST_PHONE_FIELDS: usize = 20;
/// The longest text that is kept of a field, in characters; a name has 255 at most.
const LONGEST_TEXT: usize = 1_000;
/// The longest condition of a query, in characters. Salesforce takes 4,000. Source: salesforce-api.md §4.2.
const LONGEST_CONDITION: usize = 3_500;

/// Under what a number is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchTerms {
    /// Digit strings for the search index. Anything but digits is left out.
    pub digits: Vec<String>,
    /// Texts as they may be stored, for an exact comparison.
    pub exact: Vec<String>,
}

/// What a search has brought: candidates, which still have to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The records.
    pub records: Vec<Record>,
    /// Where they were found: `Salesforce search` or `Salesforce query`.
    pub where_: &'static str,
}

impl Found {
    /// Nothing, looked for in a place.
    pub fn none(where_: &'static str) -> Self {
        Self { records: Vec::new(), where_ }
    }
}

/// An object with the fields that are asked for.
pub(crate) struct Wish {
    pub(crate) object: Object,
    pub(crate) seen: Arc<Description>,
    pub(crate) fields: Vec<String>,
}

impl Session {
    /// Returns the records that the search index has for any of the digit strings, with one request. New records are
    /// missing for some minutes.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn search_index(&self, digits: &[String]) -> Result<Found, Error> {
        let where_ = "Salesforce search";
        let Some(find) = text::find_any(digits) else {
            return Ok(Found { records: Vec::new(), where_ });
        };
        let mut asked = self.search_once(&find, "PHONE").await;
        if self.fields_are_gone(&asked) {
            asked = self.search_once(&find, "PHONE").await;
        }
        let records = asked?;
        Ok(Found { records, where_ })
    }

    /// Returns the records that hold exactly one of the texts in a phone field, with one request for all objects.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn query_exact(&self, exact: &[String]) -> Result<Found, Error> {
        self.query_exact_of(exact, &Object::ALL).await
    }

    /// The same, of some objects.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn query_exact_of(
        &self,
        exact: &[String],
        objects: &[Object],
    ) -> Result<Found, Error> {
        let where_ = "Salesforce query";
        let mut asked = self.query_once(exact, objects).await;
        if self.fields_are_gone(&asked) {
            asked = self.query_once(exact, objects).await;
        }
        let records = asked?;
        Ok(Found { records, where_ })
    }

    /// Returns a record; `None` when it does not exist, or not for this user.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn record(&self, object: Object, id: &RecordId) -> Result<Option<Record>, Error> {
        let mut asked = self.record_once(object, id).await;
        if self.fields_are_gone(&asked) {
            asked = self.record_once(object, id).await;
        }
        Ok(asked?.into_iter().next())
    }

    /// Returns records by the beginnings of words in their names, whether they have a number or not, with one request.
    /// New records are missing for some minutes.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn search_names(&self, text: &str) -> Result<Vec<Record>, Error> {
        let Some(find) = text::find_words(text) else { return Ok(Vec::new()) };
        let mut asked = self.search_once(&find, "NAME").await;
        if self.fields_are_gone(&asked) {
            asked = self.search_once(&find, "NAME").await;
        }
        asked
    }

    async fn record_once(&self, object: Object, id: &RecordId) -> Result<Vec<Record>, Error> {
        let Some(wish) = self.wish(object).await? else { return Ok(Vec::new()) };
        let soql = format!(
            "SELECT {} FROM {} WHERE Id = {}",
            wish.fields.join(", "),
            object.api_name(),
            text::literal(id.as_str())
        );
        let rows = self.query(&soql).await?.into_iter().map(Some).collect();
        Ok(self.records(rows, &[wish]))
    }

    async fn search_once(&self, find: &str, group: &str) -> Result<Vec<Record>, Error> {
        let wishes = self.wishes().await?;
        if wishes.is_empty() {
            return Ok(Vec::new());
        }
        let returning: Vec<String> = wishes
            .iter()
            .map(|wish| {
                let only = wish.condition().map_or(String::new(), |only| format!(" WHERE {only}"));
                let fields = wish.fields.join(", ");
                format!("{}({fields}{only} LIMIT {MOST_HITS})", wish.object.api_name())
            })
            .collect();
        let sosl = format!(
            "FIND {{{find}}} IN {group} FIELDS RETURNING {} WITH SPELL_CORRECTION = false",
            returning.join(", ")
        );
        let hits: Hits = self.ask_json(&Ask::get("search/").with("q", sosl)).await?;
        Ok(self.records(hits.search_records, &wishes))
    }

    async fn query_once(&self, exact: &[String], objects: &[Object]) -> Result<Vec<Record>, Error> {
        let wishes = self.wishes().await?;
        let queries: Vec<Query> = wishes
            .iter()
            .filter(|wish| objects.contains(&wish.object))
            .filter_map(|wish| wish.exactly(exact))
            .map(Query::new)
            .collect();
        let answers = self.queries(&queries).await?;
        let mut rows = Vec::new();
        let mut unreadable = None;
        for answer in answers {
            match answer {
                Ok(found) => rows.extend(found.into_iter().map(Some)),
                // Another object may have the number.
                Err(error) if error.is_unreadable() => unreadable = Some(error),
                Err(error) => return Err(error),
            }
        }
        match unreadable.filter(|_| rows.is_empty()) {
            Some(error) => Err(error),
            None => Ok(self.records(rows, &wishes)),
        }
    }

    /// Reads rows one by one; remembers which could not be.
    fn records(&self, rows: Vec<Option<Row>>, wishes: &[Wish]) -> Vec<Record> {
        let mut found = Vec::new();
        for row in rows.iter().flatten() {
            match record(row, wishes) {
                Some(record) => {
                    self.note_unread(&[], record.object, std::iter::once(&record.id));
                    found.push(record);
                }
                None => {
                    let named = wire::text(row, "attributes.type").and_then(Object::from_api_name);
                    if let Some(object) = named {
                        self.note_unread(
                            &[Unread::of(object, Some(row))],
                            object,
                            std::iter::empty(),
                        );
                    }
                }
            }
        }
        found
    }

    async fn wishes(&self) -> Result<Vec<Wish>, Error> {
        let [contact, lead, account] = Object::ALL.map(|object| self.wish(object));
        let (contact, lead, account) = tokio::try_join!(contact, lead, account)?;
        Ok([contact, lead, account].into_iter().flatten().collect())
    }

    /// Returns the object with all that this user sees of what is wanted; `None` where there is no number to see.
    pub(crate) async fn wish(&self, object: Object) -> Result<Option<Wish>, Error> {
        let Some(seen) = self.describe(object).await? else { return Ok(None) };
        let mut fields = vec!["Id".to_owned()];
        let wanted: &[&str] = match object {
            Object::Contact => &[
                "Name",
                "FirstName",
                "LastName",
                "Email",
                "AccountId",
                "OwnerId",
                "LastActivityDate",
            ],
            Object::Lead => &[
                "Name",
                "FirstName",
                "LastName",
                "Email",
                "Company",
                "OwnerId",
                "LastActivityDate",
            ],
            Object::Account => &[
                "Name",
                "FirstName",
                "LastName",
                "PersonEmail",
                "OwnerId",
                "LastActivityDate",
                "IsPersonAccount",
                "PersonContactId",
            ],
        };
        fields.extend(wanted.iter().filter(|name| seen.field(name).is_some()).map(|&n| n.into()));
        if object == Object::Contact
            && seen.field("AccountId").is_some()
            && let Some(account) = self.describe(Object::Account).await?
            && account.field("Name").is_some()
        {
            fields.push("Account.Name".to_owned());
        }
        let phones = seen.phone_fields().map(|field| field.name.clone());
        let before = fields.len();
        fields.extend(phones.take(MOST_PHONE_FIELDS));
        Ok((fields.len() > before).then_some(Wish { object, seen, fields }))
    }

    /// Says whether a request failed because a field is gone, and forgets the fields: the same request is then worth
    /// one repeat. Plain calls instead of a closure, so that the futures stay `Send` wherever they are spawned.
    pub(crate) fn fields_are_gone<T>(&self, asked: &Result<T, Error>) -> bool {
        let gone = asked.as_ref().is_err_and(|error| error.has_code("INVALID_FIELD"));
        if gone {
            for object in Object::ALL {
                self.forget_description(object.api_name());
            }
        }
        gone
    }
}

impl Wish {
    /// A converted lead lives on as a contact, and the hidden contact of a person account is found as that account.
    pub(crate) fn condition(&self) -> Option<&'static str> {
        let (field, condition) = match self.object {
            Object::Contact => ("IsPersonAccount", "IsPersonAccount = false"),
            Object::Lead => ("IsConverted", "IsConverted = false"),
            Object::Account => return None,
        };
        self.seen.field(field).is_some().then_some(condition)
    }

    /// Returns the query for records that hold exactly one of the texts.
    fn exactly(&self, texts: &[String]) -> Option<String> {
        let literals: Vec<String> = texts
            .iter()
            .filter(|t| !t.is_empty() && t.len() <= 40)
            .map(|t| text::literal(t))
            .collect();
        if literals.is_empty() {
            return None;
        }
        let list = literals.join(",");
        let mut condition = String::new();
        for field in self.seen.phone_fields().filter(|field| field.filterable) {
            let part = format!("{} IN ({list})", field.name);
            if condition.is_empty() {
                condition = part;
            } else if condition.len() + part.len() < LONGEST_CONDITION {
                condition = format!("{condition} OR {part}");
            }
        }
        if condition.is_empty() {
            return None;
        }
        let only = self.condition().map_or(String::new(), |only| format!(" AND {only}"));
        Some(format!(
            "SELECT {} FROM {} WHERE ({condition}){only} LIMIT {MOST_HITS}",
            self.fields.join(", "),
            self.object.api_name()
        ))
    }
}

/// Reads a row. One without an id of its own kind is left out: ids become addresses.
pub(crate) fn record(row: &Row, wishes: &[Wish]) -> Option<Record> {
    let object = match (wire::text(row, "attributes.type"), wishes) {
        (Some(named), _) => Object::from_api_name(named)?,
        // Only one was asked for.
        (None, [only]) => only.object,
        (None, _) => return None,
    };
    let wish = wishes.iter().find(|wish| wish.object == object)?;
    let text = |path: &str| wire::text(row, path).map(bounded);
    let id = |path: &str| wire::text(row, path).and_then(RecordId::parse);
    let account = id("AccountId").map(|id| (id, text("Account.Name").unwrap_or_default()));
    let person = object == Object::Account && wire::truth(row, "IsPersonAccount");
    Some(Record {
        object,
        id: id("Id").filter(|id| id.prefix() == object.key_prefix())?,
        person_contact: if person { id("PersonContactId") } else { None },
        name: text("Name").unwrap_or_default(),
        first_name: text("FirstName"),
        last_name: text("LastName"),
        email: text("Email").or_else(|| text("PersonEmail")),
        account: if object == Object::Contact { account } else { None },
        company: text("Company"),
        owner: id("OwnerId"),
        last_activity: wire::text(row, "LastActivityDate").and_then(day),
        phones: wish
            .seen
            .phone_fields()
            .filter_map(|field| Some((field.name.clone(), text(&field.name)?)))
            .collect(),
    })
}

/// Returns a text as far as a field of a person's record can go. Far longer ones are no name and no number.
fn bounded(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

/// Reads a date (`2026-09-21`) as the beginning of that day in UTC.
fn day(text: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_seconds(start.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_beginning_of_its_day() {
        assert_eq!(day("2026-09-21"), Some(Timestamp::from_seconds(1_789_948_800)));
        assert_eq!(day("2026-09-21T12:00:00.000+0000"), day("2026-09-21"));
        assert_eq!(day("yesterday"), None);
    }
}
