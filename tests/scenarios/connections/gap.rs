//! Asking the PBX for what was not heard: no question is repeated for nothing, and none that only the events can answer.

use std::time::{Duration, Instant};

use engine::view::EventsState;
use scenarios::{ADA, AGENT, Fault, FaultRule, Office, eventually, stays};
use simulator::{
    Cut,
    pbx::{Records, Subscribing},
};

/// How often the PBX is asked for the number of a call that its events do not show, and how far apart.
const TRIES: usize = 4;
const A_SECOND_EACH: Duration = Duration::from_secs(1);
/// The first pause after records that could not be read.
const PAUSE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_gap_that_was_broken_off_is_read_on_from_the_page_that_could_not_be_had() {
    let mut office = Office::open().await;
    let calls = office.comes_back_to_pages_of_records(6, 4).await;
    let begun = Instant::now();

    office.is_live().await;

    let waited = begun.elapsed();
    assert!(
        waited >= PAUSE,
        "the PBX is left alone for a while, and not asked again after {waited:?}"
    );
    let asked = office.pbx_asked("cdr/search");
    assert!((7..=8).contains(&asked), "six pages, one of them twice, took {asked} requests");
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), 6);
}

#[tokio::test]
async fn after_a_new_connection_a_gap_is_read_from_its_beginning() {
    let mut office = Office::open().await;
    let calls = office.comes_back_to_pages_of_records(3, 2).await;
    eventually("it is broken off", || async { office.pbx_asked("cdr/search") >= 3 }).await;
    office.pbx.forget_ledger();
    office.pbx.cut_sockets(Cut::Close);
    office.is_live().await;
    let asked = office.pbx_asked("cdr/search");
    assert!(asked >= 3, "all three pages, and not only the lost one: {asked} requests");
    office.all_logged(&calls).await;
    assert_eq!(office.salesforce.tasks().len(), 3);
}

#[tokio::test]
async fn while_the_events_are_not_heard_the_pbx_is_not_asked_for_its_calls() {
    let office = Office::open().await;
    office.pbx.set(|pbx| {
        pbx.late_call_events = true;
        pbx.faults = vec![FaultRule::always("call/query", Fault::Reset)];
    });
    let call = office.pbx.inbound(ADA, AGENT);
    let before = office.pbx_asked("call/query");
    eventually("it asks what rings here", || async { office.pbx_asked("call/query") > before })
        .await;
    office.pbx.set(|pbx| pbx.subscribing = Subscribing::NeverAnswered);
    office.pbx.cut_sockets(Cut::Close);
    office.status_until("nothing is heard", |status| status.pbx.events == EventsState::Down).await;
    // What was on its way arrives.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let asked = office.pbx_asked("call/query");
    assert!(asked - before < TRIES, "it has given up already, and would not ask at any time");
    stays("it does not ask", A_SECOND_EACH * 3, || async {
        office.pbx_asked("call/query") == asked
    })
    .await;

    office.pbx.set(|pbx| {
        pbx.faults.clear();
        pbx.subscribing = Subscribing::Works;
    });
    office.is_live().await;
    call.caller_hangs_up();
    let task = office.task_of(&call.id()).await;
    assert_eq!(task["CallDisposition"], "Missed");
}

/// C12: the PBX removes its records before they were read.
#[tokio::test]
async fn a_time_without_records_is_said_until_a_person_has_seen_it_and_none_where_nobody_has_called()
 {
    const CODE: &str = "journal.gap_unverified";
    async fn is_away(office: &mut Office, seconds: u64) {
        office.quits().await;
        office.clock.passes(Duration::from_secs(seconds));
        office.pbx.set_clock_by(i64::try_from(seconds).expect("not for ever"));
    }
    let mut office = Office::open().await;
    // The access token expires with the hours, and a kill in mid rotation asks for a person, which is not meant here.
    office.salesforce.set(|org| org.rotation = false);
    is_away(&mut office, 3_600).await;
    office.starts().await;
    office.is_live().await;
    assert!(!office.status().await.says(CODE), "a PBX where nobody has called has no records");

    let heard = office.has_spoken_with(ADA).await;
    office.all_logged(&[heard]).await;
    is_away(&mut office, 3_600).await;
    office.starts().await;
    office.is_live().await;
    assert!(!office.status().await.says(CODE), "the record of that call is there");

    is_away(&mut office, 3_600).await;
    office.pbx.inbound(ADA, AGENT).caller_hangs_up();
    office.pbx.clean_up_cdr();
    office.starts().await;
    let status = office.status_until("it is said", |status| status.says(CODE)).await;
    let problem = status.problem.expect("it belongs to none of the sides");
    assert!(problem.message.starts_with("Calls between 20"), "{problem:?}");
    office.is_killed();
    office.starts().await;
    office.status_until("it is said still", |status| status.says(CODE)).await;
    // The kill may have been faster than the cursor: then the gap is read, and found so, once more.
    office.is_live().await;
    office.retries().await;
    office.status_until("it was seen", |status| !status.says(CODE)).await;
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    assert!(!office.status().await.says(CODE), "once is enough");
}

/// Source: faults.md C8. What a search shows of both places is not documented.
#[tokio::test]
async fn calls_from_before_and_after_an_upgrade_of_the_pbx_are_logged_once_each() {
    for shows in [Records::Legacy, Records::New] {
        let mut office = Office::open().await;
        let heard = office.has_spoken_with(ADA).await;
        office.is_logged(&heard).await;
        office.quits().await;
        let unheard = || {
            let call = office.pbx.inbound(ADA, AGENT);
            call.answer(AGENT);
            call.talked_seconds(20);
            call.hang_up();
            call.id()
        };
        let before = unheard();
        tokio::time::sleep(Duration::from_millis(10)).await;
        office.pbx.is_upgraded(shows);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let after = unheard();

        office.starts().await;
        office.is_live().await;

        office.all_logged(&[heard, before, after]).await;
        assert_eq!(office.salesforce.tasks().len(), 3, "{shows:?}");
    }
}
