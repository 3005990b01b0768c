//! What a window may have done because the page in it asks, and what needs a person's word outside of the page.
//!
//! The page is treated as if somebody else had written it: whatever stands in it, a click on it is no agreement to
//! anything in particular. So what could cost money, lead secrets or calls elsewhere, or delete many things at once is
//! asked in a window that no page can draw or press ([`Consent::Word`]), and what deletes or moves one thing needs a
//! real key or click for each ([`Consent::Act`]). The command line's own commands need neither.

use pbx::Address;
use salesforce::Login;

use crate::{
    command::Command,
    settings::{CountryBy, SettingsPatch},
    sync::problems::{MASS_DELETE, OTHER_USER},
    view::{NumberKind, SettingsView, SyncView},
};

/// What a command needs before it may go to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Nothing: it shows something, or can be taken back.
    Free,
    /// One real key or click, which counts for nothing else; a person's word where none was seen.
    Act(Deed),
    /// The window asked the engine, and its answer came, before a person said yes to it.
    Dial,
    /// A person's word to these facts.
    Word(Facts),
}

/// What a person is asked about: true values, of the engine and not of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// The PBX's address becomes this one, and gets the client secret.
    PbxAddress {
        /// As it is used.
        address: String,
        /// The one until now.
        before: String,
    },
    /// Another certificate of the same PBX is to be believed.
    PbxCertificate {
        /// The PBX.
        address: String,
        /// SHA-256, as it was given.
        sha256: String,
    },
    /// Salesforce is signed in to at this address from now on.
    Login {
        /// As it is used.
        address: String,
        /// The host is Salesforce's own.
        salesforces: bool,
    },
    /// Settings that decide which numbers are dialled change: each key with its value before and after.
    Settings(Vec<SettingChange>),
    /// More than a fifth of the PBX's phonebook is deleted.
    DeleteContacts {
        /// What the last run has said about it, where it has.
        said: Option<String>,
    },
    /// Settings and secrets are forgotten, and tokens given back.
    Disconnect,
    /// So many users of Salesforce get another extension, or none.
    Bindings {
        /// How many.
        count: usize,
    },
    /// This number is called.
    Dial {
        /// As people read it.
        shown: String,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
        /// It is abroad, or may cost more for what it is.
        costly: bool,
        /// What the number is.
        kind: NumberKind,
    },
    /// One thing is done with a call or a remembered choice.
    Act(Deed),
}

/// What one real key or click is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The number of a link is called.
    CallLink,
    /// A call is kept out of Salesforce; what was logged of it is deleted.
    Discard,
    /// A call that was kept out is logged after all.
    Restore,
    /// A record that was created for a call is deleted.
    UndoCreated,
    /// A logged call goes to another record.
    MoveCall,
    /// Who a number belongs to is no longer remembered.
    Forget,
}

/// A setting before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// Such as `dial.blocked`.
    pub key: &'static str,
    /// Until now; of a list only what goes.
    pub from: String,
    /// From then on; of a list nothing.
    pub to: String,
}

/// Says what a window's command needs. `sync` is what the contact sync has last said.
pub fn needed(command: &Command, settings: &SettingsView, sync: Option<&SyncView>) -> Consent {
    match command {
        Command::Dial { confirmed: true, .. } => Consent::Dial,
        Command::ConfirmLink { .. } => Consent::Act(Deed::CallLink),
        Command::Discard { .. } => Consent::Act(Deed::Discard),
        Command::Restore { .. } => Consent::Act(Deed::Restore),
        Command::UndoCreated { .. } => Consent::Act(Deed::UndoCreated),
        Command::MoveCall { .. } => Consent::Act(Deed::MoveCall),
        Command::ForgetChoice { .. } => Consent::Act(Deed::Forget),
        Command::ConnectPbx { address, pin, .. } => place_of_pbx(address, pin.as_deref(), settings),
        Command::ConnectSalesforce { login, .. } => sign_in(login, settings),
        Command::Sync { dry_run: false, agreed: true } => {
            let problem = sync.and_then(|sync| sync.problem.as_ref());
            let problem = problem
                .filter(|problem| [MASS_DELETE, OTHER_USER].contains(&problem.code.as_str()));
            Consent::Word(Facts::DeleteContacts {
                said: problem.map(|found| found.message.clone()),
            })
        }
        Command::Disconnect => Consent::Word(Facts::Disconnect),
        Command::SaveBindings { changes } if !changes.is_empty() => {
            Consent::Word(Facts::Bindings { count: changes.len() })
        }
        Command::ChangeSettings { patch } => changes(patch, settings),
        Command::SaveBindings { .. }
        | Command::Dial { confirmed: false, .. }
        | Command::Sync { .. }
        | Command::Status
        | Command::Calls { .. }
        | Command::Settings
        | Command::Watch
        | Command::Link { .. }
        | Command::DismissLink { .. }
        | Command::TakeLinks
        | Command::TestLinks
        | Command::HangUp { .. }
        | Command::Explain { .. }
        | Command::Doctor
        | Command::Retry { .. }
        | Command::Enable
        | Command::Disable
        | Command::PbxAddress { .. }
        | Command::PbxCertificate { .. }
        | Command::CancelSignIn
        | Command::PasteAddress { .. }
        | Command::Bind { .. }
        | Command::Extensions
        | Command::BindingTable { .. }
        | Command::PlanBindings { .. }
        | Command::TeamFile { .. }
        | Command::OpenRecord { .. }
        | Command::OpenTask { .. }
        | Command::Choose { .. }
        | Command::RememberedChoices
        | Command::UnreadNumbers
        | Command::FindRecords { .. }
        | Command::Note { .. }
        | Command::ReadNote { .. }
        | Command::Related { .. }
        | Command::RefreshIndex { .. }
        | Command::PausePops { .. }
        | Command::SetLanguage { .. }
        | Command::ExportSettings
        | Command::TestCall
        | Command::RaiseWindow
        | Command::ShowSettings
        | Command::WindowShown
        | Command::WindowFailed { .. }
        | Command::Quit => Consent::Free,
    }
}

