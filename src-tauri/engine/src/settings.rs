//! The settings: one struct, each field with its default and unit; a policy that overrides them key by key.
//!
//! Source of the names: contract.md §2. Unknown keys are refused with their line. Written by the program, editable
//! by hand while it is not running.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use domain::{Country, DialPlan, Policy, PopWhen, UnknownCaller};
use serde::{Deserialize, Serialize};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the PBX is.
    pub pbx: PbxSettings,
    /// Where Salesforce is.
    pub salesforce: SalesforceSettings,
    /// Which extension is this user's.
    pub binding: BindingSettings,
    /// On or off.
    pub integration: IntegrationSettings,
    /// How numbers are read and dialled.
    pub numbers: NumberSettings,
    /// When pages open by themselves.
    pub pop: PopSettings,
    /// What is logged.
    pub journal: JournalSettings,
    /// Records for unknown callers.
    pub auto_create: AutoCreateSettings,
    /// The PBX phonebook.
    pub contact_sync: ContactSyncSettings,
    /// Click-to-call.
    pub dial: DialSettings,
    /// The program itself.
    pub app: AppSettings,
}

/// `[pbx]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PbxSettings {
    /// The base address; empty: not set up.
    pub address: String,
    /// The client id.
    pub client_id: String,
    /// The pin of a self-signed leaf, SHA-256 in hex; empty: public trust.
    pub certificate_sha256: String,
}

/// `[salesforce]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SalesforceSettings {
    /// The login address.
    pub login: String,
    /// The consumer key; empty: not set up.
    pub consumer_key: String,
    /// The ports of the registered callbacks.
    pub callback_ports: Vec<u16>,
}

impl Default for SalesforceSettings {
    fn default() -> Self {
        Self {
            login: "https://login.salesforce.com".to_owned(),
            consumer_key: String::new(),
            callback_ports: vec![17_170, 17_171, 17_172],
        }
    }
}

/// `[binding]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BindingSettings {
    /// The extension; empty: automatic.
    pub extension: String,
}

/// `[integration]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntegrationSettings {
    /// Off keeps every setting and handles no event.
    pub enabled: bool,
}

impl Default for IntegrationSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `[numbers]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberSettings {
    /// ISO 3166-1 alpha-2, to read national numbers.
    pub country: String,
    /// To read local numbers that have none.
    pub area_code: String,
    /// How the PBX spells it when dialling.
    pub international_prefix: String,
    /// Digits to dial before an outside number.
    pub outside_prefix: String,
    /// Lengths that are internal, in digits.
    pub extension_digits: Vec<u8>,
}

impl Default for NumberSettings {
    fn default() -> Self {
        Self {
            country: "DE".to_owned(),
            area_code: String::new(),
            international_prefix: "00".to_owned(),
            outside_prefix: String::new(),
            extension_digits: vec![3, 4, 5],
        }
    }
}

/// `[pop]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PopSettings {
    /// The moment.
    pub when: When,
    /// Also for calls that the agent places.
    pub outbound: bool,
    /// What opens for a caller whom no record has.
    pub unknown: Unknown,
}

impl Default for PopSettings {
    fn default() -> Self {
        Self { when: When::Ring, outbound: false, unknown: Unknown::Nothing }
    }
}

/// The moment at which a page opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// As soon as the phone rings.
    Ring,
    /// When the agent answers.
    Answer,
    /// Never by itself.
    Never,
}

/// What opens for a caller whom no record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// Nothing.
    Nothing,
    /// A prefilled form for a lead.
    NewLead,
    /// A prefilled form for a contact.
    NewContact,
}

