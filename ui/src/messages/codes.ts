// The stable codes that the window knows (contract.md §4). A problem whose code is not here is told in the
// engine's words.

import type { CheckId, CheckTranslation } from "./checks";

/** Problems: something needs a person. */
export const problemCodes = [
  "pbx.unreachable",
  "pbx.tls_untrusted",
  "pbx.tls_changed",
  "pbx.credentials_refused",
  "pbx.other_address",
  "pbx.address_blocked",
  "pbx.address_not_allowed",
  "pbx.api_off",
  "pbx.token_limit",
  "pbx.events_down",
  "pbx.unexpected_answer",
  "pbx.extension_gone",
  "salesforce.unreachable",
  "salesforce.failed",
  "salesforce.signed_out",
  "salesforce.other_login",
  "salesforce.not_approved",
  "salesforce.ip_restricted",
  "salesforce.api_disabled",
  "salesforce.api_limit",
  "salesforce.missing_permission",
  "salesforce.unexpected_answer",
  "salesforce.wrong_key",
  "salesforce.redirect_mismatch",
  "salesforce.wrong_address",
  "binding.none",
  "binding.conflict",
  "binding.stale",
  "binding.no_users",
  "journal.stuck",
  "journal.record_gone",
  "journal.creation_paused",
  "journal.disk_full",
  "journal.damaged",
  "journal.gap_unverified",
  "journal.notes_lost",
  "note.no_call",
  "note.too_long",
  "note.unknown_outcome",
  "note.not_related",
  "note.follow_up",
  "note.other_account",
  "note.nothing_logged",
  "note.not_deleted",
  "note.still_not_logged",
  "note.not_kept",
  "contacts.index_paused",
  "contacts.index_stopped",
  "contacts.phonebook_not_ours",
  "contacts.phonebook_full",
  "contacts.mass_delete",
  "contacts.phonebook_read_only",
  "contacts.other_desktop",
  "contacts.other_user",
  "contacts.sync_off",
  "contacts.sync_ended",
  "secrets.unavailable",
  "secrets.still_kept",
  "browser.failed",
  "policy.invalid",
  "program.task_failed",
  "program.safe_mode",
  "policy.locked",
  "settings.not_saved",
  "dial.not_a_number",
  "dial.service_code",
  "dial.blocked",
  "dial.premium",
  "dial.own_extension",
  "dial.no_permission",
  "dial.restricted",
  "dial.congestion",
  "dial.dnd",
  "dial.unreachable",
  "dial.busy",
  "dial.wrong_number",
  "dial.no_answer",
  "dial.refused",
  "dial.unanswered",
  "dial.phone_never_rang",
  "dial.too_many",
  "dial.switched_off",
  "link.not_a_link",
  "link.unknown_scheme",
  "link.unreadable",
  "link.header",
  "link.several_numbers",
  "link.parameter",
  "link.other_system",
  "link.form",
  "link.switched_off",
  "link.too_many",
  "link.no_window",
  "link.screen_locked",
  "link.gone",
  "link.not_default",
  "link.test_lost",
  "call.none",
  "call.no_record",
  "call.no_task",
  "call.nothing_to_undo",
  "call.record_changed",
  "call.record_left",
  "call.not_movable",
  "app.not_running",
  "engine.ended",
  "engine.gone",
  "engine.silent",
  "engine.garbled",
  "engine.foreign",
  "engine.unreachable",
  "engine.late",
  "engine.not_started",
  "control.unknown_command",
  "control.too_many_watchers",
  "window.not_allowed",
  "window.not_agreed",
  "window.refused_often",
  "window.asking",
  "window.cannot_ask",
  "window.no_answer",
  "window.no_display",
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

/** What a problem is called in a language that the engine does not speak. */
export interface Translations {
  /** By the code. */
  byCode: Record<ProblemCode, Translation>;
  /** What checks of the set-up found. */
  byCheck: Record<CheckId, CheckTranslation>;
  /** Why a check could not look, by the engine's sentence. */
  bySkip: Record<string, { found: string; todo: string }>;
  /** What the engine names in English beside a check. */
  byValue: Partial<Record<CheckId, Record<string, string>>>;
  /** By code and a part of the engine's sentence, where one code has several causes. They are looked at first. */
  byCause: readonly (Translation & { code: ProblemCode; says: string })[];
  /** What decided whose a number is, from the engine's words for it; nothing where they are new. */
  why: (said: string) => string | undefined;
}

/** What happened and what to do, translated. */
export interface Translation {
  happened: string;
  todo: string;
  /** Says after it which file, line and the like the engine's sentence names; nothing where it names none. */
  where?(message: string): string | undefined;
}

/** Why an entry waits, is stuck or was skipped: short, read after `Waiting: ` and the like. */
export const reasonCodes = [
  "pbx.unreachable",
  "salesforce.unreachable",
  "salesforce.failed",
  "salesforce.signed_out",
  "salesforce.api_limit",
  "salesforce.api_disabled",
  "salesforce.ip_restricted",
  "salesforce.not_approved",
  "salesforce.missing_permission",
  "salesforce.unexpected_answer",
  "journal.never_list",
  "journal.emergency",
  "journal.internal_off",
  "journal.outbound_off",
  "journal.inbound_off",
  "journal.missed_off",
  "journal.not_wanted",
  "journal.other_account",
  "journal.disk_full",
  "journal.failed_here",
  "journal.record_gone",
  "journal.task_deleted",
  "journal.unlinked",
  "journal.outcome_left_out",
  "journal.unlinked_and_outcome",
  "journal.creation_paused",
  "journal.record_left",
  "journal.discarded",
  "journal.task_kept",
  "journal.doubled",
  "journal.lookup_unreadable",
] as const;

/** One of {@link reasonCodes}. */
export type ReasonCode = (typeof reasonCodes)[number];
