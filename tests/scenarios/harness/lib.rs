//! The harness of the scenarios: an office with a simulated PBX, a simulated Salesforce org, and a desk with the
//! real engine and the real clients. It has verbs for what people do, and waits for what can be observed.

#![expect(clippy::unwrap_used, reason = "a harness of tests: what cannot be done ends the test")]

mod apart;
mod clock;
mod colleagues;
mod desk;
mod examined;
mod left_out;
mod office;
mod people;
mod stranger;
mod tap;

pub use apart::Apart;
pub use clock::MovedClock;
pub use desk::{SessionSecrets, WatchedDesk};
pub use examined::Findings;
pub use left_out::left_out;
pub use office::{
    ADA, AGENT, Office, Options, browser, eventually, free_port, registered_callbacks, stays,
};
pub use people::Ears;
pub use simulator::{
    Cut, Fault, FaultRule,
    pbx::{Call, DialOutcome, InboundSpec},
};
pub use stranger::{Line, Manner, Stranger, hangs_up};
pub use tap::Tap;
