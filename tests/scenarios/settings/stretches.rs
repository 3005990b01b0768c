//! Off and on: a call that began while the integration was on is logged, and no other, whatever lay between.

use std::time::Duration;

use engine::{
    command::Command,
    view::{CallResult, EventsState},
};
use scenarios::{ADA, AGENT, Call, Office, eventually, stays};

/// A second has to lie between a call and a switch: records name whole seconds.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(1_200)).await;
}

/// A call that the agent answers at the phone, whatever this program hears of it.
async fn is_spoken(office: &Office) -> Call {
    a_moment().await;
    let call = office.pbx.inbound(ADA, AGENT);
    call.answer(AGENT);
    call.talked_seconds(7);
    call.hang_up();
    a_moment().await;
    call
}

/// A call that nobody takes.
async fn is_missed(office: &Office) -> Call {
    a_moment().await;
    let call = office.pbx.inbound(ADA, AGENT);
    call.caller_hangs_up();
    a_moment().await;
    call
}

async fn switches(office: &Office, on: bool) {
    let command = if on { Command::Enable } else { Command::Disable };
    office.asks(command).await.expect("it is switched");
}

async fn pbx_goes_away(office: &Office) {
    office.pbx.stop_listening();
    office.pbx.cut_sockets(scenarios::Cut::Reset);
    office.status_until("deaf", |status| status.pbx.events == EventsState::Down).await;
}

/// Each of these has its one Task.
async fn are_logged(office: &Office, calls: &[&Call]) {
    for call in calls {
        office.task_of(&call.id()).await;
    }
}

/// None of these has a Task, nor is in the list, now and for some seconds.
async fn stay_unknown(office: &Office, calls: &[&Call]) {
    stays("they are nobody's", Duration::from_secs(4), || async {
        let mut unknown = true;
        for call in calls {
            unknown &= office.tasks_of(&call.id()).is_empty();
            unknown &= office.call(&call.id()).await.is_none();
        }
        unknown
    })
    .await;
}

#[tokio::test]
async fn off_and_on_during_an_outage_loses_no_call_of_it() {
    let office = Office::open().await;
    pbx_goes_away(&office).await;
    let (spoken, missed) = (is_spoken(&office).await, is_missed(&office).await);
    switches(&office, false).await;
    switches(&office, true).await;
    office.pbx.listen_again().await;
    are_logged(&office, &[&spoken, &missed]).await;
}

#[tokio::test]
async fn of_an_outage_with_several_times_off_the_calls_between_are_logged_and_no_other() {
    let mut office = Office::open().await;
    pbx_goes_away(&office).await;
    let first = is_spoken(&office).await;
    switches(&office, false).await;
    let off = is_spoken(&office).await;
    switches(&office, true).await;
    let second = is_spoken(&office).await;
    switches(&office, false).await;
    // The computer is restarted while it is off, and once more while it is on.
    office.quits().await;
    office.starts().await;
    let off_again = is_missed(&office).await;
    switches(&office, true).await;
    let third = is_missed(&office).await;
    office.is_killed();
    let fourth = is_spoken(&office).await;
    office.starts().await;
    office.pbx.listen_again().await;
    are_logged(&office, &[&first, &second, &third, &fourth]).await;
    stay_unknown(&office, &[&off, &off_again]).await;
}

#[tokio::test]
async fn what_happened_while_the_program_was_closed_outlives_off_and_on_before_it_is_read() {
    let mut office = Office::open().await;
    office.quits().await;
    let (spoken, missed) = (is_spoken(&office).await, is_missed(&office).await);
    office.pbx.stop_listening();
    office.starts().await;
    switches(&office, false).await;
    let off = is_spoken(&office).await;
    switches(&office, true).await;
    office.pbx.listen_again().await;
    are_logged(&office, &[&spoken, &missed]).await;
    stay_unknown(&office, &[&off]).await;
}

#[tokio::test]
async fn a_call_made_while_off_is_not_logged_though_its_record_comes_after_it_is_on() {
    let office = Office::open().await;
    office.pbx.set(|pbx| pbx.cdr_delay = Duration::from_secs(5));
    switches(&office, false).await;
    let (spoken, missed) = (is_spoken(&office).await, is_missed(&office).await);
    switches(&office, true).await;
    office.is_live().await;
    eventually("both records are written", || async { office.pbx.cdr().len() == 2 }).await;
    stay_unknown(&office, &[&spoken, &missed]).await;
    office.pbx.set(|pbx| pbx.cdr_delay = Duration::ZERO);
    let after = is_spoken(&office).await;
    are_logged(&office, &[&after]).await;
}

#[tokio::test]
async fn what_is_called_between_disconnecting_and_connecting_again_is_not_caught_up() {
    let office = Office::open().await;
    pbx_goes_away(&office).await;
    let before = is_spoken(&office).await;
    office.asks(Command::Disconnect).await.expect("it is disconnected");
    let between = is_spoken(&office).await;
    office.pbx.listen_again().await;
    office.connects().await;
    let after = is_spoken(&office).await;
    are_logged(&office, &[&before, &after]).await;
    stay_unknown(&office, &[&between]).await;
}

#[tokio::test]
async fn a_call_that_rang_while_on_and_ended_while_off_is_logged_as_it_ended() {
    let office = Office::open().await;
    let missed = office.ada_calls().await;
    switches(&office, false).await;
    a_moment().await;
    missed.caller_hangs_up();
    switches(&office, true).await;
    let task = office.task_of(&missed.id()).await;
    assert_eq!(task["CallDisposition"], "Missed");

    let talk = office.ada_calls().await;
    office.answers(&talk).await;
    switches(&office, false).await;
    a_moment().await;
    talk.talked_seconds(9);
    talk.hang_up();
    switches(&office, true).await;
    let task = office.task_of(&talk.id()).await;
    assert_eq!(
        (&task["CallDisposition"], &task["CallDurationInSeconds"]),
        (&"Answered".into(), &9.into())
    );
}

#[tokio::test]
async fn a_call_that_goes_on_when_it_is_switched_on_is_the_agents_to_log() {
    let office = Office::open().await;
    switches(&office, false).await;
    a_moment().await;
    let call = office.pbx.inbound(ADA, AGENT);
    call.answer(AGENT);
    a_moment().await;
    switches(&office, true).await;
    office.shows(&call, CallResult::Talking).await;
    call.talked_seconds(8);
    call.hang_up();
    office.task_of(&call.id()).await;
}
