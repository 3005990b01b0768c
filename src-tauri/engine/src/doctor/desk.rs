//! This computer: the binding, secrets, browser, notifications, links, disk, policy.

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use super::{Bound, LIMIT, Patient, about::About};
use crate::{
    outbox::company::Role,
    ports::{DeskFacts, Fact, SecretName, Secrets},
    problems,
    settings::CountryBy,
    view::{
        BindingSource, SecretsKind,
        doctor::{CheckRow, Who},
    },
};

/// What this computer answered; `None`: not in time.
pub(super) struct Answers {
    facts: Option<DeskFacts>,
    secrets: Option<Result<SecretsKind, String>>,
    folder: Option<Folder>,
}

struct Folder {
    /// What other users of this computer can read.
    open: Vec<String>,
    /// Why nothing can be written there.
    unwritable: Option<String>,
    /// In bytes, where the system tells.
    free: Option<u64>,
}

/// Asks the desk, the secret store and the disk, each on a thread of its own: any of them may hang.
pub(super) async fn ask(patient: &Patient) -> Answers {
    let desktop = Arc::clone(&patient.desktop);
    let secrets = Arc::clone(&patient.secrets);
    let data = patient.data.clone();
    let (facts, secrets, folder) = tokio::join!(
        apart(move || desktop.look()),
        apart(move || try_secrets(&*secrets)),
        apart(move || look_at(&data)),
    );
    Answers { facts, secrets, folder }
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::time::timeout(LIMIT, tokio::task::spawn_blocking(work)).await.ok()?.ok()
}

fn try_secrets(secrets: &dyn Secrets) -> Result<SecretsKind, String> {
    secrets.get(SecretName::PbxTokens)?;
    Ok(secrets.kind())
}

