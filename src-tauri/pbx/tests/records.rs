//! What happened while nobody listened, and who is there.
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod office;

use std::time::Duration;

use domain::{CallId, Clock as _, RecordStatus};
use office::{Drawer, Wall, client, client_by, count, now, options, own, pbx};
use pbx::{Client, Error, Skews};
use serde_json::json;
use simulator::{Fault, FaultRule, Pbx, PbxConfig};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// Places a call that was answered and is over.
fn finished(pbx: &Pbx, from: &str) -> String {
    let call = pbx.inbound(from, "4101");
    call.answer("4101");
    call.talked_seconds(51);
    call.hang_up();
    call.id()
}

async fn ids(client: &Client) -> Vec<CallId> {
    let begin = now().minus(Duration::from_secs(3600));
    let mut records = client.call_records(begin, now().plus(Duration::from_secs(60)));
    let mut ids = Vec::new();
    while let Some(page) = records.next().await.unwrap() {
        ids.extend(page.into_iter().map(|record| record.call));
    }
    ids.sort();
    ids.dedup();
    ids
}

#[tokio::test]
async fn call_records_are_found_by_unix_seconds() {
    let pbx = pbx().await;
    let call = CallId::new(finished(&pbx, "0493555017"));
    let client = client(&pbx);
    let from = now().minus(Duration::from_secs(600));
    let mut pages = client.call_records(from, now().plus(Duration::from_secs(600)));
    let page = pages.next().await.unwrap().unwrap();
    assert_eq!(pages.next().await.unwrap(), None);
    let record = page.iter().find(|record| record.to == "4101").unwrap();
    assert_eq!(record.call, call);
    assert_eq!(record.from, "0493555017");
    assert_eq!(record.status, RecordStatus::Answered);
    assert_eq!(record.talked, Duration::from_secs(51));
    assert!(now().since(record.started) < Duration::from_secs(120));
    assert_eq!(count(&pbx, "cdr/search"), 1);
}

#[tokio::test]
async fn firmware_that_wants_its_display_format_gets_it() {
    for (date_format, twelve_hours) in
        [("DD/MM/YYYY", true), ("MM/DD/YYYY", false), ("YYYY-MM-DD", true), ("YYYY/MM/DD", false)]
    {
        let config = PbxConfig {
            date_format: date_format.to_owned(),
            twelve_hours,
            utc_offset_s: 19_800,
            ..PbxConfig::default()
        };
        let pbx = Pbx::start(config).await;
        pbx.set(|switches| switches.cdr_wants_text_time = true);
        let call = CallId::new(finished(&pbx, "0493555017"));
        let client = client(&pbx);
        for _ in 0..2 {
            assert_eq!(ids(&client).await, std::slice::from_ref(&call), "{date_format}");
        }
        // Seconds are tried once.
        assert_eq!(count(&pbx, "cdr/search"), 3, "{date_format}");
    }
}

#[tokio::test]
async fn a_pbx_whose_clock_is_days_wrong_loses_no_call_and_shifts_none() {
    for skew in [-3 * 86_400, 3 * 86_400, 600] {
        let pbx = Pbx::start(PbxConfig { clock_skew_s: skew, ..PbxConfig::default() }).await;
        let client = client(&pbx);
        client.system_information().await.unwrap();
        let mut listening = office::Listening::hearing(client.clone()).await;
        let call = CallId::new(finished(&pbx, "0493555017"));
        assert_eq!(ids(&client).await, std::slice::from_ref(&call), "{skew}");
        let span = (now().minus(Duration::from_secs(300)), now().plus(Duration::from_secs(60)));
        let page = client.call_records(span.0, span.1).next().await.unwrap().unwrap();
        let live = loop {
            if let domain::CallEvent::Record(record) = listening.event().await {
                break record;
            }
        };
        for record in [&page[0], &live] {
            assert!(now().since(record.started) < Duration::from_secs(120), "{skew}: {record:?}");
            assert!(record.started <= now().plus(Duration::from_secs(2)), "{skew}: {record:?}");
        }
        listening.stop().await;
    }
}

/// All calls of an hour, by the office's wall clock.
async fn ids_by(client: &Client, wall: &Wall) -> Vec<CallId> {
    let now = wall.now().wall;
    let span = (now.minus(Duration::from_secs(3_600)), now.plus(Duration::from_secs(60)));
    let mut records = client.call_records(span.0, span.1);
    let mut ids = Vec::new();
    while let Some(page) = records.next().await.unwrap() {
        assert!(page.iter().all(|record| record.started <= now.plus(Duration::from_secs(120))));
        ids.extend(page.into_iter().map(|record| record.call));
    }
    ids.dedup();
    ids
}

