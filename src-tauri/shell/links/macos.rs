//! Links on macOS: the app's bundle says which it takes; which program does, a person chooses.
//!
//! Source: Apple, "CFBundleURLTypes"; Launch Services keeps what a person has chosen in a property list.

use std::{path::Path, process::Command};

use engine::ports::{Fact, Taken};

use super::{launch_services::chosen, run};

/// This program's name among the system's.
const BUNDLE: &str = "io.github.patchcord.patchcord";
const TODO: &str = "Choose Patchcord in FaceTime > Settings > General > Default for calls, if links are to be dialled here";

/// Takes links that the system hands to the running program: the same way as everywhere, so that each is read the same.
pub(crate) fn opened(urls: &[url::Url]) {
    for url in urls {
        let started = std::env::current_exe()
            .and_then(|program| Command::new(program).args(["link", "--", url.as_str()]).spawn());
        match started {
            // Waited for, so that the system need not remember it.
            Ok(mut child) => drop(std::thread::spawn(move || child.wait())),
            Err(error) => tracing::warn!(%error, "a link could not be taken"),
        }
    }
}

/// The call that sets it needs code that this program has none of; so the place where a person chooses is opened.
pub(super) fn take(_program: &Path, _home: Option<&Path>) -> Result<Taken, String> {
    run("/usr/bin/open", &["-a", "FaceTime"])?;
    Ok(Taken::PersonChooses)
}

/// What a person has chosen is the system's, and goes with the app.
pub(super) fn give_back(_program: &Path, _home: Option<&Path>) -> Result<(), String> {
    Ok(())
}

pub(super) fn look() -> Fact {
    let Some(home) = std::env::var_os("HOME") else {
        return Fact::Unseen("This user has no home folder".to_owned());
    };
    let list = Path::new(&home)
        .join("Library/Preferences/com.apple.LaunchServices/com.apple.launchservices.secure.plist");
    let told =
        Command::new("/usr/bin/plutil").args(["-convert", "json", "-o", "-"]).arg(&list).output();
    let chosen = told.ok().and_then(|output| chosen(&String::from_utf8_lossy(&output.stdout)));
    match chosen {
        Some(bundle) if bundle.eq_ignore_ascii_case(BUNDLE) => {
            Fact::Is("tel: links come to Patchcord".to_owned())
        }
        Some(_) | None => Fact::Missing {
            found: "tel: links go to another program (FaceTime, where nobody has chosen)"
                .to_owned(),
            todo: TODO.to_owned(),
        },
    }
}

pub(super) fn open(uri: &str) -> Result<(), String> {
    run("/usr/bin/open", &[uri]).map(drop)
}
