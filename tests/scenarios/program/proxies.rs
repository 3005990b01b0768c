//! A network that lets nobody through without its proxy: one that wants a log-in, one that takes a log-in, one that
//! looks into what is encrypted, a guest portal, one that only the desktop's settings name, and a script.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::view::{Integration, LinkState};
use scenarios::{Stranger, browser, eventually, free_port};
use simulator::salesforce::Instance;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use url::Url;

use crate::{
    desk::{Desk, Office, files},
    trust::{Root, encrypts},
};

/// What the proxy does with a wish to be connected.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Answers with this head.
    Says(&'static str),
    /// Connects, but to this port of this computer.
    LeadsTo(u16),
    /// Connects to nobody.
    IsCutOff,
}

/// A proxy on loopback. Returns its address and what it heard.
pub(crate) async fn proxy(manner: Manner) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let notes = notes.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                let read = stream.read(&mut head).await.unwrap_or(0);
                let said = String::from_utf8_lossy(&head[..read]).into_owned();
                notes.lock().unwrap_or_else(PoisonError::into_inner).push(said);
                match manner {
                    Manner::IsCutOff => {}
                    Manner::Says(head) => {
                        let _ = stream.write_all(head.as_bytes()).await;
                    }
                    Manner::LeadsTo(port) => {
                        let Ok(mut there) = TcpStream::connect(("127.0.0.1", port)).await else {
                            return;
                        };
                        let _ =
                            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
                        let _ = copy_bidirectional(&mut stream, &mut there).await;
                    }
                }
            });
        }
    });
    (address, heard)
}

/// Signs in at the real address through a proxy; comes back from the browser with some code. Returns what is told.
async fn signs_in_through(proxy: &str) -> String {
    signs_in(|desk| desk.knows("HTTPS_PROXY", proxy).knows("NO_PROXY", "localhost")).await
}

/// The same on a desk that is prepared in some way.
pub(crate) async fn signs_in(prepared: impl FnOnce(Desk) -> Desk) -> String {
    signs_in_after(prepared, |_| {}).await
}

