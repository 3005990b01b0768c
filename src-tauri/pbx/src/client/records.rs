//! Call records over REST: what happened while nobody listened.
//!
//! A PBX that was upgraded has its records in two places: those that the older software wrote, and those of the newer. What
//! a search shows of both is not told, so each is asked for its newest record, and read where the search has not shown it.
//! The rows of `openapi/v2.0` are not read: whether they name the call is not known, and without its name it would be
//! logged twice.
//!
//! Source: yeastar-open-api.md §1.1, §6.1.

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

/// Where an upgraded PBX has its records, by the words that `cdr/list` takes.
const PLACES: [&str; 2] = ["legacy", "new"];
/// The first release with a place for new records, behind the number of the edition.
const TWO_PLACES: [u32; 3] = [21, 0, 117];

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
    /// Places that are looked at after the search, the next one last.
    places: Vec<Place>,
    /// What the search has shown, where there are such places.
    shown: HashSet<(CallId, Timestamp)>,
}

/// One of the places, and how far it has been read, newest record first.
#[derive(Clone, Copy, Debug)]
struct Place {
    name: &'static str,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Whether the search has shown all of it is to be asked.
    Unasked,
    /// This page comes next, after so many rows.
    Page { page: u32, seen: u64 },
    /// All that is of the span has been read.
    Read,
}

