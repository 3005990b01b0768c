import { screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LiveCard } from "../src/bindings";
import { card, type MemoryBackend } from "../src/memory-backend";
import { calm } from "../src/worlds";
import { openWindow, settle } from "./screens";

/** Calls that the engine says have gone on for so long, whatever the calendar makes of their beginning. */
const talking = (seconds: number): LiveCard =>
  card({
    state: "talking",
    started_at: "2020-01-01T00:00:00Z",
    answered_at: "2020-01-01T00:00:05Z",
    elapsed: { since_start_ms: seconds * 1_000 + 5_000, since_answer_ms: seconds * 1_000 },
  });
const shown = (): string => /\d+:\d\d(?::\d\d)?/u.exec(screen.getByRole("article").textContent ?? "")?.[0] ?? "";

let close = (): void => {};
let backend: MemoryBackend;
let asleep = 0;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout", "performance"] });
  const opened = await openWindow({ ...calm(), live: [talking(42)] });
  ({ backend, close } = opened);
});
afterEach(() => {
  close();
  vi.useRealTimers();
  asleep = 0;
});

async function pass(seconds: number): Promise<void> {
  vi.advanceTimersByTime(seconds * 1_000);
  await settle();
}

const watches = (): number => backend.asked.filter(({ command }) => command === "watch").length;

describe("the clock of a card", () => {
  it("goes by what the engine says has passed, not by the calendar", async () => {
    expect(shown()).toBe("0:42");
    await pass(20);
    expect(shown()).toMatch(/^1:0[12]$/u);
  });

  it.each([["back", -3_600_000], ["forth", 86_400_000]])("does not follow a calendar that is put %s in a call", async (_, step) => {
    vi.setSystemTime(Date.now() + step);
    // What the engine says does not change: its clock was not set.
    backend.world.live = [talking(44)];
    await pass(2);
    expect(shown()).toMatch(/^0:4[345]$/u);
  });

  it("asks the engine again after a sleep, in which its own clock stood still", async () => {
    const before = watches();
    asleep = 1_800;
    vi.setSystemTime(Date.now() + asleep * 1_000);
    backend.world.live = [talking(42 + asleep)];
    await pass(2);
    expect(watches()).toBe(before + 1);
    expect(shown()).toMatch(/^30:4[2345]$/u);
  });

  it("asks nothing again while time goes by", async () => {
    const before = watches();
    await pass(30);
    expect(watches()).toBe(before);
  });
});
