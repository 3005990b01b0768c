//! A client of the PBX, made of a bare HTTP and WebSocket library only.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use rustls::{
    DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use simulator::Pbx;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Trusts one leaf, by its fingerprint.
#[derive(Debug)]
struct Pinned(String, Arc<CryptoProvider>);

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let print: String = Sha256::digest(leaf).iter().map(|byte| format!("{byte:02x}")).collect();
        if print == self.0 {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate".to_owned()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, leaf, signed, &self.1.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, leaf, signed, &self.1.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.1.signature_verification_algorithms.supported_schemes()
    }
}

pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    base: String,
    id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) refresh: String,
}

impl Client {
    pub(crate) fn new(pbx: &Pbx) -> Self {
        // Another test of this process may have installed it already.
        let _ = ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().user_agent("Tests/1");
        if let Some(print) = pbx.certificate_sha256() {
            let provider = Arc::new(ring::default_provider());
            let tls = rustls::ClientConfig::builder()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Pinned(print, provider)))
                .with_no_client_auth();
            builder = builder.tls_backend_preconfigured(tls);
        }
        Self {
            http: builder.build().unwrap(),
            base: pbx.address(),
            id: pbx.client_id(),
            secret: pbx.client_secret(),
            token: String::new(),
            refresh: String::new(),
        }
    }

    pub(crate) fn url(&self, interface: &str, parameters: &[(&str, &str)]) -> String {
        let mut url = url::Url::parse(&format!("{}/openapi/v1.0/{interface}", self.base)).unwrap();
        url.query_pairs_mut().append_pair("access_token", &self.token).extend_pairs(parameters);
        url.to_string()
    }

    pub(crate) async fn get(&self, interface: &str, parameters: &[(&str, &str)]) -> Value {
        self.http.get(self.url(interface, parameters)).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn post(&self, interface: &str, body: &Value) -> Value {
        self.http
            .post(self.url(interface, &[]))
            .json(body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn log_in(&mut self) -> Value {
        let body = json!({ "username": self.id, "password": self.secret });
        let answer = self.post("get_token", &body).await;
        self.keep(answer)
    }

    pub(crate) async fn refresh_now(&mut self, refresh: &str) -> Value {
        let answer = self.post("refresh_token", &json!({ "refresh_token": refresh })).await;
        self.keep(answer)
    }

    fn keep(&mut self, answer: Value) -> Value {
        if answer["errcode"] == 0 {
            self.token = answer["access_token"].as_str().unwrap().to_owned();
            self.refresh = answer["refresh_token"].as_str().unwrap().to_owned();
        }
        answer
    }

    pub(crate) async fn open_socket(
        &self,
    ) -> Result<Events, Box<tokio_tungstenite::tungstenite::Error>> {
        let url = self.url("subscribe", &[]).replacen("http", "ws", 1);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("user-agent", "Tests/1".parse().unwrap());
        Ok(Events(connect_async(request).await.map_err(Box::new)?.0))
    }

    pub(crate) async fn subscribe(&self, topics: &[u32]) -> Events {
        let mut events = self.open_socket().await.unwrap();
        events.send(&json!({ "topic_list": topics }).to_string()).await;
        assert_eq!(events.raw().await.as_deref(), Some("{\"errcode\":0,\"errmsg\":\"SUCCESS\"}"));
        events
    }
}

pub(crate) struct Events(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Events {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next text frame; `None` when the socket has ended.
    pub(crate) async fn raw(&mut self) -> Option<String> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next event: its type and its `msg`.
    pub(crate) async fn next(&mut self) -> (u64, Value) {
        let waiting = tokio::time::timeout(Duration::from_secs(5), self.raw());
        let text =
            waiting.await.expect("an event within five seconds").expect("the socket is open");
        let frame: Value = serde_json::from_str(&text).unwrap();
        let msg = match &frame["msg"] {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            other => other.clone(),
        };
        (frame["type"].as_u64().unwrap(), msg)
    }

    /// The next event of this type; others are passed over.
    pub(crate) async fn until(&mut self, wanted: u64) -> Value {
        loop {
            let (kind, msg) = self.next().await;
            if kind == wanted {
                return msg;
            }
        }
    }
}
