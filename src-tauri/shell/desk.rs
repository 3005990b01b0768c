//! The desk that the engine works on: browser, notifications, tray, window.

use std::sync::Arc;

use engine::{
    ports::{DeskFacts, Desktop, Fact, Late, Note, Screen, Taken, Tray, Way},
    settings::PolicyPlace,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    browser::Browser,
    links::{self, Links},
    network::{self, Road},
    notify::{self, Notifier},
    screen,
    tray::Face,
    window::Starter,
};

/// A desk. Without window, tray and notifications it is the desk of `run --headless`, or of a single command.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) browser: Browser,
    pub(crate) notifier: Option<Notifier>,
    pub(crate) faces: watch::Sender<Face>,
    pub(crate) window: Option<Arc<Starter>>,
    pub(crate) road: Arc<Road>,
    pub(crate) links: Links,
    /// A window can be opened from here.
    pub(crate) face: bool,
    /// Cancelled when the program is to end.
    pub(crate) quit: CancellationToken,
}

impl Desk {
    /// The desk of one command: pages open, and nothing else.
    pub(crate) fn bare(road: Road) -> Self {
        Self {
            browser: Browser::new(),
            notifier: None,
            faces: watch::Sender::default(),
            window: None,
            road: Arc::new(road),
            links: Links::to(None),
            face: false,
            quit: CancellationToken::new(),
        }
    }

    fn is_window_open(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.is_open())
    }
}

impl Desktop for Desk {
    fn open(&self, url: &Url, late: Late) -> Result<(), String> {
        let notifier = self.notifier.clone();
        self.browser.open(url, move || {
            late();
            if let Some(notifier) = notifier {
                notifier.show(Note {
                    id: "browser.failed".to_owned(),
                    title: "Could not open the browser".to_owned(),
                    body: "The browser's command has failed. The link is in Patchcord's window."
                        .to_owned(),
                    buttons: Vec::new(),
                    urgent: false,
                });
            }
        })
    }

    fn notify(&self, note: Note) {
        if let Some(notifier) = &self.notifier {
            notifier.show(note);
        }
    }

    fn withdraw(&self, id: &str) {
        if let Some(notifier) = &self.notifier {
            notifier.withdraw(id);
        }
    }

    fn show(&self, tray: &Tray) {
        let face = Face::from(tray);
        self.faces.send_if_modified(|now| {
            let changed = *now != face;
            *now = face;
            changed
        });
    }

    fn raise_window(&self) {
        if let Some(window) = &self.window {
            window.raise();
        }
    }

    fn window_is_shown(&self) {
        if let Some(window) = &self.window {
            window.is_shown();
        }
    }

    fn is_window_starting(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.is_starting())
    }

    fn can_show(&self) -> bool {
        // A window may be on a display that this process does not have.
        has_display() || self.is_window_open()
    }

    fn can_ask(&self) -> bool {
        self.face && has_display() || self.is_window_open()
    }

    fn screen(&self) -> Screen {
        screen::look()
    }

    fn links(&self) -> Fact {
        links::look()
    }

    fn take_links(&self) -> Result<Taken, String> {
        self.links.take()
    }

    fn give_links_back(&self) -> Result<(), String> {
        self.links.give_back()
    }

    fn try_link(&self, uri: &str) -> Result<(), String> {
        links::open(uri)
    }

    fn quit(&self) {
        self.quit.cancel();
    }

    fn way(&self) -> Way {
        self.road.known()
    }

    fn find_way(&self) -> Way {
        self.road.found_again()
    }

    fn look(&self) -> DeskFacts {
        DeskFacts {
            proxy: network::look(&self.road.found_again()),
            browser: self.browser.look(),
            notifications: match &self.notifier {
                Some(_) => notify::look(),
                None => Fact::Unseen(
                    "This Patchcord runs without notifications; the one with the tray shows them"
                        .to_owned(),
                ),
            },
            tel_links: links::look(),
        }
    }
}

/// Returns where policies are looked for: the file that is named, and the system's own, which lies over it.
///
/// # Errors
///
/// Says in a line that the system does not tell where its own would be: a locked-down desk never runs unlocked.
pub(crate) fn policy() -> Result<Vec<PolicyPlace>, String> {
    let system = owners::system_folder()
        .ok_or("Windows does not say where its ProgramData folder is, and a policy may be there")?;
    let named = std::env::var_os("PATCHCORD_POLICY").filter(|value| !value.is_empty());
    let named = named.map(|file| std::path::absolute(&file).unwrap_or_else(|_| file.into()));
    let named = named.map(PolicyPlace::named);
    Ok(named.into_iter().chain([PolicyPlace::system(system.join("policy.toml"))]).collect())
}

/// Says whether this process could show a window: a display is named, and somebody answers there.
#[cfg(target_os = "linux")]
pub fn has_display() -> bool {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let wayland = named("WAYLAND_DISPLAY").is_some_and(|name| {
        let folder = named("XDG_RUNTIME_DIR").unwrap_or_default();
        std::os::unix::net::UnixStream::connect(std::path::Path::new(&folder).join(name)).is_ok()
    });
    wayland || named("DISPLAY").is_some_and(|display| x11_answers(&display))
}

/// Windows and macOS always have one.
#[cfg(not(target_os = "linux"))]
pub fn has_display() -> bool {
    true
}

/// Source: X(7), "Display names": `[host]:number[.screen]`; without a host, a socket of this computer.
#[cfg(target_os = "linux")]
fn x11_answers(display: &str) -> bool {
    use std::os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream},
    };
    let Some((host, rest)) = display.rsplit_once(':') else { return false };
    if !matches!(host, "" | "unix") {
        // Over the network (`ssh -X`): the window itself will see.
        return true;
    }
    let number = rest.split('.').next().unwrap_or_default();
    let path = format!("/tmp/.X11-unix/X{number}");
    let hidden =
        SocketAddr::from_abstract_name(&path).and_then(|name| UnixStream::connect_addr(&name));
    hidden.is_ok() || UnixStream::connect(path).is_ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_nobody_serves_is_none() {
        assert!(!x11_answers("nonsense"));
        assert!(!x11_answers(":64999"));
        assert!(!x11_answers(":64999.0"));
        assert!(x11_answers("localhost:10.0"));
    }
}
