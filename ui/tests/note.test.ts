import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { card, problem, type MemoryBackend, type World } from "../src/memory-backend";
import type { Command, Reply } from "../src/bindings";
import { LONGEST_NOTE, NoteDraft } from "../src/note-draft.svelte";
import { HOSTILE } from "../src/scripted";
import { calm, candidate, row } from "../src/worlds";
import { atNoon, openWindow, settle } from "./screens";

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
const notes = (backend: MemoryBackend) => backend.asked.filter(({ command }) => command === "note");

async function types(text: string): Promise<void> {
  await fireEvent.input(field(), { target: { value: text } });
}

async function press(name: string | RegExp): Promise<void> {
  await fireEvent.click(screen.getByRole("button", { name }));
  await settle();
}

describe("the note of a live call", () => {
  it("is there from the first ring and takes no focus", async () => {
    await open({ ...calm(), live: [live({ state: "ringing" })] });
    expect(field().value).toBe("");
    expect(document.activeElement).not.toBe(field());
  });

  it("is handed over at each key", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    // By the key itself, before anything is drawn and before any clock moves.
    void fireEvent.input(field(), { target: { value: "W" } });
    expect(notes(backend)).toEqual([{ command: "note", call: CALL, text: "W", outcome: null, related: null, follow_up: null, save: false, elsewhere: false }]);
    await settle();
    await types("Wa");
    expect(notes(backend).at(-1)).toMatchObject({ text: "Wa" });
    await settle();
    await fireEvent.blur(field());
    await settle();
    expect(notes(backend)).toHaveLength(2);
  });

  it("is kept when the page goes, and when a new call takes the card away", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    await types("half a");
    window.dispatchEvent(new Event("pagehide"));
    await settle();
    expect(backend.world.notes[CALL]?.text).toBe("half a");
    await types("half a sentence");
    backend.shows([live({ id: "2", state: "ringing" })]);
    await settle();
    expect(backend.world.notes[CALL]?.text).toBe("half a sentence");
    expect(field().value).toBe("");
    expect(backend.world.notes["2"]).toBeUndefined();
  });

  it("is saved by Enter, goes on with Shift, and waits for a composition to end", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    await types("好");
    await fireEvent.keyDown(field(), { key: "Enter", isComposing: true });
    await fireEvent.keyDown(field(), { key: "Enter", shiftKey: true });
    await settle();
    expect(notes(backend).some((note) => note.command === "note" && note.save)).toBe(false);
    await fireEvent.keyDown(field(), { key: "Enter" });
    await settle();
    expect(notes(backend).at(-1)).toMatchObject({ save: true });
    expect(backend.world.notes[CALL]).toMatchObject({ text: "好", open: false });
    expect(screen.queryByRole("textbox", { name: "Note" })).toBeNull();
  });

  it("keeps its text when Escape leaves the field", async () => {
    await open({ ...calm(), live: [live()] });
    field().focus();
    await types("not lost");
    await fireEvent.keyDown(field(), { key: "Escape" });
    expect(document.activeElement).not.toBe(field());
    expect(field().value).toBe("not lost");
  });

  it("takes an outcome by its digit, outside the field and inside with Alt, and Enter saves", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    await fireEvent.keyDown(document.body, { key: "2", code: "Digit2" });
    await settle();
    expect(screen.getByRole("button", { name: "Left voicemail" }).getAttribute("aria-pressed")).toBe("true");
    await fireEvent.keyDown(field(), { key: "1", code: "Digit1" });
    await settle();
    expect(notes(backend).at(-1)).toMatchObject({ outcome: "Left voicemail" });
    await fireEvent.keyDown(field(), { key: "1", code: "Digit1", altKey: true });
    await settle();
    expect(notes(backend).at(-1)).toMatchObject({ outcome: "Reached" });
    await fireEvent.keyDown(document.body, { key: "Enter", code: "Enter" });
    await settle();
    expect(notes(backend).at(-1)).toMatchObject({ save: true });
    expect(backend.world.notes[CALL]).toMatchObject({ outcome: "Reached", open: false });
  });

  it("leaves a digit in the search box to the number that it begins", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    const box = screen.getByRole("searchbox");
    await fireEvent.keyDown(box, { key: "1", code: "Digit1" });
    await settle();
    expect(notes(backend)).toEqual([]);
    await fireEvent.keyDown(box, { key: "1", code: "Digit1", altKey: true });
    await fireEvent.keyDown(box, { key: "Enter", code: "Enter" });
    await settle();
    await settle();
    expect(backend.world.notes[CALL]).toMatchObject({ outcome: "Reached", open: false });
  });

  it("leaves the digits to the question who calls", async () => {
    // Whoever typed into the note before has stopped.
    await vi.advanceTimersByTimeAsync(2_000);
    const backend = await open({ ...calm(), live: [live({ state: "ringing", chosen: null, candidates: [candidate({}), candidate({ id: "b" })] })] });
    await fireEvent.keyDown(document.body, { key: "2", code: "Digit2" });
    await settle();
    expect(notes(backend)).toEqual([]);
    expect(backend.asked.some(({ command }) => command === "choose")).toBe(true);
  });

  it("a digit typed into a note that a new call has pushed aside opens no record", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    await types("call 3");
    backend.shows([live({ id: "2", state: "ringing", chosen: null, candidates: [candidate({}), candidate({ id: "b" })] })]);
    await settle();
    await fireEvent.keyDown(document.body, { key: "1", code: "Digit1" });
    await settle();
    expect(backend.asked.some(({ command }) => command === "choose")).toBe(false);
  });

  it("the rest of what is typed into a note that a new call has pushed aside chooses none of that call's outcomes", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    await types("Order ");
    backend.shows([live({ id: "2", state: "ringing" })]);
    await settle();
    for (const key of "no 4 and 3 boxes") {
      await vi.advanceTimersByTimeAsync(300);
      await fireEvent.keyDown(document.body, { key, code: /\d/u.test(key) ? `Digit${key}` : "KeyA" });
    }
    await settle();
    expect(notes(backend).filter((note) => note.command === "note" && note.call === "2")).toEqual([]);
    // Whoever has stopped means the new call.
    await vi.advanceTimersByTimeAsync(2_000);
    await fireEvent.keyDown(document.body, { key: "2", code: "Digit2" });
    await settle();
    expect(notes(backend).at(-1)).toMatchObject({ call: "2", outcome: "Left voicemail" });
  });

  it("a sentence that a call has come into chooses no outcome", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    for (const key of "room 4 and 3") {
      await vi.advanceTimersByTimeAsync(150);
      await fireEvent.keyDown(document.body, { key, code: /\d/u.test(key) ? `Digit${key}` : "KeyA" });
    }
    expect(notes(backend)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    await fireEvent.keyDown(document.body, { key: "1", code: "Digit1" });
    await settle();
    expect(notes(backend)).toHaveLength(1);
  });

  it("goes to the field of a follow-up, where a digit is part of a day", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    await press("Follow-up…");
    const day = screen.getByLabelText("When to follow up");
    expect(document.activeElement).toBe(day);
    await fireEvent.keyDown(day, { key: "2", code: "Digit2" });
    await settle();
    expect(notes(backend)).toEqual([]);
  });

  it("is gone to by Alt+N also while it is asked who calls", async () => {
    await open({ ...calm(), live: [live({ state: "talking", chosen: null, candidates: [candidate({}), candidate({ id: "b" })] })] });
    await fireEvent.keyDown(document.body, { key: "n", code: "KeyN", altKey: true });
    expect(document.activeElement).toBe(field());
  });

  it("stays while somebody writes in it, whatever page is open", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "talking" })] });
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    field().focus();
    await types("First half ");
    backend.shows([live({ state: "ended", wrap_up: true })]);
    await settle();
    expect(document.activeElement).toBe(field());
    field().blur();
    await settle();
    expect(screen.queryByRole("textbox", { name: "Note" })).toBeNull();
  });

  it("is related to what is open, asked for once", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    await press("Related to…");
    await press(/^Pumps for the new hall/u);
    expect(notes(backend).at(-1)).toMatchObject({ related: "0065g00000EXAM1AAA" });
    expect(backend.asked.filter(({ command }) => command === "related")).toHaveLength(1);
  });

  it("says which day was understood, and keeps a save back that was not", async () => {
    const backend = await open({ ...calm(), live: [live({ state: "ended", wrap_up: true })] });
    await press("Follow-up…");
    const day = screen.getByLabelText<HTMLInputElement>("When to follow up");
    await fireEvent.input(day, { target: { value: "some day" } });
    await settle();
    expect(screen.getAllByText(/This day is not understood/u).length).toBeGreaterThan(0);
    await press("Save");
    expect(screen.getByRole("alert").textContent).toContain("The day of the follow-up was not understood");
    await fireEvent.input(day, { target: { value: "in 2 days" } });
    await settle();
    expect(screen.getAllByText(/Jan 9, 2026/u).length).toBeGreaterThan(0);
    await press("Save");
    expect(backend.world.notes[CALL]).toMatchObject({ open: false, follow_up: { on: "2026-01-09", state: "waiting" } });
  });

  it("can be kept out of Salesforce", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    await press("Do not log this call");
    expect(backend.asked.filter(({ command }) => command === "discard")).toEqual([{ command: "discard", call: CALL }]);
    expect(screen.getAllByText("This call is not logged.").length).toBeGreaterThan(0);
  });

  it("shows hostile text as text", async () => {
    const world = { ...calm(), live: [live()] };
    world.matters = HOSTILE.map((name, at) => ({ object: "Opportunity", id: `006${at}`, name, detail: name }));
    world.settings.values.journal.outcomes = HOSTILE.slice(0, 5);
    world.notes = { [CALL]: { text: HOSTILE.join("\n"), outcome: HOSTILE[0] ?? null, related: null, follow_up: null, open: true, discarded: false } };
    await open(world);
    await press("Related to…");
    const article = screen.getByRole("article");
    expect(article.querySelector("img, script, svg[onload], style, link")).toBeNull();
    expect(field().value.startsWith("<img src=x")).toBe(true);
  });
});

