//! A note is text, whatever is in it.

use scenarios::{ADA, Office};

use crate::verbs::{description, note_of, saves, task_until};

#[tokio::test]
async fn hostile_notes_reach_salesforce_as_text() {
    let office = Office::open().await;
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    for (text, kept) in [
        ("<img src=x onerror=alert(1)><script>x</script>", None),
        ("=HYPERLINK(\"http://evil.example\",\"x\")", None),
        ("@SUM(1+1)\t+4930", None),
        ("') OR Name LIKE '%", None),
        ("\u{202e}gnp.exe\u{200b}\u{301}\u{301}", None),
        ("one\r\ntwo\rthree\0four\u{7}\u{1b}[31m", Some("one\ntwo\nthreefour[31m")),
        ("{\"a\": \"\\ud800\"}", None),
    ] {
        let kept = kept.unwrap_or(text);
        saves(&office, &call, text).await;
        assert_eq!(note_of(&office, &call).await.text, kept);
        let task = task_until(&office, &call, "the note is in it", |task| {
            description(task).starts_with(kept)
        })
        .await;
        assert!(description(&task).starts_with(&format!("{kept}\n\nStarted: ")), "{task}");
    }
}

#[tokio::test]
async fn a_note_longer_than_the_field_is_kept_whole_here_and_cut_with_a_mark_there() {
    let office = Office::open().await;
    let call = office.has_spoken_with(ADA).await;
    office.is_logged(&call).await;
    let long = "莫😀".repeat(50_000);
    saves(&office, &call, &long).await;
    let task =
        task_until(&office, &call, "the note is in it", |task| description(task).starts_with('莫'))
            .await;
    let text = description(&task);
    assert!(text.encode_utf16().count() <= 32_000);
    assert!(text.contains("… [cut here; Patchcord has the whole note]\n\nStarted: "));
    assert_eq!(note_of(&office, &call).await.text, long);

    let refused = crate::verbs::wishes(
        &office,
        &call,
        crate::verbs::Wish { text: Some(&"x".repeat(100_001)), save: true, ..Default::default() },
    )
    .await
    .expect_err("too long");
    assert_eq!(refused.code, "note.too_long");
    assert_eq!(note_of(&office, &call).await.text, long, "what was kept is still there");
}
