//! Tokens between their owners in `pbx` and `salesforce` and the desk's secret store.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use secrecy::SecretString;

use crate::{
    files,
    ports::{SecretName, Secrets},
};

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

/// Salesforce's refresh token in the secret store, and beside it in a file what it belongs to: org, user, address.
/// None of that is secret, and a damaged journal does not take it along.
#[derive(Debug)]
pub(crate) struct SalesforceVault {
    secrets: Arc<dyn Secrets>,
    file: PathBuf,
    /// A sign-in that was given up may still be renewing: nothing of it is written any more.
    retired: AtomicBool,
}

impl SalesforceVault {
    pub(crate) fn new(secrets: Arc<dyn Secrets>, data: &Path) -> Self {
        Self { secrets, file: data.join("salesforce.json"), retired: AtomicBool::new(false) }
    }

    fn write(&self, kept: &salesforce::Kept) -> std::io::Result<()> {
        let text =
            serde_json::json!({ "instance": kept.instance, "org": kept.org, "user": kept.user })
                .to_string();
        files::replace(&self.file, text.as_bytes())
    }

    fn read(&self, refresh: SecretString) -> Option<salesforce::Kept> {
        let text = std::fs::read_to_string(&self.file).ok()?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        let field =
            |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        Some(salesforce::Kept {
            refresh,
            instance: field("instance")?,
            org: field("org")?,
            user: field("user")?,
        })
    }

    /// Reads what was kept, telling "nothing is there" from "the store does not answer".
    pub(crate) fn open(&self) -> Result<Option<salesforce::Kept>, String> {
        let refresh = self.secrets.get(SecretName::SalesforceRefresh)?;
        Ok(refresh.and_then(|refresh| self.read(refresh)))
    }
}

impl salesforce::Vault for SalesforceVault {
    fn load(&self) -> Option<salesforce::Kept> {
        self.open().ok().flatten()
    }

    fn save(&self, kept: &salesforce::Kept) -> Result<(), salesforce::VaultError> {
        if self.retired.load(Ordering::Acquire) {
            return Ok(());
        }
        self.secrets
            .set(SecretName::SalesforceRefresh, &kept.refresh)
            .map_err(salesforce::VaultError)?;
        self.write(kept).map_err(|error| salesforce::VaultError(error.to_string()))
    }

    fn clear(&self) {
        self.retired.store(true, Ordering::Release);
        if let Err(reason) = self.secrets.delete(SecretName::SalesforceRefresh) {
            tracing::warn!(%reason, "the refresh token could not be forgotten");
        }
        if let Err(error) = std::fs::remove_file(&self.file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "what belongs to the refresh token could not be forgotten");
        }
    }
}
