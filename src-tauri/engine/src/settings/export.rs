//! The settings in force as a file for others: a policy that is ready to be rolled out.

use super::{Settings, overlay::table, rules::KEYS};

/// Keys that are one person's: as a policy they would be everybody's, and locked.
const PERSONAL: [&str; 4] =
    ["binding.extension", "integration.enabled", "app.language", "app.autostart"];

const HEAD: &str = "\
# Patchcord settings, ready to be used as a policy file: every key in it is set for everybody, and locked.
# Delete the lines that people may decide for themselves. What belongs to one person is commented out.
# There is no secret in this file; client secret and sign-in are given on each computer.
";

/// Returns the settings as a policy file. There is no secret among them.
pub(super) fn as_policy(settings: &Settings) -> String {
    let values = table(settings);
    let mut text = HEAD.to_owned();
    let mut section = "";
    for key in KEYS {
        let (of, name) = key.path.split_once('.').unwrap_or((key.path, ""));
        if of != section {
            section = of;
            text.push_str(&format!("\n[{section}]\n"));
        }
        let Some(value) = values.get(of).and_then(|keys| keys.get(name)) else { continue };
        let personal = if PERSONAL.contains(&key.path) { "# " } else { "" };
        text.push_str(&format!("{personal}{name} = {value}\n"));
    }
    text
}
