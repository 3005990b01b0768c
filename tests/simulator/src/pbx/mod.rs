//! A Yeastar P-Series PBX on loopback: Open API, event socket, and telephones that tests pick up.
//!
//! It follows `reference/yeastar-open-api.md` strictly; where that page is unsure, there is a switch.

mod api;
mod calls;
mod cdr;
mod config;
mod flood;
pub(crate) mod http;
mod moves;
mod phonebook;
mod socket;
mod state;
mod tokens;
mod verbs;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    time::Duration,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

pub use config::{
    BlockExpiry, DialOutcome, EndNames, Extension, MsgShape, PbxConfig, PbxSwitches, Queue,
    Records, Subscribing, Upgrade,
};
pub use flood::Flood;
pub use verbs::{Call, InboundSpec};

use crate::{clock::Clock, door::Door, line::Cut};
use state::{Out, State};

/// One thing that reached the PBX: an HTTP request, or something on an event socket.
#[derive(Clone, Debug, PartialEq)]
pub struct PbxRequest {
    /// When, in milliseconds since 1970 on the PBX's clock.
    pub at_ms: i64,
    /// `GET`, `POST`, …; `OPEN`, `SUBSCRIBE`, `FRAME` and `CLOSE` for sockets.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Names of the query's parameters; their values are secrets or numbers.
    pub query: Vec<String>,
    /// The `User-Agent`, if one was sent.
    pub user_agent: Option<String>,
    /// The body as JSON, or the text of a frame.
    pub body: Option<Value>,
    /// HTTP status of the answer; 0 where none was given.
    pub status: u16,
    /// errcode of the answer.
    pub errcode: Option<i64>,
}

/// A PBX on loopback. Clones are handles on the same one; it stops when the last is dropped.
#[derive(Clone)]
pub struct Pbx {
    core: Arc<Core>,
    _alive: Arc<Alive>,
}

impl std::fmt::Debug for Pbx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pbx").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// Closes the door when the last handle goes.
struct Alive(Arc<Core>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.door().close();
        self.0.with(|state, _| {
            state.background_rate = 0.0;
            state.subscribers.clear();
        });
    }
}

pub(crate) struct Core {
    clock: Clock,
    door: OnceLock<Door>,
    certificate: Option<String>,
    state: Mutex<State>,
    this: Weak<Core>,
}

impl Core {
    fn door(&self) -> &Door {
        self.door.get().expect("the door is set before the PBX is handed out")
    }

    /// Looks at or changes the state, at the PBX's time.
    fn with<T>(&self, f: impl FnOnce(&mut State, i64) -> T) -> T {
        let now_ms = self.clock.now_ms();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = f(&mut state, now_ms);
        if state.holds_events() {
            self.release_soon();
        }
        result
    }

    fn release_soon(&self) {
        let this = self.this.clone();
        self.door().runtime().spawn(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            if let Some(core) = this.upgrade() {
                core.state.lock().unwrap_or_else(PoisonError::into_inner).release_held();
            }
        });
    }
}

