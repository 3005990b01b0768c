// A wish to call somebody, from the click to the ringing phone or the refusal.

import { asProblem, type Backend } from "./backend";
import type { NumberKind, Problem } from "./bindings";

/** Where a wish to call stands. */
export type DialState =
  | { kind: "idle" }
  | { kind: "asking"; number: string }
  /** The engine wants a person to agree to this number. */
  | { kind: "confirm"; number: string; shown: string; country: string | null; what: NumberKind }
  /** The agent's own phone rings. */
  | { kind: "rings" }
  | { kind: "refused"; problem: Problem };

/** One wish at a time: a later one replaces an earlier one, whose answer is then not shown. */
export class Dialling {
  state = $state.raw<DialState>({ kind: "idle" });
  readonly #send: Backend["send"];
  #turn = 0;

  constructor(send: Backend["send"]) {
    this.#send = send;
  }

  /** Asks to call a number as a person wrote it. */
  async call(number: string, confirmed = false): Promise<void> {
    const turn = ++this.#turn;
    this.state = { kind: "asking", number };
    const after = await this.#ask(number, confirmed);
    if (turn === this.#turn) this.state = after;
  }

  /** Forgets the wish, or what came of it. */
  clear(): void {
    this.#turn += 1;
    this.state = { kind: "idle" };
  }

  async #ask(number: string, confirmed: boolean): Promise<DialState> {
    try {
      const reply = await this.#send({ command: "dial", number, confirmed });
      if (reply.reply !== "confirm_dial") return { kind: "rings" };
      const { shown, country, kind } = reply.value;
      return { kind: "confirm", number, shown, country, what: kind };
    } catch (refusal) {
      const problem = asProblem(refusal);
      // Who has just said no in the program's own question need not be told so.
      return problem.code === "window.not_agreed" ? { kind: "idle" } : { kind: "refused", problem };
    }
  }
}
