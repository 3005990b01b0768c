//! A session bus with an unlocked GNOME keyring on it, for the desks of one history alone.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    time::{Instant, sleep},
};

const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const PASSWORD: &[u8] = b"correct horse";

/// Both daemons end when this is dropped.
#[derive(Debug)]
pub(crate) struct Keyring {
    pub(crate) address: String,
    _bus: Child,
    _daemon: Child,
}

impl Keyring {
    /// Opens it with its files under `folder`.
    pub(crate) async fn open(folder: &Path) -> Result<Self> {
        let mut bus = neighbour("dbus-daemon", folder, None)
            .args(["--session", "--nofork", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("dbus-daemon could not be started")?;
        let mut line = String::new();
        let out = bus.stdout.take().context("a pipe")?;
        BufReader::new(out).read_line(&mut line).await?;
        let address = line.trim().to_owned();
        let mut daemon = neighbour("gnome-keyring-daemon", folder, Some(&address))
            .args(["--foreground", "--components=secrets", "--unlock"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("gnome-keyring-daemon could not be started")?;
        daemon.stdin.take().context("a pipe")?.write_all(PASSWORD).await?;
        let keyring = Self { address, _bus: bus, _daemon: daemon };
        let deadline = Instant::now() + Duration::from_secs(30);
        while !keyring.is_open(folder).await {
            if Instant::now() > deadline {
                bail!("the keyring does not answer");
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(keyring)
    }

    /// Has the daemon come, and is its keyring unlocked? A question to a daemon that has not come yet would have the
    /// bus start one of its own, which nobody has unlocked.
    async fn is_open(&self, folder: &Path) -> bool {
        let has_come = self
            .asks(
                folder,
                &["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"],
                &["string:org.freedesktop.secrets"],
            )
            .await;
        has_come.contains("boolean true")
            && self
                .asks(
                    folder,
                    &[
                        "--dest=org.freedesktop.secrets",
                        LOGIN,
                        "org.freedesktop.DBus.Properties.Get",
                    ],
                    &["string:org.freedesktop.Secret.Collection", "string:Locked"],
                )
                .await
                .contains("boolean false")
    }

    async fn asks(&self, folder: &Path, whom: &[&str], words: &[&str]) -> String {
        let asked = neighbour("dbus-send", folder, Some(&self.address))
            .args(["--session", "--print-reply=literal"])
            .args(whom)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .await;
        asked.map_or_else(
            |_| String::new(),
            |answer| String::from_utf8_lossy(&answer.stdout).into_owned(),
        )
    }
}

/// The surroundings of everything that is started for a history.
pub(crate) fn surroundings(folder: &Path, bus: Option<&str>) -> Vec<(String, String)> {
    let at = |path: &str| folder.join(path).display().to_string();
    let mut variables = vec![
        ("HOME".to_owned(), at("user")),
        ("XDG_RUNTIME_DIR".to_owned(), at("run")),
        ("XDG_DATA_HOME".to_owned(), at("user/.local/share")),
        ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
    ];
    variables.extend(bus.map(|bus| ("DBUS_SESSION_BUS_ADDRESS".to_owned(), bus.to_owned())));
    variables
}

fn neighbour(program: &str, folder: &Path, bus: Option<&str>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(surroundings(folder, bus)).stderr(Stdio::null()).kill_on_drop(true);
    command
}