/// `[journal]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalSettings {
    /// Calls that came in and were answered.
    pub inbound: bool,
    /// Calls that the agent placed.
    pub outbound: bool,
    /// Calls that came in and were not answered.
    pub missed: bool,
    /// Calls between extensions.
    pub internal: bool,
    /// Numbers or prefixes (`+4930*`) that are not logged.
    pub never: Vec<String>,
    /// What the agent may choose as the outcome.
    pub outcomes: Vec<String>,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            inbound: true,
            outbound: true,
            missed: true,
            internal: false,
            never: Vec::new(),
            outcomes: ["Reached", "Left voicemail", "No answer", "Wrong number"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}

/// `[auto_create]`. Read and kept; records are created from a later version on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoCreateSettings {
    /// Any of `inbound`, `outbound`; empty: off.
    pub directions: Vec<String>,
    /// `lead` or `contact`.
    pub object: String,
    /// The first half of the name.
    pub name_prefix: String,
    /// The company of leads.
    pub company: String,
    /// The account of contacts.
    pub account_id: String,
}

impl Default for AutoCreateSettings {
    fn default() -> Self {
        Self {
            directions: Vec::new(),
            object: "lead".to_owned(),
            name_prefix: "Automatic New Contact".to_owned(),
            company: "Unknown".to_owned(),
            account_id: String::new(),
        }
    }
}

/// `[contact_sync]`. Read and kept; contacts are synced from a later version on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContactSyncSettings {
    /// `off`, `on_call`, `full`.
    pub mode: String,
    /// Any of `contact`, `lead`, `account`.
    pub objects: Vec<String>,
    /// The PBX phonebook.
    pub phonebook: String,
    /// Between two runs, in minutes.
    pub every_minutes: u32,
}

impl Default for ContactSyncSettings {
    fn default() -> Self {
        Self {
            mode: "off".to_owned(),
            objects: vec!["contact".to_owned()],
            phonebook: "Salesforce".to_owned(),
            every_minutes: 15,
        }
    }
}

/// `[dial]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialSettings {
    /// Ask before dialling a link from another program.
    pub confirm_links: bool,
    /// Never dialled: numbers or prefixes.
    pub blocked: Vec<String>,
}

impl Default for DialSettings {
    fn default() -> Self {
        Self { confirm_links: true, blocked: vec!["+1900*".to_owned(), "+49900*".to_owned()] }
    }
}

/// `[app]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppSettings {
    /// `""`: the system's, `en`, `zh-CN`.
    pub language: String,
    /// Start with the session.
    pub autostart: bool,
}

impl Default for AppSettings {
    fn default() -> Self {
        Self { language: String::new(), autostart: true }
    }
}

/// A file that cannot be used: which, where in it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// The file.
    pub file: PathBuf,
    /// From 1, where it is known.
    pub line: Option<usize>,
    /// Why, for a person.
    pub reason: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.file.display(), self.reason),
            None => write!(f, "{}: {}", self.file.display(), self.reason),
        }
    }
}

impl std::error::Error for SettingsError {}

/// The settings in force, and where they came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What counts: the file's values with the policy's over them.
    pub settings: Settings,
    /// What the file says; this is what is written back.
    own: Settings,
    /// The keys that the policy sets, such as `pop.when`.
    pub locked: Vec<String>,
    file: PathBuf,
}

