//! The client against the simulated org, which has a memory and the reference's rules.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;
#[path = "org/team.rs"]
mod team;

use std::{sync::Arc, time::Duration};

use domain::{CallKey, Direction, Object, RecordId, TaskDraft};
use salesforce::{
    App, Error, Grant, Instance, Login, Retry, Session, SignIn, SignedOutReason, Timeouts, Vault,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use simulator::{
    Fault, FaultRule,
    salesforce::{
        Consent, HiddenField, Instance as Answered, OrgConfig, Salesforce, TaskStatus,
        ValidationRule,
    },
};
use support::Memory;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const MARA: &str = "mara.voss@example.com";
const ANNA: &str = "Anna Meyer";

fn app(org: &Salesforce, ports: Vec<u16>) -> App {
    App {
        login: Login::parse(&org.login()).unwrap(),
        consumer_key: org.consumer_key(),
        ports,
        version: "0.1.0".to_owned(),
        timeouts: Timeouts { request: Duration::from_secs(3), ..Timeouts::default() },
        proxy: None,
    }
}

/// Signs Mara in, without a browser.
fn session(org: &Salesforce) -> (Session, Arc<Memory>) {
    let vault = Arc::new(Memory::default());
    (session_in(org, Arc::clone(&vault)), vault)
}

fn session_in(org: &Salesforce, vault: Arc<Memory>) -> Session {
    let (access, refresh) = org.sign_in(MARA);
    let app = app(org, vec![]);
    let grant = Grant {
        access: SecretString::from(access),
        refresh: SecretString::from(refresh),
        instance: Instance::check(&org.instance(), &app.login, Some(&app.login)).unwrap(),
        org: RecordId::parse(&org.org_id()).unwrap(),
        user: RecordId::parse(&org.user_id(MARA).unwrap()).unwrap(),
    };
    Session::new(app, grant, vault).unwrap()
}

fn draft(who: Option<&str>) -> TaskDraft {
    TaskDraft {
        subject: format!("Inbound call from {ANNA}"),
        direction: Direction::Inbound,
        talk_seconds: 51,
        disposition: "Answered".to_owned(),
        key: CallKey::from_stored("ys:3630000X0001:1767600923.417:4101"),
        who: who.map(|id| RecordId::parse(id).unwrap()),
        what: None,
        date: (2026, 1, 5),
        written: domain::note::Written {
            note: String::new(),
            facts: "Started: 2026-01-05 09:15:23 +01:00\nNumber: +49 30 1234567".to_owned(),
        },
    }
}

fn id_of(org: &Salesforce, object: &str, name: &str) -> String {
    let rows = org.records(object);
    let row = rows.iter().find(|row| row["Name"] == name).unwrap();
    row["Id"].as_str().unwrap().to_owned()
}

fn renewals(org: &Salesforce) -> usize {
    org.ledger().iter().filter(|request| request.path == "/services/oauth2/token").count()
}

fn digits(digits: &[&str]) -> Vec<String> {
    digits.iter().map(|&digits| digits.to_owned()).collect()
}

#[tokio::test]
async fn a_person_signs_in_with_a_browser_finds_a_caller_and_logs_the_call() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut config = OrgConfig { consent: Consent::Auto, ..OrgConfig::demo() };
    config.callbacks.push(format!("http://localhost:{port}/oauth/callback"));
    config.separate_instance = true;
    let org = Salesforce::start(config).await;
    let app = app(&org, vec![port]);

    let sign_in = SignIn::begin(&app).await.unwrap();
    let authorize = sign_in.authorize_url().clone();
    let (_paste, pasted) = mpsc::channel(1);
    let finishing = tokio::spawn(sign_in.finish(pasted, CancellationToken::new()));
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = browser.get(authorize).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.url().port(), Some(port));
    let grant = finishing.await.unwrap().unwrap();
    let vault = Arc::new(Memory::default());
    let session = Session::new(app, grant, vault.clone()).unwrap();
    session.warm().await.unwrap();

    let me = session.user().await.unwrap();
    assert_eq!((me.name.as_str(), me.username.as_str()), ("Mara Voss", MARA));
    assert_eq!((me.org_name.as_str(), me.is_sandbox), ("Northwind Example", false));
    let found = session.search_index(&digits(&["49301234567", "0301234567"])).await.unwrap();
    assert_eq!(found.records.len(), 1, "{:?}", found.records);
    let anna = &found.records[0];
    assert_eq!((anna.object, anna.name.as_str()), (Object::Contact, ANNA));
    assert_eq!(anna.account.as_ref().map(|(_, name)| name.as_str()), Some("ACME GmbH"));
    let logged = session.log_call(&draft(Some(anna.id.as_str())), false).await.unwrap();

    let task = &org.tasks()[0];
    assert_eq!(task["Id"], logged.id.as_str());
    for (field, value) in [
        ("Subject", json!("Inbound call from Anna Meyer")),
        ("Status", json!("Completed")),
        ("TaskSubtype", json!("Call")),
        ("CallType", json!("Inbound")),
        ("CallDurationInSeconds", json!(51)),
        ("CallDisposition", json!("Answered")),
        ("CallObject", json!("ys:3630000X0001:1767600923.417:4101")),
        ("WhoId", json!(anna.id.as_str())),
        ("ActivityDate", json!("2026-01-05")),
        ("OwnerId", json!(me.id.as_str())),
    ] {
        assert_eq!(task[field], value, "{field}");
    }
    let page = browser.get(session.instance().record_url(Object::Contact, &anna.id));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Inbound call from Anna Meyer"), "{page}");
    let usage = session.usage();
    assert_eq!(usage.calls_made, org.api_calls() as u64);
    assert_eq!((usage.org_used, usage.org_max), (Some(org.api_calls() as u64), Some(15_000)));
    session.revoke().await.unwrap();
    assert_eq!(org.grants(), 0);
    assert!(vault.load().is_none());
}

