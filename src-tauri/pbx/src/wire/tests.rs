//! The fixtures, read; and frames that nobody would send, survived.

use std::time::Duration;

use domain::{
    CallEvent, CallId, CallRecord, ChannelId, Extension, Leg, LegKind, LegStatus, PhoneState,
    RecordKind, RecordStatus, Timestamp,
};
use proptest::prelude::*;

use super::{
    answer::{self, Answer, Calls, ExtensionRow, Information},
    clock::PbxClock,
    event::{self, Frame, Useless},
    record::Row,
};
use crate::{
    ear::{Ear, Sieve},
    error::Error,
};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../fixtures/", $name))
    };
}

const FRAMES: [&str; 13] = [
    fixture!("30008.json"),
    fixture!("30008_as_printed.txt"),
    fixture!("30011.json"),
    fixture!("30011_as_printed.txt"),
    fixture!("30011_as_object.json"),
    fixture!("30011_trunk_unmonitored.json"),
    fixture!("30011_internal.json"),
    fixture!("30011_others.json"),
    fixture!("30012.json"),
    fixture!("30012_older.json"),
    fixture!("30013.json"),
    fixture!("30015.json"),
    fixture!("30028.json"),
];

const NOW: Timestamp = Timestamp::from_seconds(1_767_600_923 + 64);

fn own() -> Extension {
    Extension::new("4101")
}

/// What a listener for 4101 would hand on.
fn heard(ear: &Ear, text: &str) -> Option<CallEvent> {
    let clock = PbxClock::read(&information(), 1_767_600_923, Duration::ZERO);
    Sieve::new(&own())
        .passes(text, ear)
        .then(|| event::read(text).ok())
        .flatten()
        .and_then(|frame| ear.sort(&own(), frame, Some(clock), NOW))
}

fn information() -> Information {
    let body = fixture!("system_information.json").as_bytes();
    answer::read::<Information>(body, NOW).unwrap().data.unwrap()
}

fn ringing() -> CallEvent {
    CallEvent::Legs {
        call: CallId::new("1767600923.417"),
        legs: vec![
            Leg {
                kind: LegKind::Inbound {
                    from: "0493555017".to_owned(),
                    to: "4930555000".to_owned(),
                    trunk: "MainTrunk".to_owned(),
                },
                channel: ChannelId::new("PJSIP/trunk-MainTrunk-endpoint-0000a1f2"),
                status: LegStatus::Alert,
                path: None,
            },
            Leg {
                kind: LegKind::Extension(own()),
                channel: ChannelId::new("PJSIP/4101-0000a1f3"),
                status: LegStatus::Ring,
                path: Some("6400".to_owned()),
            },
        ],
    }
}

#[test]
fn a_call_that_rings_is_read_in_all_three_wrappings() {
    for text in
        [fixture!("30011.json"), fixture!("30011_as_printed.txt"), fixture!("30011_as_object.json")]
    {
        assert_eq!(heard(&Ear::default(), text), Some(ringing()), "{text}");
    }
}

#[test]
fn the_phone_rings_also_as_the_guide_prints_it() {
    for text in [fixture!("30008.json"), fixture!("30008_as_printed.txt")] {
        let event = heard(&Ear::default(), text);
        assert_eq!(event, Some(CallEvent::Phone(PhoneState::Ringing)), "{text}");
    }
}

#[test]
fn an_empty_call_path_of_one_blank_is_none() {
    let event = heard(&Ear::default(), fixture!("30011_trunk_unmonitored.json"));
    let Some(CallEvent::Legs { legs, .. }) = event else { panic!("{event:?}") };
    assert_eq!(legs.len(), 1);
    assert_eq!(legs[0].path, None);
}

#[test]
fn internal_members_are_legs_and_unknown_kinds_are_none() {
    let event = heard(&Ear::default(), fixture!("30011_internal.json"));
    let Some(CallEvent::Legs { legs, .. }) = event else { panic!("{event:?}") };
    let kinds: Vec<_> = legs.into_iter().map(|leg| leg.kind).collect();
    let internal = LegKind::Internal { from: "4102".to_owned(), to: "4101".to_owned() };
    assert_eq!(kinds, [internal, LegKind::Extension(own())]);
}

#[test]
fn other_peoples_calls_do_not_pass_the_sieve() {
    let ear = Ear::default();
    let text = fixture!("30011_others.json");
    assert!(!Sieve::new(&own()).passes(text, &ear));
    // Nor does the filter rely on the sieve.
    let frame = event::read(text).unwrap();
    assert_eq!(ear.sort(&own(), frame, None, NOW), None);
}

#[test]
fn a_call_that_had_us_stays_ours_when_we_are_out_of_it() {
    let ear = Ear::default();
    let others = fixture!("30011_others.json").replace("1767600925.420", "1767600923.417");
    assert_eq!(heard(&ear, &others), None);
    heard(&ear, fixture!("30011.json")).unwrap();
    assert!(matches!(heard(&ear, &others), Some(CallEvent::Legs { .. })));
    let record = fixture!("30012.json").replace("4101", "4102");
    assert!(matches!(heard(&ear, &record), Some(CallEvent::Record(_))));
}

