//! The errors of Salesforce's token endpoint: at a sign-in, and at a renewal.

use std::time::Duration;

use engine::{
    ports::SecretName,
    view::{JournalState, LinkState, Problem},
};
use scenarios::{ADA, Office, Options, stays};

/// `error`, `error_description`, the problem's code, a part of its sentence, a part of what to do.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const ADMIN: &str = "Salesforce administrator";

/// What is refused in the same words at a sign-in and at a renewal.
const ALIKE: [Row; 4] = [
    ("invalid_grant", "ip restricted", "salesforce.ip_restricted", "network address", "Relax IP"),
    (
        "invalid_grant",
        "user hasn't approved this consumer",
        "salesforce.not_approved",
        "hasn't approved",
        ADMIN,
    ),
    (
        "invalid_grant",
        "user is not admin approved to access this app",
        "salesforce.not_approved",
        "not admin approved",
        "Policies",
    ),
    (
        "invalid_client",
        "app must be installed into org",
        "salesforce.not_approved",
        "must be installed",
        "Policies",
    ),
];

fn refuses(office: &Office, (error, text, ..): &Row) {
    let refusal = ((*error).to_owned(), (*text).to_owned());
    office.salesforce.set(|org| org.token_error = Some(refusal));
    office.salesforce.forget_ledger();
}

fn says(problem: &Problem, &(error, text, code, happened, action): &Row) {
    assert_eq!(problem.code, code, "{error}: {text}");
    assert!(problem.message.contains(happened), "{error}: {}", problem.message);
    assert!(problem.action.contains(action), "{error}: {}", problem.action);
}

fn tokens_asked(office: &Office) -> usize {
    let ledger = office.salesforce.ledger();
    ledger.iter().filter(|request| request.path == "/services/oauth2/token").count()
}

#[tokio::test]
async fn each_refusal_of_a_sign_in_says_who_must_do_what_and_is_asked_once() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let rows: [Row; 14] = [
        (
            "invalid_grant",
            "expired access/refresh token",
            "salesforce.signed_out",
            "not accepted",
            ADMIN,
        ),
        (
            "invalid_grant",
            "expired authorization code",
            "salesforce.signed_out",
            "not accepted",
            ADMIN,
        ),
        ("invalid_grant", "invalid code verifier", "salesforce.signed_out", "not accepted", ADMIN),
        (
            "invalid_grant",
            "inactive user",
            "salesforce.signed_out",
            "the user is not active",
            ADMIN,
        ),
        (
            "invalid_grant",
            "inactive organization",
            "salesforce.signed_out",
            "the org is not active",
            ADMIN,
        ),
        (
            "invalid_request",
            "missing required code challenge",
            "salesforce.signed_out",
            "code challenge",
            ADMIN,
        ),
        (
            "invalid_client",
            "client identifier invalid",
            "salesforce.wrong_key",
            "consumer key",
            "production, sandbox",
        ),
        (
            "invalid_client_id",
            "client identifier invalid",
            "salesforce.wrong_key",
            "consumer key",
            "production, sandbox",
        ),
        (
            "invalid_client",
            "invalid client credentials",
            "salesforce.wrong_key",
            "requires a secret",
            "untick",
        ),
        (
            "redirect_uri_mismatch",
            "redirect_uri must match configuration",
            "salesforce.redirect_mismatch",
            "callback",
            "every callback line",
        ),
        (
            "invalid_scope",
            "the requested scope is not allowed",
            "salesforce.signed_out",
            "scope",
            ADMIN,
        ),
        ("inactive_user", "", "salesforce.signed_out", "the user is not active", ADMIN),
        ("inactive_org", "", "salesforce.signed_out", "the org is not active", ADMIN),
        (
            "rate_limit_exceeded",
            "too many",
            "salesforce.unreachable",
            "asks for a pause",
            "sign in again",
        ),
    ];
    for row in rows.iter().chain(&ALIKE) {
        refuses(&office, row);
        let (error, ..) = row;
        let problem = office.signs_in().await.expect_err("it is refused");
        says(&problem, row);
        stays(&format!("{error} is asked once"), Duration::from_millis(400), || async {
            tokens_asked(&office) == 1
        })
        .await;
        assert_eq!(office.secrets.peek(SecretName::SalesforceRefresh), None, "{error}");
        assert_eq!(office.status().await.salesforce.state, LinkState::NotConfigured, "{error}");
    }
    office.salesforce.set(|org| org.token_error = None);
    office.connects().await;
}

#[tokio::test]
async fn each_refusal_of_a_renewal_keeps_the_calls_and_is_not_asked_again_by_itself() {
    let kept = "kept here";
    let rows: [Row; 3] = [
        ("invalid_grant", "expired access/refresh token", "salesforce.signed_out", kept, "Sign in"),
        (
            "invalid_grant",
            "inactive user",
            "salesforce.signed_out",
            "the user is not active",
            "Sign in",
        ),
        (
            "invalid_client_id",
            "client identifier invalid",
            "salesforce.wrong_key",
            "consumer key",
            "Check the key",
        ),
    ];
    for row in rows.iter().chain(&ALIKE) {
        let (error, text, code, ..) = row;
        let office = Office::open().await;
        refuses(&office, row);
        office.salesforce.expire_access_tokens();
        let call = office.has_spoken_with(ADA).await;
        let status = office
            .status_until(&format!("{code} of {text}"), |status| {
                status.salesforce.problem.as_ref().is_some_and(|problem| problem.code == *code)
            })
            .await;
        let problem = status.salesforce.problem.expect("it was there");
        says(&problem, row);
        stays(&format!("{error} is asked once"), Duration::from_secs(2), || async {
            tokens_asked(&office) == 1
        })
        .await;
        let view = office.waits(&call).await;
        assert_eq!(view.journal.state, JournalState::Waiting, "{error}");

        office.salesforce.set(|org| org.token_error = None);
        office.signs_in().await.expect("the administrator has mended it");
        office.all_logged(&[call]).await;
    }
}

#[tokio::test]
async fn a_renewal_that_is_under_way_elsewhere_is_waited_for() {
    let office = Office::open().await;
    refuses(&office, &("invalid_grant", "token request is already being processed", "", "", ""));
    office.salesforce.expire_access_tokens();
    let call = office.has_spoken_with(ADA).await;
    office.waits(&call).await;
    let status = office.status().await;
    assert_ne!(status.salesforce.state, LinkState::SignedOut);
    stays("no storm", Duration::from_secs(3), || async { tokens_asked(&office) <= 4 }).await;
    office.salesforce.set(|org| org.token_error = None);
    office.all_logged(&[call]).await;
    assert_eq!(office.salesforce.grants(), 1);
}
