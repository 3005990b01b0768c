//! Calls of which the events tell too little, or tell it too late: what the rows of the PBX's list then say.

mod office;

use std::time::Duration;

use domain::{
    CallEvent, CallRecord, Direction, Effect, Input,
    LegStatus::{Alert, Answer, Answered, Bye, Hold, Ring},
    Outcome, Party, RecordKind, RecordStatus,
};
use office::{ADA, Desk, OWN, extension, id, inbound, legs, own, record, through};

fn answered(call: &str, to: &str, talked: u64) -> CallRecord {
    record(call, ADA, to, RecordStatus::Answered, RecordKind::Inbound, talked)
}

fn rang(call: &str, to: &str) -> CallRecord {
    record(call, ADA, to, RecordStatus::NoAnswer, RecordKind::Inbound, 0)
}

/// The rows of a queue's call that 4103 took while our phone rang too.
fn rows_of_a_queue(call: &str) -> Vec<CallRecord> {
    vec![answered(call, "6400", 3), answered(call, "4103", 3), rang(call, OWN)]
}

fn asked(desk: &Desk) -> usize {
    desk.effects.iter().filter(|effect| matches!(effect, Effect::AskRecords)).count()
}

fn wanted_rows(desk: &Desk) -> usize {
    desk.effects.iter().filter(|effect| matches!(effect, Effect::WantRows)).count()
}

/// What the entry says in the end.
fn last(desk: &Desk) -> domain::JournalEntry {
    desk.amendments().last().cloned().unwrap_or_else(|| desk.entry())
}

#[test]
fn a_call_of_which_only_the_hang_up_was_heard_is_asked_about_until_a_late_record_is_there() {
    let asked = |desk: &Desk| desk.effects.iter().filter(|it| **it == Effect::AskRecords).count();
    let end = || legs("1.70", &[inbound(Bye), own(Bye), extension("4102", Bye)]);
    let mut desk = Desk::open();
    desk.hears(end()).waits(30);
    assert_eq!(asked(&desk), 1);
    assert!(desk.board.orphans().eq([&id("1.70")]), "its records need not name this extension");
    desk.waits(31);
    assert_eq!(asked(&desk), 2);
    let queues = record("1.70", ADA, "6400", RecordStatus::NoAnswer, RecordKind::Inbound, 0);
    desk.takes(Input::Past(vec![queues])).waits(5);
    let entry = desk.entry();
    assert_eq!((entry.outcome, entry.is_shared(), entry.alone), (Outcome::Missed, true, false));

    let mut desk = Desk::open();
    desk.hears(end()).waits(70);
    assert!(desk.entries().is_empty() && !desk.board.knows(&id("1.70")), "nothing tells of it");
}

#[test]
fn a_call_that_was_passed_on_and_is_told_backwards_is_of_who_spoke_first() {
    let mut desk = Desk::open();
    // The one record names the colleague.
    desk.hears(CallEvent::Record(answered("1.71", "4102", 9)))
        .hears(legs("1.71", &[inbound(Answered), own(Bye), extension("4102", Ring)]))
        .hears(legs("1.71", &[inbound(Answered), own(Answer)]))
        .hears(legs("1.71", &[inbound(Alert), own(Ring)]))
        .waits(20);
    assert!(
        desk.board.has_seen(&id("1.71")),
        "its rows are this desk's, though they name the colleague"
    );
    assert_eq!(desk.entry().outcome, Outcome::Answered);
}

#[test]
fn a_summary_that_names_a_phone_that_only_rang_yields_to_the_rows() {
    let mut desk = Desk::open();
    let ring = |number| through("6400", extension(number, Ring));
    desk.hears(legs("1.1", &[inbound(Answered), through("6400", own(Ring)), ring("4103")]))
        .waits(2)
        .hears(legs("1.1", &[inbound(Answered), own(Bye), extension("4103", Answer)]))
        .waits(3)
        .hears(legs("1.1", &[inbound(Bye), extension("4103", Bye)]))
        .hears(CallEvent::Record(answered("1.1", OWN, 3)))
        .waits(20);
    assert_eq!(last(&desk).outcome, Outcome::Elsewhere);
    desk.takes(Input::Past(rows_of_a_queue("1.1")));
    assert_eq!(last(&desk).outcome, Outcome::Elsewhere, "the summary is of the colleague's talk");
}

