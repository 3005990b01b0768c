//! One owner of the tokens: single flight, kept before use, never used up in vain.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use salesforce::{Error, Retry, SignedOutReason, Vault};
use serde_json::json;
use support::{Memory, Org, Reply, refusal, rows, token, usual};

const STALE: &str = "INVALID_SESSION_ID";

/// Refuses all access tokens but `access-<good>`.
fn guarded(seen: &support::Seen, good: &str) -> Reply {
    if seen.header("authorization") == format!("Bearer {good}") {
        usual(seen)
    } else {
        refusal(401, STALE, "Session expired or invalid", &[])
    }
}

fn own_address(seen: &support::Seen) -> String {
    format!("http://{}", seen.header("host"))
}

fn invalid_grant(text: &str) -> Reply {
    Reply::Json(400, json!({"error": "invalid_grant", "error_description": text}))
}

#[tokio::test]
async fn twenty_requests_with_a_dead_token_cause_one_renewal() {
    let org = Org::start(|seen| {
        if seen.is_token() {
            return Reply::After(
                Duration::from_millis(100),
                Box::new(token(&own_address(seen), 1, true)),
            );
        }
        guarded(seen, "access-1")
    })
    .await;
    let (session, vault) = org.session();

    let key = key();
    let asking = (0..20).map(|_| session.task_with_key(&key));
    let answers = futures_util::future::join_all(asking).await;

    assert!(answers.iter().all(|answer| matches!(answer, Ok(None))), "{answers:?}");
    assert_eq!(org.count(support::Seen::is_token), 1);
    assert_eq!(vault.refresh().as_deref(), Some("refresh-1"));
    let renewal = org.ledger().into_iter().find(support::Seen::is_token).unwrap();
    assert_eq!(renewal.value("grant_type"), "refresh_token");
    assert_eq!(renewal.value("refresh_token"), "refresh-0");
    assert_eq!(renewal.value("client_id"), "3MVG9example");
    assert!(!renewal.values.contains_key("client_secret"));
    assert!(!renewal.values.contains_key("scope"));
    assert_eq!(renewal.header("user-agent"), "Patchcord/0.1.0");
}

#[tokio::test]
async fn the_new_refresh_token_is_kept_before_the_new_access_token_is_used() {
    let vault = Arc::new(Memory::default());
    let watched = Arc::clone(&vault);
    let early = Arc::new(AtomicBool::new(false));
    let too_early = Arc::clone(&early);
    let org = Org::start(move |seen| {
        if seen.is_token() {
            return token(&own_address(seen), 1, true);
        }
        if watched.refresh().as_deref() != Some("refresh-1") {
            too_early.store(true, Ordering::SeqCst);
        }
        guarded(seen, "access-1")
    })
    .await;
    *vault.slow.lock().unwrap() = Some(Duration::from_millis(100));
    let session = org.resumed(Arc::clone(&vault));

    session.task_with_key(&key()).await.unwrap();

    assert!(!early.load(Ordering::SeqCst));
    assert_eq!(*vault.saved.lock().unwrap(), ["refresh-1"]);
}

#[tokio::test]
async fn a_token_that_is_refused_for_good_does_not_cause_a_storm() {
    let renewals = AtomicUsize::new(0);
    let org = Org::start(move |seen| {
        if seen.is_token() {
            let n = renewals.fetch_add(1, Ordering::SeqCst) + 1;
            return token(&own_address(seen), n, true);
        }
        refusal(401, STALE, "This session is not valid for use with the REST API", &[])
    })
    .await;
    let (session, _) = org.session();

    for _ in 0..10 {
        let error = session.task_with_key(&key()).await.unwrap_err();
        assert!(
            matches!(&error, Error::SessionRefused { text } if text.contains("REST API")),
            "{error}"
        );
    }

    assert_eq!(org.count(support::Seen::is_token), 1);
}

