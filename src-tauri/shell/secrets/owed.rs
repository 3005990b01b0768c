//! A store that was away or locked, and is there again: it is given what this session holds.
//!
//! Without it the next start would find what the store had before: a refresh token of Salesforce that is spent, say, and
//! showing that ends the whole sign-in.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use engine::ports::{SecretName, Secrets as _};
use keyring_core::Error;
use secrecy::ExposeSecret as _;

use super::{System, entry, question, system_store, written};
use crate::logging::hold;

/// How long until it is looked whether the store is there and open: at first, and at most. Where it cannot be looked at
/// without a question to a person, rarely.
const LOOK: (Duration, Duration) = if cfg!(target_os = "linux") {
    (Duration::from_secs(3), Duration::from_secs(60))
} else {
    (Duration::from_secs(300), Duration::from_secs(1_800))
};

/// The entries that are not in the store as they should be.
#[derive(Debug, Default)]
pub(super) struct Owed {
    names: Mutex<HashSet<SecretName>>,
    /// A thread waits for the store's return.
    waiting: AtomicBool,
}

impl Owed {
    /// Notes whether the store did as it was asked with an entry. Says whether anything is owed now.
    pub(super) fn note(&self, name: SecretName, done: bool) -> bool {
        let mut names = hold(&self.names);
        if done {
            names.remove(&name);
        } else {
            names.insert(name);
        }
        !names.is_empty()
    }

    /// Says that the store has all as it should be, as far as it was asked.
    pub(super) fn is_empty(&self) -> bool {
        hold(&self.names).is_empty()
    }
}

impl System {
    /// Looks now and then whether the store is open, without a question to anybody, and writes what is owed.
    pub(super) fn wait_for_the_store(&self) {
        if self.owed.waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        let me = self.me.clone();
        let wait = move || {
            let mut pause = LOOK.0;
            while let Some(system) = me.upgrade() {
                if system.has_all() || system.is_back() && system.hand_over() {
                    system.owed.waiting.store(false, Ordering::Release);
                    // Something may have been refused since, and have seen that somebody waits.
                    if system.has_all() || system.owed.waiting.swap(true, Ordering::AcqRel) {
                        return;
                    }
                }
                // Not kept alive by who waits for it.
                drop(system);
                thread::sleep(pause);
                pause = (pause * 2).min(LOOK.1);
            }
        };
        let thread = thread::Builder::new().name("secret store again".to_owned());
        if let Err(error) = thread.spawn(wait) {
            tracing::warn!(%error, "no thread could be started");
            self.owed.waiting.store(false, Ordering::Release);
        }
    }

    fn has_all(&self) -> bool {
        self.proven.load(Ordering::Acquire) && self.owed.is_empty()
    }

    /// Says whether the store can be written again. One that was started again knows nothing of our session with it.
    fn is_back(&self) -> bool {
        if !cfg!(target_os = "linux") {
            // Elsewhere it does not die, and cannot be looked at without a question to a person: what is owed goes
            // with the next entry that it takes.
            return self.teller_takes_one();
        }
        let Ok(true) = self.teller.ask(|| Ok(question::is_open())) else { return false };
        let Ok(store) = self.teller.ask(system_store) else { return false };
        // As in `open`: the connection goes with the process.
        std::mem::forget(store.clone());
        *hold(&self.store) = Some(store);
        true
    }

    fn teller_takes_one(&self) -> bool {
        self.proven.load(Ordering::Acquire) && !self.teller.is_declined()
    }

    /// Gives the store all that this session holds, and takes from it what was to be forgotten. Where there is nothing
    /// to give, an entry of our own shows whether it would be kept.
    fn hand_over(&self) -> bool {
        let mut returned = false;
        for name in SecretName::ALL {
            let _writing = hold(&self.writing);
            let (store, home_id) = (hold(&self.store).clone(), self.home_id.clone());
            let Some(store) = store else { return false };
            let held = self.known.get(name).ok().flatten();
            if held.is_none() && !hold(&self.owed.names).contains(&name) {
                continue;
            }
            let giving = held.is_some();
            let done = self.teller.ask(move || {
                let entry = entry(&store, &home_id, name.as_str())?;
                match held {
                    Some(secret) => written(&entry, secret.expose_secret()),
                    None => match entry.delete_credential() {
                        Ok(()) | Err(Error::NoEntry) => Ok(true),
                        Err(error) => Err(error),
                    },
                }
            });
            match done {
                Ok(true) => {}
                Ok(false) => {
                    tracing::info!("the secret store does not return what it was given");
                    return false;
                }
                Err(failure) => {
                    tracing::info!(%failure, "the secret store does not take what it lacks yet");
                    return false;
                }
            }
            returned |= giving;
            self.owed.note(name, true);
        }
        if returned {
            self.is_proven_now();
        } else {
            self.prove();
        }
        let proven = self.proven.load(Ordering::Acquire);
        if proven {
            tracing::info!("the secret store is there, and has what it lacked");
        }
        proven
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_that_is_taken_does_not_make_up_for_another_that_was_refused() {
        let owed = Owed::default();
        assert!(owed.note(SecretName::SalesforceRefresh, false));
        assert!(owed.note(SecretName::PbxTokens, true), "the refresh token is still owed");
        assert!(!owed.note(SecretName::SalesforceRefresh, true));
        assert!(owed.is_empty());
    }
}
