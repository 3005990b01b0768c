import { cleanup, fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LiveCard, Problem } from "../src/bindings";
import { card, problem, type MemoryBackend, type World } from "../src/memory-backend";
import { needsPerson } from "../src/messages";
import { problemCodes } from "../src/messages/codes";
import { HOSTILE, scripted } from "../src/scripted";
import { ago, calm, candidate, openEnds } from "../src/worlds";
import { last, later, openWindow, press, settle, type } from "./screens";

let close = (): void => {};
afterEach(() => {
  close();
  vi.restoreAllMocks();
});

async function open(world: World): Promise<MemoryBackend> {
  const opened = await openWindow(world);
  close = opened.close;
  return opened.backend;
}

function box(): HTMLInputElement {
  return screen.getByRole<HTMLInputElement>("searchbox");
}

const three = [candidate({}), candidate({ id: "b", name: "Anton Meyer", mine: false }), candidate({ id: "c", name: "ACME GmbH", object: "Account", company: null })];

describe("what is amiss", () => {
  it("calls a person where there is something to do, and only there, whatever its code", async () => {
    const backend = await open(calm());
    const calls = async (one: Problem, other: Problem): Promise<boolean> => {
      const status = structuredClone(backend.world.status);
      status.pbx.problem = one;
      status.problem = other;
      backend.say({ event: "status", value: status });
      await settle();
      return screen.queryAllByRole("button").some(({ className }) => className.includes("attention"));
    };
    const nothing = problem("salesforce.failed", "It happened.", "Nothing to do; it goes on by itself.");
    const something = problem("secrets.still_kept", "It happened.", "Unlock the keyring.");
    expect(await calls(nothing, nothing)).toBe(false);
    expect(await calls(nothing, something)).toBe(true);
    expect(await calls(something, nothing)).toBe(true);
    for (const code of problemCodes) {
      expect(needsPerson({ ...nothing, code }), code).toBe(false);
      expect(needsPerson({ ...something, code }), code).toBe(true);
    }
  });
});

