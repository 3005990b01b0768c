// What goes on in spite of a problem, and the reasons of entries, in English. What happened and what to do is said by
// the engine, which speaks English.

import type { ProblemCode, ReasonCode } from "./codes";

export const enWorks: Partial<Record<ProblemCode, string>> = {
  "pbx.unreachable": "Salesforce. Calls of the meantime are read from the PBX when it is back.",
  "pbx.tls_changed": "Salesforce.",
  "pbx.credentials_refused": "Salesforce.",
  "pbx.address_blocked": "Salesforce.",
  "pbx.address_not_allowed": "Salesforce.",
  "pbx.api_off": "Salesforce.",
  "pbx.token_limit": "Salesforce.",
  "pbx.events_down": "Dialling. Calls are read from the PBX’s call records.",
  "pbx.extension_gone": "What is waiting is still logged.",
  "salesforce.unreachable": "Calls, dialling and known callers. Entries wait and are sent by themselves.",
  "salesforce.signed_out": "Calls, dialling and known callers. Entries wait safely.",
  "salesforce.not_approved": "Calls and dialling.",
  "salesforce.ip_restricted": "Calls and dialling. Entries wait safely.",
  "salesforce.api_disabled": "Calls and dialling.",
  "salesforce.api_limit": "Calls, dialling and known callers. Entries wait and are sent when there is budget again.",
  "salesforce.missing_permission": "Everything else.",
  "salesforce.unexpected_answer": "Calls and dialling. Entries wait safely.",
  "salesforce.wrong_key": "Calls and dialling.",
  "salesforce.redirect_mismatch": "Calls and dialling.",
  "binding.none": "Nothing is watched until there is one.",
  "binding.conflict": "Nothing is watched until it is clear.",
  "journal.stuck": "All other calls are logged.",
  "journal.disk_full": "Pop-ups and dialling.",
  "journal.damaged": "Everything. The log is rebuilt from the PBX.",
  "contacts.phonebook_not_ours": "Everything else.",
  "contacts.phonebook_full": "The contacts that fitted are there.",
  "contacts.mass_delete": "The contacts are as they were.",
  "secrets.unavailable": "Everything until Patchcord ends. Then you sign in again.",
  "browser.failed": "Calls and the log.",
};

export const enReasons: Record<ReasonCode, string> = {
  "pbx.unreachable": "the PBX is not reachable",
  "salesforce.unreachable": "Salesforce is not reachable",
  "salesforce.signed_out": "sign in to Salesforce again",
  "salesforce.api_limit": "the org’s requests for today are used up",
  "salesforce.api_disabled": "the Salesforce API is not available to you",
  "salesforce.ip_restricted": "Salesforce does not accept this network",
  "salesforce.not_approved": "you are not approved for the app",
  "salesforce.missing_permission": "your user may not create tasks",
  "salesforce.unexpected_answer": "Salesforce’s answer was not understood",
  "journal.never_list": "number is on your no-log list",
  "journal.internal_off": "calls between extensions are not logged",
  "journal.outbound_off": "outbound calls are not logged",
  "journal.inbound_off": "inbound calls are not logged",
  "journal.missed_off": "missed calls are not logged",
  "journal.disk_full": "the disk is full",
};
