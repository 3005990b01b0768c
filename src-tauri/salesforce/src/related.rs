//! What a call may be about: open opportunities and cases of a person or their account, with one request.
//!
//! One composite request, which counts once: the person's account, then what is open there. A part that this user may not
//! see fails by itself. Source: salesforce-api.md §4.3.

use domain::{Object, RecordId, RecordRef};
use serde_json::{Value, json};

use crate::{
    API_VERSION,
    error::Error,
    session::{Ask, Session, json as read},
    text,
};

/// So many of each kind are offered.
const MOST: usize = 10;

/// An open opportunity or case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMatter {
    /// `Opportunity` or `Case`.
    pub object: String,
    /// The record.
    pub id: RecordId,
    /// The opportunity's name, or the case's subject.
    pub name: String,
    /// The stage, or the case's number.
    pub detail: Option<String>,
}

impl Session {
    /// Returns the open opportunities and cases of a record or its account, the newest first. A lead has none.
    ///
    /// # Errors
    ///
    /// Those of any request. A part that the user may not see is no error.
    pub async fn open_matters(&self, of: &RecordRef) -> Result<Vec<OpenMatter>, Error> {
        let (contact, account) = match of.object {
            Object::Lead => return Ok(Vec::new()),
            Object::Contact => (Some(&of.id), "@{who.AccountId}".to_owned()),
            Object::Account => (None, of.id.to_string()),
        };
        let path = |rest: String| format!("/services/data/v{API_VERSION}/{rest}");
        let part = |name: &str, rest: String| json!({ "method": "GET", "referenceId": name, "url": path(rest) });
        let query = |fields: &str, object: &str, field: &str, id: &str| {
            // An id is letters and digits, and a reference is filled in by Salesforce with one.
            let soql = format!(
                "SELECT {fields} FROM {object} WHERE IsClosed = false AND {field} = '{id}' \
                 ORDER BY LastModifiedDate DESC LIMIT {MOST}"
            );
            format!("query/?q={}", soql.replace(' ', "+").replace('=', "%3D").replace('\'', "%27"))
        };
        let mut parts = Vec::new();
        if let Some(contact) = contact {
            parts.push(part("who", format!("sobjects/Contact/{contact}?fields=AccountId")));
            parts.push(part(
                "own",
                query("Id,CaseNumber,Subject", "Case", "ContactId", contact.as_str()),
            ));
        }
        parts.push(part("deals", query("Id,Name,StageName", "Opportunity", "AccountId", &account)));
        parts.push(part("cases", query("Id,CaseNumber,Subject", "Case", "AccountId", &account)));
        let body = json!({ "allOrNone": false, "compositeRequest": parts });
        let answer: Value = read(&self.ask(&Ask::post("composite", body)).await?)?;
        let mut found: Vec<OpenMatter> = Vec::new();
        for name in ["deals", "own", "cases"] {
            for row in rows(&answer, name) {
                if let Some(matter) = matter(name, row)
                    && !found.iter().any(|known| known.id == matter.id)
                {
                    found.push(matter);
                }
            }
        }
        Ok(found)
    }
}

/// Returns the rows of one part; none where it failed.
fn rows<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let parts = answer["compositeResponse"].as_array().into_iter().flatten();
    let part = parts.into_iter().find(|part| part["referenceId"] == name);
    part.and_then(|part| part["body"]["records"].as_array()).into_iter().flatten()
}

fn matter(part: &str, row: &Value) -> Option<OpenMatter> {
    let said = |name: &str| row[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    let id = RecordId::parse(said("Id")?)?;
    let (object, name, detail) = match part {
        "deals" => ("Opportunity", said("Name")?, said("StageName")),
        _ => ("Case", said("Subject").or_else(|| said("CaseNumber"))?, said("CaseNumber")),
    };
    let fit = |text: &str| text::fit(text, 255, false);
    Some(OpenMatter { object: object.to_owned(), id, name: fit(name), detail: detail.map(fit) })
}
