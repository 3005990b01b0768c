//! Calls that more than one agent has a part in: who spoke for how long, and who took what nobody took here.

mod office;

use std::time::Duration;

use domain::{
    CallEvent, Input,
    LegStatus::{Alert, Answer, Answered, Bye, Hold, Ring},
    Outcome, Phase, RecordKind, RecordStatus,
};
use office::{ADA, Desk, OWN, extension, id, inbound, legs, outbound, own, record, through};

/// What the PBX writes of a call on which 4101 and then 4102 spoke.
fn records(call: &str, apart: bool, first: u64, second: u64) -> Vec<domain::CallRecord> {
    let answered =
        |to, talked| record(call, ADA, to, RecordStatus::Answered, RecordKind::Inbound, talked);
    if apart {
        let mut later = answered("4102", second);
        later.started = later.started.plus(Duration::from_secs(first + 2));
        vec![answered("4101", first), later]
    } else {
        vec![answered("4102", first + second + 2)]
    }
}

fn heard(desk: &mut Desk, records: Vec<domain::CallRecord>) {
    for record in records {
        desk.hears(CallEvent::Record(record));
    }
}

/// What the entry says in the end.
fn talked(desk: &Desk) -> u64 {
    let written = desk.entry();
    desk.amendments().last().unwrap_or(&written).talked.as_secs()
}

#[test]
fn a_call_that_was_passed_on_over_an_unseen_trunk_is_not_of_the_phone_that_only_rang() {
    // One record for the whole call, which names the last that rang.
    let whole = || record("1.8", ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 3);
    let rings = legs("1.8", &[extension("4102", Bye), own(Ring)]);
    let mut desk = Desk::open();
    desk.hears(rings.clone())
        .waits(1)
        .hears(legs("1.8", &[own(Bye)]))
        .hears(CallEvent::Record(whole()))
        .waits(20);
    assert_eq!(desk.entry().outcome, Outcome::Elsewhere);

    // Events in disorder: it was picked up, and that is heard last.
    let mut desk = Desk::open();
    desk.hears(rings)
        .waits(1)
        .hears(legs("1.8", &[own(Bye)]))
        .hears(legs("1.8", &[own(Answer)]))
        .hears(CallEvent::Record(whole()))
        .waits(20);
    assert_eq!(desk.entry().outcome, Outcome::Answered);

    // The same for who passed it on: the record names whose phone rang last, and speaks of nobody else.
    let mut desk = Desk::open();
    desk.hears(legs("1.8", &[inbound(Alert), own(Ring)]))
        .waits(2)
        .hears(legs("1.8", &[inbound(Answered), own(Bye), extension("4102", Ring)]))
        .hears(legs("1.8", &[inbound(Answered), own(Answer)]))
        .waits(2)
        .hears(legs("1.8", &[inbound(Answered), extension("4102", Answer)]))
        .waits(2)
        .hears(legs("1.8", &[inbound(Bye), extension("4102", Bye)]))
        .hears(CallEvent::Record(record(
            "1.8",
            ADA,
            "4102",
            RecordStatus::Answered,
            RecordKind::Inbound,
            4,
        )))
        .waits(20);
    assert_eq!(desk.entry().outcome, Outcome::Answered);

    // A phone that rang before, and was not picked up, either.
    let mut desk = Desk::open();
    desk.hears(legs("1.8", &[extension("4102", Bye), own(Ring)]))
        .waits(9)
        .hears(legs("1.8", &[own(Bye)]))
        .waits(20);
    assert_eq!(desk.entry().outcome, Outcome::Missed, "no record says that a colleague spoke");
}

#[test]
fn of_a_call_that_was_passed_on_each_agent_has_the_own_seconds() {
    for apart in [false, true] {
        let mut first = Desk::open();
        first
            .hears(legs("1.1", &[inbound(Alert), own(Ring)]))
            .hears(legs("1.1", &[inbound(Answered), own(Answer)]))
            .waits(10)
            .hears(legs("1.1", &[inbound(Answered), own(Bye), extension("4102", Ring)]))
            .waits(2)
            .hears(legs("1.1", &[inbound(Answered), extension("4102", Answer)]))
            .waits(40)
            .hears(legs("1.1", &[inbound(Bye), extension("4102", Bye)]));
        heard(&mut first, records("1.1", apart, 10, 40));
        first.waits(20);
        assert_eq!(talked(&first), 10, "apart: {apart}");

        // The same call, seen from the second agent's desk.
        let other = |status| extension("4103", status);
        let mut second = Desk::open();
        second
            .hears(legs("1.1", &[inbound(Answered), other(Bye), own(Ring)]))
            .waits(2)
            .hears(legs("1.1", &[inbound(Answered), own(Answer)]))
            .waits(40)
            .hears(legs("1.1", &[inbound(Bye), own(Bye)]));
        let mut told = records("1.1", apart, 10, 40);
        for record in &mut told {
            record.to = if record.to == OWN { "4103".to_owned() } else { OWN.to_owned() };
        }
        heard(&mut second, told);
        second.waits(20);
        assert_eq!(talked(&second), 40, "apart: {apart}");
    }
}

