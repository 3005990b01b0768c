//! The malice of a real office: sharing, rights, latency and records that cannot be read.

#![expect(clippy::unwrap_used, reason = "a test ends where it meets what it did not expect")]

mod session;

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use session::Session;
use simulator::{
    Latency, OrgConfig, Pbx, PbxConfig, Salesforce, control::Stage, salesforce::TaskSharing,
};

const MARA: &str = "mara.voss@example.com";
const LEO: &str = "leo.brandt@example.com";

/// Sends a request with a body. Returns the status and the code of the first error.
async fn send(session: &Session, method: Method, path: &str, body: &Value) -> (StatusCode, String) {
    let url = format!("{}{path}", session.base);
    let request = session.http.request(method, url).bearer_auth(&session.token).json(body);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    (status, body[0]["errorCode"].as_str().unwrap_or_default().to_owned())
}

struct Org {
    org: Salesforce,
    mara: Session,
    leo: Session,
    /// Mara's Tasks: without a link, at an account that everybody sees, at a contact that only she sees.
    tasks: [String; 3],
}

async fn with(sharing: TaskSharing) -> Org {
    let org = Salesforce::start(OrgConfig::default()).await;
    org.set(|org| org.task_sharing = sharing);
    let (mara, leo) = (Session::of(&org, MARA), Session::of(&org, LEO));
    let account = org.insert("Account", json!({ "Name": "Northwind" }));
    let contact = org.insert("Contact", json!({ "LastName": "Moreno" }));
    let mut tasks = Vec::new();
    for links in [json!({}), json!({ "WhatId": account }), json!({ "WhoId": contact })] {
        let mut body = json!({ "Subject": "Call" });
        body.as_object_mut().unwrap().extend(links.as_object().unwrap().clone());
        let (status, saved) = mara.post("/sobjects/Task", &body).await;
        assert_eq!(status, StatusCode::CREATED);
        tasks.push(saved["id"].as_str().unwrap().to_owned());
    }
    Org { org, mara, leo, tasks: tasks.try_into().unwrap() }
}

impl Org {
    /// Which of Mara's Tasks Leo sees, and which he may change, by every way there is.
    async fn leo_sees_and_changes(&self) -> ([bool; 3], [bool; 3]) {
        let listed = self.leo.query("SELECT Id FROM Task").await;
        let listed: Vec<&str> = listed["records"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|row| row["Id"].as_str())
            .collect();
        let mut sees = [false; 3];
        let mut changes = [false; 3];
        for (place, id) in self.tasks.iter().enumerate() {
            let path = format!("/sobjects/Task/{id}");
            sees[place] = self.leo.get(&path).await.status() == StatusCode::OK;
            assert_eq!(sees[place], listed.contains(&id.as_str()), "by query and by id");
            let (patched, code) =
                send(&self.leo, Method::PATCH, &path, &json!({ "Subject": "Mine" })).await;
            changes[place] = patched == StatusCode::NO_CONTENT;
            let refusal = if sees[place] { "INSUFFICIENT_ACCESS_OR_READONLY" } else { "NOT_FOUND" };
            assert!(changes[place] || code == refusal, "{code}");
            let (deleted, _) = send(&self.leo, Method::DELETE, &path, &Value::Null).await;
            assert_eq!(deleted == StatusCode::NO_CONTENT, changes[place], "change and delete");
        }
        (sees, changes)
    }
}

#[tokio::test]
async fn a_task_is_seen_by_the_orgs_sharing_of_activities() {
    for (sharing, sees, changes) in [
        (TaskSharing::Public, [true; 3], [true; 3]),
        (TaskSharing::ControlledByParent, [false, true, false], [false, true, false]),
        (TaskSharing::Private, [false, true, false], [false; 3]),
    ] {
        let org = with(sharing).await;
        assert_eq!(org.leo_sees_and_changes().await, (sees, changes), "{sharing:?}");
        let word = match sharing {
            TaskSharing::Public => "ReadWrite",
            TaskSharing::ControlledByParent => "ControlledByParent",
            TaskSharing::Private => "Private",
        };
        let soql = "SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ('Task')";
        let told = org.mara.query(soql).await;
        assert_eq!(told["records"][0]["InternalSharingModel"], word);
        org.org.set(|org| org.sharing_told = false);
        assert_eq!(org.mara.query(soql).await[0]["errorCode"], "INVALID_TYPE");
    }
}

#[tokio::test]
async fn a_unique_key_holds_for_what_the_user_may_not_see() {
    let Org { org, mara, leo, .. } = with(TaskSharing::Private).await;
    org.set(|org| org.call_key_field = true);
    let body = json!({ "Subject": "Call", "PBX_Call_Key__c": "k" });
    assert_eq!(mara.post("/sobjects/Task", &body).await.0, StatusCode::CREATED);
    let (_, refused) = leo.post("/sobjects/Task", &body).await;
    assert_eq!(refused[0]["errorCode"], "DUPLICATE_VALUE");
    let upsert = "/sobjects/Task/PBX_Call_Key__c/k";
    let (status, code) = send(&leo, Method::PATCH, upsert, &json!({ "Subject": "Call" })).await;
    assert_eq!((status.as_u16(), code.as_str()), (403, "INSUFFICIENT_ACCESS_OR_READONLY"));
}

