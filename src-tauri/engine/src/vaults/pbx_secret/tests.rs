//! What the client secret may follow, and what the entry holds while another PBX is connected.

use std::collections::HashMap;

use super::*;
use crate::view::SecretsKind;

const HOST: &str = "https://pbx.example.com:8088";
const ID: &str = "c0ffee";

fn pin(digit: &str) -> Option<Fingerprint> {
    (!digit.is_empty()).then(|| Fingerprint::parse(&digit.repeat(64)).unwrap())
}

fn origin(address: &str, digit: &str) -> Origin {
    Origin { address: Address::parse(address).unwrap(), pin: pin(digit) }
}

fn place(address: &str, digit: &str, address_by: bool, certificate_by: bool) -> PbxPlace {
    PbxPlace {
        origin: origin(address, digit),
        client_id: ID.to_owned(),
        by_policy: PbxByPolicy { address: address_by, certificate: certificate_by },
        was_connected: false,
    }
}

fn kept(origin: Origin) -> Kept {
    Kept(vec![Given::new(origin, ID, "5ecret".into())])
}

#[test]
fn the_secret_stays_unless_a_trusted_policy_moves_the_pbx_to_one_that_proves_itself() {
    const ELSEWHERE: &str = "https://elsewhere.example";
    const HERE: &str = "http://127.0.0.1:8088";
    const HERE_TLS: &str = "https://127.0.0.1:8088";
    let (no, by) = (false, true);
    for (given_at, given_pin, at, pin, address_by, certificate_by, goes) in [
        // What it was given for, whoever says so.
        (HOST, "", HOST, "", no, no, true),
        (HOST, "a", HOST, "a", no, no, true),
        (HERE, "", HERE, "", no, no, true),
        (HERE, "", HERE, "", by, by, true),
        // Somebody has written other settings.
        (HOST, "", ELSEWHERE, "", no, no, false),
        (HOST, "", HOST, "a", no, no, false),
        (HOST, "a", HOST, "", no, no, false),
        (HOST, "a", HOST, "b", no, no, false),
        (HOST, "a", ELSEWHERE, "a", no, no, false),
        (HOST, "a", "https://pbx.example.com:8089", "a", no, no, false),
        // A trusted policy has moved the PBX.
        (HOST, "", ELSEWHERE, "", by, no, true),
        (HOST, "a", ELSEWHERE, "", by, no, true),
        (HOST, "a", ELSEWHERE, "a", by, no, true),
        (HOST, "", ELSEWHERE, "b", by, by, true),
        (HOST, "a", HOST, "b", no, by, true),
        (HOST, "a", HOST, "", no, by, true),
        (HOST, "", HERE_TLS, "b", by, by, true),
        // It says only half of it, and somebody else the rest.
        (HOST, "", ELSEWHERE, "b", by, no, false),
        (HOST, "a", ELSEWHERE, "b", by, no, false),
        (HOST, "a", ELSEWHERE, "a", no, by, false),
        (HOST, "a", ELSEWHERE, "b", no, by, false),
        // Never in the clear.
        (HOST, "", HERE, "", by, by, false),
        (HOST, "", HERE, "", no, no, false),
        (HOST, "a", HERE, "", by, by, false),
        (HOST, "", "http://localhost:8088", "", by, by, false),
        (HOST, "", "http://[::1]:8088", "", by, by, false),
        (HERE, "", "http://127.0.0.1:9", "", by, by, false),
        (HERE, "", "http://localhost:8088", "", by, by, false),
        (HERE_TLS, "a", HERE, "", by, by, false),
    ] {
        let wanted = place(at, pin, address_by, certificate_by);
        let found = kept(origin(given_at, given_pin)).find(&wanted);
        let what = format!("{given_at} {given_pin} -> {at} {pin} {address_by} {certificate_by}");
        match found {
            Ok(_) => assert!(goes, "{what}"),
            Err(why) => {
                assert!(!goes, "{what}");
                let given = origin(given_at, given_pin);
                assert_eq!(why, NoSecret::AnotherPlace(Some(given)), "{what}");
            }
        }
    }
}

#[test]
fn no_policy_moves_a_secret_to_another_client_id() {
    let mut wanted = place(HOST, "", true, true);
    wanted.client_id = "decaf".to_owned();
    assert_eq!(kept(origin(HOST, "")).find(&wanted).err(), Some(NoSecret::AnotherClient));
}

#[test]
fn a_public_certificate_was_trusted_before_only_where_it_was_connected() {
    let trusted = |given: Origin, wanted: &PbxPlace| kept(given).find(wanted).ok().unwrap();
    assert!(trusted(origin(HOST, ""), &place(HOST, "", false, false)).was_trusted);
    assert!(!trusted(origin(HOST, "a"), &place(HOST, "a", false, false)).was_trusted);
    let moved = place("https://elsewhere.example", "", true, false);
    assert!(!trusted(origin(HOST, ""), &moved).was_trusted, "nobody has seen it there");
}

