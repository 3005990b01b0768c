//! What can be wrong with the org, one at a time.

use engine::view::doctor::{CheckState, Who};
use scenarios::{ADA, Findings, Office, Options, browser};
use serde_json::json;
use simulator::{
    OrgConfig,
    salesforce::{CustomField, HiddenField, OrgSwitches, TaskStatus},
};

use super::assert_found;

const ADMIN: Who = Who::SalesforceAdmin;

/// Asserts that the way into the org broke here: what lies before is well, what lies behind was not looked at.
fn assert_broken_at(findings: &Findings, id: &str) {
    const LADDER: [&str; 5] = [
        "salesforce.reachable",
        "salesforce.version",
        "salesforce.session",
        "salesforce.api",
        "salesforce.api_budget",
    ];
    let broken = LADDER.iter().position(|rung| *rung == id).expect("a rung");
    for (at, rung) in LADDER.into_iter().enumerate() {
        let expected = match at.cmp(&broken) {
            std::cmp::Ordering::Less => CheckState::Ok,
            std::cmp::Ordering::Equal => CheckState::Fail,
            std::cmp::Ordering::Greater => CheckState::Skip,
        };
        assert_eq!(findings.state(rung), expected, "{:#?}", findings.check(rung));
    }
    assert_eq!(findings.state("salesforce.task_fields"), CheckState::Skip);
    assert_eq!(findings.state("pbx.reachable"), CheckState::Ok, "the other side is well");
}

#[tokio::test]
async fn each_refusal_on_the_way_into_the_org_is_told_where_it_is_and_gone_when_mended() {
    let office = Office::open().await;
    for (wrong, id, who, place) in [
        (
            (|org| org.api_disabled = true) as fn(&mut OrgSwitches),
            "salesforce.api",
            ADMIN,
            "API Enabled",
        ),
        (|org| org.limit_reached = true, "salesforce.api_budget", ADMIN, "API Requests"),
        (
            |org| org.permanent_401 = Some("Session expired or invalid".to_owned()),
            "salesforce.session",
            ADMIN,
            "External Client App Manager",
        ),
    ] {
        office.salesforce.set(wrong);
        let findings = office.examines().await;
        assert_found(&findings, id, CheckState::Fail, who, place);
        assert_broken_at(&findings, id);
        office.salesforce.set(|org| *org = OrgSwitches::default());
        // A person who looks again does not wait for a pause to end.
        assert_eq!(office.examines().await.state(id), CheckState::Ok);
    }
    office.salesforce.stop_listening();
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.reachable", CheckState::Fail, Who::It, "network");
    office.salesforce.listen_again().await;
    office.salesforce.revoke_all();
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.session", CheckState::Fail, ADMIN, "Policies");
    assert!(findings.check("salesforce.session").todo.contains("Sign in"));
}

#[tokio::test]
async fn a_retired_version_and_a_scarce_budget_are_seen() {
    let office = Office::open().await;
    office.salesforce.set(|org| org.used_by_others = 13_000);
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.api_budget", CheckState::Warn, ADMIN, "API Requests");
    assert!(findings.check("salesforce.api_budget").found.contains("15000"));
    office.salesforce.set(|org| org.newest_version = 61);
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.version", CheckState::Fail, ADMIN, "Patchcord");
}

#[tokio::test]
async fn fields_that_are_left_out_are_named_object_by_object() {
    let office = Office::open().await;
    let hide = |object: &str, field: &str| HiddenField::new(object, field);
    office.salesforce.set(|org| {
        org.hidden_fields = vec![
            hide("Contact", "MobilePhone"),
            hide("Lead", "Phone"),
            hide("Lead", "MobilePhone"),
            hide("Account", "Phone"),
            hide("Task", "CallDisposition"),
        ];
    });
    let findings = office.examines().await;
    for (id, named) in [
        ("salesforce.contact_fields", "MobilePhone"),
        ("salesforce.lead_fields", "no phone field of leads"),
        ("salesforce.account_fields", "no phone field of accounts"),
        ("salesforce.task_fields", "CallDisposition"),
    ] {
        assert_found(&findings, id, CheckState::Warn, ADMIN, "Field-Level Security");
        assert!(findings.check(id).found.contains(named), "{:#?}", findings.check(id));
    }
    // Without a field for the key nothing recognises a repeat.
    office.salesforce.set(|org| org.hidden_fields = vec![hide("Task", "CallObject")]);
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.task_fields", CheckState::Fail, ADMIN, "Field-Level");
    office.salesforce.set(|org| org.call_key_field = true);
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.task_fields", CheckState::Warn, ADMIN, "Field-Level");
}

#[tokio::test]
async fn what_the_user_may_not_create_counts_by_what_the_settings_need() {
    let settings = "[pop]\nunknown = \"new_contact\"\n".to_owned();
    let office = Office::with(Options { settings, ..Options::default() }).await;
    office.salesforce.set(|org| {
        org.create_denied = ["Task", "Lead", "Contact"].map(str::to_owned).into();
    });
    let findings = office.examines().await;
    for (id, state) in [
        ("salesforce.create_task", CheckState::Fail),
        ("salesforce.create_lead", CheckState::Warn),
        ("salesforce.create_contact", CheckState::Fail),
    ] {
        assert_found(&findings, id, state, ADMIN, "Object Settings");
    }
}

