//! What the PBX and the network do to a run: it ends as one without trouble.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    view::LinkState,
};
use scenarios::{Fault, FaultRule, Office, Options};
use serde_json::json;
use simulator::{Latency, PbxConfig};

use crate::book::{FULL, Shown, code, counts, office, shown, sync, sync_agreed, writes};

const PEOPLE: usize = 60;

async fn staffed() -> Office {
    let office = office(FULL).await;
    for n in 0..PEOPLE {
        office.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n:02}"));
    }
    office
}

/// What the phonebook shows, by number: ids differ between offices.
fn by_number(office: &Office) -> Vec<Shown> {
    let mut shown: Vec<Shown> = shown(office).into_values().collect();
    shown.sort();
    shown
}

/// I8, the differential test: whatever happens to one request, the end is the same.
#[tokio::test]
async fn a_run_with_trouble_ends_as_one_without() {
    let calm = staffed().await;
    sync(&calm).await;
    let expected = by_number(&calm);
    assert_eq!(expected.len(), PEOPLE + 1);

    let at = |fault: Fault| FaultRule::once("company_contact/create", fault).after(49);
    for fault in [
        Fault::Html(500),
        Fault::Json(200, json!({ "errcode": -2, "errmsg": "INTERNAL SERVER ERROR" })),
        Fault::Json(200, json!({ "errcode": 70082, "errmsg": "OVERLOAD_TASK_RUNNING" })),
        Fault::Reset,
        // Carried out, and not known to be: it must not be made twice.
        Fault::LostAnswer,
        Fault::Truncated,
        Fault::LostBehindProxy(502),
    ] {
        let office = staffed().await;
        let rule = at(fault.clone());
        office.pbx.set(|pbx| pbx.faults = vec![rule]);
        let report = sync(&office).await;
        assert_eq!(code(&report), None, "{fault:?}");
        assert_eq!(by_number(&office), expected, "{fault:?}");
        assert_eq!(office.pbx.contacts_held(), PEOPLE + 1, "{fault:?}");
        let before = writes(&office);
        assert_eq!(counts(&sync(&office).await).3, PEOPLE as u64 + 1, "{fault:?}");
        assert_eq!(writes(&office), before, "{fault:?}");
    }
}

#[tokio::test]
async fn a_token_that_expires_half_way_is_renewed_and_the_run_goes_on() {
    let office = staffed().await;
    let run = office.asking(Command::Sync { dry_run: false, agreed: false });
    let run = tokio::spawn(run);
    scenarios::eventually("half of it", || async { office.pbx.contacts_held() > PEOPLE / 2 }).await;
    office.pbx.expire_access_tokens();
    let reply = run.await.unwrap().unwrap();
    let Reply::Synced(report) = reply else { panic!("{reply:?}") };
    assert_eq!((code(&report), report.create), (None, PEOPLE as u64 + 1));
    assert_eq!(shown(&office).len(), PEOPLE + 1);
}

/// A contact that the PBX does not take is left out with the reason; the others are written.
#[tokio::test]
async fn one_contact_that_is_refused_does_not_stop_the_others() {
    let office = office(FULL).await;
    office.pbx.set(|pbx| pbx.contact_text_limit = Some((30, false)));
    let long = office.knows("Ben", &"long ".repeat(10), "+49 30 1234567");
    office.knows("Eve", "Adams", "+49 30 7654321");
    let report = sync(&office).await;
    assert_eq!((counts(&report), code(&report)), ((2, 0, 0, 0, 0), None));
    let skipped: Vec<_> = report.skipped.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(skipped, [long.as_str()]);
    assert!(report.skipped[0].reason.contains("40002"), "{report:?}");
}

/// I5: partial in a stated order, and how many did not fit.
#[tokio::test]
async fn a_full_pbx_takes_what_fits_contacts_first_and_says_how_many_do_not() {
    let settings = "[contact_sync]\nmode = \"full\"\nobjects = [\"lead\", \"contact\"]\n";
    let office = office(settings).await;
    for n in 0..6 {
        let lead = json!({ "LastName": format!("L{n}"), "Company": "X", "Phone": format!("+49 89 12345{n}0") });
        office.salesforce.insert("Lead", lead);
        office.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n}0"));
    }
    office.pbx.set(|pbx| pbx.contacts_limit = 9);
    let report = sync(&office).await;
    assert_eq!((report.create, code(&report)), (9, Some("contacts.phonebook_full")));
    assert!(!report.is_refused(), "it has done what could be done");
    assert!(report.problem.unwrap().message.contains('4'), "four leads did not fit");
    let book = shown(&office);
    let names: Vec<&str> = book.values().map(|one| one.0.as_str()).collect();
    assert_eq!(
        names.iter().filter(|name| name.starts_with('L')).collect::<Vec<_>>(),
        [&"L0", &"L1"]
    );
    let problem = office.status().await.contacts.problem.unwrap();
    assert_eq!(problem.code, "contacts.phonebook_full");
}

/// The small model says nothing before its 20,001st contact; what is known of it is planned with.
#[tokio::test]
async fn a_small_models_limit_is_known_before_it_is_met() {
    let pbx = PbxConfig { model: "Yeastar P520".to_owned(), ..PbxConfig::default() };
    let options = Options { pbx, settings: FULL.to_owned(), ..Options::default() };
    let office = Office::with(options).await;
    let others = crate::book::phonebook(&office, "Suppliers");
    for _ in 0..19_999 {
        crate::book::by_hand(&office, "Supplier", "", &[&others]);
    }
    office.knows("Eve", "Adams", "+49 30 7654321");
    let report = sync(&office).await;
    assert_eq!((report.create, code(&report)), (1, Some("contacts.phonebook_full")));
    assert_eq!(shown(&office).keys().collect::<Vec<_>>(), [&office.ada], "the oldest first");
    assert_eq!(office.pbx.contacts_held(), 20_000);
}

