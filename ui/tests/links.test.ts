import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import { card, problem, type MemoryBackend } from "../src/memory-backend";
import { linkCard } from "../src/memory-world";
import { HOSTILE } from "../src/scripted";
import { calm, candidate } from "../src/worlds";
import { later, openWindow, settle } from "./screens";

let close = (): void => {};
afterEach(() => {
  close();
  vi.restoreAllMocks();
});

async function open(link: ReturnType<typeof linkCard> | null): Promise<MemoryBackend> {
  const opened = await openWindow({ ...calm(), link });
  close = opened.close;
  return opened.backend;
}

const question = () => screen.getByRole("alertdialog");
const asked = (backend: MemoryBackend) => backend.asked.filter(({ command }) => command === "confirm_link");

describe("a link", () => {
  it("asks with the number, its country and whose it is, and has the focus on Call", async () => {
    await open(linkCard({ candidates: [candidate({})] }));
    expect(question().textContent).toContain("+49 30 1234567");
    expect(question().textContent).toContain("Germany");
    expect(question().textContent).toContain("Anna Meyer");
    expect(document.activeElement?.textContent?.trim()).toBe("Call");
  });

  it.each([
    ["emergency", "This number reaches the emergency services.", "此号码会接通紧急救援服务。"],
    ["short", "directory enquiries and helplines", "查号台或服务热线"],
  ] as const)("to a number of its own kind says so: %s", async (kind, english, chinese) => {
    const backend = await open(linkCard({ number: "110", number_shown: "110", country: null, kind }));
    expect(question().textContent).toContain(english);
    expect(question().textContent).not.toContain("Nobody in Salesforce");
    await backend.send({ command: "set_language", language: "zh-CN" });
    await settle();
    expect(question().textContent).toContain(chinese);
  });

  it("to a number with a tariff of its own says so beside whose it is", async () => {
    await open(linkCard({ kind: "special", candidates: [candidate({})] }));
    expect(question().textContent).toContain("has a tariff of its own");
    expect(question().textContent).toContain("Anna Meyer");
  });

  it("is called when a person presses Call, once it could be read", async () => {
    const backend = await open(linkCard({}));
    const call = within(question()).getByRole("button", { name: "Call" });
    await fireEvent.click(call);
    await settle();
    expect(asked(backend)).toEqual([]);
    later();
    await fireEvent.click(call);
    await settle();
    expect(asked(backend)).toEqual([{ command: "confirm_link", link: "link-1" }]);
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });

  it("that replaces another one is a new question, whatever is being pressed", async () => {
    const backend = await open(linkCard({}));
    later();
    backend.linked(linkCard({ id: "link-2", replaced: true }));
    await settle();
    await fireEvent.click(within(question()).getByRole("button", { name: "Call" }));
    await settle();
    expect(asked(backend)).toEqual([]);
    expect(question().textContent).toContain("this one has replaced it");
  });

  it("is called by Enter, and not by one that is held down", async () => {
    const backend = await open(linkCard({}));
    const call = within(question()).getByRole("button", { name: "Call" });
    later();
    await fireEvent.keyDown(call, { key: "Enter", repeat: true });
    await settle();
    expect(asked(backend)).toEqual([]);
    later();
    await fireEvent.keyDown(call, { key: "Enter" });
    await settle();
    expect(asked(backend)).toHaveLength(1);
  });

  it("is not called by a sentence that somebody is typing, at any speed, nor by the Enter that ends it", async () => {
    const backend = await open(null);
    let now = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => now);
    backend.linked(linkCard({}));
    await settle();
    const presses = async (key: string): Promise<void> => {
      const target = document.activeElement ?? document.body;
      // A browser presses a button that has the focus unless somebody has taken the key.
      const taken = !(await fireEvent.keyDown(target, { key }));
      if (!(await fireEvent.keyUp(target, { key })) || taken) return;
      if (key === " " && target instanceof HTMLButtonElement) await fireEvent.click(target);
    };
    for (const key of "anna lena meyer") {
      now += 160;
      await presses(key);
    }
    now += 160;
    await presses("Enter");
    now += 2_000;
    await presses(" ");
    await settle();
    expect(asked(backend)).toEqual([]);
    now += 2_000;
    await presses("Enter");
    await settle();
    expect(asked(backend)).toHaveLength(1);
  });

  it("leaves what is typed on to the search box, and not to the note of the call that begins", async () => {
    const backend = await open(null);
    // A window that a link has opened: nothing else has the focus before.
    screen.getByRole("searchbox").blur();
    backend.linked(linkCard({}));
    await settle();
    expect(document.activeElement?.textContent?.trim()).toBe("Call");
    backend.shows([card({ id: "1", state: "dialling", direction: "outbound", candidates: [], chosen: null })]);
    backend.linked(null);
    await settle();
    await new Promise((done) => setTimeout(done, 5));
    expect(document.activeElement).toBe(screen.getByRole("searchbox"));
  });

  it("that has come beside a note goes on Escape, wherever the focus is", async () => {
    const backend = await open(null);
    backend.shows([card({ id: "1", state: "ended", wrap_up: true, candidates: [candidate({})], chosen: candidate({}).id })]);
    await settle();
    const field = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Note" });
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    field.focus();
    await fireEvent.input(field, { target: { value: "Wants pumps" } });
    backend.linked(linkCard({}));
    await settle();
    expect(document.activeElement).toBe(field);
    await fireEvent.keyDown(field, { key: "Escape" });
    await settle();
    expect(screen.queryByRole("alertdialog")).not.toBeNull();
    await fireEvent.keyDown(document.activeElement ?? document.body, { key: "Escape" });
    await settle();
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });

  it("goes without a call on Escape", async () => {
    const backend = await open(linkCard({}));
    await fireEvent.keyDown(document.activeElement ?? document.body, { key: "Escape" });
    await settle();
    expect(backend.asked).toContainEqual({ command: "dismiss_link", link: "link-1" });
    expect(screen.queryByRole("alertdialog")).toBeNull();
    expect(asked(backend)).toEqual([]);
  });

  it("that is refused has no button to call", async () => {
    await open(linkCard({ number: null, number_shown: null, written: "*21*1#", refusal: problem("dial.service_code", "Service codes are not dialled.", "Dial it on the phone.") }));
    expect(within(question()).queryByRole("button", { name: "Call" })).toBeNull();
    expect(question().textContent).toContain("*21*1#");
    expect(question().textContent).toContain("Service codes are not dialled.");
  });

  it("that cannot be called now says why and stays", async () => {
    const backend = await open(linkCard({}));
    backend.refuse("confirm_link", problem("link.screen_locked", "The screen is locked, so nothing was dialled.", "Unlock it."));
    later();
    await fireEvent.click(within(question()).getByRole("button", { name: "Call" }));
    await settle();
    expect(within(question()).getByRole("alert").textContent).toContain("The screen is locked");
    // What is known of the same question changes: the reason stays, and the time to read does not begin anew.
    backend.linked(linkCard({ dialling: false, searching: true }));
    await settle();
    expect(within(question()).getByRole("alert").textContent).toContain("The screen is locked");
    await fireEvent.click(within(question()).getByRole("button", { name: "Call" }));
    await settle();
    expect(asked(backend)).toHaveLength(2);
  });

  it.each(HOSTILE)("shows what strangers write as text: %s", async (text) => {
    await open(linkCard({ written: text, number: null, number_shown: null, extension: text, candidates: [candidate({ name: text, company: text })], replaced: true }));
    expect(question().querySelector("img, script, a, iframe, style, bdi svg")).toBeNull();
  });

  it("leaves the focus with somebody who is writing", async () => {
    const backend = await open(null);
    const box = screen.getByRole<HTMLInputElement>("searchbox");
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    box.focus();
    await fireEvent.input(box, { target: { value: "Anna" } });
    backend.linked(linkCard({}));
    await settle();
    expect(document.activeElement).toBe(box);
  });
});

