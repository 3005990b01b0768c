// What a live card is about. Pure.

import type { CandidateView, LiveCard } from "./bindings";
import type { Messages } from "./messages";

/** A search that takes longer than this is called slow. */
const SLOW_AFTER_S = 4;

/** The record that counts: chosen, or the only one. */
export function match({ candidates, chosen }: LiveCard): CandidateView | undefined {
  return candidates.find(({ id }) => id === chosen) ?? (candidates.length === 1 ? candidates[0] : undefined);
}

/** The records that have the number: not the account of several contacts, whose page is offered beside them. */
export function holders({ candidates }: LiveCard): CandidateView[] {
  return candidates.filter(({ field }) => field !== "");
}

/** Whether several records have the number and nobody has said which it is. */
export function openChoice(card: LiveCard): boolean {
  return card.candidates.length > 1 && match(card) === undefined && card.state !== "elsewhere";
}

/** Whether something can be written about a call: it is the agent's own, and no rehearsal. */
export function takesNote(card: LiveCard): boolean {
  return !card.rehearsal && card.state !== "elsewhere";
}

/** Whose note the keys are for: the call that is talked on, one that has just come, one that waits for its note, another one. */
export function noteOf(cards: readonly LiveCard[]): LiveCard | undefined {
  const order = (card: LiveCard): number => {
    if (card.state === "talking") return 0;
    if (card.state === "held") return 1;
    if (card.state !== "ended") return 2;
    return card.wrap_up ? 3 : 4;
  };
  return cards.filter(takesNote).sort((one, other) => order(one) - order(other))[0];
}

/** What the other side is called: its record, its number, or that it hides it. */
export function callerName(card: LiveCard, t: Messages): string {
  if (card.rehearsal) return t.card.rehearsal;
  const known = match(card)?.name ?? card.number_shown ?? card.number;
  // Whoever calls out hides nothing: the PBX has not said yet whom.
  return known ?? (card.direction === "outbound" ? t.card.outgoing : t.withheld);
}

/** Seconds since a call began, `later` seconds after its card was told of. */
export function rings({ elapsed }: LiveCard, later: number): number {
  return elapsed.since_start_ms / 1_000 + later;
}

/** Seconds for its clock: of the conversation, or of the ringing while nobody has answered. */
export function runs({ elapsed }: LiveCard, later: number): number {
  return (elapsed.since_answer_ms ?? elapsed.since_start_ms) / 1_000 + later;
}

/** What is known about the record. */
export type Finding = "rehearsal" | "match" | "several" | "searching" | "slow" | "failed" | "withheld" | "internal" | "none";

/** Says what is known about the record, `ringing_s` seconds after the call began. */
export function finding(card: LiveCard, ringing_s: number): Finding {
  if (card.rehearsal) return "rehearsal";
  if (match(card) !== undefined) return "match";
  if (card.candidates.length > 1) return "several";
  if (card.direction === "internal") return "internal";
  if (card.number === null) return "withheld";
  if (card.searching) return ringing_s >= SLOW_AFTER_S ? "slow" : "searching";
  return card.search_failed ? "failed" : "none";
}
