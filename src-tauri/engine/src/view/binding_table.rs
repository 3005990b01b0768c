//! The administrator's table: whose extension is whose, and what saving would change.

use serde::{Deserialize, Serialize};

use super::{BindingState, ExtensionView};

/// All users with all extensions, as they would be with the choices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BindingTable {
    /// Whether extensions can be written to Salesforce.
    pub writing: BindingWriting,
    /// Salesforce shows the signed-in user nobody else.
    pub alone: bool,
    /// Salesforce's own users are among the rows.
    pub robots: bool,
    /// The users, by name.
    pub rows: Vec<BindingRow>,
    /// The PBX's extensions, by number.
    pub extensions: Vec<ExtensionView>,
    /// What was chosen, by a person and automatically.
    pub choices: Vec<BindingChoice>,
}

/// What the signed-in user may do with the field `User.Extension`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum BindingWriting {
    /// Change it, as far as they may change the user.
    Allowed,
    /// See it.
    ReadOnly,
    /// Not even see it.
    Hidden,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BindingRow {
    /// The id, 18 characters.
    pub user: String,
    /// What people call them.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether they can sign in.
    pub active: bool,
    /// One of Salesforce's own users.
    pub robot: bool,
    /// The extension in their profile.
    pub saved: Option<String>,
    /// The extension that their profile would have.
    pub wanted: Option<String>,
    /// How they would stand.
    pub state: BindingState,
    /// The extension with their e-mail address, where that leaves no doubt.
    pub proposal: Option<String>,
    /// What a person must decide.
    pub conflict: Option<BindingConflict>,
    /// What saving does.
    pub change: Option<BindingChangeKind>,
}

/// Why a person must decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum BindingConflict {
    /// Others have the same extension.
    Shared {
        /// The extension.
        extension: String,
        /// Their names.
        with: Vec<String>,
    },
    /// The extension with the user's e-mail address is somebody else's.
    Taken {
        /// The extension.
        extension: String,
        /// Their names.
        with: Vec<String>,
    },
    /// Others have the same e-mail address, which one extension has.
    SameAddress {
        /// The extension.
        extension: String,
        /// Their names.
        with: Vec<String>,
    },
    /// Several extensions have the user's e-mail address.
    SeveralExtensions {
        /// Those.
        extensions: Vec<String>,
    },
    /// The PBX does not have the extension.
    Gone {
        /// What the profile says.
        extension: String,
    },
    /// The user cannot sign in, and has an extension.
    Inactive {
        /// The extension.
        extension: String,
    },
}

/// What saving does to a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum BindingChangeKind {
    /// It had no extension.
    Given,
    /// It had another.
    Changed,
    /// It will have none.
    Cleared,
}

/// What a person has chosen for a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BindingChoice {
    /// The user's id.
    pub user: String,
    /// The extension; none otherwise.
    pub extension: Option<String>,
}

/// A change as a person has seen and confirmed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BindingChange {
    /// The user's id.
    pub user: String,
    /// What the profile said.
    pub from: Option<String>,
    /// What it shall say.
    pub to: Option<String>,
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SavedBinding {
    /// The user's id.
    pub user: String,
    /// What became of it.
    pub outcome: SaveOutcome,
    /// Salesforce's own words.
    pub detail: Option<String>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SaveOutcome {
    /// Salesforce has it.
    Saved,
    /// Salesforce had it already, and nothing was sent.
    Already,
    /// Somebody else has changed the user meanwhile, and nothing was sent.
    ChangedMeanwhile,
    /// It would contradict what Salesforce says by now, and nothing was sent.
    Conflict,
    /// The signed-in user may not change this.
    NotPermitted,
    /// The org refuses it.
    Refused,
    /// It did not get there, or its answer was lost: worth another try.
    Failed,
}