describe("a live call", () => {
  const shows = async (given: Partial<LiveCard>): Promise<MemoryBackend> => {
    const backend = await open({ ...calm(), live: [card(given)] });
    return backend;
  };
  const article = () => within(screen.getByRole("article"));

  it("with one match names it and opens it", async () => {
    const backend = await shows({ candidates: [candidate({})], chosen: candidate({}).id, why: "matched Contact.Phone exactly" });
    expect(article().getByRole("heading").textContent).toBe("Anna Meyer");
    expect(screen.getByRole("article").textContent).toMatch(/ACME GmbH\s·\sContact\s·\syours/);
    await press("Open in Salesforce", article() as typeof screen);
    expect(last(backend)).toEqual({ command: "open_record", call: "1767600923.417", record: candidate({}).id });
    expect(article().getByText("matched Contact.Phone exactly")).toBeTruthy();
  });

  it("with several matches asks who it is, and a digit opens one", async () => {
    const backend = await shows({ candidates: three });
    expect(article().getByText("3 records have this number. Who is it?")).toBeTruthy();
    await fireEvent.keyDown(document.body, { key: "2" });
    await settle();
    expect(backend.asked.slice(-2)).toEqual([
      { command: "choose", call: "1767600923.417", record: "b", remember: false },
      { command: "open_record", call: "1767600923.417", record: "b" },
    ]);
  });

  it("remembers a choice only where a person asks for it", async () => {
    const backend = await shows({ candidates: three });
    await fireEvent.click(screen.getByLabelText("Remember for this number"));
    await press(/Anton Meyer/);
    expect(backend.asked).toContainEqual({ command: "choose", call: "1767600923.417", record: "b", remember: true });
  });

  it("keeps the tick when it ends before its record is chosen", async () => {
    const backend = await shows({ candidates: three });
    await fireEvent.click(screen.getByLabelText("Remember for this number"));
    backend.shows([card({ state: "ended", candidates: three, can_hang_up: false })]);
    await settle();
    await press(/Anton Meyer/);
    expect(last(backend)).toEqual({ command: "choose", call: "1767600923.417", record: "b", remember: true });
  });

  it("that has ended takes a choice without opening a page", async () => {
    const backend = await shows({ state: "ended", candidates: three, can_hang_up: false });
    expect(article().getByText("Press 1–3 to choose one")).toBeTruthy();
    await press(/Anton Meyer/);
    expect(last(backend)?.command).toBe("choose");
  });

  it("leaves digits to whoever is writing", async () => {
    const backend = await shows({ candidates: three });
    await type(box(), "03");
    await fireEvent.keyDown(box(), { key: "1" });
    await settle();
    expect(backend.asked.some(({ command }) => command === "choose")).toBe(false);
  });

  it("takes a digit from somebody who has just ticked that the choice is remembered", async () => {
    const backend = await shows({ candidates: three });
    const box = screen.getByLabelText("Remember for this number");
    await fireEvent.click(box);
    await fireEvent.keyDown(box, { key: "2" });
    await settle();
    expect(backend.asked).toContainEqual({ command: "choose", call: "1767600923.417", record: "b", remember: true });
  });

  it("with a digit beyond its records does nothing", async () => {
    const backend = await shows({ candidates: three });
    await fireEvent.keyDown(document.body, { key: "4" });
    await settle();
    expect(last(backend)?.command).toBe("watch");
  });

  it.each([
    ["no match", { number: "+4915112345678" }, "No record in Salesforce has this number."],
    ["a hidden number", { number: null, number_shown: null }, "The caller hides the number, so no record can be found."],
    ["a search going on", { searching: true }, "Looking in Salesforce…"],
    ["a slow search", { searching: true, started_at: ago(1) }, /^Salesforce is slow/],
    ["a failed search", { search_failed: true }, /^Salesforce could not be asked/],
    ["somebody else who took it", { state: "elsewhere" }, /^Somebody else answered/],
    ["an end", { state: "ended" }, /^The call has ended/],
    ["the agent's phone ringing first", { state: "dialling", direction: "outbound" }, /^Your phone rings first/],
  ] as const)("tells of %s", async (_, given, text) => {
    await shows(given);
    expect(article().getByText(text)).toBeTruthy();
  });

  it("says nothing of records for a colleague", async () => {
    await shows({ direction: "internal", number: "4102", number_shown: "4102" });
    expect(article().queryByText(/record/)).toBeNull();
  });

  it("counts from the answer while they talk", async () => {
    await shows({ state: "talking", started_at: ago(5), answered_at: ago(2) });
    expect(screen.getByRole("article").textContent).toMatch(/2:00 · talking/);
  });

  it("says of a call on hold that it waits, and goes on counting", async () => {
    await shows({ state: "held", started_at: ago(5), answered_at: ago(2) });
    expect(screen.getByRole("article").textContent).toMatch(/2:00 · on hold/);
  });

  it("is ended where that is possible", async () => {
    const backend = await shows({});
    await press("End", article() as typeof screen);
    expect(last(backend)).toEqual({ command: "hang_up", call: "1767600923.417" });
    expect(article().queryByRole("button", { name: "End" })).toBeNull();
  });

  it("never takes the focus, and is told to screen readers politely", async () => {
    const backend = await open(calm());
    screen.getByRole("tab", { name: "Calls" }).focus();
    backend.shows([card({ candidates: [candidate({})] })]);
    await settle();
    expect(document.activeElement?.textContent).toBe("Calls");
    expect(screen.getByText("Incoming call from Anna Meyer").closest("[aria-live=polite]")).not.toBeNull();
  });
});

