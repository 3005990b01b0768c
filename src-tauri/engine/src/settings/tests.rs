use std::fs;

use super::*;

fn mistakes(text: &str) -> Vec<(usize, String, &'static str)> {
    let found = check(text).unwrap_err();
    found
        .into_iter()
        .map(|mistake| (mistake.line.unwrap(), mistake.key, mistake.wrong.code()))
        .collect()
}

/// The one thing that is wrong with a key's value.
fn wrong(key: &str, value: &str) -> Option<&'static str> {
    let (section, name) = key.split_once('.').unwrap();
    match check(&format!("[{section}]\n{name} = {value}\n")) {
        Ok(_) => None,
        Err(found) => {
            assert_eq!((found.len(), found[0].line, found[0].key.as_str()), (1, Some(2), key));
            Some(found[0].wrong.code())
        }
    }
}

#[test]
fn the_rules_know_every_key_of_the_schema_and_no_other() {
    let mut schema = Vec::new();
    for (section, keys) in overlay::table(&Settings::default()) {
        let keys = keys.as_table().unwrap().clone();
        schema.extend(keys.keys().map(|key| format!("{section}.{key}")));
    }
    let mut rules: Vec<_> = rules::KEYS.iter().map(|key| key.path.to_owned()).collect();
    rules.sort();
    schema.sort();
    assert_eq!(rules, schema);
}

#[test]
fn the_defaults_are_valid() {
    let text = toml::to_string_pretty(&Settings::default()).unwrap();
    let checked = check(&text).unwrap();
    assert_eq!(checked.settings, Settings::default());
    assert_eq!(checked.keys.len(), rules::KEYS.len());
}

#[test]
fn every_mistake_is_named_with_its_line_and_key() {
    let text = "\
[pop]
when = \"ring\"
outbond = true     # a typo
outbound = \"yes\"

[numbers]
country = \"Germany\"
extension_digits = [
  3,
  12,
  3,
]
[popp]
when = \"ring\"
";
    assert_eq!(
        mistakes(text),
        [
            (3, "pop.outbond".to_owned(), "unknown_key"),
            (4, "pop.outbound".to_owned(), "kind"),
            (7, "numbers.country".to_owned(), "country"),
            (10, "numbers.extension_digits".to_owned(), "range"),
            (11, "numbers.extension_digits".to_owned(), "twice"),
            (13, "popp".to_owned(), "unknown_section"),
        ]
    );
}

#[test]
fn a_key_of_the_same_name_elsewhere_does_not_mislead_the_line() {
    let text = "[journal]\noutbound = true\n[pop]\noutbound = 1\n";
    assert_eq!(mistakes(text), [(4, "pop.outbound".to_owned(), "kind")]);
}

#[test]
fn what_is_not_toml_is_named_with_its_line() {
    for (text, line) in [
        ("[pop]\nwhen = ring\n", 2),
        ("[pop]\nwhen = \"ring\"\nwhen = \"never\"\n", 3),
        ("[pop\nwhen = \"ring\"\n", 1),
        ("[pop]\nwhen = \"ring\n", 2),
    ] {
        let found = mistakes(text);
        assert_eq!((found[0].0, found[0].2), (line, "syntax"), "{text}");
    }
    // One broken line does not hide what is wrong elsewhere.
    let found = mistakes("[pop]\nwhen = ring\n[numbers]\ncountry = \"XX\"\n");
    assert!(found.contains(&(4, "numbers.country".to_owned(), "country")), "{found:?}");
}

