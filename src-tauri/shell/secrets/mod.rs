//! Where secrets are kept: the operating system's store, or the memory of this process.
//!
//! Which of the two is found out once, by writing, reading and deleting an entry of our own. A store that is locked
//! may wait for a person for ever, so everything asked of it has an end, and it is asked one thing at a time.

mod owed;
mod question;
mod teller;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use engine::{
    ports::{SecretName, Secrets},
    view::SecretsKind,
};
use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};

use self::{owed::Owed, teller::Teller};
use crate::logging::hold;

/// How long a store may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a Windows credential holds: 2,560 bytes. Source: Microsoft, CREDENTIALW, `CRED_MAX_CREDENTIAL_BLOB_SIZE`.
const WINDOWS_UNITS: usize = 1_280;

/// Opens the store of this home: the operating system's where there is one, else this session's memory.
///
/// Blocks up to ten seconds. A store that is there and locked is not given up: it may be unlocked soon, and holds the
/// sign-ins of earlier days.
pub(crate) fn open(home_id: &str) -> Arc<dyn Secrets> {
    let teller = Teller::begin(PATIENCE, question::is_open);
    let store = match teller.ask(system_store) {
        Ok(store) => store,
        // It may have died, or not have been started yet; it is waited for.
        Err(failure) if cfg!(target_os = "linux") => {
            tracing::warn!(%failure, "the system's secret store is not there; secrets are kept until the program ends");
            let system = System::of(None, teller, home_id, false);
            system.wait_for_the_store();
            return system;
        }
        Err(failure) => return session(&failure.to_string()),
    };
    // The library of the Linux store closes its connection by blocking, which must not happen on an async thread,
    // wherever the last owner goes. This one goes with the process.
    std::mem::forget(store.clone());
    let (probed, id) = (store.clone(), home_id.to_owned());
    let proven = match teller.ask(move || probe(&probed, &id)) {
        Ok(true) => true,
        Ok(false) => return session("it does not return what was written"),
        Err(failure) if failure.may_pass() => {
            tracing::warn!(%failure, "the system's secret store is there, and keeps nothing now");
            false
        }
        Err(failure) => return session(&failure.to_string()),
    };
    let system = System::of(Some(store), teller, home_id, proven);
    if !proven {
        system.wait_for_the_store();
    }
    system
}

/// Writes, reads and deletes an entry of our own.
fn probe(store: &Arc<CredentialStore>, home_id: &str) -> Result<bool, Error> {
    let probe = entry(store, home_id, "probe")?;
    let same = written(&probe, "probe")?;
    probe.delete_credential()?;
    Ok(same)
}

/// Writes an entry and reads it back. Says whether it is what was written.
fn written(entry: &Entry, secret: &str) -> Result<bool, Error> {
    entry.set_password(secret)?;
    Ok(entry.get_password()? == secret)
}

/// Keeps secrets until this process ends, and nowhere.
pub(crate) fn for_this_session() -> Arc<dyn Secrets> {
    Arc::new(Memory::default())
}

fn session(reason: &str) -> Arc<dyn Secrets> {
    tracing::warn!(
        reason,
        "the system's secret store cannot be used; secrets are kept until the program ends"
    );
    for_this_session()
}

#[cfg(target_os = "linux")]
fn system_store() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn system_store() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn system_store() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// Names an entry `Patchcord/<home id>/<name>`.
fn entry(store: &Arc<CredentialStore>, home_id: &str, name: &str) -> Result<Entry, Error> {
    let whole = format!("Patchcord/{home_id}/{name}");
    let key = if cfg!(windows) { "target" } else { "label" };
    let shown = HashMap::from([(key, whole.as_str())]);
    // The keychain of macOS knows neither.
    let shown = (!cfg!(target_os = "macos")).then_some(&shown);
    store.build("Patchcord", &format!("{home_id}/{name}"), shown)
}

/// The operating system's store. What was read or written once is known until the process ends, so that a store that
/// dies in the middle of a session ends nothing.
struct System {
    /// For the thread that waits for the store's return.
    me: Weak<System>,
    /// A store that was started again is another one. None: none was there yet.
    store: Mutex<Option<Arc<CredentialStore>>>,
    teller: Teller,
    home_id: String,
    /// The store has returned something that was written in this session. That it answers proves nothing: one
    /// without a collection says of every entry that it is not there.
    proven: AtomicBool,
    known: Memory,
    /// What the store lacks that it was asked to keep, or keeps that it was asked to forget.
    owed: Owed,
    /// One entry is written at a time, so that an older secret is never written over a newer one.
    writing: Mutex<()>,
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("home_id", &self.home_id).finish_non_exhaustive()
    }
}

