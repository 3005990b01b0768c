//! The real window under Xvfb: `tests/window` drives it through `tauri-driver`.

use std::process::Command;

use anyhow::Result;

use crate::{run::run, suites, tools, workspace};

/// Runs the window test on a display, a session bus and a home of its own.
///
/// # Errors
///
/// The test failed, or one of its tools could not be built.
pub(crate) fn check() -> Result<()> {
    let driver = tools::ensure("tauri-driver", "^2")?;
    suites::build()?;
    // A private bus, so that no secret store and no notification of the person at this desk is touched.
    run(Command::new("dbus-run-session")
        .args(["--", "xvfb-run", "--auto-servernum", "--server-args=-screen 0 1280x800x24"])
        .args(["node", "--test", "--test-reporter=spec", "window.test.mjs"])
        .current_dir(workspace().join("tests/window"))
        .env("PATCHCORD_BIN", suites::program("patchcord"))
        .env("SIMULATOR_BIN", suites::program("simulator"))
        .env("TAURI_DRIVER", driver))
}
