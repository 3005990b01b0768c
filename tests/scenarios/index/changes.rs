//! What happens to records afterwards: changed, deleted, merged, converted, hidden.

use std::time::Duration;

use engine::command::{Command, Reply};
use scenarios::{Fault, FaultRule, stays};
use serde_json::json;

use super::org::{contact, crowd, id_of, local, office, refreshed, rings};

#[tokio::test]
async fn a_number_that_moved_is_found_where_it_is_now() {
    let office = office(|org| {
        org.records = vec![contact("Ruiz", "030 5550001"), contact("Moreno", "030 5550002")];
    })
    .await;
    let (ruiz, moreno) = (id_of(&office, "Contact", "Ruiz"), id_of(&office, "Contact", "Moreno"));
    office.salesforce.update("Contact", &ruiz, json!({ "Phone": "030 5550003" }));
    office.salesforce.update(
        "Contact",
        &moreno,
        json!({ "MobilePhone": "030 5550001", "LastName": "Married" }),
    );

    refreshed(&office, false, "0305550003", 1).await;

    let explained = office.explains("0305550001").await;
    let names: Vec<_> = explained.candidates.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Eva Married"]);
    assert_eq!(local(&office, "0305550002").await, 1);
}

#[tokio::test]
async fn deleted_merged_and_converted_records_leave_with_the_next_changes() {
    let office = office(|org| {
        org.records = vec![
            contact("Deleted", "030 5550001"),
            contact("Loser", "030 5550002"),
            contact("Winner", "030 5550003"),
            (
                "Lead".to_owned(),
                json!({ "LastName": "Won", "Company": "x", "Phone": "030 5550004" }),
            ),
            contact("Mute", "030 5550005"),
        ];
    })
    .await;
    let id = |object, last| id_of(&office, object, last);
    let (winner, converted) = (id("Contact", "Winner"), id("Lead", "Won"));
    let (deleted, loser, mute) =
        (id("Contact", "Deleted"), id("Contact", "Loser"), id("Contact", "Mute"));
    office.salesforce.delete("Contact", &deleted);
    office.salesforce.update("Contact", &loser, json!({ "MasterRecordId": winner }));
    office.salesforce.delete("Contact", &loser);
    office.salesforce.update("Contact", &winner, json!({ "OtherPhone": "030 5550002" }));
    office.salesforce.update("Lead", &converted, json!({ "IsConverted": true }));
    office.salesforce.update("Contact", &mute, json!({ "Phone": null }));

    refreshed(&office, false, "0305550001", 0).await;

    for (number, known) in [("0305550004", 0), ("0305550005", 0), ("0305550003", 1)] {
        assert_eq!(local(&office, number).await, known, "{number}");
    }
    let view = rings(&office, "0305550002").await;
    assert_eq!(view.why.as_deref(), Some("matched Contact.OtherPhone exactly (local index)"));
    office.opens(&[office.page("Contact", &winner)]).await;
}

#[tokio::test]
async fn a_record_that_is_no_longer_shared_leaves_at_the_second_look() {
    let office = office(|org| {
        org.records = vec![contact("Ruiz", "030 5550001"), contact("Moreno", "030 5550002")];
    })
    .await;
    let ruiz = id_of(&office, "Contact", "Ruiz");
    let leo = office.salesforce.user_id("leo.brandt@example.com").unwrap();
    office.salesforce.update("Contact", &ruiz, json!({ "OwnerId": leo }));

    refreshed(&office, true, "0305550001", 0).await;

    assert_eq!(local(&office, "0305550002").await, 1);
}

#[tokio::test]
async fn an_answer_that_is_empty_by_error_empties_nothing() {
    let office = office(|org| org.records = crowd(40)).await;
    let nothing = json!({ "totalSize": 0, "done": true, "records": [] });
    office
        .salesforce
        .set(|org| org.faults.push(FaultRule::always("/query", Fault::Json(200, nothing))));

    assert_eq!(office.asks(Command::RefreshIndex { all: true }).await, Ok(Reply::Done));

    stays("all are known", Duration::from_secs(1), || async {
        local(&office, "0301000017").await == 1
    })
    .await;
    assert_eq!(office.status().await.contacts.index, 40);
    office.salesforce.set(|org| org.faults.clear());
    refreshed(&office, true, "0301000039", 1).await;
}

#[tokio::test]
async fn without_changes_there_is_one_request_for_each_object() {
    let office = office(|org| org.records = crowd(10)).await;
    office.salesforce.forget_ledger();
    let before = office.salesforce.arrivals("GET", "/queryAll/");

    office.asks(Command::RefreshIndex { all: false }).await.unwrap();
    scenarios::eventually("the changes", || async {
        office.salesforce.arrivals("GET", "/queryAll/") >= before + 3
    })
    .await;

    stays("no more", Duration::from_millis(300), || async {
        office.salesforce.ledger().len() == 3
    })
    .await;
}

#[tokio::test]
async fn an_index_that_was_checked_while_the_clock_was_ahead_is_looked_at_at_once_when_it_is_put_right()
 {
    let mut office = office(|org| org.records = vec![contact("Ruiz", "030 5550001")]).await;
    let ruiz = id_of(&office, "Contact", "Ruiz");
    office.clock.is_wrong_by_days(2);
    office.salesforce.update("Contact", &ruiz, json!({ "Phone": "030 5550002" }));
    refreshed(&office, true, "0305550002", 1).await;
    office.quits().await;
    office.clock.is_wrong_by_days(0);
    office.salesforce.update("Contact", &ruiz, json!({ "Phone": "030 5550003" }));

    office.starts().await;

    scenarios::eventually("the number of today", || async {
        local(&office, "0305550003").await == 1
    })
    .await;
}
