import { describe, expect, it } from "vitest";
import type { BindingConflict } from "../src/bindings";
import { conflictWords, languages } from "../src/messages";
import { planned, teamRow, teamTable } from "../src/memory-team";
import { counts, difference, found, heldBack, holders, proposals } from "../src/team";

const rows = [
  teamRow({ name: "Ada Moreno", saved: "4101" }),
  teamRow({ name: "Bob Liu", proposal: "4102" }),
  teamRow({ name: "Čedo Ümit", email: "cedo@example.com", saved: "4999", state: "conflict", conflict: { kind: "gone", extension: "4999" } }),
];
const table = teamTable(rows, ["4101", "4102", "4103"].map((number) => ({ number, name: "", online: true })));
const ids = rows.map(({ user }) => user);

describe("the table of users", () => {
  it.each([
    ["all", "", [0, 1, 2]],
    ["bound", "", [0]],
    ["unbound", "", [1]],
    ["conflict", "", [2]],
    ["all", " MORENO", [0]],
    ["all", "bob.liu@", [1]],
    ["all", "４１０２", [1]],
    ["all", "4999", [2]],
    ["all", "čedo ü", [2]],
    ["bound", "bob", []],
  ] as const)("filtered by %s and searched for %s shows %j", (filter, search, wanted) => {
    expect(found(rows, filter, search)).toEqual(wanted.map((at) => ids[at]));
  });

  it("is counted", () => {
    expect(counts(rows)).toEqual({ all: 3, bound: 1, unbound: 1, conflict: 1 });
    expect(proposals(table)).toBe(1);
  });

  it("says what saving does, and what is held back", () => {
    const choices = [
      { user: ids[0] ?? "", extension: "4103" },
      { user: ids[1] ?? "", extension: "4102" },
      { user: ids[2] ?? "", extension: null },
    ];
    expect(difference(planned(table, choices, false))).toEqual({ given: 1, changed: 1, cleared: 1 });
    const doubled = planned(table, [{ user: ids[1] ?? "", extension: "4101" }], false);
    expect([heldBack(doubled), difference(doubled).given]).toEqual([1, 0]);
  });

  it("knows whose each extension would be, and not of those who have left", () => {
    const left = teamRow({ name: "Old", saved: "4103", active: false });
    expect([...holders([...rows, left])]).toEqual([["4101", "Ada Moreno"], ["4999", "Čedo Ümit"]]);
  });
});

describe("a conflict", () => {
  it.each<BindingConflict>([
    { kind: "shared", extension: "4101", with: ["Ann", "Bob"] },
    { kind: "taken", extension: "4101", with: ["Ann"] },
    { kind: "same_address", extension: "4101", with: ["Ann"] },
    { kind: "several_extensions", extensions: ["4101", "4102"] },
    { kind: "gone", extension: "4101" },
    { kind: "inactive", extension: "4101" },
  ])("of the kind $kind is told in every language with all that it is about", (conflict) => {
    for (const messages of Object.values(languages)) {
      const said = conflictWords(messages, conflict);
      expect(said).toContain("4101");
      if ("with" in conflict) for (const name of conflict.with) expect(said).toContain(name);
    }
  });

  it("shows no hidden characters of names", () => {
    expect(conflictWords(languages.en, { kind: "taken", extension: "41\u202e01", with: ["A\u200bn\nn"] })).toMatch(/^4101 .*An n\.$/);
  });
});