fn look_at(data: &Path) -> Folder {
    let files = ["", "journal.db", "cache.db", "settings.toml", "salesforce.json"];
    let open = files.iter().filter(|name| is_open_to_others(&data.join(name)));
    let probe = data.join(".writable");
    // One that was left, or that somebody has laid there.
    let _ = fs::remove_file(&probe);
    let written = File::create_new(&probe).and_then(|_| fs::remove_file(&probe));
    Folder {
        open: open
            .map(|name| if name.is_empty() { "the folder" } else { name }.to_owned())
            .collect(),
        unwritable: written.err().map(|error| error.to_string()),
        free: free_space(data),
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

/// On Windows the profile folder is private already.
#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn free_space(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The journal says by itself when a disk is full.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn free_space(_folder: &Path) -> Option<u64> {
    None
}

pub(super) const BINDING: About = About {
    id: "binding.extension",
    matters: "It says which calls are yours. Without an extension none is heard.",
    who: Who::You,
    place: "Status > Your extension; in Salesforce, the Extension field of your user",
};
const COUNTRY: About = About {
    id: "numbers.country",
    matters: "Numbers without a country's code are read as one dials within the country. By another country's habits nobody is found.",
    who: Who::You,
    place: "Settings > Numbers > Country, or `--country XX` of `patchcord connect pbx`",
};
pub(super) const SECRETS: About = About {
    id: "secrets.store",
    matters: "Sign-ins are kept in the system's secret store, and nowhere else.",
    who: Who::You,
    place: "The system's keyring, key chain or Credential Manager",
};
const SECOND_COMPUTER: About = About {
    id: "desk.second_computer",
    matters: "Two computers of one person hear the same calls. Each call becomes one Task all the same: the older one stays, and the second computer asks first.",
    who: Who::You,
    place: "Patchcord on your other computer",
};
const BROWSER: About = About {
    id: "desk.browser",
    matters: "A caller's record opens in the default browser.",
    who: Who::You,
    place: "The system's settings > Default applications",
};
const NOTIFICATIONS: About = About {
    id: "desk.notifications",
    matters: "A notification names the caller while another window is in front.",
    who: Who::You,
    place: "The system's settings > Notifications",
};
const TEL_LINKS: About = About {
    id: "desk.tel_links",
    matters: "Telephone numbers in web pages, Salesforce's among them, are tel: links: one click dials them.",
    who: Who::You,
    place: "The system's settings > Default applications > tel",
};
const PROXY: About = About {
    id: "desk.proxy",
    matters: "Salesforce is reached through the proxy of this network, where there is one.",
    who: Who::It,
    place: "The system's proxy settings, or HTTPS_PROXY in the environment",
};
const FOLDER: About = About {
    id: "desk.data_folder",
    matters: "The journal names who called; other users of this computer have no business in it.",
    who: Who::It,
    place: "Patchcord's data folder",
};
const DISK: About = About {
    id: "desk.disk",
    matters: "Every call is on disk before it is sent. On a full disk calls can be lost.",
    who: Who::It,
    place: "The disk of Patchcord's data folder",
};
const JOURNAL: About = About {
    id: "desk.journal",
    matters: "Notes that Salesforce does not have yet, and the word that a call is not to be logged, are in the journal alone.",
    who: Who::You,
    place: "Calls > the calls of these days",
};
const POLICY: About = About {
    id: "desk.policy",
    matters: "A policy file sets keys for everybody and locks them.",
    who: Who::It,
    place: "policy.toml in the system's folder, or the file that PATCHCORD_POLICY names",
};
const SWITCH: About = About {
    id: "integration.enabled",
    matters: "While the integration is off, no call is heard or logged, nor caught up with later.",
    who: Who::You,
    place: "Status > Patchcord, or `patchcord enable`",
};

/// Less leaves room for a day, perhaps.
const DISK_SCARCE: u64 = 500 << 20;
/// Less leaves no room for the journal's own work.
const DISK_FULL: u64 = 50 << 20;

/// Returns the checks.
pub(super) fn checks(patient: &Patient, answers: &Answers, bound: Option<&Bound>) -> Vec<CheckRow> {
    let facts = answers.facts.as_ref();
    vec![
        switch(patient),
        binding(bound),
        country(patient),
        secrets(patient, answers.secrets.as_ref()),
        second_computer(patient.company),
        browser(patient, facts),
        present(NOTIFICATIONS, facts.map(|facts| &facts.notifications)),
        present(TEL_LINKS, facts.map(|facts| &facts.tel_links)),
        present(PROXY, facts.map(|facts| &facts.proxy)),
        folder(answers.folder.as_ref()),
        disk(patient, answers.folder.as_ref()),
        journal(patient),
        policy(patient),
    ]
}

fn switch(patient: &Patient) -> CheckRow {
    if patient.settings.integration.enabled {
        return SWITCH.ok("The integration is switched on.");
    }
    let row = SWITCH.warn("The integration is switched off.", "Switch it on again.");
    if patient.locked.contains(&"integration.enabled") { row.by(Who::It) } else { row }
}

fn second_computer(company: Role) -> CheckRow {
    SECOND_COMPUTER.ok(match company {
        Role::Alone => "No other computer of yours was seen to log your calls.",
        Role::First => "Another computer of yours logs the same calls, and asks before it writes.",
        Role::Second => {
            "Another computer of yours logs the same calls; this one waits a moment and asks first."
        }
    })
}

fn binding(bound: Option<&Bound>) -> CheckRow {
    match bound {
        Some(Ok((extension, source))) => {
            let how = match source {
                BindingSource::Policy => "by the administrator's policy",
                BindingSource::SalesforceExtension => "by the Extension field in Salesforce",
                BindingSource::Email => "by your e-mail address",
                BindingSource::Manual => "by hand",
            };
            BINDING
                .ok(format!("Your extension is {extension}, {how}."))
                .naming([extension.as_str()])
        }
        Some(Err(problem)) => BINDING.told(problem),
        None => BINDING.skip(
            "Your extension is looked for once both sides answer.",
            "Put the PBX and Salesforce in order first.",
        ),
    }
}

fn country(patient: &Patient) -> CheckRow {
    let country = &patient.settings.numbers.country;
    let elsewhere = patient.country_of_pbx.as_ref().filter(|shown| *shown != country);
    let mut row = match (patient.country_by, elsewhere) {
        (CountryBy::Said, _) => COUNTRY.ok(format!("Numbers are read as one dials in {country}.")),
        (CountryBy::Computer, None) => COUNTRY.warn(
            format!("{country} is supposed, because this computer is there. Nobody has said it."),
            "Choose the country, even if this one is right.",
        ),
        (CountryBy::Computer, Some(shown)) => COUNTRY
            .warn(
                format!(
                    "{country} is supposed, because this computer is there; most colleagues' numbers on the PBX are of {shown}. Nobody has said it."
                ),
                "Choose the right one.",
            )
            .naming([shown]),
        (CountryBy::Pbx, _) => COUNTRY.warn(
            format!(
                "{country} is supposed, because most colleagues' numbers on the PBX are of there. Nobody has said it."
            ),
            "Choose the country, even if this one is right.",
        ),
        (CountryBy::Unknown, _) => COUNTRY.warn(
            format!(
                "Nothing tells the country of this office, and nobody has said it: numbers are read as one dials in {country} until somebody does."
            ),
            "Say where you are.",
        ),
    };
    let shown = std::mem::take(&mut row.values);
    row.naming(std::iter::once(country.clone()).chain(shown))
}

fn secrets(patient: &Patient, answer: Option<&Result<SecretsKind, String>>) -> CheckRow {
    if patient.secrets_stay {
        return SECRETS.told(&problems::secrets_stay()).mildly();
    }
    match answer {
        Some(Ok(SecretsKind::Keyring)) => SECRETS.ok("The system's secret store answers."),
        Some(Ok(SecretsKind::Session)) => SECRETS.told(&problems::secrets_unavailable()).mildly(),
        Some(Err(_)) | None => SECRETS.told(&problems::secrets_locked(&*patient.secrets)),
    }
}

fn browser(patient: &Patient, facts: Option<&DeskFacts>) -> CheckRow {
    match &patient.browser_problem {
        Some(problem) => BROWSER.told(problem),
        None => present(BROWSER, facts.map(|facts| &facts.browser)),
    }
}

/// Says whether the desk has something; without it the rest works.
fn present(about: About, fact: Option<&Fact>) -> CheckRow {
    match fact {
        Some(Fact::Is(found)) => about.ok(format!("{found}.")),
        Some(Fact::Missing { found, todo }) => about.warn(format!("{found}."), format!("{todo}.")),
        Some(Fact::Unseen(why)) => about.skip(format!("{why}."), "Try it by hand."),
        None => about.skip("The desktop did not answer in time.", "Check again."),
    }
}

fn folder(folder: Option<&Folder>) -> CheckRow {
    let Some(folder) = folder else {
        return FOLDER.fail(
            "The folder did not answer in time.",
            "See whether it is on a network drive that is away, and move it to this computer.",
        );
    };
    if let Some(why) = &folder.unwritable {
        return FOLDER
            .fail(
                format!("Nothing can be written there: {why}."),
                "Give the folder back to this user.",
            )
            .naming([why]);
    }
    if folder.open.is_empty() {
        return FOLDER.ok("Only this user can read it, and it can be written.");
    }
    let open = folder.open.join(", ");
    FOLDER
        .warn(
            format!("Other users of this computer can read: {open}."),
            "Restart Patchcord, which closes them to others; see what opened them.",
        )
        .naming([open])
}

fn disk(patient: &Patient, folder: Option<&Folder>) -> CheckRow {
    if let Some(problem) = &patient.disk_problem {
        return DISK.told(problem);
    }
    let Some(free) = folder.and_then(|folder| folder.free) else {
        return DISK.skip(
            "The system does not tell how much room is left. The journal says when there is none.",
            "Nothing to do.",
        );
    };
    let room =
        if free >= 1 << 30 { format!("{} GB", free >> 30) } else { format!("{} MB", free >> 20) };
    let found = format!("{room} are free.");
    let row = match free {
        0..DISK_FULL => DISK.fail(found, "Free some space now."),
        DISK_FULL..DISK_SCARCE => DISK.warn(found, "Free some space."),
        _ => DISK.ok(found),
    };
    row.naming([room])
}

fn journal(patient: &Patient) -> CheckRow {
    match &patient.journal_problem {
        Some(problem) => JOURNAL.told(problem).mildly(),
        None => JOURNAL.ok("Nothing is missing from the journal."),
    }
}

fn policy(patient: &Patient) -> CheckRow {
    if let Some(problem) = &patient.policy_problem {
        return POLICY.told(problem);
    }
    let Some(file) = &patient.policy else {
        return POLICY.ok("No policy is in force: every setting is this user's own.");
    };
    let (file, keys) = (file.clone(), patient.locked.join(", "));
    POLICY.ok(format!("The policy {file} is in force and sets: {keys}.")).naming([file, keys])
}
