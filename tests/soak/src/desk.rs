//! A desk: the built program on a home of its own, driven as people and scripts drive it.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

use crate::{keyring::surroundings, plan::Agent};

/// How long a command may take before the program counts as one that does not answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// The program on a home.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) agent: Agent,
    program: PathBuf,
    folder: PathBuf,
    variables: Vec<(String, String)>,
    /// Seconds that its clock is ahead.
    ahead: i64,
    engine: Option<Child>,
    /// It stands still and answers nothing.
    pub(crate) is_stopped: bool,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) worked: bool,
    pub(crate) out: String,
    pub(crate) complaint: String,
}

impl Desk {
    /// Sets up a home below `root`, with a browser that writes down what it opens.
    pub(crate) fn furnish(
        program: &Path,
        root: &Path,
        name: &str,
        bus: &str,
        agent: Agent,
        settings: &str,
    ) -> Result<Self> {
        let folder = root.join(name);
        fs::create_dir_all(folder.join("home"))?;
        fs::write(folder.join("home/settings.toml"), settings)?;
        let browser = folder.join("browser");
        let opened = folder.join("opened");
        fs::write(&browser, format!("#!/bin/sh\necho \"$1\" >> '{}'\n", opened.display()))?;
        fs::set_permissions(&browser, fs::Permissions::from_mode(0o755))?;
        let mut variables = surroundings(root, Some(bus));
        variables.push(("BROWSER".to_owned(), browser.display().to_string()));
        let program = program.to_owned();
        Ok(Self { agent, program, folder, variables, ahead: 0, engine: None, is_stopped: false })
    }

    /// Gives the desk a clock of its own, which can be set: libfaketime shows its programs another time of day. The clock
    /// that counts on evenly stays the computer's.
    pub(crate) fn has_its_own_clock(&mut self) -> Result<()> {
        self.sets_clock_by(0)?;
        let library = clock_library().context(
            "there is no libfaketime for the clock of a desk: install the package libfaketime, or leave the ingredient clocks out",
        )?;
        for (name, value) in [
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.clock().display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("NO_FAKE_STAT", "1".to_owned()),
        ] {
            self.variables.push((name.to_owned(), value));
        }
        Ok(())
    }

    fn clock(&self) -> PathBuf {
        self.folder.join("clock")
    }

    /// Somebody sets the clock.
    pub(crate) fn sets_clock_by(&mut self, seconds: i64) -> Result<()> {
        self.ahead += seconds;
        // In one step: it is read all the time.
        let new = self.folder.join("clock.new");
        fs::write(&new, format!("{:+}", self.ahead))?;
        fs::rename(new, self.clock())?;
        Ok(())
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The file with what the program printed.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("said")
    }

    /// The pages that were opened, in order.
    pub(crate) fn opened(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("opened")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn is_up(&self) -> bool {
        self.engine.is_some()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs(self.variables.iter().cloned())
            .args(words)
            .arg("--home")
            .arg(self.home())
            .kill_on_drop(true);
        command
    }

    /// Starts the program, and waits until it says that it runs.
    pub(crate) async fn start(&mut self) -> Result<()> {
        if self.engine.is_some() {
            return Ok(());
        }
        let before = fs::read_to_string(self.log()).unwrap_or_default().len();
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut engine = self
            .command(&["run", "--headless"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the program could not be started")?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = fs::read_to_string(self.log()).unwrap_or_default();
            let news = said.get(before..).unwrap_or_default();
            if news.contains("Patchcord is running") {
                break;
            }
            if let Some(status) = engine.try_wait()? {
                bail!("the program ended as it started: {status}; {}", news.trim());
            }
            ensure!(Instant::now() < deadline, "the program does not say that it runs: {news}");
            sleep(Duration::from_millis(50)).await;
        }
        self.engine = Some(engine);
        Ok(())
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if let Some(mut engine) = self.engine.take() {
            engine.kill().await?;
        }
        self.is_stopped = false;
        Ok(())
    }

    /// A person quits it.
    pub(crate) async fn quit(&mut self) -> Result<()> {
        self.signal("TERM").await?;
        if let Some(mut engine) = self.engine.take() {
            let ended = timeout(PATIENCE, engine.wait()).await;
            ensure!(ended.is_ok(), "the program does not end when it is asked to");
        }
        Ok(())
    }

    /// It stands still, or goes on.
    pub(crate) async fn stop(&mut self, stopped: bool) -> Result<()> {
        if self.engine.is_some() {
            self.is_stopped = stopped;
            self.signal(if stopped { "STOP" } else { "CONT" }).await?;
        }
        Ok(())
    }

    async fn signal(&self, signal: &str) -> Result<()> {
        let Some(id) = self.engine.as_ref().and_then(Child::id) else { return Ok(()) };
        let told = Command::new("kill").arg(format!("-{signal}")).arg(id.to_string()).status();
        ensure!(told.await?.success(), "no signal could be sent");
        Ok(())
    }

    /// A command, to be run without holding on to the desk.
    pub(crate) fn asks(&self, words: &[&str]) -> impl Future<Output = Result<Said>> + use<> {
        let mut command = self.command(words);
        let spelled = words.join(" ");
        async move {
            let run = command.stdin(Stdio::null()).stderr(Stdio::piped()).output();
            let output = timeout(PATIENCE, run)
                .await
                .with_context(|| format!("`patchcord {spelled}` does not return"))??;
            Ok(Said {
                worked: output.status.success(),
                out: String::from_utf8_lossy(&output.stdout).into_owned(),
                complaint: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            })
        }
    }

    /// A command whose answer is JSON.
    pub(crate) fn asks_json(&self, words: &[&str]) -> impl Future<Output = Result<Value>> + use<> {
        let asked = self.asks(words);
        async move {
            let said = asked.await?;
            ensure!(said.worked, "{}", said.complaint);
            Ok(serde_json::from_str(&said.out)?)
        }
    }

    /// Connects the PBX; `secret` goes over standard input.
    pub(crate) async fn connects_pbx(&self, address: &str, id: &str, secret: &str) -> Result<()> {
        let words = ["connect", "pbx", "--address", address, "--client-id", id, "--secret-stdin"];
        let mut asked = self
            .command(&words)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        asked.stdin.take().context("a pipe")?.write_all(secret.as_bytes()).await?;
        let output = timeout(PATIENCE, asked.wait_with_output()).await??;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "the PBX was not connected: {complaint}");
        Ok(())
    }

    /// Signs the agent in, as a person with a browser does.
    pub(crate) async fn signs_in(&self, login: &str, key: &str) -> Result<()> {
        let words =
            ["connect", "salesforce", "--login", login, "--consumer-key", key, "--no-browser"];
        let mut asked = self
            .command(&words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(asked.stdout.take().context("a pipe")?).lines();
        while let Some(line) = lines.next_line().await? {
            let Some(at) = line.find("http") else { continue };
            let mut page = url::Url::parse(line[at..].trim())?;
            page.query_pairs_mut().append_pair("login_hint", self.agent.email);
            reqwest::Client::builder().no_proxy().build()?.get(page).send().await?;
            break;
        }
        while timeout(PATIENCE, lines.next_line()).await??.is_some() {}
        let ended = timeout(PATIENCE, asked.wait_with_output()).await??;
        let complaint = String::from_utf8_lossy(&ended.stderr).into_owned();
        ensure!(ended.status.success(), "{} is not signed in: {complaint}", self.agent.email);
        Ok(())
    }
}

/// Where Linux distributions keep the library that shows programs another time.
fn clock_library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    let usual = [PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")];
    folders
        .chain(usual)
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|library| library.is_file())
}
