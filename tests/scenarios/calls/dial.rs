//! Click-to-call, and ending a call from the desk.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::{CallResult, NumberKind},
};
use scenarios::{ADA, AGENT, DialOutcome, Fault, FaultRule, Office, Options, eventually};

#[tokio::test]
async fn a_call_by_click_rings_the_own_phone_first_and_becomes_one_task() {
    let office = Office::open().await;
    let asked = Command::Dial { number: "+49 493 555017".to_owned(), confirmed: false };
    let Ok(Reply::ConfirmDial { shown, country, .. }) = office.asks(asked).await else {
        panic!("a number is not dialled before a person has agreed");
    };
    assert_eq!((shown.as_str(), country.as_deref()), ("+49 4935 55017", Some("DE")));
    assert_eq!(office.pbx_asked("call/dial"), 0);

    let (id, dialled) = office.dials("+49 493 555017").await.expect("the PBX takes it");
    assert_eq!(dialled, "0493555017");
    let call = office.dialled_call().await;
    assert_eq!(call.id(), id);
    assert_eq!(call.to(), "0493555017");
    assert_eq!(office.status().await.calls.len(), 1);
    call.agent_answers();
    call.remote_answers();
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(88);
    call.hang_up();

    let task = office.task_of(&id).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(task["CallType"], "Outbound");
    assert_eq!(task["CallDurationInSeconds"], 88);
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(task["WhoId"], office.ada);
    assert_eq!(office.pbx_asked("call/dial"), 1, "one wish is one call");
    let request = office
        .pbx
        .ledger()
        .into_iter()
        .find(|request| request.path.ends_with("/call/dial"))
        .and_then(|request| request.body)
        .expect("its body");
    assert_eq!((&request["caller"], &request["callee"]), (&AGENT.into(), &"0493555017".into()));
}

#[tokio::test]
async fn a_refused_call_says_why_in_plain_words() {
    let office = Office::open().await;
    let mut ears = office.hears();
    let refusals = [
        ("NO Dial Permission", "dial.no_permission", "Your extension may not call this number."),
        (
            "NO Outbound Restrictin",
            "dial.restricted",
            "The PBX's outbound restriction stopped the call.",
        ),
        ("Circuit/channel congestion", "dial.congestion", "All lines are busy."),
        ("DND", "dial.dnd", "The called extension does not want to be disturbed."),
        ("Line Unreachable", "dial.unreachable", "The line is not reachable."),
        ("User Busy", "dial.busy", "The other side is busy or declined."),
        ("486 Busy here", "dial.busy", "The other side is busy or declined."),
        ("603 Declined", "dial.busy", "The other side is busy or declined."),
        ("404 NOT found", "dial.wrong_number", "The PBX or the network does not know this number."),
        ("410 Gone", "dial.wrong_number", "The PBX or the network does not know this number."),
        (
            "484 Address incomplete",
            "dial.wrong_number",
            "The PBX or the network does not know this number.",
        ),
        ("480 Temporatily Unavailable", "dial.no_answer", "The other side did not answer."),
        ("408 Request Time", "dial.no_answer", "The other side did not answer."),
        ("Something New", "dial.refused", "The PBX could not place the call."),
    ];
    let mut last = String::new();
    for (reason, code, sentence) in refusals {
        office.pbx.set(|pbx| pbx.dial_outcome = DialOutcome::FailsWith(reason.to_owned()));
        let begun = std::time::Instant::now();
        let listed = office.calls().await.len();
        let told = office.dials(ADA).await.expect_err("the refusal came before the answer");
        eventually("it is in the list", || async { office.calls().await.len() > listed }).await;
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{reason}: at once");
        let said = ears.notice().await;
        assert_eq!(told, said, "{reason}");
        assert_eq!(said.code, code, "{reason}");
        assert!(said.message.starts_with(sentence), "{reason}: {}", said.message);
        assert!(!said.action.is_empty());
        let note = office.desk.notes().into_iter().next_back().expect("a notification");
        assert_eq!((note.id.as_str(), &note.title), (code, &said.message));
        last = office.calls().await[0].id.clone();
    }
    let task = office.task_of(&last).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(task["CallDisposition"], "No answer");
    assert_eq!(task["CallDurationInSeconds"], 0);
    let description = task["Description"].as_str().expect("a description");
    assert!(description.contains("Reason: Something New"), "{description}");
}

#[tokio::test]
async fn of_seven_calls_in_a_second_three_are_placed_whoever_asks() {
    let office = Office::open().await;
    let asked: Vec<_> = (0..7)
        .map(|_| {
            let number = ADA.to_owned();
            tokio::spawn(office.asking(Command::Dial { number, confirmed: true }))
        })
        .collect();
    let mut refused = 0;
    for answer in asked {
        match answer.await.expect("it is answered") {
            Ok(_) => {}
            Err(problem) => {
                assert_eq!(problem.code, "dial.too_many");
                assert!(problem.action.starts_with("Wait "), "{}", problem.action);
                refused += 1;
            }
        }
    }
    assert_eq!((refused, office.pbx_asked("call/dial")), (4, 3));
    office.dials("112").await.expect("help is never held up");
    office.clock.passes(Duration::from_secs(6));
    office.dials(ADA).await.expect("a person begins one after the other");
}

