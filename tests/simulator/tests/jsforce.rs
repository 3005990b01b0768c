//! The Salesforce half against jsforce: a client by other people, which talks to real orgs.

#![expect(clippy::unwrap_used, reason = "a test ends where it meets what it did not expect")]

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use simulator::{OrgConfig, Salesforce, salesforce::DuplicateRule};
use tokio::process::Command;

const MARA: &str = "mara.voss@example.com";
const CALLBACK: &str = "http://localhost:17170/oauth/callback";

/// Lets jsforce tell one story (`peers/stories.mjs`) and returns what it found.
async fn tell(story: &str, org: &Salesforce, more: Value) -> Value {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    assert!(
        peers.join("node_modules/jsforce").is_dir(),
        "jsforce is missing: run `npm ci` in tests/simulator/peers (`cargo xtask test` does it)"
    );
    let mut setting = json!({ "login": org.login(), "instance": org.instance(), "consumerKey": org.consumer_key(), "redirectUri": CALLBACK });
    setting.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let run = Command::new("node")
        .args(["stories.mjs", story, &setting.to_string()])
        .current_dir(peers)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(60), run)
        .await
        .expect("the story ends within a minute")
        .expect("node is installed: the simulator's peers need Node 20 or newer");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{story}: {err}{out}");
    let last =
        out.lines().rfind(|line| line.starts_with(['{', '['])).expect("a story ends with JSON");
    serde_json::from_str(last).unwrap()
}

async fn signed_in() -> (Salesforce, Value) {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (access, refresh) = org.sign_in(MARA);
    (org, json!({ "accessToken": access, "refreshToken": refresh }))
}

#[tokio::test]
async fn jsforce_signs_in_with_pkce_and_codes_work_once() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let found = tell("signIn", &org, json!({})).await;
    assert_eq!(found["denied"]["error"], "access_denied");
    assert_eq!(found["state"], "a b&c");
    assert_eq!(found["user"]["id"], json!(org.user_id(MARA)));
    assert_eq!(found["user"]["organizationId"], org.org_id());
    assert_eq!((&found["instance"], &found["refreshes"]), (&json!(org.instance()), &json!(true)));
    assert_eq!(found["username"], MARA);
    assert_eq!(
        (&found["again"]["name"], &found["again"]["message"]),
        (&json!("invalid_grant"), &json!("expired authorization code"))
    );
    assert_eq!(found["wrongVerifier"]["message"], "invalid code verifier");
    assert_eq!(found["withSecret"]["name"], "invalid_client");
    assert_eq!(found["revoked"]["message"], "expired access/refresh token");
    assert!(
        found["elsewhere"]
            .as_str()
            .unwrap()
            .starts_with("/setup/secur/RemoteAccessErrorPage.apexp?error=redirect_uri_mismatch")
    );
}

#[tokio::test]
async fn jsforce_pages_through_a_query_and_filters() {
    let (org, tokens) = signed_in().await;
    let account = org.insert("Account", json!({ "Name": "ACME GmbH" }));
    let before = org.records("Contact").len();
    for n in 0..4100 {
        org.insert("Contact", json!({ "LastName": format!("Row {n:04}"), "AccountId": account, "Phone": format!("+4930{n:06}") }));
    }
    let found = tell("paging", &org, tokens.clone()).await;
    assert_eq!(found["pages"], json!([2000, 2000, 100 + before]));
    assert_eq!(found["total"], 4100 + before);
    assert_eq!(found["names"], json!(["Row 1200", "Row 1201", "Row 1202", "Row 1203", "Row 1204"]));
    assert_eq!(found["inList"], json!(["Row 0001", "Row 0002", "Row 0003"]));
    assert_eq!(found["limit"]["used"], org.api_calls());
    org.set(|s| s.short_pages = Some(1999));
    let short = tell("paging", &org, tokens).await;
    assert_eq!(short["pages"], json!([1999, 1999, 102 + before]));
}

#[tokio::test]
async fn jsforce_searches_an_index_of_whole_tokens_that_lags() {
    let (org, tokens) = signed_in().await;
    let found = tell("search", &org, tokens).await;
    assert_eq!(found["exact"], json!(["Contact Anna Meyer"]));
    assert_eq!(found["variants"], json!(["Contact Ana Ruiz"]));
    assert_eq!(found["partOnly"], json!([]));
    assert_eq!(found["lead"], json!(["Lead Bob Liu"]));
    assert_eq!(found["notYetIndexed"], json!([]));
    assert_eq!(found["bySoql"], json!(["Fresh"]));
    assert_eq!(found["unescaped"]["code"], "MALFORMED_SEARCH");
    assert_eq!(found["tooShort"]["code"], "MALFORMED_SEARCH");
    org.advance(std::time::Duration::from_secs(121));
    let (access, _) = org.sign_in(MARA);
    let later = tell("search", &org, json!({ "accessToken": access })).await;
    assert_eq!(later["notYetIndexed"], json!(["Contact Fresh"]));
}

