//! Clocks that are wrong, and then put right: the desk's and the PBX's, with calls in between that only the records know.

use std::time::Duration;

use engine::{command::Command, view::CallResult};
use scenarios::{ADA, AGENT, Office, Options, stays};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What keeps a call from being heard.
#[derive(Clone, Copy, Debug)]
enum Outage {
    /// The PBX is away.
    Away,
    /// The program is closed.
    Closed,
    /// The program was killed.
    Killed,
}

const ALL: [Outage; 3] = [Outage::Away, Outage::Closed, Outage::Killed];

/// An office whose desk has a clock that is wrong by so many seconds from its first connection on.
async fn office_that_begins(wrong_by: i64) -> Office {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    office.clock.is_wrong_by_seconds(wrong_by);
    office.connects().await;
    office
}

/// One call is answered, and one is missed.
fn two_calls(office: &Office) -> [String; 2] {
    let answered = office.pbx.inbound(ADA, AGENT);
    answered.answer(AGENT);
    answered.talked_seconds(40);
    answered.hang_up();
    let missed = office.pbx.inbound(ADA, AGENT);
    missed.hang_up();
    [answered.id(), missed.id()]
}

/// A clock is set in the middle of an outage. All calls of it are logged, once each.
async fn loses_nothing(office: &mut Office, outage: Outage, set: impl Fn(&Office)) {
    let logged = office.salesforce.tasks().len();
    match outage {
        Outage::Away => office.pbx.stop_listening(),
        Outage::Closed => office.quits().await,
        Outage::Killed => office.is_killed(),
    }
    let before = two_calls(office);
    set(office);
    let after = two_calls(office);
    match outage {
        Outage::Away => office.pbx.listen_again().await,
        Outage::Closed | Outage::Killed => office.starts().await,
    }
    office.is_live().await;
    let calls = [before, after].concat();
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), logged + calls.len());
    office.holds_its_promises();
}

#[tokio::test]
async fn the_desks_clock_is_set_while_the_pbx_is_away_or_the_program_is() {
    for (first, then) in [(0, -HOUR), (2 * HOUR, 0), (DAY, 0), (0, DAY)] {
        for outage in ALL {
            let mut office = office_that_begins(first).await;
            loses_nothing(&mut office, outage, |office| office.clock.is_wrong_by_seconds(then))
                .await;
        }
    }
}

#[tokio::test]
async fn the_desks_clock_is_set_back_before_there_is_any_call() {
    for outage in [Outage::Closed, Outage::Killed] {
        let mut office = office_that_begins(0).await;
        match outage {
            Outage::Closed => office.quits().await,
            Outage::Away | Outage::Killed => office.is_killed(),
        }
        let missed = office.pbx.inbound(ADA, AGENT);
        missed.hang_up();
        // The records tell whole seconds.
        tokio::time::sleep(Duration::from_secs(3)).await;
        office.clock.is_wrong_by_seconds(-HOUR);
        office.starts().await;
        office.is_live().await;
        office.all_logged(&[missed.id()]).await;
    }
}

#[tokio::test]
async fn the_desks_clock_is_set_before_an_outage() {
    for (first, then) in [(0, -HOUR), (2 * HOUR, 0), (DAY, 0)] {
        for outage in ALL {
            let mut office = office_that_begins(first).await;
            office.clock.is_wrong_by_seconds(then);
            let heard = office.has_spoken_with(ADA).await;
            office.all_logged(&[heard]).await;
            loses_nothing(&mut office, outage, |_| ()).await;
        }
    }
}

#[tokio::test]
async fn the_clock_of_the_pbx_is_set_while_it_is_away_or_the_program_is() {
    for (first, then) in [(0, -HOUR), (0, HOUR), (2 * HOUR, -2 * HOUR), (-DAY, DAY)] {
        for outage in ALL {
            let office = Office::with(Options { connected: false, ..Options::default() }).await;
            office.pbx.set_clock_by(first);
            office.connects().await;
            let mut office = office;
            loses_nothing(&mut office, outage, |office| office.pbx.set_clock_by(then)).await;
        }
    }
}

#[tokio::test]
async fn an_entry_waits_no_longer_because_the_clock_was_put_right() {
    let mut office = office_that_begins(DAY).await;
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(ADA).await;
    office.waits(&call).await;
    office.clock.is_wrong_by_seconds(0);
    office.salesforce.listen_again().await;
    office.all_logged(&[call]).await;

    // An hour ahead is not much, and yet an hour.
    office.clock.is_wrong_by_seconds(HOUR);
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(ADA).await;
    office.waits(&call).await;
    office.is_killed();
    office.clock.is_wrong_by_seconds(0);
    office.salesforce.listen_again().await;
    office.starts().await;
    office.all_logged(&[call]).await;
    office.holds_its_promises();
}

