//! A call becomes a Task, once.
//!
//! ```text
//!   asked first, or asked again?  ── the key is there ──▶ existed
//!        │ not there
//!        ▼
//!   a unique external id?  ── yes ──▶ upsert by it          ── refused as a repeat ──▶ read back: existed
//!        │ no                                               ── out of sight        ──▶ insert, whose refusal names it
//!        │                                                  ── the person is gone  ──▶ once more without links
//!        └──────────────▶ insert                            ── a field is not ours ──▶ once more without it
//! ```
//!
//! Only what `describe` offers is sent, no text longer than its field.
//! Source: contract.md §3, salesforce-api.md §7.

use std::sync::Mutex;

use domain::{CallKey, RecordId, TaskDraft, TaskId};
use reqwest::StatusCode;
use serde_json::{Map, Value};

use crate::{
    describe::{Description, KEY_FIELD},
    error::Error,
    hand_edits,
    session::{Ask, Session, json as read, unpoisoned},
    text,
    wire::Saved,
};

/// What has become of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The Task.
    pub id: TaskId,
    /// Whether it was there already, from an earlier attempt or another desktop.
    pub existed: bool,
    /// What it lacks.
    pub left_out: LeftOut,
}

/// What of a call its Task lacks, because the org does not take it. A person should know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Contact and account: they are gone, or out of this user's sight.
    pub links: bool,
    /// How the call ended: the org's list of values lacks the word, or this user may not set the field.
    pub disposition: bool,
}

/// The status that puts a Task into the past, once it is known.
#[derive(Default)]
pub(crate) struct ClosedStatus(Mutex<Option<String>>);

/// How the call ended.
pub(crate) const DISPOSITION: &str = "CallDisposition";

/// The fields that a Task can do without when the org does not take them.
const DISPENSABLE: [&str; 5] =
    ["TaskSubtype", "CallType", DISPOSITION, "CallDurationInSeconds", "CallObject"];

/// What is being written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Create,
    Update,
}

