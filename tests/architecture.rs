//! The dependency rule of `docs/ARCHITECTURE.md`, read off `cargo metadata` and the sources.
//!
//! `ui ⇢ shell → engine → pbx, salesforce, store → domain`; the simulator uses none of ours. Every check is a function
//! of what was read, so that the last tests here can show it a broken workspace and see it complain.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Which of our crates each crate may use. Tests of a crate may also use the simulator.
const ARROWS: [(&str, &[&str]); 12] = [
    ("domain", &[]),
    // It asks the operating system, and knows nothing of calls.
    ("owners", &[]),
    ("pbx", &["domain"]),
    ("salesforce", &["domain"]),
    ("store", &["domain"]),
    ("engine", &["domain", "owners", "pbx", "salesforce", "store"]),
    // `patchcord demo` is the shell with the simulator built in.
    ("patchcord", &["engine", "owners", "simulator"]),
    // It cannot share a misunderstanding with what it tests.
    ("simulator", &[]),
    ("scenarios", &["domain", "engine", "pbx", "salesforce", "simulator", "store"]),
    // It drives the shipped program from outside, like a stranger; reading a number and looking it up it measures
    // within, since they take microseconds.
    ("bench", &["domain", "simulator", "store"]),
    // It judges the shipped program by what the simulator did, and by no word of the program's own.
    ("soak", &["simulator"]),
    // Chores start programs; they link none, and so build in seconds.
    ("xtask", &[]),
];

/// Outside crates with one home, by prefix. The simulator and the tests play the other side and may use all of them.
const HOMES: [(&str, &[&str]); 20] = [
    ("tauri", &["patchcord"]),
    ("wry", &["patchcord"]),
    ("gtk", &["patchcord"]),
    ("webkit2gtk", &["patchcord"]),
    ("webview2-com", &["patchcord"]),
    ("rfd", &["patchcord"]),
    ("keyring", &["patchcord"]),
    ("notify-rust", &["patchcord"]),
    ("webbrowser", &["patchcord"]),
    ("interprocess", &["patchcord"]),
    ("clap", &["patchcord", "xtask"]),
    ("anyhow", &["xtask"]),
    ("rusqlite", &["store"]),
    ("libsqlite3-sys", &["store"]),
    ("reqwest", &["pbx", "salesforce"]),
    ("hyper", &["pbx", "salesforce"]),
    ("tokio-tungstenite", &["pbx"]),
    ("tungstenite", &["pbx"]),
    ("oauth2", &["salesforce"]),
    ("rlibphonenumber", &["domain"]),
];

/// What `domain` may use from outside: rules need no clock, no async and no serde. All of it is tables of what others have
/// laid down: characters by Unicode, numbers by their plans.
const DOMAIN_USES: [&str; 3] = ["icu_properties", "regex", "rlibphonenumber"];

/// Words that have no business in `domain`'s sources, with the reason.
const NOT_IN_DOMAIN: [(&str, &str); 11] = [
    ("SystemTime", "time is passed in"),
    ("Instant", "time is passed in"),
    ("async fn", "rules do not wait"),
    (".await", "rules do not wait"),
    ("tokio", "rules do not wait"),
    ("serde", "domain types are converted by hand at the edges"),
    ("std::fs", "rules have no I/O"),
    ("std::net", "rules have no I/O"),
    ("std::env", "rules have no surroundings"),
    ("std::thread", "rules do not wait"),
    ("println!", "rules have no I/O"),
];

/// A shell between us and a program reads what a caller's name spells. Only xtask and tests may start one.
const SHELLS: [&str; 8] = [
    r#"new("sh""#,
    r#"new("bash""#,
    r#"new("/bin/sh""#,
    r#"new("cmd""#,
    r#"new("cmd.exe""#,
    r#"new("powershell""#,
    r#""-c""#,
    r#""/C""#,
];

#[test]
fn dependencies_point_one_way() {
    assert_eq!(against_the_arrows(&members()), [""; 0]);
}

#[test]
fn every_outside_crate_stays_in_its_home() {
    assert_eq!(away_from_home(&members()), [""; 0]);
}

#[test]
fn the_domain_has_no_clock_async_serde_or_io() {
    let members = members();
    let domain = &members["domain"];
    let outside: Vec<&String> =
        domain.uses.iter().filter(|name| !DOMAIN_USES.contains(&name.as_str())).collect();
    assert_eq!(outside, [""; 0]);
    assert_eq!(found(&sources(&domain.folder), &NOT_IN_DOMAIN), [""; 0]);
}

