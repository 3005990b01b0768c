//! All records that have a number, page by page; and what has changed since a moment.
//!
//! A page begins behind the last id of the page before, never at a query's locator: a locator ends after a while, an
//! id goes on after any restart, and it costs the same one request. Source: salesforce-api.md §9.

use domain::{Object, Record, RecordId, Timestamp};
use jiff::{fmt::rfc2822::DateTimeParser, tz::TimeZone};

use crate::{
    error::Error,
    search::{self, Wish},
    session::{Ask, Session},
    text,
    unread::Unread,
    wire::{self, Row},
};

/// The most ids of one query, whose condition may have 4,000 characters. Source: salesforce-api.md §4.2.
const IDS_PER_QUERY: usize = 150;
/// The most rows of a page; Salesforce sends no more. Source: salesforce-api.md §4.2.
const PAGE: usize = 2_000;

/// More rows of a page than this are not to blame one by one.
const MOST_TO_BLAME: usize = 10;

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Records that have a number.
    pub records: Vec<Record>,
    /// Records that are no caller any more: deleted, merged into another, converted, or left without a number.
    pub gone: Vec<RecordId>,
    /// Of those: the ones that are still there, without a number.
    pub numberless: Vec<RecordId>,
    /// Rows that could not be read, and are passed over.
    pub unread: Vec<Unread>,
    /// Behind which id the next page begins; `None`: this was the last one.
    pub next: Option<RecordId>,
    /// How many records there are in all. Known of a first page only, and not always exact.
    pub expected: Option<u64>,
    /// When Salesforce answered, by its own clock.
    pub answered: Option<Timestamp>,
}

