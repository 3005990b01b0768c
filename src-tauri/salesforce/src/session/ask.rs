//! One request in the user's name.

use std::time::Duration;

use reqwest::{Method, Request, StatusCode, header};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{Pass, Session};
use crate::{
    API_VERSION,
    error::Error,
    http::{self, Answer},
    instance::Instance,
    mend::mended,
    refusal::{self, Reading},
    wire::{OfferedVersion, Page, Row},
};

/// The most rows that one query collects here.
const MOST_ROWS: usize = 20_000;

/// What is asked of the REST API.
#[derive(Debug)]
pub(crate) struct Ask {
    method: Method,
    /// Below `/services/data/vXX.0`, each segment encoded; or a whole server-relative path.
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    since: Option<String>,
    headers: Vec<(&'static str, &'static str)>,
    accept: &'static str,
    /// A refusal says nothing about other requests.
    apart: bool,
    /// It changes nothing, whatever its method.
    reads: bool,
    /// How long it may take; `None`: as long as any.
    patience: Option<Duration>,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            body: None,
            since: None,
            headers: Vec::new(),
            accept: "application/json",
            apart: false,
            reads: true,
            patience: None,
        }
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::POST, body: Some(body), reads: false, ..Self::get(path) }
    }

    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::PATCH, body: Some(body), reads: false, ..Self::get(path) }
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, reads: false, ..Self::get(path) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds one of Salesforce's own headers.
    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Asks for another kind of answer than JSON.
    pub(crate) fn accept(mut self, kind: &'static str) -> Self {
        self.accept = kind;
        self
    }

    /// Keeps a refusal to itself: this may be closed to the user while the rest of the API is not.
    pub(crate) fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// Says that nothing is changed by it, although its method could.
    pub(crate) fn reading(mut self) -> Self {
        self.reads = true;
        self
    }

    /// Gives it so long, connection included.
    pub(crate) fn within(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Asks only for what has changed since the `Last-Modified` of an earlier answer.
    pub(crate) fn since(mut self, date: Option<String>) -> Self {
        self.since = date;
        self
    }

    /// Lets an answer pass that can be Salesforce's. A page for people is the network's, whatever status it comes with:
    /// nothing says that a change was carried out.
    fn own(&self, answer: Answer) -> Result<Answer, Error> {
        if !answer.is_page() {
            return Ok(answer);
        }
        if self.reads {
            return Err(Error::UnexpectedAnswer { detail: "a page for people".to_owned() });
        }
        Err(Error::LostAnswer(None))
    }

    fn url(&self, instance: &Instance) -> Url {
        let mut url = if self.path.starts_with("/services/data/") {
            instance.page(&self.path)
        } else {
            instance.page(&format!("/services/data/v{API_VERSION}/{}", self.path))
        };
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }
}

impl Session {
    /// Sends a request with the user's access token; where that is refused, renews it and sends it once more.
    ///
    /// While the API is exhausted or switched off nothing is sent but one request every 15 minutes: lookups, entries
    /// and people share that one.
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Answer, Error> {
        self.inner.closed_api.check()?;
        let pass = self.pass().await?;
        let answer = self.send(ask, &pass).await?;
        match refusal::read(&answer) {
            Reading::Done => return ask.own(answer),
            Reading::Refused(error) => return Err(self.noted(ask, error)),
            Reading::Stale { .. } => {}
        }
        let pass = self.replaced(&pass).await?;
        let answer = self.send(ask, &pass).await?;
        match refusal::read(&answer) {
            Reading::Done => {
                self.accepted(&pass);
                ask.own(answer)
            }
            Reading::Refused(error) => {
                self.accepted(&pass);
                Err(self.noted(ask, error))
            }
            Reading::Stale { text } => Err(self.refused(text)),
        }
    }

    fn noted(&self, ask: &Ask, error: Error) -> Error {
        let closed = ask.apart && matches!(error, Error::ApiDisabled { .. });
        if closed { error } else { self.inner.closed_api.noted(error) }
    }

    async fn send(&self, ask: &Ask, pass: &Pass) -> Result<Answer, Error> {
        let inner = &self.inner;
        let http = inner.http().api;
        let mut builder = http
            .request(ask.method.clone(), ask.url(&pass.instance))
            .bearer_auth(pass.access.expose_secret())
            .header(header::ACCEPT, ask.accept);
        if let Some(body) = &ask.body {
            builder = builder.json(body);
        }
        if let Some(patience) = ask.patience {
            builder = builder.timeout(patience);
        }
        for (name, value) in &ask.headers {
            builder = builder.header(*name, *value);
        }
        if let Some(date) = &ask.since {
            builder = builder.header(header::IF_MODIFIED_SINCE, date);
        }
        inner.meter.count();
        let answer = http::send(&http, built(builder)?).await;
        match &answer {
            Ok(answer) => {
                if let Some(header) = answer.header("sforce-limit-info") {
                    inner.meter.read(header);
                }
                tracing::debug!(method = %ask.method, status = answer.status.as_u16(), "Salesforce answered");
            }
            Err(error) => {
                tracing::debug!(method = %ask.method, %error, "Salesforce did not answer");
            }
        }
        answer
    }

    /// Sends a request that changes nothing, and reads the answer as JSON.
    pub(crate) async fn ask_json<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, Error> {
        self.ask_read(ask).await.map(|(read, _)| read)
    }

