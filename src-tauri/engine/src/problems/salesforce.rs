//! What errors of Salesforce's side mean for a person.

use salesforce::SignedOutReason;

use crate::{plain::without_login, ports::Way, view::Problem};

/// The codes of entries that wait for Salesforce to answer as it should, whatever it is that gets the answer.
pub(crate) const AFTER_ANSWER: [&str; 6] = [
    "salesforce.signed_out",
    "salesforce.unreachable",
    "salesforce.api_limit",
    "salesforce.api_disabled",
    "salesforce.ip_restricted",
    "salesforce.unexpected_answer",
];

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

/// The codes of entries that may only have met a network that was away.
pub(crate) const AFTER_NETWORK: [&str; 2] =
    ["salesforce.unreachable", "salesforce.unexpected_answer"];

/// Says what was given instead of a consumer key.
pub(crate) fn of_consumer_key(error: salesforce::KeyError) -> Problem {
    use salesforce::KeyError as E;
    let (message, action) = match error {
        E::Empty => {
            ("The consumer key is empty.", "Copy it from the External Client App's OAuth settings.")
        }
        E::Broken => (
            "The consumer key holds a space or another character that no key has.",
            "Copy the whole key once more, with nothing before or after it, from the External Client App's OAuth settings.",
        ),
        E::Secret => (
            "This looks like the consumer secret, not like the key.",
            "Copy the consumer key, which stands above the secret. Patchcord never needs the secret.",
        ),
        E::Short => (
            "The consumer key is too short: a part of it is missing.",
            "Copy the whole key once more from the External Client App's OAuth settings.",
        ),
    };
    Problem::new("salesforce.wrong_key", message, action)
}

/// Says that a pasted address is not the one this attempt's browser ended on.
pub(crate) fn not_this_sign_in() -> Problem {
    Problem::new(
        "salesforce.wrong_address",
        "This is not the address of this sign-in. The sign-in still waits.",
        "Copy the whole address from the browser's address bar after you have pressed Allow; it begins with http://localhost.",
    )
}

/// Says what an error means while somebody signs in: nothing is tried again by itself.
pub(crate) fn of_sign_in(error: &salesforce::Error, way: &Way) -> Problem {
    use salesforce::Error as E;
    match error {
        E::Unreachable(_) if matches!(way, Way::Script(_)) => of_way_to_salesforce(error, way),
        E::Throttled { .. } => Problem::new(
            "salesforce.unreachable",
            "Salesforce asks for a pause before the next sign-in.",
            "Wait a few minutes, then sign in again.",
        ),
        E::Unreachable(_) | E::LostAnswer(_) | E::Busy { .. } => Problem::new(
            "salesforce.unreachable",
            "Salesforce did not answer, so the sign-in did not come about.",
            "Check the network and the sign-in address, then sign in again.",
        ),
        other => of_salesforce(other),
    }
}

/// Says what an error means, with what is known of the way to Salesforce.
pub(crate) fn of_way_to_salesforce(error: &salesforce::Error, way: &Way) -> Problem {
    match (error, way) {
        (salesforce::Error::Unreachable(_), Way::Script(script)) => Problem::new(
            "salesforce.unreachable",
            format!(
                "Salesforce is not reachable, and this computer's proxy is chosen by a script (PAC), which Patchcord does not run: {}. Calls are kept here and sent later.",
                without_login(script)
            ),
            "IT names the proxy for Patchcord: HTTPS_PROXY in the environment, or a fixed proxy in the system's settings; or lets this computer through to Salesforce directly.",
        ),
        (error, _) => of_salesforce(error),
    }
}

