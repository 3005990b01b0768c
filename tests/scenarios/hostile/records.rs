//! A server that is not to be trusted: odd ids, addresses and pages open nothing and get no token.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use engine::{
    ports::SecretName,
    view::{JournalState, LinkState},
};
use scenarios::{ADA, AGENT, Fault, FaultRule, Office, Options, stays};
use serde_json::{Value, json};
use simulator::salesforce::Instance;

const STRANGER: &str = "0305550444";

fn hit(kind: &str, id: &str) -> Value {
    json!({
        "attributes": { "type": kind, "url": "https://evil.example/x" },
        "Id": id, "Name": "Eve", "Phone": "+49 30 5550444", "AccountId": null
    })
}

#[tokio::test]
async fn a_record_with_an_odd_id_or_kind_is_no_record() {
    let office = Office::open().await;
    for record in [
        hit("Contact", "javascript:alert(1)"),
        hit("Contact", "https://evil.example/0035g000000000T"),
        hit("Contact", "//evil.example"),
        hit("Contact", "file:///etc/passwd"),
        hit("Contact", "..%2f..%2fsecur"),
        hit("Contact", "0035g000000000T?x=1"),
        // The checksum is another id's.
        hit("Contact", "0035g00000EXAMPAAA"),
        hit("Contact", ""),
        // A user's id under a contact's name.
        hit("Contact", "0055g00000EXAMP"),
        hit("../../../evil", "0035g00000EXAMPAA5"),
        hit("User", "0055g00000EXAMP"),
        json!({ "attributes": null, "Id": 3, "Name": { "x": 1 }, "Phone": [] }),
    ] {
        let found = json!({ "searchRecords": [record] });
        office.salesforce.set(|org| {
            org.faults = vec![FaultRule::once("/search", Fault::Json(200, found))];
        });
        let call = office.pbx.inbound(STRANGER, AGENT);
        let task = office.talks(&call, 2).await;
        assert!(task["WhoId"].is_null() && task["WhatId"].is_null(), "{record}: {task}");
        assert_eq!(task["Subject"], "Inbound call from +49305550444", "{record}");
        assert_eq!(office.desk.opened(), [""; 0], "{record}");
    }
}

#[tokio::test]
async fn pages_of_another_host_are_not_asked_for() {
    let office = Office::open().await;
    let spy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    spy.set_nonblocking(true).expect("it can be asked without waiting");
    let elsewhere = format!("http://{}/services/data/v62.0/query/01g", spy.local_addr().unwrap());
    let page = json!({ "totalSize": 9, "done": false, "nextRecordsUrl": elsewhere, "records": [] });
    let parts: Vec<_> = (0..5)
        .map(|n| json!({ "body": page, "httpStatusCode": 200, "referenceId": format!("query{n}") }))
        .collect();
    office.salesforce.set(|org| {
        org.faults = vec![
            FaultRule::always("/query", Fault::Json(200, page.clone())),
            FaultRule::always(
                "/composite",
                Fault::Json(200, json!({ "compositeResponse": parts })),
            ),
        ];
    });
    let call = office.pbx.inbound(STRANGER, AGENT);
    office.answers(&call).await;
    call.hang_up();
    office.waits(&call.id()).await;
    assert!(spy.accept().is_err(), "the token went elsewhere");
    office.salesforce.set(|org| {
        org.faults = vec![FaultRule::always("/services/data", Fault::Redirect(elsewhere_of(&spy)))];
    });
    office.retries().await;
    stays("nobody comes", Duration::from_secs(2), || async { spy.accept().is_err() }).await;
    office.salesforce.set(|org| org.faults.clear());
    office.retries().await;
    office.all_logged(&[call.id()]).await;
}

fn elsewhere_of(spy: &TcpListener) -> String {
    format!("http://{}/", spy.local_addr().expect("an address"))
}

#[tokio::test]
async fn an_instance_that_only_looks_like_the_org_gets_no_token() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let spy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    spy.set_nonblocking(true).expect("it can be asked without waiting");
    let spy_port = spy.local_addr().unwrap().port();
    let home = office.salesforce.instance();
    for address in [
        "https://northwind.my.salesforce.com.evil.example".to_owned(),
        "http://evil.example".to_owned(),
        "http://localhost.evil.example".to_owned(),
        format!("http://localhost@127.0.0.1:{spy_port}"),
        format!("http://login.salesforce.com:80@127.0.0.1:{spy_port}/"),
        format!("{home}/path"),
        format!("{home}?x=1"),
        format!("file://127.0.0.1:{spy_port}/"),
        String::new(),
    ] {
        office.salesforce.set(|org| org.instance = Instance::Other(address.clone()));
        let problem = office.signs_in().await.expect_err("it is not the org");
        assert_eq!(problem.code, "salesforce.unexpected_answer", "{address}");
        assert!(problem.message.contains("unexpected address"), "{address}: {problem:?}");
        assert_eq!(office.secrets.peek(SecretName::SalesforceRefresh), None, "{address}");
    }
    assert!(spy.accept().is_err(), "a token went to a stranger");
    assert_eq!(office.rest_requests(), 0);
    assert_eq!(office.status().await.salesforce.state, LinkState::NotConfigured);
}

#[tokio::test]
async fn an_org_that_moves_to_a_strange_address_is_not_followed() {
    let office = Office::open().await;
    let spy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    spy.set_nonblocking(true).expect("it can be asked without waiting");
    let port = spy.local_addr().unwrap().port();
    let home = office.salesforce.instance();
    office.salesforce.set(|org| {
        org.instance = Instance::Other(format!("http://localhost@127.0.0.1:{port}"));
    });
    office.salesforce.expire_access_tokens();
    let call = office.has_spoken_with(ADA).await;
    let status = office.status_until("said", |status| status.salesforce.problem.is_some()).await;
    assert_eq!(status.salesforce.problem.unwrap().code, "salesforce.unexpected_answer");
    assert_eq!(office.call(&call).await.unwrap().journal.state, JournalState::Waiting);
    assert!(spy.accept().is_err(), "a token went to a stranger");

    // Nothing is lost: the org is where it was, and a person signs in again.
    office.salesforce.set(|org| org.instance = Instance::Other(home));
    office.signs_in().await.expect("somebody is signed in");
    office.all_logged(&[call]).await;
}

#[tokio::test]
async fn an_org_that_moves_within_this_computer_is_followed_and_its_pages_open_there() {
    let office = Office::open().await;
    office.ada_becomes_known().await;
    office.salesforce.set(|org| org.instance = Instance::Loopback);
    office.salesforce.expire_access_tokens();
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    let again = office.pbx.inbound(ADA, AGENT);
    office.call_until(&again.id(), "popped", |call| call.popped.is_some()).await;
    let opened = office.desk.opened();
    let last = opened.last().expect("a page");
    assert!(last.starts_with("http://127.0.0.1:"), "{last}");
    // What was opened before the move was the org's own page then.
    office.salesforce.set(|org| org.instance = Instance::Localhost);
    office.desk.forgets_pages();
}
