//! Whose number is on the card of a link: what is known here, then Salesforce.

use domain::{Matches, Party, PhoneNumber, holders::Next};

use super::{LinkNews, Lookup, put_on};
use crate::{
    controller::{Controller, Input},
    lookup::{self, Looked},
    present,
    view::{LinkState, NumberKind},
};

impl Controller {
    /// Looks up whose number is on the card: what is known here, then Salesforce.
    pub(super) fn look_up_link(&mut self) {
        let Some(card) = &mut self.links.card else { return };
        let Some(meant) = card.read.as_ref().and_then(|read| read.meant.clone()) else { return };
        let Some(session) = self.sales.session.clone() else {
            if self.sales.state != LinkState::Connecting {
                card.lookup = Lookup::Over;
                (card.view.searching, card.view.search_failed) = (false, true);
            }
            return;
        };
        card.lookup = Lookup::Asking;
        let id = card.view.id.clone();
        let known = self.known_matches(&session, &meant);
        let reach = self.index.reach(self.clock.now().wall);
        let asks = reach.next(!known.candidates.is_empty()) == Next::Ask;
        self.link_matches(&id, &known, asks);
        let Some(id) = self.links.card.as_ref().map(|card| card.view.id.clone()) else { return };
        if !asks {
            return;
        }
        let (store, inputs) = (self.store.clone(), self.inputs.clone());
        let plan = self.loaded.settings.dial_plan();
        self.tasks.spawn(async move {
            let lookup = lookup::Lookup { store: &store, session: &session, plan: &plan };
            let result = lookup.at_salesforce(&meant).await;
            let news = LinkNews::Looked(id, result.map(Box::new));
            let _ = inputs.send(Input::Link(news)).await;
        });
    }

    pub(super) fn link_looked(&mut self, id: &str, result: Result<Box<Looked>, salesforce::Error>) {
        match result {
            Ok(looked) => {
                self.salesforce_answers();
                self.keep(&looked);
                self.link_matches(id, &looked.matches, false);
            }
            Err(error) => {
                self.salesforce_trouble(&error);
                if let Some(card) = self.links.card.as_mut().filter(|card| card.view.id == id) {
                    card.lookup = Lookup::Over;
                    card.view.searching = false;
                    card.view.search_failed = card.view.candidates.is_empty();
                }
            }
        }
    }

    fn link_matches(&mut self, id: &str, matches: &Matches, searching: bool) {
        let me = self.sales.user_id();
        let plan = self.loaded.settings.dial_plan();
        let decided = matches.number.clone().map(Party::External);
        let kind = decided.as_ref().map_or(NumberKind::Unassigned, |party| self.number_kind(party));
        let side = &mut self.links;
        let Some(card) = side.card.as_mut().filter(|card| card.view.id == id) else { return };
        let mut candidates = present::candidate_views(matches, me.as_ref());
        // A call goes to somebody who has the number.
        candidates.retain(|candidate| !candidate.field.is_empty());
        card.view.candidates = candidates;
        let number = matches.number.as_ref().map(PhoneNumber::e164);
        if number.is_some() && number != card.view.number.as_deref() {
            // A record decides which of its numbers the spelling means. Who has just agreed to another has not to this one.
            side.cards += 1;
            card.view.id = format!("link-{}", side.cards);
            put_on(&mut card.view, decided.as_ref(), kind, &plan);
        }
        card.view.searching = searching;
        if !searching {
            card.lookup = Lookup::Over;
        }
    }
}
