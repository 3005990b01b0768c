//! Sign-in: the authorize page, the token endpoint, revocation, and who is signed in.

use serde_json::{Value, json};

use super::{
    config::Consent,
    grants::{OauthError, Tokens},
    http::{Asked, Sent},
    org::Org,
    pages,
};

const KNOWN_SCOPES: [&str; 12] = [
    "api",
    "refresh_token",
    "offline_access",
    "id",
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "web",
    "full",
    "visualforce",
];

/// A sound authorize request.
struct Wish {
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<String>,
    scopes: Vec<String>,
}

/// `GET /services/oauth2/authorize`, and the page's own `POST`.
pub(super) fn authorize(org: &mut Org, asked: &Asked, now_ms: i64) -> Sent {
    let parameter = |name: &str| match asked.method.as_str() {
        "POST" => asked.form(name),
        _ => asked.parameter(name),
    };
    let wish = match wish(org, &parameter) {
        Ok(wish) => wish,
        Err(sent) => return *sent,
    };
    let auto = org.config.consent == Consent::Auto || asked.parameter("auto") == Some("allow");
    let named =
        parameter("username").or_else(|| parameter("login_hint")).unwrap_or_default().to_owned();
    match (asked.method.as_str(), parameter("decision")) {
        ("POST", Some("allow")) => allow(org, &named, wish, now_ms),
        ("POST", _) => back(
            &wish,
            &[("error", "access_denied"), ("error_description", "end-user denied authorization")],
        ),
        _ if auto => {
            let first =
                org.config.users.first().map(|user| user.username.clone()).unwrap_or_default();
            let username = if named.is_empty() { first } else { named };
            allow(org, &username, wish, now_ms)
        }
        _ => {
            let hidden: Vec<(&str, &str)> = [
                "client_id",
                "redirect_uri",
                "response_type",
                "scope",
                "state",
                "code_challenge",
                "code_challenge_method",
            ]
            .into_iter()
            .filter_map(|name| Some((name, asked.parameter(name)?)))
            .collect();
            Sent::html(200, pages::consent(org, &hidden, &named, &wish.scopes))
        }
    }
}

fn wish<'a>(org: &Org, parameter: &impl Fn(&str) -> Option<&'a str>) -> Result<Wish, Box<Sent>> {
    if let Some((error, description)) = &org.switches.authorize_error {
        return Err(Box::new(error_page(error, description)));
    }
    if parameter("client_id") != Some(&org.config.consumer_key) {
        return Err(Box::new(error_page("invalid_client_id", "client identifier invalid")));
    }
    let redirect_uri = parameter("redirect_uri").unwrap_or_default();
    if !org.config.callbacks.iter().any(|registered| registered == redirect_uri) {
        return Err(Box::new(error_page(
            "redirect_uri_mismatch",
            "redirect_uri must match configuration",
        )));
    }
    let challenge = parameter("code_challenge").filter(|challenge| !challenge.is_empty());
    let mut wish = Wish {
        redirect_uri: redirect_uri.to_owned(),
        state: parameter("state").map(str::to_owned),
        challenge: challenge.map(str::to_owned),
        scopes: org.config.scopes.clone(),
    };
    if org.switches.pkce_required && challenge.is_none() {
        return Err(Box::new(error_page("invalid_request", "missing required code challenge")));
    }
    if parameter("code_challenge_method").is_some_and(|method| method != "S256") {
        return Err(Box::new(error_page("invalid_request", "code challenge method must be S256")));
    }
    if parameter("response_type") != Some("code") {
        return Err(Box::new(back(
            &wish,
            &[
                ("error", "unsupported_response_type"),
                ("error_description", "response type not supported"),
            ],
        )));
    }
    if let Some(scopes) = parameter("scope").filter(|scopes| !scopes.trim().is_empty()) {
        let asked: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
        let same = |scope: &str| {
            if scope == "offline_access" { "refresh_token".to_owned() } else { scope.to_owned() }
        };
        let registered: Vec<String> = org.config.scopes.iter().map(|scope| same(scope)).collect();
        let sound = asked.iter().all(|scope| {
            KNOWN_SCOPES.contains(&scope.as_str()) && registered.contains(&same(scope))
        });
        if !sound {
            return Err(Box::new(back(
                &wish,
                &[
                    ("error", "invalid_scope"),
                    ("error_description", "the requested scope is not allowed"),
                ],
            )));
        }
        wish.scopes = asked;
    }
    Ok(wish)
}

