// A note while it is typed: handed over at each key, and never lost because an answer is late.
//
// One hand-over is under way at a time; what is typed meanwhile goes with the next. The note may also be changed elsewhere
// (`patchcord note`): of text, outcome, record and follow-up each, whoever changed it last wins. What was typed here and is not
// handed over yet is later than anything the engine has said, so it stays.

import { asProblem, type Backend } from "./backend";
import type { MatterView, NoteView, Problem } from "./bindings";

/** While it cannot be kept, it is tried again after so long. */
const AGAIN_MS = 1_000;
/** More characters than this are refused; the field takes no more. */
export const LONGEST_NOTE = 100_000;

/** When somebody typed a note last, in milliseconds of the page: a digit that belongs to a text opens no record. */
let typedAt = Number.NEGATIVE_INFINITY;
/** And about which call. */
let typedOf = "";

/** Whoever types on in the same breath after a call has pushed the note aside: what they type answers no question. */
const BREATH_MS = 1_500;

/**
 * Whether somebody goes on typing a note although its field is gone; not one about `call`, whose field is there. Told of each key
 * that nothing has taken. A digit with Alt is no exception: it was pressed for the note that has just gone.
 */
export function typesOn({ key, altKey }: KeyboardEvent, call: string): boolean {
  if (typedOf === call || performance.now() - typedAt >= BREATH_MS) return false;
  // Keys that write nothing end no word.
  if (key.length === 1 && !altKey) typedAt = performance.now();
  return true;
}

/** What was changed here and is not on disk yet. */
type Change = Partial<Record<"text" | "outcome" | "related" | "follow_up", string>>;

/** The note of one call. */
export class NoteDraft {
  text = $state("");
  outcome = $state<string | null>(null);
  related = $state.raw<MatterView | null>(null);
  wish = $state("");
  /** The last word of the engine. */
  kept = $state.raw<NoteView | null>(null);
  /** What may be chosen; null until it was asked. */
  matters = $state.raw<MatterView[] | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** It was saved, and nothing has changed since. */
  saved = $state(false);
  /** The text that was typed here before somebody changed the note elsewhere; null where nobody did. */
  replaced = $state<string | null>(null);
  readonly #call: string;
  readonly #send: Backend["send"];
  #change: Change = {};
  #save = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;
  #busy = false;
  #gone = false;
  /** Counts the hand-overs: an answer that was asked for before the last one is old. */
  #turn = 0;
  /** Somebody typed here since the note was last what is on disk elsewhere. */
  #typed = false;
  /** What the engine has said by itself and nobody has looked at; null: something may have changed. */
  #heard: NoteView | null | undefined;
  #composing = false;

  constructor(call: string, send: Backend["send"]) {
    this.#call = call;
    this.#send = send;
  }