impl Loaded {
    /// Reads the settings file, and the policy over it. A missing settings file is the defaults; a policy that is
    /// named and missing is an error.
    ///
    /// # Errors
    ///
    /// Names the file, the line and the reason.
    pub fn read(file: &Path, policy: Option<&Path>) -> Result<Self, SettingsError> {
        let own_text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unreadable(file, &error)),
        };
        let own = parse(&own_text, file)?;
        let Some(policy) = policy else {
            return Ok(Self {
                settings: own.clone(),
                own,
                locked: Vec::new(),
                file: file.to_owned(),
            });
        };
        let policy_text = fs::read_to_string(policy).map_err(|error| unreadable(policy, &error))?;
        // Checked by itself first, so that its lines are the ones that are named.
        parse(&policy_text, policy)?;
        let mut merged: toml::Table = own_text.parse().unwrap_or_default();
        let over: toml::Table = policy_text.parse().unwrap_or_default();
        let mut locked = Vec::new();
        for (section, keys) in over {
            let toml::Value::Table(keys) = keys else { continue };
            let entry =
                merged.entry(&section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            for (key, value) in keys {
                locked.push(format!("{section}.{key}"));
                if let toml::Value::Table(entry) = entry {
                    entry.insert(key, value);
                }
            }
        }
        let settings = parse(&merged.to_string(), policy)
            .map_err(|error| SettingsError { line: None, ..error })?;
        Ok(Self { settings, own, locked, file: file.to_owned() })
    }

    /// Changes the settings and writes them, keeping what the policy locks.
    ///
    /// # Errors
    ///
    /// When the file cannot be written; nothing is changed then.
    pub fn change(&mut self, change: impl Fn(&mut Settings)) -> Result<(), SettingsError> {
        let mut own = self.own.clone();
        change(&mut own);
        write(&self.file, &own)?;
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.own = own;
        self.settings = if self.locked.is_empty() { self.own.clone() } else { settings };
        Ok(())
    }
}

/// Reads and checks a settings or policy file's text.
///
/// # Errors
///
/// Names the line and the reason.
pub fn parse(text: &str, file: &Path) -> Result<Settings, SettingsError> {
    let wrong = |line, reason: String| SettingsError { file: file.to_owned(), line, reason };
    let settings: Settings = toml::from_str(text).map_err(|error| {
        let line =
            error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        wrong(line, error.message().lines().next().unwrap_or("it is not valid").to_owned())
    })?;
    match settings.check() {
        Ok(()) => Ok(settings),
        Err((key, reason)) => Err(wrong(line_of(text, key), format!("{key}: {reason}"))),
    }
}

fn line_of(text: &str, key: &str) -> Option<usize> {
    let name = key.rsplit('.').next().unwrap_or(key);
    text.lines().position(|line| line.trim_start().starts_with(name)).map(|at| at + 1)
}

impl Settings {
    /// Says which key has an impossible value, and why.
    fn check(&self) -> Result<(), (&'static str, String)> {
        if Country::parse(&self.numbers.country).is_none() {
            return Err((
                "numbers.country",
                format!("“{}” is not a country code such as DE", self.numbers.country),
            ));
        }
        let prefix = &self.numbers.international_prefix;
        if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_digit() || c == '+') {
            return Err((
                "numbers.international_prefix",
                "write digits such as 00, or +".to_owned(),
            ));
        }
        if !self.numbers.outside_prefix.chars().all(|c| c.is_ascii_digit()) {
            return Err(("numbers.outside_prefix", "write digits only".to_owned()));
        }
        if self.salesforce.callback_ports.is_empty() {
            return Err(("salesforce.callback_ports", "name at least one port".to_owned()));
        }
        if !["", "en", "zh-CN"].contains(&self.app.language.as_str()) {
            return Err(("app.language", "write \"\", \"en\" or \"zh-CN\"".to_owned()));
        }
        if !self.pbx.certificate_sha256.is_empty()
            && pbx::Fingerprint::parse(&self.pbx.certificate_sha256).is_err()
        {
            return Err(("pbx.certificate_sha256", "write 64 hexadecimal digits".to_owned()));
        }
        if !["off", "on_call", "full"].contains(&self.contact_sync.mode.as_str()) {
            return Err(("contact_sync.mode", "write \"off\", \"on_call\" or \"full\"".to_owned()));
        }
        if !["lead", "contact"].contains(&self.auto_create.object.as_str()) {
            return Err(("auto_create.object", "write \"lead\" or \"contact\"".to_owned()));
        }
        Ok(())
    }

    /// Returns the dial plan.
    pub fn dial_plan(&self) -> DialPlan {
        DialPlan {
            country: Country::parse(&self.numbers.country)
                .or_else(|| Country::parse("DE"))
                .expect("checked when it was read, and Germany has a numbering plan"),
            area_code: self.numbers.area_code.clone(),
            international_prefix: self.numbers.international_prefix.clone(),
            outside_prefix: self.numbers.outside_prefix.clone(),
            extension_digits: self.numbers.extension_digits.clone(),
            blocked: self.dial.blocked.clone(),
        }
    }

    /// Returns the pop policy.
    pub fn pop_policy(&self) -> Policy {
        Policy {
            when: match self.pop.when {
                When::Ring => PopWhen::Ring,
                When::Answer => PopWhen::Answer,
                When::Never => PopWhen::Never,
            },
            outbound: self.pop.outbound,
            unknown: match self.pop.unknown {
                Unknown::Nothing => UnknownCaller::Nothing,
                Unknown::NewLead => UnknownCaller::NewLead,
                Unknown::NewContact => UnknownCaller::NewContact,
            },
        }
    }

    /// Returns the callback lines that must be registered in Salesforce, character for character.
    pub fn callbacks(&self) -> Vec<String> {
        self.salesforce
            .callback_ports
            .iter()
            .map(|port| format!("http://localhost:{port}/oauth/callback"))
            .collect()
    }
}