impl Session {
    /// Returns the Task that carries a key, the oldest where there are several.
    ///
    /// Looks at Tasks of the last 30 days: a repeat is never later than that, and the key is not indexed.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn task_with_key(&self, key: &CallKey) -> Result<Option<TaskId>, Error> {
        let tasks = self.tasks_with_keys(std::slice::from_ref(key), false).await?;
        Ok(tasks.into_iter().next().map(|task| task.id))
    }

    /// Writes the Task of a call.
    ///
    /// With `ask_first` the org is asked for the key before: for every attempt after one whose answer was lost, and
    /// for a call that several desktops may log.
    ///
    /// # Errors
    ///
    /// [`Error::LostAnswer`] when the Task may have been written: the next attempt must ask first.
    /// [`Error::Rejected`] and [`Error::MissingPermission`] with the org's own words when it never will be.
    pub async fn log_call(&self, draft: &TaskDraft, ask_first: bool) -> Result<Logged, Error> {
        if ask_first && let Some(id) = self.task_with_key(&draft.key).await? {
            return Ok(Logged { id, existed: true, left_out: LeftOut::default() });
        }
        let mut seen = self.task_to_create().await?;
        let status = self.closed_status(&seen).await?;
        let mut fields = new_task(draft, &seen, &status);
        let mut unlinked = false;
        let mut lesson = false;
        loop {
            let left_out =
                LeftOut { links: unlinked, disposition: !fields.contains_key(DISPOSITION) };
            let mut error = match self.write(draft, &seen, &fields).await {
                Ok((id, existed)) => return Ok(Logged { id, existed, left_out }),
                Err(error) => error,
            };
            let unseen = seen.has_call_key() && may_be_out_of_sight(&error, &fields);
            if is_repeat(&error) || unseen {
                let found = self.task_with_key(&draft.key).await?;
                // A colleague's Task may be out of sight; the refusal itself names it.
                if let Some(id) = found.or_else(|| named_task(&error)) {
                    return Ok(Logged { id, existed: true, left_out });
                }
            }
            if unseen {
                // The refusal of an upsert names nothing, that of an insert does.
                error = match self.insert(draft, &fields).await {
                    Ok(id) => return Ok(Logged { id, existed: false, left_out }),
                    Err(refused) => match named_task(&refused) {
                        Some(id) => return Ok(Logged { id, existed: true, left_out }),
                        None => refused,
                    },
                };
            }
            if !unlinked && blames_links(&error, &fields) {
                fields.remove("WhoId");
                fields.remove("WhatId");
                unlinked = true;
            } else if !lesson && is_about_fields(&error) {
                // What the org offers has changed since it was asked.
                lesson = true;
                self.forget_description("Task");
                seen = self.task_to_create().await?;
                if !learn(&error, &mut fields, new_task(draft, &seen, &status)) {
                    return Err(error);
                }
            } else {
                return Err(error);
            }
        }
    }

    /// Deletes a Task. One that is gone already is as good.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn delete_task(&self, id: &TaskId) -> Result<(), Error> {
        self.delete(&format!("sobjects/Task/{id}")).await
    }

    /// Deletes what is at a path. What is gone already is as good.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), Error> {
        match self.ask(&Ask::delete(path)).await {
            Err(error) if error.has_code("NOT_FOUND") || error.has_code("ENTITY_IS_DELETED") => {
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    /// Writes the Task, and says whether it was there already.
    async fn write(
        &self,
        draft: &TaskDraft,
        seen: &Description,
        fields: &Map<String, Value>,
    ) -> Result<(TaskId, bool), Error> {
        let body = Value::Object(fields.clone());
        let ask = if seen.has_call_key() {
            let key = text::segment(draft.key.as_str());
            Ask::patch(format!("sobjects/Task/{KEY_FIELD}/{key}"), body)
        } else {
            Ask::post("sobjects/Task", body)
        };
        let answer = self.ask(&ask).await?;
        if answer.status == StatusCode::NO_CONTENT || answer.status == StatusCode::MULTIPLE_CHOICES
        {
            // Written, and not said under which id.
            let id = self.task_with_key(&draft.key).await?;
            return id.map(|id| (id, true)).ok_or(Error::LostAnswer(None));
        }
        // From here on the Task exists: whatever cannot be read is a lost answer.
        let saved: Saved = read(&answer).map_err(|_| Error::LostAnswer(None))?;
        let id = saved.id.as_deref().and_then(RecordId::parse).ok_or(Error::LostAnswer(None))?;
        Ok((id, saved.created == Some(false)))
    }

    /// Inserts the Task under its unique key.
    async fn insert(
        &self,
        draft: &TaskDraft,
        fields: &Map<String, Value>,
    ) -> Result<TaskId, Error> {
        let mut fields = fields.clone();
        fields.insert(KEY_FIELD.to_owned(), Value::from(draft.key.as_str()));
        let answer = self.ask(&Ask::post("sobjects/Task", Value::Object(fields))).await?;
        let saved: Saved = read(&answer).map_err(|_| Error::LostAnswer(None))?;
        saved.id.as_deref().and_then(RecordId::parse).ok_or(Error::LostAnswer(None))
    }

    pub(crate) async fn described_task(&self) -> Result<std::sync::Arc<Description>, Error> {
        self.describe_task().await?.ok_or_else(|| Error::MissingPermission {
            text: "your user may not see tasks".to_owned(),
        })
    }

    pub(crate) async fn task_to_create(&self) -> Result<std::sync::Arc<Description>, Error> {
        let seen = self.described_task().await?;
        if seen.createable {
            return Ok(seen);
        }
        // The right may have been given since: the next attempt looks again.
        self.forget_description("Task");
        Err(Error::MissingPermission { text: "your user may not create tasks".to_owned() })
    }

    /// Returns the status of a finished Task in this org: `Completed` where it exists. Asked once.
    pub(crate) async fn closed_status(&self, seen: &Description) -> Result<String, Error> {
        const USUAL: &str = "Completed";
        if let Some(known) = unpoisoned(&self.closed_status_cache().0).clone() {
            return Ok(known);
        }
        let closed = self.closed_statuses().await?.unwrap_or_default();
        let offered = |status: &str| {
            let values = seen.field("Status").map(|field| field.values.as_slice());
            values.is_none_or(|values| values.is_empty() || values.iter().any(|v| v == status))
        };
        let status = if closed.iter().any(|status| status == USUAL) || closed.is_empty() {
            USUAL
        } else {
            closed.iter().find(|status| offered(status)).unwrap_or(&closed[0]).as_str()
        };
        if !closed.is_empty() {
            *unpoisoned(&self.closed_status_cache().0) = Some(status.to_owned());
        }
        Ok(status.to_owned())
    }
}

/// Returns a new Task: what the draft says, with the status of a finished one.
pub(crate) fn new_task(draft: &TaskDraft, seen: &Description, status: &str) -> Map<String, Value> {
    let mut fields = content(draft, seen, Purpose::Create);
    put(&mut fields, seen, Purpose::Create, "Status", Value::from(status));
    fields
}

/// Returns what the draft says, in the fields that this user may set. An update decides by itself about subject and links.
pub(crate) fn content(
    draft: &TaskDraft,
    seen: &Description,
    purpose: Purpose,
) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| put(&mut fields, seen, purpose, name, value);
    let (year, month, day) = draft.date;
    set("CallType", Value::from(draft.direction.call_type()));
    set("CallDurationInSeconds", Value::from(draft.talk_seconds));
    set(DISPOSITION, Value::from(draft.disposition.as_str()));
    set("ActivityDate", Value::from(format!("{year:04}-{month:02}-{day:02}")));
    let room = hand_edits::room(seen);
    set("Description", Value::from(draft.description(room)));
    match purpose {
        Purpose::Create => {
            set("TaskSubtype", Value::from("Call"));
            set("CallObject", Value::from(draft.key.as_str()));
        }
        // What it is about is the business of an update alone.
        Purpose::Update => return fields,
    }
    set("Subject", Value::from(draft.subject.as_str()));
    for (name, link) in [("WhoId", &draft.who), ("WhatId", &draft.what)] {
        if let Some(id) = link {
            set(name, Value::from(id.as_str()));
        }
    }
    fields
}

