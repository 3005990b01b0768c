//! The event connection breaks, hangs, or is refused; calls go on meanwhile. Nothing is lost, doubled or late.
//!
//! The rows B1–B3, B5 in small, B7 and B14 of faults.md.

use std::time::Duration;

use engine::{
    command::{Command, Event},
    view::{CallResult, EventsState, Integration, JournalState, LinkState, Status},
};
use scenarios::{ADA, AGENT, Cut, Fault, FaultRule, Office, eventually, stays};
use simulator::pbx::Subscribing;
use tokio::time::Instant;

/// What a silent repair may take; the product's goal is two seconds, a busy machine gets more.
const REPAIR: Duration = Duration::from_secs(4);
/// A trunk's spelling of a number that no record has.
const STRANGER: &str = "0301234567";

/// The PBX has cut the connection, and sees it again.
async fn comes_back(office: &Office) {
    let cut = Instant::now();
    eventually("a new connection", || async { office.pbx.subscribers() == 1 }).await;
    assert!(cut.elapsed() < REPAIR, "it took {:?}", cut.elapsed());
    office.is_live().await;
}

/// The PBX is away, and the program has noticed.
async fn pbx_goes_away(office: &Office) {
    office.pbx.stop_listening();
    office
        .status_until("the events are down", |status| status.pbx.events == EventsState::Down)
        .await;
}

/// The PBX is back, and everything is caught up.
async fn pbx_comes_back(office: &Office) {
    office.pbx.listen_again().await;
    office.is_live().await;
}

/// Nothing that only a person can mend, and nothing that frightens one.
fn is_calm(status: &Status) -> bool {
    status.pbx.problem.is_none() && status.integration != Integration::Attention
}

#[tokio::test]
async fn a_call_goes_on_over_a_connection_that_was_closed() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    let mut events = office.events();

    office.pbx.cut_sockets(Cut::Close);
    comes_back(&office).await;
    let view = office.call(&call.id()).await.expect("it is still listed");
    assert_eq!(view.result, CallResult::Talking);

    call.talked_seconds(33);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 33);
    assert_eq!(task["CallObject"], office.own_key(&call));
    assert_eq!(office.desk.opened().len(), 1);
    // A repair of a second is nobody's business.
    while let Ok(event) = events.try_recv() {
        if let Event::Status(status) = event {
            assert!(is_calm(&status), "{status:#?}");
        }
    }
}

#[tokio::test]
async fn a_call_that_ends_while_the_connection_is_cut_is_one_task() {
    for how in [Cut::Close, Cut::Reset] {
        let office = Office::open().await;
        let call = office.ada_calls().await;
        office.answers(&call).await;
        call.talked_seconds(21);
        office.pbx.cut_sockets(how);
        call.hang_up();

        let task = office.task_of(&call.id()).await;
        assert_eq!(task["Subject"], "Inbound call from Ada Moreno");
        assert_eq!(task["CallDurationInSeconds"], 21);
        assert_eq!(task["CallObject"], office.own_key(&call));
        office.is_live().await;
        assert_eq!(office.desk.opened().len(), 1);
        assert_eq!(office.status().await.calls, []);
    }
}

#[tokio::test]
async fn a_reset_between_ring_and_answer_pops_once() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "popped", |call| call.popped.is_some()).await;
    office.pbx.cut_sockets(Cut::Reset);
    call.answer(AGENT);
    comes_back(&office).await;
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(8);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 8);
    assert_eq!(office.desk.opened().len(), 1);
}

#[tokio::test]
async fn a_call_that_began_and_ended_while_the_connection_was_cut_is_one_task_and_no_pop() {
    let office = Office::open().await;
    office.pbx.cut_sockets(Cut::Reset);
    let call = office.pbx.inbound(ADA, AGENT);
    call.answer(AGENT);
    call.talked_seconds(5);
    call.hang_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], office.ada);
    assert_eq!(office.is_logged(&call.id()).await.popped, None);
    assert_eq!(office.desk.opened(), Vec::<String>::new());
    assert_eq!(office.desk.notes(), []);
}

#[tokio::test]
async fn a_dead_line_is_known_within_thirty_seconds_and_mended() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    office.pbx.cut_sockets(Cut::BlackHole);
    let began = Instant::now();
    call.talked_seconds(40);
    call.hang_up();
    // Nobody can know at once; but the truth is told in time.
    tokio::time::sleep(Duration::from_secs(15)).await;
    office.status_until("it is known", |status| status.pbx.events != EventsState::Live).await;
    assert!(began.elapsed() < Duration::from_secs(31), "{:?}", began.elapsed());
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 40);
    office.is_live().await;
    assert_eq!(office.desk.opened().len(), 1);
}

