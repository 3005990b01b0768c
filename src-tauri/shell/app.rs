//! The engine process: everything but the window, from the lock on its home to the orderly end.

use std::{cell::Cell, path::PathBuf, sync::Arc, time::Duration};

use engine::{
    Engine, Handle, Mode, Setup, TestCall,
    command::Command,
    home::{Home, HomeLock},
    ports::{Secrets, SystemClock},
    settings::PolicyPlace,
    view::Problem,
};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

use crate::{
    autostart,
    browser::Browser,
    claim::{Claim, claim},
    control::{Absent, Client, Server, gone},
    desk::{self, Desk},
    links::Links,
    logging::{self, say},
    network::Road,
    not_started::NotStarted,
    notify::Notifier,
    secrets,
    tray::{Spot, Wish, with_main_loop},
    window::Starter,
};

/// Where an engine lives, and how that was named on the command line: the window is started with the same words.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folders.
    pub home: Home,
    /// What `--home` said, if anything.
    pub argument: Option<PathBuf>,
}

impl Place {
    /// Finds the home that `--home` names, or the user's standard one.
    ///
    /// # Errors
    ///
    /// Says in a line why there is no standard one, and what to do.
    pub fn named(argument: Option<PathBuf>) -> Result<Self, String> {
        let home = match &argument {
            Some(dir) => Home::under(dir),
            None => {
                Home::standard().map_err(|reason| format!("{reason}; name a folder with --home"))?
            }
        };
        Ok(Self { home, argument: argument.and_then(|dir| std::path::absolute(dir).ok()) })
    }
}

/// The desktop app: tray, notifications and, unless `hidden`, the window. A second start raises the first.
pub(crate) fn desktop(place: Place, hidden: bool) -> u8 {
    // Patchcord runs: what it cannot show is no failed start.
    let code = Cell::new(0);
    let lock = match claim_or(&place.home, async |client, _who| match hidden {
        true => Ok(Theirs::Done),
        false => match client.ask(Command::RaiseWindow).await {
            Ok(_) => Ok(Theirs::Done),
            Err(problem) if problem.code == gone().code => Ok(Theirs::Ended),
            Err(problem) => {
                code.set(fail(&sentence(&problem)));
                Ok(Theirs::Done)
            }
        },
    }) {
        Ok(Some(lock)) => lock,
        Ok(None) => return code.get(),
        Err(sentence) => return not_started(&place, &sentence.into()),
    };
    if !desk::has_display() {
        return fail(NO_DISPLAY);
    }
    let policy = match desk::policy() {
        Ok(policy) => policy,
        Err(sentence) => return not_started(&place, &sentence.into()),
    };
    with_main_loop(true, move |spot| {
        let home_id = place.home.id();
        let (at, kind) = (
            place.clone(),
            Kind { place, spot, face: true, open: !hidden, policy, test_call: None },
        );
        runtime().block_on(async move {
            match Live::start(kind, lock, move || secrets::open(&home_id)).await {
                Ok(live) => live.until_the_end().await,
                Err(why) => {
                    fail(why.line());
                    why.tell(&at).await;
                    1
                }
            }
        })
    })
}

/// What is missing where no window can be shown.
pub const NO_DISPLAY: &str = "there is no display for the window; start Patchcord from a desktop session, or use `patchcord run --headless`";

/// The engine without window, tray and notifications, until a signal ends it.
pub(crate) fn headless(place: Place) -> u8 {
    let lock = match claim_or(&place.home, async |_client, who| {
        Err(format!("{who}; one engine per home: quit it first, or use another --home"))
    }) {
        Ok(Some(lock)) => lock,
        Ok(None) => return 0,
        Err(sentence) => return fail(&sentence),
    };
    let policy = match desk::policy() {
        Ok(policy) => policy,
        Err(sentence) => return fail(&sentence),
    };
    with_main_loop(false, move |spot| {
        let home_id = place.home.id();
        let data = place.home.data().display().to_string();
        let kind = Kind { place, spot, face: false, open: false, policy, test_call: None };
        runtime().block_on(async move {
            match Live::start(kind, lock, move || secrets::open(&home_id)).await {
                Ok(live) => {
                    say(&format!("Patchcord is running (home {data})"));
                    live.until_the_end().await
                }
                Err(why) => fail(why.line()),
            }
        })
    })
}

