//! Which command opens web pages, by the desktop's own files.
//!
//! Source: Association between MIME types and applications 1.0.1; Desktop Entry Specification 1.5.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::SystemTime,
};

use super::command::of_exec;
use crate::logging::hold;

const HTTPS: &str = "x-scheme-handler/https";

/// The default browser's command, found ahead and again whenever the files that decide have changed.
#[derive(Debug)]
pub(super) struct DefaultBrowser {
    found: Arc<Mutex<Option<Found>>>,
}

#[derive(Debug)]
struct Found {
    /// The `Exec` line; `None` where the files name no browser that can be started directly.
    exec: Option<String>,
    stamps: Vec<(PathBuf, Option<SystemTime>)>,
}

impl DefaultBrowser {
    /// Begins to look, elsewhere.
    pub(super) fn find() -> Self {
        let found = Arc::new(Mutex::new(None));
        let to_fill = found.clone();
        // Without a thread the first page looks itself.
        let _ = thread::Builder::new().name("browser".to_owned()).spawn(move || {
            hold(&to_fill).get_or_insert_with(|| Found::now(&Places::of_this_user()));
        });
        Self { found }
    }

    /// Returns the command for a page.
    pub(super) fn command(&self, page: &str) -> Option<Vec<String>> {
        let mut found = hold(&self.found);
        if found.as_ref().is_none_or(Found::is_stale) {
            *found = Some(Found::now(&Places::of_this_user()));
        }
        found.as_ref()?.exec.as_deref().and_then(|exec| of_exec(exec, page))
    }

    /// Looks again the next time: the command could not be started.
    pub(super) fn forget(&self) {
        *hold(&self.found) = None;
    }
}

/// Returns the id of the application that takes something, such as `x-scheme-handler/tel`, and how it is started where
/// it is really installed.
pub(crate) fn handler_of(what: &str) -> Option<(String, Option<String>)> {
    let places = Places::of_this_user();
    places.handlers(what).find_map(|id| {
        let entry = places.entry(&id)?;
        Some((id, exec_of(&entry)))
    })
}

/// Returns the command with which the application that takes something opens it.
pub(crate) fn command_of(what: &str, page: &str) -> Option<Vec<String>> {
    handler_of(what)?.1.as_deref().and_then(|exec| of_exec(exec, page))
}

impl Found {
    fn now(places: &Places) -> Self {
        let stamps =
            places.deciding().into_iter().map(|path| (path.clone(), stamp(&path))).collect();
        Self { exec: places.exec(), stamps }
    }

    fn is_stale(&self) -> bool {
        self.stamps.iter().any(|(path, then)| stamp(path) != *then)
    }
}

fn stamp(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

/// Where the files are, most important first.
#[derive(Debug)]
struct Places {
    config: Vec<PathBuf>,
    applications: Vec<PathBuf>,
    /// `XDG_CURRENT_DESKTOP`, lower case.
    desktops: Vec<String>,
}

impl Places {
    fn of_this_user() -> Self {
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let one = |name: &str, fallback: PathBuf| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
                .unwrap_or(fallback)
        };
        let many = |name: &str, fallback: &str| {
            let value = env::var_os(name)
                .filter(|value| !value.is_empty())
                .unwrap_or_else(|| fallback.into());
            env::split_paths(&value).collect::<Vec<_>>()
        };
        let mut config = vec![one("XDG_CONFIG_HOME", home.join(".config"))];
        config.extend(many("XDG_CONFIG_DIRS", "/etc/xdg"));
        let mut data = vec![one("XDG_DATA_HOME", home.join(".local/share"))];
        data.extend(many("XDG_DATA_DIRS", "/usr/local/share:/usr/share"));
        let desktops = env::var("XDG_CURRENT_DESKTOP").unwrap_or_default().to_lowercase();
        Self {
            config,
            applications: data.into_iter().map(|folder| folder.join("applications")).collect(),
            desktops: desktops
                .split(':')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The lists that name a default, in the order that they are asked.
    fn lists(&self) -> Vec<PathBuf> {
        let mut lists = Vec::new();
        for folder in self.config.iter().chain(&self.applications) {
            lists.extend(
                self.desktops.iter().map(|desktop| folder.join(format!("{desktop}-mimeapps.list"))),
            );
            lists.push(folder.join("mimeapps.list"));
        }
        lists
    }

    /// The caches of what applications say themselves: asked last.
    fn caches(&self) -> Vec<PathBuf> {
        self.applications.iter().map(|folder| folder.join("mimeinfo.cache")).collect()
    }

    fn deciding(&self) -> Vec<PathBuf> {
        self.lists().into_iter().chain(self.caches()).collect()
    }

    fn exec(&self) -> Option<String> {
        self.handlers(HTTPS).find_map(|id| exec_of(&self.entry(&id)?))
    }

    /// Returns the ids of the applications that take something, the preferred first, installed or not.
    fn handlers(&self, what: &str) -> impl Iterator<Item = String> {
        let named = self.lists().into_iter().map(|list| (list, "Default Applications"));
        let known = self.caches().into_iter().map(|cache| (cache, "MIME Cache"));
        named
            .chain(known)
            .filter_map(move |(file, group)| value(&fs::read_to_string(file).ok()?, group, what))
            .flat_map(|ids| ids.split(';').map(|id| id.trim().to_owned()).collect::<Vec<_>>())
            .filter(|id| id.ends_with(".desktop"))
    }

    /// Reads a desktop entry. A `-` in its id may stand for a folder.
    fn entry(&self, id: &str) -> Option<String> {
        self.applications.iter().find_map(|folder| {
            let mut name = id.to_owned();
            loop {
                // An id is a name, never a way out of the folder.
                if !name.contains("..")
                    && let Ok(text) = fs::read_to_string(folder.join(&name))
                {
                    return Some(text);
                }
                let dash = name.find('-')?;
                name.replace_range(dash..=dash, "/");
            }
        })
    }
}

/// Returns the command line of an entry that can be started without a terminal and is really installed.
fn exec_of(entry: &str) -> Option<String> {
    const GROUP: &str = "Desktop Entry";
    let is = |key: &str| value(entry, GROUP, key).as_deref() == Some("true");
    if is("Hidden")
        || is("Terminal")
        || value(entry, GROUP, "TryExec").is_some_and(|program| !installed(&program))
    {
        return None;
    }
    // The value is a string first, with its own escapes, and a command line then.
    let exec = value(entry, GROUP, "Exec")?;
    let mut unescaped = String::with_capacity(exec.len());
    let mut letters = exec.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next()? {
                's' => unescaped.push(' '),
                '\\' => unescaped.push('\\'),
                other => unescaped.extend(['\\', other]),
            },
            letter => unescaped.push(letter),
        }
    }
    let program = of_exec(&unescaped, "https://example.com/")?.swap_remove(0);
    installed(&program).then_some(unescaped)
}

