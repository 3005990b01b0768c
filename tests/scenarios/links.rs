//! Links of pages and other programs: a person agrees to a number, and nothing else of a link goes anywhere.
//!
//! The rows J5, J8, J9 and J10 of faults.md, for links.

#[path = "links/cards.rs"]
mod cards;
#[path = "links/readings.rs"]
mod readings;
#[path = "links/refused.rs"]
mod refused;
#[path = "links/silent.rs"]
mod silent;

use engine::{
    command::{Command, Event, Reply},
    view::{LinkCard, Problem},
};
use scenarios::{Office, eventually};

/// Ada Moreno's number as a page of Salesforce links it.
const ADA_LINK: &str = "tel:+49%20493%20555017";

/// A page or a program hands a link over.
async fn opens(office: &Office, uri: &str) -> Result<Reply, Problem> {
    office.asks(Command::Link { uri: uri.to_owned() }).await
}

/// Returns the card that the window shows now.
fn card(office: &Office) -> Option<LinkCard> {
    office.snapshot().into_iter().find_map(|event| match event {
        Event::Link(card) => card.map(|card| *card),
        _ => None,
    })
}

/// Waits until the card is so, and returns it.
async fn card_until(office: &Office, what: &str, wanted: impl Fn(&LinkCard) -> bool) -> LinkCard {
    eventually(what, || async { card(office).is_some_and(|card| wanted(&card)) }).await;
    card(office).expect("it is there")
}

async fn confirms(office: &Office, card: &LinkCard) -> Result<Reply, Problem> {
    office.asks(Command::ConfirmLink { link: card.id.clone() }).await
}

/// A person clicks again no sooner than this.
async fn a_moment() {
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
}