/// Sets a field where this user may, cut to what it holds. A value that a restricted picklist lacks is left out.
pub(crate) fn put(
    fields: &mut Map<String, Value>,
    seen: &Description,
    purpose: Purpose,
    name: &str,
    value: Value,
) {
    let Some(field) = seen.field(name) else { return };
    let allowed = match purpose {
        Purpose::Create => field.createable,
        Purpose::Update => field.updateable,
    };
    if !allowed {
        return;
    }
    let value = match value {
        Value::String(long) => {
            let fitted = fitted(seen, name, &long);
            if !field.values.is_empty() && !field.values.contains(&fitted) && name != "Status" {
                return;
            }
            Value::from(fitted)
        }
        other => other,
    };
    fields.insert(name.to_owned(), value);
}

/// Returns a text as a field holds it.
pub(crate) fn fitted(seen: &Description, name: &str, long: &str) -> String {
    let Some(field) = seen.field(name) else { return long.to_owned() };
    let length = if field.length == 0 { usize::MAX } else { field.length };
    text::fit(long, length, field.kind == "textarea")
}

/// Says whether the refusal means that the call is logged already: a repeat of the unique key, or an upsert that found
/// a Task which it may not change in this way.
fn is_repeat(error: &Error) -> bool {
    match error {
        Error::Rejected { code, message, fields } => {
            code == "DUPLICATE_VALUE"
                || (code == "INVALID_FIELD_FOR_INSERT_UPDATE"
                    && (fields.iter().any(|f| f == "TaskSubtype")
                        || message.contains("TaskSubtype")))
        }
        _ => false,
    }
}

/// Says whether an upsert may have met a Task of somebody else's that this user does not see: the key is unique beyond
/// what sharing shows.
/// Source: SOAP API Developer Guide, upsert(): no special permission is needed where the external id is unique.
fn may_be_out_of_sight(error: &Error, body: &Map<String, Value>) -> bool {
    matches!(error, Error::MissingPermission { .. }) && !blames_links(error, body)
}

/// Returns the Task that a refused repeat names: `… duplicates value on record with id: 00T…`.
pub(crate) fn named_task(error: &Error) -> Option<TaskId> {
    let Error::Rejected { message, .. } = error else { return None };
    message
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(RecordId::parse)
        .find(|id| id.prefix() == "00T")
}

