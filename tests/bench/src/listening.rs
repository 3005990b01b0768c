//! Hearing and nothing else: the frames of the event socket read and counted, with tungstenite and serde, which is the
//! limit, and with node. Each runs as a process of its own, so that what it uses can be told.

use std::{
    collections::BTreeMap,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::Pbx;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdout, Command},
};
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Message};

use crate::process::ticks;

/// The PBX hangs up after a minute of silence.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long the last frames may be on their way.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: u32,
    msg: String,
}

/// What a call's or a phone's event says, as far as a program needs it.
#[derive(Deserialize)]
struct Told {
    call_id: Option<String>,
    extension: Option<String>,
    #[serde(default)]
    members: Option<Vec<BTreeMap<String, BTreeMap<String, Value>>>>,
}

/// Listens until the count is asked for, and prints it: this process is the peer.
pub(crate) async fn run(address: &str, client: &str) -> Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let secret = lines.next_line().await?.context("the secret")?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let credentials = json!({ "username": client, "password": secret });
    let answer: Value = http
        .post(format!("{address}/openapi/v1.0/get_token"))
        .header("User-Agent", "OpenAPI")
        .header("Content-Type", "application/json")
        .body(credentials.to_string())
        .send()
        .await?
        .text()
        .await
        .map(|text| serde_json::from_str(&text))??;
    let token = answer["access_token"].as_str().context("a token")?;
    let socket = address.replacen("http", "ws", 1);
    let socket = format!("{socket}/openapi/v1.0/subscribe?access_token={token}");
    let asked = ClientRequestBuilder::new(socket.parse()?).with_header("User-Agent", "OpenAPI");
    let (mut socket, _) = tokio_tungstenite::connect_async(asked).await?;
    socket.send(Message::text(r#"{"topic_list":[30008,30011,30012,30015]}"#)).await?;
    let (mut frames, mut useful) = (0_usize, 0_usize);
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    loop {
        tokio::select! {
            message = socket.next() => {
                let message = message.context("the PBX has hung up")??;
                let Ok(frame) = serde_json::from_str::<Frame>(message.to_text()?) else { continue };
                frames += 1;
                let told: Told = serde_json::from_str(&frame.msg)?;
                let parties = told.members.iter().flatten().map(BTreeMap::len).sum::<usize>();
                useful += usize::from(frame.kind > 0 && (told.call_id.is_some() || told.extension.is_some() || parties > 0));
            }
            _ = heartbeat.tick() => socket.send(Message::text("heartbeat")).await?,
            line = lines.next_line() => match line? {
                Some(_) => println!("{frames} {useful}"),
                None => return Ok(()),
            },
        }
    }
}

/// What reads the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// tungstenite and serde.
    Bare,
    /// node's own WebSocket.
    Node,
}

/// The peer, seen from the bench.
pub(crate) struct Peer {
    child: Child,
    answers: tokio::io::Lines<BufReader<ChildStdout>>,
}

impl Peer {
    /// Has it listen to the PBX.
    pub(crate) async fn begin(pbx: &Pbx, kind: Kind) -> Result<Self> {
        let before = pbx.subscribers();
        let (address, client) = (pbx.address(), pbx.client_id());
        let mut command = match kind {
            Kind::Bare => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["--program", "none", "listen"]);
                command.args(["--address", &address, "--client", &client]);
                command
            }
            Kind::Node => {
                let mut command = Command::new("node");
                let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/listening.mjs");
                command.args(["--no-warnings", "--experimental-websocket", script]);
                command.args([&address, &client]);
                command
            }
        };
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let answers = BufReader::new(child.stdout.take().context("a pipe")?).lines();
        let mut peer = Self { child, answers };
        peer.tell(&pbx.client_secret()).await?;
        let deadline = Instant::now() + PATIENCE;
        while pbx.subscribers() == before {
            if Instant::now() > deadline {
                bail!("the peer does not listen");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(peer)
    }

    async fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("a pipe")?;
        Ok(stdin.write_all(format!("{line}\n").as_bytes()).await?)
    }

    /// Waits until no more frames come, and returns how many there were.
    pub(crate) async fn count(&mut self) -> Result<usize> {
        let mut last = None;
        loop {
            self.tell("count").await?;
            let line = self.answers.next_line().await?.context("a count")?;
            let frames: usize = line.split(' ').next().unwrap_or_default().parse()?;
            if last == Some(frames) {
                return Ok(frames);
            }
            last = Some(frames);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Hundredths of a second of the processor.
    pub(crate) fn ticks(&self) -> Result<u64> {
        ticks(self.child.id().context("the peer has ended")?)
    }
}