  #types(): void {
    typedAt = performance.now();
    typedOf = this.#call;
  }

  /** Asks for what is on disk. What was typed meanwhile stays. */
  async read(): Promise<void> {
    const turn = this.#turn;
    try {
      const reply = await this.#send({ command: "read_note", call: this.#call });
      if (reply.reply === "note" && turn === this.#turn) this.#take(reply.value);
    } catch {
      // The field works without it; the first change says what is wrong.
    }
  }

  /** The engine says by itself what is on disk, whoever wrote it; null: it may be anything. */
  hear(note: NoteView | null): void {
    this.#heard = note;
    // The engine is there again: first it gets what was typed while it was away.
    if (note === null) this.flush();
    else this.#catchUp();
  }

  /** Somebody composes a character: nothing is put into the field until that is done. */
  compose(now: boolean): void {
    this.#composing = now;
    this.#catchUp();
  }

  /** Brings back what was typed here before the note was changed elsewhere. */
  bringBack(): void {
    if (this.replaced === null) return;
    this.type(this.replaced);
    this.replaced = null;
  }

  /** The text has changed. */
  type(text: string): void {
    this.#types();
    this.text = text;
    this.#typed = true;
    this.#changed({ text: whole(text) });
  }

  /** Chooses an outcome; the chosen one again takes it away. */
  choose(outcome: string): void {
    this.outcome = this.outcome === outcome ? null : outcome;
    this.#changed({ outcome: this.outcome ?? "" });
  }

  /** Chooses what the call is about. */
  relate(matter: MatterView | null): void {
    this.related = matter;
    this.#changed({ related: matter?.id ?? "" });
  }

  /** The day of the follow-up has changed. */
  follow(wish: string): void {
    this.#types();
    this.wish = wish;
    this.#changed({ follow_up: whole(wish) });
  }

  /** Asks what the call may be about, once. */
  async ask(): Promise<void> {
    if (this.matters !== null) return;
    try {
      const reply = await this.#send({ command: "related", call: this.#call });
      if (reply.reply === "related") this.matters = reply.value;
    } catch (problem) {
      this.problem = asProblem(problem);
    }
  }

  /** It is finished. Says whether everything was understood. */
  async save(): Promise<boolean> {
    this.#save = true;
    this.flush();
    await this.#sending;
    return this.saved;
  }

  /** Shows why something else about the call was refused. */
  refuse(reason: unknown): void {
    this.problem = asProblem(reason);
  }

  /** Has what was changed kept now. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    this.#sending = this.#keep();
  }

  /** The field goes: what was typed is kept, and nobody waits for it. */
  leave(): void {
    // It was pushed aside: from now on nobody sees which call a key is about until they have looked.
    if (typedOf === this.#call && !this.saved) typedAt = performance.now();
    this.flush();
    this.#gone = true;
  }

  #changed(change: Change): void {
    this.saved = false;
    this.problem = null;
    this.#change = { ...this.#change, ...change };
    this.flush();
  }

  /** Looks at what was changed elsewhere, once nothing of this field is under way. */
  #catchUp(): void {
    if (this.#busy || this.#composing || this.#heard === undefined) return;
    const heard = this.#heard;
    this.#heard = undefined;
    // Mostly it is the echo of what was handed over here. An old echo may come late, so that the disk is asked.
    if (heard === null || JSON.stringify(heard) !== JSON.stringify(this.kept)) void this.read();
  }

  /** Sends what was changed, until nothing is left. */
  async #keep(): Promise<void> {
    while (this.#save || Object.keys(this.#change).length > 0) {
      const [change, save] = [this.#change, this.#save];
      [this.#change, this.#save] = [{}, false];
      this.#turn += 1;
      const { text = null, outcome = null, related = null, follow_up = null } = change;
      try {
        const reply = await this.#send({ command: "note", call: this.#call, text, outcome, related, follow_up, save, elsewhere: false });
        if (reply.reply === "note") this.#take(reply.value);
        this.problem = null;
        this.saved = save && Object.keys(this.#change).length === 0;
        if (this.saved) this.replaced = null;
      } catch (reason) {
        const problem = asProblem(reason);
        this.problem = problem;
        // What the engine has understood and refuses is not sent again by itself.
        if (problem.code.startsWith("note.") && problem.code !== "note.not_kept") continue;
        this.#change = { ...change, ...this.#change };
        if (!this.#gone) this.#timer = setTimeout(() => this.flush(), AGAIN_MS);
        break;
      }
    }
    // In the same turn as the last look, so that nothing wished meanwhile is left lying.
    this.#busy = false;
    this.#catchUp();
  }

  #take(note: NoteView): void {
    this.kept = note;
    if (this.#change.text === undefined && whole(this.text) !== note.text) {
      this.replaced = this.#typed && this.text.trim() !== "" ? this.text : null;
      this.#typed = false;
      this.text = note.text;
    }
    if (this.#change.outcome === undefined) this.outcome = note.outcome;
    if (this.#change.related === undefined) this.related = note.related;
    if (this.#change.follow_up === undefined && whole(this.wish).trim() !== (note.follow_up?.wish ?? "")) {
      this.wish = note.follow_up?.wish ?? "";
    }
  }
}

/** A text without what cannot be carried: halves of characters, and controls but lines and tabs. */
function whole(text: string): string {
  return text.slice(0, LONGEST_NOTE).replace(/\p{Cs}/gu, "\ufffd").replace(/[^\P{Cc}\n\t]/gu, "");
}
