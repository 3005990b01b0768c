//! A user's session with the org, without a client library.

use reqwest::{Client, Response, StatusCode, redirect::Policy};
use serde_json::Value;
use simulator::Salesforce;

/// A user of the org with a token.
pub(crate) struct Session {
    pub(crate) http: Client,
    pub(crate) base: String,
    pub(crate) token: String,
}

/// A client that follows no redirect.
pub(crate) fn http() -> Client {
    // Another test of this process may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).build().unwrap()
}

impl Session {
    pub(crate) fn of(org: &Salesforce, username: &str) -> Self {
        let (token, _) = org.sign_in(username);
        Self { http: http(), base: format!("{}/services/data/v62.0", org.instance()), token }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await.unwrap()
    }

    pub(crate) async fn query(&self, soql: &str) -> Value {
        let url =
            url::Url::parse_with_params(&format!("{}/query", self.base), [("q", soql)]).unwrap();
        self.http.get(url).bearer_auth(&self.token).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.base);
        let answer = self.http.post(url).bearer_auth(&self.token).json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}