impl System {
    fn of(
        store: Option<Arc<CredentialStore>>,
        teller: Teller,
        home_id: &str,
        proven: bool,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            store: Mutex::new(store),
            teller,
            home_id: home_id.to_owned(),
            proven: AtomicBool::new(proven),
            known: Memory::default(),
            owed: Owed::default(),
            writing: Mutex::default(),
        })
    }

    /// Does something with an entry; an entry that is not there is an answer.
    fn ask<T: Send + 'static>(
        &self,
        name: SecretName,
        work: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<Option<T>, String> {
        let (store, home_id) = (hold(&self.store).clone(), self.home_id.clone());
        let Some(store) = store else { return Ok(None) };
        let answer =
            self.teller.ask(move || match entry(&store, &home_id, name.as_str()).and_then(work) {
                Err(Error::NoEntry) => Ok(None),
                other => other.map(Some),
            });
        answer.map_err(|failure| failure.to_string())
    }

    /// Takes note that the store has returned what was written.
    fn is_proven_now(&self) {
        if !self.proven.swap(true, Ordering::AcqRel) {
            tracing::info!("the secret store keeps what it is given");
        }
    }

    /// Finds out once more whether the store keeps anything, where that was not known and it has just told something:
    /// somebody has unlocked it.
    fn prove(&self) {
        if self.proven.load(Ordering::Acquire) {
            return;
        }
        let (store, home_id) = (hold(&self.store).clone(), self.home_id.clone());
        let Some(store) = store else { return };
        if let Ok(true) = self.teller.ask(move || probe(&store, &home_id)) {
            self.is_proven_now();
        }
    }

    /// Notes what the store made of an entry, and waits for it where it lacks something.
    fn kept(&self, name: SecretName, result: Result<(), String>) -> Result<(), String> {
        if self.owed.note(name, result.is_ok()) {
            self.wait_for_the_store();
        }
        // Before it has kept anything it is as good as none: this session is all that was promised.
        if self.proven.load(Ordering::Acquire) { result } else { Ok(()) }
    }
}

impl Secrets for System {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
        if let Some(secret) = self.known.get(name)? {
            return Ok(Some(secret));
        }
        let found = self.ask(name, |entry| entry.get_password())?.map(SecretString::from);
        if let Some(secret) = &found {
            self.known.set(name, secret)?;
            self.prove();
        }
        Ok(found)
    }

    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
        let _writing = hold(&self.writing);
        // First what cannot fail: this session goes on with the new secret, whatever the store says.
        self.known.set(name, secret)?;
        if cfg!(windows) && !fits(secret) {
            let told = "the secret is longer than Windows keeps; ask for a shorter one";
            return self.kept(name, Err(told.to_owned()));
        }
        let secret = secret.clone();
        let kept = match self.ask(name, move |entry| written(&entry, secret.expose_secret())) {
            Ok(Some(true)) => {
                self.is_proven_now();
                Ok(())
            }
            Ok(Some(false)) => Err("the secret store does not return what was written".to_owned()),
            Ok(None) => Err("the secret store has no place for it".to_owned()),
            Err(failure) => Err(failure),
        };
        self.kept(name, kept)
    }

    fn delete(&self, name: SecretName) -> Result<(), String> {
        let _writing = hold(&self.writing);
        self.known.delete(name)?;
        let is_there = hold(&self.store).is_some();
        let deleted = match is_there {
            true => self.ask(name, |entry| entry.delete_credential()).map(|_| ()),
            // Should one come, it may have it.
            false => Err("there is no secret store yet".to_owned()),
        };
        self.kept(name, deleted)
    }

    fn declined(&self) -> bool {
        self.teller.is_declined()
    }

    fn kind(&self) -> SecretsKind {
        let keeps_all = self.proven.load(Ordering::Acquire) && self.owed.is_empty();
        if keeps_all { SecretsKind::Keyring } else { SecretsKind::Session }
    }
}

fn fits(secret: &SecretString) -> bool {
    secret.expose_secret().encode_utf16().count() <= WINDOWS_UNITS
}

/// The memory of this process.
#[derive(Debug, Default)]
struct Memory(Mutex<HashMap<SecretName, SecretString>>);

impl Secrets for Memory {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
        Ok(hold(&self.0).get(&name).cloned())
    }

    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
        hold(&self.0).insert(name, secret.clone());
        Ok(())
    }

    fn delete(&self, name: SecretName) -> Result<(), String> {
        hold(&self.0).remove(&name);
        Ok(())
    }

    fn kind(&self) -> SecretsKind {
        SecretsKind::Session
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_remembers_and_forgets() {
        let secrets = for_this_session();
        secrets.set(SecretName::PbxSecret, &SecretString::from("s3cret")).unwrap();
        assert_eq!(secrets.get(SecretName::PbxSecret).unwrap().unwrap().expose_secret(), "s3cret");
        assert!(secrets.get(SecretName::SalesforceRefresh).unwrap().is_none());
        secrets.delete(SecretName::PbxSecret).unwrap();
        assert!(secrets.get(SecretName::PbxSecret).unwrap().is_none());
        assert_eq!(secrets.kind(), SecretsKind::Session);
    }

    #[test]
    fn windows_takes_1280_units_and_no_more() {
        assert!(fits(&SecretString::from("x".repeat(1_280))));
        assert!(!fits(&SecretString::from("x".repeat(1_281))));
        assert!(!fits(&SecretString::from("😀".repeat(641))));
    }
}
