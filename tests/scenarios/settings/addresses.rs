//! Addresses that change under a program that is connected: by a policy, by the file, by the window. What was given for
//! one place is sent to no other, and goes on as if nothing had been when the address is put right again.

use std::{fs, time::Duration};

use engine::{
    command::Command,
    ports::SecretName,
    settings::Standing,
    view::{LinkState, Problem, Status, doctor::CheckState},
};
use scenarios::{Office, Options, Tap, eventually, stays};
use simulator::{Pbx, PbxConfig};

/// Waits until both sides are signed out, because the settings name other places.
async fn asks_again(office: &Office) -> (Problem, Problem) {
    let is = |problem: &Option<Problem>, code: &str| {
        problem.as_ref().is_some_and(|problem| problem.code == code)
    };
    let status = office
        .status_until("both sides ask", |status| {
            is(&status.pbx.problem, "pbx.other_address")
                && is(&status.salesforce.problem, "salesforce.other_login")
        })
        .await;
    let states = (status.pbx.state, status.salesforce.state);
    assert_eq!(states, (LinkState::SignedOut, LinkState::SignedOut));
    let told = |problem: Option<Problem>| problem.expect("it was there");
    (told(status.pbx.problem), told(status.salesforce.problem))
}

fn moved(pbx: &str, login: &str) -> String {
    format!("[pbx]\naddress = \"{pbx}\"\n[salesforce]\nlogin = \"{login}\"\n")
}

/// Somebody writes a line of settings.toml anew.
fn is_written(office: &Office, key: &str, value: &str) {
    let file = office.home.path().join("settings.toml");
    let text = fs::read_to_string(&file).expect("there are settings");
    let line = |line: &str| match line.starts_with(&format!("{key} =")) {
        true => format!("{key} = \"{value}\"\n"),
        false => format!("{line}\n"),
    };
    let changed: String = text.lines().map(line).collect();
    assert!(changed.contains(&format!("{key} = \"{value}\"")), "{text}");
    fs::write(file, changed).expect("they can be written");
}

#[tokio::test]
async fn a_policy_that_anybody_may_have_named_moves_no_secret() {
    let mut office = Office::open().await;
    office.quits().await;
    office.standing = Standing::Named;
    office.starts().await;
    office.is_live().await;
    let (pbx, login) = (Tap::plain(None).await, Tap::plain(None).await);

    office.policy_becomes(Some(&moved(&pbx.address(), &login.login())));
    let (of_pbx, of_salesforce) = asks_again(&office).await;
    for (problem, now, before) in [
        (&of_pbx, pbx.address(), office.pbx.address()),
        (&of_salesforce, login.login(), office.salesforce.login()),
    ] {
        assert!(problem.message.contains(&now), "{}", problem.message);
        assert!(problem.message.contains(&before), "{}", problem.message);
        assert!(problem.action.contains("administrator's policy"), "{}", problem.action);
    }
    let found = office.examines().await;
    for check in ["pbx.credentials", "salesforce.session"] {
        assert_eq!(found.state(check), CheckState::Fail, "{:#?}", found.check(check));
    }
    let _ = office.asks(Command::Retry { call: None }).await;
    stays("nobody is told anything", Duration::from_secs(2), || async {
        pbx.heard().is_empty() && login.heard().is_empty()
    })
    .await;

    office.policy_becomes(None);
    office.is_live().await;
    assert_eq!(office.salesforce.grants(), 1, "nobody had to sign in again");
    assert_eq!((pbx.heard(), login.heard()), (String::new(), String::new()));
}

#[tokio::test]
async fn settings_that_somebody_has_written_meanwhile_move_no_secret() {
    let mut office = Office::open().await;
    let (pbx, login) = (Tap::plain(None).await, Tap::plain(None).await);
    office.quits().await;
    is_written(&office, "address", &pbx.address());
    is_written(&office, "login", &login.login());

    let found = office.examines_at_rest().await;
    for check in ["pbx.credentials", "salesforce.session"] {
        assert_eq!(found.state(check), CheckState::Fail, "{:#?}", found.check(check));
    }
    office.starts_on_files().await;
    office.status_until("it is known", |status| status.salesforce.problem.is_some()).await;
    office.quits().await;
    office.starts().await;
    asks_again(&office).await;
    stays("nobody is told anything", Duration::from_secs(2), || async {
        pbx.heard().is_empty() && login.heard().is_empty()
    })
    .await;

    // Put right by hand.
    office.quits().await;
    is_written(&office, "address", &office.pbx.address());
    is_written(&office, "login", &office.salesforce.login());
    office.starts().await;
    office.is_live().await;
    assert_eq!(office.salesforce.grants(), 1);

    // Or moved for good: a person gives the secrets for the other place.
    office.quits().await;
    is_written(&office, "address", &pbx.address());
    office.starts().await;
    office.connects_pbx().await.expect("a person changes the address");
    office.is_live().await;
    assert_eq!((pbx.heard(), login.heard()), (String::new(), String::new()));
}

