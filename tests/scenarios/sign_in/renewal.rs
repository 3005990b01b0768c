//! Renewing the sign-in: once for all, stored before it is used, and never tried blindly.

use std::time::Duration;

use engine::{
    command::Command,
    ports::SecretName,
    view::{Integration, JournalState, LinkState},
};
use scenarios::{ADA, Fault, FaultRule, Office, eventually, stays};

const TOKEN: &str = "/services/oauth2/token";

#[tokio::test]
async fn an_access_token_that_dies_between_two_calls_is_renewed_once_and_nobody_notices() {
    let office = Office::open().await;
    let first = office.has_spoken_with(ADA).await;
    office.all_logged(&[first]).await;
    office.salesforce.expire_access_tokens();

    let second = office.has_spoken_with(ADA).await;
    office.all_logged(&[second]).await;
    assert_eq!(office.renewals(), 1);
    let status = office.status().await;
    assert_eq!(status.integration, Integration::Connected);
    assert_eq!(status.salesforce.problem, None);
}

#[tokio::test]
async fn tokens_that_are_dead_on_both_sides_are_renewed_on_both() {
    let office = Office::open().await;
    office.salesforce.expire_access_tokens();
    office.pbx.expire_access_tokens();
    let refreshed = office.pbx_asked("refresh_token");

    let (id, _) = office.dials("0493555017").await.expect("the PBX takes it on");
    let call = office.dialled_call().await;
    call.agent_answers();
    call.remote_answers();
    office.shows(&call, engine::view::CallResult::Talking).await;
    call.talked_seconds(12);
    call.hang_up();

    let task = office.task_of(&id).await;
    assert_eq!(task["Subject"], "Outbound call to Ada Moreno");
    assert_eq!(office.renewals(), 1);
    assert_eq!(office.pbx_asked("refresh_token"), refreshed + 1);
    let status = office.status().await;
    assert_eq!((status.salesforce.problem, status.pbx.problem), (None, None));
}

#[tokio::test]
async fn twenty_who_need_a_new_token_at_once_share_one_renewal() {
    let office = Office::open().await;
    office.salesforce.set(|org| org.refresh_takes = Duration::from_millis(400));
    office.salesforce.expire_access_tokens();
    office.salesforce.forget_ledger();

    let asked: Vec<_> = (0..20)
        .map(|n| {
            let number = format!("03055501{n:02}");
            tokio::spawn(office.asking(Command::Explain { number }))
        })
        .collect();
    let spoken = office.has_spoken_with(ADA).await;
    for answer in asked {
        answer.await.unwrap().expect("each gets its answer");
    }
    office.all_logged(&[spoken]).await;
    assert_eq!(office.renewals(), 1);
    assert_eq!(office.salesforce.grants(), 1, "the family of tokens lives");
}

#[tokio::test]
async fn a_new_refresh_token_is_in_the_secret_store_before_its_access_token_is_used() {
    let office = Office::open().await;
    let before = office.secrets.peek(SecretName::SalesforceRefresh);
    office.secrets.is_slow(Duration::from_millis(400));
    office.salesforce.expire_access_tokens();
    office.salesforce.forget_ledger();

    let spoken = office.has_spoken_with(ADA).await;
    office.all_logged(&[spoken]).await;
    let stored = office.secrets.written_at(SecretName::SalesforceRefresh).expect("it is stored");
    assert_ne!(office.secrets.peek(SecretName::SalesforceRefresh), before);
    let ledger = office.salesforce.ledger();
    let fine: Vec<_> =
        ledger.iter().filter(|asked| asked.token.is_some() && asked.status < 400).collect();
    assert!(!fine.is_empty());
    for asked in fine {
        assert!(asked.at_ms >= stored, "{} was asked before the token was stored", asked.path);
    }
}

