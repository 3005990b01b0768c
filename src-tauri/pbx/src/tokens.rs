//! The log-in to the PBX and what it yields.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// The client id and secret from the PBX's page *Integrations > API*: one pair per PBX, shared by all programs.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The client id (`username` of `get_token`).
    pub client_id: String,
    /// The client secret (`password` of `get_token`).
    pub secret: SecretString,
}

/// An access token and the refresh token that came with it. Times are Unix seconds by this computer's clock.
#[derive(Clone)]
pub struct Tokens {
    /// Goes into the query of every request.
    pub access: SecretString,
    /// Buys the next pair.
    pub refresh: SecretString,
    /// From when on the access token should be renewed: four fifths of its life.
    pub renew_from: i64,
    /// When the access token ends.
    pub access_until: i64,
    /// When the refresh token ends.
    pub refresh_until: i64,
}

/// Where the tokens outlive the process. Blocking: called on a thread for blocking work.
///
/// The PBX has eight tokens for everybody, so a restart must find the old one. Source: yeastar-open-api.md §3.2.
pub trait Vault: Send + Sync + fmt::Debug {
    /// Returns what was saved last, if it can be read.
    fn load(&self) -> Option<Tokens>;
    /// Keeps `tokens` in place of what was there; `None` forgets them. Called before new tokens are used.
    fn save(&self, tokens: Option<&Tokens>);
}

impl Tokens {
    /// Returns the text for one entry of the vault: one line, ASCII, about a hundred characters.
    pub fn to_secret(&self) -> SecretString {
        SecretString::from(format!(
            "1 {} {} {} {} {}",
            self.renew_from,
            self.access_until,
            self.refresh_until,
            self.access.expose_secret(),
            self.refresh.expose_secret(),
        ))
    }

    /// Reads the text of [`to_secret`](Self::to_secret). Returns `None` for any other text.
    pub fn from_secret(text: &SecretString) -> Option<Self> {
        let mut parts = text.expose_secret().split(' ');
        if parts.next() != Some("1") {
            return None;
        }
        let renew_from = parts.next()?.parse().ok()?;
        let access_until = parts.next()?.parse().ok()?;
        let refresh_until = parts.next()?.parse().ok()?;
        let access = parts.next().filter(|token| !token.is_empty())?;
        let refresh = parts.next()?;
        parts.next().is_none().then(|| Self {
            access: access.into(),
            refresh: refresh.into(),
            renew_from,
            access_until,
            refresh_until,
        })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("renew_from", &self.renew_from)
            .field("access_until", &self.access_until)
            .field("refresh_until", &self.refresh_until)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens {
            access: "Qz0123456789".into(),
            refresh: "Rw0123456789".into(),
            renew_from: 1440,
            access_until: 1800,
            refresh_until: 86400,
        }
    }

    #[test]
    fn tokens_survive_the_vault() {
        let read = Tokens::from_secret(&tokens().to_secret()).unwrap();
        assert_eq!(read.access.expose_secret(), "Qz0123456789");
        assert_eq!(read.refresh.expose_secret(), "Rw0123456789");
        assert_eq!((read.renew_from, read.access_until, read.refresh_until), (1440, 1800, 86400));
    }

    #[test]
    fn a_foreign_text_in_the_vault_is_nothing() {
        for text in ["", "1", "1 2 3", "2 1 1 1 a b", "1 x 1 1 a b", "1 1 1 1  b", "1 1 1 1 a b c"]
        {
            assert!(Tokens::from_secret(&text.into()).is_none(), "{text}");
        }
    }

    #[test]
    fn debug_output_shows_no_token() {
        let shown = format!("{:?}", tokens());
        assert!(!shown.contains("Qz") && !shown.contains("Rw"), "{shown}");
    }
}
