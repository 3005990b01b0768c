// What a screen reader and a keyboard get: what is told, what buttons are called, and where the focus goes.

import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { card, problem, type MemoryBackend, type World } from "../src/memory-backend";
import type { CallRow } from "../src/bindings";
import { linkCard } from "../src/memory-world";
import { ago, calm, candidate, fresh, openEnds, row } from "../src/worlds";
import { atNoon, openWindow, press, settle, type } from "./screens";

let close = (): void => {};
beforeEach(atNoon);
afterEach(() => {
  close();
  vi.useRealTimers();
});

async function open(world: World): Promise<MemoryBackend> {
  const opened = await openWindow(world);
  close = opened.close;
  return opened.backend;
}

const CALL = "1767600923.417";
const live = (given = {}) => card({ id: CALL, state: "talking", candidates: [candidate({})], chosen: candidate({}).id, ...given });
const field = (): HTMLTextAreaElement => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Note" });
/** What is told by itself; a card's own announcements are not meant. */
const told = (): string[] => screen.getAllByRole("status").map((region) => region.textContent?.trim() ?? "").filter((text) => text !== "");
const noted = (given: Partial<CallRow["note"]>): CallRow["note"] => ({ written: true, open: false, discarded: false, follow_up: null, ...given });
/** What has the focus, by its name. */
const focused = (): string => {
  const { activeElement } = document;
  return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent?.replace(/\s+/gu, " ").trim() ?? "";
};
/** Gives what looks a moment later its moment. */
async function moment(): Promise<void> {
  await settle();
  vi.advanceTimersByTime(20);
  await settle();
}

/** Calls with every button that a row can have, each twice, with the same person in the same minute. */
function everyRow(): CallRow[] {
  const twice = (given: CallRow): CallRow[] => [given, { ...given, call: { ...given.call, id: `${given.call.id}-2`, started_at: new Date(Date.parse(given.call.started_at) + 1_000).toISOString() } }];
  const rows = [
    ...openEnds(),
    { ...row({ id: "open", started_at: ago(3) }), note: noted({ open: true }) },
    { ...row({ id: "stuck", started_at: ago(4), journal: { state: "stuck", reason: "x" } }), note: noted({ follow_up: "stuck" }) },
    { ...row({ id: "made", started_at: ago(5) }), undo_until: new Date(Date.now() + 60_000).toISOString() },
    row({ id: "gone", started_at: ago(6), journal: { state: "stuck", reason: "x" } }, "journal.record_gone"),
    row({ id: "discarded", started_at: ago(7), journal: { state: "skipped", reason: "you chose not to log it" } }, "journal.discarded"),
  ];
  // A minute that all of them share does not end in between.
  return rows.flatMap((one) => twice({ ...one, call: { ...one.call, started_at: one.call.started_at.replace(/:\d\d\.\d+Z$/u, ":10.000Z") } }));
}

describe("buttons of lists", () => {
  for (const language of ["en", "zh-CN"]) {
    it(`say which call they are about, in ${language}`, async () => {
      const world = calm();
      world.settings.language = language;
      await open({ ...world, calls: everyRow() });
      for (const choice of screen.getAllByRole("button", { name: /^(?:Choose…|选择…)/u })) await fireEvent.click(choice);
      await settle();
      const names = new Map<string, number>();
      for (const item of screen.getAllByRole("listitem")) {
        for (const button of within(item).queryAllByRole("button")) {
          // These do the same wherever they stand: they call a number, and open a record.
          if (/^(?:Call|拨打) /u.test(button.getAttribute("aria-label") ?? "") || button.closest(".name") !== null || button.matches(".choice")) continue;
          const name = button.getAttribute("aria-label") ?? button.textContent?.trim() ?? "";
          names.set(name, (names.get(name) ?? 0) + 1);
          // Who speaks to the computer says what is written there (WCAG 2.5.3).
          expect(name).toContain(button.textContent?.trim());
        }
      }
      expect(names.size).toBeGreaterThan(30);
      expect([...names].filter(([, times]) => times > 1)).toEqual([]);
    });
  }

  it("say the minute where that is enough", async () => {
    await open({ ...calm(), calls: [{ ...row({ id: "a", started_at: ago(2) }), note: noted({ open: true }) }] });
    expect(screen.getByRole("button", { name: /^Finish: Anna Meyer, \d+:\d\d [AP]M$/u })).toBeTruthy();
  });
});

