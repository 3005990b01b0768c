//! The page of settings: saved by one command, and not believed.

use std::fs;

use engine::{
    command::{Command, Event, Reply},
    settings::{
        DialSettings, JournalSettings, NumberSettings, PopSettings, SettingsPatch, Unknown, When,
    },
};
use scenarios::{ADA, Office, Options};

#[tokio::test]
async fn what_is_saved_takes_effect_at_once_and_stays() {
    let mut office = Office::with(Options {
        settings: "# by hand\n[numbers]\ncountry = \"DE\" # where we are\n".to_owned(),
        ..Options::default()
    })
    .await;
    let patch = SettingsPatch {
        pop: Some(PopSettings { when: When::Never, outbound: false, unknown: Unknown::Nothing }),
        dial: Some(DialSettings { confirm_links: true, blocked: vec!["+49493*".to_owned()] }),
        ..SettingsPatch::default()
    };
    let reply = office.asks(Command::ChangeSettings { patch: Box::new(patch) }).await;
    assert_eq!(reply, Ok(Reply::Done));
    let refused = office.dials(ADA).await.expect_err("the number is blocked now");
    assert_eq!(refused.code, "dial.blocked");
    let call = office.ada_calls().await;
    office.call_until(&call.id(), "looked up", |view| view.candidates == 1).await;
    call.caller_hangs_up();
    office.task_of(&call.id()).await;
    assert!(office.desk.opened().is_empty());

    office.quits().await;
    let file = fs::read_to_string(office.home.path().join("settings.toml")).expect("it is there");
    assert!(file.starts_with("# by hand\n[numbers]\ncountry = \"DE\" # where we are\n"), "{file}");
    office.starts().await;
    let settings = office.settings().await;
    assert_eq!(settings.values.pop.when, When::Never);
    assert_eq!(settings.values.dial.blocked, ["+49493*"]);
}

#[tokio::test]
async fn a_page_that_sends_nonsense_changes_nothing() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let before = office.settings().await;
    let patch = SettingsPatch {
        numbers: Some(NumberSettings {
            country: "<script>".to_owned(),
            area_code: "0".repeat(10_000),
            extension_digits: vec![0, 3, 3, 255],
            trunk_format: engine::settings::TrunkSpelling::Auto,
            ..NumberSettings::default()
        }),
        journal: Some(JournalSettings {
            never: vec!["+49".to_owned(), "everybody".to_owned()],
            outcomes: vec!["Reached\u{0}".to_owned()],
            ..JournalSettings::default()
        }),
        ..SettingsPatch::default()
    };
    let Ok(Reply::SettingsRefused(mistakes)) =
        office.asks(Command::ChangeSettings { patch: Box::new(patch) }).await
    else {
        panic!("it was not refused");
    };
    let mut found: Vec<_> = mistakes
        .iter()
        .map(|mistake| (mistake.key.as_str(), mistake.code.as_str(), mistake.entry.as_deref()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("journal.never", "pattern", Some("+49")),
            ("journal.never", "pattern", Some("everybody")),
            ("journal.outcomes", "characters", Some("Reached")),
            ("numbers.area_code", "digits", None),
            ("numbers.country", "country", None),
            ("numbers.extension_digits", "range", Some("0")),
            ("numbers.extension_digits", "range", Some("255")),
            ("numbers.extension_digits", "twice", Some("3")),
        ]
    );
    assert_eq!(office.settings().await, before);
}

#[tokio::test]
async fn a_settings_file_that_was_broken_by_hand_is_not_written_over() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let file = office.home.path().join("settings.toml");
    let by_hand = "[pop]\nwhen = \"never\"\noutbond = true\n";
    fs::write(&file, by_hand).expect("a person writes it");
    let pop = PopSettings { when: When::Answer, outbound: false, unknown: Unknown::Nothing };
    let patch = SettingsPatch { pop: Some(pop), ..SettingsPatch::default() };
    let refused = office
        .asks(Command::ChangeSettings { patch: Box::new(patch) })
        .await
        .expect_err("it is broken");
    assert_eq!(refused.code, "settings.not_saved");
    assert!(refused.message.contains("line 3: pop.outbond"), "{}", refused.message);
    assert_eq!(fs::read_to_string(&file).expect("it is there"), by_hand);
}

#[tokio::test]
async fn what_is_copied_is_a_policy_without_a_secret() {
    let office = Office::open().await;
    let Ok(Reply::Text(policy)) = office.asks(Command::ExportSettings).await else {
        panic!("no policy");
    };
    assert!(engine::settings::check(&policy).is_ok(), "{policy}");
    for secret in office.pbx.secrets().iter().chain(&office.salesforce.secrets()) {
        assert!(!policy.contains(secret));
    }
}

#[tokio::test]
async fn a_window_that_is_started_for_the_settings_is_told_so() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    assert!(!office.snapshot().contains(&Event::ShowSettings));
    let mut watching = office.events();
    let raised = tokio::spawn(office.asking(Command::ShowSettings));
    while watching.recv().await != Ok(Event::ShowSettings) {}
    office.asks(Command::WindowShown).await.expect("the page is there");
    raised.await.expect("it is answered").expect("the window is raised");
    assert!(office.snapshot().contains(&Event::ShowSettings), "also who watches a moment later");
}