/// Where an update cannot empty the list of phonebooks, a contact is taken out by the phonebook's own interface.
#[tokio::test]
async fn a_contact_is_deleted_on_firmware_that_ignores_an_empty_list() {
    let office = staffed().await;
    sync(&office).await;
    office.pbx.set(|pbx| pbx.empty_book_list_ignored = true);
    for record in office.salesforce.records("Contact").iter().take(5) {
        office.salesforce.delete("Contact", record["Id"].as_str().unwrap());
    }
    let report = sync(&office).await;
    assert_eq!((report.delete, code(&report)), (5, None));
    assert_eq!(office.pbx.contacts_held(), PEOPLE - 4);
}

/// Killed between the two steps of a deletion, the second is done by the next run, also by another desktop's.
#[tokio::test]
async fn a_deletion_that_was_cut_in_two_is_finished() {
    let mut office = staffed().await;
    sync(&office).await;
    for record in office.salesforce.records("Contact").iter().take(5) {
        office.salesforce.delete("Contact", record["Id"].as_str().unwrap());
    }
    let never = FaultRule::always("company_contact/delete", Fault::Never);
    office.pbx.set(|pbx| pbx.faults = vec![never]);
    let run = office.asking(Command::Sync { dry_run: false, agreed: false });
    let run = tokio::spawn(run);
    scenarios::eventually("the first step", || async { shown(&office).len() < PEOPLE + 1 }).await;
    // The second step is under way by then, and is never answered.
    tokio::time::sleep(Duration::from_millis(200)).await;
    office.is_killed();
    office.pbx.set(|pbx| pbx.faults.clear());
    let _ = run.await;
    assert_eq!(office.pbx.contacts_held(), PEOPLE + 1, "one is between two steps");
    office.starts().await;
    office.is_live().await;
    let report = sync(&office).await;
    assert_eq!((report.delete, code(&report)), (5, None));
    assert_eq!(office.pbx.contacts_held(), PEOPLE - 4);
    assert_eq!(shown(&office).len(), PEOPLE - 4);
}

#[tokio::test]
async fn when_salesforce_is_away_nothing_is_written() {
    let office = staffed().await;
    sync(&office).await;
    for rule in [
        FaultRule::always("/query", Fault::Html(503)),
        FaultRule::always("/query", Fault::Reset),
        FaultRule::always(
            "/query",
            Fault::Json(200, json!({ "done": true, "totalSize": 0, "records": [] })),
        ),
    ] {
        let before = writes(&office);
        office.salesforce.set(|org| org.faults = vec![rule.clone()]);
        let report = sync(&office).await;
        assert!(report.is_refused(), "{rule:?}: {report:?}");
        office.salesforce.set(|org| org.faults.clear());
        assert_eq!((writes(&office), shown(&office).len()), (before, PEOPLE + 1), "{rule:?}");
    }
    assert_eq!(code(&sync_agreed(&office).await), None);
}

#[tokio::test]
async fn a_sync_right_after_the_start_waits_for_the_connections() {
    let mut office = staffed().await;
    sync(&office).await;
    office.quits().await;
    office.pbx.set(|pbx| {
        pbx.latency =
            Some(Latency::between(Duration::from_millis(300), Duration::from_millis(500), 7));
    });
    office.starts().await;
    let report = sync(&office).await;
    assert_eq!(code(&report), None);
    assert_eq!(shown(&office).len(), PEOPLE + 1);
}

#[tokio::test]
async fn what_a_run_says_of_a_side_that_is_away_goes_when_the_side_is_back() {
    let office = staffed().await;
    sync(&office).await;
    office.pbx.stop_listening();
    office.status_until("the PBX is away", |status| status.pbx.state != LinkState::Connected).await;
    let failed = office.asks(Command::Sync { dry_run: false, agreed: false }).await;
    let told = format!("{failed:?}");
    assert!(told.contains("pbx.unreachable"), "{told}");
    office.status_until("it is told", |status| status.contacts.problem.is_some()).await;
    office.pbx.listen_again().await;
    office.is_live().await;
    office
        .status_within("it goes with its cause", Duration::from_secs(5), |status| {
            status.contacts.problem.is_none()
        })
        .await;
}

/// Who waits for a side that is coming up keeps nobody else waiting.
#[tokio::test]
async fn a_sync_that_waits_for_the_pbx_lets_others_by() {
    let mut office = office("").await;
    office.quits().await;
    office.pbx.stop_listening();
    office.starts().await;
    let waits = tokio::spawn(office.asking(Command::Sync { dry_run: true, agreed: false }));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let other = tokio::time::timeout(Duration::from_secs(3), sync(&office)).await;
    assert_eq!(code(&other.expect("at once")), Some("contacts.sync_off"));
    assert!(!waits.is_finished());
    office.pbx.listen_again().await;
    office.network_changes();
    let reply = waits.await.unwrap().unwrap();
    let Reply::Synced(report) = reply else { panic!("{reply:?}") };
    assert_eq!(code(&report), None, "{report:?}");
}
