//! Every number of the table against libphonenumber-js, which other people have made from the same countries' metadata.

mod office;
#[allow(dead_code, reason = "this test needs the spellings, not what they are to each other")]
mod pairs;

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use domain::{Country, DialPlan};
use pairs::TABLE;

/// Where we read something else than the peer, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "AU",
        "0061 2 9374 4000",
        "00 is understood everywhere, not only where it is the country's own prefix",
    ),
    (
        "BR",
        "0055 11 2345 6789",
        "00 is understood everywhere, not only where it is the country's own prefix",
    ),
    (
        "JP",
        "0081 3 3224 9999",
        "00 is understood everywhere, not only where it is the country's own prefix",
    ),
    (
        "US",
        "001 212 555 0123",
        "00 is understood everywhere, not only where it is the country's own prefix",
    ),
    (
        "US",
        "0049 30 1234567",
        "00 is understood everywhere, not only where it is the country's own prefix",
    ),
    ("CN", "010-65529988转123", "the peer does not know the Chinese word before an extension"),
    (
        "DE",
        "030 1234567 Durchwahl 12",
        "the peer does not know the German word before an extension",
    ),
    ("DE", "4101", "an extension of this office, not a local number of four digits"),
    ("DE", "٠٣٠١٢٣٤٥٦٧", "no PBX sends Arabic digits: a disguise, and nobody's number"),
    (
        "US",
        "1-800-FLOWERS",
        "the peer does not read words as the keys of a telephone; Google's own library does",
    ),
];

#[test]
fn libphonenumber_js_reads_every_number_of_the_table_as_we_do() {
    let texts: BTreeSet<(&str, &str)> = TABLE
        .iter()
        .flat_map(|pair| [(pair.country, pair.one), (pair.country, pair.other)])
        .collect();
    let answers = ask(&texts);
    assert_eq!(answers.len(), texts.len());
    let mut differences = Vec::new();
    for ((country, text), theirs) in texts.into_iter().zip(answers) {
        let plan =
            DialPlan { country: Country::parse(country).expect("a country"), ..office::plan() };
        let ours = plan.read(text).number().map(|number| number.e164().to_owned());
        let ours = ours.unwrap_or_default();
        let explained = DIFFERENCES.iter().any(|(of, known, _)| (*of, *known) == (country, text));
        if ours != theirs && !explained {
            differences.push(format!("{country} {text:?}: we {ours:?}, they {theirs:?}"));
        }
        assert!(!explained || ours != theirs, "{country} {text:?} needs no explanation any more");
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn ask(texts: &BTreeSet<(&str, &str)>) -> Vec<String> {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    assert!(
        peers.join("node_modules/libphonenumber-js").is_dir(),
        "libphonenumber-js is missing: run `npm ci` in src-tauri/domain/tests/peers (`cargo xtask test` does it)"
    );
    let mut node = Command::new("node")
        .arg("read.mjs")
        .current_dir(peers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed: the peers need Node 20 or newer");
    let lines: String =
        texts.iter().map(|(country, text)| format!("{country}\t{text}\n")).collect();
    let mut stdin = node.stdin.take().expect("a pipe");
    stdin.write_all(lines.as_bytes()).expect("it listens");
    drop(stdin);
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).expect("digits");
    answers.lines().map(str::to_owned).collect()
}
