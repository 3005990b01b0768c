//! Secrets that a person has given up while the store that has them was locked or away.
//!
//! The wish is a file beside the databases, so it holds from the first moment on and over restarts: whoever asks is told
//! that there is nothing. As soon as the store opens, the sign-in that lies there is revoked and the entries are deleted.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use salesforce::{App, Login, Timeouts};
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::sign_in::granted;
use crate::{
    VERSION,
    controller::{Input, proxy_of},
    files,
    ports::{Desktop, SecretName, Secrets, Way},
    view::SecretsKind,
};

/// How long until it is looked whether the store is open. To look asks nobody.
const LOOK: Duration = Duration::from_secs(3);
/// How long until Salesforce is told again that the sign-in is given up, and how often it is tried. Afterwards the entry
/// goes all the same: nobody has the token then.
const AGAIN: Duration = Duration::from_secs(30);
const TRIES: u32 = 20;

/// The desk's secret store without what a person has given up.
pub(crate) struct Forgetting {
    store: Arc<dyn Secrets>,
    file: PathBuf,
    owed: Mutex<Owed>,
}

/// Why the sign-in is not revoked.
#[derive(Debug)]
pub(crate) enum NotRevoked {
    /// The store does not tell it.
    NotTold,
    /// Salesforce did not take it back.
    NotReached(salesforce::Error),
}

#[derive(Default)]
struct Owed {
    /// The store still has these, as far as is known. As on the disk.
    kept: BTreeSet<&'static str>,
    /// Of these somebody has given another one since, in this run.
    renewed: BTreeSet<&'static str>,
    /// A person has just wished it, and it is being done.
    under_way: bool,
}

impl Owed {
    fn is_gone(&mut self, name: SecretName) {
        self.kept.remove(name.as_str());
        self.renewed.remove(name.as_str());
    }

    fn hides(&self, name: SecretName) -> bool {
        self.kept.contains(name.as_str()) && !self.renewed.contains(name.as_str())
    }
}

