//! Links on Linux: a desktop entry of this user, and the default for each scheme.
//!
//! Source: Desktop Entry Specification 1.5; Association between MIME types and applications 1.0.1; xdg-mime(1).

use std::{
    fmt::Write as _,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use engine::{
    LINK_SCHEMES,
    ports::{Fact, Taken},
};

use super::run;
use crate::{autostart::spelled, browser::default, plain};

/// The entry's name. Packages have one of their own; what a person chooses in the window lies over it.
const ENTRY: &str = "io.github.patchcord.Patchcord.links.desktop";

const TODO: &str = "Press \"Make default\" in Patchcord's settings, or choose Patchcord for tel: links in the system's settings, if links are to be dialled here";

pub(super) fn take(program: &Path, home: Option<&Path>) -> Result<Taken, String> {
    let folder = data_home().ok_or("this user has no home folder")?.join("applications");
    let failed = |error: io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    replace(&folder.join(ENTRY), &entry(program, home)).map_err(failed)?;
    // Also where there is no such program: the association below needs the entry only.
    let _ = run("update-desktop-database", &[&folder.display().to_string()]);
    let kinds: Vec<String> = kinds().collect();
    let mut words = vec!["default", ENTRY];
    words.extend(kinds.iter().map(String::as_str));
    // It knows the desktops' own ways. Where it is missing or has failed, the list is written here.
    let _ = run("xdg-mime", &words);
    if !is_ours() {
        let file = config_home().ok_or("this user has no home folder")?.join("mimeapps.list");
        let before = fs::read_to_string(&file).unwrap_or_default();
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        replace(&file, &with_defaults(&before, &kinds))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    if is_ours() {
        Ok(Taken::Done)
    } else {
        Err("another program's setting comes first on this desktop".to_owned())
    }
}

/// Takes away this program's entry and what names it as a default. What another installation has set up stays.
pub(super) fn give_back(program: &Path, home: Option<&Path>) -> Result<(), String> {
    let Some(applications) = data_home().map(|folder| folder.join("applications")) else {
        return Ok(());
    };
    let file = applications.join(ENTRY);
    match fs::read_to_string(&file) {
        Ok(there) if there == entry(program, home) => {}
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("{}: {error}", file.display())),
    }
    // The lists first: a default without its entry is no program to the desktop, an entry without a default is harmless.
    let lists = [
        config_home().map(|folder| folder.join("mimeapps.list")),
        Some(applications.join("mimeapps.list")),
        Some(applications.join("defaults.list")),
    ];
    for list in lists.into_iter().flatten() {
        let Ok(before) = fs::read_to_string(&list) else { continue };
        let after = without_us(&before);
        if after != before {
            replace(&list, &after).map_err(|error| format!("{}: {error}", list.display()))?;
        }
    }
    fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let _ = run("update-desktop-database", &[&applications.display().to_string()]);
    Ok(())
}

pub(super) fn look() -> Fact {
    match default::handler_of(&tel()) {
        Some((id, Some(_program))) if is_our_id(&id) => {
            Fact::Is("tel: links come to Patchcord".to_owned())
        }
        Some((id, None)) if is_our_id(&id) => Fact::Missing {
            found: "tel: links are to come to Patchcord, but the program is not where it was"
                .to_owned(),
            todo: TODO.to_owned(),
        },
        Some((id, _)) => Fact::Missing {
            found: format!("tel: links go to another program ({})", plain::one_line(&id, 80)),
            todo: TODO.to_owned(),
        },
        None => {
            Fact::Missing { found: "No program takes tel: links".to_owned(), todo: TODO.to_owned() }
        }
    }
}

pub(super) fn open(uri: &str) -> Result<(), String> {
    let mut words = default::command_of(&tel(), uri).unwrap_or_else(|| vec!["xdg-open".to_owned()]);
    if words.len() == 1 {
        words.push(uri.to_owned());
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [program, rest @ ..] = words.as_slice() else { return Err("no program".to_owned()) };
    // It may stay: a program that is started by the link goes on running.
    match run(program, rest) {
        Ok(_) => Ok(()),
        Err(error) if error.ends_with("does not answer") => Ok(()),
        Err(error) => Err(error),
    }
}

fn tel() -> String {
    "x-scheme-handler/tel".to_owned()
}

fn kinds() -> impl Iterator<Item = String> {
    LINK_SCHEMES.into_iter().map(|scheme| format!("x-scheme-handler/{scheme}"))
}

fn is_ours() -> bool {
    default::handler_of(&tel()).is_some_and(|(id, _)| id == ENTRY)
}

fn is_our_id(id: &str) -> bool {
    id.to_lowercase().contains("patchcord")
}

/// Returns the desktop entry that hands links to this program.
fn entry(program: &Path, home: Option<&Path>) -> String {
    let mut exec = word(program);
    if let Some(home) = home {
        exec.push_str(" --home ");
        exec.push_str(&word(home));
    }
    let mut kinds: String = kinds().fold(String::new(), |mut kinds, kind| {
        // A string takes every line.
        let _ = write!(kinds, "{kind};");
        kinds
    });
    kinds.push('\n');
    format!(
        "[Desktop Entry]\nType=Application\nVersion=1.5\nName=Patchcord\nComment=Calls the number of a link from your extension\nComment[zh_CN]=用您的分机拨打链接中的号码\nExec={exec} link -- %u\nIcon=patchcord\nTerminal=false\nNoDisplay=true\nStartupNotify=false\nMimeType={kinds}"
    )
}

/// Spells a path as a word of `Exec`. Quotes only where they are needed: `xdg-open`, which browsers use on desktops that
/// have no way of their own, takes them for a part of the name.
fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+,@:".contains(&b);
    if text.bytes().all(plain) { text } else { spelled(&text) }
}

/// Puts this program first among the defaults, and leaves all other lines as they are.
fn with_defaults(before: &str, kinds: &[String]) -> String {
    const GROUP: &str = "[Default Applications]";
    let mut lines: Vec<&str> = Vec::new();
    let mut within = false;
    let mut placed = false;
    let ours: Vec<String> = kinds.iter().map(|kind| format!("{kind}={ENTRY}")).collect();
    for line in before.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            within = trimmed == GROUP;
            lines.push(line);
            if within && !placed {
                lines.extend(ours.iter().map(String::as_str));
                placed = true;
            }
            continue;
        }
        let key = trimmed.split_once('=').map(|(key, _)| key.trim());
        if !(within && key.is_some_and(|key| kinds.iter().any(|kind| kind == key))) {
            lines.push(line);
        }
    }
    if !placed {
        if !lines.is_empty() {
            lines.push("");
        }
        lines.push(GROUP);
        lines.extend(ours.iter().map(String::as_str));
    }
    lines.join("\n") + "\n"
}

