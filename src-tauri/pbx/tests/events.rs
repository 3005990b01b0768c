//! The event connection: from ring to end, and through everything that breaks it.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod office;

use std::time::{Duration, Instant};

use domain::{CallEvent, CallId, ChannelId, LegKind, LegStatus, PhoneState, RecordStatus};
use office::{Drawer, Listening, client, client_with, count, options, own, pbx};
use pbx::{Client, Error, Input};
use simulator::{
    Cut, Fault, FaultRule, Pbx, PbxConfig,
    pbx::{DialOutcome, MsgShape, Subscribing},
};

/// A client whose patience is measured in tenths of a second.
fn hasty(pbx: &Pbx) -> Client {
    let mut options = options(pbx);
    options.timeouts.silence = Duration::from_millis(400);
    options.timeouts.heartbeat = Duration::from_millis(400);
    options.timeouts.subscribe = Duration::from_millis(500);
    options.timeouts.live_calls = Duration::from_millis(300);
    options.timeouts.first_wait = Duration::from_millis(50);
    options.timeouts.longest_wait = Duration::from_millis(200);
    client_with(pbx, options, &Drawer::default())
}

async fn legs_of(listening: &mut Listening, call: &str) -> Vec<(LegKind, LegStatus)> {
    loop {
        match listening.event().await {
            CallEvent::Legs { call: id, legs } => {
                assert_eq!(id.as_str(), call);
                return legs.into_iter().map(|leg| (leg.kind, leg.status)).collect();
            }
            CallEvent::Phone(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn record_of(listening: &mut Listening, call: &str) -> domain::CallRecord {
    loop {
        if let CallEvent::Record(record) = listening.event().await {
            assert_eq!(record.call.as_str(), call);
            return record;
        }
    }
}

#[tokio::test]
async fn an_answered_call_is_told_from_ring_to_end() {
    let pbx = pbx().await;
    let client = client(&pbx);
    client.system_information().await.unwrap();
    let mut listening = Listening::hearing(client).await;
    let call = pbx.inbound("0493555017", "4101");
    let legs = legs_of(&mut listening, &call.id()).await;
    assert!(legs.contains(&(LegKind::Extension(own()), LegStatus::Ring)), "{legs:?}");
    assert!(legs.iter().any(|(kind, status)| {
        matches!(kind, LegKind::Inbound { from, .. } if from == "0493555017")
            && *status == LegStatus::Alert
    }));
    call.answer("4101");
    let legs = legs_of(&mut listening, &call.id()).await;
    assert!(legs.contains(&(LegKind::Extension(own()), LegStatus::Answer)), "{legs:?}");
    call.hang_up();
    let record = record_of(&mut listening, &call.id()).await;
    assert_eq!(record.status, RecordStatus::Answered);
    assert!(office::now().since(record.started) < Duration::from_secs(30));
    listening.stop().await;
}

#[tokio::test]
async fn the_phone_rings_before_the_call_is_known() {
    let pbx = pbx().await;
    pbx.set(|switches| switches.late_call_events = true);
    let mut listening = Listening::hearing(client(&pbx)).await;
    let call = pbx.inbound("0493555017", "4101");
    assert_eq!(listening.event().await, CallEvent::Phone(PhoneState::Ringing));
    let live = listening.client.live_calls(&own()).await.unwrap();
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].0.as_str(), call.id());
    let found = listening.client.live_call(&live[0].0).await.unwrap();
    assert_eq!(found, Some(live[0].clone()));
    assert_eq!(listening.client.live_call(&CallId::new("1.1")).await.unwrap(), None);
    listening.stop().await;
}

#[tokio::test]
async fn calls_of_others_are_not_heard() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    let call = pbx.inbound("0493555018", "4102");
    call.answer("4102");
    call.hang_up();
    pbx.internal("4102", "4103").hang_up();
    listening.silent().await;
    let call = pbx.inbound("0493555018", "4102");
    assert_eq!(listening.client.live_calls(&own()).await.unwrap(), []);
    call.pickup("4101");
    let legs = legs_of(&mut listening, &call.id()).await;
    assert!(legs.contains(&(LegKind::Extension(own()), LegStatus::Answer)), "{legs:?}");
    listening.stop().await;
}

#[tokio::test]
async fn every_wrapping_of_an_event_is_understood() {
    for shape in [MsgShape::Text, MsgShape::Object, MsgShape::Broken] {
        let pbx = pbx().await;
        pbx.set(|switches| {
            switches.msg_shape = shape;
            switches.numbers_as_text = true;
            switches.old_spelling = true;
            switches.blank_call_path = true;
            switches.serial_missing = true;
        });
        let mut listening = Listening::hearing(client(&pbx)).await;
        let call = pbx.inbound("0493555017", "4101");
        legs_of(&mut listening, &call.id()).await;
        call.answer("4101");
        call.hang_up();
        let record = record_of(&mut listening, &call.id()).await;
        assert_eq!(record.status, RecordStatus::Answered, "{shape:?}");
        listening.stop().await;
    }
}

#[tokio::test]
async fn odd_frames_are_counted_and_survived() {
    let pbx = pbx().await;
    let client = hasty(&pbx);
    let mut listening = Listening::hearing(client).await;
    pbx.emit_raw("{\"type\":30011,\"msg\":\"4101 {{{");
    pbx.emit_raw("4101");
    pbx.emit_raw("{\"type\":31337,\"msg\":\"{\\\"extension\\\":\\\"4101\\\"}\"}");
    pbx.emit_binary(vec![0xff, 0xfe, 0x00]);
    let call = pbx.inbound("0493555017", "4101");
    legs_of(&mut listening, &call.id()).await;
    // The count is told with the next chores, or at the end of a connection.
    pbx.cut_sockets(Cut::Close);
    let counted = loop {
        if let Input::Counted(dropped) = listening.next().await {
            break dropped;
        }
    };
    assert_eq!((counted.unparsed, counted.unknown), (3, 1));
    listening.stop().await;
}

#[tokio::test]
async fn live_calls_come_first_and_what_happened_meanwhile_after_them() {
    let pbx = pbx().await;
    let call = pbx.inbound("0493555017", "4101");
    pbx.set(|switches| {
        let slow = Fault::Slow(Duration::from_millis(500));
        switches.faults.push(FaultRule::once("call/query", slow));
    });
    let mut listening = Listening::start(client(&pbx));
    assert!(matches!(listening.next().await, Input::Subscribed));
    call.answer("4101");
    let CallEvent::Live(live) = listening.event().await else { panic!("live calls come first") };
    assert_eq!(live[0].0.as_str(), call.id());
    let answer = loop {
        // Whoever takes it in knows that it is late.
        let Input::Waited(event) = listening.next().await else { panic!("the answer waited") };
        if let CallEvent::Legs { legs, .. } = event {
            break legs;
        }
    };
    assert!(answer.iter().any(|leg| leg.status == LegStatus::Answer), "{answer:?}");
    // What happens from now on is told as it happens.
    call.hang_up();
    let end = loop {
        match listening.next().await {
            // The phone's own word about its answer.
            Input::Waited(CallEvent::Phone(_)) => {}
            next => break next,
        }
    };
    assert!(matches!(end, Input::Event(_)), "{end:?}");
    listening.stop().await;
}

#[tokio::test]
async fn events_do_not_wait_for_live_calls_that_do_not_come() {
    let pbx = pbx().await;
    pbx.set(|switches| switches.faults.push(FaultRule::once("call/query", Fault::Never)));
    let mut listening = Listening::start(hasty(&pbx));
    assert!(matches!(listening.next().await, Input::Subscribed));
    let begin = Instant::now();
    let call = pbx.inbound("0493555017", "4101");
    legs_of(&mut listening, &call.id()).await;
    assert!(begin.elapsed() < Duration::from_secs(2));
    listening.stop().await;
}

#[tokio::test]
async fn a_connection_that_is_cut_is_back_within_two_seconds_with_the_live_calls() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    for how in [Cut::Close, Cut::Reset] {
        let call = pbx.inbound("0493555017", "4101");
        legs_of(&mut listening, &call.id()).await;
        pbx.cut_sockets(how);
        let down = loop {
            match listening.next().await {
                Input::Down { retry_in, .. } => break retry_in,
                Input::Event(_) | Input::Waited(_) => {}
                other => panic!("{other:?}"),
            }
        };
        assert!(down.unwrap() <= Duration::from_secs(2), "{down:?}");
        assert!(listening.subscribed_again().await < Duration::from_secs(3));
        let CallEvent::Live(live) = listening.event().await else { panic!("live calls first") };
        assert_eq!(live[0].0.as_str(), call.id());
        call.hang_up();
        record_of(&mut listening, &call.id()).await;
        while tokio::time::timeout(Duration::from_millis(200), listening.inputs.recv())
            .await
            .is_ok()
        {}
    }
    assert_eq!(count(&pbx, "get_token"), 1);
    listening.stop().await;
}