#[tokio::test]
async fn jsforce_writes_tasks_and_meets_the_rules() {
    let (org, tokens) = signed_in().await;
    let found = tell("write", &org, tokens).await;
    assert_eq!(
        (&found["read"]["IsClosed"], &found["read"]["Priority"]),
        (&json!(true), &json!("Normal"))
    );
    assert_eq!(found["read"]["OwnerId"], json!(org.user_id(MARA)));
    assert!(found["read"]["CreatedDate"].as_str().unwrap().ends_with("+0000"));
    assert_eq!(found["again"][0]["Who"]["Name"], "Anna Meyer");
    assert_eq!(found["again"][0]["Owner"]["Name"], "Mara Voss");
    let fields = found["fields"].as_array().unwrap();
    assert!(fields.contains(&json!("CallObject")) && !fields.contains(&json!("PBX_Call_Key__c")));
    let code = |refusal: &str| found["refusals"][refusal]["code"].as_str().unwrap().to_owned();
    assert_eq!(code("leadAndWhat"), "FIELD_INTEGRITY_EXCEPTION");
    assert_eq!(code("contactAsWhat"), "FIELD_INTEGRITY_EXCEPTION");
    assert_eq!(code("callType"), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    assert_eq!(code("subtype"), "INVALID_FIELD_FOR_INSERT_UPDATE");
    assert_eq!(code("longSubject"), "STRING_TOO_LONG");
    assert_eq!(code("missing"), "REQUIRED_FIELD_MISSING");
    assert_eq!(code("unknownField"), "INVALID_FIELD");
    assert_eq!(code("unknownColumn"), "INVALID_FIELD");
    assert_eq!(code("malformed"), "MALFORMED_QUERY");
    assert_eq!(code("noRecord"), "NOT_FOUND");
    assert_eq!(found["gone"]["code"], "ENTITY_IS_DELETED");
    assert_eq!(found["all"], 1, "queryAll shows the deleted task");
    assert!(org.tasks().is_empty());
}

#[tokio::test]
async fn jsforce_upserts_by_the_call_key_where_the_org_has_one() {
    let (org, tokens) = signed_in().await;
    org.set(|s| s.call_key_field = true);
    let found = tell("upsert", &org, tokens).await;
    assert_eq!(
        (&found["first"]["created"], &found["second"]["created"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(found["first"]["id"], found["second"]["id"]);
    assert_eq!(found["twice"]["code"], "DUPLICATE_VALUE");
    assert_eq!(org.tasks()[0]["Subject"], "Call again");
}

#[tokio::test]
async fn jsforce_reads_duplicates_whatever_the_key_is_called() {
    let (org, tokens) = signed_in().await;
    org.set(|s| {
        s.duplicate_rules =
            vec![DuplicateRule { object: "Lead".to_owned(), allow_save: true, misspelt: true }];
    });
    let found = tell("duplicate", &org, tokens).await;
    assert_eq!(found["code"], "DUPLICATES_DETECTED");
    let record = &found["data"]["duplicateResut"]["matchResults"][0]["matchRecords"][0]["record"];
    assert_eq!(org.records("Lead")[0]["Id"], record["Id"]);
}

#[tokio::test]
async fn jsforce_creates_a_collection_with_an_outcome_for_each() {
    let (org, tokens) = signed_in().await;
    let before = org.records("Contact").len();
    let found = tell("collection", &org, tokens).await;
    let told: Vec<bool> =
        found.as_array().unwrap().iter().map(|one| one["success"] == true).collect();
    assert_eq!(told, [true, false, true]);
    assert_eq!(found[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(org.records("Contact").len(), before + 2);
}

#[tokio::test]
async fn jsforce_renews_a_dead_session_and_a_replayed_token_ends_the_family() {
    let (org, tokens) = signed_in().await;
    org.expire_access_tokens();
    // Long enough for two refreshes of one token to meet.
    org.set(|s| s.refresh_takes = std::time::Duration::from_millis(800));
    let found = tell("rotation", &org, tokens).await;
    assert_eq!(
        (&found["rows"], &found["rotations"], &found["changed"]),
        (&json!(1), &json!(1), &json!(true))
    );
    assert_eq!(found["refused"], "token request is already being processed");
    assert_eq!(found["replayed"]["message"], "expired access/refresh token");
    assert_eq!(found["family"]["message"], "expired access/refresh token");
    assert_eq!(org.grants(), 0);
}

#[tokio::test]
async fn jsforce_would_refresh_for_ever_against_a_permanent_401() {
    let (org, tokens) = signed_in().await;
    let hopeless = "This session is not valid for use with the REST API";
    org.set(|s| s.permanent_401 = Some(hopeless.to_owned()));
    let known = tell("permanent401", &org, tokens.clone()).await;
    assert_eq!((&known["refreshes"], &known["found"]["message"]), (&json!(0), &json!(hopeless)));
    org.set(|s| s.permanent_401 = Some("Session expired or invalid".to_owned()));
    let found = tell("permanent401", &org, tokens).await;
    assert_eq!(found["refreshes"], 4);
    let message = found["found"]["message"].as_str().unwrap();
    assert!(message.ends_with("gave up after three refreshes"), "{message}");
    assert_eq!(org.api_calls(), 1 + 4);
}
