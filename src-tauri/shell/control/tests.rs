//! Both sides of the socket, with a real engine behind it.

use std::{sync::Arc, time::Duration};

use engine::{
    Engine, Mode, Setup,
    command::{Command, Event, Reply},
    home::Home,
    ports::SystemClock,
};
use interprocess::local_socket::tokio::{Stream, prelude::*};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::{Absent, Client, Server};
use crate::{desk::Desk, secrets};

struct Running {
    home: Home,
    engine: Engine,
    server: Server,
    _dir: tempfile::TempDir,
}

impl Running {
    async fn start() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap()).await
    }

    async fn in_folder(dir: tempfile::TempDir) -> Self {
        let home = Home::under(dir.path());
        home.prepare().unwrap();
        let engine = engine::start(Setup {
            home: home.clone(),
            policy: Vec::new(),
            secrets: secrets::for_this_session(),
            desktop: Arc::new(Desk::bare(crate::network::Road::found().await)),
            clock: Arc::new(SystemClock),
            network: engine::network::still(),
            mode: Mode::Files,
            test_call: None,
            sign_in: engine::SIGN_IN,
            bulk_above: engine::BULK_ABOVE,
            region: None,
        })
        .await
        .unwrap();
        let server = Server::start(&home, engine.handle()).unwrap();
        Self { home, engine, server, _dir: dir }
    }

    async fn end(self) {
        self.server.end().await;
        self.engine.shutdown().await;
    }

    async fn bare(&self) -> BufReader<Stream> {
        let socket = self.home.socket();
        BufReader::new(Stream::connect(super::name(&socket).unwrap()).await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_ask_and_who_watches_is_told_everything_each_time() {
    let running = Running::start().await;
    let (first, mut events) = Client::connect(&running.home).await.unwrap();
    let (second, _) = Client::connect(&running.home).await.unwrap();
    let (one, other) =
        tokio::join!(first.ask(Command::Status), second.ask(Command::Calls { limit: 5 }));
    assert!(matches!(one, Ok(Reply::Status(_))));
    assert_eq!(other, Ok(Reply::Calls(Vec::new())));
    for _ in 0..2 {
        assert_eq!(first.ask(Command::Watch).await, Ok(Reply::Done));
        let told = tokio::time::timeout(Duration::from_secs(5), async {
            while !matches!(events.recv().await, Some(Event::Settings(_))) {}
        });
        told.await.expect("the settings are told");
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_breaks_the_rules_is_cut_off_and_nobody_else() {
    let running = Running::start().await;
    let mut unknown = running.bare().await;
    unknown.write_all(b"{\"id\":7,\"command\":\"fly\"}\n").await.unwrap();
    let mut answer = String::new();
    unknown.read_line(&mut answer).await.unwrap();
    assert!(answer.contains("\"id\":7") && answer.contains("control.unknown_command"), "{answer}");

    let mut garbage = running.bare().await;
    garbage.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(garbage.read(&mut [0; 8]).await.unwrap_or(0), 0);

    let mut endless = running.bare().await;
    // The other side may close in the middle of it.
    let _ = endless.write_all(&vec![b' '; 1024 * 1024]).await;
    assert_eq!(endless.read(&mut [0; 8]).await.unwrap_or(0), 0);

    let (client, _events) = Client::connect(&running.home).await.unwrap();
    assert!(client.ask(Command::Status).await.is_ok());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_ends_is_noticed_and_leaves_nothing_behind() {
    let running = Running::start().await;
    let home = running.home.clone();
    let (client, mut events) = Client::connect(&home).await.unwrap();
    client.ask(Command::Watch).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.socket()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    running.server.end().await;
    while events.recv().await.is_some() {}
    assert_eq!(client.ask(Command::Status).await.unwrap_err().code, "engine.gone");
    assert!(matches!(Client::connect(&home).await, Err(Absent::NotRunning)));
    running.engine.shutdown().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_left_by_a_dead_engine_is_replaced_and_a_file_is_not() {
    let running = Running::start().await;
    running.server.end().await;
    let socket = running.home.socket();
    // Dropping the listener of the standard library leaves its socket there, as a kill would.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(matches!(Client::connect(&running.home).await, Err(Absent::NotRunning)));
    let server = Server::start(&running.home, running.engine.handle()).unwrap();
    Client::connect(&running.home).await.unwrap();
    server.end().await;

    std::fs::write(&socket, "mine").unwrap();
    assert!(Server::start(&running.home, running.engine.handle()).is_err());
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "mine");
    running.engine.shutdown().await;
}

/// Somebody who has taken a pipe's name, and whom nobody may speak to.
#[cfg(windows)]
struct Squatter(tokio::net::windows::named_pipe::NamedPipeServer);

#[cfg(windows)]
impl Squatter {
    fn at(name: impl AsRef<std::ffi::OsStr>) -> std::io::Result<Self> {
        let mut first = tokio::net::windows::named_pipe::ServerOptions::new();
        first.first_pipe_instance(true).create(name).map(Self)
    }

    async fn hears_nothing(&self) -> bool {
        tokio::time::timeout(Duration::from_millis(300), self.0.connect()).await.is_err()
    }
}

#[cfg(windows)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_a_name_that_can_be_guessed_or_was_seen_hears_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::under(dir.path());
    home.prepare().unwrap();
    // All that is known of a home without reading in it.
    let known = format!(r"\\.\pipe\patchcord-{}", home.id());
    let guessed = [known.clone(), format!("{known}-")].map(|name| Squatter::at(name).unwrap());
    assert!(matches!(Client::connect(&home).await, Err(Absent::NotRunning)));

    let running = Running::in_folder(dir).await;
    let (client, _events) = Client::connect(&home).await.unwrap();
    assert!(client.ask(Command::Status).await.is_ok());
    let seen = home.socket();
    assert!(Squatter::at(&seen).is_err(), "it is taken");

    // The names of all pipes can be listed: whoever saw this one waits for its end.
    drop(client);
    running.server.end().await;
    let waits = async {
        loop {
            match Squatter::at(&seen) {
                Ok(squatter) => return squatter,
                // What was said last is still read.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let waits = tokio::time::timeout(Duration::from_secs(5), waits).await.expect("it is free");
    let server = Server::start(&home, running.engine.handle()).unwrap();
    let (client, _events) = Client::connect(&home).await.unwrap();
    assert!(client.ask(Command::Status).await.is_ok());
    for squatter in guessed.iter().chain([&waits]) {
        assert!(squatter.hears_nothing().await);
    }
    server.end().await;
    running.engine.shutdown().await;
}

/// Stands where an engine should: it answers what needs no time, takes for ever over the rest, and may fall silent.
#[cfg(unix)]
struct Stand {
    home: Home,
    answers: Arc<std::sync::atomic::AtomicBool>,
    _dir: tempfile::TempDir,
}

#[cfg(unix)]
impl Stand {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::under(dir.path());
        let answers = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let listener = tokio::net::UnixListener::bind(home.make_socket().unwrap()).unwrap();
        let speaks = answers.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let speaks = speaks.clone();
                tokio::spawn(async move {
                    let (receive, mut send) = stream.into_split();
                    let mut lines = BufReader::new(receive).lines();
                    while let Ok(Some(line)) = lines.next_line().await {
                        let request: serde_json::Value = serde_json::from_str(&line).unwrap();
                        let quick =
                            ["status", "watch"].contains(&request["command"].as_str().unwrap());
                        if quick && speaks.load(std::sync::atomic::Ordering::Relaxed) {
                            let answer = format!(
                                "{{\"id\":{},\"result\":{{\"Ok\":{{\"reply\":\"done\"}}}}}}\n",
                                request["id"]
                            );
                            send.write_all(answer.as_bytes()).await.unwrap();
                        }
                    }
                });
            }
        });
        Self { home, answers, _dir: dir }
    }

    fn falls_silent(&self) {
        self.answers.store(false, std::sync::atomic::Ordering::Relaxed);
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_command_lasts_as_long_as_the_engine_lives_and_no_longer() {
    let stand = Stand::start();
    let (client, _events) = Client::connect(&stand.home).await.unwrap();
    let sync = Command::Sync { dry_run: true, agreed: false };
    let asked = tokio::spawn(async move { client.ask(sync).await });
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(!asked.is_finished(), "a sign of life was heard meanwhile");
    stand.falls_silent();
    let ended = tokio::time::timeout(Duration::from_secs(14), asked).await.expect("in time");
    let problem = ended.unwrap().unwrap_err();
    assert_eq!(problem.code, "engine.silent");
    assert!(problem.message.contains(&format!("process {}", std::process::id())), "{problem:?}");
    assert!(matches!(
        Client::connect(&stand.home).await,
        Err(Absent::Refused(problem)) if problem.code == "engine.silent"
    ));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_watches_notices_that_the_engine_has_fallen_silent() {
    let stand = Stand::start();
    let (client, mut events) = Client::connect(&stand.home).await.unwrap();
    assert_eq!(client.ask(Command::Watch).await, Ok(Reply::Done));
    stand.falls_silent();
    let end = tokio::time::timeout(Duration::from_secs(20), events.recv()).await;
    assert_eq!(end.expect("in time"), None);
    assert_eq!(client.ask(Command::Status).await.unwrap_err().code, "engine.silent");
}
