//! Where the PBX is.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

use crate::route::is_private;

/// The base of the PBX's interface: scheme, host and port.
///
/// Secrets travel in the body and in the query of requests, so plain http is for loopback hosts only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    text: String,
    host: Host<String>,
    port: u16,
    tls: bool,
}

/// Why a text is not the address of a PBX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("the address is empty")]
    Empty,
    /// It cannot be read as an address.
    #[error("this is not an address such as https://pbx.example.com:8088")]
    NotAnAddress,
    /// Another scheme than http and https.
    #[error("the address must begin with https://")]
    Scheme,
    /// A user name or password before the host.
    #[error("the address must not hold a user name or password")]
    UserInfo,
    /// Plain http to another machine: the secret would be readable on the way.
    #[error("plain http is possible for this computer only; use https://")]
    PlainHttp,
}

impl Address {
    /// Reads what a person typed or pasted.
    ///
    /// Without a scheme it is https. Without a port it is the PBX's own (8088) where the host is an IP address, a single
    /// word or a name that only a LAN has, and 443 where it is a full name, as with Yeastar's remote access and cloud. A path
    /// or query, such as the one of the portal's log-in page, is cut off. Source: yeastar-open-api.md §1.2.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&text).map_err(|_| AddressError::NotAnAddress)?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(AddressError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::UserInfo);
        }
        let host = url.host().ok_or(AddressError::NotAnAddress)?.to_owned();
        if !tls && !is_loopback(&host) {
            return Err(AddressError::PlainHttp);
        }
        let scheme_port = if tls { 443 } else { 80 };
        let port = match (url.port(), port_is_spelled_out(&text)) {
            (Some(port), _) => port,
            (None, false) if tls && is_local_name(&host) => 8088,
            (None, _) => scheme_port,
        };
        let scheme = if tls { "https" } else { "http" };
        let text = if port == scheme_port {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        };
        Ok(Self { text, host, port, tls })
    }

    /// Returns `https://host[:port]`, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Says whether the host is this computer.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Says whether the host is this computer, or one that only its network knows.
    pub(crate) fn is_on_the_lan(&self) -> bool {
        match &self.host {
            Host::Domain(_) => self.is_loopback() || is_local_name(&self.host),
            Host::Ipv4(ip) => is_private(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => is_private(IpAddr::V6(*ip)),
        }
    }

    /// Says whether the way there is encrypted.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Returns the host as a resolver takes it: no brackets around IPv6.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

/// Says whether the host is named as one does on a LAN.
/// Endings of names that the public network does not know.
///
/// Source: RFC 6762, section 3 and appendix G; RFC 8375.
const LOCAL_ENDINGS: [&str; 8] =
    ["local", "lan", "internal", "intranet", "private", "corp", "home", "home.arpa"];

fn is_local_name(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let ends = |ending: &&str| {
                name.strip_suffix(*ending).is_some_and(|before| before.ends_with('.'))
            };
            !name.contains('.') || LOCAL_ENDINGS.iter().any(ends)
        }
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// Says whether the text names a port: `Url` forgets one that is the scheme's own.
fn port_is_spelled_out(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let after_host = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    after_host.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_follows_from_the_kind_of_host_unless_it_is_given() {
        for (typed, read) in [
            ("pbx.example.com", "https://pbx.example.com"),
            ("https://pbx.example.com:8088/", "https://pbx.example.com:8088"),
            ("https://pbx.example.com:443", "https://pbx.example.com"),
            ("192.168.5.150", "https://192.168.5.150:8088"),
            ("https://192.168.5.150:443", "https://192.168.5.150"),
            ("10.0.0.4:8443", "https://10.0.0.4:8443"),
            ("pbx", "https://pbx:8088"),
            ("pbx.local", "https://pbx.local:8088"),
            ("Pbx.Office.LAN.", "https://pbx.office.lan.:8088"),
            ("pbx.home.arpa", "https://pbx.home.arpa:8088"),
            ("pbx.atlocal.example", "https://pbx.atlocal.example"),
            ("notlan", "https://notlan:8088"),
            ("pbx.notlan", "https://pbx.notlan"),
            ("  PBX.Example.COM  ", "https://pbx.example.com"),
            ("[fd00::1]", "https://[fd00::1]:8088"),
            ("https://[fd00::1]:443", "https://[fd00::1]"),
            ("http://127.0.0.1:4711", "http://127.0.0.1:4711"),
            ("http://127.0.0.1", "http://127.0.0.1"),
            ("http://localhost:80", "http://localhost"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(Address::parse(typed).map(|a| a.text), Ok(read.to_owned()), "{typed}");
        }
    }

    #[test]
    fn a_pasted_page_of_the_portal_is_cut_down_to_the_host() {
        let address = Address::parse("https://pbx.example.com/login?x=1#/home").unwrap();
        assert_eq!(address.as_str(), "https://pbx.example.com");
        let address = Address::parse("https://192.168.5.150/login:443").unwrap();
        assert_eq!(address.as_str(), "https://192.168.5.150:8088");
    }

    #[test]
    fn what_would_leak_or_mislead_is_refused() {
        for (typed, error) in [
            ("", AddressError::Empty),
            ("   ", AddressError::Empty),
            ("https://", AddressError::NotAnAddress),
            ("https://ho st", AddressError::NotAnAddress),
            ("https://pbx:99999", AddressError::NotAnAddress),
            ("ftp://pbx.example.com", AddressError::Scheme),
            ("file:///etc/passwd", AddressError::Scheme),
            ("http://pbx.example.com", AddressError::PlainHttp),
            ("http://192.168.5.150", AddressError::PlainHttp),
            ("http://localhost.evil.example", AddressError::PlainHttp),
            ("http://127.0.0.1.evil.example", AddressError::PlainHttp),
            ("https://good.example@evil.example", AddressError::UserInfo),
            ("good.example:pass@evil.example", AddressError::UserInfo),
        ] {
            assert_eq!(Address::parse(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn loopback_is_this_computer_and_nothing_else() {
        for (typed, loopback) in [
            ("http://127.8.9.1:1", true),
            ("https://localhost:1", true),
            ("https://[::1]:1", true),
            ("https://localhost.example:1", false),
            ("https://192.168.1.1:1", false),
        ] {
            assert_eq!(Address::parse(typed).unwrap().is_loopback(), loopback, "{typed}");
        }
    }
}
