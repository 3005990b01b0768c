//! A signed-in user: requests in their name, and the one owner of their tokens.
//!
//! A [`Session`] is a small handle; all its clones share one access token, one renewal at a time, and what was learnt
//! about the org. A request whose access token is refused is replayed once with a renewed one.

mod ask;
mod renewal;
mod several;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{Object, OrgId, RecordId, UserId};
use secrecy::SecretString;
use tokio::{sync::watch, time::Instant};
use url::Url;

pub(crate) use ask::{Ask, json};
use renewal::Gate;
pub(crate) use several::Query;

use crate::{
    app::{App, Login, Timeouts},
    describe::Shelf,
    error::{Error, LIMIT_PAUSE, SignedOutReason},
    http::Http,
    instance::Instance,
    journal::ClosedStatus,
    sign_in::Grant,
    token,
    unread::UnreadShelf,
    vault::{Kept, Vault},
};

/// A signed-in user of one org.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    /// How Salesforce is reached now: by which proxy, and the clients made for it.
    road: Mutex<Road>,
    vault: Arc<dyn Vault>,
    org: OrgId,
    user: UserId,
    gate: Mutex<Gate>,
    meter: Meter,
    closed_api: ClosedApi,
    shelf: Shelf,
    closed_status: ClosedStatus,
    unread: UnreadShelf,
}

struct Road {
    proxy: Option<Url>,
    http: Http,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("org", &self.inner.org)
            .field("user", &self.inner.user)
            .finish_non_exhaustive()
    }
}

/// How much of the API was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests to the REST API by this session, since it was made.
    pub calls_made: u64,
    /// What the whole org used within 24 hours, by the last answer that said so.
    pub org_used: Option<u64>,
    /// What the whole org may use within 24 hours.
    pub org_max: Option<u64>,
}

/// Until when the API is closed to all requests, and what they are answered meanwhile.
#[derive(Default)]
struct ClosedApi(Mutex<Option<(Instant, Error)>>);

impl ClosedApi {
    fn check(&self) -> Result<(), Error> {
        match &*unpoisoned(&self.0) {
            Some((until, error)) if Instant::now() < *until => Err(error.clone()),
            Some(_) | None => Ok(()),
        }
    }

    fn noted(&self, error: Error) -> Error {
        if matches!(error, Error::ApiLimit | Error::ApiDisabled { .. }) {
            *unpoisoned(&self.0) = Some((Instant::now() + LIMIT_PAUSE, error.clone()));
        }
        error
    }

    fn open(&self) {
        *unpoisoned(&self.0) = None;
    }
}

#[derive(Default)]
struct Meter {
    calls: AtomicU64,
    /// What the org has used of what it may use, by the last answer.
    org: watch::Sender<Option<(u64, u64)>>,
}

impl Session {
    /// Begins with a fresh grant. Keeps its refresh token first; blocks for that.
    ///
    /// # Errors
    ///
    /// [`Error::SecretStore`] when it could not be kept: the grant is then not used.
    pub fn new(app: App, grant: Grant, vault: Arc<dyn Vault>) -> Result<Self, Error> {
        let http = Http::new(&app)?;
        vault.save(&Kept {
            refresh: grant.refresh.clone(),
            login: Some(app.login.as_str().to_owned()),
            instance: grant.instance.as_str().to_owned(),
            org: grant.org.to_string(),
            user: grant.user.to_string(),
        })?;
        let gate = Gate::open(grant.access, grant.refresh, grant.instance);
        Ok(Self::assemble(app, http, vault, grant.org, grant.user, gate))
    }

    /// Goes on after a restart, without the network: the first request renews the access token. Blocks for the vault
    /// where it was kept by an earlier version.
    ///
    /// # Errors
    ///
    /// [`Error::AnotherLogin`] when what was kept was granted at another sign-in address; a version that did not write
    /// it down is believed where the address is Salesforce's own, since nobody else can listen there.
    /// [`Error::UnexpectedInstance`] when the org's address does not belong to it, and [`Error::SignedOut`] when its ids
    /// are none.
    pub fn resume(app: App, mut kept: Kept, vault: Arc<dyn Vault>) -> Result<Self, Error> {
        let granted = kept.login.as_deref().and_then(|login| Login::parse(login).ok());
        let is_granted_here = match &kept.login {
            Some(_) => granted.as_ref() == Some(&app.login),
            None => app.login.is_salesforces(),
        };
        if !is_granted_here {
            let granted = granted.map(|login| login.as_str().to_owned());
            return Err(Error::AnotherLogin { granted, wanted: app.login.as_str().to_owned() });
        }
        let http = Http::new(&app)?;
        let instance = Instance::check(&kept.instance, &app.login, granted.as_ref())?;
        let (Some(org), Some(user)) = (RecordId::parse(&kept.org), RecordId::parse(&kept.user))
        else {
            return Err(Error::SignedOut { reason: SignedOutReason::Refused });
        };
        if kept.login.is_none() {
            kept.login = Some(app.login.as_str().to_owned());
            if let Err(error) = vault.save(&kept) {
                // It is asked again at the next start.
                tracing::warn!(%error, "where the sign-in belongs to could not be written down");
            }
        }
        let gate = Gate::closed(kept.refresh, instance);
        Ok(Self::assemble(app, http, vault, org, user, gate))
    }

