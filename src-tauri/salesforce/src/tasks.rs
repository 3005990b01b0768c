//! The Tasks that carry the keys of calls: whose they are, and whether people have changed them.
//!
//! A call that was first thought missed carries another key than the same call once it is known to be answered, so a
//! question names every spelling that may be there.

use domain::{CallKey, RecordId, Said, TaskId, Timestamp, UserId};

use crate::{
    describe::KEY_FIELD,
    error::Error,
    session::{Query, Session},
    text,
    wire::{self, Row},
};

/// The most keys that are asked for with one request: five queries. With two, where each key may stand in two fields.
pub const KEYS: usize = 5 * KEYS_OF_A_QUERY;

/// The most keys in one query that names each of them once: some 25 KB of the 100,000 characters that a statement may have.
/// Source: salesforce-api.md §4.2.
const KEYS_OF_A_QUERY: usize = 400;

/// The same where the org does not take so many: such a query fits into an address.
const KEYS_OF_AN_ADDRESS: usize = 100;

/// A Task is changed by what creates it, too, for as long as triggers and flows of the org work on it.
const SETTLES_MS: i64 = 3_000;

/// A Task with the key of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedTask {
    /// Its id.
    pub id: TaskId,
    /// The key that it carries.
    pub key: CallKey,
    /// Whose it is, where that is told.
    pub owner: Option<UserId>,
    /// When it was created.
    pub created: Timestamp,
    /// It was changed after it was created.
    pub changed: bool,
    /// It is in the recycle bin.
    pub deleted: bool,
}

impl Session {
    /// Returns the Tasks that carry one of these keys, in the order in which they were created: see [`KEYS`].
    ///
    /// `deleted_too`: also those that were deleted within the last days, where the org tells.
    ///
    /// Looks at Tasks of the last 30 days: a repeat is never later than that, and the key is not indexed.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn tasks_with_keys(
        &self,
        keys: &[CallKey],
        deleted_too: bool,
    ) -> Result<Vec<KeyedTask>, Error> {
        let Some(seen) = self.describe_task().await? else { return Ok(Vec::new()) };
        let fields: Vec<&str> = [KEY_FIELD, "CallObject"]
            .into_iter()
            .filter(|name| seen.field(name).is_some_and(|field| field.filterable))
            .collect();
        if fields.is_empty() || keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut wanted = vec!["Id"];
        let optional = ["OwnerId", "CreatedDate", "LastModifiedDate"];
        wanted.extend(&fields);
        wanted.extend(optional.iter().filter(|name| seen.field(name).is_some()));
        if deleted_too {
            wanted.push("IsDeleted");
        }
        let query = |keys: &[CallKey]| {
            let conditions: Vec<String> =
                fields.iter().map(|field| condition(field, keys)).collect();
            let soql = format!(
                "SELECT {} FROM Task WHERE ({}) AND CreatedDate = LAST_N_DAYS:30 ORDER BY CreatedDate, Id",
                wanted.join(", "),
                conditions.join(" OR ")
            );
            Query { soql, deleted_too }
        };
        let ask = async |at_once: usize| -> Result<_, Error> {
            let queries: Vec<Query> = keys.chunks(at_once / fields.len()).map(&query).collect();
            // What one of the queries does not say would be written a second time.
            Ok(self.queries(&queries).await?.into_iter().collect::<Result<Vec<_>, Error>>())
        };
        let answers = match ask(KEYS_OF_A_QUERY).await? {
            Err(_) if keys.len() > KEYS_OF_AN_ADDRESS => {
                tracing::info!(keys = keys.len(), "so many keys are asked for in smaller portions");
                ask(KEYS_OF_AN_ADDRESS).await?
            }
            answers => answers,
        }?;
        let rows = answers.iter().flatten();
        let mut tasks: Vec<KeyedTask> = rows.filter_map(|row| keyed(row, &fields, keys)).collect();
        tasks.sort_by(|one, other| {
            (one.created, one.id.as_str()).cmp(&(other.created, other.id.as_str()))
        });
        Ok(tasks)
    }

    /// Says whether the org refuses a second Task with the same key by itself.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn keys_are_unique(&self) -> Result<bool, Error> {
        Ok(self.describe_task().await?.is_some_and(|seen| seen.has_call_key()))
    }

    /// Says whether people have changed a Task since this program wrote `said`; `None`: it is gone.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn is_as_said(&self, task: &TaskId, said: &Said) -> Result<Option<bool>, Error> {
        let seen = self.described_task().await?;
        let wanted: Vec<&str> = [
            "Id",
            "Subject",
            "WhoId",
            "WhatId",
            "CallType",
            "CallDurationInSeconds",
            "CallDisposition",
            "ActivityDate",
            "Description",
        ]
        .into_iter()
        .filter(|name| *name == "Id" || seen.field(name).is_some())
        .collect();
        let soql = format!(
            "SELECT {} FROM Task WHERE Id = {}",
            wanted.join(", "),
            text::literal(task.as_str())
        );
        let rows = self.query(&soql).await?;
        Ok(rows.first().map(|row| says(row, said)))
    }
}

fn condition(field: &str, keys: &[CallKey]) -> String {
    let literals: Vec<String> = keys.iter().map(|key| text::literal(key.as_str())).collect();
    match literals.as_slice() {
        [only] => format!("{field} = {only}"),
        several => format!("{field} IN ({})", several.join(", ")),
    }
}

