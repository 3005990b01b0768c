//! From the settings to a client that the PBX has answered.

use std::{sync::Arc, time::Duration};

use domain::Serial;
use pbx::{Address, Client, Credentials, Fingerprint, Options, Retry};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{mpsc, watch};

use super::{BLOCKED, News, REFUSED, SERIAL};
use crate::{
    VERSION,
    controller::{Controller, Input, network::rest},
    ports::{SecretName, Secrets},
    problems,
    settings::{PbxSettings, Settings},
    vaults::{PbxSecret, PbxVault, digest},
    view::{Problem, SecretsKind},
};

/// The waits between two tries to reach the PBX, in seconds.
const WAITS: [u64; 6] = [1, 2, 5, 10, 20, 30];

/// The longest wait while there is no way to the PBX at all: to look again costs no packet.
const NO_NETWORK: Duration = Duration::from_secs(2);

/// Puts the connection's options together from the settings.
pub(crate) fn options(address: &str, pin: &str) -> Result<Options, Problem> {
    let address = Address::parse(address).map_err(|error| {
        Problem::new(
            "pbx.unreachable",
            format!("The PBX's address cannot be used: {error}."),
            "Write it as https://ADDRESS:PORT.",
        )
    })?;
    let pin = match pin.trim() {
        "" => None,
        pin => Some(Fingerprint::parse(pin).map_err(|error| {
            Problem::new(
                "pbx.tls_untrusted",
                format!("The certificate's fingerprint cannot be used: {error}."),
                "Write the 64 hexadecimal digits of its SHA-256.",
            )
        })?),
    };
    Ok(Options { address, pin, version: VERSION.to_owned(), timeouts: pbx::Timeouts::default() })
}

/// Names a refused combination without telling the secret.
fn refusal_mark(pbx: &PbxSettings, secret: &SecretString) -> String {
    digest(&[&pbx.address, &pbx.client_id, secret.expose_secret()])
}

/// Why there is no client.
pub(crate) enum NoClient {
    /// The secret store does not answer.
    Locked,
    /// A person is needed.
    Problem(Problem),
}

/// Makes a client of what is kept. Sends nothing, and makes none for a secret that was refused.
pub(crate) async fn client_of(
    settings: &Settings,
    secrets: &Arc<dyn Secrets>,
    store: &store::Store,
) -> Result<Client, NoClient> {
    let pbx = &settings.pbx;
    let secret =
        Controller::secret(secrets.clone(), SecretName::PbxSecret).await.map_err(|reason| {
            tracing::warn!(%reason, "the secret store did not answer");
            NoClient::Locked
        })?;
    let Some(kept) = secret.map(PbxSecret::read) else {
        if secrets.kind() == SecretsKind::Session {
            return Err(NoClient::Problem(problems::secrets_forgotten()));
        }
        return Err(NoClient::Problem(Problem::new(
            "pbx.credentials_refused",
            "The PBX's client secret is not on this computer.",
            "Connect the PBX with its client secret.",
        )));
    };
    let Some(secret) = kept.of(&pbx.client_id) else {
        return Err(NoClient::Problem(Problem::new(
            "pbx.credentials_refused",
            "The PBX's client secret in the secret store belongs to another client ID, so it was not tried.",
            "Connect the PBX again with the secret of this client ID.",
        )));
    };
    let refused = store.mark(REFUSED).await.ok().flatten().unwrap_or_default();
    let (what, how) = refused.split_once(' ').unwrap_or((&refused, ""));
    if what == refusal_mark(pbx, &secret) {
        return Err(NoClient::Problem(problems::of_pbx(&if how == BLOCKED {
            pbx::Error::AddressBlocked { until: None }
        } else {
            pbx::Error::CredentialsRefused { code: 0 }
        })));
    }
    let credentials = Credentials { client_id: pbx.client_id.clone(), secret };
    let options = options(&pbx.address, &pbx.certificate_sha256).map_err(NoClient::Problem)?;
    Client::new(options, credentials, Arc::new(PbxVault::new(secrets.clone(), pbx)))
        .map_err(|error| NoClient::Problem(problems::of_pbx(&error)))
}

