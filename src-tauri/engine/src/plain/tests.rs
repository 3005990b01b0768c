//! What stays and what goes, and the page's list and its examples, made from here.

use std::{fmt::Write as _, fs, path::PathBuf};

use super::*;

/// Texts, and what is shown of them: here and, by the file that is made of them, in the page.
const EXAMPLES: [(&str, &str); 42] = [
    ("Anna Meyer", "Anna Meyer"),
    ("北京远望科技有限公司", "北京远望科技有限公司"),
    ("مرحبا بك", "مرحبا بك"),
    ("Rene\u{301} Müller", "Rene\u{301} Müller"),
    // Joiners that mean something.
    ("می\u{200c}خواهم", "می\u{200c}خواهم"),
    ("علی\u{200c}رضا", "علی\u{200c}رضا"),
    ("क\u{94d}\u{200d}ष", "क\u{94d}\u{200d}ष"),
    ("अनिल\u{94d}\u{200c}कुमार", "अनिल\u{94d}\u{200c}कुमार"),
    ("അനില\u{d4d}\u{200d}", "അനില\u{d4d}\u{200d}"),
    ("അനില\u{d4d}\u{200d} കുമാര\u{d4d}\u{200d}", "അനില\u{d4d}\u{200d} കുമാര\u{d4d}\u{200d}"),
    ("ශ\u{dca}\u{200d}රී", "ශ\u{dca}\u{200d}රී"),
    ("👩\u{200d}👩\u{200d}👧 Smith", "👩\u{200d}👩\u{200d}👧 Smith"),
    ("👩🏽\u{200d}💻 Lee", "👩🏽\u{200d}💻 Lee"),
    ("❤\u{fe0f}\u{200d}🔥", "❤\u{fe0f}\u{200d}🔥"),
    ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
    ("葛\u{e0100}城", "葛\u{e0100}城"),
    // Joiners that mean nothing.
    ("Ad\u{200c}min", "Admin"),
    ("Ad\u{200d}min", "Admin"),
    ("李\u{200d}明", "李明"),
    ("\u{200d}Anna\u{200c}", "Anna"),
    ("می\u{200c}\u{200c}\u{200d}خواهم", "می\u{200c}خواهم"),
    ("a\u{200d}\u{301}\u{200d}\u{301}b", "a\u{301}\u{301}b"),
    ("\u{fe0f}Anna", "Anna"),
    ("a\u{fe0f}\u{fe0f}\u{fe0e}b", "a\u{fe0f}b"),
    // What turns a line around.
    ("Anna\u{202e}gnp.exe\u{202c}", "Annagnp.exe"),
    ("\u{2066}Anna\u{2069}", "Anna"),
    ("\u{200e}Anna\u{200f}\u{61c}", "Anna"),
    // What is not seen.
    ("An\u{200b}na\u{2060}\u{feff}Me\u{ad}yer", "AnnaMeyer"),
    ("\u{3164}", ""),
    ("\u{115f}\u{1160}\u{ffa0}", ""),
    ("\u{34f}Anna\u{180e}\u{17b4}", "Anna"),
    ("\u{2800}Anna", "Anna"),
    ("Anna\u{e0041}\u{e0042}", "Anna"),
    ("Anna\u{1d173}\u{1bca0}", "Anna"),
    ("Anna\u{fff9}x\u{fffb}", "Annax"),
    // What ends a line or moves a cursor.
    ("Anna\nMeyer", "Anna Meyer"),
    ("Anna\u{2028}Meyer\u{2029}x\u{85}y", "Anna Meyer x y"),
    ("Anna\tMeyer", "Anna Meyer"),
    // Four marks are enough.
    ("e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}x", "e\u{301}\u{302}\u{303}\u{304}x"),
    (
        "क\u{94d}\u{200d}\u{94d}\u{200d}\u{94d}\u{94d}\u{94d}\u{94d}",
        "क\u{94d}\u{200d}\u{94d}\u{200d}\u{94d}\u{94d}",
    ),
    ("<b>x</b> & y", "<b>x</b> & y"),
    ("", ""),
];

#[test]
fn what_means_something_stays_and_what_is_not_seen_goes() {
    for (given, shown) in EXAMPLES {
        assert_eq!(one_line(given, 1_000), shown, "{given:?}");
        assert_eq!(one_line(shown, 1_000), shown, "{given:?}, once more");
    }
}

