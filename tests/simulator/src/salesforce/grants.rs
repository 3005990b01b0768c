//! Authorization codes, refresh tokens that rotate, and access tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{Rng, distr::Alphanumeric};
use sha2::{Digest, Sha256};

use super::config::OrgSwitches;
use crate::clock::ms;

const CODE_LIFE_MS: i64 = 15 * 60 * 1000;
/// RFC 7636 allows 43 to 128 characters. Salesforce takes more: jsforce and its command line send 171.
const SHORTEST_VERIFIER: usize = 43;
const LONGEST_VERIFIER: usize = 256;
const IDLE_LIFE_MS: i64 = 30 * 86_400 * 1000;

#[derive(Debug)]
struct Code {
    text: String,
    user_id: String,
    redirect_uri: String,
    challenge: Option<String>,
    scopes: Vec<String>,
    issued_ms: i64,
    spent: bool,
}

#[derive(Debug)]
struct Access {
    token: String,
    last_used_ms: i64,
}

/// One approval of a user: a family of refresh tokens, and the access tokens they brought.
#[derive(Debug)]
struct Grant {
    number: u64,
    user_id: String,
    scopes: Vec<String>,
    refresh: Option<String>,
    spent: Vec<String>,
    access: Vec<Access>,
    last_used_ms: i64,
    busy: bool,
}

/// What a token answer carries.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub(super) user_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) access: String,
    pub(super) refresh: Option<String>,
}

/// A refusal of the token endpoint: `error` and `error_description`.
pub(super) type OauthError = (&'static str, &'static str);

#[derive(Debug, Default)]
pub(super) struct Grants {
    codes: Vec<Code>,
    grants: Vec<Grant>,
    next: u64,
}

impl Grants {
    pub(super) fn issue_code(
        &mut self,
        user_id: &str,
        redirect_uri: &str,
        challenge: Option<String>,
        scopes: Vec<String>,
        now_ms: i64,
    ) -> String {
        // Real codes end in padding, which a URL must escape.
        let text = format!("aPrx{}==", random(60));
        self.codes.push(Code {
            text: text.clone(),
            user_id: user_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            challenge,
            scopes,
            issued_ms: now_ms,
            spent: false,
        });
        text
    }

    /// `grant_type=authorization_code`.
    pub(super) fn redeem(
        &mut self,
        (code, redirect_uri, verifier): (&str, &str, Option<&str>),
        org_id: &str,
        switches: &OrgSwitches,
        now_ms: i64,
    ) -> Result<Tokens, OauthError> {
        let Some(found) = self.codes.iter_mut().find(|known| known.text == code) else {
            return Err(("invalid_grant", "invalid authorization code"));
        };
        if found.spent || now_ms > found.issued_ms + CODE_LIFE_MS {
            return Err(("invalid_grant", "expired authorization code"));
        }
        // One try, whatever comes of it.
        found.spent = true;
        if found.redirect_uri != redirect_uri {
            return Err(("redirect_uri_mismatch", "redirect_uri must match configuration"));
        }
        if let Some(challenge) = &found.challenge {
            let right = verifier.is_some_and(|verifier| {
                (SHORTEST_VERIFIER..=LONGEST_VERIFIER).contains(&verifier.len())
                    && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge
            });
            if !right {
                return Err(("invalid_grant", "invalid code verifier"));
            }
        }
        let (user_id, scopes) = (found.user_id.clone(), found.scopes.clone());
        Ok(self.approve(&user_id, scopes, org_id, switches, now_ms))
    }

    /// A new grant; the oldest of a user who has too many is revoked.
    pub(super) fn approve(
        &mut self,
        user_id: &str,
        scopes: Vec<String>,
        org_id: &str,
        switches: &OrgSwitches,
        now_ms: i64,
    ) -> Tokens {
        let refreshes =
            scopes.iter().any(|scope| matches!(scope.as_str(), "refresh_token" | "offline_access"));
        self.next += 1;
        let mut grant = Grant {
            number: self.next,
            user_id: user_id.to_owned(),
            scopes,
            refresh: refreshes.then(|| format!("5Aep861{}", random(80))),
            spent: Vec::new(),
            access: Vec::new(),
            last_used_ms: now_ms,
            busy: false,
        };
        let tokens = grant.answer(org_id, switches, now_ms, true);
        self.grants.push(grant);
        while self.grants.iter().filter(|grant| grant.user_id == user_id).count()
            > switches.grants_per_user
        {
            let oldest =
                self.grants.iter().filter(|one| one.user_id == user_id).map(|one| one.number).min();
            self.grants.retain(|one| Some(one.number) != oldest);
        }
        tokens
    }

