// Small worlds for the in-memory engine: an office where all is well, and one where nothing is set up.

import type { BindingTable, CallRow, CallView, CandidateView } from "./bindings";
import type { World } from "./memory-backend";
import { wellChecked } from "./worlds-checks";
import { teamRow, teamTable } from "./memory-team";

/** Source: contract.md §2, the default callback ports. */
const CALLBACKS = [17170, 17171, 17172].map((port) => `http://localhost:${port}/oauth/callback`);

/** An RFC 3339 time so many minutes before now. */
export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

/** A record that has a number. */
export function candidate(given: Partial<CandidateView>): CandidateView {
  return {
    object: "Contact",
    id: "0035g00000EXAM0AAA",
    name: "Anna Meyer",
    company: "ACME GmbH",
    field: "Phone",
    mine: true,
    ...given,
  };
}

/** A row of the list: an answered and logged call, but for what is given. */
export function row(
  given: Partial<Omit<CallView, "journal">> & { journal?: Partial<CallView["journal"]> },
  reason_code: string | null = null,
): CallRow {
  const number = given.number === undefined ? "+49301234567" : given.number;
  const { journal, ...call } = given;
  return {
    call: {
      id: `1767600923.${Math.abs(hash(JSON.stringify(given)))}`,
      key: "ys:3630000X0001:1767600923.417:4101",
      direction: "inbound",
      started_at: ago(20),
      talk_seconds: 51,
      result: "answered",
      queue: null,
      record: { object: "Contact", id: "0035g00000EXAM0AAA", name: "Anna Meyer" },
      candidates: 1,
      why: "matched Contact.Phone exactly (local index)",
      popped: null,
      ...call,
      number,
      journal: { state: "logged", task_id: "00T5g00000EXAMPEAA", reason: null, ...journal },
    },
    number_shown: number === null ? null : spaced(number),
    reason_code,
    task_url: null,
    undo_until: null,
    held: false,
    note: { written: false, open: false, discarded: false, follow_up: null },
  };
}

