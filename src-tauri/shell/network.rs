//! The way out of this computer's network, as the system or the desktop has it set.
//!
//! The HTTP library follows the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), and on Windows and macOS the fixed
//! proxy of the system's settings. It does not know what desktops of Linux have set, and runs no script (PAC) anywhere.
//! So the first is read here, and of the second a person is told.

use std::{env, sync::Mutex};

use engine::{
    plain::without_login,
    ports::{Fact, Way},
};

use crate::logging::hold;

/// How long a program of the desktop or the session may take to tell a setting. Both are asked at the same time.
#[cfg(not(windows))]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// The way as it was found last: one answer for who connects and for who checks the set-up.
#[derive(Debug)]
pub(crate) struct Road(Mutex<Way>);

impl Road {
    /// Finds the way, within two seconds.
    pub(crate) async fn found() -> Self {
        let way = tokio::task::spawn_blocking(find).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the way out could not be looked for");
            Way::Usual
        });
        Self(Mutex::new(way))
    }

    /// Returns it as it was found last.
    pub(crate) fn known(&self) -> Way {
        hold(&self.0).clone()
    }

    /// Finds it anew. Blocks for two seconds at most.
    pub(crate) fn found_again(&self) -> Way {
        let way = find();
        hold(&self.0).clone_from(&way);
        way
    }
}

/// What says "go by the proxy at this address" to a program, most specific first.
const NAMES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

fn find() -> Way {
    // What the environment says counts before all else, as in every program that reads it.
    let named = |name: &str| env::var(name).is_ok_and(|value| !value.is_empty());
    if NAMES.into_iter().any(named) {
        return Way::Usual;
    }
    let (session, desktop) = both(set_by_the_session, set_by_the_desktop);
    session.unwrap_or(desktop)
}

/// Asks both at the same time.
fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Says what the doctor finds.
pub(crate) fn look(way: &Way) -> Fact {
    match way {
        Way::Usual => Fact::Is("No proxy script stands between this computer and Salesforce".to_owned()),
        Way::Proxy(proxy) => Fact::Is(format!("The desktop's proxy is used: {}", without_login(proxy.as_str()))),
        Way::Script(script) => Fact::Missing {
            found: format!("This computer's proxy is chosen by a script (PAC), which Patchcord does not run: {}", without_login(script)),
            todo: "Nothing, where Salesforce is reached all the same; otherwise IT sets HTTPS_PROXY for Patchcord, or a fixed proxy in the system's settings".to_owned(),
        },
    }
}

/// Returns the proxy that the session's environment names since this program was started: desktops keep it in the user's
/// systemd, which hands it to what is started later. Source: systemctl(1), `show-environment`.
#[cfg(target_os = "linux")]
fn set_by_the_session() -> Option<Way> {
    session(&told_by("systemctl", &["--user", "show-environment"]))
}

#[cfg(not(target_os = "linux"))]
fn set_by_the_session() -> Option<Way> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn session(told: &str) -> Option<Way> {
    let value = |name: &str| {
        let found =
            told.lines().find_map(|line| line.split_once('=').filter(|(its, _)| *its == name));
        // Quoted is what no address holds.
        found.map(|(_, value)| value).filter(|value| !value.starts_with(['$', '"', '\'']))
    };
    NAMES.into_iter().filter_map(value).find_map(|text| {
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let proxy = url::Url::parse(&text).ok()?;
        proxy.host_str().is_some_and(|host| !host.is_empty()).then_some(Way::Proxy(proxy))
    })
}

/// Source: the schema `org.gnome.system.proxy` (gsettings-desktop-schemas), which GNOME, Cinnamon, MATE and others keep;
/// KDE's `kioslaverc`, section "Proxy Settings".
#[cfg(target_os = "linux")]
fn set_by_the_desktop() -> Way {
    let desktop = env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
    if desktop.split(':').any(|name| name.eq_ignore_ascii_case("kde")) {
        let folder = env::var_os("XDG_CONFIG_HOME")
            .map(std::path::PathBuf::from)
            .or_else(|| Some(std::path::Path::new(&env::var_os("HOME")?).join(".config")));
        let text =
            folder.and_then(|folder| std::fs::read_to_string(folder.join("kioslaverc")).ok());
        return kde(&text.unwrap_or_default());
    }
    gnome(&told_by("gsettings", &["list-recursively", "org.gnome.system.proxy"]))
}

#[cfg(target_os = "macos")]
fn set_by_the_desktop() -> Way {
    macos(&told_by("/usr/sbin/scutil", &["--proxy"]))
}

