//! More than one desk, and more than one org.

use std::time::Duration;

use domain::{CallKey, Object, PhoneNumber, RecordId, RecordRef};
use engine::{command::Command, ports::Clock as _, view::CallView};
use serde_json::Value;
use simulator::{Fault, FaultRule, OrgConfig, Salesforce, salesforce::Consent};
use store::{CreatedRecord, Store, StoredMatch};

use crate::{ADA, AGENT, Office, eventually, office::registered_callbacks};

impl Office {
    /// A colleague's desk at the same PBX and the same org, connected and bound.
    pub async fn colleague(&self, username: &str) -> Self {
        self.colleague_with(username, "").await
    }

    /// The same, with settings in the file's own words.
    pub async fn colleague_with(&self, username: &str, settings: &str) -> Self {
        let mut desk = Self::desk_between(
            self.pbx.clone(),
            self.salesforce.clone(),
            self.callbacks.clone(),
            settings,
        );
        desk.ada.clone_from(&self.ada);
        desk.starts().await;
        desk.connects_pbx().await.expect("the PBX is connected");
        desk.signs_in_as(&desk.salesforce, username).await.expect("the org is connected");
        desk.is_live().await;
        desk
    }

    /// A second computer of the same person: a home and a secret store of its own, the same Salesforce user, the same
    /// extension.
    pub async fn second_computer(&self) -> Self {
        self.second_computer_with("").await
    }

    /// The same, with settings in the file's own words.
    pub async fn second_computer_with(&self, settings: &str) -> Self {
        let username = self.status().await.salesforce.username;
        self.colleague_with(&username.expect("a person is signed in"), settings).await
    }

    /// Another org with the same app in it and none of the first one's ids.
    pub async fn other_org(&self) -> Salesforce {
        Salesforce::start(OrgConfig {
            consent: Consent::Auto,
            callbacks: registered_callbacks(&self.callbacks),
            name: "Southwind Example".to_owned(),
            first_id: 5_000,
            ..OrgConfig::default()
        })
        .await
    }

    /// How often the token endpoint was asked to renew a sign-in.
    pub fn renewals(&self) -> usize {
        self.renewed_with().len()
    }

    /// The refresh tokens that were presented, in order.
    pub fn renewed_with(&self) -> Vec<String> {
        let text = |body: &Value, name: &str| body[name].as_str().unwrap_or_default().to_owned();
        self.salesforce
            .ledger()
            .iter()
            .filter(|request| request.path == "/services/oauth2/token")
            .filter_map(|request| request.body.clone())
            .filter(|body| body["grant_type"] == "refresh_token")
            .map(|body| text(&body, "refresh_token"))
            .collect()
    }

    /// How often the REST API was asked, refused or not.
    pub fn rest_requests(&self) -> usize {
        self.salesforce
            .ledger()
            .iter()
            .filter(|request| request.path.starts_with("/services/data/"))
            .count()
    }

    /// Requests that would have written a Task, refused or not: inserts, upserts and changes.
    pub fn task_attempts(&self) -> usize {
        self.salesforce
            .ledger()
            .iter()
            .filter(|request| request.path.contains("/sobjects/Task"))
            .filter(|request| request.method == "POST" || request.method == "PATCH")
            .count()
    }

    /// Requests that would have written the Task of one call.
    pub fn attempts_at(&self, call: &str) -> usize {
        let within = format!(":{call}:");
        let within_path = within.replace(':', "%3A").replace('.', "%2E");
        self.salesforce
            .ledger()
            .iter()
            .filter(|request| request.path.contains("/sobjects/Task"))
            .filter(|request| request.method == "POST" || request.method == "PATCH")
            .filter(|request| {
                let key = request.body.as_ref().and_then(|body| body["CallObject"].as_str());
                key.is_some_and(|key| key.contains(&within)) || request.path.contains(&within_path)
            })
            .count()
    }

    /// Ada has called and been logged, so she is known on this computer.
    pub async fn ada_becomes_known(&self) {
        let call = self.ada_calls().await;
        self.call_until(&call.id(), "popped", |call| call.popped.is_some()).await;
        self.talks(&call, 3).await;
        self.is_logged(&call.id()).await;
    }

    /// Somebody calls, the agent answers and hangs up at once; nothing is waited for but the end. Returns the call's
    /// id.
    pub async fn has_spoken_with(&self, number: &str) -> String {
        let call = self.pbx.inbound(number, AGENT);
        self.answers(&call).await;
        call.talked_seconds(7);
        call.hang_up();
        let id = call.id();
        self.call_until(&id, "ended", |call| call.result == engine::view::CallResult::Answered)
            .await;
        id
    }

    /// The program is away while the agent takes so many calls, and comes back. Their records are given one a page; one
    /// page is lost, after so many that were not. Returns the calls' ids.
    pub async fn comes_back_to_pages_of_records(
        &mut self,
        calls: usize,
        lost_after: u32,
    ) -> Vec<String> {
        self.quits().await;
        let mut ids = Vec::new();
        for _ in 0..calls {
            let call = self.pbx.inbound(ADA, AGENT);
            call.answer(AGENT);
            call.hang_up();
            ids.push(call.id());
        }
        self.pbx.set(|pbx| {
            pbx.cdr_short_pages = Some(1);
            pbx.faults = vec![FaultRule::once("cdr/search", Fault::Reset).after(lost_after)];
        });
        self.pbx.forget_ledger();
        self.starts().await;
        ids
    }

    /// Waits until the PBX has been asked for its records once more and `answer` has passed: what they say of any call
    /// has been heard then. Where several desks listen, it may be another one that asks.
    pub async fn has_read_the_records(&self, answer: Duration) {
        let before = self.pbx_asked("cdr/search");
        eventually("the records are read", || async { self.pbx_asked("cdr/search") > before })
            .await;
        tokio::time::sleep(answer).await;
    }

    /// Waits until an entry waits, and returns the call.
    pub async fn waits(&self, id: &str) -> CallView {
        self.call_until(id, "waiting", |call| {
            call.journal.state == engine::view::JournalState::Waiting
        })
        .await
    }

    /// A person asks for everything to be tried again now.
    pub async fn retries(&self) {
        self.asks(Command::Retry { call: None }).await.expect("the journal can be written");
    }

    /// Writes into the journal that so many records were created a moment ago, as a machine that calls would have it.
    pub async fn has_created(&mut self, count: usize) {
        let org = self.status().await.salesforce.org_id.expect("signed in");
        self.quits().await;
        let store = Store::open(self.home.path()).await.expect("a home").store;
        for n in 0..count {
            let record = RecordRef {
                object: Object::Lead,
                id: RecordId::parse(&format!("00Q5g0000000{n:03}")).expect("an id"),
                name: format!("Machine {n}"),
            };
            let created = CreatedRecord {
                org: RecordId::parse(&org).expect("an id"),
                record,
                number: PhoneNumber::from_e164(&format!("+4949355567{n:02}")).expect("a number"),
                key: CallKey::from_stored(format!("machine {n}")),
                made: self.clock.now().wall,
                matched: StoredMatch::default(),
            };
            store.record_created(created).await.expect("it is written");
        }
        store.close().await;
        self.starts().await;
    }

    /// Waits until all of these calls are Tasks, one each.
    pub async fn all_logged(&self, calls: &[String]) {
        for call in calls {
            eventually(&format!("a Task for {call}"), || async { !self.tasks_of(call).is_empty() })
                .await;
            self.is_logged(call).await;
            assert_eq!(self.tasks_of(call).len(), 1, "one Task for {call}");
        }
    }
}
