// The page of the contact sync in English.

import type { SyncStep } from "../bindings";

/** Words by the engine's; one that is not here is shown as it came. */
type ByName = Record<string, string>;

export const enSync = {
  title: "Phonebook of the PBX",
  intro: "Copies records from Salesforce into one phonebook of the PBX, one way. What was changed there is put back; contacts of others are never touched.",
  phonebook: "Phonebook",
  what: "Copied",
  every: "Runs",
  last: "Last run",
  next: "Next run",
  never: "Never",
  minutes: (n: number) => (n === 1 ? "Every minute" : `Every ${n} minutes`),
  objects: { contact: "Contacts", lead: "Leads", account: "Accounts" } as ByName,
  modes: { off: "Off", on_call: "Whoever calls", full: "All records" } as ByName,
  offHint: "Nothing is written while it is off. A dry run shows what it would do.",
  heldBy: (extension: string) => `The desktop of extension ${extension} fills this phonebook. This one stands by.`,
  dryRun: "Dry run",
  now: "Sync now",
  steps: {
    reading_pbx: (done: string, _of: string | null) => `Reading the PBX: ${done} contacts`,
    reading_salesforce: (done: string, _of: string | null) => `Reading Salesforce: ${done} records`,
    writing: (done: string, of: string | null) => (of === null ? `Writing: ${done}` : `Writing: ${done} of ${of}`),
    waiting: (_done: string, _of: string | null) => "Waiting: the PBX is busy",
  } satisfies Record<SyncStep, (done: string, of: string | null) => string>,
  planned: "A run would write",
  lastRun: "The last run has written",
  create: "New",
  update: "Changed",
  delete: "Deleted",
  keep: "In order",
  restored: "Changed on the PBX, put back",
  skipped: "Left out",
  requests: "Requests",
  calls: (salesforce: string, pbx: string) => `${salesforce} to Salesforce, ${pbx} to the PBX`,
  reasons: {
    "no number": "without a number",
    "no number that can be dialled": "with texts that are no numbers",
    "no room on the PBX": "that the PBX has no room for",
    "cannot be read": "that cannot be read",
  } as ByName,
  deleteAnyway: "Delete them",
  deleteTitle: "Delete these contacts?",
  deleteText: "They are deleted from the PBX, not from Salesforce. If you see your records in Salesforce as usual, this is what you have asked for.",
};
