//! The operating system's own secret store: locked and unlocked while the program runs, gone, and not there at all.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    process::Stdio,
    time::Duration,
};

use engine::view::{Integration, LinkState, SecretsKind};
use scenarios::{ADA, eventually, stays};

use crate::{
    desk::{Desk, Neighbour, Office, files},
    prompter::Decliner,
};

const PASSWORD: &str = "correct horse";
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";

/// A bus that starts nothing by itself: a keyring that has died stays away until it is started again.
const BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>"#;

/// A session bus of its own, with GNOME's keyring on it.
pub(crate) struct Keyring {
    desk: Desk,
    daemon: Option<Neighbour>,
    _bus: Neighbour,
}

impl Keyring {
    /// Opens a session in which the keyring was unlocked at the log-in, or not.
    pub(crate) async fn opens(desk: Desk, unlocked: bool) -> (Self, Desk) {
        let (mut keyring, desk) = Self::on_a_bus(desk);
        keyring.begins(unlocked).await;
        (keyring, desk)
    }

    /// Opens a session whose keyring was started by somebody who asked for it, as on a server or a minimal desktop: it
    /// has no collection, and nobody whom it could ask to make one.
    async fn has_no_collection(desk: Desk) -> (Self, Desk) {
        let (mut keyring, desk) = Self::on_a_bus(desk);
        keyring.starts(false);
        eventually("the keyring answers", || async {
            let alias = "org.freedesktop.Secret.Service.ReadAlias";
            let answer = keyring.asks("/org/freedesktop/secrets", alias, &["string:default"]);
            answer.trim() == "/"
        })
        .await;
        (keyring, desk)
    }

    fn on_a_bus(desk: Desk) -> (Self, Desk) {
        let (bus, desk) = session_bus(desk);
        (Self { desk: desk.clone(), daemon: None, _bus: bus }, desk)
    }

    async fn begins(&mut self, unlocked: bool) {
        self.runs(unlocked).await;
        assert_eq!(self.is_locked(), Some(!unlocked));
    }

    async fn runs(&mut self, unlocked: bool) {
        self.starts(unlocked);
        eventually("the keyring answers", || async { self.is_locked().is_some() }).await;
    }

    fn starts(&mut self, unlocked: bool) {
        let mut command = self.desk.other("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if unlocked {
            command.arg("--unlock");
        }
        let mut daemon = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is gnome-keyring-daemon");
        let mut stdin = daemon.stdin.take().expect("it is piped");
        stdin.write_all(PASSWORD.as_bytes()).expect("it reads");
        drop(stdin);
        self.daemon = Some(Neighbour(daemon));
    }

