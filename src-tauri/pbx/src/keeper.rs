//! The one token of this desktop: reused after a restart, renewed by one request at a time.
//!
//! The PBX has eight tokens for everybody and blocks the office's address after five failed log-ins. So a token is
//! refreshed rather than fetched anew, a refused secret is never tried again, and when another program keeps taking
//! our token we step back. Source: yeastar-open-api.md §3, faults.md A.
//!
//! ```text
//!            load from the vault
//!                   │
//!   ┌── live ───────┴─────── none, or ended ──┐
//!   ▼                                         ▼
//! held ──4/5 of its life, or 10004──▶ refresh_token ──refused, or no refresh token──▶ get_token
//!   ▲                                     │ granted                                      │
//!   └───── saved in the vault first ◀─────┴───────────── granted ────────────────────────┤
//!                                                                                        ▼ refused
//!                                                                     stopped: the same error, without network
//! ```

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::Clock;
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::{
    error::{Error, Retry, TOKEN_LIMIT_PAUSE},
    tokens::{Credentials, Tokens, Vault},
    transport::{Request, Transport},
    wire,
};

/// What one request needs: the token, and which one it is, so that a refusal can be told apart from an older one.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    generation: u64,
}

#[derive(Clone)]
pub(crate) struct Keeper(Arc<Core>);

struct Core {
    transport: Arc<Transport>,
    credentials: Credentials,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    generation: u64,
    loaded: bool,
    renewing: Option<Renewal>,
    /// A refusal that only a person can lift; this keeper does not ask again.
    stopped: Option<Error>,
    /// All tokens were in use; until then nobody asks.
    full_until: Option<Instant>,
    /// When tokens were refused that should have lived, within the last hour.
    evictions: VecDeque<Instant>,
    /// When tokens were fetched anew, within the last hour.
    logins: VecDeque<Instant>,
    /// Log-ins in a row that were answered with FAILURE and nothing else, and until when the next one waits.
    plain_failures: usize,
    failed_until: Option<tokio::time::Instant>,
}

type Renewal = Shared<BoxFuture<'static, Result<Token, Error>>>;

/// A pair of tokens, with this process's own measure of their life: the wall clock may be set.
struct Held {
    tokens: Tokens,
    token: Token,
    renew_at: Instant,
    dead_at: Instant,
    refused: bool,
}

const HOUR: Duration = Duration::from_secs(3600);
/// Fetching anew may take a slot each time; faults.md A6 allows six an hour.
const LOGINS_PER_HOUR: usize = 6;
/// So long a log-in that was answered with FAILURE is left alone: a PBX that starts may say so for a while, and a wrong
/// secret must not be shown to it five times. The one after these counts as a refusal.
const AFTER_FAILURE: [Duration; 2] = [Duration::from_secs(15), Duration::from_secs(180)];

