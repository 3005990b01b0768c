import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { problem, type MemoryBackend } from "../src/memory-backend";
import { calm } from "../src/worlds";
import { checkRow, illChecked } from "../src/worlds-checks";
import { openWindow, settle } from "./screens";

let close = (): void => {};
afterEach(() => close());

async function open(checks = illChecked()): Promise<MemoryBackend> {
  const opened = await openWindow({ ...calm(), checks });
  close = opened.close;
  await press("Status", "tab");
  await press("Check the set-up");
  return opened.backend;
}

async function press(name: string | RegExp, role: "button" | "tab" = "button"): Promise<void> {
  await fireEvent.click(screen.getByRole(role, { name }));
  await settle();
}

const group = (title: string): HTMLElement => {
  const section = screen.getByRole("heading", { name: title, level: 3 }).closest("section");
  if (section === null) throw new Error(`no group ${title}`);
  return section;
};

describe("the doctor", () => {
  it("looks as soon as the page opens, and tells each side with a word for each state", async () => {
    const backend = await open();
    expect(backend.asked.filter(({ command }) => command === "doctor")).toHaveLength(1);
    expect(screen.getByText("42 in order, 3 to look at, 2 failed, 2 not checked.")).toBeTruthy();
    const first = within(group("PBX")).getAllByRole("listitem")[0];
    expect(first?.textContent).toMatch(/Extension monitored\s*Failed/);
    expect(first?.querySelector("details")?.open).toBe(true);
    expect(first?.textContent).toContain("What to do (the PBX administrator): Tick Call Status for extension 4101.");
    expect(first?.textContent).toContain("Extension Status Monitor");
    const last = within(group("PBX")).getAllByRole("listitem").at(-1);
    expect(last?.querySelector("details")?.open).toBe(false);
  });

  it("looks again when asked", async () => {
    const backend = await open();
    backend.world.checks = [checkRow("pbx.phone")];
    await press("Check again");
    expect(screen.getByText("1 in order, 0 to look at, 0 failed, 0 not checked.")).toBeTruthy();
  });

  it("copies a report", async () => {
    const backend = await open();
    await press("Copy report");
    expect(backend.copied[0]).toContain("[Failed] pbx.call_status_monitor: Call Status is not monitored for extension 4101.");
  });

  it("says why it could not look, and keeps what it had", async () => {
    const backend = await open();
    backend.refuse("doctor", problem("engine.ended", "Patchcord is ending.", "Start it again."));
    await press("Check again");
    expect(screen.getByRole("alert").textContent).toContain("Patchcord is ending.");
    expect(group("PBX")).toBeTruthy();
  });
});
