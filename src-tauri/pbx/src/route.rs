//! The way to the PBX: straight, or through the proxy of an office whose PBX is in the cloud; and of several addresses
//! whichever answers first.
//!
//! A PBX on this computer or on the LAN is reached straight, whatever proxy is set: no proxy knows the way there.

use std::{
    env, fmt,
    future::poll_fn,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper_util::client::{
    legacy::connect::{HttpConnector, dns::GaiResolver, proxy::Tunnel},
    proxy::matcher::Matcher,
};
use reqwest::header::HeaderValue;
use tokio::{net::TcpStream, time::Instant};
use tower_service::Service;
use url::Url;

use crate::{
    address::Address,
    error::{Cause, Error},
};

/// After this the addresses of the other family are tried beside those that do not answer: a route that leads nowhere
/// swallows packets in silence. Source: RFC 8305, section 5.
const BESIDE: Duration = Duration::from_millis(250);
/// A name that the office's own name servers do not know is a name for the proxy to find.
const NAMES: Duration = Duration::from_secs(2);
/// What was found out about the name is believed for so long: the computer may be carried elsewhere.
const FOUND: Duration = Duration::from_secs(60);

/// How the PBX is reached.
pub(crate) struct Route {
    address: Address,
    /// The proxy that only the desktop's settings name.
    named: Mutex<Option<Url>>,
    /// Whether the name was found to stand for an address on the LAN, and when.
    near: Mutex<Option<(Instant, bool)>>,
}

/// A proxy that connects us by `CONNECT`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// Where it is.
    pub(crate) uri: http::Uri,
    /// Its log-in, ready for the header.
    pub(crate) login: Option<HeaderValue>,
}

/// Without the proxy, which may hold a log-in.
impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("address", &self.address.as_str()).finish_non_exhaustive()
    }
}

impl Route {
    pub(crate) fn new(address: Address, named: Option<Url>) -> Self {
        Self { address, named: Mutex::new(named), near: Mutex::default() }
    }

    /// Goes by another proxy from the next connection on. Returns whether it is another one.
    pub(crate) fn goes_by(&self, named: Option<Url>) -> bool {
        let mut known = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *known, named.clone()) != named
    }

    /// Finds the proxy to go through; `None`: straight.
    pub(crate) async fn proxy(&self) -> Option<Proxy> {
        if !self.address.is_tls() || self.address.is_on_the_lan() {
            return None;
        }
        let proxy = self.set()?;
        (!self.is_near().await).then_some(proxy)
    }

    /// Says whether the name stands for an address on the LAN.
    async fn is_near(&self) -> bool {
        let known = *self.near.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, near)) = known.filter(|(at, _)| at.elapsed() < FOUND) {
            return near;
        }
        let at = (self.address.host(), self.address.port());
        let found = tokio::time::timeout(NAMES, tokio::net::lookup_host(at)).await;
        let near = match found {
            Ok(Ok(mut found)) => found.any(|at| is_private(at.ip())),
            Ok(Err(_)) | Err(_) => false,
        };
        *self.near.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), near));
        near
    }

    /// Returns the proxy that is set for this address, by the desktop, the environment or the system.
    fn set(&self) -> Option<Proxy> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let matcher = match named {
            Some(proxy) => {
                let none =
                    ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| env::var(name).ok());
                Matcher::builder().all(proxy.as_str()).no(none.unwrap_or_default()).build()
            }
            None => Matcher::from_system(),
        };
        let found = matcher.intercept(&self.uri().ok()?)?;
        if found.uri().scheme_str() != Some("http") {
            tracing::debug!(
                "the proxy that is set is none that connects by HTTP; the PBX is reached straight"
            );
            return None;
        }
        Some(Proxy { uri: found.uri().clone(), login: found.basic_auth().cloned() })
    }

    fn uri(&self) -> Result<http::Uri, Error> {
        self.address.as_str().parse().map_err(|_| Error::unexpected("not a usable address"))
    }

    /// Connects within so long.
    pub(crate) async fn connect(&self, within: Duration) -> Result<TcpStream, Error> {
        let connecting = async {
            match self.proxy().await {
                None => reached(side_by_side(GaiResolver::new()), self.uri()?).await,
                Some(proxy) => {
                    let tunnel = Tunnel::new(proxy.uri, side_by_side(GaiResolver::new()));
                    let tunnel = match proxy.login {
                        Some(login) => tunnel.with_auth(login),
                        None => tunnel,
                    };
                    reached(tunnel, self.uri()?).await
                }
            }
        };
        tokio::time::timeout(within, connecting).await.map_err(|_| Error::Timeout)?
    }
}

