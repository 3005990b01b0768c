//! Links that other programs hand over: one card at a time, and nothing is dialled before a person agrees.
//!
//! Any page can open a link, as often as it likes. So the first of many is shown and the others are turned away, a card
//! that was replaced cannot be agreed to, and a person who is not there (the screen is locked) agrees to nothing.
//!
//! | module | what it does |
//! |---|---|
//! | [`calls`] | what was agreed to is called |
//! | [`whose`] | looks up whose number is on the card |
//! | [`system`] | whether links come to this program at all |

mod calls;
mod system;
mod whose;

use std::{collections::VecDeque, time::Duration};

use domain::{
    DialPlan, Party, PhoneNumber,
    link::{self, LinkedNumber},
    number::Kind,
};

use self::{
    calls::Agreed,
    system::{TEST_LINK, links_status},
};
use super::{Answer, Controller};
use crate::{
    command::Reply,
    lookup::Looked,
    ports::{Fact, Screen, Taken},
    present, problems,
    view::{LinkCard, LinkState, LinksStatus, NumberKind, Problem},
};

/// A link that comes sooner behind another one, shown or not, was not clicked by a person: what a page opens in a row is one
/// card, however long the row is.
const BETWEEN: Duration = Duration::from_secs(1);
/// So many links are shown within [`A_WHILE`].
const SHOWN: usize = 12;
const A_WHILE: Duration = Duration::from_secs(60);
/// A card that nobody answers goes: what is agreed to later is not what was clicked.
const WAITS: Duration = Duration::from_secs(5 * 60);

/// What is known of links.
#[derive(Debug, Default)]
pub(crate) struct LinkSide {
    card: Option<Waiting>,
    /// Counts the cards.
    cards: u64,
    /// On the steady clock: when links were taken, the oldest first.
    taken: VecDeque<Duration>,
    /// When a link came last.
    came: Option<Duration>,
    /// When a link has begun a call last.
    called: Option<Duration>,
    /// Who waits for a test link, and until when.
    test: Option<(Answer, Duration)>,
    /// Whether links come here, as far as the desk has said.
    status: Option<LinksStatus>,
}

/// A link on its card.
#[derive(Debug)]
struct Waiting {
    view: LinkCard,
    read: Option<LinkedNumber>,
    lookup: Lookup,
    until: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lookup {
    /// Nobody is signed in yet.
    Wanted,
    Asking,
    Over,
}

/// What tasks report about links.
pub(crate) enum LinkNews {
    /// Salesforce has said whose number it is.
    Looked(String, Result<Box<Looked>, salesforce::Error>),
    /// The desk has said whether the screen is locked.
    Screen { agreed: Agreed, screen: Screen, answer: Answer },
    /// The PBX took the call on, or did not.
    Called { card: Option<String>, result: Result<Reply, Problem>, answer: Answer },
    /// Whether links come here.
    Seen(Fact),
    /// Whether links come here from now on.
    Taken(Result<Taken, String>, Answer),
    /// The test link could not be opened.
    NotTested(String),
}

impl Controller {
    /// Takes a link as the system hands it over.
    pub(super) fn link(&mut self, uri: &str, answer: Answer) {
        if let Some(problem) = self.safe_mode() {
            let _ = answer.send(Err(problem));
            return;
        }
        let now = self.clock.now().steady;
        if uri == TEST_LINK
            && let Some((asked, _)) = self.links.test.take()
        {
            let _ = asked.send(Ok(Reply::Done));
            self.see_links();
            let _ = answer.send(Ok(Reply::Done));
            return;
        }
        if self.is_open(uri) {
            self.show_links_window();
            // The card shows it as well: it has come up since the card was opened.
            let obstacle = self.link_refusal();
            let _ = answer.send(obstacle.map_or_else(|| Ok(self.shown_link()), Err));
            return;
        }
        if self.links.are_too_many(now) {
            let _ = answer.send(Err(problems::too_many_links()));
            return;
        }
        let plan = self.loaded.settings.dial_plan();
        let host = self.pbx_host();
        let ours: Vec<&str> = host.as_deref().into_iter().collect();
        let read = link::read(uri, &plan, &ours);
        let obstacle = self.link_refusal();
        if let (Ok(read), None) = (&read, &obstacle)
            && !self.loaded.settings.dial.confirm_links
            && let Some(number) = read.meant.as_ref().map(|meant| self.number_to_dial(meant))
            && plan.is_of_this_country(&number)
            && number.kind() == Kind::Ordinary
        {
            let dialled = plan.dialled(&number);
            let party = Party::External(number);
            self.look_at_screen(Agreed { card: None, party, dialled }, answer);
            return;
        }
        if !self.desktop.can_ask() {
            let refusal = read.err().map(|refused| problems::of_link(refused.why));
            let problem = refusal.or(obstacle).unwrap_or_else(problems::no_window_for_links);
            let _ = answer.send(Err(problem));
            return;
        }
        let refusal = self.open_card(read, obstacle, now);
        // Whoever has the answer finds the card.
        self.publish();
        self.show_links_window();
        let _ = answer.send(refusal.map_or_else(|| Ok(self.shown_link()), Err));
    }