#[test]
fn impossible_values_are_refused_and_possible_ones_are_not() {
    for (key, bad, code) in [
        ("pbx.address", "\"http://pbx.example.com\"", "address"),
        ("pbx.address", "\"https://user:secret@pbx.example.com\"", "address"),
        ("pbx.client_id", "\"two words\"", "characters"),
        ("pbx.certificate_sha256", "\"abcd\"", "fingerprint"),
        ("salesforce.login", "\"\"", "address"),
        ("salesforce.login", "\"http://login.salesforce.com\"", "address"),
        ("salesforce.callback_ports", "[]", "count"),
        ("salesforce.callback_ports", "[0]", "range"),
        ("salesforce.callback_ports", "[65536]", "range"),
        ("salesforce.callback_ports", "[17170, 17170]", "twice"),
        ("salesforce.callback_ports", "[99999999999999999999]", "range"),
        ("salesforce.callback_ports", "17170", "kind"),
        ("binding.extension", "\"41 01\"", "digits"),
        ("integration.enabled", "1", "kind"),
        ("numbers.country", "\"Q\"", "country"),
        ("numbers.area_code", "\"(030)\"", "digits"),
        ("numbers.international_prefix", "\"\"", "international_prefix"),
        ("numbers.international_prefix", "\"+00\"", "international_prefix"),
        ("numbers.outside_prefix", "\"123456789\"", "digits"),
        ("numbers.extension_digits", "[0]", "range"),
        ("numbers.extension_digits", "[11]", "range"),
        ("numbers.extension_digits", "[3.5]", "kind"),
        ("numbers.trunk_format", "\"E164\"", "choice"),
        ("pop.when", "\"Ring\"", "choice"),
        ("pop.unknown", "\"lead\"", "choice"),
        ("journal.never", "[\"4930\"]", "pattern"),
        ("journal.never", "[\"+*\"]", "pattern"),
        ("journal.never", "[\"*\"]", "pattern"),
        ("journal.never", "[\"+49*30\"]", "pattern"),
        ("journal.outcomes", "[]", "count"),
        ("journal.outcomes", "[\"  \"]", "empty"),
        ("journal.outcomes", "[\"Reached\", \"Reached \"]", "twice"),
        ("auto_create.directions", "[\"internal\"]", "choice"),
        ("auto_create.directions", "\"inbound\"", "kind"),
        ("auto_create.object", "\"Account\"", "choice"),
        ("auto_create.name_prefix", "\"12345678901234567890123456789012345678901\"", "long"),
        ("auto_create.company", "\"\"", "empty"),
        ("auto_create.account_id", "\"003000000000001\"", "account"),
        ("auto_create.account_id", "\"001000000000001AAB\"", "account"),
        ("contact_sync.mode", "\"on\"", "choice"),
        ("contact_sync.objects", "[]", "count"),
        ("contact_sync.objects", "[\"contact\", \"contact\"]", "twice"),
        ("contact_sync.phonebook", "\"a\\nb\"", "characters"),
        ("journal.keep_days", "29", "range"),
        ("journal.keep_days", "3651", "range"),
        ("contact_sync.every_minutes", "0", "range"),
        ("contact_sync.every_minutes", "\"15\"", "kind"),
        ("dial.blocked", "[19001]", "kind"),
        ("app.language", "\"de\"", "choice"),
        ("app.autostart", "\"true\"", "kind"),
    ] {
        assert_eq!(wrong(key, bad), Some(code), "{key} = {bad}");
    }
    for (key, good) in [
        ("pbx.address", "\"http://127.0.0.1:8088\""),
        ("pbx.address", "\"https://pbx.example.com:8088\""),
        ("salesforce.login", "\"https://test.salesforce.com\""),
        ("salesforce.login", "\"http://localhost:4000\""),
        ("binding.extension", "\"\""),
        ("numbers.international_prefix", "\"+\""),
        ("numbers.international_prefix", "\"011\""),
        ("numbers.extension_digits", "[1, 10]"),
        ("journal.never", "[\"+4930*\", \"+49 30 123456\"]"),
        ("auto_create.account_id", "\"001000000000001\""),
        ("auto_create.account_id", "\"001000000000001AAA\""),
        ("app.language", "\"zh-CN\""),
    ] {
        assert_eq!(wrong(key, good), None, "{key} = {good}");
    }
}

fn office(own: &str, policy: &str) -> (tempfile::TempDir, PathBuf, PolicyPlace) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let place = PolicyPlace::anybodys(folder.path().join("policy.toml"));
    fs::write(&file, own).unwrap();
    fs::write(&place.file, policy).unwrap();
    (folder, file, place)
}

