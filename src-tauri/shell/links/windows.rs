//! Links on Windows: this user's list of programs that take them. Which one does, only a person may choose.
//!
//! Source: Microsoft, "Default Programs" (Capabilities, RegisteredApplications), "Launch the Default Apps settings page".

use std::{path::Path, process::Command};

use engine::{
    LINK_SCHEMES,
    ports::{Fact, Taken},
};
use windows_registry::CURRENT_USER;

/// The kind of thing that a link to this program is.
const PROG_ID: &str = "Patchcord.Link";

pub(super) fn take(program: &Path, home: Option<&Path>) -> Result<Taken, String> {
    register(program, home).map_err(|error| error.to_string())?;
    Command::new("explorer.exe")
        .arg("ms-settings:defaultapps?registeredAppUser=Patchcord")
        .spawn()
        .map(|_| Taken::PersonChooses)
        .map_err(|error| error.to_string())
}

fn register(program: &Path, home: Option<&Path>) -> windows_registry::Result<()> {
    let command = command(program, home);
    let program = program.display();
    for class in [PROG_ID, "patchcord"] {
        let key = CURRENT_USER.create(format!(r"Software\Classes\{class}"))?;
        key.set_string("", "URL:Patchcord")?;
        key.set_string("URL Protocol", "")?;
        key.create("DefaultIcon")?.set_string("", format!("\"{program}\",0"))?;
        key.create(r"shell\open\command")?.set_string("", &command)?;
    }
    let own = CURRENT_USER.create(r"Software\Patchcord\Capabilities")?;
    own.set_string("ApplicationName", "Patchcord")?;
    own.set_string("ApplicationDescription", "Calls numbers from your extension")?;
    let schemes = own.create("URLAssociations")?;
    for scheme in LINK_SCHEMES {
        schemes.set_string(scheme, PROG_ID)?;
    }
    CURRENT_USER
        .create(r"Software\RegisteredApplications")?
        .set_string("Patchcord", r"Software\Patchcord\Capabilities")
}

/// Returns what the system starts. Behind `--` nothing is an option, also where a link brings quotes of its own.
fn command(program: &Path, home: Option<&Path>) -> String {
    let home = home.map(|home| format!(" --home \"{}\"", home.display())).unwrap_or_default();
    format!("\"{}\"{home} link -- \"%1\"", program.display())
}

pub(super) fn give_back(program: &Path, home: Option<&Path>) -> Result<(), String> {
    let class = format!(r"Software\Classes\{PROG_ID}\shell\open\command");
    let registered = CURRENT_USER.open(class).and_then(|key| key.get_string(""));
    if registered.ok() != Some(command(program, home)) {
        return Ok(());
    }
    forget().map_err(|error| error.to_string())
}

fn forget() -> windows_registry::Result<()> {
    CURRENT_USER.create(r"Software\RegisteredApplications")?.remove_value("Patchcord")?;
    CURRENT_USER.remove_tree(r"Software\Patchcord\Capabilities")?;
    for class in [PROG_ID, "patchcord"] {
        CURRENT_USER.remove_tree(format!(r"Software\Classes\{class}"))?;
    }
    Ok(())
}

pub(super) fn look() -> Fact {
    const CHOICE: &str =
        r"Software\Microsoft\Windows\Shell\Associations\UrlAssociations\tel\UserChoice";
    let chosen = CURRENT_USER.open(CHOICE).and_then(|key| key.get_string("ProgId"));
    match chosen {
        Ok(id) if id == PROG_ID => Fact::Is("tel: links come to Patchcord".to_owned()),
        Ok(_) | Err(_) => Fact::Missing {
            found: "tel: links go to another program, or to none".to_owned(),
            todo: "Press \"Make default\" in Patchcord's settings and choose Patchcord on the page that opens, if links are to be dialled here".to_owned(),
        },
    }
}

pub(super) fn open(uri: &str) -> Result<(), String> {
    let started = Command::new("rundll32.exe").args(["url.dll,FileProtocolHandler", uri]).spawn();
    started.map(drop).map_err(|error| error.to_string())
}
