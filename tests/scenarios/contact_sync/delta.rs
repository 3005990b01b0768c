//! A run that comes by itself asks Salesforce for what has changed, and for everything where that is not enough.

use std::time::Duration;

use engine::{
    command::Event,
    view::{SyncReport, SyncView},
};
use scenarios::{Office, eventually};
use serde_json::json;

use crate::book::{code, contact, counts, dry_run, office, ours, shown, sync, sync_agreed, writes};

/// A sync of all three objects, often.
const ALL: &str =
    "[contact_sync]\nmode = \"full\"\nobjects = [\"contact\", \"lead\", \"account\"]\n";
/// A sync of contacts.
const CONTACTS: &str = "[contact_sync]\nmode = \"full\"\n";
/// Longer than two runs are apart.
const A_WHILE: Duration = Duration::from_secs(30 * 60);

fn view(office: &Office) -> SyncView {
    let events = office.snapshot().into_iter();
    let mut views = events.filter_map(|event| match event {
        Event::Sync(view) => Some(*view),
        _ => None,
    });
    views.next().expect("it is told")
}

/// What became of the run that comes by itself after a while, and the queries for records that it sent.
struct ByItself {
    report: SyncReport,
    queries: Vec<String>,
}

impl ByItself {
    fn asked_for_changes_only(&self) -> bool {
        !self.queries.is_empty()
            && self.queries.iter().all(|query| query.contains("SystemModstamp >="))
    }
}

/// Lets a while pass. The worker sees so when it is woken, here by a dry run.
async fn by_itself_after(office: &Office, time: Duration) -> ByItself {
    // What is told comes a moment after what was asked for.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = view(office);
    office.clock.passes(time);
    office.salesforce.forget_ledger();
    dry_run(office).await;
    eventually("a run by itself", || async {
        let now = view(office);
        now.running.is_none() && (now.last_at != before.last_at || now.problem != before.problem)
    })
    .await;
    let records = |query: &String| {
        ["FROM Contact", "FROM Lead", "FROM Account"].iter().any(|from| query.contains(from))
    };
    let asked = office.salesforce.ledger().into_iter().filter_map(|request| request.query);
    let report = view(office).last.expect("there was one");
    // The dry run has read everything, with one request for each object.
    let queries = asked.filter(records).skip(report.objects.len()).collect();
    ByItself { report, queries }
}

async fn by_itself(office: &Office) -> ByItself {
    by_itself_after(office, A_WHILE).await
}

#[tokio::test]
async fn an_unchanged_org_costs_one_request_for_each_object_and_no_write() {
    let office = office(ALL).await;
    office.salesforce.insert("Lead", json!({ "LastName": "Park", "Phone": "+49 30 5550001" }));
    office.salesforce.insert("Account", json!({ "Name": "Orbita", "Phone": "+49 30 5550002" }));
    office.salesforce.insert("Contact", json!({ "LastName": "Silent" }));
    assert_eq!(counts(&sync(&office).await), (3, 0, 0, 0, 0));
    let before = writes(&office);

    let run = by_itself(&office).await;
    assert!(run.asked_for_changes_only(), "{:#?}", run.queries);
    assert_eq!((run.queries.len(), run.report.api_calls.salesforce), (3, 3));
    assert_eq!((counts(&run.report), writes(&office)), ((0, 0, 0, 3, 0), before));
    assert_eq!(view(&office).last_skipped, 1, "who has no number is still told");
}

#[tokio::test]
async fn a_run_by_itself_waits_while_the_org_has_used_four_fifths_of_its_allowance() {
    let office = office(CONTACTS).await;
    sync(&office).await;
    let zoe = office.knows("Zoe", "New", "+49 30 1234599");
    // What a test puts into the org has been there for a month.
    office.salesforce.update("Contact", &zoe, json!({ "LastName": "Newer" }));
    let before = writes(&office);
    office.salesforce.set(|org| org.used_by_others = 12_000);

    let run = by_itself(&office).await;
    assert_eq!((run.queries, writes(&office)), (Vec::new(), before));
    let paused = view(&office).problem.expect("the panel says so");
    assert_eq!(paused.code, "salesforce.api_limit");
    assert!(paused.message.contains("contact sync pauses"), "{paused:?}");
    assert_eq!(office.status().await.contacts.problem, Some(paused));

    office.salesforce.set(|org| org.used_by_others = 0);
    let run = by_itself(&office).await;
    assert_eq!((run.queries.len(), counts(&run.report)), (1, (1, 0, 0, 1, 0)));
    assert!(shown(&office).contains_key(&zoe));
    assert_eq!((view(&office).problem, office.status().await.contacts.problem), (None, None));
}