/// Source: Microsoft, WinINet's per-user settings; the library reads the fixed proxy from the same place.
#[cfg(windows)]
fn set_by_the_desktop() -> Way {
    const PLACE: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    let Ok(settings) = windows_registry::CURRENT_USER.open(PLACE) else { return Way::Usual };
    match settings.get_string("AutoConfigURL") {
        Ok(script) if !script.is_empty() && settings.get_u32("ProxyEnable").unwrap_or(0) == 0 => {
            Way::Script(script)
        }
        _ => Way::Usual,
    }
}

/// Returns what a program prints within a while; nothing where it is not there or takes longer. It has ended then.
#[cfg(not(windows))]
fn told_by(program: &str, words: &[&str]) -> String {
    use std::{
        io::Read as _,
        process::{Command, Stdio},
    };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return String::new() };
    let Some(mut out) = child.stdout.take() else { return String::new() };
    let (done, wait) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut told = Vec::new();
        // Nobody may be waiting any more.
        let _ = done.send(out.read_to_end(&mut told).map(|_| told));
    });
    let told = wait.recv_timeout(PATIENCE).ok().and_then(Result::ok);
    // One that has said all may be ending still.
    let _ = child.kill();
    let _ = child.wait();
    told.map(|told| String::from_utf8_lossy(&told).into_owned()).unwrap_or_default()
}

/// Reads lines such as `org.gnome.system.proxy.https host 'proxy.example.com'`.
#[cfg(any(target_os = "linux", test))]
fn gnome(told: &str) -> Way {
    let value = |schema: &str, key: &str| {
        let found = told.lines().find_map(|line| {
            let (place, value) = line.strip_prefix("org.gnome.system.proxy")?.split_once(' ')?;
            let (its_key, value) = value.split_once(' ')?;
            (place == schema && its_key == key).then(|| value.trim().trim_matches('\'').to_owned())
        });
        found.unwrap_or_default()
    };
    let fixed = |schema: &str| fixed(&value(schema, "host"), &value(schema, "port"));
    match value("", "mode").as_str() {
        "auto" => script(&value("", "autoconfig-url")),
        "manual" => fixed(".https").or_else(|| fixed(".http")).unwrap_or(Way::Usual),
        _ => Way::Usual,
    }
}

/// Reads `ProxyType=1`, `httpsProxy=http://proxy.example.com 3128`, `Proxy Config Script=http://…`.
#[cfg(any(target_os = "linux", test))]
fn kde(text: &str) -> Way {
    let section = text.split("[Proxy Settings]").nth(1).unwrap_or_default();
    let value = |key: &str| {
        section
            .lines()
            .take_while(|line| !line.starts_with('['))
            .find_map(|line| line.split_once('=').filter(|(its, _)| *its == key))
            .map_or("", |(_, value)| value.trim())
    };
    match value("ProxyType") {
        // A named script, and one that the network is asked for.
        "2" | "3" => script(value("Proxy Config Script")),
        "1" => {
            let (host, port) = value("httpsProxy").rsplit_once([' ', ':']).unwrap_or_default();
            fixed(host.trim_start_matches("http://"), port).unwrap_or(Way::Usual)
        }
        _ => Way::Usual,
    }
}

/// Reads lines such as `ProxyAutoConfigEnable : 1`. Source: scutil(8).
#[cfg(any(target_os = "macos", test))]
fn macos(told: &str) -> Way {
    let value = |key: &str| {
        let found = told.lines().find_map(|line| {
            line.trim().split_once(" : ").filter(|(its, _)| *its == key).map(|(_, value)| value)
        });
        found.unwrap_or_default()
    };
    let is_on = |key: &str| value(key) == "1";
    if is_on("HTTPSEnable")
        || !(is_on("ProxyAutoConfigEnable") || is_on("ProxyAutoDiscoveryEnable"))
    {
        // The library reads the fixed one itself.
        return Way::Usual;
    }
    script(value("ProxyAutoConfigURLString"))
}

#[cfg(any(not(windows), test))]
fn script(named: &str) -> Way {
    Way::Script(if named.is_empty() {
        "found by the network (WPAD)".to_owned()
    } else {
        named.to_owned()
    })
}

