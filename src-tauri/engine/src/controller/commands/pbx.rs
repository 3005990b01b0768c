//! Connecting the PBX: tried first, then stored.

use std::{sync::Arc, time::Duration};

use domain::Country;
use pbx::{Client, Credentials, Error, Fingerprint, SystemInformation};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    Mode,
    command::{LONGEST_SECRET, Reply},
    controller::{Answer, Controller, Input, pbx_side, salesforce_side::proxy_of},
    ports::{SecretName, Secrets},
    problems,
    settings::{PbxSettings, Settings},
    vaults::{Change, Given, Kept, Origin, PbxVault},
    view::{Problem, SecretsKind},
};

/// The extensions of a PBX are waited for so long when it is connected: they show a country at best.
const SHOWS: Duration = Duration::from_secs(5);

/// What a person gives to connect a PBX.
pub(crate) struct PbxGiven {
    pub(crate) address: String,
    pub(crate) client_id: String,
    pub(crate) secret: SecretString,
    pub(crate) pin: Option<String>,
    /// The country of the numbers, where it is said with it.
    pub(crate) country: Option<String>,
}

/// A PBX that has answered, and whose secret is kept beside the last one's: the settings come next.
pub(crate) struct VerifiedPbx {
    wanted: PbxSettings,
    country: Option<String>,
    information: SystemInformation,
    /// The country that its extensions show.
    shown: Option<String>,
    change: Change,
    /// Its token, which goes on being used.
    token: Arc<Fresh>,
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

    pub(super) fn connect_pbx(&self, given: PbxGiven, answer: Answer) {
        let PbxGiven { address, client_id, secret, pin, country } = given;
        let set = &self.loaded.settings.pbx;
        let pin = pin.or_else(|| self.locked_pin());
        let checked = self.may_keep_secrets().and_then(|()| {
            if let Some(code) = country.as_deref().filter(|code| Country::parse(code).is_none()) {
                return Err(problems::no_such_country(code));
            }
            if secret.expose_secret().chars().count() > LONGEST_SECRET {
                return Err(Problem::new(
                    "pbx.credentials_refused",
                    format!(
                        "This is longer than {LONGEST_SECRET} characters, and so no client secret. It was not tried."
                    ),
                    "Copy the client secret alone from the PBX (Integrations > API).",
                ));
            }
            if client_id.trim().is_empty() || secret.expose_secret().trim().is_empty() {
                return Err(Problem::new(
                    "pbx.credentials_refused",
                    "The client ID or the client secret is empty.",
                    "Copy both from the PBX (Integrations > API).",
                ));
            }
            pbx_side::options(&address, pin.as_deref().unwrap_or_default())
        });
        let mut options = match checked {
            Ok(options) => pbx::Options { proxy: proxy_of(&self.desktop.way()), ..options },
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
            address,
            client_id: client_id.clone(),
            certificate_sha256: pin.unwrap_or_default(),
        };
        let country = country.and_then(|code| Country::parse(&code)).map(Country::code);
        let changed = self.may_change(|settings| set_pbx(settings, &wanted, country.as_deref()));
        if let Err(problem) = changed {
            let _ = answer.send(Err(problem));
            return;
        }
        let inputs = self.inputs.clone();
        let set = pbx_side::options(&set.address, &set.certificate_sha256).ok();
        let given = Given::new(Origin::of(&options), &client_id, secret.clone());
        let credentials = Credentials { client_id, secret };
        let token = Arc::new(Fresh::new(PbxVault::new(self.secrets.clone(), &wanted)));
        let (secrets, clock) = (self.secrets.clone(), self.clock.clone());
        self.tasks.spawn(async move {
            let known = known_at(&options, set.as_ref(), secrets.clone()).await;
            options.was_trusted = known.as_ref().is_some_and(|known| known.pin.is_none());
            let address = options.address.clone();
            let client = Client::new(options, credentials, token.clone(), clock);
            let answered = match &client {
                Ok(client) => client.system_information().await,
                Err(error) => Err(error.clone()),
            };
            let information = match answered {
                Ok(information) => information,
                Err(error) => {
                    // Nothing is changed; what was connected goes on.
                    if let Ok(client) = client {
                        // A token that was given for nothing is one of eight.
                        client.revoke().await;
                    }
                    let error = compared(error, known.and_then(|known| known.pin));
                    let problem = problems::of_connecting_pbx(&error, address.as_str());
                    let _ = answer.send(Err(problem));
                    return;
                }
            };
            let shown = match &client {
                Ok(client) => {
                    tokio::time::timeout(SHOWS, client.extensions()).await.ok().and_then(Result::ok)
                }
                Err(_) => None,
            };
            let shown = shown.as_deref().and_then(pbx_side::country_of);
            // A secret store may wait for a person who unlocks it.
            let keeping = tokio::task::spawn_blocking(move || Change::begin(secrets, given)).await;
            match keeping.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(change) => {
                    let verified =
                        VerifiedPbx { wanted, country, information, shown, change, token };
                    let _ = inputs.send(Input::Verified(Box::new(verified), answer)).await;
                }
                Err(reason) => {
                    tracing::warn!(%reason, "the PBX's secret could not be kept");
                    if let Ok(client) = client {
                        client.revoke().await;
                    }
                    let _ = answer.send(Err(problems::secrets_unavailable()));
                }
            }
        });
    }

    /// Returns the certificate that the policy names.
    fn locked_pin(&self) -> Option<String> {
        let pin = &self.loaded.settings.pbx.certificate_sha256;
        (self.loaded.is_locked("pbx.certificate_sha256") && !pin.is_empty()).then(|| pin.clone())
    }

    /// The PBX has answered and its secret is kept: the settings are written, and then the secret takes the last one's
    /// place; or neither.
    pub(crate) fn pbx_verified(&mut self, verified: VerifiedPbx, answer: Answer) {
        let VerifiedPbx { wanted, country, information, shown, change, token } = verified;
        // What follows from another PBX begins when its secret is in place.
        let mut before = self.loaded.settings.clone();
        before.pbx.clone_from(&wanted);
        let changed = self.change(|settings| set_pbx(settings, &wanted, country.as_deref()));
        if changed.is_ok() {
            self.take_effect(&before);
            self.country_shown(shown);
        }
        let country = self.loaded.settings.numbers.country.clone();
        let country_by = self.loaded.country_by();
        let (store, inputs) = (self.store.clone(), self.inputs.clone());
        let secrets = self.secrets.clone();
        self.tasks.spawn(async move {
            let is_changed = changed.is_ok();
            let kept = tokio::task::spawn_blocking(move || {
                if is_changed {
                    change.finish();
                    token.keep();
                } else {
                    change.undo();
                }
            });
            if kept.await.is_err() {
                tracing::error!("the secret store has failed");
            }
            if let Err(problem) = changed {
                let _ = answer.send(Err(problem));
                return;
            }
            // Before the new start reads it.
            if let Err(error) = store.set_mark(pbx_side::REFUSED, None).await {
                tracing::warn!(%error, "a refusal could not be forgotten");
            }
            let reply = Reply::PbxConnected {
                serial: information.serial.to_string(),
                firmware: information.firmware,
                secrets: secrets.kind(),
                country,
                country_by,
            };
            let _ = inputs.send(Input::PbxStored(reply, answer)).await;
        });
    }

    /// Settings and secret are in step: the new PBX is listened to.
    pub(crate) fn pbx_stored(&mut self, reply: Reply, answer: Answer) {
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
        let proxy = proxy_of(&self.desktop.way());
        self.tasks.spawn(async move {
            let shown = pbx::presented_certificate(&options.address, proxy).await;
            let _ = answer.send(match shown {
                Ok(shown) => Ok(Reply::Certificate {
                    sha256: shown.sha256.to_string(),
                    trusted: shown.trusted,
                }),
                Err(error) => Err(problems::of_pbx(&error)),
            });
        });
    }
}

