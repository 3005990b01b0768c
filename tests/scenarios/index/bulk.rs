//! Very many records: the first build is a query in bulk, and page by page where that cannot be.

use std::time::Duration;

use engine::view::IndexPhase;
use scenarios::{Fault, FaultRule, Office, Options, eventually};
use serde_json::json;
use simulator::{OrgSwitches, salesforce::Bulk};

use super::org::{contact, crowd, local, pages};

/// The crowd, and one with a name that no file separates rightly by itself.
const PEOPLE: usize = 61;
/// What is a crowd here.
const MANY: u64 = 50;
const PHONE: &str = "0305550142";

/// An office with a crowd in its org, not connected yet.
async fn office(switches: impl FnOnce(&mut OrgSwitches)) -> Office {
    let org = |org: &mut simulator::OrgConfig| {
        org.records = crowd(60);
        let company = json!({ "Name": "Orbita, \"the\" SL\nBerlin" });
        org.records.push(("Account".to_owned(), company));
        let mut ruiz = contact("Ruiz, \"Eva\"", "030 5550142");
        ruiz.1["AccountId"] = json!("@60");
        org.records.push(ruiz);
    };
    let mut office = Office::with(Options { org, connected: false, ..Options::default() }).await;
    office.bulk_above = MANY;
    office.quits().await;
    office.starts().await;
    office.salesforce.set(|org| {
        // A page of the query is a small part of the crowd, as 2,000 are of 100,000.
        org.short_pages = Some(10);
        org.bulk_page = 25;
        switches(org);
    });
    office.connects_pbx().await.unwrap();
    office.signs_in().await.unwrap();
    office
}

async fn is_whole(office: &Office) {
    office.knows_everybody().await;
    // Ada has come after the doors were opened.
    assert_eq!(office.status().await.contacts.index, PEOPLE as u64 + 1);
    for number in ["0301000000", "0301000059", PHONE] {
        assert_eq!(local(office, number).await, 1, "{number}");
    }
    let explained = office.explains(PHONE).await;
    assert_eq!(explained.candidates[0].name, "Eva Ruiz, \"Eva\"");
    assert_eq!(office.salesforce.bulk_jobs(), 0, "no job is left behind");
}

fn results(office: &Office) -> usize {
    office.salesforce.arrivals("GET", "/results")
}

#[tokio::test]
async fn a_crowd_is_fetched_by_one_job_and_its_job_deleted() {
    let office = office(|_| {}).await;
    is_whole(&office).await;
    assert_eq!(pages(&office).len(), 1, "the page that said how many there are");
    assert_eq!(office.salesforce.arrivals("POST", "/jobs/query"), 1, "leads and accounts are few");
    assert_eq!(results(&office), 3, "62 rows, 25 at a time");
    assert!(office.salesforce.arrivals("GET", "/jobs/query/") > 3, "asked until it was done");
}

#[tokio::test]
async fn few_records_need_no_job() {
    let mut office = Office::open().await;
    office.bulk_above = MANY;
    office.quits().await;
    office.starts().await;
    office.knows_everybody().await;
    assert_eq!(office.salesforce.arrivals("POST", "/jobs/query"), 0);
}

#[tokio::test]
async fn who_may_not_query_in_bulk_has_the_records_page_by_page() {
    let office = office(|org| org.bulk = Bulk::Refused).await;
    is_whole(&office).await;
    assert_eq!(pages(&office).len(), 7, "62 rows, ten at a time");
    assert_eq!(office.salesforce.arrivals("POST", "/jobs/query"), 1, "not asked a second time");
    // Nothing else of the API is taken for closed.
    assert_eq!(office.status().await.salesforce.problem, None);
}

#[tokio::test]
async fn a_job_that_fails_is_deleted_and_the_records_come_page_by_page() {
    let office = office(|org| org.bulk = Bulk::Fails).await;
    is_whole(&office).await;
    assert_eq!((results(&office), pages(&office).len()), (0, 7));
}

#[tokio::test]
async fn a_locator_that_is_refused_half_way_is_followed_by_pages() {
    let office = office(|org| {
        let refusal = json!([{ "errorCode": "INVALIDLOCATOR", "message": "invalid locator" }]);
        let refused = FaultRule::once("/results", Fault::Json(400, refusal));
        org.faults.push(refused.after(1));
    })
    .await;
    is_whole(&office).await;
    assert_eq!((results(&office), pages(&office).len()), (2, 7));
}

#[tokio::test]
async fn an_answer_that_fails_half_way_is_asked_for_again_from_there() {
    for fault in [Fault::Reset, Fault::Html(200), Fault::Truncated] {
        let office =
            office(|org| org.faults.push(FaultRule::once("/results", fault).after(1))).await;
        is_whole(&office).await;
        assert_eq!(office.salesforce.arrivals("POST", "/jobs/query"), 1, "the same job");
        assert_eq!(results(&office), 4, "three pages, one of them twice");
        assert_eq!(pages(&office).len(), 1);
    }
}

#[tokio::test]
async fn a_build_in_bulk_that_is_killed_goes_on_with_its_job() {
    let mut office = office(|org| {
        org.bulk_takes = Duration::from_secs(2);
        org.faults.push(FaultRule::always("/results", Fault::Slow(Duration::from_millis(400))));
    })
    .await;
    eventually("a job", || async { office.salesforce.bulk_jobs() == 1 }).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    office.is_killed();
    office.starts().await;
    eventually("rows", || async { results(&office) >= 2 }).await;
    office.is_killed();
    office.starts().await;
    is_whole(&office).await;
    assert_eq!(office.salesforce.arrivals("POST", "/jobs/query"), 1, "one job in three lives");
    assert!(results(&office) <= 5, "at most a page is fetched twice for each kill");
    assert_eq!(office.status().await.contacts.index_state, IndexPhase::Ready);
}
