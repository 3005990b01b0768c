//! A spelling that may mean several numbers, in a link or as a person types it: a record that has one of them decides what is
//! called.

use engine::command::{Command, Reply};
use scenarios::{Fault, FaultRule, Office, Options};
use serde_json::json;

use super::{a_moment, card, card_until, confirms, opens};

/// Berlin, where the plus was lost; in Cottbus a local number as well.
const LINK: &str = "tel:4930901820";
const BERLIN: &str = "+4930901820";
const COTTBUS: &str = "+493554930901820";

/// An office in Cottbus; the index knows a person of this number.
async fn office(phone: &str, more: &str) -> Office {
    let settings = format!("[numbers]\narea_code = \"355\"\n{more}");
    let office = Office::with(Options { settings, connected: false, ..Options::default() }).await;
    office.salesforce.insert("Contact", json!({ "LastName": "Ruiz", "Phone": phone }));
    office.connects().await;
    office
}

async fn dialled(office: &Office, number: &str) -> String {
    let dial = Command::Dial { number: number.to_owned(), confirmed: true };
    match office.asks(dial).await {
        Ok(Reply::Dialled { dialled, .. }) => dialled,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_record_that_has_one_of_the_readings_decides_what_a_link_calls() {
    let office = office("030 901820", "").await;
    let shown = opens(&office, LINK).await.expect("it is shown");
    assert_eq!(shown, Reply::LinkShown { shown: "+49 30 901820".to_owned() });
    let asked = card_until(&office, "she is found", |card| !card.searching).await;
    assert_eq!(asked.number.as_deref(), Some(BERLIN));
    assert_eq!(asked.candidates[0].name, "Ruiz");
    a_moment().await;
    opens(&office, LINK).await.expect("it is the same link");
    assert_eq!(card(&office).expect("a card").id, asked.id);
    let reply = confirms(&office, &asked).await.expect("it is called");
    assert!(
        matches!(&reply, Reply::Dialled { dialled, .. } if dialled == "030901820"),
        "{reply:?}"
    );
}

#[tokio::test]
async fn without_a_record_the_likeliest_is_called() {
    let office = office("030 555111", "").await;
    opens(&office, LINK).await.expect("it is shown");
    let asked = card_until(&office, "nobody is found", |card| !card.searching).await;
    assert_eq!((asked.number.as_deref(), asked.candidates.len()), (Some(COTTBUS), 0));
    assert_eq!(dialled(&office, "4930901820").await, "03554930901820");
}

#[tokio::test]
async fn who_agreed_to_a_number_before_a_record_decided_for_another_has_not_agreed_to_that() {
    let office = office("030 555111", "").await;
    office.salesforce.insert("Contact", json!({ "LastName": "Late", "Phone": BERLIN }));
    let slow = FaultRule::once("search", Fault::Slow(std::time::Duration::from_secs(1)));
    office.salesforce.set(|org| org.faults = vec![slow]);
    opens(&office, LINK).await.expect("it is shown");
    let first = card(&office).expect("a card");
    assert_eq!((first.number.as_deref(), first.searching), (Some(COTTBUS), true));
    let then = card_until(&office, "the record decides", |card| !card.searching).await;
    assert_eq!(then.number.as_deref(), Some(BERLIN));
    assert_eq!(confirms(&office, &first).await.expect_err("it is another").code, "link.gone");
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

#[tokio::test]
async fn a_typed_number_and_a_link_without_a_question_are_read_likewise() {
    let office = office("030 901820", "[dial]\nconfirm_links = false\n").await;
    assert_eq!(dialled(&office, "4930901820").await, "030901820");
    a_moment().await;
    let reply = opens(&office, LINK).await.expect("it is dialled at once");
    assert!(
        matches!(&reply, Reply::Dialled { dialled, .. } if dialled == "030901820"),
        "{reply:?}"
    );
    assert_eq!(card(&office), None);
}