fn allow(org: &mut Org, username: &str, wish: Wish, now_ms: i64) -> Sent {
    let Some(user) = org.user_named(username) else {
        return error_page(
            "OAUTH_APPROVAL_ERROR_GENERIC",
            "An unexpected error has occurred during authentication. Please try again.",
        );
    };
    if user.get("IsActive") != true {
        return error_page("inactive_user", "user is inactive");
    }
    let user_id = user.id.clone();
    let code = org.grants.issue_code(
        &user_id,
        &wish.redirect_uri,
        wish.challenge.clone(),
        wish.scopes.clone(),
        now_ms,
    );
    back(&wish, &[("code", &code)])
}

/// Sends the browser to the callback.
fn back(wish: &Wish, parameters: &[(&str, &str)]) -> Sent {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        query.append_pair(name, value);
    }
    if let Some(state) = &wish.state {
        query.append_pair("state", state);
    }
    let joint = if wish.redirect_uri.contains('?') { '&' } else { '?' };
    Sent::redirect(format!("{}{joint}{}", wish.redirect_uri, query.finish()))
}

/// The browser stays with Salesforce: nothing reaches the callback, and `state` is not echoed.
fn error_page(error: &str, description: &str) -> Sent {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("error", error)
        .append_pair("error_description", description)
        .finish();
    Sent::redirect(format!("/setup/secur/RemoteAccessErrorPage.apexp?{query}"))
}

/// What a token request leads to: an answer at once, or one after the refresh had its time.
pub(super) enum TokenStep {
    Done(Sent),
    Refreshing(u64),
}

/// `POST /services/oauth2/token`, up to the point where a refresh takes time.
pub(super) fn token(org: &mut Org, asked: &Asked, now_ms: i64) -> TokenStep {
    match begin(org, asked, now_ms) {
        Ok(Begun::Tokens(tokens)) => TokenStep::Done(granted(org, &tokens, now_ms)),
        Ok(Begun::Refresh(number)) => TokenStep::Refreshing(number),
        Err((error, description)) => TokenStep::Done(refused(&error, &description)),
    }
}

/// The end of a refresh.
pub(super) fn finish_refresh(org: &mut Org, number: u64, now_ms: i64) -> Sent {
    let (org_id, switches) = (org.org_id(), org.switches.clone());
    match org.grants.end_refresh(number, &org_id, &switches, now_ms) {
        Ok(tokens) => granted(org, &tokens, now_ms),
        Err((error, description)) => refused(error, description),
    }
}

enum Begun {
    Tokens(Tokens),
    Refresh(u64),
}

type Refused = (String, String);

fn begin(org: &mut Org, asked: &Asked, now_ms: i64) -> Result<Begun, Refused> {
    let own = |(error, description): OauthError| (error.to_owned(), description.to_owned());
    if asked.method != "POST" {
        return Err(own(("invalid_request", "must use HTTP POST")));
    }
    let is_form = asked
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(own(("invalid_request", "the body must be a form")));
    }
    if let Some(error) = &org.switches.token_error {
        return Err(error.clone());
    }
    let grant_type = asked.form("grant_type");
    if grant_type.is_none() {
        return Err(own(("invalid_request", "missing required parameter: grant_type")));
    }
    client_is_right(org, asked).map_err(own)?;
    let (org_id, switches) = (org.org_id(), org.switches.clone());
    match grant_type {
        Some("authorization_code") => {
            let code = asked
                .form("code")
                .ok_or(("invalid_request", "missing required parameter: code"))
                .map_err(own)?;
            let redirect = asked.form("redirect_uri").unwrap_or_default();
            let verifier = asked.form("code_verifier");
            let tokens = org
                .grants
                .redeem((code, redirect, verifier), &org_id, &switches, now_ms)
                .map_err(own)?;
            Ok(Begun::Tokens(tokens))
        }
        Some("refresh_token") => {
            let presented = asked
                .form("refresh_token")
                .ok_or(("invalid_request", "missing required parameter: refresh_token"))
                .map_err(own)?;
            let number = org.grants.begin_refresh(presented, now_ms).map_err(own)?;
            let active = org
                .grants
                .user_of(number)
                .and_then(|id| org.find("User", id))
                .is_some_and(|user| user.get("IsActive") == true);
            if !active {
                org.grants.drop_refresh(number);
                return Err(own(("invalid_grant", "inactive user")));
            }
            Ok(Begun::Refresh(number))
        }
        _ => Err(own(("unsupported_grant_type", "grant type not supported"))),
    }
}

