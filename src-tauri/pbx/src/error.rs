//! What can go wrong between us and the PBX.

use std::{io, sync::Arc, time::Duration};

use domain::Timestamp;
use tokio_tungstenite::tungstenite;

use crate::tls::Fingerprint;

/// What lies behind an [`Error::Unreachable`]. Holds no URL, since URLs hold the token.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why the PBX did not do what was asked. Cheap to clone: one cause may have to be told in several places.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or it broke.
    #[error("the PBX could not be reached")]
    Unreachable(#[source] Cause),
    /// The proxy on the way asks for a log-in that is not set, or another one.
    #[error("the proxy on the way to the PBX asks for a log-in")]
    ProxyLogin(#[source] Cause),
    /// Nothing came back in time.
    #[error("the PBX did not answer in time")]
    Timeout,
    /// The certificate is not publicly trusted for this host, and none is pinned.
    #[error("the certificate of the PBX is not publicly trusted")]
    TlsUntrusted {
        /// What the PBX showed, for a person to compare and confirm.
        presented: Fingerprint,
    },
    /// Another certificate than the one by which this PBX was known.
    #[error("the certificate of the PBX is not the one that was confirmed")]
    TlsChanged {
        /// The pin; `None`: it was a publicly trusted one.
        expected: Option<Fingerprint>,
        /// What the PBX showed.
        presented: Fingerprint,
    },
    /// The client id or secret is wrong. Remembered: the same client does not try again.
    #[error("the PBX refused the client id or secret (code {code})")]
    CredentialsRefused {
        /// The PBX's errcode.
        code: i64,
    },
    /// The PBX has blocked this network address after failed log-ins (70004). Remembered like a refusal.
    #[error("the PBX has blocked this network address")]
    AddressBlocked {
        /// When the block ends, where the PBX said so.
        until: Option<Timestamp>,
    },
    /// This network address is not on the PBX's allow list (70087).
    #[error("the PBX does not allow its interface to be used from this network address")]
    AddressNotAllowed,
    /// The interface is switched off, or the PBX's plan has none (70123).
    #[error("the interface of the PBX is switched off")]
    ApiOff,
    /// All eight tokens of the PBX are in use (60002 on log-in).
    #[error("all tokens of the PBX are in use")]
    TokenLimit,
    /// The token was taken from us again and again, so another program uses the same log-in: we hold back.
    #[error("another program keeps taking the log-in to the PBX")]
    TokenContested {
        /// How long we hold back.
        pause: Duration,
    },
    /// A token that had just been renewed was refused (10004).
    #[error("the PBX refused a fresh token")]
    TokenRefused,
    /// The PBX is too busy (70082).
    #[error("the PBX is too busy")]
    Overloaded,
    /// The firmware does not have this call (10001–10003).
    #[error("the PBX's firmware does not offer this")]
    InterfaceMissing,
    /// There is nothing of that kind (60001).
    #[error("the PBX found nothing")]
    DataNotFound,
    /// The PBX holds no more of these (60002, other than on log-in).
    #[error("the PBX holds no more of these")]
    Full,
    /// A contact cannot be deleted while a phonebook names it (70091).
    #[error("a phonebook still names the contact")]
    StillListed,
    /// The phonebook is not there any more (70093).
    #[error("the PBX does not have this phonebook")]
    NoPhonebook,
    /// The contact is not there any more (70128).
    #[error("the PBX does not have this contact")]
    NoContact,
    /// Something of this name is there already (40003).
    #[error("the PBX has another one of this name")]
    NameTaken,
    /// This log-in may not change that (10005, 70132): a phonebook that is filled by the PBX's own CRM integration.
    #[error("the PBX lets nobody change this")]
    ReadOnly,
    /// The PBX said no, in its own words.
    #[error("the PBX refused: {message} (code {code})")]
    Refused {
        /// The PBX's errcode.
        code: i64,
        /// The PBX's message, short and on one line.
        message: String,
    },
    /// Something answers, but not as a PBX does.
    #[error("the address answers, but not as a PBX: {detail}")]
    UnexpectedAnswer {
        /// What was odd, in few words, without anything that was in the answer.
        detail: String,
    },
    /// Questions are answered, but there is no event connection.
    #[error("the PBX answers, but sends no events: {detail}")]
    NoEvents {
        /// What was odd or refused, in few words.
        detail: String,
    },
    /// The event connection was given up on purpose, to be made anew: the computer slept, or somebody asked.
    #[error("the event connection is being renewed")]
    Interrupted,
    /// The client was told to forget its token and is not used any more.
    #[error("the connection to the PBX was closed")]
    Closed,
}

/// When the same request is worth sending again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// By itself, later; the other side or this crate may have said how much later.
    Later {
        /// At least this long; `None`: the caller's own waits.
        after: Option<Duration>,
    },
    /// Not before a person has changed something, here or on the PBX.
    AfterPerson,
    /// The answer would be the same.
    Never,
}

/// How long to leave the PBX alone when all of its tokens are taken: an access token lives thirty minutes.
pub(crate) const TOKEN_LIMIT_PAUSE: Duration = Duration::from_secs(120);

