//! The PBX half against the reference, with clients that know nothing of its inside.

#![expect(clippy::unwrap_used, reason = "a test ends where it meets what it did not expect")]

mod phone_client;

use std::time::Duration;

use phone_client::Client;
use serde_json::{Value, json};
use simulator::{
    Cut, Fault, FaultRule, InboundSpec, Pbx, PbxConfig,
    pbx::{DialOutcome, MsgShape, Subscribing},
};

async fn pbx() -> (Pbx, Client) {
    pbx_with(PbxConfig::default()).await
}

async fn pbx_with(config: PbxConfig) -> (Pbx, Client) {
    let pbx = Pbx::start(config).await;
    let mut client = Client::new(&pbx);
    client.log_in().await;
    (pbx, client)
}

#[tokio::test]
async fn eight_tokens_are_given_and_the_ninth_is_refused() {
    let pbx = Pbx::start(PbxConfig::default()).await;
    let mut client = Client::new(&pbx);
    for _ in 0..8 {
        assert_eq!(client.log_in().await["errcode"], 0);
    }
    assert_eq!(client.log_in().await["errcode"], 60002);
    client.get("del_token", &[]).await;
    assert_eq!(client.log_in().await["errcode"], 0);
    pbx.advance(Duration::from_secs(1801));
    assert_eq!(pbx.live_tokens(), 0);
    assert_eq!(client.get("system/information", &[]).await["errcode"], 10004);
}