#[tokio::test]
async fn a_pbx_that_is_away_for_long_is_said_in_words_and_searching_still_works() {
    let office = Office::open().await;
    pbx_goes_away(&office).await;
    assert!(is_calm(&office.status().await), "a moment without the PBX alarms nobody");
    let status = office.status_until("it is said", |status| status.pbx.problem.is_some()).await;
    assert_eq!(status.pbx.problem.as_ref().unwrap().code, "pbx.unreachable");
    assert_eq!(status.pbx.state, LinkState::Unreachable);
    assert_eq!(status.integration, Integration::Attention);
    assert_eq!(office.explains(ADA).await.candidates.len(), 1);
    let dial = Command::Dial { number: STRANGER.to_owned(), confirmed: true };
    assert_eq!(office.asks(dial).await.unwrap_err().code, "pbx.unreachable");
    pbx_comes_back(&office).await;
    assert!(is_calm(&office.status().await));
}

#[tokio::test]
async fn a_pbx_that_was_away_brings_exactly_the_missing_tasks_and_pops_none_late() {
    let office = Office::open().await;
    let heard = office.ada_calls().await;
    let first = office.talks(&heard, 10).await;
    let over = office.ada_calls().await;
    office.answers(&over).await;
    over.talked_seconds(77);
    pbx_goes_away(&office).await;

    over.hang_up();
    let missed = office.pbx.inbound(ADA, AGENT);
    missed.caller_hangs_up();
    let answered = office.pbx.inbound(STRANGER, AGENT);
    answered.answer(AGENT);
    answered.talked_seconds(30);
    answered.hang_up();
    let placed = office.pbx.outbound(AGENT, ADA);
    placed.remote_answers();
    placed.talked_seconds(15);
    placed.hang_up();
    let unanswered = office.pbx.outbound(AGENT, STRANGER);
    unanswered.hang_up();
    // None of ours: a colleague's, one that a colleague took from the queue, and one within the house.
    let colleague = office.pbx.inbound(ADA, "4102");
    colleague.answer("4102");
    colleague.hang_up();
    let elsewhere = office.pbx.inbound_queue(ADA, "6400");
    elsewhere.answer("4102");
    elsewhere.hang_up();
    let internal = office.pbx.internal("4103", AGENT);
    internal.answer(AGENT);
    internal.hang_up();

    let pops = office.desk.opened();
    pbx_comes_back(&office).await;
    for (call, subject, seconds, result) in [
        (&over, "Inbound call from Ada Moreno", 77, "Answered"),
        (&missed, "Missed call from Ada Moreno", 0, "Missed"),
        (&answered, "Inbound call from +49301234567", 30, "Answered"),
        (&placed, "Outbound call to Ada Moreno", 15, "Answered"),
        (&unanswered, "Outbound call to +49301234567", 0, "No answer"),
    ] {
        let task = office.task_of(&call.id()).await;
        assert_eq!(task["Subject"], subject);
        assert_eq!(task["CallDurationInSeconds"], seconds, "{subject}");
        assert_eq!(task["CallDisposition"], result, "{subject}");
    }
    stays("five and the first", Duration::from_secs(1), || async {
        office.salesforce.tasks().len() == 6
    })
    .await;
    assert_eq!(office.task_of(&heard.id()).await["Id"], first["Id"]);
    assert_eq!(office.desk.opened(), pops, "nothing opens after the fact");
    for foreign in [&colleague, &elsewhere] {
        let view = office.call(&foreign.id()).await;
        assert!(view.is_none_or(|view| view.journal.state == JournalState::None));
    }
}

#[tokio::test]
async fn records_that_the_pbx_writes_late_are_not_missed() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.cdr_delay = Duration::from_secs(6));
    pbx_goes_away(&office).await;
    let call = office.pbx.inbound(ADA, AGENT);
    call.caller_hangs_up();
    pbx_comes_back(&office).await;
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(office.desk.opened(), Vec::<String>::new());
}

#[tokio::test]
async fn records_that_cannot_be_read_at_once_are_read_later() {
    let office = Office::open().await;
    pbx_goes_away(&office).await;
    let call = office.pbx.inbound(ADA, AGENT);
    call.caller_hangs_up();
    office.pbx.set(|pbx| pbx.faults = vec![FaultRule::times("cdr/", 2, Fault::Html(503))]);
    office.pbx.listen_again().await;
    let status = office
        .status_until("it hears again", |status| status.pbx.events != EventsState::Down)
        .await;
    assert_eq!(status.pbx.events, EventsState::CatchingUp, "not live before the gap is closed");
    office.task_of(&call.id()).await;
    office.is_live().await;
}

