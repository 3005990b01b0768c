//! A PBX that shows its calls, or their trunk's legs, in lists alone: how long this agent spoke, and with whom.
//!
//! Source: yeastar-open-api.md §4.6, no. 3: one PBX sent 30008 at once, and 30011 at hang-up only.

mod office;

use std::time::Duration;

use domain::{
    CallEvent, CallRecord, Direction, Input,
    LegStatus::{Alert, Answer, Answered, Bye, Ring},
    Outcome, RecordKind, RecordStatus,
};
use office::{ADA, Desk, OWN, extension, id, inbound, legs, outbound, own, record};

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
fn a_call_that_a_list_lacked_before_its_end_was_heard_was_over_for_this_agent_by_then() {
    let end = |call| {
        let whole = whole(call, ADA, OWN, RecordKind::Inbound, 50);
        [legs(call, &[inbound(Bye), own(Bye)]), CallEvent::Record(whole)]
    };
    for record_first in [false, true] {
        let mut desk = Desk::open();
        desk.hears(CallEvent::Live(vec![(id("1.33"), vec![inbound(Alert), own(Ring)])]))
            .waits(2)
            .hears(CallEvent::Live(vec![(id("1.33"), vec![inbound(Answered), own(Answer)])]))
            .waits(20)
            .hears(CallEvent::Live(Vec::new()))
            // The next list is on its way as the colleague, who has the call by now, ends it.
            .waits(5);
        let mut told = end("1.33");
        if record_first {
            told.reverse();
        }
        for event in told {
            desk.hears(event);
        }
        desk.waits(10);
        assert_eq!(talked(&desk), Duration::from_secs(20), "record first: {record_first}");
    }
}