/// Two threads: one for the stream of events, one for everything beside it.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(32)
        .enable_all()
        .build()
        .expect("a process can start two threads")
}

/// Says why the program cannot go on.
fn fail(sentence: &str) -> u8 {
    say(sentence);
    1
}

/// Says why the program cannot go on, also to a person who does not read what it says here. Without a display nobody is there.
fn not_started(place: &Place, why: &NotStarted) -> u8 {
    fail(why.line());
    if desk::has_display() {
        runtime().block_on(why.tell(place));
    }
    1
}

/// What came of asking the instance that has the home.
enum Theirs {
    /// It has done what was asked, or said why not.
    Done,
    /// It has ended before it could.
    Ended,
}

/// Takes a home, or does what is to be done with the instance that has it: nothing is left to do then.
///
/// # Errors
///
/// Says in a line why neither can be.
fn claim_or(
    home: &Home,
    theirs: impl AsyncFn(Client, String) -> Result<Theirs, String>,
) -> Result<Option<HomeLock>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string()).and_then(|runtime| {
        runtime.block_on(async {
            loop {
                match claim(home).await? {
                    Claim::Ours(lock) => return Ok(Some(lock)),
                    Claim::Theirs { client, who } => match theirs(client, who).await? {
                        Theirs::Done => return Ok(None),
                        Theirs::Ended => {}
                    },
                }
            }
        })
    })
}

/// A problem as one line.
pub(crate) fn sentence(problem: &Problem) -> String {
    crate::plain::one_line(format!("{} {}", problem.message, problem.action).trim(), 1_000)
}

/// What kind of engine process this is.
pub(crate) struct Kind {
    pub(crate) place: Place,
    pub(crate) spot: Spot,
    /// With tray, notifications and a window that can be raised.
    pub(crate) face: bool,
    /// The window opens at once.
    pub(crate) open: bool,
    /// Where policies are looked for.
    pub(crate) policy: Vec<PolicyPlace>,
    pub(crate) test_call: Option<TestCall>,
}

/// A running engine process.
pub(crate) struct Live {
    engine: Engine,
    server: Server,
    notifier: Option<Notifier>,
    window: Option<Arc<Starter>>,
    quit: CancellationToken,
    _lock: HomeLock,
}

impl Live {
    /// Starts everything, in the order in which it can be needed.
    ///
    /// # Errors
    ///
    /// Says why not, and what to do.
    pub(crate) async fn start(
        kind: Kind,
        lock: HomeLock,
        open_secrets: impl FnOnce() -> Arc<dyn Secrets> + Send + 'static,
    ) -> Result<Self, NotStarted> {
        let Kind { place: Place { home, argument }, spot, face, open, policy, test_call } = kind;
        // Of many homes, the session starts the user's own.
        let starts_with_the_session = face && argument.is_none();
        logging::start(home.logs());
        for path in lock.repaired() {
            tracing::warn!(path = %path.display(), "this stood open to other users, and is closed now");
            say(&format!("{} stood open to other users; only you can read it now", path.display()));
        }
        let browser = Browser::new();
        // The store may be locked, and wait for a person.
        let (secrets, road) =
            tokio::join!(tokio::task::spawn_blocking(open_secrets), Road::found());
        let secrets = secrets.map_err(|_| {
            NotStarted::from(
                "the secret store's library has failed; start Patchcord again".to_owned(),
            )
        })?;
        let quit = CancellationToken::new();
        let (engine_out, engine_in) = watch::channel(None);
        let (faces, shown) = watch::channel(crate::tray::Face::default());
        let notifier = face.then(|| Notifier::start(engine_in));
        let links = Links::to(argument.clone());
        let window = Some(Arc::new(Starter::new(home.clone(), argument, notifier.clone())));
        let desk = Desk {
            browser,
            notifier: notifier.clone(),
            faces,
            window: window.clone(),
            road: Arc::new(road),
            links,
            face,
            quit: quit.clone(),
        };
        let engine = engine::start(Setup {
            home: home.clone(),
            policy,
            secrets,
            desktop: Arc::new(desk),
            clock: Arc::new(SystemClock),
            network: engine::network::watch(),
            mode: Mode::Live,
            test_call,
            sign_in: engine::SIGN_IN,
            bulk_above: engine::BULK_ABOVE,
            region: crate::region::of_system(),
        })
        .await
        .map_err(|error| NotStarted::of(&error, &home))?;
        let handle = engine.handle();
        engine_out.send_replace(Some(handle.clone()));
        let server = match Server::start(&home, handle.clone()) {
            Ok(server) => server,
            Err(sentence) => {
                engine.shutdown().await;
                return Err(sentence.into());
            }
        };
        if starts_with_the_session {
            tokio::spawn(autostart::follow(handle.clone()));
        }
        let (wishes, wished) = mpsc::unbounded_channel();
        spot.begin(shown, wishes).await;
        tokio::spawn(grant(wished, handle));
        if engine.begins_safely() {
            say("Patchcord ended unexpectedly several times, and begins only what calls need");
        }
        if open && !engine.begins_safely() {
            // Not by the starter alone: a window that has outlived an engine is to come to the front.
            tokio::spawn(asked(engine.handle(), Command::RaiseWindow));
        }
        tracing::info!(version = engine::VERSION, "started");
        Ok(Self { engine, server, notifier, window, quit, _lock: lock })
    }