#[test]
fn an_entry_is_read_as_it_was_written_and_what_cannot_be_read_is_no_secret() {
    for origin in [origin(HOST, "a"), origin(HOST, ""), origin("http://[::1]:9", "")] {
        let secret = SecretString::from("[\"5e\ncret\"]");
        let kept = Kept(vec![Given::new(origin.clone(), "id\n1", secret.clone())]);
        let [given] = &Kept::read(&kept.entry()).0[..] else { panic!("one") };
        assert_eq!(given.origin, Some(origin));
        assert_eq!(given.client_id.as_deref(), Some("id\n1"));
        assert_eq!(given.secret.expose_secret(), secret.expose_secret());
    }
    for damaged in ["[", "[]", "[{\"client_id\":\"c0ffee\"}]", "[5]"] {
        let found = Kept::read(&damaged.into()).find(&place(HOST, "", false, false));
        assert_eq!(found.err(), Some(NoSecret::Nothing), "{damaged}");
    }
    let torn = "[{\"address\":\"ftp://x\",\"client_id\":\"c0ffee\",\"secret\":\"5ecret\"}]";
    let found = Kept::read(&torn.into()).find(&place(HOST, "", false, false));
    assert_eq!(found.err(), Some(NoSecret::AnotherPlace(None)));
}

/// A store that can lose its writes.
#[derive(Debug, Default)]
struct Drawer {
    entries: Mutex<HashMap<SecretName, SecretString>>,
    refuses: std::sync::atomic::AtomicBool,
}

impl Secrets for Drawer {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, String> {
        Ok(self.entries.lock().unwrap().get(&name).cloned())
    }

    fn set(&self, name: SecretName, secret: &SecretString) -> Result<(), String> {
        if self.refuses.load(std::sync::atomic::Ordering::Relaxed) {
            return Err("locked".to_owned());
        }
        self.entries.lock().unwrap().insert(name, secret.clone());
        Ok(())
    }

    fn delete(&self, name: SecretName) -> Result<(), String> {
        self.entries.lock().unwrap().remove(&name);
        Ok(())
    }

    fn kind(&self) -> SecretsKind {
        SecretsKind::Keyring
    }
}

impl Drawer {
    fn secret_for(&self, place: &PbxPlace) -> Option<String> {
        let found = found(self, place).unwrap().ok()?;
        Some(found.secret.expose_secret().to_owned())
    }
}

#[test]
fn what_an_earlier_version_kept_belongs_where_it_was_connected() {
    for entry in ["c0ffee\n5ecret", "5ecret"] {
        let drawer = Drawer::default();
        drawer.set(SecretName::PbxSecret, &entry.into()).unwrap();
        let mut wanted = place(HOST, "a", false, false);
        assert_eq!(drawer.secret_for(&wanted), None, "nobody knows where it belongs");
        wanted.was_connected = true;
        assert_eq!(drawer.secret_for(&wanted).as_deref(), Some("5ecret"));
        // From now on it is written down.
        wanted.was_connected = false;
        assert_eq!(drawer.secret_for(&wanted).as_deref(), Some("5ecret"));
        let mut elsewhere = place("https://elsewhere.example", "a", false, false);
        elsewhere.was_connected = true;
        assert_eq!(drawer.secret_for(&elsewhere), None);
    }
}

#[test]
fn wherever_a_change_is_cut_off_the_settings_name_a_secret_that_is_kept() {
    let (old, new) =
        (place(HOST, "", false, false), place("https://10.0.0.5:8088", "b", false, false));
    let drawer = Arc::new(Drawer::default());
    let given = |place: &PbxPlace, secret: &str| {
        Given::new(place.origin.clone(), ID, secret.to_owned().into())
    };
    Change::begin(drawer.clone(), given(&old, "old")).unwrap().finish();
    let secrets = || (drawer.secret_for(&old), drawer.secret_for(&new));
    let (of_old, of_new) = (Some("old".to_owned()), Some("new".to_owned()));
    assert_eq!(secrets(), (of_old.clone(), None));

    // Cut off, and begun again.
    drop(Change::begin(drawer.clone(), given(&new, "cut off")).unwrap());
    let change = Change::begin(drawer.clone(), given(&new, "new")).unwrap();
    assert_eq!(secrets(), (of_old.clone(), of_new.clone()), "whichever the settings name");
    change.undo();
    assert_eq!(secrets().0, of_old);

    let change = Change::begin(drawer.clone(), given(&new, "new")).unwrap();
    drawer.refuses.store(true, std::sync::atomic::Ordering::Relaxed);
    change.finish();
    assert_eq!(secrets().1, of_new, "the store has died in between");
    assert!(Change::begin(drawer.clone(), given(&old, "never")).is_err());
    assert_eq!(secrets().1, of_new);

    drawer.refuses.store(false, std::sync::atomic::Ordering::Relaxed);
    Change::begin(drawer.clone(), given(&new, "newer")).unwrap().finish();
    assert_eq!(secrets(), (None, Some("newer".to_owned())), "the old one is gone");
}

#[test]
fn the_first_secret_of_all_leaves_nothing_behind_where_the_settings_cannot_be_written() {
    let drawer = Arc::new(Drawer::default());
    let wanted = place(HOST, "", false, false);
    let given = Given::new(wanted.origin.clone(), ID, "5ecret".into());
    Change::begin(drawer.clone(), given).unwrap().undo();
    assert_eq!(drawer.secret_for(&wanted), None);
    assert!(drawer.get(SecretName::PbxSecret).unwrap().is_none());
}
