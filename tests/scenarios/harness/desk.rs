//! A desk that writes down what happens on it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use engine::{
    ports::{DeskFacts, Desktop, Fact, Late, Note, Screen, SecretName, Secrets, Taken, Tray},
    view::SecretsKind,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// The desk that tests watch.
#[derive(Clone, Debug, Default)]
pub struct WatchedDesk(Arc<Watched>);

#[derive(Debug, Default)]
struct Watched {
    opened: Mutex<Vec<String>>,
    notes: Mutex<Vec<Note>>,
    withdrawn: Mutex<Vec<String>>,
    trays: Mutex<Vec<Tray>>,
    broken: AtomicBool,
    ends_as_failed: AtomicBool,
    /// Neither notifications nor links come to this program.
    bare: AtomicBool,
    raised: AtomicUsize,
    windowless: AtomicBool,
    locked: AtomicBool,
    /// Links that were opened for a test, in order.
    tried: Mutex<Vec<String>>,
}

impl WatchedDesk {
    /// Returns the pages that were opened, in order.
    pub fn opened(&self) -> Vec<String> {
        self.0.opened.lock().unwrap().clone()
    }

    /// Begins the list of pages anew.
    pub fn forgets_pages(&self) {
        self.0.opened.lock().unwrap().clear();
    }

    /// Returns the notifications that were shown, in order.
    pub fn notes(&self) -> Vec<Note> {
        self.0.notes.lock().unwrap().clone()
    }

    /// Begins the list of notifications anew.
    pub fn forgets_notes(&self) {
        self.0.notes.lock().unwrap().clear();
    }

    /// Returns the ids of the notifications that were taken away.
    pub fn withdrawn(&self) -> Vec<String> {
        self.0.withdrawn.lock().unwrap().clone()
    }

    /// Returns what the tray showed last.
    pub fn tray(&self) -> Option<Tray> {
        self.0.trays.lock().unwrap().last().cloned()
    }

    /// From now on nobody shows notifications, and `tel:` links go elsewhere.
    pub fn is_bare(&self) {
        self.0.bare.store(true, Ordering::Relaxed);
    }

    /// From now on there is no window, and none can be opened.
    pub fn has_no_window(&self) {
        self.0.windowless.store(true, Ordering::Relaxed);
    }

    /// From now on the screen is locked, or it is not any more.
    pub fn is_locked(&self, locked: bool) {
        self.0.locked.store(locked, Ordering::Relaxed);
    }

    /// Returns how often the window was wanted in front.
    pub fn raised(&self) -> usize {
        self.0.raised.load(Ordering::Relaxed)
    }

    /// Returns the links that were opened for a test, in order.
    pub fn tried(&self) -> Vec<String> {
        self.0.tried.lock().unwrap().clone()
    }

    /// From now on the browser's command starts and ends as failed, or does its work again.
    pub fn browser_ends_as_failed(&self, failed: bool) {
        self.0.ends_as_failed.store(failed, Ordering::Relaxed);
    }

    /// From now on there is no browser, or there is one again.
    pub fn browser_is_missing(&self, missing: bool) {
        self.0.broken.store(missing, Ordering::Relaxed);
    }
}

impl Desktop for WatchedDesk {
    fn open(&self, url: &Url, late: Late) -> Result<(), String> {
        if self.0.broken.load(Ordering::Relaxed) {
            return Err("no browser is installed".to_owned());
        }
        if self.0.ends_as_failed.load(Ordering::Relaxed) {
            // Its command was started, and ends as failed before anybody hears of the start.
            late();
            return Ok(());
        }
        self.0.opened.lock().unwrap().push(url.to_string());
        Ok(())
    }

    fn notify(&self, note: Note) {
        self.0.notes.lock().unwrap().push(note);
    }

    fn withdraw(&self, id: &str) {
        self.0.withdrawn.lock().unwrap().push(id.to_owned());
    }

    fn show(&self, tray: &Tray) {
        self.0.trays.lock().unwrap().push(tray.clone());
    }

    fn raise_window(&self) {
        self.0.raised.fetch_add(1, Ordering::Relaxed);
    }

