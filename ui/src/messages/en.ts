// Every sentence of the window in English. Its shape is the contract of the other languages.

import type { ProblemCode, Translations } from "./codes";
import { enReasons, enWorks } from "./en-problems";

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
    status: (side: string, state: string) => `${side}: ${state}. Show status`,
  },

  gone: {
    title: "Patchcord is not running",
    text: "Calls are not watched and not logged now. What you see below is the last known state. Start Patchcord again: calls of the meantime are then read from the PBX.",
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

  tabs: { label: "Sections", calls: "Calls", status: "Status" },

  /** The pages below the status, by key. */
  panels: {},

  way: { inbound: "Inbound", outbound: "Outbound", internal: "Internal" },

  objects: { Contact: "Contact", Lead: "Lead", Account: "Account" },

  card: {
    region: "Live calls",
    incoming: "Incoming call",
    outgoing: "Outgoing call",
    ringing: "ringing",
    dialling: "dialling",
    talking: "talking",
    ended: "ended",
    elsewhere: "taken by somebody else",
    elsewhereText: "Somebody else answered this call. Nothing is logged for you.",
    endedText: "The call has ended. What became of it is in the list below.",
    dialPick: "Your phone rings first; the other side is called when you pick it up.",
    via: (queue: string) => `via ${queue}`,
    yours: "yours",
    several: (n: number) => `${n} records have this number. Who is it?`,
    digits: (n: number) => `Press 1–${n} to open one`,
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
    waiting: "Waiting",
    needs: "Needs you",
    not: "Not logged",
    fail: "Failed",
    goingOn: "Going on",
    possible: (n: number) => `${n} possible records`,
    soon: "sent in a moment",
    noReason: "no reason was given",
    retry: "Retry",
    choose: "Choose…",
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
    showTodo: "Show them",
    retried: (n: number) =>
      n === 0 ? "Nothing is waiting." : n === 1 ? "1 entry is tried again." : `${n} entries are tried again.`,
    integration: {
      connected: "Calls are watched and logged",
      connecting: "Connecting…",
      attention: "Something needs you",
      disabled: "Switched off: calls are neither shown nor logged",
      disconnected: "Not connected",
    },
    enable: "Switch on",
    disable: "Switch off",
    disconnect: "Disconnect…",
    disconnectTitle: "Disconnect PBX and Salesforce?",
    disconnectText:
      "Settings and secrets are removed from this computer, and access is revoked on both sides. Contacts that were copied to the PBX stay there.",
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
    popsOn: "Records open when a known caller rings",
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
  },

  setup: {
    title: "Set up Patchcord",
    intro: "Three steps, then a test call.",
    later: "Later",
    resume: "Set up Patchcord",
    resumeText: "Connect your PBX and Salesforce, then callers are recognised and calls logged.",
    steps: { pbx: "PBX", salesforce: "Salesforce", you: "This is you", test: "Test call" },
    step: (n: number, of: number, name: string) => `Step ${n} of ${of}: ${name}`,
    done: "done",
    next: "Next",
    finish: "Finish",
    required: "Please fill this in.",
    pbx: {
      title: "Connect your PBX",
      intro: "Your PBX administrator finds these under Integrations › API.",
      address: "Address",
      addressHint: "For example https://pbx.example.com:8088",
      clientId: "Client ID",
      secret: "Client secret",
      secretHint: {
        keyring: "Kept in the system’s secret store, never in a file.",
        session: "This computer has no usable secret store: kept in memory until Patchcord ends, never in a file.",
      },
      connect: "Check and connect",
      connected: (serial: string, firmware: string) => `Connected. PBX ${serial}, firmware ${firmware}.`,
      certificate: "Is this your PBX?",
      certificateText:
        "The PBX shows a certificate that no public authority vouches for. That is usual for a PBX in the office. Compare this fingerprint (SHA-256) with the one your PBX administrator sees; nothing secret was sent yet.",
      certificateChanged:
        "The certificate is not the one you agreed to before. If nobody renewed it, stop here and ask your PBX administrator.",
      fingerprint: "Fingerprint",
      trust: "It is the same: trust this PBX",
      trustedAlready: "This certificate is publicly trusted. Connect again.",
    },
    salesforce: {
      title: "Sign in to Salesforce",
      intro: "You sign in on Salesforce’s own page in your browser. Patchcord never sees your password.",
      where: "Where do you sign in?",
      production: "Production",
      sandbox: "Sandbox",
      china: "China",
      domain: "My Domain",
      domainLabel: "My Domain address",
      domainHint: "For example https://acme.my.salesforce.com",
      key: "Consumer key",
      keyHint: "From your Salesforce administrator; it is not a secret.",
      callbacks: "Callback URLs to register",
      callbacksText: "Exactly these lines, in the External Client App:",
      copyAll: "Copy all",
      copyOne: (line: string) => `Copy ${line}`,
      admin: "How the administrator registers the app",
      adminSteps: [
        "Setup › External Client App Manager › New External Client App. Distribution state: Local.",
        "Enable OAuth. Enter the callback URLs above, one per line.",
        "Scopes: “Manage user data via APIs (api)” and “Perform requests at any time (refresh_token, offline_access)”.",
        "Untick “Require secret for Web Server Flow” and “Require secret for Refresh Token Flow”. Leave PKCE on.",
        "Create it, then copy the consumer key from Settings › OAuth Settings. It can take up to ten minutes until it works.",
      ],
      go: "Sign in with the browser",
      waiting: "Go on in your browser",
      waitingText: "Salesforce’s page is open there. Sign in and press Allow; this window notices by itself. It waits five minutes.",
      otherBrowser: "Copy the address for another browser",
      connected: (user: string, username: string) => `Signed in as ${user} (${username}).`,
      help: "Salesforce shows an error?",
      helpText: "Such a page does not come back to Patchcord. Look for its code:",
      helpCodes: [
        { code: "OAUTH_APP_BLOCKED", cure: "The app is blocked, or you are not among its users. Your Salesforce administrator unblocks it under Connected Apps OAuth Usage, or gives you its permission set." },
        { code: "OAUTH_APPROVAL_ERROR_GENERIC", cure: "The app belongs to another org. Your administrator installs it, or better: registers one in this org." },
        { code: "OAUTH_EC_APP_NOT_FOUND", cure: "The External Client App of another org is not installed in this one. Your administrator installs it, or registers one here." },
        { code: "OAUTH_APP_ACCESS_DENIED", cure: "Access was denied, or your network address is not allowed. Your administrator checks the policies of the app." },
        { code: "redirect_uri_mismatch", cure: "The callback URLs are not registered exactly. Compare each character with the lines above; changes take up to ten minutes." },
        { code: "invalid_client_id", cure: "The consumer key is not known there. Check the key, and whether you chose production or sandbox." },
        { code: "app must be installed into org", cure: "The app belongs to another org and is not installed in this one." },
        { code: "inactive_user, inactive_org", cure: "Your user or the org is not active. Ask your Salesforce administrator." },
      ],
      helpOther: "Another text, or an internal server error: a new app needs up to ten minutes. Wait, then try again.",
      paste: "The browser cannot reach Patchcord?",
      pasteText: "If the browser ends on a page that begins with http://localhost and does not load, copy its whole address and paste it here.",
      pasteLabel: "Address from the browser",
      pasteGo: "Use this address",
    },
    you: {
      title: "This is you",
      intro: "Which extension is yours? Patchcord watches only this one.",
      auto: "Find it for me",
      autoText: "By the extension of your Salesforce user, then by your e-mail address.",
      select: "Extension",
      choose: "Choose an extension",
      online: "phone signed in",
      use: "Use this extension",
      bound: (extension: string) => `You are extension ${extension}.`,
      other: "Choose another",
      loading: "Asking the PBX for its extensions…",
    },
    test: {
      title: "Try a test call",
      demo: "The simulated phone rings; the caller’s record opens in your browser.",
      go: "Ring now",
      ringing: "It rings: look at the card above.",
      real: "Call your extension from another phone: the caller appears here. To see it without a telephone, run the demonstration in a terminal:",
      command: "patchcord demo --calls",
    },
  },

  outside: {
    title: "This is Patchcord’s window",
    text: "It works only inside the program. Start Patchcord, then open it from the tray.",
  },

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
