//! The Salesforce half where jsforce does not look: pages, composite, faults, rights, budgets, and the control lines.

#![expect(clippy::unwrap_used, reason = "a test ends where it meets what it did not expect")]

mod session;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use session::{Session, http};
use sha2::{Digest, Sha256};
use simulator::{
    Fault, FaultRule, OrgConfig, Pbx, PbxConfig, Salesforce,
    control::{Control, Stage},
    salesforce::{Consent, DuplicateRule, HiddenField, Instance, TaskStatus, ValidationRule},
};

const MARA: &str = "mara.voss@example.com";
const LEO: &str = "leo.brandt@example.com";
const CALLBACK: &str = "http://localhost:17171/oauth/callback";
const VERIFIER: &str = "a-verifier-that-is-just-long-enough-to-be-taken";

async fn demo() -> (Salesforce, Session) {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let session = Session::of(&org, MARA);
    (org, session)
}

fn authorize_url(org: &Salesforce, redirect: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let pairs = [
        ("response_type", "code"),
        ("client_id", &org.consumer_key()),
        ("redirect_uri", redirect),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", "xyz"),
        ("scope", "api refresh_token"),
    ];
    url::Url::parse_with_params(&format!("{}/services/oauth2/authorize", org.login()), pairs)
        .unwrap()
        .to_string()
}

