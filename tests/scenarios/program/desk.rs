//! A desk with the built program on it, between two simulated systems. Commands block the thread that runs them, so
//! these stories want more than one.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use engine::view::Status;
use scenarios::{browser, eventually, free_port};
use simulator::{OrgConfig, Pbx, PbxConfig, Salesforce, salesforce::Consent};
use tempfile::TempDir;

/// Two systems, and a folder for everything of the desks.
pub(crate) struct Office {
    pub(crate) pbx: Pbx,
    pub(crate) salesforce: Salesforce,
    pub(crate) folder: TempDir,
    port: u16,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let port = free_port();
        let salesforce = Salesforce::start(OrgConfig {
            consent: Consent::Auto,
            callbacks: vec![format!("http://localhost:{port}/oauth/callback")],
            ..OrgConfig::default()
        })
        .await;
        salesforce.insert(
            "Contact",
            serde_json::json!({ "FirstName": "Ada", "LastName": "Moreno", "Phone": "+49 493 555017" }),
        );
        let pbx = Pbx::start(PbxConfig::default()).await;
        Self { pbx, salesforce, folder: tempfile::tempdir().expect("a folder"), port }
    }

    /// A desk of this name: a home of its own, no secret store, and a browser that writes down what it opens.
    pub(crate) fn desk(&self, name: &str) -> Desk {
        let folder = self.folder.path().join(name);
        for part in ["home", "run", "user"] {
            fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        fs::set_permissions(folder.join("run"), fs::Permissions::from_mode(0o700)).expect("ours");
        let settings = format!(
            "[salesforce]\ncallback_ports = [{}]\n[numbers]\ncountry = \"DE\"\n",
            self.port
        );
        fs::write(folder.join("home/settings.toml"), settings).expect("a file");
        let opener = folder.join("browser");
        let script = format!("#!/bin/sh\necho \"$1\" >> '{}'\n", folder.join("opened").display());
        fs::write(&opener, script).expect("a file");
        fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).expect("ours");
        let mut environment: Vec<(String, String)> = [
            ("HOME", folder.join("user")),
            ("XDG_RUNTIME_DIR", folder.join("run")),
            ("XDG_DATA_HOME", folder.join("user/.local/share")),
            ("BROWSER", opener),
        ]
        .map(|(name, path)| (name.to_owned(), path.display().to_string()))
        .to_vec();
        environment.push(("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()));
        Desk { folder, environment }
    }

    /// Connects a running desk to both systems.
    pub(crate) async fn connects(&self, desk: &Desk) {
        let id = self.pbx.client_id();
        let pbx = [
            "connect",
            "pbx",
            "--address",
            &self.pbx.address(),
            "--client-id",
            &id,
            "--country",
            "DE",
            "--secret-stdin",
        ];
        let (code, said) = desk.runs(&pbx, &self.pbx.client_secret());
        assert!(code.success(), "{said}");
        self.signs_in(desk).await;
        let live = |status: &Status| status.integration == engine::view::Integration::Connected;
        eventually("both sides are connected", || async { live(&desk.status()) }).await;
    }

    /// Signs a running desk in, as a person with a browser does.
    pub(crate) async fn signs_in(&self, desk: &Desk) {
        let (login, key) = (self.salesforce.login(), self.salesforce.consumer_key());
        let mut asked = desk
            .command(&[
                "connect",
                "salesforce",
                "--login",
                &login,
                "--consumer-key",
                &key,
                "--no-browser",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(asked.stdout.take().expect("it is piped"));
        let mut page = String::new();
        lines.read_line(&mut page).expect("a page is printed");
        browser().get(page.trim()).send().await.expect("the browser comes back");
        let code = tokio::task::spawn_blocking(move || asked.wait()).await.expect("no panic");
        assert!(code.expect("it ends").success(), "nobody is signed in");
    }
}

/// A person's place: a home, and an environment for what is started there.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Desk {
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Sets a variable for all that is started here.
    pub(crate) fn knows(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn variable(&self, name: &str) -> &str {
        let found = self.environment.iter().rev().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Another program in the same environment.
    pub(crate) fn other(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment.iter().cloned());
        command
    }

    /// The program with these words.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let program = std::env::var("PATCHCORD_BIN")
            .expect("PATCHCORD_BIN names the built program: run `cargo xtask test scenarios`");
        let mut command = self.other(&program);
        command.args(words).arg("--home").arg(self.home());
        command
    }

    /// Runs a command to its end. Returns all that it said.
    pub(crate) fn runs(&self, words: &[&str], stdin: &str) -> (ExitStatus, String) {
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // A command that has failed already reads nothing.
        let _ = child.stdin.take().expect("it is piped").write_all(stdin.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status, String::from_utf8_lossy(&said).into_owned())
    }

    pub(crate) fn status(&self) -> Status {
        let (code, said) = self.runs(&["status", "--json"], "");
        assert!(code.success(), "{said}");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Starts the engine, and waits until it runs or has ended.
    pub(crate) async fn starts(&self) -> Engine {
        // Two may be started at once.
        let (file, log) = tempfile::NamedTempFile::with_prefix_in("said-", &self.folder)
            .and_then(|file| Ok(file.keep()?))
            .expect("a file");
        let child = self
            .command(&["run", "--headless"])
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file"))
            .stderr(file)
            .spawn()
            .expect("the program starts");
        let mut engine = Engine { child, log };
        eventually("it runs or ends", || {
            let known = engine.has_ended() || engine.said().contains("Patchcord is running");
            async move { known }
        })
        .await;
        engine
    }
}

/// A started engine. Killed when it is dropped.
pub(crate) struct Engine {
    child: Child,
    log: PathBuf,
}

impl Engine {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_some()
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.try_wait().expect("it is ours").and_then(|status| status.code())
    }

    /// `kill -9`.
    pub(crate) fn killed(mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it is ours");
    }

    /// A person quits it.
    pub(crate) async fn quits(mut self) {
        let told = Command::new("kill").arg(self.id().to_string()).status();
        assert!(told.expect("there is kill").success());
        eventually("it has ended", || {
            let ended = self.has_ended();
            async move { ended }
        })
        .await;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program beside ours. Killed when it is dropped.
pub(crate) struct Neighbour(pub(crate) Child);

impl Drop for Neighbour {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every file below a folder, with what is in it.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>());
    for entry in entries.unwrap_or_default() {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            let mut bytes = Vec::new();
            // A file may be gone again: the databases keep some for a moment.
            if File::open(entry.path()).and_then(|mut file| file.read_to_end(&mut bytes)).is_ok() {
                found.push((entry.path(), bytes));
            }
        }
    }
    found
}
