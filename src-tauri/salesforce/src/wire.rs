//! Salesforce's own shapes. They do not leave this crate.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// A row of a query or a search: its fields, and `attributes` with its type.
pub(crate) type Row = Map<String, Value>;

/// What a token answer holds beyond the standard. Source: salesforce-api.md §2.3.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct TokenExtras {
    #[serde(default)]
    pub(crate) instance_url: Option<String>,
    /// The identity address; ends with the ids of org and user.
    #[serde(default)]
    pub(crate) id: Option<String>,
}

impl oauth2::ExtraTokenFields for TokenExtras {}

/// A page of a query. Source: §4.2.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    /// How many rows there are in all, this page's included.
    #[serde(default, deserialize_with = "count")]
    pub(crate) total_size: Option<u64>,
    /// Each row by itself; `None` for what is none.
    #[serde(deserialize_with = "rows")]
    pub(crate) records: Vec<Option<Row>>,
    #[serde(default)]
    pub(crate) next_records_url: Option<String>,
}

/// The answer of a composite request. Source: §4.3.
#[derive(Deserialize)]
pub(crate) struct Composite {
    #[serde(rename = "compositeResponse")]
    pub(crate) parts: Vec<CompositePart>,
}

/// What became of one part of it.
#[derive(Deserialize)]
pub(crate) struct CompositePart {
    #[serde(default)]
    pub(crate) body: Value,
    #[serde(rename = "httpStatusCode")]
    pub(crate) status: u16,
    #[serde(default, rename = "referenceId", deserialize_with = "nullable")]
    pub(crate) reference: String,
}

/// The answer of a search. Source: §5.1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hits {
    #[serde(deserialize_with = "rows")]
    pub(crate) search_records: Vec<Option<Row>>,
}

/// The answer to a created or upserted record. Source: §4.1.
#[derive(Deserialize)]
pub(crate) struct Saved {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) created: Option<bool>,
}

/// What became of one record of a collection. Source: §4.3.
#[derive(Deserialize)]
pub(crate) struct SavedRecord {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) created: Option<bool>,
    #[serde(default)]
    pub(crate) success: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) errors: Vec<Refusal>,
}

/// One refusal of the REST API. Source: §4.3 for the two names of the code, §13 for the rest.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    #[serde(default, rename = "errorCode", alias = "statusCode", deserialize_with = "nullable")]
    pub(crate) code: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) message: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) fields: Vec<String>,
    /// Beside `DUPLICATES_DETECTED`. Misspelled by Salesforce itself, and not always. Source: §6.
    #[serde(default, rename = "duplicateResut", alias = "duplicateResult")]
    pub(crate) duplicates: Option<DuplicateResult>,
}

/// What a duplicate rule has found. Source: §6.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DuplicateResult {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) allow_save: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) match_results: Vec<MatchResult>,
}

/// What one matching rule has found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MatchResult {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) match_records: Vec<MatchRecord>,
}

/// A record that it has found.
#[derive(Deserialize)]
pub(crate) struct MatchRecord {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) record: Row,
}

/// Refusals come in an array, and from some resources alone.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Refusals {
    Many(Vec<Refusal>),
    One(Refusal),
}

/// What a user sees of an object. Source: §4.1, `describe`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Describe {
    #[serde(default)]
    pub(crate) createable: bool,
    #[serde(default)]
    pub(crate) updateable: bool,
    #[serde(default)]
    pub(crate) deletable: Option<bool>,
    #[serde(default)]
    pub(crate) fields: Vec<DescribedField>,
}

/// One field of an object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribedField {
    pub(crate) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) label: String,
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) length: u32,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) createable: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) updateable: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) filterable: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) external_id: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) unique: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) restricted_picklist: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) picklist_values: Vec<PicklistValue>,
}

/// One value of a picklist.
#[derive(Deserialize)]
pub(crate) struct PicklistValue {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) active: Option<bool>,
}

/// One row of `GET /services/data/`.
#[derive(Deserialize)]
pub(crate) struct OfferedVersion {
    pub(crate) version: String,
}

/// Reads rows one by one, so that one that is none costs no other. A number in the place of a text is that text.
fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Option<Row>>, D::Error> {
    let rows: Vec<Value> = nullable(deserializer)?;
    Ok(rows.into_iter().map(row).collect())
}

/// Reads one row. A number becomes a text.
pub(crate) fn row(value: Value) -> Option<Row> {
    let Value::Object(mut row) = value else { return None };
    for value in row.values_mut() {
        match value {
            Value::Number(number) => *value = Value::String(number.to_string()),
            Value::Object(related) => {
                *value = row_of(std::mem::take(related));
            }
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => {}
        }
    }
    Some(row)
}

fn row_of(related: Row) -> Value {
    row(Value::Object(related)).map_or(Value::Null, Value::Object)
}

/// Reads a count, also one that is written as text.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_str()?.parse().ok()))
}

/// Reads `null` as the default: Salesforce sends it for anything that is not there.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Returns a text field of a row, or of a related row (`Account.Name`).
pub(crate) fn text<'a>(row: &'a Row, path: &str) -> Option<&'a str> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let value = row.get(first)?;
    match rest {
        None => value.as_str().filter(|text| !text.is_empty()),
        Some(rest) => text(value.as_object()?, rest),
    }
}

/// Reads a point in time as Salesforce writes it: `2026-01-05T08:15:23.000+0000`, the zone without the colon that
/// RFC 3339 wants.
pub(crate) fn moment(text: &str) -> Option<domain::Timestamp> {
    let time = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
    Some(domain::Timestamp::from_millis(time.to_timestamp().ok()?.as_millisecond()))
}

/// Returns a truth value of a row, also one that is written as text; absent is false.
pub(crate) fn truth(row: &Row, field: &str) -> bool {
    match row.get(field) {
        Some(Value::Bool(truth)) => *truth,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}
