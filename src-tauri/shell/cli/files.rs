//! An engine for one command, on the files, where no instance runs.

use std::sync::Arc;

use engine::{
    Engine, Handle, Mode, Setup,
    command::{Command, Reply},
    home::{Home, HomeLock},
    ports::{Secrets, SystemClock},
    view::{Problem, SecretsKind},
};

use super::{FAILED, ask::failed};
use crate::{
    claim::{Claim, claim},
    control::{Client, Limit, QUICK, late, limit},
    desk::{self, Desk},
    logging::{self, say},
    network::Road,
    secrets,
};

/// Asks one question of the files. `Err` is the exit code, and why has been said.
pub(super) fn ask(home: &Home, command: Command) -> Result<Reply, u8> {
    crate::app::runtime().block_on(async {
        match Short::start(home, false).await? {
            Either::Files(short) => {
                let reply = ask_files(&short.engine.handle(), command).await;
                short.end().await;
                reply.map_err(|problem| failed(&problem))
            }
            Either::Running(client) => {
                client.ask(command).await.map_err(|problem| failed(&problem))
            }
        }
    })
}

/// Asks an engine of this process, which cannot fall silent, as long as the command may take.
pub(super) async fn ask_files(engine: &Handle, command: Command) -> Result<Reply, Problem> {
    let time = match limit(&command) {
        Limit::Quick => QUICK,
        Limit::Within(time) => time,
        Limit::WhileAlive => return engine.ask(command).await,
    };
    let reply = tokio::time::timeout(time, engine.ask(command)).await;
    reply.unwrap_or_else(|_| Err(late(time.as_secs())))
}

/// What answers a command.
pub(super) enum Either {
    /// An engine for this command.
    Files(Short),
    /// The instance that has started meanwhile.
    Running(Client),
}

/// An engine for one command.
pub(super) struct Short {
    pub(super) engine: Engine,
    _lock: HomeLock,
}

impl Short {
    /// Starts an engine on the files. `keeping`: the command stores secrets, which must outlive this process.
    pub(super) async fn start(home: &Home, keeping: bool) -> Result<Either, u8> {
        let lock = match claim(home).await {
            Ok(Claim::Ours(lock)) => lock,
            Ok(Claim::Theirs { client, .. }) => return Ok(Either::Running(client)),
            Err(sentence) => return Err(told(&sentence)),
        };
        logging::start(home.logs());
        let id = home.id();
        let opened = tokio::task::spawn_blocking(move || secrets::open(&id));
        let (secrets, road) = tokio::join!(opened, Road::found());
        let secrets: Arc<dyn Secrets> = match secrets {
            Ok(secrets) => secrets,
            Err(_) => return Err(told("the secret store's library has failed; try again")),
        };
        if keeping && secrets.kind() == SecretsKind::Session {
            return Err(told(
                "this computer's secret store cannot be used, so the secret would be gone with this command; start \
                 `patchcord` or `patchcord run --headless` first and connect then: it lasts as long as that runs",
            ));
        }
        let policy = desk::policy().map_err(|sentence| told(&sentence))?;
        let started = engine::start(Setup {
            home: home.clone(),
            policy,
            secrets,
            desktop: Arc::new(Desk::bare(road)),
            clock: Arc::new(SystemClock),
            network: engine::network::still(),
            mode: Mode::Files,
            test_call: None,
            sign_in: engine::SIGN_IN,
            bulk_above: engine::BULK_ABOVE,
            region: crate::region::of_system(),
        })
        .await;
        match started {
            Ok(engine) => Ok(Either::Files(Self { engine, _lock: lock })),
            Err(error) => Err(told(&error.to_string())),
        }
    }

    pub(super) async fn end(self) {
        self.engine.shutdown().await;
    }
}

fn told(sentence: &str) -> u8 {
    say(sentence);
    FAILED
}