#[tokio::test]
async fn a_line_that_swallows_everything_is_noticed() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(hasty(&pbx)).await;
    // Longer than silence and answer together: heartbeats keep it alive.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    listening.silent().await;
    pbx.cut_sockets(Cut::BlackHole);
    let begin = Instant::now();
    let Input::Down { error: Error::Timeout, retry_in: Some(_) } = listening.next().await else {
        panic!("the line is down")
    };
    assert!(begin.elapsed() < Duration::from_millis(1_200), "{:?}", begin.elapsed());
    listening.subscribed_again().await;
    listening.stop().await;
}

#[tokio::test]
async fn nothing_counts_as_connected_before_the_topics_are_granted() {
    for subscribing in [
        Subscribing::Refused(10009),
        Subscribing::NeverAnswered,
        Subscribing::Http(200, "<html>".to_owned()),
        Subscribing::Http(400, String::new()),
        Subscribing::Redirect("http://127.0.0.1:9/".to_owned()),
    ] {
        let pbx = pbx().await;
        pbx.set(|switches| switches.subscribing = subscribing.clone());
        let mut listening = Listening::start(hasty(&pbx));
        for _ in 0..2 {
            let input = listening.next().await;
            let Input::Down { retry_in: Some(_), .. } = input else {
                panic!("{subscribing:?}: {input:?}")
            };
        }
        pbx.set(|switches| switches.subscribing = Subscribing::Works);
        listening.subscribed_again().await;
        listening.stop().await;
    }
}

