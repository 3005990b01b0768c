//! A person signs in with their browser: one attempt.
//!
//! The browser is sent to Salesforce and comes back to a port of this computer, which is open only while the attempt
//! runs. What comes back is believed only with the attempt's own `state`; the code is exchanged with the verifier that
//! only this attempt knows. Where the browser is on another computer, the address it ended at can be pasted.
//! Source: salesforce-api.md §2.1–2.3, faults.md §3.3, D1–D5.

mod door;

use std::fmt;

use domain::{OrgId, UserId};
use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    app::App,
    error::{Error, SignedOutReason},
    http::Http,
    instance::Instance,
    token::{self, NoToken},
};
use door::Door;

/// The path of the callback.
const CALLBACK: &str = "/oauth/callback";

/// What a sign-in brought.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The access token.
    pub access: SecretString,
    /// The refresh token.
    pub refresh: SecretString,
    /// The org's address.
    pub instance: Instance,
    /// The org.
    pub org: OrgId,
    /// The user.
    pub user: UserId,
}

/// One attempt to sign in.
pub struct SignIn {
    app: App,
    http: Http,
    door: Door,
    expected: Expected,
    url: Url,
    verifier: PkceCodeVerifier,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("expected", &self.expected).finish_non_exhaustive()
    }
}

/// What the browser has to come back with.
#[derive(Clone, Debug)]
pub struct Expected {
    redirect: Url,
    state: SecretString,
}

/// What the browser came back with, once.
#[derive(Debug)]
pub(crate) enum Reply {
    Code(SecretString),
    Refused(Error),
}

impl SignIn {
    /// Opens the first callback port that is free, and makes up a verifier and a state.
    ///
    /// # Errors
    ///
    /// [`Error::PortsBusy`] when none is free.
    pub async fn begin(app: &App) -> Result<Self, Error> {
        let http = Http::new(app)?;
        let door = Door::open(&app.ports).await?;
        let redirect = format!("http://localhost:{}{CALLBACK}", door.port());
        let redirect = Url::parse(&redirect).expect("a port makes a proper address");
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = token::oauth(app)
            .set_redirect_uri(RedirectUrl::from_url(redirect.clone()))
            .authorize_url(CsrfToken::new_random)
            .add_scopes(["api", "refresh_token"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let expected = Expected { redirect, state: SecretString::from(state.into_secret()) };
        Ok(Self { app: app.clone(), http, door, expected, url, verifier })
    }

    /// Returns the address to open in the browser.
    pub fn authorize_url(&self) -> &Url {
        &self.url
    }

    /// Returns what is expected, to tell a person at once whether the address they have pasted is the right one.
    pub fn expected(&self) -> Expected {
        self.expected.clone()
    }

    /// Waits for the browser, or for a pasted address, and exchanges the code. The port is closed in every outcome,
    /// before the exchange. Pasted texts that are not the expected address are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`], [`Error::Cancelled`], [`Error::TimedOut`], [`Error::Disturbed`], and all that the token
    /// endpoint may say.
    pub async fn finish(
        self,
        pasted: mpsc::Receiver<String>,
        cancel: CancellationToken,
    ) -> Result<Grant, Error> {
        let Self { app, http, door, expected, verifier, .. } = self;
        let waiting = timeout(app.timeouts.sign_in, wait(door, &expected, pasted));
        let reply = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Error::Cancelled),
            reply = waiting => reply.map_err(|_| Error::TimedOut)??,
        };
        let code = match reply {
            Reply::Code(code) => code,
            Reply::Refused(error) => return Err(error),
        };
        let redirect = RedirectUrl::from_url(expected.redirect);
        let code = code.expose_secret().to_owned();
        let fresh = token::exchange(&http.token, &app, code, verifier, redirect).await;
        let fresh = fresh.map_err(not_exchanged)?;
        let refresh = fresh.refresh.ok_or(Error::NoRefreshToken)?;
        if cancel.is_cancelled() {
            // Salesforce keeps five grants per user and app: one that nobody wants would push out another.
            let _ = token::revoke(&http.token, &app, &refresh).await;
            return Err(Error::Cancelled);
        }
        let (org, user) = fresh.whose.ok_or_else(|| Error::UnexpectedAnswer {
            detail: "the token answer does not say whose it is".to_owned(),
        })?;
        Ok(Grant { access: fresh.access, refresh, instance: fresh.instance?, org, user })
    }
}

/// Serves the port, and reads what is pasted, until one of them brings a reply.
async fn wait(
    door: Door,
    expected: &Expected,
    mut pasted: mpsc::Receiver<String>,
) -> Result<Reply, Error> {
    let mut served = std::pin::pin!(door.serve(expected));
    loop {
        tokio::select! {
            reply = &mut served => return reply,
            Some(text) = pasted.recv() => {
                if let Some(reply) = expected.read(&text) {
                    return Ok(reply);
                }
            }
        }
    }
}

fn not_exchanged(why: NoToken) -> Error {
    match why {
        NoToken::Failed(Error::SignedOut {
            reason: reason @ (SignedOutReason::InactiveUser | SignedOutReason::InactiveOrg),
        }) => refused(&reason.to_string()),
        NoToken::Failed(error) => error,
        NoToken::InUse | NoToken::Refused => refused("the code was not accepted; sign in again"),
    }
}