#[tokio::test]
async fn a_trusted_policy_moves_the_pbx_to_one_that_proves_itself_and_the_sign_in_nowhere() {
    let office = Office::open().await;
    let port = url::Url::parse(&office.pbx.address()).expect("an address").port();
    let (other_way, clear) = (Tap::encrypted(port).await, Tap::plain(port).await);
    let (login, stranger) = (Tap::plain(None).await, Tap::encrypted(None).await);
    let pin = |tap: &Tap| tap.pin().expect("it has one");
    let policy = |tap: &Tap, pin: &str| {
        format!("[pbx]\naddress = \"{}\"\ncertificate_sha256 = \"{pin}\"\n", tap.address())
    };

    office.policy_becomes(Some(&policy(&other_way, &pin(&other_way))));
    let through = |status: &Status| {
        status.pbx.address.as_deref() == Some(&other_way.address())
            && status.pbx.state == LinkState::Connected
    };
    office.status_until("connected the other way", through).await;
    assert!(other_way.has_heard(&office.pbx.client_secret()));

    // With another certificate than the policy's, and where it says nothing of the certificate.
    for (pin, code) in [(pin(&other_way), "pbx.tls_changed"), (String::new(), "pbx.tls_untrusted")]
    {
        office.policy_becomes(Some(&policy(&stranger, &pin)));
        office
            .status_until(code, |status| {
                let problem = status.pbx.problem.as_ref();
                problem.is_some_and(|problem| problem.code == code)
            })
            .await;
        assert_eq!(stranger.heard(), "");
    }

    office.policy_becomes(Some(&moved(&clear.address(), &login.login())));
    asks_again(&office).await;
    stays("nobody is told anything", Duration::from_secs(1), || async {
        clear.heard().is_empty() && login.heard().is_empty()
    })
    .await;
    office.policy_becomes(None);
    office.is_live().await;
    assert_eq!(office.salesforce.grants(), 1);
    assert_eq!((clear.heard(), login.heard(), stranger.heard()), Default::default());
}

#[tokio::test]
async fn what_an_earlier_version_kept_goes_on_where_that_is_known_and_asks_where_it_is_not() {
    let mut office = Office::open().await;
    let earlier = |office: &Office| {
        let refresh = office.secrets.peek(SecretName::SalesforceRefresh).expect("it is kept");
        let refresh: serde_json::Value = serde_json::from_str(&refresh).expect("an entry");
        let refresh = refresh["refresh"].as_str().expect("a token").to_owned();
        let pbx = format!("{}\n{}", office.pbx.client_id(), office.pbx.client_secret());
        office.secrets.plant(SecretName::PbxSecret, &pbx);
        office.secrets.plant(SecretName::SalesforceRefresh, &refresh);
    };
    // Killed, there are tokens beside the secret that say which PBX it is; ended as it should, the journal says it.
    office.is_killed();
    earlier(&office);
    office.starts().await;
    office.status_until("by the tokens", |status| status.pbx.state == LinkState::Connected).await;
    office.quits().await;
    assert_eq!(office.secrets.peek(SecretName::PbxTokens), None);
    let refresh = office.secrets.peek(SecretName::SalesforceRefresh).expect("it is kept");
    let pbx = format!("{}\n{}", office.pbx.client_id(), office.pbx.client_secret());
    office.secrets.plant(SecretName::PbxSecret, &pbx);
    office.starts().await;
    assert_eq!(office.secrets.peek(SecretName::SalesforceRefresh), Some(refresh), "it waits");
    // An org on this computer could be anybody's.
    let status = office
        .status_until("one goes on, one asks", |status| {
            status.pbx.state == LinkState::Connected && status.salesforce.problem.is_some()
        })
        .await;
    let problem = status.salesforce.problem.expect("it asks");
    assert_eq!(problem.code, "salesforce.other_login");
    assert!(problem.message.contains("not known at which address"), "{}", problem.message);
    let kept = office.secrets.peek(SecretName::PbxSecret).expect("it is kept");
    assert!(kept.contains(&office.pbx.address()), "it is written down now: {kept}");
    office.signs_in().await.expect("a person signs in once more");
    office.is_live().await;

    // Somebody has changed the address before the new version was started.
    let stranger = Tap::plain(None).await;
    office.is_killed();
    earlier(&office);
    is_written(&office, "address", &stranger.address());
    office.starts().await;
    let status = office.status_until("it asks", |status| status.pbx.problem.is_some()).await;
    let problem = status.pbx.problem.expect("it asks");
    assert_eq!(problem.code, "pbx.other_address");
    assert!(problem.message.contains("not known for which PBX"), "{}", problem.message);
    assert_eq!(stranger.heard(), "");
}

