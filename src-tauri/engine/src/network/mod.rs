//! The network of this computer: that it changed, and whether there is one.
//!
//! The operating system tells of links, addresses and routes; nothing is asked in a rhythm. What it tells comes in
//! bursts and may never end (a loose plug), so the engine goes by [`calm`], which lets a burst pass and limits how often
//! a change is told.
//!
//! | system | where news comes from |
//! |---|---|
//! | Linux | a netlink socket: links, addresses, routes |
//! | macOS | a routing socket: the same |
//! | Windows | addresses, which a VPN and a cable bring and take along: `netwatcher`, on `NotifyUnicastIpAddressChange` |

mod calm;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod news;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod socket;
#[cfg(windows)]
mod windows;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use tokio::sync::watch;

pub(crate) use calm::calmed;

#[cfg(any(target_os = "linux", target_os = "macos"))]
use socket::Source;
#[cfg(windows)]
use windows::Source;

/// What is known of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// How often it has changed since the start.
    pub changes: u64,
    /// Whether there is a way out of this computer. True where that cannot be known.
    pub there: bool,
}

impl Default for Network {
    fn default() -> Self {
        Self { changes: 0, there: true }
    }
}

/// Follows the network of this computer, for as long as somebody holds what is returned. Must be called on a runtime.
/// Where the system tells nothing, nothing is ever told; the waits of the connections then do what they can.
pub fn watch() -> watch::Receiver<Network> {
    // Before the look around, so that nothing is missed between the two.
    let source = Source::open();
    let (out, changes) = watch::channel(Network { changes: 0, there: is_there() });
    tokio::spawn(async move {
        let following = async { source?.follow(&out).await };
        let ended = tokio::select! {
            ended = following => ended,
            () = out.closed() => return,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "changes of the network are not noticed");
        }
        // A receiver whose sender is gone would have to be treated apart.
        out.closed().await;
    });
    changes
}

/// Returns a network that never changes, for an engine that connects to nothing.
pub fn still() -> watch::Receiver<Network> {
    watch::channel(Network::default()).1
}

/// Takes note of a change.
fn changed(out: &watch::Sender<Network>) {
    let there = is_there();
    out.send_modify(|network| *network = Network { changes: network.changes + 1, there });
    tracing::debug!(there, "the network has changed");
}

/// Says whether there is a route to the world. Costs no packet: to "connect" a datagram socket only looks the route up.
/// The addresses are those set aside for documentation (RFC 5737, RFC 3849).
fn is_there() -> bool {
    let routed = |own: IpAddr, to: IpAddr| {
        UdpSocket::bind((own, 0)).and_then(|socket| socket.connect((to, 9))).is_ok()
    };
    let v4 = Ipv4Addr::new(192, 0, 2, 1);
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    routed(Ipv4Addr::UNSPECIFIED.into(), v4.into())
        || routed(Ipv6Addr::UNSPECIFIED.into(), v6.into())
}

/// Nothing is known to tell.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
struct Source;

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
impl Source {
    fn open() -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    async fn follow(self, _out: &watch::Sender<Network>) -> std::io::Result<()> {
        std::future::pending().await
    }
}