#[tokio::test]
async fn five_wrong_log_ins_block_the_address_until_the_block_ends() {
    let (pbx, mut client) = pbx().await;
    let right = std::mem::replace(&mut client.secret, "wrong".to_owned());
    for _ in 0..5 {
        assert_eq!(client.log_in().await["errcode"], 10005);
    }
    client.secret = right;
    let blocked = client.log_in().await;
    assert_eq!(blocked["errcode"], 70004);
    assert!(
        blocked["block_expire_time"].as_i64().is_some_and(|seconds| (590..=600).contains(&seconds))
    );
    assert_eq!(client.get("extension/list", &[]).await["errcode"], 70004);
    pbx.advance(Duration::from_secs(601));
    assert_eq!(client.log_in().await["errcode"], 0);
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_ends_the_old_one() {
    let (pbx, mut client) = pbx().await;
    let (old_access, old_refresh) = (client.token.clone(), client.refresh.clone());
    assert_eq!(client.refresh_now(&old_refresh).await["errcode"], 0);
    assert_ne!(client.token, old_access);
    assert_eq!(pbx.live_tokens(), 1);
    assert_eq!(client.refresh_now(&old_refresh).await["errcode"], 10004);
    let new = std::mem::replace(&mut client.token, old_access);
    assert_eq!(client.get("system/information", &[]).await["errcode"], 10004);
    client.token = new;
    assert_eq!(client.get("system/information", &[]).await["data"]["sn"], pbx.serial());
}

#[tokio::test]
async fn the_header_and_the_place_of_the_token_matter() {
    let (_pbx, client) = pbx().await;
    let bare = reqwest::Client::new();
    let url = client.url("system/information", &[]);
    let without_agent: Value = bare.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(without_agent["errcode"], 40002);
    let base = url.split('?').next().unwrap();
    let in_header: Value = client
        .http
        .get(base)
        .bearer_auth(&client.token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(in_header["errcode"], 10004);
    assert_eq!(client.get("no/such", &[]).await["errcode"], 10001);
}

#[tokio::test]
async fn an_inbound_call_is_told_by_events_and_leaves_one_record() {
    let (pbx, client) = pbx().await;
    let mut events = client.subscribe(&[30008, 30011, 30012]).await;
    let call = pbx.inbound("0493555017", "4101");

    let (kind, ringing) = events.next().await;
    assert_eq!(kind, 30011);
    assert_eq!(ringing["call_id"], call.id());
    assert_eq!(ringing["members"][0]["inbound"]["from"], "0493555017");
    assert_eq!(ringing["members"][0]["inbound"]["member_status"], "ALERT");
    assert_eq!(ringing["members"][1]["extension"]["member_status"], "RING");
    assert_eq!(events.next().await, (30008, json!({ "extension": "4101", "status": "Ringing" })));

    call.answer("4101");
    call.talked_seconds(51);
    let (_, talking) = events.next().await;
    assert_eq!(talking["members"][0]["inbound"]["member_status"], "ANSWERED");
    assert_eq!(talking["members"][1]["extension"]["member_status"], "ANSWER");
    assert_eq!(events.next().await, (30008, json!({ "extension": "4101", "status": "Busy" })));
    let live = client.get("call/query", &[("extension", "4101")]).await;
    assert_eq!(live["data"][0]["call_id"], call.id());

    call.caller_hangs_up();
    let end = events.until(30012).await;
    assert_eq!(
        (&end["status"], &end["type"], &end["talk_duration"]),
        (&json!("ANSWERED"), &json!("Inbound"), &json!(51))
    );
    assert_eq!(end["did_number"], "4930555000");

    let none = client.get("call/query", &[("call_id", &call.id())]).await;
    assert!(none.get("data").is_none(), "{none}");
    let rows = client.get("cdr/search", &[("start_time", "0"), ("end_time", "9999999999")]).await;
    assert_eq!(rows["total_number"], 1);
    assert_eq!(rows["data"][0]["talk_duration"], 51);
    assert_eq!(rows["data"][0]["call_to"], "Mara Voss<4101>");
    let text = client.get("cdr/search", &[("start_time", "05/01/2026 09:15:23 AM")]).await;
    assert_eq!(text["errcode"], 40002);
}

#[tokio::test]
async fn a_call_nobody_takes_ends_with_a_failure_and_no_answer() {
    let (pbx, client) = pbx().await;
    let mut events = client.subscribe(&[30012, 30015]).await;
    let call = pbx.inbound("0493555017", "4101");
    call.caller_hangs_up();
    let (kind, failure) = events.next().await;
    assert_eq!((kind, &failure["members"]), (30015, &Value::Null));
    let (_, end) = events.next().await;
    assert_eq!((&end["status"], &end["talk_duration"]), (&json!("NO ANSWER"), &json!(0)));
    assert!(!call.is_live());
}

#[tokio::test]
async fn a_queue_call_writes_the_queue_and_only_the_agent_who_answered() {
    let (pbx, client) = pbx().await;
    let mut events = client.subscribe(&[30011, 30012]).await;
    let call = pbx.inbound_queue("0493555017", "6400");
    let (_, ringing) = events.next().await;
    assert_eq!(ringing["members"].as_array().unwrap().len(), 4);
    assert_eq!(ringing["members"][2]["extension"]["call_path"], "6400");
    call.answer("4102");
    call.talked_seconds(30);
    call.hang_up();
    let end = events.until(30012).await;
    assert_eq!((&end["call_to"], &end["talk_duration"]), (&json!("4102"), &json!(30)));
    let called: Vec<String> =
        pbx.cdr().iter().map(|row| row["call_to"].as_str().unwrap().to_owned()).collect();
    assert_eq!(called, ["Queue Sales<6400>", "Leo Brandt<4102>"]);
}

#[tokio::test]
async fn transfers_and_pickups_give_each_speaker_a_record() {
    let (pbx, _client) = pbx().await;
    let blind = pbx.inbound("0301", "4101");
    blind.answer("4101");
    blind.talked_seconds(10);
    blind.blind_transfer("4101", "4102");
    blind.answer("4102");
    blind.talked_seconds(20);
    blind.caller_hangs_up();
    let attended = pbx.inbound("0302", "4101");
    attended.answer("4101");
    attended.talked_seconds(5);
    attended.attended_transfer("4101", "4103");
    attended.talked_seconds(7);
    attended.hang_up();
    let picked = pbx.inbound("0303", "4101");
    picked.pickup("4102");
    picked.hang_up();
    let told: Vec<(String, String, u64)> = pbx
        .cdr()
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (
                text("call_from_number"),
                text("call_to_number"),
                row["talk_duration"].as_u64().unwrap(),
            )
        })
        .collect();
    let row = |from: &str, to: &str, talk: u64| (from.to_owned(), to.to_owned(), talk);
    assert_eq!(
        told,
        [
            row("0301", "4101", 10),
            row("0301", "4102", 20),
            row("4101", "4103", 0),
            row("0302", "4101", 5),
            row("0302", "4103", 7),
            row("0303", "4102", 0),
        ]
    );
}

