//! What can go wrong with Salesforce, and when the same request is worth sending again.

use std::{fmt, sync::Arc, time::Duration};

use domain::RecordId;

use crate::vault::VaultError;

/// What went wrong. Texts from the org are for the person at the screen; they may name records, so they are not logged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The session has ended for good: only a new sign-in helps, and nothing is sent until then.
    #[error("the Salesforce session has ended: {reason}")]
    SignedOut {
        /// Why.
        reason: SignedOutReason,
    },
    /// What was kept was granted at another address than the one where people sign in now. It was not sent anywhere.
    #[error("the sign-in that was kept belongs to another sign-in address")]
    AnotherLogin {
        /// Where it was granted; `None`: kept by a version that did not write it down.
        granted: Option<String>,
        /// Where people sign in now.
        wanted: String,
    },
    /// The person pressed "Deny".
    #[error("access was denied in the browser")]
    Denied,
    /// Somebody stopped the sign-in.
    #[error("the sign-in was cancelled")]
    Cancelled,
    /// Nobody finished the sign-in in time.
    #[error("the sign-in was not finished in time")]
    TimedOut,
    /// Every registered callback port is taken by another program, or reserved.
    #[error("all callback ports are in use: {}", list(.ports))]
    PortsBusy {
        /// The ports that were tried.
        ports: Vec<u16>,
    },
    /// Too many requests that are not the browser's came to the callback port.
    #[error("too many foreign requests came to the sign-in address")]
    Disturbed,
    /// The token answer names an address that is not an org of Salesforce. The token was not sent there.
    #[error("Salesforce named an unexpected address for the org")]
    UnexpectedInstance,
    /// The org does not let this user use the app; an administrator has to.
    #[error("the app is not approved in this org: {text}")]
    NotApproved {
        /// Salesforce's own words.
        text: String,
    },
    /// The org's address rules refuse this network.
    #[error("this network address is not allowed by the org")]
    IpRestricted,
    /// The consumer key is unknown at this sign-in address, or the app still wants a secret.
    #[error("the consumer key was not accepted: {text}")]
    WrongKey {
        /// Salesforce's own words.
        text: String,
    },
    /// The callback address is not registered.
    #[error("the callback address is not registered with the app")]
    RedirectMismatch,
    /// Salesforce refused the sign-in in another way.
    #[error("the sign-in was refused: {code}: {text}")]
    SignInRefused {
        /// The OAuth error code.
        code: String,
        /// Salesforce's own words.
        text: String,
    },
    /// The app was registered without the scope `refresh_token`.
    #[error("the app does not grant refresh tokens")]
    NoRefreshToken,
    /// The org or the user has no API.
    #[error("the API is switched off for this org or user: {text}")]
    ApiDisabled {
        /// Salesforce's own words.
        text: String,
    },
    /// The org has used up its API requests of the last 24 hours.
    #[error("the org's API limit is reached")]
    ApiLimit,
    /// Salesforce asked for a pause.
    #[error("Salesforce asked for a pause")]
    Throttled {
        /// How long, where it said so.
        pause: Option<Duration>,
    },
    /// No connection: nothing was sent.
    #[error("Salesforce could not be reached")]
    Unreachable(#[source] Cause),
    /// The network's proxy wants a log-in that it was not given: nothing was sent.
    #[error("the proxy of this network asks for a log-in")]
    ProxyLogin(#[source] Cause),
    /// The server's certificate is not trusted by this computer: nothing was sent.
    #[error("the certificate of the Salesforce address is not trusted by this computer")]
    Untrusted(#[source] Cause),
    /// The request was sent and its answer did not come: it may have been carried out.
    #[error("the answer of Salesforce was lost")]
    LostAnswer(#[source] Option<Cause>),
    /// Salesforce failed at the request, and says so: an error of its own, or of what the org has added to it. The request
    /// may have been carried out. Others may go well.
    #[error("Salesforce failed at the request: {code}: {message}")]
    Failed {
        /// Salesforce's own code, such as `UNKNOWN_EXCEPTION`.
        code: String,
        /// The org's own words.
        message: String,
    },
    /// Salesforce is busy with this record, or altogether, and has done nothing.
    #[error("Salesforce is busy: {code}")]
    Busy {
        /// Salesforce's own code, or the HTTP status.
        code: String,
    },
    /// Even a fresh access token is refused.
    #[error("Salesforce refuses a fresh session: {text}")]
    SessionRefused {
        /// Salesforce's own words.
        text: String,
    },
    /// The user lacks a right.
    #[error("the user lacks a permission: {text}")]
    MissingPermission {
        /// The org's own words.
        text: String,
    },
    /// The org refuses this request, and would refuse it again.
    #[error("Salesforce refused the request: {code}: {message}")]
    Rejected {
        /// Salesforce's own code, such as `FIELD_CUSTOM_VALIDATION_EXCEPTION`.
        code: String,
        /// The org's own words.
        message: String,
        /// The fields it is about.
        fields: Vec<String>,
    },
    /// A duplicate rule of the org holds a new record back.
    #[error("the org knows such a record already")]
    Duplicates {
        /// The records that it means.
        of: Vec<RecordId>,
        /// The rule lets the record through if it is asked to.
        may_save: bool,
        /// The org's own words.
        message: String,
    },
    /// The answer is not what Salesforce sends.
    #[error("unexpected answer from the Salesforce address: {detail}")]
    UnexpectedAnswer {
        /// What was wrong with it; no content.
        detail: String,
    },
    /// The answer is of Salesforce's own kind, and cannot be read: something in it is broken, or there is far too much.
    /// It was asked for twice.
    #[error("an answer of Salesforce cannot be read: {detail}")]
    Unreadable {
        /// What was wrong with it; no content.
        detail: String,
    },
    /// The refresh token could not be kept.
    #[error("the sign-in could not be kept")]
    SecretStore(#[from] VaultError),
}

/// The cause of a failure, for the details; names no address with a query.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why a session has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedOutReason {
    /// The refresh token is expired, revoked, or was pushed out by a newer sign-in.
    Refused,
    /// The answer of the last renewal was lost, and with it the only valid refresh token.
    RenewalLost,
    /// The user is frozen or no longer active.
    InactiveUser,
    /// The org is not active.
    InactiveOrg,
    /// The refresh token that was kept is another user's. Nothing was done with it.
    AnotherUser,
    /// This program signed out.
    Here,
}

impl fmt::Display for SignedOutReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "Salesforce no longer accepts it",
            Self::RenewalLost => "a renewal was interrupted",
            Self::InactiveUser => "the user is not active",
            Self::InactiveOrg => "the org is not active",
            Self::AnotherUser => "what the secret store holds is another user's",
            Self::Here => "signed out here",
        })
    }
}