fn set_pbx(settings: &mut Settings, wanted: &PbxSettings, country: Option<&str>) {
    settings.pbx.clone_from(wanted);
    if let Some(country) = country {
        country.clone_into(&mut settings.numbers.country);
    }
}

fn spelling_of_address(text: &str) -> Option<String> {
    pbx::Address::parse(text).ok().map(|address| address.as_str().to_owned())
}

fn spelling_of_pin(text: &str) -> Option<String> {
    Fingerprint::parse(text).ok().map(|pin| pin.to_string())
}

/// Returns by which certificate this address was connected, where it ever was. Where an earlier version has not written
/// that down with the secret, it is what the settings name.
async fn known_at(
    options: &pbx::Options,
    set: Option<&pbx::Options>,
    secrets: Arc<dyn Secrets>,
) -> Option<Origin> {
    if !options.address.is_tls() {
        return None;
    }
    // A store that does not answer is told of when the secret is to be kept.
    let entry = Controller::secret(secrets, SecretName::PbxSecret).await.ok().flatten()?;
    let kept = Kept::read(&entry);
    let set = set.filter(|set| kept.is_of_an_earlier_version() && set.address == options.address);
    kept.known_at(&options.address).or_else(|| set.map(Origin::of))
}

/// Sees a certificate that nobody vouches for beside the one that was confirmed for this address.
fn compared(error: Error, confirmed: Option<Fingerprint>) -> Error {
    match (error, confirmed) {
        (Error::TlsUntrusted { presented }, Some(expected)) if expected != presented => {
            Error::TlsChanged { expected: Some(expected), presented }
        }
        (error, _) => error,
    }
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