    fn assemble(
        app: App,
        http: Http,
        vault: Arc<dyn Vault>,
        org: OrgId,
        user: UserId,
        gate: Gate,
    ) -> Self {
        let inner = Inner {
            road: Mutex::new(Road { proxy: app.proxy.clone(), http }),
            app,
            vault,
            org,
            user,
            gate: Mutex::new(gate),
            meter: Meter::default(),
            closed_api: ClosedApi::default(),
            shelf: Shelf::default(),
            closed_status: ClosedStatus::default(),
            unread: UnreadShelf::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Returns the org.
    pub fn org(&self) -> OrgId {
        self.inner.org.clone()
    }

    /// Returns the user.
    pub fn user_id(&self) -> UserId {
        self.inner.user.clone()
    }

    /// Returns the org's address as it is known now; a renewal may bring another one.
    pub fn instance(&self) -> Instance {
        self.inner.gate().instance().clone()
    }

    /// Has all that is asked from now on go by another proxy; `None`: by the one that environment and system name, if
    /// any; where the system has one of its own, it is read anew. What is under way ends as it began. Says whether the
    /// proxy that is named is another one.
    ///
    /// # Errors
    ///
    /// No client can be made for it; nothing is changed then.
    pub fn goes_by(&self, proxy: Option<Url>) -> Result<bool, Error> {
        let same = unpoisoned(&self.inner.road).proxy == proxy;
        // The library reads the system's fixed proxy there when a client is made.
        let of_the_system = cfg!(any(windows, target_os = "macos")) && proxy.is_none();
        if same && !of_the_system {
            return Ok(false);
        }
        let http = Http::new(&App { proxy: proxy.clone(), ..self.inner.app.clone() })?;
        *unpoisoned(&self.inner.road) = Road { proxy, http };
        Ok(!same)
    }

    /// Says how much of the API was used.
    pub fn usage(&self) -> Usage {
        let org = *self.inner.meter.org.borrow();
        Usage {
            calls_made: self.inner.meter.calls.load(Ordering::Relaxed),
            org_used: org.map(|(used, _)| used),
            org_max: org.map(|(_, max)| max),
        }
    }

    /// Returns a receiver that is told what the org has used of what it may use, with each answer that says so.
    pub fn watch_allowance(&self) -> watch::Receiver<Option<(u64, u64)>> {
        self.inner.meter.org.subscribe()
    }

    /// Learns, ahead of the first call, which fields this user sees. Objects that the user does not see are no error.
    ///
    /// # Errors
    ///
    /// Those of any request.
    pub async fn warm(&self) -> Result<(), Error> {
        let [contact, lead, account] = Object::ALL.map(|object| self.describe(object));
        let (contact, lead, account, task) =
            tokio::join!(contact, lead, account, self.describe_task());
        contact?;
        lead?;
        account?;
        task?;
        Ok(())
    }

    /// Signs out: ends the tokens at Salesforce and forgets what was kept. The session is of no use afterwards.
    ///
    /// # Errors
    ///
    /// When Salesforce could not be told. What was kept is forgotten all the same.
    pub async fn revoke(&self) -> Result<(), Error> {
        self.settled().await;
        let refresh = self.inner.gate().end(Error::SignedOut { reason: SignedOutReason::Here });
        let told = match refresh {
            Some(refresh) => {
                token::revoke(&self.inner.http().token, &self.inner.app, &refresh).await
            }
            None => Ok(()),
        };
        let vault = Arc::clone(&self.inner.vault);
        // A vault that panics has forgotten nothing, and says so itself.
        let _ = tokio::task::spawn_blocking(move || vault.clear()).await;
        told
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.inner.app.timeouts
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.inner.shelf
    }

    pub(crate) fn unread_shelf(&self) -> &UnreadShelf {
        &self.inner.unread
    }

    pub(crate) fn closed_status_cache(&self) -> &ClosedStatus {
        &self.inner.closed_status
    }
}

impl Inner {
    fn http(&self) -> Http {
        unpoisoned(&self.road).http.clone()
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        unpoisoned(&self.gate)
    }
}

impl Meter {
    fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads `api-usage=18/15000, per-app-api-usage=…`. Source: salesforce-api.md §4.
    fn read(&self, header: &str) {
        let org = header.split(',').find_map(|part| {
            let (used, max) = part.trim().strip_prefix("api-usage=")?.split_once('/')?;
            Some((used.trim().parse().ok()?, max.trim().parse().ok()?))
        });
        if org.is_some() {
            self.org.send_replace(org);
        }
    }
}

/// Returns what a lock guards. Nothing here is left half-done by a panic: every change is one assignment.
pub(crate) fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A secret access token, and where it is valid.
#[derive(Clone)]
struct Pass {
    access: SecretString,
    instance: Instance,
    /// Counts renewals; a pass that was refused is told from the one that replaced it.
    number: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orgs_usage_is_read_from_the_limit_header() {
        let meter = Meter::default();
        meter.read("api-usage=18/15000, per-app-api-usage=17/250(appName=sample)");
        assert_eq!(*meter.org.borrow(), Some((18, 15_000)));
        meter.read("per-app-api-usage=17/250(appName=sample)");
        meter.read("api-usage=x/y");
        assert_eq!(*meter.org.borrow(), Some((18, 15_000)));
    }
}
