//! Links on Windows: this user's list of programs that take them. Which one does, only a person may choose.
//!
//! Source: Microsoft, "Default Programs" (Capabilities, RegisteredApplications), "Launch the Default Apps settings page".

use std::{path::Path, process::Command};

use engine::{
    LINK_SCHEMES,
    ports::{Fact, Taken},
};
use windows_registry::{CURRENT_USER, Key};

/// The kind of thing that a link to this program is.
const PROG_ID: &str = "Patchcord.Link";

pub(super) fn take(program: &Path, home: Option<&Path>) -> Result<Taken, String> {
    register(CURRENT_USER, program, home).map_err(|error| error.to_string())?;
    Command::new("explorer.exe")
        .arg("ms-settings:defaultapps?registeredAppUser=Patchcord")
        .spawn()
        .map(|_| Taken::PersonChooses)
        .map_err(|error| error.to_string())
}

/// `user` is the user's part of the registry.
fn register(user: &Key, program: &Path, home: Option<&Path>) -> windows_registry::Result<()> {
    let command = command(program, home);
    let program = program.display();
    for class in [PROG_ID, "patchcord"] {
        let key = user.create(format!(r"Software\Classes\{class}"))?;
        key.set_string("", "URL:Patchcord")?;
        key.set_string("URL Protocol", "")?;
        key.create("DefaultIcon")?.set_string("", format!("\"{program}\",0"))?;
        key.create(r"shell\open\command")?.set_string("", &command)?;
    }
    let own = user.create(r"Software\Patchcord\Capabilities")?;
    own.set_string("ApplicationName", "Patchcord")?;
    own.set_string("ApplicationDescription", "Calls numbers from your extension")?;
    let schemes = own.create("URLAssociations")?;
    for scheme in LINK_SCHEMES {
        schemes.set_string(scheme, PROG_ID)?;
    }
    user.create(r"Software\RegisteredApplications")?
        .set_string("Patchcord", r"Software\Patchcord\Capabilities")
}

/// Returns what the system starts. Behind `--` nothing is an option, also where a link brings quotes of its own.
fn command(program: &Path, home: Option<&Path>) -> String {
    let home = home.map(|home| format!(" --home {}", quoted(home))).unwrap_or_default();
    format!("{}{home} link -- \"%1\"", quoted(program))
}

/// Quotes a path. Before a quote a backslash would take its meaning away, so those at the end stand there twice.
/// Source: Microsoft, "Parsing C command-line arguments".
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let name = path.trim_end_matches('\\').len();
    format!("\"{path}{}\"", &path[name..])
}

pub(super) fn give_back(program: &Path, home: Option<&Path>) -> Result<(), String> {
    forget(CURRENT_USER, program, home).map_err(|error| error.to_string())
}

fn forget(user: &Key, program: &Path, home: Option<&Path>) -> windows_registry::Result<()> {
    let class = format!(r"Software\Classes\{PROG_ID}\shell\open\command");
    let registered = user.open(class).and_then(|key| key.get_string(""));
    if registered.ok() != Some(command(program, home)) {
        return Ok(());
    }
    gone(user.create(r"Software\RegisteredApplications")?.remove_value("Patchcord"))?;
    gone(user.remove_tree(r"Software\Patchcord\Capabilities"))?;
    // The one that says whose all this is goes last: what fails in between is tried again.
    for class in ["patchcord", PROG_ID] {
        gone(user.remove_tree(format!(r"Software\Classes\{class}")))?;
    }
    Ok(())
}

/// What somebody else has removed already is gone as well.
fn gone(removed: windows_registry::Result<()>) -> windows_registry::Result<()> {
    // Source: Microsoft, "System Error Codes", ERROR_FILE_NOT_FOUND, as a HRESULT.
    const NOT_FOUND: i32 = 0x8007_0002_u32.cast_signed();
    match removed {
        Err(error) if error.code().0 == NOT_FOUND => Ok(()),
        other => other,
    }
}

pub(super) fn look() -> Fact {
    match chosen(CURRENT_USER) {
        Some(id) if id == PROG_ID => Fact::Is("tel: links come to Patchcord".to_owned()),
        Some(_) | None => Fact::Missing {
            found: "tel: links go to another program, or to none".to_owned(),
            todo: "Press \"Make default\" in Patchcord's settings and choose Patchcord on the page that opens, if links are to be dialled here".to_owned(),
        },
    }
}

