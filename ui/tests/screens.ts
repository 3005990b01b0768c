// Opens the window on an engine in memory, for tests, and finds things by what people read.

import { render } from "@testing-library/svelte";
import { tick } from "svelte";
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

/** Lets everything that was asked be answered and shown. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
  await tick();
  await tick();
}