/// Takes this program out of every line of a list, and leaves everything else as it is.
fn without_us(before: &str) -> String {
    let mut after = String::new();
    for line in before.split_inclusive('\n') {
        let named = line.trim_end().split_once('=').filter(|_| !line.trim_start().starts_with('#'));
        let Some((kind, ids)) = named.filter(|(_, ids)| ids.split(';').any(|id| id == ENTRY))
        else {
            after.push_str(line);
            continue;
        };
        let others: Vec<&str> = ids.split(';').filter(|id| *id != ENTRY).collect();
        if others.iter().any(|id| !id.is_empty()) {
            // A string takes every line.
            let _ = writeln!(after, "{kind}={}", others.join(";"));
        }
    }
    after
}

/// Writes a file whole or not at all. A list that is a link to another file (dotfiles are kept so) stays one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut new, text.as_bytes())?;
    new.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    new.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

fn data_home() -> Option<PathBuf> {
    place("XDG_DATA_HOME", ".local/share")
}

fn config_home() -> Option<PathBuf> {
    place("XDG_CONFIG_HOME", ".config")
}

fn place(name: &str, fallback: &str) -> Option<PathBuf> {
    let named = std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(fallback)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_hands_a_link_over_behind_the_end_of_the_options() {
        let entry = entry(Path::new("/opt/My Apps/100%/patchcord"), Some(Path::new("/tmp/a b")));
        assert!(
            entry.contains(
                "\nExec=\"/opt/My Apps/100%%/patchcord\" --home \"/tmp/a b\" link -- %u\n"
            ),
            "{entry}"
        );
        let plain = super::entry(Path::new("/usr/bin/patchcord"), None);
        assert!(plain.contains("\nExec=/usr/bin/patchcord link -- %u\n"), "{plain}");
        assert!(entry.contains("x-scheme-handler/tel;x-scheme-handler/callto;"), "{entry}");
    }

    #[test]
    fn the_list_of_defaults_keeps_what_is_in_it() {
        let kinds = ["x-scheme-handler/tel".to_owned(), "x-scheme-handler/sip".to_owned()];
        let ours = format!("x-scheme-handler/tel={ENTRY}\nx-scheme-handler/sip={ENTRY}\n");
        assert_eq!(with_defaults("", &kinds), format!("[Default Applications]\n{ours}"));
        let before = "# mine\n[Added Associations]\nx-scheme-handler/tel=other.desktop;\n[Default Applications]\ntext/html=browser.desktop\nx-scheme-handler/tel=other.desktop\n";
        let after = with_defaults(before, &kinds);
        assert_eq!(
            after,
            format!(
                "# mine\n[Added Associations]\nx-scheme-handler/tel=other.desktop;\n[Default Applications]\n{ours}text/html=browser.desktop\n"
            )
        );
        assert_eq!(with_defaults(&after, &kinds), after);
    }

    #[test]
    fn what_was_put_into_the_list_of_defaults_goes_out_again_and_nothing_else_does() {
        let before = "# mine=yours\n[Default Applications]\ntext/html=browser.desktop";
        let kinds = ["x-scheme-handler/tel".to_owned()];
        let with = with_defaults(before, &kinds);
        assert!(with.contains(ENTRY), "{with}");
        assert_eq!(without_us(&with), format!("{before}\n"));
        let shared = format!("[Added Associations]\nx-scheme-handler/tel={ENTRY};other.desktop;\n");
        assert_eq!(
            without_us(&shared),
            "[Added Associations]\nx-scheme-handler/tel=other.desktop;\n"
        );
        let theirs = "x-scheme-handler/tel=other.desktop;\n[End]";
        assert_eq!(without_us(theirs), theirs);
    }
}
