//! Whether the screen is locked: then nobody is there to agree to anything.

use engine::ports::Screen;

/// Asks the desktop. Blocks for up to a second.
#[cfg(target_os = "linux")]
pub(crate) fn look() -> Screen {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Screen::Unknown;
    };
    runtime.block_on(async {
        let asked = async { tokio::join!(linux::saver(), linux::session()) };
        let limit = std::time::Duration::from_secs(1);
        let (saver, session) = tokio::time::timeout(limit, asked).await.unwrap_or_default();
        together([saver, session])
    })
}

/// One that says "locked" is enough.
#[cfg(any(target_os = "linux", test))]
fn together(said: [Option<bool>; 2]) -> Screen {
    if said.contains(&Some(true)) {
        Screen::Locked
    } else if said.contains(&Some(false)) {
        Screen::Open
    } else {
        Screen::Unknown
    }
}

/// Source: freedesktop.org, "org.freedesktop.ScreenSaver"; GNOME's own name for the same; systemd-logind's D-Bus interface,
/// "LockedHint".
#[cfg(target_os = "linux")]
mod linux {
    use zbus::{Connection, zvariant::OwnedValue};

    /// Asks the screen saver of the session.
    pub(super) async fn saver() -> Option<bool> {
        let bus = Connection::session().await.ok()?;
        const SAVERS: [(&str, &str); 3] = [
            ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
            ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
            ("org.freedesktop.ScreenSaver", "/ScreenSaver"),
        ];
        let mut said = None;
        for (name, path) in SAVERS {
            // Not by a message that would start one.
            if !is_there(&bus, name).await {
                continue;
            }
            let answer = bus.call_method(Some(name), path, Some(name), "GetActive", &()).await;
            if let Some(active) = answer.ok().and_then(|answer| answer.body().deserialize().ok()) {
                said = Some(said.unwrap_or(false) || active);
            }
        }
        said
    }

    /// Asks the system about this session.
    pub(super) async fn session() -> Option<bool> {
        let bus = Connection::system().await.ok()?;
        let answer = bus
            .call_method(
                Some("org.freedesktop.login1"),
                "/org/freedesktop/login1/session/auto",
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &("org.freedesktop.login1.Session", "LockedHint"),
            )
            .await
            .ok()?;
        let value: OwnedValue = answer.body().deserialize().ok()?;
        bool::try_from(value).ok()
    }

    async fn is_there(bus: &Connection, name: &str) -> bool {
        let answer = bus
            .call_method(
                Some("org.freedesktop.DBus"),
                "/org/freedesktop/DBus",
                Some("org.freedesktop.DBus"),
                "NameHasOwner",
                &name,
            )
            .await;
        answer.ok().and_then(|answer| answer.body().deserialize().ok()).unwrap_or(false)
    }
}

/// The registry of devices carries the session's state. Source: Apple, `CGSessionCopyCurrentDictionary`, key
/// `CGSSessionScreenIsLocked`, which `ioreg` prints where it is set.
#[cfg(target_os = "macos")]
pub(crate) fn look() -> Screen {
    use std::process::{Command, Stdio};
    let (done, wait) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut command = Command::new("/usr/sbin/ioreg");
        command.args(["-n", "Root", "-d1"]).stdin(Stdio::null()).stderr(Stdio::null());
        // Nobody may be waiting any more.
        let _ = done.send(command.output());
    });
    match wait.recv_timeout(std::time::Duration::from_secs(1)) {
        Ok(Ok(told)) if told.status.success() => {
            let told = String::from_utf8_lossy(&told.stdout);
            if told.contains("\"CGSSessionScreenIsLocked\"=Yes") {
                Screen::Locked
            } else {
                Screen::Open
            }
        }
        Ok(_) | Err(_) => Screen::Unknown,
    }
}

/// The call that tells needs code that this program has none of.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn look() -> Screen {
    Screen::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_says_locked_is_enough_and_silence_is_no_answer() {
        assert_eq!(together([Some(false), Some(true)]), Screen::Locked);
        assert_eq!(together([None, Some(false)]), Screen::Open);
        assert_eq!(together([None, None]), Screen::Unknown);
    }
}
