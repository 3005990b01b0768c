//! Bulk API 2.0, queries: a job works by itself, its rows are fetched as CSV by locator, and a person may delete it.

use serde_json::{Map, Value, json};

use super::{
    ids,
    org::Org,
    query::Viewer,
    refusal::Refusal,
    rest::{Done, Part},
};

/// What becomes of queries in bulk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bulk {
    /// They are worked on.
    #[default]
    Works,
    /// The user may not, or the edition has no Bulk API.
    Refused,
    /// Each job ends as failed.
    Fails,
    /// No job ever ends.
    NeverEnds,
}

/// A query that was taken on.
#[derive(Clone, Debug)]
pub(super) struct Job {
    id: String,
    owner: String,
    query: String,
    /// The rows as they were then: Salesforce reads them while the job works.
    lines: Vec<String>,
    header: String,
    ready_ms: i64,
}

impl Org {
    /// `POST jobs/query`.
    pub(super) fn begin_bulk(&mut self, part: &Part, viewer: &Viewer) -> Result<Done, Refusal> {
        if self.switches.bulk == Bulk::Refused {
            let message = "The requested resource is not available to this user";
            return Err(Refusal::new(403, "FUNCTIONALITY_NOT_ENABLED", message));
        }
        let body = part.body.as_ref().and_then(Value::as_object);
        let word = |name: &str| body.and_then(|body| body.get(name)?.as_str()).unwrap_or_default();
        if word("operation") != "query" {
            return Err(Refusal::bad("INVALIDJOB", "operation must be query or queryAll"));
        }
        let query = word("query").to_owned();
        if query.to_ascii_uppercase().contains("COUNT(") {
            return Err(Refusal::bad(
                "API_ERROR",
                "Aggregate Relationships not supported in Bulk Query",
            ));
        }
        let rows = self.bulk_rows(&query, viewer)?;
        let columns: Vec<String> = {
            let list = query.get(6..query.to_ascii_uppercase().find(" FROM ").unwrap_or(6));
            list.unwrap_or_default().split(',').map(|name| name.trim().to_owned()).collect()
        };
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let lines = rows.iter().map(|row| {
            let cells: Vec<String> = columns.iter().map(|path| quoted(&cell(row, path))).collect();
            cells.join(",")
        });
        let job = Job {
            id: ids::make("750", self.next_id),
            owner: viewer.username.clone(),
            query,
            lines: lines.collect(),
            header: columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(","),
            ready_ms: viewer.now_ms
                + i64::try_from(self.switches.bulk_takes.as_millis()).unwrap_or(i64::MAX),
        };
        self.next_id += 1;
        let told = self.told(&job, viewer.now_ms);
        self.jobs.push(job);
        Ok(Done::new(200, told))
    }

    fn bulk_rows(&mut self, query: &str, viewer: &Viewer) -> Result<Vec<Value>, Refusal> {
        let short = self.switches.short_pages.take();
        let answer = self.query(query, viewer, usize::MAX, false);
        self.switches.short_pages = short;
        Ok(answer?["records"].as_array().cloned().unwrap_or_default())
    }

    /// `GET jobs/query/{id}`.
    pub(super) fn bulk(&self, id: &str, viewer: &Viewer) -> Result<Done, Refusal> {
        self.job(id, viewer).map(|job| Done::new(200, self.told(job, viewer.now_ms)))
    }

    /// `GET jobs/query/{id}/results`.
    pub(super) fn bulk_results(
        &self,
        id: &str,
        part: &Part,
        viewer: &Viewer,
    ) -> Result<Done, Refusal> {
        let job = self.job(id, viewer)?;
        if self.state(job, viewer.now_ms) != "JobComplete" {
            return Err(Refusal::bad("INVALIDJOBSTATE", "the job is not complete"));
        }
        let number = |name: &str| part.parameter(name)?.parse::<usize>().ok();
        let from = match part.parameter("locator") {
            None => 0,
            Some(locator) => locator
                .strip_prefix("L")
                .and_then(|text| text.parse().ok())
                .filter(|from| *from < job.lines.len())
                .ok_or_else(|| Refusal::bad("INVALIDLOCATOR", "invalid locator"))?,
        };
        let most = number("maxRecords").unwrap_or(50_000).min(self.switches.bulk_page.max(1));
        let page: Vec<&str> = job.lines.iter().skip(from).take(most).map(String::as_str).collect();
        let next = from + page.len();
        let next = if next < job.lines.len() { format!("L{next}") } else { "null".to_owned() };
        let text = format!("{}\n{}\n", job.header, page.join("\n"));
        let mut done = Done::new(200, Value::from(text.trim_end_matches('\n').to_owned() + "\n"));
        done.headers.push(("sforce-locator", next));
        done.headers.push(("sforce-numberofrecords", page.len().to_string()));
        Ok(done)
    }

    /// `DELETE jobs/query/{id}`.
    pub(super) fn end_bulk(&mut self, id: &str, viewer: &Viewer) -> Result<Done, Refusal> {
        self.job(id, viewer)?;
        self.jobs.retain(|job| job.id != id);
        Ok(Done::empty(204))
    }

    /// How many jobs lie about.
    pub(super) fn bulk_jobs(&self) -> usize {
        self.jobs.len()
    }

    fn job(&self, id: &str, viewer: &Viewer) -> Result<&Job, Refusal> {
        let found = self.jobs.iter().find(|job| job.id == id && job.owner == viewer.username);
        found.ok_or_else(Refusal::not_found)
    }

    fn state(&self, job: &Job, now_ms: i64) -> &'static str {
        match self.switches.bulk {
            Bulk::NeverEnds => "InProgress",
            _ if now_ms < job.ready_ms => "InProgress",
            Bulk::Fails => "Failed",
            Bulk::Works | Bulk::Refused => "JobComplete",
        }
    }

    fn told(&self, job: &Job, now_ms: i64) -> Value {
        let state = self.state(job, now_ms);
        let mut told = Map::new();
        for (name, value) in [
            ("id", json!(job.id)),
            ("operation", json!("query")),
            ("object", json!(job.query.split(" FROM ").nth(1).and_then(|r| r.split(' ').next()))),
            ("state", json!(state)),
            ("contentType", json!("CSV")),
            ("lineEnding", json!("LF")),
            ("columnDelimiter", json!("COMMA")),
        ] {
            told.insert(name.to_owned(), value);
        }
        if state == "JobComplete" {
            told.insert("numberRecordsProcessed".to_owned(), json!(job.lines.len()));
        }
        if state == "Failed" {
            told.insert("errorMessage".to_owned(), json!("UNABLE_TO_LOCK_ROW: try later"));
        }
        Value::Object(told)
    }
}

/// A cell as the file spells it: a related record's field by its path, nothing for null.
fn cell(row: &Value, path: &str) -> String {
    let value = path.split('.').fold(row, |value, name| &value[name]);
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
