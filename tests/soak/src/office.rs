//! The two simulated systems of a history, and its desks.

use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use simulator::{
    OrgConfig, Pbx, PbxConfig, Salesforce, free_port,
    salesforce::{Consent, OrgUser},
};
use tempfile::TempDir;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use crate::{
    act::Who,
    desk::Desk,
    keyring::Keyring,
    plan::{AGENTS, Plan},
};

/// How many contacts callers can be.
const CONTACTS: usize = 9;
/// Everything a history needs. It all ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) pbx: Pbx,
    pub(crate) salesforce: Salesforce,
    pub(crate) desks: Vec<Mutex<Desk>>,
    pub(crate) contacts: Vec<String>,
    pub(crate) folder: TempDir,
    _keyring: Keyring,
}

impl Office {
    /// Opens the office: every desk runs and is connected on both sides.
    pub(crate) async fn open(program: &Path, plan: &Plan) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("soak-{}-", plan.seed)).tempdir()?;
        for part in ["run", "user"] {
            fs::create_dir_all(folder.path().join(part))?;
        }
        fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o700))?;
        let keyring = Keyring::open(folder.path()).await?;
        let callbacks: Vec<u16> = plan.desks.iter().map(|_| free_port()).collect();
        let salesforce = Salesforce::start(OrgConfig {
            port: free_port(),
            consent: Consent::Auto,
            callbacks: callbacks
                .iter()
                .map(|port| format!("http://localhost:{port}/oauth/callback"))
                .collect(),
            users: AGENTS
                .iter()
                .map(|agent| OrgUser::person(agent.first_name, agent.last_name, agent.email))
                .collect(),
            ..OrgConfig::default()
        })
        .await;
        let mut pbx_config = PbxConfig { port: free_port(), ..PbxConfig::default() };
        // Whoever records are late for must not run out of tokens as well.
        pbx_config.token_limit = 8;
        let pbx = Pbx::start(pbx_config).await;
        let contacts = people(&salesforce);
        salesforce.set(|org| *org = plan.org.clone());
        pbx.set(|switches| switches.clone_from(&plan.pbx));
        let mut desks = Vec::new();
        for (place, (agent, port)) in plan.desks.iter().zip(&callbacks).enumerate() {
            let settings = format!(
                "[salesforce]\ncallback_ports = [{port}]\n[numbers]\ncountry = \"DE\"\n[app]\nautostart = false\n{}",
                plan.unknown.settings()
            );
            let name = format!("desk{place}");
            let bus = &keyring.address;
            let agent = AGENTS[*agent];
            let mut desk = Desk::furnish(program, folder.path(), &name, bus, agent, &settings)?;
            if plan.sets_the_clock_of(place) {
                desk.has_its_own_clock()?;
            }
            desks.push(desk);
        }
        let office = Self {
            pbx,
            salesforce,
            desks: desks.into_iter().map(Mutex::new).collect(),
            contacts,
            folder,
            _keyring: keyring,
        };
        futures_util::future::try_join_all(office.desks.iter().map(|desk| office.connects(desk)))
            .await?;
        Ok(office)
    }

    async fn connects(&self, desk: &Mutex<Desk>) -> Result<()> {
        let mut desk = desk.lock().await;
        desk.start().await?;
        let (address, id) = (self.pbx.address(), self.pbx.client_id());
        desk.connects_pbx(&address, &id, &self.pbx.client_secret()).await?;
        desk.signs_in(&self.salesforce.login(), &self.salesforce.consumer_key()).await?;
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let status = desk.asks_json(&["status", "--json"]).await.unwrap_or(Value::Null);
            if is_whole(&status) && status["contacts"]["index_state"] == "ready" {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("a desk is never connected: {status}");
            }
            sleep(Duration::from_millis(250)).await;
        }
    }

    /// What Salesforce was asked for, a line for each request: when, by which token (in the order in which they came), what,
    /// and the status of the answer.
    pub(crate) fn asked(&self, since_ms: i64) -> String {
        let mut tokens: Vec<Option<String>> = Vec::new();
        let mut text = String::new();
        for request in self.salesforce.ledger() {
            let place = tokens.iter().position(|one| *one == request.token).unwrap_or(tokens.len());
            if place == tokens.len() {
                tokens.push(request.token.clone());
            }
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of a history")]
            let at = (request.at_ms - since_ms) as f64 / 1_000.0;
            let body = request.body.filter(|_| request.path.contains("/data/"));
            let body = body.map(|body| body.to_string()).unwrap_or_default();
            // Writing into a text cannot fail.
            let _ = writeln!(
                text,
                "{at:7.2} token {place} {} {} {} {body} {}",
                request.method,
                request.path,
                request.query.unwrap_or_default(),
                request.status
            );
        }
        text
    }

    /// Which record a known caller is.
    pub(crate) fn contact(&self, who: Who) -> Option<&str> {
        match who {
            Who::Known(n) => self.contacts.get(n).map(String::as_str),
            Who::Shared | Who::Stranger(_) | Who::Withheld | Who::Colleague => None,
        }
    }
}

/// Does the desk say that all is well?
pub(crate) fn is_whole(status: &Value) -> bool {
    status["integration"] == "connected" && status["pbx"]["events"] == "live"
}

/// Fills the org. All belong to an account, so that colleagues see them too.
fn people(org: &Salesforce) -> Vec<String> {
    let account = org.insert("Account", json!({ "Name": "Callers" }));
    let contact = |name: &str, who: Who| {
        org.insert(
            "Contact",
            json!({ "FirstName": "Caller", "LastName": name, "Phone": who.e164(), "AccountId": account }),
        )
    };
    for name in ["Double", "Again"] {
        contact(name, Who::Shared);
    }
    (0..CONTACTS).map(|n| contact(&format!("Number{n}"), Who::Known(n))).collect()
}
