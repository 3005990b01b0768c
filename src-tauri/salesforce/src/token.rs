//! The token endpoint: a code or a refresh token becomes an access token.
//!
//! Source: salesforce-api.md §2.3–2.6.

use domain::{OrgId, RecordId, UserId};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use reqwest::{Client, Method, Request, header};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    app::{App, Login},
    error::{Error, SignedOutReason},
    http::{self, Answer, Http},
    instance::Instance,
    refusal,
    wire::TokenExtras,
};

type TokenAnswer = StandardTokenResponse<TokenExtras, BasicTokenType>;

/// The registered app as the `oauth2` crate has it: a public client, which never sends a secret.
pub(crate) type OAuth = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Returns the app as the `oauth2` crate has it.
pub(crate) fn oauth(app: &App) -> OAuth {
    oauth2::Client::new(ClientId::new(app.consumer_key.clone()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::from_url(app.login.endpoint("authorize")))
        .set_token_uri(TokenUrl::from_url(app.login.endpoint("token")))
}

/// What a token answer brought, checked.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    pub(crate) access: SecretString,
    /// A new refresh token; absent where the app does not rotate them.
    pub(crate) refresh: Option<SecretString>,
    /// The org's address, or why it is not to be trusted.
    pub(crate) instance: Result<Instance, Error>,
    pub(crate) whose: Option<(OrgId, UserId)>,
}

/// Why there is no token.
#[derive(Debug)]
pub(crate) enum NoToken {
    /// Another request with the same refresh token is under way, here or elsewhere.
    InUse,
    /// The code or refresh token is not, or no longer, good.
    Refused,
    /// Anything else.
    Failed(Error),
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Exchanges the code that the browser brought.
pub(crate) async fn exchange(
    http: &Client,
    app: &App,
    code: String,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
) -> Result<Fresh, NoToken> {
    let door = |request| post(http.clone(), request);
    let answer = oauth(app)
        .set_redirect_uri(redirect)
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(verifier)
        .request_async(&door)
        .await;
    answer.map(|answer| fresh(&answer, &app.login)).map_err(no_token)
}

/// Renews the access token. Names no scope: Salesforce has refused requests that do.
pub(crate) async fn refresh(
    http: &Client,
    app: &App,
    token: &SecretString,
) -> Result<Fresh, NoToken> {
    let door = |request| post(http.clone(), request);
    let answer = oauth(app)
        .exchange_refresh_token(&RefreshToken::new(token.expose_secret().to_owned()))
        .request_async(&door)
        .await;
    answer.map(|answer| fresh(&answer, &app.login)).map_err(no_token)
}

impl App {
    /// Ends a refresh token that was granted at this app's sign-in address, and with it its access tokens.
    ///
    /// # Errors
    ///
    /// When Salesforce could not be told.
    pub async fn revoke(&self, token: &SecretString) -> Result<(), Error> {
        revoke(&Http::new(self)?.token, self, token).await
    }
}

/// Ends a refresh token, and with it its access tokens. Source: §2.5.
pub(crate) async fn revoke(http: &Client, app: &App, token: &SecretString) -> Result<(), Error> {
    let request = http
        .request(Method::POST, app.login.endpoint("revoke"))
        .form(&[("token", token.expose_secret())])
        .build()
        .map_err(|_| Error::UnexpectedAnswer { detail: "no request could be made".to_owned() })?;
    let answer = http::send(http, request).await?;
    match answer.status.as_u16() {
        // A token that is not known any more is what was wanted.
        200..300 | 400 => Ok(()),
        _ => Err(unreadable(&answer).unwrap_or_else(|| unexpected(&answer))),
    }
}

/// Carries a request of the `oauth2` crate; an answer that is not the token endpoint's own is an error already.
async fn post(http: Client, request: HttpRequest) -> Result<HttpResponse, Error> {
    let request = Request::try_from(request)
        .map_err(|_| Error::UnexpectedAnswer { detail: "no request could be made".to_owned() })?;
    let answer = http::send(&http, request).await?;
    if let Some(error) = unreadable(&answer) {
        return Err(error);
    }
    let mut response = HttpResponse::new(answer.body);
    *response.status_mut() = answer.status;
    // Its media type is not looked at: what counts is whether it can be read.
    response.headers_mut().remove(header::CONTENT_TYPE);
    Ok(response)
}

fn unreadable(answer: &Answer) -> Option<Error> {
    let json =
        serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok_and(|v| v.is_object());
    match answer.status.as_u16() {
        429 => Some(Error::Throttled { pause: refusal::pause(answer) }),
        503 => Some(match refusal::pause(answer) {
            Some(pause) => Error::Throttled { pause: Some(pause) },
            None => Error::Busy { code: "HTTP 503".to_owned() },
        }),
        // The server said yes, and nobody can read to what: the refresh token may be used up.
        500.. => Some(Error::LostAnswer(None)),
        200 if !json => Some(Error::LostAnswer(None)),
        _ if !json => Some(unexpected(answer)),
        _ => None,
    }
}

fn unexpected(answer: &Answer) -> Error {
    Error::UnexpectedAnswer {
        detail: format!("HTTP {} from the sign-in address", answer.status.as_u16()),
    }
}

fn fresh(answer: &TokenAnswer, login: &Login) -> Fresh {
    let extras = answer.extra_fields();
    Fresh {
        access: SecretString::from(answer.access_token().secret().as_str()),
        refresh: answer
            .refresh_token()
            .filter(|token| !token.secret().is_empty())
            .map(|token| SecretString::from(token.secret().as_str())),
        instance: Instance::check(
            extras.instance_url.as_deref().unwrap_or_default(),
            login,
            Some(login),
        ),
        whose: extras.id.as_deref().and_then(whose),
    }
}

/// Cuts the ids of org and user from the identity address. Source: §2.3.
fn whose(identity: &str) -> Option<(OrgId, UserId)> {
    let mut parts = identity.trim_end_matches('/').rsplit('/');
    let user = RecordId::parse(parts.next()?).filter(|id| id.prefix() == "005")?;
    let org = RecordId::parse(parts.next()?).filter(|id| id.prefix() == "00D")?;
    Some((org, user))
}

fn no_token(error: RequestTokenError<Error, BasicErrorResponse>) -> NoToken {
    match error {
        RequestTokenError::Request(error) => NoToken::Failed(error),
        RequestTokenError::ServerResponse(said) => {
            let description = said.error_description().map_or("", String::as_str);
            refused(said.error().as_ref(), description)
        }
        // The body of such an answer may hold tokens; it goes no further.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            NoToken::Failed(Error::UnexpectedAnswer {
                detail: "the token answer could not be read".to_owned(),
            })
        }
    }
}

