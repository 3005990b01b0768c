//! What people do and see in more than one story.

use std::{fs, path::PathBuf, time::Duration};

use engine::{
    command::{Command, Event, Reply},
    view::{CallResult, CallView, Problem, SettingsView},
};
use serde_json::{Value, json};
use tokio::{sync::broadcast, time::Instant};

use crate::{ADA, AGENT, Office, eventually};
use simulator::pbx::Call;

impl Office {
    /// Somebody is a contact of the org. Returns the record's id.
    pub fn knows(&self, first: &str, last: &str, phone: &str) -> String {
        self.salesforce
            .insert("Contact", json!({ "FirstName": first, "LastName": last, "Phone": phone }))
    }

    /// The page of a record.
    pub fn page(&self, object: &str, id: &str) -> String {
        format!("{}/lightning/r/{object}/{id}/view", self.salesforce.instance())
    }

    /// The key of a call on which this agent spoke, or that they placed.
    pub fn own_key(&self, call: &Call) -> String {
        format!("ys:{}:{}:{AGENT}", self.pbx.serial(), call.id())
    }

    /// The key of a call that nobody spoke on.
    pub fn shared_key(&self, call: &Call) -> String {
        format!("ys:{}:{}:missed", self.pbx.serial(), call.id())
    }

    /// Ada calls the agent, and the program has heard it.
    pub async fn ada_calls(&self) -> Call {
        let call = self.pbx.inbound(ADA, AGENT);
        self.shows(&call, CallResult::Ringing).await;
        call
    }

    /// Waits until the list shows a call so.
    pub async fn shows(&self, call: &Call, result: CallResult) -> CallView {
        self.call_until(&call.id(), &format!("{result:?}"), |view| view.result == result).await
    }

    /// The agent answers, and the program has heard it.
    pub async fn answers(&self, call: &Call) {
        call.answer(AGENT);
        self.shows(call, CallResult::Talking).await;
    }

    /// The agent answers, speaks for so long, hangs up; returns the Task.
    pub async fn talks(&self, call: &Call, seconds: u32) -> Value {
        self.answers(call).await;
        call.talked_seconds(seconds);
        call.hang_up();
        self.task_of(&call.id()).await
    }

    /// Waits until exactly these pages have been opened, in this order.
    pub async fn opens(&self, pages: &[String]) {
        eventually(&format!("the pages {pages:?}"), || async {
            self.desk.opened().len() >= pages.len()
        })
        .await;
        assert_eq!(self.desk.opened(), pages);
    }

    /// Dials as a person does who has agreed to the number.
    ///
    /// # Errors
    ///
    /// What the engine says to a person.
    pub async fn dials(&self, number: &str) -> Result<(String, String), Problem> {
        let command = Command::Dial { number: number.to_owned(), confirmed: true };
        match self.asks(command).await? {
            Reply::Dialled { call, dialled } => Ok((call, dialled)),
            other => panic!("not dialled but {other:?}"),
        }
    }

    /// Waits for the call that `call/dial` began at the PBX.
    pub async fn dialled_call(&self) -> Call {
        eventually("the dialled call", || async { self.pbx.dialled_call().is_some() }).await;
        self.pbx.dialled_call().expect("there is one")
    }

    /// How often an interface of the PBX was asked: `call/dial`, `call/query`.
    pub fn pbx_asked(&self, interface: &str) -> usize {
        let path = format!("/{interface}");
        self.pbx.ledger().iter().filter(|request| request.path.ends_with(&path)).count()
    }

    /// The searches and queries for one number's records that reached the org, as it read them; the contact index's
    /// own are not among them.
    pub fn searches(&self) -> Vec<String> {
        let queries = self.salesforce.ledger().into_iter().flat_map(|request| request.queries());
        queries.filter(|query| is_search(query)).collect()
    }

    /// The requests that carried them: several queries may go together.
    pub fn search_requests(&self) -> usize {
        let ledger = self.salesforce.ledger();
        ledger.iter().filter(|request| request.queries().iter().any(|one| is_search(one))).count()
    }

    /// How many Tasks were created, and how many changed, by requests.
    pub fn task_writes(&self) -> (usize, usize) {
        let ledger = self.salesforce.ledger();
        let count = |method: &str| {
            ledger
                .iter()
                .filter(|request| {
                    request.method == method
                        && request.path.contains("/sobjects/Task")
                        && (200..300).contains(&request.status)
                })
                .count()
        };
        (count("POST"), count("PATCH"))
    }

    /// Where the administrator puts the policy.
    pub fn policy_file(&self) -> PathBuf {
        self.home.path().join("policy.toml")
    }

    /// The administrator puts another policy in place, at once, or takes it away.
    pub fn policy_becomes(&self, text: Option<&str>) {
        let file = self.policy_file();
        match text {
            Some(text) => {
                let beside = file.with_extension("new");
                fs::write(&beside, text).and_then(|()| fs::rename(&beside, &file))
            }
            None => fs::remove_file(&file),
        }
        .expect("the administrator may write there");
    }

    /// Returns the settings as the window sees them.
    pub async fn settings(&self) -> SettingsView {
        match self.asks(Command::Settings).await {
            Ok(Reply::Settings(settings)) => *settings,
            other => panic!("no settings but {other:?}"),
        }
    }

    /// Waits until the window sees the settings so.
    pub async fn settings_until(&self, what: &str, wanted: impl Fn(&SettingsView) -> bool) {
        eventually(what, || async { wanted(&self.settings().await) }).await;
    }

    /// Opens ears for what the engine says.
    pub fn hears(&self) -> Ears {
        Ears { heard: self.events() }
    }
}

fn is_search(query: &str) -> bool {
    query.starts_with("FIND")
        || ["FROM Contact", "FROM Lead", "FROM Account"].iter().any(|from| query.contains(from))
            && !query.contains("ORDER BY Id")
}

/// What the engine says by itself, from the moment this was made.
#[derive(Debug)]
pub struct Ears {
    heard: broadcast::Receiver<Event>,
}

impl Ears {
    /// Waits for the next short word to people, whatever it is about.
    pub async fn notice(&mut self) -> Problem {
        let deadline = Instant::now() + Duration::from_secs(40);
        loop {
            match tokio::time::timeout_at(deadline, self.heard.recv()).await {
                Ok(Ok(Event::Notice(problem))) => return problem,
                Ok(Ok(_) | Err(broadcast::error::RecvError::Lagged(_))) => {}
                Ok(Err(broadcast::error::RecvError::Closed)) => panic!("the engine has ended"),
                Err(_) => panic!("nothing was said"),
            }
        }
    }
}