#[tokio::test]
async fn a_task_without_an_end_and_one_with_another_word_for_it_are_told_apart() {
    let office = Office::open().await;
    office.salesforce.set(|org| org.task_statuses = vec![TaskStatus::new("Offen", false, true)]);
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.task_status", CheckState::Fail, ADMIN, "Status");
    office.salesforce.set(|org| org.task_statuses.push(TaskStatus::new("Erledigt", true, false)));
    let findings = office.examines().await;
    assert_found(&findings, "salesforce.task_status", CheckState::Ok, ADMIN, "Status");
    assert!(findings.check("salesforce.task_status").found.contains("Erledigt"));
}

#[tokio::test]
async fn a_value_that_the_org_does_not_offer_is_named_and_left_out_of_the_call() {
    let office = Office::open().await;
    let taken = ("CallType".to_owned(), "Inbound".to_owned());
    office.salesforce.set(|org| org.missing_values.push(taken));
    let findings = office.examines().await;
    let id = "salesforce.task_values";
    assert_found(&findings, id, CheckState::Warn, ADMIN, "Call Type");
    assert!(findings.check(id).found.contains("CallType Inbound"), "{findings:#?}");
    let call = office.has_spoken_with(ADA).await;
    office.all_logged(std::slice::from_ref(&call)).await;
    assert_eq!(office.task_of(&call).await["CallType"], serde_json::Value::Null);
}

#[tokio::test]
async fn an_outcome_that_the_orgs_list_lacks_is_named() {
    let office = Office::open().await;
    let id = "salesforce.task_values";
    let mut results = ["Answered", "Missed", "No answer", "Busy", "Voicemail", "Failed"].to_vec();
    results.extend(["Reached", "Left voicemail"]);
    let results: Vec<String> = results.into_iter().map(str::to_owned).collect();
    office.salesforce.set(|org| org.call_results = Some(results));
    let findings = office.examines().await;
    assert_found(&findings, id, CheckState::Warn, ADMIN, "Call Result");
    let found = &findings.check(id).found;
    assert!(found.contains("not offer: CallDisposition Wrong number."), "{found}");
}

#[tokio::test]
async fn person_accounts_are_seen_with_what_is_missing_for_them() {
    let office = Office::open().await;
    let id = "salesforce.person_accounts";
    assert!(office.examines().await.check(id).found.contains("no person accounts"));
    office.salesforce.set(|org| org.person_accounts = true);
    let findings = office.examines().await;
    assert_eq!(findings.state(id), CheckState::Ok);
    assert!(findings.check(id).found.contains("on the person"));
    office.salesforce.set(|org| {
        org.hidden_fields.push(HiddenField::new("Account", "PersonContactId"));
    });
    assert_found(&office.examines().await, id, CheckState::Warn, ADMIN, "Account");
}

/// Row E15 of faults.md.
#[tokio::test]
async fn without_a_unique_key_field_the_weaker_guarantee_is_declared() {
    let id = "salesforce.call_key";
    let office = Office::open().await;
    let findings = office.examines().await;
    assert_found(&findings, id, CheckState::Warn, ADMIN, "Activity");
    assert!(findings.check(id).found.contains("weaker guarantee"), "{findings:#?}");
    office.salesforce.set(|org| org.call_key_field = true);
    assert_eq!(office.examines().await.state(id), CheckState::Ok, "it is seen at once");

    let plain_field: fn(&mut OrgConfig) = |org| {
        org.custom_fields.push(CustomField {
            object: "Task".to_owned(),
            name: "PBX_Call_Key__c".to_owned(),
            phone: false,
            external_id: false,
        });
    };
    let office = Office::with(Options { org: plain_field, ..Options::default() }).await;
    let findings = office.examines().await;
    assert_found(&findings, id, CheckState::Warn, ADMIN, "Activity");
    assert!(findings.check(id).found.contains("not as a unique"), "{findings:#?}");
}

#[tokio::test]
async fn the_pbxs_own_integration_is_seen_by_the_second_activity_of_a_call() {
    let id = "pbx.own_integration";
    let office = Office::open().await;
    let findings = office.examines().await;
    assert_found(&findings, id, CheckState::Skip, Who::PbxAdmin, "Integrations > CRM");

    let call = office.has_spoken_with(ADA).await;
    office.all_logged(&[call]).await;
    assert_eq!(office.examines().await.state(id), CheckState::Ok);

    let (token, _) = office.salesforce.sign_in("mara.voss@example.com");
    let theirs = json!({ "Subject": "Inbound Call", "WhoId": office.ada, "Status": "Completed" });
    let tasks = format!("{}/services/data/v62.0/sobjects/Task", office.salesforce.instance());
    let logged = browser().post(tasks).bearer_auth(token).json(&theirs).send().await;
    assert!(logged.expect("the org answers").status().is_success());
    let findings = office.examines().await;
    assert_found(&findings, id, CheckState::Warn, Who::PbxAdmin, "Integrations > CRM");
}
