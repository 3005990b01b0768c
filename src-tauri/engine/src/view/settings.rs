//! What the window sets up: settings, the sign-in, the extension.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::settings::{CountryBy, EditableSettings};

/// The settings that the window shows and edits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingsView {
    /// The PBX's address.
    pub pbx_address: String,
    /// The PBX's client id.
    pub pbx_client_id: String,
    /// The pin of a self-signed certificate.
    pub pbx_certificate_sha256: String,
    /// Salesforce's login address.
    pub salesforce_login: String,
    /// The consumer key.
    pub salesforce_consumer_key: String,
    /// What must be registered in Salesforce, character for character.
    pub callbacks: Vec<String>,
    /// `""`, `en`, `zh-CN`.
    pub language: String,
    /// Pop-ups are paused until (RFC 3339, UTC).
    pub pops_paused_until: Option<String>,
    /// Keys that a policy sets, such as `pop.when`.
    pub locked: Vec<String>,
    /// The policy's file, where one is in force.
    pub policy_file: Option<String>,
    /// Whose word the country of the numbers is.
    pub country_by: CountryBy,
    /// What the page of settings shows.
    pub values: EditableSettings,
    /// This is the demonstration on simulated systems.
    pub demo: bool,
}

/// A value that a person wants and that is not possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MistakeView {
    /// Such as `numbers.country`.
    pub key: String,
    /// A stable word for what is wrong, such as `country`.
    pub code: String,
    /// The entry of the list, where it is one entry that is wrong.
    pub entry: Option<String>,
    /// The least that is possible.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub least: Option<i64>,
    /// The most that is possible.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub most: Option<i64>,
    /// What is wrong, in English.
    pub message: String,
}

/// A sign-in that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SignInView {
    /// None is.
    Idle,
    /// The browser shows Salesforce's page.
    Waiting {
        /// The page, for another browser.
        url: String,
        /// The callback lines to register in Salesforce.
        callbacks: Vec<String>,
        /// RFC 3339, UTC: when it is given up.
        until: String,
    },
    /// The last one failed.
    Failed {
        /// Why.
        problem: Problem,
    },
}

/// A PBX extension, for binding by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExtensionView {
    /// The number.
    pub number: String,
    /// Its person.
    pub name: String,
    /// A phone of it is signed in.
    pub online: bool,
}
