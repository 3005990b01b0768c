// What a person copies for the administrator who can mend a problem: what happened, why, what to do, in which menu.
// No secret is known to this window, so none can be in it.

import { getContext, setContext } from "svelte";
import type { Problem, SettingsView, Status } from "./bindings";
import { certificates, fingerprints } from "./format";
import { problemWords, type Messages } from "./messages";
import type { ProblemCode } from "./messages/codes";
import { plain } from "./text";

type Recipient = keyof Messages["admin"]["letter"]["to"];
type Note = keyof Messages["admin"]["notes"];

interface Cause {
  code: ProblemCode;
  /** A part of the engine's sentence, where one code has several causes. */
  says?: string;
  to: Recipient;
  note: Note;
}

/** The problems that somebody else has to mend. The first that fits counts. */
export const causes: readonly Cause[] = [
  { code: "pbx.tls_untrusted", says: "not publicly trusted", to: "pbx_admin", note: "certificate" },
  { code: "pbx.tls_changed", says: "publicly trusted certificate when", to: "pbx_admin", note: "certificateLost" },
  { code: "pbx.tls_changed", to: "pbx_admin", note: "certificateChanged" },
  { code: "pbx.credentials_refused", says: "refused the client ID", to: "pbx_admin", note: "credentials" },
  { code: "pbx.address_blocked", to: "pbx_admin", note: "blocked" },
  { code: "pbx.address_not_allowed", to: "pbx_admin", note: "notAllowed" },
  { code: "pbx.api_off", to: "pbx_admin", note: "apiOff" },
  { code: "pbx.token_limit", to: "pbx_admin", note: "tokens" },
  { code: "pbx.events_down", to: "pbx_admin", note: "events" },
  { code: "pbx.unexpected_answer", to: "pbx_admin", note: "address" },
  { code: "pbx.extension_gone", to: "pbx_admin", note: "extension" },
  { code: "binding.conflict", to: "pbx_admin", note: "conflict" },
  { code: "binding.none", says: "which this PBX does not have", to: "salesforce_admin", note: "extension" },
  { code: "binding.none", says: "no PBX extension yet", to: "salesforce_admin", note: "unbound" },
  { code: "salesforce.not_approved", to: "salesforce_admin", note: "notApproved" },
  { code: "salesforce.ip_restricted", to: "salesforce_admin", note: "ip" },
  { code: "salesforce.api_disabled", to: "salesforce_admin", note: "api" },
  { code: "salesforce.api_limit", to: "salesforce_admin", note: "apiLimit" },
  { code: "salesforce.missing_permission", says: "does not grant refresh tokens", to: "salesforce_admin", note: "scope" },
  { code: "salesforce.missing_permission", to: "salesforce_admin", note: "permission" },
  { code: "salesforce.wrong_key", says: "does not know this consumer key", to: "salesforce_admin", note: "key" },
  { code: "salesforce.redirect_mismatch", says: "does not know the callback", to: "salesforce_admin", note: "callbacks" },
  { code: "salesforce.signed_out", says: "refuses even a fresh session", to: "salesforce_admin", note: "session" },
  { code: "salesforce.signed_out", says: "refused the sign-in", to: "salesforce_admin", note: "signIn" },
  { code: "salesforce.unreachable", says: "certificate of the Salesforce address", to: "it", note: "inspection" },
  { code: "salesforce.unreachable", says: "proxy of this network asks", to: "it", note: "proxy" },
  { code: "salesforce.unreachable", says: "chosen by a script (PAC)", to: "it", note: "script" },
  { code: "secrets.unavailable", to: "it", note: "secrets" },
  { code: "policy.invalid", to: "it", note: "policy" },
];

/** What is known of the desk, for the last line of such a text; and the clipboard. */
export interface Desk {
  readonly status: Status | null;
  readonly settings: SettingsView | null;
  copy(text: string): Promise<boolean>;
}

const KEY = Symbol("desk");

/** Gives the desk to everything below the calling component. */
export function provideDesk(desk: Desk): void {
  setContext(KEY, desk);
}

/** Returns the desk that a component above provides. */
export function useDesk(): Desk {
  return getContext<Desk>(KEY);
}

/** What the app is called in Salesforce. */
export const APP_NAME = "Patchcord";

/** The scopes of the app, in Salesforce's own words. Source: reference §2.7, §3.2. */
export const SCOPES = ["Manage user data via APIs (api)", "Perform requests at any time (refresh_token, offline_access)"];

/** Writes to the administrator who registers the app: every step and every value. */
export function registration({ setup: { salesforce: t } }: Messages, callbacks: readonly string[]): string {
  const steps = t.adminSteps.map((step, at) => `${at + 1}. ${step}`);
  return [t.adminAsk, "", ...steps, "", t.appName, APP_NAME, "", t.scopes, ...SCOPES, "", t.callbacksText, ...callbacks].join("\n");
}

/** Writes to whoever can mend a problem; nothing where the person at this desk can. */
export function letter(t: Messages, problem: Problem, { status, settings }: Desk): string | undefined {
  const cause = causes.find(({ code, says }) => code === problem.code && (says === undefined || problem.message.includes(says)));
  if (cause === undefined) return undefined;
  const { letter: form, notes } = t.admin;
  const { why, what, where } = notes[cause.note];
  const changed = cause.note === "certificateChanged" || cause.note === "certificateLost";
  const { before, now } = changed ? certificates(problem.message) : { now: fingerprints(problem.message)[0] };
  const prints: (string | undefined)[] = [
    before && `${t.setup.pbx.fingerprintBefore}: ${before}`,
    now && `${t.setup.pbx.fingerprintNow}: ${now}`,
  ];
  const callbacks = cause.note === "callbacks" ? (settings?.callbacks ?? []) : [];
  const side = cause.to === "pbx_admin" ? settings?.pbx_address : settings?.salesforce_login;
  const details = [problem.code, `Patchcord ${plain(status?.version ?? "")}`, plain(side ?? "")].filter((part) => part !== "");
  return [
    form.to[cause.to],
    "",
    form.happened(problemWords(t, problem).happened),
    form.why(why),
    form.what(what),
    form.where(where),
    ...prints.filter((line) => line !== undefined),
    ...callbacks,
    form.details(details.join(" · ")),
  ].join("\n");
}
