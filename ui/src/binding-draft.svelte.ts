// What an administrator has chosen and not yet saved. The engine says what it means; this only remembers it.

import { asProblem, type Backend } from "./backend";
import type { BindingTable, Command, Problem, SavedBinding } from "./bindings";
import { changed, confirmed } from "./team";

/** The choices on their way to Salesforce, or to a file. */
export class BindingDraft {
  /** The table as the engine last worked it out; null until it was read. */
  table = $state.raw<BindingTable | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  /** What became of the last save; null before one. */
  saved = $state.raw<SavedBinding[] | null>(null);
  /** Something is chosen that is saved nowhere. */
  unsaved = $state(false);

  readonly #send: Backend["send"];
  #choices = new Map<string, string | null>();
  /** Answers may overtake each other: only the one to the newest question counts. */
  #asked = 0;

  constructor(send: Backend["send"]) {
    this.#send = send;
  }

  /** Reads users and extensions. What was chosen stays. */
  async read(robots: boolean): Promise<void> {
    if ((await this.#ask({ command: "binding_table", robots }, true)) && this.#choices.size > 0) await this.#plan(false);
  }

  /** Chooses an extension for a user, or none. */
  async choose(user: string, extension: string | null): Promise<void> {
    const row = this.table?.rows.find((one) => one.user === user);
    if (row?.saved === extension) this.#choices.delete(user);
    else this.#choices.set(user, extension);
    this.#count();
    await this.#plan(false);
  }

  /** Gives everybody the extension that has their e-mail address, where that leaves no doubt. */
  async automatic(): Promise<void> {
    await this.#plan(true);
  }

  /** Forgets all choices. */
  async reset(): Promise<void> {
    this.#choices.clear();
    this.#count();
    await this.#plan(false);
  }

  /** Saves what the table says would change. Choices that did not get there stay. */
  async save(): Promise<void> {
    if (this.table === null || this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      const reply = await this.#send({ command: "save_bindings", changes: confirmed(changed(this.table)) });
      if (reply.reply !== "bindings_saved") return;
      this.saved = reply.value;
      for (const { user, outcome } of reply.value) {
        if (outcome === "saved" || outcome === "already") this.#choices.delete(user);
      }
      this.#count();
    } catch (refusal) {
      this.problem = asProblem(refusal);
    } finally {
      this.busy = false;
    }
    if (this.problem === null) await this.#plan(false);
  }

  #count(): void {
    this.unsaved = this.#choices.size > 0;
  }

  async #plan(automatic: boolean): Promise<void> {
    const choices = [...this.#choices].map(([user, extension]) => ({ user, extension }));
    await this.#ask({ command: "plan_bindings", choices, automatic }, automatic);
  }

  /** Asks for a table; says whether its answer is the newest. */
  async #ask(command: Command, wait: boolean): Promise<boolean> {
    const turn = (this.#asked += 1);
    this.busy = wait;
    try {
      const reply = await this.#send(command);
      if (turn !== this.#asked || reply.reply !== "binding_table") return false;
      this.problem = null;
      this.table = reply.value;
      if (command.command === "plan_bindings") {
        this.#choices = new Map(reply.value.choices.map(({ user, extension }) => [user, extension]));
        this.#count();
      }
      return true;
    } catch (refusal) {
      if (turn === this.#asked) this.problem = asProblem(refusal);
      return false;
    } finally {
      if (turn === this.#asked) this.busy = false;
    }
  }
}