impl Session {
    /// Returns the records of an object that have a number, in the order of their ids, from behind `after`.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn with_numbers(
        &self,
        object: Object,
        after: Option<&RecordId>,
    ) -> Result<Page, Error> {
        let mut asked = self.with_numbers_once(object, after).await;
        if self.fields_are_gone(&asked) {
            asked = self.with_numbers_once(object, after).await;
        }
        asked
    }

    /// Returns all records of an object, in the order of their ids, from behind `after`. Those without a number are
    /// [gone](Page::gone): a person who fills a phonebook wants to know whom it leaves out.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn everybody(&self, object: Object, after: Option<&RecordId>) -> Result<Page, Error> {
        let mut asked = self.everybody_once(object, after, None).await;
        if self.fields_are_gone(&asked) {
            asked = self.everybody_once(object, after, None).await;
        }
        asked
    }

    /// Returns those of the records that exist for this user; those without a number are [gone](Page::gone). One
    /// request for each 150.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn these(&self, object: Object, ids: &[RecordId]) -> Result<Page, Error> {
        let mut all = Page::default();
        for ids in ids.chunks(IDS_PER_QUERY) {
            let list: Vec<String> = ids.iter().map(|id| text::literal(id.as_str())).collect();
            let among = format!("Id IN ({})", list.join(","));
            let mut asked = self.everybody_once(object, None, Some(among.clone())).await;
            if self.fields_are_gone(&asked) {
                asked = self.everybody_once(object, None, Some(among)).await;
            }
            let page = asked?;
            all.records.extend(page.records);
            all.gone.extend(page.gone);
            all.numberless.extend(page.numberless);
            all.unread.extend(page.unread);
        }
        Ok(all)
    }

    async fn everybody_once(
        &self,
        object: Object,
        after: Option<&RecordId>,
        among: Option<String>,
    ) -> Result<Page, Error> {
        let Some(wish) = self.wish(object).await? else { return Ok(Page::default()) };
        let only = wish.condition().map(str::to_owned);
        let conditions = only.into_iter().chain(among).collect();
        self.page("query/", &wish, &[], conditions, after, Some(PAGE)).await
    }

    /// Returns what has become of the records of an object since a moment of Salesforce's clock, in the order of
    /// their ids, from behind `after`. Deleted records are among them for the 15 days of the recycle bin.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn changed_since(
        &self,
        object: Object,
        since: Timestamp,
        after: Option<&RecordId>,
    ) -> Result<Page, Error> {
        let mut asked = self.changed_once(object, since, after).await;
        if self.fields_are_gone(&asked) {
            asked = self.changed_once(object, since, after).await;
        }
        asked
    }

    async fn with_numbers_once(
        &self,
        object: Object,
        after: Option<&RecordId>,
    ) -> Result<Page, Error> {
        let Some(wish) = self.wish(object).await? else { return Ok(Page::default()) };
        let mut conditions: Vec<String> = Vec::new();
        conditions.extend(wish.condition().map(str::to_owned));
        conditions.extend(has_number(&wish));
        // Without a limit the first answer says how many rows there are; its locator is not used.
        let limit = after.map(|_| PAGE);
        self.page("query/", &wish, &[], conditions, after, limit).await
    }

    async fn changed_once(
        &self,
        object: Object,
        since: Timestamp,
        after: Option<&RecordId>,
    ) -> Result<Page, Error> {
        let Some(wish) = self.wish(object).await? else { return Ok(Page::default()) };
        let fates: Vec<&str> = ["IsDeleted", "IsConverted", "IsPersonAccount"]
            .into_iter()
            .filter(|name| wish.seen.field(name).is_some())
            .filter(|name| !wish.fields.iter().any(|field| field == name))
            .collect();
        let conditions = vec![format!("SystemModstamp >= {}", literal(since))];
        self.page("queryAll/", &wish, &fates, conditions, after, Some(PAGE)).await
    }

    async fn page(
        &self,
        resource: &'static str,
        wish: &Wish,
        fates: &[&str],
        mut conditions: Vec<String>,
        after: Option<&RecordId>,
        limit: Option<usize>,
    ) -> Result<Page, Error> {
        conditions.extend(after.map(|id| format!("Id > {}", text::literal(id.as_str()))));
        let fields: Vec<&str> =
            wish.fields.iter().map(String::as_str).chain(fates.iter().copied()).collect();
        let soql = query(wish.object, &fields, &conditions, limit);
        let asked = self.ask_read::<wire::Page>(&Ask::get(resource).with("q", soql)).await;
        let (page, answered) = match asked {
            Ok((page, answer)) => (page, answer.header("date").and_then(http_date)),
            Err(error) if error.is_unreadable() => {
                let parts = Parts { resource, object: wish.object, fields: &fields };
                return self.in_parts(&parts, wish, &conditions).await;
            }
            Err(error) => return Err(error),
        };
        let last = page.records.iter().rev().flatten().find_map(|row| wire::text(row, "Id"));
        let last = last.and_then(RecordId::parse);
        let ended = page.next_records_url.is_none() && page.records.len() < PAGE;
        if !ended && (last.is_none() || last.as_ref() == after) {
            return Err(Error::UnexpectedAnswer { detail: "a page that leads nowhere".to_owned() });
        }
        let mut found = Page {
            next: last.filter(|_| !ended),
            expected: page.total_size.filter(|_| after.is_none()),
            answered,
            ..Page::default()
        };
        found.add(&page.records, wish);
        self.note_page(&found, wish.object);
        Ok(found)
    }

    fn note_page(&self, page: &Page, object: Object) {
        let read = page.records.iter().map(|record| &record.id).chain(&page.gone);
        self.note_unread(&page.unread, object, read);
    }

    /// Reads a page that cannot be read as a whole: half of it, half of the half, to the one row that is to blame. The
    /// ids are asked for alone.
    async fn in_parts(
        &self,
        parts: &Parts<'_>,
        wish: &Wish,
        conditions: &[String],
    ) -> Result<Page, Error> {
        let soql = parts.query(&["Id"], conditions);
        let (page, answer): (wire::Page, _) =
            self.ask_read(&Ask::get(parts.resource).with("q", soql)).await?;
        let ids: Vec<RecordId> = page
            .records
            .iter()
            .flatten()
            .filter_map(|row| wire::text(row, "Id").and_then(RecordId::parse))
            .collect();
        let mut found =
            Page { answered: answer.header("date").and_then(http_date), ..Page::default() };
        found.next = ids.last().filter(|_| ids.len() >= PAGE).cloned();
        let mut waiting: Vec<&[RecordId]> = halves(&ids);
        while let Some(ids) = waiting.pop() {
            let (Some(first), Some(last)) = (ids.first(), ids.last()) else { continue };
            let mut conditions = conditions.to_vec();
            conditions.push(format!("Id >= {}", text::literal(first.as_str())));
            conditions.push(format!("Id <= {}", text::literal(last.as_str())));
            let soql = parts.query(parts.fields, &conditions);
            match self.ask_read::<wire::Page>(&Ask::get(parts.resource).with("q", soql)).await {
                Ok((page, _)) => found.add(&page.records, wish),
                Err(error) if error.is_unreadable() && ids.len() == 1 => {
                    found.unread.push(Unread::known(parts.object, first));
                    // So many at once are no records: whatever answers is broken.
                    if found.unread.len() > MOST_TO_BLAME {
                        return Err(error);
                    }
                }
                Err(error) if error.is_unreadable() => waiting.extend(halves(ids)),
                Err(error) => return Err(error),
            }
        }
        self.note_page(&found, wish.object);
        Ok(found)
    }
}

