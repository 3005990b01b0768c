//! What is amiss with Salesforce: the sign-in, and what the REST API answers.

use scenarios::{ADA, Fault, FaultRule, Office};

use super::{Act, Story, are_told, is_refused, story};

/// Refusals of the token endpoint, until a person signs in.
pub(super) fn of_the_sign_in() -> Vec<Story> {
    let signs_in: Act = |office| {
        Box::pin(async {
            office.salesforce.set(|org| org.token_error = None);
            office.signs_in().await.expect("it was mended");
        })
    };
    vec![
        story(
            "salesforce.signed_out",
            |office| {
                Box::pin(async {
                    office.salesforce.revoke_all();
                    office.has_spoken_with(ADA).await;
                })
            },
            signs_in,
        ),
        story(
            "salesforce.ip_restricted",
            |office| Box::pin(is_not_renewed(office, "invalid_grant", "ip restricted")),
            signs_in,
        ),
        story(
            "salesforce.not_approved",
            |office| {
                let text = "user hasn't approved this consumer";
                Box::pin(is_not_renewed(office, "invalid_grant", text))
            },
            signs_in,
        ),
        story(
            "salesforce.wrong_key",
            |office| {
                Box::pin(is_not_renewed(office, "invalid_client_id", "client identifier invalid"))
            },
            signs_in,
        ),
        story(
            "salesforce.redirect_mismatch",
            |office| {
                let text = "redirect_uri must match configuration";
                Box::pin(is_not_renewed(office, "redirect_uri_mismatch", text))
            },
            signs_in,
        ),
    ]
}

async fn is_not_renewed(office: &Office, error: &str, text: &str) {
    let refusal = (error.to_owned(), text.to_owned());
    office.salesforce.set(|org| org.token_error = Some(refusal));
    office.salesforce.expire_access_tokens();
    office.has_spoken_with(ADA).await;
}

/// What the REST API answers, or does not.
pub(super) fn of_the_org() -> Vec<Story> {
    let answers: Act = |office| {
        Box::pin(async {
            office.salesforce.set(|org| {
                org.faults.clear();
                org.limit_reached = false;
                org.api_disabled = false;
            });
            office.retries().await;
        })
    };
    vec![
        story(
            "salesforce.unreachable",
            |office| {
                Box::pin(async {
                    office.salesforce.stop_listening();
                    office.has_spoken_with(ADA).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.salesforce.listen_again().await;
                    office.network_changes();
                })
            },
        ),
        story(
            "salesforce.api_limit",
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| org.limit_reached = true);
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
        story(
            "salesforce.api_disabled",
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| org.api_disabled = true);
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
        story(
            "salesforce.missing_permission",
            |office| {
                Box::pin(async {
                    is_refused(office, "/sobjects/Task", 403, "INSUFFICIENT_ACCESS");
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
        story(
            "salesforce.unexpected_answer",
            |office| {
                Box::pin(async {
                    let portal = FaultRule::always("/services/data/", Fault::Html(200));
                    office.salesforce.set(|org| org.faults = vec![portal]);
                    office.has_spoken_with(ADA).await;
                })
            },
            answers,
        ),
    ]
}

#[tokio::test]
async fn a_sign_in_that_has_ended_is_said_until_somebody_signs_in() {
    are_told(of_the_sign_in()).await;
}

#[tokio::test]
async fn what_the_org_refuses_goes_with_its_cause() {
    are_told(of_the_org()).await;
}