/** All is well: two green dots, an extension, a morning's calls. */
export function calm(): World {
  return {
    status: {
      version: "0.1.0",
      integration: "connected",
      secrets: "keyring",
      pbx: {
        state: "connected", address: "https://pbx.example.com:8088", serial: "3630000X0001", firmware: "37.23.0.123",
        events: "live", last_event_at: ago(2), problem: null,
      },
      salesforce: {
        state: "connected", user: "Mara Voss", username: "mara.voss@example.com", org_id: "00D5g000000EXMPEA2",
        instance: "https://northwind.my.salesforce.com", api_calls_today: 42, api_limit: { used: 3180, max: 15000 },
        problem: null,
      },
      binding: { state: "bound", extension: "4101", source: "email", problem: null },
      journal: { waiting: 0, stuck: 0, logged_today: 12 },
      contacts: { index: 12430, index_state: "ready", unread_numbers: 3, sync: "off", synced: 0, last_sync_at: null, problem: null },
      calls: [],
      links: { state: "ours", found: "tel: links come to Patchcord." },
    },
    calls: [
      row({ started_at: ago(18), talk_seconds: 312 }),
      row({ direction: "outbound", started_at: ago(55), talk_seconds: 47, number: "+498912345678", record: { object: "Lead", id: "00Q5g00000EXAM1AAA", name: "Bob Liu" } }),
      row({ started_at: ago(96), result: "missed", talk_seconds: 0, number: "+33142685300", record: { object: "Contact", id: "0035g00000EXAM2AAA", name: "Camille Laurent" }, queue: "Sales" }),
      row({ direction: "outbound", started_at: ago(140), result: "no_answer", talk_seconds: 0, number: "+861062345678", record: { object: "Account", id: "0015g00000EXAM3AAA", name: "北京远望科技有限公司" } }),
      row({ direction: "internal", started_at: ago(190), talk_seconds: 95, number: "4102", record: null, candidates: 0, journal: { state: "none", task_id: null } }),
      row({ started_at: ago(1500), talk_seconds: 3725, number: "+442079460018", record: { object: "Contact", id: "0035g00000EXAM4AAA", name: "Daniel Okafor" } }),
      row({ started_at: ago(1560), result: "elsewhere", talk_seconds: 0, record: null, candidates: 0, number: "+4915112345678", queue: "Sales", journal: { state: "none", task_id: null } }),
      row({ started_at: ago(4400), result: "voicemail", talk_seconds: 0, number: null, record: null, candidates: 0 }),
    ],
    live: [],
    link: null,
    index: { state: "ready", known: 12430, expected: null, unread_numbers: 3, checked_at: ago(6), problem: null },
    signIn: { state: "idle" },
    settings: {
      pbx_address: "https://pbx.example.com:8088",
      pbx_client_id: "c0ffee0000000000000000000000c0de",
      pbx_certificate_sha256: "",
      salesforce_login: "https://login.salesforce.com",
      salesforce_consumer_key: "3MVG9exampleConsumerKey",
      callbacks: CALLBACKS,
      language: "",
      pops_paused_until: null,
      locked: [],
      policy_file: null,
      country_by: "said",
      values: {
        numbers: { country: "DE", area_code: "", international_prefix: "00", outside_prefix: "", extension_digits: [3, 4, 5], trunk_format: "auto" },
        pop: { when: "ring", outbound: false, unknown: "nothing" },
        journal: {
          inbound: true, outbound: true, missed: true, internal: false, never: [],
          outcomes: ["Reached", "Left voicemail", "No answer", "Wrong number"], keep_days: 90,
        },
        wrap_up: { ask: "after_answered" },
        auto_create: {
          directions: [], object: "lead", name_prefix: "Automatic New Contact", company: "Unknown", account_id: "",
        },
        contact_sync: { mode: "off", objects: ["contact"], phonebook: "Salesforce", every_minutes: 15 },
        dial: { confirm_links: true, blocked: ["+1900*", "+49900*"] },
        app: { language: "", autostart: true },
      },
      demo: false,
    },
    sync: {
      mode: "off", objects: ["contact"], phonebook: "Salesforce", every_minutes: 15, running: null, last: null,
      last_skipped: 0, last_at: null, next_at: null, held_by: null, problem: null,
    },
    plan: {
      dry_run: true, objects: ["contact"], phonebook: "Salesforce", create: 0, update: 0, delete: 0, keep: 0,
      restored: 0, skipped: [], api_calls: { salesforce: 2, pbx: 4 }, problem: null,
    },
    extensions: [
      { number: "4101", name: "Mara Voss", online: true },
      { number: "4102", name: "Leo Brandt", online: true },
      { number: "4103", name: "Nadia Haddad", online: false },
    ],
    team: team(),
    refused: new Set(),
    certificate: null,
    was_trusted: false,
    checks: wellChecked(),
    unreadNumbers: [
      { object: "Contact", id: "0035g00000Nk2hPAAR", name: "Jonas Weber", field: "Phone", text: "siehe Notizen" },
      { object: "Lead", id: "00Q5g00000Mw8kTEAR", name: "陈静", field: "MobilePhone", text: "微信 chenjing_sh" },
      { object: "Account", id: "0015g00000Lp4vQAAR", name: "Hafen AG", field: "Phone", text: "+49 (0) 355 / 50 17 22 00 00 00 000" },
    ],
    choices: [
      { number: "+49301234567", number_shown: "+49 30 1234567", object: "Contact", id: "0035g00000EXAM1AAA", name: "Anton Meyer", since: ago(4400), out_of_sight: false },
      { number: "+442079460018", number_shown: "+44 20 7946 0018", object: null, id: "0035g00000EXAM8AAA", name: "", since: null, out_of_sight: true },
    ],
    notes: {},
    matters: [
      { object: "Opportunity", id: "0065g00000EXAM1AAA", name: "Pumps for the new hall", detail: "Proposal" },
      { object: "Case", id: "5005g00000EXAM1AAA", name: "Leaking valve", detail: "00001042" },
    ],
    records: [
      { object: "Contact", id: "0035g00000EXAM0AAA", name: "Anna Meyer", company: "ACME GmbH", mine: true },
      { object: "Contact", id: "0035g00000EXAM1AAA", name: "Anton Meyer", company: "ACME GmbH", mine: false },
      { object: "Lead", id: "00Q5g00000EXAM1AAA", name: "Bob Liu", company: "Northwind", mine: false },
    ],
  };
}