impl Keeper {
    pub(crate) fn new(
        transport: Arc<Transport>,
        credentials: Credentials,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Core { transport, credentials, vault, clock, state: Mutex::default() }))
    }

    /// Returns a live token, after renewing it where that is due.
    pub(crate) async fn token(&self) -> Result<Token, Error> {
        let renewal = {
            let mut state = self.0.lock();
            if let Some(error) = state.hindrance() {
                return Err(error);
            }
            if let Some(token) = state.fresh(self.0.unix_now()) {
                return Ok(token);
            }
            if let Some(pause) = state.pause() {
                return Err(Error::TokenContested { pause });
            }
            let core = Arc::clone(&self.0);
            state.renewing.get_or_insert_with(|| renewal(core)).clone()
        };
        match renewal.await {
            Ok(token) => Ok(token),
            // Due is not dead: what is left of the old token serves while the PBX is in trouble.
            Err(error) => match (error.retry(), self.0.lock().live()) {
                (Retry::Later { .. }, Some(token)) => Ok(token),
                (Retry::Later { .. } | Retry::AfterPerson | Retry::Never, _) => Err(error),
            },
        }
    }

    /// Returns when the token should be renewed, if there is one.
    pub(crate) fn renewal_due(&self) -> Option<Instant> {
        self.0.lock().held.as_ref().filter(|held| !held.refused).map(|held| held.renew_at)
    }

    /// Takes note that the PBX refused `token` with 10004.
    pub(crate) fn refused(&self, token: &Token) {
        let mut state = self.0.lock();
        let state = &mut *state;
        let Some(held) = &mut state.held else { return };
        if held.token.generation == token.generation && !held.refused {
            held.refused = true;
            state.evictions.push_back(Instant::now());
        }
    }

    /// Takes note of an answer after which only a person can help; later questions get the same.
    pub(crate) fn stop(&self, error: &Error) {
        self.0.lock().stopped.get_or_insert_with(|| error.clone());
    }

    /// Asks again although all tokens were in use: a person wants it now.
    pub(crate) fn ask_again(&self) {
        self.0.lock().full_until = None;
    }

    /// Gives the token back to the PBX and forgets it here, and in the vault as `vault` says. Best effort, bounded.
    pub(crate) async fn revoke(&self, vault: AfterRevoke) {
        let renewal = {
            let mut state = self.0.lock();
            state.stopped = Some(Error::Closed);
            state.renewing.clone()
        };
        let core = &self.0;
        let give_back = async {
            if let Some(renewal) = renewal {
                renewal.await.ok();
            }
            match vault {
                AfterRevoke::Forget | AfterRevoke::KeepUntaken => core.load().await,
                AfterRevoke::Leave => {}
            }
            let held = core.lock().live();
            let Some(token) = held else { return true };
            let request = Request::get("del_token");
            core.transport.send(&request, Some(&token.secret)).await.is_ok()
        };
        let limit = core.transport.timeouts().revoke;
        let taken = tokio::time::timeout(limit, give_back).await.unwrap_or(false);
        if !taken {
            tracing::info!("the PBX did not take its token back");
        }
        core.lock().held = None;
        match vault {
            AfterRevoke::Forget => core.save(None).await,
            AfterRevoke::KeepUntaken if taken => core.save(None).await,
            // It lives on at the PBX, which has eight at most: the next start uses it.
            AfterRevoke::KeepUntaken | AfterRevoke::Leave => {}
        }
    }
}

/// What becomes of the token in the vault when it is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterRevoke {
    /// It goes, whatever the PBX said.
    Forget,
    /// It stays where the PBX was not reached.
    KeepUntaken,
    /// It is a successor's by now.
    Leave,
}

impl State {
    fn hindrance(&mut self) -> Option<Error> {
        if self.stopped.is_some() {
            return self.stopped.clone();
        }
        match self.full_until {
            Some(until) if Instant::now() < until => Some(Error::TokenLimit),
            Some(_) => {
                self.full_until = None;
                None
            }
            None => None,
        }
    }

    /// Returns the token unless it is due for renewal, by either clock: this process's stands still in sleep.
    fn fresh(&self, unix_now: i64) -> Option<Token> {
        let held = self.held.as_ref().filter(|held| !held.refused)?;
        let due = Instant::now() >= held.renew_at || unix_now >= held.tokens.renew_from;
        (!due).then(|| held.token.clone())
    }

    /// Returns the token if it may still be good, due or not.
    fn live(&self) -> Option<Token> {
        let held = self.held.as_ref().filter(|held| !held.refused)?;
        (Instant::now() < held.dead_at).then(|| held.token.clone())
    }

    /// Returns how long to hold back because our token is taken again and again.
    fn pause(&mut self) -> Option<Duration> {
        let now = Instant::now();
        while self.evictions.front().is_some_and(|at| now.duration_since(*at) > HOUR) {
            self.evictions.pop_front();
        }
        let minutes = match self.evictions.len() {
            0..=3 => return None,
            4 => 5,
            5 => 15,
            _ => 30,
        };
        // Without a refused token there is nothing to contest.
        self.held.as_ref().filter(|held| held.refused)?;
        let last = self.evictions.back()?;
        let pause = Duration::from_secs(minutes * 60).checked_sub(now.duration_since(*last))?;
        (!pause.is_zero()).then_some(pause)
    }

