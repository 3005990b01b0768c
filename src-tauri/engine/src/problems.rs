//! Errors as problems: a stable code, a sentence, and what to do.

use crate::view::Problem;

/// Says what an error of the PBX's side means for a person.
pub(crate) fn of_pbx(error: &pbx::Error) -> Problem {
    use pbx::Error as E;
    let waits = "Patchcord keeps trying by itself.";
    match error {
        E::Unreachable(_) | E::Timeout | E::Interrupted | E::Closed => Problem::new(
            "pbx.unreachable",
            "The PBX does not answer. New calls are not heard; Salesforce still works, and missed calls are added later.",
            format!("Check the network and the PBX's address. {waits}"),
        ),
        E::TlsUntrusted { presented } => Problem::new(
            "pbx.tls_untrusted",
            format!("The PBX's certificate is not publicly trusted. Its SHA-256 is {presented}."),
            "Compare it with the certificate on the PBX (Security > Security Settings > Certificate), then connect again and confirm it, or pass it as --pin.",
        ),
        E::TlsChanged { expected, presented } => Problem::new(
            "pbx.tls_changed",
            format!(
                "The PBX shows another certificate than the confirmed one. Confirmed: {expected}. Shown: {presented}. Nothing was sent to it."
            ),
            "Ask the PBX administrator whether the certificate was renewed, then connect again with the new fingerprint.",
        ),
        E::CredentialsRefused { .. } => Problem::new(
            "pbx.credentials_refused",
            "The PBX refused the client ID or client secret. It was tried once and is not tried again, because the PBX blocks an address after five refusals.",
            "Copy both again from the PBX (Integrations > API) and connect again.",
        ),
        E::AddressBlocked { .. } => Problem::new(
            "pbx.address_blocked",
            "The PBX has blocked this network address after too many refused log-ins.",
            "The PBX administrator removes it under Security > Security Rules > Blocked IPs; then connect again.",
        ),
        E::AddressNotAllowed => Problem::new(
            "pbx.address_not_allowed",
            "The PBX does not allow its API to be used from this network address.",
            "The PBX administrator adds this address under Integrations > API > IP Restriction; then connect again.",
        ),
        E::ApiOff => Problem::new(
            "pbx.api_off",
            "The PBX's API is switched off, or its plan has none.",
            "The PBX administrator turns it on under Integrations > API (Enterprise or Ultimate plan); then connect again.",
        ),
        E::TokenLimit => Problem::new(
            "pbx.token_limit",
            "The PBX has no free log-in: all eight tokens are in use by other programs.",
            format!(
                "Close other programs that use the PBX's API, or wait up to 30 minutes. {waits}"
            ),
        ),
        E::TokenContested { .. } => Problem::new(
            "pbx.token_limit",
            "Another program is using this PBX login and keeps ending ours.",
            format!("Ask the PBX administrator which other program uses the API. {waits}"),
        ),
        E::TokenRefused | E::Overloaded => {
            Problem::new("pbx.unreachable", "The PBX is too busy to answer.", waits)
        }
        E::InterfaceMissing => Problem::new(
            "pbx.unexpected_answer",
            "The PBX's firmware does not offer what Patchcord needs.",
            "The PBX administrator updates the firmware.",
        ),
        E::NoEvents { detail } => Problem::new(
            "pbx.events_down",
            format!(
                "The PBX answers, but does not send its call events ({detail}). New calls are not heard; missed calls are added later."
            ),
            format!(
                "The PBX administrator checks Integrations > API, and whether a proxy on the way lets WebSockets through. {waits}"
            ),
        ),
        E::DataNotFound | E::Refused { .. } => Problem::new(
            "pbx.unexpected_answer",
            format!("The PBX refused the request: {error}."),
            "Try again; if it stays so, send this sentence to the PBX administrator.",
        ),
        E::UnexpectedAnswer { .. } => Problem::new(
            "pbx.unexpected_answer",
            "The address answers, but not as a PBX.",
            "Check the address and port: on a local network usually https://ADDRESS:8088, over a Yeastar FQDN no port.",
        ),
    }
}

