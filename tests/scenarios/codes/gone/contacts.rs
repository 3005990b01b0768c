//! What is amiss with the contact index and the phonebook.

use std::{fs, time::Duration};

use engine::{
    command::{Command, Reply},
    view::SyncReport,
};
use scenarios::{Office, Options};
use serde_json::json;
use simulator::Latency;

use super::{Act, Story, are_told, connects, is_refused, story, unconnected};

/// As long as Salesforce takes for an answer.
const A_MOMENT: Duration = Duration::from_millis(400);

/// The contact index and the phonebook.
pub(super) fn of_the_contacts() -> Vec<Story> {
    let syncing = || Options {
        settings: "[contact_sync]\nmode = \"full\"\n".to_owned(),
        ..Options::default()
    };
    let answers: Act = |office| {
        Box::pin(async {
            office.salesforce.set(|org| org.faults.clear());
            office.retries().await;
        })
    };
    vec![
        story(
            "contacts.index_paused",
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| org.used_by_others = 12_000);
                    connects(office).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.salesforce.set(|org| {
                        org.used_by_others = 0;
                        // What is tried again is tried long before the answer that says what is used now.
                        org.latency = Some(Latency::between(A_MOMENT, A_MOMENT, 1));
                    });
                    office.retries().await;
                })
            },
        )
        .of(unconnected),
        story(
            "contacts.index_stopped",
            |office| {
                Box::pin(async {
                    is_refused(office, "/query", 403, "INSUFFICIENT_ACCESS");
                    office.asks(Command::RefreshIndex { all: true }).await.expect("it is asked");
                })
            },
            answers,
        ),
        story(
            "salesforce.failed",
            |office| {
                Box::pin(async {
                    is_refused(office, "/query", 400, "INVALID_FIELD");
                    syncs(office, false).await;
                })
            },
            answers,
        )
        .of(syncing),
        story(
            "contacts.phonebook_not_ours",
            |office| {
                Box::pin(async {
                    let made = office.pbx.administer("phonebook/create", json!({ "name": BOOK }));
                    let contact = json!({ "first_name": "Supplier",
                        "phonebook_id_list": [made["id"]],
                        "number_list": [{ "num_type": "business_number", "number": "030999" }] });
                    office.pbx.administer("company_contact/create", contact);
                    syncs(office, false).await;
                })
            },
            |office| {
                Box::pin(async {
                    for contact in office.pbx.contacts() {
                        let out = json!({ "id": contact["id"], "phonebook_id_list": [] });
                        office.pbx.administer("company_contact/update", out);
                    }
                    office.retries().await;
                })
            },
        )
        .of(syncing),
        story(
            "contacts.phonebook_full",
            |office| {
                Box::pin(async {
                    office.knows("Ben", "Okoye", "+49 30 1234567");
                    office.pbx.set(|pbx| pbx.contacts_limit = 1);
                    syncs(office, false).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.contacts_limit = 500_000);
                    office.retries().await;
                })
            },
        )
        .of(syncing),
        story(
            "contacts.phonebook_read_only",
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.read_only_phonebook = Some(BOOK.to_owned()));
                    syncs(office, false).await;
                })
            },
            |office| {
                Box::pin(async {
                    office.pbx.set(|pbx| pbx.read_only_phonebook = None);
                    office.retries().await;
                })
            },
        )
        .of(syncing),
        story(
            "contacts.mass_delete",
            |office| {
                Box::pin(async {
                    let people = (0..9).map(|n| {
                        office.knows("Ben", &format!("N{n}"), &format!("+49 30 12345{n}0"))
                    });
                    let people: Vec<String> = people.collect();
                    syncs(office, false).await;
                    for gone in &people[..3] {
                        office.salesforce.delete("Contact", gone);
                    }
                    syncs(office, false).await;
                })
            },
            |office| Box::pin(async { drop(syncs(office, true).await) }),
        )
        .of(syncing),
        story(
            "contacts.other_user",
            |office| Box::pin(takes_a_phonebook_over(office)),
            |office| Box::pin(async { drop(syncs(office, true).await) }),
        ),
    ]
}

/// The phonebook that is filled.
const BOOK: &str = "Salesforce";

/// Another user's computer has filled the phonebook with what this one's user does not see, and is gone.
async fn takes_a_phonebook_over(office: &mut Office) {
    const THEIRS: &str = "leo.brandt@example.com";
    let owner = office.salesforce.user_id(THEIRS).expect("a user");
    office.salesforce.insert(
        "Contact",
        json!({ "FirstName": "Ben", "LastName": "His", "Phone": "+49 30 1234502", "OwnerId": owner }),
    );
    let full = "[contact_sync]\nmode = \"full\"\n";
    let mut leo = office.colleague_with(THEIRS, full).await;
    syncs(&leo, false).await;
    leo.quits().await;
    office.quits().await;
    let file = office.home.path().join("settings.toml");
    let settings = fs::read_to_string(&file).expect("settings");
    fs::write(&file, format!("{settings}\n{full}")).expect("settings");
    // Until his claim has run out.
    office.clock.passes(Duration::from_secs(5 * 3_600));
    office.starts().await;
    office.is_live().await;
    syncs(office, false).await;
}

async fn syncs(office: &Office, agreed: bool) -> SyncReport {
    match office.asks(Command::Sync { dry_run: false, agreed }).await {
        Ok(Reply::Synced(report)) => *report,
        other => panic!("no report but {other:?}"),
    }
}

#[tokio::test]
async fn what_is_amiss_with_the_contacts_goes_with_its_cause() {
    are_told(of_the_contacts()).await;
}