    /// A person does not want the link called, or has read why it is not.
    pub(super) fn dismiss_link(&mut self, id: &str) {
        if self.links.card.as_ref().is_some_and(|card| card.view.id == id) {
            self.links.card = None;
            self.publish();
        }
    }

    /// Takes what a task has found out about a link.
    pub(super) fn link_news(&mut self, news: LinkNews) {
        match news {
            LinkNews::Looked(id, result) => self.link_looked(&id, result),
            LinkNews::Screen { agreed, screen, answer } => self.call_link(agreed, screen, answer),
            LinkNews::Called { card, result, answer } => {
                if let Some(id) = &card {
                    self.link_called(id, &result);
                    if result.is_err() {
                        // Whoever has agreed may try again at once.
                        self.links.called = None;
                    }
                }
                self.publish();
                let _ = answer.send(result);
            }
            LinkNews::Seen(fact) => self.links.status = Some(links_status(fact)),
            LinkNews::Taken(taken, answer) => {
                self.see_links();
                let reply = taken.map(|taken| Reply::LinksTaken { chosen: taken == Taken::Done });
                let _ = answer.send(reply.map_err(|why| problems::links_not_taken(&why)));
            }
            LinkNews::NotTested(why) => {
                if let Some((asked, _)) = self.links.test.take() {
                    let _ = asked.send(Err(problems::links_not_taken(&why)));
                }
            }
        }
    }

    /// Returns the card as it is now, and goes on with what it waits for.
    pub(crate) fn link_card(&mut self) -> Option<LinkCard> {
        let now = self.clock.now().steady;
        if self.links.test.as_ref().is_some_and(|(_, until)| *until <= now)
            && let Some((asked, _)) = self.links.test.take()
        {
            let _ = asked.send(Err(problems::link_did_not_come()));
        }
        if self.links.card.as_ref().is_some_and(|card| card.until <= now && !card.view.dialling) {
            self.links.card = None;
        }
        let wanted = self.links.card.as_ref().is_some_and(|card| card.lookup == Lookup::Wanted);
        if wanted {
            self.look_up_link();
        }
        let obstacle = self.link_obstacle();
        let card = self.links.card.as_mut()?;
        card.view.obstacle = obstacle.filter(|_| card.view.refusal.is_none());
        Some(card.view.clone())
    }

    /// Returns when the card or a test ends by itself, on the steady clock.
    pub(crate) fn next_of_links(&self) -> Option<Duration> {
        let card = self.links.card.as_ref().map(|card| card.until);
        let test = self.links.test.as_ref().map(|(_, until)| *until);
        card.into_iter().chain(test).min()
    }

