//! Whether the system hands links to this program: seen, had, given back, and tried with a link to nobody's number.

use std::time::Duration;

use super::LinkNews;
use crate::{
    Mode,
    controller::{Answer, Controller, Input},
    ports::Fact,
    problems,
    view::{LinksState, LinksStatus},
};

/// So soon a test link comes back, or it does not.
const TEST: Duration = Duration::from_secs(12);
/// Nobody has this number. Source: North American Numbering Plan, 555-0100 to 555-0199 for fiction.
pub(super) const TEST_LINK: &str = "tel:+1-202-555-0143";

impl Controller {
    /// Has the system hand links to this program.
    pub(in crate::controller) fn take_links(&self, answer: Answer) {
        let (desktop, inputs) = (self.desktop.clone(), self.inputs.clone());
        self.tasks.spawn(async move {
            let taken = tokio::task::spawn_blocking(move || desktop.take_links()).await;
            let taken = taken.unwrap_or_else(|error| Err(error.to_string()));
            let _ = inputs.send(Input::Link(LinkNews::Taken(taken, answer))).await;
        });
    }

    /// Opens a link to nobody's number, to see whether it comes back.
    pub(in crate::controller) fn test_links(&mut self, answer: Answer) {
        let until = self.clock.now().steady + TEST;
        if let Some((before, _)) = self.links.test.replace((answer, until)) {
            let _ = before.send(Err(problems::link_did_not_come()));
        }
        let (desktop, inputs) = (self.desktop.clone(), self.inputs.clone());
        self.tasks.spawn(async move {
            let opened = tokio::task::spawn_blocking(move || desktop.try_link(TEST_LINK)).await;
            if let Err(why) = opened.unwrap_or_else(|error| Err(error.to_string())) {
                let _ = inputs.send(Input::Link(LinkNews::NotTested(why))).await;
            }
        });
    }

    /// Has links go where they went before this program took them.
    pub(crate) fn give_links_back(&self) {
        let (desktop, inputs) = (self.desktop.clone(), self.inputs.clone());
        self.tasks.spawn(async move {
            let given = tokio::task::spawn_blocking(move || {
                let given = desktop.give_links_back();
                (given, desktop.links())
            });
            let Ok((given, fact)) = given.await else { return };
            if let Err(why) = given {
                tracing::warn!(why, "links still come to this program");
            }
            let _ = inputs.send(Input::Link(LinkNews::Seen(fact))).await;
        });
    }

    /// Asks the desk whether links come here.
    pub(crate) fn see_links(&self) {
        if self.mode != Mode::Live || self.faults.is_safe() {
            return;
        }
        let (desktop, inputs) = (self.desktop.clone(), self.inputs.clone());
        self.tasks.spawn(async move {
            if let Ok(fact) = tokio::task::spawn_blocking(move || desktop.links()).await {
                let _ = inputs.send(Input::Link(LinkNews::Seen(fact))).await;
            }
        });
    }

    /// Returns whether links come here.
    pub(crate) fn links_status(&self) -> Option<LinksStatus> {
        self.links.status.clone()
    }
}

pub(super) fn links_status(fact: Fact) -> LinksStatus {
    let (state, found) = match fact {
        Fact::Is(found) => (LinksState::Ours, found),
        Fact::Missing { found, .. } => (LinksState::Elsewhere, found),
        Fact::Unseen(why) => (LinksState::Unknown, why),
    };
    LinksStatus { state, found: format!("{found}.") }
}
