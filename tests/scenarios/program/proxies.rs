//! A network that lets nobody through without its proxy: one that wants a log-in, one that takes a log-in, one that
//! looks into what is encrypted, and a guest portal.

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

use crate::desk::Office;

/// What the proxy does with a wish to be connected.
#[derive(Clone, Copy)]
enum Manner {
    /// Answers with this head.
    Says(&'static str),
    /// Connects, but to this port of this computer.
    LeadsTo(u16),
}

/// A proxy on loopback. Returns its address and what it heard.
async fn proxy(manner: Manner) -> (String, Arc<Mutex<Vec<String>>>) {
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
    let office = Office::open().await;
    let desk = office.desk("mara").knows("HTTPS_PROXY", proxy).knows("NO_PROXY", "localhost");
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