/// Makes a connector that tries the addresses of both families side by side.
fn side_by_side<R>(names: R) -> HttpConnector<R> {
    let mut connector = HttpConnector::new_with_resolver(names);
    connector.enforce_http(false);
    // Otherwise a heartbeat may wait for an acknowledgement.
    connector.set_nodelay(true);
    connector.set_happy_eyeballs_timeout(Some(BESIDE));
    connector
}

async fn reached<C>(mut connector: C, to: http::Uri) -> Result<TcpStream, Error>
where
    C: Service<http::Uri, Response = hyper_util::rt::TokioIo<TcpStream>>,
    C::Error: std::error::Error + Send + Sync + 'static,
{
    poll_fn(|context| connector.poll_ready(context)).await.map_err(failed)?;
    connector.call(to).await.map(hyper_util::rt::TokioIo::into_inner).map_err(failed)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let wants_login = wants_login(&error);
    let cause: Cause = Arc::new(error);
    if wants_login { Error::ProxyLogin(cause) } else { Error::Unreachable(cause) }
}

/// Says whether a proxy has asked for a log-in. The library says so in words alone.
pub(crate) fn wants_login(error: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.into_iter().any(|error| error.to_string().contains("proxy authorization required"))
}

/// Says whether an address is this computer's or one of a LAN.
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => {
            ip.to_ipv4_mapped().map_or_else(|| is_private_v6(ip), |ip| is_private(IpAddr::V4(ip)))
        }
    }
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use std::{
        net::{SocketAddr, TcpStream as Blocking},
        task::{Context, Poll},
    };

    use hyper_util::client::legacy::connect::dns::Name;

    use super::*;

    /// A name server that knows one name.
    #[derive(Clone)]
    struct Names(Vec<SocketAddr>);

    impl Service<Name> for Names {
        type Response = std::vec::IntoIter<SocketAddr>;
        type Error = std::io::Error;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Name) -> Self::Future {
            std::future::ready(Ok(self.0.clone().into_iter()))
        }
    }

    /// Nobody takes connections here, and nobody says so: once the queue is full, packets are dropped.
    fn silent(listener: &std::net::TcpListener) -> Vec<Blocking> {
        let at = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while waiting.len() < 10_000 {
            match Blocking::connect_timeout(&at, Duration::from_millis(300)) {
                Ok(stream) => waiting.push(stream),
                Err(_) => return waiting,
            }
        }
        panic!("the queue is never full");
    }

    #[tokio::test]
    async fn an_ipv6_route_that_swallows_packets_does_not_make_the_pbx_deaf() {
        let v4 = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = v4.local_addr().unwrap().port();
        let dead = std::net::TcpListener::bind(("::1", port)).expect("IPv6 on this computer");
        let _held = silent(&dead);
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), port);
        let names = Names(vec![at("::1"), at("127.0.0.1")]);

        let begun = Instant::now();
        let to = format!("https://pbx.example.com:{port}").parse().unwrap();
        let stream = reached(side_by_side(names), to).await.unwrap();

        assert!(stream.peer_addr().unwrap().is_ipv4());
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_pbx_on_the_lan_is_reached_straight() {
        let proxy = Url::parse("http://proxy.example:3128").unwrap();
        for (address, through) in [
            ("https://192.168.1.20:8088", false),
            ("https://10.0.0.5", false),
            ("https://[fd00::1]:8088", false),
            ("https://pbx:8088", false),
            ("https://pbx.office.lan", false),
            ("http://127.0.0.1:8088", false),
            ("https://localhost:8088", false),
            ("https://203.0.113.7:8088", true),
            ("https://pbx.invalid", true),
        ] {
            let address_of = Address::parse(address).unwrap();
            let route = Route::new(address_of, Some(proxy.clone()));
            assert_eq!(route.proxy().await.is_some(), through, "{address}");
            assert!(route.goes_by(None) && !route.goes_by(None));
        }
    }

    #[test]
    fn the_log_in_of_a_proxy_goes_into_the_header() {
        let proxy = Url::parse("http://mara:pass%20word@proxy.example:3128").unwrap();
        let route = Route::new(Address::parse("https://pbx.example.com").unwrap(), Some(proxy));
        let proxy = route.set().unwrap();
        assert_eq!(proxy.login.unwrap(), "Basic bWFyYTpwYXNzIHdvcmQ=");
        assert_eq!(
            proxy.uri.authority().map(http::uri::Authority::as_str),
            Some("proxy.example:3128")
        );
    }
}
