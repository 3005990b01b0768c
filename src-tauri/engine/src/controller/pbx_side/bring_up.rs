//! From the settings to a client that the PBX has answered.

use std::{sync::Arc, time::Duration};

use domain::Serial;
use pbx::{Address, Client, Credentials, Fingerprint, Options, Retry};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{mpsc, watch};

use super::{BLOCKED, News, REFUSED, SERIAL, is_store_away};
use crate::{
    VERSION,
    controller::{Input, network::rest, salesforce_side::proxy_of},
    ports::{Clock, Desktop, Secrets, Way},
    problems,
    settings::{PbxByPolicy, PbxSettings, Settings},
    vaults::{Found, NoSecret, Origin, PbxPlace, PbxVault, digest, found},
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
    Ok(Options {
        address,
        pin,
        was_trusted: false,
        proxy: None,
        version: VERSION.to_owned(),
        timeouts: pbx::Timeouts::default(),
    })
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

/// Reads the mark of the PBX that answered last, where it did so at this address.
fn serial_at(mark: &str, address: &str) -> Option<Serial> {
    let (serial, its) = mark.split_once(' ')?;
    (its == address).then(|| Serial::new(serial))
}

/// Looks for the secret that may be sent to this PBX, away from the async threads.
async fn secret_for(
    pbx: &PbxSettings,
    by_policy: PbxByPolicy,
    options: &Options,
    secrets: &Arc<dyn Secrets>,
    store: &store::Store,
) -> Result<Result<Found, NoSecret>, String> {
    let (origin, client_id) = (Origin::of(options), pbx.client_id.clone());
    let (secrets, tokens) = (secrets.clone(), PbxVault::new(secrets.clone(), pbx));
    let answered = store.mark(SERIAL).await.ok().flatten();
    let has_answered = answered.is_some_and(|mark| serial_at(&mark, &pbx.address).is_some());
    let looking = move || {
        // Who ends the program gives the tokens back, so that the journal alone may know.
        let was_connected = has_answered || tokens.has_some()?;
        found(&*secrets, &PbxPlace { origin, client_id, by_policy, was_connected })
    };
    let looked = tokio::task::spawn_blocking(looking).await;
    looked.unwrap_or_else(|_| Err("the secret store failed".to_owned()))
}

/// Makes a client of what is kept. Sends nothing, and makes none for a secret that was refused, or was given for another
/// PBX than the settings name.
pub(crate) async fn client_of(
    settings: &Settings,
    by_policy: PbxByPolicy,
    secrets: &Arc<dyn Secrets>,
    store: &store::Store,
    clock: Arc<dyn Clock>,
    way: &Way,
) -> Result<Client, NoClient> {
    let pbx = &settings.pbx;
    let mut options = options(&pbx.address, &pbx.certificate_sha256).map_err(NoClient::Problem)?;
    options.proxy = proxy_of(way);
    let looked = secret_for(pbx, by_policy, &options, secrets, store).await.map_err(|reason| {
        tracing::warn!(%reason, "the secret store did not answer");
        NoClient::Locked
    })?;
    let secret = match looked {
        Ok(found) => {
            options.was_trusted = found.was_trusted;
            found.secret
        }
        Err(NoSecret::Nothing) if is_store_away(secrets, store).await => {
            tracing::warn!("the secret store that keeps the client secret is away or locked");
            return Err(NoClient::Locked);
        }
        Err(NoSecret::Nothing) if secrets.kind() == SecretsKind::Session => {
            return Err(NoClient::Problem(problems::secrets_forgotten()));
        }
        Err(why) => return Err(NoClient::Problem(problems::of_no_secret(&why, &options))),
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
    Client::new(options, credentials, Arc::new(PbxVault::new(secrets.clone(), pbx)), clock)
        .map_err(|error| NoClient::Problem(problems::of_pbx(&error)))
}

/// Keeps over restarts that this secret was refused here, and how, so that it is not tried again by itself. Other
/// errors leave nothing behind.
pub(crate) async fn note_refusal(
    store: &store::Store,
    settings: &Settings,
    by_policy: PbxByPolicy,
    secrets: Arc<dyn Secrets>,
    error: &pbx::Error,
) -> Result<(), store::Error> {
    let how = match error {
        pbx::Error::AddressBlocked { .. } => BLOCKED,
        pbx::Error::CredentialsRefused { .. } => "refused",
        _ => return Ok(()),
    };
    let pbx = &settings.pbx;
    let Ok(options) = options(&pbx.address, &pbx.certificate_sha256) else { return Ok(()) };
    if let Ok(Ok(found)) = secret_for(pbx, by_policy, &options, &secrets, store).await {
        let mark = refusal_mark(pbx, &found.secret);
        store.set_mark(REFUSED, Some(&format!("{mark} {how}"))).await?;
    }
    Ok(())
}

/// Brings the connection up: secret, client, system information, extensions.
pub(super) struct BringUp {
    pub(super) generation: u64,
    pub(super) settings: Settings,
    /// What a trusted policy says of the PBX.
    pub(super) by_policy: PbxByPolicy,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) store: store::Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) desktop: Arc<dyn Desktop>,
    pub(super) inputs: mpsc::Sender<Input>,
    /// Changes when the network does.
    pub(super) network: watch::Receiver<u64>,
}

impl BringUp {
    pub(super) async fn run(mut self) {
        let mut tries = 0;
        let client = loop {
            let clock = self.clock.clone();
            let way = self.desktop.way();
            let (secrets, store) = (&self.secrets, &self.store);
            match client_of(&self.settings, self.by_policy, secrets, store, clock, &way).await {
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
        let mark = self.store.mark(SERIAL).await.ok().flatten();
        let serial = mark.and_then(|mark| serial_at(&mark, &self.settings.pbx.address));
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
