//! Several requests in one: composite, batch and collections. HTTP says 200 even when every part failed.

use serde_json::{Map, Value, json};

use super::{
    org::Org,
    query::Viewer,
    records::Writer,
    refusal::Refusal,
    rest::{Done, Part, allows_save, carry_out, decoded, upsert},
};

/// `POST composite`.
pub(super) fn composite(org: &mut Org, part: &Part, viewer: &Viewer) -> Result<Done, Refusal> {
    let body = part.body.as_ref().unwrap_or(&Value::Null);
    let parts = body["compositeRequest"]
        .as_array()
        .ok_or_else(|| Refusal::bad("JSON_PARSER_ERROR", "compositeRequest is required"))?;
    let queries = parts
        .iter()
        .filter(|one| {
            one["url"]
                .as_str()
                .is_some_and(|url| url.contains("/query") || url.contains("/composite/"))
        })
        .count();
    if parts.len() > 25 || queries > 5 {
        return Err(Refusal::bad(
            "LIMIT_EXCEEDED",
            "at most 25 subrequests, 5 of them queries or collections",
        ));
    }
    let all_or_none = body["allOrNone"].as_bool().unwrap_or(false);
    let before = (org.tables.clone(), org.next_id);
    let mut answers: Vec<Value> = Vec::new();
    let mut known: Map<String, Value> = Map::new();
    let mut failed = false;
    for one in parts {
        let reference = one["referenceId"].as_str().unwrap_or_default().to_owned();
        let fits = within_length(org, one);
        let outcome = fits
            .and_then(|()| subrequest(one, &known, part, viewer))
            .and_then(|sub| carry_out(org, &sub, viewer));
        let (status, body) = outcome_of(outcome);
        failed |= status >= 300;
        if status < 300 {
            known.insert(reference.clone(), body.clone());
        }
        answers.push(json!({ "body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference }));
    }
    if failed && all_or_none {
        (org.tables, org.next_id) = before;
        for answer in
            answers.iter_mut().filter(|answer| answer["httpStatusCode"].as_u64() < Some(300))
        {
            answer["httpStatusCode"] = 400.into();
            answer["body"] = Refusal::bad("PROCESSING_HALTED", "The transaction was rolled back since another operation in the same transaction failed.").body();
        }
    }
    Ok(Done::new(200, json!({ "compositeResponse": answers })))
}

fn within_length(org: &Org, one: &Value) -> Result<(), Refusal> {
    let length = one["url"].as_str().unwrap_or_default().len();
    if org.switches.longest_part.is_some_and(|longest| length > longest) {
        return Err(Refusal::new(414, "URI_TOO_LONG", "The URI is too long"));
    }
    Ok(())
}

fn outcome_of(outcome: Result<Done, Refusal>) -> (u16, Value) {
    match outcome {
        Ok(done) => (done.status, done.body.unwrap_or(Value::Null)),
        Err(refusal) => (refusal.status, refusal.body()),
    }
}

fn subrequest(
    one: &Value,
    known: &Map<String, Value>,
    outer: &Part,
    viewer: &Viewer,
) -> Result<Part, Refusal> {
    let url = filled(one["url"].as_str().unwrap_or_default(), known)?;
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let prefix = format!("/services/data/{}/", viewer.version);
    let path = path.strip_prefix(&prefix).ok_or_else(|| {
        Refusal::bad(
            "JSON_PARSER_ERROR",
            "a subrequest's url begins with the version of the request",
        )
    })?;
    let headers = &one["httpHeaders"];
    let header = |name: &str| {
        headers.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
    };
    Ok(Part {
        method: one["method"].as_str().unwrap_or_default().to_owned(),
        way: path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body: match one.get("body") {
            None => None,
            Some(body) => Some(filled_in(body, known)?),
        },
        auto_assign: !header("Sforce-Auto-Assign")
            .is_some_and(|value| value.eq_ignore_ascii_case("false")),
        allow_save: allows_save(header("Sforce-Duplicate-Rule-Header")),
        batch: outer.batch,
        modified_since_ms: None,
    })
}

fn filled_in(value: &Value, known: &Map<String, Value>) -> Result<Value, Refusal> {
    Ok(match value {
        Value::String(text) => filled(text, known)?.into(),
        Value::Array(items) => {
            items.iter().map(|item| filled_in(item, known)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Value::Object(fields) => {
            let mut object = Map::new();
            for (name, field) in fields {
                object.insert(name.clone(), filled_in(field, known)?);
            }
            object.into()
        }
        other => other.clone(),
    })
}

/// Replaces `@{lead.id}` by what an earlier part answered.
fn filled(text: &str, known: &Map<String, Value>) -> Result<String, Refusal> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("@{") {
        out.push_str(&rest[..start]);
        let end = rest[start..].find('}').map(|end| start + end);
        let path = end.map(|end| &rest[start + 2..end]);
        let value = path.and_then(|path| {
            let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
            let (reference, inner) = pointer[1..].split_once('/')?;
            known.get(reference)?.pointer(&format!("/{inner}")).cloned()
        });
        let (Some(value), Some(end)) = (value, end) else {
            return Err(Refusal::bad(
                "PROCESSING_HALTED",
                format!("Invalid reference specified. No value for {}", path.unwrap_or_default()),
            ));
        };
        out.push_str(value.as_str().unwrap_or(&value.to_string()));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// `POST composite/batch`: independent parts.
pub(super) fn batch(org: &mut Org, part: &Part, viewer: &Viewer) -> Result<Done, Refusal> {
    let body = part.body.as_ref().unwrap_or(&Value::Null);
    let parts = body["batchRequests"]
        .as_array()
        .ok_or_else(|| Refusal::bad("JSON_PARSER_ERROR", "batchRequests is required"))?;
    if parts.len() > 25 {
        return Err(Refusal::bad("LIMIT_EXCEEDED", "at most 25 subrequests"));
    }
    let mut results = Vec::new();
    let mut errors = false;
    for one in parts {
        let url = one["url"].as_str().unwrap_or_default();
        let url =
            if url.starts_with('/') { url.to_owned() } else { format!("/services/data/{url}") };
        let sub = json!({ "method": one["method"], "url": url, "body": one["richInput"] });
        let outcome = subrequest(&sub, &Map::new(), part, viewer)
            .and_then(|sub| carry_out(org, &sub, viewer));
        let (status, result) = outcome_of(outcome);
        errors |= status >= 300;
        results.push(json!({ "statusCode": status, "result": result }));
    }
    Ok(Done::new(200, json!({ "hasErrors": errors, "results": results })))
}

/// `POST`, `PATCH composite/sobjects[/{Object}/{Field}]`: up to 200 records.
pub(super) fn collection(
    org: &mut Org,
    part: &Part,
    rest: &[&str],
    viewer: &Viewer,
    writer: &Writer,
) -> Result<Done, Refusal> {
    let body = part.body.as_ref().unwrap_or(&Value::Null);
    let records = body["records"]
        .as_array()
        .ok_or_else(|| Refusal::bad("JSON_PARSER_ERROR", "records is required"))?;
    if records.len() > 200 {
        return Err(Refusal::bad("LIMIT_EXCEEDED", "at most 200 records"));
    }
    let all_or_none = body["allOrNone"].as_bool().unwrap_or(false);
    let before = (org.tables.clone(), org.next_id);
    let mut results: Vec<Result<Value, Refusal>> = Vec::new();
    for record in records {
        results.push(one_of(org, record, part, rest, viewer, writer));
    }
    if all_or_none && results.iter().any(Result::is_err) {
        (org.tables, org.next_id) = before;
        for result in results.iter_mut().filter(|result| result.is_ok()) {
            *result = Err(Refusal::bad(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "Record rolled back because not all records were valid and the request was using AllOrNone header",
            ));
        }
    }
    let body: Vec<Value> = results
        .into_iter()
        .map(|result| result.unwrap_or_else(|refusal| refusal.in_collection()))
        .collect();
    Ok(Done::new(200, body.into()))
}

fn one_of(
    org: &mut Org,
    record: &Value,
    part: &Part,
    rest: &[&str],
    viewer: &Viewer,
    writer: &Writer,
) -> Result<Value, Refusal> {
    let mut fields = record
        .as_object()
        .cloned()
        .ok_or_else(|| Refusal::bad("JSON_PARSER_ERROR", "a record must be an object"))?;
    let named = record["attributes"]["type"].as_str().unwrap_or_default();
    let object = org.object_name(named).ok_or_else(|| {
        Refusal::bad("INVALID_TYPE", format!("sObject type '{named}' is not supported."))
    })?;
    match (part.method.as_str(), rest) {
        ("PATCH", [upserted, field]) if upserted.eq_ignore_ascii_case(object) => {
            let value = fields
                .remove(*field)
                .and_then(|value| value.as_str().map(str::to_owned))
                .unwrap_or_default();
            let done = upsert(org, object, (field, &value), &fields, false, viewer, writer)?;
            Ok(done.body.unwrap_or(Value::Null))
        }
        ("PATCH", []) => {
            let id = fields.remove("id").or_else(|| fields.remove("Id"));
            let id = id.as_ref().and_then(Value::as_str).ok_or_else(|| {
                Refusal::bad("MISSING_ARGUMENT", "Id not specified in an update call")
            })?;
            org.update(object, id, &fields, writer)?;
            Ok(json!({ "id": id, "success": true, "errors": [] }))
        }
        ("POST", []) => {
            let id = org.create(object, &fields, writer)?;
            Ok(json!({ "id": id, "success": true, "errors": [] }))
        }
        _ => Err(Refusal::not_found()),
    }
}

/// `GET composite/sobjects/{Object}?ids=…&fields=…`.
pub(super) fn retrieve(
    org: &Org,
    object: &str,
    part: &Part,
    viewer: &Viewer,
) -> Result<Done, Refusal> {
    let object = org.queryable(object)?;
    let list = |name: &str| -> Vec<String> {
        let text = part.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        text.unwrap_or_default()
            .split(',')
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let columns: Vec<_> = list("fields")
        .iter()
        .map(|name| name.split('.').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for path in &columns {
        org.field_at(object, path, viewer)?;
    }
    let rows: Vec<Value> = list("ids")
        .iter()
        .map(|id| match org.find(object, id) {
            Some(record) if !record.deleted && org.is_visible(object, record, &viewer.user_id) => {
                org.row(object, &record.fields, &columns, viewer)
            }
            _ => Value::Null,
        })
        .collect();
    Ok(Done::new(200, rows.into()))
}