/// What the parts of a page have in common.
struct Parts<'a> {
    resource: &'static str,
    object: Object,
    fields: &'a [&'a str],
}

impl Parts<'_> {
    fn query(&self, fields: &[&str], conditions: &[String]) -> String {
        query(self.object, fields, conditions, Some(PAGE))
    }
}

/// Spells a query in the order of the ids.
fn query(object: Object, fields: &[&str], conditions: &[String], limit: Option<usize>) -> String {
    let only = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let limit = limit.map_or(String::new(), |most| format!(" LIMIT {most}"));
    format!("SELECT {} FROM {}{only} ORDER BY Id{limit}", fields.join(", "), object.api_name())
}

/// Returns the two halves, the first one last, where it is taken first.
fn halves(ids: &[RecordId]) -> Vec<&[RecordId]> {
    if ids.len() == 1 {
        return vec![ids];
    }
    let (first, second) = ids.split_at(ids.len() / 2);
    vec![second, first]
}

impl Page {
    /// Takes rows in, one by one.
    fn add(&mut self, rows: &[Option<Row>], wish: &Wish) {
        for row in rows {
            let read = row.as_ref().and_then(|row| {
                search::record(row, std::slice::from_ref(wish)).map(|record| (record, row))
            });
            match read {
                Some((record, row)) if is_caller(&record, row) => self.records.push(record),
                Some((record, row)) => {
                    if is_there(&record, row) {
                        self.numberless.push(record.id.clone());
                    }
                    self.gone.push(record.id);
                }
                None => self.unread.push(Unread::of(wish.object, row.as_ref())),
            }
        }
    }
}

/// Returns the condition that one of the phone fields is filled in. Where one of them cannot be filtered by (a
/// formula, an encrypted field) there is none: all rows have to be looked at.
pub(crate) fn has_number(wish: &Wish) -> Option<String> {
    let asked = |name: &str| wish.fields.iter().any(|field| field == name);
    let mut filled: Vec<String> = Vec::new();
    for field in wish.seen.phone_fields().filter(|field| asked(&field.name)) {
        if !field.filterable {
            return None;
        }
        filled.push(format!("{} != null", field.name));
    }
    (!filled.is_empty()).then(|| format!("({})", filled.join(" OR ")))
}

pub(crate) fn is_caller(record: &Record, row: &Row) -> bool {
    !record.phones.is_empty() && is_there(record, row)
}

/// Says whether a record stands for somebody: it is not deleted, merged or converted, and not the hidden half of another.
fn is_there(record: &Record, row: &Row) -> bool {
    let hidden_contact = record.object == Object::Contact && wire::truth(row, "IsPersonAccount");
    !wire::truth(row, "IsDeleted") && !wire::truth(row, "IsConverted") && !hidden_contact
}

/// Spells a moment in SOQL: UTC, without quotes, whole seconds (rounded down).
fn literal(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(at.as_seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads an answer's `Date`.
fn http_date(text: &str) -> Option<Timestamp> {
    let at = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_spelled_in_whole_seconds_of_utc() {
        let at = Timestamp::from_millis(1_789_948_805_999);
        assert_eq!(literal(at), "2026-09-21T00:00:05Z");
        assert_eq!(
            http_date("Mon, 21 Sep 2026 00:00:05 GMT"),
            Some(Timestamp::from_seconds(1_789_948_805))
        );
        assert_eq!(http_date("soon"), None);
    }
}
