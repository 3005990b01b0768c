//! `/services/data/…`: sessions, versions, limits, and the resources.

use serde_json::{Map, Value, json};

use super::{
    composite,
    http::{Asked, Sent},
    org::{Org, datetime, read_datetime},
    parameterized::{parameterized, parameterized_by_query},
    query::Viewer,
    records::Writer,
    refusal::Refusal,
    soql::Path,
    sosl,
};

const OLDEST: u32 = 31;

/// A request to a resource, also one inside a composite.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) method: String,
    /// Path segments behind the version, percent-decoded.
    pub(super) way: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) auto_assign: bool,
    pub(super) allow_save: bool,
    pub(super) batch: usize,
    pub(super) modified_since_ms: Option<i64>,
}

impl Part {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What a resource answers: a status, and a body unless it is 204 or 304.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Done {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), headers: Vec::new() }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }
}

/// Does the path lead to a versioned resource, which counts as an API call?
pub(super) fn is_rest(path: &str) -> bool {
    path.trim_end_matches('/').strip_prefix("/services/data/").is_some_and(|rest| !rest.is_empty())
}

pub(super) fn limit_info(org: &Org) -> String {
    format!(
        "api-usage={}/{}",
        org.api_calls + org.switches.used_by_others,
        org.switches.daily_limit
    )
}

pub(super) fn answer(org: &mut Org, asked: &Asked, now_ms: i64) -> Sent {
    if !is_rest(&asked.path) {
        return Sent::json(200, &versions(org));
    }
    org.api_calls += 1;
    let mut sent = match guarded(org, asked, now_ms) {
        Ok(done) => {
            let empty = Sent::empty(done.status);
            let sent = done.body.as_ref().map_or(empty, |body| match body {
                // Only the rows of a job are no JSON.
                Value::String(text) => Sent::csv(done.status, text),
                body => Sent::json(done.status, body),
            });
            done.headers.into_iter().fold(sent, |sent, (name, value)| sent.with(name, value))
        }
        Err(refusal) => Sent::json(refusal.status, &refusal.body()),
    };
    for (text, garbled) in &org.switches.garbled {
        sent.body = sent.body.replace(text, garbled);
    }
    sent.with("sforce-limit-info", limit_info(org))
}

fn guarded(org: &mut Org, asked: &Asked, now_ms: i64) -> Result<Done, Refusal> {
    if asked.head_length > 16_384 {
        return Err(Refusal::new(
            414,
            "URI_TOO_LONG",
            "The URI and headers are longer than 16,384 bytes",
        ));
    }
    let mut segments = asked.path.trim_matches('/').split('/').skip(2);
    let version = segments.next().unwrap_or_default().to_owned();
    let number: Option<u32> =
        version.strip_prefix('v').and_then(|v| v.strip_suffix(".0")).and_then(|v| v.parse().ok());
    match number {
        Some(number) if number < OLDEST => {
            return Err(Refusal::new(
                410,
                "GONE",
                "This API version is retired and no longer supported",
            ));
        }
        Some(number) if number <= org.switches.newest_version => {}
        _ => return Err(Refusal::not_found()),
    }
    let switches = org.switches.clone();
    if let Some(message) = &switches.permanent_401 {
        return Err(Refusal::new(401, "INVALID_SESSION_ID", message.clone()));
    }
    let Some(token) = asked.bearer() else {
        return Err(Refusal::new(401, "INVALID_SESSION_ID", "Session expired or invalid"));
    };
    let Some((user_id, scopes)) = org.grants.use_access(token, &switches, now_ms) else {
        return Err(Refusal::new(401, "INVALID_SESSION_ID", "Session expired or invalid"));
    };
    if !scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "full")) {
        return Err(Refusal::new(
            401,
            "INVALID_SESSION_ID",
            "This session is not valid for use with the REST API",
        ));
    }
    if switches.api_disabled {
        return Err(Refusal::new(
            403,
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner",
        ));
    }
    let used_up = org.api_calls + switches.used_by_others > switches.daily_limit;
    if switches.limit_reached || used_up {
        return Err(Refusal::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
    }
    let body = asked.json();
    if matches!(asked.method.as_str(), "POST" | "PATCH" | "PUT") {
        let is_json =
            asked.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if !is_json {
            return Err(Refusal::new(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "Content type of the body is not supported",
            ));
        }
        if body.is_none() {
            return Err(Refusal::bad(
                "JSON_PARSER_ERROR",
                "Unexpected character or end of input in the body",
            ));
        }
    }
    let username = org.username(&user_id);
    let viewer = Viewer { user_id, username, now_ms, version };
    let batch = asked.header("sforce-query-options").and_then(|options| {
        options
            .to_ascii_lowercase()
            .replace(' ', "")
            .strip_prefix("batchsize=")?
            .parse::<usize>()
            .ok()
    });
    let part = Part {
        method: asked.method.clone(),
        way: segments.filter(|segment| !segment.is_empty()).map(decoded).collect(),
        query: asked.query.clone(),
        body,
        auto_assign: !asked
            .header("sforce-auto-assign")
            .is_some_and(|value| value.eq_ignore_ascii_case("false")),
        allow_save: allows_save(asked.header("sforce-duplicate-rule-header")),
        batch: batch.map_or(2000, |size| size.clamp(200, 2000)),
        modified_since_ms: asked.header("if-modified-since").and_then(read_http_date),
    };
    carry_out(org, &part, &viewer)
}

