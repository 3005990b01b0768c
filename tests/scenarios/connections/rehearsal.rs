//! The pretend call: it is seen, and touches nothing.

use std::time::Duration;

use engine::{
    command::{Command, Event, Reply},
    view::{CardState, LiveCard},
};
use scenarios::{Office, eventually, stays};

fn cards(office: &Office) -> Vec<LiveCard> {
    office
        .snapshot()
        .into_iter()
        .find_map(|event| match event {
            Event::Live(cards) => Some(cards),
            _ => None,
        })
        .unwrap_or_default()
}

#[tokio::test]
async fn a_pretend_call_is_seen_and_touches_nothing() {
    let office = Office::open().await;
    let (pbx, org) = (office.pbx.ledger().len(), office.salesforce.ledger().len());

    assert_eq!(office.asks(Command::TestCall).await, Ok(Reply::Done));
    eventually("a card", || async { cards(&office).len() == 1 }).await;
    let card = cards(&office).remove(0);
    assert!(card.rehearsal && card.state == CardState::Ringing, "{card:?}");
    assert!(!card.can_hang_up && card.number.is_none() && card.candidates.is_empty());
    eventually("a notification", || async { office.desk.notes().len() == 1 }).await;
    let note = office.desk.notes().remove(0);
    assert!(note.title.contains("Test call") && note.buttons.is_empty(), "{note:?}");
    assert_eq!(office.status().await.calls, [], "no script takes it for a call");

    eventually("it has gone", || async { cards(&office).is_empty() }).await;
    assert_eq!(office.desk.withdrawn(), [note.id]);
    assert_eq!(office.calls().await, [], "nothing is kept");
    assert_eq!(office.desk.opened(), Vec::<String>::new());
    let asked: Vec<_> = office.pbx.ledger().into_iter().skip(pbx).map(|one| one.path).collect();
    // What closes the gap of the start may still be at work.
    assert!(asked.iter().all(|path| path.ends_with("cdr/search")), "the PBX was asked: {asked:?}");
    assert_eq!(office.salesforce.ledger().len(), org, "Salesforce was not asked");
    assert!(office.salesforce.tasks().is_empty());
}

#[tokio::test]
async fn a_pretend_call_is_shown_before_anything_is_connected_and_beside_a_real_one() {
    let office = Office::with(scenarios::Options { connected: false, ..Default::default() }).await;
    office.asks(Command::TestCall).await.expect("it needs no connection");
    eventually("a card", || async { cards(&office).len() == 1 }).await;

    office.connects().await;
    office.asks(Command::TestCall).await.expect("once more");
    let call = office.ada_calls().await;
    let shown = cards(&office);
    assert_eq!(shown.len(), 2, "{shown:#?}");
    assert!(!shown[0].rehearsal, "the real one comes first");
    let task = office.talks(&call, 5).await;
    assert_eq!(task["CallDurationInSeconds"], 5);
    stays("one Task", Duration::from_millis(300), || async {
        office.salesforce.tasks().len() == 1
    })
    .await;
}
