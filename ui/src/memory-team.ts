// The table of users and extensions of an engine in memory: as much of the rules as screens and tests need.

import type { BindingChange, BindingChoice, BindingRow, BindingTable, ExtensionView, SavedBinding } from "./bindings";

/** A user of the org: unbound, but for what is given. */
export function teamRow(given: Partial<BindingRow> & { name: string }): BindingRow {
  const user = `0055g000${given.name.replace(/[^a-z0-9]/giu, "")}AAAAAAAAAA`.slice(0, 18);
  return {
    user,
    email: `${given.name.toLowerCase().replaceAll(" ", ".")}@example.com`,
    active: true,
    robot: false,
    saved: null,
    wanted: given.saved ?? null,
    state: given.saved === undefined ? "unbound" : "bound",
    proposal: null,
    conflict: null,
    change: null,
    ...given,
  };
}

/** A table without choices. */
export function teamTable(rows: BindingRow[], extensions: ExtensionView[]): BindingTable {
  return { writing: "allowed", alone: false, robots: false, rows, extensions, choices: [] };
}

/** The table with choices, and where wished with every proposal taken. */
export function planned(table: BindingTable, chosen: BindingChoice[], automatic: boolean): BindingTable {
  const choices = new Map(chosen.map(({ user, extension }) => [user, extension]));
  if (automatic) {
    for (const { user, state, proposal } of table.rows) {
      if (state === "unbound" && proposal !== null && !choices.has(user)) choices.set(user, proposal);
    }
  }
  const wanted = ({ user, saved }: BindingRow): string | null => (choices.has(user) ? (choices.get(user) ?? null) : saved);
  const rows = table.rows.map((row): BindingRow => {
    if (!choices.has(row.user)) return row;
    const next = wanted(row);
    const rivals = table.rows.filter((other) => other.user !== row.user && next !== null && wanted(other) === next);
    if (next !== null && rivals.length > 0) {
      return { ...row, wanted: next, state: "conflict", proposal: null, change: null, conflict: { kind: "shared", extension: next, with: rivals.map(({ name }) => name) } };
    }
    const change = next === row.saved ? null : row.saved === null ? "given" : next === null ? "cleared" : "changed";
    return { ...row, wanted: next, state: next === null ? "unbound" : "bound", proposal: null, conflict: null, change };
  });
  return { ...table, rows, choices: [...choices].map(([user, extension]) => ({ user, extension })) };
}

/** The table after a save, and what became of each change: those of `refused` users are not permitted. */
export function saved(table: BindingTable, changes: BindingChange[], refused: ReadonlySet<string>): [BindingTable, SavedBinding[]] {
  const done = new Map(changes.filter(({ user }) => !refused.has(user)).map(({ user, to }) => [user, to]));
  const rows = table.rows.map((row): BindingRow => {
    const to = done.get(row.user);
    if (to === undefined) return row;
    return { ...row, saved: to, wanted: to, state: to === null ? "unbound" : "bound", proposal: null, conflict: null, change: null };
  });
  const outcomes = changes.map(({ user }): SavedBinding =>
    refused.has(user)
      ? { user, outcome: "not_permitted", detail: "insufficient access rights on object id" }
      : { user, outcome: "saved", detail: null });
  return [{ ...table, rows }, outcomes];
}

/** The same content as a file, in short. */
export function teamFile(table: BindingTable): { csv: string; toml: string; people: number } {
  const bound = table.rows.filter(({ state }) => state === "bound");
  return {
    csv: ["name,username,email,extension", ...bound.map(({ name, email, wanted }) => `"${name}","${email}","${email}","${wanted ?? ""}"`)].join("\r\n"),
    toml: bound.map(({ name, email, wanted }) => `# ${name} (${email})\n[binding]\nextension = "${wanted ?? ""}"\n`).join("\n"),
    people: bound.length,
  };
}