#[tokio::test]
async fn what_was_before_the_first_connection_or_while_disabled_is_never_caught_up() {
    let office = Office::with(scenarios::Options { connected: false, ..Default::default() }).await;
    let before = office.pbx.inbound(ADA, AGENT);
    before.caller_hangs_up();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    office.connects().await;
    office.pbx.cut_sockets(Cut::Reset);
    comes_back(&office).await;

    office.asks(Command::Disable).await.expect("it is switched off");
    let off = office.pbx.inbound(ADA, AGENT);
    off.answer(AGENT);
    off.talked_seconds(9);
    off.hang_up();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    office.asks(Command::Enable).await.expect("it is switched on");
    office.is_live().await;
    office.pbx.cut_sockets(Cut::Reset);
    comes_back(&office).await;

    let call = office.ada_calls().await;
    office.talks(&call, 4).await;
    assert_eq!(office.salesforce.tasks().len(), 1, "{:#?}", office.salesforce.tasks());
}

#[tokio::test]
async fn topics_that_are_refused_are_never_called_connected() {
    for how in [
        Subscribing::Refused(70082),
        Subscribing::Refused(10001),
        Subscribing::Http(404, "not here".to_owned()),
    ] {
        let office = Office::open().await;
        office.pbx.set(|pbx| pbx.subscribing = how.clone());
        office.pbx.cut_sockets(Cut::Close);
        let status = office.status_until("it is said", |status| status.pbx.problem.is_some()).await;
        let problem = status.pbx.problem.clone().unwrap();
        assert_eq!(problem.code, "pbx.events_down", "{how:?}: {problem:?}");
        assert_eq!(status.integration, Integration::Attention);
        stays("it is not called connected", Duration::from_secs(1), || async {
            let status = office.status().await;
            status.pbx.events == EventsState::Down && status.pbx.state != LinkState::Connected
        })
        .await;
    }
}

#[tokio::test]
async fn topics_that_are_never_answered_are_never_called_connected() {
    let mut office = Office::open().await;
    office.quits().await;
    office.pbx.set(|pbx| pbx.subscribing = Subscribing::NeverAnswered);
    office.pbx.forget_ledger();
    office.starts().await;
    eventually("it asks for topics", || async {
        office.pbx.ledger().iter().any(|request| request.method == "SUBSCRIBE")
    })
    .await;
    stays("it is not called connected", Duration::from_secs(11), || async {
        let status = office.status().await;
        status.pbx.events == EventsState::Down
            && status.pbx.state != LinkState::Connected
            && status.integration != Integration::Connected
    })
    .await;
    let call = office.pbx.inbound(ADA, AGENT);
    call.caller_hangs_up();
    office.pbx.set(|pbx| pbx.subscribing = Subscribing::Works);
    office.is_live().await;
    office.task_of(&call.id()).await;
    assert_eq!(office.desk.opened(), Vec::<String>::new());
}

/// Both ends of a sleep: the computer stands still, the PBX's side of the connection is gone, and nobody says so.
#[cfg(unix)]
#[tokio::test]
async fn after_sleep_it_connects_anew_at_once_and_brings_what_was_missed() {
    let mut office = Office::open().await;
    office.salesforce.set(|org| org.rotation = false);
    office.is_killed();
    office.hands_over();
    let desk = office.starts_apart(env!("CARGO_BIN_EXE_desk"));
    eventually("it listens", || async { office.pbx.subscribers() == 1 }).await;
    let call = office.pbx.inbound(ADA, AGENT);
    eventually("the page", || async { office.opened_apart().len() == 1 }).await;
    call.answer(AGENT);

    desk.sleeps();
    office.pbx.cut_sockets(Cut::BlackHole);
    call.talked_seconds(55);
    call.hang_up();
    let missed = office.pbx.inbound(ADA, AGENT);
    tokio::time::sleep(Duration::from_secs(19)).await;
    missed.caller_hangs_up();
    assert_eq!(office.pbx.subscribers(), 0);
    let woke = Instant::now();
    desk.wakes_up();

    eventually("a new connection", || async { office.pbx.subscribers() == 1 }).await;
    assert!(woke.elapsed() < REPAIR, "it took {:?}", woke.elapsed());
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDurationInSeconds"], 55);
    let task = office.task_of(&missed.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(office.opened_apart().len(), 1, "nothing opens after the fact");
    assert_eq!(office.salesforce.tasks().len(), 2);
    desk.is_killed();
}