async fn token(org: &Salesforce, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let url = format!("{}/services/oauth2/token", org.login());
    let key = org.consumer_key();
    let form: Vec<(&str, &str)> =
        form.iter().copied().chain([("client_id", key.as_str())]).collect();
    let answer = http().post(url).form(&form).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn sign_in_is_exact_about_callbacks_and_codes_age() {
    let org = Salesforce::start(OrgConfig { consent: Consent::Auto, ..OrgConfig::demo() }).await;
    let location = |answer: Response| answer.headers()["location"].to_str().unwrap().to_owned();
    for wrong in [
        "http://127.0.0.1:17171/oauth/callback",
        "http://localhost:17171/oauth/callback/",
        "http://localhost:17173/oauth/callback",
    ] {
        let sent = location(http().get(authorize_url(&org, wrong)).send().await.unwrap());
        assert!(
            sent.starts_with(
                "/setup/secur/RemoteAccessErrorPage.apexp?error=redirect_uri_mismatch"
            ),
            "{sent}"
        );
        assert!(!sent.contains("xyz"), "state is not echoed on Salesforce's page");
    }
    let sent =
        url::Url::parse(&location(http().get(authorize_url(&org, CALLBACK)).send().await.unwrap()))
            .unwrap();
    assert!(sent.as_str().contains("%3D%3D"), "a code ends in escaped padding: {sent}");
    let code = sent.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    org.advance(Duration::from_secs(15 * 60 + 1));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let (status, late) = token(&org, &form).await;
    assert_eq!(
        (status.as_u16(), &late["error_description"]),
        (400, &json!("expired authorization code"))
    );

    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let fresh = org.issue_code(LEO, CALLBACK, &challenge);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", fresh.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let (_, granted) = token(&org, &form).await;
    assert!(granted["id"].as_str().unwrap().ends_with(&format!(
        "/id/{}/{}",
        org.org_id(),
        org.user_id(LEO).unwrap()
    )));
    assert!(granted["issued_at"].is_string() && granted.get("expires_in").is_none());

    org.set(|s| {
        s.authorize_error =
            Some(("OAUTH_APP_BLOCKED".to_owned(), "this app is blocked by admin".to_owned()));
    });
    let blocked = location(http().get(authorize_url(&org, CALLBACK)).send().await.unwrap());
    assert!(blocked.contains("error=OAUTH_APP_BLOCKED"));
}

#[tokio::test]
async fn refresh_tokens_idle_out_and_the_sixth_approval_ends_the_first() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (_, first) = org.sign_in(MARA);
    for _ in 0..5 {
        org.sign_in(MARA);
    }
    let refresh = |with: String| async {
        let with = with;
        token(&org, &[("grant_type", "refresh_token"), ("refresh_token", &with)]).await
    };
    assert_eq!(refresh(first).await.1["error"], "invalid_grant");
    let (_, last) = org.sign_in(MARA);
    org.set(|s| s.faults.push(FaultRule::once("/services/oauth2/token", Fault::Reset)));
    let lost = http()
        .post(format!("{}/services/oauth2/token", org.login()))
        .form(&[("grant_type", "refresh_token")])
        .send()
        .await;
    assert!(lost.is_err());
    let (status, renewed) = refresh(last).await;
    assert_eq!(status, 200, "nothing was rotated before the connection was reset: {renewed}");
    org.advance(Duration::from_secs(30 * 86_400 + 60));
    let idle = refresh(renewed["refresh_token"].as_str().unwrap().to_owned()).await;
    assert_eq!(idle.1["error_description"], "expired access/refresh token");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_has_happened() {
    let (org, session) = demo().await;
    org.set(|s| s.faults.push(FaultRule::once("sobjects/Task", Fault::LostAnswer).on("POST")));
    let url = format!("{}/sobjects/Task", session.base);
    let sent = session
        .http
        .post(url)
        .bearer_auth(&session.token)
        .json(&json!({ "Subject": "Call", "CallObject": "ys:1:2:3" }))
        .send()
        .await;
    assert!(sent.is_err());
    assert_eq!(
        session.query("SELECT Id FROM Task WHERE CallObject = 'ys:1:2:3' LIMIT 2").await["totalSize"],
        1
    );
    assert!(org.ledger().iter().any(|entry| entry.lost && entry.status == 201));
    org.set(|s| s.locked_rows = 1);
    let (status, locked) = session.post("/sobjects/Task", &json!({ "Subject": "Call" })).await;
    assert_eq!((status.as_u16(), &locked[0]["errorCode"]), (400, &json!("UNABLE_TO_LOCK_ROW")));
    assert_eq!(session.post("/sobjects/Task", &json!({ "Subject": "Call" })).await.0, 201);
}

#[tokio::test]
async fn budgets_sessions_and_versions_end_in_their_own_errors() {
    let (org, session) = demo().await;
    let first = session.get("/sobjects/Task/describe").await;
    assert_eq!(first.headers()["sforce-limit-info"], "api-usage=1/15000");
    let code = |answer: Response| async move {
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()[0]["errorCode"].clone())
    };
    org.set(|s| s.used_by_others = 15_000);
    assert_eq!(code(session.get("/limits").await).await, (403, json!("REQUEST_LIMIT_EXCEEDED")));
    org.set(|s| s.used_by_others = 0);
    let old = session
        .http
        .get(format!("{}/services/data/v30.0/limits", org.instance()))
        .bearer_auth(&session.token)
        .send()
        .await
        .unwrap();
    assert_eq!(old.status(), 410);
    let versions: Value = session
        .http
        .get(format!("{}/services/data/", org.instance()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(versions.as_array().unwrap().len(), 38);
    assert_eq!(
        versions[31],
        json!({ "label": "Winter '25", "url": "/services/data/v62.0", "version": "62.0" })
    );
    org.advance(Duration::from_secs(7201));
    assert_eq!(code(session.get("/limits").await).await, (401, json!("INVALID_SESSION_ID")));
    org.set(|s| s.faults.push(FaultRule::once("/services/data", Fault::Html(503))));
    assert!(session.get("/limits").await.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    org.stop_listening();
    assert!(session.http.get(org.login()).send().await.is_err());
    org.listen_again().await;
    assert_eq!(session.http.get(org.login()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn rights_and_rules_of_the_org_refuse_what_they_guard() {
    let (org, session) = demo().await;
    org.set(|s| {
        s.hidden_fields = vec![HiddenField::new("Contact", "MobilePhone")];
        s.validation_rules = vec![ValidationRule {
            object: "Task".to_owned(),
            blank_field: Some("Description".to_owned()),
            message: "Write a note".to_owned(),
        }];
        s.required_fields = vec![("Lead".to_owned(), "LeadSource".to_owned())];
        s.task_statuses =
            vec![TaskStatus::new("Offen", false, true), TaskStatus::new("Erledigt", true, false)];
        s.create_denied.insert("Contact".to_owned());
    });
    let hidden = session.query("SELECT MobilePhone FROM Contact").await;
    assert_eq!(hidden[0]["errorCode"], "INVALID_FIELD");
    let described: Value = session.get("/sobjects/Contact/describe").await.json().await.unwrap();
    assert_eq!(described["createable"], false);
    assert!(
        !described["fields"].as_array().unwrap().iter().any(|field| field["name"] == "MobilePhone")
    );
    let told = |body: Value| body[0]["errorCode"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        told(session.post("/sobjects/Contact", &json!({ "LastName": "X" })).await.1),
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    );
    assert_eq!(
        told(session.post("/sobjects/Lead", &json!({ "LastName": "X", "Company": "Y" })).await.1),
        "REQUIRED_FIELD_MISSING"
    );
    let (_, rule) = session.post("/sobjects/Task", &json!({ "Subject": "Call" })).await;
    assert_eq!(
        rule,
        json!([{ "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": [], "message": "Write a note" }])
    );
    let status = session
        .post("/sobjects/Task", &json!({ "Status": "Completed", "Description": "n" }))
        .await
        .1;
    assert_eq!(told(status), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    let closed = session.query("SELECT ApiName FROM TaskStatus WHERE IsClosed = true").await;
    assert_eq!(closed["records"][0]["ApiName"], "Erledigt");
}

#[tokio::test]
async fn private_contacts_and_robots_are_as_in_a_real_org() {
    let (org, session) = demo().await;
    org.insert("Contact", json!({ "LastName": "Private", "Phone": "+49 30 999001" }));
    let leo = Session::of(&org, LEO);
    let soql = "SELECT Id FROM Contact WHERE LastName = 'Private'";
    assert_eq!(
        (
            session.query(soql).await["totalSize"].clone(),
            leo.query(soql).await["totalSize"].clone()
        ),
        (json!(1), json!(0))
    );
    let people = session.query("SELECT Name, Profile.Name, Profile.UserLicense.Name FROM User WHERE IsActive = true AND UserType = 'Standard' AND (NOT Profile.Name LIKE 'Analytics Cloud%') ORDER BY Name").await;
    let names: Vec<&str> = people["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["Name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Leo Brandt", "Mara Voss", "Nightly Loader", "Service Agent"]);
    assert_eq!(people["records"][0]["Profile"]["UserLicense"]["Name"], "Salesforce");
}

#[tokio::test]
async fn a_composite_says_200_and_hands_results_on() {
    let (org, session) = demo().await;
    let body = json!({ "allOrNone": false, "compositeRequest": [
        { "method": "POST", "referenceId": "lead", "url": "/services/data/v62.0/sobjects/Lead", "body": { "LastName": "-5503301", "Company": "Unknown" } },
        { "method": "POST", "referenceId": "task", "url": "/services/data/v62.0/sobjects/Task", "body": { "Subject": "Call", "WhoId": "@{lead.id}" } },
        { "method": "GET", "referenceId": "bad", "url": "/services/data/v62.0/query/?q=SELECT+Nope+FROM+Task" } ] });
    let before = org.api_calls();
    let (status, answer) = session.post("/composite", &body).await;
    let codes: Vec<u64> = answer["compositeResponse"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["httpStatusCode"].as_u64().unwrap())
        .collect();
    assert_eq!((status.as_u16(), codes), (200, vec![201, 201, 400]));
    assert_eq!(org.api_calls(), before + 1, "one request, whatever is inside");
    assert_eq!(org.tasks()[0]["WhoId"], answer["compositeResponse"][0]["body"]["id"]);
    let all = json!({ "allOrNone": true, "records": [{ "attributes": { "type": "Task" }, "Subject": "A" }, { "attributes": { "type": "Task" }, "CallType": "Odd" }] });
    let (_, results) = session.post("/composite/sobjects", &all).await;
    assert_eq!(results[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(org.tasks().len(), 1);
    org.set(|s| {
        s.duplicate_rules =
            vec![DuplicateRule { object: "Contact".to_owned(), allow_save: true, misspelt: true }];
    });
    let again = json!({ "LastName": "Meyer", "FirstName": "Anna" });
    assert_eq!(
        session.post("/sobjects/Contact", &again).await.1[0]["errorCode"],
        "DUPLICATES_DETECTED"
    );
    let url = format!("{}/sobjects/Contact", session.base);
    let allowed = session
        .http
        .post(url)
        .bearer_auth(&session.token)
        .header("Sforce-Duplicate-Rule-Header", "allowSave=true")
        .json(&again)
        .send();
    assert_eq!(allowed.await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_composite_takes_five_queries_and_the_trouble_of_one_is_its_own() {
    let (org, session) = demo().await;
    let query = |n: usize, soql: &str| json!({ "method": "GET", "referenceId": format!("q{n}"), "url": format!("/services/data/v62.0/query/?q={soql}") });
    let ids = "SELECT+Id+FROM+User";
    let asked = |soql: &[&str]| {
        let parts: Vec<Value> = soql.iter().enumerate().map(|(n, soql)| query(n, soql)).collect();
        json!({ "allOrNone": false, "compositeRequest": parts })
    };
    let (status, answer) = session.post("/composite", &asked(&[ids; 6])).await;
    assert_eq!((status.as_u16(), &answer[0]["errorCode"]), (400, &json!("LIMIT_EXCEEDED")));

    let long = format!("{ids}+WHERE+LastName+IN+('{}')", ["00T5g00000ExamAAAS"; 20].join("','"));
    for (longest, statuses) in
        [(None, [200, 200, 200, 200, 400]), (Some(300), [200, 200, 200, 414, 400])]
    {
        org.set(|s| s.longest_part = longest);
        let five = asked(&[ids, ids, ids, &long, "SELECT+Nope+FROM+User"]);
        let (status, answer) = session.post("/composite", &five).await;
        let parts = answer["compositeResponse"].as_array().unwrap();
        let codes: Vec<u64> =
            parts.iter().map(|part| part["httpStatusCode"].as_u64().unwrap()).collect();
        assert_eq!((status.as_u16(), codes), (200, statuses.to_vec()));
    }
}

#[tokio::test]
async fn record_pages_show_activities_as_text() {
    let (org, session) = demo().await;
    let anna = org.records("Contact")[0]["Id"].as_str().unwrap().to_owned();
    org.insert("Task", json!({ "Subject": "Inbound call from <script>x</script>", "WhoId": anna, "Status": "Completed", "CallDurationInSeconds": 65 }));
    for path in [
        format!("/lightning/r/Contact/{anna}/view"),
        format!("/{anna}"),
        format!("/{}", &anna[..15]),
    ] {
        let page = session
            .http
            .get(format!("{}{path}", org.instance()))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(page.contains("Anna Meyer") && page.contains("1:05 min"), "{page}");
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
    }
    assert_eq!(
        session
            .http
            .get(format!("{}/003000000000000AAA", org.instance()))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}

#[tokio::test]
async fn the_instance_can_live_elsewhere() {
    let org = Salesforce::start(OrgConfig { separate_instance: true, ..OrgConfig::demo() }).await;
    assert_ne!(org.instance(), org.login());
    let session = Session::of(&org, MARA);
    assert_eq!(session.query("SELECT Id FROM Contact LIMIT 1").await["totalSize"], 1);
    let at_login = session
        .http
        .get(format!("{}/services/data/v62.0/limits", org.login()))
        .bearer_auth(&session.token)
        .send()
        .await
        .unwrap();
    assert_eq!(at_login.status(), 404);
    org.set(|s| s.instance = Instance::Other("https://salesforce.com.evil.example".to_owned()));
    let (_, refresh) = org.sign_in(MARA);
    let (_, answer) =
        token(&org, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!(answer["instance_url"], "https://salesforce.com.evil.example");
}

#[tokio::test]
async fn lines_over_http_drive_both_servers_but_not_from_a_web_page() {
    let stage = Stage {
        pbx: Pbx::start(PbxConfig::default()).await,
        salesforce: Salesforce::start(OrgConfig::demo()).await,
    };
    let control = Control::start(stage.clone(), 0).await;
    let say = |path: &'static str, body: &'static str| {
        let request = http().post(format!("{}/sim/{path}", control.address())).body(body);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    assert_eq!(say("ring/+49301234567/4101", "").await["ok"], true);
    assert_eq!(stage.pbx.calls()[0].members()[0]["inbound"]["from"], "+49301234567");
    assert_eq!(say("answer", "4101").await["ok"], true);
    assert_eq!(say("hangup", "").await["ok"], true);
    assert_eq!(say("cdr", "").await["found"][0]["disposition"], "ANSWERED");
    assert_eq!(say("hangup", "").await, json!({ "ok": false, "why": "no call goes on" }));
    let page = http()
        .post(format!("{}/sim/pbx/down", control.address()))
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 404);
}
