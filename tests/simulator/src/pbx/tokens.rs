//! Access and refresh tokens, and the block after failed log-ins.

use std::collections::BTreeSet;

use rand::{Rng, distr::Alphanumeric};
use serde_json::{Value, json};

use super::{
    api::failure,
    config::{BlockExpiry, PbxConfig, PbxSwitches},
};
use crate::clock::ms;

#[derive(Debug)]
struct Pair {
    access: String,
    access_until_ms: i64,
    refresh: String,
    refresh_until_ms: i64,
}

/// The tokens that live, and the failures that were counted.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pairs: Vec<Pair>,
    failures: u32,
    blocked_until_ms: Option<i64>,
}

impl Tokens {
    /// The answer to everything while the address is blocked.
    pub(super) fn block_answer(&mut self, switches: &PbxSwitches, now_ms: i64) -> Option<Value> {
        let until = self.blocked_until_ms?;
        if now_ms >= until {
            self.blocked_until_ms = None;
            self.failures = 0;
            return None;
        }
        let mut answer = failure(70004);
        match switches.block_expiry {
            BlockExpiry::Seconds => {
                answer["block_expire_time"] = ((until - now_ms + 999) / 1000).into();
            }
            BlockExpiry::UnixTime => answer["block_expire_time"] = (until / 1000).into(),
            BlockExpiry::Absent => {}
        }
        Some(answer)
    }

    /// Takes the address off the list of blocked ones, as an administrator does.
    pub(super) fn unblock(&mut self) {
        self.blocked_until_ms = None;
        self.failures = 0;
    }

    fn failed(&mut self, config: &PbxConfig, now_ms: i64) {
        self.failures += 1;
        if self.failures >= config.failures_allowed {
            self.blocked_until_ms = Some(now_ms + ms(config.block_for));
        }
    }

    /// `POST get_token`.
    pub(super) fn get(
        &mut self,
        body: &Value,
        (client_id, secret): (&str, &str),
        config: &PbxConfig,
        switches: &PbxSwitches,
        now_ms: i64,
    ) -> Value {
        let (Some(username), Some(password)) =
            (body["username"].as_str(), body["password"].as_str())
        else {
            return super::api::bad_parameter("username", "username and password are required");
        };
        if username != client_id || password != secret {
            self.failed(config, now_ms);
            let (errcode, errmsg) = &switches.wrong_credentials;
            return json!({ "errcode": errcode, "errmsg": errmsg });
        }
        self.failures = 0;
        if switches.get_token_cancels_older {
            self.pairs.clear();
        }
        if self.live(now_ms) >= config.token_limit {
            return failure(60002);
        }
        self.issue(config, now_ms)
    }

    /// `POST refresh_token`.
    pub(super) fn refresh(
        &mut self,
        body: &Value,
        config: &PbxConfig,
        switches: &PbxSwitches,
        now_ms: i64,
    ) -> Value {
        let Some(presented) = body["refresh_token"].as_str() else {
            return super::api::bad_parameter("refresh_token", "refresh_token is required");
        };
        let found = self
            .pairs
            .iter()
            .position(|pair| pair.refresh == presented && pair.refresh_until_ms > now_ms);
        let Some(place) = found else {
            if switches.refresh_failures_count {
                self.failed(config, now_ms);
            }
            return failure(10004);
        };
        if switches.refresh_reuses_slot {
            let old = self.pairs.remove(place);
            if self.live(now_ms) >= config.token_limit {
                self.pairs.push(old);
                return failure(60002);
            }
        } else {
            if self.live(now_ms) >= config.token_limit {
                return failure(60002);
            }
            // The old access token lives on; its refresh token is spent.
            self.pairs[place].refresh.clear();
            self.pairs[place].refresh_until_ms = 0;
        }
        self.issue(config, now_ms)
    }

    fn issue(&mut self, config: &PbxConfig, now_ms: i64) -> Value {
        let pair = Pair {
            access: token(),
            access_until_ms: now_ms + ms(config.token_life),
            refresh: token(),
            refresh_until_ms: now_ms + ms(config.refresh_life),
        };
        let answer = json!({
            "errcode": 0, "errmsg": "SUCCESS",
            "access_token_expire_time": config.token_life.as_secs(), "access_token": pair.access,
            "refresh_token_expire_time": config.refresh_life.as_secs(), "refresh_token": pair.refresh,
        });
        self.pairs.push(pair);
        answer
    }

    pub(super) fn is_valid(&self, access: &str, now_ms: i64) -> bool {
        self.pairs.iter().any(|pair| pair.access == access && pair.access_until_ms > now_ms)
    }

    /// How many access tokens are valid.
    pub(super) fn live(&self, now_ms: i64) -> usize {
        self.pairs.iter().filter(|pair| pair.access_until_ms > now_ms).count()
    }

    pub(super) fn revoke(&mut self, access: &str) {
        self.pairs.retain(|pair| pair.access != access);
    }

    /// Ends all access tokens; refresh tokens stay.
    pub(super) fn end_access(&mut self, now_ms: i64) {
        for pair in &mut self.pairs {
            pair.access_until_ms = pair.access_until_ms.min(now_ms);
        }
    }

    /// Ends everything.
    pub(super) fn end_all(&mut self) {
        self.pairs.clear();
    }

    /// Takes `count` slots, as other programs on the same PBX would.
    pub(super) fn occupy(&mut self, count: usize, config: &PbxConfig, now_ms: i64) {
        for _ in 0..count {
            self.issue(config, now_ms);
        }
    }

    /// Every secret that is in use, for tests that look for leaks.
    pub(super) fn secrets(&self) -> BTreeSet<String> {
        self.pairs.iter().flat_map(|pair| [pair.access.clone(), pair.refresh.clone()]).collect()
    }
}

fn token() -> String {
    rand::rng().sample_iter(Alphanumeric).take(32).map(char::from).collect()
}
