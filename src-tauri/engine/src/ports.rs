//! What the engine needs from the world around it. Each has two real implementations: the desk's and the tests'.

use std::{fmt::Debug, time::Duration};

pub use domain::Clock;
use domain::{Moment, Timestamp};
use secrecy::SecretString;
use url::Url;

use crate::{
    plain::without_login,
    view::{SecretsKind, Status},
};

/// Hears that a page did not open after all.
pub type Late = Box<dyn FnOnce() + Send>;

/// The desk: browser, notifications, tray, window. Calls return at once or within the time they state.
pub trait Desktop: Debug + Send + Sync {
    /// Starts the default browser on `url`. Returns when the command has been started, within five seconds. `late` is called,
    /// on a thread of the engine's runtime, where that command ends as failed within five seconds more.
    ///
    /// Only pages of the signed-in org are passed in; see `salesforce::Instance`.
    ///
    /// # Errors
    ///
    /// Says in a sentence why no browser could be started.
    fn open(&self, url: &Url, late: Late) -> Result<(), String>;

    /// Shows a notification, and replaces the one with the same `id`.
    fn notify(&self, note: Note);

    /// Takes the notification with this id away.
    fn withdraw(&self, id: &str);

    /// Shows the state in the tray.
    fn show(&self, tray: &Tray);

    /// Starts the window unless there is one that answers.
    fn raise_window(&self);

    /// The page of the window has answered.
    fn window_is_shown(&self) {}

    /// Says whether a window was started whose page has not answered yet. Returns at once.
    fn is_window_starting(&self) -> bool {
        false
    }

    /// Says whether a window can be shown here at all. Returns at once.
    fn can_show(&self) -> bool {
        true
    }

    /// Says whether a question can be asked in a window: one is open, or can be opened. Returns at once.
    fn can_ask(&self) -> bool {
        true
    }

    /// Says whether the screen is locked. Blocks for up to two seconds.
    fn screen(&self) -> Screen {
        Screen::Unknown
    }

    /// Says whether links to numbers come to this program. Blocks for up to two seconds.
    fn links(&self) -> Fact {
        Fact::Unseen("This desk knows no links".to_owned())
    }

    /// Has the system hand links to this program. Blocks for up to five seconds.
    ///
    /// # Errors
    ///
    /// Says in a few words why that could not be.
    fn take_links(&self) -> Result<Taken, String> {
        Err("this desk knows no links".to_owned())
    }

    /// Takes back what [`take_links`](Self::take_links) has set up for this program, so that links go where they went before.
    /// Blocks for up to five seconds.
    ///
    /// # Errors
    ///
    /// Says in a few words why that could not be.
    fn give_links_back(&self) -> Result<(), String> {
        Ok(())
    }

    /// Opens a link as another program would. Returns when that has been started.
    ///
    /// # Errors
    ///
    /// Says in a few words why that could not be.
    fn try_link(&self, _uri: &str) -> Result<(), String> {
        Err("this desk knows no links".to_owned())
    }

    /// The engine was asked to end the program.
    fn quit(&self);

    /// Returns how Salesforce is reached from here, as it was found last. Returns at once.
    fn way(&self) -> Way {
        Way::Usual
    }

    /// Finds out anew how Salesforce is reached from here. Blocks for up to five seconds.
    fn find_way(&self) -> Way {
        self.way()
    }

    /// Looks around, for whoever checks the set-up. Blocks for up to five seconds.
    fn look(&self) -> DeskFacts;
}

/// Whether somebody can be at the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Nobody can.
    Locked,
    /// It is not locked.
    Open,
    /// It cannot be asked here.
    Unknown,
}

/// What came of taking links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// They come here.
    Done,
    /// The system lets only a person choose; its page for that is open.
    PersonChooses,
}

/// How this desk reaches the internet.
#[derive(Clone, PartialEq, Eq)]
pub enum Way {
    /// Directly, or by a proxy that the HTTP library finds by itself.
    Usual,
    /// By this proxy, which only the desktop's settings name: `http://HOST:PORT`. It may hold a log-in: show it by
    /// [`without_login`].
    Proxy(Url),
    /// By a script (PAC) that chooses the proxy, and that is not run here: where it is. It may hold a log-in as well.
    Script(String),
}