#[test]
fn a_leg_to_the_outside_names_us_even_if_our_phone_is_not_monitored() {
    let text =
        fixture!("30011_others.json").replace("\\\"from\\\":\\\"4102", "\\\"from\\\":\\\"4101");
    assert!(matches!(heard(&Ear::default(), &text), Some(CallEvent::Legs { .. })));
    // A caller's number, or a number dialled from outside, may look like an extension, and is none.
    let text = fixture!("30011.json").replace("4101", "4102").replace("0493555017", "4101");
    assert_eq!(heard(&Ear::default(), &text), None);
}

#[test]
fn end_details_are_read_in_both_spellings() {
    let expected = CallRecord {
        call: CallId::new("1767600923.417"),
        started: Timestamp::from_seconds(1_767_600_923),
        stamped: None,
        from: "0493555017".to_owned(),
        to: "4101".to_owned(),
        total: Duration::from_secs(64),
        talked: Duration::from_secs(51),
        status: RecordStatus::Answered,
        kind: RecordKind::Inbound,
        did: Some("4930555000".to_owned()),
        recording: Some("20260105091536-1767600923.417-0493555017-4101-Inbound.wav".to_owned()),
    };
    let newer = heard(&Ear::default(), fixture!("30012.json"));
    assert_eq!(newer, Some(CallEvent::Record(expected.clone())));
    let older = heard(&Ear::default(), fixture!("30012_older.json"));
    assert_eq!(older, Some(CallEvent::Record(CallRecord { recording: None, ..expected })));
}

#[test]
fn without_the_pbx_clock_a_call_began_when_ours_says() {
    let frame = event::read(fixture!("30012.json")).unwrap();
    let event = Ear::default().sort(&own(), frame, None, NOW);
    let Some(CallEvent::Record(record)) = event else { panic!("{event:?}") };
    assert_eq!(record.started, Timestamp::from_seconds(1_767_600_923));
}

#[test]
fn a_transfer_report_only_says_whose_call_it_is() {
    let ear = Ear::default();
    assert_eq!(heard(&ear, fixture!("30013.json")), None);
    let record = fixture!("30012.json").replace("4101", "4102");
    assert!(matches!(heard(&ear, &record), Some(CallEvent::Record(_))));
}

#[test]
fn a_failure_is_handed_on_once_the_call_is_known_to_be_ours() {
    let failed = fixture!("30015.json");
    let call = CallId::new("1767600923.000012");
    let event = CallEvent::Failed { call: call.clone(), reason: "NO Dial Permission".to_owned() };

    // Nobody dials: somebody else's.
    let ear = Ear::default();
    assert_eq!(heard(&ear, failed), None);

    // The PBX's answer first.
    ear.dialling().became(&call);
    assert_eq!(heard(&ear, failed), Some(event.clone()));

    // The failure first.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let ear = Ear::default();
        let dialling = ear.dialling();
        assert_eq!(heard(&ear, failed), None);
        dialling.became(&call);
        let late = tokio::time::timeout(Duration::from_secs(5), ear.late()).await;
        assert_eq!(late, Ok(event));
        // Only once.
        let again = tokio::time::timeout(Duration::from_millis(200), ear.late()).await;
        assert!(again.is_err());
    });
}

#[test]
fn a_failure_of_somebody_elses_call_is_forgotten_when_ours_is_placed() {
    let ear = Ear::default();
    let dialling = ear.dialling();
    assert_eq!(heard(&ear, fixture!("30015.json")), None);
    dialling.became(&CallId::new("1767600999.1"));
    // Had it been kept, this would claim it.
    ear.dialling().became(&CallId::new("1767600923.000012"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let late = tokio::time::timeout(Duration::from_millis(200), ear.late()).await;
        assert!(late.is_err());
    });
}

