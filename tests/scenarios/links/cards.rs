//! What the card says, and what becomes of it.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::{CallResult, LinkCard, LinksState, NumberKind},
};
use scenarios::{Office, Options, eventually, stays};

use super::{ADA_LINK, a_moment, card, card_until, confirms, opens};

#[tokio::test]
async fn a_link_rings_the_phone_only_when_a_person_agrees() {
    let office = Office::open().await;
    let raised = office.desk.raised();
    let shown = opens(&office, ADA_LINK).await.expect("it is shown");
    assert_eq!(shown, Reply::LinkShown { shown: "+49 4935 55017".to_owned() });
    assert_eq!(office.desk.raised(), raised + 1, "the window comes to the front");
    let asked = card_until(&office, "the record is found", |card| !card.searching).await;
    assert_eq!(asked.written, "+49 493 555017");
    assert_eq!(asked.number.as_deref(), Some("+49493555017"));
    assert_eq!(asked.number_shown.as_deref(), Some("+49 4935 55017"));
    assert_eq!((asked.country.as_deref(), asked.abroad), (Some("DE"), false));
    assert_eq!(asked.candidates[0].id, office.ada);
    assert_eq!((&asked.refusal, &asked.obstacle), (&None, &None));
    assert!(!asked.replaced);
    assert_eq!(office.pbx_asked("call/dial"), 0, "nobody has agreed yet");

    let reply = confirms(&office, &asked).await.expect("it is called");
    assert!(
        matches!(&reply, Reply::Dialled { dialled, .. } if dialled == "0493555017"),
        "{reply:?}"
    );
    eventually("the card is gone", || async { card(&office).is_none() }).await;
    let call = office.dialled_call().await;
    call.agent_answers();
    call.remote_answers();
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(12);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(
        (&task["WhoId"], &task["Subject"]),
        (&office.ada.clone().into(), &"Outbound call to Ada Moreno".into())
    );
    assert_eq!(office.pbx_asked("call/dial"), 1);
}