describe("an outage", () => {
  const away = problem("pbx.unreachable", "The PBX cannot be reached.", "Nothing to do.");
  const without = (world: World) => ({ ...world.status, integration: "attention" as const, pbx: { ...world.status.pbx, state: "unreachable" as const, problem: away } });

  it("is told once, however often the engine says so, and so is its end", async () => {
    const backend = await open(calm());
    expect(told()).toEqual([]);
    const said = vi.fn();
    const observer = new MutationObserver(() => said());
    backend.say({ event: "status", value: without(backend.world) });
    await settle();
    const [sentence] = told();
    expect(sentence).toMatch(/PBX/u);
    const region = screen.getAllByRole("status").find((one) => one.textContent?.trim() === sentence);
    if (region === undefined) throw new Error("nothing was told");
    observer.observe(region, { childList: true, subtree: true, characterData: true });
    for (let turn = 0; turn < 3; turn += 1) backend.say({ event: "status", value: without(backend.world) });
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    await settle();
    await fireEvent.click(screen.getByRole("tab", { name: "Calls" }));
    await settle();
    expect(said).not.toHaveBeenCalled();
    backend.say({ event: "status", value: backend.world.status });
    await settle();
    expect(region.textContent?.trim()).toBe("PBX and Salesforce are connected again.");
    observer.disconnect();
  });
});

describe("a link that comes while a note is written", () => {
  it("is told at once, and takes no focus", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    field().focus();
    await type(field(), "half a");
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    backend.say({ event: "link", value: linkCard({}) });
    await moment();
    expect(document.activeElement).toBe(field());
    expect(screen.getByRole("alert").textContent).toMatch(/^A telephone link asks whether to call \+49 /u);
    vi.restoreAllMocks();
  });

  it("takes the focus where nobody writes, and gives it back", async () => {
    const backend = await open(calm());
    const before = document.activeElement;
    backend.say({ event: "link", value: linkCard({}) });
    await moment();
    expect(focused()).toBe("Call");
    expect(screen.queryByRole("alert")).toBeNull();
    await press("Do not call");
    backend.say({ event: "link", value: null });
    await moment();
    expect(document.activeElement).toBe(before);
  });
});

describe("a call that is not to be logged", () => {
  it("is logged after all from its card, and the focus stays there", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    screen.getByRole("button", { name: "Do not log this call" }).focus();
    await press("Do not log this call");
    await moment();
    expect(told()).toContain("This call is not logged.");
    expect(focused()).toBe("Log it after all");
    await press("Log it after all");
    await moment();
    expect(backend.asked).toContainEqual({ command: "restore", call: CALL });
    expect(told()).toContain("This call is logged after all.");
    expect(document.activeElement).toBe(field());
    expect(screen.getByRole("button", { name: "Do not log this call" })).toBeTruthy();
  });

  it("is logged after all from its row", async () => {
    const discarded = row({ id: "7", journal: { state: "skipped", reason: "you chose not to log it" } }, "journal.discarded");
    const never = row({ id: "8", journal: { state: "skipped", reason: "no" } }, "journal.never_list");
    const backend = await open({ ...calm(), calls: [discarded, never] });
    expect(screen.getAllByRole("button", { name: /^Log it after all/u })).toHaveLength(1);
    screen.getByRole("button", { name: /^Log it after all/u }).focus();
    await press(/^Log it after all: Anna Meyer, /u);
    await moment();
    expect(backend.asked).toContainEqual({ command: "restore", call: "7" });
    expect(screen.queryByRole("button", { name: /^Log it after all/u })).toBeNull();
    expect(focused()).toMatch(/^Add a note to the call with Anna Meyer/u);
    expect(told()).toContain("This call is logged after all.");
  });

  it("says why it is not logged all the same", async () => {
    const discarded = row({ id: "7", journal: { state: "skipped", reason: "you chose not to log it" } }, "journal.discarded");
    const backend = await open({ ...calm(), calls: [discarded] });
    backend.refuse("restore", problem("note.still_not_logged", "The call is still not logged: missed calls are not logged.", "The settings decide."));
    await press(/^Log it after all/u);
    expect(screen.getByRole("alert").textContent).toContain("The call is still not logged");
    expect(told()).not.toContain("This call is logged after all.");
  });
});

