//! Call records over REST: what happened while nobody listened.
//!
//! Source: yeastar-open-api.md §6.1.

use std::{collections::HashSet, sync::PoisonError};

use domain::{CallId, CallRecord, Timestamp};

use super::{Client, clock::Span};
use crate::{
    error::Error,
    transport::Request,
    wire::{answer::Answer, clock::PbxClock, record::Row},
};

/// Rows per page: a page of ten thousand takes the PBX seconds.
const PER_PAGE: u64 = 1_000;

/// How this PBX's firmware wants to be asked for a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Search {
    /// Not seen yet: neither way has brought a row or an error.
    #[default]
    Unknown,
    /// With Unix seconds.
    Seconds,
    /// With texts in the display format.
    Displayed,
}

/// All call records of a span of time, page by page, so that any number takes bounded memory.
///
/// ```no_run
/// # async fn example(client: pbx::Client, from: domain::Timestamp, to: domain::Timestamp) -> Result<(), pbx::Error> {
/// let mut records = client.call_records(from, to);
/// while let Some(page) = records.next().await? {
///     for record in page { /* keep it */ }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Records {
    client: Client,
    from: Timestamp,
    to: Timestamp,
    /// How far ahead it looks for calls that are known, and which those are.
    ahead: Option<(Timestamp, HashSet<CallId>)>,
    /// The span by the PBX's clock, the same for all pages.
    span: Option<Span>,
    page: u32,
    seen: u64,
    done: bool,
}

struct Rows {
    records: Vec<CallRecord>,
    /// Rows on the page, those outside the span included.
    rows: u64,
    total: u64,
}

impl Client {
    /// Returns all call records that began from `from` to `to`, oldest page first, one per leg: several share a call's
    /// id. All times are by our clock, also where the PBX's is minutes or days wrong, or one of both was set since the
    /// records were read last.
    pub fn call_records(&self, from: Timestamp, to: Timestamp) -> Records {
        let client = self.clone();
        Records { client, from, to, ahead: None, span: None, page: 1, seen: 0, done: false }
    }

    /// Returns when the oldest record began that the PBX still has, by our clock; `None`: it has none.
    ///
    /// # Errors
    ///
    /// Those of a request.
    pub async fn oldest_record(&self) -> Result<Option<Timestamp>, Error> {
        let request = Request::list("cdr/list")
            .with("page", 1_u32)
            .with("page_size", 1_u64)
            .with("sort_by", "time")
            .with("order_by", "asc");
        let answer: Answer<Vec<Row>> = match self.ask(&request).await {
            Err(Error::DataNotFound) => return Ok(None),
            other => other?,
        };
        let clock = self.ensured_clock().await?;
        let rows = answer.data.unwrap_or_default();
        let oldest = rows.into_iter().filter_map(|row| record(row, clock)).next();
        let all = Timestamp::from_seconds(0)..=self.now().wall.plus(AHEAD);
        Ok(oldest.map(|record| self.on_our_clock(record.started, &all).min(*all.end())))
    }

    /// Asks for a page of a span by the PBX's own clock.
    async fn rows(&self, Span { from, to }: Span, page: u32) -> Result<Rows, Error> {
        let known = *self.lock_search();
        let seconds = (from.as_seconds().to_string(), to.plus(ROUND_UP).as_seconds().to_string());
        match known {
            Search::Seconds => self.search(from, to, page, seconds).await,
            Search::Displayed => {
                let span = self.displayed(from, to).await?;
                self.search(from, to, page, span).await
            }
            Search::Unknown => match self.search(from, to, page, seconds).await {
                Ok(rows) if rows.total > 0 || rows.rows > 0 => {
                    *self.lock_search() = Search::Seconds;
                    Ok(rows)
                }
                // One firmware finds nothing in place of an error: ask the other way before believing it.
                Ok(nothing) => {
                    let Ok(span) = self.displayed(from, to).await else { return Ok(nothing) };
                    match self.search(from, to, page, span).await {
                        Ok(rows) if rows.rows > 0 => {
                            *self.lock_search() = Search::Displayed;
                            Ok(rows)
                        }
                        Ok(_) => Ok(nothing),
                        Err(Error::Refused { code: 40002, .. }) => {
                            *self.lock_search() = Search::Seconds;
                            Ok(nothing)
                        }
                        Err(other) => Err(other),
                    }
                }
                Err(Error::Refused { code: 40002, .. }) => {
                    let span = self.displayed(from, to).await?;
                    let rows = self.search(from, to, page, span).await?;
                    *self.lock_search() = Search::Displayed;
                    Ok(rows)
                }
                Err(other) => Err(other),
            },
        }
    }

