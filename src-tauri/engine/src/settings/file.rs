//! The person's own file: read, and changed without losing what else is in it.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value};

use super::{
    Settings, SettingsError,
    check::read,
    overlay::{table, unreadable},
};

/// The settings file, as it was read or written last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OwnFile {
    file: PathBuf,
    text: String,
    pub(super) settings: Settings,
}

impl OwnFile {
    /// Reads the file. Where there is none, all keys have their defaults.
    pub(super) fn read(file: &Path) -> Result<Self, SettingsError> {
        let text = text_of(file)?.unwrap_or_default();
        let settings = read(&text, file)?.settings;
        Ok(Self { file: file.to_owned(), text, settings })
    }

    /// Changes some settings and writes them. What a person has written into the file meanwhile is taken in first;
    /// comments, order and the keys that stay as they are remain.
    ///
    /// # Errors
    ///
    /// What was written meanwhile has mistakes, or the file cannot be written; nothing is changed then.
    pub(super) fn change(&mut self, change: impl Fn(&mut Settings)) -> Result<(), SettingsError> {
        let mut next = match text_of(&self.file)? {
            Some(text) if text != self.text => {
                Self { settings: read(&text, &self.file)?.settings, text, file: self.file.clone() }
            }
            // A file that is gone is written anew.
            Some(_) | None => self.clone(),
        };
        let before = next.settings.clone();
        change(&mut next.settings);
        next.text = edited(&next.text, &before, &next.settings);
        crate::files::replace(&next.file, next.text.as_bytes()).map_err(|error| SettingsError {
            file: next.file.clone(),
            line: None,
            reason: format!(
                "it cannot be written ({error}); check the folder's permissions and free space"
            ),
            unread: false,
        })?;
        *self = next;
        Ok(())
    }
}

/// Returns the language that a person has chosen, also in a file that has mistakes elsewhere; empty where none can be read.
pub fn chosen_language(file: &Path) -> String {
    let text = text_of(file).ok().flatten().unwrap_or_default();
    let read: Option<toml::Table> = text.parse().ok();
    let language = read.as_ref().and_then(|read| read.get("app")?.get("language")?.as_str());
    language.unwrap_or_default().to_owned()
}

/// A file that somebody writes by hand is shorter.
const LONGEST: u64 = 1 << 20;

fn text_of(file: &Path) -> Result<Option<String>, SettingsError> {
    // A pipe would keep its reader for ever, and a device has no end. What others have laid there is not obeyed.
    owners::read_own(file, LONGEST).map_err(|error| unreadable(file, &error))
}

/// Returns the text with the keys set that have changed.
fn edited(text: &str, before: &Settings, after: &Settings) -> String {
    let mut document: DocumentMut = text.parse().expect("it was read before");
    let (before, after) = (table(before), table(after));
    for (section, keys) in &after {
        let toml::Value::Table(keys) = keys else { continue };
        for (key, value) in keys {
            if before.get(section).and_then(|keys| keys.get(key)) == Some(value) {
                continue;
            }
            let value: Value = value.to_string().parse().expect("a value is written as one");
            let place = document.entry(section).or_insert_with(toml_edit::table);
            match place.get_mut(key).and_then(Item::as_value_mut) {
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = value;
                    *old.decor_mut() = decor;
                }
                None => place[key] = Item::Value(value),
            }
        }
    }
    document.to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_or_has_no_end_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        for (made, reason) in
            [("pipe", "not a file"), ("device", "not a file"), ("long", "too long")]
        {
            let _ = fs::remove_file(&file);
            match made {
                "pipe" => {
                    let made = std::process::Command::new("mkfifo").arg(&file).status();
                    assert!(made.unwrap().success());
                }
                "device" => std::os::unix::fs::symlink("/dev/zero", &file).unwrap(),
                _ => fs::File::create(&file).unwrap().set_len(LONGEST + 1).unwrap(),
            }
            let error = text_of(&file).unwrap_err();
            assert!(error.to_string().contains(reason), "{made}: {error}");
        }
    }

    #[test]
    fn what_a_person_has_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let text = "# Front desk\n[pop]\nwhen = \"answer\" # the boss wants it so\n\n[numbers]\ncountry = \"AT\"\n";
        fs::write(&file, text).unwrap();
        let mut own = OwnFile::read(&file).unwrap();
        own.change(|settings| settings.pop.when = super::super::When::Never).unwrap();
        let written = fs::read_to_string(&file).unwrap();
        assert_eq!(written, text.replace("\"answer\"", "\"never\""));
        own.change(|settings| settings.pop.outbound = true).unwrap();
        own.change(|settings| "0043".clone_into(&mut settings.numbers.outside_prefix)).unwrap();
        assert_eq!(OwnFile::read(&file).unwrap(), own);
    }

    #[test]
    fn what_was_written_by_hand_meanwhile_is_taken_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let mut own = OwnFile::read(&file).unwrap();
        fs::write(&file, "[numbers]\ncountry = \"FR\"\n").unwrap();
        own.change(|settings| settings.pop.outbound = true).unwrap();
        assert_eq!(
            (own.settings.numbers.country.as_str(), own.settings.pop.outbound),
            ("FR", true)
        );

        fs::write(&file, "[numbers]\ncountry = 33\n").unwrap();
        let error = own.change(|settings| settings.pop.outbound = false).unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(own.settings.pop.outbound, "nothing is changed");
        assert_eq!(fs::read_to_string(&file).unwrap(), "[numbers]\ncountry = 33\n");

        fs::remove_file(&file).unwrap();
        own.change(|settings| settings.pop.outbound = false).unwrap();
        assert_eq!(OwnFile::read(&file).unwrap().settings.numbers.country, "FR");
    }
}