    /// Returns how long to wait before fetching anew.
    fn login_pause(&mut self) -> Option<Duration> {
        let now = Instant::now();
        while self.logins.front().is_some_and(|at| now.duration_since(*at) > HOUR) {
            self.logins.pop_front();
        }
        let oldest = self.logins.front().filter(|_| self.logins.len() >= LOGINS_PER_HOUR)?;
        Some(HOUR.saturating_sub(now.duration_since(*oldest)))
    }

    fn hold(&mut self, tokens: Tokens, unix_now: i64) -> Token {
        self.generation += 1;
        let token = Token { secret: tokens.access.clone(), generation: self.generation };
        let now = Instant::now();
        let left = |until: i64| {
            Duration::from_secs(u64::try_from(until.saturating_sub(unix_now)).unwrap_or(0))
        };
        // A clock that was set back would make a token from the vault look eternal.
        let day = Duration::from_secs(86_400);
        let renew_at = now + left(tokens.renew_from).min(day);
        let dead_at = now + left(tokens.access_until).min(day);
        let held = Held { tokens, token: token.clone(), renew_at, dead_at, refused: false };
        self.held = Some(held);
        token
    }
}

/// Starts a renewal as a task of its own: whoever asked may lose patience, the answer must not be lost.
fn renewal(core: Arc<Core>) -> Renewal {
    let task = tokio::spawn(async move {
        let result = core.renew().await;
        let mut state = core.lock();
        state.renewing = None;
        match &result {
            Err(error @ (Error::CredentialsRefused { .. } | Error::AddressBlocked { .. })) => {
                state.stopped.get_or_insert_with(|| error.clone());
            }
            Err(Error::TokenLimit) => {
                state.full_until = Some(Instant::now() + TOKEN_LIMIT_PAUSE);
            }
            Ok(_) | Err(_) => {}
        }
        drop(state);
        result
    });
    async move { task.await.unwrap_or_else(|_| Err(Error::unexpected("the renewal broke off"))) }
        .boxed()
        .shared()
}