describe("the focus", () => {
  const wrapUp = () => live({ state: "ended", wrap_up: true });

  for (const [what, act] of [
    ["saved", async () => fireEvent.keyDown(field(), { key: "Enter" })],
    ["not to be logged", async () => press("Do not log this call")],
  ] as const) {
    it(`goes to the row of a call whose card closes, when it is ${what}`, async () => {
      const world = calm();
      world.calls = [row({ id: CALL, started_at: ago(0) }), ...world.calls];
      await open({ ...world, live: [wrapUp()] });
      field().focus();
      await type(field(), "wants a quote");
      if (what !== "saved") screen.getByRole("button", { name: "Do not log this call" }).focus();
      await act();
      await moment();
      expect(screen.queryByRole("textbox", { name: "Note" })).toBeNull();
      expect(document.activeElement?.closest("li")?.dataset.call).toBe(CALL);
    });
  }

  it("stays in the row whose button takes itself away", async () => {
    const world = calm();
    world.calls = world.calls.map((one, at) => (at === 1 ? row({ id: "s", journal: { state: "stuck", reason: "x" } }) : one));
    const backend = await open(world);
    screen.getByRole("button", { name: /^Retry/u }).focus();
    backend.say({ event: "calls", value: world.calls.map((one) => (one.call.id === "s" ? row({ id: "s" }) : one)) });
    await moment();
    expect(document.activeElement?.closest("li")?.dataset.call).toBe("s");
  });

  it("goes on where a notice is dismissed", async () => {
    const backend = await open(calm());
    backend.say({ event: "notice", value: problem("call.refused", "The PBX refused the call.", "Try again.") });
    await settle();
    screen.getByRole("button", { name: "Dismiss" }).focus();
    await press("Dismiss");
    await moment();
    expect(focused()).toBe("Calls");
  });

  it("goes to the first field of a form that opens in a step of the set-up, and to the heading of the next step", async () => {
    await open(fresh());
    const fields = screen.getAllByRole("textbox").filter((one) => one.closest("form")?.getAttribute("role") !== "search");
    expect(fields).toContain(document.activeElement);
    await type(screen.getByLabelText("Address"), "https://pbx.example.com:8088");
    await type(screen.getByLabelText("Client ID"), "c0ffee");
    await type(screen.getByLabelText("Client secret"), "right");
    screen.getByRole("button", { name: "Check and connect" }).focus();
    await press("Check and connect");
    await moment();
    expect(document.activeElement).not.toBe(document.body);
    await press(/PBX/u, within(screen.getByRole("main")));
    await moment();
    const change = screen.getByRole("button", { name: "Change…" });
    change.focus();
    await press("Change…");
    await moment();
    expect(document.activeElement).toBe(screen.getByLabelText("Address"));
  });

  it("comes back to a button that was locked while it was under way", async () => {
    const backend = await open(fresh());
    backend.refuse("connect_pbx", problem("pbx.unreachable", "The PBX cannot be reached.", "Look."));
    await type(screen.getByLabelText("Address"), "https://pbx.example.com:8088");
    await type(screen.getByLabelText("Client ID"), "c0ffee");
    await type(screen.getByLabelText("Client secret"), "right");
    const connect = screen.getByRole("button", { name: "Check and connect" });
    connect.focus();
    const pressed = press("Check and connect");
    // Browsers take the focus from what is locked.
    connect.blur();
    await pressed;
    await moment();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Check and connect" }));
  });

  it("stays lost where a person has left it", async () => {
    const backend = await open(calm());
    screen.getByRole("tab", { name: "Calls" }).focus();
    screen.getByRole("tab", { name: "Calls" }).blur();
    await moment();
    backend.say({ event: "calls", value: backend.world.calls.slice(1) });
    await moment();
    expect(document.activeElement).toBe(document.body);
  });
});

