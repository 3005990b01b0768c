//! Several queries with one request.
//!
//! A composite request counts once, whatever is in it. It says 200 even where every part failed, so each part is read by
//! itself. Source: salesforce-api.md §4.3.

use futures_util::future::join_all;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use super::{Ask, Session};
use crate::{
    API_VERSION,
    error::Error,
    http::Answer,
    refusal::{self, Reading},
    wire::{Composite, CompositePart, Page, Row},
};

/// The most queries in one request. Source: salesforce-api.md §4.3.
const AT_ONCE: usize = 5;

/// The longest query that is asked for as an address: with the headers, a token of several thousand bytes among them, it
/// may be 16,384 bytes. A longer one goes in the body of a request for several.
/// Source: help.salesforce.com, article 000386264, "Maximum number of rows returned by SOQL queries over the REST API".
const ADDRESS: usize = 12_000;

/// A query, and whether rows in the recycle bin are wanted too.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) soql: String,
    pub(crate) deleted_too: bool,
}

impl Query {
    pub(crate) fn new(soql: String) -> Self {
        Self { soql, deleted_too: false }
    }

    fn resource(&self) -> &'static str {
        if self.deleted_too { "queryAll/" } else { "query/" }
    }

    /// Returns the statement as an address has it, in which nothing can be a reference to another part.
    fn encoded(&self) -> String {
        url::form_urlencoded::byte_serialize(self.soql.as_bytes()).collect()
    }

    fn fits_an_address(&self) -> bool {
        self.encoded().len() <= ADDRESS
    }
}

impl Session {
    /// Returns all rows of each query, in the same order: five with one request.
    ///
    /// # Errors
    ///
    /// Those of any request, where none of the queries was answered.
    pub(crate) async fn queries(
        &self,
        queries: &[Query],
    ) -> Result<Vec<Result<Vec<Row>, Error>>, Error> {
        let mut answers = Vec::with_capacity(queries.len());
        for some in queries.chunks(AT_ONCE) {
            match some {
                [only] if only.fits_an_address() => answers.push(self.one(only).await),
                several => answers.extend(self.together(several).await?),
            }
        }
        Ok(answers)
    }

    async fn together(&self, queries: &[Query]) -> Result<Vec<Result<Vec<Row>, Error>>, Error> {
        let asked: Result<Composite, Error> = self.ask_json(&composite(queries)).await;
        let mut parts = match asked {
            Ok(answer) => answer.parts,
            // One broken row breaks the whole answer, and a part that is asked for alone may be whole.
            Err(error) if error.is_unreadable() || matches!(error, Error::Rejected { .. }) => {
                let alone = queries.iter().map(|query| self.alone(query, &error));
                return Ok(join_all(alone).await);
            }
            Err(error) => return Err(error),
        };
        let mut answers = Vec::with_capacity(queries.len());
        for (n, query) in queries.iter().enumerate() {
            let name = reference(n);
            let part = parts.iter().position(|part| part.reference == name);
            answers.push(match part.map(|at| parts.swap_remove(at)) {
                Some(part) => self.part(part).await,
                None => {
                    let detail = "a part has no answer".to_owned();
                    self.alone(query, &Error::UnexpectedAnswer { detail }).await
                }
            });
        }
        Ok(answers)
    }

    /// Asks for what was not answered among others, and for this reason. What is too long for that stays unanswered.
    async fn alone(&self, query: &Query, why: &Error) -> Result<Vec<Row>, Error> {
        if query.fits_an_address() { self.one(query).await } else { Err(why.clone()) }
    }

    async fn one(&self, query: &Query) -> Result<Vec<Row>, Error> {
        self.rows(Ask::get(query.resource()).with("q", &query.soql)).await
    }

    async fn part(&self, part: CompositePart) -> Result<Vec<Row>, Error> {
        let status = StatusCode::from_u16(part.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let detail = format!("HTTP {} of a part", status.as_u16());
        if status.is_success() {
            let page: Page =
                serde_json::from_value(part.body).map_err(|_| Error::Unreadable { detail })?;
            return self.rest_of(page).await;
        }
        let body = part.body.to_string().into_bytes();
        match refusal::read(&Answer { status, headers: HeaderMap::new(), body }) {
            Reading::Refused(error) => Err(error),
            Reading::Done | Reading::Stale { .. } => Err(Error::UnexpectedAnswer { detail }),
        }
    }
}

fn composite(queries: &[Query]) -> Ask {
    let parts: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(n, query)| {
            let soql = query.encoded();
            let url = format!("/services/data/v{API_VERSION}/{}?q={soql}", query.resource());
            json!({ "method": "GET", "referenceId": reference(n), "url": url })
        })
        .collect();
    Ask::post("composite", json!({ "allOrNone": false, "compositeRequest": parts })).reading()
}

fn reference(n: usize) -> String {
    format!("query{n}")
}
