//! Many calls become Tasks with one request, each for itself: a refusal of one stops none of the others.
//!
//! What the org refuses here is nothing that [`Session::log_call`] could not find a way for: it takes a call alone and
//! leaves out what is not wanted. Source: salesforce-api.md §4.3.

use std::time::Duration;

use domain::{RecordId, TaskDraft};
use serde_json::{Value, json};

use crate::{
    describe::KEY_FIELD,
    error::Error,
    journal::{DISPOSITION, LeftOut, Logged, new_task},
    refusal,
    session::{Ask, Session, json as read},
    wire::SavedRecord,
};

/// The most calls in one request. Source: salesforce-api.md §4.3.
pub const CALLS: usize = 200;

/// How long one request for many calls may take: the org's flows run for each of them.
const PATIENCE: Duration = Duration::from_secs(60);

impl Session {
    /// Writes the Tasks of up to [`CALLS`] calls that have none. Returns what became of each, in the same order: an
    /// error other than [`Error::LostAnswer`] means that there is no Task of that call.
    ///
    /// # Errors
    ///
    /// [`Error::LostAnswer`] when any of them may have been written: the next attempts must ask first. Any other means
    /// that none was.
    pub async fn log_calls(
        &self,
        drafts: &[TaskDraft],
    ) -> Result<Vec<Result<Logged, Error>>, Error> {
        let seen = self.task_to_create().await?;
        let status = self.closed_status(&seen).await?;
        let unique = seen.has_call_key();
        let mut left_out = Vec::with_capacity(drafts.len());
        let records: Vec<Value> = drafts
            .iter()
            .map(|draft| {
                let mut record = new_task(draft, &seen, &status);
                let disposition = !record.contains_key(DISPOSITION);
                left_out.push(LeftOut { links: false, disposition });
                record.insert("attributes".to_owned(), json!({ "type": "Task" }));
                if unique {
                    record.insert(KEY_FIELD.to_owned(), draft.key.as_str().into());
                }
                Value::Object(record)
            })
            .collect();
        let body = json!({ "allOrNone": false, "records": records });
        let ask = if unique {
            Ask::patch(format!("composite/sobjects/Task/{KEY_FIELD}"), body)
        } else {
            Ask::post("composite/sobjects", body)
        };
        let answer = self.ask(&ask.within(PATIENCE)).await?;
        // From here on Tasks exist: whatever cannot be read is a lost answer.
        let saved: Vec<SavedRecord> = read(&answer).map_err(|_| Error::LostAnswer(None))?;
        let saved = saved.into_iter().zip(left_out);
        let mut logged: Vec<_> = saved.map(|(saved, left_out)| outcome(saved, left_out)).collect();
        logged.resize_with(drafts.len(), || Err(Error::LostAnswer(None)));
        Ok(logged)
    }
}

fn outcome(saved: SavedRecord, left_out: LeftOut) -> Result<Logged, Error> {
    if !saved.success {
        let first = saved.errors.into_iter().next();
        return Err(first.map_or(Error::LostAnswer(None), refusal::of_record));
    }
    let id = saved.id.as_deref().and_then(RecordId::parse).ok_or(Error::LostAnswer(None))?;
    Ok(Logged { id, existed: saved.created == Some(false), left_out })
}
