//! A desk for measuring: the shipped program, both simulated systems, and a stand-in for the browser.

use std::{
    env, fs, io,
    os::unix::{fs::DirBuilderExt as _, net::UnixDatagram},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use domain::RecordId;
use rustix::{
    process::{Pid, Signal, kill_process},
    time::{ClockId, clock_gettime},
};
use serde_json::{Value, json};
use simulator::{OrgConfig, Pbx, PbxConfig, Salesforce, free_port, salesforce::Consent};
use store::Owner;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::{
    fill,
    keyring::{Keyring, surroundings},
};

/// Nanoseconds of the clock that all processes share.
pub(crate) fn now() -> i128 {
    let now = clock_gettime(ClockId::Monotonic);
    i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
}

/// When the stand-in for the browser was started, and on which page.
#[derive(Debug)]
pub(crate) struct Lit {
    pub(crate) at: i128,
    pub(crate) page: String,
}

impl Lit {
    /// Returns milliseconds since `begun`.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few minutes fit")]
    pub(crate) fn since(&self, begun: i128) -> f64 {
        (self.at - begun) as f64 / 1e6
    }
}

/// Hears when the stand-in for the browser starts.
#[derive(Debug)]
pub(crate) struct Beacon {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Beacon {
    pub(crate) fn listen(folder: &Path) -> Result<Self> {
        let path = folder.join("beacon");
        let socket = UnixDatagram::bind(&path)?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(Self { socket, path })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Returns the stand-in, which is built beside this program.
    pub(crate) fn program(&self) -> PathBuf {
        let own = env::current_exe().unwrap_or_default();
        own.with_file_name("beacon")
    }

    /// Waits for the next start.
    pub(crate) fn wait(&self) -> Result<Lit> {
        let mut text = [0; 2_048];
        let length = loop {
            match self.socket.recv(&mut text) {
                // A child has ended, such as the last call's stand-in.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                heard => break heard.context("no browser was started within five seconds")?,
            }
        };
        let text = String::from_utf8_lossy(&text[..length]).into_owned();
        let (at, page) = text.split_once(' ').context("the beacon's words")?;
        Ok(Lit { at: at.parse()?, page: page.to_owned() })
    }

    /// Lets the stand-in's words pass: it would wait for ever for a place among them.
    pub(crate) fn is_not_listened_to(&self) -> Result<()> {
        let socket = self.socket.try_clone()?;
        std::thread::spawn(move || {
            loop {
                // Every word is as good as none, and so is a pause between two.
                let _ = socket.recv(&mut [0; 64]);
            }
        });
        Ok(())
    }

    /// Says whether another start has been heard meanwhile.
    pub(crate) fn is_quiet(&self) -> Result<bool> {
        self.socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let quiet = self.socket.recv(&mut [0; 64]).is_err();
        self.socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(quiet)
    }
}

/// A desk with the program on it.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) pbx: Pbx,
    pub(crate) salesforce: Salesforce,
    pub(crate) beacon: Beacon,
    pub(crate) folder: TempDir,
    program: PathBuf,
    arguments: Vec<String>,
    keyring: Keyring,
    /// The program's log names the stages of a pop, from the next start on.
    pub(crate) names_stages: bool,
    engine: Child,
}

impl Desk {
    /// Starts the program with `arguments` and connects it on both sides. `contacts` are E.164 numbers; an `index` of
    /// that size is there already, and the contacts are its first.
    pub(crate) async fn open(
        program: &Path,
        arguments: &[&str],
        contacts: &[String],
        index: usize,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let beacon = Beacon::listen(folder.path())?;
        let port = free_port();
        let pbx = Pbx::start(PbxConfig::default()).await;
        let salesforce = Salesforce::start(OrgConfig {
            consent: Consent::Auto,
            callbacks: vec![format!("http://localhost:{port}/oauth/callback")],
            ..OrgConfig::default()
        })
        .await;
        let known: Vec<RecordId> = contacts
            .iter()
            .enumerate()
            .filter_map(|(at, number)| {
                let fields = json!({ "LastName": format!("Number {at}"), "Phone": number });
                RecordId::parse(&salesforce.insert("Contact", fields))
            })
            .collect();
        let home = folder.path().join("home");
        fs::create_dir(&home)?;
        fs::write(
            home.join("settings.toml"),
            format!(
                "[salesforce]\ncallback_ports = [{port}]\n[numbers]\ncountry = \"DE\"\n[app]\nautostart = false\n"
            ),
        )?;
        if index > 0 {
            let user = salesforce.user_id("mara.voss@example.com").context("the first user")?;
            let (org, user) = (RecordId::parse(&salesforce.org_id()), RecordId::parse(&user));
            let owner = Owner { org: org.context("an id")?, user: user.context("an id")? };
            fill::home(&home, &owner, &fill::plan()?, &known, index).await?;
        }
        let keyring = opened_keyring(folder.path()).await?;
        let engine = start(program, arguments, folder.path(), &keyring, &beacon).spawn()?;
        let (program, arguments) = (program.to_owned(), owned(arguments));
        let names_stages = false;
        Self { pbx, salesforce, beacon, folder, program, arguments, keyring, names_stages, engine }
            .connected()
            .await
    }

    /// Another computer of the same agent: the same systems and the same user, and a home of its own.
    pub(crate) async fn second_computer(&self, arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let beacon = Beacon::listen(folder.path())?;
        let home = folder.path().join("home");
        fs::create_dir(&home)?;
        fs::copy(self.folder.path().join("home/settings.toml"), home.join("settings.toml"))?;
        let keyring = opened_keyring(folder.path()).await?;
        let engine = start(&self.program, arguments, folder.path(), &keyring, &beacon).spawn()?;
        let (pbx, salesforce) = (self.pbx.clone(), self.salesforce.clone());
        let (program, arguments) = (self.program.clone(), owned(arguments));
        let names_stages = false;
        Self { pbx, salesforce, beacon, folder, program, arguments, keyring, names_stages, engine }
            .connected()
            .await
    }

    /// It starts again. Returns how long it took until it answered; it is connected then.
    pub(crate) async fn starts(&mut self) -> Result<Duration> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let begun = Instant::now();
        let folder = self.folder.path();
        let mut program = start(&self.program, &arguments, folder, &self.keyring, &self.beacon);
        if self.names_stages {
            program.env("PATCHCORD_LOG", "info,pbx::stages=trace,engine::stages=trace");
        }
        self.engine = program.spawn().context("the program could not be started")?;
        self.answers().await?;
        let answered = begun.elapsed();
        self.hears().await?;
        Ok(answered)
    }

    /// Connects the program on both sides, and waits until it says that it is.
    async fn connected(mut self) -> Result<Self> {
        self.answers().await?;
        self.connect().await?;
        self.hears().await?;
        Ok(self)
    }

    /// Waits until the program answers, and returns its state. A command without an engine would answer for itself.
    async fn answers(&mut self) -> Result<Value> {
        let begun = Instant::now();
        loop {
            if let Ok(state) = self.asks(&json!({ "command": "status" })).await {
                return Ok(state);
            }
            if let Some(status) = self.engine.try_wait()? {
                bail!("the program ended: {status}");
            }
            ensure!(begun.elapsed() < Duration::from_secs(30), "the program does not answer");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn hears(&mut self) -> Result<()> {
        let hears = |status: &Value| {
            status["integration"] == "connected" && status["pbx"]["events"] == "live"
        };
        self.wait_for(hears).await.map(drop)
    }

    async fn connect(&mut self) -> Result<()> {
        let (address, client_id) = (self.pbx.address(), self.pbx.client_id());
        let mut connect = self.command(&[
            "connect",
            "pbx",
            "--address",
            &address,
            "--client-id",
            &client_id,
            "--secret-stdin",
        ]);
        let mut child = connect.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut stdin = child.stdin.take().context("a pipe")?;
        stdin.write_all(self.pbx.client_secret().as_bytes()).await?;
        drop(stdin);
        if !child.wait().await?.success() {
            bail!("the PBX was not connected");
        }
        let (login, key) = (self.salesforce.login(), self.salesforce.consumer_key());
        let mut connect = self.command(&[
            "connect",
            "salesforce",
            "--login",
            &login,
            "--consumer-key",
            &key,
            "--no-browser",
        ]);
        let mut child = connect.stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(at) = line.find("http") {
                reqwest::Client::builder()
                    .no_proxy()
                    .build()?
                    .get(line[at..].trim())
                    .send()
                    .await?;
                break;
            }
        }
        while lines.next_line().await?.is_some() {}
        if !child.wait().await?.success() {
            bail!("Salesforce was not connected");
        }
        Ok(())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(arguments).arg("--home").arg(self.home());
        command
    }

    /// Waits until the state is so.
    pub(crate) async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        self.wait_within(Duration::from_secs(30), wanted).await
    }

    /// Waits so long until the state is so.
    pub(crate) async fn wait_within(
        &mut self,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let deadline = Instant::now() + limit;
        let mut last = Value::Null;
        while Instant::now() < deadline {
            if let Some(status) = self.engine.try_wait()? {
                bail!("the program ended: {status}");
            }
            let output = self.command(&["status", "--json"]).stderr(Stdio::null()).output().await?;
            if let Ok(status) = serde_json::from_slice::<Value>(&output.stdout) {
                let running = output.status.success()
                    && status["pbx"]["problem"]["code"] != "app.not_running";
                if running && wanted(&status) {
                    return Ok(status);
                }
                last = status;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the state never came; the last one was {last:#}")
    }

    /// Tells the program something over its control socket, as the window does.
    pub(crate) async fn tell(&self, command: &Value) -> Result<()> {
        self.asking().tell(command).await
    }

    /// Asks the program something over its control socket.
    pub(crate) async fn asks(&self, command: &Value) -> Result<Value> {
        self.asking().ask(command).await
    }

    /// The way to the control socket, without the desk.
    pub(crate) fn asking(&self) -> Asking {
        Asking { socket: self.home().join("control.sock") }
    }

    /// Where its databases are.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The program's log.
    pub(crate) fn log(&self) -> PathBuf {
        self.home().join("logs/patchcord.log")
    }

    /// The engine's process.
    pub(crate) fn engine(&self) -> u32 {
        self.engine.id()
    }

    /// Asks the program to end, as the system does at a log-out. Returns how long it took.
    pub(crate) async fn ends(&mut self) -> Result<Duration> {
        let begun = Instant::now();
        kill_process(Pid::from_child(&self.engine), Signal::TERM)?;
        loop {
            if let Some(status) = self.engine.try_wait()? {
                ensure!(status.success(), "the program did not end well");
                return Ok(begun.elapsed());
            }
            ensure!(begun.elapsed() < Duration::from_secs(60), "the program does not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A way to the control socket.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    socket: PathBuf,
}

impl Asking {
    /// Tells the program something, and waits for its answer.
    pub(crate) async fn tell(&self, command: &Value) -> Result<()> {
        self.ask(command).await.map(drop)
    }

    /// Asks the program something.
    pub(crate) async fn ask(&self, command: &Value) -> Result<Value> {
        let mut stream = tokio::net::UnixStream::connect(&self.socket).await?;
        let mut line = command.clone();
        line["id"] = 1.into();
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        let mut lines = BufReader::new(stream).lines();
        let answer = lines.next_line().await?.context("an answer")?;
        Ok(serde_json::from_str(&answer)?)
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

/// Opens a keyring with its files in the desk's folder.
async fn opened_keyring(folder: &Path) -> Result<Keyring> {
    for place in ["run", "user"] {
        fs::DirBuilder::new().mode(0o700).create(folder.join(place))?;
    }
    Keyring::open(folder).await
}

fn start(
    program: &Path,
    arguments: &[&str],
    folder: &Path,
    keyring: &Keyring,
    beacon: &Beacon,
) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg("--home")
        .arg(folder.join("home"))
        .envs(surroundings(folder, Some(&keyring.address)))
        .env("BROWSER", beacon.program())
        .env("PATCHCORD_BEACON", beacon.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Ending it as a person would frees the PBX's token; the simulator goes away anyway.
        let _ = self.engine.kill();
        let _ = self.engine.wait();
    }
}
