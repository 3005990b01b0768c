//! A scripted Salesforce on loopback that also hangs up, and a vault that remembers in which order things happened.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::RecordId;
use salesforce::{App, Grant, Instance, Kept, Login, Session, Timeouts, Vault, VaultError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    /// Query and, where the body is one, form.
    pub values: HashMap<String, String>,
    pub body: String,
}

impl Seen {
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub fn is_token(&self) -> bool {
        self.path == "/services/oauth2/token"
    }

    pub fn is_query_of(&self, object: &str) -> bool {
        self.path.ends_with("/query/") && self.value("q").contains(&format!("FROM {object}"))
    }
}

/// What the script answers.
pub enum Reply {
    Json(u16, Value),
    Text(u16, Vec<(&'static str, &'static str)>, String),
    /// Hangs up without a word.
    Nothing,
    /// Waits first.
    After(Duration, Box<Reply>),
}

pub fn ok(body: Value) -> Reply {
    Reply::Json(200, body)
}

pub fn refusal(status: u16, code: &str, message: &str, fields: &[&str]) -> Reply {
    Reply::Json(status, json!([{"errorCode": code, "message": message, "fields": fields}]))
}

pub fn rows(rows: Value) -> Reply {
    ok(json!({"totalSize": 1, "done": true, "records": rows}))
}

/// Answers as an ordinary org does what no test is about.
pub fn usual(seen: &Seen) -> Reply {
    let describe = |text: &str| ok(serde_json::from_str(text).unwrap());
    let object = seen.path.strip_suffix("/describe").and_then(|path| path.rsplit('/').next());
    match object {
        Some("Contact") => describe(include_str!("../../fixtures/describe_Contact.json")),
        Some("Lead") => describe(include_str!("../../fixtures/describe_Lead.json")),
        Some("Account") => describe(include_str!("../../fixtures/describe_Account.json")),
        Some("Task") => describe(include_str!("../../fixtures/describe_Task.json")),
        Some("User") => ok(json!({"createable": true, "updateable": true, "fields": [
            {"name": "Extension", "type": "phone", "updateable": true, "filterable": true}]})),
        Some(_) => refusal(404, "NOT_FOUND", "The requested resource does not exist", &[]),
        None if seen.is_query_of("TaskStatus") => rows(json!([
            {"MasterLabel": "Not Started", "ApiName": "Not Started", "IsClosed": false},
            {"MasterLabel": "Completed", "ApiName": "Completed", "IsClosed": true},
        ])),
        None if seen.path.ends_with("/query/") => rows(json!([])),
        None if seen.path == "/services/data/" => ok(json!([{"version": "62.0"}])),
        None => refusal(404, "NOT_FOUND", "The requested resource does not exist", &[]),
    }
}

/// A scripted org.
pub struct Org {
    pub address: String,
    ledger: Arc<Mutex<Vec<Seen>>>,
}

impl Org {
    pub async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let ledger = Arc::new(Mutex::new(Vec::new()));
        let (script, seen) = (Arc::new(script), Arc::clone(&ledger));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                tokio::spawn(async move { serve(stream, &*script, &seen).await });
            }
        });
        Self { address, ledger }
    }

    pub fn ledger(&self) -> Vec<Seen> {
        self.ledger.lock().unwrap().clone()
    }

    /// How many requests have arrived; the parts of a composite one are none.
    pub fn requests(&self) -> usize {
        self.count(|seen| seen.header(PART).is_empty())
    }

    pub fn count(&self, which: impl Fn(&Seen) -> bool) -> usize {
        self.ledger().iter().filter(|seen| which(seen)).count()
    }

    pub fn app(&self) -> App {
        App {
            login: Login::parse(&self.address).unwrap(),
            consumer_key: "3MVG9example".to_owned(),
            ports: vec![0],
            version: "0.1.0".to_owned(),
            timeouts: Timeouts { request: Duration::from_secs(2), ..Timeouts::default() },
            proxy: None,
        }
    }

    /// Returns a signed-in session with the tokens `access-0` and `refresh-0`.
    pub fn session(&self) -> (Session, Arc<Memory>) {
        self.session_of(self.app())
    }

    pub fn session_of(&self, app: App) -> (Session, Arc<Memory>) {
        let vault = Arc::new(Memory::default());
        let grant = Grant {
            access: SecretString::from("access-0"),
            refresh: SecretString::from("refresh-0"),
            instance: Instance::check(&self.address, &app.login, Some(&app.login)).unwrap(),
            org: org_id(),
            user: user_id(),
        };
        (Session::new(app, grant, vault.clone()).unwrap(), vault)
    }

    /// Returns a session after a restart: it has `refresh-0`, and no access token.
    pub fn resumed(&self, vault: Arc<Memory>) -> Session {
        vault.put("refresh-0", &self.address);
        Session::resume(self.app(), vault.load().unwrap(), vault).unwrap()
    }

    /// Returns a token answer: `access-<n>`, and where `rotating`, `refresh-<n>`.
    pub fn token(&self, n: usize, rotating: bool) -> Reply {
        token(&self.address, n, rotating)
    }
}

