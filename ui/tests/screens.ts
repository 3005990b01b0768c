// Opens the window on an engine in memory, for tests, and finds things by what people read.

import { fireEvent, render, screen } from "@testing-library/svelte";
import { tick } from "svelte";
import { vi } from "vitest";
import App from "../src/App.svelte";
import { MemoryBackend, type World } from "../src/memory-backend";
import { Model } from "../src/model.svelte";

/** The whole window on a world. */
export async function openWindow(world: World): Promise<{ backend: MemoryBackend; model: Model; close: () => void }> {
  world.settings.language ||= "en";
  const backend = new MemoryBackend(world);
  const model = new Model(backend);
  render(App, { props: { model } });
  const close = model.start();
  await settle();
  return { backend, model, close };
}

/** Sets timers and calendar of a test: noon, so that a call some minutes ago is one of today at any hour of the run. */
export function atNoon(): void {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: new Date().setHours(12, 0, 0, 0) });
}

/** Lets everything that was asked be answered and shown. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
  await tick();
  await tick();
}

/** A person has had time to read, until the mocks are restored. */
export function later(): void {
  const now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => now + 1_000);
}

/** Presses a button. */
export async function press(name: string | RegExp, within: Pick<typeof screen, "getByRole"> = screen): Promise<void> {
  await fireEvent.click(within.getByRole("button", { name }));
  await settle();
}

/** Writes something into a field. */
export async function type(field: Element, value: string): Promise<void> {
  await fireEvent.input(field, { target: { value } });
  await settle();
}

/** What a person asked for last: a card reads its note by itself, and the page says by itself that it is there. */
export const last = (backend: MemoryBackend) =>
  backend.asked.filter(({ command }) => command !== "read_note" && command !== "window_shown").at(-1);
