//! The one owner of the tokens: renews for all who ask, and never twice at once.
//!
//! ```text
//!            request refused, or none yet                  answer: kept, then used
//!   Open ───────────────────────────────▶ Renewing ───────────────────────────────▶ Open
//!                                            │  no connection, busy: as before, to be asked again
//!                                            │  answer lost: as before, asked again more and more rarely
//!                                            ▼  refused for good
//!                                          Ended ── every request fails at once, nothing is sent
//! ```
//!
//! A renewal runs as a task of its own: who waits for it may give up (a lookup has a deadline), but a renewal that was
//! sent must be read to its end, since its answer holds the only valid refresh token.
//! Source: salesforce-api.md §2.4, faults.md D6–D8.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::{Inner, Pass, Session};
use crate::{
    error::{Error, REFUSED_PAUSE, SignedOutReason},
    instance::Instance,
    token::{self, Fresh, NoToken},
    vault::{Kept, VaultError},
};

/// How long another process gets to store what it is just renewing. Source: salesforce-api.md §2.6.
const OTHERS_TURN: Duration = Duration::from_secs(1);
/// How long a state is believed that only somebody elsewhere can change.
const HOLD: Duration = Duration::from_secs(5 * 60);
/// How long an answer is believed that is not Salesforce's.
const SHORT_HOLD: Duration = Duration::from_secs(30);
/// The wait before a refresh token is used for the third time without an answer; doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// How long a vault may take before the session goes on without it.
const VAULT_WAIT: Duration = Duration::from_secs(10);

type Outcome = Option<Result<Pass, Error>>;

/// The tokens, and what is being done about them.
pub(super) struct Gate {
    instance: Instance,
    refresh: SecretString,
    pass: Option<Pass>,
    renewals: u64,
    /// Present while a renewal runs; it brings the outcome to all who wait.
    renewing: Option<watch::Receiver<Outcome>>,
    /// The session is over: the answer to everything.
    ended: Option<Error>,
    /// Until when nothing is tried, and what is answered meanwhile.
    held: Option<(Instant, Error)>,
    /// How many renewals in a row have had no answer.
    lost: u32,
    /// How many fresh access tokens in a row were refused.
    refusals: u32,
    /// Why the vault does not hold the refresh token.
    unkept: Option<VaultError>,
}

impl Gate {
    /// Makes the gate of a session that has just begun.
    pub(super) fn open(access: SecretString, refresh: SecretString, instance: Instance) -> Self {
        let pass = Pass { access, instance: instance.clone(), number: 1 };
        Self { pass: Some(pass), renewals: 1, ..Self::closed(refresh, instance) }
    }

    /// Makes the gate of a session that goes on: it has no access token yet.
    pub(super) fn closed(refresh: SecretString, instance: Instance) -> Self {
        Self {
            instance,
            refresh,
            pass: None,
            renewals: 0,
            renewing: None,
            ended: None,
            held: None,
            lost: 0,
            refusals: 0,
            unkept: None,
        }
    }

    pub(super) fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Ends the session with the error that every request gets from now on. Returns the refresh token, once.
    pub(super) fn end(&mut self, with: Error) -> Option<SecretString> {
        self.pass = None;
        if self.ended.is_some() {
            return None;
        }
        self.ended = Some(with);
        Some(self.refresh.clone())
    }

    /// Notes why a renewal failed, and for how long none is tried.
    fn failed(&mut self, why: NoToken) -> Error {
        self.renewing = None;
        let error = match why {
            NoToken::InUse => Error::Busy { code: "token request in progress".to_owned() },
            NoToken::Refused if self.lost > 0 => {
                Error::SignedOut { reason: SignedOutReason::RenewalLost }
            }
            NoToken::Refused => Error::SignedOut { reason: SignedOutReason::Refused },
            NoToken::Failed(error) => error,
        };
        let pause = match &error {
            Error::SignedOut { .. } => {
                self.end(error.clone());
                return error;
            }
            Error::LostAnswer(_) => {
                self.lost += 1;
                // The next attempt is free: the server may not have seen the request at all.
                let doublings = self.lost.checked_sub(2);
                doublings.map(|n| (FIRST_WAIT * 2_u32.pow(n.min(8))).min(LONGEST_WAIT))
            }
            Error::Throttled { pause } => *pause,
            Error::Unreachable(_)
            | Error::ProxyLogin(_)
            | Error::Untrusted(_)
            | Error::Busy { .. } => None,
            // A proxy's page, say; what is behind it may be well again soon.
            Error::UnexpectedAnswer { .. } => Some(SHORT_HOLD),
            // Only somebody elsewhere can change these.
            _ => Some(HOLD),
        };
        self.held = pause.map(|pause| (Instant::now() + pause, error.clone()));
        error
    }

