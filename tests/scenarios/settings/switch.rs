//! Off, on, and away: as PBX administrators know the three from the PBX's own page.

use std::time::Duration;

use engine::{
    command::{Command, Reply},
    ports::SecretName,
    settings::{CountryBy, NumberSettings, Settings},
    view::{BindingState, Integration, JournalState, LinkState},
};
use scenarios::{Office, Options};

#[tokio::test]
async fn switched_off_says_since_when_also_after_a_restart() {
    let mut office = Office::open().await;
    assert_eq!(office.status().await.disabled_since, None);
    office.asks(Command::Disable).await.expect("it is off");
    let since = office.status().await.disabled_since.expect("it is said since when");
    let line = office.desk.tray().expect("the tray says it").line;
    assert!(line.starts_with("Switched off since 20"), "{line}");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    office.asks(Command::Disable).await.expect("it is off already");
    office.quits().await;
    office.starts().await;
    let status = office.status().await;
    assert_eq!((status.integration, status.disabled_since), (Integration::Disabled, Some(since)));
    assert_eq!(status.salesforce.state, LinkState::Connecting, "the sign-in is kept");

    office.asks(Command::Enable).await.expect("it is on");
    office.is_live().await;
    assert_eq!(office.status().await.disabled_since, None);
}

#[tokio::test]
async fn disconnecting_forgets_everything_but_what_waits_and_the_phonebook() {
    let mut office = Office::open().await;
    let contacts = office.pbx.contacts();
    office.salesforce.stop_listening();
    let call = office.has_spoken_with(scenarios::ADA).await;
    office.waits(&call).await;
    office.asks(Command::Disable).await.expect("it is off");
    let reply = office.asks(Command::Disconnect).await;
    assert_eq!(reply, Ok(Reply::Disconnected { waiting: 1 }));
    let gone = |status: &engine::view::Status| {
        status.pbx.state == LinkState::NotConfigured
            && status.salesforce.state == LinkState::NotConfigured
            && status.binding.state == BindingState::Unbound
            && status.integration == Integration::Disconnected
            && status.disabled_since.is_none()
    };
    office.status_until("nothing is set up", gone).await;
    for name in SecretName::ALL {
        assert_eq!(office.secrets.peek(name), None, "{name:?}");
    }
    assert_eq!(office.pbx.live_tokens(), 0);
    assert_eq!(office.pbx.contacts(), contacts);
    let settings = office.settings().await;
    assert_eq!(
        (
            settings.pbx_address.as_str(),
            settings.pbx_client_id.as_str(),
            settings.salesforce_consumer_key.as_str()
        ),
        ("", "", "")
    );
    office.quits().await;
    office.starts().await;
    office.status_until("still so", gone).await;
    let kept = office.call(&call).await.expect("the call is still in the list");
    assert_eq!(kept.journal.state, JournalState::Waiting);
}

#[tokio::test]
async fn disconnecting_revokes_the_tokens_on_both_sides() {
    let office = Office::open().await;
    assert_eq!((office.pbx.live_tokens(), office.salesforce.grants()), (1, 1));
    office.asks(Command::Disconnect).await.expect("it is disconnected");
    assert_eq!((office.pbx.live_tokens(), office.salesforce.grants()), (0, 0));
}

#[tokio::test]
async fn another_org_does_not_inherit_what_was_set_for_the_last_one() {
    let office = Office::with(Options {
        settings: "[contact_sync]\nmode = \"on_call\"\n[auto_create]\ndirections = [\"inbound\"]\n\
                   [numbers]\ncountry = \"CH\"\n[app]\nlanguage = \"zh-CN\"\n"
            .to_owned(),
        ..Options::default()
    })
    .await;
    let callbacks = office.settings().await.callbacks;
    office.asks(Command::Disconnect).await.expect("it is disconnected");
    let settings = office.settings().await;
    let fresh = Settings::default();
    assert_eq!(settings.values.contact_sync, fresh.contact_sync);
    assert_eq!(settings.values.auto_create, fresh.auto_create);
    assert_eq!(settings.country_by, CountryBy::Unknown, "the next set-up asks for the country");
    let country = settings.values.numbers.country.clone();
    assert_eq!(settings.values.numbers, NumberSettings { country, ..fresh.numbers });
    assert_eq!(settings.language, "zh-CN", "the program's own stays");
    assert_eq!(settings.callbacks, callbacks, "so do the ports of this computer");
}
