// An engine with memory and without a telephone: for screens in a plain browser, and for tests.

import type { Backend } from "./backend";
import type {
  CallView,
  Command,
  Event,
  LinkCard,
  LiveCard,
  NoteView,
  Problem,
  Reply,
  SettingsPatch,
  SignInView,
} from "./bindings";
import { card, problem, type World } from "./memory-world";
import { planned, saved, teamFile } from "./memory-team";

export { card, problem, type World } from "./memory-world";

/** Nothing was written. */
const BLANK: NoteView = { text: "", outcome: null, related: null, follow_up: null, open: false, discarded: false };

const DONE: Reply = { reply: "done" };

/** Remembers what it was told, and answers as the engine would. */
export class MemoryBackend implements Backend {
  /** Everything that was asked, in order. */
  readonly asked: Command[] = [];
  /** Everything that was copied. */
  readonly copied: string[] = [];
  readonly world: World;
  readonly #refusals = new Map<Command["command"], Problem>();
  readonly #events = new Set<(event: Event) => void>();
  readonly #connections = new Set<(connected: boolean, refusal: Problem | null) => void>();
  #connected = true;
  #refusal: Problem | null = null;
  #signedIn: ((reply: Reply | Problem) => void) | undefined;

  constructor(world: World) {
    this.world = world;
  }

  /** From now on, answers a command with a problem; with null, as usual again. */
  refuse(command: Command["command"], refusal: Problem | null): void {
    if (refusal === null) this.#refusals.delete(command);
    else this.#refusals.set(command, refusal);
  }

