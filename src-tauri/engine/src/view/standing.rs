//! The problems that can stand in the state: each goes when its cause goes.

use super::{Problem, Status};

/// Their codes. A scenario shows for each how its cause goes, and the problem with it (`tests/scenarios/codes/gone.rs`);
/// the harness of the scenarios takes no other.
pub const STANDING: [&str; 45] = [
    "app.not_running",
    "binding.conflict",
    "binding.none",
    "browser.failed",
    "contacts.index_paused",
    "contacts.index_stopped",
    "contacts.mass_delete",
    "contacts.other_user",
    "contacts.phonebook_full",
    "contacts.phonebook_not_ours",
    "contacts.phonebook_read_only",
    "journal.creation_paused",
    "journal.damaged",
    "journal.disk_full",
    "journal.gap_unverified",
    "journal.notes_lost",
    "pbx.address_blocked",
    "pbx.address_not_allowed",
    "pbx.api_off",
    "pbx.credentials_refused",
    "pbx.events_down",
    "pbx.extension_gone",
    "pbx.other_address",
    "pbx.tls_changed",
    "pbx.tls_untrusted",
    "pbx.token_limit",
    "pbx.unexpected_answer",
    "pbx.unreachable",
    "policy.invalid",
    "program.safe_mode",
    "program.task_failed",
    "salesforce.api_disabled",
    "salesforce.api_limit",
    "salesforce.failed",
    "salesforce.ip_restricted",
    "salesforce.missing_permission",
    "salesforce.not_approved",
    "salesforce.other_login",
    "salesforce.redirect_mismatch",
    "salesforce.signed_out",
    "salesforce.unexpected_answer",
    "salesforce.unreachable",
    "salesforce.wrong_key",
    "secrets.still_kept",
    "secrets.unavailable",
];

impl Status {
    /// Returns what is amiss, each side for itself.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let of_sides = [&self.pbx.problem, &self.salesforce.problem, &self.binding.problem];
        of_sides.into_iter().chain([&self.contacts.problem, &self.problem]).flatten()
    }

    /// Says whether this is among what is amiss.
    pub fn says(&self, code: &str) -> bool {
        self.problems().any(|problem| problem.code == code)
    }
}
