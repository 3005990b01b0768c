import { describe, expect, it } from "vitest";
import { asNumber, fate, isMissed, isTodo, shown } from "../src/rows";
import { calm, openEnds, row } from "../src/worlds";

describe("what became of a call", () => {
  it.each([
    ["a logged one", row({}), "logged", false],
    ["a waiting one", row({ journal: { state: "waiting" } }, "salesforce.unreachable"), "waiting", false],
    ["a stuck one", row({ journal: { state: "stuck" } }, "salesforce.missing_permission"), "failed", true],
    ["one that a sign-in sends", row({ journal: { state: "waiting" } }, "salesforce.signed_out"), "waiting", false],
    ["one on the no-log list", row({ journal: { state: "skipped" } }, "journal.never_list"), "skipped", false],
    ["one with several records", row({ record: null, candidates: 3 }), "choose", true],
    ["a waiting one with several records", row({ record: null, candidates: 3, journal: { state: "waiting" } }), "choose", true],
    ["one that was chosen among several", row({ candidates: 3 }), "logged", false],
    ["one that rings", row({ result: "ringing", journal: { state: "none" } }), "going_on", false],
    ["one that somebody else took", row({ result: "elsewhere", record: null, journal: { state: "none" } }), "nothing", false],
  ] as const)("tells of %s", (_, given, kind, todo) => {
    expect(fate(given).kind).toBe(kind);
    expect(isTodo(given)).toBe(todo);
  });

  it("counts as missed what nobody took, inbound only", () => {
    expect(isMissed(row({ result: "missed" }))).toBe(true);
    expect(isMissed(row({ result: "voicemail" }))).toBe(true);
    expect(isMissed(row({ result: "elsewhere" }))).toBe(false);
    expect(isMissed(row({ result: "no_answer", direction: "outbound" }))).toBe(false);
  });
});

describe("the list", () => {
  it("shows what a filter leaves", () => {
    const rows = openEnds();
    expect(shown(rows, "all", "")).toEqual(rows);
    expect(shown(rows, "missed", "").every(isMissed)).toBe(true);
    expect(shown(rows, "todo", "").every(isTodo)).toBe(true);
    expect(shown(rows, "todo", "")).toHaveLength(3);
  });

  it.each([
    ["bob", ["Bob Liu"]],
    ["MEYER", ["Anna Meyer"]],
    ["北京", ["北京远望科技有限公司"]],
    ["089 1234", ["Bob Liu"]],
    ["+33 1 42", ["Camille Laurent"]],
    ["sales", ["Camille Laurent", undefined]],
    ["nobody", []],
  ])("finds %s", (search, names) => {
    expect(shown(calm().calls, "all", search).map(({ call }) => call.record?.name)).toEqual(names);
  });
});

describe("a number in the box", () => {
  it.each([
    ["+49 30 1234567", "+49 30 1234567"],
    ["(030) 123-45/67", "(030) 123-45/67"],
    ["4102", "4102"],
    ["tel:+49301234567", "+49301234567"],
    ["＋４９ ３０ １２３４", "+49 30 1234"],
    ["*98", "*98"],
  ])("is read from %s", (typed, number) => {
    expect(asNumber(typed)).toBe(number);
  });

  it.each(["", "4", "Anna", "4102 Anna", "+1;ext=5", "<b>12</b>", "tel:"])("is not read from %s", (typed) => {
    expect(asNumber(typed)).toBeNull();
  });
});
