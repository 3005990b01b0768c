//! A network that lets nobody through without its proxy: one that wants a log-in, one that takes a log-in, one that
//! looks into what is encrypted, a guest portal, one that only the desktop's settings name, and a script.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use scenarios::{Stranger, browser, free_port};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use url::Url;

use crate::desk::{Desk, Office};

/// What the proxy does with a wish to be connected.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Answers with this head.
    Says(&'static str),
    /// Connects, but to this port of this computer.
    LeadsTo(u16),
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
    let office = Office::open().await;
    let desk = prepared(office.desk("mara"));
    let port = free_port();
    let settings = format!("[salesforce]\ncallback_ports = [{port}]\n");
    std::fs::write(desk.home().join("settings.toml"), settings).expect("a file");
    let engine = desk.starts().await;
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
    for words in settings {
        let set = desk.other("gsettings").arg("set").args(words).status();
        assert!(set.expect("there is gsettings").success(), "{words:?}");
    }
    desk
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

#[tokio::test]
async fn a_proxy_script_that_is_not_run_is_named_as_the_cause() {
    let script = "http://wpad.example/proxy.pac";
    let settings = [
        ["org.gnome.system.proxy", "autoconfig-url", script],
        ["org.gnome.system.proxy", "mode", "auto"],
    ];
    let told = signs_in(|desk| gnome_has_set(desk, &settings)).await;
    assert!(told.contains("script (PAC)") && told.contains(script), "{told}");
    assert!(told.contains("HTTPS_PROXY"), "a next step: {told}");

    let office = Office::open().await;
    let (_, said) = gnome_has_set(office.desk("mara"), &settings).runs(&["doctor", "--json"], "");
    let report: serde_json::Value = serde_json::from_str(&said).expect("a document");
    let checks = report["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["id"] == "desk.proxy").expect("it is looked at");
    assert_eq!((&check["state"], &check["who"]), (&"warn".into(), &"it".into()), "{check:#}");
    assert!(check["found"].as_str().is_some_and(|found| found.contains(script)), "{check:#}");
}