#[tokio::test]
async fn a_revoked_refresh_token_is_tried_once_and_never_again() {
    let org = Org::start(|seen| {
        if seen.is_token() {
            return invalid_grant("expired access/refresh token");
        }
        guarded(seen, "none")
    })
    .await;
    let (session, _) = org.session();

    for _ in 0..3 {
        let error = session.task_with_key(&key()).await.unwrap_err();
        let Error::SignedOut { reason } = &error else { panic!("{error}") };
        assert_eq!(*reason, SignedOutReason::Refused);
        assert_eq!(error.retry(), Retry::AfterSignIn);
    }
    let requests = org.ledger().len();
    session.keep_alive().await.unwrap_err();

    assert_eq!(org.count(support::Seen::is_token), 1);
    assert_eq!(org.ledger().len(), requests);
}

#[tokio::test]
async fn a_renewal_whose_answer_is_lost_is_not_repeated_by_itself() {
    let renewals = AtomicUsize::new(0);
    let org = Org::start(move |seen| {
        if seen.is_token() {
            return match renewals.fetch_add(1, Ordering::SeqCst) {
                0 => Reply::Nothing,
                _ => invalid_grant("expired access/refresh token"),
            };
        }
        guarded(seen, "none")
    })
    .await;
    let (session, vault) = org.session();

    let error = session.task_with_key(&key()).await.unwrap_err();
    assert!(matches!(error, Error::LostAnswer(_)), "{error}");
    assert_eq!(error.retry(), Retry::Later { after: None });
    assert_eq!(org.count(support::Seen::is_token), 1);

    let error = session.task_with_key(&key()).await.unwrap_err();
    let lost = SignedOutReason::RenewalLost;
    assert!(matches!(&error, Error::SignedOut { reason } if *reason == lost), "{error}");
    session.task_with_key(&key()).await.unwrap_err();
    assert_eq!(org.count(support::Seen::is_token), 2);
    assert_eq!(vault.refresh().as_deref(), Some("refresh-0"));
}

#[tokio::test]
async fn a_renewal_that_the_server_never_saw_succeeds_at_the_next_attempt() {
    let renewals = AtomicUsize::new(0);
    let org = Org::start(move |seen| {
        if seen.is_token() {
            return match renewals.fetch_add(1, Ordering::SeqCst) {
                0 => Reply::Text(502, vec![], "<html>Bad gateway</html>".to_owned()),
                _ => token(&own_address(seen), 1, true),
            };
        }
        guarded(seen, "access-1")
    })
    .await;
    let (session, _) = org.session();

    assert!(matches!(session.task_with_key(&key()).await, Err(Error::LostAnswer(_))));
    session.task_with_key(&key()).await.unwrap();
}

