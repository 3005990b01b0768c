//! Driving both servers by lines of text: from standard input, or from other languages over HTTP.
//!
//! `POST /sim/ring/+49301234567/4101` and `POST /sim/ring` with the body `+49301234567 4101` say the same as the line
//! `ring +49301234567 4101`. The answer is JSON: `{"ok":true,"found":…}` or, with status 400, `{"ok":false,"why":"…"}`.

use std::sync::Arc;

use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming, header};
use serde_json::{Value, json};

use crate::{
    Pbx, Salesforce,
    door::{Door, Reply, body_of},
    script::run,
};

/// Both servers, ready to be told what happens.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The PBX.
    pub pbx: Pbx,
    /// The Salesforce org.
    pub salesforce: Salesforce,
}

impl Stage {
    /// Carries one line out (`help` lists them) and returns what there is to tell.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the line.
    pub async fn run(&self, line: &str) -> Result<Value, String> {
        run(self, line).await
    }

    /// The addresses and keys that a client needs.
    pub fn facts(&self) -> Value {
        json!({
            "pbx": { "address": self.pbx.address(), "client_id": self.pbx.client_id(), "client_secret": self.pbx.client_secret(),
                "serial": self.pbx.serial(), "certificate_sha256": self.pbx.certificate_sha256() },
            "salesforce": { "login": self.salesforce.login(), "instance": self.salesforce.instance(),
                "consumer_key": self.salesforce.consumer_key() },
        })
    }
}

/// The HTTP way to a [`Stage`], on a loopback port of its own. It ends when dropped.
pub struct Control {
    door: Door,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("address", &self.address()).finish()
    }
}

impl Control {
    /// Listens on `port` (0: any free one).
    pub async fn start(stage: Stage, port: u16) -> Self {
        let handler =
            Arc::new(move |request, _| -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
                Box::pin(answer(stage.clone(), request))
            });
        Self { door: Door::open(port, None, handler).await }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.door.port())
    }
}

async fn answer(stage: Stage, request: Request<Incoming>) -> Reply {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // A page in a browser must not be able to drive the simulator: it always sends one of these.
    let from_a_page = request.headers().contains_key(header::ORIGIN)
        || request.headers().contains_key("sec-fetch-site");
    let Some(words) = path.strip_prefix("/sim/").filter(|_| method == "POST" && !from_a_page)
    else {
        return reply(
            StatusCode::NOT_FOUND,
            &json!({ "ok": false, "why": "POST /sim/… with a line of the script" }),
        );
    };
    let words: Vec<String> = words
        .split('/')
        .map(|word| {
            // Only percent signs are read; a plus belongs to a number.
            let text = format!("w={}", word.replace('+', "%2B"));
            let decoded = url::form_urlencoded::parse(text.as_bytes()).next();
            decoded.map_or_else(String::new, |(_, value)| value.into_owned())
        })
        .collect();
    let body = body_of(request.into_body()).await.unwrap_or_default();
    let line = format!("{} {}", words.join(" "), String::from_utf8_lossy(&body));
    match stage.run(&line).await {
        Ok(found) => reply(StatusCode::OK, &json!({ "ok": true, "found": found })),
        Err(why) => reply(StatusCode::BAD_REQUEST, &json!({ "ok": false, "why": why })),
    }
}

fn reply(status: StatusCode, body: &Value) -> Reply {
    let mut reply = Response::new(Full::new(body.to_string().into()));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    reply
}
