//! What a page may not have done by itself.

use super::*;
use crate::{
    settings::{CountryBy, DialSettings, EditableSettings, NumberSettings, Settings},
    view::{BindingChange, Problem},
};

const PBX: &str = "https://pbx.example.com";

fn desk() -> SettingsView {
    let numbers = NumberSettings { country: "DE".to_owned(), ..NumberSettings::default() };
    SettingsView {
        pbx_address: PBX.to_owned(),
        pbx_client_id: "c0ffee".to_owned(),
        pbx_certificate_sha256: String::new(),
        salesforce_login: "https://login.salesforce.com".to_owned(),
        salesforce_consumer_key: "3MVG9".to_owned(),
        callbacks: Vec::new(),
        language: String::new(),
        pops_paused_until: None,
        locked: Vec::new(),
        policy_file: None,
        country_by: CountryBy::Said,
        values: EditableSettings { numbers, ..EditableSettings::from(&Settings::default()) },
        demo: false,
    }
}

fn fresh() -> SettingsView {
    SettingsView { pbx_address: String::new(), salesforce_consumer_key: String::new(), ..desk() }
}

fn connect(address: &str, pin: Option<&str>) -> Command {
    Command::ConnectPbx {
        address: address.to_owned(),
        client_id: "c0ffee".to_owned(),
        secret: "typed".to_owned(),
        pin: pin.map(str::to_owned),
        country: None,
    }
}

fn login(at: &str) -> Command {
    let (login, consumer_key) = (at.to_owned(), "3MVG9".to_owned());
    Command::ConnectSalesforce { login, consumer_key, open_browser: true }
}

fn asks(command: &Command) -> Consent {
    needed(command, &desk(), None)
}

fn change(change: impl FnOnce(&mut NumberSettings, &mut DialSettings)) -> Consent {
    let EditableSettings { mut numbers, mut dial, .. } = desk().values;
    change(&mut numbers, &mut dial);
    let patch = SettingsPatch { numbers: Some(numbers), dial: Some(dial), ..Default::default() };
    asks(&Command::ChangeSettings { patch: Box::new(patch) })
}

