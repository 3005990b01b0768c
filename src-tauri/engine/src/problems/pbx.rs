//! What errors of the PBX's side mean for a person.

use crate::{vaults::NoSecret, view::Problem};

/// Says what an error of the PBX's side means for a person.
pub(crate) fn of_pbx(error: &pbx::Error) -> Problem {
    use pbx::Error as E;
    let waits = "Patchcord keeps trying by itself.";
    match error {
        E::Unreachable(_) | E::Timeout | E::Interrupted | E::Closed => Problem::new(
            "pbx.unreachable",
            "The PBX does not answer. New calls are not heard; what is missed meanwhile is added later.",
            format!("Check the network and the PBX's address. {waits}"),
        ),
        E::ProxyLogin(_) => Problem::new(
            "pbx.unreachable",
            "The proxy of this network asks for a log-in, so the PBX is not reached. New calls are not heard; missed calls are added later.",
            "IT lets this computer through to the PBX without a log-in, or writes the log-in into the system's proxy settings.",
        ),
        E::TlsUntrusted { presented } => Problem::new(
            "pbx.tls_untrusted",
            format!("The PBX's certificate is not publicly trusted. Its SHA-256 is {presented}."),
            "Compare it with the certificate on the PBX (Security > Security Settings > Certificate), then connect again and confirm it, or pass it as --pin.",
        ),
        E::TlsChanged { expected: None, presented } => Problem::new(
            "pbx.tls_changed",
            format!(
                "The PBX had a publicly trusted certificate when it was connected, and shows one now that nobody vouches for. Shown: {presented}. Nothing was sent to it."
            ),
            "Ask the PBX administrator whether the certificate was replaced by this one. Only after a yes, connect again with its fingerprint.",
        ),
        E::TlsChanged { expected: Some(expected), presented } => Problem::new(
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
        E::DataNotFound
        | E::Refused { .. }
        | E::Full
        | E::StillListed
        | E::NoPhonebook
        | E::NoContact
        | E::NameTaken
        | E::ReadOnly => Problem::new(
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

/// Says why no secret may be sent to the PBX that the settings name.
pub(crate) fn of_no_secret(why: &NoSecret, wanted: &pbx::Options) -> Problem {
    let still = "New calls are not heard; what is missed meanwhile is added later.";
    let again = "Connect the PBX again with its client secret, or have the settings (settings.toml, or your administrator's policy) name the former PBX.";
    let address = &wanted.address;
    match why {
        NoSecret::Nothing => Problem::new(
            "pbx.credentials_refused",
            "The PBX's client secret is not on this computer.",
            "Connect the PBX with its client secret.",
        ),
        NoSecret::AnotherClient => Problem::new(
            "pbx.credentials_refused",
            "The PBX's client secret in the secret store belongs to another client ID, so it was not tried.",
            "Connect the PBX again with the secret of this client ID.",
        ),
        NoSecret::AnotherPlace(Some(given)) if given.address == *address => Problem::new(
            "pbx.other_address",
            format!(
                "The settings name another certificate of the PBX at {address} than the one that its client secret was given for, so the secret was not sent. {still}"
            ),
            again,
        ),
        NoSecret::AnotherPlace(Some(given)) => Problem::new(
            "pbx.other_address",
            format!(
                "The settings name the PBX at {address}, and the client secret was given for {}, so it was not sent there. {still}",
                given.address
            ),
            again,
        ),
        NoSecret::AnotherPlace(None) => Problem::new(
            "pbx.other_address",
            format!(
                "It is not known for which PBX the client secret on this computer was given, so it was not sent to {address}. {still}"
            ),
            "Connect the PBX again with its client secret.",
        ),
    }
}

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

/// Nothing usable has come back, and the phone may ring.
pub(crate) fn dial_unanswered(error: &pbx::Error) -> Problem {
    let happened = match error {
        pbx::Error::UnexpectedAnswer { .. } => "The PBX's answer to this call could not be read",
        _ => "The PBX's answer to this call was lost",
    };
    Problem::new(
        "dial.unanswered",
        format!("{happened}, so it is not known whether the call was placed."),
        "Look at your phone before you dial again: it may be ringing, or about to.",
    )
}

pub(crate) fn not_connected_to_pbx() -> Problem {
    Problem::new(
        "pbx.unreachable",
        "The PBX is not connected, so nothing can be dialled.",
        "See Status for the reason.",
    )
}

/// The PBX is left alone, because a person or the policy wants so.
pub(crate) fn dialling_is_off() -> Problem {
    Problem::new(
        "dial.switched_off",
        "The integration is switched off, so nothing was dialled.",
        "Switch it on in the window, or with `patchcord enable`, and call again.",
    )
}

pub(crate) fn no_extensions() -> Problem {
    Problem::new(
        "pbx.unreachable",
        "The extensions of the PBX are not known, because the PBX is not connected.",
        "See Status for the reason.",
    )
}