#[tokio::test]
async fn a_session_lives_through_dead_tokens_rotation_and_a_restart() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, vault) = session(&org);
    for round in 1..=3 {
        org.expire_access_tokens();
        let asking = (0..20).map(|_| session.user());
        for user in futures_util::future::join_all(asking).await {
            user.unwrap();
        }
        assert_eq!(renewals(&org), round);
    }
    session.settled().await;

    let kept = vault.load().unwrap();
    let resumed = Session::resume(app(&org, vec![]), kept, vault.clone()).unwrap();
    resumed.user().await.unwrap();
    resumed.keep_alive().await.unwrap();

    assert_eq!(renewals(&org), 5);
    assert_eq!(org.grants(), 1);
}

#[tokio::test]
async fn an_org_without_rotation_keeps_the_refresh_token() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    org.set(|switches| {
        switches.rotation = false;
        switches.jwt_access_tokens = true;
    });
    let (session, vault) = session(&org);
    let before = vault.refresh();
    for _ in 0..3 {
        org.expire_access_tokens();
        session.user().await.unwrap();
    }
    assert_eq!(vault.refresh(), before);
    assert_eq!(vault.saved.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_renewal_ends_in_one_clear_word_and_a_server_that_never_saw_it_in_none() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    org.expire_access_tokens();
    org.set(|s| s.faults = vec![FaultRule::once("oauth2/token", Fault::Reset)]);
    assert!(matches!(session.user().await, Err(Error::LostAnswer(_))));
    session.user().await.unwrap();

    org.expire_access_tokens();
    org.set(|s| s.faults = vec![FaultRule::once("oauth2/token", Fault::LostAnswer)]);
    assert!(matches!(session.user().await, Err(Error::LostAnswer(_))));
    for _ in 0..3 {
        let error = session.user().await.unwrap_err();
        assert_eq!(error.retry(), Retry::AfterSignIn, "{error}");
        let lost = SignedOutReason::RenewalLost;
        assert!(matches!(error, Error::SignedOut { reason } if reason == lost));
    }
    assert_eq!(renewals(&org), 4);
    assert_eq!(org.grants(), 0);
}