fn keyed(row: &Row, fields: &[&str], keys: &[CallKey]) -> Option<KeyedTask> {
    let carried: Vec<&str> = fields.iter().filter_map(|field| wire::text(row, field)).collect();
    let key = match (carried.as_slice(), keys) {
        // It was found by the one key that was asked for.
        ([], [only]) => only,
        _ => keys.iter().find(|key| carried.contains(&key.as_str()))?,
    };
    let created = wire::text(row, "CreatedDate").and_then(wire::moment).unwrap_or_default();
    let modified = wire::text(row, "LastModifiedDate").and_then(wire::moment).unwrap_or(created);
    Some(KeyedTask {
        id: wire::text(row, "Id").and_then(RecordId::parse)?,
        key: key.clone(),
        owner: wire::text(row, "OwnerId").and_then(RecordId::parse),
        created,
        changed: modified.as_millis() - created.as_millis() > SETTLES_MS,
        deleted: wire::truth(row, "IsDeleted"),
    })
}

/// Compares what people can change. Salesforce gives lines back with other ends than they came with.
fn says(row: &Row, said: &Said) -> bool {
    let link = |name| wire::text(row, name).and_then(RecordId::parse);
    // Numbers of a row are texts by now.
    let seconds: Option<f64> =
        wire::text(row, "CallDurationInSeconds").and_then(|seconds| seconds.parse().ok());
    let date: Option<jiff::civil::Date> =
        wire::text(row, "ActivityDate").and_then(|date| date.parse().ok());
    let date = date.map_or((0, 0, 0), |date| (date.year(), date.month(), date.day()));
    let description = wire::text(row, "Description").unwrap_or_default().replace("\r\n", "\n");
    let rest = Said::rest_of(
        wire::text(row, "CallType").unwrap_or_default(),
        seconds.map_or(0, |seconds| seconds.max(0.0).round() as u64),
        date,
        wire::text(row, "CallDisposition").unwrap_or_default(),
        &description,
    );
    wire::text(row, "Subject").unwrap_or_default().trim() == said.subject.trim()
        && link("WhoId") == said.who
        && link("WhatId") == said.what
        && rest == said.rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A Task as it was written of a call, and as Salesforce shows it.
    fn written() -> (Said, serde_json::Value) {
        let row = json!({
            "attributes": { "type": "Task" }, "Id": "00T5g00000ExamAAAS", "Subject": "Inbound call from Ada Moreno",
            "WhoId": "0035g00000EXAMPAA5", "WhatId": null, "CallType": "Inbound", "CallDurationInSeconds": 9,
            "CallDisposition": "Answered", "ActivityDate": "2026-01-05",
            "Description": "Wants an offer.\r\n\r\nDuration: 0:09"
        });
        let said = Said {
            subject: "Inbound call from Ada Moreno".to_owned(),
            who: Some(RecordId::parse("0035g00000EXAMPAA5").expect("an id")),
            what: None,
            rest: Said::rest_of(
                "Inbound",
                9,
                (2026, 1, 5),
                "Answered",
                "Wants an offer.\n\nDuration: 0:09",
            ),
            key: CallKey::from_stored("ys:3630:1.1:4101"),
            words: None,
        };
        (said, row)
    }

    #[test]
    fn a_task_that_nobody_has_changed_says_what_it_was_given() {
        let (said, row) = written();
        assert!(says(&wire::row(row).unwrap(), &said));
    }

    #[test]
    fn whatever_a_person_changes_in_a_task_is_seen() {
        let (said, row) = written();
        for (field, theirs) in [
            ("Subject", json!("Ada about the offer")),
            ("WhoId", json!("0035g00000EXAMQAA5")),
            ("WhatId", json!("0015g00000EXAMPAA5")),
            ("CallType", json!("Outbound")),
            ("CallDurationInSeconds", json!(10)),
            ("CallDisposition", json!("Reached")),
            ("ActivityDate", json!("2026-01-06")),
            ("Description", json!("Wants an offer, today.")),
        ] {
            let mut changed = row.clone();
            changed[field] = theirs;
            assert!(!says(&wire::row(changed).unwrap(), &said), "{field}");
        }
    }

    #[test]
    fn a_task_is_told_by_the_key_that_was_asked_for() {
        let keys = ["ys:3630:1.1:4101", "ys:3630:1.1:missed"].map(CallKey::from_stored);
        let row = json!({ "Id": "00T5g00000ExamA", "CallObject": "ys:3630:1.1:missed", "OwnerId": "0055g00000EXAMP",
            "CreatedDate": "2026-01-05T08:15:23.000+0000", "LastModifiedDate": "2026-01-05T08:15:25.000+0000" });
        let task = keyed(row.as_object().unwrap(), &["CallObject"], &keys).unwrap();
        assert_eq!((&task.key, task.changed, task.deleted), (&keys[1], false, false));
        assert_eq!(task.created, Timestamp::from_seconds(1_767_600_923));
        let other = json!({ "Id": "00T5g00000ExamA", "CallObject": "ys:3630:1.2:missed" });
        assert_eq!(keyed(other.as_object().unwrap(), &["CallObject"], &keys), None);
        assert_eq!(condition("CallObject", &keys[..1]), "CallObject = 'ys:3630:1.1:4101'");
        assert_eq!(
            condition("CallObject", &keys),
            "CallObject IN ('ys:3630:1.1:4101', 'ys:3630:1.1:missed')"
        );
    }
}