/// The codes of entries that wait for somebody to sign in, or to put the sign-in in order.
pub(crate) const AFTER_SIGN_IN: [&str; 7] = [
    "salesforce.signed_out",
    "salesforce.redirect_mismatch",
    "salesforce.unexpected_answer",
    "salesforce.not_approved",
    "salesforce.ip_restricted",
    "salesforce.wrong_key",
    "salesforce.missing_permission",
];

/// Says what an error means while somebody connects the PBX: nothing was stored, and nothing is tried again.
pub(crate) fn of_connecting_pbx(error: &pbx::Error, address: &str) -> Problem {
    match error {
        pbx::Error::Unreachable(cause) if is_unknown_name(cause.as_ref()) => Problem::new(
            "pbx.unreachable",
            format!("The network does not know the name in {address}. Nothing was changed."),
            "Check the spelling, or write the PBX's IP address.",
        ),
        pbx::Error::Unreachable(_) | pbx::Error::Timeout => Problem::new(
            "pbx.unreachable",
            format!("Nothing answers at {address}. Nothing was changed."),
            "Check the address, the port (usually 8088 on a local network) and the network.",
        ),
        pbx::Error::TokenLimit => Problem::new(
            "pbx.token_limit",
            "The PBX has no free log-in: all eight tokens are in use by other programs. Nothing was changed.",
            "Close other programs that use the PBX's API, or wait up to 30 minutes; then connect again.",
        ),
        other => of_pbx(other),
    }
}

/// The system tells an unknown name only in words.
fn is_unknown_name(error: &(dyn std::error::Error + 'static)) -> bool {
    let words = ["lookup", "resolve", "Name or service not known", "nodename"];
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| words.iter().any(|word| error.to_string().contains(word)))
}