#[tokio::test]
async fn call_dial_rings_the_agent_first_and_failures_may_come_before_its_answer() {
    let (pbx, client) = pbx().await;
    let mut events = client.subscribe(&[30008, 30011, 30012, 30015]).await;
    let answer =
        client.post("call/dial", &json!({ "caller": "4101", "callee": "0493555017" })).await;
    let (_, own) = events.next().await;
    assert_eq!(own["call_id"], answer["call_id"]);
    assert_eq!(
        own["members"],
        json!([{ "extension": { "number": "4101", "member_status": "ALERT", "call_path": "",
        "channel_id": own["members"][0]["extension"]["channel_id"] } }])
    );
    assert_eq!(events.next().await.1["status"], "Ringing");
    let call = pbx.dialled_call().expect("the call goes on");
    call.agent_answers();
    let (_, both) = events.next().await;
    assert_eq!(both["members"][1]["outbound"]["to"], "0493555017");
    call.remote_answers();
    let channel = call.members()[0]["extension"]["channel_id"].clone();
    assert_eq!(
        client.post("call/hangup", &json!({ "channel_id": channel })).await["call_id"],
        answer["call_id"]
    );
    assert_eq!(events.until(30012).await["status"], "ANSWERED");
    assert_eq!(
        client.post("call/hangup", &json!({ "channel_id": channel })).await["errcode"],
        70130
    );

    pbx.set(|s| s.dial_outcome = DialOutcome::FailsWith("NO Dial Permission".to_owned()));
    pbx.set(|s| {
        s.faults.push(FaultRule::once("call/dial", Fault::Slow(Duration::from_millis(300))));
    });
    let body = json!({ "caller": "4101", "callee": "0900123" });
    let dialling = client.post("call/dial", &body);
    let (failure, refused) = tokio::join!(events.until(30015), dialling);
    assert_eq!(
        (&failure["reason"], &failure["call_id"]),
        (&json!("NO Dial Permission"), &refused["call_id"])
    );
    pbx.set(|s| s.dial_outcome = DialOutcome::PhoneNeverRings);
    let silent = client.post("call/dial", &json!({ "caller": "4101", "callee": "0123" })).await;
    let query = client.get("call/query", &[("call_id", silent["call_id"].as_str().unwrap())]).await;
    assert_eq!((&query["errcode"], query.get("data")), (&json!(0), None));
}

#[tokio::test]
async fn the_socket_wants_an_upgrade_a_token_and_a_heartbeat() {
    let quick = PbxConfig { socket_silence: Duration::from_millis(400), ..PbxConfig::default() };
    let (pbx, mut client) = pbx_with(quick).await;
    let plain = client.http.get(client.url("subscribe", &[])).send().await.unwrap();
    assert_eq!(plain.status(), 400);
    let mut events = client.subscribe(&[30011]).await;
    assert_eq!(pbx.subscribers(), 1);
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        events.send("heartbeat").await;
        assert_eq!(events.raw().await.as_deref(), Some("heartbeat response"));
    }
    assert_eq!(events.raw().await, None, "silence ends the socket");
    client.token = "no such token".to_owned();
    assert!(client.open_socket().await.is_err());
    let closed = pbx.ledger().into_iter().rfind(|entry| entry.method == "CLOSE").unwrap();
    assert_eq!(closed.body, Some(json!("closed after silence")));
}

#[tokio::test]
async fn switches_change_how_events_look() {
    let (pbx, client) = pbx().await;
    let mut events = client.subscribe(&[30008, 30011, 30012]).await;
    pbx.set(|s| {
        s.msg_shape = MsgShape::Object;
        s.old_spelling = true;
        s.numbers_as_text = true;
        s.trunk_monitored = false;
        s.blank_call_path = true;
        s.late_call_events = true;
    });
    let call = pbx.inbound_with(InboundSpec {
        from: "anonymous".to_owned(),
        extensions: vec!["4101".to_owned()],
        ..InboundSpec::default()
    });
    assert_eq!(events.next().await.0, 30008);
    call.answer("4101");
    assert_eq!(events.next().await.0, 30008);
    call.hang_up();
    let late = events.until(30011).await;
    assert_eq!(late["members"].as_array().unwrap().len(), 1, "no trunk member: {late}");
    assert_eq!(late["members"][0]["extension"]["call_path"], " ");
    let end = events.until(30012).await;
    assert_eq!((&end["status"], &end["type"]), (&json!("ANSWERD"), &json!("inbound")));
    assert!(end["talk_duration"].is_string());
    pbx.set(|s| {
        s.msg_shape = MsgShape::Broken;
        s.late_call_events = false;
    });
    pbx.inbound("0301", "4102");
    let broken = events.raw().await.unwrap();
    assert!(serde_json::from_str::<Value>(&broken).is_err(), "{broken}");
}