#[test]
fn the_policy_overrides_key_by_key_and_locks_those_keys() {
    let (_folder, file, place) =
        office("[pop]\nwhen = \"never\"\noutbound = true\n", "[pop]\nwhen = \"answer\"\n");
    let mut loaded = Loaded::read(&file, vec![place.clone()]).unwrap();
    assert_eq!((loaded.settings.pop.when, loaded.settings.pop.outbound), (When::Answer, true));
    assert_eq!(loaded.locked(), ["pop.when"]);
    assert_eq!(loaded.standing("pop.when"), Some(Standing::Named));
    assert_eq!(loaded.standing("pop.outbound"), None, "the person's own word");
    loaded.change(|settings| settings.integration.enabled = false).unwrap();
    let own = Loaded::read(&file, Vec::new()).unwrap();
    assert_eq!((own.settings.pop.when, own.settings.integration.enabled), (When::Never, false));

    let refused = loaded.change(|settings| {
        settings.pop = PopSettings { when: When::Ring, outbound: false, unknown: Unknown::NewLead };
    });
    let locked = NotChanged::Locked { keys: vec!["pop.when"], policies: vec![place.file] };
    assert_eq!(refused, Err(locked));
    assert!(loaded.settings.pop.outbound, "all or nothing");
}

#[test]
fn a_policy_that_is_gone_or_broken_later_does_not_unlock_by_itself() {
    let (_folder, file, place) = office("[pop]\nwhen = \"never\"\n", "[pop]\nwhen = \"answer\"\n");
    let mut loaded = Loaded::read(&file, vec![place.clone()]).unwrap();
    let error = loaded.obey(&[Some("[pop]\nwhen = \"now\"\n".to_owned())]).unwrap_err();
    assert_eq!((error.line, error.file), (Some(2), place.file));
    assert_eq!(loaded.settings.pop.when, When::Answer);
    loaded.obey(&[Some("[numbers]\ncountry = \"AT\"\n".to_owned())]).unwrap();
    assert_eq!(
        (loaded.settings.pop.when, loaded.locked()),
        (When::Never, &["numbers.country"][..])
    );
    loaded.obey(&[None]).unwrap();
    assert_eq!(loaded.country_by(), CountryBy::Unknown, "nobody says it any more");
    assert!(loaded.policy_files().is_empty());
}

#[test]
fn a_policy_that_must_be_there_and_is_not_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone.toml");
    let file = folder.path().join("settings.toml");
    for place in [PolicyPlace::named(gone.clone()), PolicyPlace::anybodys(gone.clone())] {
        assert!(Loaded::read(&file, vec![place]).is_err());
    }
    assert!(Loaded::read(&file, vec![PolicyPlace::system(gone)]).is_ok());
    let directory = PolicyPlace { keepers: None, ..PolicyPlace::system(folder.path().to_owned()) };
    assert!(Loaded::read(&file, vec![directory]).is_err());
}

#[test]
fn what_is_exported_is_a_valid_policy_and_nobody_s_own() {
    let (_folder, file, place) = office(
        "[binding]\nextension = \"4101\"\n[journal]\nnever = [\"+4930*\"]\n",
        "[pop]\nwhen = \"answer\"\n",
    );
    let loaded = Loaded::read(&file, vec![place]).unwrap();
    let checked = check(&loaded.as_policy()).unwrap();
    assert_eq!(checked.settings.pop.when, When::Answer);
    assert_eq!(checked.settings.journal.never, ["+4930*"]);
    for personal in ["binding.extension", "integration.enabled", "app.language", "app.autostart"] {
        assert!(!checked.keys.contains(&personal), "{personal}");
    }
    assert!(loaded.as_policy().contains("# extension = \"4101\""));
}