#[derive(Default)]
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
        Records {
            client,
            from,
            to,
            ahead: None,
            span: None,
            page: 1,
            seen: 0,
            done: false,
            places: Vec::new(),
            shown: HashSet::new(),
        }
    }

    /// Returns when the oldest record began that the PBX still has, by our clock; `None`: it has none.
    ///
    /// # Errors
    ///
    /// Those of a request.
    pub async fn oldest_record(&self) -> Result<Option<Timestamp>, Error> {
        let mut oldest = self.oldest_of(None).await?;
        if self.has_two_places() {
            for place in PLACES {
                let other = self.oldest_of(Some(place)).await?;
                oldest = oldest.into_iter().chain(other).min();
            }
        }
        let all = Timestamp::from_seconds(0)..=self.now().wall.plus(AHEAD);
        Ok(oldest.map(|started| self.on_our_clock(started, &all).min(*all.end())))
    }

    /// Returns when the oldest record of a place began, by the PBX's clock.
    async fn oldest_of(&self, place: Option<&str>) -> Result<Option<Timestamp>, Error> {
        let rows = self.listed(place, 1, 1, "asc").await?;
        Ok(rows.records.first().map(|record| record.started))
    }

    /// Asks for a page of the list of all records, or of those in one place.
    async fn listed(
        &self,
        place: Option<&str>,
        page: u32,
        per_page: u64,
        order: &str,
    ) -> Result<Rows, Error> {
        let mut request = Request::list("cdr/list")
            .with("page", page)
            .with("page_size", per_page)
            .with("sort_by", "time")
            .with("order_by", order);
        if let Some(place) = place {
            request = request.with("from", place);
        }
        match self.ask(&request).await {
            Ok(answer) => self.read(answer).await,
            Err(Error::DataNotFound) => Ok(Rows::default()),
            // Not every software that has two places takes the word.
            Err(Error::Refused { .. }) if place.is_some() => Ok(Rows::default()),
            Err(other) => Err(other),
        }
    }

    /// Says whether this PBX's software may keep records of older software apart.
    fn has_two_places(&self) -> bool {
        self.lock_firmware().as_deref().is_some_and(has_two_places)
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
            Err(Error::DataNotFound) => return Ok(Rows::default()),
            other => other?,
        };
        let mut rows = self.read(answer).await?;
        // Some firmware finds more than was asked for.
        rows.records.retain(|record| (from..=to.plus(ROUND_UP)).contains(&record.started));
        rows.records.sort_by_key(|record| record.started);
        Ok(rows)
    }

    async fn read(&self, answer: Answer<Vec<Row>>) -> Result<Rows, Error> {
        let total = answer.total_number.count();
        let rows = answer.data.unwrap_or_default();
        let clock = match rows.iter().any(|row| row.timestamp().is_none()) {
            true => self.ensured_clock().await?,
            false => None,
        };
        let count = rows.len() as u64;
        let records = rows.into_iter().filter_map(|row| record(row, clock)).collect();
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

/// Says whether a release such as `37.21.0.117` has a place for new records.
fn has_two_places(firmware: &str) -> bool {
    let numbers: Option<Vec<u32>> =
        firmware.trim().split('.').map(|part| part.parse().ok()).collect();
    numbers.is_some_and(|numbers| {
        numbers.get(1..).is_some_and(|release| release >= TWO_PLACES.as_slice())
    })
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

    /// Looks also for records that an upgraded PBX keeps apart.
    #[must_use]
    pub fn with_both_places(mut self) -> Self {
        self.places = PLACES.map(|name| Place { name, stage: Stage::Unasked }).into();
        self
    }

    /// Returns the next page's records; `None` after the last. After an error the same page is asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<CallRecord>>, Error> {
        if !self.done
            && let Some(records) = self.searched().await?
        {
            return Ok(Some(records));
        }
        if !self.client.has_two_places() {
            return Ok(None);
        }
        while let Some(Place { name, stage }) = self.places.last().copied() {
            let (records, next) = match stage {
                Stage::Unasked if self.has_more_than_shown(name).await? => {
                    (None, Stage::Page { page: 1, seen: 0 })
                }
                Stage::Unasked | Stage::Read => {
                    self.places.pop();
                    continue;
                }
                Stage::Page { page, seen } => {
                    let (records, next) = self.placed(name, page, seen).await?;
                    (Some(records), next)
                }
            };
            if let Some(place) = self.places.last_mut() {
                place.stage = next;
            }
            if records.is_some() {
                return Ok(records);
            }
        }
        Ok(None)
    }

    /// Returns the next page of the search.
    async fn searched(&mut self) -> Result<Option<Vec<CallRecord>>, Error> {
        let Rows { mut records, rows, total } = self.page().await?;
        self.keep_known_ahead(&mut records);
        if !self.places.is_empty() {
            self.shown.extend(records.iter().map(|record| (record.call.clone(), record.started)));
        }
        self.page += 1;
        self.seen += rows;
        self.done = rows == 0 || self.seen >= total;
        Ok((rows > 0).then(|| self.on_our_clock(records)))
    }

    /// Says whether a place has a record of the span that the search has not shown.
    async fn has_more_than_shown(&self, place: &str) -> Result<bool, Error> {
        let newest = self.client.listed(Some(place), 1, 1, "desc").await?.records.pop();
        Ok(newest.zip(self.span).is_some_and(|(newest, span)| {
            newest.started >= span.from && !self.shown.contains(&(newest.call, newest.started))
        }))
    }

    /// Returns a page of a place, without what the search has shown, and how it goes on.
    async fn placed(
        &self,
        name: &str,
        page: u32,
        seen: u64,
    ) -> Result<(Vec<CallRecord>, Stage), Error> {
        let Some(span) = self.span else { return Ok((Vec::new(), Stage::Read)) };
        let Rows { mut records, rows, total } =
            self.client.listed(Some(name), page, PER_PAGE, "desc").await?;
        let seen = seen + rows;
        let is_last =
            rows == 0 || seen >= total || records.iter().any(|record| record.started < span.from);
        let of_span = span.from..=span.to.plus(ROUND_UP);
        records.retain(|record| {
            of_span.contains(&record.started)
                && !self.shown.contains(&(record.call.clone(), record.started))
        });
        self.keep_known_ahead(&mut records);
        let next = if is_last { Stage::Read } else { Stage::Page { page: page + 1, seen } };
        Ok((self.on_our_clock(records), next))
    }

    /// Keeps of what is further ahead than was asked for only the calls that are known.
    fn keep_known_ahead(&self, records: &mut Vec<CallRecord>) {
        if let (Some((far, known)), Some(span)) = (&self.ahead, self.span) {
            let end = span.to.minus(far.since(self.to)).plus(ROUND_UP);
            records.retain(|record| record.started <= end || known.contains(&record.call));
        }
    }

    fn on_our_clock(&self, mut records: Vec<CallRecord>) -> Vec<CallRecord> {
        let now = self.client.now().wall;
        let asked = self.from.minus(ROUND_UP)..=self.to.min(now.plus(AHEAD));
        for record in &mut records {
            record.started = self.client.on_our_clock(record.started, &asked).min(*asked.end());
        }
        records
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_tells_whether_it_may_have_records_in_two_places() {
        for firmware in ["37.21.0.117", "83.23.0.123", "84.22.0.1"] {
            assert!(has_two_places(firmware), "{firmware}");
        }
        for firmware in ["37.21.0.116", "84.7.0.17", "37", "", "P570"] {
            assert!(!has_two_places(firmware), "{firmware}");
        }
    }
}