/// The same, after something has changed since the program was started.
async fn signs_in_after(
    prepared: impl FnOnce(Desk) -> Desk,
    changed: impl FnOnce(&Desk),
) -> String {
    let office = Office::open().await;
    let desk = prepared(office.desk("mara"));
    let port = free_port();
    let settings = format!("[salesforce]\ncallback_ports = [{port}]\n");
    std::fs::write(desk.home().join("settings.toml"), settings).expect("a file");
    let engine = desk.starts().await;
    changed(&desk);
    let key = office.salesforce.consumer_key();
    let words = [
        "connect",
        "salesforce",
        "--login",
        "https://login.salesforce.com",
        "--consumer-key",
        &key,
        "--no-browser",
    ];
    let mut asked = desk
        .command(&words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(asked.stdout.take().expect("it is piped"));
    let mut page = String::new();
    lines.read_line(&mut page).expect("a page is printed");
    let page = Url::parse(page.trim()).expect("an address");
    let state = page.query_pairs().find(|(key, _)| key == "state").expect("a state").1.into_owned();
    let mut back = Url::parse(&format!("http://localhost:{port}/oauth/callback")).expect("one");
    back.query_pairs_mut().append_pair("code", "aPrx").append_pair("state", &state);
    browser().get(back).send().await.expect("the browser comes back");
    let mut told = String::new();
    let mut err = asked.stderr.take().expect("it is piped");
    let told = tokio::task::spawn_blocking(move || {
        err.read_to_string(&mut told).expect("text");
        let code = asked.wait().expect("it ends");
        assert_eq!(code.code(), Some(1), "{told}");
        told
    })
    .await
    .expect("no panic");
    engine.quits().await;
    told
}

#[tokio::test]
async fn a_proxy_that_wants_a_log_in_is_named_as_the_cause() {
    let denies = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"office\"\r\nContent-Length: 0\r\n\r\n";
    let (address, heard) = proxy(Manner::Says(denies)).await;
    let told = signs_in_through(&format!("http://{address}")).await;
    assert!(told.contains("proxy"), "{told}");
    assert!(told.contains("log-in"), "{told}");
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(heard[0].starts_with("CONNECT login.salesforce.com:443"), "{heard:?}");
    assert!(!heard[0].contains("aPrx"), "the code stays inside");
}

#[tokio::test]
async fn a_proxy_that_looks_inside_is_refused_in_words_and_given_its_log_in() {
    let made =
        rcgen::generate_simple_self_signed(vec!["login.salesforce.com".to_owned()]).expect("one");
    let inspector = Stranger::showing(made.cert.der().clone(), &made.signing_key).await;
    let (address, heard) = proxy(Manner::LeadsTo(inspector.port())).await;
    let told = signs_in_through(&format!("http://mara:pass%20word@{address}")).await;
    assert!(told.contains("not trusted by this computer"), "{told}");
    assert!(told.contains("root certificate"), "{told}");
    assert!(!told.contains("pass"), "{told}");
    assert_eq!(inspector.heard(), Vec::<String>::new(), "it has read nothing");
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let login = heard[0].to_ascii_lowercase();
    assert!(login.contains("proxy-authorization: basic"), "{heard:?}");
}

#[tokio::test]
async fn a_guest_portal_in_place_of_salesforce_is_not_taken_for_it() {
    let portal =
        "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n";
    let (address, _) = proxy(Manner::Says(portal)).await;
    let told = signs_in_through(&format!("http://{address}")).await;
    assert!(told.contains("Salesforce did not answer"), "{told}");
    assert!(told.contains("network"), "{told}");
}

/// A desk of GNOME, set by GNOME's own program: schema, key, value.
fn gnome_has_set(desk: Desk, settings: &[[&str; 3]]) -> Desk {
    let desk = desk.knows("GSETTINGS_BACKEND", "keyfile").knows("XDG_CURRENT_DESKTOP", "GNOME");
    sets(&desk, settings);
    desk
}

/// A person changes GNOME's settings.
fn sets(desk: &Desk, settings: &[[&str; 3]]) {
    for words in settings {
        let set = desk.other("gsettings").arg("set").args(words).status();
        assert!(set.expect("there is gsettings").success(), "{words:?}");
    }
}

fn goes_by(desk: &Desk, address: &str) {
    let (host, port) = address.split_once(':').expect("host and port");
    let settings = [
        ["org.gnome.system.proxy.https", "host", host],
        ["org.gnome.system.proxy.https", "port", port],
        ["org.gnome.system.proxy", "mode", "manual"],
    ];
    sets(desk, &settings);
}

#[tokio::test]
async fn the_proxy_of_the_desktops_settings_is_gone_by() {
    let denies = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let (address, heard) = proxy(Manner::Says(denies)).await;
    let (host, port) = address.split_once(':').expect("host and port");
    let settings = [
        ["org.gnome.system.proxy.https", "host", host],
        ["org.gnome.system.proxy.https", "port", port],
        ["org.gnome.system.proxy", "mode", "manual"],
    ];
    let told = signs_in(|desk| gnome_has_set(desk, &settings)).await;
    assert!(told.contains("proxy of this network asks for a log-in"), "{told}");
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(heard[0].starts_with("CONNECT login.salesforce.com:443"), "{heard:?}");
}

const DENIES: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_proxy_that_kde_is_set_to_meanwhile_is_gone_by() {
    let (address, heard) = proxy(Manner::Says(DENIES)).await;
    let settings =
        format!("[Proxy Settings]\nProxyType=1\nhttpsProxy=http://{}\n", address.replace(':', " "));
    let told = signs_in_after(
        |desk| desk.knows("XDG_CURRENT_DESKTOP", "KDE"),
        |desk| {
            let folder = Path::new(desk.variable("HOME")).join(".config");
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(folder.join("kioslaverc"), settings).expect("a file");
        },
    )
    .await;
    assert!(told.contains("proxy of this network asks for a log-in"), "{told}");
    assert_eq!(heard.lock().unwrap_or_else(PoisonError::into_inner).len(), 1);
}

#[tokio::test]
async fn a_proxy_that_the_sessions_environment_names_meanwhile_is_gone_by() {
    let (address, heard) = proxy(Manner::Says(DENIES)).await;
    // Stands in for the user's systemd: it tells the environment that a file holds.
    let told = signs_in_after(
        |desk| {
            let tool = desk.folder.join("systemctl");
            let script = format!("#!/bin/sh\ncat '{}'\n", desk.folder.join("session").display());
            std::fs::write(&tool, script).expect("a file");
            std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("ours");
            let path = format!("{}:{}", desk.folder.display(), desk.variable("PATH"));
            desk.knows("PATH", &path)
        },
        |desk| {
            let environment = format!("LANG=C\nHTTPS_PROXY=http://{address}\n");
            std::fs::write(desk.folder.join("session"), environment).expect("a file");
        },
    )
    .await;
    assert!(told.contains("proxy of this network asks for a log-in"), "{told}");
    assert_eq!(heard.lock().unwrap_or_else(PoisonError::into_inner).len(), 1);
}

#[tokio::test]
async fn a_proxy_script_that_is_not_run_is_named_as_the_cause() {
    let script = "http://mara:s3cret@wpad.example/proxy.pac?key=s3cret";
    let settings = [
        ["org.gnome.system.proxy", "autoconfig-url", script],
        ["org.gnome.system.proxy", "mode", "auto"],
    ];
    let told = signs_in(|desk| gnome_has_set(desk, &settings)).await;
    let shown = "http://…@wpad.example/proxy.pac";
    assert!(told.contains("script (PAC)") && told.contains(shown), "{told}");
    assert!(told.contains("HTTPS_PROXY"), "a next step: {told}");
    assert!(!told.contains("s3cret"), "{told}");

    let office = Office::open().await;
    let desk = gnome_has_set(office.desk("mara"), &settings);
    let (_, told) = desk.runs(&["doctor"], "");
    assert!(told.contains(shown) && !told.contains("s3cret"), "{told}");
    let (_, said) = desk.runs(&["doctor", "--json"], "");
    let report: serde_json::Value = serde_json::from_str(&said).expect("a document");
    let checks = report["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["id"] == "desk.proxy").expect("it is looked at");
    assert_eq!((&check["state"], &check["who"]), (&"warn".into(), &"it".into()), "{check:#}");
    assert!(check["found"].as_str().is_some_and(|found| found.contains(shown)), "{check:#}");
    assert!(!said.contains("s3cret"), "{said}");
    for (path, bytes) in files(&desk.home()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("s3cret"), "{} holds the log-in", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_proxy_that_is_changed_while_the_program_runs_is_gone_by() {
    const LOGIN: &str = "login.salesforce.com";
    const ORG: &str = "northwind.my.salesforce.com";
    let office = Office::open().await;
    office.salesforce.set(|org| org.instance = Instance::Other(format!("https://{ORG}")));
    let org = Url::parse(&office.salesforce.login()).expect("an address");
    let root = Root::made();
    let behind = encrypts(&root, &[LOGIN, ORG], org.port().expect("a port")).await;
    let (office_proxy, heard) = proxy(Manner::LeadsTo(behind)).await;
    let (home_proxy, at_home) = proxy(Manner::LeadsTo(behind)).await;
    let (cut_off, in_vain) = proxy(Manner::IsCutOff).await;

    let desk = root.is_installed_on(gnome_has_set(office.desk("mara"), &[]));
    goes_by(&desk, &cut_off);
    let engine = desk.starts().await;
    let words = pbx(&office);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, said) = desk.runs(&words, &office.pbx.client_secret());
    assert!(code.success(), "{said}");

    // The sign-in goes by what is set now, not by what was set at the start.
    goes_by(&desk, &office_proxy);
    let key = office.salesforce.consumer_key();
    let login = format!("https://{LOGIN}");
    let words =
        ["connect", "salesforce", "--login", &login, "--consumer-key", &key, "--no-browser"];
    let mut asked = desk
        .command(&words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(asked.stdout.take().expect("it is piped"));
    let mut page = String::new();
    lines.read_line(&mut page).expect("a page is printed");
    let page = page.trim().replacen(&login, org.as_str().trim_end_matches('/'), 1);
    browser().get(&page).send().await.expect("the browser comes back");
    let code = tokio::task::spawn_blocking(move || asked.wait()).await.expect("no panic");
    assert!(code.expect("it ends").success(), "nobody is signed in");
    let connected = || async { desk.status().integration == Integration::Connected };
    eventually("both sides are connected", connected).await;
    assert!(in_vain.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    assert!(!heard.lock().unwrap_or_else(PoisonError::into_inner).is_empty());

    // The laptop is carried home: nothing gets out by what is set, until another proxy is.
    goes_by(&desk, &cut_off);
    let (_, told) = desk.runs(&["doctor", "--json"], "");
    assert!(told.contains(&format!("http://{cut_off}")), "{told}");
    rings(&office).await;
    eventually("it is seen", || async { desk.status().salesforce.state == LinkState::Unreachable })
        .await;
    goes_by(&desk, &home_proxy);
    rings(&office).await;
    eventually("it goes on by itself", connected).await;
    eventually("both calls are logged", || async { office.salesforce.tasks().len() == 2 }).await;
    let at_home = at_home.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(
        at_home.iter().any(|said| said.starts_with(&format!("CONNECT {ORG}:443"))),
        "{at_home:?}"
    );
    engine.quits().await;
}

/// A PBX that only a proxy can reach: no name server here knows it.
const CLOUD: &str = "pbx.example.com";

/// Connects the PBX in the cloud. Returns whether that worked, and what was told.
fn connects_cloud(office: &Office, desk: &Desk) -> (bool, String) {
    let mut words = pbx(office);
    words[3] = format!("https://{CLOUD}");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, said) = desk.runs(&words, &office.pbx.client_secret());
    (code.success(), said)
}

fn is_asked_for_cloud(heard: &Mutex<Vec<String>>) -> bool {
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    heard.iter().any(|said| said.starts_with(&format!("CONNECT {CLOUD}:443")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_pbx_in_the_cloud_is_asked_and_heard_through_the_proxy_that_is_set_and_through_the_next()
{
    let office = Office::open().await;
    let root = Root::made();
    let plain = Url::parse(&office.pbx.address()).expect("an address").port().expect("a port");
    let behind = encrypts(&root, &[CLOUD], plain).await;
    let (office_proxy, heard) = proxy(Manner::LeadsTo(behind)).await;
    let (home_proxy, at_home) = proxy(Manner::LeadsTo(behind)).await;
    let desk = root.is_installed_on(gnome_has_set(office.desk("mara"), &[]));
    goes_by(&desk, &office_proxy);
    let engine = desk.starts().await;
    let (done, said) = connects_cloud(&office, &desk);
    assert!(done, "{said}");
    office.signs_in(&desk).await;
    let connected = || async { desk.status().integration == Integration::Connected };
    eventually("both sides are connected", connected).await;
    rings(&office).await;
    eventually("the call is logged", || async { office.salesforce.tasks().len() == 1 }).await;
    assert!(is_asked_for_cloud(&heard));
    assert!(!is_asked_for_cloud(&at_home));

    // The laptop is carried home: what goes by the old proxy is cut off.
    goes_by(&desk, &home_proxy);
    office.pbx.cut_sockets(simulator::Cut::Reset);
    let (_, told) = desk.runs(&["doctor", "--json"], "");
    assert!(told.contains(&format!("http://{home_proxy}")), "{told}");
    office.pbx.cut_sockets(simulator::Cut::Reset);
    eventually("the other proxy is gone by", || async { is_asked_for_cloud(&at_home) }).await;
    eventually("it goes on by itself", connected).await;
    rings(&office).await;
    eventually("and so is the next", || async { office.salesforce.tasks().len() == 2 }).await;
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_on_the_way_to_the_pbx_that_wants_a_log_in_is_named_as_the_cause() {
    let office = Office::open().await;
    let (address, heard) = proxy(Manner::Says(DENIES)).await;
    let desk = office.desk("mara").knows("HTTPS_PROXY", &format!("http://{address}"));
    let engine = desk.starts().await;
    let (done, told) = connects_cloud(&office, &desk);
    assert!(!done && told.contains("proxy of this network asks for a log-in"), "{told}");
    assert!(is_asked_for_cloud(&heard));
    let secret = office.pbx.client_secret();
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).join(" ");
    assert!(!heard.contains(&secret), "the secret stays inside");
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pbx_that_no_proxy_is_to_be_asked_for_is_reached_straight() {
    let office = Office::open().await;
    let (address, heard) = proxy(Manner::Says(DENIES)).await;
    let desk = office
        .desk("mara")
        .knows("HTTPS_PROXY", &format!("http://{address}"))
        .knows("NO_PROXY", CLOUD);
    let engine = desk.starts().await;
    let (done, told) = connects_cloud(&office, &desk);
    assert!(!done && !told.contains("proxy"), "{told}");
    assert!(!is_asked_for_cloud(&heard));
    engine.quits().await;
}

fn pbx(office: &Office) -> [String; 7] {
    [
        "connect".to_owned(),
        "pbx".to_owned(),
        "--address".to_owned(),
        office.pbx.address(),
        "--client-id".to_owned(),
        office.pbx.client_id(),
        "--secret-stdin".to_owned(),
    ]
}

/// Somebody calls, whom nobody knows by heart.
async fn rings(office: &Office) {
    let call = office.pbx.inbound("0305550199", "4101");
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.answer("4101");
    call.hang_up();
}