    fn can_ask(&self) -> bool {
        !self.0.windowless.load(Ordering::Relaxed)
    }

    fn screen(&self) -> Screen {
        if self.0.locked.load(Ordering::Relaxed) { Screen::Locked } else { Screen::Open }
    }

    fn links(&self) -> Fact {
        self.look().tel_links
    }

    fn take_links(&self) -> Result<Taken, String> {
        self.0.bare.store(false, Ordering::Relaxed);
        Ok(Taken::Done)
    }

    fn give_links_back(&self) -> Result<(), String> {
        self.0.bare.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn try_link(&self, uri: &str) -> Result<(), String> {
        self.0.tried.lock().unwrap().push(uri.to_owned());
        Ok(())
    }

    fn quit(&self) {}

    fn look(&self) -> DeskFacts {
        let missing =
            |what: &str| Fact::Missing { found: what.to_owned(), todo: "Look".to_owned() };
        let proxy = || Fact::Is("Nothing stands between".to_owned());
        let browser = if self.0.broken.load(Ordering::Relaxed) {
            missing("No browser is installed")
        } else {
            Fact::Is("Default browser: Example Browser".to_owned())
        };
        if self.0.bare.load(Ordering::Relaxed) {
            let notifications = missing("Nobody shows notifications");
            let tel_links = missing("tel: links go to another program");
            return DeskFacts { browser, notifications, proxy: proxy(), tel_links };
        }
        DeskFacts {
            browser,
            proxy: proxy(),
            notifications: Fact::Is("Example Notifications".to_owned()),
            tel_links: Fact::Is("tel: links come to Patchcord".to_owned()),
        }
    }
}

/// A secret store in memory that outlives the engine, as the operating system's does, and can fail.
#[derive(Clone, Debug, Default)]
pub struct SessionSecrets(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: Mutex<HashMap<SecretName, SecretString>>,
    locked: AtomicBool,
    /// A write takes so many milliseconds.
    slow_ms: AtomicUsize,
    /// Writes in the order in which they were done, with the millisecond since 1970.
    written: Mutex<Vec<(SecretName, i64)>>,
}

impl SessionSecrets {
    /// From now on the store does not answer, or answers again.
    pub fn is_locked(&self, locked: bool) {
        self.0.locked.store(locked, Ordering::Relaxed);
    }

    /// From now on a write takes so long.
    pub fn is_slow(&self, time: Duration) {
        self.0.slow_ms.store(usize::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Returns when the entry of this name was written last, in milliseconds since 1970.
    pub fn written_at(&self, name: SecretName) -> Option<i64> {
        let written = self.0.written.lock().unwrap();
        written.iter().rev().find(|(entry, _)| *entry == name).map(|(_, at)| *at)
    }

    /// Returns what is kept under a name, for comparison.
    pub fn peek(&self, name: SecretName) -> Option<String> {
        self.0.entries.lock().unwrap().get(&name).map(|secret| secret.expose_secret().to_owned())
    }

    /// Puts a secret back, as a restored backup would.
    pub fn plant(&self, name: SecretName, secret: &str) {
        self.0.entries.lock().unwrap().insert(name, SecretString::from(secret.to_owned()));
    }

    fn answer(&self) -> Result<(), String> {
        if self.0.locked.load(Ordering::Relaxed) {
            Err("the collection is locked".to_owned())
        } else {
            Ok(())
        }
    }
}

impl Secrets for SessionSecrets {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
        self.answer()?;
        Ok(self.0.entries.lock().unwrap().get(&name).cloned())
    }

    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
        self.answer()?;
        std::thread::sleep(Duration::from_millis(self.0.slow_ms.load(Ordering::Relaxed) as u64));
        self.0.entries.lock().unwrap().insert(name, secret.clone());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        self.0.written.lock().unwrap().push((name, i64::try_from(now).unwrap()));
        Ok(())
    }

    fn delete(&self, name: SecretName) -> Result<(), String> {
        self.answer()?;
        self.0.entries.lock().unwrap().remove(&name);
        Ok(())
    }

    fn kind(&self) -> SecretsKind {
        SecretsKind::Keyring
    }
}