impl Pbx {
    /// Starts a PBX on loopback.
    ///
    /// # Panics
    ///
    /// When the port is taken.
    pub async fn start(config: PbxConfig) -> Self {
        let (port, skew) = (config.port, config.clock_skew_s);
        let (acceptor, certificate) =
            if config.tls { Some(self_signed()).unzip() } else { (None, None) };
        let core = Arc::new_cyclic(|this| Core {
            clock: Clock::default(),
            door: OnceLock::new(),
            certificate,
            state: Mutex::new(State::new(Arc::new(config))),
            this: this.clone(),
        });
        core.clock.skew(skew);
        let weak = Arc::downgrade(&core);
        let handler =
            Arc::new(move |request, line| -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
                Box::pin(http::answer(weak.clone(), request, line))
            });
        let door = Door::open(port, acceptor, handler).await;
        if core.door.set(door).is_err() {
            unreachable!("the door is set once");
        }
        Self { _alive: Arc::new(Alive(core.clone())), core }
    }

    /// `http://127.0.0.1:PORT`, or `https://…`.
    pub fn address(&self) -> String {
        let scheme = if self.core.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.core.door().port())
    }

    /// SHA-256 of the DER-encoded leaf certificate, in hex, when TLS is on.
    pub fn certificate_sha256(&self) -> Option<String> {
        self.core.certificate.clone()
    }

    /// The client ID that `get_token` takes.
    pub fn client_id(&self) -> String {
        self.core.with(|state, _| state.config.client_id.clone())
    }

    /// The client secret that `get_token` takes now.
    pub fn client_secret(&self) -> String {
        self.core.with(|state, _| state.secret.clone())
    }

    /// The PBX's serial number.
    pub fn serial(&self) -> String {
        self.core.with(|state, _| state.config.serial.clone())
    }

    /// Everything that reached the PBX so far, in order.
    pub fn ledger(&self) -> Vec<PbxRequest> {
        self.core.with(|state, _| state.ledger.clone())
    }

    /// Empties the ledger.
    pub fn forget_ledger(&self) {
        self.core.with(|state, _| state.ledger.clear());
    }

    /// Changes faults and unsure facts.
    pub fn set(&self, f: impl FnOnce(&mut PbxSwitches)) {
        self.core.with(|state, _| f(&mut state.switches));
    }

    /// Gives the API a new secret; every token of the old one ends.
    pub fn change_secret(&self, secret: &str) {
        self.core.with(|state, _| {
            secret.clone_into(&mut state.secret);
            state.tokens.end_all();
        });
    }

    /// Takes this computer's address off the list of blocked ones.
    pub fn unblock(&self) {
        self.core.with(|state, _| state.tokens.unblock());
    }

    /// Ends all access tokens; refresh tokens go on.
    pub fn expire_access_tokens(&self) {
        self.core.with(|state, now_ms| state.tokens.end_access(now_ms));
    }

    /// Ends all access and refresh tokens.
    pub fn expire_all_tokens(&self) {
        self.core.with(|state, _| state.tokens.end_all());
    }

    /// Takes token slots, as other programs on the same PBX would.
    pub fn occupy_tokens(&self, count: usize) {
        self.core.with(|state, now_ms| {
            let config = state.config.clone();
            state.tokens.occupy(count, &config, now_ms);
        });
    }

    /// Access tokens that are valid now.
    pub fn live_tokens(&self) -> usize {
        self.core.with(|state, now_ms| state.tokens.live(now_ms))
    }

    /// Every secret in use, for tests that look for leaks.
    pub fn secrets(&self) -> BTreeSet<String> {
        self.core.with(|state, _| {
            let mut secrets = state.tokens.secrets();
            secrets.insert(state.secret.clone());
            secrets
        })
    }

    /// Lets time pass at once: tokens age, a block ends.
    pub fn advance(&self, passed: Duration) {
        self.core.clock.advance(passed);
    }

    /// Somebody sets the clock that the PBX shows and stamps its records with: so many seconds on, or back.
    pub fn set_clock_by(&self, seconds: i64) {
        self.core.with(|state, _| state.clock_wrong_ms += seconds * 1000);
    }

    /// Stops listening and cuts every connection. Telephones go on.
    pub fn stop_listening(&self) {
        self.core.door().close();
    }

    /// Listens again, on the same port.
    pub async fn listen_again(&self) {
        self.core.door().open_again().await;
    }

    /// Cuts the event sockets.
    pub fn cut_sockets(&self, how: Cut) {
        if how == Cut::Close {
            // A good-bye on every socket, subscribed or not.
            self.core.with(|state, _| {
                for subscriber in state.subscribers.drain(..) {
                    // One that is gone already needs no good-bye.
                    let _ = subscriber.sender.send(Out::Close);
                }
            });
        } else {
            self.core.door().cut(how, crate::line::Line::is_socket);
            self.core.with(|state, _| state.subscribers.clear());
        }
    }

    /// Sockets that have subscribed.
    pub fn subscribers(&self) -> usize {
        self.core.with(|state, _| {
            state
                .subscribers
                .iter()
                .filter(|one| !one.topics.is_empty() && !one.sender.is_closed())
                .count()
        })
    }

    /// Somebody outside calls an extension: ALERT and RING.
    pub fn inbound(&self, from: &str, to_extension: &str) -> Call {
        self.inbound_with(InboundSpec {
            from: from.to_owned(),
            extensions: vec![to_extension.to_owned()],
            ..InboundSpec::default()
        })
    }

    /// Somebody outside calls, in detail.
    pub fn inbound_with(&self, spec: InboundSpec) -> Call {
        let id = self.core.with(|state, now_ms| moves::inbound(state, spec, now_ms));
        Call::new(self.core.clone(), id)
    }

    /// Somebody outside calls a queue or group; all its agents ring.
    pub fn inbound_queue(&self, from: &str, queue: &str) -> Call {
        let agents = self.core.with(|state, _| {
            let found = state.config.queues.iter().find(|one| one.number == queue);
            found.map(|queue| queue.agents.clone()).unwrap_or_default()
        });
        self.inbound_with(InboundSpec {
            from: from.to_owned(),
            extensions: agents,
            via: Some(queue.to_owned()),
            answered_by_pbx: true,
            ..InboundSpec::default()
        })
    }

    /// An extension dials a number outside by hand.
    pub fn outbound(&self, extension: &str, to: &str) -> Call {
        let id = self.core.with(|state, now_ms| moves::outbound(state, extension, to, now_ms));
        Call::new(self.core.clone(), id)
    }

    /// An extension dials another.
    pub fn internal(&self, from: &str, to: &str) -> Call {
        let id = self.core.with(|state, now_ms| moves::internal(state, from, to, now_ms));
        Call::new(self.core.clone(), id)
    }

    /// Calls that go on, those begun by `call/dial` too, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        let ids: Vec<String> =
            self.core.with(|state, _| state.calls.iter().map(|call| call.id.clone()).collect());
        ids.into_iter().map(|id| Call::new(self.core.clone(), id)).collect()
    }

    /// Puts a call at the end of [`Self::calls`], where a script looks for the one it speaks of.
    pub(crate) fn put_last(&self, call: &Call) {
        let id = call.id();
        self.core.with(|state, _| state.calls.sort_by_key(|one| one.event_id() == id));
    }

    /// The newest call that `call/dial` began and that goes on.
    pub fn dialled_call(&self) -> Option<Call> {
        let id = self.core.with(|state, _| {
            state.calls.iter().rev().find(|call| call.dialled_by_api).map(|call| call.id.clone())
        })?;
        Some(Call::new(self.core.clone(), id))
    }

    /// All call records, oldest first, as v1.0 of the API shows them.
    pub fn cdr(&self) -> Vec<Value> {
        self.core.with(|state, _| {
            let (config, switches) = (state.config.clone(), state.switches.clone());
            state.rows.iter().map(|row| row.as_v1(&config, &switches)).collect()
        })
    }

    /// Forgets the call records, as the PBX's automatic clean-up does.
    pub fn clean_up_cdr(&self) {
        self.core.with(|state, _| state.rows.clear());
    }

    /// Its software is upgraded, and keeps the records from now on in another place than the older ones; all desktops are cut
    /// off. The documents do not say which of both a search shows.
    pub fn is_upgraded(&self, shows: Records) {
        self.core.with(|state, now_ms| {
            state.switches.upgraded = Some(Upgrade { at_ms: now_ms, shows });
        });
        self.cut_sockets(Cut::Reset);
    }

    /// Is restored from a backup of its first day: it counts its calls anew, and has no record of them; all desktops are
    /// cut off.
    pub fn is_restored(&self) {
        self.core.with(|state, _| state.forget_calls());
        self.expire_all_tokens();
        self.cut_sockets(Cut::Reset);
    }

    /// Company contacts, as the API shows them.
    pub fn contacts(&self) -> Vec<Value> {
        self.core.with(|state, _| {
            let switches = state.switches.clone();
            state.contacts.all(&switches)
        })
    }

    /// How many company contacts there are.
    pub fn contacts_held(&self) -> usize {
        self.core.with(|state, _| state.contacts.len())
    }

    /// Phonebooks, as the API lists them.
    pub fn phonebooks(&self) -> Vec<Value> {
        self.core.with(|state, _| state.contacts.phonebooks())
    }

    /// An administrator works on contacts and phonebooks in the portal, which comes to the same as these interfaces:
    /// `company_contact/update` with a body, `company_contact/delete?id=12` without. Nothing of it is in the ledger.
    pub fn administer(&self, interface: &str, body: Value) -> Value {
        let (path, query) = interface.split_once('?').unwrap_or((interface, ""));
        let asked = http::Asked {
            method: if body.is_null() { "GET" } else { "POST" }.to_owned(),
            path: format!("/openapi/v1.0/{path}"),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            user_agent: None,
            body: None,
        };
        self.core.with(|state, _| {
            let switches = state.switches.clone();
            state.contacts.answer(&asked, &body, &switches)
        })
    }

    /// Removes an extension from the lists, as an administrator does.
    pub fn remove_extension(&self, number: &str) {
        self.core.with(|state, _| {
            state.gone_extensions.insert(number.to_owned());
        });
    }

    /// Puts it back.
    pub fn restore_extension(&self, number: &str) {
        self.core.with(|state, _| {
            state.gone_extensions.remove(number);
        });
    }

    /// Calls of extensions that are nobody's here, at about `rate` per second; 0 ends them.
    pub fn background_calls(&self, rate: f64) {
        let was = self.core.with(|state, _| std::mem::replace(&mut state.background_rate, rate));
        if was > 0.0 || rate <= 0.0 {
            return;
        }
        let this = self.core.this.clone();
        self.core.door().runtime().spawn(async move {
            for turn in 0_u64.. {
                let Some(core) = this.upgrade() else { return };
                let rate = core.with(|state, _| state.background_rate);
                if rate <= 0.0 {
                    return;
                }
                let spec = InboundSpec {
                    from: format!("0305550{:04}", turn % 10_000),
                    extensions: vec![format!("47{:02}", turn % 100)],
                    ..InboundSpec::default()
                };
                let id = core.with(|state, now_ms| moves::inbound(state, spec, now_ms));
                let call = Call::new(core, id);
                call.answer(&format!("47{:02}", turn % 100));
                call.hang_up();
                drop(call);
                tokio::time::sleep(Duration::from_secs_f64(1.0 / rate)).await;
            }
        });
    }

    /// Sends an event of this type with this `msg` to those who subscribed to it.
    pub fn emit(&self, kind: u32, msg: Value) {
        self.core.with(|state, _| state.emit(kind, msg));
    }

    /// Sends any text frame to all subscribers.
    pub fn emit_raw(&self, frame: &str) {
        self.core.with(|state, _| state.broadcast(&Out::Text(frame.to_owned())));
    }

    /// Sends a binary frame to all subscribers.
    pub fn emit_binary(&self, bytes: Vec<u8>) {
        self.core.with(|state, _| state.broadcast(&Out::Binary(bytes)));
    }

    /// Writes bytes past the WebSocket framing: broken frames, invalid UTF-8, fragments.
    pub fn emit_wire(&self, bytes: Vec<u8>) {
        self.core.with(|state, _| state.broadcast(&Out::Wire(bytes)));
    }

    /// Sends 30022: an extension's settings changed.
    pub fn extension_settings_changed(&self, number: &str) {
        self.emit(30022, json!({ "extension": number }));
    }
}

fn self_signed() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(vec!["pbx.example.com".to_owned()])
        .expect("a certificate for a plain host name can be made");
    let leaf = CertificateDer::from(made.cert.der().to_vec());
    let digest = Sha256::digest(&leaf);
    let print = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key)
        .expect("the key belongs to the certificate just made");
    (TlsAcceptor::from(Arc::new(config)), print)
}
