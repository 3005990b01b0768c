//! Licences, banned crates, sources and advisories of everything that is linked, by `cargo deny`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{checks::Ran, run::run, tools, workspace};

/// The variable that names a copy of what `cargo deny fetch` keeps, for machines that cannot fetch it.
const DATABASE: &str = "PATCHCORD_ADVISORY_DB";

/// Checks the tree.
///
/// # Errors
///
/// Something in the tree is not allowed, or the tool could not be built.
pub(crate) fn check() -> Result<Ran> {
    let tool = tools::ensure("cargo-deny", "^0.20")?;
    run(deny(&tool).args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))?;
    match env::var_os(DATABASE) {
        Some(copy) => {
            advisories_of_a_copy(&tool, &PathBuf::from(copy))?;
            Ok(Ran::Whole)
        }
        None => advisories(&tool),
    }
}

fn advisories(tool: &Path) -> Result<Ran> {
    println!("Fetching the database of security advisories");
    if run(deny(tool).args(["fetch", "db"])).is_err() {
        return Ok(Ran::Short(format!(
            "security advisories, whose database is not within reach of this machine; name a copy of what \
             `cargo deny fetch` keeps in {DATABASE} to check them"
        )));
    }
    run(deny(tool).args(["check", "advisories"]))?;
    Ok(Ran::Whole)
}

/// cargo-deny takes the place of its database from the configuration only, so a second one says where the copy is.
fn advisories_of_a_copy(tool: &Path, copy: &Path) -> Result<()> {
    if !copy.is_dir() {
        bail!("{DATABASE} names {}, which is not a folder", copy.display());
    }
    let rules = fs::read_to_string(workspace().join("deny.toml")).context("reading deny.toml")?;
    let place = format!("[advisories]\ndb-path = {:?}", copy.display().to_string());
    let config = workspace().join("target/deny-with-copy.toml");
    fs::write(&config, rules.replacen("[advisories]", &place, 1)).context("writing into target")?;
    run(deny(tool).args(["check", "--disable-fetch", "advisories", "--config"]).arg(&config))
}

fn deny(tool: &Path) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(workspace());
    command
}
