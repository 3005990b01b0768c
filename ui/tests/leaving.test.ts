import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import type { MemoryBackend, World } from "../src/memory-backend";
import { card } from "../src/memory-backend";
import { scripted } from "../src/scripted";
import { calm, fresh } from "../src/worlds";
import { openWindow, settle } from "./screens";

let close = (): void => {};
afterEach(() => close());

async function open(panel: string | RegExp, world: World = calm()): Promise<MemoryBackend> {
  const opened = await openWindow(world);
  close = opened.close;
  await press("Status", "tab");
  if (panel !== "") await press(panel);
  return opened.backend;
}

async function press(name: string | RegExp, role: "button" | "tab" = "button"): Promise<void> {
  const target = screen.getByRole(role, { name });
  target.focus();
  await fireEvent.click(target);
  await settle();
}

async function escape(target: Element, more: KeyboardEventInit = {}): Promise<void> {
  await fireEvent.keyDown(target, { key: "Escape", ...more });
  await settle();
}

async function type(field: Element, value: string): Promise<void> {
  await fireEvent.input(field, { target: { value } });
  await settle();
}

const heading = (name: string): HTMLElement | null => screen.queryByRole("heading", { name, level: 2 });
const area = (): HTMLInputElement => screen.getByRole("textbox", { name: "Area code" });
const question = (name: string) => screen.queryByRole("dialog", { name });

/** What a browser does at Escape in a dialog: the key first, then the dialog's own event. */
async function escapeFrom(dialog: HTMLElement): Promise<void> {
  await escape(within(dialog).getByRole("button", { name: "Cancel" }));
  await fireEvent(dialog, new Event("cancel", { cancelable: true }));
  await settle();
}

describe("a question", () => {
  it("keeps Escape for itself, and gives the focus back", async () => {
    await open("Remembered callers");
    await press("Forget all");
    const asked = question("Forget all remembered callers?");
    expect(asked).not.toBeNull();
    await escapeFrom(asked as HTMLElement);
    expect(question("Forget all remembered callers?")).toBeNull();
    expect(heading("Remembered callers"), "the page is still there").not.toBeNull();
    expect(document.activeElement?.textContent).toBe("Forget all");
  });

  it("gives the focus back when it is turned away with its button", async () => {
    await open("Remembered callers");
    await press("Forget all");
    await press("Cancel");
    expect(document.activeElement?.textContent).toBe("Forget all");
  });

  it("gives the focus to the page's heading when what had it is gone", async () => {
    await open("Remembered callers");
    await press("Forget all");
    const asked = within(question("Forget all remembered callers?") as HTMLElement);
    await fireEvent.click(asked.getByRole("button", { name: "Forget all" }));
    await settle();
    expect(screen.queryByRole("button", { name: "Forget all" })).toBeNull();
    expect(document.activeElement?.textContent).toBe("Remembered callers");
  });
});

describe("a page", () => {
  it("with nothing to lose is left by Escape, and its line has the focus again", async () => {
    await open("Settings");
    await escape(heading("Settings") as HTMLElement);
    expect(heading("Settings")).toBeNull();
    expect(document.activeElement?.getAttribute("data-panel")).toBe("settings");
  });

  it.each([
    ["by Escape", async () => escape(heading("Settings") as HTMLElement)],
    ["by the way back", async () => press("Status")],
  ])("with changes is left %s only after a question", async (_, leaves) => {
    await open("Settings");
    await type(area(), "30");
    await leaves();
    const asked = question("Leave without saving?");
    expect(asked).not.toBeNull();
    await escapeFrom(asked as HTMLElement);
    expect(area().value).toBe("30");
    await leaves();
    await press("Discard the changes");
    expect(heading("Settings")).toBeNull();
    await press("Settings");
    expect(area().value).toBe("");
  });

  it("is not left by Escape in a field, in a list, or at the end of a composed word", async () => {
    await open("Settings");
    await escape(area());
    await escape(screen.getByRole("combobox", { name: "Open the caller’s record" }));
    await escape(heading("Settings") as HTMLElement, { isComposing: true });
    await escape(heading("Settings") as HTMLElement, { keyCode: 229 });
    expect(heading("Settings")).not.toBeNull();
  });

  it("of bindings keeps its choices when Escape clears the search", async () => {
    await open("Bindings");
    await press(/^Bind 2 by e-mail|^Bind \d/u);
    const search = screen.getByRole("searchbox", { name: /^Search name/u });
    await escape(search);
    expect(heading("Bindings")).not.toBeNull();
    await escape(heading("Bindings") as HTMLElement);
    expect(question("Leave without saving?")).not.toBeNull();
  });
});