#[test]
fn a_call_that_is_known_from_its_summary_alone_waits_for_the_rows() {
    let mut desk = Desk::open();
    desk.hears(CallEvent::Record(answered("1.2", OWN, 3))).waits(1);
    assert_eq!((desk.entries().len(), asked(&desk)), (0, 1));
    desk.takes(Input::Past(rows_of_a_queue("1.2"))).waits(5);
    assert_eq!(desk.entry().outcome, Outcome::Elsewhere);
    assert_eq!(desk.amendments(), []);
}

#[test]
fn a_call_that_is_known_from_its_summary_alone_is_an_entry_also_where_no_row_comes() {
    let mut desk = Desk::open();
    desk.hears(CallEvent::Record(answered("1.3", OWN, 3))).waits(4);
    assert_eq!(
        (desk.entry().outcome, desk.entry().talked),
        (Outcome::Answered, Duration::from_secs(3))
    );
    // It may be the summary of a colleague's talk: the rows are still wanted, and correct it.
    assert!(wanted_rows(&desk) > 0);
    desk.takes(Input::Past(rows_of_a_queue("1.3")));
    assert_eq!(last(&desk).outcome, Outcome::Elsewhere);
}

/// The program stood still while this agent spoke and passed the call on: all of it comes in one breath.
fn heard_in_one_breath(call: &str) -> Desk {
    let mut desk = Desk::open();
    desk.hears(legs(call, &[inbound(Alert), own(Ring)]))
        .hears(legs(call, &[inbound(Answered), own(Answer)]))
        .hears(legs(call, &[inbound(Answered), own(Bye), extension("4102", Ring)]))
        .hears(legs(call, &[inbound(Answered), extension("4102", Answer)]))
        .waits(40)
        .hears(legs(call, &[inbound(Bye), extension("4102", Bye)]))
        .hears(CallEvent::Record(answered(call, "4102", 52)))
        .waits(5);
    desk
}

#[test]
fn what_was_heard_in_one_breath_has_its_talk_time_from_the_rows() {
    let mut desk = heard_in_one_breath("1.4");
    assert_eq!(desk.entry().outcome, Outcome::Answered);
    assert!(wanted_rows(&desk) > 0, "the events do not tell for how long this agent spoke");
    let mut later = answered("1.4", "4102", 40);
    later.started = later.started.plus(Duration::from_secs(12));
    desk.takes(Input::Past(vec![answered("1.4", OWN, 10), later]));
    assert_eq!(last(&desk).talked, Duration::from_secs(10));
}

#[test]
fn an_end_that_was_heard_after_a_standstill_is_taken_from_the_rows() {
    let mut desk = Desk::open();
    desk.hears(legs("1.5", &[inbound(Alert), own(Ring)]))
        .waits(3)
        .hears(legs("1.5", &[inbound(Answered), own(Answer)]))
        .waits(5);
    // The process stands still: no tick comes, and then everything at once.
    desk.now.steady += Duration::from_secs(60);
    desk.now.wall = desk.now.wall.plus(Duration::from_secs(60));
    desk.hears(legs("1.5", &[inbound(Answered), own(Bye), extension("4102", Ring)]))
        .hears(legs("1.5", &[inbound(Answered), extension("4102", Answer)]))
        .hears(legs("1.5", &[inbound(Bye), extension("4102", Bye)]))
        .hears(CallEvent::Record(answered("1.5", "4102", 52)))
        .waits(5);
    let mut later = answered("1.5", "4102", 40);
    later.started = later.started.plus(Duration::from_secs(12));
    desk.takes(Input::Past(vec![answered("1.5", OWN, 9), later]));
    assert_eq!(last(&desk).talked, Duration::from_secs(9));
}

#[test]
fn an_answer_that_was_heard_after_a_standstill_is_taken_from_the_rows() {
    let mut desk = Desk::open();
    desk.hears(legs("1.5", &[inbound(Alert), own(Ring)])).waits(1);
    // The process stands still for less than three seconds, and the phone is picked up as it begins to.
    desk.now.steady += Duration::from_millis(2_600);
    desk.now.wall = desk.now.wall.plus(Duration::from_millis(2_600));
    desk.hears(legs("1.5", &[inbound(Answered), own(Answer)]))
        .waits(3)
        .hears(legs("1.5", &[inbound(Answered), own(Bye), extension("4102", Ring)]))
        .hears(legs("1.5", &[inbound(Answered), extension("4102", Answer)]))
        .waits(40)
        .hears(legs("1.5", &[inbound(Bye), extension("4102", Bye)]))
        .hears(CallEvent::Record(answered("1.5", "4102", 52)))
        .waits(5);
    let mut later = answered("1.5", "4102", 40);
    later.started = later.started.plus(Duration::from_secs(12));
    desk.takes(Input::Past(vec![answered("1.5", OWN, 6), later]));
    assert_eq!(last(&desk).talked, Duration::from_secs(6));
}

