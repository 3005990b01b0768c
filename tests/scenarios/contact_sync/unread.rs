//! Records that cannot be read: their contacts stay on the PBX, and all others are kept in order.

use serde_json::json;

use crate::book::{FULL, counts, office, shown, sync};

#[tokio::test]
async fn the_contact_of_a_record_that_cannot_be_read_stays_and_the_others_follow() {
    let office = office(FULL).await;
    let broken = office.knows("Ben", "Broken", "+49 30 1234501");
    let other = office.knows("Ben", "Other", "+49 30 1234502");
    let leaves = office.knows("Ben", "Leaves", "+49 30 1234503");
    sync(&office).await;
    assert_eq!(shown(&office).len(), 4, "Ada too");

    office.salesforce.set(|org| {
        org.garbled = vec![("Ben Broken\"".to_owned(), "Ben Broken".to_owned())];
    });
    office.salesforce.update("Contact", &other, json!({ "Phone": "+49 30 1234509" }));
    office.salesforce.delete("Contact", &leaves);
    let report = sync(&office).await;

    assert_eq!(counts(&report).2, 1, "only what is gone is deleted: {report:?}");
    let shown = shown(&office);
    assert!(shown.contains_key(&broken) && !shown.contains_key(&leaves));
    assert_eq!(shown[&other].3["business"], "0301234509");
    let skipped: Vec<_> =
        report.skipped.iter().map(|one| (one.id.as_str(), one.reason.as_str())).collect();
    assert_eq!(skipped, [(broken.as_str(), "cannot be read")]);
}

#[tokio::test]
async fn where_a_record_does_not_even_say_which_it_is_nothing_is_deleted() {
    let office = office(FULL).await;
    let broken = office.knows("Ben", "Broken", "+49 30 1234501");
    sync(&office).await;
    let id = format!("\"Id\":\"{broken}\"");
    office.salesforce.set(|org| org.garbled = vec![(id, "\"Id\":null".to_owned())]);
    let report = sync(&office).await;
    assert_eq!(counts(&report).2, 0, "{report:?}");
    assert!(shown(&office).contains_key(&broken));
}
