//! The open Task that a call leaves behind.

use domain::{CallKey, Day, RecordId, TaskId};
use serde_json::{Map, Value};

use crate::{
    error::Error,
    journal::{Purpose, blames_links, put},
    session::{Ask, Session, json as read},
    wire::Saved,
};

/// A follow-up as it is written. Its status is the org's own for a new Task, its owner who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUpTask {
    /// What makes a repeat harmless; in `CallObject`.
    pub key: CallKey,
    /// `Subject`.
    pub subject: String,
    /// `ActivityDate`.
    pub day: Day,
    /// `WhoId`: a contact or lead.
    pub who: Option<RecordId>,
    /// `WhatId`: an account, opportunity or case.
    pub what: Option<RecordId>,
    /// `Description`.
    pub text: String,
}

impl Session {
    /// Writes a follow-up. With `ask_first`, after an attempt whose answer was lost, the org is asked for it before.
    ///
    /// # Errors
    ///
    /// As [`Session::log_call`].
    pub async fn follow_up(&self, task: &FollowUpTask, ask_first: bool) -> Result<TaskId, Error> {
        if ask_first && let Some(id) = self.task_with_key(&task.key).await? {
            return Ok(id);
        }
        let mut fields = self.follow_up_fields(task).await?;
        loop {
            let ask = Ask::post("sobjects/Task", Value::Object(fields.clone()));
            match self.ask(&ask).await {
                Ok(answer) => {
                    // From here on the Task exists: whatever cannot be read is a lost answer.
                    let saved: Saved = read(&answer).map_err(|_| Error::LostAnswer(None))?;
                    let id = saved.id.as_deref().and_then(RecordId::parse);
                    return id.ok_or(Error::LostAnswer(None));
                }
                // The person or the deal is gone: what is to be done is not.
                Err(error) if blames_links(&error, &fields) => {
                    fields.remove("WhoId");
                    fields.remove("WhatId");
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn follow_up_fields(&self, task: &FollowUpTask) -> Result<Map<String, Value>, Error> {
        let seen = self.described_task().await?;
        let mut fields = Map::new();
        let mut set =
            |name: &str, value: Value| put(&mut fields, &seen, Purpose::Create, name, value);
        set("Subject", Value::from(task.subject.as_str()));
        set("ActivityDate", Value::from(task.day.to_string()));
        set("Description", Value::from(task.text.as_str()));
        set("CallObject", Value::from(task.key.as_str()));
        for (name, link) in [("WhoId", &task.who), ("WhatId", &task.what)] {
            if let Some(id) = link {
                set(name, Value::from(id.as_str()));
            }
        }
        Ok(fields)
    }
}
