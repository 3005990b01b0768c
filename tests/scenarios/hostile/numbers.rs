//! Numbers that are queries, commands or nonsense elsewhere.

use std::time::Duration;

use engine::view::{CallResult, Decision};
use scenarios::{ADA, AGENT, Office};

/// What a caller can put where a number belongs.
fn hostile() -> Vec<String> {
    let mut numbers: Vec<String> = [
        "') OR Name LIKE '%",
        "} RETURNING User(Id, Name)",
        "*",
        "?",
        "\\",
        "'",
        "0493555017' OR '1'='1",
        "+dwPAA;phone-context=AA",
        "tel:+1;ext=99;isub=12",
        "18446744073709551616",
        "٠٤٩٣٥٥٥٠١٧",
        "<script>alert(1)</script>",
        "sip:evil@evil.example",
        "--version",
        "%27%20OR%201=1",
        "\u{202e}710555394",
        "+",
    ]
    .map(str::to_owned)
    .to_vec();
    numbers.push("9".repeat(2_000));
    numbers.push("\u{0}\r\n\u{1b}[2J".to_owned());
    numbers
}

/// Nothing that reached the org as a search or query holds more than digits where the number is.
fn asks_for_digits_only(office: &Office) {
    for query in office.searches() {
        if let Some(find) = query.strip_prefix("FIND {") {
            let terms = find.split('}').next().expect("the terms end");
            let clean = terms.split(" OR ").all(|term| {
                (2..=40).contains(&term.len()) && term.bytes().all(|byte| byte.is_ascii_digit())
            });
            assert!(clean, "{query}");
            assert_eq!(query.matches("RETURNING").count(), 1, "{query}");
        } else {
            let allowed = |c: char| c.is_ascii_alphanumeric() || " _.,'=()+-/".contains(c);
            assert!(query.chars().all(allowed), "{query}");
            for word in ["LIKE", "User", "'1'"] {
                assert!(!query.contains(word), "{query}");
            }
        }
    }
}

#[tokio::test]
async fn a_hostile_number_is_explained_without_a_request_that_carries_it() {
    let office = Office::open().await;
    for number in hostile() {
        let shown: String = number.chars().take(30).collect();
        let explained = office.explains(&number).await;
        assert_eq!(explained.candidates, [], "{shown:?} matches somebody");
        assert_eq!(explained.decision, Decision::Nothing, "{shown:?}");
        assert_eq!(explained.url, None, "{shown:?}");
        if let Some(dialled) = explained.dials_as {
            let digits = dialled.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit());
            assert!(digits && dialled.len() <= 32, "{shown:?} would dial {dialled}");
        }
    }
    asks_for_digits_only(&office);
    // And the program goes on.
    assert_eq!(office.explains(ADA).await.decision, Decision::Open);
}

#[tokio::test]
async fn a_call_from_a_hostile_number_is_logged_and_opens_nothing() {
    let office = Office::open().await;
    let mut calls = Vec::new();
    for number in hostile() {
        let call = office.pbx.inbound(&number, AGENT);
        office.shows(&call, CallResult::Ringing).await;
        call.answer(AGENT);
        office.shows(&call, CallResult::Talking).await;
        call.hang_up();
        calls.push((number, call.id()));
    }
    for (number, call) in &calls {
        let shown: String = number.chars().take(30).collect();
        let task = office.task_of(call).await;
        assert!(task["WhoId"].is_null(), "{shown:?}: {task}");
        let subject = task["Subject"].as_str().expect("a subject");
        assert!(subject.encode_utf16().count() <= 255, "{shown:?}");
        assert!(!subject.chars().any(char::is_control), "{shown:?}: {subject:?}");
        office.is_logged(call).await;
    }
    assert_eq!(office.desk.opened(), [""; 0]);
    asks_for_digits_only(&office);
}

#[tokio::test]
async fn hostile_numbers_are_not_dialled() {
    let office = Office::open().await;
    for number in hostile() {
        let shown: String = number.chars().take(30).collect();
        let before = office.pbx_asked("call/dial");
        // Nobody is refused for being quick.
        office.clock.passes(Duration::from_secs(4));
        if let Ok((_, dialled)) = office.dials(&number).await {
            let plain = dialled.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+');
            assert!(plain && dialled.len() <= 32, "{shown:?} was dialled as {dialled}");
            assert!(!number.contains(['\'', ';', '<', '*', '%', '\\']), "{shown:?} was dialled");
        } else {
            assert_eq!(office.pbx_asked("call/dial"), before, "{shown:?} reached the PBX");
        }
    }
}
