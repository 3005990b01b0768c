//! Where people sign in, and as which registered app.

use std::{fmt, time::Duration};

use url::{Host, Url};

use crate::instance::cloud;

/// An address at which people sign in: `login.salesforce.com`, a sandbox's, a My Domain, …
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login(Url);

/// Why a text is not a sign-in address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// It is no web address.
    #[error("this is not a web address")]
    NotAnAddress,
    /// It is not encrypted, and not on this computer.
    #[error("the address must begin with https://")]
    NotEncrypted,
    /// It holds a user name or a password.
    #[error("the address must not hold a user name or password")]
    HoldsUserInfo,
}

impl Login {
    /// Reads an address as people type or paste it. Without a scheme it is https; what follows the host is dropped.
    ///
    /// Lightning's own host cannot sign anybody in: the My Domain's host that belongs to it is taken instead.
    /// Source: salesforce-api.md §11.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the text. Plain http is for loopback hosts only.
    pub fn parse(text: &str) -> Result<Self, LoginError> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&full).map_err(|_| LoginError::NotAnAddress)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(LoginError::NotEncrypted),
            _ => return Err(LoginError::NotAnAddress),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LoginError::HoldsUserInfo);
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(LoginError::NotAnAddress)?.to_owned();
        if let Some(mine) = my_domain(&host) {
            url.set_host(Some(&mine)).map_err(|_| LoginError::NotAnAddress)?;
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// Returns the address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Says whether the host is this computer.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Says whether the host is one of Salesforce's own: whoever else writes this address down cannot listen there.
    pub fn is_salesforces(&self) -> bool {
        self.0.port().is_none() && cloud(&self.0).is_some()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Returns the address of an endpoint below `/services/oauth2`.
    pub(crate) fn endpoint(&self, name: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("/services/oauth2/{name}"));
        url
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says whether an address is on this computer.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn my_domain(host: &str) -> Option<String> {
    const LIGHTNING: [(&str, &str); 2] = [
        (".lightning.force.com", ".my.salesforce.com"),
        (".lightning.sfcrmapps.cn", ".my.sfcrmproducts.cn"),
    ];
    LIGHTNING.iter().find_map(|(lightning, mine)| {
        host.strip_suffix(lightning).map(|name| format!("{name}{mine}"))
    })
}

/// The app as an administrator registered it, and how this program uses it.
#[derive(Clone, Debug)]
pub struct App {
    /// Where people sign in.
    pub login: Login,
    /// The consumer key of the External Client App. Not a secret.
    pub consumer_key: String,
    /// The registered callback ports, in the order in which they are tried: `http://localhost:PORT/oauth/callback`.
    pub ports: Vec<u16>,
    /// This program's version, for the `User-Agent`.
    pub version: String,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// The proxy to go by, `http://HOST:PORT`; `None`: the one that environment and system name, if any.
    pub proxy: Option<Url>,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a whole answer, connection included.
    pub request: Duration,
    /// For a person to finish signing in.
    pub sign_in: Duration,
    /// Until what is known of an object's fields is asked again.
    pub describe: Duration,
}

impl Default for Timeouts {
    /// 5 seconds, 20 seconds, 5 minutes, half an hour.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(20),
            sign_in: Duration::from_secs(300),
            describe: Duration::from_secs(30 * 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it() {
        for (typed, read) in [
            ("login.salesforce.com", "https://login.salesforce.com"),
            (" https://test.salesforce.com/ ", "https://test.salesforce.com"),
            (
                "https://Northwind.my.salesforce.com/home?x=1#y",
                "https://northwind.my.salesforce.com",
            ),
            (
                "https://northwind--sbx.sandbox.lightning.force.com/lightning/page/home",
                "https://northwind--sbx.sandbox.my.salesforce.com",
            ),
            ("https://login.sfcrmproducts.cn", "https://login.sfcrmproducts.cn"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9"),
            ("http://[::1]:9/", "http://[::1]:9"),
            ("localhost:8443", "https://localhost:8443"),
        ] {
            assert_eq!(Login::parse(typed).as_ref().map(Login::as_str), Ok(read), "{typed}");
        }
    }

    #[test]
    fn an_address_that_could_leak_a_token_is_refused() {
        for (typed, why) in [
            ("http://login.salesforce.com", LoginError::NotEncrypted),
            ("http://localhost.evil.example", LoginError::NotEncrypted),
            ("https://a:b@login.salesforce.com", LoginError::HoldsUserInfo),
            ("https://login.salesforce.com@evil.example", LoginError::HoldsUserInfo),
            ("file:///etc/passwd", LoginError::NotAnAddress),
            ("javascript://x", LoginError::NotAnAddress),
            ("", LoginError::NotAnAddress),
            ("https://", LoginError::NotAnAddress),
        ] {
            assert_eq!(Login::parse(typed), Err(why), "{typed}");
        }
    }
}
