// What problems are called in English: what happened, what still works, what to do.

import type { ProblemCode, ProblemWords, ReasonCode } from "./codes";

export const enProblems: Record<ProblemCode, ProblemWords> = {
  "pbx.unreachable": {
    happened: "The PBX does not answer.",
    works: "Salesforce. Calls of the meantime are read from the PBX when it is back.",
    todo: "Check the network and the address. Patchcord keeps trying.",
  },
  "pbx.tls_untrusted": {
    happened: "The PBX shows a certificate that nobody vouches for.",
    works: "",
    todo: "Compare its fingerprint with the one your PBX administrator sees, then agree to it.",
  },
  "pbx.tls_changed": {
    happened: "The PBX shows another certificate than the one you agreed to.",
    works: "Salesforce. No secret was sent.",
    todo: "Ask your PBX administrator whether it was renewed; only then connect again.",
  },
  "pbx.credentials_refused": {
    happened: "The PBX refused the client ID or the secret. It is not tried again by itself: five failures would block this address.",
    works: "Salesforce.",
    todo: "Copy both again from Integrations › API on the PBX and connect again.",
  },
  "pbx.address_blocked": {
    happened: "The PBX has blocked this computer’s address after failed log-ins.",
    works: "Salesforce.",
    todo: "A PBX administrator unblocks the address under Security › Security Rules › Blocked IP. Then connect again.",
  },
  "pbx.address_not_allowed": {
    happened: "The PBX does not accept requests from this network address.",
    works: "Salesforce.",
    todo: "A PBX administrator adds the address under Integrations › API.",
  },
  "pbx.api_off": {
    happened: "The API of the PBX is switched off.",
    works: "Salesforce.",
    todo: "A PBX administrator switches it on under Integrations › API.",
  },
  "pbx.token_limit": {
    happened: "The PBX has given out all its eight log-ins.",
    works: "Salesforce.",
    todo: "Close Patchcord or another integration on a desk that does not need it. A log-in is free again after 30 minutes at most.",
  },
  "pbx.events_down": {
    happened: "The PBX answers, but sends no call events.",
    works: "Dialling. Calls are read from the PBX’s call records.",
    todo: "Patchcord reconnects by itself. If this stays, ask your PBX administrator whether events are on for the API.",
  },
  "pbx.unexpected_answer": {
    happened: "What answers at this address does not speak like a PBX.",
    works: "",
    todo: "Check the address and the port. A portal or a proxy may be in between.",
  },
  "pbx.extension_gone": {
    happened: "Your extension is no longer on the PBX.",
    works: "What is waiting is still logged.",
    todo: "Choose your extension again, or ask your PBX administrator.",
  },
  "salesforce.unreachable": {
    happened: "Salesforce does not answer.",
    works: "Calls, dialling and known callers. Entries wait and are sent by themselves.",
    todo: "Check the network. Patchcord keeps trying.",
  },
  "salesforce.signed_out": {
    happened: "The Salesforce session has ended.",
    works: "Calls, dialling and known callers. Entries wait safely.",
    todo: "Sign in to Salesforce again.",
  },
  "salesforce.not_approved": {
    happened: "You are not approved for this app in Salesforce.",
    works: "Calls and dialling.",
    todo: "Your Salesforce administrator gives you the app’s permission set, or lets all users authorise it themselves.",
  },
  "salesforce.ip_restricted": {
    happened: "Salesforce does not accept this network address.",
    works: "Calls and dialling. Entries wait safely.",
    todo: "Use the office network or VPN, or ask your Salesforce administrator to relax IP restrictions for the app.",
  },
  "salesforce.api_disabled": {
    happened: "The Salesforce API is not available to you.",
    works: "Calls and dialling.",
    todo: "Your Salesforce administrator gives your user “API Enabled”; some editions have no API.",
  },
  "salesforce.api_limit": {
    happened: "Your org has used up its Salesforce requests for today.",
    works: "Calls, dialling and known callers. Entries wait and are sent when there is budget again.",
    todo: "Nothing now. If it happens often, your Salesforce administrator looks for what uses the budget.",
  },
  "salesforce.missing_permission": {
    happened: "Your Salesforce user may not do this.",
    works: "Everything else.",
    todo: "Your Salesforce administrator gives you access to the object; then retry.",
  },
  "salesforce.unexpected_answer": {
    happened: "Salesforce answered with something unexpected.",
    works: "Calls and dialling. Entries wait safely.",
    todo: "Retry later. If it stays, show the details to your administrator.",
  },
  "salesforce.wrong_key": {
    happened: "Salesforce does not know this consumer key.",
    works: "Calls and dialling.",
    todo: "Check the key, and whether you chose production or sandbox. A new app needs up to ten minutes.",
  },
  "salesforce.redirect_mismatch": {
    happened: "The callback URLs are not registered in Salesforce exactly.",
    works: "Calls and dialling.",
    todo: "Your Salesforce administrator enters the lines shown in the sign-in form, character for character.",
  },
  "binding.none": {
    happened: "No extension of the PBX could be found for you.",
    works: "Nothing is watched until there is one.",
    todo: "Choose your extension below.",
  },
  "binding.conflict": {
    happened: "Several extensions could be yours.",
    works: "Nothing is watched until it is clear.",
    todo: "Choose your extension below.",
  },
  "journal.stuck": {
    happened: "Some calls could not be logged.",
    works: "All other calls are logged.",
    todo: "See what each needs in the list, then retry.",
  },
  "journal.disk_full": {
    happened: "The disk is full: calls are not stored safely.",
    works: "Pop-ups and dialling.",
    todo: "Free some space. Patchcord goes on by itself.",
  },
  "journal.damaged": {
    happened: "The local call log was damaged and put aside.",
    works: "Everything. The log is rebuilt from the PBX.",
    todo: "Nothing, unless it happens again: then check the disk.",
  },
  "contacts.phonebook_not_ours": {
    happened: "The PBX phonebook has contacts that Patchcord did not make.",
    works: "Everything else.",
    todo: "Choose an empty phonebook.",
  },
  "contacts.phonebook_full": {
    happened: "The PBX phonebook is full.",
    works: "The contacts that fitted are there.",
    todo: "Sync fewer contacts.",
  },
  "contacts.mass_delete": {
    happened: "The sync would delete very many PBX contacts and has stopped.",
    works: "The contacts are as they were.",
    todo: "Check the filter, then start the sync by hand.",
  },
  "secrets.unavailable": {
    happened: "This computer’s secret store cannot be used.",
    works: "Everything until Patchcord ends. Then you sign in again.",
    todo: "Unlock or install a secret store, then start Patchcord again.",
  },
  "browser.failed": {
    happened: "The browser could not be opened.",
    works: "Calls and the log.",
    todo: "Check the system’s default browser.",
  },
  "policy.invalid": {
    happened: "The administrator’s policy file is not valid.",
    works: "",
    todo: "Your IT corrects the file.",
  },
  "window.unexpected": {
    happened: "Patchcord did not answer this window as expected.",
    works: "",
    todo: "Try again. If it stays, close the window and open it again.",
  },
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
  "journal.disk_full": "the disk is full",
};