/// Reads the address of one of Salesforce's own error pages, on which a browser ended instead of coming back: what a
/// person pastes who was asked for "the address". Source: salesforce-api.md §2.6.
pub fn error_page(pasted: &str) -> Option<Error> {
    let url = Url::parse(pasted.trim()).ok().filter(|url| url.scheme() == "https")?;
    let said = |name: &str| {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let code = said("error")?;
    let why = token::refused(&code, &said("error_description").unwrap_or_default());
    Some(not_exchanged(why))
}

fn refused(text: &str) -> Error {
    Error::SignInRefused { code: "invalid_grant".to_owned(), text: text.to_owned() }
}

impl Expected {
    /// Says whether a pasted text is the address at which this attempt's browser ended.
    pub fn accepts(&self, pasted: &str) -> bool {
        self.read(pasted).is_some()
    }

    /// Reads an address that was pasted.
    fn read(&self, pasted: &str) -> Option<Reply> {
        let url = Url::parse(pasted.trim()).ok()?;
        let same = url.scheme() == self.redirect.scheme()
            && url.host_str() == self.redirect.host_str()
            && url.port() == self.redirect.port()
            && url.path() == self.redirect.path()
            && url.username().is_empty()
            && url.password().is_none();
        if same { self.reply(url.query().unwrap_or_default()) } else { None }
    }

    /// Reads the query of a callback. `None` for anything without this attempt's state.
    fn reply(&self, query: &str) -> Option<Reply> {
        let (mut state, mut code, mut error, mut description) = (None, None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                "error_description" => &mut description,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                // Said twice: whoever wrote this wants two readers to read two things.
                return None;
            }
        }
        if !same(state?.as_bytes(), self.state.expose_secret().as_bytes()) {
            return None;
        }
        match (code, error) {
            (Some(code), None) if !code.is_empty() => Some(Reply::Code(SecretString::from(code))),
            (None, Some(error)) => {
                let why = token::refused(&error, &description.unwrap_or_default());
                Some(Reply::Refused(not_exchanged(why)))
            }
            _ => None,
        }
    }
}

/// Compares without telling by the time it takes how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected {
            redirect: Url::parse("http://localhost:17170/oauth/callback").unwrap(),
            state: SecretString::from("s3cr3t"),
        }
    }

    #[test]
    fn only_the_attempts_own_address_is_accepted_when_pasted() {
        let ok = " http://localhost:17170/oauth/callback?code=aPrx%3D%3D&state=s3cr3t \n";
        assert!(
            matches!(expected().read(ok), Some(Reply::Code(code)) if code.expose_secret() == "aPrx==")
        );
        for bad in [
            "http://localhost:17170/oauth/callback?code=a&state=wrong1",
            "http://localhost:17170/oauth/callback?code=a&state=s3cr3tx",
            "http://localhost:17170/oauth/callback?code=a&state=",
            "http://localhost:17170/oauth/callback?code=a",
            "http://localhost:17170/oauth/callback?state=s3cr3t",
            "http://localhost:17170/oauth/callback?code=&state=s3cr3t",
            "http://localhost:17170/oauth/callback?code=a&code=b&state=s3cr3t",
            "http://localhost:17170/oauth/callback?code=a&state=x&state=s3cr3t",
            "http://localhost:17170/oauth/callback?code=a&error=b&state=s3cr3t",
            "http://localhost:17171/oauth/callback?code=a&state=s3cr3t",
            "https://localhost:17170/oauth/callback?code=a&state=s3cr3t",
            "http://evil.example:17170/oauth/callback?code=a&state=s3cr3t",
            "http://x@localhost:17170/oauth/callback?code=a&state=s3cr3t",
            "http://localhost:17170/oauth/callback/?code=a&state=s3cr3t",
            "code=a&state=s3cr3t",
            "",
        ] {
            assert!(!expected().accepts(bad), "{bad}");
        }
    }

    #[test]
    fn a_page_of_salesforces_own_tells_its_error() {
        let page = "https://northwind.my.salesforce.com/setup/secur/RemoteAccessErrorPage.apexp";
        let blocked = error_page(&format!(" {page}?error=OAUTH_APP_BLOCKED&error_description=x"));
        assert!(matches!(blocked, Some(Error::NotApproved { .. })), "{blocked:?}");
        let wrong = error_page(&format!("{page}?error=invalid_client_id"));
        assert!(matches!(wrong, Some(Error::WrongKey { .. })), "{wrong:?}");
        for other in [page, "http://localhost:17170/oauth/callback?error=x", "no address", ""] {
            assert!(error_page(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_refusal_counts_only_with_the_right_state() {
        let denied = "error=access_denied&error_description=end-user+denied+authorization";
        assert!(expected().reply(&format!("{denied}&state=wrong1")).is_none());
        assert!(expected().reply(denied).is_none());
        let reply = expected().reply(&format!("{denied}&state=s3cr3t"));
        assert!(matches!(reply, Some(Reply::Refused(Error::Denied))));
    }
}
