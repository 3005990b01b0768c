//! Who is signed in.
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

    /// Asks for as little as can be asked for: whether the org answers this user.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn answers(&self) -> Result<(), Error> {
        let user = text::literal(self.user_id().as_str());
        self.query(&format!("SELECT Id FROM User WHERE Id = {user}")).await.map(drop)
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
