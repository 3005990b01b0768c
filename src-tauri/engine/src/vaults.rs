//! Tokens between their owners in `pbx` and `salesforce` and the desk's secret store.

use std::sync::{Arc, atomic::{AtomicBool, Ordering}};

use store::Store;
use tokio::runtime::Handle;

use crate::ports::{SecretName, Secrets};

/// The mark under which what belongs to the refresh token is kept; none of it is secret.
pub(crate) const KEPT: &str = "salesforce.kept";

/// The PBX's tokens.
#[derive(Debug)]
pub(crate) struct PbxVault(pub Arc<dyn Secrets>);

impl pbx::Vault for PbxVault {
    fn load(&self) -> Option<pbx::Tokens> {
        let text = self.0.get(SecretName::PbxTokens).ok().flatten()?;
        pbx::Tokens::from_secret(&text)
    }

    fn save(&self, tokens: Option<&pbx::Tokens>) {
        let kept = match tokens {
            Some(tokens) => self.0.set(SecretName::PbxTokens, &tokens.to_secret()),
            None => self.0.delete(SecretName::PbxTokens),
        };
        if let Err(reason) = kept {
            // The next start logs in anew, at the price of one of the PBX's eight tokens.
            tracing::warn!(%reason, "the PBX's token could not be kept");
        }
    }
}

/// Salesforce's refresh token, and what belongs to it.
#[derive(Debug)]
pub(crate) struct SalesforceVault {
    pub secrets: Arc<dyn Secrets>,
    pub store: Store,
    pub runtime: Handle,
    /// A sign-in that was given up may still be renewing: nothing of it is written any more.
    pub retired: AtomicBool,
}

impl SalesforceVault {
    pub(crate) fn new(secrets: Arc<dyn Secrets>, store: Store) -> Self {
        Self { secrets, store, runtime: Handle::current(), retired: AtomicBool::new(false) }
    }
}

impl salesforce::Vault for SalesforceVault {
    fn load(&self) -> Option<salesforce::Kept> {
        let refresh = self.secrets.get(SecretName::SalesforceRefresh).ok().flatten()?;
        let text = self.runtime.block_on(self.store.mark(KEPT)).ok().flatten()?;
        read(&text, refresh)
    }

    fn save(&self, kept: &salesforce::Kept) -> Result<(), salesforce::VaultError> {
        if self.retired.load(Ordering::Acquire) {
            return Ok(());
        }
        self.secrets.set(SecretName::SalesforceRefresh, &kept.refresh).map_err(salesforce::VaultError)?;
        let text = serde_json::json!({ "instance": kept.instance, "org": kept.org, "user": kept.user }).to_string();
        self.runtime
            .block_on(self.store.set_mark(KEPT, Some(&text)))
            .map_err(|error| salesforce::VaultError(error.to_string()))
    }

    fn clear(&self) {
        self.retired.store(true, Ordering::Release);
        if let Err(reason) = self.secrets.delete(SecretName::SalesforceRefresh) {
            tracing::warn!(%reason, "the refresh token could not be forgotten");
        }
        if let Err(error) = self.runtime.block_on(self.store.set_mark(KEPT, None)) {
            tracing::warn!(%error, "what belongs to the refresh token could not be forgotten");
        }
    }
}

/// Reads what [`SalesforceVault`] wrote.
pub(crate) fn read(text: &str, refresh: secrecy::SecretString) -> Option<salesforce::Kept> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let field = |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    Some(salesforce::Kept { refresh, instance: field("instance")?, org: field("org")?, user: field("user")? })
}