pub(super) fn installed(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Returns a key's value in a group of a file in the desktop's format.
fn value(text: &str, group: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = name == group;
        } else if inside
            && let Some((found, value)) = line.split_once('=')
            && found.trim_end() == key
        {
            return Some(value.trim_start().to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> (tempfile::TempDir, Places) {
        let dir = tempfile::tempdir().unwrap();
        let (config, applications) = (dir.path().join("config"), dir.path().join("applications"));
        fs::create_dir_all(&config).unwrap();
        fs::create_dir_all(applications.join("vendor")).unwrap();
        let places = Places {
            config: vec![config],
            applications: vec![applications],
            desktops: vec!["gnome".to_owned()],
        };
        (dir, places)
    }

    #[test]
    fn the_users_choice_goes_before_what_is_installed() {
        let (_dir, places) = desk();
        let applications = &places.applications[0];
        fs::write(
            applications.join("mimeinfo.cache"),
            "[MIME Cache]\nx-scheme-handler/https=plain.desktop;\n",
        )
        .unwrap();
        fs::write(applications.join("plain.desktop"), "[Desktop Entry]\nExec=/bin/true %U\n")
            .unwrap();
        assert_eq!(places.exec().as_deref(), Some("/bin/true %U"));

        let found = Found::now(&places);
        assert!(!found.is_stale());
        fs::write(
            places.config[0].join("mimeapps.list"),
            "[Default Applications]\nx-scheme-handler/https=gone.desktop;vendor-web.desktop\n",
        )
        .unwrap();
        assert!(found.is_stale());
        fs::write(
            applications.join("vendor/web.desktop"),
            "[Desktop Entry]\nExec=env X=1 /bin/true %u\n",
        )
        .unwrap();
        assert_eq!(places.exec().as_deref(), Some("env X=1 /bin/true %u"));
    }

    #[test]
    fn who_takes_a_kind_of_link_is_told_in_the_order_of_preference() {
        let (_dir, places) = desk();
        fs::write(
            places.config[0].join("mimeapps.list"),
            "[Default Applications]\nx-scheme-handler/tel=other.desktop\n",
        )
        .unwrap();
        fs::write(
            places.applications[0].join("mimeinfo.cache"),
            "[MIME Cache]\nx-scheme-handler/tel=patchcord.desktop;\n",
        )
        .unwrap();
        let ids: Vec<String> = places.handlers("x-scheme-handler/tel").collect();
        assert_eq!(ids, ["other.desktop", "patchcord.desktop"]);
        assert_eq!(places.handlers("x-scheme-handler/sip").next(), None);
    }

    #[test]
    fn what_cannot_be_started_directly_is_passed_over() {
        for entry in [
            "[Desktop Entry]\nExec=/bin/true %u\nTerminal=true\n",
            "[Desktop Entry]\nExec=/bin/true %u\nTryExec=/no/such/program\n",
            "[Desktop Entry]\nExec=/no/such/program %u\n",
            "[Desktop Entry]\nExec=/bin/true\n",
            "[Other]\nExec=/bin/true %u\n",
        ] {
            assert_eq!(exec_of(entry), None, "{entry}");
        }
        assert_eq!(
            exec_of("[Desktop Entry]\nExec=/bin/true \"a\\\\\\\\b\" %u\n").as_deref(),
            Some("/bin/true \"a\\\\b\" %u")
        );
    }
}
