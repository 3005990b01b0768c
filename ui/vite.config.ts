import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

// `screens` is the build that runs in a plain browser on scripted states; every other build knows only the engine.
export default defineConfig(({ mode }) => ({
  // The window loads its files from the program itself, under no fixed address.
  base: "./",
  plugins: [svelte(), ...(mode === "test" ? [svelteTesting()] : [])],
  build: {
    outDir: mode === "screens" ? "../tests/window/out/site" : "dist",
    emptyOutDir: true,
    // The oldest web view that a supported system may have.
    target: ["es2022", "safari15.4"],
    // Everything is a file of its own: the content policy allows no `data:` addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: "127.0.0.1", port: 5199, strictPort: true },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
  },
}));
