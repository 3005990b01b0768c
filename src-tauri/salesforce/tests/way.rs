//! The proxy of the network changes while somebody is signed in.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::sync::{Arc, Mutex};

use salesforce::{App, Error, Login, Session, Timeouts, Vault};
use support::Memory;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use url::Url;

/// A proxy that lets nobody through. Returns its address and what it was asked.
async fn proxy() -> (Url, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let notes = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 1024];
            let read = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]);
            notes.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
            let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    (address, heard)
}

#[tokio::test]
async fn what_is_asked_after_a_change_goes_by_the_proxy_that_is_set_now() {
    let ((first, of_first), (second, of_second)) = (proxy().await, proxy().await);
    let app = App {
        login: Login::parse("https://login.salesforce.com").unwrap(),
        consumer_key: "3MVG9example".to_owned(),
        ports: vec![0],
        version: "0.1.0".to_owned(),
        timeouts: Timeouts::default(),
        proxy: Some(first.clone()),
    };
    let vault = Arc::new(Memory::default());
    vault.put("refresh-0", "https://northwind.my.salesforce.com");
    vault.granted_at("https://login.salesforce.com");
    let session = Session::resume(app, vault.load().unwrap(), vault).unwrap();
    assert!(matches!(session.user().await, Err(Error::ProxyLogin(_))));
    assert_eq!(*of_first.lock().unwrap(), ["CONNECT login.salesforce.com:443 HTTP/1.1"]);

    assert!(!session.goes_by(Some(first)).unwrap(), "it is the same one");
    assert!(session.goes_by(Some(second)).unwrap());
    assert!(matches!(session.user().await, Err(Error::ProxyLogin(_))));
    assert_eq!(of_first.lock().unwrap().len(), 1);
    assert_eq!(*of_second.lock().unwrap(), ["CONNECT login.salesforce.com:443 HTTP/1.1"]);
}
