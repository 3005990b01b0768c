//! A start that fails where nobody reads standard error: by the icon, at the log-in, by a link.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use scenarios::{eventually, stays};
use zbus::{Connection, connection, interface, zvariant::OwnedValue};

use crate::{
    desk::{Desk, Neighbour, Office},
    keyring::session_bus,
    screen::Screen,
};

/// What a desktop was asked to show: title and text.
type Shown = Arc<Mutex<Vec<(String, String)>>>;

/// A desktop's notification service. Source: Desktop Notifications Specification 1.2, "D-BUS Protocol".
struct Notifications(Shown);

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let [name, vendor, version, spec] =
            ["Example", "Example", "1", "1.2"].map(ToOwned::to_owned);
        (name, vendor, version, spec)
    }

    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        _program: String,
        _replaces: u32,
        _icon: String,
        title: String,
        text: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _until: i32,
    ) -> u32 {
        let mut shown = self.0.lock().expect("no panic");
        shown.push((title, text));
        u32::try_from(shown.len()).expect("few")
    }
}

/// A person's desk with a screen, a session bus and notifications.
struct Seat {
    desk: Desk,
    shown: Shown,
    _screen: Screen,
    _service: Connection,
    _bus: Neighbour,
}

impl Seat {
    async fn of(office: &Office, name: &str) -> Self {
        let desk = office.desk(name);
        let screen = Screen::of(&desk);
        let desk = desk.knows("DISPLAY", screen.name()).knows("NO_AT_BRIDGE", "1");
        let (bus, desk) = session_bus(desk);
        let shown = Shown::default();
        let service = connection::Builder::address(desk.variable("DBUS_SESSION_BUS_ADDRESS"))
            .and_then(|bus| bus.name("org.freedesktop.Notifications"))
            .and_then(|bus| {
                bus.serve_at("/org/freedesktop/Notifications", Notifications(shown.clone()))
            })
            .expect("an address of a bus")
            .build()
            .await
            .expect("the bus takes it");
        Self { desk, shown, _screen: screen, _service: service, _bus: bus }
    }

    /// A typing mistake in the third line.
    fn mistypes(&self) {
        let text = "# mine\n[pop]\nwhen = \"rings\"\n";
        fs::write(self.desk.home().join("settings.toml"), text).expect("a file");
    }

    fn shown(&self) -> Vec<(String, String)> {
        self.shown.lock().expect("no panic").clone()
    }

    /// Starts a program as an icon does, without a terminal, and waits for its end. Returns the exit code.
    async fn starts(&self, program: &Path, words: &[&str]) -> Option<i32> {
        let mut start = self.desk.other(&program.display().to_string());
        start.args(words).arg("--home").arg(self.desk.home());
        start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let ended = tokio::task::spawn_blocking(move || start.status()).await;
        ended.expect("no panic").expect("it starts").code()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.desk.home().join("logs/patchcord.log")).unwrap_or_default()
    }
}

/// The windows of a home. Ended with this value: nothing else ends a window that has no engine.
struct Windows(Vec<u32>);

impl Windows {
    fn on(home: &Path) -> Self {
        Self(Self::ids(home))
    }

    fn ids(home: &Path) -> Vec<u32> {
        let home = home.display().to_string();
        let entries = fs::read_dir("/proc").expect("there is /proc").flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let ours = |id: &u32| {
            let words = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            let words: Vec<&str> = words.split('\0').collect();
            words[0].ends_with("/patchcord-window") && words.contains(&home.as_str())
        };
        ids.filter(ours).collect()
    }
}

impl Drop for Windows {
    fn drop(&mut self) {
        for id in &self.0 {
            // It may have gone.
            let _ = std::process::Command::new("kill").arg(id.to_string()).status();
        }
    }
}