/// Says what an error of Salesforce's side means for a person.
pub(crate) fn of_salesforce(error: &salesforce::Error) -> Problem {
    use salesforce::Error as E;
    match error {
        E::SignedOut { reason } => Problem::new(
            "salesforce.signed_out",
            format!(
                "Salesforce has ended the sign-in: {reason}. Calls are kept here and sent after the next sign-in."
            ),
            "Sign in to Salesforce again.",
        ),
        E::Denied => Problem::new(
            "salesforce.signed_out",
            "Access was denied in the browser.",
            "Sign in again and choose Allow.",
        ),
        E::Cancelled => Problem::new(
            "salesforce.signed_out",
            "The sign-in was cancelled.",
            "Sign in again when you are ready.",
        ),
        E::TimedOut => Problem::new(
            "salesforce.signed_out",
            "Nobody finished the sign-in within five minutes.",
            "Sign in again. If the browser showed a Salesforce error page, its code tells what your administrator has to do.",
        ),
        E::PortsBusy { ports } => Problem::new(
            "salesforce.redirect_mismatch",
            format!(
                "The sign-in needs one of the ports {ports:?}, and all are in use by other programs."
            ),
            "Close the other program, or set salesforce.callback_ports to ports that are registered in Salesforce.",
        ),
        E::Disturbed => Problem::new(
            "salesforce.signed_out",
            "The sign-in was stopped because another program kept sending requests to its port.",
            "Close that program and sign in again.",
        ),
        E::UnexpectedInstance => Problem::new(
            "salesforce.unexpected_answer",
            "Salesforce named an unexpected address for the org. Nothing was sent there.",
            "Check the sign-in address. If it is right, tell your Salesforce administrator.",
        ),
        E::NotApproved { text } => Problem::new(
            "salesforce.not_approved",
            format!("This org does not let you use the app yet: {text}."),
            "The Salesforce administrator opens External Client App Manager > Policies and lets your profile or permission set use it.",
        ),
        E::IpRestricted => Problem::new(
            "salesforce.ip_restricted",
            "Salesforce does not allow this network address.",
            "The Salesforce administrator sets the app's policy to “Relax IP restrictions”, or allows this network.",
        ),
        E::WrongKey { .. } => Problem::new(
            "salesforce.wrong_key",
            "Salesforce does not know this consumer key at this sign-in address, or the app still requires a secret.",
            "Check the key and the address (production, sandbox, My Domain); in the app's settings untick “Require secret for Web Server Flow” and “… Refresh Token Flow”.",
        ),
        E::RedirectMismatch => Problem::new(
            "salesforce.redirect_mismatch",
            "Salesforce does not know the callback address.",
            "The Salesforce administrator registers every callback line exactly as shown.",
        ),
        E::SignInRefused { code, text } => Problem::new(
            "salesforce.signed_out",
            format!("Salesforce refused the sign-in: {text} ({code})."),
            "Show this sentence to your Salesforce administrator.",
        ),
        E::NoRefreshToken => Problem::new(
            "salesforce.missing_permission",
            "The app does not grant refresh tokens.",
            "The Salesforce administrator adds the scope “Perform requests at any time (refresh_token)” to the app.",
        ),
        E::ApiDisabled { .. } => Problem::new(
            "salesforce.api_disabled",
            "The API is switched off for this org or for your user.",
            "The Salesforce administrator grants “API Enabled”; the edition must include the API.",
        ),
        E::ApiLimit => Problem::new(
            "salesforce.api_limit",
            "Your org has used up its Salesforce API requests of the last 24 hours. Calls are kept here and sent later.",
            "Nothing to do here; it is tried again every 15 minutes.",
        ),
        E::Throttled { .. } | E::Unreachable(_) | E::LostAnswer(_) | E::Busy { .. } => {
            Problem::new(
                "salesforce.unreachable",
                "Salesforce is not reachable. Known callers still open, and calls are kept here and sent later.",
                "Check the network. Patchcord keeps trying by itself.",
            )
        }
        E::Untrusted(_) => Problem::new(
            "salesforce.unreachable",
            "The certificate of the Salesforce address is not trusted by this computer.",
            "Your network may inspect encrypted traffic: IT installs its root certificate on this computer, or excludes Salesforce.",
        ),
        E::SessionRefused { .. } => Problem::new(
            "salesforce.signed_out",
            "Salesforce refuses even a fresh session. Calls are kept here.",
            "The Salesforce administrator checks the app's policies (scopes, IP rules); it is tried again every five minutes.",
        ),
        E::MissingPermission { text } => Problem::new(
            "salesforce.missing_permission",
            format!("Your Salesforce user lacks a permission: {text}."),
            "The Salesforce administrator grants it; then retry.",
        ),
        E::Rejected { message, code, .. } => Problem::new(
            "journal.stuck",
            format!("Salesforce refused the entry: {message} ({code})."),
            "Change what the message names, in Salesforce, then retry.",
        ),
        E::UnexpectedAnswer { .. } => Problem::new(
            "salesforce.unexpected_answer",
            "The Salesforce address gave an unexpected answer, such as a log-in page of the network.",
            "Open Salesforce in the browser to see whether the network asks you to sign in. Patchcord keeps trying.",
        ),
        E::SecretStore(_) => Problem::new(
            "secrets.unavailable",
            "The operating system's secret store did not take the sign-in.",
            "Unlock the keyring or key chain, then try again.",
        ),
    }
}

