//! Whose extension it is, asked again.
//!
//! What is amiss there is mended in the PBX or in Salesforce, by others, and neither tells us. So both are asked anew: now
//! and then while there is a problem, when events are heard again, and for a person who binds or tries again.

use std::time::Duration;

use pbx::ExtensionEntry;
use salesforce::User;

use super::super::{Answer, Controller, Input};
use crate::Mode;

/// Nobody waits for it: two requests in two minutes, a bit less than two rounds.
const AGAIN: Duration = Duration::from_secs(115);

/// What the two sides say, as far as they were asked and have answered.
pub(crate) struct Whose {
    /// Of which connection.
    pbx: u64,
    extensions: Option<Vec<ExtensionEntry>>,
    /// Of which session.
    sales: u64,
    user: Option<Box<User>>,
}

/// What is under way.
#[derive(Default)]
pub(crate) struct WhoseSide {
    asking: bool,
    /// Somebody wants to know what holds after the question that is under way.
    again: bool,
    /// When they were asked last, on the steady clock.
    asked: Duration,
    /// Who wants to be bound to an extension that the PBX did not have when its list was read.
    by_hand: Vec<(String, Answer)>,
}

impl WhoseSide {
    /// The answer may have been lost.
    pub(crate) fn is_not_asking(&mut self) {
        self.asking = false;
    }
}

impl Controller {
    /// Asks whose the extension is, where that is a problem and was not done a moment ago.
    pub(crate) fn whose_after_a_while(&mut self, now: Duration) {
        if now.saturating_sub(self.whose.asked) >= AGAIN {
            self.whose_where_amiss();
        }
    }

    /// Asks whose the extension is, where that is a problem. Says whether it is.
    pub(crate) fn whose_where_amiss(&mut self) -> bool {
        let amiss = self.mode == Mode::Live && self.binding_status().problem.is_some();
        if amiss {
            self.ask_whose();
        }
        amiss
    }

    /// Asks the PBX for its extensions and, where it may matter, Salesforce for the user.
    pub(crate) fn ask_whose(&mut self) {
        if std::mem::replace(&mut self.whose.asking, true) {
            self.whose.again = true;
            return;
        }
        self.whose.asked = self.clock.now().steady;
        let may_matter = !self.bind_waits.is_empty() || self.binding_status().problem.is_some();
        let client = self.pbx.client.clone();
        let session = self.sales.session.clone().filter(|_| may_matter);
        let (pbx, sales) = (self.pbx.generation, self.sales.generation);
        let inputs = self.inputs.clone();
        self.tasks.spawn(async move {
            let extensions = async {
                let listed = client?.extensions().await;
                let log = |error: &pbx::Error| tracing::info!(%error, "no list of the extensions");
                listed.inspect_err(log).ok()
            };
            let user = async {
                let told = session?.user().await;
                let log = |error: &salesforce::Error| tracing::info!(%error, "no word of the user");
                told.inspect_err(log).ok().map(Box::new)
            };
            let (extensions, user) = tokio::join!(extensions, user);
            let _ = inputs.send(Input::Whose(Whose { pbx, extensions, sales, user })).await;
        });
    }

    /// Takes the answers.
    pub(crate) fn whose_is_told(&mut self, told: Whose) {
        self.whose.asking = false;
        if let Some(entries) = told.extensions
            && told.pbx == self.pbx.generation
        {
            self.extensions_listed(entries);
        }
        if let Some(user) = told.user
            && told.sales == self.sales.generation
        {
            self.sales.user = Some(*user);
            self.salesforce_answers();
        }
        if std::mem::take(&mut self.whose.again) {
            self.ask_whose();
            return;
        }
        for (number, answer) in std::mem::take(&mut self.whose.by_hand) {
            self.bind_by_hand(&number, answer);
        }
        self.find_binding();
    }

    /// Binds by hand once the PBX's extensions have been read again.
    pub(crate) fn bind_when_told(&mut self, number: String, answer: Answer) {
        self.whose.by_hand.push((number, answer));
        self.ask_whose();
    }
}
