//! What people are told to do exists: each command, option, setting and button that a sentence of the program names.
//!
//! The sentences are read from the sources, so that a new one is looked at as well.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};
use engine::settings::Settings;

use super::Arguments;

/// Sections of the window that a sentence may name as the place of something.
const PLACES: [&str; 2] = ["Status > ", "Settings › "];

#[test]
fn a_command_that_is_advised_is_one() {
    let mut seen = 0;
    for sentence in sentences() {
        for command in sentence.text.split('`').skip(1).step_by(2) {
            let Some(words) = command.strip_prefix("patchcord") else { continue };
            seen += 1;
            let words: Vec<&str> = std::iter::once("patchcord")
                .chain(words.split_whitespace().map(|word| match word {
                    "NUMBER" => "4101",
                    other => other,
                }))
                .collect();
            let complaint = Arguments::try_parse_from(&words).err().filter(|error| {
                // What the reader has to fill in is left out.
                error.kind() != ErrorKind::MissingRequiredArgument
            });
            assert!(complaint.is_none(), "{}: {command}", sentence.place);
        }
    }
    assert!(seen > 10, "the sentences were not found");
}

#[test]
fn an_option_that_is_advised_is_one() {
    let mut options = BTreeSet::new();
    gather(&Arguments::command(), &mut options);
    for sentence in sentences() {
        for word in words(&sentence.text).filter(|word| word.starts_with("--") && word.len() > 2) {
            assert!(options.contains(&word[2..]), "{}: {word}", sentence.place);
        }
    }
}

#[test]
fn a_setting_that_is_advised_is_one() {
    let defaults = serde_json::to_value(Settings::default()).expect("settings have text keys");
    let sections = defaults.as_object().expect("sections");
    let mut seen = 0;
    for sentence in sentences() {
        for word in words(&sentence.text) {
            let Some((section, key)) = word.split_once('.') else { continue };
            let Some(keys) = sections.get(section).and_then(|keys| keys.as_object()) else {
                continue;
            };
            if !key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') {
                continue;
            }
            seen += 1;
            assert!(keys.contains_key(key), "{}: {word}", sentence.place);
        }
    }
    assert!(seen > 3, "the sentences were not found");
}

#[test]
fn a_place_or_button_of_the_window_that_is_advised_is_there() {
    let labels = labels();
    let mut seen = 0;
    for sentence in sentences() {
        let places = PLACES.iter().filter_map(|place| sentence.text.split_once(place)).map(
            |(before, rest)| {
                // "Advanced Settings › …" is the PBX's.
                (before.is_empty() || before.ends_with("in "), rest)
            },
        );
        let places = places.filter(|(ours, _)| *ours).map(|(_, rest)| rest);
        let pressed = sentence.text.split("Press \"").skip(1);
        for rest in places.chain(pressed) {
            seen += 1;
            let name = rest.split(['"', ',', ';', '.', '(', '>', '›']).next().unwrap_or_default();
            let name = name.split(" which ").next().unwrap_or_default().trim();
            assert!(labels.contains(&format!("\"{name}\"")), "{}: {name}", sentence.place);
        }
    }
    assert!(seen > 2, "the sentences were not found");
}

/// A text of the sources that a person may read.
struct Sentence {
    /// File and line.
    place: String,
    text: String,
}

/// Returns the texts with more than one word in engine and shell, but for those of tests.
fn sentences() -> Vec<Sentence> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri");
    let mut files = Vec::new();
    for part in ["engine/src", "shell"] {
        rust_files(&sources.join(part), &mut files);
    }
    let mut sentences = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).expect("a source can be read");
        // Tests stand at the end.
        let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for (number, line) in source.lines().enumerate() {
            if line.trim_start().starts_with("//") || line.contains("tracing::") {
                continue;
            }
            for text in texts(line).into_iter().filter(|text| text.trim().contains(' ')) {
                sentences
                    .push(Sentence { place: format!("{}:{}", file.display(), number + 1), text });
            }
        }
    }
    assert!(sentences.len() > 300, "the sentences were not found");
    sentences
}

/// Returns the text literals that begin and end on a line.
fn texts(line: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, &mut text) {
            ('"', None) => text = Some(String::new()),
            ('"', Some(_)) => texts.extend(text.take()),
            ('\\', Some(text)) => text.extend(letters.next()),
            (letter, Some(text)) => text.push(letter),
            (_, None) => {}
        }
    }
    // The rest of a text of several lines: a sentence may be in it.
    texts.extend(text);
    texts
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests" || name == "advice");
        if path.is_dir() && !is_test {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_test {
            found.push(path);
        }
    }
}

/// Splits into words, without the signs around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_' | '.'))
        .map(|word| word.trim_end_matches('.'))
}

fn gather(command: &clap::Command, options: &mut BTreeSet<String>) {
    options.extend(command.get_arguments().filter_map(|one| one.get_long().map(str::to_owned)));
    for command in command.get_subcommands() {
        gather(command, options);
    }
}

/// Returns the English texts of the window.
fn labels() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/messages");
    let mut labels = String::new();
    for entry in fs::read_dir(folder).expect("the window's texts") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("en")) {
            labels.push_str(&fs::read_to_string(path).expect("texts can be read"));
        }
    }
    labels
}