#[tokio::test]
async fn a_clock_of_ours_that_is_set_costs_no_record() {
    for (first, then) in [(0, -3_600), (7_200, 0), (-86_400, 0), (0, 40 * 86_400), (86_400, 0)] {
        let pbx = pbx().await;
        let wall = Wall::default();
        wall.is_wrong_by_seconds(first);
        let client = client_by(&pbx, options(&pbx), &Drawer::default(), wall.clone());
        client.system_information().await.unwrap();
        let call = CallId::new(finished(&pbx, "0493555017"));
        wall.is_wrong_by_seconds(then);
        assert_eq!(ids_by(&client, &wall).await, [call], "{first} s, then {then} s");
        client.forget_skews();
        assert_eq!(client.skews().map(|skews| skews.least == skews.most), Some(true));
    }
}

#[tokio::test]
async fn a_clock_of_the_pbx_that_is_set_costs_no_record_once_it_is_doubted() {
    for (first, then) in [(0, -3_600), (7_200, -7_200), (-86_400, 86_400)] {
        let pbx = pbx().await;
        pbx.set_clock_by(first);
        let client = client(&pbx);
        client.system_information().await.unwrap();
        let mut listening = office::Listening::hearing(client.clone()).await;
        let before = CallId::new(finished(&pbx, "0493555017"));
        pbx.cut_sockets(simulator::Cut::Reset);
        pbx.set_clock_by(then);
        let after = CallId::new(finished(&pbx, "0493555018"));
        listening.subscribed_again().await;
        let mut wanted = [before, after];
        wanted.sort();
        let mut found = ids_by(&client, &Wall::default()).await;
        found.sort();
        assert_eq!(found, wanted, "{first} s, then {then} s");
        listening.stop().await;
    }
}

#[tokio::test]
async fn a_record_of_before_the_clock_of_the_pbx_was_set_keeps_its_time() {
    for by in [200, 900, 3_600, -200, -900] {
        let pbx = pbx().await;
        let client = client(&pbx);
        client.system_information().await.unwrap();
        let begun = now();
        finished(&pbx, "0493555017");
        pbx.set_clock_by(by);
        finished(&pbx, "0493555018");
        client.system_information().await.unwrap();
        let hour = Duration::from_secs(3_600);
        let records = client.call_records(begun.minus(hour), begun.plus(hour)).next().await;
        let records = records.unwrap().unwrap_or_default();
        assert_eq!(records.len(), 2, "{by} s");
        for record in records {
            let off = begun.since(record.started).max(record.started.since(begun));
            assert!(off < Duration::from_secs(10), "{by} s: {record:?}");
        }
    }
}

