//! A PBX that shows its calls in lists alone until they are over: how long this agent spoke in one that goes on without them.
//!
//! Source: yeastar-open-api.md §4.6, no. 3: one PBX sent 30008 at once, and 30011 at hang-up only.

mod office;

use std::time::Duration;

use domain::{
    CallEvent, CallRecord,
    LegStatus::{Alert, Answer, Answered, Bye, Ring},
    Outcome, RecordKind, RecordStatus,
};
use office::{ADA, Desk, OWN, id, inbound, legs, outbound, own, record};

/// The one record of a call that rang for two seconds.
fn whole(call: &str, from: &str, to: &str, kind: RecordKind, talked: u64) -> CallRecord {
    let total = Duration::from_secs(talked + 2);
    CallRecord { total, ..record(call, from, to, RecordStatus::Answered, kind, talked) }
}

fn talked(desk: &Desk) -> Duration {
    desk.amendments().pop().unwrap_or_else(|| desk.entry()).talked
}

fn is_answered(call: &str) -> Desk {
    let mut desk = Desk::open();
    desk.hears(CallEvent::Live(vec![(id(call), vec![inbound(Alert), own(Ring)])]))
        .waits(2)
        .hears(CallEvent::Live(vec![(id(call), vec![inbound(Answered), own(Answer)])]))
        .waits(20)
        .hears(CallEvent::Live(Vec::new()));
    desk
}

#[test]
fn a_call_that_went_on_without_this_agent_was_as_long_as_it_was_listed() {
    let mut desk = is_answered("1.1");
    desk.waits(30)
        .hears(CallEvent::Record(whole("1.1", ADA, OWN, RecordKind::Inbound, 50)))
        .waits(10);
    assert_eq!(talked(&desk), Duration::from_secs(20));
}

#[test]
fn a_call_that_ended_as_it_was_not_listed_any_more_was_as_long_as_its_record_says() {
    let mut desk = is_answered("1.2");
    desk.hears(CallEvent::Record(whole("1.2", ADA, OWN, RecordKind::Inbound, 21))).waits(10);
    assert_eq!(talked(&desk), Duration::from_secs(21));
}

#[test]
fn a_call_that_was_placed_and_passed_on_is_no_longer_than_it_was_listed() {
    let mut desk = Desk::open();
    // No list shows when the other side answers.
    desk.hears(CallEvent::Live(vec![(id("1.3"), vec![outbound(Ring), own(Alert)])]))
        .waits(12)
        .hears(CallEvent::Live(Vec::new()))
        .waits(30)
        .hears(CallEvent::Record(whole("1.3", OWN, "4102", RecordKind::Outbound, 40)))
        .waits(10);
    assert_eq!(talked(&desk), Duration::from_secs(10));
}

#[test]
fn a_ringing_call_that_one_list_lacks_rings_on() {
    let mut desk = Desk::open();
    desk.hears(legs("1.30", &[inbound(Alert), own(Ring)])).waits(2);
    let asked = desk.asked_live();
    desk.hears(CallEvent::Live(Vec::new())).waits(1);
    assert_eq!(desk.asked_live(), asked + 1, "the PBX is asked once more");
    desk.hears(CallEvent::Live(vec![(id("1.30"), vec![inbound(Alert), own(Ring)])])).waits(20);
    desk.hears(legs("1.30", &[inbound(Answer), own(Answer)])).waits(30);
    desk.hears(legs("1.30", &[inbound(Bye), own(Bye)])).waits(10);
    assert_eq!((desk.entry().outcome, desk.entry().talked.as_secs()), (Outcome::Answered, 30));
}

#[test]
fn a_conversation_that_two_lists_lack_has_ended_when_the_first_one_came() {
    let mut desk = Desk::open();
    desk.hears(legs("1.31", &[inbound(Answer), own(Answer)])).waits(20);
    desk.hears(CallEvent::Live(Vec::new())).waits(2);
    desk.hears(CallEvent::Live(Vec::new())).waits(30);
    assert_eq!((desk.entry().outcome, desk.entry().talked.as_secs()), (Outcome::Answered, 20));
}

#[test]
fn where_no_second_list_comes_the_first_one_counts_in_the_end() {
    let mut desk = Desk::open();
    desk.hears(legs("1.32", &[inbound(Answer), own(Answer)])).waits(20);
    desk.hears(CallEvent::Live(Vec::new())).waits(40);
    assert_eq!((desk.entry().outcome, desk.entry().talked.as_secs()), (Outcome::Answered, 20));
}