#[cfg(any(target_os = "linux", test))]
fn fixed(host: &str, port: &str) -> Option<Way> {
    let port = port.parse::<u16>().ok().filter(|port| *port != 0)?;
    let proxy = url::Url::parse(&format!("http://{host}:{port}")).ok()?;
    proxy.host_str().is_some_and(|host| !host.is_empty()).then_some(Way::Proxy(proxy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str) -> Way {
        Way::Proxy(text.parse().unwrap())
    }

    #[cfg(unix)]
    #[test]
    fn session_and_desktop_that_hang_are_waited_for_once_and_left_to_nobody() {
        let begun = std::time::Instant::now();
        let hang = || told_by("sleep", &["30.125"]);
        assert_eq!(both(hang, hang), (String::new(), String::new()));
        let took = begun.elapsed();
        assert!(took >= PATIENCE && took < PATIENCE * 2, "one after the other: {took:?}");
        let left = std::process::Command::new("pgrep").args(["-f", "^sleep 30.125$"]).output();
        assert_eq!(left.unwrap().stdout, b"", "they have ended");
        assert_eq!(told_by("printf", &["a=b"]), "a=b");
        assert_eq!(told_by("there-is-no-such-program", &[]), "");
    }

    #[test]
    fn a_proxy_of_the_session_s_environment_is_read() {
        assert_eq!(session(""), None);
        assert_eq!(session("LANG=C\nHTTPS_PROXY=\nHTTPS_PROXY=$'x y'\n"), None);
        assert_eq!(
            session("ALL_PROXY=a.example:1\nhttps_proxy=http://b.example:2"),
            Some(proxy("http://b.example:2"))
        );
        assert_eq!(session("ALL_PROXY=a.example:1\n"), Some(proxy("http://a.example:1")));
    }

    #[test]
    fn a_log_in_is_used_and_not_shown() {
        let set = "[Proxy Settings]\nProxyType=1\nhttpsProxy=http://mara:s3cret@p.example 3128\n";
        assert_eq!(kde(set), proxy("http://mara:s3cret@p.example:3128"));
        let script = "org.gnome.system.proxy autoconfig-url 'http://mara:s3cret@wpad.example/p.pac?s3cret'\norg.gnome.system.proxy mode 'auto'\n";
        for way in [
            kde(set),
            gnome(script),
            session("https_proxy=http://mara:s3cret@p.example:1").unwrap(),
        ] {
            let told = format!("{:?} {way:?}", look(&way));
            assert!(
                told.contains("example") && !told.contains("s3cret") && !told.contains("mara"),
                "{told}"
            );
        }
    }

    #[test]
    fn what_gnome_has_set_is_read() {
        let set = |mode: &str, host: &str, port: u16| {
            format!(
                "org.gnome.system.proxy autoconfig-url 'http://wpad.example/proxy.pac'\norg.gnome.system.proxy mode '{mode}'\norg.gnome.system.proxy.http host 'plain.example'\norg.gnome.system.proxy.http port 8080\norg.gnome.system.proxy.https host '{host}'\norg.gnome.system.proxy.https port {port}\n"
            )
        };
        assert_eq!(gnome(&set("none", "p.example", 3128)), Way::Usual);
        assert_eq!(
            gnome(&set("auto", "", 0)),
            Way::Script("http://wpad.example/proxy.pac".to_owned())
        );
        assert_eq!(gnome(&set("manual", "p.example", 3128)), proxy("http://p.example:3128"));
        assert_eq!(gnome(&set("manual", "", 0)), proxy("http://plain.example:8080"));
        assert_eq!(gnome(""), Way::Usual);
    }

    #[test]
    fn what_kde_has_set_is_read() {
        let set = |kind: u8| {
            format!(
                "[Other]\nProxyType=9\n[Proxy Settings]\nProxyType={kind}\nProxy Config Script=http://wpad.example/p.pac\nhttpsProxy=http://p.example 3128\n[Last]\nProxyType=9\n"
            )
        };
        assert_eq!(kde(&set(0)), Way::Usual);
        assert_eq!(kde(&set(1)), proxy("http://p.example:3128"));
        assert_eq!(kde(&set(2)), Way::Script("http://wpad.example/p.pac".to_owned()));
        assert_eq!(kde("[Proxy Settings]\nProxyType=3\n"), script(""));
        assert_eq!(kde(""), Way::Usual);
    }

    #[test]
    fn what_macos_has_set_is_read() {
        let set = |https: u8, script: u8| {
            format!(
                "<dictionary> {{\n  HTTPSEnable : {https}\n  ProxyAutoConfigEnable : {script}\n  ProxyAutoConfigURLString : http://wpad.example/p.pac\n}}\n"
            )
        };
        assert_eq!(macos(&set(0, 0)), Way::Usual);
        assert_eq!(macos(&set(1, 1)), Way::Usual);
        assert_eq!(macos(&set(0, 1)), Way::Script("http://wpad.example/p.pac".to_owned()));
    }
}