impl Core {
    // Nothing that panics is called under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn renew(self: &Arc<Self>) -> Result<Token, Error> {
        self.load().await;
        if let Some(token) = self.lock().fresh(self.unix_now()) {
            return Ok(token);
        }
        let refresh = {
            let state = self.lock();
            let tokens = state.held.as_ref().map(|held| &held.tokens);
            tokens
                .filter(|tokens| self.unix_now() < tokens.refresh_until)
                .map(|tokens| tokens.refresh.clone())
                .filter(|refresh| !refresh.expose_secret().is_empty())
        };
        if let Some(refresh) = refresh {
            match self.refresh(&refresh).await {
                Ok(token) => return Ok(token),
                Err(Error::Refused { .. } | Error::TokenRefused | Error::DataNotFound) => {
                    tracing::info!("the refresh token was refused");
                    // Never shown again: each refusal may count towards the block.
                    if let Some(held) = &mut self.lock().held {
                        held.tokens.refresh = SecretString::default();
                    }
                }
                Err(other) => return Err(other),
            }
        }
        self.log_in().await
    }

    /// Takes the tokens of the last run, once.
    async fn load(self: &Arc<Self>) {
        if self.lock().loaded {
            return;
        }
        let vault = Arc::clone(&self.vault);
        let tokens = tokio::task::spawn_blocking(move || vault.load()).await.ok().flatten();
        let mut state = self.lock();
        state.loaded = true;
        if let (Some(tokens), None) = (tokens, &state.held) {
            state.hold(tokens, self.unix_now());
        }
    }

    async fn save(&self, tokens: Option<Tokens>) {
        let vault = Arc::clone(&self.vault);
        let saved = tokio::task::spawn_blocking(move || vault.save(tokens.as_ref())).await;
        if saved.is_err() {
            tracing::warn!("the tokens could not be kept for the next start");
        }
    }

    async fn refresh(&self, refresh: &SecretString) -> Result<Token, Error> {
        let body = json!({ "refresh_token": refresh.expose_secret() });
        self.exchange(&Request::post("refresh_token", body)).await
    }

    /// Fetches a new pair with the client secret.
    ///
    /// The errcode of a wrong secret is not documented. So every refusal that does not have another known meaning
    /// is taken for one: trying again could block the office's address. FAILURE (-1) may be anything, and is taken
    /// for one where it comes for minutes.
    async fn log_in(&self) -> Result<Token, Error> {
        if let Some(pause) = self.lock().login_pause() {
            return Err(Error::TokenContested { pause });
        }
        if self.lock().failed_until.is_some_and(|until| tokio::time::Instant::now() < until) {
            return Err(plain_failure());
        }
        let body = json!({
            "username": self.credentials.client_id,
            "password": self.credentials.secret.expose_secret(),
        });
        let result = self.exchange(&Request::post("get_token", body)).await;
        match result {
            Ok(token) => {
                let mut state = self.lock();
                state.logins.push_back(Instant::now());
                state.plain_failures = 0;
                state.failed_until = None;
                Ok(token)
            }
            Err(Error::Refused { code: 60002, .. }) => Err(Error::TokenLimit),
            Err(error @ Error::Refused { code: -2, .. }) => Err(error),
            Err(error @ Error::Refused { code: -1, .. }) if self.may_pass() => Err(error),
            Err(Error::Refused { code, .. }) => Err(Error::CredentialsRefused { code }),
            Err(error @ (Error::TokenRefused | Error::DataNotFound)) => {
                Err(Error::CredentialsRefused { code: error.code().unwrap_or_default() })
            }
            Err(other) => Err(other),
        }
    }

    /// Takes note of a FAILURE, and says whether it may be anything yet.
    fn may_pass(&self) -> bool {
        let mut state = self.lock();
        let wait = AFTER_FAILURE.get(state.plain_failures);
        state.plain_failures += 1;
        state.failed_until = wait.map(|wait| tokio::time::Instant::now() + *wait);
        wait.is_some()
    }

    fn unix_now(&self) -> i64 {
        self.clock.now().wall.as_seconds()
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<Token, Error> {
        let body = self.transport.send(request, None).await?;
        let answer = wire::answer::read_tokens(&body, self.clock.now().wall)?;
        let (Some(access), Some(refresh)) =
            (answer.access_token.into_option(), answer.refresh_token.into_option())
        else {
            return Err(Error::unexpected("no token in the answer"));
        };
        if access.contains(' ') || refresh.contains(' ') {
            return Err(Error::unexpected("a token of an unknown shape"));
        }
        // The life is counted from now by our own clock; the PBX's may be days wrong.
        let now = self.unix_now();
        let access_life = life(answer.access_token_expire_time.count(), 1_800);
        let refresh_life = life(answer.refresh_token_expire_time.count(), 86_400);
        let tokens = Tokens {
            access: access.into(),
            refresh: refresh.into(),
            renew_from: now + access_life * 4 / 5,
            access_until: now + access_life,
            refresh_until: now + refresh_life,
        };
        self.save(Some(tokens.clone())).await;
        Ok(self.lock().hold(tokens, now))
    }
}

/// What the PBX said, for whoever asks before it is asked again.
fn plain_failure() -> Error {
    Error::Refused { code: -1, message: "FAILURE".to_owned() }
}

/// Returns a life in seconds: the documented one where none was given, and never more than a year.
fn life(seconds: u64, documented: i64) -> i64 {
    match i64::try_from(seconds) {
        Ok(0) | Err(_) => documented,
        Ok(seconds) => seconds.min(365 * 86_400),
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}