#[tokio::test]
async fn a_card_that_is_turned_away_calls_nobody_and_cannot_be_agreed_to() {
    let office = Office::open().await;
    opens(&office, ADA_LINK).await.expect("it is shown");
    let asked = card(&office).expect("a card");
    office.asks(Command::DismissLink { link: asked.id.clone() }).await.expect("it goes");
    assert_eq!(card(&office), None);
    assert_eq!(confirms(&office, &asked).await.expect_err("it is gone").code, "link.gone");
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn a_second_link_replaces_the_first_and_says_so_and_the_first_cannot_be_agreed_to() {
    let office = Office::open().await;
    opens(&office, "tel:+493012345").await.expect("it is shown");
    let first = card(&office).expect("a card");
    a_moment().await;
    opens(&office, ADA_LINK).await.expect("it is shown");
    let second = card(&office).expect("a card");
    assert!(second.replaced && second.id != first.id);
    assert_eq!(second.number.as_deref(), Some("+49493555017"));
    assert_eq!(confirms(&office, &first).await.expect_err("it is replaced").code, "link.gone");
    assert_eq!(
        office.pbx_asked("call/dial"),
        0,
        "who agreed to one number has not agreed to another"
    );
    // The same link once more is the same question.
    opens(&office, ADA_LINK).await.expect("it is shown already");
    assert_eq!(card(&office).map(|card| card.id), Some(second.id));
}

#[tokio::test]
async fn a_hundred_links_at_once_are_one_card() {
    let office = Office::open().await;
    let mut events = office.events();
    let mut refused = 0;
    for at in 0..100 {
        match opens(&office, &format!("tel:+4930123{at:04}")).await {
            Ok(_) => {}
            Err(problem) => {
                assert_eq!(problem.code, "link.too_many");
                refused += 1;
            }
        }
    }
    assert!(refused >= 95, "only {refused} were turned away");
    let number = card(&office).and_then(|card| card.number);
    assert_eq!(
        number.as_deref(),
        Some("+49301230000"),
        "the first stays, so that nothing moves under a finger"
    );
    let mut shown = 0;
    while let Ok(event) = events.try_recv() {
        shown += usize::from(matches!(event, engine::command::Event::RaiseWindow));
    }
    assert!(shown <= 5, "the window was raised {shown} times");
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn a_link_abroad_and_its_extension_are_told() {
    let office = Office::open().await;
    opens(&office, "tel:+1-212-555-0123;ext=204;isub=9").await.expect("it is shown");
    let asked = card_until(&office, "nobody has it", |card| !card.searching).await;
    assert_eq!((asked.country.as_deref(), asked.abroad), (Some("US"), true));
    assert_eq!((asked.extension.as_deref(), asked.subaddress.as_deref()), (Some("204"), Some("9")));
    assert!(asked.candidates.is_empty());
    let reply = confirms(&office, &asked).await.expect("it is called");
    assert!(
        matches!(&reply, Reply::Dialled { dialled, .. } if dialled == "0012125550123"),
        "{reply:?}"
    );
}

#[tokio::test]
async fn a_link_to_a_service_to_help_or_to_what_costs_more_says_so_and_a_colleague_is_one() {
    let office = Office::open().await;
    for (link, kind) in [
        ("tel:11833", NumberKind::Short),
        ("tel:+4911833", NumberKind::Short),
        ("tel:110", NumberKind::Emergency),
        ("tel:112", NumberKind::Emergency),
        ("tel:+491371234567", NumberKind::Special),
        ("tel:4102", NumberKind::Extension),
        (ADA_LINK, NumberKind::Ordinary),
    ] {
        opens(&office, link).await.expect("it is shown");
        assert_eq!(card(&office).map(|card| card.kind), Some(kind), "{link}");
        a_moment().await;
    }
}

#[tokio::test]
async fn without_salesforce_a_link_is_called_all_the_same() {
    let office = Office::open().await;
    office.salesforce.stop_listening();
    opens(&office, ADA_LINK).await.expect("it is shown");
    let asked = card_until(&office, "the search has failed", |card| card.search_failed).await;
    confirms(&office, &asked).await.expect("it is called");
}

#[tokio::test]
async fn a_call_that_the_pbx_refuses_leaves_the_card_for_another_try() {
    let office = Office::open().await;
    opens(&office, &format!("tel:{}", scenarios::AGENT)).await.expect("it is shown");
    let asked = card(&office).expect("a card");
    assert_eq!(confirms(&office, &asked).await.expect_err("refused").code, "dial.own_extension");
    let asked = card(&office).expect("it stays");
    assert!(!asked.dialling);
}

#[tokio::test]
async fn a_link_that_starts_the_program_waits_for_the_pbx() {
    let mut office = Office::open().await;
    office.quits().await;
    office.pbx.stop_listening();
    office.starts().await;
    let shown = opens(&office, ADA_LINK).await;
    // What stands in the way is told, as soon as it is known, and goes when it has gone.
    let told = |card: &LinkCard| shown.is_err() || card.obstacle.is_some();
    let asked = card_until(&office, "what stands in the way is told", told).await;
    assert!(confirms(&office, &asked).await.is_err());
    office.pbx.listen_again().await;
    office.is_live().await;
    a_moment().await;
    opens(&office, ADA_LINK).await.expect("it is shown");
    let asked =
        card_until(&office, "nothing stands in the way", |card| card.obstacle.is_none()).await;
    confirms(&office, &asked).await.expect("it is called");
}

#[tokio::test]
async fn nothing_is_dialled_while_the_screen_is_locked() {
    let office = Office::with(Options {
        settings: "[dial]\nconfirm_links = false\n".to_owned(),
        ..Options::default()
    })
    .await;
    office.desk.is_locked(true);
    let problem = opens(&office, ADA_LINK).await.expect_err("nobody is there");
    assert_eq!(problem.code, "link.screen_locked");
    a_moment().await;
    opens(&office, "tel:+12125550123").await.expect("it waits on its card");
    let asked = card(&office).expect("a card");
    assert_eq!(confirms(&office, &asked).await.expect_err("locked").code, "link.screen_locked");
    assert_eq!(office.pbx_asked("call/dial"), 0);
    office.desk.is_locked(false);
    let asked = card(&office).expect("it stays");
    confirms(&office, &asked).await.expect("it is called");
}

#[tokio::test]
async fn links_begin_calls_one_after_the_other_however_fast_they_are_agreed_to() {
    let office = Office::open().await;
    opens(&office, ADA_LINK).await.expect("it is shown");
    let first = card(&office).expect("a card");
    let (one, two) = tokio::join!(confirms(&office, &first), confirms(&office, &first));
    assert!(one.is_ok() != two.is_ok(), "one wish is one call: {one:?} {two:?}");
    a_moment().await;
    opens(&office, "tel:+493012345").await.expect("it is shown");
    let second = card(&office).expect("a card");
    assert_eq!(confirms(&office, &second).await.expect_err("too soon").code, "link.too_many");
    stays("one call", Duration::from_millis(300), || async { office.pbx_asked("call/dial") == 1 })
        .await;
}

#[tokio::test]
async fn whether_links_come_here_is_told_and_can_be_changed_and_tested() {
    let office = Office::open().await;
    office.desk.is_bare();
    office.asks(Command::Watch).await.expect("a window opens");
    let elsewhere = |state| {
        move |status: &engine::view::Status| {
            status.links.as_ref().is_some_and(|links| links.state == state)
        }
    };
    office.status_until("links go elsewhere", elsewhere(LinksState::Elsewhere)).await;
    assert_eq!(office.asks(Command::TakeLinks).await, Ok(Reply::LinksTaken { chosen: true }));
    office.status_until("links come here", elsewhere(LinksState::Ours)).await;

    let test = tokio::spawn(office.asking(Command::TestLinks));
    eventually("a link is opened", || async { !office.desk.tried().is_empty() }).await;
    opens(&office, &office.desk.tried()[0]).await.expect("it has come back");
    assert_eq!(test.await.expect("no panic"), Ok(Reply::Done));
    assert_eq!(card(&office), None, "nobody wants to call it");
    // Without a test it is a number like any other.
    opens(&office, &office.desk.tried()[0]).await.expect("it is shown");
    assert!(card(&office).is_some());
}

#[tokio::test]
async fn links_go_elsewhere_again_when_the_program_is_disconnected() {
    let office = Office::open().await;
    office.asks(Command::TakeLinks).await.expect("they come here");
    let state = |wanted: LinksState| {
        move |status: &engine::view::Status| {
            status.links.as_ref().is_some_and(|links| links.state == wanted)
        }
    };
    office.status_until("they come here", state(LinksState::Ours)).await;
    office.asks(Command::Disconnect).await.expect("it is disconnected");
    office.status_until("they do not", state(LinksState::Elsewhere)).await;
}