/// Addresses without their log-ins.
impl Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usual => f.write_str("Usual"),
            Self::Proxy(proxy) => {
                f.debug_tuple("Proxy").field(&without_login(proxy.as_str())).finish()
            }
            Self::Script(script) => f.debug_tuple("Script").field(&without_login(script)).finish(),
        }
    }
}

/// What a desk can say about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskFacts {
    /// The default browser.
    pub browser: Fact,
    /// The service that shows notifications.
    pub notifications: Fact,
    /// The way to Salesforce through this network.
    pub proxy: Fact,
    /// Whether `tel:` links come to this program.
    pub tel_links: Fact,
}

/// Something that a desk has or lacks, in sentences without their full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It is there: what it is.
    Is(String),
    /// It is not, or not as it should be.
    Missing {
        /// What was found.
        found: String,
        /// What to do.
        todo: String,
    },
    /// It cannot be seen from here: why.
    Unseen(String),
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The call's id, or the problem's code.
    pub id: String,
    /// One line. Plain text from outside: escape it where the desk reads markup.
    pub title: String,
    /// More lines. Plain text as well.
    pub body: String,
    /// Buttons, in order: what is on them, and the command they send.
    pub buttons: Vec<(String, crate::command::Command)>,
    /// It is about a ringing phone.
    pub urgent: bool,
}

impl PartialEq for crate::command::Command {
    fn eq(&self, other: &Self) -> bool {
        serde_json::to_string(self).ok() == serde_json::to_string(other).ok()
    }
}

impl Eq for crate::command::Command {}

/// What the tray shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Tray {
    /// The shape.
    pub shape: TrayShape,
    /// One line of state for the tool tip and the menu.
    pub line: String,
    /// Pop-ups are paused.
    pub paused: bool,
    /// The whole, for desks that show more.
    pub status: Status,
}

/// The tray icon's shapes; never colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrayShape {
    /// Both sides are connected.
    Connected,
    /// On the way, or not set up.
    Idle,
    /// A call rings.
    Ringing,
    /// A call is up.
    OnCall,
    /// Pop-ups are paused, or the integration is disabled.
    Paused,
    /// Something needs a person.
    NeedsYou,
}

/// Which secret. Each has an entry of its own: Windows caps one at 1,280 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretName {
    /// The PBX's client secret.
    PbxSecret,
    /// The PBX's token pair with its times.
    PbxTokens,
    /// Salesforce's refresh token.
    SalesforceRefresh,
}

impl SecretName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PbxSecret, Self::PbxTokens, Self::SalesforceRefresh];

    /// Returns the entry's name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PbxSecret => "pbx-client-secret",
            Self::PbxTokens => "pbx-tokens",
            Self::SalesforceRefresh => "salesforce-refresh-token",
        }
    }
}

/// The place where secrets are kept. Blocking: the engine calls it away from its async threads.
pub trait Secrets: Debug + Send + Sync {
    /// Returns a secret. `Ok(None)`: there is none.
    ///
    /// # Errors
    ///
    /// The store could not be asked; says why.
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String>;

    /// Writes a secret durably before it returns.
    ///
    /// # Errors
    ///
    /// The store refused; says why. A session store never does.
    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String>;

    /// Forgets a secret; no error where there is none.
    ///
    /// # Errors
    ///
    /// The store could not be asked; says why.
    fn delete(&self, name: SecretName) -> Result<(), String>;

    /// Says where secrets go now.
    fn kind(&self) -> SecretsKind;

    /// Says whether a person has turned the store's question away: it stays locked, and nobody is asked again in this
    /// run. A store that asks nobody has no such question.
    fn declined(&self) -> bool {
        false
    }
}

/// The computer's clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let wall = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Moment { wall: Timestamp::from_millis(wall), steady: steady() }
    }
}

/// Reads the clock that nobody sets and that goes on during sleep. Source: faults.md §3.6, "Time".
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn steady() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    // On macOS the monotonic clock counts sleep; on Linux it is another one that does.
    #[cfg(target_os = "linux")]
    let clock = ClockId::Boottime;
    #[cfg(target_os = "macos")]
    let clock = ClockId::Monotonic;
    let now = clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// Windows' performance counter counts sleep.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn steady() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
