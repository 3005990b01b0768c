//! What a simulated org is, and what can be wrong with it.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::bulk::Bulk;
use crate::{fault::FaultRule, latency::Latency};

/// A user of the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgUser {
    /// Unique name for sign-in.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Not unique in Salesforce.
    pub email: String,
    /// `User.Extension`; empty: null.
    pub extension: String,
    /// Inactive users cannot sign in or own records.
    pub active: bool,
    /// `Standard` for people.
    pub user_type: String,
    /// Name of the profile. `System Administrator` may change other users; everybody else only themselves.
    pub profile: String,
    /// Name of the profile's licence.
    pub license: String,
}

impl OrgUser {
    /// A person who works with Salesforce.
    pub fn person(first_name: &str, last_name: &str, email: &str) -> Self {
        Self {
            username: email.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: email.to_owned(),
            extension: String::new(),
            active: true,
            user_type: "Standard".to_owned(),
            profile: "Standard User".to_owned(),
            license: "Salesforce".to_owned(),
        }
    }

    fn robot(name: &str, username: &str, user_type: &str, profile: &str, license: &str) -> Self {
        Self {
            username: username.to_owned(),
            last_name: name.to_owned(),
            first_name: String::new(),
            user_type: user_type.to_owned(),
            profile: profile.to_owned(),
            license: license.to_owned(),
            ..Self::person("", "", "integration@example.com")
        }
    }
}

/// What the authorize page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Shows a page with the users and the buttons Allow and Deny.
    Page,
    /// Redirects at once, as for a user who is signed in and has approved before.
    Auto,
}

/// A field that the administrator added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    /// Object it belongs to.
    pub object: String,
    /// API name, ending in `__c`.
    pub name: String,
    /// Of type phone, else text of 255 characters.
    pub phone: bool,
    /// Unique external id.
    pub external_id: bool,
}

/// What an org starts with.
#[derive(Clone, Debug)]
pub struct OrgConfig {
    /// 0: any free port.
    pub port: u16,
    /// Serves REST and record pages on a port of its own, other than the login's.
    pub separate_instance: bool,
    /// Consumer key of the External Client App.
    pub consumer_key: String,
    /// Consumer secret, which only counts with [`OrgSwitches::secret_required`].
    pub consumer_secret: String,
    /// Registered callback URLs, compared character for character.
    pub callbacks: Vec<String>,
    /// Scopes registered on the app.
    pub scopes: Vec<String>,
    /// What the authorize page does.
    pub consent: Consent,
    /// The people and robots of the org; the first is who signs in unless another is chosen.
    pub users: Vec<OrgUser>,
    /// Name of the organization.
    pub name: String,
    /// Is the org a sandbox?
    pub sandbox: bool,
    /// From where its record ids are counted: two orgs that begin elsewhere share no id.
    pub first_id: u64,
    /// Fields that the administrator added.
    pub custom_fields: Vec<CustomField>,
    /// Records there from the beginning: object and fields. A text `@n` in a reference field stands for the id of
    /// the n-th record of this list, counted from 0.
    pub records: Vec<(String, Value)>,
}

impl Default for OrgConfig {
    fn default() -> Self {
        let analytics = "Analytics Cloud Integration User";
        Self {
            port: 0,
            separate_instance: false,
            consumer_key: "3MVG9exampleConsumerKey.OfPatchcord".to_owned(),
            consumer_secret: "1955279925675241571".to_owned(),
            callbacks: (17170..=17172)
                .map(|port| format!("http://localhost:{port}/oauth/callback"))
                .collect(),
            scopes: vec!["api".to_owned(), "refresh_token".to_owned()],
            consent: Consent::Page,
            users: vec![
                OrgUser::person("Mara", "Voss", "mara.voss@example.com"),
                OrgUser::person("Leo", "Brandt", "leo.brandt@example.com"),
                OrgUser {
                    active: false,
                    ..OrgUser::person("Old", "Colleague", "old.colleague@example.com")
                },
                OrgUser::robot(
                    "Automated Process",
                    "autoproc@00d5g00000example",
                    "AutomatedProcess",
                    "",
                    "",
                ),
                OrgUser::robot(
                    "Platform Integration User",
                    "cloud@00d5g00000example",
                    "CloudIntegrationUser",
                    "",
                    "",
                ),
                OrgUser::robot(
                    "Integration User",
                    "integration@00d5g00000example",
                    "Standard",
                    analytics,
                    analytics,
                ),
                OrgUser::robot(
                    "Security User",
                    "insightssecurity@00d5g00000example",
                    "Standard",
                    "Analytics Cloud Security User",
                    analytics,
                ),
                OrgUser::robot(
                    "Chatter Expert",
                    "chatty.00d5g00000example@chatter.example.com",
                    "CsnOnly",
                    "Chatter Free User",
                    "Chatter Free",
                ),
                OrgUser::robot(
                    "Nightly Loader",
                    "nightly.loader@example.com",
                    "Standard",
                    "Salesforce API Only System Integrations",
                    "Salesforce Integration",
                ),
                OrgUser::robot(
                    "Service Agent",
                    "service.agent@example.com",
                    "Standard",
                    "Einstein Agent User",
                    "Einstein Agent",
                ),
                OrgUser::robot(
                    "Help Site Guest User",
                    "help@northwind.example.com",
                    "Guest",
                    "Help Profile",
                    "Guest User License",
                ),
            ],
            name: "Northwind Example".to_owned(),
            sandbox: false,
            first_id: 1,
            custom_fields: Vec::new(),
            records: Vec::new(),
        }
    }
}