describe("a note that is changed elsewhere while its field is open", () => {
  const elsewhere = async (backend: MemoryBackend, text: string): Promise<void> => {
    const note = { text, outcome: "Reached", related: null, follow_up: null, open: false, discarded: false };
    backend.world.notes = { ...backend.world.notes, [CALL]: note };
    backend.say({ event: "note", value: { call: CALL, note } });
    await settle();
  };

  it("shows what was written there, and leaves the cursor where it was", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    field().focus();
    await types("Wants pumps");
    await settle();
    field().setSelectionRange(5, 5);
    await elsewhere(backend, "Wants three pumps");
    expect(field().value).toBe("Wants three pumps");
    expect(field().selectionStart).toBe(5);
    expect(screen.getByRole("button", { name: "Reached" }).getAttribute("aria-pressed")).toBe("true");
  });

  it("says that the text typed here is gone, and brings it back", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    await types("Wants pumps");
    await settle();
    await elsewhere(backend, "Wrong number");
    await press("Use my text");
    expect(field().value).toBe("Wants pumps");
    expect(backend.world.notes[CALL]?.text).toBe("Wants pumps");
    expect(screen.queryByRole("button", { name: "Use my text" })).toBeNull();
  });

  it("of another call changes nothing here", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    await types("Wants pumps");
    await settle();
    backend.say({ event: "note", value: { call: "other", note: { text: "x", outcome: null, related: null, follow_up: null, open: true, discarded: false } } });
    await settle();
    expect(field().value).toBe("Wants pumps");
  });

  it("is asked for again when the engine is back", async () => {
    const backend = await open({ ...calm(), live: [live()] });
    backend.goes();
    backend.world.notes = { ...backend.world.notes, [CALL]: { text: "written meanwhile", outcome: null, related: null, follow_up: null, open: false, discarded: false } };
    backend.comesBack();
    await settle();
    expect(field().value).toBe("written meanwhile");
  });
});