#[tokio::test]
async fn a_number_abroad_or_of_what_may_cost_more_is_called_costly_in_the_question() {
    // What is blocked as it comes is no question at all.
    let settings = "[dial]\nblocked = []\n".to_owned();
    let open = Office::with(Options { settings, ..Options::default() }).await;
    for (number, costs, is) in [
        (ADA, false, NumberKind::Ordinary),
        ("+49 493 555017", false, NumberKind::Ordinary),
        ("0800 1234567", false, NumberKind::Ordinary),
        ("4102", false, NumberKind::Extension),
        ("+1 212 555 0123", true, NumberKind::Ordinary),
        ("0044 20 7946 0123", true, NumberKind::Ordinary),
        ("+49 900 1234567", true, NumberKind::Premium),
        ("0900 1234567", true, NumberKind::Premium),
        ("0137 1234567", true, NumberKind::Special),
        ("11833", true, NumberKind::Short),
    ] {
        let asked = Command::Dial { number: number.to_owned(), confirmed: false };
        let Ok(Reply::ConfirmDial { costly, kind, .. }) = open.asks(asked).await else {
            panic!("{number} is not asked about")
        };
        assert_eq!((costly, kind), (costs, is), "{number}");
    }
    let usual = Office::open().await;
    for number in ["+49 900 1234567", "+1 900 555 0123"] {
        let asked = Command::Dial { number: number.to_owned(), confirmed: false };
        assert_eq!(usual.asks(asked).await.expect_err(number).code, "dial.blocked", "{number}");
    }
}

#[tokio::test]
async fn a_phone_that_never_rings_is_said_so_within_seconds() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.dial_outcome = DialOutcome::PhoneNeverRings);
    let mut ears = office.hears();
    let begun = std::time::Instant::now();
    let (id, _) = office.dials(ADA).await.expect("accepted, which says nothing");
    let said = ears.notice().await;
    assert_eq!(said.code, "dial.phone_never_rang");
    assert!(said.message.starts_with("Your phone never rang"));
    assert!(begun.elapsed().as_secs() < 14, "{:?}", begun.elapsed());
    eventually("it is forgotten", || async { office.call(&id).await.is_none() }).await;
    assert!(office.status().await.calls.is_empty());
    assert!(office.salesforce.tasks().is_empty(), "nobody was called");
}

#[tokio::test]
async fn a_dialled_call_that_the_events_name_otherwise_is_one_call() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.dial_id_differs = true);
    let mut ears = office.hears();
    let (answered, _) = office.dials(ADA).await.expect("the PBX takes it");
    let call = office.dialled_call().await;
    let id = call.id();
    assert_ne!(id, answered);
    call.agent_answers();
    call.remote_answers();
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(15);
    tokio::time::timeout(Duration::from_secs(12), ears.notice())
        .await
        .expect_err("the phone did ring, and nothing is to be said");
    call.hang_up();
    let task = office.task_of(&id).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(task["CallDurationInSeconds"], 15);
    assert_eq!(office.salesforce.tasks().len(), 1);
    assert_eq!(office.calls().await.len(), 1);
}

#[tokio::test]
async fn what_is_not_dialled_is_refused_at_once_and_reaches_no_pbx() {
    let office = Office::with(Options {
        settings: "[dial]\nblocked = [\"+49900*\"]\n".to_owned(),
        ..Options::default()
    })
    .await;
    for (number, code) in [
        ("*21*0493555017#", "dial.service_code"),
        ("##002#", "dial.service_code"),
        ("0493555017,,123", "dial.service_code"),
        ("%2321%23", "dial.service_code"),
        ("hello", "dial.not_a_number"),
        ("", "dial.not_a_number"),
        ("') OR 1=1", "dial.not_a_number"),
        ("0900 1234567", "dial.blocked"),
        ("+49 900 1234567", "dial.blocked"),
        (AGENT, "dial.own_extension"),
    ] {
        let problem = office.dials(number).await.expect_err(number);
        assert_eq!(problem.code, code, "{number}");
        assert!(!problem.action.is_empty());
    }
    assert_eq!(office.pbx_asked("call/dial"), 0);
    assert!(office.calls().await.is_empty());
}

#[tokio::test]
async fn the_agent_ends_a_call_from_the_desk() {
    let office = Office::open().await;
    let problem = office.asks(Command::HangUp { call: None }).await.expect_err("no call");
    assert_eq!(problem.code, "call.none");
    assert_eq!(office.pbx_asked("call/hangup"), 0);

    let call = office.ada_calls().await;
    office.answers(&call).await;
    office.asks(Command::HangUp { call: None }).await.expect("it is ended");
    assert!(!call.is_live());
    assert_eq!(office.pbx_asked("call/hangup"), 1);
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDisposition"], "Answered");
}

#[tokio::test]
async fn a_dial_whose_answer_is_lost_is_said_as_unknown_and_its_call_is_known() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.faults = vec![FaultRule::once("/call/dial", Fault::LostAnswer)]);

    let told = office.dials("0493555017").await.expect_err("no answer has come");

    assert_eq!(told.code, "dial.unanswered");
    assert!(told.action.starts_with("Look at your phone"), "{told:?}");
    let call = office.dialled_call().await;
    office.call_until(&call.id(), "its number", |call| call.number.is_some()).await;
    call.agent_answers();
    call.remote_answers();
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(9);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(office.pbx_asked("call/dial"), 1, "it is not asked again");
}

#[tokio::test]
async fn one_odd_answer_to_a_dial_is_not_said_of_the_address() {
    let office = Office::open().await;
    for fault in [Fault::Empty(500), Fault::Html(200)] {
        office.pbx.set(|pbx| pbx.faults = vec![FaultRule::once("/call/dial", fault)]);
        let told = office.dials(ADA).await.expect_err("the answer says nothing");
        assert_eq!(told.code, "dial.unanswered");
        assert!(told.message.contains("could not be read"), "{told:?}");
    }
    assert_eq!(office.status().await.pbx.problem, None);
}