#[tokio::test]
async fn a_call_that_is_logged_keeps_its_talk_time_when_the_clock_of_the_pbx_is_set() {
    for by in [2 * HOUR, -HOUR, -600] {
        let mut office = Office::open().await;
        let before = office.ada_calls().await;
        office.talks(&before, 9).await;
        office.is_killed();
        office.pbx.set_clock_by(by);
        office.starts().await;
        office.is_live().await;
        let after = office.ada_calls().await;
        office.talks(&after, 5).await;
        office.all_logged(&[before.id(), after.id()]).await;
        stays("the talk time", Duration::from_secs(15), || async {
            office.task_of(&before.id()).await["CallDurationInSeconds"] == 9
        })
        .await;
    }
}

/// A step of a history in which the clock of the PBX is set.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A call of nine seconds.
    Call,
    /// The PBX's clock is set by so many seconds.
    Set(i64),
    /// The PBX is away.
    Away,
    /// The PBX is back.
    Back,
}

#[tokio::test]
async fn a_clock_of_the_pbx_that_is_set_and_put_right_again_leaves_the_talk_time() {
    use Step::{Away, Back, Call, Set};
    for steps in [
        &[Call, Away, Set(300), Call, Back, Away, Set(-300), Call, Back][..],
        &[Set(300), Call, Set(-300), Away, Back],
        &[Call, Away, Set(600), Call, Set(-600), Call, Back],
    ] {
        let office = Office::open().await;
        let mut calls = Vec::new();
        let mut is_away = false;
        for step in steps {
            match step {
                Call => {
                    let call = office.pbx.inbound(ADA, AGENT);
                    if !is_away {
                        office.shows(&call, CallResult::Ringing).await;
                    }
                    call.answer(AGENT);
                    call.talked_seconds(9);
                    call.hang_up();
                    calls.push(call.id());
                }
                Set(by) => office.pbx.set_clock_by(*by),
                Away => office.pbx.stop_listening(),
                Back => office.pbx.listen_again().await,
            }
            is_away = matches!(step, Away) || is_away && !matches!(step, Back);
        }
        office.is_live().await;
        office.all_logged(&calls).await;
        // The records are looked at a few times more.
        stays(&format!("the talk time after {steps:?}"), Duration::from_secs(35), || async {
            let mut right = true;
            for call in &calls {
                right &= office.task_of(call).await["CallDurationInSeconds"] == 9;
            }
            right
        })
        .await;
    }
}

/// The program is closed, and started when the desk's clock is wrong by so many seconds.
async fn is_closed_until(office: &mut Office, wrong_by: i64) {
    office.quits().await;
    office.clock.is_wrong_by_seconds(wrong_by);
    office.starts().await;
}

#[tokio::test]
async fn a_call_is_not_taken_for_one_of_a_break_because_the_clock_of_the_pbx_was_set() {
    // Connected ten minutes ago, and off until two and a half minutes ago.
    let mut office = office_that_begins(-600).await;
    is_closed_until(&mut office, -300).await;
    office.asks(Command::Disable).await.expect("switched off");
    is_closed_until(&mut office, -150).await;
    office.asks(Command::Enable).await.expect("switched on");
    office.is_live().await;
    is_closed_until(&mut office, 0).await;
    office.is_live().await;
    loses_nothing(&mut office, Outage::Away, |office| office.pbx.set_clock_by(200)).await;
}

#[tokio::test]
async fn a_clock_of_the_pbx_that_is_set_in_two_steps_costs_no_call() {
    let mut office = Office::open().await;
    office.pbx.set_clock_by(-5_000);
    loses_nothing(&mut office, Outage::Away, |office| office.pbx.set_clock_by(60)).await;
}

#[tokio::test]
async fn a_desk_that_was_just_connected_loses_no_call_to_a_clock_of_the_pbx_that_is_set() {
    for by in [-45, -10, -110, 200, 600, 900, -200, -900] {
        for outage in ALL {
            let mut office = Office::open().await;
            loses_nothing(&mut office, outage, |office| office.pbx.set_clock_by(by)).await;
        }
    }
}

