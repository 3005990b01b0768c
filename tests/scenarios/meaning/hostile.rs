//! J4 to J6: numbers, names and ids that want to be more than that.

use engine::view::CallResult;
use scenarios::{ADA, AGENT, Fault, FaultRule, Office};
use serde_json::{Value, json};

/// Asserts that every search is a list of digits, and every exact query a list of quoted telephone numbers.
fn assert_harmless(searches: &[String]) {
    for search in searches {
        if let Some(rest) = search.strip_prefix("FIND {") {
            let (terms, rest) = rest.split_once('}').expect("it ends");
            assert!(terms.chars().all(|c| c.is_ascii_digit() || " OR".contains(c)), "{search}");
            assert!(rest.starts_with(" IN PHONE FIELDS RETURNING Contact("), "{search}");
            assert!(!rest.contains('{') && !rest.contains('\''), "{search}");
        } else {
            let texts: Vec<&str> = search.split('\'').skip(1).step_by(2).collect();
            assert_eq!(search.matches('\'').count() % 2, 0, "{search}");
            for text in texts {
                assert!(
                    text.chars().all(|c| c.is_ascii_digit() || "+ -()/.".contains(c)),
                    "{search}"
                );
            }
        }
        for word in ["User", "LIKE", "ALL ROWS", "--"] {
            assert!(!search.contains(word), "{search}");
        }
    }
}

#[tokio::test]
async fn hostile_numbers_are_one_call_each_and_never_part_of_a_query() {
    let office = Office::open().await;
    let long = "9".repeat(2_000);
    let nested = format!("{}0493555017{}", "(".repeat(500), ")".repeat(500));
    let numbers = [
        "') OR Name LIKE '%",
        "0493555017' OR Name LIKE '%",
        "} RETURNING User(Id, Name)",
        "0493555017} RETURNING User(Id)",
        "*",
        "?",
        "0493*",
        "\\",
        "+dwPAA;phone-context=AA",
        "tel:+1;ext=99999999999999999999;isub=1",
        "tel:+;phone-context=+;phone-context=+",
        "18446744073709551616",
        "-9223372036854775809",
        "٠٤٩٣٥٥٥٠١٧",
        "０\u{202e}710555394",
        "<script>alert(1)</script>",
        "=HYPERLINK(\"https://evil.example\")",
        "--version",
        "a\u{0}b\nc\r\n\u{1b}[31m",
        "\u{301}\u{301}\u{301}\u{301}",
        &long,
        &nested,
    ];
    for number in numbers {
        let call = office.pbx.inbound(number, AGENT);
        office.shows(&call, CallResult::Ringing).await;
        call.caller_hangs_up();
        let task = office.task_of(&call.id()).await;
        let subject = task["Subject"].as_str().expect("a subject");
        assert!(subject.starts_with("Missed call from "), "{number:?}: {subject:?}");
        assert!(
            subject.chars().count() <= 255 && !subject.chars().any(char::is_control),
            "{subject:?}"
        );
        assert!(task["WhoId"].is_null(), "{number:?} was taken for somebody");
    }
    assert_eq!(office.salesforce.tasks().len(), numbers.len());
    assert_harmless(&office.searches());
    assert!(office.desk.opened().is_empty());

    let call = office.ada_calls().await;
    let task = office.talks(&call, 5).await;
    assert_eq!(task["WhoId"], office.ada, "and honest callers are found as before");
    assert!(!office.searches().is_empty(), "what is asserted above would be seen");
}

#[tokio::test]
async fn hostile_numbers_are_explained_and_not_dialled() {
    let office = Office::open().await;
    for number in [
        "') OR Name LIKE '%",
        "} RETURNING User(Id, Name)",
        "+dwPAA;phone-context=AA",
        "tel:+1;ext=1;isub=2",
        "18446744073709551616184467440737095516161844674407370955161618446744073709551616",
        "٠٤٩٣٥٥٥٠١٧",
    ] {
        let explained = office.explains(number).await;
        assert_eq!(explained.candidates, [], "{number}");
        let refused = office.dials(number).await;
        assert!(refused.is_err(), "{number} was dialled as {refused:?}");
    }
    assert_harmless(&office.searches());
    assert_eq!(office.pbx_asked("call/dial"), 0);
}

/// A search's answer in which one contact has Ada's number, and this id.
fn found(id: &str) -> Value {
    json!({ "searchRecords": [{
        "attributes": { "type": "Contact", "url": "https://evil.example/003" },
        "Id": id, "Name": "Ada Moreno", "Phone": "+49493555017",
    }] })
}

#[tokio::test]
async fn what_is_no_record_id_is_never_opened_nor_named_in_a_task() {
    let office = Office::open().await;
    let mut garbled = office.ada.clone();
    garbled.replace_range(17.., if garbled.ends_with('A') { "B" } else { "A" });
    for id in [
        "https://evil.example/003",
        "//evil.example",
        "file:///etc/passwd",
        "smb://evil.example/x",
        "javascript:alert(1)",
        "https://org.my.salesforce.com@evil.example",
        "..%2f..%2f..%2fx",
        "003/../../../x",
        "003\u{0}5g00000EXAMP",
        &garbled,
        "",
        "003",
    ] {
        office.salesforce.set(|org| {
            org.faults = vec![FaultRule::always("/search", Fault::Json(200, found(id)))];
        });
        let call = office.ada_calls().await;
        let view = office.call_until(&call.id(), "looked up", |view| view.why.is_some()).await;
        assert_eq!((view.candidates, view.popped), (0, None), "{id}");
        call.caller_hangs_up();
        let task = office.task_of(&call.id()).await;
        assert!(task["WhoId"].is_null(), "{id}");
    }
    assert!(office.desk.opened().is_empty());

    office.salesforce.set(|org| {
        org.faults = vec![FaultRule::always("/search", Fault::Json(200, found(&office.ada)))];
    });
    let call = office.ada_calls().await;
    office.opens(&[office.page("Contact", &office.ada)]).await;
    call.caller_hangs_up();
    office.task_of(&call.id()).await;
}

#[tokio::test]
async fn hostile_names_stay_text_in_the_task() {
    let office = Office::open().await;
    let marks = format!("Zo{}", "\u{301}".repeat(10_000));
    for (place, name) in [
        "<img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "Ada\r\nX-Header: 1\u{0}\u{1b}[31m",
        "'; DROP TABLE call; --",
        "{{7*7}}${7*7}%s%n",
        marks.as_str(),
    ]
    .into_iter()
    .enumerate()
    {
        let phone = format!("049355530{place:02}");
        let id = office.knows("", name, &phone);
        let call = office.pbx.inbound(&phone, AGENT);
        office.call_until(&call.id(), "popped", |view| view.popped.is_some()).await;
        assert_eq!(office.desk.opened().last(), Some(&office.page("Contact", &id)));
        let task = office.talks(&call, 2).await;
        assert_eq!(task["WhoId"], id);
        let subject = task["Subject"].as_str().expect("a subject");
        assert!(subject.starts_with("Inbound call from "), "{subject:.60}");
        assert!(!subject.chars().any(char::is_control), "{subject:.60?}");
        assert!(subject.encode_utf16().count() <= 255);
    }
    let call = office.pbx.inbound(ADA, AGENT);
    office.talks(&call, 2).await;
}