/// Keeps over restarts that this secret was refused here, and how, so that it is not tried again by itself. Other
/// errors leave nothing behind.
pub(crate) async fn note_refusal(
    store: &store::Store,
    settings: &Settings,
    secrets: Arc<dyn Secrets>,
    error: &pbx::Error,
) -> Result<(), store::Error> {
    let how = match error {
        pbx::Error::AddressBlocked { .. } => BLOCKED,
        pbx::Error::CredentialsRefused { .. } => "refused",
        _ => return Ok(()),
    };
    let kept = Controller::secret(secrets, SecretName::PbxSecret).await.ok().flatten();
    if let Some(secret) = kept.and_then(|kept| PbxSecret::read(kept).of(&settings.pbx.client_id)) {
        let mark = refusal_mark(&settings.pbx, &secret);
        store.set_mark(REFUSED, Some(&format!("{mark} {how}"))).await?;
    }
    Ok(())
}

/// Brings the connection up: secret, client, system information, extensions.
pub(super) struct BringUp {
    pub(super) generation: u64,
    pub(super) settings: Settings,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) store: store::Store,
    pub(super) inputs: mpsc::Sender<Input>,
    /// Changes when the network does.
    pub(super) network: watch::Receiver<u64>,
}

impl BringUp {
    pub(super) async fn run(mut self) {
        let mut tries = 0;
        let client = loop {
            match client_of(&self.settings, &self.secrets, &self.store).await {
                Ok(client) => break client,
                Err(NoClient::Problem(problem)) => {
                    return self.tell(News::SignedOut(problem)).await;
                }
                // It may be unlocked soon.
                Err(NoClient::Locked) => self.tell(News::Locked).await,
            }
            tokio::time::sleep(jittered(tries)).await;
            tries += 1;
        };
        let serial = self.store.mark(SERIAL).await.ok().flatten().and_then(|mark| {
            let (serial, address) = mark.split_once(' ')?;
            (address == self.settings.pbx.address).then(|| Serial::new(serial))
        });
        self.tell(News::Client(client.clone(), serial)).await;
        let mut tries = 0;
        let mut known = false;
        loop {
            let tried = if known {
                self.extensions(&client).await
            } else {
                self.information(&client).await
            };
            match tried {
                Ok(()) if known => return,
                Ok(()) => {
                    known = true;
                    tries = 0;
                }
                Err(error) => {
                    let (retry, by_network) = (error.retry(), error.may_be_the_network());
                    let longest =
                        if error.is_without_network() { NO_NETWORK } else { Duration::MAX };
                    if !known {
                        self.tell(News::Trouble(error)).await;
                    }
                    let wait = match retry {
                        Retry::Later { after } => after.unwrap_or_default().max(jittered(tries)),
                        // Only a person can help, or nobody; the firmware may simply not list its extensions.
                        Retry::AfterPerson | Retry::Never => return,
                    };
                    tries += 1;
                    if rest(wait.min(longest), by_network, &mut self.network).await {
                        // What failed before says nothing about the network of now.
                        tries = 0;
                    }
                }
            }
        }
    }

    async fn information(&self, client: &Client) -> Result<(), pbx::Error> {
        let info = client.system_information().await?;
        self.tell(News::Known(Box::new(info))).await;
        Ok(())
    }

    async fn extensions(&self, client: &Client) -> Result<(), pbx::Error> {
        let entries = client.extensions().await?;
        self.tell(News::Extensions(entries)).await;
        Ok(())
    }

    async fn tell(&self, news: News) {
        let _ = self.inputs.send(Input::Pbx(self.generation, news)).await;
    }
}

/// The wait before a try, with jitter so that a whole office does not come back at once.
pub(crate) fn jittered(tries: usize) -> Duration {
    let most = WAITS[tries.min(WAITS.len() - 1)] * 1_000;
    Duration::from_millis(most / 2 + u64::from(rand::random::<u32>()) % (most / 2 + 1))
}
