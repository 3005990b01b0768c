// Rules about the sources themselves that no type can hold.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:ts|svelte|css)$/.test(name))
  .map((name) => ({ name: name.replaceAll("\\", "/"), text: readFileSync(join(SRC, name), "utf8") }));
const withText = (pattern: RegExp): string[] => files.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

describe("the sources", () => {
  it("are found", () => {
    expect(files.length).toBeGreaterThan(25);
  });

  it("make no markup from text", () => {
    const markup = /\{\s*@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment/;
    expect(withText(markup).filter((name) => name !== "scripted.ts")).toEqual([]);
    // The scripted states hold such text, to show that it stays text.
    expect(withText(markup)).toEqual(["scripted.ts"]);
  });

  it("know Tauri in one module", () => {
    expect(withText(/@tauri-apps|__TAURI/)).toEqual(["backend.ts"]);
  });

  it("name no type `any`", () => {
    expect(withText(/:\s*any\b|as any\b|<any>/)).toEqual([]);
  });

  it("ask nobody for anything", () => {
    expect(withText(/\bfetch\(|XMLHttpRequest|new WebSocket|@import\b|url\(/)).toEqual(["scripted.ts"]);
  });

  it("stay short", () => {
    const long = files.filter(({ name, text }) => name !== "bindings.ts" && text.split("\n").length > 500);
    expect(long.map(({ name }) => name)).toEqual([]);
  });

  it("reach the engine in no build but the screens' without it", () => {
    const importers = withText(/from "\.\/(?:scripted|memory-backend|worlds)"|import\("\.\/scripted"\)/);
    expect(importers.sort()).toEqual(["main.ts", "scripted.ts", "worlds.ts"]);
    expect(files.find(({ name }) => name === "main.ts")?.text).toMatch(/MODE !== "screens"\) return null;[^]*import\("\.\/scripted"\)/);
  });
});
