//! Salesforce's refresh token.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    files,
    ports::{SecretName, Secrets},
};

/// Salesforce's refresh token in the secret store, in one entry with the address at which it was granted; and beside it
/// in a file what else it belongs to: org, user, the org's address. None of that is secret, nothing of it says where the
/// token may be sent, and a damaged journal does not take it along.
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

    fn read(&self, entry: &SecretString) -> Option<salesforce::Kept> {
        let (login, refresh) = granted(entry)?;
        let text = std::fs::read_to_string(&self.file).ok()?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        let field =
            |name: &str| value.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        Some(salesforce::Kept {
            refresh,
            login,
            instance: field("instance")?,
            org: field("org")?,
            user: field("user")?,
        })
    }

    /// Reads what was kept, telling "nothing is there" from "the store does not answer".
    pub(crate) fn open(&self) -> Result<Option<salesforce::Kept>, String> {
        let entry = self.secrets.get(SecretName::SalesforceRefresh)?;
        Ok(entry.and_then(|entry| self.read(&entry)))
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
            .set(SecretName::SalesforceRefresh, &entry(kept))
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

/// The entry: JSON, so that no character of either part can be taken for the end of the other.
#[derive(Serialize, Deserialize)]
struct Entry {
    login: String,
    refresh: String,
}

fn entry(kept: &salesforce::Kept) -> SecretString {
    match &kept.login {
        Some(login) => {
            let entry =
                Entry { login: login.clone(), refresh: kept.refresh.expose_secret().to_owned() };
            serde_json::to_string(&entry).expect("two texts are JSON").into()
        }
        None => kept.refresh.clone(),
    }
}

/// Reads where a refresh token was granted, and the token. Earlier versions kept the token alone.
pub(super) fn granted(entry: &SecretString) -> Option<(Option<String>, SecretString)> {
    let text = entry.expose_secret();
    if !text.starts_with('{') {
        return Some((None, text.into()));
    }
    match serde_json::from_str(text) {
        Ok(Entry { login, refresh }) => Some((Some(login), refresh.into())),
        Err(_) => {
            // Of another version, or damaged. Whatever it is, it is no refresh token.
            tracing::warn!("the sign-in that was kept cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_where_it_was_granted_and_an_earlier_one_does_not() {
        let kept = |login: Option<&str>| salesforce::Kept {
            refresh: "5Aep\"861\n{".into(),
            login: login.map(str::to_owned),
            instance: String::new(),
            org: String::new(),
            user: String::new(),
        };
        for login in [Some("https://login.salesforce.com"), None] {
            let (granted_at, refresh) = granted(&entry(&kept(login))).unwrap();
            assert_eq!(granted_at.as_deref(), login);
            assert_eq!(refresh.expose_secret(), "5Aep\"861\n{");
        }
        assert!(granted(&"{\"refresh\":\"5Aep861\"}".into()).is_none());
    }
}