#[tokio::test]
async fn a_record_keeps_its_time_when_ours_was_set_and_then_theirs_before_it_was_read() {
    for (ours, theirs, is_told) in
        [(7_200, 40, true), (7_200, 200, false), (-3_600, -200, true), (-3_600, 40, false)]
    {
        let pbx = pbx().await;
        let wall = Wall::default();
        let client = client_by(&pbx, options(&pbx), &Drawer::default(), wall.clone());
        client.system_information().await.unwrap();
        wall.is_wrong_by_seconds(ours);
        if is_told {
            client.our_clock_was_set();
        }
        let begun = wall.now().wall;
        finished(&pbx, "0493555017");
        pbx.set_clock_by(theirs);
        client.system_information().await.unwrap();
        let span = (begun.minus(Duration::from_secs(900)), begun.plus(Duration::from_secs(600)));
        let records = client.call_records(span.0, span.1).next().await.unwrap().unwrap_or_default();
        assert!(!records.is_empty(), "ours by {ours} s, theirs by {theirs} s");
        for record in records {
            let off = begun.since(record.started).max(record.started.since(begun));
            assert!(
                off < Duration::from_secs(10),
                "ours by {ours} s, theirs by {theirs} s: {record:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_an_earlier_run_has_seen_of_the_clocks_counts_for_the_next() {
    let pbx = pbx().await;
    let wall = Wall::default();
    wall.is_wrong_by_seconds(7_200);
    let begun = wall.now().wall.minus(Duration::from_secs(1));
    let call = CallId::new(finished(&pbx, "0493555017"));
    wall.is_wrong_by_seconds(0);
    let client = client_by(&pbx, options(&pbx), &Drawer::default(), wall.clone());
    client.had_skews(Skews::always(-7_200), None);
    // What was "now" under the clock of then.
    let mut pages = client.call_records(begun, begun.plus(Duration::from_secs(60)));
    let found = pages.next().await.unwrap().unwrap_or_default();
    assert!(found.iter().any(|record| record.call == call), "{found:?}");
}

#[tokio::test]
async fn what_an_earlier_run_has_seen_counts_whether_it_is_said_before_the_clock_is_read_or_after()
{
    for is_said_first in [true, false] {
        let pbx = pbx().await;
        let client = client(&pbx);
        let begun = now();
        let call = CallId::new(finished(&pbx, "0493555017"));
        pbx.set_clock_by(80);
        if is_said_first {
            client.had_skews(Skews::always(0), Some(begun));
            client.system_information().await.unwrap();
        } else {
            client.system_information().await.unwrap();
            client.had_skews(Skews::always(0), Some(begun));
        }
        let from = begun.minus(Duration::from_secs(900));
        let page = client.call_records(from, begun.plus(Duration::from_secs(600))).next().await;
        for record in page.unwrap().unwrap_or_default() {
            assert_eq!(record.call, call);
            let off = begun.since(record.started).max(record.started.since(begun));
            assert!(off < Duration::from_secs(5), "said first: {is_said_first}: {record:?}");
        }
    }
}

/// The record of a call is written late: after the PBX's clock was set, which an earlier run has read, and the program was
/// started anew.
#[tokio::test]
async fn a_late_record_of_before_the_clock_was_set_is_read_by_the_clock_of_then() {
    for (set_by, is_said_first) in [(3_600, true), (3_600, false), (-3_600, true), (-3_600, false)]
    {
        let pbx = pbx().await;
        let client = client(&pbx);
        let begun = now();
        let call = CallId::new(finished(&pbx, "0493555017"));
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        pbx.set_clock_by(set_by);
        let (least, most) = (set_by.min(0), set_by.max(0));
        let skews = Skews { least, most, last: Some((set_by, now())) };
        if is_said_first {
            client.had_skews(skews, Some(now()));
            client.system_information().await.unwrap();
        } else {
            client.system_information().await.unwrap();
            client.had_skews(skews, Some(now()));
        }
        assert!(client.skews().is_some_and(|again| again.last.is_some()), "kept for the next run");
        let from = begun.minus(Duration::from_secs(3 * 3_600));
        let page = client.call_records(from, begun.plus(Duration::from_secs(600))).next().await;
        let records = page.unwrap().unwrap_or_default();
        assert!(records.iter().any(|record| record.call == call), "{set_by}: {records:?}");
        for record in records {
            let off = begun.since(record.started).max(record.started.since(begun));
            assert!(off < Duration::from_secs(5), "{set_by}, {is_said_first}: {record:?}");
        }
    }
}

#[tokio::test]
async fn our_clock_that_was_set_is_remembered_when_all_records_are_known() {
    let pbx = pbx().await;
    let wall = Wall::default();
    let client = client_by(&pbx, options(&pbx), &Drawer::default(), wall.clone());
    client.system_information().await.unwrap();
    wall.is_wrong_by_seconds(-3_600);
    client.our_clock_was_set();
    client.forget_skews();
    assert_eq!(client.skews(), Some(Skews::always(3_600)));
}

#[tokio::test]
async fn a_known_call_is_found_though_the_clock_was_ahead_for_that_time_only() {
    let pbx = pbx().await;
    let client = client(&pbx);
    client.system_information().await.unwrap();
    pbx.set_clock_by(7_200);
    let [known, unknown] =
        ["0493555017", "0493555018"].map(|from| CallId::new(finished(&pbx, from)));
    pbx.set_clock_by(0);
    let (begun, hour) = (now(), Duration::from_secs(3_600));
    let (from, to) = (begun.minus(hour), begun.plus(Duration::from_secs(60)));
    let all = async |mut pages: pbx::Records| {
        let mut found = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            found.extend(page);
        }
        found
    };
    assert_eq!(all(client.call_records(from, to)).await, []);
    let pages = client.call_records(from, to);
    let found = all(pages.with_known_ahead(to.plus(hour * 24), [known.clone()].into())).await;
    assert!(!found.is_empty() && found.iter().all(|record| record.call == known), "{unknown:?}");
    assert!(found.iter().all(|record| record.started.since(begun) <= Duration::from_secs(130)));
}

#[tokio::test]
async fn an_empty_answer_is_checked_the_other_way_until_one_way_has_shown_itself() {
    let pbx = pbx().await;
    let client = client(&pbx);
    assert_eq!(ids(&client).await, []);
    // Seconds found nothing, and the display format was refused: seconds it is.
    assert_eq!(count(&pbx, "cdr/search"), 2);
    assert_eq!(ids(&client).await, []);
    assert_eq!(count(&pbx, "cdr/search"), 3);
}

#[tokio::test]
async fn short_pages_are_not_the_last_ones() {
    let pbx = pbx().await;
    let mut calls: Vec<_> =
        (0..7).map(|i| CallId::new(finished(&pbx, &format!("049355501{i}")))).collect();
    calls.sort();
    pbx.set(|switches| switches.cdr_short_pages = Some(2));
    let client = client(&pbx);
    assert_eq!(ids(&client).await, calls);
}

#[tokio::test]
async fn a_page_that_failed_is_asked_for_again() {
    let pbx = pbx().await;
    let call = CallId::new(finished(&pbx, "0493555017"));
    pbx.set(|switches| switches.faults.push(FaultRule::once("cdr/search", Fault::Html(502))));
    let client = client(&pbx);
    let mut records = client
        .call_records(now().minus(Duration::from_secs(600)), now().plus(Duration::from_secs(60)));
    assert!(matches!(records.next().await, Err(Error::UnexpectedAnswer { .. })));
    let page = records.next().await.unwrap().unwrap();
    assert!(page.iter().all(|record| record.call == call) && !page.is_empty());
    assert_eq!(records.next().await.unwrap(), None);
}

#[tokio::test]
async fn numbers_as_text_and_odd_names_change_nothing() {
    let pbx = pbx().await;
    pbx.set(|switches| {
        switches.numbers_as_text = true;
        switches.cdr_name_is_number = true;
    });
    let call = CallId::new(finished(&pbx, "0493555017"));
    let client = client(&pbx);
    assert_eq!(ids(&client).await, [call]);
    let information = client.system_information().await.unwrap();
    assert_eq!(information.serial.as_str(), pbx.serial());
    assert_eq!(information.utc_offset, Some(3600));
    assert_eq!(information.clock_skew.map(|skew| skew.abs() <= 1), Some(true));
}

#[tokio::test]
async fn extensions_come_with_names_and_addresses() {
    let pbx = pbx().await;
    let extensions = client(&pbx).extensions().await.unwrap();
    let mara = extensions.iter().find(|entry| entry.number == own()).unwrap();
    assert_eq!(mara.name, "Mara Voss");
    assert_eq!(mara.email.as_deref(), Some("mara.voss@example.com"));
    assert!(mara.any_phone_online);
    let desk = extensions.iter().find(|entry| entry.name == "Front Desk").unwrap();
    assert_eq!(desk.email, None);
    assert_eq!(extensions.len(), 4);
}

/// A PBX that gives rows outside the span, out of order, and some without what a record needs.
#[tokio::test]
async fn rows_outside_the_span_and_rows_without_a_call_are_left_out() {
    let server = MockServer::start().await;
    let token = json!({
        "errcode": 0, "access_token": "a", "access_token_expire_time": 1800,
        "refresh_token": "r", "refresh_token_expire_time": 86400,
    });
    Mock::given(matchers::path("/openapi/v1.0/get_token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    let information = json!({ "errcode": 0, "data": { "sn": "3633D2199740" } });
    Mock::given(matchers::path("/openapi/v1.0/system/information"))
        .respond_with(ResponseTemplate::new(200).set_body_json(information))
        .mount(&server)
        .await;
    let row = |id: &str, at: i64| json!({ "call_id": id, "timestamp": at, "call_from": "1" });
    let answer = json!({ "errcode": 0, "total_number": 5, "data": [
        row("late", 300), row("b", 200), row("a", 100), row("early", 99), row("", 150),
    ]});
    Mock::given(matchers::path("/openapi/v1.0/cdr/search"))
        .and(matchers::query_param("start_time", "100"))
        .and(matchers::query_param("end_time", "200"))
        .and(matchers::query_param("page_size", "1000"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    let options = pbx::Options {
        address: pbx::Address::parse(&server.uri()).unwrap(),
        pin: None,
        was_trusted: false,
        proxy: None,
        version: "0.1.0".to_owned(),
        timeouts: pbx::Timeouts::default(),
    };
    let credentials = pbx::Credentials { client_id: "id".to_owned(), secret: "secret".into() };
    let vault = std::sync::Arc::new(Drawer::default());
    let wall = std::sync::Arc::new(Wall::default());
    let client = Client::new(options, credentials, vault, wall).unwrap();
    let seconds = domain::Timestamp::from_seconds;
    let mut pages = client.call_records(seconds(100), seconds(200));
    let page = pages.next().await.unwrap().unwrap();
    let ids: Vec<_> = page.iter().map(|record| record.call.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(pages.next().await.unwrap(), None);
}