#[test]
fn no_shell_stands_between_us_and_a_program() {
    let words = SHELLS.map(|word| (word, "a shell reads what a caller's name spells"));
    let sources = sources(&root().join("src-tauri"));
    assert!(sources.len() > 20, "the sources were not found");
    assert_eq!(found(&sources, &words), [""; 0]);
}

#[test]
fn unsafe_code_is_where_windows_and_web_views_are_asked_and_nowhere_else() {
    // The lint of the workspace denies it; this finds who has allowed it.
    let word = [("unsafe_code", "the lint stands")];
    let mut allowed = found(&sources(&root().join("src-tauri")), &word);
    allowed.sort();
    assert_eq!(allowed.len(), 2, "{allowed:?}");
    assert!(allowed[0].contains("owners/src/windows.rs"), "{allowed:?}");
    assert!(allowed[1].contains("window/life.rs"), "{allowed:?}");
}

#[test]
fn every_crate_follows_the_lints_of_the_workspace() {
    let without: Vec<String> = members()
        .into_values()
        .filter(|member| {
            let manifest = fs::read_to_string(member.folder.join("Cargo.toml")).expect("manifest");
            !manifest.contains("[lints]\nworkspace = true")
        })
        .map(|member| member.folder.display().to_string())
        .collect();
    assert_eq!(without, [""; 0]);
}

#[test]
fn a_panic_stays_in_its_task() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("manifest");
    let code: String =
        manifest.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    assert!(!code.contains("panic ="), "a profile aborts on panic");
}

#[test]
fn the_program_that_ships_knows_no_development_server() {
    let path = root().join("tauri.conf.json");
    let text = fs::read_to_string(&path).expect("tauri.conf.json");
    assert!(!text.contains("devUrl"), "{} names a development server", path.display());
}

#[test]
fn only_the_backend_modules_of_the_ui_know_tauri() {
    let ui = files(&root().join("ui/src"), &["ts", "svelte"]);
    assert!(!ui.is_empty(), "the sources of the UI were not found");
    let strangers: Vec<String> = ui
        .iter()
        .filter(|(path, _)| {
            !path.file_name().is_some_and(|name| name.to_string_lossy().contains("backend"))
        })
        .filter(|(_, text)| text.contains("@tauri-apps/") || text.contains("__TAURI"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_eq!(strangers, [""; 0]);
    // Names and numbers of callers are text, never markup.
    assert_eq!(found(&ui, &[("innerHTML", "text only")]), [""; 0]);
    let templates = files(&root().join("ui/src"), &["svelte"]);
    assert_eq!(found(&templates, &[("{@html", "text only")]), [""; 0]);
}

#[test]
fn every_guard_that_the_security_page_names_has_its_test() {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md");
    assert_eq!(unguarded(&page, &test_names()), [""; 0]);
}

// The checks themselves, on a workspace that breaks the rule.

#[test]
fn an_arrow_the_wrong_way_is_noticed() {
    let broken = workspace_of([("store", vec!["domain", "engine"]), ("newcomer", vec![])]);
    assert_eq!(against_the_arrows(&broken), ["newcomer has no row in ARROWS", "store uses engine"]);
}

#[test]
fn a_crate_away_from_home_is_noticed() {
    let broken =
        workspace_of([("engine", vec!["rusqlite", "serde"]), ("domain", vec!["tauri-plugin-x"])]);
    assert_eq!(away_from_home(&broken), ["domain uses tauri-plugin-x", "engine uses rusqlite"]);
}

#[test]
fn a_clock_in_a_source_is_noticed_but_not_in_a_comment() {
    let texts = [
        (PathBuf::from("a.rs"), "// SystemTime is passed in\nlet x = 1;".to_owned()),
        (PathBuf::from("b.rs"), "let x = 1;\nlet now = SystemTime::now();".to_owned()),
    ];
    assert_eq!(found(&texts, &NOT_IN_DOMAIN), ["b.rs:2: SystemTime (time is passed in)"]);
}

#[test]
fn a_threat_without_a_test_is_noticed() {
    let page = "| threat | guard | tests |\n|---|---|---|\n| one | wall | `a_wall_is_there` |\n| two | wall | none |\n| three | wall | `no_such_test_at_all`, `ui/tests/none.test.ts` |\n| who | what |\n";
    let known = BTreeSet::from(["a_wall_is_there".to_owned()]);
    assert_eq!(
        unguarded(page, &known),
        [
            "two: no test",
            "three: no_such_test_at_all is no test",
            "three: ui/tests/none.test.ts is no test",
        ]
    );
}

/// Returns the threats of a page whose tests do not exist. A threat is a row of three cells: threat, guard, tests.
fn unguarded(page: &str, known: &BTreeSet<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for row in page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [threat, _, tests] = cells.as_slice() else { continue };
        if *threat == "threat" {
            continue;
        }
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            complaints.push(format!("{threat}: no test"));
        }
        let is_test =
            |name: &str| known.contains(name) || name.contains('/') && root().join(name).is_file();
        let gone = names.into_iter().filter(|name| !is_test(name));
        complaints.extend(gone.map(|name| format!("{threat}: {name} is no test")));
    }
    complaints
}