describe("the box", () => {
  it("has the focus on open, on Ctrl+K, and when the window is raised", async () => {
    const backend = await open(calm());
    expect(document.activeElement).toBe(box());
    box().blur();
    await fireEvent.keyDown(document.body, { key: "k", ctrlKey: true });
    expect(document.activeElement).toBe(box());
    box().blur();
    const answers = (): number => backend.asked.filter(({ command }) => command === "window_shown").length;
    const before = answers();
    backend.say({ event: "raise_window" });
    await settle();
    expect(document.activeElement).toBe(box());
    expect(answers(), "the page says that it has heard").toBe(before + 1);
  });

  it("places a call only after a person agreed to the number as it is read", async () => {
    const backend = await open(calm());
    await type(box(), "+49 30 1234567");
    await fireEvent.submit(box());
    await settle();
    expect(last(backend)).toEqual({ command: "dial", number: "+49 30 1234567", confirmed: false });
    const question = within(screen.getByRole("group", { name: "Place this call?" }));
    expect(question.getByText("to Germany")).toBeTruthy();
    // Enter, pressed once more, is no answer.
    expect(document.activeElement?.getAttribute("role")).toBe("group");
    // Nor is a click that was meant for what was here before.
    await press("Call", question as typeof screen);
    const agreed = () => backend.asked.filter((asked) => asked.command === "dial" && asked.confirmed);
    expect(agreed()).toEqual([]);
    later();
    const call = question.getByRole("button", { name: "Call" });
    await fireEvent.keyDown(call, { key: "a" });
    await fireEvent.keyDown(call, { key: "Enter" });
    await settle();
    expect(agreed()).toEqual([]);
    later();
    await press("Call", question as typeof screen);
    expect(agreed()).toEqual([{ command: "dial", number: "+49 30 1234567", confirmed: true }]);
    expect(screen.queryByRole("group", { name: "Place this call?" })).toBeNull();
    expect(box().value).toBe("");
  });

  it("says in place why a call was refused", async () => {
    await open(calm());
    await type(box(), "+1900 555 0100");
    await press(/^Call \+1900/);
    expect(within(screen.getByRole("alert")).getByText("This number is on the list of numbers that are never dialled.")).toBeTruthy();
    expect(box().value).toBe("+1900 555 0100");
  });

  it("finds calls by name, and offers no dialling for one", async () => {
    await open(calm());
    await type(box(), "bob");
    expect(screen.getByText("1 call").getAttribute("role")).toBe("status");
    expect(screen.getAllByRole("listitem")).toHaveLength(1);
    expect(screen.queryByRole("button", { name: /^Call bob/ })).toBeNull();
  });
});

describe("the list", () => {
  it("calls back with a question first", async () => {
    const backend = await open(calm());
    await press("Call Camille Laurent");
    expect(last(backend)).toEqual({ command: "dial", number: "+33142685300", confirmed: false });
  });

  it("says what became of each call, and what to do", async () => {
    const backend = await open({ ...calm(), calls: openEnds() });
    const items = screen.getAllByRole("listitem").map((item) => item.textContent?.replace(/\s+/g, " ") ?? "");
    expect(items[0]).toContain("Needs you: 3 possible records");
    expect(items[1]).toContain("Waiting: Salesforce is not reachable");
    expect(items[2]).toContain("Waiting: sent in a moment");
    expect(items[3]).toContain("Failed: your user may not create tasks");
    expect(items[4]).toContain("Failed: Region is required");
    expect(items[5]).toContain("Waiting: sign in to Salesforce again");
    expect(items[6]).toContain("Not logged: number is on your no-log list");
    expect(items[7]).toContain("Logged");

    await fireEvent.click(within(screen.getAllByRole("listitem")[3] as HTMLElement).getByRole("button", { name: /^Retry/ }));
    await settle();
    expect(backend.asked).toContainEqual({ command: "retry", call: backend.world.calls[3]?.call.id });
  });

  it("opens the task of a logged call, and the record of a known caller", async () => {
    const backend = await open(calm());
    const first = within(screen.getAllByRole("listitem")[0] as HTMLElement);
    await fireEvent.click(first.getByRole("button", { name: /^Logged/ }));
    await settle();
    expect(last(backend)).toEqual({ command: "open_task", call: backend.world.calls[0]?.call.id });
    await fireEvent.click(first.getByRole("button", { name: "Anna Meyer" }));
    await settle();
    expect(last(backend)).toMatchObject({ command: "open_record", record: "0035g00000EXAM0AAA" });
  });

  it("lets a person say who an old call was", async () => {
    const backend = await open({ ...calm(), calls: openEnds() });
    await press(/^Choose…/);
    expect(last(backend)).toEqual({ command: "explain", number: "+491705550123" });
    await press(/Anton Meyer/);
    expect(last(backend)).toEqual({ command: "choose", call: backend.world.calls[0]?.call.id, record: "0035g00000EXAM1AAA", remember: false });
  });

  it("counts what is missed and to do, and shows only that", async () => {
    await open({ ...calm(), calls: openEnds() });
    await press("To do 3");
    expect(screen.getAllByRole("listitem")).toHaveLength(3);
    await press("Missed 3");
    expect(screen.getAllByRole("listitem")).toHaveLength(3);
  });

  it("is followed by what is open, and by nothing when all is well", async () => {
    const backend = await open(calm());
    expect(screen.queryByRole("contentinfo")).toBeNull();
    backend.say({ event: "status", value: { ...backend.world.status, journal: { waiting: 2, stuck: 1, logged_today: 3 } } });
    await settle();
    expect(screen.getByRole("contentinfo").textContent?.replace(/\s+/g, " ")).toContain("1 call needs you · 2 waiting");
  });
});

