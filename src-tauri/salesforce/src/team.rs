//! Who else works in the org, and writing which extension is theirs.
//!
//! Source: salesforce-api.md §4.3, §8.

use domain::{Extension, RecordId, UserId};
use serde_json::{Value, json};

use crate::{
    error::Error,
    refusal,
    session::{Ask, Session},
    wire::{self, Row, SavedRecord},
};

/// A user of the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teammate {
    /// The id.
    pub id: UserId,
    /// What people call them.
    pub name: String,
    /// What they sign in with.
    pub username: String,
    /// The e-mail address as it is stored. Not unique.
    pub email: String,
    /// The extension in their profile, as it is stored.
    pub extension: Option<String>,
    /// Whether they can sign in. Those who cannot are listed only with an extension.
    pub active: bool,
    /// One of Salesforce's own users, or an API-only one.
    pub robot: bool,
}

/// The users of the org, as far as the signed-in user sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// By name.
    pub people: Vec<Teammate>,
    /// What this user may do with the extensions.
    pub extensions: FieldAccess,
}

/// What field-level security lets the signed-in user do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldAccess {
    /// See and change it, where the record may be changed.
    Change,
    /// See it.
    Read,
    /// Not even see it.
    Hidden,
}

const FIELDS: [&str; 6] = ["Id", "Name", "Username", "Email", "IsActive", "UserType"];

/// Those of the org's customers. An org may have a million of them, and none has a phone of the office.
const CUSTOMERS: &str = "'Guest', 'CspLitePortal', 'CustomerSuccess', 'PowerCustomerSuccess'";

/// The most records in one request. Source: salesforce-api.md §4.3.
const COLLECTION: usize = 200;

impl Session {
    /// Returns the users of the org, by name: the people, and with `robots` everybody but the customers of a portal.
    /// One query for each 2,000 of them.
    ///
    /// # Errors
    ///
    /// [`Error::MissingPermission`] where the signed-in user may not see users; otherwise those of any request.
    pub async fn team(&self, robots: bool) -> Result<Team, Error> {
        let seen = self.describe_user().await?.ok_or_else(|| Error::MissingPermission {
            text: "your user may not see users".to_owned(),
        })?;
        let field = seen.field("Extension");
        let extensions = match field {
            Some(field) if field.updateable && seen.updateable => FieldAccess::Change,
            Some(_) => FieldAccess::Read,
            None => FieldAccess::Hidden,
        };
        let who = if robots {
            format!("UserType NOT IN ({CUSTOMERS})")
        } else {
            "UserType = 'Standard'".to_owned()
        };
        // Who has left and still has an extension is somebody to tell of.
        let active = match field {
            Some(field) if field.filterable => "(IsActive = true OR Extension != null)",
            Some(_) | None => "IsActive = true",
        };
        let optional = ["Extension", "Profile.Name", "Profile.UserLicense.Name"];
        let rest = format!("FROM User WHERE {active} AND {who} ORDER BY Name");
        let rows = self.query_visible(&FIELDS, &optional, &rest).await?;
        let people = rows.iter().filter_map(teammate).filter(|one| robots || !one.robot).collect();
        Ok(Team { people, extensions })
    }

    /// Writes extensions into profiles, each for itself: one refusal stops none of the others. Returns what became of
    /// each, in the same order. After a request that failed as a whole nothing more is sent.
    pub async fn save_extensions(
        &self,
        wanted: &[(UserId, Option<Extension>)],
    ) -> Vec<Result<(), Error>> {
        let mut results = Vec::with_capacity(wanted.len());
        for part in wanted.chunks(COLLECTION) {
            match self.save_part(part).await {
                Ok(saved) => results.extend(saved),
                Err(error) => {
                    results.resize_with(wanted.len(), || Err(error.clone()));
                    break;
                }
            }
        }
        results
    }