    fn asks(&self, path: &str, method: &str, words: &[&str]) -> String {
        let output = self
            .desk
            .other("dbus-send")
            .args(["--session", "--print-reply=literal", "--dest=org.freedesktop.secrets"])
            .args([path, method])
            .args(words)
            .output()
            .expect("there is dbus-send");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn is_locked(&self) -> Option<bool> {
        let answer = self.asks(
            LOGIN,
            "org.freedesktop.DBus.Properties.Get",
            &["string:org.freedesktop.Secret.Collection", "string:Locked"],
        );
        answer.contains("boolean").then(|| answer.contains("boolean true"))
    }

    /// A person locks it.
    fn locks(&self) {
        let which = format!("array:objpath:{LOGIN}");
        self.asks("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", &[&which]);
        assert_eq!(self.is_locked(), Some(true));
    }

    /// A person unlocks it, as the log-in screen does: over the daemon's control socket.
    fn unlocks(&self) {
        let socket = format!("{}/keyring/control", self.desk.variable("XDG_RUNTIME_DIR"));
        let mut control = UnixStream::connect(socket).expect("the daemon listens");
        let number = |n: usize| u32::try_from(n).expect("small").to_be_bytes();
        // The credentials byte; then length, operation "unlock", and the password with its length.
        control.write_all(&[0]).expect("it reads");
        let mut packet = number(12 + PASSWORD.len()).to_vec();
        packet.extend(number(1));
        packet.extend(number(PASSWORD.len()));
        packet.extend(PASSWORD.as_bytes());
        control.write_all(&packet).expect("it reads");
        let mut answer = [0; 8];
        control.read_exact(&mut answer).expect("it answers");
        assert_eq!(answer, [0, 0, 0, 8, 0, 0, 0, 0], "it is unlocked");
        assert_eq!(self.is_locked(), Some(false));
    }

    /// How many of its entries are this program's.
    fn entries(&self) -> usize {
        let items = self.asks(
            LOGIN,
            "org.freedesktop.DBus.Properties.Get",
            &["string:org.freedesktop.Secret.Collection", "string:Items"],
        );
        items.matches(&format!("{LOGIN}/")).count()
    }

    fn dies(&mut self) {
        self.daemon = None;
    }

    /// It is started again, and unlocked by the log-in.
    async fn returns(&mut self) {
        self.runs(true).await;
        eventually("it is open", || async { self.is_locked() == Some(false) }).await;
    }
}

/// Gives a desk a session bus of its own.
pub(crate) fn session_bus(desk: Desk) -> (Neighbour, Desk) {
    let config = desk.home().with_extension("bus");
    std::fs::write(&config, BUS).expect("the bus's settings can be written");
    let mut bus = desk
        .other("dbus-daemon")
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--print-address=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("there is dbus-daemon");
    let mut address = String::new();
    let out = bus.stdout.take().expect("it is piped");
    BufReader::new(out).read_line(&mut address).expect("an address");
    (Neighbour(bus), desk.knows("DBUS_SESSION_BUS_ADDRESS", address.trim()))
}

async fn takes_a_call(office: &Office) {
    let before = office.salesforce.tasks().len();
    let call = office.pbx.inbound(ADA, "4101");
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.answer("4101");
    call.hang_up();
    eventually("a Task", || async { office.salesforce.tasks().len() == before + 1 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_keyring_that_is_locked_at_the_start_is_no_sign_out_and_is_waited_for() {
    let office = Office::open().await;
    let (keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;
    assert_eq!(desk.status().secrets, SecretsKind::Keyring);
    engine.quits().await;

    keyring.locks();
    let mut engine = desk.starts().await;
    assert!(!engine.has_ended(), "{}", engine.said());
    eventually("a word on the keyring", || async {
        desk.status().salesforce.problem.is_some_and(|told| told.code == "secrets.unavailable")
    })
    .await;
    let status = desk.status();
    assert_ne!(status.salesforce.state, LinkState::SignedOut);
    assert_ne!(status.pbx.state, LinkState::SignedOut);
    let problem = status.salesforce.problem.expect("it was there");
    assert!(problem.action.contains("Unlock the keyring"), "{}", problem.action);
    assert_eq!(office.salesforce.grants(), 1, "nothing was revoked");

    keyring.unlocks();
    eventually("it goes on by itself", || async {
        desk.status().integration == Integration::Connected
    })
    .await;
    assert_eq!(desk.status().secrets, SecretsKind::Keyring);
    takes_a_call(&office).await;
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn who_closes_the_question_for_the_password_is_not_asked_again_and_not_signed_out() {
    let office = Office::open().await;
    let (keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;
    engine.quits().await;

    keyring.locks();
    let person = Decliner::sits_at(desk.variable("DBUS_SESSION_BUS_ADDRESS")).await;
    let engine = desk.starts().await;
    eventually("it says what was declined", || async {
        let problem = desk.status().salesforce.problem;
        problem.is_some_and(|told| {
            told.code == "secrets.unavailable" && told.message.contains("question")
        })
    })
    .await;
    let status = desk.status();
    assert_eq!(status.secrets, SecretsKind::Session);
    assert_ne!(status.salesforce.state, LinkState::SignedOut);
    assert_ne!(status.pbx.state, LinkState::SignedOut);
    let problem = status.salesforce.problem.expect("it was there");
    assert!(problem.action.contains("for this session only"), "{}", problem.action);
    stays("one question", Duration::from_secs(6), || async { person.was_asked() == 1 }).await;
    assert_eq!(office.salesforce.grants(), 1, "nothing was revoked");

    // The choice: on without the keyring, for this session.
    office.connects(&desk).await;
    takes_a_call(&office).await;
    assert_eq!(desk.status().secrets, SecretsKind::Session);
    assert_eq!(person.was_asked(), 1, "nor for what is to be kept");
    engine.quits().await;

    // Or with it, once it is open.
    let engine = desk.starts().await;
    eventually("another start asks again", || async { person.was_asked() == 2 }).await;
    keyring.unlocks();
    eventually("it goes on by itself", || async {
        desk.status().integration == Integration::Connected
    })
    .await;
    assert_eq!(desk.status().secrets, SecretsKind::Keyring);
    assert_eq!(person.was_asked(), 2);
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_keyring_that_dies_in_the_middle_of_a_session_ends_nothing() {
    let office = Office::open().await;
    let (mut keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;

    keyring.dies();
    office.salesforce.expire_access_tokens();
    office.pbx.expire_access_tokens();
    takes_a_call(&office).await;
    let status = desk.status();
    assert_ne!(status.salesforce.state, LinkState::SignedOut);
    assert_eq!(office.salesforce.grants(), 1);
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_keyring_that_dies_and_returns_is_given_what_the_session_holds() {
    let office = Office::open().await;
    let (mut keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;

    keyring.dies();
    // The refresh token that the keyring has is spent.
    office.salesforce.expire_access_tokens();
    office.pbx.expire_access_tokens();
    takes_a_call(&office).await;
    eventually("it is said", || async { desk.status().secrets == SecretsKind::Session }).await;
    keyring.returns().await;
    eventually("it is kept again", || async { desk.status().secrets == SecretsKind::Keyring })
        .await;
    engine.killed();

    let engine = desk.starts().await;
    eventually("the next start is signed in", || async {
        desk.status().integration == Integration::Connected
    })
    .await;
    assert_eq!(office.salesforce.grants(), 1, "no spent token was shown");
    takes_a_call(&office).await;
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn without_a_secret_store_the_session_works_says_so_and_writes_no_secret() {
    let office = Office::open().await;
    let desk = office.desk("mara");
    let engine = desk.starts().await;
    office.connects(&desk).await;
    let id = office.pbx.client_id();
    let address = office.pbx.address();
    let again = ["connect", "pbx", "--address", &address, "--client-id", &id, "--secret-stdin"];
    let (code, said) = desk.runs(&again, &office.pbx.client_secret());
    assert!(code.success() && said.contains("until Patchcord ends: connect again"), "{said}");
    assert_eq!(desk.status().secrets, SecretsKind::Session);
    takes_a_call(&office).await;
    let secret = office.pbx.client_secret();
    for (path, bytes) in files(&desk.home()) {
        let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{} holds the client secret", path.display());
    }
    engine.quits().await;

    let engine = desk.starts().await;
    eventually("it asks for the secret", || async {
        desk.status().pbx.problem.is_some_and(|told| told.code == "secrets.unavailable")
    })
    .await;
    stays("nothing is tried without it", Duration::from_secs(1), || async {
        office.pbx.live_tokens() == 0
    })
    .await;
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_store_that_answers_and_keeps_nothing_is_none_until_it_has_kept_something() {
    let office = Office::open().await;
    let (mut keyring, desk) = Keyring::has_no_collection(office.desk("mara")).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;
    assert_eq!(desk.status().secrets, SecretsKind::Session);
    // It has answered: nothing is there to be forgotten, or read.
    let (code, said) = desk.runs(&["disconnect", "--yes"], "");
    assert!(code.success(), "{said}");
    assert_eq!(desk.status().secrets, SecretsKind::Session);
    desk.runs(&["doctor", "--json"], "");
    assert_eq!(desk.status().secrets, SecretsKind::Session);
    office.connects(&desk).await;
    assert_eq!(desk.status().secrets, SecretsKind::Session);
    engine.quits().await;

    let engine = desk.starts().await;
    eventually("it asks for the secret", || async {
        desk.status().pbx.problem.is_some_and(|told| told.code == "secrets.unavailable")
    })
    .await;
    desk.runs(&["doctor", "--json"], "");
    assert_eq!(desk.status().secrets, SecretsKind::Session);
    office.connects(&desk).await;
    takes_a_call(&office).await;
    assert_eq!(desk.status().secrets, SecretsKind::Session);

    // Somebody logs in, which makes the collection: it is given what the session holds.
    keyring.dies();
    keyring.returns().await;
    eventually("it is kept", || async { desk.status().secrets == SecretsKind::Keyring }).await;
    engine.killed();
    let engine = desk.starts().await;
    eventually("the next start is signed in", || async {
        desk.status().integration == Integration::Connected
    })
    .await;
    assert_eq!(desk.status().secrets, SecretsKind::Keyring);
    engine.quits().await;
}

/// The daemon was killed and comes back locked, as where the session starts it again without a password; or it is not
/// there yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_keyring_that_died_is_waited_for_and_nothing_is_called_lost() {
    let office = Office::open().await;
    let (mut keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
    let engine = desk.starts().await;
    office.connects(&desk).await;
    keyring.dies();
    engine.quits().await;

    for comes_back in [true, false] {
        if comes_back {
            keyring.begins(false).await;
        }
        let engine = desk.starts().await;
        eventually("both sides say it", || async {
            let status = desk.status();
            let told = [status.pbx.problem, status.salesforce.problem];
            told.into_iter().all(|told| told.is_some_and(|told| told.code == "secrets.unavailable"))
        })
        .await;
        let status = desk.status();
        assert_ne!(status.salesforce.state, LinkState::SignedOut);
        assert_ne!(status.pbx.state, LinkState::SignedOut);
        for told in [status.pbx.problem, status.salesforce.problem].into_iter().flatten() {
            // Locked, it has asked for its password, and there is no dialog on this bus.
            let kept = if comes_back { "are still there" } else { "Nothing has been lost" };
            assert!(told.message.contains(kept), "{}", told.message);
            assert!(told.action.contains("Unlock the keyring"), "{}", told.action);
        }
        if comes_back {
            keyring.unlocks();
        } else {
            keyring.returns().await;
        }
        eventually("it goes on by itself", || async {
            desk.status().integration == Integration::Connected
        })
        .await;
        assert_eq!(desk.status().secrets, SecretsKind::Keyring);
        keyring.dies();
        engine.quits().await;
    }
    assert_eq!(office.salesforce.grants(), 1, "nobody has signed in again");
}

/// The store is locked from before the start, so that its entries were never read in this run; or it is locked while the
/// program runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_is_given_up_while_the_keyring_is_locked_is_not_used_again_and_goes_once_it_opens() {
    for locked_before in [true, false] {
        let office = Office::open().await;
        let (keyring, desk) = Keyring::opens(office.desk("mara"), true).await;
        let mut engine = desk.starts().await;
        office.connects(&desk).await;
        let settings = desk.home().join("settings.toml");
        let connected = std::fs::read_to_string(&settings).expect("settings");
        assert_eq!(keyring.entries(), 3);
        if locked_before {
            engine.quits().await;
            keyring.locks();
            engine = desk.starts().await;
            eventually("it is missed", || async { desk.status().pbx.problem.is_some() }).await;
            let (_, said) = desk.runs(&["status"], "");
            assert!(!said.contains("connect again"), "it goes on by itself: {said}");
        } else {
            keyring.locks();
        }

        let output = desk.command(&["disconnect", "--yes"]).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("cannot be opened now") && told.contains("deleted"), "{told}");
        let waits = |status: &engine::view::Status| status.says("secrets.still_kept");
        assert!(waits(&desk.status()));
        assert_eq!(office.salesforce.grants() == 1, locked_before, "revoked where it was known");
        engine.quits().await;

        // Somebody's policy or backup names PBX and org as before: they are not connected by themselves.
        std::fs::write(&settings, connected).expect("settings");
        let engine = desk.starts().await;
        eventually("it is signed out", || async {
            let status = desk.status();
            waits(&status) && status.salesforce.state == LinkState::SignedOut
        })
        .await;
        let (_, said) = desk.runs(&["doctor", "--json"], "");
        assert!(said.contains("cannot be opened now"), "{said}");
        keyring.unlocks();
        eventually("it is gone", || async { !waits(&desk.status()) }).await;
        assert_eq!((keyring.entries(), office.salesforce.grants()), (0, 0));
        assert_eq!(desk.status().salesforce.state, LinkState::SignedOut);
        assert_ne!(desk.status().pbx.state, LinkState::Connected);
        assert!(!desk.home().join("secrets.forget").exists());
        engine.quits().await;
    }
}
