//! What changes on either side, and what the phonebook shows then.

use std::collections::BTreeMap;

use scenarios::Office;
use serde_json::json;

use crate::book::{
    FULL, Shown, code, contact, counts, dry_run, office, ours, phonebook, shown, sync, sync_agreed,
    writes,
};

fn one(name: &str, company: &str, numbers: &[(&'static str, &str)]) -> Shown {
    let numbers: BTreeMap<_, _> =
        numbers.iter().map(|(slot, number)| (*slot, (*number).to_owned())).collect();
    (name.to_owned(), company.to_owned(), String::new(), numbers)
}

#[tokio::test]
async fn a_dry_run_says_what_a_run_then_writes_and_a_second_run_writes_nothing() {
    let office = office(FULL).await;
    let account = office.salesforce.insert("Account", json!({ "Name": "Orbita SL" }));
    let ana = office.salesforce.insert(
        "Contact",
        json!({ "FirstName": "Ana", "LastName": "Ruiz", "AccountId": account, "Phone": "(030) 123 45 67",
            "MobilePhone": "+34 600 111 222", "Fax": "030 1234568", "HomePhone": "+49 30 7654321" }),
    );
    let silent = office.salesforce.insert("Contact", json!({ "LastName": "Silent" }));
    let wordy = office.salesforce.insert("Contact", json!({ "LastName": "W", "Phone": "on file" }));

    let planned = dry_run(&office).await;
    assert_eq!((counts(&planned), planned.dry_run), ((2, 0, 0, 0, 0), true));
    assert_eq!((writes(&office), office.pbx.contacts_held()), (0, 0), "nothing was written");

    let report = sync(&office).await;
    assert_eq!((counts(&report), code(&report)), ((2, 0, 0, 0, 0), None));
    assert_eq!(report.phonebook, "Salesforce");
    let mut skipped: Vec<_> =
        report.skipped.iter().map(|one| (one.id.as_str(), one.reason.as_str())).collect();
    skipped.sort_unstable();
    let mut expected =
        [(silent.as_str(), "no number"), (wordy.as_str(), "no number that can be dialled")];
    expected.sort_unstable();
    assert_eq!(skipped, expected);
    let ana_shown = one(
        "Ana Ruiz",
        "Orbita SL",
        &[("business", "0301234567"), ("mobile", "0034600111222"), ("home", "0307654321")],
    );
    let ada_shown = one("Ada Moreno", "", &[("business", "0493555017")]);
    assert_eq!(shown(&office), BTreeMap::from([(ana, ana_shown), (office.ada.clone(), ada_shown)]));
    let status = office.status().await.contacts;
    assert_eq!((status.sync.as_str(), status.synced, status.problem), ("full", 2, None));
    assert!(status.last_sync_at.is_some());

    let before = writes(&office);
    let again = sync(&office).await;
    assert_eq!((counts(&again), writes(&office)), ((0, 0, 0, 2, 0), before));
    assert!(again.api_calls.salesforce > 0 && again.api_calls.pbx > 0, "{again:?}");
}

#[tokio::test]
async fn records_that_change_move_or_go_do_so_on_the_pbx() {
    let office = office(FULL).await;
    let records: Vec<String> = (0..8)
        .map(|n| office.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n}0")))
        .collect();
    sync(&office).await;

    office.salesforce.update("Contact", &records[0], json!({ "LastName": "New" }));
    office.salesforce.update(
        "Contact",
        &records[1],
        json!({ "Phone": null, "MobilePhone": "030 55501" }),
    );
    office.salesforce.delete("Contact", &records[2]);
    let report = sync(&office).await;
    assert_eq!((counts(&report), code(&report)), ((0, 2, 1, 6, 0), None));
    let book = shown(&office);
    assert_eq!(book[&records[0]].0, "Ben New");
    assert_eq!(book[&records[1]].3, BTreeMap::from([("mobile", "03055501".to_owned())]));
    assert!(!book.contains_key(&records[2]));
    assert_eq!(office.pbx.contacts_held(), 8, "not only out of the phonebook");
}

#[tokio::test]
async fn what_was_changed_on_the_pbx_is_put_back_and_counted_also_after_a_restart() {
    let mut office = office(FULL).await;
    let ben = office.knows("Ben", "Okoye", "+49 30 1234567");
    let eve = office.knows("Eve", "Adams", "+49 30 7654321");
    sync(&office).await;
    let before = shown(&office);

    let id = |record: &str| contact(&office, record)["id"].clone();
    let (ada, ben) = (id(&office.ada), id(&ben));
    let vip = phonebook(&office, "VIP");
    let edit = json!({ "id": ada, "first_name": "Adah", "phonebook_id_list": [ours(&office), vip],
        "number_list": [{ "num_type": "home_number2", "number": "110" }] });
    assert_eq!(office.pbx.administer("company_contact/update", edit)["errcode"], 0);
    let out = json!({ "id": ben, "phonebook_id_list": [] });
    office.pbx.administer("company_contact/update", out);
    office.pbx.administer(&format!("company_contact/delete?id={ben}"), json!(null));
    office.salesforce.update("Contact", &eve, json!({ "Phone": "+49 30 7654322" }));

    office.quits().await;
    office.starts().await;
    office.is_live().await;
    let planned = dry_run(&office).await;
    assert_eq!(counts(&planned), (1, 2, 0, 0, 2), "one edited, one deleted; one is Salesforce's");
    let report = sync(&office).await;
    assert_eq!(counts(&report), (1, 2, 0, 0, 2));
    let mut expected = before;
    expected.get_mut(&eve).unwrap().3.insert("business", "0307654322".to_owned());
    assert_eq!(shown(&office), expected);
    let books = contact(&office, &office.ada)["phonebook_list"].as_array().unwrap().len();
    assert_eq!(books, 2, "the other phonebook still has her");
    assert_eq!(counts(&sync(&office).await), (0, 0, 0, 3, 0));
}

/// I4: nothing is deleted because Salesforce shows nothing, or a filter has changed.
#[tokio::test]
async fn a_mass_deletion_stops_and_asks() {
    let office = office(FULL).await;
    let records: Vec<String> = (0..9)
        .map(|n| office.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n}0")))
        .collect();
    sync(&office).await;
    for record in &records[..3] {
        office.salesforce.delete("Contact", record);
    }
    let before = writes(&office);
    let planned = dry_run(&office).await;
    assert_eq!((planned.delete, code(&planned)), (3, Some("contacts.mass_delete")));
    assert!(!planned.is_refused(), "a dry run has done what it was asked");
    let refused = sync(&office).await;
    assert_eq!((refused.delete, code(&refused)), (0, Some("contacts.mass_delete")));
    assert!(refused.is_refused());
    assert_eq!((writes(&office), office.pbx.contacts_held()), (before, 10));
    let problem = office.status().await.contacts.problem.expect("it needs a person");
    assert_eq!(problem.code, "contacts.mass_delete");

    let report = sync_agreed(&office).await;
    assert_eq!((counts(&report), code(&report)), ((0, 0, 3, 7, 0), None));
    assert_eq!(office.status().await.contacts.problem, None);
    for record in office.salesforce.records("Contact") {
        office.salesforce.delete("Contact", record["Id"].as_str().unwrap());
    }
    assert_eq!(code(&sync(&office).await), Some("contacts.mass_delete"), "an empty answer");
    assert_eq!(office.pbx.contacts_held(), 7);
}

/// J16: a name is text, whatever is in it.
#[tokio::test]
async fn a_hostile_name_is_text_in_its_own_column() {
    let office = office(FULL).await;
    let name = "<img src=x onerror=alert(1)>; \"Ltd\", =1+1";
    let record = office.knows("Ana\r\nMaria", name, "+49 30 1234567");
    sync(&office).await;
    let (shown_name, company, _, numbers) = &shown(&office)[&record];
    assert_eq!(*shown_name, format!("Ana Maria {name}"));
    assert_eq!((company.as_str(), numbers.len()), ("", 1));
    assert_eq!(counts(&sync(&office).await), (0, 0, 0, 2, 0));
}

#[tokio::test]
async fn a_pbx_that_keeps_texts_its_own_way_is_not_written_to_for_ever() {
    let office = office(FULL).await;
    office.pbx.set(|pbx| {
        pbx.contact_text_limit = Some((18, true));
        pbx.family_name_first = true;
        pbx.numbers_as_text = true;
        pbx.contacts_short_pages = Some(1);
    });
    office.knows("Maximiliane", "of a family with a long name", "+49 30 1234567");
    assert_eq!(counts(&sync(&office).await).0, 2);
    let before = writes(&office);
    assert_eq!((counts(&sync(&office).await), writes(&office)), ((0, 0, 0, 2, 0), before));
}

#[tokio::test]
async fn leads_and_accounts_are_synced_where_they_are_chosen() {
    let office =
        office("[contact_sync]\nmode = \"full\"\nobjects = [\"lead\", \"account\"]\n").await;
    let lead = office.salesforce.insert(
        "Lead",
        json!({ "FirstName": "Bob", "LastName": "Liu", "Company": "Liu Trading", "Phone": "+49 89 5550199" }),
    );
    let account = office
        .salesforce
        .insert("Account", json!({ "Name": "ACME GmbH", "Phone": "+49 30 1234500" }));
    assert_eq!(counts(&sync(&office).await).0, 2);
    let book = shown(&office);
    assert_eq!(book[&lead], one("Bob Liu", "Liu Trading", &[("business", "0895550199")]));
    assert_eq!(book[&account], one("ACME GmbH", "ACME GmbH", &[("business", "0301234500")]));
}

/// A switch on a desk that does not sync says so and does nothing; a dry run is always possible.
#[tokio::test]
async fn while_it_is_off_only_a_dry_run_is_made() {
    let office: Office = office("").await;
    let report = sync(&office).await;
    assert_eq!((code(&report), report.is_refused()), (Some("contacts.sync_off"), true));
    assert_eq!(counts(&dry_run(&office).await).0, 1);
    assert_eq!(writes(&office), 0);
}