#[test]
fn the_systems_policy_lies_over_a_named_one_key_by_key() {
    let (folder, file, named) = office(
        "[numbers]\ncountry = \"AT\"\narea_code = \"1\"\n",
        "[pop]\nwhen = \"answer\"\n[numbers]\ncountry = \"FR\"\n",
    );
    let system =
        PolicyPlace { keepers: None, ..PolicyPlace::system(folder.path().join("system.toml")) };
    let text = "[pop]\nwhen = \"never\"\noutbound = true\n";
    fs::write(&system.file, text).unwrap();
    let mut loaded = Loaded::read(&file, vec![named.clone(), system.clone()]).unwrap();
    let seen = |loaded: &Loaded| {
        let Settings { pop, numbers, .. } = loaded.settings.clone();
        (pop.when, pop.outbound, numbers.country, numbers.area_code)
    };
    assert_eq!(seen(&loaded), (When::Never, true, "FR".to_owned(), "1".to_owned()));
    assert_eq!(loaded.locked(), ["numbers.country", "pop.when", "pop.outbound"]);
    let standings = ["pop.when", "numbers.country", "numbers.area_code"];
    assert_eq!(
        standings.map(|key| loaded.standing(key)),
        [Some(Standing::Trusted), Some(Standing::Named), None]
    );
    for (change, keys, files) in [
        (When::Ring, vec!["pop.when"], vec![system.file.clone()]),
        (When::Never, vec!["numbers.country"], vec![named.file.clone()]),
    ] {
        let refused = loaded.change(|settings| {
            settings.pop.when = change;
            if change == When::Never {
                settings.numbers.country = "IT".to_owned();
            }
        });
        assert_eq!(refused, Err(NotChanged::Locked { keys, policies: files }));
    }
    // Either may go by itself.
    loaded.obey(&[None, Some(text.to_owned())]).unwrap();
    assert_eq!(seen(&loaded), (When::Never, true, "AT".to_owned(), "1".to_owned()));
    loaded.obey(&[Some("[pop]\nwhen = \"answer\"\n".to_owned()), None]).unwrap();
    assert_eq!(
        (loaded.settings.pop.when, loaded.policy_files()),
        (When::Answer, vec![&*named.file])
    );
}

#[cfg(unix)]
#[test]
fn a_policy_that_somebody_else_can_write_is_no_policy() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, file, place) = office("", "[pop]\nwhen = \"never\"\n");
    let named = PolicyPlace::named(place.file.clone());
    let mode = |mode| fs::set_permissions(&place.file, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let loaded = Loaded::read(&file, vec![named.clone()]).unwrap();
    assert_eq!(loaded.settings.pop.when, When::Never);
    mode(0o666);
    let error = Loaded::read(&file, vec![named]).unwrap_err();
    let says = "it does not count, because ";
    assert!(
        error.reason.starts_with(says) && error.reason.contains("can be changed by other users"),
        "{error}"
    );
    // The folder of all temporary files is no place of the system's.
    mode(0o644);
    let error = Loaded::read(&file, vec![PolicyPlace::system(place.file.clone())]).unwrap_err();
    assert!(
        error.reason.starts_with(says) && error.reason.contains("every folder above"),
        "{error}"
    );
}

#[test]
fn a_country_that_nobody_has_said_is_the_computers_and_a_person_who_says_the_same_has_said_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let mut loaded = Loaded::read(&file, Vec::new()).unwrap();
    let counts =
        |loaded: &Loaded| (loaded.country_by(), loaded.settings.dial_plan().country.code());
    assert_eq!(counts(&loaded), (CountryBy::Unknown, "DE".to_owned()));
    // The PBX fills the gap; the computer knows better.
    assert!(loaded.pbx_shows(Some("IT".to_owned())));
    assert_eq!(counts(&loaded), (CountryBy::Pbx, "IT".to_owned()));
    loaded.suppose(Some("FR".to_owned()));
    assert_eq!(counts(&loaded), (CountryBy::Computer, "FR".to_owned()));
    // Something else is said: that says nothing of the country.
    loaded.change(|settings| settings.pop.outbound = true).unwrap();
    assert_eq!(loaded.country_by(), CountryBy::Computer);
    assert!(!fs::read_to_string(&file).unwrap().contains("country"));
    let (wanted, keys) = loaded.may_change(|settings| settings.pop.outbound = false).unwrap();
    assert_eq!((wanted.numbers.country.as_str(), keys), ("FR", vec!["pop.outbound"]));

    loaded.change(|settings| settings.numbers.country = "FR".to_owned()).unwrap();
    assert_eq!(counts(&loaded), (CountryBy::Said, "FR".to_owned()));
    let mut again = Loaded::read(&file, Vec::new()).unwrap();
    again.suppose(Some("AT".to_owned()));
    assert_eq!(counts(&again), (CountryBy::Said, "FR".to_owned()));

    let mut nowhere = Loaded::read(&folder.path().join("none.toml"), Vec::new()).unwrap();
    nowhere.suppose(Some("XX".to_owned()));
    assert_eq!(counts(&nowhere), (CountryBy::Unknown, "DE".to_owned()), "no such country");
}