    /// First half of `grant_type=refresh_token`: the family is marked as busy, its number returned.
    pub(super) fn begin_refresh(
        &mut self,
        presented: &str,
        now_ms: i64,
    ) -> Result<u64, OauthError> {
        const EXPIRED: OauthError = ("invalid_grant", "expired access/refresh token");
        if let Some(grant) =
            self.grants.iter_mut().find(|grant| grant.refresh.as_deref() == Some(presented))
        {
            if grant.busy {
                return Err(("invalid_grant", "token request is already being processed"));
            }
            if now_ms > grant.last_used_ms + IDLE_LIFE_MS {
                let number = grant.number;
                self.grants.retain(|one| one.number != number);
                return Err(EXPIRED);
            }
            grant.busy = true;
            return Ok(grant.number);
        }
        // A token that was rotated out: somebody has a copy, so the whole family ends.
        self.grants.retain(|grant| !grant.spent.iter().any(|spent| spent == presented));
        Err(EXPIRED)
    }

    /// Second half: rotates the token.
    pub(super) fn end_refresh(
        &mut self,
        number: u64,
        org_id: &str,
        switches: &OrgSwitches,
        now_ms: i64,
    ) -> Result<Tokens, OauthError> {
        let Some(grant) = self.grants.iter_mut().find(|grant| grant.number == number) else {
            return Err(("invalid_grant", "expired access/refresh token"));
        };
        grant.busy = false;
        grant.last_used_ms = now_ms;
        if switches.rotation {
            let old = grant.refresh.replace(format!("5Aep861{}", random(80)));
            grant.spent.extend(old);
        }
        Ok(grant.answer(org_id, switches, now_ms, switches.rotation))
    }

    /// Ends a refresh that was refused after it had begun.
    pub(super) fn drop_refresh(&mut self, number: u64) {
        if let Some(grant) = self.grants.iter_mut().find(|grant| grant.number == number) {
            grant.busy = false;
        }
    }

    pub(super) fn user_of(&self, number: u64) -> Option<&str> {
        self.grants.iter().find(|grant| grant.number == number).map(|grant| grant.user_id.as_str())
    }

    /// The user and scopes behind a live access token; using it keeps it alive.
    pub(super) fn use_access(
        &mut self,
        token: &str,
        switches: &OrgSwitches,
        now_ms: i64,
    ) -> Option<(String, Vec<String>)> {
        let life = ms(switches.session_life);
        let grant = self
            .grants
            .iter_mut()
            .find(|grant| grant.access.iter().any(|own| own.token == token))?;
        let access = grant.access.iter_mut().find(|own| own.token == token)?;
        if now_ms > access.last_used_ms + life {
            return None;
        }
        access.last_used_ms = now_ms;
        Some((grant.user_id.clone(), grant.scopes.clone()))
    }

    /// Revokes a refresh token with its family, or a single access token.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        let before = self.grants.len();
        self.grants.retain(|grant| grant.refresh.as_deref() != Some(token));
        let mut found = self.grants.len() < before;
        for grant in &mut self.grants {
            let held = grant.access.len();
            grant.access.retain(|access| access.token != token);
            found |= grant.access.len() < held;
        }
        found
    }

    pub(super) fn revoke_all(&mut self) {
        self.grants.clear();
    }

    pub(super) fn expire_access(&mut self) {
        for grant in &mut self.grants {
            grant.access.clear();
        }
    }

    pub(super) fn count(&self) -> usize {
        self.grants.len()
    }

    /// Every secret in use.
    pub(super) fn secrets(&self) -> Vec<String> {
        let tokens = self.grants.iter().flat_map(|grant| {
            grant.access.iter().map(|access| access.token.clone()).chain(grant.refresh.clone())
        });
        tokens
            .chain(self.codes.iter().filter(|code| !code.spent).map(|code| code.text.clone()))
            .collect()
    }
}

impl Grant {
    fn answer(
        &mut self,
        org_id: &str,
        switches: &OrgSwitches,
        now_ms: i64,
        with_refresh: bool,
    ) -> Tokens {
        let access = if switches.jwt_access_tokens {
            format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{}.{}", random(1400), random(342))
        } else {
            format!("{}!AQ0AQ{}", &org_id[..15], random(86))
        };
        self.access.push(Access { token: access.clone(), last_used_ms: now_ms });
        Tokens {
            user_id: self.user_id.clone(),
            scopes: self.scopes.clone(),
            access,
            refresh: self.refresh.clone().filter(|_| with_refresh),
        }
    }
}

pub(super) fn random(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
