//! Where secrets are kept: the operating system's store, or the memory of this process.
//!
//! Which of the two is found out once, by writing, reading and deleting an entry of our own. A store that is locked
//! may wait for a person for ever, so everything asked of it has an end.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use engine::{
    ports::{SecretName, Secrets},
    view::SecretsKind,
};
use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};

use crate::logging::hold;

/// How long a store may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a Windows credential holds: 2,560 bytes. Source: Microsoft, CREDENTIALW, `CRED_MAX_CREDENTIAL_BLOB_SIZE`.
const WINDOWS_UNITS: usize = 1_280;

/// Opens the store of this home: the operating system's where it works, else this session's memory.
///
/// Blocks up to five seconds.
pub(crate) fn open(home_id: &str) -> Arc<dyn Secrets> {
    let id = home_id.to_owned();
    let probed = within(PATIENCE, move || {
        let store = system_store()?;
        let probe = entry(&store, &id, "probe")?;
        probe.set_password("probe")?;
        let same = probe.get_password()? == "probe";
        probe.delete_credential()?;
        // The library of the Linux store closes its connection by blocking, which must not happen on an async thread,
        // wherever the last owner goes. This one goes with the process.
        std::mem::forget(store.clone());
        Ok(same.then_some(store))
    });
    match probed {
        Ok(Some(store)) => Arc::new(System {
            store,
            home_id: home_id.to_owned(),
            lost: AtomicBool::new(false),
            known: Memory::default(),
        }),
        Ok(None) => session("it does not return what was written"),
        Err(reason) => session(&reason),
    }
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

/// Runs what may hang elsewhere, and gives up on it after a while.
fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let (done, wait) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("secret store".to_owned())
        .spawn(move || {
            // Nobody may be waiting any more.
            let _ = done.send(work());
        })
        .map_err(|error| error.to_string())?;
    match wait.recv_timeout(patience) {
        Ok(answer) => answer.map_err(|error| describe(&error)),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err("the secret store does not answer; it may be locked".to_owned())
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err("the secret store's library has failed".to_owned())
        }
    }
}

/// Says what went wrong without the bytes that some errors carry.
fn describe(error: &Error) -> String {
    match error {
        Error::PlatformFailure(cause) => format!("the secret store has failed: {cause}"),
        Error::NoStorageAccess(cause) => format!("the secret store denies access: {cause}"),
        Error::NoEntry => "there is no such entry".to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            "the entry is not what was written".to_owned()
        }
        Error::TooLong(..) => "the entry is too long for the secret store".to_owned(),
        Error::Ambiguous(_) => "the secret store has several entries of this name".to_owned(),
        other => format!("the secret store has failed: {other}"),
    }
}

/// The operating system's store. What was read or written once is known until the process ends, so that a store that
/// dies in the middle of a session ends nothing.
struct System {
    store: Arc<CredentialStore>,
    home_id: String,
    /// The store refused the last thing it was asked to keep.
    lost: AtomicBool,
    known: Memory,
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("home_id", &self.home_id).finish_non_exhaustive()
    }
}

impl System {
    fn entry(&self, name: SecretName) -> Result<Entry, String> {
        entry(&self.store, &self.home_id, name.as_str()).map_err(|error| describe(&error))
    }

    fn kept<T>(&self, result: Result<T, String>) -> Result<T, String> {
        self.lost.store(result.is_err(), Ordering::Release);
        result
    }
}

impl Secrets for System {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
        if let Some(secret) = self.known.get(name)? {
            return Ok(Some(secret));
        }
        let entry = self.entry(name)?;
        let found = within(PATIENCE, move || match entry.get_password() {
            Ok(secret) => Ok(Some(SecretString::from(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })?;
        if let Some(secret) = &found {
            self.known.set(name, secret)?;
        }
        Ok(found)
    }

    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
        // First what cannot fail: this session goes on with the new secret, whatever the store says.
        self.known.set(name, secret)?;
        if cfg!(windows) && !fits(secret) {
            return self.kept(Err(
                "the secret is longer than Windows keeps; ask for a shorter one".to_owned(),
            ));
        }
        let (entry, secret) = (self.entry(name)?, secret.clone());
        self.kept(within(PATIENCE, move || entry.set_password(secret.expose_secret())))
    }

    fn delete(&self, name: SecretName) -> Result<(), String> {
        self.known.delete(name)?;
        let entry = self.entry(name)?;
        self.kept(within(PATIENCE, move || match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        }))
    }

    fn kind(&self) -> SecretsKind {
        if self.lost.load(Ordering::Acquire) { SecretsKind::Session } else { SecretsKind::Keyring }
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
    fn a_store_that_hangs_is_given_up() {
        let asked = std::time::Instant::now();
        let answer = within(Duration::from_millis(50), || {
            thread::sleep(Duration::from_secs(3));
            Ok(())
        });
        assert!(answer.is_err());
        assert!(asked.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn windows_takes_1280_units_and_no_more() {
        assert!(fits(&SecretString::from("x".repeat(1_280))));
        assert!(!fits(&SecretString::from("x".repeat(1_281))));
        assert!(!fits(&SecretString::from("😀".repeat(641))));
    }
}