#[tokio::test]
async fn a_renewal_that_never_arrived_is_sent_again_and_nobody_notices() {
    let office = Office::open().await;
    office.salesforce.expire_access_tokens();
    office.salesforce.set(|org| org.faults = vec![FaultRule::once(TOKEN, Fault::Reset)]);

    let spoken = office.has_spoken_with(ADA).await;
    office.all_logged(&[spoken]).await;
    assert!(office.renewals() <= 2, "{} renewals", office.renewals());
    assert_eq!(office.status().await.salesforce.state, LinkState::Connected);
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_ends_in_a_sign_in_with_every_entry_kept() {
    let office = Office::open().await;
    office.ada_becomes_known().await;
    office.salesforce.expire_access_tokens();
    office.salesforce.set(|org| org.faults = vec![FaultRule::once(TOKEN, Fault::LostAnswer)]);
    office.salesforce.forget_ledger();

    let kept = office.has_spoken_with(ADA).await;
    let status = office
        .status_until("signed out", |status| status.salesforce.state == LinkState::SignedOut)
        .await;
    let problem = status.salesforce.problem.expect("a person has to know");
    assert_eq!(problem.code, "salesforce.signed_out");
    assert!(problem.message.contains("Calls are kept here"), "{}", problem.message);
    assert_eq!(status.integration, Integration::Attention);
    office.waits(&kept).await;
    let also_kept = office.has_spoken_with(ADA).await;
    office.opens(&vec![office.page("Contact", &office.ada); 3]).await;
    stays("the lost token is left alone", Duration::from_secs(3), || async {
        office.renewals() <= 2
    })
    .await;

    office.signs_in().await.expect("somebody is signed in");
    office.all_logged(&[kept, also_kept]).await;
}

#[tokio::test]
async fn killed_between_rotation_and_storing_it_asks_for_a_sign_in_and_loses_nothing() {
    let mut office = Office::open().await;
    office.salesforce.expire_access_tokens();
    // The server rotates at once; its answer is on the way when the program is killed.
    let slow = FaultRule::once(TOKEN, Fault::Slow(Duration::from_secs(20)));
    office.salesforce.set(|org| org.faults = vec![slow]);
    let kept = office.has_spoken_with(ADA).await;
    eventually("the token is rotated", || async { office.renewals() == 1 }).await;
    office.is_killed();

    office.starts().await;
    office
        .status_until("signed out", |status| status.salesforce.state == LinkState::SignedOut)
        .await;
    let presented = office.renewed_with();
    assert_eq!(presented.len(), 2, "the old token is tried once more, and not again");
    assert_eq!(presented[0], presented[1]);
    assert_eq!(office.call(&kept).await.unwrap().journal.state, JournalState::Waiting);

    office.signs_in().await.expect("somebody is signed in");
    office.all_logged(&[kept]).await;
}

#[tokio::test]
async fn killed_after_storing_it_goes_on_without_a_person() {
    let mut office = Office::open().await;
    office.salesforce.expire_access_tokens();
    let before = office.secrets.peek(SecretName::SalesforceRefresh);
    // The new token is stored, and the first request with it never answered.
    let hangs = FaultRule::always("/sobjects/", Fault::Never);
    office.salesforce.set(|org| org.faults = vec![hangs]);
    let kept = office.has_spoken_with("0305550111").await;
    eventually("the new token is stored", || async {
        office.secrets.peek(SecretName::SalesforceRefresh) != before
    })
    .await;
    office.is_killed();
    office.salesforce.set(|org| org.faults.clear());

    office.starts().await;
    office.all_logged(&[kept]).await;
    let presented = office.renewed_with();
    assert_eq!(presented.len(), 2);
    assert_ne!(presented[0], presented[1], "the second start uses the stored one");
    assert_eq!(office.salesforce.grants(), 1);
}

#[tokio::test]
async fn a_secret_store_that_dies_in_the_middle_of_a_session_ends_nothing() {
    let office = Office::open().await;
    office.secrets.is_locked(true);
    office.salesforce.expire_access_tokens();
    let spoken = office.has_spoken_with(ADA).await;
    office.all_logged(&[spoken]).await;
    assert_eq!(office.status().await.salesforce.state, LinkState::Connected);

    // Once it answers again, what it missed is made up for with the next renewal.
    office.secrets.is_locked(false);
    office.salesforce.expire_access_tokens();
    let spoken = office.has_spoken_with(ADA).await;
    office.all_logged(&[spoken]).await;
    let kept = office.secrets.peek(SecretName::SalesforceRefresh).expect("it is kept");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("an entry");
    let refresh = kept["refresh"].as_str().expect("a token");
    assert!(
        office.salesforce.secrets().contains(refresh),
        "the token that is kept is the live one"
    );
}

#[tokio::test]
async fn a_secret_store_that_is_locked_at_the_start_is_not_a_sign_out() {
    let mut office = Office::open().await;
    office.quits().await;
    office.secrets.is_locked(true);
    office.starts().await;

    let status = office
        .status_until("a word on the store", |status| {
            status.salesforce.problem.is_some() && status.pbx.problem.is_some()
        })
        .await;
    let problem = status.salesforce.problem.expect("a word");
    assert_eq!(problem.code, "secrets.unavailable");
    assert_ne!(status.salesforce.state, LinkState::SignedOut);
    assert_ne!(status.pbx.state, LinkState::SignedOut);
    assert_eq!(office.salesforce.grants(), 1, "nothing was revoked");

    office.secrets.is_locked(false);
    office.is_live().await;
    let spoken = office.has_spoken_with(ADA).await;
    office.all_logged(&[spoken]).await;
}