/// When the same request is worth sending again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After a wait: the given one at least, else the caller's own.
    Later {
        /// How long at least.
        after: Option<Duration>,
    },
    /// After somebody has signed in again, or has put the sign-in in order: no request will do until then.
    AfterSignIn,
    /// After a person has given this user a right: other requests may do.
    AfterPerson,
    /// Never, as it is.
    Never,
}

/// How often an API that is exhausted or switched off is asked again at most. Source: faults.md E3.
pub(crate) const LIMIT_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How long nothing is asked after even a fresh token was refused: it may have been one wrong answer. Whoever asks
/// again and again waits longer each time.
pub(crate) const REFUSED_PAUSE: Duration = Duration::from_secs(10);
/// How often a state that somebody else may change is tried again at most.
const STATE_PAUSE: Duration = Duration::from_secs(5 * 60);

impl Error {
    /// Says when the same request is worth sending again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreachable(_)
            | Self::ProxyLogin(_)
            | Self::Untrusted(_)
            | Self::LostAnswer(_)
            | Self::Failed { .. }
            | Self::Busy { .. }
            | Self::SecretStore(_)
            | Self::Unreadable { .. }
            | Self::UnexpectedAnswer { .. } => Retry::Later { after: None },
            Self::Throttled { pause } => Retry::Later { after: *pause },
            Self::ApiLimit | Self::ApiDisabled { .. } => Retry::Later { after: Some(LIMIT_PAUSE) },
            Self::SessionRefused { .. } => Retry::Later { after: Some(REFUSED_PAUSE) },
            Self::IpRestricted => Retry::Later { after: Some(STATE_PAUSE) },
            // Nothing is wrong with the request itself: it waits with all others until the session is in order.
            Self::SignedOut { .. }
            | Self::AnotherLogin { .. }
            | Self::Denied
            | Self::Cancelled
            | Self::TimedOut
            | Self::PortsBusy { .. }
            | Self::Disturbed
            | Self::UnexpectedInstance
            | Self::NotApproved { .. }
            | Self::WrongKey { .. }
            | Self::RedirectMismatch
            | Self::SignInRefused { .. }
            | Self::NoRefreshToken => Retry::AfterSignIn,
            Self::MissingPermission { .. } => Retry::AfterPerson,
            Self::Rejected { .. } | Self::Duplicates { .. } => Retry::Never,
        }
    }

    /// Says whether the request may have been carried out although it failed.
    pub fn may_have_happened(&self) -> bool {
        matches!(self, Self::LostAnswer(_) | Self::Failed { .. })
    }

    /// Says whether Salesforce has answered that it failed at this request: it is there, and may go on failing at this one.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// Says whether Salesforce has answered with something that cannot be read: asking again brings the same until
    /// somebody has mended a record. Whoever can do without the answer goes on without it.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }

    /// Says whether the org refused the request with this code.
    pub(crate) fn has_code(&self, wanted: &str) -> bool {
        matches!(self, Self::Rejected { code, .. } if code == wanted)
    }
}

fn list(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}
