//! Starting with the session: XDG autostart, the Run key of Windows, a launch agent of macOS.

use auto_launch::{AutoLaunch, AutoLaunchBuilder};
use engine::{Handle, command::Event};
use tokio::sync::broadcast::error::RecvError;

/// Follows `app.autostart` until the engine ends. For the one installation that a session starts: not for a folder that
/// `--home` names, nor for the demonstration.
pub(crate) async fn follow(engine: Handle) {
    let mut events = engine.events();
    let mut in_force = None;
    loop {
        for event in engine.snapshot() {
            heed(event, &mut in_force).await;
        }
        loop {
            match events.recv().await {
                Ok(event) => heed(event, &mut in_force).await,
                // All is asked for again.
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
    }
}

async fn heed(event: Event, in_force: &mut Option<bool>) {
    let Event::Settings(settings) = event else { return };
    let wanted = settings.values.app.autostart;
    if in_force.replace(wanted) == Some(wanted) {
        return;
    }
    // Files, and on Windows the registry.
    let done = tokio::task::spawn_blocking(move || {
        entry().map_err(|error| error.to_string()).and_then(|entry| set(&entry, wanted))
    });
    if let Err(error) = done.await.unwrap_or_else(|error| Err(error.to_string())) {
        tracing::warn!(error, wanted, "starting with the session could not be set");
    }
}

/// What is there already is left as it is: the desktop may have added to it.
fn set(entry: &AutoLaunch, wanted: bool) -> Result<(), String> {
    let is = entry.is_enabled().map_err(|error| error.to_string())?;
    let done = match (is, wanted) {
        (false, true) => entry.enable(),
        (true, false) => entry.disable(),
        (true, true) | (false, false) => Ok(()),
    };
    done.map_err(|error| error.to_string())
}

fn entry() -> Result<AutoLaunch, auto_launch::Error> {
    let program = std::env::current_exe()?;
    AutoLaunchBuilder::new()
        .set_app_name("Patchcord")
        .set_app_path(&spelled(&program.display().to_string()))
        .set_args(&["--hidden"])
        .set_bundle_identifiers(&["io.github.patchcord.Patchcord"])
        .build()
}

/// Writes a path as the entry's command needs it: a blank in it would otherwise end the program's name.
pub(crate) fn spelled(path: &str) -> String {
    if cfg!(target_os = "macos") {
        return path.to_owned();
    }
    if cfg!(windows) {
        return format!("\"{path}\"");
    }
    // Source: Desktop Entry Specification 1.5, "The Exec key": quoting, then the escapes of every string, then `%%`.
    let mut text = String::from("\"");
    for c in path.chars() {
        match c {
            '\\' => text.push_str("\\\\\\\\"),
            '"' | '`' | '$' => text.extend(["\\\\", &c.to_string()]),
            '%' => text.push_str("%%"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_and_signs_stays_one_word() {
        assert_eq!(spelled("/opt/My Apps/patchcord"), "\"/opt/My Apps/patchcord\"");
        assert_eq!(spelled(r#"/opt/a$b"c%d\e"#), r#""/opt/a\\$b\\"c%%d\\\\e""#);
    }
}