pub(super) fn allows_save(header: Option<&str>) -> bool {
    header
        .is_some_and(|value| value.to_ascii_lowercase().replace(' ', "").contains("allowsave=true"))
}

pub(super) fn decoded(segment: &str) -> String {
    // A plus in a path is a plus; only the percent signs are to be read.
    let text = segment.replace('+', "%2B");
    url::form_urlencoded::parse(format!("p={text}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn read_http_date(text: &str) -> Option<i64> {
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond())
}

/// Carries one resource request out.
pub(super) fn carry_out(org: &mut Org, part: &Part, viewer: &Viewer) -> Result<Done, Refusal> {
    let way: Vec<&str> = part.way.iter().map(String::as_str).collect();
    let writer = Writer {
        user_id: viewer.user_id.clone(),
        now_ms: viewer.now_ms,
        auto_assign: part.auto_assign,
        allow_save: part.allow_save,
    };
    match (part.method.as_str(), way.as_slice()) {
        ("GET", []) => Ok(Done::new(200, resources(&viewer.version))),
        ("GET", ["limits"]) => Ok(Done::new(200, limits(org))),
        ("GET", ["query" | "queryAll"]) => {
            let text = part.parameter("q").ok_or_else(|| {
                Refusal::bad("MALFORMED_QUERY", "A query string has to be specified")
            })?;
            org.query(text, viewer, part.batch, way[0] == "queryAll")
                .map(|body| Done::new(200, body))
        }
        ("GET", ["query" | "queryAll", locator]) => {
            org.query_more(locator, viewer).map(|body| Done::new(200, body))
        }
        ("POST", ["jobs", "query"]) => org.begin_bulk(part, viewer),
        ("GET", ["jobs", "query", id]) => org.bulk(id, viewer),
        ("GET", ["jobs", "query", id, "results"]) => org.bulk_results(id, part, viewer),
        ("DELETE", ["jobs", "query", id]) => org.end_bulk(id, viewer),
        ("GET", ["search"]) => {
            let text = part.parameter("q").ok_or_else(|| {
                Refusal::bad("MALFORMED_SEARCH", "A search string has to be specified")
            })?;
            let search = sosl::parse(text)?;
            org.search(&search, viewer).map(|body| Done::new(200, body))
        }
        ("POST", ["parameterizedSearch"]) => {
            let search = parameterized(part.body.as_ref().unwrap_or(&Value::Null))?;
            org.search(&search, viewer).map(|body| Done::new(200, body))
        }
        ("GET", ["parameterizedSearch"]) => {
            let search = parameterized(&parameterized_by_query(&part.query))?;
            org.search(&search, viewer).map(|body| Done::new(200, body))
        }
        ("GET", ["sobjects"]) => {
            let all: Vec<Value> =
                org.schema.values().map(|object| object.brief(&org.switches)).collect();
            Ok(Done::new(200, json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": all })))
        }
        (_, ["sobjects", object, rest @ ..]) => {
            let Some(object) = org.object_name(object) else { return Err(Refusal::not_found()) };
            on_object(org, object, rest, part, viewer, &writer)
        }
        ("POST", ["composite"]) => composite::composite(org, part, viewer),
        ("POST", ["composite", "batch"]) => composite::batch(org, part, viewer),
        ("POST" | "PATCH", ["composite", "sobjects", rest @ ..]) => {
            composite::collection(org, part, rest, viewer, &writer)
        }
        ("GET", ["composite", "sobjects", object]) => {
            composite::retrieve(org, object, part, viewer)
        }
        (
            _,
            [
                "limits"
                | "query"
                | "queryAll"
                | "search"
                | "parameterizedSearch"
                | "composite"
                | "jobs"
                | "sobjects",
                ..,
            ],
        ) => Err(Refusal::new(
            405,
            "METHOD_NOT_ALLOWED",
            format!("HTTP Method '{}' not allowed", part.method),
        )),
        _ => Err(Refusal::not_found()),
    }
}

fn on_object(
    org: &mut Org,
    object: &'static str,
    rest: &[&str],
    part: &Part,
    viewer: &Viewer,
    writer: &Writer,
) -> Result<Done, Refusal> {
    let empty = Map::new();
    let body = part.body.as_ref().and_then(Value::as_object);
    match (part.method.as_str(), rest) {
        ("GET", []) => Ok(Done::new(
            200,
            json!({ "objectDescribe": org.schema[object].brief(&org.switches), "recentItems": [] }),
        )),
        ("POST", []) => {
            let body = body
                .ok_or_else(|| Refusal::bad("JSON_PARSER_ERROR", "The body must be an object"))?;
            let id = org.create(object, body, writer)?;
            let location = format!("/services/data/{}/sobjects/{object}/{id}", viewer.version);
            let mut done = Done::new(201, json!({ "id": id, "success": true, "errors": [] }));
            done.headers.push(("location", location));
            Ok(done)
        }
        ("GET", ["describe"]) => {
            let changed = org.schema_changed_ms;
            let mut done = match part.modified_since_ms {
                Some(since) if changed / 1000 <= since / 1000 => Done::empty(304),
                _ => Done::new(200, org.schema[object].describe(&org.switches, &viewer.username)),
            };
            let zoned =
                jiff::Timestamp::from_millisecond(changed).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            done.headers
                .push(("last-modified", zoned.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
            Ok(done)
        }
        ("GET", ["updated" | "deleted"]) => {
            changes(org, object, rest[0] == "deleted", part, viewer)
        }
        ("GET", [id]) => {
            let record = org.visible(object, id, writer)?.clone();
            let columns: Vec<Path> = match part.parameter("fields") {
                Some(names) => names.split(',').map(|name| vec![name.trim().to_owned()]).collect(),
                None => org.schema[object]
                    .fields
                    .iter()
                    .filter(|field| field.is_there(object, &org.switches, &viewer.username))
                    .map(|field| vec![field.name.clone()])
                    .collect(),
            };
            for path in &columns {
                org.field_at(object, path, viewer)?;
            }
            Ok(Done::new(200, org.row(object, &record.fields, &columns, viewer)))
        }
        ("PATCH", [id]) => {
            org.update(object, id, body.unwrap_or(&empty), writer).map(|()| Done::empty(204))
        }
        ("DELETE", [id]) => org.delete(object, id, writer).map(|()| Done::empty(204)),
        ("GET", [field, value]) => {
            let id = by_external_id(org, object, field, value, viewer)?;
            let id = id.ok_or_else(Refusal::not_found)?;
            on_object(org, object, &[&id], part, viewer, writer)
        }
        ("PATCH", [field, value]) => {
            let update_only = part.parameter("updateOnly") == Some("true");
            upsert(org, object, (field, value), body.unwrap_or(&empty), update_only, viewer, writer)
        }
        _ => Err(Refusal::new(
            405,
            "METHOD_NOT_ALLOWED",
            format!("HTTP Method '{}' not allowed", part.method),
        )),
    }
}

fn by_external_id(
    org: &Org,
    object: &'static str,
    field: &str,
    value: &str,
    viewer: &Viewer,
) -> Result<Option<String>, Refusal> {
    let known = org.schema[object]
        .field(field, &org.switches, &viewer.username)
        .filter(|field| field.external_id);
    let Some(known) = known else {
        return Err(Refusal::new(
            404,
            "NOT_FOUND",
            format!("Provided external ID field does not exist or is not accessible: {field}"),
        ));
    };
    let table = org.table(object);
    let found = table
        .iter()
        .find(|record| !record.deleted && record.text(&known.name).eq_ignore_ascii_case(value));
    Ok(found.map(|record| record.id.clone()))
}

pub(super) fn upsert(
    org: &mut Org,
    object: &'static str,
    (field, value): (&str, &str),
    body: &Map<String, Value>,
    update_only: bool,
    viewer: &Viewer,
    writer: &Writer,
) -> Result<Done, Refusal> {
    let found = by_external_id(org, object, field, value, viewer)?;
    // A unique external id finds also what the user may not see, so that no repeat is made of it; changing it is
    // another matter. The code is not confirmed.
    // Source: SOAP API Developer Guide, upsert(), "View All Data"
    let out_of_sight = found.as_ref().is_some_and(|id| {
        org.find(object, id).is_some_and(|record| !org.is_visible(object, record, &viewer.user_id))
    });
    if out_of_sight {
        return Err(Refusal::no_access());
    }
    if body.keys().any(|key| key.eq_ignore_ascii_case(field)) {
        return Err(Refusal::bad(
            "INVALID_FIELD",
            format!("The {field} field should not be specified in the sobject data."),
        ));
    }
    if let Some(id) = found {
        org.update(object, &id, body, writer)?;
        return Ok(Done::new(
            200,
            json!({ "id": id, "success": true, "errors": [], "created": false }),
        ));
    }
    if update_only {
        return Err(Refusal::not_found());
    }
    let mut body = body.clone();
    body.insert(field.to_owned(), value.into());
    let id = org.create(object, &body, writer)?;
    Ok(Done::new(201, json!({ "id": id, "success": true, "errors": [], "created": true })))
}

fn changes(
    org: &Org,
    object: &'static str,
    deleted: bool,
    part: &Part,
    viewer: &Viewer,
) -> Result<Done, Refusal> {
    let time = |name: &str| {
        // A plus that was not escaped arrives as a space.
        let text = part.parameter(name).map(|text| text.replace(' ', "+"));
        text.and_then(|text| read_datetime(&text)).ok_or_else(|| {
            Refusal::bad("INVALID_REPLICATION_DATE", format!("{name} is not a date-time"))
        })
    };
    let (start, end) = (time("start")?, time("end")?);
    if end <= start || viewer.now_ms - start > 30 * 86_400_000 {
        return Err(Refusal::bad(
            "INVALID_REPLICATION_DATE",
            "startDate before org replication enabled date or not before endDate",
        ));
    }
    let inside: Vec<_> = org
        .rows(object)
        .into_iter()
        .filter(|record| record.deleted == deleted)
        .filter(|record| {
            read_datetime(record.text("SystemModstamp")).is_some_and(|at| at >= start && at < end)
        })
        .filter(|record| org.is_visible(object, record, &viewer.user_id))
        .collect();
    let covered = datetime(viewer.now_ms);
    let body = if deleted {
        let rows: Vec<Value> = inside
            .iter()
            .map(|record| json!({ "id": record.id, "deletedDate": record.text("SystemModstamp") }))
            .collect();
        json!({ "deletedRecords": rows, "earliestDateAvailable": datetime(viewer.now_ms - 30 * 86_400_000), "latestDateCovered": covered })
    } else {
        let ids: Vec<&str> = inside.iter().map(|record| record.id.as_str()).collect();
        json!({ "ids": ids, "latestDateCovered": covered })
    };
    Ok(Done::new(200, body))
}

fn versions(org: &Org) -> Value {
    let seasons = ["Spring", "Summer", "Winter"];
    (OLDEST..=org.switches.newest_version)
        .map(|number| {
            // v62.0 is Winter '25, three releases a year.
            let (season, year) = (seasons[usize::try_from(number % 3).unwrap_or(0)], (number + 13) / 3);
            json!({ "label": format!("{season} '{year}"), "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0") })
        })
        .collect()
}

fn resources(version: &str) -> Value {
    let names =
        ["sobjects", "query", "queryAll", "search", "parameterizedSearch", "composite", "limits"];
    names
        .iter()
        .map(|name| ((*name).to_owned(), Value::from(format!("/services/data/{version}/{name}"))))
        .collect::<Map<_, _>>()
        .into()
}

fn limits(org: &Org) -> Value {
    let max = org.switches.daily_limit;
    json!({ "DailyApiRequests": { "Max": max, "Remaining": max.saturating_sub(org.api_calls + org.switches.used_by_others) } })
}
