//! What outlives the process.

use std::fmt;

use secrecy::SecretString;

/// What is needed to go on after a restart: the refresh token, and what it belongs to.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The refresh token. The only secret; it goes into the secret store alone.
    pub refresh: SecretString,
    /// The address at which it was granted, and the only one that it is ever sent to. It is kept where the token is: a
    /// file beside it is for any program of this user to write. `None`: kept by a version that did not write it down.
    pub login: Option<String>,
    /// The org's address.
    pub instance: String,
    /// The org's id.
    pub org: String,
    /// The user's id.
    pub user: String,
}

/// Why a secret could not be kept.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the secret store did not take the refresh token: {0}")]
pub struct VaultError(
    /// The store's own words; no secret.
    pub String,
);

/// The place where the refresh token is kept.
///
/// Its methods block: a session calls them where that is allowed. A renewed token is given to [`Vault::save`] before
/// the access token that came with it is used.
pub trait Vault: Send + Sync + fmt::Debug {
    /// Returns what was kept last, by this process or another one.
    fn load(&self) -> Option<Kept>;

    /// Keeps a refresh token in place of the one before.
    ///
    /// # Errors
    ///
    /// When the store does not take it.
    fn save(&self, kept: &Kept) -> Result<(), VaultError>;

    /// Forgets everything.
    fn clear(&self);
}
