//! One wrong answer: it costs seconds, and not what a state that lasts costs.

use std::time::Duration;

use scenarios::{ADA, Office};
use tokio::time::Instant;

#[tokio::test]
async fn a_session_that_is_refused_for_a_moment_delays_the_call_by_seconds() {
    let office = Office::open().await;
    office.salesforce.set(|org| {
        org.permanent_401 = Some("Session expired or invalid".to_owned());
    });
    let call = office.has_spoken_with(ADA).await;
    office
        .status_until("it is said", |status| {
            let problem = status.salesforce.problem.as_ref();
            problem.is_some_and(|problem| problem.code == "salesforce.signed_out")
        })
        .await;
    office.waits(&call).await;
    office.salesforce.set(|org| org.permanent_401 = None);
    let well = Instant::now();
    office.all_logged(&[call]).await;
    assert!(well.elapsed() < Duration::from_secs(25), "{:?}", well.elapsed());
    office
        .status_until("nothing is said any more", |status| status.salesforce.problem.is_none())
        .await;
}
