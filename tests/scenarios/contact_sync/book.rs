//! An office that syncs, and what its phonebook shows.

use std::collections::BTreeMap;

use engine::{
    command::{Command, Reply},
    view::SyncReport,
};
use scenarios::{Office, Options};
use serde_json::{Value, json};

/// Settings for a sync of everything.
pub(crate) const FULL: &str = "[contact_sync]\nmode = \"full\"\n";

/// What a contact shows: the name, the company, the e-mail address, and the voice numbers by slot.
pub(crate) type Shown = (String, String, String, BTreeMap<&'static str, String>);

/// The slots as the PBX's list calls them.
pub(crate) const SLOTS: [&str; 7] =
    ["business", "business2", "mobile", "mobile2", "home", "home2", "other"];

/// An office that is connected, with these settings.
pub(crate) async fn office(settings: &str) -> Office {
    Office::with(Options { settings: settings.to_owned(), ..Options::default() }).await
}

/// Syncs now.
pub(crate) async fn sync(office: &Office) -> SyncReport {
    asked(office, false, false).await
}

/// Says what a sync would do.
pub(crate) async fn dry_run(office: &Office) -> SyncReport {
    asked(office, true, false).await
}

/// Syncs now, and agrees to whatever is deleted.
pub(crate) async fn sync_agreed(office: &Office) -> SyncReport {
    asked(office, false, true).await
}

async fn asked(office: &Office, dry_run: bool, agreed: bool) -> SyncReport {
    match office.asks(Command::Sync { dry_run, agreed }).await {
        Ok(Reply::Synced(report)) => *report,
        other => panic!("no report but {other:?}"),
    }
}

/// Creates, updates, deletes, keeps, of these restored.
pub(crate) fn counts(report: &SyncReport) -> (u64, u64, u64, u64, u64) {
    (report.create, report.update, report.delete, report.keep, report.restored)
}

/// The code of what a report has to say.
pub(crate) fn code(report: &SyncReport) -> Option<&str> {
    report.problem.as_ref().map(|problem| problem.code.as_str())
}

/// The contacts of the phonebook `Salesforce` by their remark. No remark twice.
pub(crate) fn shown(office: &Office) -> BTreeMap<String, Shown> {
    let mut book = BTreeMap::new();
    for contact in office.pbx.contacts() {
        let books = contact["phonebook_list"].as_array().unwrap();
        if !books.iter().any(|book| book["name"] == "Salesforce") {
            continue;
        }
        let text = |key: &str| contact[key].as_str().unwrap_or_default().to_owned();
        let numbers =
            SLOTS.into_iter().map(|slot| (slot, text(slot))).filter(|(_, n)| !n.is_empty());
        let shown = (text("contact_name"), text("company"), text("email"), numbers.collect());
        let twice = book.insert(text("remark"), shown);
        assert_eq!(twice, None, "one contact for a record");
    }
    book
}

/// The contact that stands for a record, as the PBX lists it.
pub(crate) fn contact(office: &Office, record: &str) -> Value {
    let found = office.pbx.contacts().into_iter().find(|contact| contact["remark"] == record);
    found.unwrap_or_else(|| panic!("no contact for {record}"))
}

/// The id of the phonebook that is filled.
pub(crate) fn ours(office: &Office) -> Value {
    let found = office.pbx.phonebooks().into_iter().find(|book| book["name"] == "Salesforce");
    found.expect("it was made")["id"].clone()
}

/// An administrator makes a contact in these phonebooks.
pub(crate) fn by_hand(office: &Office, name: &str, remark: &str, books: &[&Value]) -> Value {
    let made = office.pbx.administer(
        "company_contact/create",
        json!({ "first_name": name, "remark": remark, "phonebook_id_list": books,
            "number_list": [{ "num_type": "business_number", "number": "030999" }] }),
    );
    assert_eq!(made["errcode"], 0, "{made}");
    made["id"].clone()
}

/// An administrator makes a phonebook; its id.
pub(crate) fn phonebook(office: &Office, name: &str) -> Value {
    let made = office.pbx.administer("phonebook/create", json!({ "name": name }));
    assert_eq!(made["errcode"], 0, "{made}");
    made["id"].clone()
}

/// Requests that would have changed contacts or phonebooks, refused or not.
pub(crate) fn writes(office: &Office) -> usize {
    office
        .pbx
        .ledger()
        .iter()
        .filter(|request| {
            let path = request.path.trim_start_matches("/openapi/v1.0/");
            (path.starts_with("company_contact/") || path.starts_with("phonebook/"))
                && !["list", "search", "get", "query"].iter().any(|read| path.ends_with(read))
        })
        .count()
}