    /// The same; returns also the answer. One that cannot be read is asked for once more: it may have been cut off on
    /// the way.
    pub(crate) async fn ask_read<T: DeserializeOwned>(
        &self,
        ask: &Ask,
    ) -> Result<(T, Answer), Error> {
        for _ in 0..2 {
            match self.ask(ask).await.and_then(|answer| Ok((json(&answer)?, answer))) {
                Err(error) if error.is_unreadable() => {}
                other => return other,
            }
        }
        Err(Error::Unreadable { detail: "twice".to_owned() })
    }

    /// Returns all rows of a query, page by page.
    pub(crate) async fn query(&self, soql: &str) -> Result<Vec<Row>, Error> {
        self.rows(Ask::get("query/").with("q", soql)).await
    }

    pub(super) async fn rows(&self, ask: Ask) -> Result<Vec<Row>, Error> {
        self.rest_of(self.ask_json(&ask).await?).await
    }

    /// Returns the rows of a query's first page and of those that follow.
    pub(super) async fn rest_of(&self, mut page: Page) -> Result<Vec<Row>, Error> {
        let mut rows = std::mem::take(&mut page.records);
        // What is no row is nobody's: the others count.
        while let Some(next) = page.next_records_url.take() {
            if rows.len() >= MOST_ROWS {
                return Err(Error::UnexpectedAnswer { detail: "a query without end".to_owned() });
            }
            page = self.ask_json(&Ask::get(next_page(&next)?)).await?;
            rows.append(&mut page.records);
        }
        Ok(rows.into_iter().flatten().collect())
    }

    /// Returns all rows of a query that leaves out what the user does not see of `optional`, field by field.
    pub(crate) async fn query_visible(
        &self,
        fields: &[&str],
        optional: &[&str],
        rest: &str,
    ) -> Result<Vec<Row>, Error> {
        let mut optional = optional.to_vec();
        loop {
            let mut list = fields.to_vec();
            list.extend(&optional);
            let soql = format!("SELECT {} {rest}", list.join(", "));
            match self.query(&soql).await {
                Err(Error::Rejected { code, message, .. })
                    if code == "INVALID_FIELD" && !optional.is_empty() =>
                {
                    let before = optional.len();
                    optional.retain(|field| !names(&message, field));
                    if optional.len() == before {
                        optional.clear();
                    }
                }
                other => return other,
            }
        }
    }

    /// Returns the versions of the API that the org offers (`62.0`); also says whether the org can be reached.
    /// Sends no token.
    ///
    /// # Errors
    ///
    /// Those of reaching it.
    pub async fn versions(&self) -> Result<Vec<String>, Error> {
        let http = self.inner.http().api;
        let builder = http.get(self.instance().page("/services/data/"));
        let answer =
            http::send(&http, built(builder.header(header::ACCEPT, "application/json"))?).await?;
        match refusal::read(&answer) {
            Reading::Done => {
                let offered: Vec<OfferedVersion> = json(&answer)?;
                Ok(offered.into_iter().map(|offer| offer.version).collect())
            }
            Reading::Stale { text } => Err(Error::UnexpectedAnswer { detail: text }),
            Reading::Refused(error) => Err(error),
        }
    }
}

fn built(builder: reqwest::RequestBuilder) -> Result<Request, Error> {
    builder
        .build()
        .map_err(|_| Error::UnexpectedAnswer { detail: "no request could be made".to_owned() })
}

/// Reads an answer's body.
pub(crate) fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    let read = serde_json::from_slice(&answer.body);
    let read = read.or_else(|error| serde_json::from_str(&mended(&answer.body)).map_err(|_| error));
    read.map_err(|error| {
        // Where a change was asked for, it has happened; a reader takes it as any other odd answer.
        if answer.status == StatusCode::CREATED {
            return Error::LostAnswer(None);
        }
        let (status, line) = (answer.status.as_u16(), error.line());
        let detail = format!("HTTP {status}, {:?} error in line {line}", error.classify());
        if answer.is_json() {
            Error::Unreadable { detail }
        } else {
            Error::UnexpectedAnswer { detail }
        }
    })
}

/// Checks the address of a query's next page: a path on the same host, of the same API. Source: faults.md E17.
fn next_page(next: &str) -> Result<&str, Error> {
    let fine = next.starts_with("/services/data/")
        && !next.contains("..")
        && next.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_".contains(&b));
    if fine {
        Ok(next)
    } else {
        Err(Error::UnexpectedAnswer { detail: "the next page is elsewhere".to_owned() })
    }
}

/// Says whether an error message names a field: as a word of its own, with or without its relation.
fn names(message: &str, field: &str) -> bool {
    let last = field.rsplit('.').next().unwrap_or(field);
    let relation = field.split('.').next().unwrap_or(field);
    message
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .any(|word| word == last || word == relation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_is_on_the_same_host_or_refused() {
        assert!(next_page("/services/data/v62.0/query/01g5g00000Exmpl-2000").is_ok());
        for bad in [
            "https://evil.example/services/data/v62.0/query/01g",
            "//evil.example/services/data/",
            "/services/data/../../secret",
            "/services/data/v62.0/query?q=x",
            "/services/apexrest/x",
            "",
        ] {
            assert!(next_page(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_hidden_field_is_recognised_in_the_message() {
        let message = "No such column 'Extension' on entity 'User'. If you are attempting";
        assert!(names(message, "Extension"));
        assert!(!names(message, "Email"));
        assert!(names("Didn't understand relationship 'Profile' in field path", "Profile.Name"));
    }
}
