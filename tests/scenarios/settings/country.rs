//! The country of the numbers: said, supposed, or told by nothing.

use engine::{
    command::{Command, Reply},
    settings::CountryBy,
    view::doctor::CheckState,
};
use scenarios::{AGENT, Office, Options, eventually};
use serde_json::json;

const CREATES: &str = "[auto_create]\ndirections = [\"inbound\"]\n";

/// Nobody has said the country, and the system does not tell it.
fn nowhere() -> Options {
    Options { settings: CREATES.to_owned(), ..Options::default() }
}

fn with_mobiles(numbers: &[&str]) -> Options {
    let mut options = nowhere();
    for (extension, number) in options.pbx.extensions.iter_mut().zip(numbers) {
        (*number).clone_into(&mut extension.mobile);
    }
    options
}

async fn says(office: &Office, country: &str) {
    let mut numbers = office.settings().await.values.numbers;
    country.clone_into(&mut numbers.country);
    let patch = engine::settings::SettingsPatch { numbers: Some(numbers), ..Default::default() };
    let reply = office.asks(Command::ChangeSettings { patch: Box::new(patch) }).await;
    assert_eq!(reply.expect("it is kept"), Reply::Done);
}

async fn supposed(office: &Office) -> (CountryBy, String) {
    let settings = office.settings().await;
    (settings.country_by, settings.values.numbers.country)
}

#[tokio::test]
async fn where_nothing_tells_the_country_the_check_says_by_which_one_numbers_are_read() {
    let office = Office::with(nowhere()).await;
    assert_eq!(supposed(&office).await, (CountryBy::Unknown, "DE".to_owned()));
    let findings = office.examines().await;
    assert_eq!(findings.state("numbers.country"), CheckState::Warn);
    assert!(findings.check("numbers.country").found.starts_with("Nothing tells the country"));
    let ada = office.pbx.inbound("0493555017", AGENT);
    assert_eq!(office.talks(&ada, 5).await["WhoId"], json!(office.ada));

    says(&office, "AT").await;
    assert_eq!(supposed(&office).await, (CountryBy::Said, "AT".to_owned()));
    assert_eq!(office.examines().await.state("numbers.country"), CheckState::Ok);
}

#[tokio::test]
async fn the_mobile_numbers_of_colleagues_tell_the_country_where_nothing_else_does() {
    let mut office = Office::with(with_mobiles(&["+49 171 5550111", "+49 171 5550112"])).await;
    assert_eq!(supposed(&office).await, (CountryBy::Pbx, "DE".to_owned()));
    assert_eq!(office.status().await.problem, None);
    let findings = office.examines().await;
    assert_eq!(findings.state("numbers.country"), CheckState::Warn);
    assert!(findings.check("numbers.country").found.starts_with("DE is supposed"), "{findings:?}");
    let ada = office.pbx.inbound("0493555017", AGENT);
    assert_eq!(office.talks(&ada, 5).await["WhoId"], json!(office.ada));
    let file = std::fs::read_to_string(office.home.path().join("settings.toml")).expect("a file");
    assert!(!file.contains("country"), "what is supposed is not written: {file}");

    // Known before the PBX answers.
    office.quits().await;
    office.pbx.stop_listening();
    office.starts().await;
    assert_eq!(supposed(&office).await, (CountryBy::Pbx, "DE".to_owned()));

    office.asks(Command::Disconnect).await.expect("it is disconnected");
    assert_eq!(supposed(&office).await, (CountryBy::Unknown, "DE".to_owned()));
}

#[tokio::test]
async fn whoever_connects_the_pbx_is_told_the_country_and_may_say_it() {
    let office = Office::with(Options {
        connected: false,
        ..with_mobiles(&["+43 664 1234567", "+43 664 1234568"])
    })
    .await;
    let Ok(Reply::PbxConnected { country, country_by, .. }) = office.connects_pbx().await else {
        panic!("the PBX is connected");
    };
    assert_eq!((country.as_str(), country_by), ("AT", CountryBy::Pbx));
    let connect = |country: &str| Command::ConnectPbx {
        address: office.pbx.address(),
        client_id: office.pbx.client_id(),
        secret: office.pbx.client_secret(),
        pin: office.pbx.certificate_sha256(),
        country: Some(country.to_owned()),
    };
    let refused = office.asks(connect("XX")).await.expect_err("there is no such country");
    assert_eq!(refused.code, "settings.not_saved");
    let Ok(Reply::PbxConnected { country, country_by, .. }) = office.asks(connect("de")).await
    else {
        panic!("the PBX is connected");
    };
    assert_eq!((country.as_str(), country_by), ("DE", CountryBy::Said));
    office.signs_in().await.expect("the org is connected");
    office.is_live().await;
    eventually("numbers are read so", || async {
        office.explains("0493555017").await.e164.as_deref() == Some("+49493555017")
    })
    .await;
}