fn client_is_right(org: &Org, asked: &Asked) -> Result<(), OauthError> {
    if asked.form("client_id") != Some(&org.config.consumer_key) {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    let basic = asked.header("authorization").is_some();
    match (asked.form("client_secret"), org.switches.secret_required) {
        (Some(secret), true) if secret == org.config.consumer_secret => Ok(()),
        // A public client has no secret, and must not pretend to.
        (None, false) if !basic => Ok(()),
        _ => Err(("invalid_client", "invalid client credentials")),
    }
}

fn granted(org: &Org, tokens: &Tokens, now_ms: i64) -> Sent {
    let mut answer = json!({
        "access_token": tokens.access,
        "signature": "m0c9Wq5exampleSignature=",
        "scope": tokens.scopes.join(" "),
        "instance_url": org.instance_url(),
        "id": format!("{}/id/{}/{}", org.login, org.org_id(), tokens.user_id),
        "token_type": "Bearer",
        "issued_at": now_ms.to_string(),
    });
    if let Some(refresh) = &tokens.refresh {
        answer["refresh_token"] = refresh.clone().into();
    }
    if tokens.scopes.iter().any(|scope| scope == "openid") {
        answer["id_token"] = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln".into();
    }
    Sent::json(200, &answer).with("cache-control", "no-store")
}

fn refused(error: &str, description: &str) -> Sent {
    Sent::json(400, &json!({ "error": error, "error_description": description }))
        .with("cache-control", "no-store")
}

/// `POST /services/oauth2/revoke`.
pub(super) fn revoke(org: &mut Org, asked: &Asked) -> Sent {
    let token = asked.form("token").or_else(|| asked.parameter("token"));
    match token {
        Some(token) if org.grants.revoke(token) => Sent::empty(200),
        Some(_) => refused("invalid_token", "invalid token"),
        None => refused("invalid_request", "missing required parameter: token"),
    }
}

/// `GET /services/oauth2/userinfo`, and the identity URL for those who have its scope.
pub(super) fn identity(org: &mut Org, asked: &Asked, now_ms: i64, identity_url: bool) -> Sent {
    let switches = org.switches.clone();
    let token = asked.bearer().unwrap_or_default().to_owned();
    let Some((user_id, scopes)) = org.grants.use_access(&token, &switches, now_ms) else {
        return Sent::text(403, "Bad_OAuth_Token");
    };
    let may =
        scopes.iter().any(|scope| matches!(scope.as_str(), "id" | "openid" | "profile" | "full"));
    if identity_url && !may {
        return Sent::text(403, "Missing_OAuth_Scope");
    }
    let Some(user) = org.find("User", &user_id) else { return Sent::text(403, "Bad_OAuth_Token") };
    let url = format!("{}/id/{}/{user_id}", org.login, org.org_id());
    let mut answer = json!({
        "user_id": user_id, "organization_id": org.org_id(), "active": true, "user_type": "STANDARD",
        "language": "en_US", "locale": "de_DE", "utcOffset": 3_600_000, "email": user.text("Email"), "email_verified": true,
    });
    let more: Value = if identity_url {
        json!({ "id": url, "asserted_user": true, "username": user.text("Username"), "display_name": user.text("Name"),
            "first_name": user.get("FirstName"), "last_name": user.text("LastName"), "timezone": user.text("TimeZoneSidKey") })
    } else {
        json!({ "sub": url, "preferred_username": user.text("Username"), "name": user.text("Name"), "nickname": user.text("CommunityNickname"),
            "given_name": user.get("FirstName"), "family_name": user.text("LastName"), "zoneinfo": user.text("TimeZoneSidKey") })
    };
    if let (Some(answer), Some(more)) = (answer.as_object_mut(), more.as_object()) {
        answer.extend(more.clone());
    }
    Sent::json(200, &answer)
}

/// `GET /.well-known/auth-configuration`: what anybody may know of the org.
pub(super) fn auth_configuration(org: &Org) -> Sent {
    Sent::json(
        200,
        &json!({ "OrgId": &org.org_id()[..15], "Url": org.login, "LoginPage": { "LoginPageType": "Standard" },
        "LoginPageType": "Standard", "SamlProviders": [], "AuthProviders": [] }),
    )
}
