//! The typical sequences of yeastar-open-api.md §4.9, one test each.

mod office;

use std::time::Duration;

use domain::{
    CallEvent, Direction, Effect, Input,
    LegStatus::{Alert, Answer, Answered, Bye, Ring},
    Outcome, Party, PhoneState, Policy, PopWhen, RecordKind, RecordStatus,
};
use office::{
    ADA, Desk, OWN, extension, id, inbound, legs, outbound, own, policy, record, through,
};

#[test]
fn a_known_caller_is_answered() {
    let mut desk = Desk::open();
    desk.hears(CallEvent::Phone(PhoneState::Ringing))
        .hears(legs("1.1", &[inbound(Alert), own(Ring)]))
        .waits(3)
        .hears(legs("1.1", &[inbound(Answered), own(Answer)]))
        .waits(51)
        .hears(legs("1.1", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Record(record(
            "1.1",
            ADA,
            "4101",
            RecordStatus::Answered,
            RecordKind::Inbound,
            51,
        )));

    let entry = desk.entry();
    assert_eq!(desk.pops(), 1);
    assert_eq!(entry.outcome, Outcome::Answered);
    assert_eq!(entry.direction, Direction::Inbound);
    assert_eq!(entry.talked, Duration::from_secs(51));
    assert_eq!(entry.party.shown(), Some("+49493555017"));
    assert_eq!(entry.did.as_deref(), Some("4930555000"));
}

#[test]
fn a_missed_call_is_logged_under_the_key_that_all_share() {
    let mut desk = Desk::open();
    desk.hears(legs("1.2", &[inbound(Alert), own(Ring)]))
        .waits(10)
        .hears(legs("1.2", &[inbound(Bye)]))
        .hears(legs("1.2", &[own(Bye)]))
        .hears(CallEvent::Record(record(
            "1.2",
            ADA,
            "4101",
            RecordStatus::NoAnswer,
            RecordKind::Inbound,
            0,
        )));

    let entry = desk.entry();
    assert_eq!(entry.outcome, Outcome::Missed);
    assert_eq!(
        entry.key(&domain::Serial::new("363"), &domain::Extension::new("4101")).as_str(),
        "ys:363:1.2:missed"
    );
}

#[test]
fn a_declined_call_is_a_missed_one() {
    let mut desk = Desk::open();
    desk.hears(legs("1.3", &[inbound(Alert), own(Ring)]))
        .waits(2)
        .hears(legs("1.3", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Failed { call: id("1.3"), reason: "User Busy".to_owned() })
        .hears(CallEvent::Record(record(
            "1.3",
            ADA,
            "4101",
            RecordStatus::Busy,
            RecordKind::Inbound,
            0,
        )));
    assert_eq!(desk.entry().outcome, Outcome::Missed);
}

#[test]
fn a_declined_call_that_goes_to_the_voicemail_box_says_so() {
    let mut desk = Desk::open();
    desk.hears(legs("1.4", &[inbound(Alert), own(Ring)]))
        .waits(2)
        .hears(legs("1.4", &[inbound(Answered), own(Bye)]))
        .waits(20)
        .hears(legs("1.4", &[inbound(Bye)]))
        .hears(CallEvent::Record(record(
            "1.4",
            ADA,
            "4101",
            RecordStatus::Voicemail,
            RecordKind::Inbound,
            15,
        )));
    assert_eq!(desk.entry().outcome, Outcome::Voicemail);
    assert_eq!(desk.entry().talked, Duration::ZERO);
}

#[test]
fn a_call_dialled_by_hand_is_outbound() {
    let mut desk = Desk::open();
    desk.hears(legs("1.5", &[own(Alert), outbound(Ring)]))
        .waits(5)
        .hears(legs("1.5", &[own(Answered), outbound(Answer)]))
        .waits(30)
        .hears(legs("1.5", &[own(Bye), outbound(Bye)]))
        .hears(CallEvent::Record(record(
            "1.5",
            "4101",
            ADA,
            RecordStatus::Answered,
            RecordKind::Outbound,
            30,
        )));
    let entry = desk.entry();
    assert_eq!(entry.direction, Direction::Outbound);
    assert_eq!(entry.talked, Duration::from_secs(30));
    assert_eq!(desk.pops(), 0, "pages for own calls open only when the settings say so");
}

#[test]
fn click_to_call_rings_the_agent_first_and_counts_only_the_conversation() {
    let mut desk = Desk::open();
    desk.takes(Input::Dialled { call: id("1.6"), party: office::plan().read(ADA) })
        .hears(legs("1.6", &[own(Alert)]))
        .waits(4)
        .hears(legs("1.6", &[own(Answer), outbound(Ring)]))
        .waits(6)
        .hears(legs("1.6", &[own(Answered), outbound(Answer)]))
        .waits(20)
        .hears(legs("1.6", &[own(Bye), outbound(Bye)]))
        .waits(5);
    let entry = desk.entry();
    assert_eq!(entry.outcome, Outcome::Answered);
    assert_eq!(entry.talked, Duration::from_secs(20));
}

#[test]
fn click_to_call_that_is_refused_ends_with_its_reason() {
    let mut desk = Desk::open();
    desk.hears(CallEvent::Failed { call: id("1.7"), reason: "NO Dial Permission".to_owned() })
        .takes(Input::Dialled { call: id("1.7"), party: office::plan().read(ADA) })
        .waits(10);
    let entry = desk.entry();
    assert_eq!(entry.outcome, Outcome::Failed);
    assert_eq!(entry.reason.as_deref(), Some("NO Dial Permission"));
}

#[test]
fn click_to_call_whose_phone_never_rings_was_no_call() {
    let mut desk = Desk::open();
    desk.takes(Input::Dialled { call: id("1.7"), party: office::plan().read(ADA) })
        .waits(14)
        .hears(CallEvent::Live(Vec::new()))
        .waits(10);
    assert!(desk.entries().is_empty());
    assert!(desk.effects.contains(&Effect::Forget(id("1.7"))));
}

#[test]
fn click_to_call_whose_events_have_another_name_is_one_call() {
    let wish = || Input::Dialled { call: id("1.000009"), party: office::plan().read(ADA) };
    let first = legs("1.9", &[own(Alert)]);
    for answer_first in [true, false] {
        let mut desk = Desk::open();
        if answer_first {
            desk.takes(wish()).hears(first.clone());
        } else {
            desk.hears(first.clone()).takes(wish());
        }
        desk.waits(4)
            .hears(legs("1.9", &[own(Answered), outbound(Answer)]))
            .waits(20)
            .hears(legs("1.9", &[own(Bye), outbound(Bye)]))
            .waits(30);
        let entry = desk.entry();
        assert_eq!((entry.call.as_str(), entry.outcome), ("1.9", Outcome::Answered));
    }
}

#[test]
fn click_to_call_whose_call_has_another_name_is_one_call_over_a_restart() {
    let wish = || Input::Dialled { call: id("1.000009"), party: office::plan().read(ADA) };
    let record = record("1.9", OWN, ADA, RecordStatus::Answered, RecordKind::Outbound, 20);
    // It went on while the program was closed.
    let mut closed = Desk::open();
    closed.takes(wish()).restarts().waits(30);
    closed.takes(Input::Past(vec![record])).hears(CallEvent::Live(Vec::new())).waits(30);
    // The phone begins to call after the start.
    let mut open = Desk::open();
    open.takes(wish()).restarts().waits(2);
    open.hears(legs("1.9", &[own(Alert)]))
        .hears(legs("1.9", &[own(Answered), outbound(Answer)]))
        .waits(20)
        .hears(legs("1.9", &[own(Bye), outbound(Bye)]))
        .waits(30);
    for (what, desk) in [("closed", &closed), ("open", &open)] {
        let entry = desk.entry();
        assert_eq!((entry.call.as_str(), entry.outcome), ("1.9", Outcome::Answered), "{what}");
        assert!(desk.effects.contains(&Effect::Forget(id("1.000009"))), "{what}");
    }
}

#[test]
fn a_wish_of_yesterday_is_no_call_of_now() {
    let mut desk = Desk::open();
    desk.takes(Input::Dialled { call: id("1.000009"), party: office::plan().read(ADA) });
    desk.sets_clock_by(86_400).restarts().waits(1);
    let pops = desk.pops();
    desk.hears(legs("1.9", &[own(Alert), outbound(Ring)]))
        .waits(2)
        .hears(legs("1.9", &[own(Bye), outbound(Bye)]))
        .waits(30);
    assert!(desk.entries().iter().all(|entry| entry.call.as_str() == "1.9"));
    assert_eq!(desk.pops(), pops, "a page for yesterday's");
    let age = desk.now.wall.since(desk.entry().started);
    assert!(age < Duration::from_secs(60), "it began today");
}

#[test]
fn a_call_by_hand_beside_a_click_to_another_number_stays_its_own() {
    let mut desk = Desk::open();
    desk.takes(Input::Dialled { call: id("1.5"), party: office::plan().read("030 1234567") })
        .hears(legs("1.6", &[own(Alert), outbound(Ring)]))
        .hears(legs("1.5", &[own(Alert)]))
        .waits(2)
        .hears(legs("1.6", &[own(Bye), outbound(Bye)]))
        .hears(legs("1.5", &[own(Bye)]))
        .waits(10);
    assert_eq!(desk.entries().len(), 2);
}

#[test]
fn the_call_of_a_dial_whose_answer_was_lost_is_the_one_that_the_own_phone_places_then() {
    let placed = |call| legs(call, &[own(Alert)]);
    let rings = |call| legs(call, &[own(Ring)]);
    let queue = legs("1.5", &[through("6400", own(Ring))]);
    let shown_whom = legs("1.6", &[own(Alert), outbound(Ring)]);
    for (what, seconds_after, shown, found) in [
        ("our phone calls", 2, vec![placed("1.1")], Some("1.1")),
        ("it is met as it talks", 2, vec![legs("1.2", &[own(Answered)])], Some("1.2")),
        ("our phone is called", 2, vec![rings("1.3")], None),
        ("and picked up", 2, vec![rings("1.4"), legs("1.4", &[own(Answer)])], None),
        ("a queue calls", 2, vec![queue], None),
        ("it calls whom the trunk shows", 2, vec![shown_whom], None),
        ("it called before", -2, vec![placed("1.7")], None),
        ("it calls much later", 15, vec![placed("1.8")], None),
        ("two are placed", 2, vec![placed("1.9"), placed("1.10")], None),
        ("beside a caller", 2, vec![rings("1.11"), placed("1.12")], Some("1.12")),
    ] {
        let mut desk = Desk::open();
        let asked = desk.now.steady + Duration::from_secs(60);
        desk.waits(60_u64.saturating_add_signed(seconds_after));
        for event in shown {
            desk.hears(event);
        }
        desk.waits(1);
        assert_eq!(desk.board.came_of_dial(asked), found.map(id), "{what}");
    }
}

#[test]
fn an_outbound_call_that_nobody_answers_is_no_conversation() {
    let mut desk = Desk::open();
    desk.hears(legs("1.8", &[own(Alert), outbound(Ring)]))
        .waits(20)
        .hears(legs("1.8", &[own(Bye), outbound(Bye)]))
        .hears(CallEvent::Failed { call: id("1.8"), reason: "486 Busy Here".to_owned() })
        .waits(5);
    assert_eq!(desk.entry().outcome, Outcome::Busy);
}

#[test]
fn a_ring_group_call_that_a_colleague_answers_is_elsewhere() {
    let mut desk = Desk::open();
    desk.hears(legs(
        "1.9",
        &[inbound(Alert), through("6400", own(Ring)), through("6400", extension("4102", Ring))],
    ))
    .waits(3)
    .hears(legs("1.9", &[inbound(Answered), own(Bye), extension("4102", Answer)]))
    .waits(3)
    .hears(CallEvent::Record(record(
        "1.9",
        ADA,
        "4102",
        RecordStatus::Answered,
        RecordKind::Inbound,
        9,
    )))
    .waits(20);
    assert_eq!(desk.entry().outcome, Outcome::Elsewhere);
}

#[test]
fn a_group_call_that_nobody_takes_lets_the_lowest_extension_go_first() {
    let mut desk = Desk::open();
    desk.hears(legs(
        "1.10",
        &[inbound(Alert), through("6400", own(Ring)), through("6400", extension("4100", Ring))],
    ))
    .waits(9)
    .hears(legs("1.10", &[inbound(Bye), own(Bye), extension("4100", Bye)]))
    .hears(CallEvent::Record(record(
        "1.10",
        ADA,
        "6400",
        RecordStatus::NoAnswer,
        RecordKind::Inbound,
        0,
    )));
    let entry = desk.entry();
    assert_eq!(entry.outcome, Outcome::Missed);
    assert_eq!(entry.queue.as_deref(), Some("6400"));
    assert_eq!(entry.rank, 1);
    for creates in [false, true] {
        let courtesy = entry.courtesy(creates);
        assert!(courtesy > Duration::ZERO && courtesy < Duration::from_secs(20));
    }
}

#[test]
fn a_queue_that_tries_one_phone_after_the_other_waits_for_the_end_of_the_call() {
    let mut desk = Desk::open();
    desk.hears(legs("1.11", &[inbound(Answered), through("6400", own(Ring))]))
        .waits(15)
        .hears(legs("1.11", &[own(Bye)]))
        .waits(1)
        .hears(legs("1.11", &[through("6400", extension("4102", Ring))]))
        .waits(5);
    assert_eq!(desk.entries().len(), 0, "somebody may still take it");
    desk.hears(legs("1.11", &[extension("4102", Answer)])).waits(3);
    assert_eq!(desk.entry().outcome, Outcome::Elsewhere);
}

#[test]
fn the_records_of_a_queue_and_of_our_part_in_it_are_one_entry() {
    let mut desk = Desk::open();
    desk.hears(legs("1.5", &[inbound(Answered), through("6400", own(Ring))]))
        .hears(legs("1.5", &[inbound(Answered), through("6400", own(Answer))]))
        .waits(30)
        .hears(legs("1.5", &[inbound(Bye), through("6400", own(Bye))]));
    for to in ["6400", "4101"] {
        let part = record("1.5", ADA, to, RecordStatus::Answered, RecordKind::Inbound, 30);
        desk.hears(CallEvent::Record(part));
    }
    desk.waits(2);
    assert_eq!(desk.entry().talked, Duration::from_secs(30));
    assert!(!desk.effects.iter().any(|effect| matches!(effect, Effect::Amend(_))));
}

#[test]
fn a_blind_transfer_logs_what_this_agent_spoke() {
    let mut desk = Desk::open();
    desk.hears(legs("1.12", &[inbound(Alert), own(Ring)]))
        .waits(2)
        .hears(legs("1.12", &[inbound(Answered), own(Answer)]))
        .waits(20)
        .hears(legs("1.12", &[own(Bye), extension("4102", Ring)]))
        .waits(2)
        .hears(legs("1.12", &[extension("4102", Answer)]))
        .waits(40)
        .hears(legs("1.12", &[inbound(Bye), extension("4102", Bye)]))
        .hears(CallEvent::Record(record(
            "1.12",
            ADA,
            "4102",
            RecordStatus::Answered,
            RecordKind::Inbound,
            60,
        )))
        .waits(10);
    let entry = desk.entry();
    assert_eq!(entry.outcome, Outcome::Answered);
    assert_eq!(entry.talked, Duration::from_secs(20));
    assert_eq!(desk.amendments(), vec![], "the colleague's record is not ours");
}

#[test]
fn a_call_that_is_transferred_to_this_agent_is_logged_for_both() {
    let mut desk = Desk::open();
    desk.hears(legs("1.13", &[inbound(Answered), extension("4102", Bye), own(Ring)]))
        .waits(2)
        .hears(legs("1.13", &[own(Answer)]))
        .waits(30)
        .hears(legs("1.13", &[inbound(Bye), own(Bye)]))
        .waits(5);
    assert_eq!(desk.pops(), 1);
    assert_eq!(desk.entry().talked, Duration::from_secs(30));
}

#[test]
fn a_call_picked_up_for_a_colleague_pops_although_it_never_rang_here() {
    let mut desk = Desk::open();
    desk.hears(legs("1.14", &[inbound(Answered), own(Answer), extension("4102", Bye)])).waits(5);
    assert_eq!(desk.pops(), 1);
}

#[test]
fn a_call_that_a_colleague_picks_up_here_is_not_ours() {
    let mut desk = Desk::open();
    desk.hears(legs("1.15", &[inbound(Alert), own(Ring)]))
        .waits(2)
        .hears(legs("1.15", &[inbound(Answered), own(Bye), extension("4102", Answer)]))
        .waits(9)
        // The PBX names the phone that was called, not the one that took it.
        .hears(CallEvent::Record(record(
            "1.15",
            ADA,
            "4101",
            RecordStatus::Answered,
            RecordKind::Inbound,
            9,
        )))
        .waits(10);
    assert_eq!(desk.entry().outcome, Outcome::Elsewhere);
}

#[test]
fn two_calls_at_once_are_two_entries() {
    let mut desk = Desk::open();
    desk.hears(legs("1.16", &[inbound(Answered), own(Answer)]))
        .hears(legs("1.17", &[inbound(Alert), own(Ring)]))
        .waits(5)
        .hears(legs("1.17", &[inbound(Bye), own(Bye)]))
        .waits(5)
        .hears(legs("1.16", &[inbound(Bye), own(Bye)]))
        .waits(5);
    let outcomes: Vec<_> =
        desk.entries().into_iter().map(|entry| (entry.call, entry.outcome)).collect();
    assert_eq!(outcomes, vec![(id("1.17"), Outcome::Missed), (id("1.16"), Outcome::Answered)]);
}

#[test]
fn a_number_that_the_events_lack_is_asked_for() {
    let mut desk = Desk::open();
    desk.hears(CallEvent::Phone(PhoneState::Ringing));
    assert_eq!(desk.asked_live(), 1, "30008 may be the only early sign");
    desk.hears(legs("1.18", &[own(Ring)])).waits(1);
    assert_eq!(desk.pops(), 0);
    desk.hears(CallEvent::Live(vec![(id("1.18"), vec![inbound(Alert), own(Ring)])]));
    assert_eq!(desk.pops(), 1);
}

#[test]
fn a_call_that_is_over_before_the_lookup_answers_opens_nothing() {
    let mut desk = Desk::open();
    desk.matches = domain::Matches::default();
    desk.hears(legs("1.19", &[inbound(Alert), own(Ring)]))
        .hears(legs("1.19", &[inbound(Bye), own(Bye)]));
    desk.takes(Input::Identified { call: id("1.19"), matches: office::ada() });
    assert_eq!(desk.pops(), 0);
}

#[test]
fn a_hang_up_of_a_call_never_seen_alive_opens_nothing_and_waits_for_its_record() {
    let mut desk = Desk::open();
    desk.hears(legs("1.20", &[own(Bye)])).waits(5);
    assert_eq!((desk.pops(), desk.entries().len()), (0, 0));
    desk.takes(Input::Past(vec![record(
        "1.20",
        ADA,
        "4101",
        RecordStatus::Answered,
        RecordKind::Inbound,
        12,
    )]));
    assert_eq!(desk.entry().talked, Duration::from_secs(12));
}

#[test]
fn the_record_wins_over_the_legs_once() {
    let mut desk = Desk::open();
    desk.hears(legs("1.21", &[inbound(Alert), own(Ring)]))
        .hears(legs("1.21", &[inbound(Answered), own(Answer)]))
        .waits(10)
        .hears(legs("1.21", &[inbound(Bye), own(Bye)]))
        .waits(9);
    assert_eq!(desk.entry().talked, Duration::from_secs(10));
    let late = CallEvent::Record(record(
        "1.21",
        ADA,
        "4101",
        RecordStatus::Answered,
        RecordKind::Inbound,
        8,
    ));
    desk.hears(late.clone()).hears(late);
    assert_eq!(
        desk.amendments().iter().map(|entry| entry.talked.as_secs()).collect::<Vec<_>>(),
        [8]
    );
}

#[test]
fn a_withheld_caller_is_logged_without_being_looked_up() {
    let mut desk = Desk::open();
    let mut caller = inbound(Alert);
    if let domain::LegKind::Inbound { from, .. } = &mut caller.kind {
        *from = "anonymous".to_owned();
    }
    desk.hears(legs("1.22", &[caller, own(Ring)]))
        .waits(3)
        .hears(legs("1.22", &[own(Bye), inbound(Bye)]))
        .waits(5);
    assert_eq!(desk.pops(), 0);
}

#[test]
fn pages_open_on_answer_when_the_settings_say_so() {
    let mut desk = Desk::with(Policy { when: PopWhen::Answer, ..policy() });
    desk.hears(legs("1.23", &[inbound(Alert), own(Ring)])).waits(2);
    assert_eq!(desk.pops(), 0);
    desk.hears(legs("1.23", &[inbound(Answered), own(Answer)]));
    assert_eq!(desk.pops(), 1);
}

#[test]
fn a_parked_call_that_is_taken_back_counts_both_halves() {
    let mut desk = Desk::open();
    let mut again = own(Answer);
    again.channel = domain::ChannelId::new("PJSIP/4101-0000b000");
    let mut bye = again.clone();
    bye.status = Bye;
    desk.hears(legs("1.24", &[inbound(Answered), own(Answer)]))
        .waits(10)
        .hears(legs("1.24", &[own(Bye)]))
        .waits(30)
        .hears(legs("1.24", &[again]))
        .waits(7)
        .hears(legs("1.24", &[inbound(Bye), bye]))
        .waits(10);
    assert_eq!(desk.entry().talked, Duration::from_secs(10));
    assert_eq!(desk.amendments().last().map(|entry| entry.talked.as_secs()), Some(17));
    assert_eq!(desk.pops(), 1);
}

#[test]
fn killed_in_mid_call_the_next_start_goes_on_and_pops_no_second_time() {
    let mut desk = Desk::open();
    desk.hears(legs("1.25", &[inbound(Alert), own(Ring)]))
        .waits(2)
        .hears(legs("1.25", &[inbound(Answered), own(Answer)]))
        .waits(5);
    desk.restarts()
        .hears(CallEvent::Live(vec![(id("1.25"), vec![inbound(Answered), own(Answer)])]))
        .waits(5)
        .hears(legs("1.25", &[inbound(Bye), own(Bye)]))
        .waits(5);
    assert_eq!(desk.pops(), 1);
    assert_eq!(desk.entry().talked, Duration::from_secs(10));
}

#[test]
fn a_clock_that_is_set_in_a_call_is_no_talk_for_the_next_start() {
    for seconds in [-3_600, 3_600] {
        let mut desk = Desk::open();
        desk.hears(legs("1.25", &[inbound(Answered), own(Answer)])).waits(5);
        desk.sets_clock_by(seconds).waits(2);
        desk.restarts()
            .hears(CallEvent::Live(vec![(id("1.25"), vec![inbound(Answered), own(Answer)])]))
            .waits(5)
            .hears(legs("1.25", &[inbound(Bye), own(Bye)]))
            .waits(30);
        assert_eq!(desk.entry().talked, Duration::from_secs(12), "set by {seconds} s");
    }
}

#[test]
fn an_end_that_is_heard_late_makes_no_talk_of_a_call_of_less_than_a_second() {
    let mut desk = Desk::open();
    desk.hears(legs("1.27", &[inbound(Alert), own(Ring)])).waits(2);
    desk.hears(legs("1.27", &[inbound(Answered), own(Answer)])).waits(3);
    desk.hears(legs("1.27", &[inbound(Bye), own(Bye)]))
        .hears(CallEvent::Record(record(
            "1.27",
            ADA,
            "4101",
            RecordStatus::Answered,
            RecordKind::Inbound,
            0,
        )))
        .waits(30);
    assert_eq!(desk.entry().talked, Duration::ZERO);
}

#[test]
fn a_call_that_was_passed_on_unheard_ends_here_whatever_the_colleagues_phone_does() {
    let mut desk = Desk::open();
    desk.hears(legs("1.28", &[inbound(Alert), own(Ring)])).waits(2);
    desk.hears(legs("1.28", &[inbound(Answered), own(Answer)])).waits(3);
    desk.takes(Input::Unheard).waits(1);
    desk.hears(CallEvent::Live(Vec::new()));
    desk.hears(legs("1.28", &[inbound(Answered), extension("4102", Ring)])).waits(2);
    desk.hears(legs("1.28", &[inbound(Bye), extension("4102", Bye)])).waits(60);
    assert_eq!(desk.entry().outcome, Outcome::Answered);
}

#[test]
fn killed_in_mid_call_that_is_over_by_the_next_start_the_record_tells() {
    let mut desk = Desk::open();
    desk.hears(legs("1.26", &[inbound(Answered), own(Answer)])).waits(5);
    desk.restarts().waits(60).hears(CallEvent::Live(Vec::new())).takes(Input::Past(vec![record(
        "1.26",
        ADA,
        "4101",
        RecordStatus::Answered,
        RecordKind::Inbound,
        6,
    )]));
    assert_eq!(desk.entry().talked, Duration::from_secs(6));
}

#[test]
fn calls_of_others_leave_no_trace() {
    let mut desk = Desk::open();
    desk.hears(legs("9.1", &[inbound(Alert), extension("4102", Ring)]))
        .hears(CallEvent::Record(record(
            "9.1",
            ADA,
            "4102",
            RecordStatus::Answered,
            RecordKind::Inbound,
            5,
        )))
        .takes(Input::Past(vec![record(
            "9.2",
            ADA,
            "4103",
            RecordStatus::Answered,
            RecordKind::Inbound,
            5,
        )]))
        .waits(100);
    assert_eq!(desk.effects, vec![]);
}

#[test]
fn an_internal_call_names_the_colleague() {
    let mut desk = Desk::open();
    desk.hears(legs("1.27", &[own(Alert), extension("4102", Ring)]))
        .waits(2)
        .hears(legs("1.27", &[own(Answered), extension("4102", Answer)]))
        .waits(8)
        .hears(legs("1.27", &[own(Bye), extension("4102", Bye)]))
        .waits(5);
    let entry = desk.entry();
    assert_eq!(entry.direction, Direction::Internal);
    assert_eq!(entry.party, Party::Extension(domain::Extension::new("4102")));
}

/// Ada's number as a trunk spells it that leaves the plus out; here it may be one of Jever, too.
const WITHOUT_PLUS: &str = "49355501722";

fn leg_of_trunk(status: domain::LegStatus, from: &str) -> domain::Leg {
    let inbound = inbound(status);
    let kind = domain::LegKind::Inbound {
        from: from.to_owned(),
        to: String::new(),
        trunk: "trunk".to_owned(),
    };
    domain::Leg { kind, ..inbound }
}

fn number(e164: &str) -> domain::PhoneNumber {
    domain::PhoneNumber::from_e164(e164).expect("it is E.164")
}

#[test]
fn of_the_numbers_that_a_spelling_may_mean_the_one_that_a_record_has_is_the_callers() {
    let mut desk = Desk::open();
    desk.matches = domain::Matches {
        number: Some(number("+49355501722")),
        others: vec![number("+4949355501722")],
        ..office::ada()
    };
    desk.hears(legs("1.1", &[leg_of_trunk(Alert, WITHOUT_PLUS), own(Ring)])).waits(1);

    let asked: Vec<&Effect> =
        desk.effects.iter().filter(|one| matches!(one, Effect::Identify { .. })).collect();
    let [Effect::Identify { meant, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(meant.likeliest(), &number("+4949355501722"));
    assert!(meant.includes(&number("+49355501722")));
    let party = |desk: &Desk| {
        let call = desk.board.call(&id("1.1"), desk.now).unwrap();
        call.party.unwrap().shown().unwrap().to_owned()
    };
    assert_eq!(party(&desk), "+49355501722");

    // The PBX says the same again, and it is not asked again.
    desk.hears(legs("1.1", &[leg_of_trunk(Answered, WITHOUT_PLUS), own(Answer)])).waits(5);
    assert_eq!(party(&desk), "+49355501722");
    let asked = desk.effects.iter().filter(|one| matches!(one, Effect::Identify { .. })).count();
    assert_eq!(asked, 1);
    desk.hears(legs("1.1", &[leg_of_trunk(Bye, WITHOUT_PLUS), own(Bye)])).waits(10);
    assert_eq!(desk.entry().party.shown(), Some("+49355501722"));
}

#[test]
fn what_was_dialled_from_here_is_the_number_however_the_pbx_reports_it() {
    let plan = domain::DialPlan { outside_prefix: "0".to_owned(), ..office::plan() };
    let dialled = Party::External(number("+49355501722"));
    let reported = |status| {
        let kind = domain::LegKind::Outbound {
            from: "4101".to_owned(),
            to: "0049355501722".to_owned(),
            trunk: "trunk".to_owned(),
        };
        domain::Leg { kind, ..outbound(status) }
    };
    for answer_first in [true, false] {
        let mut desk = Desk::open();
        desk.matches = domain::Matches::default();
        desk.board.set_plan(plan.clone());
        let answer = Input::Dialled { call: id("1.1"), party: dialled.clone() };
        if answer_first {
            desk.takes(answer.clone());
        }
        desk.hears(legs("1.1", &[own(Alert)]));
        desk.hears(legs("1.1", &[own(Alert), reported(Ring)]));
        if !answer_first {
            desk.takes(answer);
        }
        desk.hears(legs("1.1", &[own(Answered), reported(Answer)])).waits(5);
        let call = desk.board.call(&id("1.1"), desk.now).unwrap();
        assert_eq!(call.party, Some(&dialled), "{answer_first}");
        let last = desk.effects.iter().rev().find_map(|effect| match effect {
            Effect::Identify { meant, .. } => Some(meant.clone()),
            _ => None,
        });
        assert_eq!(last, Some(number("+49355501722").into()), "{answer_first}");
    }
}
