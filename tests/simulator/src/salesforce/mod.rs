//! A Salesforce org on loopback: sign-in, REST API, and plain record pages.
//!
//! It follows `reference/salesforce-api.md` strictly; where that page is unsure, there is a switch.

mod bulk;
mod composite;
mod config;
mod filter;
mod grants;
mod http;
mod ids;
mod oauth;
mod org;
mod pages;
mod parameterized;
mod query;
mod records;
mod refusal;
mod rest;
mod schema;
mod seed;
mod soql;
mod sosl;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use serde_json::Value;

pub use bulk::Bulk;
pub use config::{
    Consent, CustomField, DuplicateRule, HiddenField, Instance, OrgConfig, OrgSwitches, OrgUser,
    TaskSharing, TaskStatus, ValidationRule,
};

use crate::{clock::Clock, door::Door};
use org::Org;

/// One HTTP request that reached the org.
#[derive(Clone, Debug, PartialEq)]
pub struct OrgRequest {
    /// When, in milliseconds since 1970 on the org's clock.
    pub at_ms: i64,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The parameter `q`, decoded: SOQL or SOSL.
    pub query: Option<String>,
    /// All parameters of the URL, decoded.
    pub parameters: BTreeMap<String, String>,
    /// The body: JSON, or a form as an object.
    pub body: Option<Value>,
    /// The access token, if one was sent.
    pub token: Option<String>,
    /// HTTP status of the answer; 0 where the connection was cut before anything was done.
    pub status: u16,
    /// The request was carried out, and its answer was lost on purpose.
    pub lost: bool,
}

impl OrgRequest {
    /// Returns the queries and searches in it: its own, and those of the parts of a composite request.
    pub fn queries(&self) -> Vec<String> {
        let parts = self.body.as_ref().and_then(|body| body["compositeRequest"].as_array());
        let of_part = |part: &Value| {
            let (_, query) = part["url"].as_str()?.split_once('?')?;
            let mut values = url::form_urlencoded::parse(query.as_bytes());
            values.find(|(name, _)| name == "q").map(|(_, query)| query.into_owned())
        };
        let parts = parts.into_iter().flatten().filter_map(of_part);
        self.query.iter().cloned().chain(parts).collect()
    }
}

/// A Salesforce org on loopback. Clones are handles on the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct Salesforce {
    core: Arc<Core>,
    _alive: Arc<Alive>,
}

impl std::fmt::Debug for Salesforce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Salesforce").field("login", &self.login()).finish_non_exhaustive()
    }
}

struct Alive(Arc<Core>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.doors().for_each(Door::close);
    }
}

pub(crate) struct Core {
    clock: Clock,
    login: OnceLock<Door>,
    instance: OnceLock<Door>,
    org: Mutex<Org>,
}

impl Core {
    fn doors(&self) -> impl Iterator<Item = &Door> {
        self.login.get().into_iter().chain(self.instance.get())
    }

    fn with<T>(&self, f: impl FnOnce(&mut Org, i64) -> T) -> T {
        let now_ms = self.clock.now_ms();
        f(&mut self.org.lock().unwrap_or_else(PoisonError::into_inner), now_ms)
    }
}

impl Salesforce {
    /// Starts an org on loopback.
    ///
    /// # Panics
    ///
    /// When the port is taken.
    pub async fn start(config: OrgConfig) -> Self {
        let (port, separate) = (config.port, config.separate_instance);
        let clock = Clock::default();
        let org = Org::new(config, clock.now_ms());
        let core = Arc::new(Core {
            clock,
            login: OnceLock::new(),
            instance: OnceLock::new(),
            org: Mutex::new(org),
        });
        let login = open(&core, port, separate).await;
        let login_port = login.port();
        let mut instance_port = login_port;
        // Each is set once, here.
        let _ = core.login.set(login);
        if separate {
            let instance = open(&core, 0, false).await;
            instance_port = instance.port();
            let _ = core.instance.set(instance);
        }
        core.with(|org, _| {
            org.login = format!("http://localhost:{login_port}");
            org.instance_port = instance_port;
        });
        Self { _alive: Arc::new(Alive(core.clone())), core }
    }

    /// The login address: `http://localhost:PORT`.
    pub fn login(&self) -> String {
        self.core.with(|org, _| org.login.clone())
    }

    /// The `instance_url` of the next token answer.
    pub fn instance(&self) -> String {
        self.core.with(|org, _| org.instance_url())
    }

    /// The consumer key of the External Client App.
    pub fn consumer_key(&self) -> String {
        self.core.with(|org, _| org.config.consumer_key.clone())
    }

    /// Id of the organization, 18 characters.
    pub fn org_id(&self) -> String {
        self.core.with(|org, _| org.org_id())
    }

    /// Id of a user.
    pub fn user_id(&self, username: &str) -> Option<String> {
        self.core.with(|org, _| org.user_named(username).map(|user| user.id.clone()))
    }

    /// Everything that reached the org so far, in the order of its answers.
    pub fn ledger(&self) -> Vec<OrgRequest> {
        self.core.with(|org, _| org.ledger.clone())
    }

    /// How many requests of this method, with a path that contains `path`, have arrived, answered or not.
    pub fn arrivals(&self, method: &str, path: &str) -> usize {
        self.core.with(|org, _| {
            org.arrived.iter().filter(|(of, at)| of == method && at.contains(path)).count()
        })
    }

    /// How many queries in bulk lie about.
    pub fn bulk_jobs(&self) -> usize {
        self.core.with(|org, _| org.bulk_jobs())
    }