/// Says in plain words why the PBX did not place a call. Source: yeastar-open-api.md §4.7, 30015.
pub(crate) fn of_refused_call(reason: &str) -> Problem {
    let lower = reason.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let (code, message, action) = if has(&["permission"]) {
        (
            "dial.no_permission",
            "Your extension may not call this number.",
            "Ask the PBX administrator for the outbound route's permission.",
        )
    } else if has(&["restrict"]) {
        (
            "dial.restricted",
            "The PBX's outbound restriction stopped the call.",
            "The PBX administrator can lift it under Call Control > Outbound Restriction.",
        )
    } else if has(&["congestion"]) {
        ("dial.congestion", "All lines are busy.", "Try again in a moment.")
    } else if has(&["dnd"]) {
        ("dial.dnd", "The called extension does not want to be disturbed.", "Try again later.")
    } else if has(&["unreachable"]) {
        (
            "dial.unreachable",
            "The line is not reachable.",
            "The PBX administrator checks the trunk or the phone.",
        )
    } else if has(&["busy", "486", "603", "declin"]) {
        ("dial.busy", "The other side is busy or declined.", "Try again later.")
    } else if has(&["404", "not found", "410", "484", "incomplete"]) {
        (
            "dial.wrong_number",
            "The PBX or the network does not know this number.",
            "Check the number, and the prefixes in the settings.",
        )
    } else if has(&["480", "408", "temporar", "request time"]) {
        ("dial.no_answer", "The other side did not answer.", "Try again later.")
    } else {
        ("dial.refused", "The PBX could not place the call.", "Try again, or dial on the phone.")
    };
    Problem::new(code, format!("{message} ({})", reason.trim()), action)
}

pub(crate) fn phone_never_rang() -> Problem {
    Problem::new(
        "dial.phone_never_rang",
        "Your phone never rang: no phone or Linkus seems to be signed in on your extension.",
        "Sign in to Linkus or check your desk phone, then call again.",
    )
}

pub(crate) fn not_running() -> Problem {
    Problem::new(
        "app.not_running",
        "Patchcord is not running, so calls are neither heard nor logged. What happened meanwhile is added later.",
        "Start Patchcord, or `patchcord run --headless`.",
    )
}

pub(crate) fn not_connected_to_pbx() -> Problem {
    Problem::new(
        "pbx.unreachable",
        "The PBX is not connected, so nothing can be dialled.",
        "See Status for the reason.",
    )
}

pub(crate) fn not_signed_in() -> Problem {
    Problem::new(
        "salesforce.signed_out",
        "Nobody is signed in to Salesforce.",
        "Connect Salesforce first.",
    )
}

pub(crate) fn nobody_bound() -> Problem {
    Problem::new(
        "binding.none",
        "Your Salesforce user has no PBX extension yet, so no call is yours.",
        "Choose your extension in the window, run `patchcord bind --extension NUMBER`, or ask your administrator to fill in the Extension field of your Salesforce user.",
    )
}

pub(crate) fn extension_gone(extension: &domain::Extension) -> Problem {
    Problem::new(
        "pbx.extension_gone",
        format!("The PBX has no extension {extension}."),
        "Choose another extension, or ask the PBX administrator.",
    )
}

pub(crate) fn browser_failed(detail: &str) -> Problem {
    Problem::new(
        "browser.failed",
        format!("Could not open the browser: {detail}."),
        "Set a default browser in the system's settings; the record can be opened from the window meanwhile.",
    )
}

pub(crate) fn secrets_locked() -> Problem {
    Problem::new(
        "secrets.unavailable",
        "The secret store does not answer, so the sign-ins that it keeps cannot be used yet.",
        "Unlock the keyring or key chain; Patchcord then goes on by itself.",
    )
}

/// The secrets of the last run went with it.
pub(crate) fn secrets_forgotten() -> Problem {
    Problem::new(
        "secrets.unavailable",
        "No secret store answers on this computer, so the PBX's client secret was kept only until Patchcord ended.",
        "Connect the PBX again; with a keyring (Secret Service) that is unlocked at log-in, it is kept.",
    )
}

pub(crate) fn secrets_unavailable() -> Problem {
    Problem::new(
        "secrets.unavailable",
        "There is no secret store, so sign-ins last only until Patchcord ends.",
        "Install or unlock a keyring (Secret Service), then restart Patchcord.",
    )
}