#[tokio::test]
async fn after_two_lost_answers_the_refresh_token_rests() {
    let org =
        Org::start(|seen| if seen.is_token() { Reply::Nothing } else { guarded(seen, "none") })
            .await;
    let (session, _) = org.session();

    for _ in 0..10 {
        assert!(matches!(session.task_with_key(&key()).await, Err(Error::LostAnswer(_))));
    }

    assert_eq!(org.count(support::Seen::is_token), 2);

    session.skip_pause();
    session.task_with_key(&key()).await.unwrap_err();
    assert_eq!(org.count(support::Seen::is_token), 3);
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_lose_the_renewal() {
    let org = Org::start(|seen| {
        if seen.is_token() {
            return Reply::After(
                Duration::from_millis(300),
                Box::new(token(&own_address(seen), 1, true)),
            );
        }
        guarded(seen, "access-1")
    })
    .await;
    let (session, vault) = org.session();

    let given_up =
        tokio::time::timeout(Duration::from_millis(100), session.task_with_key(&key())).await;
    assert!(given_up.is_err());
    session.settled().await;

    assert_eq!(vault.refresh().as_deref(), Some("refresh-1"));
    session.task_with_key(&key()).await.unwrap();
    assert_eq!(org.count(support::Seen::is_token), 1);
}

#[tokio::test]
async fn a_token_that_another_process_has_stored_meanwhile_is_used() {
    let vault = Arc::new(Memory::default());
    let shared = Arc::clone(&vault);
    let org = Org::start(move |seen| {
        if seen.is_token() {
            return match seen.value("refresh_token") {
                "refresh-0" => {
                    shared.put("refresh-7", &own_address(seen));
                    invalid_grant("token request is already being processed")
                }
                "refresh-7" => token(&own_address(seen), 8, true),
                other => panic!("{other}"),
            };
        }
        guarded(seen, "access-8")
    })
    .await;
    let session = org.resumed(Arc::clone(&vault));

    session.task_with_key(&key()).await.unwrap();

    assert_eq!(vault.refresh().as_deref(), Some("refresh-8"));
}

#[tokio::test]
async fn a_token_in_use_elsewhere_ends_nothing() {
    let org = Org::start(|seen| {
        if seen.is_token() {
            return invalid_grant("expired authorization code");
        }
        guarded(seen, "none")
    })
    .await;
    let (session, _) = org.session();

    let error = session.task_with_key(&key()).await.unwrap_err();

    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert_eq!(org.count(support::Seen::is_token), 1);
}

#[tokio::test]
async fn a_vault_that_refuses_does_not_end_the_session() {
    let renewals = AtomicUsize::new(0);
    let org = Org::start(move |seen| {
        if seen.is_token() {
            let n = renewals.fetch_add(1, Ordering::SeqCst) + 1;
            return token(&own_address(seen), n, true);
        }
        match seen.header("authorization") {
            "Bearer access-0" => refusal(401, STALE, "Session expired or invalid", &[]),
            _ => usual(seen),
        }
    })
    .await;
    let (session, vault) = org.session();
    *vault.refuses.lock().unwrap() = true;

    session.task_with_key(&key()).await.unwrap();
    assert!(session.vault_problem().is_some());
    assert!(matches!(session.keep_alive().await, Err(Error::SecretStore(_))));

    *vault.refuses.lock().unwrap() = false;
    session.keep_alive().await.unwrap();
    assert_eq!(vault.refresh().as_deref(), Some("refresh-3"));
    assert!(session.vault_problem().is_none());
}

#[tokio::test]
async fn an_org_that_has_moved_is_followed_by_its_token_answer() {
    let new = Org::start(|seen| guarded(seen, "access-1")).await;
    let address = new.address.clone();
    let old = Org::start(move |seen| {
        if seen.is_token() {
            return token(&address, 1, true);
        }
        Reply::Text(301, vec![("location", "http://evil.example/")], String::new())
    })
    .await;
    let (session, vault) = old.session();

    session.task_with_key(&key()).await.unwrap();

    assert_eq!(session.instance().as_str(), new.address);
    assert_eq!(vault.load().unwrap().instance, new.address);
    assert!(old.ledger().iter().all(|seen| seen.header("authorization") != "Bearer access-1"));
}

#[tokio::test]
async fn a_renewal_that_names_a_foreign_address_is_kept_but_not_followed() {
    let org = Org::start(|seen| {
        if seen.is_token() {
            return token("https://salesforce.com.evil.example", 1, true);
        }
        guarded(seen, "none")
    })
    .await;
    let (session, vault) = org.session();

    assert!(matches!(session.task_with_key(&key()).await, Err(Error::UnexpectedInstance)));
    assert!(matches!(session.task_with_key(&key()).await, Err(Error::UnexpectedInstance)));

    assert_eq!(vault.refresh().as_deref(), Some("refresh-1"));
    assert_eq!(org.count(support::Seen::is_token), 1);
}

#[tokio::test]
async fn a_dead_server_is_unreachable_and_keeps_the_token_good() {
    let org = Org::start(usual).await;
    let (session, _) = org.session();
    let mut app = org.app();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    app.login = salesforce::Login::parse(&address).unwrap();
    drop(session);
    let vault = Arc::new(Memory::default());
    vault.put("refresh-0", &address);
    let session = salesforce::Session::resume(app, vault.load().unwrap(), vault).unwrap();

    for _ in 0..3 {
        let error = session.task_with_key(&key()).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable(_)), "{error}");
        assert!(!error.may_have_happened());
    }
}

