//! The built program takes links: from the command line, and from the system by its real desktop entry.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use engine::command::{Command, Request};
use scenarios::eventually;
use serde_json::Value;

use zbus::{connection, interface};

use super::{
    desk::{Desk, Office},
    keyring::session_bus,
};

const ADA: &str = "tel:+49%20493%20555017";

/// Runs a command, and returns its exit code and what it said.
fn run(desk: &Desk, words: &[&str]) -> (i32, String) {
    let (status, said) = desk.runs(words, "");
    (status.code().expect("it was not killed"), said)
}

/// Asks the running engine as the window does. Returns what it answered.
fn ask(desk: &Desk, command: Command) -> Value {
    let mut socket = UnixStream::connect(desk.home().join("control.sock")).expect("it listens");
    let request = serde_json::to_string(&Request { id: 1, command }).expect("a line");
    writeln!(socket, "{request}").expect("it is heard");
    let mut line = String::new();
    BufReader::new(socket).read_line(&mut line).expect("an answer");
    let answer: Value = serde_json::from_str(&line).expect("a document");
    assert!(answer["result"].get("Ok").is_some(), "{line}");
    answer["result"]["Ok"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_to_a_number_ends_with_one_and_starts_nothing() {
    let office = Office::open().await;
    let desk = office.desk("agent");
    for link in [
        "tel:*21*0493555017%23",
        "tel:+4930123+4930124",
        "sip:4101@pbx.example.com?Replaces=x",
        "mailto:ada@example.com",
        "@file",
        "tel:+49493%0A555017",
        "patchcord:dial?number=1234&home=/tmp",
        "javascript:alert(1)",
    ] {
        let (code, said) = run(&desk, &["link", link]);
        assert_eq!(code, 1, "{link}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "one line: {said}");
        assert!(said.contains("not"), "a sentence says what was not done: {link}: {said}");
    }
    for option in ["--yes", "--flag", "-x"] {
        let (code, said) = run(&desk, &["link", option]);
        assert_eq!(code, 1, "{option}: {said}");
        assert!(said.contains("in the place of a link"), "{said}");
    }
    // Two things where one belongs are a matter of usage, and so is an option behind the end of the options.
    for words in
        [&["link"][..], &["link", ADA, "tel:4102"], &["link", ADA, "--yes"], &[ADA, "--yes"]]
    {
        let (code, said) = run(&desk, words);
        assert_eq!(code, 2, "{words:?}: {said}");
    }
    assert!(!desk.home().join("control.sock").exists());
    assert_eq!(office.pbx.calls().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_instance_and_without_a_display_a_link_ends_with_three() {
    let office = Office::open().await;
    let desk = office.desk("agent");
    for words in [&["link", ADA][..], &[ADA]] {
        let (code, said) = run(&desk, words);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("not running") && said.contains("nothing was dialled"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_window_a_link_is_dialled_only_where_the_settings_want_no_question() {
    let office = Office::open().await;
    let desk = office.desk("agent");
    let _engine = desk.starts().await;
    office.connects(&desk).await;
    for words in [&["link", ADA][..], &[ADA], &["patchcord:dial?number=+49493555017"]] {
        let (code, said) = run(&desk, words);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("no window") || said.contains("Too many"), "{said}");
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }
    assert_eq!(office.pbx.calls().len(), 0, "nobody has agreed");
    drop(_engine);

    let settings = desk.home().join("settings.toml");
    let text = fs::read_to_string(&settings).expect("settings");
    fs::write(&settings, format!("{text}\n[dial]\nconfirm_links = false\n")).expect("a file");
    let _engine = desk.starts().await;
    office.connects(&desk).await;
    let (code, said) = run(&desk, &["TEL:0493%20555017"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Your phone rings"), "{said}");
    eventually("the phone rings", || async { office.pbx.dialled_call().is_some() }).await;
    assert_eq!(office.pbx.dialled_call().expect("a call").to(), "0493555017");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let (code, said) = run(&desk, &["link", "tel:+12125550123"]);
    assert_eq!(code, 1, "abroad is asked for: {said}");
}

/// The way of a click in a browser: the system looks for the default of the scheme, and starts what its entry says.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_another_program_opens_comes_through_the_real_desktop_entry() {
    let office = Office::open().await;
    let desk = office.desk("agent");
    let settings = desk.home().join("settings.toml");
    let text = fs::read_to_string(&settings).expect("settings");
    fs::write(&settings, format!("{text}\n[dial]\nconfirm_links = false\n")).expect("a file");
    let _engine = desk.starts().await;
    office.connects(&desk).await;
    assert_eq!(ask(&desk, Command::TakeLinks)["value"]["chosen"], true);

    let applications = desk.folder.join("user/.local/share/applications");
    let entry =
        fs::read_to_string(applications.join("io.github.patchcord.Patchcord.links.desktop"))
            .expect("an entry");
    assert!(entry.contains(" link -- %u\n"), "{entry}");
    let list = fs::read_to_string(desk.folder.join("user/.config/mimeapps.list")).expect("a list");
    for scheme in ["tel", "callto", "sip", "sips", "patchcord"] {
        assert!(list.contains(&format!("x-scheme-handler/{scheme}=io.github.patchcord")), "{list}");
    }
    let comes_here = |status: engine::view::Status| {
        status.links.is_some_and(|links| links.state == engine::view::LinksState::Ours)
    };
    eventually("the state is told", || async { comes_here(desk.status()) }).await;

    let (code, said) = run(&desk, &["doctor", "--json"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("tel: links come to Patchcord."), "{said}");

    assert_eq!(ask(&desk, Command::TestLinks)["reply"], "done", "a test link comes back");
    // It opens links on a display only; that nobody serves this one is nothing to it.
    let mut opens = desk.other("xdg-open");
    let opened = opens.arg(ADA).env("DISPLAY", ":64999").stdin(Stdio::null()).output();
    // Where there is no xdg-open, the test link above has gone the same way.
    if let Ok(opened) = opened {
        assert!(opened.status.success(), "{opened:?}");
        eventually("the phone rings", || async { office.pbx.dialled_call().is_some() }).await;
        assert_eq!(office.pbx.dialled_call().expect("a call").to(), "0493555017");
    }
}

/// The session's screen saver. Source: freedesktop.org, "org.freedesktop.ScreenSaver".
struct Saver(Arc<AtomicBool>);

#[interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    fn get_active(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The session as systemd-logind knows it. Source: org.freedesktop.login1(5).
struct Session(Arc<AtomicBool>);

#[interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_link_is_not_dialled_while_the_desktop_or_the_system_says_that_the_screen_is_locked() {
    let office = Office::open().await;
    let desk = office.desk("agent");
    let settings = desk.home().join("settings.toml");
    let text = fs::read_to_string(&settings).expect("settings");
    fs::write(&settings, format!("{text}\n[dial]\nconfirm_links = false\n")).expect("a file");
    let (_bus, desk) = session_bus(desk);
    let address = desk.variable("DBUS_SESSION_BUS_ADDRESS").to_owned();
    // The system's own is played on the same bus.
    let desk = desk.knows("DBUS_SYSTEM_BUS_ADDRESS", &address);
    let [saver, session] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let _service = connection::Builder::address(address.as_str())
        .and_then(|bus| bus.name("org.freedesktop.ScreenSaver"))
        .and_then(|bus| bus.name("org.freedesktop.login1"))
        .and_then(|bus| bus.serve_at("/org/freedesktop/ScreenSaver", Saver(saver.clone())))
        .and_then(|bus| {
            bus.serve_at("/org/freedesktop/login1/session/auto", Session(session.clone()))
        })
        .expect("an address of a bus")
        .build()
        .await
        .expect("the bus takes it");
    let _engine = desk.starts().await;
    office.connects(&desk).await;
    for locked in [&saver, &session] {
        locked.store(true, Ordering::Relaxed);
        let (code, said) = run(&desk, &[ADA]);
        assert!(code == 1 && said.contains("The screen is locked"), "{said}");
        locked.store(false, Ordering::Relaxed);
        // A person clicks again no sooner.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }
    assert!(office.pbx.dialled_call().is_none());
    let (code, said) = run(&desk, &[ADA]);
    assert_eq!(code, 0, "{said}");
    eventually("the phone rings", || async { office.pbx.dialled_call().is_some() }).await;
}