/// Another PBX, with another client.
async fn another_pbx() -> (Pbx, Command) {
    let config = PbxConfig {
        serial: "3631B0000001".to_owned(),
        client_id: "decaf0decaf0decaf0decaf0decaf000".to_owned(),
        client_secret: "another5ecretanother5ecretanothe".to_owned(),
        ..PbxConfig::default()
    };
    let pbx = Pbx::start(config).await;
    let connect = Command::ConnectPbx {
        address: pbx.address(),
        client_id: pbx.client_id(),
        secret: pbx.client_secret(),
        pin: None,
        country: None,
    };
    (pbx, connect)
}

#[tokio::test]
async fn settings_that_cannot_be_written_leave_the_last_pbx_connected_over_a_restart_too() {
    let mut office = Office::open().await;
    let (other, connect) = another_pbx().await;
    // In the way of the new file.
    let in_the_way = office.home.path().join("settings.new");
    fs::create_dir_all(&in_the_way).expect("a folder");
    let refused = office.asks(connect.clone()).await.expect_err("the file cannot be written");
    assert_eq!(refused.code, "settings.not_saved");
    office.is_live().await;
    let kept = office.secrets.peek(SecretName::PbxSecret).expect("it is kept");
    assert!(!kept.contains(&other.client_secret()), "neither of the two");
    office.quits().await;
    office.starts().await;
    office.is_live().await;
    assert_eq!(office.status().await.pbx.serial, Some(office.pbx.serial()));

    fs::remove_dir(in_the_way).expect("it was a folder");
    office.asks(connect).await.expect("it is connected");
    office.status_until("the other one", |status| status.pbx.serial == Some(other.serial())).await;
}

#[tokio::test]
async fn a_crash_between_secret_and_settings_loses_neither() {
    let mut office = Office::open().await;
    let settings = office.home.path().join("settings.toml");
    let names = |address: String| {
        let settings = settings.clone();
        move || {
            let text = fs::read_to_string(&settings).expect("there are settings");
            let named = text.contains(&address);
            async move { named }
        }
    };
    let (other, connect) = another_pbx().await;

    // Both secrets are kept, and the settings are as they were.
    office.secrets.is_slow(Duration::from_millis(700));
    let connecting = tokio::spawn(office.asking(connect.clone()));
    let both = || async {
        let kept = office.secrets.peek(SecretName::PbxSecret).expect("it is kept");
        kept.contains(&other.client_secret()) && kept.contains(&office.pbx.client_secret())
    };
    eventually("both are kept", both).await;
    office.is_killed();
    connecting.abort();
    // A write that had begun may still have reached the disk, as a crash may come a moment later.
    tokio::time::sleep(Duration::from_secs(1)).await;
    office.secrets.is_slow(Duration::ZERO);
    let named_other = names(other.address())().await;
    office.starts().await;
    let serial = if named_other { other.serial() } else { office.pbx.serial() };
    office
        .status_until("what the settings name", |status| {
            status.pbx.state == LinkState::Connected && status.pbx.serial.as_ref() == Some(&serial)
        })
        .await;

    // The settings are written, and both secrets are still kept.
    office.connects_pbx().await.expect("the first one again");
    office.is_live().await;
    office.secrets.is_slow(Duration::from_millis(700));
    let connecting = tokio::spawn(office.asking(connect));
    eventually("the settings name the other one", names(other.address())).await;
    office.is_killed();
    connecting.abort();
    tokio::time::sleep(Duration::from_secs(1)).await;
    office.secrets.is_slow(Duration::ZERO);
    office.starts().await;
    office
        .status_until("connected to the other one", |status| {
            status.pbx.state == LinkState::Connected && status.pbx.serial == Some(other.serial())
        })
        .await;
}

#[tokio::test]
async fn a_secret_that_is_too_long_is_refused_and_not_tried() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    let connect = |secret: String| Command::ConnectPbx {
        address: office.pbx.address(),
        client_id: office.pbx.client_id(),
        secret,
        pin: None,
        country: None,
    };
    let long = office.pbx.client_secret().repeat(9);
    let problem = office.asks(connect(long)).await.expect_err("no secret is so long");
    assert_eq!(problem.code, "pbx.credentials_refused");
    assert!(problem.message.contains("longer than 256"), "{}", problem.message);
    assert_eq!(office.pbx.ledger(), [], "it cost none of the five tries");
    office.asks(connect(office.pbx.client_secret())).await.expect("the secret alone");
}
