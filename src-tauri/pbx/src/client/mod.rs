//! The interface's calls in our words.

mod clock;
mod contacts;
mod monitors;
mod records;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{CallId, ChannelId, Clock, Extension, Leg, Moment, Serial, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::json;
use url::Url;

use self::clock::TheirClock;
pub use self::{
    clock::Skews,
    contacts::{Contacts, Phonebook},
    monitors::{ExtensionMonitor, TrunkMonitor},
    records::Records,
};
use crate::{
    address::Address,
    ear::Ear,
    error::Error,
    keeper::{AfterRevoke, Keeper, Token},
    route::Route,
    tls::{self, Fingerprint},
    tokens::{Credentials, Vault},
    transport::{Request, Transport},
    wire::{
        answer::{self, Answer, Calls, ExtensionRow, Information},
        clock::PbxClock,
    },
};

/// Where the PBX is and how we speak to it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is.
    pub address: Address,
    /// The one certificate to accept; `None`: public trust.
    pub pin: Option<Fingerprint>,
    /// The address has had a publicly trusted certificate when it was connected: one that nobody vouches for is another
    /// one then, and not the first.
    pub was_trusted: bool,
    /// The proxy that only the desktop's settings name, `http://HOST:PORT`; those of the environment and of the system are
    /// found by themselves.
    pub proxy: Option<Url>,
    /// Our version, for `User-Agent: Patchcord/<version>`, without which the PBX refuses everything.
    pub version: String,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

/// How long to wait for what. The defaults are for the product, other values for tests.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For a TCP connection, and again for the TLS handshake.
    pub connect: Duration,
    /// For a whole request.
    pub request: Duration,
    /// For giving the token back.
    pub revoke: Duration,
    /// For the answer to our list of event topics.
    pub subscribe: Duration,
    /// How long the event socket may be silent before we send a heartbeat.
    pub silence: Duration,
    /// For the answer to a heartbeat.
    pub heartbeat: Duration,
    /// For the answer to a heartbeat after a change of the network.
    pub doubt: Duration,
    /// How long events wait for the live calls to come first.
    pub live_calls: Duration,
    /// The longest first wait before connecting again; doubles with each failure. The actual wait is a random part.
    pub first_wait: Duration,
    /// The longest wait before connecting again.
    pub longest_wait: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(15),
            revoke: Duration::from_secs(2),
            subscribe: Duration::from_secs(10),
            // Together less than thirty seconds, after which a dead connection must be known (faults.md B3).
            silence: Duration::from_secs(20),
            heartbeat: Duration::from_secs(9),
            // A connection that is gone must be made anew within three seconds (faults.md B13).
            doubt: Duration::from_millis(1_200),
            live_calls: Duration::from_secs(2),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
        }
    }
}

/// What the PBX says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemInformation {
    /// The model, such as `Yeastar P570`.
    pub model: String,
    /// The firmware, such as `37.23.0.123`.
    pub firmware: String,
    /// The serial number: part of every call's key.
    pub serial: Serial,
    /// The PBX's clock, where it says so.
    pub timestamp: Option<Timestamp>,
    /// The PBX's zone in seconds east of UTC, as of now; changes with summer time.
    pub utc_offset: Option<i32>,
    /// How many seconds the PBX's clock is ahead of ours.
    pub clock_skew: Option<i64>,
}

/// An extension of the PBX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionEntry {
    /// Its number.
    pub number: Extension,
    /// Whose it is.
    pub name: String,
    /// The e-mail address, unique on the PBX.
    pub email: Option<String>,
    /// The mobile number, as somebody wrote it.
    pub mobile: Option<String>,
    /// Whether a phone or a Linkus is signed in, so that a call placed by us would ring somewhere.
    pub any_phone_online: bool,
}

/// A PBX that we have, or will get, a token for. Clones share everything.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    tls: Arc<rustls::ClientConfig>,
    transport: Arc<Transport>,
    route: Arc<Route>,
    keeper: Keeper,
    ear: Ear,
    own_clock: Arc<dyn Clock>,
    clock: Mutex<TheirClock>,
    search: Mutex<records::Search>,
    /// As it said last.
    firmware: Mutex<Option<String>>,
}

/// Rows per page of extensions, monitors and the like.
const ROWS_PER_PAGE: usize = 1_000;

