//! A link that a person has agreed to becomes a call: one at a time, and only where somebody can be at the screen.

use std::time::Duration;

use domain::Party;
use tokio::sync::oneshot;

use super::LinkNews;
use crate::{
    command::Reply,
    controller::{Answer, Controller, Input},
    ports::Screen,
    problems,
    view::Problem,
};

/// Calls that links have begun are so far apart, whoever agreed to them.
const BETWEEN_CALLS: Duration = Duration::from_secs(3);
/// How long the desk may take to say whether the screen is locked.
const SCREEN: Duration = Duration::from_secs(2);

/// A number that may be called, where the screen is not locked.
#[derive(Debug)]
pub(crate) struct Agreed {
    /// The card that a person has agreed to; none where the settings want no question.
    pub(super) card: Option<String>,
    pub(super) party: Party,
    pub(super) dialled: String,
}

impl Controller {
    /// A person agrees to the link on the card.
    pub(in crate::controller) fn confirm_link(&mut self, id: &str, answer: Answer) {
        let card = self.links.card.as_mut().filter(|card| card.view.id == id);
        let Some(card) = card.filter(|card| !card.view.dialling) else {
            let _ = answer.send(Err(problems::link_is_gone()));
            return;
        };
        if let Some(refusal) = &card.view.refusal {
            let _ = answer.send(Err(refusal.clone()));
            return;
        }
        let Some(read) = &card.read else {
            let _ = answer.send(Err(problems::link_is_gone()));
            return;
        };
        // What the card shows, which a record may have decided; the settings may have changed since it was read.
        let shown = card.view.number.clone();
        let text = shown.or(read.party.shown().map(str::to_owned)).unwrap_or_default();
        match self.loaded.settings.dial_plan().dial(&text) {
            Ok((party, dialled)) => {
                card.view.dialling = true;
                self.look_at_screen(Agreed { card: Some(id.to_owned()), party, dialled }, answer);
            }
            Err(reason) => {
                let problem = problems::not_dialable(reason);
                card.view.refusal = Some(problem.clone());
                self.publish();
                let _ = answer.send(Err(problem));
            }
        }
    }

    /// Nothing is dialled while the screen is locked, where the desk can tell.
    pub(super) fn look_at_screen(&self, agreed: Agreed, answer: Answer) {
        let (desktop, inputs) = (self.desktop.clone(), self.inputs.clone());
        self.tasks.spawn(async move {
            let look = tokio::task::spawn_blocking(move || desktop.screen());
            let screen = match tokio::time::timeout(SCREEN, look).await {
                Ok(Ok(screen)) => screen,
                Ok(Err(_)) | Err(_) => Screen::Unknown,
            };
            let news = LinkNews::Screen { agreed, screen, answer };
            let _ = inputs.send(Input::Link(news)).await;
        });
    }

    pub(super) fn call_link(&mut self, agreed: Agreed, screen: Screen, answer: Answer) {
        let Agreed { card, party, dialled } = agreed;
        let now = self.clock.now().steady;
        let since = self.links.called.map(|at| now.saturating_sub(at));
        let refusal = if screen == Screen::Locked {
            Some(problems::screen_is_locked())
        } else if since.is_some_and(|since| since < BETWEEN_CALLS) {
            Some(problems::too_many_links())
        } else {
            // Only what reaches the PBX counts.
            self.phone_for(&party).err()
        };
        if let Some(problem) = refusal {
            if let Some(id) = &card {
                self.link_called(id, &Err(problem.clone()));
            }
            self.publish();
            let _ = answer.send(Err(problem));
            return;
        }
        self.links.called = Some(now);
        let (called, result) = oneshot::channel();
        let inputs = self.inputs.clone();
        self.tasks.spawn(async move {
            let Ok(result) = result.await else { return };
            let _ = inputs.send(Input::Link(LinkNews::Called { card, result, answer })).await;
        });
        self.place(party, dialled, called);
    }

    pub(super) fn link_called(&mut self, id: &str, result: &Result<Reply, Problem>) {
        let Some(card) = self.links.card.as_mut().filter(|card| card.view.id == id) else { return };
        match result {
            Ok(_) => self.links.card = None,
            // It stays: the reason is told by whoever has asked, and it can be tried again.
            Err(_) => card.view.dialling = false,
        }
    }
}