impl Error {
    /// Says when the same request is worth sending again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreachable(_)
            | Self::ProxyLogin(_)
            | Self::Timeout
            | Self::TokenRefused
            | Self::UnexpectedAnswer { .. }
            | Self::NoEvents { .. }
            | Self::Interrupted => Retry::Later { after: None },
            Self::Overloaded => Retry::Later { after: Some(Duration::from_secs(30)) },
            Self::TokenLimit => Retry::Later { after: Some(TOKEN_LIMIT_PAUSE) },
            Self::TokenContested { pause } => Retry::Later { after: Some(*pause) },
            Self::TlsUntrusted { .. }
            | Self::TlsChanged { .. }
            | Self::CredentialsRefused { .. }
            | Self::AddressBlocked { .. }
            | Self::AddressNotAllowed
            | Self::ApiOff => Retry::AfterPerson,
            // FAILURE and INTERNAL SERVER ERROR say nothing about the request.
            Self::Refused { code: -2 | -1, .. } => Retry::Later { after: None },
            Self::Full
            | Self::StillListed
            | Self::NoPhonebook
            | Self::NoContact
            | Self::NameTaken
            | Self::ReadOnly
            | Self::Refused { .. }
            | Self::InterfaceMissing
            | Self::DataNotFound
            | Self::Closed => Retry::Never,
        }
    }

    /// Says whether this computer has no way to the PBX, so that not even a packet was sent.
    pub fn is_without_network(&self) -> bool {
        use io::ErrorKind as K;
        self.has_cause(&[K::NetworkUnreachable, K::NetworkDown])
    }

    /// Says whether the request may have reached the PBX, though nothing tells what became of it.
    pub fn may_have_arrived(&self) -> bool {
        use io::ErrorKind as K;
        match self {
            Self::Timeout | Self::Interrupted | Self::Closed | Self::UnexpectedAnswer { .. } => {
                true
            }
            Self::Unreachable(_) => {
                !self.is_without_network()
                    && !self.has_cause(&[K::ConnectionRefused, K::HostUnreachable])
            }
            Self::ProxyLogin(_)
            | Self::TlsUntrusted { .. }
            | Self::TlsChanged { .. }
            | Self::CredentialsRefused { .. }
            | Self::AddressBlocked { .. }
            | Self::AddressNotAllowed
            | Self::ApiOff
            | Self::TokenLimit
            | Self::TokenContested { .. }
            | Self::TokenRefused
            | Self::Overloaded
            | Self::InterfaceMissing
            | Self::DataNotFound
            | Self::Full
            | Self::StillListed
            | Self::NoPhonebook
            | Self::NoContact
            | Self::NameTaken
            | Self::ReadOnly
            | Self::Refused { .. }
            | Self::NoEvents { .. } => false,
        }
    }

    /// Says whether a change of the network is a reason to try at once: not where the PBX has said no, or asked for
    /// time.
    pub fn may_be_the_network(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::ProxyLogin(_)
                | Self::Timeout
                | Self::Interrupted
                | Self::UnexpectedAnswer { .. }
                | Self::NoEvents { .. }
        )
    }

    /// Says whether the PBX, or something on the way that speaks for it, has ended the connection.
    pub(crate) fn was_ended_by_the_pbx(&self) -> bool {
        use io::ErrorKind as K;
        let Self::Unreachable(cause) = self else { return false };
        let said = matches!(
            cause.downcast_ref(),
            Some(
                tungstenite::Error::ConnectionClosed
                    | tungstenite::Error::AlreadyClosed
                    | tungstenite::Error::Protocol(_)
            )
        );
        said || self.has_cause(&[K::ConnectionReset, K::UnexpectedEof, K::BrokenPipe])
    }

    fn has_cause(&self, kinds: &[io::ErrorKind]) -> bool {
        match self {
            Self::Unreachable(cause) => has_kind(cause.as_ref(), kinds),
            _ => false,
        }
    }

    /// Returns the PBX's errcode, where the PBX gave one. For "Details".
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::CredentialsRefused { code } | Self::Refused { code, .. } => Some(*code),
            Self::AddressBlocked { .. } => Some(70004),
            Self::AddressNotAllowed => Some(70087),
            Self::ApiOff => Some(70123),
            Self::TokenLimit => Some(60002),
            Self::TokenRefused => Some(10004),
            Self::Overloaded => Some(70082),
            Self::InterfaceMissing => Some(10001),
            Self::DataNotFound => Some(60001),
            Self::Full => Some(60002),
            Self::StillListed => Some(70091),
            Self::NoPhonebook => Some(70093),
            Self::NoContact => Some(70128),
            Self::NameTaken => Some(40003),
            Self::ReadOnly => Some(10005),
            Self::Unreachable(_)
            | Self::ProxyLogin(_)
            | Self::Timeout
            | Self::TlsUntrusted { .. }
            | Self::TlsChanged { .. }
            | Self::TokenContested { .. }
            | Self::UnexpectedAnswer { .. }
            | Self::NoEvents { .. }
            | Self::Interrupted
            | Self::Closed => None,
        }
    }

    pub(crate) fn unexpected(detail: impl Into<String>) -> Self {
        Self::UnexpectedAnswer { detail: detail.into() }
    }
}

/// Looks for an I/O error of one of these kinds in the chain of causes.
fn has_kind(error: &(dyn std::error::Error + 'static), kinds: &[io::ErrorKind]) -> bool {
    let Some(error) = error.downcast_ref::<io::Error>() else {
        return error.source().is_some_and(|source| has_kind(source, kinds));
    };
    // The source of an I/O error is the source of what it wraps: the wrapped error itself would be left out.
    kinds.contains(&error.kind()) || error.get_ref().is_some_and(|inner| has_kind(inner, kinds))
}