describe("a note while the engine is away", () => {
  const away = async (): Promise<{ backend: MemoryBackend; box: HTMLTextAreaElement }> => {
    const backend = await open({ ...calm(), live: [live()] });
    const box = field();
    box.focus();
    await types("Wants");
    await settle();
    backend.goes();
    await settle();
    return { backend, box };
  };

  it("can be written on, and nothing else is usable", async () => {
    const { box } = await away();
    expect(box.closest("[inert]")).toBeNull();
    expect(document.activeElement).toBe(box);
    const others = [...document.querySelectorAll("main button, header button, header input")].filter((one) => one.closest("[data-note]") === null);
    expect(others.length).toBeGreaterThan(5);
    expect(others.filter((one) => one.closest("[inert]") === null)).toEqual([]);
  });

  it("is handed over as it is shown once the engine is back, and everything is usable again", async () => {
    const { backend, box } = await away();
    await types("Wants three");
    await types("Wants three pumps");
    await settle();
    box.setSelectionRange(5, 5);
    backend.comesBack();
    await settle();
    expect(backend.world.notes[CALL]?.text).toBe("Wants three pumps");
    expect(field()).toBe(box);
    expect([document.activeElement === box, box.value, box.selectionStart]).toEqual([true, "Wants three pumps", 5]);
    expect(document.querySelector("[inert]")).toBeNull();
  });

  it("keeps its field while an engine that has just begun does not know the call yet", async () => {
    const { backend, box } = await away();
    await types("Wants three pumps");
    backend.world.live = [];
    backend.comesBack();
    await settle();
    expect(field()).toBe(box);
    backend.shows([live()]);
    await settle();
    expect(field()).toBe(box);
    backend.shows([]);
    await settle();
    expect(screen.queryByRole("textbox", { name: "Note" })).toBeNull();
  });

  it("does not keep the field of a call that the engine never knows again", async () => {
    const { backend } = await away();
    backend.world.live = [];
    backend.comesBack();
    await settle();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(screen.queryByRole("textbox", { name: "Note" })).toBeNull();
    expect(backend.world.notes[CALL]?.text).toBe("Wants");
  });
});