#[test]
fn a_conversation_that_one_list_lacks_and_whose_end_is_heard_was_as_long_as_it_was_heard() {
    let mut desk = Desk::open();
    desk.hears(legs("1.34", &[inbound(Answer), own(Answer)])).waits(20);
    desk.hears(CallEvent::Live(Vec::new())).waits(5);
    desk.hears(legs("1.34", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Record(whole("1.34", ADA, OWN, RecordKind::Inbound, 25)))
        .waits(10);
    assert_eq!(talked(&desk), Duration::from_secs(25), "the list lacked for a moment what went on");
}

#[test]
fn an_end_right_behind_the_list_that_lacks_the_call_is_the_end_of_the_call() {
    let mut desk = Desk::open();
    desk.hears(CallEvent::Live(vec![(id("1.35"), vec![inbound(Alert), own(Ring)])]))
        .hears(CallEvent::Live(Vec::new()))
        .hears(legs("1.35", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Record(whole("1.35", ADA, OWN, RecordKind::Inbound, 31)))
        .waits(10);
    assert_eq!(talked(&desk), Duration::from_secs(31), "the record tells of an answer unheard");
}

#[test]
fn where_no_second_list_comes_the_first_one_counts_in_the_end() {
    let mut desk = Desk::open();
    desk.hears(legs("1.32", &[inbound(Answer), own(Answer)])).waits(20);
    desk.hears(CallEvent::Live(Vec::new())).waits(40);
    assert_eq!((desk.entry().outcome, desk.entry().talked.as_secs()), (Outcome::Answered, 20));
}

#[test]
fn a_trunk_that_only_lists_show_up_has_not_passed_the_call_on() {
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(3);
    desk.hears(CallEvent::Live(vec![(id("1.4"), vec![inbound(Answered), own(Answer)])])).waits(3);
    // Events show the agent's own leg alone, and no 30012 comes.
    desk.hears(legs("1.4", &[own(Bye)])).waits(20);
    desk.takes(Input::Past(vec![whole("1.4", ADA, OWN, RecordKind::Inbound, 9)])).waits(10);
    assert_eq!(talked(&desk), Duration::from_secs(9), "it had begun before the list");
}

#[test]
fn a_list_that_an_event_has_overtaken_is_a_list_all_the_same() {
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(3);
    let listed = vec![inbound(Answered), own(Answer)];
    desk.hears(CallEvent::Listed { call: id("1.7"), legs: listed })
        .waits(3)
        .hears(legs("1.7", &[own(Bye)]))
        .waits(20);
    desk.takes(Input::Past(vec![whole("1.7", ADA, OWN, RecordKind::Inbound, 9)])).waits(10);
    assert_eq!(talked(&desk), Duration::from_secs(9), "it had begun before the list");
}

#[test]
fn a_call_that_is_met_as_the_colleague_hangs_up_does_not_go_out() {
    let mut desk = Desk::open();
    desk.hears(legs("1.8", &[own(Answered), extension("4102", Bye)]))
        .hears(legs("1.8", &[own(Bye)]))
        .hears(CallEvent::Record(whole("1.8", OWN, "4102", RecordKind::Internal, 4)))
        .waits(20);
    let entry = desk.entries().pop();
    assert!(entry.is_none_or(|entry| entry.direction == Direction::Internal));
}

#[test]
fn a_call_to_a_colleague_of_which_a_list_shows_our_leg_alone_does_not_go_out() {
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(3);
    desk.hears(CallEvent::Live(vec![(id("1.5"), vec![own(Answered)])]))
        .waits(3)
        .hears(legs("1.5", &[own(Bye)]))
        .hears(CallEvent::Record(whole("1.5", OWN, "4102", RecordKind::Internal, 4)))
        .waits(20);
    let entry = desk.entries().pop();
    assert!(entry.is_none_or(|entry| entry.direction == Direction::Internal));
}

#[test]
fn a_call_that_was_placed_answered_unseen_and_passed_on_is_this_agents_until_they_left() {
    let mut desk = Desk::open();
    // The trunk is not monitored: no event shows that the other side answers.
    desk.hears(legs("1.6", &[own(Alert)]))
        .waits(12)
        .hears(legs("1.6", &[own(Bye), extension("4102", Ring)]))
        .hears(legs("1.6", &[extension("4102", Answer)]))
        .waits(30)
        .hears(legs("1.6", &[extension("4102", Bye)]))
        .hears(CallEvent::Record(whole("1.6", OWN, ADA, RecordKind::Outbound, 40)))
        .waits(20);
    let entry = desk.amendments().pop().unwrap_or_else(|| desk.entry());
    assert_eq!((entry.outcome, entry.talked), (Outcome::Answered, Duration::from_secs(10)));
}

#[test]
fn a_call_that_came_by_a_transfer_unseen_is_as_long_as_it_was_heard() {
    let mut desk = Desk::open();
    desk.waits(30);
    // The trunk is not monitored, and the record names the last.
    desk.hears(legs("1.9", &[own(Ring)]))
        .waits(2)
        .hears(legs("1.9", &[own(Answer)]))
        .waits(20)
        .hears(legs("1.9", &[own(Bye)]))
        .hears(CallEvent::Record(whole("1.9", ADA, OWN, RecordKind::Inbound, 50)))
        .waits(20);
    assert_eq!(talked(&desk), Duration::from_secs(20), "a colleague spoke before");
}

#[test]
fn a_row_that_seems_to_begin_at_another_time_once_a_clock_was_set_is_counted_once() {
    let row = whole("1.40", ADA, OWN, RecordKind::Inbound, 9);
    for (stamped, moves) in [
        (None, [0, 7_200_000, -600_000]),
        // By less than a clock is set by: its reading is bounded by the time of the look.
        (Some(row.started), [0, 20_000, 45_000]),
        (Some(row.started), [-7_200_000, 600_000, 3_000]),
    ] {
        let mut desk = Desk::open();
        desk.hears(legs("1.40", &[inbound(Alert), own(Ring)])).waits(3);
        desk.takes(Input::Unheard).waits(30).hears(CallEvent::Live(Vec::new())).waits(2);
        desk.hears(CallEvent::Live(Vec::new()));
        for moved in moves {
            let started = row.started.shifted(moved);
            let row = CallRecord { started, stamped, ..row.clone() };
            desk.takes(Input::Past(vec![row])).waits(20);
        }
        assert_eq!(talked(&desk), Duration::from_secs(9), "{stamped:?} {moves:?}");
    }
}

#[test]
fn two_conversations_as_long_as_each_other_stay_two_when_the_clock_is_set_between_them() {
    let row = whole("1.41", ADA, OWN, RecordKind::Inbound, 4);
    let of_colleague = whole("1.41", ADA, "4102", RecordKind::Inbound, 2);
    let second = CallRecord { started: row.started.shifted(-86_390_000), ..row.clone() };
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(30).hears(CallEvent::Live(Vec::new())).waits(2);
    let rows = vec![row, of_colleague, second];
    // The second time both have moved.
    let moved =
        |row: &CallRecord| CallRecord { started: row.started.shifted(7_200_000), ..row.clone() };
    let again: Vec<CallRecord> = rows.iter().map(moved).collect();
    desk.takes(Input::Past(rows)).waits(20).takes(Input::Past(again)).waits(20);
    assert_eq!(talked(&desk), Duration::from_secs(8));
}
