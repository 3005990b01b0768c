//! Long and odd texts become Tasks at the first try.

use scenarios::Office;

#[tokio::test]
async fn names_that_no_field_was_made_for_are_cut_between_characters_and_saved_at_once() {
    let office = Office::open().await;
    let names = [
        ("0305550201", "😀".repeat(300)),
        ("0305550202", "مرحبا بالعالم ".repeat(40)),
        ("0305550203", "Zo\u{eb} \u{202e}evil\u{202c}\r\nSecond\u{0} line\t\u{7}".to_owned()),
        ("0305550204", "e\u{301}".repeat(400)),
        ("0305550205", "'; DROP TABLE Task; --\\ \" <b>".to_owned()),
    ];
    for (number, name) in &names {
        office.knows("", name, number);
        office.salesforce.forget_ledger();
        let call = office.has_spoken_with(number).await;
        let task = office.task_of(&call).await;
        office.is_logged(&call).await;
        assert_eq!(office.attempts_at(&call), 1, "{number}: at the first try");
        let subject = task["Subject"].as_str().expect("a subject");
        assert!(subject.starts_with("Inbound call from "), "{subject}");
        assert!(subject.encode_utf16().count() <= 255, "{number}");
        assert!(!subject.chars().any(char::is_control), "{subject:?}");
        assert!(!task["WhoId"].is_null(), "{number}: it is theirs");
    }
}