describe("a note that a new call moves to what is to do", () => {
  it("is said, until it is finished", async () => {
    const world = calm();
    world.calls = [row({ id: CALL, started_at: ago(1) }), ...world.calls];
    const backend = await open({ ...world, live: [live({ state: "ended", wrap_up: true })] });
    await type(field(), "half a");
    expect(told().join()).not.toMatch(/To do/u);
    backend.shows([card({ id: "2", state: "ringing" })]);
    await settle();
    const sentence = "The note on the call with Anna Meyer is not finished: it waits in To do.";
    expect(told()).toContain(sentence);
    await press(/^Finish: Anna Meyer/u);
    const late = screen.getAllByRole<HTMLTextAreaElement>("textbox", { name: "Note" }).at(-1) as HTMLTextAreaElement;
    await fireEvent.keyDown(late, { key: "Enter" });
    await settle();
    expect(told()).not.toContain(sentence);
  });

  it("is not said of one that was saved, or never begun", async () => {
    const world = calm();
    world.calls = [row({ id: CALL, started_at: ago(1) }), ...world.calls];
    const backend = await open({ ...world, live: [live({ state: "ended", wrap_up: true })] });
    backend.shows([card({ id: "2", state: "ringing" })]);
    await settle();
    expect(told().join()).not.toMatch(/To do/u);
  });
});

describe("numbers and sentences", () => {
  it("count what needs a person once, for the status and the foot", async () => {
    const calls = openEnds();
    await open({ ...calm(), calls });
    const foot = screen.getByRole("contentinfo").textContent ?? "";
    const [number] = /\d+/u.exec(foot) ?? [];
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    await settle();
    const log = within(screen.getByRole("region", { name: "Call log" }));
    expect(log.getByText("Need you").nextElementSibling?.textContent).toBe(number);
    expect(number).toBe("3");
    expect(log.getByText("Needs you")).toBeTruthy();
    await press("Show them", log);
    expect(screen.getAllByRole("listitem")).toHaveLength(3);
  });

  it("say when the known callers begin", async () => {
    const world = calm();
    world.index = { state: "off", known: 0, expected: null, unread_numbers: 0, checked_at: null, problem: null };
    const backend = await open(world);
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    await settle();
    const callers = within(screen.getByRole("region", { name: "Known callers" }));
    expect(callers.getByText("Starts after sign-in")).toBeTruthy();
    backend.say({ event: "status", value: { ...world.status, integration: "disabled" } });
    await settle();
    expect(callers.getByText("Starts when Patchcord is switched on")).toBeTruthy();
  });

  it("show the outcomes that come with Patchcord in Chinese, and keep what Salesforce knows", async () => {
    const world = calm();
    world.settings.language = "zh-CN";
    world.settings.values.journal.outcomes = ["Left voicemail", "Sold"];
    const backend = await open({ ...world, live: [live()] });
    expect(screen.getByRole("button", { name: "Sold" })).toBeTruthy();
    await press("已留言");
    expect(backend.asked.filter(({ command }) => command === "note").at(-1)).toMatchObject({ outcome: "Left voicemail" });
  });
});