describe("a phone that rings", () => {
  it("takes no draft of the settings away", async () => {
    const backend = await open("Settings");
    await type(area(), "30");
    backend.shows([card({})]);
    await settle();
    await press("Calls", "tab");
    expect(screen.queryByRole("textbox", { name: "Area code" })).toBeNull();
    await press("Status", "tab");
    expect(area().value).toBe("30");
    await fireEvent.submit(area().closest("form") as HTMLFormElement);
    await settle();
    expect(backend.asked.some(({ command }) => command === "change_settings")).toBe(true);
  });

  it("takes no choice of bindings away", async () => {
    await open("Bindings");
    await press(/^Bind \d/u);
    const chosen = (): string[] => screen.getAllByRole<HTMLSelectElement>("combobox").map(({ value }) => value);
    const before = chosen();
    await press("Calls", "tab");
    await press("Status", "tab");
    expect(chosen()).toEqual(before);
  });

  it("takes nothing away that is typed into a form of the status", async () => {
    await open("");
    await fireEvent.click(screen.getAllByRole("button", { name: "Change…" })[0] as HTMLElement);
    await settle();
    const secret = screen.getByLabelText<HTMLInputElement>("Client secret");
    await type(secret, "half of it");
    await press("Calls", "tab");
    await press("Status", "tab");
    expect(screen.getByLabelText<HTMLInputElement>("Client secret").value).toBe("half of it");
    await press("Settings");
    await press("Status");
    expect(screen.getByLabelText<HTMLInputElement>("Client secret").value).toBe("half of it");
  });

  it("and a page without changes is not come back to", async () => {
    await open("Settings");
    await press("Calls", "tab");
    await press("Status", "tab");
    expect(heading("Settings")).toBeNull();
  });
});

describe("the set-up", () => {
  const setUp = async (): Promise<void> => {
    await press("Calls", "tab");
    await press("Set up Patchcord");
  };
  const status = async (): Promise<void> => press("Status", "tab");

  /** A desk at which nothing is set up, with the form of the PBX open on the status. */
  const form = async (): Promise<HTMLInputElement> => {
    const opened = await openWindow(fresh());
    close = opened.close;
    await press("Later");
    await status();
    await fireEvent.click(screen.getAllByRole("button", { name: "Connect…" })[0] as HTMLElement);
    await settle();
    return screen.getByLabelText<HTMLInputElement>("Client secret");
  };

  it("takes the place of a form that somebody types into only after a question", async () => {
    await type(await form(), "half of it");
    await setUp();
    const asked = question("Leave without saving?");
    expect(asked).not.toBeNull();
    await escapeFrom(asked as HTMLElement);
    await status();
    expect(screen.getByLabelText<HTMLInputElement>("Client secret").value).toBe("half of it");

    await setUp();
    await press("Discard the changes");
    expect(heading("Set up Patchcord")).not.toBeNull();
    // Nothing is left of the form, nor of the question.
    await press("Later");
    await status();
    expect(screen.queryByLabelText("Client secret")).toBeNull();
    await setUp();
    expect(question("Leave without saving?")).toBeNull();
  });

  it.each(["Later", "Salesforce", "PBX: Not set up. Show status"])("is left by %s only after a question where somebody has typed into it", async (way) => {
    const opened = await openWindow(fresh());
    close = opened.close;
    const secret = screen.getByLabelText<HTMLInputElement>("Client secret");
    await type(secret, "half of it");
    await press(way);
    const asked = question("Leave without saving?");
    expect(asked).not.toBeNull();
    await escapeFrom(asked as HTMLElement);
    expect(screen.getByLabelText<HTMLInputElement>("Client secret").value).toBe("half of it");
    await press(way);
    await press("Discard the changes");
    expect(screen.queryByLabelText("Client secret")).toBeNull();
  });

  it("is gone to without a question where nothing was typed", async () => {
    await form();
    await setUp();
    expect(question("Leave without saving?")).toBeNull();
    expect(heading("Set up Patchcord")).not.toBeNull();
  });
});

it("a deletion that is turned away leaves the page and what it has shown", async () => {
  const backend = scripted("sync-mass");
  await open(/Contact sync/u, backend.world);
  await press("Delete them");
  const asked = screen.getByRole("dialog");
  await escapeFrom(asked);
  expect(heading("Contact sync")).not.toBeNull();
  expect(document.activeElement?.textContent).toBe("Delete them");
});