    /// Says what stands in the way of a renewal now.
    fn obstacle(&self) -> Option<Error> {
        self.ended.clone().or_else(|| {
            let (until, error) = self.held.as_ref()?;
            (Instant::now() < *until).then(|| error.clone())
        })
    }
}

impl Session {
    /// Renews the access token, and with it the refresh token, so that it does not die of disuse. For once a day, and
    /// for after a failure to keep the refresh token.
    ///
    /// # Errors
    ///
    /// Those of a renewal; [`Error::SecretStore`] when the new refresh token could not be kept.
    pub async fn keep_alive(&self) -> Result<(), Error> {
        let now = self.inner.gate().renewals;
        self.renewed(now).await?;
        match self.vault_problem() {
            None => Ok(()),
            Some(problem) => Err(Error::SecretStore(problem)),
        }
    }

    /// Lets the next request go out, and renew the access token, at once, whatever pause is on: a person asks for it. A
    /// session that has ended stays ended.
    pub fn skip_pause(&self) {
        self.inner.gate().held = None;
        self.inner.closed_api.open();
    }

    /// Lets the access token be renewed although something on the way answered in Salesforce's place a moment ago: the
    /// network is another one now. Salesforce's own refusals and pauses stay.
    pub fn network_changed(&self) {
        let mut gate = self.inner.gate();
        if matches!(gate.held, Some((_, Error::UnexpectedAnswer { .. }))) {
            gate.held = None;
        }
    }

    /// Says why the refresh token in use could not be kept. The session goes on; a restart would ask for a sign-in.
    pub fn vault_problem(&self) -> Option<VaultError> {
        self.inner.gate().unkept.clone()
    }

    /// Returns when no renewal is under way: the moment to end the process without losing a refresh token.
    pub async fn settled(&self) {
        let renewing = self.inner.gate().renewing.clone();
        if let Some(mut renewing) = renewing {
            // Closed without a value: it has ended in another way.
            let _ = renewing.wait_for(Option::is_some).await;
        }
    }

    /// Returns the access token, renewed where there is none.
    pub(super) async fn pass(&self) -> Result<Pass, Error> {
        {
            let gate = self.inner.gate();
            if let Some(error) = &gate.ended {
                return Err(error.clone());
            }
            if let Some(pass) = &gate.pass {
                return Ok(pass.clone());
            }
        }
        self.renewed(0).await
    }

    /// Returns an access token in place of one that was refused.
    pub(super) async fn replaced(&self, refused: &Pass) -> Result<Pass, Error> {
        self.renewed(refused.number).await
    }

    /// Notes that even a fresh access token is refused: for a while it is not renewed again.
    pub(super) fn refused(&self, text: String) -> Error {
        let error = Error::SessionRefused { text };
        let mut gate = self.inner.gate();
        // One wrong answer costs seconds; a state that lasts is asked about more and more rarely.
        let pause = REFUSED_PAUSE.saturating_mul(4_u32.saturating_pow(gate.refusals)).min(HOLD);
        gate.refusals += 1;
        gate.held = Some((Instant::now() + pause, error.clone()));
        error
    }

    /// Notes that a fresh access token was accepted.
    pub(super) fn accepted(&self, pass: &Pass) {
        let mut gate = self.inner.gate();
        if gate.renewals == pass.number {
            gate.held = None;
            gate.refusals = 0;
        }
    }

    /// Returns an access token newer than number `stale`: the one that is there, or that of the renewal that runs, or
    /// that of one begun now.
    async fn renewed(&self, stale: u64) -> Result<Pass, Error> {
        let mut waiting = {
            let mut gate = self.inner.gate();
            if let Some(pass) = gate.pass.as_ref().filter(|pass| pass.number > stale) {
                return Ok(pass.clone());
            }
            match (&gate.renewing, gate.obstacle()) {
                (Some(renewing), _) => renewing.clone(),
                (None, Some(error)) => return Err(error),
                (None, None) => {
                    let (done, waiting) = watch::channel(None);
                    gate.renewing = Some(waiting.clone());
                    tokio::spawn(renew(Arc::clone(&self.inner), done));
                    waiting
                }
            }
        };
        let outcome = waiting.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        match outcome {
            Ok(Some(outcome)) => outcome,
            Ok(None) | Err(_) => {
                // The task has gone without a word: the runtime ends, or the vault has panicked.
                self.inner.gate().renewing = None;
                Err(Error::LostAnswer(None))
            }
        }
    }
}