fn program() -> std::path::PathBuf {
    std::env::var("PATCHCORD_BIN").expect("as the others").into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_mistyped_setting_is_told_in_a_window_which_goes_on_once_it_is_mended() {
    let office = Office::open().await;
    let seat = Seat::of(&office, "mara").await;
    seat.mistypes();

    assert_eq!(seat.starts(&program(), &["--hidden"]).await, Some(1));
    let windows = Windows::on(&seat.desk.home());
    assert_eq!(windows.0.len(), 1, "its page has answered, and it stays");
    assert_eq!(seat.shown(), Vec::new(), "it is said once");
    let log = seat.log();
    assert!(log.contains("settings.toml") && log.contains("line=3"), "{log}");
    assert!(!log.contains("rings"), "what was typed is nobody's business: {log}");

    // Another start fails for another reason, and leads the page that stands to it.
    let settings = seat.desk.home().join("settings.toml");
    fs::remove_file(&settings).expect("it was there");
    fs::create_dir(&settings).expect("a folder in its place");
    assert_eq!(seat.starts(&program(), &[]).await, Some(1));
    assert_eq!(Windows::ids(&seat.desk.home()), windows.0, "the same window");
    assert_eq!(seat.shown(), Vec::new(), "it was said in the window");
    assert!(!seat.log().contains("neither a window"), "{}", seat.log());
    assert!(!seat.desk.home().join("window.told").exists());

    fs::remove_dir(&settings).expect("it was there");
    fs::write(&settings, "").expect("a file");
    let engine = seat.desk.starts().await;
    // A second start raises the window, and ends well once its page has answered.
    assert_eq!(seat.starts(&program(), &[]).await, Some(0));
    assert_eq!(Windows::ids(&seat.desk.home()), windows.0, "the same window");
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_mistyped_setting_is_notified_where_no_window_can_be_had() {
    let office = Office::open().await;
    for (language, title) in [("en", "Patchcord could not start"), ("zh_CN", "Patchcord 无法启动")]
    {
        let mut seat = Seat::of(&office, language).await;
        seat.desk = seat.desk.knows("LANGUAGE", language);
        seat.mistypes();
        // No window's program lies beside this one.
        let alone = seat.desk.folder.join("patchcord");
        fs::copy(program(), &alone).expect("a file");

        for words in [&["--hidden"][..], &[], &["link", "tel:+49493555017"]] {
            let before = seat.shown().len();
            assert_eq!(seat.starts(&alone, words).await, Some(1), "{words:?}");
            eventually("it is notified", || async { seat.shown().len() == before + 1 }).await;
            let (told, text) = seat.shown().pop().expect("it was there");
            assert_eq!(told, title);
            assert!(text.contains("settings.toml, line 3: pop.when"), "{text}");
            let file = seat.desk.home().join("settings.toml");
            assert!(text.contains(&format!("patchcord policy check {}", file.display())), "{text}");
        }
        stays("once for each start", Duration::from_secs(1), || async { seat.shown().len() == 3 })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_home_that_cannot_be_written_is_told_in_a_window_all_the_same() {
    let office = Office::open().await;
    let seat = Seat::of(&office, "mara").await;
    // Also for who may write everywhere.
    let home = seat.desk.home();
    fs::remove_dir_all(&home).expect("it was there");
    fs::write(&home, "a file in its place").expect("a file");
    assert_eq!(seat.starts(&program(), &["--hidden"]).await, Some(1));
    let windows = Windows::on(&home);
    assert_eq!((windows.0.len(), seat.shown()), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_policy_that_is_not_valid_is_notified_in_the_language_of_the_settings() {
    let office = Office::open().await;
    let mut seat = Seat::of(&office, "mara").await;
    let (settings, policy) =
        (seat.desk.home().join("settings.toml"), seat.desk.folder.join("policy.toml"));
    fs::write(settings, "[app]\nlanguage = \"zh-CN\"\n").expect("a file");
    fs::write(&policy, "[pop]\nwhen = \"rings\"\n").expect("a file");
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o600)).expect("ours");
    seat.desk = seat.desk.knows("LANGUAGE", "en");
    seat.desk = seat.desk.knows("PATCHCORD_POLICY", &policy.display().to_string());
    let alone = seat.desk.folder.join("patchcord");
    fs::copy(program(), &alone).expect("a file");
    assert_eq!(seat.starts(&alone, &["--hidden"]).await, Some(1));
    eventually("it is notified", || async { !seat.shown().is_empty() }).await;
    let (told, text) = seat.shown().pop().expect("it was there");
    assert_eq!(told, "Patchcord 无法启动");
    assert!(text.contains("管理员的策略文件无效"), "{text}");
}
