//! Two desks at one PBX and one org: what both have heard is logged once.

use std::time::Duration;

use engine::view::{CallResult, JournalState};
use scenarios::{ADA, Fault, FaultRule, Office, eventually, stays};
use simulator::pbx::EndNames;

const LEO: &str = "leo.brandt@example.com";
const LEOS: &str = "4102";
const GROUP: &str = "6400";

#[tokio::test]
async fn a_group_call_that_nobody_took_is_logged_by_exactly_one_of_two_desks() {
    let mara = Office::open().await;
    let leo = mara.colleague(LEO).await;
    let call = mara.pbx.inbound_queue(ADA, GROUP);
    mara.shows(&call, CallResult::Ringing).await;
    leo.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();

    let task = mara.task_of(&call.id()).await;
    assert_eq!(task["Subject"], "Missed call from Ada Moreno");
    assert_eq!(task["CallObject"], mara.shared_key(&call));
    for desk in [&mara, &leo] {
        let view = desk.is_logged(&call.id()).await;
        assert_eq!(view.journal.task_id.as_deref(), task["Id"].as_str());
        assert_eq!(view.result, CallResult::Missed);
    }
    assert_eq!(mara.tasks_of(&call.id()).len(), 1);
}

#[tokio::test]
async fn a_group_call_of_which_only_the_end_is_told_is_one_missed_call_and_a_taken_one_is_none() {
    for per_call in [false, true] {
        let mara = Office::open().await;
        let leo = mara.colleague(LEO).await;
        // The rows do not say whose phones rang, and the calls are over before a list of them is there.
        mara.pbx.set(|pbx| {
            pbx.late_call_events = true;
            // What is told of the record comes first.
            pbx.reorder_events = Some(40);
            pbx.end_names = EndNames::First;
            pbx.cdr_row_per_call = per_call;
            // Nor do the legs of some name the queue.
            pbx.blank_call_path = per_call;
        });
        let ends = |taken: bool| {
            let call = mara.pbx.inbound_queue(ADA, GROUP);
            if taken {
                call.answer("4103");
                call.hang_up();
            } else {
                call.caller_hangs_up();
            }
            call
        };
        let taken = ends(true);
        let missed = ends(false);
        let task = mara.task_of(&missed.id()).await;
        assert_eq!(task["Subject"], "Missed call from Ada Moreno");
        assert_eq!(task["CallObject"], mara.shared_key(&missed));
        for desk in [&mara, &leo] {
            assert_eq!(desk.is_logged(&missed.id()).await.result, CallResult::Missed);
            desk.shows(&taken, CallResult::Elsewhere).await;
        }
        assert_eq!(mara.tasks_of(&missed.id()).len(), 1);
        assert!(mara.tasks_of(&taken.id()).is_empty(), "rows per call: {per_call}");
    }
}

#[tokio::test]
async fn where_the_first_in_line_cannot_log_the_other_desk_does() {
    let mut mara = Office::open().await;
    let leo = mara.colleague(LEO).await;
    // Without these rows the records do not say whose phones rang.
    mara.pbx.set(|pbx| pbx.cdr_for_unanswered_agents = true);
    mara.quits().await;
    let call = mara.pbx.inbound_queue(ADA, GROUP);
    leo.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();
    let task = leo.task_of(&call.id()).await;
    assert_eq!(task["OwnerId"].as_str(), leo.salesforce.user_id(LEO).as_deref());

    // Back from sleep, the first one finds it in the records and in Salesforce.
    mara.starts().await;
    mara.is_live().await;
    let view = mara.is_logged(&call.id()).await;
    assert_eq!(view.journal.task_id.as_deref(), task["Id"].as_str());
    assert_eq!(mara.tasks_of(&call.id()).len(), 1);
}

#[tokio::test]
async fn a_lost_answer_of_the_first_desk_does_not_make_the_second_one_log_it_again() {
    let mara = Office::open().await;
    let leo = mara.colleague(LEO).await;
    mara.salesforce.set(|org| {
        org.faults = vec![FaultRule::once("/sobjects/Task", Fault::LostAnswer).on("POST")];
    });
    let call = mara.pbx.inbound_queue(ADA, GROUP);
    mara.shows(&call, CallResult::Ringing).await;
    leo.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();
    let first = mara.is_logged(&call.id()).await;
    let second = leo.is_logged(&call.id()).await;
    assert_eq!(first.journal.task_id, second.journal.task_id);
    assert_eq!(mara.tasks_of(&call.id()).len(), 1);
}

#[tokio::test]
async fn with_a_unique_key_two_desks_at_once_still_make_one_task() {
    let mara = Office::open().await;
    mara.salesforce.set(|org| org.call_key_field = true);
    let leo = mara.colleague(LEO).await;
    let call = mara.pbx.inbound_queue(ADA, GROUP);
    mara.shows(&call, CallResult::Ringing).await;
    leo.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();
    let first = mara.is_logged(&call.id()).await;
    let second = leo.is_logged(&call.id()).await;
    assert_eq!(first.journal.task_id, second.journal.task_id);
    assert_eq!(mara.tasks_of(&call.id()).len(), 1);
}

#[tokio::test]
async fn a_group_call_is_logged_by_who_took_it_and_shown_as_elsewhere_on_the_other_desk() {
    let mara = Office::open().await;
    let leo = mara.colleague(LEO).await;
    let call = mara.pbx.inbound_queue(ADA, GROUP);
    mara.shows(&call, CallResult::Ringing).await;
    leo.shows(&call, CallResult::Ringing).await;
    // Leo's user does not see Ada's record: his desk has nothing to open.
    eventually("the page opens at Mara's", || async { !mara.desk.opened().is_empty() }).await;
    call.answer(LEOS);
    leo.shows(&call, CallResult::Talking).await;
    call.talked_seconds(33);
    call.caller_hangs_up();

    let task = leo.task_of(&call.id()).await;
    assert_eq!(task["OwnerId"].as_str(), leo.salesforce.user_id(LEO).as_deref());
    assert_eq!(task["CallDurationInSeconds"], 33);
    assert_eq!(task["CallObject"], format!("ys:{}:{}:{LEOS}", leo.pbx.serial(), call.id()));
    let view = mara.shows(&call, CallResult::Elsewhere).await;
    assert_eq!(view.journal.state, JournalState::None);
    stays("Mara's desk logs nothing", Duration::from_secs(3), || async {
        mara.tasks_of(&call.id()).len() == 1
    })
    .await;
}
