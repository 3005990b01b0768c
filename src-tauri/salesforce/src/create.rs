//! A new record for a caller whom no record has.
//!
//! Sets what this user may set, and nothing else: record type and owner are the org's defaults. Lead assignment rules
//! stay off, for the lead is the agent's who had the call; the org's duplicate rules stay on.
//! Source: contract.md §3, salesforce-api.md §6.

use domain::{NewKind, NewRecord, Object, RecordId, TaskId};
use serde_json::{Map, Value, json};

use crate::{
    describe::Description,
    error::Error,
    session::{Ask, Session, json as read},
    text,
    wire::{self, Saved},
};

/// What became of a record that was to be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// It is gone.
    Deleted,
    /// Somebody has changed it, so it stays.
    Changed,
    /// This user may not delete it, so it stays, and the Task is as it was.
    Kept,
}

impl Session {
    /// Creates a record, and returns its id. With `despite_duplicates` a duplicate rule that may be overruled is.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicates`] where the org knows such a record; [`Error::LostAnswer`] when it may have been created:
    /// look for its number before the next attempt; [`Error::MissingPermission`] and [`Error::Rejected`] with the
    /// org's own words.
    pub async fn create_record(
        &self,
        record: &NewRecord,
        despite_duplicates: bool,
    ) -> Result<RecordId, Error> {
        let object = record.kind.object();
        let lacking = || Error::MissingPermission {
            text: format!("your user may not create records of the kind {object}"),
        };
        let seen = self.describe(object).await?.ok_or_else(lacking)?;
        if !seen.createable {
            self.forget_description(object.api_name());
            return Err(lacking());
        }
        let body = Value::Object(fields(record, &seen));
        let ask = Ask::post(format!("sobjects/{object}"), body)
            .header("Sforce-Auto-Assign", "FALSE")
            .header(
                "Sforce-Duplicate-Rule-Header",
                if despite_duplicates { "allowSave=true" } else { "allowSave=false" },
            );
        let saved: Saved = read(&self.ask(&ask).await?).map_err(|_| Error::LostAnswer(None))?;
        saved.id.as_deref().and_then(RecordId::parse).ok_or(Error::LostAnswer(None))
    }

    /// Deletes a record that was created here, unless somebody has changed it since. The Task that names it stays, and
    /// no longer does: Salesforce would delete it along with the record.
    ///
    /// # Errors
    ///
    /// Those of any request; nothing is deleted then, and the Task names the record as before if Salesforce can be
    /// reached.
    pub async fn take_back(
        &self,
        object: Object,
        id: &RecordId,
        task: Option<&TaskId>,
    ) -> Result<TakenBack, Error> {
        let soql = format!(
            "SELECT CreatedDate, LastModifiedDate FROM {object} WHERE Id = {}",
            text::literal(id.as_str())
        );
        let rows = self.query(&soql).await?;
        if let Some(row) = rows.first()
            && wire::text(row, "CreatedDate") != wire::text(row, "LastModifiedDate")
        {
            return Ok(TakenBack::Changed);
        }
        if self.describe(object).await?.is_some_and(|seen| !seen.deletable) {
            // The right may be given at any time: the next attempt looks again.
            self.forget_description(object.api_name());
            return Ok(TakenBack::Kept);
        }
        if let Some(task) = task {
            self.put_on(task, None).await?;
        }
        let Err(error) = self.delete_record(object, id).await else {
            return Ok(TakenBack::Deleted);
        };
        if let Some(task) = task
            && !error.may_have_happened()
        {
            self.put_on(task, Some(id)).await?;
        }
        match error {
            Error::MissingPermission { .. } => Ok(TakenBack::Kept),
            other => Err(other),
        }
    }

    /// Puts a Task on a contact or lead, or on none. One that is gone needs neither.
    async fn put_on(&self, task: &TaskId, who: Option<&RecordId>) -> Result<(), Error> {
        let who = json!({ "WhoId": who.map(RecordId::as_str) });
        match self.ask(&Ask::patch(format!("sobjects/Task/{task}"), who)).await {
            Err(error) if !error.has_code("NOT_FOUND") && !error.has_code("ENTITY_IS_DELETED") => {
                Err(error)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Deletes a record that was created a moment ago. One that is gone already is as good.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn delete_record(&self, object: Object, id: &RecordId) -> Result<(), Error> {
        self.delete(&format!("sobjects/{object}/{id}")).await
    }
}

/// Returns the fields of a new record that this user may set, cut to what each holds.
fn fields(record: &NewRecord, seen: &Description) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut set = |name: &str, value: &str| {
        let Some(field) = seen.field(name).filter(|field| field.createable) else { return };
        if value.is_empty() {
            return;
        }
        let length = if field.length == 0 { usize::MAX } else { field.length };
        fields.insert(name.to_owned(), Value::from(text::fit(value, length, false)));
    };
    set("FirstName", &record.first_name);
    set("LastName", &record.last_name);
    set("Phone", record.phone.e164());
    match record.kind {
        NewKind::Lead => set("Company", record.company.as_deref().unwrap_or_default()),
        NewKind::Contact => {
            set("AccountId", record.account.as_ref().map_or("", RecordId::as_str));
        }
    }
    fields
}
