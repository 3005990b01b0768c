// What the engine last said, for the screens to show. Every event replaces the whole of what it is about.

import type { Backend } from "./backend";
import { asProblem } from "./backend";
import type {
  CallRow,
  Command,
  Event,
  IndexView,
  LinkCard,
  LiveCard,
  NoteView,
  Problem,
  Reply,
  SettingsView,
  SignInView,
  Status,
  SyncView,
} from "./bindings";
import { languageFor, languages, localeFor, type Language, type Messages } from "./messages";

/** More notices than this are not kept: the oldest goes. */
const MOST_NOTICES = 3;
/** A notice that nobody has dismissed goes after so long in a window that is seen. */
const NOTICE_MS = 120_000;
/** Two clocks that differ by more than this have not only been read one after the other. */
const STEP_MS = 1_500;

/** Hears that the note of a call is on disk, whoever wrote it; `null`: each may be another one. */
export type NoteListener = (noted: { call: string; note: NoteView } | null) => void;

/** The engine's last words. Nothing in here that could not be asked for again. */
export class Model {
  status = $state.raw<Status | null>(null);
  calls = $state.raw<CallRow[]>([]);
  live = $state.raw<LiveCard[]>([]);
  /** A link of another program that waits for an answer. */
  link = $state.raw<LinkCard | null>(null);
  signIn = $state.raw<SignInView>({ state: "idle" });
  sync = $state.raw<SyncView | null>(null);
  index = $state.raw<IndexView>({ state: "off", known: 0, expected: null, unread_numbers: 0, checked_at: null, problem: null });
  settings = $state.raw<SettingsView | null>(null);
  notices = $state.raw<Problem[]>([]);
  connected = $state(true);
  /** Why not, where the engine has not simply ended. */
  refusal = $state.raw<Problem | null>(null);
  /** What a screen reader is told, the last. */
  said = $state.raw<{ turn: number; text: string }>({ turn: 0, text: "" });
  /** How often the window was wanted in front. */
  raised = $state(0);
  /** How often the page of settings was wanted. */
  settingsWanted = $state(0);
  /** The present moment in milliseconds: by the second while a clock is shown, otherwise by the minute. */
  now = $state(Date.now());
  /** Seconds since the engine last told of the live calls, by a clock that nobody sets. */
  sinceLive = $state(0);

  readonly language: Language = $derived.by(() =>
    languageFor(this.settings?.language ?? "", navigator.languages),
  );
  readonly locale: string = $derived(localeFor(this.language, navigator.languages));
  readonly t: Messages = $derived(languages[this.language]);

  readonly #backend: Backend;
  readonly #notes = new Set<NoteListener>();
  /** What was wished when a notice came of it. */
  readonly #wishes = new WeakMap<Problem, string>();
  #ticking: ReturnType<typeof setTimeout> | undefined;
  /** When the live calls were told of, and when this page last looked at its clocks. */
  #toldLive = performance.now();
  #looked = { wall: Date.now(), steady: performance.now() };

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Begins to listen and asks for everything. Returns what ends it. */
  start(): () => void {
    const ends = [
      this.#backend.onEvent((event) => this.#heard(event)),
      this.#backend.onConnection((connected, refusal) => {
        this.connected = connected;
        this.refusal = refusal;
        if (!connected) return;
        void this.#watch();
        for (const listener of this.#notes) listener(null);
      }),
    ];
    this.#tick();
    return () => {
      for (const end of ends) end();
      clearTimeout(this.#ticking);
    };
  }

  /** Sends a wish; rejects with a {@link Problem}. */
  send(command: Command): Promise<Reply> {
    return this.#backend.send(command);
  }

  /** Sends a wish whose refusal is shown as a notice. Says whether it was granted. */
  async wish(command: Command): Promise<boolean> {
    const wished = JSON.stringify(command);
    try {
      await this.send(command);
      // It is done now: what was said about it before is over.
      for (const notice of this.notices) if (this.#wishes.get(notice) === wished) this.dismiss(notice);
      return true;
    } catch (reason) {
      const problem = asProblem(reason);
      this.#wishes.set(problem, wished);
      this.notice(problem);
      return false;
    }
  }

  /** Puts a text on the clipboard; says whether that worked. */
  async copy(text: string): Promise<boolean> {
    try {
      await this.#backend.copy(text);
      return true;
    } catch (problem) {
      this.notice(asProblem(problem));
      return false;
    }
  }

  /** Hears of notes. Returns what ends it. */
  onNote(listener: NoteListener): () => void {
    this.#notes.add(listener);
    return () => this.#notes.delete(listener);
  }

  /** Tells a screen reader; the same text twice is told twice. */
  say(text: string): void {
    this.said = { turn: this.said.turn + 1, text };
  }

  /** Shows a problem until it is dismissed, or for a while; of one kind the newest. */
  notice(problem: Problem): void {
    const others = this.notices.filter(({ code }) => code !== problem.code);
    this.notices = [...others, problem].slice(-MOST_NOTICES);
    this.#lets(problem);
  }

  /** Takes a notice away by itself; one that could not be seen meanwhile stays as long again. */
  #lets(problem: Problem): void {
    setTimeout(() => {
      if (document.hidden) this.#lets(problem);
      else this.dismiss(problem);
    }, NOTICE_MS);
  }

  /** Takes a notice away. */
  dismiss(problem: Problem): void {
    this.notices = this.notices.filter((other) => other !== problem);
  }

  async #watch(): Promise<void> {
    await this.wish({ command: "watch" });
    await this.#answer();
  }

  /** Says that this page is there: a window counts as shown when its page has answered. */
  async #answer(): Promise<void> {
    // Without an engine nobody waits.
    await this.send({ command: "window_shown" }).catch(() => {});
  }

  #heard(event: Event): void {
    switch (event.event) {
      case "status":
        this.status = event.value;
        break;
      case "calls":
        this.calls = event.value;
        break;
      case "live":
        this.live = event.value;
        this.#toldLive = performance.now();
        this.#tick();
        break;
      case "link":
        this.link = event.value;
        break;
      case "sign_in":
        this.signIn = event.value;
        this.#tick();
        break;
      case "index":
        this.index = event.value;
        break;
      case "settings":
        this.settings = event.value;
        break;
      case "sync":
        this.sync = event.value;
        break;
      case "note":
        for (const listener of this.#notes) listener(event.value);
        break;
      case "notice":
        this.notice(event.value);
        break;
      case "show_settings":
        this.settingsWanted += 1;
        void this.#answer();
        break;
      case "raise_window":
        this.raised += 1;
        void this.#answer();
        break;
      default:
        unheardOf(event);
    }
  }

  /** Looks at the clocks, and again at the next full second or minute, whichever somebody looks at. */
  #tick(): void {
    clearTimeout(this.#ticking);
    const looked = { wall: Date.now(), steady: performance.now() };
    const [wall, steady] = [looked.wall - this.#looked.wall, looked.steady - this.#looked.steady];
    this.#looked = looked;
    this.now = looked.wall;
    this.sinceLive = (looked.steady - this.#toldLive) / 1_000;
    // The calendar was set, or the computer has slept and this page's other clock with it: the engine knows how long.
    if (Math.abs(wall - steady) > STEP_MS && this.live.length > 0) void this.#watch();
    const every = this.live.length > 0 || this.signIn.state === "waiting" ? 1_000 : 60_000;
    this.#ticking = setTimeout(() => this.#tick(), every - (looked.wall % every) + 5);
  }
}

/** An event of a newer engine: the compiler knows of none, and the window goes on. */
function unheardOf(event: never): void {
  console.warn("an event that this window does not know", event);
}
