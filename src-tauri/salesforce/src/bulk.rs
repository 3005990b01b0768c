//! Many records at once: a query that Salesforce works on by itself, and whose rows are fetched as CSV.
//!
//! ```text
//!  begin ──► working ──► done ──► rows, behind a locator each ──► end
//!               │          └── its id and the locator go on after any restart
//!               └──► failed: the records are fetched page by page instead
//! ```
//!
//! A user may not have it, nor an edition: that says nothing about the rest of the API.
//! Source: salesforce-api.md §9.

use domain::{Object, RecordId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    error::Error,
    export::{has_number, is_caller},
    search::{self, Wish},
    session::{Ask, Session, json as read},
    unread::Unread,
    wire::Row,
};

/// The most rows that are fetched at once: some three megabytes.
const ROWS: usize = 10_000;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkState {
    /// Salesforce works on it.
    Working,
    /// Its rows can be fetched.
    Done,
    /// There will be none.
    Failed,
}

/// Some of the rows of a job.
#[derive(Clone, Debug, Default)]
pub struct BulkRows {
    /// Records that have a number.
    pub records: Vec<domain::Record>,
    /// Where the next rows begin; `None`: these were the last.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Job {
    id: String,
    state: String,
}

impl Session {
    /// Has Salesforce begin to look for the records of an object that have a number. `None`: this user does not see one
    /// of its numbers. Returns the job's id.
    ///
    /// # Errors
    ///
    /// Those of any request; one that is not worth a retry says that this user has no bulk queries.
    pub async fn bulk_begin(&self, object: Object) -> Result<Option<RecordId>, Error> {
        let Some(wish) = self.wish(object).await? else { return Ok(None) };
        let job = json!({ "operation": "query", "query": question(&wish), "contentType": "CSV",
            "columnDelimiter": "COMMA", "lineEnding": "LF" });
        let answer = self.ask(&Ask::post("jobs/query", job).apart()).await?;
        let job: Job = read(&answer)?;
        let id = RecordId::parse(&job.id);
        id.map(Some).ok_or_else(|| odd("a job without an id"))
    }

    /// Says how far a job is.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn bulk_state(&self, job: &RecordId) -> Result<BulkState, Error> {
        let answer = self.ask(&Ask::get(format!("jobs/query/{job}")).apart()).await?;
        let job: Job = read(&answer)?;
        Ok(match job.state.as_str() {
            "JobComplete" => BulkState::Done,
            "Failed" | "Aborted" => BulkState::Failed,
            // UploadComplete, InProgress.
            _ => BulkState::Working,
        })
    }

    /// Returns rows of a job that is done, from where `locator` says.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn bulk_rows(
        &self,
        object: Object,
        job: &RecordId,
        locator: Option<&str>,
    ) -> Result<BulkRows, Error> {
        let Some(wish) = self.wish(object).await? else { return Ok(BulkRows::default()) };
        let mut ask = Ask::get(format!("jobs/query/{job}/results"))
            .with("maxRecords", ROWS.to_string())
            .accept("text/csv")
            .apart();
        if let Some(locator) = locator {
            ask = ask.with("locator", locator);
        }
        let answer = self.ask(&ask).await?;
        // Without it this is somebody else's page, which must not be taken for the end.
        let next = answer.header("sforce-locator").ok_or_else(|| odd("rows without a locator"))?;
        let next = (next != "null").then(|| next.to_owned());
        let count = answer.header("sforce-numberofrecords").and_then(|count| count.parse().ok());
        if next.is_some() && next.as_deref() == locator {
            return Err(odd("rows that lead nowhere"));
        }
        // Thousands of rows take a while; others have work as well.
        let read = move || records(&answer.body, &wish, count);
        let records = tokio::task::spawn_blocking(read).await;
        let (records, unread) = records.map_err(|_| odd("rows that cannot be read"))??;
        self.note_unread(&unread, object, records.iter().map(|record| &record.id));
        Ok(BulkRows { records, next })
    }

    /// Has Salesforce forget a job. One that is gone is as good.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn bulk_end(&self, job: &RecordId) -> Result<(), Error> {
        self.delete(&format!("jobs/query/{job}")).await
    }
}

fn question(wish: &Wish) -> String {
    let only = wish.condition().map(str::to_owned).into_iter();
    let conditions: Vec<String> = only.chain(has_number(wish)).collect();
    let only = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    // Without an order: Salesforce splits the work.
    format!("SELECT {} FROM {}{only}", wish.fields.join(", "), wish.object.api_name())
}

/// Reads a file of rows. Its first line names the fields, those of a related record by their path.
/// `count`: how many rows there must be.
fn records(
    file: &[u8],
    wish: &Wish,
    count: Option<usize>,
) -> Result<(Vec<domain::Record>, Vec<Unread>), Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let names = reader.headers().map_err(|_| odd("a file without names"))?.clone();
    if !names.iter().any(|name| name == "Id") {
        return Err(odd("a file without ids"));
    }
    let (mut found, mut unread, mut lines) = (Vec::new(), Vec::new(), 0);
    let mut whole = true;
    for line in reader.byte_records() {
        let line = line.map_err(|_| odd("a line that cannot be read"))?;
        lines += 1;
        whole = line.len() == names.len();
        let cells: Vec<_> = line.iter().map(String::from_utf8_lossy).collect();
        let row = row(wish.object, names.iter().zip(cells.iter().map(AsRef::as_ref)));
        match search::record(&row, std::slice::from_ref(wish)).filter(|_| whole) {
            Some(record) if is_caller(&record, &row) => found.push(record),
            Some(_) => {}
            None => unread.push(Unread::of(wish.object, Some(&row))),
        }
    }
    if !whole || count.is_some_and(|count| count != lines) {
        return Err(odd("a file that was cut off"));
    }
    Ok((found, unread))
}

/// Puts a line into the shape of a query's row.
fn row<'a>(object: Object, cells: impl Iterator<Item = (&'a str, &'a str)>) -> Row {
    let mut row = Map::new();
    row.insert("attributes".to_owned(), json!({ "type": object.api_name() }));
    for (name, text) in cells.filter(|(_, text)| !text.is_empty()) {
        let value = match text {
            "true" if name.starts_with("Is") => Value::Bool(true),
            "false" if name.starts_with("Is") => Value::Bool(false),
            text => Value::from(text),
        };
        match name.split_once('.') {
            None => drop(row.insert(name.to_owned(), value)),
            Some((relation, name)) => {
                let related = row.entry(relation).or_insert_with(|| json!({}));
                if let Some(related) = related.as_object_mut() {
                    related.insert(name.to_owned(), value);
                }
            }
        }
    }
    row
}

fn odd(detail: &str) -> Error {
    Error::UnexpectedAnswer { detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_row_with_its_relations() {
        let cells = [
            ("Id", "003000000000001AAA"),
            ("Name", "Ada \"A.\" Moreno\nBerlin"),
            ("Account.Name", "Orbita, SL"),
            ("Email", ""),
            ("IsPersonAccount", "true"),
        ];
        let expected = json!({
            "attributes": { "type": "Contact" }, "Id": "003000000000001AAA",
            "Name": "Ada \"A.\" Moreno\nBerlin", "Account": { "Name": "Orbita, SL" },
            "IsPersonAccount": true,
        });
        assert_eq!(Value::Object(row(Object::Contact, cells.into_iter())), expected);
    }
}
