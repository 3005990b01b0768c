//! What people switch off: logging of some numbers, pop-ups, the whole.

use std::time::Duration;

use engine::{
    command::Command,
    ports::TrayShape,
    view::{CallResult, Integration, JournalState},
};
use scenarios::{ADA, AGENT, Office, Options, stays};

#[tokio::test]
async fn a_number_on_the_no_log_list_pops_and_is_not_logged() {
    let office = Office::with(Options {
        settings: "[journal]\nnever = [\"+4949355501*\"]\n".to_owned(),
        ..Options::default()
    })
    .await;
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    office.answers(&call).await;
    call.hang_up();
    let view = office
        .call_until(&call.id(), "skipped", |view| view.journal.state == JournalState::Skipped)
        .await;
    assert_eq!(view.journal.reason.as_deref(), Some("the number is on your no-log list"));
    assert_eq!(view.result, CallResult::Answered);

    let other = office.pbx.inbound("0493555028", AGENT);
    office.talks(&other, 3).await;
    assert_eq!(office.salesforce.tasks().len(), 1, "others are logged");
}

#[tokio::test]
async fn each_kind_of_call_can_be_left_out_of_the_journal() {
    let office = Office::with(Options {
        settings: "[journal]\ninbound = false\noutbound = false\nmissed = false\n".to_owned(),
        ..Options::default()
    })
    .await;
    let answered = office.ada_calls().await;
    office.answers(&answered).await;
    answered.hang_up();
    let missed = office.ada_calls().await;
    missed.caller_hangs_up();
    let outbound = office.pbx.outbound(AGENT, ADA);
    office.shows(&outbound, CallResult::Ringing).await;
    outbound.hang_up();
    for (call, reason) in [
        (&answered, "inbound calls are not logged"),
        (&missed, "missed calls are not logged"),
        (&outbound, "outbound calls are not logged"),
    ] {
        let view = office
            .call_until(&call.id(), "skipped", |view| view.journal.state == JournalState::Skipped)
            .await;
        assert_eq!(view.journal.reason.as_deref(), Some(reason));
    }
    assert!(office.salesforce.tasks().is_empty());
}

#[tokio::test]
async fn while_pop_ups_are_paused_nothing_opens_and_everything_is_logged() {
    let office = Office::open().await;
    office.asks(Command::PausePops { minutes: 60 }).await.expect("paused");
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 1).await;
    let task = office.talks(&call, 8).await;
    assert_eq!(task["WhoId"], office.ada);
    assert!(office.desk.opened().is_empty());
    assert!(office.desk.notes().is_empty(), "no notification either");
    assert_eq!(
        office.desk.tray().map(|tray| (tray.shape, tray.paused)),
        Some((TrayShape::Paused, true))
    );

    office.asks(Command::PausePops { minutes: 0 }).await.expect("ended");
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.caller_hangs_up();
    office.task_of(&call.id()).await;
}

#[tokio::test]
async fn pages_open_on_answer_or_never_as_the_settings_say() {
    let office = Office::with(Options {
        settings: "[pop]\nwhen = \"answer\"\n".to_owned(),
        ..Options::default()
    })
    .await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 1).await;
    assert!(office.desk.opened().is_empty());
    office.answers(&call).await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.hang_up();
    office.task_of(&call.id()).await;

    let office = Office::with(Options {
        settings: "[pop]\nwhen = \"never\"\n".to_owned(),
        ..Options::default()
    })
    .await;
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 1).await;
    office.talks(&call, 2).await;
    assert!(office.desk.opened().is_empty());
    assert!(!office.desk.notes().is_empty(), "the notification is there all the same");
}

#[tokio::test]
async fn calls_while_disabled_leave_no_trace_and_are_not_caught_up() {
    let office = Office::open().await;
    office.asks(Command::Disable).await.expect("disabled");
    let status =
        office.status_until("disabled", |status| status.integration == Integration::Disabled).await;
    assert_eq!(status.pbx.address.as_deref(), Some(office.pbx.address().as_str()));
    scenarios::eventually("deaf, and without a token", || async {
        office.pbx.subscribers() == 0 && office.pbx.live_tokens() == 0
    })
    .await;
    let unheard = office.pbx.inbound(ADA, AGENT);
    unheard.answer(AGENT);
    unheard.hang_up();
    tokio::time::sleep(Duration::from_millis(1_200)).await;

    office.asks(Command::Enable).await.expect("enabled");
    office.is_live().await;
    assert!(office.desk.opened().is_empty());
    let heard = office.ada_calls().await;
    let task = office.talks(&heard, 7).await;
    assert_eq!(task["WhoId"], office.ada);
    stays("only what was heard", Duration::from_secs(2), || async {
        office.salesforce.tasks().len() == 1 && office.tasks_of(&unheard.id()).is_empty()
    })
    .await;
    assert!(office.call(&unheard.id()).await.is_none());
}