#[tokio::test]
async fn an_expired_token_is_renewed_on_the_way_to_the_socket() {
    let pbx = pbx().await;
    let client = hasty(&pbx);
    let mut listening = Listening::hearing(client).await;
    pbx.expire_access_tokens();
    pbx.cut_sockets(Cut::Close);
    listening.subscribed_again().await;
    assert_eq!((count(&pbx, "get_token"), count(&pbx, "refresh_token")), (1, 1));
    listening.stop().await;
}

#[tokio::test]
async fn a_token_is_renewed_in_time_although_nobody_asks_anything() {
    let pbx =
        Pbx::start(PbxConfig { token_life: Duration::from_secs(5), ..PbxConfig::default() }).await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    let begin = Instant::now();
    while count(&pbx, "refresh_token") == 0 {
        assert!(begin.elapsed() < Duration::from_secs(8), "not renewed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
    listening.silent().await;
    listening.stop().await;
}

#[tokio::test]
async fn a_pbx_that_was_down_is_back_without_help() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(hasty(&pbx)).await;
    pbx.stop_listening();
    assert!(matches!(listening.next().await, Input::Down { .. }));
    tokio::time::sleep(Duration::from_millis(600)).await;
    pbx.listen_again().await;
    listening.subscribed_again().await;
    listening.stop().await;
}

#[tokio::test]
async fn what_a_person_must_mend_waits_for_the_person() {
    let pbx = pbx().await;
    pbx.set(|switches| switches.api_off = true);
    let mut listening = Listening::start(hasty(&pbx));
    let Input::Down { error: Error::ApiOff, retry_in: None } = listening.next().await else {
        panic!("down for good")
    };
    listening.silent().await;
    pbx.set(|switches| switches.api_off = false);
    listening.handle.reconnect_now();
    listening.subscribed_again().await;
    listening.stop().await;
}

#[tokio::test]
async fn a_wish_to_reconnect_replaces_a_connection_that_seems_sound() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    listening.handle.reconnect_now();
    let input = listening.next().await;
    assert!(matches!(input, Input::Down { error: Error::Interrupted, .. }), "{input:?}");
    assert!(listening.subscribed_again().await < Duration::from_secs(1));
    assert_eq!(pbx.subscribers(), 1);
    listening.stop().await;
}

#[tokio::test]
async fn a_dialled_call_rings_and_can_be_hung_up() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    let call = listening.client.dial(&own(), "0493555017").await.unwrap();
    let channel = loop {
        if let CallEvent::Legs { call: id, legs } = listening.event().await {
            assert_eq!(id, call);
            let own_leg = legs.into_iter().find(|leg| leg.kind == LegKind::Extension(own()));
            break own_leg.unwrap().channel;
        }
    };
    listening.client.hang_up(&channel).await.unwrap();
    assert!(pbx.calls().is_empty());
    // Gone already is as good as done.
    listening.client.hang_up(&channel).await.unwrap();
    listening.client.hang_up(&ChannelId::new("PJSIP/4101-ffffffff")).await.unwrap();
    listening.stop().await;
}

#[tokio::test]
async fn a_failure_that_comes_before_the_id_is_still_told() {
    let pbx = pbx().await;
    pbx.set(|switches| {
        switches.dial_outcome = DialOutcome::FailsWith("NO Dial Permission".to_owned());
        let slow = Fault::Slow(Duration::from_millis(200));
        switches.faults.push(FaultRule::once("call/dial", slow));
    });
    let mut listening = Listening::hearing(client(&pbx)).await;
    let call = listening.client.dial(&own(), "0493555017").await.unwrap();
    let event = loop {
        let event = listening.event().await;
        if matches!(event, CallEvent::Failed { .. }) {
            break event;
        }
    };
    assert_eq!(event, CallEvent::Failed { call, reason: "NO Dial Permission".to_owned() });
    listening.stop().await;
}

#[tokio::test]
async fn own_events_are_found_in_a_flood_of_others() {
    let pbx = pbx().await;
    let mut listening = Listening::hearing(client(&pbx)).await;
    let other = r#"{"type":30011,"sn":"3630000X0001","msg":"{\"call_id\":\"1767600000.9\",\"members\":[{\"extension\":{\"number\":\"4102\",\"channel_id\":\"PJSIP/4102-0000a1f6\",\"member_status\":\"RING\",\"call_path\":\"\"}}]}"}"#;
    let mut calls = Vec::new();
    for _ in 0..20 {
        for _ in 0..500 {
            pbx.emit_raw(other);
        }
        let call = pbx.inbound("0493555017", "4101");
        calls.push(call.id());
    }
    let mut heard = Vec::new();
    while heard.len() < calls.len() {
        if let CallEvent::Legs { call, .. } = listening.event().await {
            heard.push(call.as_str().to_owned());
        }
    }
    assert_eq!(heard, calls);
    listening.stop().await;
}
