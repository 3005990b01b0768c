// Where the focus goes when what had it is no longer there. A browser gives it to the page as a whole, which for a
// keyboard or a screen reader is the beginning of everything (WCAG 2.4.3).

import { tick } from "svelte";

/** Gives the focus back to what had it, or to the heading of the open page where that is gone or cannot be pressed. */
export async function refocus(before: Element | null): Promise<void> {
  await tick();
  if (before instanceof HTMLElement && before.isConnected && !before.matches(":disabled, body")) before.focus();
  else document.querySelector<HTMLElement>("main h2[tabindex]")?.focus();
}

/** The same, where something may just have been taken away that had the focus. */
export async function keepFocus(): Promise<void> {
  await tick();
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body) await refocus(null);
}
