//! Rust programs that some checks need, built once from crates.io into `target/tools`.

use std::{path::PathBuf, process::Command};

use anyhow::Result;

use crate::{
    run::{self, cargo},
    workspace,
};

/// Returns where the program is: on the `PATH`, or in `target/tools` after building it.
///
/// # Errors
///
/// It could not be built.
pub(crate) fn ensure(program: &str, version: &str) -> Result<PathBuf> {
    if let Some(path) = run::find(program) {
        return Ok(path);
    }
    let root = workspace().join("target/tools");
    let path =
        root.join("bin").join(program).with_extension(if cfg!(windows) { "exe" } else { "" });
    if !path.is_file() {
        println!("Installing {program} {version} into target/tools (cargo install)");
        let mut install: Command =
            cargo(["install", program, "--locked", "--debug", "--version", version]);
        install.arg("--root").arg(&root).env("CARGO_TARGET_DIR", root.join("build"));
        // Nobody steps through these programs; line tables would only fill the disk.
        run::run(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(path)
}