describe("a new call that pushes a note aside", () => {
  const pushed = async (): Promise<MemoryBackend> => {
    const old = row({ id: CALL });
    const backend = await open({ ...calm(), calls: [{ ...old, note: { ...old.note, open: true, written: true } }], live: [live({ state: "ended", wrap_up: true })] });
    field().focus();
    await types("Wants pumps");
    await vi.advanceTimersByTimeAsync(3_000);
    const list = document.querySelector("main");
    if (list === null) throw new Error("there is a list");
    const focused = vi.spyOn(HTMLElement.prototype, "focus");
    backend.shows([live({ id: "2", state: "ringing" })]);
    await settle();
    await settle();
    expect(focused.mock.calls.every(([options]) => options?.preventScroll === true)).toBe(true);
    expect(list.scrollTop).toBe(0);
    focused.mockRestore();
    return backend;
  };

  it("stays in sight, and the focus is on the line that says where the note is", async () => {
    await pushed();
    expect(document.activeElement?.textContent).toContain("is not finished: it waits in To do");
    // The line is below the card.
    const order = document.activeElement?.compareDocumentPosition(screen.getByRole("article")) ?? 0;
    expect(order & Node.DOCUMENT_POSITION_PRECEDING).not.toBe(0);
  });

  it("takes none of its outcomes in the first moment, also with Alt", async () => {
    const backend = await pushed();
    const chosen = () => notes(backend).filter((note) => note.command === "note" && note.outcome !== null);
    for (const altKey of [true, false]) await fireEvent.keyDown(document.activeElement ?? document.body, { key: "2", code: "Digit2", altKey });
    await settle();
    expect(chosen()).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    await fireEvent.keyDown(document.activeElement ?? document.body, { key: "2", code: "Digit2", altKey: true });
    await settle();
    expect(chosen()).toMatchObject([{ call: "2" }]);
  });

  it("is told of in one line, about the last one, which goes after a while", async () => {
    const backend = await pushed();
    expect(document.querySelectorAll("[data-aside]")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(61_000);
    await settle();
    expect(document.querySelector("[data-aside]")).toBeNull();
    expect(backend.world.calls[0]?.note.open).toBe(true);
  });
});

describe("a finished call in the list", () => {
  it("is not to do while its card asks for the note", async () => {
    const world = { ...calm(), live: [live({ id: "7", state: "ended", wrap_up: true })] };
    world.calls = [{ ...row({ id: "7", started_at: new Date().toISOString() }), note: { written: true, open: true, discarded: false, follow_up: null } }, ...world.calls];
    const backend = await open(world);
    expect(screen.queryByText(/needs you/u)).toBeNull();
    backend.shows([]);
    await settle();
    expect(screen.getByText("1 call needs you")).toBeTruthy();
  });

  it("gets a note later, and an unfinished one is to do", async () => {
    const world = calm();
    const open_ = row({ id: "7", started_at: new Date().toISOString() });
    world.calls = [{ ...open_, note: { written: true, open: true, discarded: false, follow_up: null } }, ...world.calls];
    world.notes = { 7: { text: "half a", outcome: null, related: null, follow_up: null, open: true, discarded: false } };
    const backend = await open(world);
    await press(/^To do/u);
    expect(screen.getByRole("button", { name: /^To do/u }).textContent).toContain("1");
    await press(/^Finish: Anna Meyer, /);
    await settle();
    expect(field().value).toBe("half a");
    await types("half a sentence");
    await fireEvent.keyDown(field(), { key: "Enter" });
    await settle();
    expect(backend.world.notes["7"]).toMatchObject({ text: "half a sentence", open: false });
    expect(within(document.body).getByText("Nothing to do")).toBeTruthy();
  });
});

describe("a draft", () => {
  const blank = { text: "", outcome: null, related: null, follow_up: null, open: false, discarded: false };

  /** A disk that answers when it is told to, in the order in which it was asked. */
  function slow() {
    const written: string[] = [];
    const waiting: (() => void)[] = [];
    const disk = {
      text: "",
      written: () => written,
      send: (command: Command): Promise<Reply> => {
        if (command.command === "note" && command.text !== null) {
          written.push(command.text);
          disk.text = command.text;
        }
        const value = { ...blank, text: disk.text, open: true };
        return new Promise((done) => waiting.push(() => done({ reply: "note", value })));
      },
      answers: async () => {
        waiting.shift()?.();
        await vi.advanceTimersByTimeAsync(10);
      },
    };
    return disk;
  }

  it("is tried again while the engine is away, with the newest text, and repeats nothing that was refused", async () => {
    const sent: string[] = [];
    let away = true;
    const draft = new NoteDraft("1", async (command) => {
      if (command.command !== "note") return { reply: "done" };
      sent.push(command.text ?? "");
      if (away) throw problem("engine.gone", "Patchcord has ended.", "Start it again.");
      return { reply: "note", value: { ...blank, text: command.text ?? "", open: true } };
    });
    draft.type("a");
    await vi.advanceTimersByTimeAsync(300);
    expect(draft.problem?.code).toBe("engine.gone");
    draft.type("ab");
    away = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sent.at(-1)).toBe("ab");
    expect(draft.problem).toBeNull();
    const count = sent.length;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sent).toHaveLength(count);
  });

  it("does not let a late answer take back what was typed meanwhile", async () => {
    let answer: (() => void) | undefined;
    const draft = new NoteDraft("1", (command) => {
      const text = command.command === "note" ? (command.text ?? "") : "";
      return new Promise((done) => (answer = () => done({ reply: "note", value: { ...blank, text, open: true } })));
    });
    draft.type("a");
    await vi.advanceTimersByTimeAsync(300);
    draft.type("ab");
    answer?.();
    await vi.advanceTimersByTimeAsync(10);
    expect(draft.text).toBe("ab");
  });

  it("hands one state over at a time, and what was typed meanwhile with the next", async () => {
    const disk = slow();
    const draft = new NoteDraft("1", disk.send);
    for (const text of ["a", "ab", "abc", "abcd"]) draft.type(text);
    expect(disk.written()).toEqual(["a"]);
    await disk.answers();
    expect(disk.written()).toEqual(["a", "abcd"]);
    await disk.answers();
    expect(disk.written()).toEqual(["a", "abcd"]);
  });

  it("takes no old echo of its own keys for news", async () => {
    const disk = slow();
    const draft = new NoteDraft("1", disk.send);
    draft.type("a");
    await disk.answers();
    draft.type("ab");
    draft.hear({ ...blank, text: "a", open: true });
    await disk.answers();
    draft.hear({ ...blank, text: "a", open: true });
    await disk.answers();
    expect(draft.text).toBe("ab");
    expect(draft.replaced).toBeNull();
  });

  it("keeps keys that are not handed over when the note changes elsewhere, and they win", async () => {
    const disk = slow();
    const draft = new NoteDraft("1", disk.send);
    draft.type("a");
    draft.type("ab");
    disk.text = "theirs";
    draft.hear({ ...blank, text: "theirs", open: false });
    expect(draft.text).toBe("ab");
    await disk.answers();
    await disk.answers();
    expect(draft.text).toBe("ab");
    expect(disk.text).toBe("ab");
  });

  it("reads what is newer than its own, and not over keys that are typed while it reads", async () => {
    const disk = slow();
    const draft = new NoteDraft("1", disk.send);
    draft.type("a");
    await disk.answers();
    disk.text = "theirs";
    draft.hear({ ...blank, text: "theirs", open: false });
    // The question is under way, and its answer will be older than the next key.
    draft.type("ab");
    await disk.answers();
    await disk.answers();
    expect(draft.text).toBe("ab");
    disk.text = "theirs again";
    draft.hear({ ...blank, text: "theirs again", open: false });
    await disk.answers();
    expect(draft.text).toBe("theirs again");
    expect(draft.replaced).toBe("ab");
  });

  it("puts nothing into a field in which somebody composes a character", async () => {
    const disk = slow();
    const draft = new NoteDraft("1", disk.send);
    draft.type("好");
    await disk.answers();
    draft.compose(true);
    disk.text = "theirs";
    draft.hear({ ...blank, text: "theirs", open: false });
    await disk.answers();
    expect(draft.text).toBe("好");
    draft.compose(false);
    await disk.answers();
    expect(draft.text).toBe("theirs");
  });

  it("sends no half characters and no more than a note holds", async () => {
    let sent = "";
    const draft = new NoteDraft("1", async (command) => {
      if (command.command === "note") sent = command.text ?? "";
      return { reply: "note", value: { ...blank, text: sent, open: true } };
    });
    draft.type(`a\ud800b\u0000\r\n\t${"x".repeat(LONGEST_NOTE)}`);
    await vi.advanceTimersByTimeAsync(300);
    expect(sent.startsWith("a\ufffdb\n\tx")).toBe(true);
    expect(sent.length).toBeLessThanOrEqual(LONGEST_NOTE);
  });
});