#[test]
fn a_line_stays_one_line_and_reads_in_its_direction() {
    assert_eq!(one_line("Ann\u{202e}a\r\nMeyer\u{1b}[31m\u{9b}2J", 80), "Anna  Meyer[31m2J");
    assert_eq!(lines("a\nb\u{200b}\u{0}c", 80), "a\nbc");
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    assert_eq!(one_line(&"x".repeat(200), 5), "xxxxx…");
    assert_eq!(one_line("xxxxx", 5), "xxxxx");
    assert_eq!(one_line("xxxxx\u{200b}", 5), "xxxxx");
    assert_eq!(one_line(&format!("e{}", "\u{301}".repeat(10_000)), 80).chars().count(), 5);
}

#[test]
fn a_name_of_nothing_but_fillers_is_blank() {
    assert!(is_blank("") && is_blank(" \u{3164}\u{2800}\u{200d}\n") && !is_blank("Ada"));
}

#[test]
fn an_address_is_shown_without_its_log_in() {
    for (address, shown) in [
        ("http://wpad.example/proxy.pac", "http://wpad.example/proxy.pac"),
        ("found by the network (WPAD)", "found by the network (WPAD)"),
        ("http://mara:s3cret@wpad.example/p.pac", "http://…@wpad.example/p.pac"),
        ("http://mara:s3/cr@et?@wpad.example:8080/p", "http://…@wpad.example:8080/p"),
        ("mara:s3cret@wpad.example", "…@wpad.example"),
        ("http://wpad.example/p.pac?token=s3cret#s3cret", "http://wpad.example/p.pac?…"),
        ("http://proxy.example:3128/", "http://proxy.example:3128/"),
        ("http://a\u{202e}b\n/", "http://ab /"),
    ] {
        assert_eq!(without_login(address), shown);
        assert_eq!(without_login(shown), shown, "once more");
    }
}

/// Writes the files instead of comparing when this is set; `cargo xtask bindings` does.
const UPDATE: &str = "PATCHCORD_UPDATE_BINDINGS";

#[test]
fn bindings_the_pages_list_of_unseen_characters_is_fresh() {
    let ui = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui");
    for (file, fresh) in
        [("src/unseen.ts", the_pages_list()), ("tests/unseen-examples.ts", the_pages_examples())]
    {
        let path = ui.join(file);
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&path, &fresh).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == fresh,
            "ui/{file} is stale: run `cargo xtask bindings` and commit the file"
        );
    }
}

/// A list's name, what it is, and what is in it.
type List = (&'static str, &'static str, fn(char) -> bool);

const HEAD: &str = "// Made by `cargo xtask bindings` from the engine's `plain.rs`. Do not edit.\n";

fn the_pages_list() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("// Each is the inside of a class of a regular expression with the flag `u`.\n");
    let lists: [List; 4] = [
        ("UNSEEN", "Characters that are not seen, and may hide or turn what is.", is_unseen),
        ("SELECTORS", "Characters that choose between pictures of the one before.", is_selector),
        ("VIRAMAS", "Characters that take a letter's vowel away.", is_virama),
        ("JOINED", "Letters and marks of the scripts whose letters join.", is_joined),
    ];
    for (name, about, holds) in lists {
        // A string takes every line.
        let _ = write!(text, "\n/** {about} */\nexport const {name} =\n  \"{}\";\n", class(holds));
    }
    text
}

fn class(holds: fn(char) -> bool) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for letter in ('\0'..=char::MAX).filter(|letter| holds(*letter)) {
        let code = u32::from(letter);
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => ranges.push((code, code)),
        }
    }
    let spelled = |(first, last): &(u32, u32)| {
        if first == last {
            format!("\\\\u{{{first:x}}}")
        } else {
            format!("\\\\u{{{first:x}}}-\\\\u{{{last:x}}}")
        }
    };
    ranges.iter().map(spelled).collect()
}

fn the_pages_examples() -> String {
    let mut text = HEAD.to_owned();
    text.push_str(
        "// What people see of a text of others: the same in terminal, notifications and page.\n",
    );
    text.push_str("\nexport const EXAMPLES: readonly (readonly [string, string])[] = [\n");
    for (given, shown) in EXAMPLES {
        // A string takes every line.
        let _ = writeln!(text, "  [\"{}\", \"{}\"],", ascii(given), ascii(shown));
    }
    text.push_str("];\n");
    text
}

fn ascii(text: &str) -> String {
    let spelled = |letter: char| match letter {
        ' '..='~' => letter.to_string(),
        other => format!("\\u{{{:x}}}", u32::from(other)),
    };
    text.chars().map(spelled).collect()
}