  /** Says something by itself. */
  say(event: Event): void {
    for (const listener of this.#events) listener(structuredClone(event));
  }

  /** A call rings, talks or ends: the cards are replaced. */
  shows(live: LiveCard[]): void {
    this.world.live = live;
    this.say({ event: "live", value: live });
  }

  /** A link comes, changes or goes. */
  linked(link: LinkCard | null): void {
    this.world.link = link;
    this.say({ event: "link", value: link });
  }

  /** The engine ends, or does not answer. */
  goes(refusal: Problem | null = null): void {
    this.#connect(false, refusal);
  }

  /** The engine is there again. */
  comesBack(): void {
    this.#connect(true);
  }

  /** The person signs in on Salesforce's page. */
  signsIn(): void {
    const { status } = this.world;
    status.salesforce = {
      ...status.salesforce,
      state: "connected",
      user: "Mara Voss",
      username: "mara.voss@example.com",
      org_id: "00D5g000000EXMPEA2",
      instance: "https://northwind.my.salesforce.com",
      problem: null,
    };
    this.#endSignIn({ state: "idle" }, {
      reply: "salesforce_connected",
      value: { user: "Mara Voss", username: "mara.voss@example.com", org_id: "00D5g000000EXMPEA2", secrets: "keyring" },
    });
    this.#sayStatus();
  }

  async send(command: Command): Promise<Reply> {
    this.asked.push(structuredClone(command));
    await Promise.resolve();
    if (!this.#connected) throw this.#refusal ?? problem("engine.gone", "Patchcord has ended.", "Start it again.");
    const refusal = this.#refusals.get(command.command);
    if (refusal !== undefined) throw refusal;
    return this.#answer(command);
  }

  onEvent(listener: (event: Event) => void): () => void {
    this.#events.add(listener);
    return () => this.#events.delete(listener);
  }

  onConnection(listener: (connected: boolean, refusal: Problem | null) => void): () => void {
    this.#connections.add(listener);
    listener(this.#connected, this.#refusal);
    return () => this.#connections.delete(listener);
  }

  async copy(text: string): Promise<void> {
    await Promise.resolve();
    this.copied.push(text);
  }

  async #answer(command: Command): Promise<Reply> {
    const { world } = this;
    switch (command.command) {
      case "watch":
        this.say({ event: "settings", value: world.settings });
        this.#sayStatus();
        this.#sayCalls();
        this.shows(world.live);
        this.linked(world.link);
        this.say({ event: "index", value: world.index });
        this.say({ event: "sign_in", value: world.signIn });
        this.say({ event: "sync", value: world.sync });
        return DONE;
      case "status":
        return { reply: "status", value: world.status };
      case "calls":
        return { reply: "calls", value: world.calls.slice(0, command.limit).map(({ call }) => call) };
      case "settings":
        return { reply: "settings", value: world.settings };
      case "dial":
        return this.#dial(command.number, command.confirmed);
      case "confirm_link":
        if (world.link === null || world.link.id !== command.link) {
          throw problem("link.gone", "This link was replaced by another one, or has waited too long. Nothing was dialled.", "Look at the card that is there now, or click the link again.");
        }
        return this.#callLink(world.link);
      case "dismiss_link":
        if (world.link?.id === command.link) this.linked(null);
        return DONE;
      case "take_links":
        world.status.links = { state: "ours", found: "tel: links come to Patchcord." };
        this.#sayStatus();
        return { reply: "links_taken", value: { chosen: true } };
      case "test_links":
        return DONE;
      case "hang_up":
        this.shows(world.live.map((card) =>
          command.call === null || card.id === command.call ? { ...card, state: "ended", can_hang_up: false } : card));
        return DONE;
      case "explain":
        return this.#explain(command.number);
      case "doctor":
        return { reply: "doctor", value: world.checks };
      case "retry":
        return this.#retry(command.call);
      case "refresh_index":
        world.index = { ...world.index, checked_at: new Date().toISOString(), problem: null };
        this.say({ event: "index", value: world.index });
        return DONE;
      case "enable":
      case "disable":
        world.status.integration = command.command === "enable" ? "connected" : "disabled";
        this.#sayStatus();
        return DONE;
      case "disconnect": {
        const { waiting, stuck } = world.status.journal;
        world.status.integration = "disconnected";
        world.status.pbx = { ...world.status.pbx, state: "not_configured", address: null, events: "down" };
        world.status.salesforce = { ...world.status.salesforce, state: "not_configured", user: null };
        world.status.binding = { state: "unbound", extension: null, source: null, problem: null };
        this.#sayStatus();
        return { reply: "disconnected", value: { waiting: waiting + stuck } };
      }
      case "connect_pbx":
        return this.#connectPbx(command.address, command.client_id, command.secret, command.pin);
      case "test_call":
        this.shows([...world.live, card({ id: "rehearsal", number: null, number_shown: null, can_hang_up: false, rehearsal: true })]);
        return DONE;
      case "pbx_address": {
        const { address } = command;
        if (address.trim() === "" || address.startsWith("http://")) {
          throw problem("pbx.unreachable", "The PBX's address cannot be used: it must begin with https://.", "Write it as https://ADDRESS:PORT.");
        }
        const host = address.replace(/^https:\/\//u, "").replace(/\/.*$/u, "");
        const local = /^[\d.]+$/u.test(host) || !/[.:]/u.test(host);
        return { reply: "pbx_address", value: { address: `https://${host}${local ? ":8088" : ""}` } };
      }
      case "pbx_certificate":
        return {
          reply: "certificate",
          value: { sha256: world.certificate ?? "ab".repeat(32), trusted: world.certificate === null },
        };
      case "connect_salesforce":
        world.settings.salesforce_login = command.login;
        world.settings.salesforce_consumer_key = command.consumer_key;
        return this.#waitForSignIn(command.login);
      case "cancel_sign_in":
        this.#endSignIn({ state: "idle" }, problem("salesforce.signed_out", "The sign-in was cancelled.", "Sign in again when you are ready."));
        return DONE;
      case "paste_address":
        if (!command.address.startsWith("http://localhost:1717")) {
          throw problem("salesforce.wrong_address", "This is not the address of this sign-in. The sign-in still waits.", "Copy the whole address from the browser's address bar.");
        }
        this.signsIn();
        return DONE;
      case "bind": {
        const extension = command.extension ?? "4101";
        const source = command.extension === null ? "email" : "manual";
        world.status.binding = { state: "bound", extension, source, problem: null };
        this.#sayStatus();
        return { reply: "bound", value: { extension } };
      }
      case "extensions":
        return { reply: "extensions", value: world.extensions };
      case "binding_table":
        return { reply: "binding_table", value: { ...world.team, robots: command.robots, rows: world.team.rows.filter(({ robot }) => command.robots || !robot) } };
      case "plan_bindings":
        return { reply: "binding_table", value: planned(world.team, command.choices, command.automatic) };
      case "save_bindings": {
        const [team, outcomes] = saved(world.team, command.changes, world.refused);
        world.team = team;
        return { reply: "bindings_saved", value: outcomes };
      }
      case "team_file":
        return { reply: "team_file", value: teamFile(planned(world.team, command.choices, false)) };
      case "choose":
        this.shows(world.live.map((card) => (card.id === command.call ? { ...card, chosen: command.record } : card)));
        return DONE;
      case "unread_numbers":
        return { reply: "unread_numbers", value: world.unreadNumbers };
      case "remembered_choices":
        return { reply: "choices", value: world.choices };
      case "forget_choice":
        world.choices = world.choices.filter(({ number }) => command.number !== null && number !== command.number);
        return DONE;
      case "find_records": {
        const wanted = command.text.toLocaleLowerCase().split(/\s+/u);
        const records = world.records.filter(({ name, company }) =>
          wanted.every((word) => `${name} ${company ?? ""}`.toLocaleLowerCase().includes(word)));
        return { reply: "records", value: { records, complete: world.status.salesforce.state === "connected" } };
      }
      case "move_call":
        return this.#move(command.call, command.record);
      case "read_note":
        return { reply: "note", value: world.notes[command.call] ?? BLANK };
      case "note":
        return this.#note(command);
      case "related":
        return { reply: "related", value: world.matters };
      case "discard":
        this.#mark(command.call, { ...(world.notes[command.call] ?? BLANK), open: false, discarded: true });
        this.#journal(command.call, "skipped", "you chose not to log it", "journal.discarded");
        return { reply: "discarded", value: { pending: false, elsewhere: false } };
      case "restore": {
        const note = { ...(world.notes[command.call] ?? BLANK), discarded: false };
        this.#mark(command.call, note);
        this.#journal(command.call, "waiting", null, null);
        return { reply: "note", value: note };
      }
      case "sync":
        return this.#sync(command.dry_run, command.agreed);
      case "pause_pops":
        world.settings.pops_paused_until =
          command.minutes === 0 ? null : new Date(Date.now() + command.minutes * 60_000).toISOString();
        this.#saySettings();
        return DONE;
      case "set_language":
        world.settings.language = command.language;
        this.#saySettings();
        return DONE;
      case "change_settings":
        return this.#changeSettings(command.patch);
      case "export_settings":
        return { reply: "text", value: "[pop]\nwhen = \"ring\"\n" };
      case "link":
      case "open_record":
      case "undo_created":
      case "open_task":
      case "raise_window":
      case "show_settings":
      case "window_shown":
      case "window_failed":
      case "quit":
        return DONE;
    }
  }

  #note({ call, text, outcome, related, follow_up, save }: Extract<Command, { command: "note" }>): Reply {
    const before = this.world.notes[call] ?? BLANK;
    const wish = follow_up ?? before.follow_up?.wish ?? "";
    const on = /^(?:in 2 days|两天后)$/u.test(wish) ? "2026-01-09" : null;
    const note: NoteView = {
      ...before,
      text: text ?? before.text,
      outcome: outcome === null ? before.outcome : outcome === "" ? null : outcome,
      related: related === null ? before.related : (this.world.matters.find(({ id }) => id === related) ?? null),
      follow_up: wish === "" ? null : { wish, on, state: save && on !== null ? "waiting" : "draft", reason: null },
      open: !save || (wish !== "" && on === null),
    };
    this.#mark(call, note);
    if (save && note.open) {
      throw problem("note.follow_up", "The day of the follow-up was not understood. Everything else is kept.", "Write it like “in 2 days”.");
    }
    return { reply: "note", value: note };
  }

  /** Keeps a note, and says in its row what is so; a card that asked for it goes. */
  #mark(call: string, note: NoteView): void {
    const { world } = this;
    world.notes = { ...world.notes, [call]: note };
    this.say({ event: "note", value: { call, note } });
    const mark = { written: note.text !== "" || note.outcome !== null, open: note.open, discarded: note.discarded, follow_up: note.follow_up?.state ?? null };
    world.calls = world.calls.map((row) => (row.call.id === call ? { ...row, note: mark } : row));
    this.#sayCalls();
    if (!note.open) this.shows(world.live.filter(({ id, wrap_up }) => id !== call || !wrap_up));
  }

  #journal(id: string, state: CallView["journal"]["state"], reason: string | null, code: string | null): void {
    this.world.calls = this.world.calls.map((row) =>
      row.call.id === id ? { ...row, reason_code: code, call: { ...row.call, journal: { state, task_id: null, reason } } } : row);
    this.#sayCalls();
  }

  #move(id: string, to: string): Reply {
    const record = this.world.records.find((known) => known.id === to);
    if (record === undefined) throw problem("call.no_record", "No record is known for this call.", "Search for the person in Salesforce.");
    this.world.calls = this.world.calls.map((row) =>
      row.call.id === id ? { ...row, reason_code: null, call: { ...row.call, record, why: "moved by you", journal: { ...row.call.journal, state: "logged", reason: null } } } : row);
    this.#sayCalls();
    return DONE;
  }

  #sync(dryRun: boolean, agreed: boolean): Reply {
    const { world } = this;
    const asks = world.plan.problem?.code === "contacts.mass_delete";
    const problem = asks && agreed ? null : world.plan.problem;
    const done = dryRun || problem === null;
    const report = {
      ...world.plan,
      dry_run: dryRun,
      problem,
      ...(done ? {} : { create: 0, update: 0, delete: 0 }),
    };
    if (!dryRun) {
      world.sync = { ...world.sync, last: report, last_at: new Date().toISOString(), problem };
      this.say({ event: "sync", value: world.sync });
    }
    return { reply: "synced", value: report };
  }

  #dial(number: string, confirmed: boolean): Reply {
    const digits = number.replace(/\D/gu, "");
    if (digits.startsWith("1900") || digits.startsWith("001900")) {
      throw problem("dial.blocked", "This number is on the list of numbers that are never dialled.", "Ask your administrator, or change dial.blocked in the settings.");
    }
    if (!confirmed) {
      const kind = digits === "11833" ? "short" : "ordinary";
      return { reply: "confirm_dial", value: { shown: number, country: digits.startsWith("49") ? "DE" : null, costly: !digits.startsWith("49"), kind } };
    }
    this.shows([card({ id: `dial.${digits}`, state: "dialling", direction: "outbound", number, number_shown: number })]);
    return { reply: "dialled", value: { call: `dial.${digits}`, dialled: digits } };
  }

  #callLink(link: LinkCard): Reply {
    this.linked(null);
    return this.#dial(link.number ?? "", true);
  }

  #explain(number: string): Reply {
    const candidates = ["Anna Meyer", "Anton Meyer", "Meyer Household"].map((name, at) => ({
      object: at === 2 ? "Account" : "Contact",
      id: `0035g00000EXAM${at}AAA`,
      name,
      field: "Phone",
      exact: true,
      rank: at + 1,
      why: "same number",
    }));
    return {
      reply: "explain",
      value: {
        input: number, kind: "external", e164: number, national: number, country: "DE", searched: [], candidates,
        decision: "choose", url: null, would_create: null, task: {}, dials_as: number, blocked: false,
      },
    };
  }

  #retry(id: string | null): Reply {
    let tried = 0;
    this.world.calls = this.world.calls.map((row) => {
      const open = row.call.journal.state === "waiting" || row.call.journal.state === "stuck";
      if (!open || (id !== null && row.call.id !== id)) return row;
      tried += 1;
      return { ...row, reason_code: null, call: { ...row.call, journal: { state: "logged", task_id: "00T5g00000EXAMPEAA", reason: null } } };
    });
    this.world.status.journal = { ...this.world.status.journal, waiting: 0, stuck: 0 };
    this.#sayCalls();
    this.#sayStatus();
    return { reply: "retried", value: { count: tried, pbx: false, salesforce: false } };
  }

  /** One rule of the engine's many, so that a refusal can be seen. */
  #changeSettings(patch: SettingsPatch): Reply {
    const { world } = this;
    const country = patch.numbers?.country;
    if (country !== undefined && !/^[A-Z]{2}$/u.test(country)) {
      const message = "this is not a country code such as DE";
      return { reply: "settings_refused", value: [{ key: "numbers.country", code: "country", entry: null, least: null, most: null, message }] };
    }
    const given = Object.fromEntries(Object.entries(patch).filter(([, section]) => section !== null));
    const country_by = country === undefined ? world.settings.country_by : "said";
    world.settings = { ...world.settings, country_by, values: { ...world.settings.values, ...given } };
    this.#saySettings();
    return DONE;
  }

  #connectPbx(address: string, clientId: string, secret: string, pin: string | null): Reply {
    const { world } = this;
    if (world.certificate !== null && pin !== null && pin !== world.certificate) {
      throw problem("pbx.tls_changed", `The PBX shows another certificate than the confirmed one. Confirmed: ${pin}. Shown: ${world.certificate}. Nothing was sent to it.`, "Ask the PBX administrator.");
    }
    if (world.certificate === null && pin !== null) {
      throw problem("pbx.tls_changed", `The PBX shows another certificate than the confirmed one. Confirmed: ${pin}. Shown: ${"ab".repeat(32)}. Nothing was sent to it.`, "Ask the PBX administrator.");
    }
    if (world.certificate !== null && pin === null && world.was_trusted) {
      throw problem("pbx.tls_changed", `The PBX had a publicly trusted certificate when it was connected, and shows one now that nobody vouches for. Shown: ${world.certificate}. Nothing was sent to it.`, "Ask the PBX administrator.");
    }
    if (world.certificate !== null && pin === null) {
      throw problem("pbx.tls_untrusted", `The PBX's certificate is not publicly trusted. Its SHA-256 is ${world.certificate}.`, "Compare its fingerprint.");
    }
    if (secret.length > 256) {
      throw problem("pbx.credentials_refused", "This is longer than 256 characters, and so no client secret. It was not tried.", "Copy the client secret alone from the PBX (Integrations > API).");
    }
    if (secret === "wrong") {
      throw problem("pbx.credentials_refused", "The PBX refused the client ID or client secret.", "Copy both again.");
    }
    world.settings = { ...world.settings, pbx_address: address, pbx_client_id: clientId, pbx_certificate_sha256: pin ?? "" };
    world.status.pbx = {
      state: "connected", address, serial: "3630000X0001", firmware: "37.23.0.123", events: "live",
      last_event_at: null, problem: null,
    };
    this.#saySettings();
    this.#sayStatus();
    return { reply: "pbx_connected", value: { serial: "3630000X0001", firmware: "37.23.0.123", country: this.world.settings.values.numbers.country, country_by: this.world.settings.country_by, secrets: "keyring" } };
  }

  #waitForSignIn(login: string): Promise<Reply> {
    this.world.signIn = {
      state: "waiting",
      url: `${login}/services/oauth2/authorize?response_type=code`,
      callbacks: this.world.settings.callbacks,
      until: new Date(Date.now() + 300_000).toISOString(),
    };
    this.say({ event: "sign_in", value: this.world.signIn });
    return new Promise((resolve, reject) => {
      this.#signedIn = (answer) => ("code" in answer ? reject(answer) : resolve(answer));
    });
  }

  #endSignIn(view: SignInView, answer: Reply | Problem): void {
    this.world.signIn = view;
    this.say({ event: "sign_in", value: view });
    this.#signedIn?.(answer);
    this.#signedIn = undefined;
  }

  #connect(connected: boolean, refusal: Problem | null = null): void {
    this.#connected = connected;
    this.#refusal = refusal;
    for (const listener of this.#connections) listener(connected, refusal);
  }

  #sayStatus(): void {
    this.say({ event: "status", value: this.world.status });
  }

  #sayCalls(): void {
    this.say({ event: "calls", value: this.world.calls });
  }

  #saySettings(): void {
    this.say({ event: "settings", value: this.world.settings });
  }
}