async fn renew(inner: Arc<Inner>, done: watch::Sender<Outcome>) {
    let outcome = inner.renew().await;
    let outcome = inner.settle(outcome).await;
    if let Err(error) = &outcome {
        tracing::warn!(%error, "the access token was not renewed");
    }
    done.send_replace(Some(outcome));
}

impl Inner {
    /// Asks for new tokens, with what another process may have stored where ours is refused.
    async fn renew(self: &Arc<Self>) -> Result<Fresh, NoToken> {
        let ours = self.gate().refresh.clone();
        let first = token::refresh(&self.http().token, &self.app, &ours).await;
        match first {
            Err(NoToken::InUse) => tokio::time::sleep(OTHERS_TURN).await,
            Err(NoToken::Refused) => {}
            Ok(_) | Err(NoToken::Failed(_)) => return first,
        }
        match self.stored_by_others(&ours).await {
            None => first,
            Some(theirs) => {
                self.gate().refresh = theirs.clone();
                token::refresh(&self.http().token, &self.app, &theirs).await
            }
        }
    }

    /// Returns the refresh token in the vault, where it is another one than ours and the same user's.
    async fn stored_by_others(self: &Arc<Self>, ours: &SecretString) -> Option<SecretString> {
        let vault = Arc::clone(&self.vault);
        let kept = spawn_blocking(move || vault.load()).await.ok().flatten()?;
        let same_user = kept.org == self.org.as_str() && kept.user == self.user.as_str();
        // One that was granted elsewhere is not to be shown here, whoever's it is.
        let same_login = kept.login.as_deref() == Some(self.app.login.as_str());
        let other = kept.refresh.expose_secret() != ours.expose_secret();
        // Where the vault failed to take ours, what it holds is older, and using it would end the whole family.
        let newer = self.gate().unkept.is_none();
        (same_user && same_login && other && newer).then_some(kept.refresh)
    }

    /// Draws the conclusions from a renewal: keeps the refresh token first, then hands out the access token.
    async fn settle(self: &Arc<Self>, outcome: Result<Fresh, NoToken>) -> Result<Pass, Error> {
        let fresh = match outcome {
            Ok(fresh) => fresh,
            Err(why) => return Err(self.gate().failed(why)),
        };
        let ours = (self.org.clone(), self.user.clone());
        if fresh.whose.as_ref().is_some_and(|whose| *whose != ours) {
            // A store that was restored from elsewhere, say. The token is not ours to keep, and not ours to end.
            let reason = SignedOutReason::AnotherUser;
            return Err(self.gate().failed(Error::SignedOut { reason }.into()));
        }
        self.keep(&fresh).await;
        let mut gate = self.gate();
        gate.lost = 0;
        let instance = match fresh.instance {
            Ok(instance) => instance,
            Err(error) => return Err(gate.failed(error.into())),
        };
        gate.renewing = None;
        gate.held = None;
        if let Some(error) = &gate.ended {
            return Err(error.clone());
        }
        gate.renewals += 1;
        let pass = Pass { access: fresh.access, instance, number: gate.renewals };
        gate.pass = Some(pass.clone());
        Ok(pass)
    }

    /// Gives what a renewal has changed to the vault.
    async fn keep(self: &Arc<Self>, fresh: &Fresh) {
        let kept = {
            let mut gate = self.gate();
            let mut changed = gate.unkept.is_some();
            if let Some(refresh) = &fresh.refresh {
                changed |= refresh.expose_secret() != gate.refresh.expose_secret();
                gate.refresh = refresh.clone();
            }
            if let Ok(instance) = &fresh.instance {
                changed |= *instance != gate.instance;
                gate.instance = instance.clone();
            }
            if !changed {
                return;
            }
            Kept {
                refresh: gate.refresh.clone(),
                login: Some(self.app.login.as_str().to_owned()),
                instance: gate.instance.as_str().to_owned(),
                org: self.org.to_string(),
                user: self.user.to_string(),
            }
        };
        let vault = Arc::clone(&self.vault);
        let saving = timeout(VAULT_WAIT, spawn_blocking(move || vault.save(&kept))).await;
        let unkept = match saving {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(error),
            Ok(Err(_)) => Some(VaultError("it stopped working".to_owned())),
            Err(_) => Some(VaultError("it did not answer in time".to_owned())),
        };
        self.gate().unkept = unkept;
    }
}
