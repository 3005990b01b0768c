//! The PBX's client secret, with what a person gave it for: address, certificate, client id.
//!
//! | the settings name | it is sent |
//! |---|---|
//! | what it was given for | yes |
//! | another client id | never: five refusals block the whole office's address |
//! | another address or certificate, by a trusted policy | to https only, whose certificate is the confirmed one, the policy's, or publicly trusted by the policy's word |
//! | another one, by anybody else | no: a person is asked |
//!
//! While a person connects another PBX, the entry holds both for a moment ([`Change`]): a crash leaves the one that the
//! settings name.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pbx::{Address, Fingerprint, Options};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    ports::{SecretName, Secrets},
    settings::PbxByPolicy,
};

/// Where a PBX is, and by which certificate it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) address: Address,
    /// `None`: a publicly trusted one, or plain http on this computer.
    pub(crate) pin: Option<Fingerprint>,
}

impl Origin {
    pub(crate) fn of(options: &Options) -> Self {
        // Plain http shows no certificate, whatever the settings say of one.
        let pin = options.pin.filter(|_| options.address.is_tls());
        Self { address: options.address.clone(), pin }
    }

    fn is_publicly_trusted(&self) -> bool {
        self.address.is_tls() && self.pin.is_none()
    }
}

/// A client secret, and what it was given for.
#[derive(Clone)]
pub(crate) struct Given {
    /// `None`: kept by a version that did not write it down.
    origin: Option<Origin>,
    /// `None`: kept by an even earlier one.
    client_id: Option<String>,
    secret: SecretString,
}

impl Given {
    pub(crate) fn new(origin: Origin, client_id: &str, secret: SecretString) -> Self {
        Self { origin: Some(origin), client_id: Some(client_id.to_owned()), secret }
    }

    fn is_for(&self, client_id: &str) -> bool {
        self.client_id.as_deref().is_none_or(|its| its == client_id)
    }

    fn is_for_the_same(&self, other: &Self) -> bool {
        self.origin == other.origin && self.client_id == other.client_id
    }
}

/// Where the settings in force say that the PBX is, and on whose word.
#[derive(Clone, Debug)]
pub(crate) struct PbxPlace {
    pub(crate) origin: Origin,
    pub(crate) client_id: String,
    pub(crate) by_policy: PbxByPolicy,
    /// An earlier version was connected here: tokens of this address are kept, or the journal names it.
    pub(crate) was_connected: bool,
}

impl PbxPlace {
    /// Says whether the secret that was given for `origin` may be sent here.
    fn may_have(&self, origin: Option<&Origin>) -> bool {
        origin == Some(&self.origin) || self.is_followed_from(origin)
    }

    /// Says whether a trusted policy has moved the PBX here, and it proves itself.
    fn is_followed_from(&self, origin: Option<&Origin>) -> bool {
        let (to, policy) = (&self.origin, self.by_policy);
        let address = policy.address || origin.is_some_and(|origin| origin.address == to.address);
        let confirmed = origin.is_some_and(|origin| origin.pin == to.pin);
        let certificate =
            policy.certificate || confirmed || (policy.address && to.is_publicly_trusted());
        (policy.address || policy.certificate) && to.address.is_tls() && address && certificate
    }
}

/// A secret that may be sent.
pub(crate) struct Found {
    pub(crate) secret: SecretString,
    /// This address has had a publicly trusted certificate when it was connected.
    pub(crate) was_trusted: bool,
    /// What it was given for has to be written down yet.
    is_unsaid: bool,
}

/// Why none may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoSecret {
    /// There is none.
    Nothing,
    /// It belongs to another client id.
    AnotherClient,
    /// It was given for another PBX, or another certificate of it; `None`: nobody knows for which.
    AnotherPlace(Option<Origin>),
}

/// What the entry holds.
#[derive(Clone, Default)]
pub(crate) struct Kept(Vec<Given>);

/// One secret in the entry. JSON, so that no character of a part can be taken for its end.
#[derive(Serialize, Deserialize)]
struct Row {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    secret: String,
}

impl Kept {
    pub(crate) fn read(entry: &SecretString) -> Self {
        let text = entry.expose_secret();
        if text.starts_with('[') {
            let Ok(rows) = serde_json::from_str::<Vec<Row>>(text) else {
                // Of another version, or damaged. Whatever it is, it is no secret of a PBX.
                tracing::warn!("the PBX's secret that was kept cannot be read");
                return Self::default();
            };
            return Self(rows.into_iter().map(given).collect());
        }
        // Earlier versions: the client id and a line end before the secret; the earliest, the secret alone.
        let (client_id, secret) = match text.split_once('\n') {
            Some((client_id, secret)) => (Some(client_id.to_owned()), secret),
            None => (None, text),
        };
        Self(vec![Given { origin: None, client_id, secret: secret.into() }])
    }

    fn entry(&self) -> SecretString {
        let rows: Vec<Row> = self.0.iter().map(row).collect();
        serde_json::to_string(&rows).expect("texts are JSON").into()
    }

    /// Returns the secret that may be sent to where the settings say that the PBX is.
    pub(crate) fn find(mut self, place: &PbxPlace) -> Result<Found, NoSecret> {
        // One that was given for exactly this counts before one that only follows.
        self.0.sort_by_key(|given| given.origin.as_ref() != Some(&place.origin));
        let mut why = NoSecret::Nothing;
        for given in self.0 {
            if !given.is_for(&place.client_id) {
                why = NoSecret::AnotherClient;
                continue;
            }
            let is_unsaid = given.origin.is_none() && place.was_connected;
            if is_unsaid || place.may_have(given.origin.as_ref()) {
                let known = if is_unsaid { Some(&place.origin) } else { given.origin.as_ref() };
                let was_trusted =
                    known == Some(&place.origin) && place.origin.is_publicly_trusted();
                return Ok(Found { secret: given.secret, was_trusted, is_unsaid });
            }
            why = NoSecret::AnotherPlace(given.origin);
        }
        Err(why)
    }

