//! A Yeastar P-Series PBX and a Salesforce org with memory, on loopback.
//!
//! Both are as strict as the reference pages say, have switches for what those pages are unsure of,
//! and keep a ledger of everything that reached them. They use none of Patchcord's own crates, so that
//! they cannot share a misunderstanding with the clients they test.

mod clock;
pub mod control;
mod door;
mod fault;
mod latency;
mod line;
pub mod pbx;
mod ports;
pub mod salesforce;
mod script;

pub use fault::{Fault, FaultRule};
pub use latency::Latency;
pub use line::Cut;
pub use pbx::{Call, Flood, InboundSpec, Pbx, PbxConfig, PbxRequest, PbxSwitches};
pub use ports::free_port;
pub use salesforce::{OrgConfig, OrgRequest, OrgSwitches, Salesforce};