/// Which `instance_url` a token answer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instance {
    /// `http://localhost:PORT` of the REST port.
    Localhost,
    /// `http://127.0.0.1:PORT` of the REST port.
    Loopback,
    /// This text, whatever it is.
    Other(String),
}

/// The org's default for activities: who sees a Task that is somebody else's, beside administrators. There are no roles.
///
/// What a real org offers is the second and the third. Both hide a Task that names no record from everybody but its
/// owner.
/// Source: help.salesforce.com, "Organization-Wide Sharing Defaults"; as quoted at
/// simplysfdc.com/2015/01/salesforce-activity-controlled-by-parent.html, with the cases of one link and of two. [F]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskSharing {
    /// Everybody sees and changes every Task: kinder than any org.
    Public,
    /// Whoever sees all records that the Task names sees, changes and deletes it.
    ControlledByParent,
    /// Whoever sees all records that the Task names sees it; the owner alone changes and deletes it.
    Private,
}

impl TaskSharing {
    /// The word of `EntityDefinition.InternalSharingModel`.
    /// Source: Object Reference and Metadata API, `SharingModel`. That the row of Task carries it is not confirmed. [K]
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Public => "ReadWrite",
            Self::ControlledByParent => "ControlledByParent",
            Self::Private => "Private",
        }
    }
}

/// A value of the Task's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatus {
    /// `ApiName`, the value that is stored.
    pub api_name: String,
    /// `MasterLabel`, the word shown.
    pub label: String,
    /// Does it end the task?
    pub is_closed: bool,
    /// Taken where none is given.
    pub is_default: bool,
}

impl TaskStatus {
    /// A status whose label is its name.
    pub fn new(api_name: &str, is_closed: bool, is_default: bool) -> Self {
        Self { api_name: api_name.to_owned(), label: api_name.to_owned(), is_closed, is_default }
    }
}

/// A validation rule of the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationRule {
    /// Object it guards.
    pub object: String,
    /// It complains while this field is blank; `None`: always.
    pub blank_field: Option<String>,
    /// The administrator's own words.
    pub message: String,
}

/// A duplicate rule for Contacts or Leads: same phone digits or same name as an existing Contact or Lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateRule {
    /// Object it guards.
    pub object: String,
    /// The action is Allow: a header can override it. Else Block.
    pub allow_save: bool,
    /// The key is spelled `duplicateResut`, as Salesforce does.
    pub misspelt: bool,
}

/// A field that field-level security hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenField {
    /// Object it belongs to.
    pub object: String,
    /// The field's name.
    pub field: String,
    /// Hidden from this user only; `None`: from all.
    pub username: Option<String>,
}

impl HiddenField {
    /// Hides `object.field` from everybody.
    pub fn new(object: &str, field: &str) -> Self {
        Self { object: object.to_owned(), field: field.to_owned(), username: None }
    }
}

/// What differs between orgs, and what can go wrong. Changed at run time with [`super::Salesforce::set`].
#[derive(Clone, Debug)]
pub struct OrgSwitches {
    /// Faults of single requests; [`FaultRule::path`] meets the URL's path. A lost answer to the token endpoint is
    /// `FaultRule::once("/services/oauth2/token", Fault::LostAnswer)`.
    pub faults: Vec<FaultRule>,
    /// How long a request to the REST API takes. What has arrived is carried out, also when whoever asked has hung up.
    pub latency: Option<Latency>,
    /// The token endpoint takes that long too.
    pub latency_at_sign_in: bool,
    /// Text that stands in place of another in every answer of the REST API: a record that cannot be read.
    pub garbled: Vec<(String, String)>,

    /// The authorize page ends on a Salesforce error page with this `error` and `error_description`.
    pub authorize_error: Option<(String, String)>,
    /// The token endpoint refuses everything with this `error` and `error_description`.
    pub token_error: Option<(String, String)>,
    /// The app asks for PKCE.
    pub pkce_required: bool,
    /// *Require secret* is still ticked.
    pub secret_required: bool,
    /// Refresh tokens rotate.
    pub rotation: bool,
    /// How long the token endpoint works on a refresh; a second one for the same token meanwhile is refused.
    pub refresh_takes: Duration,
    /// Inactivity after which an access token is dead.
    pub session_life: Duration,
    /// Access tokens are JWTs.
    pub jwt_access_tokens: bool,
    /// Which `instance_url` a token answer carries.
    pub instance: Instance,
    /// Grants per user and app; one more revokes the oldest.
    pub grants_per_user: usize,

