//! Who is signed in, and who else works in the org.
//!
//! Source: salesforce-api.md §8.

use domain::{RecordId, UserId};

use crate::{
    error::Error,
    session::Session,
    text,
    wire::{self, Row},
};

/// A person who works with Salesforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// What people call them.
    pub name: String,
    /// What they sign in with; unique in all of Salesforce.
    pub username: String,
    /// The e-mail address as it is stored; in a sandbox it ends in `.invalid`. Not unique.
    pub email: String,
    /// The extension in their profile, where somebody has filled it in.
    pub extension: Option<String>,
    /// Whether the org is a sandbox.
    pub is_sandbox: bool,
    /// What the org is called; empty where the user may not know.
    pub org_name: String,
}

const FIELDS: [&str; 4] = ["Id", "Name", "Username", "Email"];

/// What is known of the org besides its address.
#[derive(Clone)]
struct Org {
    name: String,
    is_sandbox: bool,
}

impl Session {
    /// Returns who is signed in.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn user(&self) -> Result<User, Error> {
        let rest = format!("FROM User WHERE Id = {}", text::literal(self.user_id().as_str()));
        let (rows, org) =
            tokio::try_join!(self.query_visible(&FIELDS, &["Extension"], &rest), self.named_org())?;
        rows.first().and_then(|row| user(row, &org)).ok_or_else(|| Error::UnexpectedAnswer {
            detail: "the signed-in user is not among the users".to_owned(),
        })
    }

    /// Returns the people who work in the org, by name. The org's robots are left out.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        let optional = ["Extension", "Profile.Name", "Profile.UserLicense.Name"];
        let rest = "FROM User WHERE IsActive = true AND UserType = 'Standard' ORDER BY Name";
        let (rows, org) =
            tokio::try_join!(self.query_visible(&FIELDS, &optional, rest), self.named_org())?;
        Ok(rows.iter().filter(|row| !is_robot(row)).filter_map(|row| user(row, &org)).collect())
    }

    async fn named_org(&self) -> Result<Org, Error> {
        let rows = self.query_visible(&["Name"], &["IsSandbox"], "FROM Organization").await;
        let rows = match rows {
            Ok(rows) => rows,
            Err(Error::Rejected { .. } | Error::MissingPermission { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let row = rows.into_iter().next().unwrap_or_default();
        Ok(Org {
            name: wire::text(&row, "Name").unwrap_or_default().to_owned(),
            is_sandbox: wire::truth(&row, "IsSandbox") || self.instance().is_sandbox_host(),
        })
    }
}

fn user(row: &Row, org: &Org) -> Option<User> {
    let text = |field: &str| wire::text(row, field).map(|text| text.trim().to_owned());
    Some(User {
        id: RecordId::parse(wire::text(row, "Id")?)?,
        name: text("Name").unwrap_or_default(),
        username: text("Username").unwrap_or_default(),
        email: text("Email").unwrap_or_default(),
        extension: text("Extension").filter(|extension| !extension.is_empty()),
        is_sandbox: org.is_sandbox,
        org_name: org.name.clone(),
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
    profile.starts_with("Analytics Cloud")
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
        for (username, profile, licence, robot) in [
            ("mara.voss@example.com", "Standard User", "Salesforce", false),
            ("integration@00d5g00000exampeaa.com", "Standard User", "Salesforce", true),
            ("insightssecurity@00d5g00000exampeaa.com", "", "", true),
            ("ada@example.com", "Analytics Cloud Security User", "", true),
            ("ada@example.com", "", "Salesforce Integration", true),
            ("ada@example.com", "Minimum Access - API Only Integrations", "", true),
            ("ada@00d.example.com", "System Administrator", "Salesforce", false),
        ] {
            let row = json!({
                "Username": username,
                "Profile": {"Name": profile, "UserLicense": {"Name": licence}}
            });
            assert_eq!(is_robot(row.as_object().unwrap()), robot, "{username} {profile}");
        }
    }
}