    fn open_card(
        &mut self,
        read: Result<LinkedNumber, link::LinkRefused>,
        obstacle: Option<Problem>,
        now: Duration,
    ) -> Option<Problem> {
        let plan = self.loaded.settings.dial_plan();
        let (read, written, party, refusal) = match read {
            Ok(read) => (Some(read.clone()), read.written, Some(read.party), None),
            Err(refused) => {
                let party = refused.number.map(Party::External);
                (None, refused.written, party, Some(problems::of_link(refused.why)))
            }
        };
        let refusal = refusal.or(obstacle);
        let replaced = self.links.card.take().is_some_and(|card| card.view.refusal.is_none());
        self.links.cards += 1;
        let looks = refusal.is_none() && party.as_ref().and_then(Party::number).is_some();
        let kind = party.as_ref().map_or(NumberKind::Unassigned, |it| self.number_kind(it));
        let mut view = LinkCard {
            id: format!("link-{}", self.links.cards),
            written,
            number: None,
            number_shown: None,
            country: None,
            abroad: false,
            kind,
            extension: read.as_ref().and_then(|read| read.extension.clone()),
            subaddress: read.as_ref().and_then(|read| read.subaddress.clone()),
            searching: looks,
            search_failed: false,
            candidates: Vec::new(),
            refusal: refusal.clone(),
            obstacle: None,
            replaced,
            dialling: false,
        };
        put_on(&mut view, party.as_ref(), kind, &plan);
        let lookup = if looks { Lookup::Wanted } else { Lookup::Over };
        self.links.card = Some(Waiting { view, read, lookup, until: now + WAITS });
        refusal
    }

    /// The same number is on the card already, and waits for a person.
    fn is_open(&self, uri: &str) -> bool {
        let Some(open) = self.links.card.as_ref().and_then(|card| card.read.as_ref()) else {
            return false;
        };
        let host = self.pbx_host();
        let ours: Vec<&str> = host.as_deref().into_iter().collect();
        link::read(uri, &self.loaded.settings.dial_plan(), &ours).is_ok_and(|read| read == *open)
    }

    fn shown_link(&self) -> Reply {
        let shown = self.links.card.as_ref().map(|card| &card.view);
        let shown = shown.and_then(|view| view.number_shown.clone()).unwrap_or_default();
        Reply::LinkShown { shown }
    }

    fn show_links_window(&self) {
        self.want_window();
    }

    /// The PBX's own name, by which links may call its numbers local.
    fn pbx_host(&self) -> Option<String> {
        let address = url::Url::parse(&self.loaded.settings.pbx.address).ok()?;
        address.host_str().map(str::to_owned)
    }

    /// What keeps any link from being called, until a person has done something about it.
    fn link_refusal(&self) -> Option<Problem> {
        if !self.loaded.settings.integration.enabled {
            return Some(problems::links_are_off());
        }
        let opening = self.pbx.state == LinkState::Connecting;
        if self.pbx.client.is_some() && self.pbx.state == LinkState::Connected || opening {
            return None;
        }
        Some(self.pbx.problem.clone().unwrap_or_else(problems::not_connected_to_pbx))
    }

    /// What stands in the way of a call at this moment.
    fn link_obstacle(&self) -> Option<Problem> {
        self.link_refusal().or_else(|| {
            if self.pbx.client.is_none() {
                Some(problems::not_connected_to_pbx())
            } else {
                self.pbx.binding.found.is_none().then(problems::nobody_bound)
            }
        })
    }
}

/// Puts a number on a card.
fn put_on(view: &mut LinkCard, party: Option<&Party>, kind: NumberKind, plan: &DialPlan) {
    let number = party.and_then(Party::number);
    view.number = party.and_then(Party::shown).map(str::to_owned);
    view.number_shown = present::number_shown(party);
    view.country = number.and_then(PhoneNumber::country);
    view.abroad = number.is_some_and(|number| !plan.is_of_this_country(number));
    view.kind = kind;
}

impl LinkSide {
    /// Counts a link, and says whether it is one too many.
    fn are_too_many(&mut self, now: Duration) -> bool {
        while self.taken.front().is_some_and(|at| now.saturating_sub(*at) >= A_WHILE) {
            self.taken.pop_front();
        }
        let before = self.came.replace(now);
        let too_soon = before.is_some_and(|at| now.saturating_sub(at) < BETWEEN);
        if too_soon || self.taken.len() >= SHOWN {
            return true;
        }
        self.taken.push_back(now);
        false
    }
}
