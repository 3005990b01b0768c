//! Names that are programs elsewhere: here they are names.

use std::time::Duration;

use engine::{
    command::{Command, Event, Reply},
    view::LiveCard,
};
use scenarios::{AGENT, Office, eventually};
use simulator::pbx::InboundSpec;

const NAMES: [&str; 8] = [
    "<img src=x onerror=alert(1)>",
    "<script>fetch('https://evil.example')</script>",
    "\"><svg onload=alert(1)>",
    "javascript:alert(1)",
    "<b>x</b><a href=\"https://evil.example\">Mara</a>",
    "--help",
    "=HYPERLINK(\"https://evil.example\")",
    "Ada\u{202e}onerroM\u{1b}[31m",
];

/// Waits for the card of a call whose record was found.
async fn card(office: &Office, call: &str) -> LiveCard {
    let found = std::cell::RefCell::new(None);
    eventually("a card with a record", || async {
        for event in office.snapshot() {
            if let Event::Live(cards) = event {
                let card = cards.into_iter().find(|card| card.id == call);
                *found.borrow_mut() = card.filter(|card| !card.candidates.is_empty());
            }
        }
        found.borrow().is_some()
    })
    .await;
    found.into_inner().expect("it was found")
}

#[tokio::test]
async fn a_name_is_passed_on_as_the_text_it_is_and_decides_nothing() {
    let office = Office::open().await;
    for (place, name) in NAMES.iter().enumerate() {
        let number = format!("03055503{place:02}");
        let id = office.knows("", name, &number);
        let opened = office.desk.opened().len();
        let call = office.pbx.inbound(&number, AGENT);
        let card = card(&office, &call.id()).await;
        assert_eq!(card.candidates[0].name, *name);
        eventually("the page", || async { office.desk.opened().len() > opened }).await;
        assert_eq!(office.desk.opened()[opened..], [office.page("Contact", &id)]);
        eventually("a notification with the name", || async {
            office.desk.notes().iter().any(|note| note.id == call.id() && note.title == *name)
        })
        .await;
        let notes = office.desk.notes();
        let note = notes.iter().rfind(|note| note.id == call.id()).expect("it is there");
        for (_, command) in &note.buttons {
            let Command::OpenRecord { call: of, record: Some(record) } = command else {
                panic!("a button does something else: {command:?}");
            };
            assert_eq!((of, record), (&call.id(), &id), "a button carries ids and nothing else");
        }
        let task = office.talks(&call, 2).await;
        let subject = task["Subject"].as_str().expect("a subject");
        let kept: String = name.chars().filter(|c| !c.is_control()).collect();
        assert_eq!(subject, format!("Inbound call from {kept}"));
        assert_eq!(task["WhoId"], id);
    }
}

#[tokio::test]
async fn the_name_that_the_trunk_sends_is_nobodys_name() {
    let office = Office::open().await;
    let name = "<img src=x onerror=alert(1)>\u{0}\r\n";
    let call = office.pbx.inbound_with(InboundSpec {
        from: "0305550399".to_owned(),
        from_name: name.to_owned(),
        extensions: vec![AGENT.to_owned()],
        ..InboundSpec::default()
    });
    let task = office.talks(&call, 2).await;
    assert_eq!(task["Subject"], "Inbound call from +49305550399");
    let said = serde_json::to_string(&office.snapshot()).expect("it is JSON");
    assert!(!said.contains("onerror"), "what the trunk calls the caller is not shown");
    assert!(!task.to_string().contains("onerror"), "{task}");
}

#[tokio::test]
async fn ten_thousand_marks_on_one_letter_do_not_hold_a_call_up() {
    let office = Office::open().await;
    office.knows("", &format!("Z{}", "\u{300}".repeat(10_000)), "0305550398");
    let call = office.pbx.inbound("0305550398", AGENT);
    office.call_until(&call.id(), "popped", |call| call.popped.is_some()).await;
    let started = std::time::Instant::now();
    let task = office.talks(&call, 2).await;
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(task["Subject"].as_str().is_some_and(|subject| subject.encode_utf16().count() <= 255));
}

#[tokio::test]
async fn a_button_that_names_a_record_of_nobody_opens_nothing() {
    let office = Office::open().await;
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    for record in [
        "javascript:alert(1)",
        "https://evil.example/",
        "//evil.example",
        "../../secur/logout.jsp",
        "file:///etc/passwd",
        "0035g00000AAAAA",
        "--help",
        "",
    ] {
        let answer = office
            .asks(Command::OpenRecord { call: call.id(), record: Some(record.to_owned()) })
            .await;
        assert!(answer.is_err(), "{record}: {answer:?}");
        let answer = office
            .asks(Command::Choose {
                call: call.id(),
                record: record.to_owned(),
                remember: true,
                open: true,
            })
            .await;
        assert!(answer.is_err(), "{record}: {answer:?}");
    }
    for wrong in ["", "../..", "javascript:alert(1)"] {
        assert!(office.asks(Command::OpenTask { call: wrong.to_owned() }).await.is_err());
        assert!(
            office
                .asks(Command::OpenRecord { call: wrong.to_owned(), record: None })
                .await
                .is_err()
        );
    }
    assert_eq!(office.desk.opened().len(), 1);
    let answer = office.asks(Command::OpenRecord { call: call.id(), record: None }).await;
    assert_eq!(answer, Ok(Reply::Done));
    office.opens(&vec![office.page("Contact", &office.ada); 2]).await;
}
