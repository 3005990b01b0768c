//! `parameterizedSearch`: plain text in place of SOSL, as a body or as a query.

use serde_json::{Value, json};

use super::{
    refusal::Refusal,
    soql::{Clauses, Path, Reader, tokens},
    sosl::{Scope, Search, Term, Wanted},
};

/// The search that a body of `parameterizedSearch` asks for.
pub(super) fn parameterized(body: &Value) -> Result<Search, Refusal> {
    let bad = |message: &str| Refusal::bad("MALFORMED_SEARCH", message);
    let text = body["q"].as_str().ok_or_else(|| bad("q is required"))?;
    // Plain text: nothing in it is an operator.
    let plain: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<String> = plain.split_whitespace().map(str::to_lowercase).collect();
    if words.concat().chars().count() < 2 {
        return Err(bad("search term must be longer than one character"));
    }
    let scope = match body["in"].as_str() {
        None => Scope::All,
        Some(word) => Scope::named(word)
            .ok_or_else(|| bad("in must be ALL, NAME, EMAIL, PHONE or SIDEBAR"))?,
    };
    let columns_of = |value: &Value| -> Option<Vec<Path>> {
        let names = value.as_array()?.iter().filter_map(Value::as_str);
        Some(names.map(|name| name.split('.').map(str::to_owned).collect()).collect())
    };
    let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
    let common = columns_of(&body["fields"]);
    let objects = body["sobjects"]
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or_else(|| bad("sobjects is required"))?;
    let mut wanted = Vec::new();
    for object in objects {
        let name = object["name"].as_str().ok_or_else(|| bad("an object needs a name"))?;
        let mut clauses = match object["where"].as_str() {
            None => Clauses::default(),
            Some(condition) => {
                let mut reader = Reader::new(
                    tokens(&format!("WHERE {condition}"), "MALFORMED_SEARCH")?,
                    "MALFORMED_SEARCH",
                );
                let clauses = reader.clauses()?;
                reader.expect_end()?;
                clauses
            }
        };
        clauses.limit = number(&object["limit"]).or_else(|| number(&body["defaultLimit"]));
        let columns = columns_of(&object["fields"])
            .or_else(|| common.clone())
            .unwrap_or_else(|| vec![vec!["Id".to_owned()]]);
        wanted.push(Wanted { object: name.to_owned(), columns, clauses });
    }
    Ok(Search {
        term: Term::Phrase(words),
        scope,
        wanted,
        limit: number(&body["overallLimit"]).unwrap_or(2000),
    })
}

/// The GET form, as the body of the POST form.
pub(super) fn parameterized_by_query(query: &[(String, String)]) -> Value {
    let first =
        |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let list = |text: String| -> Vec<String> {
        text.split(',').map(|one| one.trim().to_owned()).collect()
    };
    let objects: Vec<Value> = query
        .iter()
        .filter(|(key, _)| key == "sobject")
        .map(|(_, name)| {
            let mut object = json!({ "name": name });
            if let Some(fields) = first(&format!("{name}.fields")) {
                object["fields"] = list(fields).into();
            }
            if let Some(limit) =
                first(&format!("{name}.limit")).and_then(|limit| limit.parse::<u64>().ok())
            {
                object["limit"] = limit.into();
            }
            object
        })
        .collect();
    json!({ "q": first("q"), "in": first("in"), "sobjects": objects })
}
