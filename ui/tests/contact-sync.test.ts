import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { problem, type MemoryBackend, type World } from "../src/memory-backend";
import { calm } from "../src/worlds";
import { openWindow, settle } from "./screens";

let close = (): void => {};
afterEach(() => close());

/** Opens the page of the contact sync. */
async function open(change: (world: World) => void): Promise<MemoryBackend> {
  const world = calm();
  world.sync = { ...world.sync, mode: "full" };
  change(world);
  const opened = await openWindow(world);
  close = opened.close;
  await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
  await settle();
  await press("Contact sync");
  return opened.backend;
}

async function press(name: string, within_: Pick<typeof screen, "getByRole"> = screen): Promise<void> {
  await fireEvent.click(within_.getByRole("button", { name }));
  await settle();
}

const button = (name: string): HTMLButtonElement => screen.getByRole<HTMLButtonElement>("button", { name });
const page = (): string => (document.body.textContent ?? "").replace(/\s+/gu, " ");

describe("the contact sync", () => {
  it("says in numbers what a run would write, and writes nothing", async () => {
    const backend = await open((world) => {
      const skipped = ["no number", "no number", "the PBX refused it (40002)"].map((reason, at) => ({ id: `00${at}`, reason }));
      world.plan = { ...world.plan, create: 120, update: 3, delete: 1, keep: 4_000, restored: 2, skipped };
    });
    await press("Dry run");
    expect(backend.asked.at(-1)).toEqual({ command: "sync", dry_run: true, agreed: false });
    for (const words of ["A run would write", "120", "4,000", "put back", "2 · without a number", "1 · the PBX refused it (40002)"]) {
      expect(page()).toContain(words);
    }
  });

  it("deletes many contacts only after somebody has agreed", async () => {
    const many = problem("contacts.mass_delete", "30 contacts would be deleted.", "Check Salesforce.");
    const backend = await open((world) => {
      world.plan = { ...world.plan, delete: 30, keep: 70, problem: many };
    });
    await press("Sync now");
    expect(backend.asked.at(-1)).toEqual({ command: "sync", dry_run: false, agreed: false });
    expect(page()).toContain("30 contacts would be deleted.");
    await press("Delete them");
    expect(backend.asked.filter(({ command }) => command === "sync")).toHaveLength(1);
    await press("Delete them", within(screen.getByRole("dialog")));
    expect(backend.asked.at(-1)).toEqual({ command: "sync", dry_run: false, agreed: true });
    expect(page()).not.toContain("30 contacts would be deleted.");
  });

  it("shows how far a run is, and starts no second one", async () => {
    await open((world) => {
      world.sync.running = { step: "writing", done: 8_214, of: 20_000 };
    });
    expect(screen.getByRole("progressbar").getAttribute("aria-label")).toBe("Writing: 8,214 of 20,000");
    expect([button("Dry run").disabled, button("Sync now").disabled]).toEqual([true, true]);
  });

  it("says which desktop fills the phonebook, where it is another one", async () => {
    await open((world) => {
      world.sync.held_by = "4102";
    });
    expect(page()).toContain("The desktop of extension 4102 fills this phonebook.");
  });

  it("runs only on trial while it is off, and says who has set it", async () => {
    const backend = await open((world) => {
      world.sync.mode = "off";
      world.settings.locked = ["contact_sync.mode"];
    });
    expect([button("Dry run").disabled, button("Sync now").disabled]).toEqual([false, true]);
    expect(page()).toContain("Set by your administrator");
    await press("Dry run");
    expect(backend.asked.at(-1)).toEqual({ command: "sync", dry_run: true, agreed: false });
  });
});