impl Client {
    /// Prepares a client, which tells the time by `own_clock`; nothing is sent before the first question.
    ///
    /// # Errors
    /// Where TLS cannot be set up at all.
    pub fn new(
        options: Options,
        credentials: Credentials,
        vault: Arc<dyn Vault>,
        own_clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        // A plain way to this computer needs no trust, and reading the system's takes its time.
        let pin = options.pin;
        let tls = Arc::new(if options.address.is_tls() {
            tls::config(pin, options.was_trusted)?
        } else {
            tls::config_trusting_nobody()?
        });
        let route = Arc::new(Route::new(options.address.clone(), options.proxy.clone()));
        let transport = Arc::new(Transport::new(&options, &tls, Arc::clone(&route))?);
        let keeper =
            Keeper::new(Arc::clone(&transport), credentials, vault, Arc::clone(&own_clock));
        let inner = Inner {
            options,
            tls,
            transport,
            route,
            keeper,
            ear: Ear::default(),
            own_clock,
            clock: Mutex::default(),
            search: Mutex::default(),
            firmware: Mutex::default(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Asks what the PBX is. The first question after connecting: it also sets how wall-clock times are read.
    pub async fn system_information(&self) -> Result<SystemInformation, Error> {
        let request = Request::get("system/information");
        let asked = self.now();
        let answer: Answer<Information> = self.ask(&request).await?;
        let information = answer.data.ok_or_else(|| Error::unexpected("no system information"))?;
        let now = self.now();
        let took = now.steady.saturating_sub(asked.steady);
        let clock = PbxClock::read(&information, now.wall.as_seconds(), took);
        self.lock_clock().shows(clock, now);
        *self.lock_firmware() = information.firmware_version.as_deref().map(str::to_owned);
        let serial = information.sn.as_deref().map(Serial::new);
        Ok(SystemInformation {
            serial: serial.ok_or_else(|| Error::unexpected("no serial number"))?,
            model: information.model_name.into_option().unwrap_or_default(),
            firmware: information.firmware_version.into_option().unwrap_or_default(),
            timestamp: information.timestamp.0.map(Timestamp::from_seconds),
            utc_offset: clock.offset,
            clock_skew: clock.skew,
        })
    }

    fn lock_firmware(&self) -> MutexGuard<'_, Option<String>> {
        self.0.firmware.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the extensions, by number.
    pub async fn extensions(&self) -> Result<Vec<ExtensionEntry>, Error> {
        let rows: Vec<ExtensionRow> = self.all_rows("extension/list", Some("number")).await?;
        Ok(rows.into_iter().filter_map(entry).collect())
    }

    /// Returns all rows of a list, page by page.
    async fn all_rows<T: DeserializeOwned>(
        &self,
        path: &str,
        sort_by: Option<&str>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        for page in 1.. {
            let mut request =
                Request::list(path).with("page", page).with("page_size", ROWS_PER_PAGE);
            if let Some(sort_by) = sort_by {
                request = request.with("sort_by", sort_by).with("order_by", "asc");
            }
            let answer: Answer<Vec<T>> = self.ask(&request).await?;
            let total = answer.total_number.count();
            let mut rows = answer.data.unwrap_or_default();
            // A page may be short without being the last (§7); an empty one is the end whatever the total says.
            let end = rows.is_empty();
            all.append(&mut rows);
            if end || all.len() as u64 >= total {
                break;
            }
        }
        Ok(all)
    }

    /// Asks for the calls that go on at `extension`. Calls of others are dropped, whatever the PBX answers.
    pub async fn live_calls(
        &self,
        extension: &Extension,
    ) -> Result<Vec<(CallId, Vec<Leg>)>, Error> {
        let request = Request::list("call/query").with("extension", extension);
        Ok(self.0.ear.live(extension, self.query(&request).await?))
    }

    /// Asks how a call of ours stands; `None`: there is no such call (any more).
    pub async fn live_call(&self, call: &CallId) -> Result<Option<(CallId, Vec<Leg>)>, Error> {
        let request = Request::get("call/query").with("call_id", call);
        let calls = self.query(&request).await?;
        let found = calls.into_iter().find(|found| found.call_id.as_str() == call.as_str());
        Ok(found.map(|found| (call.clone(), found.legs())))
    }

    /// Has `caller`'s phone ring, and calls `callee` once that is picked up. `callee` as the phone would dial it.
    ///
    /// Granted means accepted: a refusal by the dial plan comes as [`domain::CallEvent::Failed`] to the
    /// [`Listener`](crate::Listener), also where the PBX sends it before this answer.
    pub async fn dial(&self, caller: &Extension, callee: &str) -> Result<CallId, Error> {
        let dialling = self.0.ear.dialling();
        let body = json!({ "caller": caller.as_str(), "callee": callee });
        let answer: Answer<serde_json::Value> = self.ask(&Request::post("call/dial", body)).await?;
        let call = answer.call_id.as_deref().map(CallId::new);
        let call = call.ok_or_else(|| Error::unexpected("no call id in the answer"))?;
        dialling.became(&call);
        Ok(call)
    }

    /// Ends one leg, and with it a call between two. A leg that is gone already counts as done.
    pub async fn hang_up(&self, channel: &ChannelId) -> Result<(), Error> {
        let body = json!({ "channel_id": channel.as_str() });
        match self.ask::<serde_json::Value>(&Request::post("call/hangup", body)).await {
            Ok(_) | Err(Error::Refused { code: 70130, .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Goes by another proxy of the desktop's from the next connection on. Returns whether it is another one.
    pub fn goes_by(&self, proxy: Option<Url>) -> bool {
        self.0.route.goes_by(proxy)
    }

    /// Says whether a proxy may be on the way: not to a PBX on the LAN.
    pub fn may_need_a_proxy(&self) -> bool {
        let address = &self.0.options.address;
        address.is_tls() && !address.is_on_the_lan()
    }

    /// Gives the token back and forgets it, also in the vault; takes two seconds at most and cannot fail.
    /// After that every question answers [`Error::Closed`].
    pub async fn revoke(&self) {
        self.0.keeper.revoke(AfterRevoke::Forget).await;
    }

    /// Gives the token back like [`revoke`](Self::revoke). Where the PBX is not reached the token stays in the vault: it
    /// lives on there, one of the eight that a PBX has, and the next start uses it.
    pub async fn rest(&self) {
        self.0.keeper.revoke(AfterRevoke::KeepUntaken).await;
    }

    /// Gives the token back like [`revoke`](Self::revoke), and leaves the vault alone: it is a successor's by now.
    pub async fn give_back(&self) {
        self.0.keeper.revoke(AfterRevoke::Leave).await;
    }

    async fn query(&self, request: &Request<'_>) -> Result<Vec<crate::wire::event::Call>, Error> {
        match self.ask::<Calls>(request).await {
            Ok(answer) => Ok(answer.data.unwrap_or_default().0),
            Err(Error::DataNotFound) => Ok(Vec::new()),
            Err(other) => Err(other),
        }
    }

    /// Sends a request with a token; with a renewed one once more, if the PBX says that it has expired.
    async fn ask<T: DeserializeOwned + Default>(
        &self,
        request: &Request<'_>,
    ) -> Result<Answer<T>, Error> {
        let token = self.token().await?;
        match self.ask_with(request, &token).await {
            // Refused means not done: even a dial may be repeated.
            Err(Error::TokenRefused) => {
                let token = self.token().await?;
                self.ask_with(request, &token).await
            }
            other => other,
        }
    }

    async fn ask_with<T: DeserializeOwned + Default>(
        &self,
        request: &Request<'_>,
        token: &Token,
    ) -> Result<Answer<T>, Error> {
        let body = self.0.transport.send(request, Some(&token.secret)).await?;
        let result = answer::read(&body, self.now().wall);
        if let Err(error) = &result {
            self.heard(error, token);
        }
        result
    }

    /// Takes note of an answer that says something about the token or about us, wherever it came from.
    pub(crate) fn heard(&self, error: &Error, token: &Token) {
        match error {
            Error::TokenRefused => self.0.keeper.refused(token),
            Error::AddressBlocked { .. } => self.0.keeper.stop(error),
            _ => {}
        }
    }

    pub(crate) async fn token(&self) -> Result<Token, Error> {
        self.0.keeper.token().await
    }

    pub(crate) fn keeper(&self) -> &Keeper {
        &self.0.keeper
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn route(&self) -> &Route {
        &self.0.route
    }

    pub(crate) fn tls(&self) -> Arc<rustls::ClientConfig> {
        Arc::clone(&self.0.tls)
    }

    pub(crate) fn ear(&self) -> &Ear {
        &self.0.ear
    }

    /// Returns our own clock.
    pub(crate) fn now(&self) -> Moment {
        self.0.own_clock.now()
    }

    pub(crate) fn own_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.own_clock)
    }
}

fn entry(row: ExtensionRow) -> Option<ExtensionEntry> {
    Some(ExtensionEntry {
        any_phone_online: row.any_phone_online(),
        number: Extension::new(row.number.as_deref()?),
        name: row.caller_id_name.into_option().unwrap_or_default(),
        email: row.email_addr.into_option(),
        mobile: row.mobile_number.into_option(),
    })
}