/// An address in the place of another one, or another certificate, needs a word. The first one does not: no secret was
/// given to anybody yet but what is typed into this very form.
fn place_of_pbx(address: &str, pin: Option<&str>, settings: &SettingsView) -> Consent {
    let before = &settings.pbx_address;
    if before.is_empty() {
        return Consent::Free;
    }
    // An address that is none is refused by the engine.
    let Ok(address) = Address::parse(address) else { return Consent::Free };
    let same = Address::parse(before).is_ok_and(|before| before.as_str() == address.as_str());
    let address = address.as_str().to_owned();
    if !same {
        return Consent::Word(Facts::PbxAddress { address, before: before.clone() });
    }
    let hex = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_hexdigit)
            .map(|digit| digit.to_ascii_lowercase())
            .collect()
    };
    match pin.map(hex).filter(|pin| !pin.is_empty()) {
        Some(sha256) if sha256 != hex(&settings.pbx_certificate_sha256) => {
            Consent::Word(Facts::PbxCertificate { address, sha256 })
        }
        Some(_) | None => Consent::Free,
    }
}

/// A host that is not Salesforce's needs a word unless it is the one in force, and so does another one than that at a
/// desk that has signed in before.
fn sign_in(login: &str, settings: &SettingsView) -> Consent {
    let Ok(wanted) = Login::parse(login) else { return Consent::Free };
    let set_up = !settings.salesforce_consumer_key.is_empty();
    let same = set_up && Login::parse(&settings.salesforce_login).is_ok_and(|set| set == wanted);
    if same || (wanted.is_salesforces() && !set_up) {
        return Consent::Free;
    }
    let salesforces = wanted.is_salesforces();
    Consent::Word(Facts::Login { address: wanted.as_str().to_owned(), salesforces })
}

/// What is dialled, and what is asked before: fewer forbidden numbers, no question for links, and how digits are read.
fn changes(patch: &SettingsPatch, settings: &SettingsView) -> Consent {
    let now = &settings.values;
    let mut found = Vec::new();
    let mut changed = |key, from: String, to: String| {
        if from != to {
            found.push(SettingChange { key, from, to });
        }
    };
    if let Some(dial) = &patch.dial {
        let gone: Vec<&str> = now
            .dial
            .blocked
            .iter()
            .filter(|entry| !dial.blocked.contains(entry))
            .map(String::as_str)
            .collect();
        changed("dial.blocked", gone.join(", "), String::new());
        if now.dial.confirm_links && !dial.confirm_links {
            changed("dial.confirm_links", "true".to_owned(), "false".to_owned());
        }
    }
    if let Some(numbers) = &patch.numbers {
        let before = &now.numbers;
        let list = |digits: &[u8]| {
            digits.iter().map(ToString::to_string).collect::<Vec<String>>().join(", ")
        };
        // Where nothing told one, the set-up asks: that is the word.
        if settings.country_by != CountryBy::Unknown {
            changed("numbers.country", before.country.clone(), numbers.country.clone());
        }
        changed("numbers.area_code", before.area_code.clone(), numbers.area_code.clone());
        changed(
            "numbers.international_prefix",
            before.international_prefix.clone(),
            numbers.international_prefix.clone(),
        );
        changed(
            "numbers.outside_prefix",
            before.outside_prefix.clone(),
            numbers.outside_prefix.clone(),
        );
        changed(
            "numbers.extension_digits",
            list(&before.extension_digits),
            list(&numbers.extension_digits),
        );
    }
    if found.is_empty() { Consent::Free } else { Consent::Word(Facts::Settings(found)) }
}

#[cfg(test)]
mod tests;