    async fn save_part(
        &self,
        part: &[(UserId, Option<Extension>)],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let records: Vec<Value> = part
            .iter()
            .map(|(user, extension)| {
                json!({ "attributes": { "type": "User" }, "id": user.as_str(),
                    "Extension": extension.as_ref().map(Extension::as_str) })
            })
            .collect();
        let body = json!({ "allOrNone": false, "records": records });
        let saved: Vec<SavedRecord> =
            self.ask_json(&Ask::patch("composite/sobjects", body)).await?;
        let mut results: Vec<_> = saved.into_iter().take(part.len()).map(outcome).collect();
        // An answer that is too short leaves open what became of the rest.
        results.resize_with(part.len(), || Err(Error::LostAnswer(None)));
        Ok(results)
    }
}

fn outcome(SavedRecord { success, errors, .. }: SavedRecord) -> Result<(), Error> {
    if success {
        return Ok(());
    }
    let first = errors.into_iter().next();
    Err(first.map_or(Error::LostAnswer(None), refusal::of_record))
}

fn teammate(row: &Row) -> Option<Teammate> {
    let text = |field: &str| wire::text(row, field).unwrap_or_default().trim().to_owned();
    Some(Teammate {
        id: RecordId::parse(wire::text(row, "Id")?).filter(|id| id.prefix() == "005")?,
        name: text("Name"),
        username: text("Username"),
        email: text("Email"),
        extension: Some(text("Extension")).filter(|extension| !extension.is_empty()),
        active: wire::truth(row, "IsActive"),
        robot: is_robot(row),
    })
}

/// Says whether a user is one of Salesforce's own or an API-only one. Source: salesforce-api.md §8.2.
fn is_robot(row: &Row) -> bool {
    const LICENCES: [&str; 3] =
        ["Analytics Cloud Integration User", "Salesforce Integration", "Einstein Agent"];
    const PROFILES: [&str; 2] =
        ["Minimum Access - API Only Integrations", "Salesforce API Only System Integrations"];
    let profile = wire::text(row, "Profile.Name").unwrap_or_default();
    let licence = wire::text(row, "Profile.UserLicense.Name").unwrap_or_default();
    wire::text(row, "UserType").is_some_and(|kind| kind != "Standard")
        || profile.starts_with("Analytics Cloud")
        || PROFILES.contains(&profile)
        || LICENCES.contains(&licence)
        || wire::text(row, "Username").is_some_and(is_robot_name)
}

/// Recognises `integration@00d5g00000example…`: letters, then an org id in lower case.
fn is_robot_name(username: &str) -> bool {
    let lower = username.to_ascii_lowercase();
    let Some((name, host)) = lower.split_once('@') else { return false };
    let org = host.split('.').next().unwrap_or_default();
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase())
        && org.starts_with("00d")
        && (15..=18).contains(&org.len())
        && org.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn robots_are_told_from_people() {
        for (username, kind, profile, licence, robot) in [
            ("mara.voss@example.com", "Standard", "Standard User", "Salesforce", false),
            ("integration@00d5g00000exampeaa.com", "Standard", "Standard User", "Salesforce", true),
            ("insightssecurity@00d5g00000exampeaa.com", "Standard", "", "", true),
            ("ada@example.com", "Standard", "Analytics Cloud Security User", "", true),
            ("ada@example.com", "Standard", "", "Salesforce Integration", true),
            ("ada@example.com", "Standard", "Minimum Access - API Only Integrations", "", true),
            ("ada@example.com", "CsnOnly", "Chatter Free User", "Chatter Free", true),
            ("auto@example.com", "AutomatedProcess", "", "", true),
            ("ada@00d.example.com", "Standard", "System Administrator", "Salesforce", false),
        ] {
            let row = json!({
                "Username": username, "UserType": kind,
                "Profile": {"Name": profile, "UserLicense": {"Name": licence}}
            });
            assert_eq!(is_robot(row.as_object().unwrap()), robot, "{username} {kind} {profile}");
        }
    }
}
