//! I9: calls come in while the index is built and while the phonebook is filled. Each opens its own page, once.

use std::time::Duration;

use engine::{
    command::{Command, Event, Reply},
    view::{IndexPhase, SyncStep},
};
use scenarios::{AGENT, Fault, FaultRule, Office, Options};

use super::org::{crowd, id_of};

/// A caller of the crowd rings; their page opens, and no other.
async fn pops(office: &Office, n: usize) {
    let opened = office.desk.opened().len();
    let call = office.pbx.inbound(&format!("030{}", 1_000_000 + n), AGENT);
    let page = office.page("Contact", &id_of(office, "Contact", &format!("Number {n}")));
    scenarios::eventually(&format!("the page of caller {n}"), || async {
        office.desk.opened().len() > opened
    })
    .await;
    assert_eq!(office.desk.opened()[opened..], [page]);
    call.caller_hangs_up();
}

#[tokio::test]
async fn callers_pop_rightly_while_the_index_is_built_and_looked_over() {
    let org = |org: &mut simulator::OrgConfig| org.records = crowd(400);
    let office = Office::with(Options { org, connected: false, ..Options::default() }).await;
    office.salesforce.set(|org| {
        org.short_pages = Some(20);
        org.faults.push(FaultRule::always("/query/", Fault::Slow(Duration::from_millis(60))));
    });
    office.connects_pbx().await.unwrap();
    office.signs_in().await.unwrap();
    office.is_live().await;
    // Known by now, and not known yet.
    for n in [0, 399, 5, 250, 17, 301] {
        pops(&office, n).await;
    }
    let phase = office.status().await.contacts.index_state;
    assert_eq!(phase, IndexPhase::Building, "or the story is about something else");
    office.knows_everybody().await;
    assert_eq!(office.asks(Command::RefreshIndex { all: true }).await, Ok(Reply::Done));
    for n in [1, 398, 111, 222] {
        pops(&office, n).await;
    }
    assert_eq!(office.status().await.contacts.index, 401, "the crowd and Ada");
}

#[tokio::test]
async fn callers_pop_rightly_while_the_phonebook_is_filled() {
    let office = Office::with(Options {
        org: |org| org.records = crowd(400),
        settings: "[contact_sync]\nmode = \"full\"\n".to_owned(),
        ..Options::default()
    })
    .await;
    office.pbx.set(|pbx| {
        let slow = Fault::Slow(Duration::from_millis(15));
        pbx.faults.push(FaultRule::always("company_contact/create", slow));
    });
    let sync = tokio::spawn(office.asking(Command::Sync { dry_run: false, agreed: false }));
    let writing = || {
        office.snapshot().into_iter().any(|event| match event {
            Event::Sync(view) => view.running.is_some_and(|now| now.step == SyncStep::Writing),
            _ => false,
        })
    };
    scenarios::eventually("writes to the phonebook", || async { writing() }).await;
    for n in [0, 399, 5, 250, 17, 301] {
        pops(&office, n).await;
    }
    assert!(!sync.is_finished(), "or the story is about something else");
    let Ok(Ok(Reply::Synced(report))) = sync.await else { panic!("no report") };
    assert_eq!((report.create, report.problem), (401, None));
}
