// What became of a call, in the terms of the list: one state and one thing to do about it. Pure.

import type { CallRow } from "./bindings";
import type { Messages } from "./messages";

/** What became of a call's entry, as the list shows it. */
export type Fate =
  /** The call has not ended. */
  | { kind: "going_on" }
  /** There is no entry and none is owed, as for a call that somebody else took. */
  | { kind: "nothing" }
  /** It is a Task. */
  | { kind: "logged"; code: string | null; reason: string | null }
  /** Several records have the number, and nobody has said which. */
  | { kind: "choose"; candidates: number; logged: boolean }
  /** It will be sent by itself; `signIn`: once the user has signed in. */
  | { kind: "waiting"; code: string | null; reason: string | null; signIn: boolean }
  /** It needs a person. */
  | { kind: "failed"; code: string | null; reason: string | null }
  /** It will not be logged. */
  | { kind: "skipped"; code: string | null; reason: string | null };

/** Which rows are shown. */
export type Filter = "all" | "missed" | "todo";

/** The reason that a sign-in cures. */
const SIGNED_OUT = "salesforce.signed_out";

/** The reason of an entry that another user of this computer has made. */
const OTHER_ACCOUNT = "journal.other_account";

/** Says what became of a call's entry. */
export function fate({ call, reason_code: code }: CallRow): Fate {
  const { state, reason } = call.journal;
  const undecided = call.record === null && call.candidates > 1;
  switch (state) {
    case "none":
      if (call.result === "ringing" || call.result === "talking") return { kind: "going_on" };
      return code === null && reason === null ? { kind: "nothing" } : { kind: "skipped", code, reason };
    case "logged":
      return undecided
        ? { kind: "choose", candidates: call.candidates, logged: true }
        : { kind: "logged", code, reason };
    case "waiting":
      return undecided && reason === null
        ? { kind: "choose", candidates: call.candidates, logged: false }
        : { kind: "waiting", code, reason, signIn: code === SIGNED_OUT };
    case "stuck":
      return { kind: "failed", code, reason };
    case "skipped":
      return { kind: "skipped", code, reason };
  }
}

/** Whether a person has said that a call is not to be logged, and can take that back. */
export function isRestorable({ reason_code: code }: CallRow): boolean {
  return code === "journal.discarded";
}

/** Whether a person may say that a call belongs to another record: it is logged for them, or will be. */
export function isMovable({ call, reason_code: code }: CallRow): boolean {
  return ["waiting", "logged", "stuck"].includes(call.journal.state) && code !== OTHER_ACCOUNT;
}

/** Whether a note was begun and not saved. */
export function isNoteOpen({ note }: CallRow): boolean {
  return note.open;
}

/** Whether a person has something to do about a call. */
export function isTodo(row: CallRow): boolean {
  const { kind } = fate(row);
  const goesOn = row.call.journal.state === "none" && kind === "going_on";
  return kind === "choose" || kind === "failed" || (isNoteOpen(row) && !goesOn) || row.note.follow_up === "stuck";
}

/** Whom a call was with: the record, the number, or that it was withheld. */
export function rowName({ call, number_shown: shown }: CallRow, t: Messages): string {
  return call.record?.name ?? shown ?? call.number ?? t.withheld;
}

/** Whether nobody took an inbound call. */
export function isMissed({ call }: CallRow): boolean {
  return call.direction === "inbound" && (call.result === "missed" || call.result === "voicemail");
}

/** The rows that a filter and a search leave, in their order; and those that stay all the same. */
export function shown(rows: readonly CallRow[], filter: Filter, search: string, stay: readonly string[] = []): CallRow[] {
  const wanted = search.trim().normalize("NFKC").toLocaleLowerCase();
  const digits = wanted.replace(/\D/gu, "").replace(/^0+/u, "");
  const isNumber = digits !== "" && !/\p{L}/u.test(wanted);
  return rows.filter((row) => {
    if (stay.includes(row.call.id)) return true;
    if (filter === "missed" && !isMissed(row)) return false;
    if (filter === "todo" && !isTodo(row)) return false;
    if (wanted === "") return true;
    const { record, number, queue } = row.call;
    if (isNumber) {
      return [number, row.number_shown].some((n) => n !== null && n.replace(/\D/gu, "").includes(digits));
    }
    return [record?.name, queue].some((text) => text?.normalize("NFKC").toLocaleLowerCase().includes(wanted));
  });
}

/** When each call was; exactly where another one with the same name would say the same: buttons are told apart by it. */
export function callTimes(rows: readonly CallRow[], name: (row: CallRow) => string, when: (time: string) => string, exactly: (time: string) => string): Map<string, string> {
  const said = (row: CallRow): string => `${name(row)}\n${when(row.call.started_at)}`;
  const seen = new Map<string, number>();
  for (const row of rows) seen.set(said(row), (seen.get(said(row)) ?? 0) + 1);
  return new Map(rows.map((row) => {
    const { id, started_at: time } = row.call;
    return [id, seen.get(said(row)) === 1 ? when(time) : exactly(time)];
  }));
}

/** What a typed text would dial; null where it is not a number. Full-width digits of input methods count. */
export function asNumber(text: string): string | null {
  const flat = text.normalize("NFKC").trim().replace(/^(?:tel|callto):/iu, "");
  if (!/^[+\d\s().\/*#\-\u2010-\u2015]+$/u.test(flat)) return null;
  return (flat.match(/\d/gu) ?? []).length >= 2 ? flat : null;
}
