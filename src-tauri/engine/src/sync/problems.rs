//! What stands between the records and the phonebook, in words.

use domain::sync::Holder;

use crate::view::Problem;

/// The codes that leave a run done in part, or say something that a dry run may go on with.
pub(crate) const FULL: &str = "contacts.phonebook_full";
/// So much would be deleted that a person has to agree.
pub(crate) const MASS_DELETE: &str = "contacts.mass_delete";
/// What is in the phonebook may be another user's.
pub(crate) const OTHER_USER: &str = "contacts.other_user";
/// Another desktop of the team fills the phonebook.
pub(crate) const OTHER_DESKTOP: &str = "contacts.other_desktop";

pub(super) fn off() -> Problem {
    Problem::new(
        "contacts.sync_off",
        "Contact sync is switched off, so nothing was written to the PBX.",
        "Set contact_sync.mode to \"full\" or \"on_call\"; a dry run shows beforehand what it would do.",
    )
}

pub(super) fn not_ours(phonebook: &str) -> Problem {
    Problem::new(
        "contacts.phonebook_not_ours",
        format!(
            "The PBX phonebook “{phonebook}” has contacts that are not from Salesforce. Nothing was written to it."
        ),
        "Choose another name, or an empty phonebook, in contact_sync.phonebook; or have the PBX administrator move those contacts.",
    )
}

/// The name is that of the phonebook which shows all contacts by itself.
pub(super) fn everybodys(phonebook: &str) -> Problem {
    Problem::new(
        "contacts.phonebook_not_ours",
        format!(
            "The PBX phonebook “{phonebook}” shows all company contacts by itself, so it cannot be filled. Nothing was written."
        ),
        "Choose another name in contact_sync.phonebook; a new phonebook is made for it.",
    )
}

pub(super) fn read_only(phonebook: &str) -> Problem {
    Problem::new(
        "contacts.phonebook_read_only",
        format!("The PBX lets nobody write to the phonebook “{phonebook}”."),
        "If the PBX's own CRM integration fills it, choose another phonebook; otherwise the PBX administrator grants the API the right to write contacts.",
    )
}

pub(super) fn no_phonebook_possible(phonebook: &str) -> Problem {
    Problem::new(
        FULL,
        format!("The PBX takes no further phonebook, so “{phonebook}” could not be made."),
        "The PBX administrator deletes a phonebook that nobody needs, or names an empty one in contact_sync.phonebook.",
    )
}

pub(super) fn full(misfits: usize) -> Problem {
    Problem::new(
        FULL,
        format!(
            "The PBX has no room for {misfits} of the records. Contacts come first, then leads, then accounts, the oldest first."
        ),
        "Sync fewer objects, or have the PBX administrator delete company contacts that nobody needs.",
    )
}

pub(super) fn mass_deletion(count: usize) -> Problem {
    Problem::new(
        MASS_DELETE,
        format!(
            "{count} contacts would be deleted from the PBX phonebook, more than a fifth of it. Nothing was written."
        ),
        "Check that Salesforce still shows you your records. If the deletion is right, confirm it in the window, or run `patchcord sync --yes`.",
    )
}

pub(super) fn other_user(count: usize) -> Problem {
    Problem::new(
        OTHER_USER,
        format!(
            "Some contacts of the PBX phonebook ({count}) stand for records that you do not see; another user's desktop put them there. They stay as they are, and everything of yours is up to date."
        ),
        "If those records no longer exist, or are not to be in the phonebook, confirm the deletion in the window, or run `patchcord sync --yes`. Otherwise let a user who sees all records fill it.",
    )
}

pub(super) fn other_desktop(holder: &Holder) -> Problem {
    Problem::new(
        OTHER_DESKTOP,
        format!(
            "The desktop of extension {} fills this phonebook. Nothing is missing; nothing was written from here.",
            holder.extension()
        ),
        "Run the sync there. If that desktop is gone for good, this one takes over by itself within four hours.",
    )
}

pub(super) fn api_budget() -> Problem {
    Problem::new(
        "salesforce.api_limit",
        "Your org has used four fifths of its Salesforce API requests of the last 24 hours, so contact sync pauses. Calls still open and are logged.",
        "Nothing to do here; it goes on by itself.",
    )
}

pub(super) fn refused_throughout(code: i64) -> Problem {
    Problem::new(
        "pbx.unexpected_answer",
        format!(
            "The PBX refused one contact after the other (code {code}), so the sync was stopped."
        ),
        "See the skipped records of `patchcord sync --dry-run --json`, and send this sentence to the PBX administrator.",
    )
}

pub(super) fn store(error: &store::Error) -> Problem {
    Problem::new(
        "journal.damaged",
        format!("The local cache could not be read: {error}."),
        "Restart Patchcord; a damaged cache is rebuilt.",
    )
}

pub(super) fn not_connected() -> Problem {
    Problem::new(
        "pbx.unreachable",
        "The PBX is not connected, so its phonebook can be neither read nor written.",
        "See Status for the reason.",
    )
}