    async fn search(
        &self,
        from: Timestamp,
        to: Timestamp,
        page: u32,
        (start, end): (String, String),
    ) -> Result<Rows, Error> {
        let request = Request::list("cdr/search")
            .with("page", page)
            .with("page_size", PER_PAGE)
            .with("sort_by", "time")
            .with("order_by", "asc")
            .with("start_time", start)
            .with("end_time", end);
        let answer: Answer<Vec<Row>> = match self.ask(&request).await {
            Err(Error::DataNotFound) => return Ok(Rows { records: Vec::new(), rows: 0, total: 0 }),
            other => other?,
        };
        let total = answer.total_number.count();
        let rows = answer.data.unwrap_or_default();
        let clock = match rows.iter().any(|row| row.timestamp().is_none()) {
            true => self.ensured_clock().await?,
            false => None,
        };
        let count = rows.len() as u64;
        let mut records: Vec<_> = rows.into_iter().filter_map(|row| record(row, clock)).collect();
        // Some firmware finds more than was asked for.
        records.retain(|record| (from..=to.plus(ROUND_UP)).contains(&record.started));
        records.sort_by_key(|record| record.started);
        Ok(Rows { records, rows: count, total })
    }

    /// Spells the span in the display format.
    async fn displayed(&self, from: Timestamp, to: Timestamp) -> Result<(String, String), Error> {
        let clock = self.ensured_clock().await?;
        clock
            .and_then(|clock| clock.display(from).zip(clock.display(to.plus(ROUND_UP))))
            .ok_or_else(|| Error::unexpected("no time format in the system information"))
    }

    fn lock_search(&self) -> std::sync::MutexGuard<'_, Search> {
        self.0.search.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A record that is later than this is from another time.
const AHEAD: std::time::Duration = std::time::Duration::from_secs(120);
/// Records have whole seconds: the last one of the span belongs to it.
const ROUND_UP: std::time::Duration = std::time::Duration::from_millis(999);

fn record(row: Row, clock: Option<PbxClock>) -> Option<CallRecord> {
    let started = row
        .timestamp()
        .or_else(|| clock.and_then(|clock| clock.read_displayed(row.displayed_start())));
    let record = started.and_then(|started| row.into_record(started));
    if record.is_none() {
        tracing::warn!("a call record without id or time was passed over");
    }
    record
}

impl Records {
    /// Looks further ahead, up to `to`, for records of these calls: the PBX's clock may have been set, and put right again,
    /// while it was not read. Such a record counts as one of now.
    #[must_use]
    pub fn with_known_ahead(mut self, to: Timestamp, known: HashSet<CallId>) -> Self {
        self.ahead = Some((to.max(self.to), known));
        self
    }

    fn end(&self) -> Timestamp {
        self.ahead.as_ref().map_or(self.to, |(to, _)| *to)
    }

    /// Returns the next page's records, by time; `None` after the last. After an error the same page is asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<CallRecord>>, Error> {
        if self.done {
            return Ok(None);
        }
        let Rows { mut records, rows, total } = self.page().await?;
        let now = self.client.now().wall;
        let asked = self.from.minus(ROUND_UP)..=self.to.min(now.plus(AHEAD));
        if let (Some((far, known)), Some(span)) = (&self.ahead, self.span) {
            let end = span.to.minus(far.since(self.to)).plus(ROUND_UP);
            records.retain(|record| record.started <= end || known.contains(&record.call));
        }
        for record in &mut records {
            record.started = self.client.on_our_clock(record.started, &asked).min(*asked.end());
        }
        self.page += 1;
        self.seen += rows;
        self.done = rows == 0 || self.seen >= total;
        Ok(if rows == 0 { None } else { Some(records) })
    }

    /// Asks for the page that comes next. Where the PBX answers with other times than it was asked for, its clock may have
    /// been set: it is read once more.
    async fn page(&mut self) -> Result<Rows, Error> {
        let span = match self.span {
            Some(span) => span,
            None => *self.span.insert(self.client.span(self.from, self.end()).await?),
        };
        let rows = self.client.rows(span, self.page).await?;
        if self.page > 1 || rows.rows == 0 || !rows.records.is_empty() {
            return Ok(rows);
        }
        self.client.doubt_clock();
        let again = self.client.span(self.from, self.end()).await?;
        if again == span {
            return Ok(rows);
        }
        self.span = Some(again);
        self.client.rows(again, self.page).await
    }
}