describe("the status", () => {
  const status = async (world: World): Promise<MemoryBackend> => {
    const backend = await open(world);
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    await settle();
    return backend;
  };

  it("says what happened, what still works and what to do", async () => {
    const { world } = scripted("problems");
    const there = calm().status.salesforce;
    await status({ ...world, status: { ...world.status, salesforce: there } });
    const pbx = within(screen.getByRole("region", { name: "PBX" }));
    expect(pbx.getByText("Signed out")).toBeTruthy();
    expect(pbx.getByText(/refused the client ID/)).toBeTruthy();
    expect(pbx.getByText("Still works:")).toBeTruthy();
    expect(pbx.getByText("What to do:")).toBeTruthy();
    expect(pbx.getByText("pbx.credentials_refused").closest("details")?.open).toBe(false);
  });

  it("does not say that the other side works where it does not", async () => {
    await status(scripted("problems").world);
    expect(within(screen.getByRole("region", { name: "PBX" })).getByText(/refused the client ID/)).toBeTruthy();
    expect(within(screen.getByRole("region", { name: "PBX" })).queryByText("Still works:")).toBeNull();
    expect(within(screen.getByRole("region", { name: "Salesforce" })).queryByText("Still works:")).toBeNull();
  });

  it("asks before it disconnects, and says how many entries wait", async () => {
    const backend = await status(scripted("problems").world);
    await press("Disconnect…");
    const dialog = within(screen.getByRole("dialog"));
    expect(dialog.getByText(/^5 entries are waiting\./)).toBeTruthy();
    expect(backend.asked.some(({ command }) => command === "disconnect")).toBe(false);
    await press("Cancel", dialog as typeof screen);
    expect(screen.queryByRole("dialog")).toBeNull();
    await press("Disconnect…");
    await press("Disconnect");
    expect(last(backend)).toEqual({ command: "disconnect" });
  });

  it("switches off and on, pauses and resumes, retries all", async () => {
    const backend = await status({ ...scripted("disabled").world });
    await press("Switch on");
    expect(last(backend)).toEqual({ command: "enable" });
    await press("Switch off");
    expect(last(backend)).toEqual({ command: "disable" });
    await press("Pause for 1 hour");
    expect(last(backend)).toEqual({ command: "pause_pops", minutes: 60 });
    await press("Resume now");
    expect(last(backend)).toEqual({ command: "pause_pops", minutes: 0 });
    await press("Retry all");
    expect(last(backend)).toEqual({ command: "retry", call: null });
  });

  it("tries a side in trouble again, and says so beside it; not where a secret is wanted", async () => {
    const world = calm();
    world.status.pbx.problem = problem("pbx.api_off", "The PBX's API is off.", "Switch it on.");
    const backend = await status(world);
    await press("Try again: PBX");
    expect(last(backend)).toEqual({ command: "retry", call: null });
    close();
    cleanup();
    world.status.pbx.problem = problem("pbx.credentials_refused", "The PBX refused it.", "Copy both again.");
    await status(world);
    expect(screen.queryByRole("button", { name: "Try again: PBX" })).toBeNull();
  });

  it("says how far the known callers are, and looks again when asked", async () => {
    const building = await status(scripted("building").world);
    expect(screen.getByText("46,000 of about 102,431 (45%)")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Fetch all again" })).toBeNull();
    building.world.index = calm().index;
    building.say({ event: "index", value: building.world.index });
    await settle();
    expect(screen.getByText("12,430")).toBeTruthy();
    await press("Check now");
    expect(last(building)).toEqual({ command: "refresh_index", all: false });
    await press("Fetch all again");
    expect(last(building)).toEqual({ command: "refresh_index", all: true });
    expect(screen.getByText("Salesforce is being asked.")).toBeTruthy();
  });

  it("counts the records whose number cannot be read, and lists them when asked", async () => {
    const world = calm();
    const backend = await status(world);
    expect(screen.getByText("3 records have a number that cannot be read.")).toBeTruthy();
    expect(screen.queryByText("Jonas Weber")).toBeNull();
    await press("Show them");
    expect(last(backend)).toEqual({ command: "unread_numbers" });
    expect(screen.getByText("Jonas Weber")).toBeTruthy();
    expect(screen.getByText("siehe Notizen")).toBeTruthy();
    await press("Hide them");
    expect(screen.queryByText("Jonas Weber")).toBeNull();
    backend.world.index = { ...calm().index, unread_numbers: 0 };
    backend.say({ event: "index", value: backend.world.index });
    await settle();
    expect(screen.queryByRole("button", { name: "Show them" })).toBeNull();
  });

  it("changes the language at once", async () => {
    const backend = await status(calm());
    await fireEvent.change(screen.getByLabelText("Language"), { target: { value: "zh-CN" } });
    await settle();
    expect(last(backend)).toEqual({ command: "set_language", language: "zh-CN" });
    expect(screen.getByRole("tab", { name: "通话" })).toBeTruthy();
    expect(document.documentElement.lang).toBe("zh-CN");
  });

  it("leaves alone what a policy sets", async () => {
    await status(scripted("locked").world);
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Switch off" }).disabled).toBe(true);
    expect(screen.getByLabelText<HTMLSelectElement>("Language").disabled).toBe(true);
  });
});

describe("the window", () => {
  it("says on the calls what needs a person, and leads there", async () => {
    await open(scripted("problems").world);
    await press(/^The PBX refused the client ID/);
    expect(screen.getByRole("tab", { name: "Status" }).getAttribute("aria-selected")).toBe("true");
    expect(within(screen.getByRole("main")).getAllByText(/^The PBX refused the client ID/)).toHaveLength(1);
  });

  it("says which process does not answer, and not that none runs", async () => {
    const backend = await open(calm());
    const silent = "Patchcord is running here, but process 4711 does not answer.";
    backend.goes(problem("engine.silent", silent, "End that process, then start Patchcord again."));
    await settle();
    const said = screen.getByRole("alert").textContent;
    expect(said).toContain(silent);
    expect(said).toContain("End that process");
    expect(said).not.toContain("is not running");
    backend.comesBack();
    await settle();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("says that the engine is gone, claims no connection, and catches up when it is back", async () => {
    const backend = await open(calm());
    backend.goes();
    await settle();
    expect(screen.getByRole("alert").textContent).toContain("Patchcord is not running");
    expect(screen.queryByRole("button", { name: /PBX: Connected/ })).toBeNull();
    backend.world.status.binding.extension = "4102";
    backend.comesBack();
    await settle();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByText("Ext 4102")).toBeTruthy();
  });

  it("takes a notice away once what was refused is done, or after a while", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const backend = await open(calm());
    const notice = () => screen.queryByText(/You did not agree/u);
    backend.refuse("open_record", problem("window.not_agreed", "You did not agree, so nothing was done."));
    await press(/^Camille Laurent$/u);
    expect(notice()).not.toBeNull();
    backend.refuse("open_record", null);
    await press(/^Camille Laurent$/u);
    expect(notice()).toBeNull();
    // Of one kind the newest.
    for (const message of ["The first.", "The second."]) backend.say({ event: "notice", value: problem("dial.phone_never_rang", message) });
    await settle();
    expect(screen.getAllByRole("alert")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(121_000);
    await settle();
    expect(screen.queryByRole("alert")).toBeNull();
    vi.useRealTimers();
  });

  it("shows a notice below a call that rings", async () => {
    const backend = await open({ ...calm(), live: [card({})] });
    backend.say({ event: "notice", value: problem("dial.phone_never_rang", "Your phone never rang.") });
    await settle();
    const order = screen.getByRole("alert").compareDocumentPosition(screen.getByRole("article"));
    expect(order & Node.DOCUMENT_POSITION_PRECEDING).not.toBe(0);
  });

  it("keeps nothing said to a screen reader in the language that was left", async () => {
    const opened = await openWindow(calm());
    close = opened.close;
    opened.model.say("The note is saved.");
    await settle();
    const { settings } = opened.backend.world;
    opened.backend.say({ event: "settings", value: { ...settings, language: "zh-CN" } });
    await settle();
    expect(document.body.textContent).not.toContain("The note is saved.");
  });

  it("says once in which field the number was found", async () => {
    await open({ ...calm(), live: [card({ candidates: [candidate({ field: "Phone" })], why: "matched Contact.Phone exactly (local index)" })] });
    const said = screen.getByText("Why this match?").closest("details")?.textContent ?? "";
    expect(said.match(/Phone/gu)).toHaveLength(1);
  });

  it("keeps one notice per cause until it is dismissed", async () => {
    const backend = await open(calm());
    const notice = problem("dial.phone_never_rang", "Your phone never rang.");
    backend.say({ event: "notice", value: notice });
    backend.say({ event: "notice", value: notice });
    await settle();
    expect(screen.getAllByRole("alert")).toHaveLength(1);
    await press("Dismiss");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("shows hostile names as text, everywhere", async () => {
    const world = scripted("hostile").world;
    const allowed = new Set(["svg", "path", "circle"]);
    await open(world);
    for (const tab of ["Calls", "Status"]) {
      await fireEvent.click(screen.getByRole("tab", { name: tab }));
      await settle();
      expect(document.querySelector("img, script, iframe, link, style, bdi *, a")).toBeNull();
      for (const element of document.body.querySelectorAll("*")) {
        if (element.namespaceURI?.includes("svg")) expect(allowed).toContain(element.tagName);
        for (const { name } of element.attributes) expect(name).not.toMatch(/^on/);
      }
      expect(document.body.textContent).toContain(HOSTILE[0]);
      expect(document.body.textContent).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\u001b\u0000]|\p{M}{5}/u);
    }
  });
});

describe("a number that was dialled", () => {
  it("is told by its card and not by a line that stays when the call is long over", async () => {
    const backend = await open(calm());
    await type(box(), "+49 30 1234567");
    await fireEvent.keyDown(box(), { key: "Enter" });
    await fireEvent.submit(box().form ?? box());
    await settle();
    later();
    await press("Call", within(screen.getByRole("group", { name: "Place this call?" })) as typeof screen);
    backend.shows([]);
    await settle();
    expect(screen.queryByText("Your phone rings. Pick it up to place the call.")).toBeNull();
  });
});
