// What the doctor found, in the window's language: words, groups, and the report that is passed on.

import type { Check, CheckRow } from "./bindings";
import { problemWords, type Messages } from "./messages";
import type { CheckId } from "./messages/checks";
import { plain } from "./text";

/** A check, ready to be read. */
export interface Finding {
  id: string;
  state: Check["state"];
  title: string;
  found: string;
  matters: string;
  who: string;
  place: string;
  todo: string;
  /** The engine's own sentence, where the words above are a translation of it. */
  original: string | null;
}

/** Which side a check looks at. */
export type Side = "pbx" | "salesforce" | "desk";

/** The sides in the order in which they are shown. */
export const sides: readonly Side[] = ["pbx", "salesforce", "desk"];

const URGENCY: Record<Check["state"], number> = { fail: 0, warn: 1, skip: 2, ok: 3 };

/** The checks of a side: what needs somebody first, otherwise in the engine's order. */
export function ofSide(rows: readonly CheckRow[], side: Side): CheckRow[] {
  return rows
    .filter(({ check }) => sideOf(check.id) === side)
    .sort((one, other) => URGENCY[one.check.state] - URGENCY[other.check.state]);
}

function sideOf(id: string): Side {
  const start = id.split(".")[0];
  return start === "pbx" || start === "salesforce" ? start : "desk";
}

/** How many checks came out how. */
export function counted(rows: readonly CheckRow[]): Record<Check["state"], number> {
  const counts = { ok: 0, warn: 0, fail: 0, skip: 0 };
  for (const { check } of rows) counts[check.state] += 1;
  return counts;
}

/** Puts a check into words. English ones are the engine's. */
export function finding(messages: Messages, row: CheckRow): Finding {
  const { check } = row;
  const known = Object.hasOwn(messages.checks, check.id) ? (check.id as CheckId) : null;
  const words = known === null ? undefined : messages.translations?.byCheck[known];
  const shared = {
    id: plain(check.id),
    state: check.state,
    title: known === null ? plain(check.id) : messages.checks[known],
    who: messages.doctor.who[check.who],
  };
  if (words === undefined) {
    const { found, matters, do: todo, where: place } = check;
    return { ...shared, found: long(found), matters: long(matters), todo: long(todo), place: long(place), original: null };
  }
  const { matters, place } = words;
  return { ...shared, matters, place, ...translated(messages, row, words), original: long(check.found) };
}

function translated(
  messages: Messages,
  row: CheckRow,
  words: { ok: string; bad: string; todo: string },
): { found: string; todo: string } {
  const { check, problem } = row;
  if (problem !== null) {
    const { happened, todo } = problemWords(messages, problem);
    return { found: happened, todo };
  }
  const values = row.values.map((value) => plain(named(messages, check.id, value), 200)).filter((value) => value !== "");
  const naming = (found: string): string =>
    values.length === 0 ? messages.doctor.found(found) : messages.doctor.naming(found, messages.list(values));
  switch (check.state) {
    case "ok":
      return { found: naming(words.ok), todo: messages.doctor.nothing };
    case "warn":
    case "fail":
      return { found: naming(words.bad), todo: words.todo };
    case "skip": {
      const first = row.values[0];
      if (first !== undefined && Object.hasOwn(messages.checks, first)) {
        return { found: messages.doctor.after(messages.checks[first as CheckId]), todo: messages.doctor.again };
      }
      const { bySkip } = messages.translations ?? {};
      const why = bySkip !== undefined && Object.hasOwn(bySkip, check.found) ? bySkip[check.found] : undefined;
      return why ?? { found: messages.doctor.unseen, todo: messages.doctor.again };
    }
  }
}

/** A value, or each of several, in the language's own word where it is one of the engine's. */
function named(messages: Messages, id: string, value: string): string {
  const words: Record<string, string> = messages.translations?.byValue[id as CheckId] ?? {};
  const parts = value.split(", ");
  return parts.some((part) => Object.hasOwn(words, part))
    ? messages.list(parts.map((part) => (Object.hasOwn(words, part) ? (words[part] ?? part) : part)))
    : value;
}

const long = (text: string): string => plain(text, 600);

/** The whole as a text to pass on: no secret is in it, and telephone numbers are masked. */
export function report(messages: Messages, rows: readonly CheckRow[], version: string, at: string): string {
  const { doctor } = messages;
  const counts = counted(rows);
  const lines = [`Patchcord ${plain(version)} · ${at}`, doctor.summary(counts.ok, counts.warn, counts.fail, counts.skip)];
  for (const side of sides) {
    lines.push("", `== ${doctor.sides[side]} ==`);
    for (const row of ofSide(rows, side)) {
      const said = finding(messages, row);
      lines.push(masked(`[${doctor.states[said.state]}] ${said.id}: ${said.found}`));
      if (said.state === "warn" || said.state === "fail") {
        lines.push(masked(`    ${said.matters}`));
        lines.push(masked(`    ${doctor.todo(said.who)} ${said.todo}`));
        lines.push(masked(`    ${doctor.place} ${said.place}`));
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

// Seven digits and more, as people write numbers. What stands in a host's name, a version or a fingerprint touches a
// letter, a dot or a colon, and is kept.
const NUMBER = /(?<![\p{L}\d_.:/-])\+?\(?\d(?:[ ()/-]{0,2}\d){6,}(?![\p{L}\d_:/-]|\.\d)/gu;

/** Leaves the last two digits of every telephone number. */
export function masked(text: string): string {
  return text.replace(NUMBER, (number) => {
    let left = number.replace(/\D/gu, "").length;
    return number.replace(/\d/gu, (digit) => ((left -= 1) < 2 ? digit : "•"));
  });
}
