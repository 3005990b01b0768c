//! Connecting the PBX: tried first, then stored.

use std::sync::Arc;

use pbx::{Client, Credentials, SystemInformation};
use secrecy::SecretString;

use crate::{
    Mode,
    command::Reply,
    controller::{Answer, Controller, Input, pbx_side},
    ports::SecretName,
    problems,
    settings::PbxSettings,
    vaults::{PbxSecret, PbxVault},
    view::{Problem, SecretsKind},
};

/// A PBX that has answered, to be stored.
pub(crate) struct VerifiedPbx {
    address: String,
    client_id: String,
    pin: Option<String>,
    result: Result<SystemInformation, Problem>,
}

impl Controller {
    pub(super) fn may_keep_secrets(&self) -> Result<(), Problem> {
        if self.mode == Mode::Files && self.secrets.kind() == SecretsKind::Session {
            return Err(Problem::new(
                "secrets.unavailable",
                "There is no secret store, so a secret would be forgotten as soon as this command ends.",
                "Start Patchcord first (`patchcord run --headless`, or the app), then connect while it runs.",
            ));
        }
        Ok(())
    }

    pub(super) fn connect_pbx(
        &self,
        address: String,
        client_id: String,
        secret: SecretString,
        pin: Option<String>,
        answer: Answer,
    ) {
        let set = &self.loaded.settings.pbx;
        let pin = pin.or_else(|| self.locked_pin());
        let checked = self.may_keep_secrets().and_then(|()| {
            if client_id.trim().is_empty()
                || secrecy::ExposeSecret::expose_secret(&secret).trim().is_empty()
            {
                return Err(Problem::new(
                    "pbx.credentials_refused",
                    "The client ID or the client secret is empty.",
                    "Copy both from the PBX (Integrations > API).",
                ));
            }
            pbx_side::options(&address, pin.as_deref().unwrap_or_default())
        });
        let options = match checked {
            Ok(options) => options,
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        let address = options.address.as_str().to_owned();
        let address = self.as_set("pbx.address", &set.address, address, spelling_of_address);
        let pin = pin.map(|pin| {
            let key = "pbx.certificate_sha256";
            self.as_set(key, &set.certificate_sha256, pin, spelling_of_pin)
        });
        let client_id = client_id.trim().to_owned();
        let wanted = PbxSettings {
            address: address.clone(),
            client_id: client_id.clone(),
            certificate_sha256: pin.clone().unwrap_or_default(),
        };
        if let Err(problem) = self.may_change(|settings| settings.pbx.clone_from(&wanted)) {
            let _ = answer.send(Err(problem));
            return;
        }
        let inputs = self.inputs.clone();
        let entry = PbxSecret::entry(&client_id, &secret);
        let credentials = Credentials { client_id: client_id.clone(), secret };
        let vault = Arc::new(Fresh::new(PbxVault::new(self.secrets.clone(), &wanted)));
        let store = self.store.clone();
        let secrets = self.secrets.clone();
        self.tasks.spawn(async move {
            let client = Client::new(options, credentials, vault.clone());
            let answered = match &client {
                Ok(client) => client.system_information().await,
                Err(error) => Err(error.clone()),
            };
            let result = match (answered, client) {
                (Ok(info), _) => {
                    // A secret store may wait for a person who unlocks it. The token that proved the secret is the one
                    // that goes on being used.
                    let kept = tokio::task::spawn_blocking(move || {
                        secrets.set(SecretName::PbxSecret, &entry).map(|()| vault.keep())
                    });
                    // Before the new start reads it.
                    if let Err(error) = store.set_mark(pbx_side::REFUSED, None).await {
                        tracing::warn!(%error, "a refusal could not be forgotten");
                    }
                    match kept.await.unwrap_or_else(|error| Err(error.to_string())) {
                        Ok(()) => Ok(info),
                        Err(reason) => {
                            tracing::warn!(%reason, "the PBX's secret could not be kept");
                            Err(problems::secrets_unavailable())
                        }
                    }
                }
                (Err(error), client) => {
                    if let Ok(client) = client {
                        // A token that was given for nothing is one of eight.
                        client.revoke().await;
                    }
                    Err(problems::of_connecting_pbx(&error, &address))
                }
            };
            let verified = VerifiedPbx { address, client_id, pin, result };
            let _ = inputs.send(Input::Verified(Box::new(verified), answer)).await;
        });
    }

    /// Returns the certificate that the policy names.
    fn locked_pin(&self) -> Option<String> {
        let pin = &self.loaded.settings.pbx.certificate_sha256;
        (self.loaded.is_locked("pbx.certificate_sha256") && !pin.is_empty()).then(|| pin.clone())
    }

    pub(crate) fn pbx_verified(&mut self, verified: VerifiedPbx, answer: Answer) {
        let VerifiedPbx { address, client_id, pin, result } = verified;
        let info = match result {
            Ok(info) => info,
            Err(problem) => {
                // Nothing is changed; what was connected goes on.
                let _ = answer.send(Err(problem));
                return;
            }
        };
        let changed = self.change(|settings| {
            settings.pbx.address.clone_from(&address);
            settings.pbx.client_id.clone_from(&client_id);
            settings.pbx.certificate_sha256 = pin.clone().unwrap_or_default();
        });
        if let Err(problem) = changed {
            let _ = answer.send(Err(problem));
            return;
        }
        let reply = Reply::PbxConnected {
            serial: info.serial.to_string(),
            firmware: info.firmware.clone(),
        };
        let old = self.pbx.client.take();
        self.begin_pbx();
        self.tasks.spawn(async move {
            if let Some(old) = old {
                old.give_back().await;
            }
            let _ = answer.send(Ok(reply));
        });
    }

    pub(super) fn pbx_certificate(&self, address: String, answer: Answer) {
        let options = match pbx_side::options(&address, "") {
            Ok(options) => options,
            Err(problem) => {
                let _ = answer.send(Err(problem));
                return;
            }
        };
        self.tasks.spawn(async move {
            let shown = pbx::presented_certificate(&options.address).await;
            let _ = answer.send(match shown {
                Ok(print) => Ok(Reply::Certificate { sha256: print.to_string(), trusted: false }),
                Err(error) => Err(problems::of_pbx(&error)),
            });
        });
    }
}

fn spelling_of_address(text: &str) -> Option<String> {
    pbx::Address::parse(text).ok().map(|address| address.as_str().to_owned())
}

fn spelling_of_pin(text: &str) -> Option<String> {
    pbx::Fingerprint::parse(text).ok().map(|pin| pin.to_string())
}

/// Tokens of a client that is being verified: nothing stored is touched until it has worked.
#[derive(Debug)]
struct Fresh {
    vault: PbxVault,
    tokens: std::sync::Mutex<Option<pbx::Tokens>>,
}

impl Fresh {
    fn new(vault: PbxVault) -> Self {
        Self { vault, tokens: std::sync::Mutex::new(None) }
    }

    fn keep(&self) {
        let tokens = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        pbx::Vault::save(&self.vault, tokens.as_ref());
    }
}

impl pbx::Vault for Fresh {
    fn load(&self) -> Option<pbx::Tokens> {
        self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn save(&self, tokens: Option<&pbx::Tokens>) {
        *self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = tokens.cloned();
    }
}
