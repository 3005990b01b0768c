//! The real window under Xvfb: `tests/window` drives it through `tauri-driver`.

use std::process::Command;

use anyhow::Result;

use crate::{
    packages::{self, Need},
    run::run,
    suites, tools, workspace,
};

/// Runs the window test on a display, a session bus and a home of its own.
///
/// # Errors
///
/// The test failed, or one of its tools could not be built.
pub(crate) fn check() -> Result<()> {
    run(&mut driven(&[
        "window.test.mjs",
        "consent.test.mjs",
        "keys.test.mjs",
        "deaths.test.mjs",
        "notes.test.mjs",
        "links.test.mjs",
    ])?)
}

/// Draws the guides' pictures anew while the window test goes through its story.
///
/// # Errors
///
/// As [`check`]; or a package that is missing cannot be installed.
pub(crate) fn pictures() -> Result<()> {
    packages::ensure(&[Need::Build, Need::Test], packages::agreed_beforehand(false))?;
    let folder = workspace().join("docs/guides/pictures");
    run(driven(&["window.test.mjs"])?.env("PATCHCORD_GUIDE_PICTURES", folder))
}

fn driven(stories: &[&str]) -> Result<Command> {
    let driver = tools::ensure("tauri-driver", "^2")?;
    suites::build()?;
    // A private bus, so that no secret store and no notification of the person at this desk is touched.
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "xvfb-run", "--auto-servernum", "--server-args=-screen 0 1280x800x24"])
        // One after the other: each has the whole display.
        .args(["node", "--test", "--test-reporter=spec", "--test-concurrency=1"])
        .args(stories)
        .current_dir(workspace().join("tests/window"))
        .env("PATCHCORD_BIN", suites::program("patchcord"))
        .env("SIMULATOR_BIN", suites::program("simulator"))
        .env("TAURI_DRIVER", driver);
    Ok(command)
}
