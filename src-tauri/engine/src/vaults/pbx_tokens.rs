//! The PBX's tokens.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::digest;
use crate::{
    ports::{SecretName, Secrets},
    settings::PbxSettings,
};

/// The PBX's tokens, with a tag of the address and the client id that they were given for: those of another PBX are as
/// good as none.
#[derive(Debug)]
pub(crate) struct PbxVault {
    secrets: Arc<dyn Secrets>,
    tag: String,
}

impl PbxVault {
    pub(crate) fn new(secrets: Arc<dyn Secrets>, pbx: &PbxSettings) -> Self {
        Self { secrets, tag: tag(pbx) }
    }

    /// Says whether tokens are kept that were given for this address and client id.
    ///
    /// # Errors
    ///
    /// The store could not be asked.
    pub(crate) fn has_some(&self) -> Result<bool, String> {
        let entry = self.secrets.get(SecretName::PbxTokens)?;
        Ok(entry.is_some_and(|entry| entry.expose_secret().starts_with(&self.tag)))
    }
}

fn tag(pbx: &PbxSettings) -> String {
    let mut tag = digest(&[&pbx.address, &pbx.client_id]);
    tag.truncate(16);
    tag
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
