//! Two desks that do not see each other's Tasks: a group call that nobody took, and callers without a record.

use std::time::Duration;

use engine::view::{CallResult, JournalState};
use scenarios::{ADA, AGENT, Fault, FaultRule, Office, Options, eventually};
use serde_json::json;
use simulator::{
    Call, Latency,
    salesforce::{OrgSwitches, TaskSharing},
};

const LEO: &str = "leo.brandt@example.com";
const LEOS: &str = "4102";
const GROUP: &str = "6400";
/// A number that no record has.
const STRANGER: &str = "0493555990";
/// Somebody whom everybody sees.
const NORTHWIND: &str = "0493555991";
const LEADS: &str = "[auto_create]\ndirections = [\"inbound\"]\n";
const SHARINGS: [TaskSharing; 3] =
    [TaskSharing::Public, TaskSharing::ControlledByParent, TaskSharing::Private];

/// Mara's and Leo's desks in an org with some malice. Everybody is signed in before the answers become slow.
async fn two_desks(settings: &str, malice: impl FnOnce(&mut OrgSwitches)) -> (Office, Office) {
    let options = Options { settings: settings.to_owned(), connected: false, ..Options::default() };
    let mara = Office::with(options).await;
    // What an object looks like is asked for once.
    let mut latency = None;
    mara.salesforce.set(|org| {
        malice(org);
        latency = org.latency.take();
    });
    mara.connects().await;
    let account = mara.salesforce.insert("Account", json!({ "Name": "Northwind" }));
    mara.salesforce.insert(
        "Contact",
        json!({ "LastName": "Nord", "Phone": "+49493555991", "AccountId": account }),
    );
    let leo = mara.colleague_with(LEO, settings).await;
    leo.knows_everybody().await;
    mara.salesforce.set(|org| org.latency = latency);
    (mara, leo)
}

/// Everything takes up to three seconds.
fn slow(seed: u64) -> Option<Latency> {
    Some(Latency::between(Duration::ZERO, Duration::from_secs(3), seed))
}

/// The stranger has a call with Mara and one with Leo at the same time, and both end at once.
fn both_speak_with_the_stranger(mara: &Office) -> [Call; 2] {
    let calls = [mara.pbx.inbound(STRANGER, AGENT), mara.pbx.inbound(STRANGER, LEOS)];
    for (call, extension) in calls.iter().zip([AGENT, LEOS]) {
        call.answer(extension);
        call.talked_seconds(4);
    }
    calls.iter().for_each(Call::hang_up);
    calls
}

async fn missed_by_both(mara: &Office, leo: &Office, number: &str) -> Call {
    let call = mara.pbx.inbound_queue(number, GROUP);
    mara.shows(&call, CallResult::Ringing).await;
    leo.shows(&call, CallResult::Ringing).await;
    call.caller_hangs_up();
    call
}

/// Both desks say that it is logged, as one and the same Task.
async fn is_one_task(mara: &Office, leo: &Office, call: &Call, under: &str) {
    let (one, other) = (mara.is_logged(&call.id()).await, leo.is_logged(&call.id()).await);
    let tasks = mara.tasks_of(&call.id());
    assert_eq!(tasks.len(), 1, "{under}: {tasks:#?}");
    let task = tasks[0]["Id"].as_str();
    assert_eq!(one.journal.task_id.as_deref(), task, "{under}");
    assert_eq!(other.journal.task_id.as_deref(), task, "{under}");
}

#[tokio::test]
async fn with_the_unique_field_a_missed_group_call_is_one_task_whatever_is_shared() {
    for sharing in SHARINGS {
        let (mara, leo) = two_desks("", |org| {
            org.call_key_field = true;
            org.task_sharing = sharing;
        })
        .await;
        for number in [ADA, NORTHWIND, STRANGER] {
            let call = missed_by_both(&mara, &leo, number).await;
            is_one_task(&mara, &leo, &call, &format!("{sharing:?} {number}")).await;
        }
    }
}

#[tokio::test]
async fn a_missed_group_call_of_somebody_whom_both_see_is_one_task_whatever_is_shared() {
    for sharing in SHARINGS {
        let (mara, leo) = two_desks("", |org| org.task_sharing = sharing).await;
        let call = missed_by_both(&mara, &leo, NORTHWIND).await;
        is_one_task(&mara, &leo, &call, &format!("{sharing:?}")).await;
    }
}

