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

/// How an engine learns of the network.
#[derive(Clone, Debug)]
pub struct Feed {
    /// What is known, and that it has changed.
    pub news: watch::Receiver<Network>,
    /// Says whether there is a way to a host although none leads out of this computer. Asks the system and sends
    /// nothing.
    pub reaches: fn(&str) -> bool,
}

/// Follows the network of this computer, for as long as somebody holds what is returned. Must be called on a runtime.
/// Where the system tells nothing, nothing is ever told; the waits of the connections then do what they can.
pub fn watch() -> Feed {
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
    Feed { news: changes, reaches }
}

/// Returns a network that never changes, for an engine that connects to nothing.
pub fn still() -> Feed {
    Feed { news: watch::channel(Network::default()).1, reaches }
}

/// Takes note of a change.
fn changed(out: &watch::Sender<Network>) {
    let there = is_there();
    out.send_modify(|network| *network = Network { changes: network.changes + 1, there });
    tracing::debug!(there, "the network has changed");
}

/// Says whether there is a way out of this computer: a route to the world, or a link that is up and has an address, as
/// in an office whose only way out is a proxy. The addresses are those set aside for documentation (RFC 5737, RFC 3849).
fn is_there() -> bool {
    let v4 = Ipv4Addr::new(192, 0, 2, 1);
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    is_routed(v4.into()) || is_routed(v6.into()) || has_link()
}

fn has_link() -> bool {
    if_addrs::get_if_addrs().is_ok_and(|interfaces| {
        interfaces.iter().any(|one| one.is_oper_up() && !one.is_loopback() && !one.is_link_local())
    })
}

/// This computer itself can be reached while nothing else can: a PBX or a proxy on it has no network to wait for.
fn reaches(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return is_routed(Ipv4Addr::LOCALHOST.into()) || is_routed(Ipv6Addr::LOCALHOST.into());
    }
    // A name would have to be asked for.
    host.trim_matches(['[', ']']).parse().is_ok_and(is_routed)
}

/// Costs no packet: to "connect" a datagram socket only looks the route up.
fn is_routed(to: IpAddr) -> bool {
    let own = match to {
        IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((own, 0)).and_then(|socket| socket.connect((to, 9))).is_ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_computer_is_reached_whatever_the_network_does() {
        assert!(reaches("127.0.0.1") && reaches("localhost") && reaches("LOCALHOST"));
        assert!(!reaches("pbx.example.com") && !reaches(""));
    }
}