#[tokio::test]
async fn two_programs_with_one_vault_do_not_end_each_others_session() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    org.set(|s| s.refresh_takes = Duration::from_millis(300));
    let vault = Arc::new(Memory::default());
    let one = session_in(&org, Arc::clone(&vault));
    let two = Session::resume(app(&org, vec![]), vault.load().unwrap(), vault.clone()).unwrap();
    org.expire_access_tokens();

    let (first, second) = tokio::join!(one.user(), two.user());

    first.unwrap();
    second.unwrap();
    assert_eq!(org.grants(), 1);
}

#[tokio::test]
async fn a_revoked_session_is_told_once() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    org.revoke_all();
    for _ in 0..5 {
        assert_eq!(session.user().await.unwrap_err().retry(), Retry::AfterSignIn);
    }
    assert_eq!(renewals(&org), 1);
}

#[tokio::test]
async fn an_instance_that_is_none_of_ours_never_sees_a_token() {
    for address in ["https://northwind.my.salesforce.com.evil.io", "http://10.0.0.1", "https://a@b"]
    {
        let org = Salesforce::start(OrgConfig::demo()).await;
        let (session, _) = session(&org);
        org.set(|s| s.instance = Answered::Other(address.to_owned()));
        org.expire_access_tokens();
        assert!(matches!(session.user().await, Err(Error::UnexpectedInstance)), "{address}");
        assert_eq!(session.instance().as_str(), org.login());
    }
}

#[tokio::test]
async fn a_task_is_written_once_whatever_happens_to_the_answer() {
    for call_key_field in [false, true] {
        for fault in [Fault::LostAnswer, Fault::Truncated, Fault::Reset, Fault::Html(502)] {
            let org = Salesforce::start(OrgConfig::demo()).await;
            let (session, _) = session(&org);
            let anna = id_of(&org, "Contact", ANNA);
            let method = if call_key_field { "PATCH" } else { "POST" };
            org.set(|s| {
                s.call_key_field = call_key_field;
                s.faults = vec![FaultRule::once("sobjects/Task", fault.clone()).on(method)];
            });

            let error = session.log_call(&draft(Some(&anna)), false).await.unwrap_err();
            assert!(error.may_have_happened(), "{fault:?} {error}");
            let happened = !org.tasks().is_empty();
            let logged = session.log_call(&draft(Some(&anna)), true).await.unwrap();

            assert_eq!(logged.existed, happened, "{fault:?}");
            assert_eq!(org.tasks().len(), 1, "{fault:?} {call_key_field}");
            assert_eq!(org.tasks()[0]["Id"], logged.id.as_str());
        }
    }
}

#[tokio::test]
async fn two_desktops_at_once_write_one_task_where_the_org_has_the_key() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    org.set(|s| s.call_key_field = true);
    let ((one, _), (two, _)) = (session(&org), session(&org));
    let draft = draft(Some(&id_of(&org, "Contact", ANNA)));

    let (first, second) = tokio::join!(one.log_call(&draft, false), two.log_call(&draft, false));

    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.id, second.id);
    assert!(first.existed != second.existed);
    assert_eq!(org.tasks().len(), 1);
    assert_eq!(org.tasks()[0]["PBX_Call_Key__c"], draft.key.as_str());
}

#[tokio::test]
async fn a_caller_the_index_misses_is_found_by_spelling() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    org.set(|s| s.search_finds_nothing = true);
    let (session, _) = session(&org);
    let missed = session.search_index(&digits(&["49895550199"])).await.unwrap();
    assert!(missed.records.is_empty());

    let exact = digits(&["+49895550199", "+49 89 5550199", "o'x\\"]);
    let found = session.query_exact(&exact).await.unwrap();

    assert_eq!(found.where_, "Salesforce query");
    assert_eq!(found.records.len(), 1);
    assert_eq!(found.records[0].company.as_deref(), Some("Liu Trading"));
}