/// Writes the file so that a crash leaves the old one or the new one.
fn write(file: &Path, settings: &Settings) -> Result<(), SettingsError> {
    let text = toml::to_string_pretty(settings).map_err(|error| SettingsError {
        file: file.to_owned(),
        line: None,
        reason: error.to_string(),
    })?;
    crate::files::replace(file, text.as_bytes()).map_err(|error| SettingsError {
        file: file.to_owned(),
        line: None,
        reason: format!(
            "it cannot be written ({error}); check the folder's permissions and free space"
        ),
    })
}

fn unreadable(file: &Path, error: &io::Error) -> SettingsError {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => {
            "the file is missing; restore it, or ask your administrator".to_owned()
        }
        _ => format!("it cannot be read ({error})"),
    };
    SettingsError { file: file.to_owned(), line: None, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_refused_with_its_line() {
        let error = parse("[pop]\nwhen = \"ring\"\noutbond = true\n", Path::new("settings.toml"))
            .unwrap_err();
        assert_eq!(error.line, Some(3));
        assert!(error.reason.contains("outbond"), "{error}");
    }

    #[test]
    fn an_impossible_value_is_refused_with_its_line() {
        let error =
            parse("[numbers]\ncountry = \"Germany\"\n", Path::new("settings.toml")).unwrap_err();
        assert_eq!((error.line, error.to_string().contains("country code")), (Some(2), true));
    }

    #[test]
    fn the_policy_overrides_key_by_key_and_locks_those_keys() {
        let folder = tempfile::tempdir().unwrap();
        let (file, policy) =
            (folder.path().join("settings.toml"), folder.path().join("policy.toml"));
        fs::write(&file, "[pop]\nwhen = \"never\"\noutbound = true\n").unwrap();
        fs::write(&policy, "[pop]\nwhen = \"answer\"\n").unwrap();
        let mut loaded = Loaded::read(&file, Some(&policy)).unwrap();
        assert_eq!((loaded.settings.pop.when, loaded.settings.pop.outbound), (When::Answer, true));
        assert_eq!(loaded.locked, ["pop.when"]);
        loaded.change(|settings| settings.integration.enabled = false).unwrap();
        let again = Loaded::read(&file, None).unwrap();
        assert_eq!(
            (again.settings.pop.when, again.settings.integration.enabled),
            (When::Never, false)
        );
        assert!(Loaded::read(&file, Some(&folder.path().join("gone.toml"))).is_err());
    }

    #[test]
    fn the_contracts_example_is_valid() {
        let text = toml::to_string_pretty(&Settings::default()).unwrap();
        assert_eq!(parse(&text, Path::new("settings.toml")), Ok(Settings::default()));
    }
}