fn keys(consent: Consent) -> Vec<&'static str> {
    match consent {
        Consent::Word(Facts::Settings(changes)) => {
            changes.iter().map(|change| change.key).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn another_address_of_the_pbx_needs_a_word_and_the_same_one_does_not() {
    assert_eq!(asks(&connect("pbx.example.com/login?x", None)), Consent::Free);
    assert_eq!(needed(&connect("https://evil.example", None), &fresh(), None), Consent::Free);
    for other in ["https://evil.example", "https://pbx.example.com:8443", "http://127.0.0.1:9"] {
        assert!(
            matches!(asks(&connect(other, None)), Consent::Word(Facts::PbxAddress { before, .. }) if before == PBX),
            "{other}"
        );
    }
}

#[test]
fn another_certificate_of_the_same_pbx_needs_a_word() {
    let (pin, other) = ("ab".repeat(32), "cd".repeat(32));
    let pinned = SettingsView { pbx_certificate_sha256: pin.clone(), ..desk() };
    let same = pin.to_uppercase();
    assert_eq!(needed(&connect(PBX, Some(&same)), &pinned, None), Consent::Free);
    for desk in [pinned, desk()] {
        let asked = needed(&connect(PBX, Some(&other)), &desk, None);
        assert!(matches!(asked, Consent::Word(Facts::PbxCertificate { .. })), "{asked:?}");
    }
}

#[test]
fn a_host_that_is_not_salesforces_needs_a_word_and_so_does_another_login() {
    assert_eq!(asks(&login("login.salesforce.com")), Consent::Free);
    assert_eq!(needed(&login("test.salesforce.com"), &fresh(), None), Consent::Free);
    for (at, desk, own) in [
        ("https://evil.example", fresh(), false),
        ("https://evil.example", desk(), false),
        ("https://salesforce.com.evil.example", desk(), false),
        ("http://localhost:1234", desk(), false),
        ("https://evil.my.salesforce.com", desk(), true),
    ] {
        let asked = needed(&login(at), &desk, None);
        assert!(
            matches!(asked, Consent::Word(Facts::Login { salesforces, .. }) if salesforces == own),
            "{at} {asked:?}"
        );
    }
    let company = SettingsView { salesforce_login: "https://sso.example.com".to_owned(), ..desk() };
    assert_eq!(needed(&login("https://sso.example.com/"), &company, None), Consent::Free);
}

#[test]
fn fewer_forbidden_numbers_need_a_word_and_more_do_not() {
    assert_eq!(change(|_, _| {}), Consent::Free);
    assert_eq!(change(|_, dial| dial.blocked.push("+49137*".to_owned())), Consent::Free);
    assert_eq!(keys(change(|_, dial| dial.blocked.clear())), ["dial.blocked"]);
    let replaced = change(|_, dial| "+4990099*".clone_into(&mut dial.blocked[1]));
    let Consent::Word(Facts::Settings(changes)) = replaced else { panic!("{replaced:?}") };
    assert_eq!((changes[0].from.as_str(), changes[0].to.as_str()), ("+49900*", ""));
    assert_eq!(keys(change(|_, dial| dial.confirm_links = false)), ["dial.confirm_links"]);
}

#[test]
fn what_turns_a_number_into_another_one_needs_a_word() {
    assert_eq!(
        keys(change(|numbers, _| "19005550100".clone_into(&mut numbers.outside_prefix))),
        ["numbers.outside_prefix"]
    );
    assert_eq!(
        keys(change(|numbers, _| "US".clone_into(&mut numbers.country))),
        ["numbers.country"]
    );
    let mut nowhere = desk();
    nowhere.country_by = CountryBy::Unknown;
    let numbers = Some(NumberSettings { country: "US".to_owned(), ..desk().values.numbers });
    let patch = Box::new(SettingsPatch { numbers, ..SettingsPatch::default() });
    let said = Command::ChangeSettings { patch };
    assert_eq!(needed(&said, &nowhere, None), Consent::Free, "nobody had said one");
}

#[test]
fn many_deletions_name_what_the_engine_has_counted() {
    let sync = |dry_run, agreed| Command::Sync { dry_run, agreed };
    assert_eq!(asks(&sync(false, false)), Consent::Free);
    assert_eq!(asks(&sync(true, true)), Consent::Free);
    assert_eq!(asks(&sync(false, true)), Consent::Word(Facts::DeleteContacts { said: None }));
    let said = "3,120 contacts would be deleted.";
    let view = SyncView {
        problem: Some(Problem::new(MASS_DELETE, said, "Look.")),
        ..crate::sync::SyncState::default().view(&Settings::default())
    };
    let asked = needed(&sync(false, true), &desk(), Some(&view));
    assert_eq!(asked, Consent::Word(Facts::DeleteContacts { said: Some(said.to_owned()) }));
}

#[test]
fn a_call_an_end_and_a_change_of_many_users_are_no_matter_of_the_page_alone() {
    let dial = |confirmed| Command::Dial { number: "1".to_owned(), confirmed };
    assert_eq!((asks(&dial(false)), asks(&dial(true))), (Consent::Free, Consent::Dial));
    assert_eq!(asks(&Command::Disconnect), Consent::Word(Facts::Disconnect));
    assert_eq!(asks(&Command::Discard { call: String::new() }), Consent::Act(Deed::Discard));
    assert_eq!(asks(&Command::Restore { call: String::new() }), Consent::Act(Deed::Restore));
    let link = Command::ConfirmLink { link: String::new() };
    assert_eq!(asks(&link), Consent::Act(Deed::CallLink));
    let change = BindingChange { user: "005".to_owned(), from: None, to: None };
    let save = |changes| asks(&Command::SaveBindings { changes });
    assert_eq!(save(Vec::new()), Consent::Free);
    assert_eq!(save(vec![change; 3]), Consent::Word(Facts::Bindings { count: 3 }));
}
