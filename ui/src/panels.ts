// The pages below the Status tab: what is too long for a card. Each has a line there that opens it.

import type { IconName } from "./parts/Icon.svelte";

/** A page's name. */
export type PanelKey = "settings" | "bindings" | "doctor" | "contacts" | "callers";

/** The pages in the order of their lines, each with the picture before its word. */
export const panels: readonly { key: PanelKey; icon: IconName }[] = [
  { key: "settings", icon: "sliders" },
  { key: "bindings", icon: "person" },
  { key: "doctor", icon: "pulse" },
  { key: "contacts", icon: "book" },
  { key: "callers", icon: "people" },
];