    /// Returns a handle of the engine.
    pub(crate) fn handle(&self) -> Handle {
        self.engine.handle()
    }

    /// Returns what is cancelled when the program is to end.
    pub(crate) fn quit(&self) -> CancellationToken {
        self.quit.clone()
    }

    /// Waits for a signal or for somebody who quits, and ends everything in order: the window, the clients, the
    /// engine with its connections and files, what is on the screen. Returns the exit code.
    pub(crate) async fn until_the_end(self) -> u8 {
        let Self { engine, server, notifier, window, quit, _lock } = self;
        tokio::select! {
            () = quit.cancelled() => {}
            () = signal() => {}
        }
        tracing::info!("ending");
        server.close();
        // Who is told twice does not want to wait; what was to be kept is on disk.
        tokio::spawn(async {
            signal().await;
            std::process::exit(1);
        });
        if let Some(window) = window {
            window.end().await;
        }
        // The answer to whoever asked for the end is still on its way.
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.end().await;
        engine.shutdown().await;
        if let Some(notifier) = notifier {
            notifier.end().await;
        }
        tracing::info!("ended");
        0
    }
}

/// Does what people want of the tray.
async fn grant(mut wished: mpsc::UnboundedReceiver<Wish>, engine: Handle) {
    while let Some(wish) = wished.recv().await {
        let command = match wish {
            Wish::Open => Command::RaiseWindow,
            Wish::Settings => Command::ShowSettings,
            Wish::Pause => Command::PausePops { minutes: 60 },
            Wish::Resume => Command::PausePops { minutes: 0 },
            Wish::Quit => Command::Quit,
        };
        // A window that takes its time keeps no other wish waiting.
        let asked = asked(engine.clone(), command);
        match wish {
            Wish::Open | Wish::Settings => drop(tokio::spawn(asked)),
            Wish::Pause | Wish::Resume | Wish::Quit => asked.await,
        }
    }
}

async fn asked(engine: Handle, command: Command) {
    if let Err(problem) = engine.ask(command).await {
        tracing::warn!(code = problem.code, "what a person wanted has failed");
    }
}

/// Waits for the system's or a person's wish to end this process.
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).ok();
    let (mut interrupt, mut terminate, mut hang_up) = (
        listen(SignalKind::interrupt()),
        listen(SignalKind::terminate()),
        listen(SignalKind::hangup()),
    );
    tokio::select! {
        () = next(&mut interrupt) => {}
        () = next(&mut terminate) => {}
        () = next(&mut hang_up) => {}
    }
}

/// A signal that cannot be heard never comes.
#[cfg(unix)]
async fn next(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Asks the engine to raise the window that is open already. Returns the exit code.
pub fn raise_the_other_window(home: &Home) -> u8 {
    let asked = tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| {
        runtime.block_on(async {
            match Client::connect(home).await {
                Ok((engine, _events)) => {
                    engine.ask(Command::RaiseWindow).await.map_err(|problem| sentence(&problem))
                }
                Err(Absent::NotRunning) => Err("the window is open already".to_owned()),
                Err(Absent::Refused(problem)) => Err(sentence(&problem)),
            }
        })
    });
    match asked {
        Ok(Ok(_)) => 0,
        Ok(Err(sentence)) => fail(&sentence),
        Err(error) => fail(&error.to_string()),
    }
}