/// Says whether the refusal is about the records that the Task names, and there is something to leave out.
pub(crate) fn blames_links(error: &Error, body: &Map<String, Value>) -> bool {
    let Error::Rejected { code, message, fields } = error else {
        return match error {
            Error::MissingPermission { text } => {
                linked(body)
                    && (text.contains("cross reference") || text.contains("cross-reference"))
            }
            _ => false,
        };
    };
    let about_a_link = matches!(
        code.as_str(),
        "ENTITY_IS_DELETED"
            | "INVALID_CROSS_REFERENCE_KEY"
            | "FIELD_INTEGRITY_EXCEPTION"
            | "MALFORMED_ID"
    );
    let names_a_link = |name: &str| name == "WhoId" || name == "WhatId";
    let elsewhere = !fields.is_empty() && !fields.iter().any(|field| names_a_link(field));
    linked(body) && about_a_link && !elsewhere && !message.contains("OwnerId")
}

fn linked(body: &Map<String, Value>) -> bool {
    body.contains_key("WhoId") || body.contains_key("WhatId")
}

/// Says whether the refusal is about what the org offers, not about what is said in it.
pub(crate) fn is_about_fields(error: &Error) -> bool {
    let Error::Rejected { code, .. } = error else { return false };
    matches!(
        code.as_str(),
        "INVALID_FIELD"
            | "INVALID_FIELD_FOR_INSERT_UPDATE"
            | "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    )
}

/// Takes the fields that the org still offers, without those that were left out before and the dispensable ones that
/// it has refused just now. Says whether there is anything new to try.
pub(crate) fn learn(
    error: &Error,
    fields: &mut Map<String, Value>,
    mut fresh: Map<String, Value>,
) -> bool {
    fresh.retain(|name, _| fields.contains_key(name));
    drop_refused(error, &mut fresh);
    let learnt = fresh != *fields;
    *fields = fresh;
    learnt
}

/// Takes out the dispensable fields that the org has refused.
fn drop_refused(error: &Error, body: &mut Map<String, Value>) {
    let Error::Rejected { message, fields, .. } = error else { return };
    body.retain(|name, _| {
        let named = fields.iter().any(|field| field == name) || message.contains(name.as_str());
        !(named && DISPENSABLE.contains(&name.as_str()))
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rejected(code: &str, message: &str, fields: &[&str]) -> Error {
        Error::Rejected {
            code: code.to_owned(),
            message: message.to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
        }
    }

    fn body() -> Map<String, Value> {
        let body =
            json!({"Subject": "x", "WhoId": "003", "TaskSubtype": "Call", "CallType": "Inbound"});
        body.as_object().unwrap().clone()
    }

    #[test]
    fn only_a_refusal_about_a_link_costs_the_link() {
        for (error, blamed) in [
            (rejected("ENTITY_IS_DELETED", "entity is deleted", &[]), true),
            (
                rejected("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", &["WhoId"]),
                true,
            ),
            (rejected("INVALID_CROSS_REFERENCE_KEY", "owner", &["OwnerId"]), false),
            (rejected("FIELD_CUSTOM_VALIDATION_EXCEPTION", "say why", &["WhoId"]), false),
        ] {
            assert_eq!(blames_links(&error, &body()), blamed, "{error}");
        }
        let unlinked = json!({"Subject": "x"}).as_object().unwrap().clone();
        assert!(!blames_links(&rejected("ENTITY_IS_DELETED", "", &[]), &unlinked));
    }

    #[test]
    fn only_dispensable_fields_are_dropped() {
        let mut fields = body();
        let refused = rejected("INVALID_FIELD", "No such column 'CallType' on entity 'Task'", &[]);
        assert!(is_about_fields(&refused) && learn(&refused, &mut fields, body()));
        assert!(!fields.contains_key("CallType") && fields.contains_key("Subject"));
        let essential = rejected("INVALID_FIELD", "Subject", &["Subject"]);
        assert!(!learn(&essential, &mut fields, body()), "what was dropped does not come back");
        assert!(!is_about_fields(&rejected("STRING_TOO_LONG", "CallType", &[])));
    }

    #[test]
    fn what_the_org_no_longer_offers_is_learnt_from_it() {
        let mut fields = body();
        let refused = rejected("INVALID_FIELD", "No such column 'Description'", &[]);
        fields.insert("Description".to_owned(), json!("x"));
        assert!(learn(&refused, &mut fields, body()));
        assert_eq!(fields, body());
    }
}