describe("a question below a scrolled list", () => {
  it("is brought into sight as a whole, number first", async () => {
    const backend = await open(null);
    const list = document.querySelector("main");
    if (list === null) throw new Error("there is a list");
    list.scrollTop = 300;
    vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
      return new DOMRect(0, this.getAttribute("role") === "alertdialog" ? -200 : 80, 300, 100);
    });
    backend.linked(linkCard({}));
    await settle();
    expect(list.scrollTop).toBe(10);
  });
});

describe("the state of links", () => {
  it("is told and changed and tested in the settings", async () => {
    const world = calm();
    world.status.links = { state: "elsewhere", found: "tel: links go to another program." };
    const opened = await openWindow(world);
    close = opened.close;
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    await settle();
    await fireEvent.click(screen.getByRole("button", { name: "Settings" }));
    await settle();
    const links = within(screen.getByRole("group", { name: "Telephone links" }));
    expect(links.getByText(/Go to another program/)).toBeTruthy();
    await fireEvent.click(links.getByRole("button", { name: "Make default" }));
    await settle();
    expect(links.getByText(/Come to Patchcord/)).toBeTruthy();
    await fireEvent.click(links.getByRole("button", { name: "Test it" }));
    await settle();
    expect(links.getByText(/has come back/)).toBeTruthy();
  });
});
