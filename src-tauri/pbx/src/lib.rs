//! The protocol of a Yeastar P-Series PBX.
//!
//! [`Client`] asks and tells: who is there, what goes on, dial, hang up, what was. [`Listener`] keeps the event
//! socket and hands on what concerns one extension; calls of other people's extensions end in this crate.
//! What a call means is `domain`'s business, what a person is told about an [`Error`] the engine's.
//!
//! | module | what it is for |
//! |---|---|
//! | `address` | where the PBX is, and whether the way there may be plain |
//! | `tls` | whom we believe: public trust, or one pinned certificate |
//! | `route` | straight or through a proxy; addresses side by side |
//! | `transport` | one request, bounded in time and size, never redirected |
//! | `keeper` | one token, reused, renewed by one request at a time |
//! | `client` | the interface's calls in our words |
//! | `listener` | the life of the event connections: connect, listen, wait, again |
//! | `waits` | how long to wait before the next try |
//! | `socket` | opening one: host, TLS, upgrade, topics |
//! | `session` | its course: live calls first, events, heartbeats, its end |
//! | `trial` | an event connection that is opened to see whether one works |
//! | `pulse` | whether the computer slept |
//! | `ear` | which events concern us |
//! | `wire` | the PBX's JSON, with all its looseness |
//!
//! Source of every fact about the PBX: yeastar-open-api.md (the project's reference).

mod address;
mod client;
mod ear;
mod error;
mod keeper;
mod listener;
mod pulse;
mod route;
mod session;
mod socket;
mod tls;
mod tokens;
mod transport;
mod trial;
mod waits;
mod wire;

pub use address::{Address, AddressError};
pub use client::{
    Client, Contacts, ExtensionEntry, ExtensionMonitor, Options, Phonebook, Records, Skews,
    SystemInformation, Timeouts, TrunkMonitor,
};
pub use error::{Cause, Error, Retry};
pub use listener::{Dropped, Input, Listener, ListenerHandle};
pub use tls::{Fingerprint, FingerprintError, Presented, presented_certificate};
pub use tokens::{Credentials, Tokens, Vault};