#[test]
fn an_agent_who_takes_a_parked_call_has_the_own_seconds() {
    let mut desk = Desk::open();
    desk.hears(legs("1.2", &[inbound(Hold), own(Answer)]))
        .waits(4)
        .hears(legs("1.2", &[inbound(Bye), own(Bye)]));
    heard(
        &mut desk,
        vec![record("1.2", ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 60)],
    );
    desk.waits(20);
    assert_eq!(talked(&desk), 4);
}

#[test]
fn a_call_placed_here_and_passed_on_counts_what_was_spoken_here() {
    for to in [ADA, "4102"] {
        let mut desk = Desk::open();
        desk.hears(legs("1.3", &[own(Alert), outbound(Ring)]))
            .hears(legs("1.3", &[own(Answered), outbound(Answer)]))
            .waits(10)
            .hears(legs("1.3", &[own(Bye), outbound(Answer), extension("4102", Ring)]))
            .hears(legs("1.3", &[outbound(Answer), extension("4102", Answer)]))
            .waits(40)
            .hears(legs("1.3", &[outbound(Bye), extension("4102", Bye)]));
        let whole = record("1.3", OWN, to, RecordStatus::Answered, RecordKind::Outbound, 50);
        heard(&mut desk, vec![whole]);
        desk.waits(20);
        assert_eq!(talked(&desk), 10, "{to}");
    }
}

#[test]
fn of_less_than_a_second_before_it_was_passed_on_the_colleagues_row_makes_no_more() {
    let own_part = record("1.30", OWN, ADA, RecordStatus::Answered, RecordKind::Outbound, 0);
    let colleagues = record("1.30", OWN, "4102", RecordStatus::Answered, RecordKind::Outbound, 30);
    let mut desk = Desk::open();
    // Nothing was heard of it: the program was off.
    desk.takes(Input::Past(vec![own_part, colleagues])).waits(20);
    let entry = desk.entry();
    assert_eq!((entry.outcome, entry.talked.as_secs()), (Outcome::Answered, 0));
}

#[test]
fn rows_that_are_read_after_a_restart_still_tell_whose_call_it_was() {
    let told = |to: &str, status| {
        let talked = if status == RecordStatus::Answered { 9 } else { 0 };
        record("1.31", ADA, to, status, RecordKind::Inbound, talked)
    };
    let (mine, colleagues) =
        (told(OWN, RecordStatus::Answered), told("4102", RecordStatus::Answered));
    let only_rang = told(OWN, RecordStatus::NoAnswer);
    for (event, rows, outcome, seconds) in [
        // The event names the last phone that rang.
        (mine.clone(), vec![only_rang.clone(), colleagues.clone()], Outcome::Elsewhere, 0),
        (mine.clone(), vec![mine.clone()], Outcome::Answered, 9),
        (mine.clone(), vec![], Outcome::Answered, 9),
        (colleagues.clone(), vec![mine], Outcome::Answered, 9),
        (colleagues.clone(), vec![only_rang, colleagues.clone()], Outcome::Elsewhere, 0),
        (colleagues, vec![], Outcome::Elsewhere, 0),
    ] {
        let mut desk = Desk::open();
        // Legs come at the call's end only.
        desk.hears(legs("1.31", &[inbound(Bye), own(Bye)]))
            .hears(CallEvent::Record(event.clone()))
            .waits(20);
        desk.restarts().takes(Input::Past(rows.clone())).waits(20);
        let entry = desk.amendments().pop().unwrap_or_else(|| desk.entry());
        assert_eq!(
            (entry.outcome, entry.talked.as_secs()),
            (outcome, seconds),
            "{event:?} {rows:?}"
        );
    }
}