/// The agent parks a call, takes it back while nothing is heard, and is heard again as it ends.
#[test]
fn an_answer_that_is_heard_late_by_a_busy_computer_is_no_colleagues() {
    for reversed in [false, true] {
        let mut desk = Desk::open();
        // Nothing shows that the program stood still: no call went on.
        desk.waits(18);
        let mut told = [
            legs("1.60", &[inbound(Alert), own(Ring)]),
            legs("1.60", &[inbound(Answered), own(Answer)]),
        ];
        if reversed {
            told.reverse();
        }
        for event in told {
            desk.hears(event);
            // More than one breath.
            desk.now.steady += Duration::from_millis(80);
            desk.now.wall = desk.now.wall.plus(Duration::from_millis(80));
        }
        desk.waits(3)
            .hears(legs("1.60", &[inbound(Bye), own(Bye)]))
            // Answered thirteen seconds after the desk was opened.
            .hears(CallEvent::Record(answered("1.60", OWN, 7)))
            .waits(20);
        assert_eq!(last(&desk).talked, Duration::from_secs(7), "reversed: {reversed}");
    }
}

#[test]
fn phones_that_stopped_ringing_before_a_queues_call_is_met_have_not_spoken_in_it() {
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(3);
    let listed = vec![inbound(Answered), through("6400", own(Answered)), extension("4103", Bye)];
    desk.hears(CallEvent::Live(vec![(id("1.61"), listed)])).waits(1);
    desk.hears(legs("1.61", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Record(answered("1.61", OWN, 9)))
        .waits(20);
    assert_eq!(last(&desk).talked, Duration::from_secs(9));
}

#[test]
fn a_parked_call_that_is_met_late_is_as_long_as_its_row_says_where_both_end_together() {
    // The row begins as the desk is opened, and has rung for thirteen seconds.
    for (met, talked) in [(14, 9), (18, 9), (40, 3)] {
        let mut desk = Desk::open();
        desk.waits(met);
        desk.hears(legs("1.62", &[inbound(Answered), own(Answer)]))
            .waits(if met == 40 { 3 } else { 22 - met })
            .hears(legs("1.62", &[inbound(Bye), own(Bye)]))
            .hears(CallEvent::Record(answered("1.62", OWN, 12)));
        assert_eq!(wanted_rows(&desk), 1, "the event tells of more");
        let rows = vec![answered("1.62", "4102", 3), answered("1.62", OWN, 9)];
        desk.takes(Input::Past(rows)).waits(20);
        assert_eq!(last(&desk).talked, Duration::from_secs(talked), "met after {met} s");
    }
}

#[test]
fn a_second_part_of_which_only_the_end_was_heard_is_taken_from_the_rows() {
    let mut desk = Desk::open();
    desk.hears(legs("1.8", &[inbound(Alert), own(Ring)]))
        .waits(1)
        .hears(legs("1.8", &[inbound(Answered), own(Answer)]))
        .waits(20)
        .hears(legs("1.8", &[inbound(Answered), own(Bye)]))
        .restarts()
        .waits(32)
        .hears(legs("1.8", &[inbound(Answered), own(Answer)]))
        .waits(1)
        .hears(legs("1.8", &[inbound(Bye), own(Bye)]))
        .waits(5);
    let mut second = answered("1.8", OWN, 30);
    second.started = second.started.plus(Duration::from_secs(24));
    desk.takes(Input::Past(vec![answered("1.8", OWN, 20), second]));
    assert_eq!(last(&desk).talked, Duration::from_secs(50));
}

#[test]
fn a_call_that_was_heard_as_it_happened_asks_for_no_rows() {
    let mut desk = Desk::open();
    desk.hears(legs("1.6", &[inbound(Alert), own(Ring)]))
        .waits(3)
        .hears(legs("1.6", &[inbound(Answered), own(Answer)]))
        .waits(30)
        .hears(legs("1.6", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Record(answered("1.6", OWN, 30)))
        .waits(60);
    assert_eq!((asked(&desk), wanted_rows(&desk)), (0, 0));
    assert!(desk.entry().heard);
}

#[test]
fn a_call_passed_on_whose_trunk_is_not_shown_is_no_call_between_extensions() {
    // What is shown first: the phone hangs up as the colleague's rings; or the colleague speaks already.
    let firsts = [
        vec![own(Bye), extension("4102", Ring)],
        vec![own(Answer), extension("4102", Ring)],
        vec![own(Answer), extension("4102", Answer)],
    ];
    for first in firsts {
        let mut desk = Desk::open();
        desk.hears(legs("1.7", &first))
            .waits(2)
            .hears(legs("1.7", &[own(Bye), extension("4102", Answer)]))
            .waits(3)
            .hears(legs("1.7", &[extension("4102", Bye)]))
            .waits(1);
        desk.takes(Input::Past(vec![answered("1.7", OWN, 2), answered("1.7", "4102", 3)]));
        desk.waits(20);
        let entry = last(&desk);
        assert_eq!((entry.direction, entry.outcome), (Direction::Inbound, Outcome::Answered));
        assert!(matches!(entry.party, Party::External(_)), "{first:?}: {:?}", entry.party);
    }
}

#[test]
fn a_list_that_is_asked_for_while_nothing_is_heard_says_who_is_talked_to_and_not_since_when() {
    let mut desk = Desk::open();
    desk.hears(legs("1.8", &[inbound(Answered), own(Answer)])).waits(2);
    desk.takes(Input::Unheard).waits(20);
    let list = vec![
        (id("1.8"), vec![inbound(Hold), own(Answer)]),
        (id("1.9"), vec![inbound(Answered), own(Answer)]),
    ];
    desk.hears(CallEvent::Live(list));
    assert_eq!(desk.board.current(desk.now).map(|call| call.id.clone()), Some(id("1.9")));
    desk.waits(2);
    desk.takes(Input::Unheard).hears(CallEvent::Live(vec![(id("1.8"), vec![own(Answer)])]));
    desk.hears(CallEvent::Record(answered("1.9", OWN, 15))).waits(5);
    assert_eq!(desk.entry().talked, Duration::from_secs(15));
}

#[test]
fn a_conversation_of_less_than_a_second_is_not_as_long_as_the_program_was_away() {
    let mut desk = Desk::open();
    desk.hears(legs("1.10", &[inbound(Answered), through("6400", own(Ring))]))
        .waits(2)
        .hears(legs("1.10", &[inbound(Answered), through("6400", own(Answer))]));
    desk.restarts().waits(20).hears(CallEvent::Live(Vec::new()));
    desk.takes(Input::Past(vec![answered("1.10", "6400", 0), answered("1.10", OWN, 0)]));
    desk.waits(20);
    assert_eq!((last(&desk).outcome, last(&desk).talked), (Outcome::Answered, Duration::ZERO));
}

#[test]
fn a_conversation_that_is_met_before_the_list_of_calls_has_come_is_as_long_as_its_record_says() {
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(20);
    desk.hears(legs("1.11", &[inbound(Answered), own(Answer)]))
        .hears(CallEvent::Live(vec![(id("1.11"), vec![inbound(Answered), own(Answer)])]))
        .waits(9)
        .hears(legs("1.11", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Record(answered("1.11", OWN, 22)))
        .waits(10);
    assert_eq!(last(&desk).talked, Duration::from_secs(22), "nobody passed it on");
}

#[test]
fn a_conversation_whose_end_waited_for_a_list_that_lacks_it_is_as_long_as_its_record_says() {
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(20).hears(CallEvent::Live(Vec::new()));
    // The other side hung up, and then our phone, before the list was made. Both were told before it came.
    desk.takes(Input::Waited(legs("1.13", &[inbound(Bye), own(Answer)])))
        .waits(1)
        .takes(Input::Waited(legs("1.13", &[inbound(Bye), own(Bye)])))
        .hears(CallEvent::Record(answered("1.13", OWN, 3)))
        .waits(10);
    assert_eq!(last(&desk).talked, Duration::from_secs(3));
}

#[test]
fn a_trunk_that_only_lists_show_on_hold_does_not_make_a_call_a_parked_one() {
    let mut desk = Desk::open();
    desk.takes(Input::Unheard).waits(5);
    desk.hears(CallEvent::Live(vec![(id("1.12"), vec![inbound(Hold), own(Answer)])])).waits(5);
    // The caller is taken back and hangs up: events show the agent's own leg alone.
    desk.hears(legs("1.12", &[own(Answer)]))
        .waits(3)
        .hears(legs("1.12", &[own(Bye)]))
        .hears(CallEvent::Record(answered("1.12", OWN, 13)))
        .waits(10);
    assert_eq!(last(&desk).talked, Duration::from_secs(13));
}
