//! What stands in the log, in the files, on the command line and in the environment after a day's work at the finest
//! level of logging: no secret, and in the log nobody's number, name or note.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use engine::view::Integration;
use scenarios::{ADA, eventually, left_out};
use serde_json::Value;

use crate::{
    desk::{Desk, Engine, Office, files},
    keyring::Keyring,
};

/// Twelve kinds of secrets, as far as they have been seen on the wire.
#[derive(Default)]
struct Planted(BTreeMap<&'static str, Vec<String>>);

impl Planted {
    fn keep(&mut self, kind: &'static str, secret: impl Into<String>) {
        let secret = secret.into();
        if !secret.is_empty() {
            self.0.entry(kind).or_default().push(secret);
        }
    }

    /// Takes down what was sent to and fro until now.
    fn gather(&mut self, office: &Office) {
        self.keep("the PBX's client secret", office.pbx.client_secret());
        for token in office.pbx.secrets() {
            self.keep("a token of the PBX", token);
        }
        for token in office.salesforce.secrets() {
            self.keep("a live token or code of Salesforce", token);
        }
        for request in office.pbx.ledger() {
            let body = request.body.unwrap_or_default();
            self.keep("a password sent to the PBX", text(&body, "password"));
            self.keep("a refresh token sent to the PBX", text(&body, "refresh_token"));
        }
        for request in office.salesforce.ledger() {
            self.keep("an access token of Salesforce", request.token.clone().unwrap_or_default());
            let body = request.body.unwrap_or_default();
            self.keep("a refresh token of Salesforce", text(&body, "refresh_token"));
            self.keep("an authorization code", text(&body, "code"));
            self.keep("a code verifier", text(&body, "code_verifier"));
            self.keep("a token that was given back", text(&body, "token"));
            let state = request.parameters.get("state").cloned().unwrap_or_default();
            self.keep("the state of a sign-in", state);
        }
    }

    fn found_in(&self, bytes: &[u8]) -> Vec<&'static str> {
        let has =
            |secret: &String| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        self.0.iter().filter(|(_, all)| all.iter().any(has)).map(|(kind, _)| *kind).collect()
    }
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_default().to_owned()
}

/// What a person copies, or shows to somebody who helps.
fn shown(desk: &Desk) -> Vec<u8> {
    let commands: [&[&str]; 5] = [
        &["status", "--json"],
        &["calls", "--json"],
        &["doctor", "--json"],
        &["doctor"],
        &["policy", "export"],
    ];
    commands.iter().flat_map(|words| desk.runs(words, "").1.into_bytes()).collect()
}

/// What other programs of the computer can see of a process.
fn outside(engine: &Engine) -> Vec<u8> {
    ["cmdline", "environ"]
        .iter()
        .flat_map(|name| fs::read(format!("/proc/{}/{name}", engine.id())).unwrap_or_default())
        .collect()
}

