//! A session that lives for long: tokens of several kilobytes, more sign-ins than Salesforce keeps, a month in a
//! drawer, a clock that jumps.

use std::time::Duration;

use engine::{ports::SecretName, view::LinkState};
use scenarios::{ADA, Fault, FaultRule, Office, Options, eventually, stays};

const MARA: &str = "mara.voss@example.com";
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn access_tokens_of_kilobytes_are_used_and_only_the_refresh_token_is_kept() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| org.jwt_access_tokens = true);
    office.connects().await;
    for _ in 0..2 {
        let call = office.has_spoken_with(ADA).await;
        office.all_logged(&[call]).await;
        office.salesforce.expire_access_tokens();
    }
    let used = office.salesforce.ledger().into_iter().filter_map(|request| request.token);
    assert!(used.map(|token| token.len()).max() > Some(1_500), "they were long");
    for name in SecretName::ALL {
        let kept = office.secrets.peek(name).expect("all three are kept");
        assert!(kept.len() <= 1_280, "{name:?} has {} characters", kept.len());
        assert!(!kept.contains("eyJ"), "{name:?} holds no access token of Salesforce");
    }
}

#[tokio::test]
async fn the_sixth_sign_in_of_a_user_pushes_out_the_first_desk_which_says_so_once() {
    let office = Office::open().await;
    for _ in 0..5 {
        office.salesforce.sign_in(MARA);
    }
    office.salesforce.expire_access_tokens();
    let kept = office.has_spoken_with(ADA).await;
    let status = office
        .status_until("signed out", |status| status.salesforce.state == LinkState::SignedOut)
        .await;
    let problem = status.salesforce.problem.expect("a person has to know");
    assert_eq!(problem.action, "Sign in to Salesforce again.");
    stays("it is tried once", Duration::from_secs(2), || async { office.renewals() == 1 }).await;
    // Signing in again costs one approval, not two.
    let before = office.salesforce.grants();
    office.signs_in().await.expect("somebody is signed in");
    assert!(office.salesforce.grants() <= before.max(5));
    office.all_logged(&[kept]).await;
}

#[tokio::test]
async fn a_month_in_a_drawer_ends_the_sign_in_and_29_days_do_not() {
    for (days, signed_out) in [(29, false), (31, true)] {
        let mut office = Office::open().await;
        office.quits().await;
        office.salesforce.advance(DAY * days);
        office.starts().await;
        if signed_out {
            office
                .status_until("signed out", |status| {
                    status.salesforce.state == LinkState::SignedOut
                })
                .await;
            assert_eq!(office.renewals(), 1, "the dead token is shown once");
            office.signs_in().await.expect("somebody is signed in");
        }
        office.is_live().await;
        let call = office.has_spoken_with(ADA).await;
        office.all_logged(&[call]).await;
    }
}

#[tokio::test]
async fn a_clock_that_jumps_costs_no_sign_in() {
    let office = Office::open().await;
    // The last but one is in the seventies.
    for days in [3, -3, -20_000, 0] {
        office.clock.is_wrong_by_days(days);
        office.salesforce.expire_access_tokens();
        office.pbx.expire_access_tokens();
        let before = office.renewals();
        let call = office.has_spoken_with(ADA).await;
        office.all_logged(&[call]).await;
        assert_eq!(office.renewals(), before + 1, "one renewal with {days} days");
        let status = office.status().await;
        assert_eq!((status.salesforce.problem, status.pbx.problem), (None, None), "{days} days");
    }
    assert_eq!(office.salesforce.grants(), 1);
    assert_eq!(office.pbx_asked("get_token"), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_before_during_and_after_the_renewal_is_told_only_where_it_must_be()
{
    const TOKEN: &str = "/services/oauth2/token";
    for (moment, rule, must_sign_in) in [
        ("before: the request never arrived", FaultRule::once(TOKEN, Fault::Reset), false),
        (
            "during: a proxy swallowed the answer",
            FaultRule::once(TOKEN, Fault::LostBehindProxy(502)),
            true,
        ),
        ("during: half of the answer came", FaultRule::once(TOKEN, Fault::Truncated), true),
        (
            "after: the first request with the new token was lost",
            FaultRule::once("/sobjects/Task", Fault::LostAnswer),
            false,
        ),
        ("the server was busy", FaultRule::once(TOKEN, Fault::Html(503)), false),
    ] {
        let office = Office::open().await;
        office.ada_becomes_known().await;
        office.salesforce.expire_access_tokens();
        office.salesforce.forget_ledger();
        office.salesforce.set(|org| org.faults = vec![rule]);
        let kept = office.has_spoken_with(ADA).await;
        if must_sign_in {
            office
                .status_until(moment, |status| status.salesforce.state == LinkState::SignedOut)
                .await;
            assert!(office.renewals() <= 2, "{moment}: {} renewals", office.renewals());
            office.waits(&kept).await;
            office.signs_in().await.expect("somebody is signed in");
        }
        office.all_logged(&[kept]).await;
        assert!(office.renewals() <= 3, "{moment}: {} renewals", office.renewals());
        eventually("all is well", || async {
            office.status().await.salesforce.state == LinkState::Connected
        })
        .await;
    }
}
