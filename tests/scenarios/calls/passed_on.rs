//! Calls on which two agents spoke: each has a Task with the own seconds, whether the PBX writes one record for the call or
//! one for each agent.

use std::time::Duration;

use scenarios::{ADA, AGENT, Office, eventually, stays};
use simulator::pbx::{Call, EndNames};

/// How the PBX writes the call up.
#[derive(Clone, Copy, Debug)]
enum Style {
    RowPerAgent,
    RowPerCall(EndNames),
}

const STYLES: [Style; 3] =
    [Style::RowPerAgent, Style::RowPerCall(EndNames::Last), Style::RowPerCall(EndNames::First)];

const FIRST: Duration = Duration::from_millis(1_000);
const BETWEEN: Duration = Duration::from_millis(1_500);
const SECOND: Duration = Duration::from_millis(4_000);

async fn two_desks(style: Style) -> (Office, Office) {
    let office = Office::open().await;
    office.pbx.set(|pbx| match style {
        Style::RowPerAgent => {}
        Style::RowPerCall(names) => {
            pbx.cdr_row_per_call = true;
            pbx.end_names = names;
        }
    });
    let colleague = office.colleague("leo.brandt@example.com").await;
    (office, colleague)
}

/// Waits for both Tasks, and until the records have been read again.
async fn assert_own_seconds(office: &Office, call: &str, style: Style) {
    eventually("both Tasks", || async { office.tasks_of(call).len() == 2 }).await;
    stays("each with the own seconds", Duration::from_secs(3), || async {
        let seconds = |agent: &str| {
            let tasks = office.tasks_of(call);
            let key = format!(":{agent}");
            let task = tasks.iter().find(|task| {
                task["CallObject"].as_str().is_some_and(|object| object.ends_with(&key))
            });
            task.and_then(|task| task["CallDurationInSeconds"].as_u64()).unwrap_or(u64::MAX)
        };
        let found = (seconds(AGENT), seconds("4102"));
        assert!((0..=2).contains(&found.0) && (3..=5).contains(&found.1), "{style:?}: {found:?}");
        true
    })
    .await;
}

/// The second agent speaks, and the call is over.
async fn ends(call: &Call) {
    tokio::time::sleep(SECOND).await;
    call.caller_hangs_up();
}

/// Ada's call is taken here and passed on, in each style.
async fn each_has_the_own_seconds(passes: impl AsyncFn(&Call)) {
    for style in STYLES {
        let (office, _colleague) = two_desks(style).await;
        let call = office.ada_calls().await;
        office.answers(&call).await;
        tokio::time::sleep(FIRST).await;
        passes(&call).await;
        ends(&call).await;
        assert_own_seconds(&office, &call.id(), style).await;
    }
}

/// The call is transferred without a word, rings for a while, and is taken.
async fn blindly(call: &Call) {
    call.blind_transfer(AGENT, "4102");
    tokio::time::sleep(BETWEEN).await;
    call.answer("4102");
}

#[tokio::test]
async fn a_call_transferred_blindly_gives_each_agent_the_own_seconds() {
    each_has_the_own_seconds(blindly).await;
}

#[tokio::test]
async fn a_call_transferred_after_a_word_gives_each_agent_the_own_seconds() {
    each_has_the_own_seconds(async |call| call.attended_transfer(AGENT, "4102")).await;
}

#[tokio::test]
async fn a_call_parked_and_fetched_gives_each_agent_the_own_seconds() {
    each_has_the_own_seconds(async |call| {
        call.park(AGENT);
        tokio::time::sleep(BETWEEN).await;
        call.fetch("4102");
    })
    .await;
}

#[tokio::test]
async fn a_call_placed_and_passed_on_gives_each_agent_the_own_seconds() {
    for style in STYLES {
        let (office, _colleague) = two_desks(style).await;
        let call = office.pbx.outbound(AGENT, ADA);
        call.remote_answers();
        tokio::time::sleep(FIRST).await;
        blindly(&call).await;
        ends(&call).await;
        assert_own_seconds(&office, &call.id(), style).await;
    }
}

#[tokio::test]
async fn a_restart_does_not_write_the_colleagues_minutes_over_the_own() {
    let style = Style::RowPerCall(EndNames::First);
    let (mut office, _colleague) = two_desks(style).await;
    let call = office.ada_calls().await;
    office.answers(&call).await;
    tokio::time::sleep(FIRST).await;
    blindly(&call).await;
    ends(&call).await;
    assert_own_seconds(&office, &call.id(), style).await;

    office.quits().await;
    office.starts().await;
    office.is_live().await;

    assert_own_seconds(&office, &call.id(), style).await;
}