impl fmt::Debug for Forgetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forgetting").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Forgetting {
    /// Takes up what was given up in an earlier run.
    pub(crate) fn over(store: Arc<dyn Secrets>, data: &Path) -> Arc<Self> {
        let file = data.join("secrets.forget");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let names = SecretName::ALL.into_iter().map(SecretName::as_str);
        let kept = names.filter(|name| text.lines().any(|line| line == *name)).collect();
        Arc::new(Self { store, file, owed: Mutex::new(Owed { kept, ..Owed::default() }) })
    }

    /// Says whether the store still has what it was to forget, and is waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        let owed = self.owed();
        !owed.kept.is_empty() && !owed.under_way
    }

    /// Gives all up: from now on nobody is told any of it. [`delete_all`](Self::delete_all) follows.
    pub(crate) fn give_up(&self) {
        self.change(|owed| {
            owed.kept = SecretName::ALL.into_iter().map(SecretName::as_str).collect();
            owed.renewed.clear();
            owed.under_way = true;
        });
    }

    /// Deletes what was given up, and says whether all of it is gone. `away`: the store cannot be opened now, so what it says
    /// counts for nothing. `revoked`: Salesforce has been told; otherwise the sign-in stays where the store is away, to be
    /// revoked with what is read then. Blocks.
    pub(crate) fn delete_all(&self, away: bool, revoked: bool) -> bool {
        for name in SecretName::ALL {
            let hidden = self.owed().hides(name);
            let needed = away && !revoked && name == SecretName::SalesforceRefresh;
            if !hidden || needed {
                continue;
            }
            match self.store.delete(name) {
                Ok(()) if away => {}
                Ok(()) => self.change(|owed| owed.is_gone(name)),
                Err(reason) => tracing::warn!(%reason, "a secret could not be deleted yet"),
            }
        }
        let mut owed = self.owed();
        owed.under_way = false;
        owed.kept.is_empty()
    }

    /// Revokes the sign-in that the store still has.
    ///
    /// # Errors
    ///
    /// The store does not tell it, or Salesforce was not reached.
    pub(crate) async fn revoke(self: &Arc<Self>, way: &Way) -> Result<(), NotRevoked> {
        let this = self.clone();
        let asked = move || this.store.get(SecretName::SalesforceRefresh);
        let Ok(Ok(entry)) = tokio::task::spawn_blocking(asked).await else {
            return Err(NotRevoked::NotTold);
        };
        // Earlier versions did not write down where it was granted, and it is shown to nobody else.
        let Some((Some(login), refresh)) = entry.as_ref().and_then(granted) else { return Ok(()) };
        let Ok(login) = Login::parse(&login) else { return Ok(()) };
        let app = App {
            login,
            consumer_key: String::new(),
            ports: Vec::new(),
            version: VERSION.to_owned(),
            timeouts: Timeouts::default(),
            proxy: proxy_of(way),
        };
        app.revoke(&refresh).await.map_err(NotRevoked::NotReached)
    }

    /// Waits for the store, and does then what a person has wanted.
    pub(crate) async fn run(
        self: Arc<Self>,
        desktop: Arc<dyn Desktop>,
        inputs: mpsc::Sender<Input>,
        cancel: CancellationToken,
    ) {
        let (mut tries, mut pause) = (0, LOOK);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = LOOK;
            if !self.is_waiting() || self.store.kind() != SecretsKind::Keyring {
                continue;
            }
            // What was given anew is in the store by now, in the place of what was to be forgotten.
            self.change(|owed| {
                let renewed = std::mem::take(&mut owed.renewed);
                owed.kept.retain(|name| !renewed.contains(name));
            });
            if self.owed().hides(SecretName::SalesforceRefresh) {
                match self.revoke(&desktop.way()).await {
                    Ok(()) => {}
                    Err(NotRevoked::NotTold) => continue,
                    Err(NotRevoked::NotReached(error)) => {
                        tries += 1;
                        tracing::warn!(%error, tries, "Salesforce could not be told of the sign-out");
                        if tries < TRIES {
                            pause = AGAIN;
                            continue;
                        }
                    }
                }
            }
            let this = self.clone();
            let deleting = tokio::task::spawn_blocking(move || this.delete_all(false, true));
            if deleting.await.unwrap_or(false) {
                tracing::info!("the secret store has forgotten what it was to forget");
                tries = 0;
            }
            if inputs.send(Input::SecretsForgotten).await.is_err() {
                return;
            }
        }
    }

    /// Changes what is owed, on the disk as well. Where that cannot be written it holds until this process ends.
    fn change(&self, change: impl FnOnce(&mut Owed)) {
        let mut owed = self.owed();
        let before = owed.kept.clone();
        change(&mut owed);
        if owed.kept == before {
            return;
        }
        let written = if owed.kept.is_empty() {
            match std::fs::remove_file(&self.file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            }
        } else {
            let lines: Vec<&str> = owed.kept.iter().copied().collect();
            files::replace(&self.file, lines.join("\n").as_bytes())
        };
        if let Err(error) = written {
            tracing::error!(%error, "which secrets are to be forgotten could not be written down");
        }
    }

    fn owed(&self) -> MutexGuard<'_, Owed> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secrets for Forgetting {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
        let hidden = self.owed().hides(name);
        if hidden { Ok(None) } else { self.store.get(name) }
    }

    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
        self.store.set(name, secret)?;
        let mut owed = self.owed();
        if owed.kept.contains(name.as_str()) {
            owed.renewed.insert(name.as_str());
        }
        Ok(())
    }

    fn delete(&self, name: SecretName) -> Result<(), String> {
        let mut owed = self.owed();
        owed.renewed.remove(name.as_str());
        // It goes when the sign-in is revoked, which is read from it.
        if owed.kept.contains(name.as_str()) {
            return Ok(());
        }
        drop(owed);
        self.store.delete(name)
    }

    fn kind(&self) -> SecretsKind {
        self.store.kind()
    }

    fn declined(&self) -> bool {
        self.store.declined()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        sync::atomic::{AtomicBool, Ordering},
    };

    use secrecy::ExposeSecret as _;

    use super::*;

    /// A store that outlives the program, and may be locked.
    #[derive(Debug, Default)]
    struct Drawer {
        entries: Mutex<HashMap<SecretName, SecretString>>,
        locked: AtomicBool,
    }

    impl Drawer {
        fn asked(&self) -> Result<MutexGuard<'_, HashMap<SecretName, SecretString>>, String> {
            let locked = self.locked.load(Ordering::Relaxed);
            if locked { Err("locked".to_owned()) } else { Ok(self.entries.lock().unwrap()) }
        }
    }

    impl Secrets for Drawer {
        fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
            Ok(self.asked()?.get(&name).cloned())
        }

        fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
            self.asked()?.insert(name, secret.clone());
            Ok(())
        }

        fn delete(&self, name: SecretName) -> Result<(), String> {
            self.asked()?.remove(&name);
            Ok(())
        }

        fn kind(&self) -> SecretsKind {
            SecretsKind::Keyring
        }
    }

    const NAME: SecretName = SecretName::PbxSecret;

    #[test]
    fn what_is_given_up_is_told_to_nobody_until_somebody_gives_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let drawer = Arc::new(Drawer::default());
        drawer.set(NAME, &"old".into()).unwrap();
        let told = |forgetting: &Forgetting| {
            forgetting.get(NAME).unwrap().map(|secret| secret.expose_secret().to_owned())
        };
        let first = Forgetting::over(drawer.clone(), dir.path());
        assert_eq!(told(&first).as_deref(), Some("old"));
        drawer.locked.store(true, Ordering::Relaxed);
        first.give_up();
        assert!(!first.is_waiting(), "it is being done, and nobody has to do anything");
        assert!(!first.delete_all(false, true));
        assert!(first.is_waiting());

        drawer.locked.store(false, Ordering::Relaxed);
        let next = Forgetting::over(drawer.clone(), dir.path());
        assert!(next.is_waiting());
        assert_eq!(told(&next), None);
        next.set(NAME, &"new".into()).unwrap();
        assert_eq!(told(&next).as_deref(), Some("new"));
        next.delete_all(false, true);
        assert_eq!(told(&next).as_deref(), Some("new"), "it was never given up");
    }

    #[test]
    fn a_store_that_is_open_forgets_at_once_and_nothing_is_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let drawer = Arc::new(Drawer::default());
        drawer.set(NAME, &"old".into()).unwrap();
        let forgetting = Forgetting::over(drawer.clone(), dir.path());
        forgetting.give_up();
        assert!(forgetting.delete_all(false, true));
        assert!(drawer.get(NAME).unwrap().is_none());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