#[tokio::test]
async fn a_desk_that_was_closed_finds_the_others_task_of_a_missed_group_call_whatever_is_shared() {
    for sharing in SHARINGS {
        let (mut mara, leo) = two_desks("", |org| org.task_sharing = sharing).await;
        // Without these rows the records do not say whose phones rang.
        mara.pbx.set(|pbx| pbx.cdr_for_unanswered_agents = true);
        mara.quits().await;
        let call = mara.pbx.inbound_queue(NORTHWIND, GROUP);
        leo.shows(&call, CallResult::Ringing).await;
        call.caller_hangs_up();
        leo.is_logged(&call.id()).await;

        mara.starts().await;
        mara.is_live().await;
        is_one_task(&mara, &leo, &call, &format!("{sharing:?}")).await;
    }
}

#[tokio::test]
async fn a_group_call_is_a_task_of_who_took_it_and_of_no_other_whatever_is_shared() {
    for sharing in SHARINGS {
        let (mara, leo) = two_desks("", |org| org.task_sharing = sharing).await;
        for number in [ADA, NORTHWIND, STRANGER] {
            let call = mara.pbx.inbound_queue(number, GROUP);
            mara.shows(&call, CallResult::Ringing).await;
            leo.shows(&call, CallResult::Ringing).await;
            call.answer(LEOS);
            call.talked_seconds(33);
            call.caller_hangs_up();

            let view = leo.is_logged(&call.id()).await;
            let other = mara.shows(&call, CallResult::Elsewhere).await;
            assert_eq!(other.journal.state, JournalState::None, "{sharing:?} {number}");
            let tasks = mara.tasks_of(&call.id());
            assert_eq!(tasks.len(), 1, "{sharing:?} {number}: {tasks:#?}");
            assert_eq!(tasks[0]["CallDurationInSeconds"], 33, "{sharing:?} {number}");
            assert_eq!(tasks[0]["Id"].as_str(), view.journal.task_id.as_deref());
        }
    }
}

/// Nothing tells the second desk of the first one's Task. Doctor says so beforehand.
#[tokio::test]
async fn without_the_unique_field_a_strangers_missed_call_is_at_most_one_task_for_each_ringing_desk()
 {
    for sharing in [TaskSharing::ControlledByParent, TaskSharing::Private] {
        let (mara, leo) = two_desks("", |org| org.task_sharing = sharing).await;
        let call = missed_by_both(&mara, &leo, STRANGER).await;
        let tasks = [mara.is_logged(&call.id()).await, leo.is_logged(&call.id()).await]
            .map(|view| view.journal.task_id.expect("it is logged"));
        for task in mara.tasks_of(&call.id()) {
            let task = task["Id"].as_str().expect("an id").to_owned();
            assert!(tasks.contains(&task), "{sharing:?}: a Task that is neither desk's");
            // No two Tasks of one key are left for the harness to find.
            mara.salesforce.delete("Task", &task);
        }
    }
}