#[test]
fn a_late_ring_of_a_call_that_had_its_entry_before_a_restart_opens_no_second_page() {
    let ring = || legs("1.32", &[inbound(Alert), own(Ring), extension("4102", Ring)]);
    let mut desk = Desk::open();
    desk.hears(ring()).waits(2);
    let colleagues = record("1.32", ADA, "4102", RecordStatus::Answered, RecordKind::Inbound, 9);
    desk.hears(legs("1.32", &[inbound(Bye), own(Bye), extension("4102", Bye)]))
        .hears(CallEvent::Record(colleagues))
        .waits(20);
    assert_eq!((desk.entry().outcome, desk.pops()), (Outcome::Elsewhere, 1));
    desk.restarts().hears(ring()).waits(60);
    assert_eq!(desk.pops(), 1);
}

#[test]
fn a_restart_does_not_give_a_passed_on_call_the_colleagues_minutes() {
    for restart_after_the_end in [true, false] {
        let mut desk = Desk::open();
        desk.hears(legs("1.4", &[inbound(Alert), own(Ring)]))
            .hears(legs("1.4", &[inbound(Answered), own(Answer)]))
            .waits(20)
            .hears(legs("1.4", &[own(Bye), extension("4102", Ring)]))
            .hears(legs("1.4", &[extension("4102", Answer)]));
        if !restart_after_the_end {
            desk.restarts().hears(CallEvent::Live(Vec::new()));
        }
        desk.waits(60);
        if restart_after_the_end {
            desk.restarts().hears(CallEvent::Live(Vec::new()));
        }
        let whole = record("1.4", ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 80);
        desk.takes(Input::Past(vec![whole])).waits(60);
        assert_eq!(talked(&desk), 20, "after the end: {restart_after_the_end}");
    }
}

#[test]
fn the_record_still_says_for_how_long_an_agent_spoke_whose_hang_up_was_not_heard() {
    let mut desk = Desk::open();
    desk.hears(legs("1.5", &[inbound(Alert), own(Ring)]))
        .hears(legs("1.5", &[inbound(Answered), own(Answer)]))
        .waits(20);
    desk.takes(Input::Unheard).waits(300).hears(CallEvent::Live(Vec::new()));
    let own_part = record("1.5", ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 33);
    desk.takes(Input::Past(vec![own_part])).waits(60);
    assert_eq!(talked(&desk), 33);
}

#[test]
fn of_two_calls_the_one_that_is_spoken_on_is_meant_and_not_the_one_on_hold() {
    let mut desk = Desk::open();
    desk.hears(legs("1.6", &[inbound(Alert), own(Ring)]))
        .hears(legs("1.6", &[inbound(Answered), own(Answer)]))
        .waits(5)
        .hears(legs("1.6", &[inbound(Hold), own(Answer)]))
        .hears(legs("1.7", &[own(Alert), extension("4102", Ring)]));
    let current = |desk: &Desk| desk.board.current(desk.now).map(|call| call.id.clone());
    assert_eq!(current(&desk), Some(id("1.7")), "the phone that calls comes before one that waits");
    desk.hears(legs("1.7", &[own(Answered), extension("4102", Answer)])).waits(5);
    assert_eq!(current(&desk), Some(id("1.7")));
    let phases: Vec<_> =
        desk.board.live(desk.now).into_iter().map(|call| (call.id.clone(), call.phase)).collect();
    assert_eq!(phases, [(id("1.6"), Phase::Held), (id("1.7"), Phase::Talking)]);
    // Back to the first.
    desk.hears(legs("1.7", &[own(Answered), extension("4102", Hold)]))
        .hears(legs("1.6", &[inbound(Answered), own(Answer)]));
    assert_eq!(current(&desk), Some(id("1.6")));
    desk.waits(5).hears(legs("1.6", &[inbound(Bye), own(Bye)])).waits(10);
    assert_eq!(desk.entry().talked, Duration::from_secs(15), "time on hold belongs to the call");
    assert_eq!(current(&desk), Some(id("1.7")));
}

#[test]
fn a_held_call_goes_on_after_a_restart() {
    let mut desk = Desk::open();
    desk.hears(legs("1.8", &[inbound(Answered), own(Answer)]))
        .waits(5)
        .hears(legs("1.8", &[inbound(Hold)]))
        .waits(5);
    desk.restarts();
    assert_eq!(desk.memories[0].phase, Phase::Held);
    desk.hears(CallEvent::Live(vec![(id("1.8"), vec![inbound(Hold), own(Answer)])]))
        .waits(5)
        .hears(legs("1.8", &[inbound(Bye), own(Bye)]))
        .waits(10);
    assert_eq!(desk.entry().talked, Duration::from_secs(15));
}

