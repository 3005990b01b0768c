//! Secrets between their owners in `pbx` and `salesforce` and the desk's secret store.
//!
//! An entry of the store may be older than the settings, or another installation's: restored from a backup, say. So
//! each carries, or is checked against, what it belongs to, and is shown to nobody else.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::{
    files,
    ports::{SecretName, Secrets},
    settings::PbxSettings,
};

/// The PBX's client secret, and the client id that it belongs to.
///
/// The PBX blocks an address after five refusals: a secret that is tried with another client id, by every desk of an
/// office whose policy has changed, would cut the office off. The address is not part of it: a PBX gets a new name now
/// and then.
pub(crate) struct PbxSecret {
    /// `None`: kept without one.
    client_id: Option<String>,
    secret: SecretString,
}

impl PbxSecret {
    pub(crate) fn entry(client_id: &str, secret: &SecretString) -> SecretString {
        SecretString::from(format!("{client_id}\n{}", secret.expose_secret()))
    }

    pub(crate) fn read(entry: SecretString) -> Self {
        match entry.expose_secret().split_once('\n') {
            Some((client_id, secret)) => {
                Self { client_id: Some(client_id.to_owned()), secret: secret.into() }
            }
            None => Self { client_id: None, secret: entry },
        }
    }

    /// Returns the secret for this client id; `None`: it is another's.
    pub(crate) fn of(self, client_id: &str) -> Option<SecretString> {
        self.client_id.is_none_or(|its| its == client_id).then_some(self.secret)
    }
}

/// The PBX's tokens, with a tag of the address and the client id that they were given for: those of another PBX are as
/// good as none.
#[derive(Debug)]
pub(crate) struct PbxVault {
    secrets: Arc<dyn Secrets>,
    tag: String,
}

impl PbxVault {
    pub(crate) fn new(secrets: Arc<dyn Secrets>, pbx: &PbxSettings) -> Self {
        let mut tag = digest(&[&pbx.address, &pbx.client_id]);
        tag.truncate(16);
        Self { secrets, tag }
    }
}

impl pbx::Vault for PbxVault {
    fn load(&self) -> Option<pbx::Tokens> {
        let entry = self.secrets.get(SecretName::PbxTokens).ok().flatten()?;
        let Some(text) = entry.expose_secret().strip_prefix(&self.tag) else {
            tracing::info!("the PBX's token that was kept is for another PBX or client");
            return None;
        };
        pbx::Tokens::from_secret(&text.trim_start().into())
    }

    fn save(&self, tokens: Option<&pbx::Tokens>) {
        let kept = match tokens {
            Some(tokens) => {
                let entry = format!("{} {}", self.tag, tokens.to_secret().expose_secret());
                self.secrets.set(SecretName::PbxTokens, &entry.into())
            }
            None => self.secrets.delete(SecretName::PbxTokens),
        };
        if let Err(reason) = kept {
            // The next start logs in anew, at the price of one of the PBX's eight tokens.
            tracing::warn!(%reason, "the PBX's token could not be kept");
        }
    }
}

/// Names some texts in 64 hexadecimal digits.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
