//! `cargo xtask demo`: from a fresh clone to the app on the simulated PBX and org.

use std::{env, process::Command};

use anyhow::{Result, bail};

use crate::{
    packages::{self, Need},
    run::{cargo, npm, run},
    suites,
};

/// Installs what is missing, builds, and starts the demonstration.
///
/// # Errors
///
/// There is no display, something cannot be installed or built, or the program ended with a failure.
pub(crate) fn demo(release: bool, yes: bool) -> Result<()> {
    let seen = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !seen("DISPLAY") && !seen("WAYLAND_DISPLAY") {
        bail!(
            "there is no display to show the window on: run this inside a desktop session, \
             or as `xvfb-run cargo xtask demo` to see that it works"
        );
    }
    packages::ensure(&[Need::Build], packages::agreed_beforehand(yes))?;
    packages::npm_ci("ui")?;
    run(&mut npm("ui", ["run", "build"]))?;

    let (profile, folder) = if release { (Some("--release"), "release") } else { (None, "debug") };
    println!("Building the program; the first time takes some minutes");
    run(cargo(["build", "--locked", "-p", "patchcord"]).args(profile))?;

    let program = suites::target().join(folder).join("patchcord");
    let program = program.with_extension(env::consts::EXE_EXTENSION);
    println!("Starting `{} demo --calls`; quit from the tray or with Ctrl+C", program.display());
    run(Command::new(program).args(["demo", "--calls"]))
}