/// Nobody sees the other's Task, and everybody the record.
#[tokio::test]
async fn a_stranger_whom_two_desks_missed_is_one_record_though_neither_sees_the_others_task() {
    for sharing in SHARINGS {
        let (mara, leo) = two_desks(LEADS, |org| org.task_sharing = sharing).await;
        let call = missed_by_both(&mara, &leo, STRANGER).await;
        for desk in [&mara, &leo] {
            desk.is_logged(&call.id()).await;
        }
        eventually("one record is left", || async { mara.salesforce.records("Lead").len() == 1 })
            .await;
        let leads = mara.salesforce.records("Lead");
        let tasks = mara.tasks_of(&call.id());
        assert!(!tasks.is_empty(), "{sharing:?}");
        for task in tasks {
            assert_eq!(task["WhoId"], leads[0]["Id"], "{sharing:?}");
            // No two Tasks of one key are left for the harness to find.
            mara.salesforce.delete("Task", task["Id"].as_str().expect("an id"));
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_no_second_task_whatever_is_shared() {
    for (sharing, key) in [
        (TaskSharing::Private, true),
        (TaskSharing::ControlledByParent, true),
        (TaskSharing::Private, false),
    ] {
        let (mara, leo) = two_desks("", |org| {
            org.task_sharing = sharing;
            org.call_key_field = key;
            org.faults = vec![
                FaultRule::once("/sobjects/Task", Fault::LostAnswer).on("POST"),
                FaultRule::once("/sobjects/Task", Fault::LostAnswer).on("PATCH"),
            ];
        })
        .await;
        let call = missed_by_both(&mara, &leo, NORTHWIND).await;
        is_one_task(&mara, &leo, &call, &format!("{sharing:?} {key}")).await;
    }
}

/// What a desk has sent did not arrive, and when it asks, the Task that it finds is the other desk's.
#[tokio::test]
async fn a_request_that_was_lost_takes_a_colleagues_task_for_nobodys_own() {
    for key in [false, true] {
        let (mara, leo) = two_desks("", |org| {
            org.task_sharing = TaskSharing::Private;
            org.call_key_field = key;
            org.faults = vec![FaultRule::once("/sobjects/Task", Fault::Reset).on("POST")];
        })
        .await;
        let call = missed_by_both(&mara, &leo, NORTHWIND).await;
        is_one_task(&mara, &leo, &call, &format!("unique: {key}")).await;
        let task = &mara.tasks_of(&call.id())[0];
        assert_eq!(task["CreatedDate"], task["LastModifiedDate"], "the other desk leaves it alone");
    }
}

/// Both desks create at once, and the younger one may not take its own back.
#[tokio::test]
async fn two_desks_with_the_same_stranger_log_on_the_older_record_though_neither_may_delete() {
    let (mara, leo) = two_desks(LEADS, |org| {
        org.delete_denied = ["Lead".to_owned()].into();
        // Both have looked before either has created.
        org.faults = vec![
            FaultRule::times("/sobjects/Lead", 2, Fault::Late(Duration::from_secs(1))).on("POST"),
        ];
    })
    .await;
    let calls = both_speak_with_the_stranger(&mara);
    let tasks = [mara.task_of(&calls[0].id()).await, leo.task_of(&calls[1].id()).await];
    let leads = mara.salesforce.records("Lead");
    assert_eq!(leads.len(), 2, "neither may delete");
    for task in tasks {
        assert_eq!(task["WhoId"], leads[0]["Id"], "the older one counts");
    }
}

#[tokio::test]
async fn slow_answers_make_no_second_task_where_the_key_is_unique() {
    let (mara, leo) = two_desks("", |org| {
        org.call_key_field = true;
        org.task_sharing = TaskSharing::Private;
        org.index_lag = Duration::from_secs(60);
        org.latency = slow(1);
    })
    .await;
    for number in [STRANGER, NORTHWIND] {
        let call = missed_by_both(&mara, &leo, number).await;
        is_one_task(&mara, &leo, &call, number).await;
    }
}

#[tokio::test]
async fn slow_answers_and_a_search_that_lags_make_no_second_record_of_a_stranger() {
    let (mara, leo) = two_desks(LEADS, |org| {
        org.call_key_field = true;
        org.index_lag = Duration::from_secs(60);
        org.latency = slow(2);
    })
    .await;
    let calls = both_speak_with_the_stranger(&mara);
    let tasks = [mara.task_of(&calls[0].id()).await, leo.task_of(&calls[1].id()).await];
    let leads = mara.salesforce.records("Lead");
    assert_eq!(leads.len(), 1);
    for task in tasks {
        assert_eq!(task["WhoId"], leads[0]["Id"]);
    }
}

/// Two desks create at once, and Salesforce is away, or a desk is killed, before either has looked for the other's record.
#[tokio::test]
async fn two_desks_with_the_same_stranger_leave_one_record_though_they_cannot_look_for_the_others()
{
    for trouble in ["away", "killed", "the answer is lost"] {
        let (mut mara, leo) = two_desks(LEADS, |_| {}).await;
        // Both have looked before either has created.
        let second = Duration::from_secs(1);
        let creations = |fault| FaultRule::times("/sobjects/Lead", 2, fault).on("POST");
        mara.salesforce.set(|org| {
            org.faults = if trouble == "the answer is lost" {
                let looks = FaultRule::always("/services/data", Fault::Slow(second));
                vec![creations(Fault::LostAnswer), looks]
            } else {
                vec![creations(Fault::Late(second))]
            };
        });
        let calls = both_speak_with_the_stranger(&mara);
        eventually(&format!("both have made one, {trouble}"), || async {
            mara.salesforce.arrivals("POST", "/sobjects/Lead") >= 2
                && mara.salesforce.records("Lead").len() == 2
        })
        .await;
        match trouble {
            "away" => {
                mara.salesforce.stop_listening();
                tokio::time::sleep(Duration::from_secs(3)).await;
                mara.salesforce.listen_again().await;
            }
            "killed" => {
                mara.is_killed();
                mara.starts().await;
            }
            _ => {}
        }
        mara.retries().await;
        leo.retries().await;

        let tasks = [mara.task_of(&calls[0].id()).await, leo.task_of(&calls[1].id()).await];
        eventually("one record is left", || async { mara.salesforce.records("Lead").len() == 1 })
            .await;
        let leads = mara.salesforce.records("Lead");
        for task in tasks {
            assert_eq!(task["WhoId"], leads[0]["Id"], "{trouble}");
        }
    }
}

/// Another computer of the agent looks while the records of both desks are there.
#[tokio::test]
async fn a_call_is_on_the_older_of_two_records_that_were_made_at_once() {
    let (mara, leo) = two_desks(LEADS, |org| org.delete_denied = ["Lead".to_owned()].into()).await;
    let name = "Automatic New Contact";
    for spelled in ["-0493555990", "-0493555990"] {
        let lead = json!({ "FirstName": name, "LastName": spelled, "Phone": "+49493555990", "Company": "Unknown" });
        mara.salesforce.insert("Lead", lead);
    }
    let call = mara.pbx.inbound(STRANGER, LEOS);
    call.answer(LEOS);
    call.talked_seconds(4);
    call.hang_up();
    let task = leo.task_of(&call.id()).await;
    assert_eq!(task["WhoId"], mara.salesforce.records("Lead")[0]["Id"], "{task:#}");
    assert_eq!(mara.salesforce.records("Lead").len(), 2, "no third one is made");
}

/// What two desks wrote at the same moment is taken back in the end.
async fn is_one_task_in_the_end(office: &Office, call: &Call, under: &str) {
    eventually(&format!("one Task, {under}"), || async { office.tasks_of(&call.id()).len() == 1 })
        .await;
}

/// Without the unique field: who is second in line asks before the first one has written.
#[tokio::test]
async fn slow_answers_leave_one_task_of_a_missed_group_call_that_both_see() {
    for seed in [1, 3] {
        let (mara, leo) = two_desks("", |org| org.latency = slow(seed)).await;
        let call = missed_by_both(&mara, &leo, NORTHWIND).await;
        mara.is_logged(&call.id()).await;
        leo.is_logged(&call.id()).await;
        is_one_task_in_the_end(&mara, &call, &format!("seed {seed}")).await;
    }
}

#[tokio::test]
async fn a_stranger_whom_two_slow_desks_missed_is_one_record_and_one_task_in_the_end() {
    let (mara, leo) = two_desks(LEADS, |org| org.latency = slow(4)).await;
    let call = missed_by_both(&mara, &leo, STRANGER).await;
    mara.is_logged(&call.id()).await;
    leo.is_logged(&call.id()).await;
    is_one_task_in_the_end(&mara, &call, "with a record to create").await;
    assert_eq!(mara.salesforce.records("Lead").len(), 1);
}

#[tokio::test]
async fn an_answered_call_on_two_slow_computers_is_one_task_in_the_end() {
    let mara = Office::open().await;
    let laptop = mara.second_computer().await;
    mara.salesforce.set(|org| org.latency = slow(5));
    let call = mara.ada_calls().await;
    laptop.shows(&call, CallResult::Ringing).await;
    call.answer(AGENT);
    call.talked_seconds(4);
    call.hang_up();
    mara.is_logged(&call.id()).await;
    laptop.is_logged(&call.id()).await;
    is_one_task_in_the_end(&mara, &call, "two computers").await;
}