/// Reads an OAuth error, from the token endpoint or the callback. Source: §2.6.
pub(crate) fn refused(code: &str, description: &str) -> NoToken {
    let text = readable(description);
    let lower = text.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    NoToken::Failed(match code {
        "invalid_grant" if has("already being processed") => return NoToken::InUse,
        "invalid_grant" if has("expired authorization code") => return NoToken::InUse,
        _ if has("ip restricted") => Error::IpRestricted,
        _ if has("approved") || has("must be installed") => Error::NotApproved { text },
        _ if code.starts_with("OAUTH_") => Error::NotApproved { text: readable(code) },
        "inactive_org" => Error::SignedOut { reason: SignedOutReason::InactiveOrg },
        "invalid_grant" if has("inactive org") => {
            Error::SignedOut { reason: SignedOutReason::InactiveOrg }
        }
        "inactive_user" => Error::SignedOut { reason: SignedOutReason::InactiveUser },
        "invalid_grant" if has("inactive") => {
            Error::SignedOut { reason: SignedOutReason::InactiveUser }
        }
        "invalid_grant" => return NoToken::Refused,
        "invalid_client" | "invalid_client_id" | "unauthorized_client" => Error::WrongKey { text },
        "redirect_uri_mismatch" => Error::RedirectMismatch,
        "rate_limit_exceeded" => Error::Throttled { pause: None },
        "access_denied" => Error::Denied,
        _ => Error::SignInRefused { code: readable(code), text },
    })
}

/// Keeps what a person can read of a text that came from outside.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_the_token_endpoint_has_its_meaning() {
        let failed = |code, text| match refused(code, text) {
            NoToken::Failed(error) => format!("{error:?}"),
            other => format!("{other:?}"),
        };
        for (code, text, starts) in [
            ("invalid_grant", "expired access/refresh token", "Refused"),
            ("invalid_grant", "token request is already being processed", "InUse"),
            ("invalid_grant", "expired authorization code", "InUse"),
            ("invalid_grant", "user hasn't approved this consumer", "NotApproved { text: \"user"),
            ("invalid_grant", "inactive organization", "SignedOut { reason: InactiveOrg"),
            ("inactive_org", "", "SignedOut { reason: InactiveOrg"),
            ("invalid_grant", "inactive user", "SignedOut { reason: InactiveUser"),
            ("inactive_user", "", "SignedOut { reason: InactiveUser"),
            ("invalid_grant", "ip restricted", "IpRestricted"),
            (
                "invalid_grant",
                "user is not admin approved to access this app",
                "NotApproved { text: \"user is",
            ),
            ("invalid_client", "app must be installed into org", "NotApproved"),
            ("OAUTH_APP_BLOCKED", "", "NotApproved { text: \"OAUTH_APP_BLOCKED"),
            ("invalid_client_id", "client identifier invalid", "WrongKey"),
            ("invalid_client", "invalid client credentials", "WrongKey"),
            ("redirect_uri_mismatch", "", "RedirectMismatch"),
            ("access_denied", "end-user denied authorization", "Denied"),
            ("rate_limit_exceeded", "", "Throttled"),
            ("invalid_scope", "the requested scope", "SignInRefused { code: \"invalid_scope"),
        ] {
            assert!(
                failed(code, text).starts_with(starts),
                "{code} {text}: {}",
                failed(code, text)
            );
        }
    }

    #[test]
    fn the_identity_address_tells_org_and_user() {
        let org = RecordId::parse("00D5g00000EXAMP").unwrap();
        let user = RecordId::parse("0055g00000BExam").unwrap();
        let identity = format!("https://login.salesforce.com/id/{org}/{user}");
        assert_eq!(whose(&identity), Some((org.clone(), user.clone())));
        for bad in ["", "https://x/id", &format!("https://x/id/{user}/{org}"), "a/b/c"] {
            assert_eq!(whose(bad), None, "{bad}");
        }
    }
}
