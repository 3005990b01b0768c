// The table of users and extensions in the terms of the page: which rows are shown, what saving does, page by page. Pure.

import type { BindingChange, BindingChangeKind, BindingRow, BindingState, BindingTable } from "./bindings";

/** Which rows are shown. */
export type TeamFilter = "all" | BindingState;

/** The filters in their order. */
export const teamFilters: readonly TeamFilter[] = ["all", "bound", "unbound", "conflict"];

/** So many rows are on a page: enough to look over, few enough for any web view. */
export const PER_PAGE = 50;

/** How many rows each filter shows. */
export function counts(rows: readonly BindingRow[]): Record<TeamFilter, number> {
  const of = (state: BindingState): number => rows.filter((row) => row.state === state).length;
  return { all: rows.length, bound: of("bound"), unbound: of("unbound"), conflict: of("conflict") };
}

/** The ids of the users that a filter and a search leave, in their order. */
export function found(rows: readonly BindingRow[], filter: TeamFilter, search: string): string[] {
  const wanted = flat(search);
  return rows
    .filter((row) => filter === "all" || row.state === filter)
    .filter(({ name, email, saved, wanted: next, proposal }) =>
      [name, email, saved, next, proposal].some((text) => text !== null && flat(text).includes(wanted)))
    .map(({ user }) => user);
}

/** Without case, and with full-width letters as narrow ones. */
function flat(text: string): string {
  return text.trim().normalize("NFKC").toLocaleLowerCase();
}

/** The rows whose users saving changes. */
export function changed(table: BindingTable): BindingRow[] {
  return table.rows.filter(({ change }) => change !== null);
}

/** How many users get an extension, get another, and lose theirs. */
export function difference(table: BindingTable): Record<BindingChangeKind, number> {
  const of = (kind: BindingChangeKind): number => table.rows.filter(({ change }) => change === kind).length;
  return { given: of("given"), changed: of("changed"), cleared: of("cleared") };
}

/** How many choices contradict something, and so are not saved. */
export function heldBack({ rows, choices }: BindingTable): number {
  const chosen = new Set(choices.map(({ user }) => user));
  return rows.filter(({ user, state }) => state === "conflict" && chosen.has(user)).length;
}

/** How many users would get an extension by their e-mail address. */
export function proposals(table: BindingTable): number {
  return table.rows.filter(({ state, proposal }) => state === "unbound" && proposal !== null).length;
}

/** The changes as a person has seen them. */
export function confirmed(rows: readonly BindingRow[]): BindingChange[] {
  return rows.map(({ user, saved, wanted }) => ({ user, from: saved, to: wanted }));
}

/** Whose each extension would be, by name. */
export function holders(rows: readonly BindingRow[]): ReadonlyMap<string, string> {
  const active = rows.filter(({ active, wanted }) => active && wanted !== null);
  return new Map(active.map(({ wanted, name }) => [wanted ?? "", name]));
}