    /// Every REST call answers 401 with this message, also after a refresh.
    pub permanent_401: Option<String>,
    /// Every REST call answers 403 `REQUEST_LIMIT_EXCEEDED`.
    pub limit_reached: bool,
    /// The user has no API: 403 `API_DISABLED_FOR_ORG`.
    pub api_disabled: bool,
    /// Calls that others made today, for `Sforce-Limit-Info`.
    pub used_by_others: usize,
    /// The org's limit of calls a day.
    pub daily_limit: usize,
    /// Newest API version that is offered.
    pub newest_version: u32,
    /// This many writes meet `UNABLE_TO_LOCK_ROW`.
    pub locked_rows: u32,
    /// The address of a part of a composite request is at most so long: 414 `URI_TOO_LONG`. No such limit is documented.
    pub longest_part: Option<usize>,
    /// A query's page holds at most this many rows, whatever was asked.
    pub short_pages: Option<usize>,
    /// Query locators are gone at once (`INVALID_QUERY_LOCATOR`).
    pub locators_expire: bool,
    /// What becomes of queries in bulk.
    pub bulk: Bulk,
    /// How long a job takes.
    pub bulk_takes: Duration,
    /// So many rows of a job come at once, however many were asked for.
    pub bulk_page: usize,
    /// How long a record made over the API is unknown to SOSL.
    pub index_lag: Duration,
    /// SOSL finds nothing.
    pub search_finds_nothing: bool,
    /// Contacts without an account are seen by their owner only.
    pub private_contacts: bool,
    /// Who sees a Task that is somebody else's.
    pub task_sharing: TaskSharing,
    /// `EntityDefinition` can be asked for how objects are shared.
    pub sharing_told: bool,
    /// Opportunities and cases are seen by their owner only.
    pub private_matters: bool,

    /// Fields hidden by field-level security.
    pub hidden_fields: Vec<HiddenField>,
    /// Fields that field-level security shows and does not let anybody change: object and field.
    pub read_only_fields: Vec<(String, String)>,
    /// Users see no other users, unless they are administrators.
    pub private_users: bool,
    /// Objects that users may not create.
    pub create_denied: BTreeSet<String>,
    /// Objects that users may not change.
    pub update_denied: BTreeSet<String>,
    /// Objects that users may not delete, though they may create and change them.
    pub delete_denied: BTreeSet<String>,
    /// Activity has the unique external id `PBX_Call_Key__c`.
    pub call_key_field: bool,
    /// Person accounts are on.
    pub person_accounts: bool,
    /// Values of `TaskStatus`.
    pub task_statuses: Vec<TaskStatus>,
    /// Values that the administrator took out of restricted picklists: field and value.
    pub missing_values: Vec<(String, String)>,
    /// `CallDisposition` is a restricted picklist of these values; else any text.
    pub call_results: Option<Vec<String>>,
    /// Validation rules.
    pub validation_rules: Vec<ValidationRule>,
    /// Fields that the org requires beyond Salesforce's own: object and field.
    pub required_fields: Vec<(String, String)>,
    /// Duplicate rules.
    pub duplicate_rules: Vec<DuplicateRule>,
    /// Username that a lead assignment rule gives new leads to, unless `Sforce-Auto-Assign: FALSE` is sent.
    pub lead_assignment: Option<String>,
}

impl Default for OrgSwitches {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            latency: None,
            latency_at_sign_in: false,
            garbled: Vec::new(),
            authorize_error: None,
            token_error: None,
            pkce_required: true,
            secret_required: false,
            rotation: true,
            refresh_takes: Duration::from_millis(20),
            session_life: Duration::from_secs(7200),
            jwt_access_tokens: false,
            instance: Instance::Localhost,
            grants_per_user: 5,
            permanent_401: None,
            limit_reached: false,
            api_disabled: false,
            used_by_others: 0,
            daily_limit: 15_000,
            newest_version: 68,
            locked_rows: 0,
            longest_part: None,
            short_pages: None,
            locators_expire: false,
            bulk: Bulk::Works,
            bulk_takes: Duration::from_millis(300),
            bulk_page: 50_000,
            index_lag: Duration::from_secs(120),
            search_finds_nothing: false,
            private_contacts: true,
            task_sharing: TaskSharing::Public,
            sharing_told: true,
            private_matters: false,
            hidden_fields: Vec::new(),
            read_only_fields: Vec::new(),
            private_users: false,
            create_denied: BTreeSet::new(),
            update_denied: BTreeSet::new(),
            delete_denied: BTreeSet::new(),
            call_key_field: false,
            person_accounts: false,
            task_statuses: vec![
                TaskStatus::new("Not Started", false, true),
                TaskStatus::new("In Progress", false, false),
                TaskStatus::new("Completed", true, false),
                TaskStatus::new("Waiting on someone else", false, false),
                TaskStatus::new("Deferred", false, false),
            ],
            missing_values: Vec::new(),
            call_results: None,
            validation_rules: Vec::new(),
            required_fields: Vec::new(),
            duplicate_rules: Vec::new(),
            lead_assignment: None,
        }
    }
}