/// Returns what a person has chosen for `tel:`. Where it is written is no promise of Windows: since 24H2 there is a
/// second place, which comes first where it is filled in.
fn chosen(user: &Key) -> Option<String> {
    const TEL: &str = r"Software\Microsoft\Windows\Shell\Associations\UrlAssociations\tel";
    [r"UserChoiceLatest\ProgId", "UserChoiceLatest", "UserChoice"].into_iter().find_map(|place| {
        let key = user.open(format!(r"{TEL}\{place}")).ok()?;
        key.get_string("ProgId").ok().filter(|id| !id.is_empty())
    })
}

pub(super) fn open(uri: &str) -> Result<(), String> {
    let started = Command::new("rundll32.exe").args(["url.dll,FileProtocolHandler", uri]).spawn();
    started.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of the registry that only a test uses.
    struct User(Key, String);

    impl User {
        fn new(test: &str) -> Self {
            let place = format!(r"Software\Patchcord-test-{}\{test}", std::process::id());
            Self(CURRENT_USER.create(&place).unwrap(), place)
        }

        fn read(&self, key: &str, name: &str) -> Option<String> {
            self.0.open(key).and_then(|key| key.get_string(name)).ok()
        }
    }

    impl Drop for User {
        fn drop(&mut self) {
            let _ = CURRENT_USER.remove_tree(&self.1);
        }
    }

    #[test]
    fn a_folder_with_blanks_or_at_the_top_of_a_drive_stays_one_word() {
        let program = Path::new(r"C:\Program Files\Patchcord\patchcord.exe");
        assert_eq!(
            command(program, None),
            r#""C:\Program Files\Patchcord\patchcord.exe" link -- "%1""#
        );
        assert_eq!(
            command(program, Some(Path::new(r"D:\"))),
            r#""C:\Program Files\Patchcord\patchcord.exe" --home "D:\\" link -- "%1""#
        );
    }

    #[test]
    fn what_is_registered_is_complete_and_goes_only_with_the_home_that_took_it() {
        let user = User::new("registered");
        let program = Path::new(r"C:\Patchcord\patchcord.exe");
        let home = Some(Path::new(r"C:\desk"));
        register(&user.0, program, home).unwrap();
        let capabilities = user.read(r"Software\RegisteredApplications", "Patchcord").unwrap();
        for scheme in LINK_SCHEMES {
            let id = user.read(&format!(r"{capabilities}\URLAssociations"), scheme).unwrap();
            let class = format!(r"Software\Classes\{id}");
            assert_eq!(user.read(&class, "URL Protocol").as_deref(), Some(""), "{scheme}");
            let starts = user.read(&format!(r"{class}\shell\open\command"), "").unwrap();
            assert_eq!(starts, command(program, home), "{scheme}");
        }

        forget(&user.0, program, None).unwrap();
        assert!(user.read(&capabilities, "ApplicationName").is_some(), "another home's");
        // What somebody has removed by hand is no reason to keep the rest.
        user.0.remove_tree(r"Software\Classes\patchcord").unwrap();
        forget(&user.0, program, home).unwrap();
        assert_eq!(user.read(r"Software\RegisteredApplications", "Patchcord"), None);
        let class = format!(r"Software\Classes\{PROG_ID}");
        for key in [&capabilities, r"Software\Classes\patchcord", &class] {
            assert!(user.0.open(key).is_err(), "{key}");
        }
        forget(&user.0, program, home).unwrap();
    }

    #[test]
    fn the_later_of_the_two_places_says_who_takes_links() {
        let user = User::new("chosen");
        let write = |place: &str, id: &str| {
            let tel = r"Software\Microsoft\Windows\Shell\Associations\UrlAssociations\tel";
            let key = user.0.create(format!(r"{tel}\{place}")).unwrap();
            key.set_string("ProgId", id).unwrap();
        };
        assert_eq!(chosen(&user.0), None);
        write("UserChoice", PROG_ID);
        assert_eq!(chosen(&user.0).as_deref(), Some(PROG_ID));
        write(r"UserChoiceLatest\ProgId", "Another");
        assert_eq!(chosen(&user.0).as_deref(), Some("Another"));
    }
}
