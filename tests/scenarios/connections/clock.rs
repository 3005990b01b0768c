//! Clocks that are wrong, and then put right: the desk's and the PBX's, with calls in between that only the records know.

use std::time::Duration;

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

#[tokio::test]
async fn a_desk_that_was_just_connected_loses_no_call_to_a_clock_that_is_a_little_behind() {
    for by in [-45, -10, -110] {
        for outage in ALL {
            let mut office = Office::open().await;
            loses_nothing(&mut office, outage, |office| office.pbx.set_clock_by(by)).await;
        }
    }
}
