//! Links of other programs (`tel:` and its like): whether they come here, and having them come here.
//!
//! What the system starts for a link is `patchcord link -- LINK`: behind `--` nothing is an option, whatever a page has
//! written there. On macOS the system hands links to the running program itself.

#[cfg(any(target_os = "macos", test))]
mod launch_services;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use std::path::PathBuf;
#[cfg(not(windows))]
use std::{
    process::{Command, Stdio},
    time::Duration,
};

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use engine::ports::{Fact, Taken};

/// How long a program of the system may take.
#[cfg(not(windows))]
const PATIENCE: Duration = Duration::from_secs(3);

/// The way of links to one home.
#[derive(Debug)]
pub(crate) struct Links {
    /// What `--home` said: links come to the instance that took them.
    home: Option<PathBuf>,
}

impl Links {
    pub(crate) fn to(home: Option<PathBuf>) -> Self {
        Self { home }
    }

    /// Has the system hand links to this program. Blocks for some seconds at most.
    ///
    /// # Errors
    ///
    /// Says in a few words why that could not be.
    pub(crate) fn take(&self) -> Result<Taken, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        system::take(&program, self.home.as_deref())
    }

    /// Takes away what [`take`](Self::take) has set up for this home. What another installation or the package has set up stays.
    ///
    /// # Errors
    ///
    /// Says in a few words why that could not be.
    pub(crate) fn give_back(&self) -> Result<(), String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        system::give_back(&program, self.home.as_deref())
    }
}

#[cfg(target_os = "macos")]
pub(crate) use macos::opened;

/// Says whether links come to this program. Blocks for some seconds at most.
pub(crate) fn look() -> Fact {
    system::look()
}

/// Opens a link as another program would.
///
/// # Errors
///
/// Says in a few words why that could not be.
pub(crate) fn open(uri: &str) -> Result<(), String> {
    system::open(uri)
}

/// Runs a program of the system to its end, within a while. Says whether it succeeded.
#[cfg(not(windows))]
fn run(program: &str, words: &[&str]) -> Result<bool, String> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (done, wait) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        // Nobody may be waiting any more.
        let _ = done.send(command.status());
    });
    match wait.recv_timeout(PATIENCE) {
        Ok(Ok(status)) => Ok(status.success()),
        Ok(Err(error)) => Err(format!("{program} cannot be started: {error}")),
        Err(_) => Err(format!("{program} does not answer")),
    }
}
