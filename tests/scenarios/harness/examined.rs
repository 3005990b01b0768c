//! The set-up is checked.

use std::sync::Arc;

use engine::{
    Mode,
    command::{Command, Reply},
    home::Home,
    ports::SystemClock,
    view::doctor::{Check, CheckState, Report},
};
use serde_json::Value;

use crate::Office;

/// What the doctor found.
#[derive(Debug)]
pub struct Findings(pub Report);

impl Findings {
    fn of(reply: Reply) -> Self {
        match reply {
            Reply::Doctor(rows) => Self(Report::of(&rows)),
            other => panic!("no findings but {other:?}"),
        }
    }

    /// Returns a check.
    pub fn check(&self, id: &str) -> &Check {
        let found = self.0.checks.iter().find(|check| check.id == id);
        found.unwrap_or_else(|| panic!("there is no check {id}"))
    }

    /// Returns how a check came out.
    pub fn state(&self, id: &str) -> CheckState {
        self.check(id).state
    }

    /// Returns the checks that are in this state.
    pub fn ids(&self, state: CheckState) -> Vec<&str> {
        let found = self.0.checks.iter().filter(|check| check.state == state);
        found.map(|check| check.id.as_str()).collect()
    }

    /// Returns the document of `doctor --json`.
    pub fn json(&self) -> Value {
        serde_json::to_value(&self.0).expect("a report is JSON")
    }
}

impl Office {
    /// The running program checks the set-up.
    pub async fn examines(&self) -> Findings {
        Findings::of(self.asks(Command::Doctor).await.expect("it always answers"))
    }

    /// The set-up is checked while no program runs: an engine on the files, for this one command.
    pub async fn examines_at_rest(&self) -> Findings {
        let setup = engine::Setup {
            home: Home::under(self.home.path()),
            policy: Vec::new(),
            secrets: Arc::new(self.secrets.clone()),
            desktop: Arc::new(self.desk.clone()),
            clock: Arc::new(SystemClock),
            network: engine::network::still(),
            mode: Mode::Files,
            test_call: None,
            sign_in: engine::SIGN_IN,
            bulk_above: engine::BULK_ABOVE,
            region: None,
        };
        let engine = engine::start(setup).await.expect("the engine starts");
        let reply = engine.handle().ask(Command::Doctor).await.expect("it always answers");
        engine.shutdown().await;
        Findings::of(reply)
    }
}
