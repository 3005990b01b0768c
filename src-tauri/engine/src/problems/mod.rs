//! Errors as problems: a stable code, a sentence, and what to do.

mod link;
mod pbx;
mod salesforce;

use std::collections::BTreeSet;

use crate::{
    civil,
    controller::{LostNotes, Unverified},
    keep::Part,
    ports::Secrets,
    view::Problem,
};

pub(crate) use self::{link::*, pbx::*, salesforce::*};

pub(crate) fn not_running() -> Problem {
    Problem::new(
        "app.not_running",
        "Patchcord is not running, so calls are neither heard nor logged. What happened meanwhile is added later.",
        "Start Patchcord, or `patchcord run --headless`.",
    )
}

/// The org has used most of its daily allowance: the index waits.
pub(crate) fn index_paused() -> Problem {
    Problem::new(
        "contacts.index_paused",
        "Your Salesforce org has used 80 % of its daily API requests, so the contact list is not refreshed at the moment. Callers are still found, new ones by a search.",
        "Nothing to do: it goes on by itself. If it happens often, tell your Salesforce administrator.",
    )
}

/// The index cannot be refreshed before a person has done something.
pub(crate) fn index_stopped(error: &::salesforce::Error) -> Problem {
    let cause = of_salesforce(error);
    Problem::new(
        "contacts.index_stopped",
        format!(
            "The contact list could not be refreshed: {} Callers that are known already are still found.",
            cause.message
        ),
        cause.action,
    )
}

pub(crate) fn nobody_bound() -> Problem {
    Problem::new(
        "binding.none",
        "Your Salesforce user has no PBX extension yet, so no call is yours.",
        "Choose your extension in the window, run `patchcord bind --extension NUMBER`, or ask your administrator to fill in the Extension field of your Salesforce user.",
    )
}

/// The table was read by an earlier run, or for another user.
pub(crate) fn table_is_gone() -> Problem {
    Problem::new(
        "binding.stale",
        "The list of users is no longer at hand. Nothing was changed.",
        "Read the list again.",
    )
}

pub(crate) fn no_such_country(code: &str) -> Problem {
    Problem::new(
        "settings.not_saved",
        format!("{code} is not the code of a country. Nothing was changed."),
        "Give a country's two letters, such as DE (ISO 3166-1).",
    )
}

pub(crate) fn extension_gone(extension: &domain::Extension) -> Problem {
    Problem::new(
        "pbx.extension_gone",
        format!("The PBX has no extension {extension}."),
        "Choose another extension, or ask the PBX administrator.",
    )
}

/// The PBX has removed its records of a stretch in which nobody listened.
pub(crate) fn gap_unverified(stretch: Unverified) -> Problem {
    Problem::new(
        "journal.gap_unverified",
        format!(
            "Calls between {} and {} could not be verified: Patchcord was not listening, and the PBX has no call records of that time, or does not show them.",
            civil::local_minute(stretch.from),
            civil::local_minute(stretch.until)
        ),
        "Compare with the PBX's own list of calls and log by hand what is missing. The PBX administrator keeps call records for longer (Auto Cleanup). *Try again* confirms that you have seen this.",
    )
}

/// Notes went with the journal.
pub(crate) fn notes_lost(lost: &LostNotes) -> Problem {
    let (from, until) = (civil::local_minute(lost.from), civil::local_minute(lost.until));
    let calls = format!(
        "of calls between {from} and {until}, notes that were not in Salesforce yet may be missing, and calls that were not to be logged may be logged."
    );
    let action = "Look through these calls in the list: write missing notes again, and choose \"Do not log\" again where it was chosen. *Try again* confirms that you have seen this.";
    match &lost.kept_as {
        Some(name) => Problem::new(
            "journal.notes_lost",
            format!("The local journal was damaged: {calls} The damaged file is kept as {name}."),
            action,
        ),
        None => Problem::new(
            "journal.notes_lost",
            format!("The local journal was gone: {calls}"),
            action,
        ),
    }
}

/// Parts of this program fail again and again.
pub(crate) fn task_failed(parts: &BTreeSet<Part>) -> Problem {
    let word = |part: &Part| match part {
        Part::Controller => "hearing calls",
        Part::Outbox => "sending calls to Salesforce",
        Part::FollowUps => "making follow-ups",
        Part::Index => "keeping the contact list",
        Part::Sync => "contact sync",
    };
    let words: Vec<&str> = parts.iter().map(word).collect();
    Problem::new(
        "program.task_failed",
        format!(
            "A part of Patchcord has failed several times within a minute: {}. It is begun again by itself at least once a minute; everything else goes on, and calls are kept here.",
            words.join(", ")
        ),
        "Try again. If it stays so, restart Patchcord, and send the newest file of its logs folder to whoever looks after it.",
    )
}

/// The program has ended several times within a minute, and has begun only what calls need.
pub(crate) fn safe_mode() -> Problem {
    Problem::new(
        "program.safe_mode",
        "Patchcord ended unexpectedly several times within a minute, so it has begun only what calls need. The contact list is not refreshed, contact sync and links from other programs are off, and the window does not open by itself.",
        "Try again to begin the rest now, or wait two minutes. If it happens again, check the set-up, in the window or with `patchcord doctor`, and send the newest file of the logs folder to whoever looks after Patchcord.",
    )
}

pub(crate) fn browser_failed(detail: &str) -> Problem {
    Problem::new(
        "browser.failed",
        format!("Could not open the browser: {detail}."),
        "Set a default browser in the system's settings; the record can be opened from the window meanwhile.",
    )
}

/// The secret store is there and tells nothing: somebody may unlock it, or has declined to.
pub(crate) fn secrets_locked(secrets: &dyn Secrets) -> Problem {
    if secrets.declined() {
        return Problem::new(
            "secrets.unavailable",
            "The secret store stays locked, because the question for its password was closed. The sign-ins that it keeps are still there, and cannot be used yet.",
            "Unlock the keyring, and Patchcord goes on by itself; or start Patchcord again to be asked again; or connect and sign in anew, for this session only.",
        );
    }
    Problem::new(
        "secrets.unavailable",
        "The secret store is locked or does not answer, so the sign-ins that it keeps cannot be used yet. Nothing has been lost.",
        "Unlock the keyring or key chain; Patchcord then goes on by itself. Where it is gone for good, connect and sign in anew.",
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

/// Says after a `disconnect`, and as long as it is so, that the system's store still has what it kept: it is away or locked.
pub(crate) fn secrets_stay() -> Problem {
    Problem::new(
        "secrets.still_kept",
        "You have disconnected, and the secret store cannot be opened now: it still has the secrets of that connection. They are not used again; as soon as the store opens, a Salesforce sign-in among them is revoked and all of them are deleted.",
        "Unlock the keyring or key chain; Patchcord does the rest by itself, also after its next start.",
    )
}

pub(crate) fn secrets_unavailable() -> Problem {
    Problem::new(
        "secrets.unavailable",
        "There is no secret store, so sign-ins last only until Patchcord ends.",
        if cfg!(target_os = "linux") {
            "Unlock the keyring; where there is none, install one (Secret Service), log in again and restart Patchcord."
        } else {
            "Unlock the key chain, or ask IT why this computer's secret store keeps nothing; then restart Patchcord."
        },
    )
}
