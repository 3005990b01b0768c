//! What an org is asked when somebody checks the set-up.
//!
//! Source: salesforce-api.md §7.

use domain::{RecordId, Timestamp};

use crate::{
    describe::KEY_FIELD,
    error::Error,
    session::Session,
    text,
    wire::{self, Row},
};

/// A Task of the signed-in user, as far as it takes to see that two of them tell of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentTask {
    /// This program wrote it, on this or another desktop.
    pub ours: bool,
    /// The contact or lead.
    pub who: Option<RecordId>,
    /// The account or another record.
    pub what: Option<RecordId>,
    /// When it was written.
    pub created: Timestamp,
}

/// Who sees a Task that is a colleague's, by the org's default. Whatever it is, one that names no record is seen by its
/// owner and those above alone, unless it is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivitySharing {
    /// Whoever sees the records that it names may read it.
    Private,
    /// Whoever sees the records that it names may do with it what they may do with those.
    ControlledByParent,
    /// Everybody.
    Public,
}

/// How many Tasks are looked at.
const MOST_TASKS: usize = 200;
/// How our keys begin. Source: contract.md §3.
const KEY_START: &str = "ys:";
/// How the keys of our follow-ups begin, which are no calls.
const FOLLOW_UP_START: &str = "follow-up:";

impl Session {
    /// Returns the statuses that end a Task in this org; `None` where the user may not know them.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn closed_statuses(&self) -> Result<Option<Vec<String>>, Error> {
        let fields = ["MasterLabel", "IsClosed"];
        let rows = match self.query_visible(&fields, &["ApiName"], "FROM TaskStatus").await {
            Ok(rows) => rows,
            Err(Error::Rejected { .. } | Error::MissingPermission { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let name = |row: &Row| {
            let name = wire::text(row, "ApiName").or_else(|| wire::text(row, "MasterLabel"))?;
            Some(name.to_owned())
        };
        let closed = rows.iter().filter(|row| wire::truth(row, "IsClosed"));
        Ok(Some(closed.filter_map(name).collect()))
    }

    /// Returns how the org shares activities; `None` where it does not tell, as a user without “View Setup” may find.
    ///
    /// Source: Tooling API, `EntityDefinition`; Field Reference, `EntityDefinition.InternalSharingModel`. That the row of
    /// Task carries the setting of activities is not confirmed.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn activity_sharing(&self) -> Result<Option<ActivitySharing>, Error> {
        let soql =
            "SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ('Task')";
        let rows = match self.query(soql).await {
            Ok(rows) => rows,
            Err(Error::Rejected { .. } | Error::MissingPermission { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(match rows.first().and_then(|row| wire::text(row, "InternalSharingModel")) {
            Some("Private") => Some(ActivitySharing::Private),
            Some("ControlledByParent") => Some(ActivitySharing::ControlledByParent),
            Some("Read" | "ReadWrite" | "ReadWriteTransfer" | "FullAccess") => {
                Some(ActivitySharing::Public)
            }
            Some(_) | None => None,
        })
    }

    /// Returns the Tasks that the user came to own within seven days, the newest first.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn recent_tasks(&self) -> Result<Vec<RecentTask>, Error> {
        let rest = format!(
            "FROM Task WHERE OwnerId = {} AND CreatedDate = LAST_N_DAYS:7 \
             ORDER BY CreatedDate DESC LIMIT {MOST_TASKS}",
            text::literal(self.user_id().as_str())
        );
        let optional = ["CallObject", KEY_FIELD, "WhoId", "WhatId"];
        let rows = self.query_visible(&["Id", "CreatedDate"], &optional, &rest).await?;
        Ok(rows.iter().filter_map(task).collect())
    }
}

fn task(row: &Row) -> Option<RecentTask> {
    let record = |field: &str| wire::text(row, field).and_then(RecordId::parse);
    let begins =
        |field: &str, with: &str| wire::text(row, field).is_some_and(|key| key.starts_with(with));
    let is_ours = |field: &str| begins(field, KEY_START);
    if begins("CallObject", FOLLOW_UP_START) {
        return None;
    }
    Some(RecentTask {
        ours: is_ours("CallObject") || is_ours(KEY_FIELD),
        who: record("WhoId"),
        what: record("WhatId"),
        created: wire::text(row, "CreatedDate").and_then(wire::moment)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_task_of_ours_is_told_by_its_key() {
        let row = |object: Option<&str>, key: Option<&str>| {
            let row = json!({ "Id": "00T5g00000ExamA", "CallObject": object, KEY_FIELD: key,
                "WhoId": "0035g00000EXAMP", "WhatId": null, "CreatedDate": "2026-01-05T08:15:23.000+0000" });
            task(row.as_object().unwrap()).unwrap()
        };
        let ours = row(Some("ys:3630000X0001:1767600923.417:4101"), None);
        assert_eq!(ours.created, Timestamp::from_seconds(1_767_600_923));
        assert!(ours.ours && ours.who.is_some() && ours.what.is_none());
        assert!(row(None, Some("ys:3630000X0001:1767600923.417:missed")).ours);
        assert!(!row(Some("1767600923.417"), None).ours);
        assert!(!row(None, None).ours);
    }
}