#[tokio::test]
async fn sockets_are_closed_reset_or_swallowed() {
    let (pbx, client) = pbx().await;
    let mut first = client.subscribe(&[30011]).await;
    pbx.cut_sockets(Cut::Close);
    assert_eq!(first.raw().await, None);
    let mut second = client.subscribe(&[30011]).await;
    pbx.cut_sockets(Cut::Reset);
    assert_eq!(second.raw().await, None);
    let mut third = client.subscribe(&[30011]).await;
    pbx.cut_sockets(Cut::BlackHole);
    third.send("heartbeat").await;
    pbx.inbound("0301", "4101");
    let waited = tokio::time::timeout(Duration::from_millis(400), third.raw()).await;
    assert!(waited.is_err(), "a black hole neither answers nor closes: {waited:?}");

    pbx.stop_listening();
    assert!(client.http.get(client.url("system/information", &[])).send().await.is_err());
    pbx.listen_again().await;
    assert_eq!(client.get("system/information", &[]).await["errcode"], 0);
    pbx.set(|s| s.subscribing = Subscribing::Refused(-1));
    let mut refused = client.open_socket().await.unwrap();
    refused.send("{\"topic_list\":[30011]}").await;
    assert!(refused.raw().await.unwrap().contains("-1"));
    assert_eq!(pbx.subscribers(), 0);
}

#[tokio::test]
async fn answers_can_be_html_empty_lost_or_refused() {
    let (pbx, client) = pbx().await;
    let url = client.url("system/information", &[]);
    let mut seen = Vec::new();
    for fault in [Fault::Html(502), Fault::Empty(200), Fault::Huge(5_000_000)] {
        pbx.set(|s| s.faults.push(FaultRule::once("system/information", fault)));
        let answer = client.http.get(&url).send().await.unwrap();
        seen.push((answer.status().as_u16(), answer.bytes().await.unwrap().len() > 4_000_000));
    }
    assert_eq!(seen, [(502, false), (200, false), (200, true)]);
    pbx.set(|s| s.faults.push(FaultRule::once("call/dial", Fault::LostAnswer)));
    let sent = client
        .http
        .post(client.url("call/dial", &[]))
        .json(&json!({ "caller": "4101", "callee": "0123" }))
        .send()
        .await;
    assert!(sent.is_err());
    assert_eq!(pbx.calls().len(), 1, "it was carried out all the same");
    pbx.set(|s| s.api_off = true);
    assert_eq!(client.get("system/information", &[]).await["errcode"], 70123);
    pbx.set(|s| {
        s.api_off = false;
        s.address_forbidden = true;
    });
    assert_eq!(client.get("system/information", &[]).await["errcode"], 70087);
}

#[tokio::test]
async fn contacts_are_written_in_one_shape_and_read_in_another() {
    let (_pbx, client) = pbx().await;
    let book = client
        .post("phonebook/create", &json!({ "name": "Salesforce", "member_select": "sel_specific" }))
        .await;
    assert_eq!(
        client
            .post("phonebook/create", &json!({ "name": "More", "member_select": "sel_all" }))
            .await["errcode"],
        40003
    );
    let made = client.post("company_contact/create", &json!({ "first_name": "Ana", "last_name": "Ruiz", "remark": "003xx",
        "phonebook_id_list": [book["id"]], "number_list": [{ "num_type": "mobile_number", "number": "0034600111222" }] })).await;
    let list = client.get("company_contact/list", &[]).await;
    assert_eq!(list["data"][0]["contact_name"], "Ana Ruiz");
    assert_eq!(list["data"][0]["mobile"], "0034600111222");
    assert_eq!(list["data"][0]["phonebook_list"][0]["name"], "Salesforce");
    let id = made["id"].to_string();
    assert_eq!(client.get("company_contact/delete", &[("id", &id)]).await["errcode"], 70091);
    let update = json!({ "id": made["id"], "phonebook_id_list": [], "number_list": [{ "num_type": "mobile_number", "number": "" }] });
    assert_eq!(
        client.post("company_contact/update", &update).await["errcode"],
        40002,
        "a contact needs a number"
    );
}

#[tokio::test]
async fn a_pinned_certificate_is_the_one_that_is_shown() {
    let pbx = Pbx::start(PbxConfig { tls: true, ..PbxConfig::default() }).await;
    let mut client = Client::new(&pbx);
    assert!(pbx.address().starts_with("https://"));
    assert_eq!(client.log_in().await["errcode"], 0, "the client trusts exactly the pinned leaf");
    assert!(
        reqwest::Client::new().get(client.url("system/information", &[])).send().await.is_err()
    );
}
