//! The first build: resumable, polite, and of use before it is done.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::IndexPhase,
};
use scenarios::{Fault, FaultRule, Office, Options, eventually, stays};

use super::org::{contact, crowd, index, local, office, pages, phase, rings};

/// An office whose index takes its time, page by page.
async fn slow_office() -> Office {
    let org = |org: &mut simulator::OrgConfig| org.records = crowd(40);
    let office = Office::with(Options { org, connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| {
        org.short_pages = Some(5);
        org.faults.push(FaultRule::always("/query/", Fault::Slow(Duration::from_millis(150))));
    });
    office.connects_pbx().await.unwrap();
    office.signs_in().await.unwrap();
    office
}

#[tokio::test]
async fn a_build_that_is_killed_goes_on_behind_the_last_page() {
    let mut office = slow_office().await;
    eventually("some pages", || async { pages(&office).len() >= 3 }).await;
    office.is_killed();
    office.starts().await;
    eventually("more pages", || async { pages(&office).len() >= 5 }).await;
    office.is_killed();
    office.salesforce.set(|org| org.faults.clear());
    office.starts().await;
    office.knows_everybody().await;

    let mut asked = pages(&office);
    let requests = asked.len();
    assert!(asked.is_sorted(), "forwards only: {asked:?}");
    asked.dedup();
    // What was on its way when the program was killed is asked for again, and nothing else.
    assert!(requests - asked.len() <= 2, "{requests} requests for {} pages", asked.len());
    assert_eq!(office.status().await.contacts.index, 40 + 1, "the crowd and Ada");
    for number in ["0301000000", "0301000017", "0301000039"] {
        assert_eq!(local(&office, number).await, 1, "{number}");
    }
}

#[tokio::test]
async fn a_half_built_index_says_how_far_it_is_and_serves_while_salesforce_is_away() {
    let office = slow_office().await;
    let status = office.status_until("some pages", |status| status.contacts.index >= 10).await;
    assert_eq!(status.contacts.index_state, IndexPhase::Building);
    assert_eq!(index(&office).expected, Some(41));
    office.is_live().await;
    office.salesforce.stop_listening();

    let view = rings(&office, "0301000000").await;

    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (local index)"));
    office.salesforce.set(|org| org.faults.clear());
    office.salesforce.listen_again().await;
    office.asks(Command::RefreshIndex { all: false }).await.unwrap();
    office.knows_everybody().await;
    assert_eq!(local(&office, "0301000039").await, 1);
}

#[tokio::test]
async fn while_it_is_built_salesforce_decides_who_else_has_the_number() {
    let office = slow_office().await;
    office.knows("Late", "Comer", "+49 30 1000000");
    office.status_until("some pages", |status| status.contacts.index >= 5).await;
    office.is_live().await;

    let view = rings(&office, "0301000000").await;

    assert_eq!(view.candidates, 2, "never a silent first");
    assert!(office.desk.opened().is_empty());
}

#[tokio::test]
async fn background_work_stops_at_four_fifths_of_the_orgs_allowance() {
    let org = |org: &mut simulator::OrgConfig| org.records = vec![contact("Ruiz", "030 5550142")];
    let office = Office::with(Options { org, connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| org.used_by_others = 12_000);
    office.connects_pbx().await.unwrap();
    office.signs_in().await.unwrap();
    office.is_live().await;
    phase(&office, IndexPhase::Waiting).await;

    let status = office.status().await;
    assert_eq!(status.contacts.problem.unwrap().code, "contacts.index_paused");
    assert_eq!(pages(&office), Vec::<String>::new());
    // A caller is still looked up.
    let view = rings(&office, "0305550142").await;
    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (Salesforce search)"));

    office.salesforce.set(|org| org.used_by_others = 0);
    // The next answer, of whatever request, tells that there is room again.
    rings(&office, "0305550199").await;
    assert_eq!(office.asks(Command::RefreshIndex { all: false }).await, Ok(Reply::Done));
    office.knows_everybody().await;
    assert_eq!(office.status().await.contacts.problem, None);
}

#[tokio::test]
async fn a_damaged_index_is_built_again() {
    let mut office = office(|org| org.records = vec![contact("Ruiz", "030 5550142")]).await;
    office.quits().await;
    std::fs::write(office.home.path().join("cache.db"), vec![0xa5; 50_000]).unwrap();
    office.starts().await;
    office.is_live().await;
    office.knows_everybody().await;

    let view = rings(&office, "0305550142").await;
    assert_eq!(view.why.as_deref(), Some("matched Contact.Phone exactly (local index)"));
}

#[tokio::test]
async fn names_are_gone_from_the_disk_after_disconnect() {
    let office = office(|org| org.records = vec![contact("Unmistakable", "030 5550142")]).await;
    let holds = |office: &Office| {
        ["cache.db", "cache.db-wal"].iter().any(|file| {
            let bytes = std::fs::read(office.home.path().join(file)).unwrap_or_default();
            bytes.windows(12).any(|window| window == b"Unmistakable")
        })
    };
    assert!(holds(&office));

    office.asks(Command::Disconnect).await.unwrap();

    phase(&office, IndexPhase::Off).await;
    stays("no names", Duration::from_millis(300), || async { !holds(&office) }).await;
}