pub fn token(address: &str, n: usize, rotating: bool) -> Reply {
    let mut answer = json!({
        "access_token": format!("access-{n}"),
        "signature": "m0c9Wq5example=",
        "scope": "refresh_token api",
        "instance_url": address,
        "id": format!("https://login.salesforce.com/id/{}/{}", org_id(), user_id()),
        "token_type": "Bearer",
        "issued_at": "1790000123456",
        "something_new": {"a": [1]},
    });
    if rotating {
        answer["refresh_token"] = json!(format!("refresh-{n}"));
    }
    ok(answer)
}

pub fn org_id() -> RecordId {
    RecordId::parse("00D5g00000EXAMP").unwrap()
}

pub fn user_id() -> RecordId {
    RecordId::parse("0055g00000BExam").unwrap()
}

/// A vault in memory that counts and can refuse.
#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Option<Kept>>,
    pub saved: Mutex<Vec<String>>,
    pub refuses: Mutex<bool>,
    /// Called before a save is done.
    pub slow: Mutex<Option<Duration>>,
}

impl Memory {
    pub fn put(&self, refresh: &str, address: &str) {
        *self.kept.lock().unwrap() = Some(Kept {
            refresh: SecretString::from(refresh),
            login: Some(address.to_owned()),
            instance: address.to_owned(),
            org: org_id().to_string(),
            user: user_id().to_string(),
        });
    }

    /// The sign-in was made there, at another address than the org's own.
    pub fn granted_at(&self, login: &str) {
        if let Some(kept) = &mut *self.kept.lock().unwrap() {
            kept.login = Some(login.to_owned());
        }
    }

    pub fn refresh(&self) -> Option<String> {
        let kept = self.kept.lock().unwrap();
        kept.as_ref().map(|kept| kept.refresh.expose_secret().to_owned())
    }
}

impl Vault for Memory {
    fn load(&self) -> Option<Kept> {
        self.kept.lock().unwrap().clone()
    }

    fn save(&self, kept: &Kept) -> Result<(), VaultError> {
        if let Some(wait) = *self.slow.lock().unwrap() {
            std::thread::sleep(wait);
        }
        if *self.refuses.lock().unwrap() {
            return Err(VaultError("locked".to_owned()));
        }
        self.saved.lock().unwrap().push(kept.refresh.expose_secret().to_owned());
        *self.kept.lock().unwrap() = Some(kept.clone());
        Ok(())
    }

    fn clear(&self) {
        *self.kept.lock().unwrap() = None;
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &(impl Fn(&Seen) -> Reply + ?Sized),
    ledger: &Mutex<Vec<Seen>>,
) {
    while let Some(seen) = request(&mut stream).await {
        ledger.lock().unwrap().push(seen.clone());
        let mut reply = match composite(&seen, script, ledger) {
            Some(reply) => reply,
            None => script(&seen),
        };
        while let Reply::After(wait, then) = reply {
            tokio::time::sleep(wait).await;
            reply = *then;
        }
        let (status, headers, body) = match reply {
            Reply::Json(status, body) => {
                (status, vec![("content-type", "application/json")], body.to_string())
            }
            Reply::Text(status, headers, body) => (status, headers, body),
            Reply::Nothing | Reply::After(..) => return,
        };
        let mut head = format!("HTTP/1.1 {status} X\r\nsforce-limit-info: api-usage=18/15000\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if status != 204 && status != 304 {
            head += &format!("content-length: {}\r\n", body.len());
        }
        let answer = format!("{head}\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Marks the parts of a composite request in the ledger.
pub const PART: &str = "part-of-a-composite-request";

/// Asks the script for each part of a composite request, where the script has no answer to the whole.
fn composite(
    whole: &Seen,
    script: &(impl Fn(&Seen) -> Reply + ?Sized),
    ledger: &Mutex<Vec<Seen>>,
) -> Option<Reply> {
    if !whole.path.ends_with("/composite") {
        return None;
    }
    match script(whole) {
        Reply::Json(404, _) => {}
        other => return Some(other),
    }
    let body = whole.json();
    let mut answers = Vec::new();
    for part in body["compositeRequest"].as_array()? {
        let url = part["url"].as_str()?;
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let seen = Seen {
            method: part["method"].as_str()?.to_owned(),
            path: path.to_owned(),
            headers: HashMap::from([(PART.to_owned(), "yes".to_owned())]),
            values: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: part["body"].to_string(),
        };
        ledger.lock().unwrap().push(seen.clone());
        let (status, text) = match script(&seen) {
            Reply::Json(status, body) => (status, body.to_string()),
            Reply::Text(status, _, body) => (status, body),
            Reply::Nothing | Reply::After(..) => return Some(Reply::Nothing),
        };
        let reference = &part["referenceId"];
        answers.push(format!(
            r#"{{"body":{text},"httpHeaders":{{}},"httpStatusCode":{status},"referenceId":{reference}}}"#
        ));
    }
    let text = format!(r#"{{"compositeResponse":[{}]}}"#, answers.join(","));
    Some(Reply::Text(200, vec![("content-type", "application/json")], text))
}

async fn request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let read = stream.read(&mut chunk).await.ok().filter(|&read| read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        let read = stream.read(&mut chunk).await.ok().filter(|&read| read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
    let body = String::from_utf8(bytes[end..].to_vec()).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let form = headers.get("content-type").is_some_and(|kind| kind.contains("form"));
    let both = if form { format!("{query}&{body}") } else { query.to_owned() };
    let values = url::form_urlencoded::parse(both.as_bytes()).into_owned().collect();
    Some(Seen { method, path: path.to_owned(), headers, values, body })
}