#[tokio::test]
async fn a_person_account_is_found_and_its_contact_is_linked() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    org.set(|s| s.person_accounts = true);
    let person = json!({"FirstName": "Eva", "LastName": "Stein", "Name": "Eva Stein",
        "IsPersonAccount": true, "PersonMobilePhone": "+49 171 5550100"});
    org.insert("Account", person);
    let (session, _) = session(&org);

    let found = session.search_index(&digits(&["491715550100", "01715550100"])).await.unwrap();

    let eva = found.records.iter().find(|record| record.object == Object::Account);
    let eva = eva.unwrap_or_else(|| panic!("{:?}", found.records));
    assert_eq!(eva.phones[0].0, "PersonMobilePhone");
}

#[tokio::test]
async fn hidden_fields_and_a_customised_picklist_fail_nothing() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    session.warm().await.unwrap();
    org.set(|s| {
        for (object, field) in [
            ("Contact", "MobilePhone"),
            ("Account", "Phone"),
            ("Task", "CallDisposition"),
            ("User", "Extension"),
        ] {
            s.hidden_fields.push(HiddenField::new(object, field));
        }
        s.task_statuses =
            vec![TaskStatus::new("Open", false, true), TaskStatus::new("Erledigt", true, false)];
    });

    assert_eq!(session.user().await.unwrap().extension, None);
    let found = session.search_index(&digits(&["49301234567"])).await.unwrap();
    assert_eq!(found.records.len(), 1);
    session.log_call(&draft(Some(found.records[0].id.as_str())), false).await.unwrap();

    assert_eq!(org.tasks()[0]["Status"], "Erledigt");
    assert_eq!(org.tasks()[0]["CallObject"], draft(None).key.as_str());
}

#[tokio::test]
async fn what_the_org_refuses_has_its_words_and_its_time() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    let attempt = async || session.log_call(&draft(None), false).await.unwrap_err();

    org.set(|s| {
        s.validation_rules = vec![ValidationRule {
            object: "Task".to_owned(),
            blank_field: None,
            message: "Say why, please".to_owned(),
        }];
    });
    let error = attempt().await;
    assert!(error.to_string().contains("Say why, please"), "{error}");
    assert_eq!(error.retry(), Retry::Never);

    org.set(|s| {
        s.validation_rules.clear();
        s.locked_rows = 1;
    });
    assert_eq!(attempt().await.retry(), Retry::Later { after: None });

    org.set(|s| s.limit_reached = true);
    assert!(matches!(attempt().await, Error::ApiLimit));
    org.set(|s| {
        s.limit_reached = false;
        s.api_disabled = true;
    });
    let asked = org.ledger().len();
    assert!(matches!(attempt().await, Error::ApiLimit));
    assert_eq!(org.ledger().len(), asked, "a quarter of an hour long nothing is asked");
    session.skip_pause();
    assert!(matches!(attempt().await, Error::ApiDisabled { .. }));
    session.skip_pause();
    org.set(|s| {
        s.api_disabled = false;
        s.create_denied = ["Task".to_owned()].into();
    });
    let error = attempt().await;
    assert_eq!(error.retry(), Retry::AfterPerson, "{error:?}");
    org.set(|s| {
        s.create_denied.clear();
        s.faults = vec![FaultRule::once("sobjects/Task", Fault::Html(503)).on("POST")];
    });
    assert!(matches!(attempt().await, Error::Busy { .. }));
    org.set(|s| {
        s.permanent_401 = Some("This session is not valid for use with the REST API".to_owned());
    });
    let before = renewals(&org);
    for _ in 0..5 {
        assert!(matches!(attempt().await, Error::SessionRefused { .. }));
    }
    assert_eq!(renewals(&org), before + 1);
    assert_eq!(org.tasks().len(), 0);
}