/// Returns the names of all tests in Rust.
fn test_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["src-tauri", "tests", "xtask"] {
        for (_, text) in files(&root().join(folder), &["rs"]) {
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                    is_test = true;
                } else if let Some(name) = line.split("fn ").nth(1).filter(|_| is_test) {
                    names.extend(name.split('(').next().map(str::to_owned));
                    is_test = false;
                }
            }
        }
    }
    names
}

/// A crate of the workspace: where it is, and what it uses outside of its tests.
struct Member {
    folder: PathBuf,
    uses: BTreeSet<String>,
    /// Also what its tests use.
    uses_in_tests: BTreeSet<String>,
}

fn against_the_arrows(members: &BTreeMap<String, Member>) -> Vec<String> {
    let arrows = BTreeMap::from(ARROWS);
    let mut complaints = Vec::new();
    for (name, member) in members {
        let Some(allowed) = arrows.get(name.as_str()) else {
            complaints.push(format!("{name} has no row in ARROWS"));
            continue;
        };
        let ours = |used: &&String| arrows.contains_key(used.as_str());
        for used in member.uses.iter().filter(ours) {
            if !allowed.contains(&used.as_str()) {
                complaints.push(format!("{name} uses {used}"));
            }
        }
        for used in member.uses_in_tests.iter().filter(ours) {
            let simulated = used == "simulator" && name != "simulator";
            if !simulated && used != name && !allowed.contains(&used.as_str()) {
                complaints.push(format!("the tests of {name} use {used}"));
            }
        }
    }
    complaints
}

fn away_from_home(members: &BTreeMap<String, Member>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, member) in members
        .iter()
        .filter(|(name, _)| !["simulator", "scenarios", "bench", "soak"].contains(&name.as_str()))
    {
        for used in &member.uses {
            let homes = HOMES.iter().find(|(prefix, _)| {
                used.strip_prefix(prefix)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            });
            if homes.is_some_and(|(_, homes)| !homes.contains(&name.as_str())) {
                complaints.push(format!("{name} uses {used}"));
            }
        }
    }
    complaints
}

/// Returns where a word stands in code. Comments may say anything.
fn found(sources: &[(PathBuf, String)], words: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in sources {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (word, reason) in words.iter().filter(|(word, _)| code.contains(word)) {
                complaints.push(format!("{}:{}: {word} ({reason})", path.display(), number + 1));
            }
        }
    }
    complaints
}

fn members() -> BTreeMap<String, Member> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").iter().map(member).collect()
}

fn member(package: &Value) -> (String, Member) {
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let uses = |wanted: fn(&Value) -> bool| {
        package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter(|dependency| wanted(&dependency["kind"]))
            .map(|dependency| text(&dependency["name"]))
            .collect()
    };
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let folder = manifest.parent().expect("a manifest is in a folder").to_owned();
    // `kind` is null for what the crate itself uses, "build" for its build script.
    let member = Member {
        folder,
        uses: uses(|kind| kind != "dev"),
        uses_in_tests: uses(|kind| kind == "dev"),
    };
    (text(&package["name"]), member)
}

fn workspace_of<const N: usize>(crates: [(&str, Vec<&str>); N]) -> BTreeMap<String, Member> {
    crates
        .into_iter()
        .map(|(name, uses)| {
            let uses = uses.into_iter().map(str::to_owned).collect();
            (
                name.to_owned(),
                Member { folder: PathBuf::new(), uses, uses_in_tests: BTreeSet::new() },
            )
        })
        .collect()
}

/// Returns a crate's own sources: not its tests, benches and examples.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    files(folder, &["rs"])
        .into_iter()
        .filter(|(path, _)| {
            let inside = path.strip_prefix(folder).expect("it is inside");
            !inside
                .iter()
                .any(|part| ["tests", "benches", "examples"].iter().any(|name| part == *name))
        })
        .collect()
}

fn files(folder: &Path, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("a folder's entry").path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path
            .extension()
            .is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
        {
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push((path, text));
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the workspace").to_owned()
}
