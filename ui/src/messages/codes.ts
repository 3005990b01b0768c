// The stable codes that the window has its own words for (contract.md §4). A code that is not here is shown in the
// engine's words.

/** Problems: something needs a person. */
export const problemCodes = [
  "pbx.unreachable",
  "pbx.tls_untrusted",
  "pbx.tls_changed",
  "pbx.credentials_refused",
  "pbx.address_blocked",
  "pbx.address_not_allowed",
  "pbx.api_off",
  "pbx.token_limit",
  "pbx.events_down",
  "pbx.unexpected_answer",
  "pbx.extension_gone",
  "salesforce.unreachable",
  "salesforce.signed_out",
  "salesforce.not_approved",
  "salesforce.ip_restricted",
  "salesforce.api_disabled",
  "salesforce.api_limit",
  "salesforce.missing_permission",
  "salesforce.unexpected_answer",
  "salesforce.wrong_key",
  "salesforce.redirect_mismatch",
  "binding.none",
  "binding.conflict",
  "journal.stuck",
  "journal.disk_full",
  "journal.damaged",
  "contacts.phonebook_not_ours",
  "contacts.phonebook_full",
  "contacts.mass_delete",
  "secrets.unavailable",
  "browser.failed",
  "policy.invalid",
  "window.unexpected",
] as const;

/** One of {@link problemCodes}. */
export type ProblemCode = (typeof problemCodes)[number];

/** What a person is told about a problem. */
export interface ProblemWords {
  /** What happened. */
  happened: string;
  /** What goes on all the same; empty where there is nothing to say. */
  works: string;
  /** What to do, and who. */
  todo: string;
}

/** Why an entry waits, is stuck or was skipped: short, read after `Waiting: ` and the like. */
export const reasonCodes = [
  "pbx.unreachable",
  "salesforce.unreachable",
  "salesforce.signed_out",
  "salesforce.api_limit",
  "salesforce.api_disabled",
  "salesforce.ip_restricted",
  "salesforce.not_approved",
  "salesforce.missing_permission",
  "salesforce.unexpected_answer",
  "journal.never_list",
  "journal.disk_full",
] as const;

/** One of {@link reasonCodes}. */
export type ReasonCode = (typeof reasonCodes)[number];