#[test]
fn a_transfer_that_is_not_taken_here_is_the_colleagues_call_however_late_its_record() {
    for (late, apart) in [(0, true), (6, true), (6, false), (16, true), (40, true), (40, false)] {
        let mut desk = Desk::open();
        desk.hears(legs("1.9", &[inbound(Answered), extension("4102", Bye), own(Ring)]))
            .waits(9)
            .hears(legs("1.9", &[inbound(Bye)]))
            .hears(legs("1.9", &[own(Bye)]))
            .waits(late);
        let answered = |to| record("1.9", ADA, to, RecordStatus::Answered, RecordKind::Inbound, 12);
        let mut told = vec![answered("4102")];
        if apart {
            told.push(record("1.9", ADA, OWN, RecordStatus::NoAnswer, RecordKind::Inbound, 0));
        } else {
            told = vec![answered(OWN)];
        }
        heard(&mut desk, told);
        desk.waits(60);
        assert_eq!(desk.entry().outcome, Outcome::Elsewhere, "{late} s late, apart: {apart}");
        let other = |entry: &domain::JournalEntry| entry.outcome != Outcome::Elsewhere;
        assert!(!desk.amendments().iter().any(other), "{late} s late, apart: {apart}");
    }
}

#[test]
fn a_group_call_that_a_colleague_takes_unheard_waits_for_its_record() {
    let rings =
        [inbound(Alert), through("6400", own(Ring)), through("6400", extension("4102", Ring))];
    for late in [1, 9, 15] {
        let mut desk = Desk::open();
        desk.hears(legs("1.10", &rings)).waits(3);
        desk.takes(Input::Unheard).waits(2).hears(CallEvent::Live(Vec::new()));
        desk.takes(Input::Gone { call: id("1.10") }).waits(late);
        let taken = record("1.10", ADA, "4102", RecordStatus::Answered, RecordKind::Inbound, 1);
        heard(&mut desk, vec![taken]);
        desk.waits(60);
        assert_eq!(desk.entry().outcome, Outcome::Elsewhere, "{late} s late");
        assert_eq!(desk.amendments(), [], "{late} s late");
    }
}

#[test]
fn a_group_call_whose_record_comes_after_its_entry_is_taken_back() {
    let rings =
        [inbound(Alert), through("6400", own(Ring)), through("6400", extension("4102", Ring))];
    let mut desk = Desk::open();
    desk.hears(legs("1.11", &rings)).waits(3);
    desk.takes(Input::Unheard).waits(2).hears(CallEvent::Live(Vec::new()));
    desk.takes(Input::Gone { call: id("1.11") }).waits(60);
    assert_eq!(desk.entry().outcome, Outcome::Missed);
    let taken = record("1.11", ADA, "4102", RecordStatus::Answered, RecordKind::Inbound, 1);
    desk.takes(Input::Past(vec![taken]));
    assert_eq!(desk.amendments().last().map(|entry| entry.outcome), Some(Outcome::Elsewhere));
}

#[test]
fn a_call_that_nobody_took_is_an_entry_in_time_also_where_no_record_comes() {
    // Heard from the first ring to the last hang-up; and with the connection gone in between.
    for unheard in [false, true] {
        let mut desk = Desk::open();
        desk.hears(legs("1.12", &[inbound(Alert), own(Ring), extension("4100", Ring)])).waits(5);
        if unheard {
            desk.takes(Input::Unheard).hears(CallEvent::Live(vec![(
                id("1.12"),
                vec![inbound(Alert), own(Ring), extension("4100", Ring)],
            )]));
        }
        desk.hears(legs("1.12", &[inbound(Bye), own(Bye), extension("4100", Bye)]));
        let due = if unheard { 19 } else { 7 };
        desk.waits(due);
        let entry = desk.entry();
        assert_eq!(entry.outcome, Outcome::Missed);
        assert!(Duration::from_secs(due) + entry.courtesy(false) <= Duration::from_secs(23));
    }
}

#[test]
fn what_is_decided_while_the_pbx_is_away_waits_for_it() {
    let mut desk = Desk::open();
    desk.hears(legs("1.13", &[inbound(Alert), own(Ring)])).waits(2);
    desk.takes(Input::Unheard).waits(300);
    assert!(desk.entries().is_empty());
    desk.hears(CallEvent::Live(Vec::new()));
    let spoken = record("1.13", ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 44);
    desk.takes(Input::Past(vec![spoken])).waits(30);
    assert_eq!(desk.entry().talked, Duration::from_secs(44));
}