/** An office of a few: bound, unbound with and without a proposal, and every kind of conflict. */
function team(): BindingTable {
  const extensions = ["Mara Voss", "Leo Brandt", "Nadia Haddad", "Sales", "Reception", "Workshop"].map(
    (name, at) => ({ number: `${4101 + at}`, name, online: at % 2 === 0 }),
  );
  return teamTable([
    teamRow({ name: "Bea Okoro", saved: "4103", state: "conflict", conflict: { kind: "shared", extension: "4103", with: ["Nadia Haddad"] } }),
    teamRow({ name: "Camille Laurent", saved: "4999", state: "conflict", conflict: { kind: "gone", extension: "4999" } }),
    teamRow({ name: "Dai Wen", email: "sales@example.com", state: "conflict", conflict: { kind: "same_address", extension: "4104", with: ["Emil Berg"] } }),
    teamRow({ name: "Emil Berg", email: "sales@example.com", state: "conflict", conflict: { kind: "same_address", extension: "4104", with: ["Dai Wen"] } }),
    teamRow({ name: "Integration User", email: "integration@example.com", robot: true }),
    teamRow({ name: "Leo Brandt", proposal: "4102" }),
    teamRow({ name: "Mara Voss", saved: "4101" }),
    teamRow({ name: "Nadia Haddad", saved: "4103", state: "conflict", conflict: { kind: "shared", extension: "4103", with: ["Bea Okoro"] } }),
    teamRow({ name: "Old Colleague", saved: "4106", active: false, state: "conflict", conflict: { kind: "inactive", extension: "4106" } }),
    teamRow({ name: "Rosa Lindqvist" }),
  ], extensions);
}

/** As many users and extensions as a large office has; two of three have the extension's e-mail address. */
export function crowd(size: number): BindingTable {
  const extensions = Array.from({ length: size }, (_, at) => ({ number: `${5000 + at}`, name: `Agent ${at}`, online: true }));
  const rows = extensions.map(({ name, number }, at) => teamRow({ name, user: `0055g0000${String(at).padStart(6, "0")}AAA`, proposal: at % 3 === 2 ? null : number }));
  return teamTable(rows, extensions);
}

/** Nothing is set up. */
export function fresh(): World {
  const world = calm();
  const { status, settings } = world;
  status.integration = "disconnected";
  status.pbx = { state: "not_configured", address: null, serial: null, firmware: null, events: "down", last_event_at: null, problem: null };
  status.salesforce = {
    state: "not_configured", user: null, username: null, org_id: null, instance: null, api_calls_today: 0,
    api_limit: null, problem: null,
  };
  status.binding = { state: "unbound", extension: null, source: null, problem: null };
  status.journal = { waiting: 0, stuck: 0, logged_today: 0 };
  world.calls = [];
  world.index = { state: "off", known: 0, expected: null, unread_numbers: 0, checked_at: null, problem: null };
  settings.country_by = "computer";
  settings.pbx_address = "";
  settings.pbx_client_id = "";
  settings.salesforce_consumer_key = "";
  return world;
}

/** A list in which every state of an entry occurs. */
export function openEnds(): CallRow[] {
  return [
    row({ started_at: ago(3), number: "+491705550123", record: null, candidates: 3 }),
    row({ started_at: ago(9), journal: { state: "waiting", task_id: null, reason: "Salesforce could not be reached" } }, "salesforce.unreachable"),
    row({ direction: "outbound", started_at: ago(14), number: "+498912345678", record: { object: "Lead", id: "00Q5g00000EXAM1AAA", name: "Bob Liu" }, journal: { state: "waiting", task_id: null } }),
    row({ started_at: ago(32), number: "+442079460018", record: { object: "Contact", id: "0035g00000EXAM4AAA", name: "Daniel Okafor" }, journal: { state: "stuck", task_id: null, reason: "may not create" } }, "salesforce.missing_permission"),
    row({ started_at: ago(41), number: "+33142685300", record: { object: "Contact", id: "0035g00000EXAM2AAA", name: "Camille Laurent" }, journal: { state: "stuck", task_id: null, reason: "Region is required for calls over five minutes (REGION__c)" } }, "salesforce.rejected"),
    row({ started_at: ago(60), result: "missed", talk_seconds: 0, number: "+4940555123", record: null, candidates: 0, journal: { state: "waiting", task_id: null, reason: "Salesforce has ended the sign-in." } }, "salesforce.signed_out"),
    row({ started_at: ago(75), number: "+498001234567", record: null, candidates: 0, journal: { state: "skipped", task_id: null, reason: "on the list" } }, "journal.never_list"),
    row({ started_at: ago(88), number: null, record: null, candidates: 0, result: "missed", talk_seconds: 0 }),
    ...calm().calls.slice(4),
  ];
}

/** The examples' numbers as people write them. */
function spaced(number: string): string {
  return number
    .replace(/^(\+49)(1511|170|800|30|40|89)(\d+)$/u, "$1 $2 $3")
    .replace(/^(\+33)(\d)(\d\d)(\d\d)(\d\d)(\d\d)$/u, "$1 $2 $3 $4 $5 $6")
    .replace(/^(\+(?:44|86))(\d\d)(\d{4})(\d{4})$/u, "$1 $2 $3 $4");
}

/** A small number that is the same for the same text. */
function hash(text: string): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) | 0;
  return sum;
}