#[tokio::test]
async fn what_was_granted_at_one_address_is_never_sent_to_another() {
    let forgets = |seen: &support::Seen| match seen.is_token() {
        true => invalid_grant("expired access/refresh token"),
        false => usual(seen),
    };
    let (ours, other) = (Org::start(forgets).await, Org::start(usual).await);
    let vault = Arc::new(Memory::default());
    vault.put("refresh-0", &ours.address);
    let kept = vault.load().unwrap();
    let unsaid = salesforce::Kept { login: None, ..kept.clone() };
    let unreadable = salesforce::Kept { login: Some("::".to_owned()), ..kept.clone() };
    for kept in [kept.clone(), unsaid, unreadable] {
        let resumed = salesforce::Session::resume(other.app(), kept, vault.clone());
        assert!(matches!(resumed, Err(Error::AnotherLogin { .. })), "{resumed:?}");
    }
    assert_eq!((ours.count(|_| true), other.count(|_| true)), (0, 0), "nothing was sent");

    // The same user signs in elsewhere, while the session of its own address still has something to send.
    let session = salesforce::Session::resume(ours.app(), kept, vault.clone()).unwrap();
    vault.put("refresh-of-another-address", &other.address);
    let ended = session.task_with_key(&key()).await;
    assert!(matches!(ended, Err(Error::SignedOut { .. })), "{ended:?}");
    let shown: Vec<_> =
        ours.ledger().iter().map(|seen| seen.value("refresh_token").to_owned()).collect();
    assert_eq!((shown, other.count(|_| true)), (vec!["refresh-0".to_owned()], 0));
}

#[tokio::test]
async fn what_an_earlier_version_kept_is_salesforces_own_and_is_written_down_as_such() {
    let org = Org::start(usual).await;
    let vault = Arc::new(Memory::default());
    vault.put("refresh-0", "https://northwind.my.salesforce.com");
    let kept = salesforce::Kept { login: None, ..vault.load().unwrap() };
    let login = salesforce::Login::parse("login.salesforce.com").unwrap();
    let app = salesforce::App { login, ..org.app() };
    salesforce::Session::resume(app, kept, vault.clone()).unwrap();
    let kept = vault.load().unwrap();
    assert_eq!(kept.login.as_deref(), Some("https://login.salesforce.com"));
    assert_eq!(vault.refresh().as_deref(), Some("refresh-0"));
}

#[tokio::test]
async fn signing_out_ends_the_tokens_and_forgets_them() {
    let org = Org::start(|seen| {
        if seen.path == "/services/oauth2/revoke" {
            return Reply::Text(200, vec![], String::new());
        }
        usual(seen)
    })
    .await;
    let (session, vault) = org.session();

    session.revoke().await.unwrap();

    let revoked: Vec<_> =
        org.ledger().into_iter().filter(|seen| seen.path.ends_with("/revoke")).collect();
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].value("token"), "refresh-0");
    assert!(vault.load().is_none());
    let here = SignedOutReason::Here;
    let error = session.task_with_key(&key()).await.unwrap_err();
    assert!(matches!(&error, Error::SignedOut { reason } if *reason == here));
    assert_eq!(org.ledger().len(), 1);
}

#[tokio::test]
async fn the_orgs_refusals_of_a_renewal_have_their_own_words() {
    let text = Arc::new(Mutex::new(""));
    let said = Arc::clone(&text);
    let org = Org::start(move |seen| {
        if seen.is_token() { invalid_grant(*said.lock().unwrap()) } else { rows(json!([])) }
    })
    .await;
    for (words, meant) in [
        ("ip restricted", "IpRestricted"),
        ("inactive user", "SignedOut { reason: InactiveUser }"),
        ("user is not admin approved to access this app", "NotApproved"),
    ] {
        *text.lock().unwrap() = words;
        let session = org.resumed(Arc::new(Memory::default()));
        let before = org.count(support::Seen::is_token);
        for _ in 0..3 {
            let error = format!("{:?}", session.task_with_key(&key()).await.unwrap_err());
            assert!(error.starts_with(meant), "{error}");
        }
        assert_eq!(org.count(support::Seen::is_token), before + 1, "{words}");
    }
}

fn key() -> domain::CallKey {
    domain::CallKey::from_stored("ys:3630000X0001:1767600923.417:4101")
}
