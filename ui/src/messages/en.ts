// Every sentence of the window in English. Its shape is the contract of the other languages.

import type { ProblemCode, Translations } from "./codes";
import { enAdmin } from "./en-admin";
import { enBindings } from "./en-bindings";
import { enChecks, enDoctor } from "./en-checks";
import { enReasons, enWorks } from "./en-problems";
import { enLinks, enNumberKinds } from "./en-links";
import { enNote } from "./en-note";
import { enMove, enRemembered } from "./en-records";
import { enSetup } from "./en-setup";
import { enSettings } from "./en-settings";
import { enSync } from "./en-sync";

export const en = {
  name: "English",
  app: "Patchcord",
  details: "Details",
  cancel: "Cancel",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  working: "One moment…",
  loading: "Asking Patchcord for its state…",
  unknown: "Unknown",
  withheld: "Number withheld",
  noNumber: "No number",
  list: (parts: string[]) => parts.join(", "),

  header: {
    links: "Connections",
    extension: (number: string) => `Ext ${number}`,
    noExtension: "No extension",
    paused: (until: string) => `Pop-ups paused until ${until}`,
    disabled: "Switched off",
    disabledSince: (when: string) => `Switched off since ${when}`,
    status: (side: string, state: string) => `${side}: ${state}. Show status`,
    again: "PBX and Salesforce are connected again.",
  },

  gone: {
    title: "Patchcord is not running",
    text: "Calls are not watched and not logged now. What you see below is the last known state. Start Patchcord again: calls of the meantime are then read from the PBX.",
    stale: "What you see below is the last known state.",
  },

  search: {
    label: "Search the calls or dial a number",
    placeholder: "Name, company or number",
    call: "Call",
    callWhat: "Call",
    ask: "Place this call?",
    to: (place: string) => `to ${place}`,
    yes: "Call",
    rings: "Your phone rings. Pick it up to place the call.",
    found: (n: number) => (n === 0 ? "No call here matches" : n === 1 ? "1 call" : `${n} calls`),
  },

  links: enLinks,
  numberKinds: enNumberKinds,

  tabs: { label: "Sections", calls: "Calls", status: "Status" },

  /** The pages below the status, by key. */
  panels: { settings: "Settings", bindings: "Bindings", doctor: "Check the set-up", contacts: "Contact sync", callers: "Remembered callers" },

  /** The question before unsaved changes are lost. */
  leave: { title: "Leave without saving?", text: "What you changed on this page is not saved yet and would be lost.", yes: "Discard the changes" },

  /** The way through a long list. */
  pager: {
    label: (list: string) => `Pages of: ${list}`,
    span: (from: number, to: number, of: number) => `${from}–${to} of ${of}`,
    previous: "Previous page",
    next: "Next page",
  },

  bindings: enBindings,

  sync: enSync,

  move: enMove,

  note: enNote,

  remembered: enRemembered,

  way: { inbound: "Inbound", outbound: "Outbound", internal: "Internal" },

  objects: { Contact: "Contact", Lead: "Lead", Account: "Account" },

  card: {
    region: "Live calls",
    incoming: "Incoming call",
    outgoing: "Outgoing call",
    ringing: "ringing",
    dialling: "dialling",
    talking: "talking",
    held: "on hold",
    ended: "ended",
    elsewhere: "taken by somebody else",
    elsewhereText: "Somebody else answered this call. Nothing is logged for you.",
    rehearsal: "Test call, nobody is calling",
    rehearsalText: "This is how a call is announced. Nothing is opened or logged.",
    endedText: "The call has ended. What became of it is in the list of calls.",
    dialPick: "Your phone rings first; the other side is called when you pick it up.",
    via: (queue: string) => `via ${queue}`,
    yours: "yours",
    several: (n: number) => `${n} records have this number. Who is it?`,
    digits: (n: number) => `Press 1–${n} to open one`,
    digitsChoose: (n: number) => `Press 1–${n} to choose one`,
    remember: "Remember for this number",
    none: "No record in Salesforce has this number.",
    withheldText: "The caller hides the number, so no record can be found.",
    searching: "Looking in Salesforce…",
    slow: "Salesforce is slow. The call goes on; the record is shown as soon as it is found.",
    failed: "Salesforce could not be asked, and nothing is known locally. The call is logged when Salesforce is back.",
    open: "Open in Salesforce",
    end: "End",
    endLong: "End this call",
    copyNumber: "Copy number",
    why: "Why this match?",
    whyField: (field: string) => `Found in the field ${field}.`,
    whyMine: "The record belongs to you.",
    announce: {
      ringing: (who: string) => `Incoming call from ${who}`,
      dialling: (who: string) => `Calling ${who}`,
      talking: (who: string) => `Talking with ${who}`,
      held: (who: string) => `Call with ${who} is on hold`,
      ended: (who: string) => `Call with ${who} ended`,
      elsewhere: (who: string) => `Call from ${who} was taken by somebody else`,
    },
  },

  calls: {
    filters: "Show",
    all: "All",
    missed: "Missed",
    todo: "To do",
    none: "No calls yet",
    noneText: "Calls of your extension appear here, with what became of each.",
    noneMissed: "No missed calls",
    noneTodo: "Nothing to do",
    noneTodoText: "Every call is logged, or will be by itself.",
    noneFound: "Nothing found",
    noneFoundText: "No call of the list has this name or number. Type a whole number to dial it.",
    callBack: (who: string) => `Call ${who}`,
    openRecord: (who: string) => `Open ${who} in Salesforce`,
    held: "On hold",
    results: {
      ringing: "Ringing",
      talking: "Talking",
      answered: "Answered",
      missed: "Missed",
      no_answer: "No answer",
      busy: "Busy",
      failed: "Failed",
      voicemail: "Voicemail",
      elsewhere: "Taken by somebody else",
    },
    logged: "Logged",
    openTask: "Open the logged call in Salesforce",
    created: "A record was created for this caller.",
    undo: "Undo",
    waiting: "Waiting",
    needs: "Needs you",
    not: "Not logged",
    fail: "Failed",
    goingOn: "Going on",
    possible: (n: number) => `${n} possible records`,
    soon: "sent in a moment",
    forNote: "sent when the note is saved, or untouched for two minutes",
    noReason: "no reason was given",
    retry: "Retry",
    retryFollowUp: "Retry the follow-up",
    choose: "Choose…",
    /** Which of several calls with the same person. */
    which: (who: string, when: string) => `${who}, ${when}`,
    /** A word of a button, and which call it is about: for who hears it alone. */
    about: (word: string, call: string) => `${word}: ${call}`,
    open: "Open",
    signIn: "Sign in",
    chooseTitle: "Who was it?",
    chooseNone: "Salesforce no longer has a record with this number.",
  },

  footer: {
    label: "What is open",
    needs: (n: number) => (n === 1 ? "1 call needs you" : `${n} calls need you`),
    waiting: (n: number) => `${n} waiting`,
  },

  states: {
    connected: "Connected",
    connecting: "Connecting…",
    unreachable: "Not reachable",
    signed_out: "Signed out",
    not_configured: "Not set up",
  },

  contacts: {
    title: "Known callers",
    known: "Records",
    checked: "Last checked",
    progress: (known: string, expected: string, percent: string) => `${known} of about ${expected} (${percent})`,
    states: {
      off: "Starts after sign-in",
      building: "Being fetched",
      waiting: "Interrupted",
      ready: "Up to date",
    },
    switchedOff: "Starts when Patchcord is switched on",
    meanwhile: "Callers are found meanwhile too: by a search in Salesforce.",
    refresh: "Check now",
    fetchAll: "Fetch all again",
    looking: "Salesforce is being asked.",
    unread: (n: number) => (n === 1 ? "1 record has a number that cannot be read." : `${n} records have a number that cannot be read.`),
    unreadWhy: "Nobody is found by these texts. Write them in Salesforce as one dials them.",
    unreadShow: "Show them",
    unreadHide: "Hide them",
    unreadMore: (n: number) => `The first ${n} are shown.`,
  },
  status: {
    pbx: "PBX",
    salesforce: "Salesforce",
    extension: "Your extension",
    journal: "Call log",
    app: "Patchcord",
    address: "Address",
    firmware: "Firmware",
    serial: "Serial number",
    events: "Call events",
    eventStates: {
      live: "Live",
      catching_up: "Live again, reading what was missed",
      down: "Not received",
    },
    lastEvent: "Last event",
    never: "None yet",
    user: "User",
    login: "Login",
    today: (n: string) => `${n} today`,
    instance: "Org",
    apiToday: "Requests",
    apiLimit: "Org’s budget",
    apiUsed: (used: string, max: string, percent: string) => `${used} of ${max} today (${percent})`,
    bindingStates: { bound: "Assigned", unbound: "Not assigned", conflict: "Unclear" },
    sources: {
      policy: "set by your administrator",
      salesforce_extension: "from your Salesforce user",
      email: "by your e-mail address",
      manual: "chosen by hand",
    },
    number: "Extension",
    found: "Found",
    loggedToday: "Logged today",
    waiting: "Waiting",
    stuck: "Need you",
    journalFine: "Up to date",
    journalWaiting: "Some are waiting",
    journalStuck: "Needs you",
    connectPbx: "Connect…",
    changePbx: "Change…",
    signIn: "Sign in…",
    signInAgain: "Sign in again…",
    chooseExtension: "Choose…",
    retryAll: "Retry all",
    tryAgain: "Try again",
    showTodo: "Show them",
    retried: (n: number, pbx: boolean, salesforce: boolean) => {
      const all = [
        ...(n === 0 ? [] : [n === 1 ? "1 entry" : `${n} entries`]),
        ...(pbx ? ["the PBX"] : []),
        ...(salesforce ? ["Salesforce"] : []),
      ];
      if (all.length === 0) return "Nothing is waiting.";
      const last = all.pop() ?? "";
      const text = all.length === 0 ? last : `${all.join(", ")} and ${last}`;
      return `${text.charAt(0).toUpperCase()}${text.slice(1)} ${all.length === 0 && n < 2 ? "is" : "are"} tried again.`;
    },
    integration: {
      connected: "Calls are watched and logged",
      connecting: "Connecting…",
      attention: "Something needs you",
      disabled: "Switched off: calls are neither shown nor logged",
      disconnected: "Not connected",
    },
    offSince: (when: string) => `Since ${when}. Calls of this time are not logged later either.`,
    enable: "Switch on",
    disable: "Switch off",
    disconnect: "Disconnect…",
    disconnectTitle: "Disconnect PBX and Salesforce?",
    disconnectText:
      "The settings and the secrets are removed from this computer, and access is revoked on both sides. Contacts that were copied to the PBX stay there.",
    disconnectWaiting: (n: number) =>
      n === 0
        ? "No entry is waiting."
        : n === 1
          ? "1 entry is waiting. It is kept, and sent only if you connect the same org again."
          : `${n} entries are waiting. They are kept, and sent only if you connect the same org again.`,
    disconnectYes: "Disconnect",
    disconnected: (n: number) =>
      n === 0 ? "Disconnected." : n === 1 ? "Disconnected. 1 entry is kept." : `Disconnected. ${n} entries are kept.`,
    pops: "Pop-ups",
    popsOn: {
      ring: "Records open when a known caller rings",
      answer: "Records open when you answer a known caller",
      never: "No record opens by itself",
    },
    pause: "Pause for 1 hour",
    resume: "Resume now",
    secrets: "Secrets",
    secretKinds: {
      keyring: "In the system’s secret store",
      session: "In memory only: after the next start you sign in again",
    },
    language: "Language",
    languageSystem: "As the system",
    version: "Version",
    testCall: "Place a test call",
    demo: "Demonstration",
    demoText: "PBX and Salesforce are simulated on this computer. No real call is placed.",
    locked: "Set by your administrator",
  },

  problem: {
    works: "Still works:",
    todo: "What to do:",
    dismiss: "Dismiss",
    forAdmin: "Copy for my administrator",
  },

  setup: enSetup,
  admin: enAdmin,

  settings: enSettings,
  doctor: enDoctor,

  outside: {
    title: "This is Patchcord’s window",
    text: "It works only inside the program. Start Patchcord, then open it from the tray.",
  },

  checks: enChecks,
  works: enWorks,
  reasons: enReasons,
};

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => unknown
    ? (...args: A) => string
    : T extends readonly (infer E)[]
      ? Widened<E>[]
      : { [K in keyof T]: Widened<T[K]> };

/** What a language must have. */
export type Messages = Omit<Widened<typeof en>, "works"> & {
  /** What goes on in spite of a problem. */
  works: Partial<Record<ProblemCode, string>>;
  /** What problems are called, where the language is not the engine's. */
  translations?: Translations;
};
