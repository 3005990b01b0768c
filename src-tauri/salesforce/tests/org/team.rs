//! Who works in the org, and which extensions are written.

use domain::{Extension, RecordId, UserId};
use salesforce::{Error, FieldAccess, Team};
use serde_json::{Value, json};
use simulator::{
    Fault, FaultRule,
    salesforce::{HiddenField, OrgConfig, OrgUser, Salesforce},
};

use super::{MARA, session, support};

const LEO: &str = "leo.brandt@example.com";

fn names(team: &Team) -> Vec<&str> {
    team.people.iter().map(|user| user.name.as_str()).collect()
}

fn user(org: &Salesforce, username: &str) -> UserId {
    RecordId::parse(&org.user_id(username).unwrap()).unwrap()
}

fn extension_of(org: &Salesforce, username: &str) -> Value {
    let users = org.records("User");
    users.iter().find(|user| user["Username"] == username).unwrap()["Extension"].clone()
}

/// The queries for users that reached the org.
fn queries(org: &Salesforce) -> usize {
    let ledger = org.ledger();
    ledger.iter().filter_map(|seen| seen.query.as_ref()).filter(|q| q.contains("FROM User")).count()
}

#[tokio::test]
async fn people_are_listed_without_robots_page_by_page() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    org.set(|s| s.short_pages = Some(1));
    let (session, _) = session(&org);
    let people = session.team(false).await.unwrap();
    assert_eq!(names(&people), ["Leo Brandt", "Mara Voss"]);
    let all = session.team(true).await.unwrap();
    let robots: Vec<_> = all.people.iter().filter(|one| one.robot).map(|one| &*one.name).collect();
    assert_eq!(
        robots,
        [
            "Automated Process",
            "Chatter Expert",
            "Integration User",
            "Nightly Loader",
            "Platform Integration User",
            "Security User",
            "Service Agent",
        ]
    );
    assert_eq!(
        all.people.len(),
        robots.len() + 2,
        "the guests of a portal are nobody's colleagues"
    );
}

#[tokio::test]
async fn who_has_left_is_listed_while_they_have_an_extension() {
    let mut config = OrgConfig::demo();
    config.users[2].extension = "4103".to_owned();
    let org = Salesforce::start(config).await;
    let (session, _) = session(&org);
    let team = session.team(false).await.unwrap();
    let old = team.people.iter().find(|one| one.name == "Old Colleague").unwrap();
    assert!(!old.active);
    assert_eq!(old.extension.as_deref(), Some("4103"));
}

#[tokio::test]
async fn what_may_be_done_with_the_extensions_is_told() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let access = async || session(&org).0.team(false).await.unwrap().extensions;
    assert_eq!(access().await, FieldAccess::Change);
    org.set(|s| s.read_only_fields = vec![("User".to_owned(), "Extension".to_owned())]);
    assert_eq!(access().await, FieldAccess::Read);
    org.set(|s| s.hidden_fields = vec![HiddenField::new("User", "Extension")]);
    assert_eq!(access().await, FieldAccess::Hidden);
    org.set(|s| s.hidden_fields.push(HiddenField::new("User", "ProfileId")));
    let team = session(&org).0.team(false).await.unwrap();
    assert!(names(&team).contains(&"Leo Brandt"), "without profiles, people are still found");
}

#[tokio::test]
async fn two_thousand_and_one_users_take_two_pages_of_one_query() {
    let mut config = OrgConfig::demo();
    let more =
        (0..1_999).map(|n| OrgUser::person("Agent", &n.to_string(), &format!("{n}@example.com")));
    config.users.extend(more);
    let org = Salesforce::start(config).await;
    let (session, _) = session(&org);
    let team = session.team(false).await.unwrap();
    assert_eq!(team.people.len(), 2_001);
    assert_eq!(queries(&org), 1);
    let pages = org.ledger().iter().filter(|seen| seen.path.contains("/query")).count();
    assert_eq!(pages, 2);
}

#[tokio::test]
async fn extensions_are_written_two_hundred_at_a_time_and_each_for_itself() {
    let mut config = OrgConfig::demo();
    let more =
        (0..448).map(|n| OrgUser::person("Agent", &n.to_string(), &format!("{n}@example.com")));
    config.users.extend(more);
    let org = Salesforce::start(config).await;
    let (session, _) = session(&org);
    let team = session.team(false).await.unwrap();
    let wanted: Vec<_> = team
        .people
        .iter()
        .enumerate()
        .map(|(n, one)| (one.id.clone(), Some(Extension::new((4000 + n).to_string()))))
        .collect();
    org.set(|s| s.locked_rows = 1);
    let results = session.save_extensions(&wanted).await;
    assert_eq!(results.len(), 450);
    assert!(matches!(results[0], Err(Error::Busy { .. })), "{:?}", results[0]);
    assert!(results[1..].iter().all(Result::is_ok));
    assert_eq!(org.arrivals("PATCH", "/composite/sobjects"), 3);
    let cleared = session.save_extensions(&[(user(&org, LEO), None)]).await;
    assert!(cleared[0].is_ok());
    assert_eq!(extension_of(&org, LEO), Value::Null);
}

#[tokio::test]
async fn somebody_who_is_no_administrator_changes_only_themselves() {
    let org = Salesforce::start(OrgConfig::default()).await;
    let (session, _) = session(&org);
    let wanted = [
        (user(&org, LEO), Some(Extension::new("4102"))),
        (user(&org, MARA), Some(Extension::new("4101"))),
    ];
    let results = session.save_extensions(&wanted).await;
    assert!(matches!(results[0], Err(Error::MissingPermission { .. })), "{:?}", results[0]);
    assert!(results[1].is_ok(), "{:?}", results[1]);
    assert_eq!(extension_of(&org, MARA), "4101");
    assert_eq!(extension_of(&org, LEO), Value::Null);
}

#[tokio::test]
async fn a_request_that_fails_as_a_whole_ends_the_writing() {
    let mut config = OrgConfig::demo();
    let more =
        (0..300).map(|n| OrgUser::person("Agent", &n.to_string(), &format!("{n}@example.com")));
    config.users.extend(more);
    let org = Salesforce::start(config).await;
    let (session, _) = session(&org);
    let team = session.team(false).await.unwrap();
    let wanted: Vec<_> = team.people.iter().map(|one| (one.id.clone(), None)).collect();
    org.set(|s| s.faults = vec![FaultRule::once("/composite/sobjects", Fault::LostAnswer)]);
    let results = session.save_extensions(&wanted).await;
    assert_eq!(results.len(), wanted.len());
    assert!(results.iter().all(|result| matches!(result, Err(Error::LostAnswer(_)))));
    assert_eq!(org.arrivals("PATCH", "/composite/sobjects"), 1);
}

#[tokio::test]
async fn an_answer_that_is_too_short_leaves_the_rest_open() {
    let org = support::Org::start(|seen| match seen.path.ends_with("/composite/sobjects") {
        true => support::ok(json!([{"id": "x", "success": true, "errors": []}])),
        false => support::usual(seen),
    })
    .await;
    let (session, _) = org.session();
    let wanted = vec![(support::user_id(), None), (support::user_id(), None)];
    let results = session.save_extensions(&wanted).await;
    assert!(results[0].is_ok());
    assert!(matches!(results[1], Err(Error::LostAnswer(_))));
}