#[tokio::test]
async fn new_changed_moved_merged_and_deleted_records_are_so_on_the_pbx_after_one_request() {
    let office = office(CONTACTS).await;
    let people: Vec<String> = (0..16)
        .map(|n| office.knows("Ben", &format!("N{n:02}"), &format!("+49 30 12345{n:02}")))
        .collect();
    sync(&office).await;

    let new = office.knows("Zoe", "New", "+49 30 1234599");
    // What a test puts into the org has been there for a month.
    office.salesforce.update("Contact", &new, json!({ "LastName": "Newer" }));
    office.salesforce.update("Contact", &people[0], json!({ "LastName": "Renamed" }));
    let moved = json!({ "Phone": null, "MobilePhone": "030 55501" });
    office.salesforce.update("Contact", &people[1], moved);
    office.salesforce.delete("Contact", &people[2]);
    office.salesforce.update("Contact", &people[3], json!({ "MasterRecordId": people[4] }));
    office.salesforce.delete("Contact", &people[3]);
    office.salesforce.update("Contact", &people[5], json!({ "Phone": "on file" }));

    let run = by_itself(&office).await;
    assert!(run.asked_for_changes_only(), "{:#?}", run.queries);
    assert_eq!(run.queries.len(), 1);
    assert_eq!((counts(&run.report), code(&run.report)), ((1, 2, 3, 12, 0), None));
    let book = shown(&office);
    assert_eq!(book[&people[0]].0, "Ben Renamed");
    assert_eq!(book[&people[1]].3.get("mobile").map(String::as_str), Some("03055501"));
    assert!(book.contains_key(&new));
    for gone in [&people[2], &people[3], &people[5]] {
        assert!(!book.contains_key(gone));
    }
    // The differential: a look at everything finds nothing left to do.
    let before = writes(&office);
    assert_eq!(counts(&sync(&office).await), (0, 0, 0, 15, 0));
    assert_eq!(writes(&office), before);
}

#[tokio::test]
async fn a_contact_changed_by_hand_on_the_pbx_has_everything_read_and_is_put_back() {
    let office = office(CONTACTS).await;
    let ben = office.knows("Ben", "Okoye", "+49 30 1234567");
    sync(&office).await;
    let before = shown(&office);
    assert!(by_itself(&office).await.asked_for_changes_only());

    let edit = json!({ "id": contact(&office, &ben)["id"], "first_name": "Benny",
        "phonebook_id_list": [ours(&office)],
        "number_list": [{ "num_type": "home_number2", "number": "110" }] });
    assert_eq!(office.pbx.administer("company_contact/update", edit)["errcode"], 0);
    let run = by_itself(&office).await;
    assert!(!run.asked_for_changes_only(), "{:#?}", run.queries);
    assert_eq!((counts(&run.report), shown(&office)), ((0, 1, 0, 1, 1), before.clone()));
    assert!(by_itself(&office).await.asked_for_changes_only(), "all is in order again");

    let id = contact(&office, &ben)["id"].clone();
    office.pbx.administer("company_contact/update", json!({ "id": id, "phonebook_id_list": [] }));
    office.pbx.administer(&format!("company_contact/delete?id={id}"), json!(null));
    let run = by_itself(&office).await;
    assert_eq!((counts(&run.report), shown(&office)), ((1, 0, 0, 1, 1), before));
}

#[tokio::test]
async fn everything_is_read_again_after_a_day_and_after_a_start() {
    let mut office = office(CONTACTS).await;
    sync(&office).await;
    assert!(by_itself(&office).await.asked_for_changes_only());
    let run = by_itself_after(&office, Duration::from_secs(24 * 3_600)).await;
    assert!(!run.asked_for_changes_only(), "{:#?}", run.queries);
    assert!(by_itself(&office).await.asked_for_changes_only());

    office.is_killed();
    office.starts().await;
    office.is_live().await;
    dry_run(&office).await;
    let run = by_itself(&office).await;
    assert!(!run.asked_for_changes_only(), "{:#?}", run.queries);
}

/// I4 for what changed: a filter of the org that takes most records away is no reason to empty the phonebook.
#[tokio::test]
async fn many_deletions_among_the_changes_stop_and_ask() {
    let office = office(CONTACTS).await;
    let people: Vec<String> = (0..9)
        .map(|n| office.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n}0")))
        .collect();
    sync(&office).await;
    for gone in &people[..4] {
        office.salesforce.delete("Contact", gone);
    }
    let before = writes(&office);
    let run = by_itself(&office).await;
    assert!(run.asked_for_changes_only(), "{:#?}", run.queries);
    assert_eq!((writes(&office), office.pbx.contacts_held()), (before, 10));
    let problem = view(&office).problem.expect("a person is asked");
    assert_eq!(problem.code, "contacts.mass_delete");
    assert_eq!(counts(&sync_agreed(&office).await), (0, 0, 4, 6, 0));
}