#[tokio::test]
async fn a_desk_that_is_killed_as_soon_as_it_is_connected_loses_no_call_to_a_clock_of_the_pbx_that_is_set()
 {
    let mut office = Office::open().await;
    office.is_killed();
    // The journal had not been told yet.
    let journal =
        rusqlite::Connection::open(office.home.path().join("journal.db")).expect("it is there");
    journal
        .execute_batch("DELETE FROM cursor; DELETE FROM mark WHERE name LIKE 'skews:%'")
        .expect("ours");
    drop(journal);
    let before = two_calls(&office);
    office.pbx.set_clock_by(900);
    let after = two_calls(&office);
    office.starts().await;
    office.is_live().await;
    office.all_logged(&[before, after].concat()).await;
    office.holds_its_promises();
}

#[tokio::test]
async fn both_clocks_are_set_while_the_pbx_is_away() {
    for (ours, theirs) in [(2 * HOUR, 40), (2 * HOUR, 300), (-HOUR, 40), (-HOUR, -300)] {
        let mut office = office_that_begins(0).await;
        loses_nothing(&mut office, Outage::Away, |office| {
            office.clock.is_wrong_by_seconds(ours);
            // The program sees it before the PBX's clock is set.
            std::thread::sleep(Duration::from_millis(1_500));
            office.pbx.set_clock_by(theirs);
        })
        .await;
    }
}

#[tokio::test]
async fn the_clock_of_the_pbx_is_set_while_the_program_is_closed_after_ours_was_set_back() {
    for outage in [Outage::Closed, Outage::Killed] {
        let mut office = office_that_begins(0).await;
        office.clock.is_wrong_by_seconds(-2 * HOUR);
        // The program sees it before it ends.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        loses_nothing(&mut office, outage, |office| office.pbx.set_clock_by(40)).await;
    }
}

#[tokio::test]
async fn a_desk_that_was_connected_in_an_earlier_run_keeps_its_beginning_when_both_clocks_are_set()
{
    for (ours, theirs) in [(-2 * HOUR, -40), (-2 * HOUR, 0), (2 * HOUR, -40)] {
        let mut office = office_that_begins(0).await;
        office.quits().await;
        office.starts().await;
        office.is_live().await;
        office.clock.is_wrong_by_seconds(ours);
        let heard = office.has_spoken_with(ADA).await;
        office.all_logged(&[heard]).await;
        loses_nothing(&mut office, Outage::Killed, |office| office.pbx.set_clock_by(theirs)).await;
    }
}

#[tokio::test]
async fn a_desk_keeps_its_beginning_when_the_clock_was_set_back_and_the_pbx_is_not_there_at_the_start()
 {
    let mut office = office_that_begins(0).await;
    office.quits().await;
    let call = two_calls(&office);
    office.clock.is_wrong_by_seconds(-HOUR);
    office.pbx.stop_listening();
    office.starts().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    office.pbx.listen_again().await;
    office.is_live().await;
    office.all_logged(&call).await;
}

#[tokio::test]
async fn a_call_of_a_break_is_none_of_ours_where_the_pbx_is_less_than_a_minute_ahead() {
    let mut office = office_that_begins(0).await;
    office.pbx.set_clock_by(45);
    office.asks(Command::Disable).await.expect("switched off");
    let unwanted = two_calls(&office);
    // The records tell whole seconds.
    tokio::time::sleep(Duration::from_secs(3)).await;
    office.asks(Command::Enable).await.expect("switched on");
    office.is_live().await;
    let heard = office.has_spoken_with(ADA).await;
    office.all_logged(&[heard]).await;
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    let missed = office.pbx.inbound(ADA, AGENT);
    missed.hang_up();
    office.all_logged(&[missed.id()]).await;
    for call in unwanted {
        assert!(office.tasks_of(&call).is_empty(), "{call}");
    }
}

#[tokio::test]
async fn both_clocks_are_set_back_by_the_same_while_the_program_is_closed() {
    for by in [-HOUR, -2 * HOUR] {
        let mut office = office_that_begins(0).await;
        office.quits().await;
        let calls = two_calls(&office);
        office.clock.is_wrong_by_seconds(by);
        office.pbx.set_clock_by(by);
        office.starts().await;
        office.is_live().await;
        office.all_logged(&calls).await;
        office.holds_its_promises();
    }
}

#[tokio::test]
async fn a_clock_of_the_pbx_that_is_set_in_two_steps_of_seconds_costs_no_call() {
    for outage in ALL {
        let mut office = Office::open().await;
        match outage {
            Outage::Away => office.pbx.stop_listening(),
            Outage::Closed => office.quits().await,
            Outage::Killed => office.is_killed(),
        }
        office.pbx.set_clock_by(40);
        let calls = two_calls(&office);
        office.pbx.set_clock_by(80);
        match outage {
            Outage::Away => office.pbx.listen_again().await,
            Outage::Closed | Outage::Killed => office.starts().await,
        }
        office.is_live().await;
        office.all_logged(&calls).await;
    }
}
