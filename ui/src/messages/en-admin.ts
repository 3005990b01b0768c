// What an administrator is asked for, in English: copied by a person who cannot mend it themself. Menus are named as
// the PBX's and Salesforce's own pages name them.

export const enAdmin = {
  /** How such a text is put together. */
  letter: {
    to: {
      pbx_admin: "For the PBX administrator",
      salesforce_admin: "For the Salesforce administrator",
      it: "For IT",
    },
    happened: (text: string) => `What happened: ${text}`,
    why: (text: string) => `Why: ${text}`,
    what: (text: string) => `Please: ${text}`,
    where: (text: string) => `Where: ${text}`,
    details: (text: string) => `Details: ${text}`,
  },
  notes: {
    certificate: {
      why: "The PBX’s certificate is not vouched for by a public authority, so a person has to compare it once.",
      what: "Tell me the SHA-256 fingerprint of the PBX’s certificate, so that I can compare it.",
      where: "PBX: Security › Security Settings › Certificate",
    },
    certificateChanged: {
      why: "The PBX shows another certificate than the one that was confirmed. Either it was renewed, or somebody stands between us and the PBX.",
      what: "Tell me whether the certificate was renewed, and whether its SHA-256 fingerprint is now the one shown below.",
      where: "PBX: Security › Security Settings › Certificate",
    },
    certificateLost: {
      why: "The PBX had a publicly trusted certificate when this desk was connected, and now shows one that nobody vouches for. Either it was replaced, or somebody stands between us and the PBX.",
      what: "Tell me whether the certificate was replaced, and whether its SHA-256 fingerprint is now the one shown below.",
      where: "PBX: Security › Security Settings › Certificate",
    },
    credentials: {
      why: "The PBX refuses the client ID or client secret. Five refusals in a row would block the office’s address.",
      what: "Give me the client ID and the client secret anew, over a safe way. If the secret was regenerated, every program that uses it needs the new one.",
      where: "PBX: Integrations › API",
    },
    blocked: {
      why: "The PBX has blocked our network address after too many refused log-ins.",
      what: "Remove our address from the list, and find out which program uses an old client secret.",
      where: "PBX: Security › Security Rules › Blocked IPs",
    },
    notAllowed: {
      why: "The PBX lets its API be used from listed addresses only, and ours is not among them.",
      what: "Add the address or network of our office to the list.",
      where: "PBX: Integrations › API › IP Restriction",
    },
    apiOff: {
      why: "The PBX’s API is switched off, or the plan does not include it.",
      what: "Switch the API on. It needs the Enterprise or Ultimate plan.",
      where: "PBX: Integrations › API",
    },
    tokens: {
      why: "The PBX gives at most eight API log-ins at a time, for all programs together, and all are taken.",
      what: "Find out which programs use the API, and end those that are not needed. A log-in that is not used ends after 30 minutes.",
      where: "PBX: Integrations › API",
    },
    events: {
      why: "The PBX answers, but its call events do not arrive.",
      what: "Tick Call Status for our extensions, and let WebSocket connections to the PBX pass through proxies and firewalls.",
      where: "PBX: Integrations › API › Advanced Settings › Extension Status Monitor; and any proxy on the way",
    },
    address: {
      why: "What answers at this address does not answer as a PBX does.",
      what: "Tell me the address and port at which the PBX’s API is reached from our network.",
      where: "PBX: System › Network › Web Server; Integrations › API",
    },
    extension: {
      why: "The PBX does not have the extension that is mine according to Salesforce, or has it no longer.",
      what: "Tell me which extension is mine, and correct the Extension field of my Salesforce user.",
      where: "PBX: Extension and Trunk › Extension; Salesforce: Setup › Users › Extension",
    },
    conflict: {
      why: "More than one extension may be mine: they share my e-mail address.",
      what: "Leave my e-mail address at one extension only, or tell me which one is mine.",
      where: "PBX: Extension and Trunk › Extension",
    },
    unbound: {
      why: "My Salesforce user has no PBX extension, so no call is mine.",
      what: "Fill in the Extension field of my user with my PBX extension.",
      where: "Salesforce: Setup › Users › my user › Extension",
    },
    notApproved: {
      why: "The org does not let me use the app for Patchcord.",
      what: "Set Permitted Users to “All users can self-authorize”, or give me the permission set of the app. If it is blocked under Connected Apps OAuth Usage, unblock it. An app of another org has to be installed, or better: registered in this org.",
      where: "Salesforce: Setup › External Client App Manager › the app › Policies › OAuth Policies; Setup › Connected Apps OAuth Usage",
    },
    ip: {
      why: "The org does not accept the network address that I work from.",
      what: "Set IP Relaxation to “Relax IP restrictions”, or allow our network.",
      where: "Salesforce: Setup › External Client App Manager › the app › Policies › OAuth Policies › IP Relaxation; Setup › Network Access; the Login IP Ranges of my profile",
    },
    api: {
      why: "I may not use the Salesforce API.",
      what: "Grant “API Enabled”. The edition must include the API: Enterprise, Unlimited, Performance or Developer, or Professional with the API add-on.",
      where: "Salesforce: Setup › Permission Sets (or my profile) › System Permissions › API Enabled",
    },
    apiLimit: {
      why: "The org has used up its API requests of the last 24 hours; every integration shares them.",
      what: "Find out which integration uses them up.",
      where: "Salesforce: Setup › Company Information › API Requests, Last 24 Hours; Setup › API Usage",
    },
    permission: {
      why: "My user lacks a right that is needed to log calls or to find callers.",
      what: "Grant Edit Tasks, and Read on contacts, leads and accounts.",
      where: "Salesforce: Setup › Permission Sets › Object Settings (Tasks, Contacts, Leads, Accounts)",
    },
    scope: {
      why: "The app does not grant refresh tokens, so a sign-in would last for hours only.",
      what: "Add “Perform requests at any time (refresh_token, offline_access)”.",
      where: "Salesforce: Setup › External Client App Manager › the app › Settings › OAuth Settings › OAuth Scopes",
    },
    key: {
      why: "Salesforce does not know the consumer key where I sign in, or the app still requires a secret.",
      what: "Send me the consumer key again, and tell me whether it belongs to production or a sandbox. Untick “Require secret for Web Server Flow” and “Require secret for Refresh Token Flow”.",
      where: "Salesforce: Setup › External Client App Manager › the app › Settings › OAuth Settings",
    },
    callbacks: {
      why: "The callback URLs are not registered exactly: Salesforce compares every character.",
      what: "Enter exactly the lines below, one per line. A change takes up to ten minutes.",
      where: "Salesforce: Setup › External Client App Manager › the app › Settings › OAuth Settings › Callback URL",
    },
    session: {
      why: "Salesforce refuses even a session that was renewed a moment ago, so a policy of the app or of the org stands against it.",
      what: "Check that the app has the scope “Manage user data via APIs (api)”, that JWT-based access tokens are off, and that no IP or session policy refuses API clients.",
      where: "Salesforce: Setup › External Client App Manager › the app › Policies and OAuth Scopes; Setup › Session Settings",
    },
    signIn: {
      why: "Salesforce refuses my sign-in with the words above.",
      what: "Look up the refused sign-in in my Login History, and correct the app or my user.",
      where: "Salesforce: Setup › External Client App Manager › the app; Setup › Users › my user › Login History",
    },
    inspection: {
      why: "Something on the network replaces Salesforce’s certificate with its own, and this computer does not trust that.",
      what: "Install the inspecting root certificate in this computer’s certificate store, or exclude Salesforce from inspection.",
      where: "The proxy or firewall that inspects encrypted traffic; the certificate store of this computer",
    },
    proxy: {
      why: "The proxy of this network lets nobody through without a log-in, and this computer's proxy settings hold none.",
      what: "Let this computer through to *.salesforce.com and *.force.com without a log-in, or write the log-in into the system's proxy settings.",
      where: "The proxy; the proxy settings of this computer",
    },
    script: {
      why: "The proxy of this network is chosen by a script (PAC), which Patchcord does not run, and without it Salesforce is not reached.",
      what: "Name the proxy for Patchcord (HTTPS_PROXY in the environment, or a fixed proxy in the system's settings), or let this computer through to *.salesforce.com and *.force.com directly.",
      where: "The proxy settings of this computer; the environment of the session",
    },
    secrets: {
      why: "There is no usable secret store, so sign-ins are forgotten when Patchcord ends.",
      what: "Set up a secret store that is unlocked when I log in.",
      where: "This computer: Secret Service (GNOME Keyring, KWallet), Keychain, or Credential Manager",
    },
    policy: {
      why: "The policy file of this computer has a mistake.",
      what: "Correct the file; `patchcord policy check FILE` says what is wrong.",
      where: "The file and line named above",
    },
  },
};