    /// Returns by which certificate an address was connected, where it ever was.
    pub(crate) fn known_at(&self, address: &Address) -> Option<Origin> {
        let origins = self.0.iter().filter_map(|given| given.origin.clone());
        origins.into_iter().find(|origin| origin.address == *address)
    }

    /// Says whether nobody wrote down what a secret was given for.
    pub(crate) fn is_of_an_earlier_version(&self) -> bool {
        self.0.iter().any(|given| given.origin.is_none())
    }
}

fn given(row: Row) -> Given {
    let pin = row.pin.as_deref().map(Fingerprint::parse);
    let origin = match (row.address.as_deref().map(Address::parse), pin) {
        (Some(Ok(address)), None) => Some(Origin { address, pin: None }),
        (Some(Ok(address)), Some(Ok(pin))) => Some(Origin { address, pin: Some(pin) }),
        // What cannot be read is given for nothing that is known.
        _ => None,
    };
    Given { origin, client_id: row.client_id, secret: row.secret.into() }
}

fn row(given: &Given) -> Row {
    let origin = given.origin.as_ref();
    Row {
        address: origin.map(|origin| origin.address.as_str().to_owned()),
        pin: origin.and_then(|origin| origin.pin).map(|pin| pin.to_string()),
        client_id: given.client_id.clone(),
        secret: given.secret.expose_secret().to_owned(),
    }
}

/// The entry is read, changed and written by one at a time.
static CHANGING: Mutex<()> = Mutex::new(());

fn changing() -> MutexGuard<'static, ()> {
    CHANGING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the secret for where the settings say that the PBX is, and writes down what it was given for, where an
/// earlier version has not. Blocks.
///
/// # Errors
///
/// The store could not be asked; says why.
pub(crate) fn found(
    secrets: &dyn Secrets,
    place: &PbxPlace,
) -> Result<Result<Found, NoSecret>, String> {
    let Some(entry) = secrets.get(SecretName::PbxSecret)? else {
        return Ok(Err(NoSecret::Nothing));
    };
    let found = Kept::read(&entry).find(place);
    if found.as_ref().is_ok_and(|found| found.is_unsaid)
        && let Err(reason) = write_down(secrets, place)
    {
        // It is known again at the next start.
        tracing::warn!(%reason, "for which PBX the secret was given could not be written down");
    }
    Ok(found)
}

fn write_down(secrets: &dyn Secrets, place: &PbxPlace) -> Result<(), String> {
    let _alone = changing();
    // Somebody may have connected another one meanwhile.
    let Some(entry) = secrets.get(SecretName::PbxSecret)? else { return Ok(()) };
    let mut kept = Kept::read(&entry);
    let unsaid = |given: &&mut Given| given.origin.is_none() && given.is_for(&place.client_id);
    let Some(given) = kept.0.iter_mut().find(unsaid) else { return Ok(()) };
    given.origin = Some(place.origin.clone());
    given.client_id = Some(place.client_id.clone());
    secrets.set(SecretName::PbxSecret, &kept.entry())
}

/// Another secret takes the place of the one that is kept, in step with the settings: first both are kept, then the
/// settings are written, then the new one alone is kept. Whatever ends in between leaves the secret of what the settings
/// name. All of it blocks.
pub(crate) struct Change {
    secrets: Arc<dyn Secrets>,
    /// `Err`: the store does not answer, and this session goes on without it.
    before: Result<Option<SecretString>, String>,
    new: Given,
}

impl Change {
    /// Keeps the new one beside the one that is kept.
    ///
    /// # Errors
    ///
    /// The store refused; says why.
    pub(crate) fn begin(secrets: Arc<dyn Secrets>, new: Given) -> Result<Self, String> {
        let alone = changing();
        let before = secrets.get(SecretName::PbxSecret);
        let mut kept = match &before {
            Ok(Some(entry)) => Kept::read(entry),
            Ok(None) | Err(_) => Kept::default(),
        };
        kept.0.retain(|given| !given.is_for_the_same(&new));
        // Of a change that was cut off, the settings name the first or the last.
        let last = kept.0.pop();
        kept.0.truncate(1);
        kept.0.extend(last);
        kept.0.push(new.clone());
        secrets.set(SecretName::PbxSecret, &kept.entry())?;
        drop(alone);
        Ok(Self { secrets, before, new })
    }

    /// The settings name the new one: it is all that is kept.
    pub(crate) fn finish(self) {
        let _alone = changing();
        let entry = Kept(vec![self.new]).entry();
        if let Err(reason) = self.secrets.set(SecretName::PbxSecret, &entry) {
            tracing::warn!(%reason, "the secret of the last PBX is kept beside the new one");
        }
    }

    /// The settings could not be written: everything is as it was.
    pub(crate) fn undo(self) {
        let _alone = changing();
        let done = match &self.before {
            Ok(Some(entry)) => self.secrets.set(SecretName::PbxSecret, entry),
            Ok(None) => self.secrets.delete(SecretName::PbxSecret),
            Err(_) => Ok(()),
        };
        if let Err(reason) = done {
            tracing::warn!(%reason, "a secret is kept that the settings do not name");
        }
    }
}

#[cfg(test)]
#[path = "pbx_secret/tests.rs"]
mod tests;