async fn works(office: &Office, desk: &Desk) {
    let call = office.pbx.inbound(ADA, "4101");
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.answer("4101");
    tokio::time::sleep(Duration::from_millis(200)).await;
    call.hang_up();
    let missed = office.pbx.inbound("0305550123", "4101");
    tokio::time::sleep(Duration::from_millis(200)).await;
    missed.caller_hangs_up();
    desk.runs(&["dial", "030 5550177", "--yes"], "");
    desk.runs(&["explain", "0493555017", "--json"], "");
    desk.runs(&["retry"], "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn after_a_day_at_trace_level_no_secret_is_anywhere_and_no_number_in_the_log() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    no_secret_is_anywhere_after_a_day(&office, desk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nor_where_the_secrets_are_kept_in_a_keyring() {
    let office = Office::open().await;
    let (_keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    no_secret_is_anywhere_after_a_day(&office, desk.clone()).await;
    let rings = files(&desk.folder.join("user/.local/share/keyrings"));
    assert!(!rings.is_empty(), "there is a keyring, and it was looked through");
}

async fn no_secret_is_anywhere_after_a_day(office: &Office, desk: Desk) {
    let desk = desk.knows("PATCHCORD_LOG", "trace").knows("RUST_LOG", "trace");
    let mut planted = Planted::default();
    let engine = desk.starts().await;
    let (code, _) = desk.runs(
        &[
            "connect",
            "pbx",
            "--address",
            &office.pbx.address(),
            "--client-id",
            "x",
            "--secret-stdin",
        ],
        "a-wrong-secret-that-was-typed",
    );
    assert!(!code.success());
    planted.keep("a secret that was refused", "a-wrong-secret-that-was-typed");
    office.pbx.unblock();
    office.connects(&desk).await;
    works(office, &desk).await;
    planted.gather(office);
    office.salesforce.expire_access_tokens();
    office.pbx.expire_access_tokens();
    works(office, &desk).await;
    eventually("the calls are logged", || async { office.salesforce.tasks().len() >= 2 }).await;
    planted.gather(office);
    let mut seen = outside(&engine);
    seen.extend(shown(&desk));
    engine.quits().await;
    // Once more, from what was kept; and a sign-out.
    let engine = desk.starts().await;
    office.connects(&desk).await;
    planted.gather(office);
    seen.extend(outside(&engine));
    let (code, said) = desk.runs(&["disconnect", "--yes"], "");
    assert!(code.success(), "{said}");
    let status = desk.status();
    assert_eq!(status.integration, Integration::Disconnected, "{status:#?}");
    planted.gather(office);
    engine.quits().await;

    let kinds: Vec<_> = planted.0.keys().collect();
    assert!(kinds.len() >= 12, "twelve kinds were seen: {kinds:#?}");
    assert_eq!(
        planted.found_in(&seen),
        Vec::<&str>::new(),
        "in arguments, environment or what is shown"
    );
    let all = files(&desk.folder);
    assert!(all.iter().any(|(path, _)| path.ends_with("journal.db")), "there is a journal");
    for (path, bytes) in &all {
        let found = planted.found_in(bytes);
        assert_eq!(found, Vec::<&str>::new(), "{} holds them", path.display());
    }
    let logs: Vec<_> =
        all.iter().filter(|(path, _)| path.starts_with(desk.home().join("logs"))).collect();
    let size: usize = logs.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size > 5_000, "the finest level says much: {size} bytes");
    for (path, bytes) in logs {
        let text = String::from_utf8_lossy(bytes);
        for private in ["493555017", "5550123", "5550177", "Moreno"] {
            assert!(!text.contains(private), "{} holds {private}", path.display());
        }
    }
}

/// Ends a program as a crash does. Returns the files that it leaves behind where it stands.
async fn crashes(desk: &Desk, program: &mut Command) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = desk.folder.join("crash");
    fs::create_dir_all(&folder).expect("a folder");
    let mut child = program.current_dir(&folder).spawn().expect("it starts");
    if desk.folder.join("home/journal.db").exists() {
        eventually("it is connected", || async {
            desk.status().integration == Integration::Connected
        })
        .await;
    }
    let told = Command::new("kill").args(["-ABRT", &child.id().to_string()]).status();
    assert!(told.expect("there is kill").success());
    child.wait().expect("it ends");
    files(&folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_crash_leaves_no_core_file_with_what_was_in_memory() {
    let office = Office::open().await;
    // The person, or the system, wants cores.
    let wanting = "ulimit -c unlimited; exec \"$@\"";
    let careless = office.desk("careless");
    let mut sleep = careless.other("sh");
    sleep.args(["-c", wanting, "sh", "sleep", "60"]);
    let cores_are_written = !crashes(&careless, &mut sleep).await.is_empty();

    let (_keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;
    engine.quits().await;
    let plain = desk.command(&["run", "--headless"]);
    let mut program = desk.other("sh");
    program.args(["-c", wanting, "sh"]).arg(plain.get_program()).args(plain.get_args());
    program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let left = crashes(&desk, &mut program).await;
    let left: Vec<_> = left.iter().map(|(path, bytes)| (path, bytes.len())).collect();
    assert!(left.is_empty(), "{left:?}");
    if !cores_are_written {
        // Where a program collects them, or none are written at all, this test sees less.
        left_out("this computer writes no core files into the working folder");
    }
}
