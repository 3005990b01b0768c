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
use pairs::table;

/// A kind of spelling that we read otherwise than the peer, and why.
struct Difference {
    concerns: fn(&str, &str) -> bool,
    why: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        concerns: |country, text| {
            text.starts_with("00") && ["AU", "BR", "JP", "US", "SG", "KR", "FI"].contains(&country)
        },
        why: "00 is understood everywhere, not only where it is the country's own prefix",
    },
    Difference {
        concerns: |_, text| {
            text.contains([' ', '-']) && text.contains(" / ") || text.contains("oder")
        },
        why: "several numbers in one field: the peer joins them, or reads none",
    },
    Difference {
        concerns: |_, text| {
            let behind = text.trim_start_matches(|c: char| !c.is_alphabetic());
            text.starts_with(|c: char| c.is_ascii_digit() || "+(".contains(c))
                && !behind.is_empty()
                && !text.contains("FLOWERS")
        },
        why: "what follows a number that is valid by itself costs only itself; the peer knows few words",
    },
    Difference {
        concerns: |_, text| text.contains('*'),
        why: "what is dialled behind a number is kept as its extension",
    },
    Difference {
        concerns: |_, text| text.starts_with("+00"),
        why: "a gateway has set a plus before what it got",
    },
    Difference {
        concerns: |_, text| text.starts_with("000"),
        why: "zeros are a withheld caller, and what does not read back as itself is no number",
    },
    Difference {
        concerns: |country, text| {
            (country == "MX" && (text.starts_with("044") || text.starts_with("+52 1")))
                || (country == "BR" && text == "(11) 8234-5678")
        },
        why: "an old form is read as the number of today",
    },
    Difference {
        concerns: |_, text| text == "4101",
        why: "an extension of this office, not a local number of four digits",
    },
    Difference {
        concerns: |_, text| text.contains('\u{660}'),
        why: "no PBX sends Arabic digits: a disguise, and nobody's number",
    },
    Difference {
        concerns: |_, text| text.contains("FLOWERS"),
        why: "the peer does not read words as the keys of a telephone; Google's own library does",
    },
];

#[test]
fn libphonenumber_js_reads_every_number_of_the_table_as_we_do() {
    let texts: BTreeSet<(&str, &str)> =
        table().flat_map(|pair| [(pair.country, pair.one), (pair.country, pair.other)]).collect();
    let answers = ask(&texts);
    assert_eq!(answers.len(), texts.len());
    let mut differences = Vec::new();
    let mut met = BTreeSet::new();
    for ((country, text), theirs) in texts.into_iter().zip(answers) {
        let plan =
            DialPlan { country: Country::parse(country).expect("a country"), ..office::plan() };
        let ours = plan.read(text).number().map(|number| number.e164().to_owned());
        let ours = ours.unwrap_or_default();
        if ours == theirs {
            continue;
        }
        match DIFFERENCES.iter().find(|difference| (difference.concerns)(country, text)) {
            Some(difference) => {
                met.insert(difference.why);
            }
            None => differences.push(format!("{country} {text:?}: we {ours:?}, they {theirs:?}")),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let unmet: Vec<_> =
        DIFFERENCES.iter().map(|known| known.why).filter(|why| !met.contains(why)).collect();
    assert!(unmet.is_empty(), "needs no explanation any more: {unmet:?}");
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
