//! Starting other programs, and saying what went wrong when they did not do what they should.

use std::{env, ffi::OsStr, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

/// Runs a command with our own input and output.
///
/// # Errors
///
/// The program is missing, or it ended with something other than success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| missing(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", spelled(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed; its complaints pass through.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| missing(command))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", spelled(command), output.status);
    }
    Ok(output.stdout)
}

/// Returns where a program is, if it is on the `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .map(|file| {
            let bare = cfg!(windows) && file.extension().is_none();
            if bare { file.with_extension("exe") } else { file }
        })
        .find(|file| file.is_file())
}

/// Returns the `cargo` that runs us, ready for arguments.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(crate::workspace());
    command
}

/// Returns `npm` in a folder of the workspace.
pub(crate) fn npm<S: AsRef<OsStr>>(folder: &str, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(args).current_dir(crate::workspace().join(folder));
    command
}

/// Returns the command as a person would type it.
pub(crate) fn spelled(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    let mut line = program.into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

fn missing(command: &Command) -> String {
    format!("`{}` could not be started", command.get_program().to_string_lossy())
}