#[test]
fn what_is_judged_before_the_extensions_are_known_is_judged_again() {
    let rings = [inbound(Alert), own(Ring), extension("4102", Ring)];
    let mut desk = Desk::open();
    desk.hears(legs("1.14", &rings)).waits(2);
    desk.restarts_without_colleagues().hears(CallEvent::Live(Vec::new()));
    let taken = record("1.14", ADA, "4102", RecordStatus::Answered, RecordKind::Inbound, 30);
    desk.takes(Input::Past(vec![taken])).waits(30);
    assert_eq!(desk.entry().outcome, Outcome::Missed, "a queue may have answered");
    desk.learns_colleagues();
    assert_eq!(desk.amendments().last().map(|entry| entry.outcome), Some(Outcome::Elsewhere));
    // What was judged with the list does not hang on later ones.
    let before = desk.amendments().len();
    desk.takes(Input::Colleagues(Vec::new())).learns_colleagues();
    assert_eq!(desk.amendments().len(), before);
}

#[test]
fn after_a_start_with_a_full_history_the_oldest_is_forgotten_first() {
    let mut desk = Desk::open();
    for call in 0..512 {
        let name = format!("2.{call}");
        desk.hears(legs(&name, &[inbound(Answered), own(Answer)]))
            .waits(3)
            .hears(legs(&name, &[inbound(Bye), own(Bye)]))
            .waits(6);
    }
    desk.restarts().hears(CallEvent::Live(Vec::new()));
    desk.hears(legs("3.1", &[inbound(Answered), own(Answer)]))
        .waits(3)
        .hears(legs("3.1", &[inbound(Bye), own(Bye)]))
        .waits(6);
    assert!(!desk.board.knows(&id("2.0")));
    assert!(desk.board.knows(&id("2.511")));
    let before = desk.entries().len();
    let late = record("2.511", ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 3);
    desk.hears(CallEvent::Record(late)).waits(10);
    assert_eq!(desk.entries().len(), before, "a record of the last call is no new call");
}

#[test]
fn a_call_whose_end_was_told_is_not_told_again_from_its_record_however_many_have_ended_since() {
    let mut desk = Desk::open();
    let name = |call: u32| format!("4.{call}");
    let late = |call| record(&name(call), ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 3);
    for call in 0..600 {
        desk.hears(legs(&name(call), &[inbound(Answered), own(Answer)]))
            .waits(3)
            .hears(legs(&name(call), &[inbound(Bye), own(Bye)]))
            .waits(6);
    }
    assert_eq!(desk.entries().len(), 600);
    desk.takes(Input::Past((0..600).map(late).collect()))
        .hears(CallEvent::Record(late(1)))
        .waits(100);
    assert_eq!(desk.entries().len(), 600, "their rows are read again");
    // Its entry could not be kept.
    desk.board.lets_go(&id("4.0"));
    desk.takes(Input::Past(vec![late(0)])).waits(10);
    assert_eq!(desk.entries().len(), 601);
}

#[test]
fn a_queue_that_goes_from_phone_to_phone_is_no_transfer() {
    let mut desk = Desk::open();
    let tried = through("6400", extension("4102", Bye));
    desk.hears(legs("1.15", &[inbound(Answered), tried, through("6400", own(Ring))]))
        .waits(9)
        .hears(legs("1.15", &[inbound(Bye), own(Bye)]))
        .waits(60);
    assert_eq!(
        desk.entry().outcome,
        Outcome::Missed,
        "nobody took it, and no record says otherwise"
    );
}

#[test]
fn an_agent_whose_first_part_was_before_anything_was_heard_has_the_seconds_of_both_rows() {
    let cases = [(&[10_u64, 40][..], 50), (&[50], 40), (&[10, 47], 40)];
    for ((rows, talked_seconds), restarts) in
        cases.into_iter().flat_map(|case| [(case, false), (case, true)])
    {
        let mut desk = Desk::open();
        // The phone was picked up, the call parked, and fetched here when the program had come.
        desk.hears(legs("1.16", &[inbound(Hold), own(Answer)]))
            .waits(40)
            .hears(legs("1.16", &[inbound(Bye), own(Bye)]));
        if restarts {
            desk.restarts().hears(CallEvent::Live(Vec::new()));
        }
        let mut started = record("1.16", ADA, OWN, RecordStatus::Answered, RecordKind::Inbound, 0);
        let told = rows.iter().map(|seconds| {
            started.started = started.started.plus(Duration::from_secs(60));
            let talked = Duration::from_secs(*seconds);
            domain::CallRecord { talked, total: talked, ..started.clone() }
        });
        desk.takes(Input::Past(told.collect())).waits(60);
        assert_eq!(talked(&desk), talked_seconds, "{rows:?}, restarts: {restarts}");
    }
}