#[tokio::test]
async fn a_contact_deleted_during_the_call_costs_only_the_link() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    let anna = id_of(&org, "Contact", ANNA);
    org.delete("Contact", &anna);

    let logged = session.log_call(&draft(Some(&anna)), false).await.unwrap();

    assert!(logged.left_out.links);
    assert_eq!(org.tasks().len(), 1);
    assert_eq!(org.tasks()[0]["WhoId"], Value::Null);
}

#[tokio::test]
async fn a_task_is_changed_by_a_later_choice_and_deleted_on_request() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    let account = id_of(&org, "Account", "ACME GmbH");
    let mut first = draft(None);
    first.what = RecordId::parse(&account);
    let id = session.log_call(&first, false).await.unwrap().id;
    assert_eq!(org.tasks()[0]["WhatId"], account.as_str());

    let lead = id_of(&org, "Lead", "Bob Liu");
    session.update_call(&id, &draft(Some(&lead)), None, false).await.unwrap();
    assert_eq!(org.tasks()[0]["WhoId"], lead.as_str());
    assert_eq!(org.tasks()[0]["WhatId"], Value::Null);

    session.delete_task(&id).await.unwrap();
    session.delete_task(&id).await.unwrap();
    assert!(org.tasks().is_empty());
    assert_eq!(session.task_with_key(&first.key).await.unwrap(), None);
}

#[tokio::test]
async fn hostile_numbers_change_no_query() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    session.warm().await.unwrap();
    for hostile in
        ["') OR Name LIKE '%", "} RETURNING User(Id)", "*", "?", "\\", "'", &"9".repeat(2_000)]
    {
        let before = org.ledger().len();
        assert!(session.search_index(&digits(&[hostile])).await.unwrap().records.is_empty());
        assert_eq!(org.ledger().len(), before, "{hostile}");
        let exact = session.query_exact(&digits(&[hostile])).await.unwrap();
        assert!(exact.records.is_empty(), "{hostile}");
        let texts = TaskDraft { subject: hostile.to_owned(), ..draft(None) };
        let texts = TaskDraft { key: CallKey::from_stored(hostile), ..texts };
        let logged = session.log_call(&texts, true).await.unwrap();
        assert!(!logged.existed, "{hostile}");
        assert_eq!(session.log_call(&texts, true).await.unwrap().existed, hostile.len() < 256);
    }
    assert!(org.ledger().iter().all(|request| request.status < 400));
}

#[tokio::test]
async fn an_org_that_is_away_is_unreachable_and_comes_back() {
    let org = Salesforce::start(OrgConfig::demo()).await;
    let (session, _) = session(&org);
    session.user().await.unwrap();
    org.stop_listening();
    let error = session.log_call(&draft(None), false).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Later { after: None }, "{error}");
    org.listen_again().await;
    session.log_call(&draft(None), true).await.unwrap();
    assert_eq!(org.tasks().len(), 1);
    assert!(session.versions().await.unwrap().contains(&salesforce::API_VERSION.to_owned()));
}

#[tokio::test]
async fn a_certificate_that_this_computer_does_not_trust_is_told_from_a_dead_line() {
    let config = simulator::PbxConfig { tls: true, ..simulator::PbxConfig::default() };
    let stranger = simulator::Pbx::start(config).await;
    let org = Salesforce::start(OrgConfig::demo()).await;
    let app = App { login: Login::parse(&stranger.address()).unwrap(), ..app(&org, vec![]) };
    let vault = Arc::new(Memory::default());
    vault.put("refresh-0", &stranger.address());
    let session = Session::resume(app, vault.load().unwrap(), vault).unwrap();

    let error = session.user().await.unwrap_err();

    assert!(matches!(error, Error::Untrusted(_)), "{error:?}");
    assert!(stranger.ledger().is_empty());
}