#[test]
fn what_is_of_no_use_is_told_apart() {
    for (text, useless) in [
        (fixture!("30028.json"), Useless::Unknown),
        (r#"{"type":31337,"msg":"{}"}"#, Useless::Unknown),
        (
            r#"{"type":30008,"msg":"{\"extension\":\"4101\",\"status\":\"Dreaming\"}"}"#,
            Useless::Unknown,
        ),
        (r#"{"type":30008,"msg":"{\"status\":\"Ringing\"}"}"#, Useless::Unparsed),
        (r#"{"type":30011,"msg":"{\"members\":[]}"}"#, Useless::Unparsed),
        (r#"{"type":30011,"msg":"{\"call_id\":\"1\",\"members\":["}"#, Useless::Unparsed),
        (r#"{"type":30008,"msg":"[\"4101\",\"Ringing\"]"}"#, Useless::Unparsed),
        (r#"[30008,0,"x"]"#, Useless::Unparsed),
        (r#"{"type":30011}"#, Useless::Unparsed),
        (r#"{"msg":"{}"}"#, Useless::Unparsed),
        ("", Useless::Unparsed),
        ("{", Useless::Unparsed),
        ("4101", Useless::Unparsed),
    ] {
        assert_eq!(event::read(text).unwrap_err(), useless, "{text}");
    }
}

#[test]
fn members_may_be_null_missing_a_single_object_or_nonsense() {
    for (members, legs) in [
        ("null", 0),
        ("[]", 0),
        ("{}", 0),
        ("\"\"", 0),
        ("[null,1,\"x\",[],{\"extension\":null}]", 0),
        ("{\"extension\":{\"number\":\"4101\"}}", 1),
        ("[{\"extension\":{\"number\":4101,\"channel_id\":null,\"member_status\":7}}]", 1),
        ("[{\"Extension\":{\"number\":\"4101\"},\"inbound\":{}}]", 2),
    ] {
        let text = format!(r#"{{"type":30011,"msg":{{"call_id":"1.2","members":{members}}}}}"#);
        let Ok(Frame::Call(call)) = event::read(&text) else { panic!("{text}") };
        let read = call.legs();
        assert_eq!(read.len(), legs, "{text}");
        assert!(read.iter().all(|leg| leg.status == LegStatus::Unknown));
    }
}

#[test]
fn live_calls_are_read_and_those_of_others_left_out() {
    let body = fixture!("call_query.json").as_bytes();
    let calls: Answer<Calls> = answer::read(body, NOW).unwrap();
    let live = Ear::default().live(&own(), calls.data.unwrap().0);
    let CallEvent::Legs { call, legs } = ringing() else { unreachable!() };
    assert_eq!(live, [(call, legs)]);
    let idle: Answer<Calls> =
        answer::read(fixture!("call_query_idle.json").as_bytes(), NOW).unwrap();
    assert!(idle.data.is_none());
}

#[test]
fn a_parameter_error_is_not_a_token_error() {
    let error = answer::granted(fixture!("parameter_error.json").as_bytes(), NOW).unwrap_err();
    let Error::Refused { code: 40002, message } = error else { panic!("{error}") };
    assert_eq!(message, "PARAMETER ERROR");
}

#[test]
fn an_extension_is_online_with_any_phone_and_a_blank_address_is_none() {
    let body = fixture!("extension_list.json").as_bytes();
    let rows: Answer<Vec<ExtensionRow>> = answer::read(body, NOW).unwrap();
    let read: Vec<_> = rows
        .data
        .unwrap()
        .iter()
        .map(|row| (row.email_addr.as_deref().map(str::to_owned), row.any_phone_online()))
        .collect();
    assert_eq!(
        read,
        [(Some("mara.voss@example.com".to_owned()), true), (None, false), (None, true)]
    );
}

#[test]
fn rows_of_call_records_have_names_of_their_own() {
    let body = fixture!("cdr_search.json").as_bytes();
    let rows: Answer<Vec<Row>> = answer::read(body, NOW).unwrap();
    let records: Vec<_> = rows
        .data
        .unwrap()
        .into_iter()
        .map(|row| row.timestamp().and_then(|at| row.into_record(at)).unwrap())
        .collect();
    assert_eq!(records[0].started, Timestamp::from_seconds(1_767_600_923));
    assert_eq!((records[0].from.as_str(), records[0].to.as_str()), ("0493555017", "4101"));
    assert_eq!(records[0].total, Duration::from_secs(64));
    assert_eq!(records[0].talked, Duration::from_secs(51));
    assert_eq!(records[0].status, RecordStatus::Answered);
    assert_eq!(records[0].kind, RecordKind::Inbound);
    assert_eq!(records[0].did.as_deref(), Some("4930555000"));
    assert_eq!(records[0].recording.as_deref(), Some("20260105091536.wav"));
    assert_eq!(records[1].to, "Satisfaction Survey");
    assert_eq!((records[1].did.as_deref(), records[1].recording.as_deref()), (None, None));
    let displayed =
        PbxClock::read(&information(), 0, Duration::ZERO).read_displayed("05/01/2026 09:15:23 AM");
    assert_eq!(displayed, Some(records[0].started));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_frame_of_any_shape_panics(
        which in 0..FRAMES.len(),
        cuts in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..40_usize, ".{0,6}"),
            0..5,
        ),
    ) {
        let mut text: Vec<char> = FRAMES[which].chars().collect();
        for (at, length, instead) in cuts {
            let from = at.index(text.len() + 1);
            let to = (from + length).min(text.len());
            text.splice(from..to, instead.chars());
        }
        let text = String::from_iter(text);
        heard(&Ear::default(), &text);
        answer::granted(text.as_bytes(), NOW).ok();
    }

    #[test]
    fn no_text_at_all_panics(text in ".*", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        heard(&Ear::default(), &text);
        event::read(&text).ok();
        answer::read::<Calls>(&bytes, NOW).ok();
        answer::read::<Vec<Row>>(text.as_bytes(), NOW).ok();
    }
}
