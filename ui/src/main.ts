import { mount } from "svelte";
import App from "./App.svelte";
import { inWindow, tauriBackend, type Backend } from "./backend";
import { Model } from "./model.svelte";
import Outside from "./screens/Outside.svelte";
import "./styles/base.css";

const target = document.querySelector("#app");
if (target === null) throw new Error("the page has no place for the window");

const backend = await theBackend();
if (backend === null) {
  mount(Outside, { target });
} else {
  const model = new Model(backend);
  mount(App, { target, props: { model } });
  model.start();
}

/** The engine; in a plain browser a scripted one, where this build has it. */
async function theBackend(): Promise<Backend | null> {
  if (inWindow()) return tauriBackend();
  if (import.meta.env.MODE !== "screens") return null;
  const { scripted } = await import("./scripted");
  return scripted(new URLSearchParams(location.search).get("state") ?? "calm");
}