    /// Empties the ledger; the count of API calls stays.
    pub fn forget_ledger(&self) {
        self.core.with(|org, _| org.ledger.clear());
    }

    /// Calls to versioned resources: what counts towards the org's limit.
    pub fn api_calls(&self) -> usize {
        self.core.with(|org, _| org.api_calls)
    }

    /// Changes faults and unsure facts.
    pub fn set(&self, f: impl FnOnce(&mut OrgSwitches)) {
        self.core.with(|org, now_ms| {
            f(&mut org.switches);
            // What `describe` says may have changed.
            org.schema_changed_ms = now_ms;
        });
    }

    /// Stops listening and cuts every connection.
    pub fn stop_listening(&self) {
        self.core.doors().for_each(Door::close);
    }

    /// Listens again, on the same ports.
    pub async fn listen_again(&self) {
        for door in self.core.doors() {
            door.open_again().await;
        }
    }

    /// Records of an object that are not deleted, with all fields, oldest first.
    pub fn records(&self, object: &str) -> Vec<Value> {
        self.core.with(|org, _| {
            let rows = org.rows(object).into_iter().filter(|record| !record.deleted);
            rows.map(|record| Value::Object(record.fields)).collect()
        })
    }

    /// The tasks, oldest first.
    pub fn tasks(&self) -> Vec<Value> {
        self.records("Task")
    }

    /// Makes a record as if long ago: it is in the search index, and no rule is asked. The owner is the first user
    /// unless `OwnerId` is given. Returns its id.
    ///
    /// # Panics
    ///
    /// When there is no such object.
    pub fn insert(&self, object: &str, fields: Value) -> String {
        self.core.with(|org, now_ms| org.plant(object, fields, now_ms))
    }

    /// A person makes a record in the browser, now: no rule is asked, and the search index learns of it as late as of
    /// any other. Returns its id.
    ///
    /// # Panics
    ///
    /// When there is no such object or user.
    pub fn made_by(&self, username: &str, object: &str, fields: Value) -> String {
        self.core.with(|org, now_ms| {
            let object =
                org.object_name(object).unwrap_or_else(|| panic!("there is no object {object}"));
            let user =
                org.user_named(username).unwrap_or_else(|| panic!("there is no user {username}"));
            let user = user.id.clone();
            let mut fields = fields.as_object().cloned().unwrap_or_default();
            fields.entry("OwnerId").or_insert_with(|| user.clone().into());
            let indexed_ms = now_ms + crate::clock::ms(org.switches.index_lag);
            org.put(object, fields, &user, now_ms, indexed_ms)
        })
    }

    /// Changes fields of a record at once, for the search index too; no rule is asked.
    pub fn update(&self, object: &str, id: &str, fields: Value) {
        self.core.with(|org, now_ms| {
            let Some(object) = org.object_name(object) else { return };
            let user = org.users().next().map(|user| user.id.clone()).unwrap_or_default();
            let changes = fields.as_object().cloned().unwrap_or_default();
            org.change(object, id, changes, &user, now_ms, now_ms);
        });
    }

    /// Deletes a record.
    pub fn delete(&self, object: &str, id: &str) {
        self.core.with(|org, now_ms| {
            if let Some(object) = org.object_name(object) {
                org.remove(object, id, now_ms);
            }
        });
    }

    /// Issues an authorization code as the authorize page would, for all registered scopes.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn issue_code(&self, username: &str, redirect_uri: &str, challenge: &str) -> String {
        self.core.with(|org, now_ms| {
            let user =
                org.user_named(username).unwrap_or_else(|| panic!("there is no user {username}"));
            let (id, scopes) = (user.id.clone(), org.config.scopes.clone());
            let challenge = (!challenge.is_empty()).then(|| challenge.to_owned());
            org.grants.issue_code(&id, redirect_uri, challenge, scopes, now_ms)
        })
    }

    /// Signs a user in without browser and code: access and refresh token.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn sign_in(&self, username: &str) -> (String, String) {
        self.core.with(|org, now_ms| {
            let user =
                org.user_named(username).unwrap_or_else(|| panic!("there is no user {username}"));
            let (id, scopes, org_id, switches) =
                (user.id.clone(), org.config.scopes.clone(), org.org_id(), org.switches.clone());
            let tokens = org.grants.approve(&id, scopes, &org_id, &switches, now_ms);
            (tokens.access, tokens.refresh.unwrap_or_default())
        })
    }

    /// Lets time pass at once: codes and tokens age, the search index catches up.
    pub fn advance(&self, passed: Duration) {
        self.core.clock.advance(passed);
    }

    /// Revokes every approval, as an administrator does.
    pub fn revoke_all(&self) {
        self.core.with(|org, _| org.grants.revoke_all());
    }

    /// Ends all access tokens; refresh tokens go on.
    pub fn expire_access_tokens(&self) {
        self.core.with(|org, _| org.grants.expire_access());
    }

    /// Approvals that live.
    pub fn grants(&self) -> usize {
        self.core.with(|org, _| org.grants.count())
    }

    /// Every token and unspent code, for tests that look for leaks.
    pub fn secrets(&self) -> BTreeSet<String> {
        self.core.with(|org, _| org.grants.secrets().into_iter().collect())
    }
}

async fn open(core: &Arc<Core>, port: u16, is_login_only: bool) -> Door {
    let weak = Arc::downgrade(core);
    let handler =
        Arc::new(move |request, line| -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
            Box::pin(http::answer(weak.clone(), request, line, is_login_only))
        });
    Door::open(port, None, handler).await
}