#[tokio::test]
async fn the_right_to_delete_is_one_of_its_own() {
    let Org { org, mara, tasks, .. } = with(TaskSharing::Public).await;
    org.set(|org| org.delete_denied = ["Task".to_owned()].into());
    let described: Value = mara.get("/sobjects/Task/describe").await.json().await.unwrap();
    let rights = ["createable", "updateable", "deletable"].map(|right| &described[right] == true);
    assert_eq!(rights, [true, true, false]);
    let path = format!("/sobjects/Task/{}", tasks[0]);
    let (status, code) = send(&mara, Method::DELETE, &path, &Value::Null).await;
    assert_eq!((status.as_u16(), code.as_str()), (403, "INSUFFICIENT_ACCESS_OR_READONLY"));
    let (status, _) = send(&mara, Method::PATCH, &path, &json!({ "Subject": "Other" })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn every_request_takes_its_time_and_is_carried_out_though_the_asker_hangs_up() {
    let Org { org, mara, .. } = with(TaskSharing::Public).await;
    let least = Duration::from_millis(200);
    org.set(|org| org.latency = Some(Latency::between(least, 2 * least, 1)));
    let begun = Instant::now();
    mara.get("/limits").await;
    assert!(begun.elapsed() >= least);
    let before = org.tasks().len();
    let body = json!({ "Subject": "Call" });
    let hasty = mara.post("/sobjects/Task", &body);
    assert!(tokio::time::timeout(least / 4, hasty).await.is_err(), "it takes longer");
    tokio::time::sleep(3 * least).await;
    assert_eq!(org.tasks().len(), before + 1);

    let pbx = Pbx::start(PbxConfig::default()).await;
    pbx.set(|pbx| pbx.latency = Some(Latency::between(least, least, 1)));
    let begun = Instant::now();
    session::http()
        .get(format!("{}/openapi/v1.0/system/information", pbx.address()))
        .send()
        .await
        .unwrap();
    assert!(begun.elapsed() >= least);
}

#[tokio::test]
async fn what_a_person_makes_in_the_browser_is_searchable_as_late_as_all_else() {
    let Org { org, leo, .. } = with(TaskSharing::Public).await;
    org.set(|org| org.index_lag = Duration::from_secs(60));
    org.made_by(LEO, "Lead", json!({ "LastName": "Ruiz", "Phone": "030 1234567" }));
    let found = async || {
        let url = format!("{}/search", leo.base);
        let sosl = "FIND {0301234567} IN PHONE FIELDS RETURNING Lead(Id)";
        let url = url::Url::parse_with_params(&url, [("q", sosl)]).unwrap();
        let answer = leo.http.get(url).bearer_auth(&leo.token).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["searchRecords"].as_array().unwrap().len()
    };
    assert_eq!(found().await, 0);
    org.advance(Duration::from_secs(61));
    assert_eq!(found().await, 1);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_comes_in_every_answer() {
    let Org { org, mara, .. } = with(TaskSharing::Public).await;
    org.set(|org| org.garbled = vec![("\"Moreno\"".to_owned(), "\"\\ud800\"".to_owned())]);
    let url = url::Url::parse_with_params(
        &format!("{}/query", mara.base),
        [("q", "SELECT Id, LastName FROM Contact")],
    );
    let answer = mara.http.get(url.unwrap()).bearer_auth(&mara.token).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("\"LastName\":\"\\ud800\""));
}

#[tokio::test]
async fn the_script_knows_the_malice_too() {
    let stage = Stage {
        pbx: Pbx::start(PbxConfig::default()).await,
        salesforce: Salesforce::start(OrgConfig::default()).await,
    };
    for line in [
        "sf set latency 0-3:7",
        "pbx set latency 0.1-0.2",
        "sf set latency off",
        "sf set latency_at_sign_in on",
        "sf set task_sharing controlled_by_parent",
        "sf set delete_denied Lead,Contact",
        "sf set sharing_told off",
    ] {
        stage.run(line).await.unwrap_or_else(|why| panic!("{line}: {why}"));
    }
    stage.salesforce.set(|org| {
        assert!(org.latency.is_none() && org.latency_at_sign_in && !org.sharing_told);
        assert_eq!(org.task_sharing, TaskSharing::ControlledByParent);
        assert_eq!(org.delete_denied, ["Lead", "Contact"].map(str::to_owned).into());
    });
    for wrong in ["sf set latency 3-0", "sf set latency fast", "sf set task_sharing shy"] {
        assert!(stage.run(wrong).await.is_err(), "{wrong}");
    }
}
