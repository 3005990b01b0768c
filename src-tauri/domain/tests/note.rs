//! A note and what people wrote in Salesforce live in one field.

use domain::note::{Written, beside_edits, clean, with_facts};
use proptest::prelude::*;

const FACTS: &str = "Started: 2026-01-05 09:15:23 +01:00\nDuration: 0:51\nNumber: +49 493 555017";

fn written(note: &str) -> Written {
    Written { note: note.to_owned(), facts: FACTS.to_owned() }
}

#[test]
fn a_note_keeps_its_lines_and_loses_what_does_not_print() {
    assert_eq!(clean("one\r\ntwo\rthree\0\u{7}"), "one\ntwo\nthree");
    for text in ["=HYPERLINK(\"http://x\")", "<b>x</b>", "\u{202e}abc", "@x\t+1", "莫雷诺 😀"]
    {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn a_note_that_is_too_long_is_cut_with_a_mark_and_the_facts_stay() {
    let long = "ü😀".repeat(40_000);
    let text = with_facts(&long, FACTS, 32_000);
    assert!(text.encode_utf16().count() <= 32_000);
    assert!(text.ends_with(FACTS));
    assert!(text.contains("[cut here; Patchcord has the whole note]"));
    assert_eq!(with_facts("short", FACTS, 32_000), format!("short\n\n{FACTS}"));
    assert_eq!(with_facts(" \n", FACTS, 32_000), FACTS);
    assert_eq!(with_facts("a longer note", FACTS, 10), "a longer n");
}

#[test]
fn what_people_wrote_stays_below_the_newest_note() {
    let cases = [
        // (note before, shown, note now, becomes)
        ("", FACTS.to_owned(), "offer", format!("offer\n\n{FACTS}")),
        ("offer", format!("offer\n\n{FACTS}"), "offer sent", format!("offer sent\n\n{FACTS}")),
        (
            "",
            format!("agreed on 5 %\n\n{FACTS}"),
            "offer",
            format!("offer\n\nagreed on 5 %\n\n{FACTS}"),
        ),
        ("old", format!("old\n\n{FACTS}\nPaid."), "new", format!("new\n\n{FACTS}\nPaid.")),
        ("old", format!("First: x\nold\n\n{FACTS}"), "new", format!("new\n\nFirst: x\n\n{FACTS}")),
        ("old", "Only mine.".to_owned(), "new", "new\n\nOnly mine.".to_owned()),
        (
            "old",
            format!("old\r\n\r\n{}", FACTS.replace('\n', "\r\n")),
            "new",
            format!("new\n\n{FACTS}"),
        ),
        ("old", String::new(), "new", "new".to_owned()),
        ("old", format!("mine\n\nold\n\n{FACTS}"), "", format!("mine\n\n{FACTS}")),
    ];
    for (before, shown, now, becomes) in cases {
        let after = beside_edits(Some(&written(before)), &shown, &written(now), 32_000);
        assert_eq!(after, becomes, "{before:?} {shown:?} {now:?}");
        // A repeat changes nothing.
        assert_eq!(beside_edits(Some(&written(now)), &after, &written(now), 32_000), becomes);
    }
}

#[test]
fn after_a_lost_answer_a_state_of_the_same_note_is_not_kept_twice() {
    let shown = format!("off\n\n{FACTS}");
    assert_eq!(beside_edits(None, &shown, &written("offer"), 32_000), format!("offer\n\n{FACTS}"));
    assert_eq!(beside_edits(None, FACTS, &written("offer"), 32_000), format!("offer\n\n{FACTS}"));
    let theirs = format!("agreed on 5 %\n\n{FACTS}");
    assert_eq!(
        beside_edits(None, &theirs, &written("offer"), 32_000),
        format!("offer\n\n{theirs}")
    );
}

proptest! {
    #[test]
    fn the_note_is_first_and_nothing_of_theirs_is_lost(
        before in "[a-c ]{0,8}", now in "[d-f]{1,8}", theirs in "[u-z]{1,12}", at_end in any::<bool>(),
    ) {
        let first = with_facts(&before, FACTS, 32_000);
        let shown = if at_end { format!("{first}\n{theirs}") } else { format!("{theirs}\n{first}") };
        let after = beside_edits(Some(&written(&before)), &shown, &written(&now), 32_000);
        prop_assert!(after.starts_with(&now), "{after}");
        prop_assert!(after.contains(&theirs), "{after}");
        prop_assert!(after.contains(FACTS), "{after}");
        let again = beside_edits(Some(&written(&now)), &after, &written(&now), 32_000);
        prop_assert_eq!(again, after);
    }

    #[test]
    fn any_text_fits(note in "\\PC{0,80}", shown in "\\PC{0,80}", most in 0_usize..200) {
        let _ = beside_edits(None, &shown, &written(&note), most);
        let _ = beside_edits(Some(&written("x")), &shown, &written(&note), most);
        prop_assert!(with_facts(&note, "", most).encode_utf16().count() <= most.max(2));
    }
}