/// Says what an error of Salesforce's side means for a person.
pub(crate) fn of_salesforce(error: &salesforce::Error) -> Problem {
    use salesforce::Error as E;
    match error {
        E::SignedOut { reason: SignedOutReason::AnotherUser } => Problem::new(
            "salesforce.signed_out",
            "The secret store of this computer holds another user's Salesforce sign-in, so it is not used. Calls are kept here and sent after the next sign-in.",
            "Sign in to Salesforce again.",
        ),
        E::SignedOut { reason } => Problem::new(
            "salesforce.signed_out",
            format!(
                "Salesforce has ended the sign-in: {reason}. Calls are kept here and sent after the next sign-in."
            ),
            "Sign in to Salesforce again.",
        ),
        E::AnotherLogin { granted: Some(granted), wanted } => Problem::new(
            "salesforce.other_login",
            format!(
                "The settings name the sign-in address {wanted}, and you signed in at {granted}, so that sign-in was not sent there. Calls are kept here and sent after the next sign-in."
            ),
            "Sign in to Salesforce again, or have the settings (settings.toml, or your administrator's policy) name the former address.",
        ),
        E::AnotherLogin { granted: None, wanted } => Problem::new(
            "salesforce.other_login",
            format!(
                "It is not known at which address you signed in to Salesforce, so that sign-in was not sent to {wanted}. Calls are kept here and sent after the next sign-in."
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
                "The sign-in needs one of the ports {}, and all are in use by other programs.",
                ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
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
        E::Throttled { .. } => Problem::new(
            "salesforce.unreachable",
            "Salesforce asks for a pause. Known callers still open, and calls are kept here and sent later.",
            "Nothing to do; Patchcord goes on by itself.",
        ),
        E::Unreachable(_) | E::LostAnswer(_) | E::Busy { .. } => Problem::new(
            "salesforce.unreachable",
            "Salesforce is not reachable. Known callers still open, and calls are kept here and sent later.",
            "Check the network. Patchcord keeps trying by itself.",
        ),
        E::Failed { code, message } => Problem::new(
            "salesforce.failed",
            format!("Salesforce failed at this and says: {message} ({code})."),
            "Try it again later. Where it stays so, the Salesforce administrator looks at the org's flows and triggers.",
        ),
        E::ProxyLogin(_) => Problem::new(
            "salesforce.unreachable",
            "The proxy of this network asks for a log-in, so Salesforce is not reached. Calls are kept here and sent later.",
            "IT lets this computer through to Salesforce without a log-in, or writes the log-in into the system's proxy settings.",
        ),
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
        E::Rejected { code, fields, .. } if fields.iter().any(|field| field == "WhoId") => {
            Problem::new(
                "journal.record_gone",
                format!(
                    "Salesforce did not take the record that the call belongs to: it no longer exists, or you may not see it ({code})."
                ),
                "Move the call to another record.",
            )
        }
        E::Rejected { message, code, .. } => Problem::new(
            "journal.stuck",
            format!("Salesforce refused the entry: {message} ({code})."),
            "Change what the message names, in Salesforce, then retry.",
        ),
        E::Duplicates { message, .. } => Problem::new(
            "journal.stuck",
            format!("A duplicate rule of Salesforce holds the record back: {message}."),
            "Choose one of the records that Salesforce knows, then retry.",
        ),
        E::UnexpectedAnswer { .. } => Problem::new(
            "salesforce.unexpected_answer",
            "The Salesforce address gave an unexpected answer, such as a log-in page of the network.",
            "Open Salesforce in the browser to see whether the network asks you to sign in. Patchcord keeps trying.",
        ),
        E::Unreadable { .. } => Problem::new(
            "salesforce.unexpected_answer",
            "Salesforce gave an answer that cannot be read: a record in it may be broken.",
            "Check the set-up, in the window or with `patchcord doctor`, to see which records cannot be read; the Salesforce administrator corrects them.",
        ),
        E::SecretStore(_) => Problem::new(
            "secrets.unavailable",
            "The operating system's secret store did not take the sign-in.",
            "Unlock the keyring or key chain, then try again.",
        ),
    }
}

/// Says what an error means while records are read for the phonebook.
pub(crate) fn of_reading_records(error: &salesforce::Error) -> Problem {
    match error {
        salesforce::Error::Rejected { code, message, .. } => Problem::new(
            "salesforce.failed",
            format!("Salesforce refused to list the records and says: {message} ({code})."),
            "Show this sentence to your Salesforce administrator. Patchcord keeps trying.",
        ),
        other => of_salesforce(other),
    }
}

/// Says what an error means while the org's users are read.
pub(crate) fn of_reading_users(error: &salesforce::Error) -> Problem {
    use salesforce::Error as E;
    match error {
        E::MissingPermission { .. } => Problem::new(
            "binding.no_users",
            "Your Salesforce user may not see the users of the org. Your own extension and your calls are not touched by that.",
            "A Salesforce administrator opens this page, or gives you the permission “View All Users”.",
        ),
        E::Rejected { code, .. } => Problem::new(
            "binding.no_users",
            format!(
                "Salesforce refused to list the users of the org ({code}). Your own extension and your calls are not touched by that."
            ),
            "Show this sentence to your Salesforce administrator.",
        ),
        other => of_salesforce(other),
    }
}

pub(crate) fn not_signed_in() -> Problem {
    Problem::new(
        "salesforce.signed_out",
        "Nobody is signed in to Salesforce.",
        "Connect Salesforce first.",
    )
}
