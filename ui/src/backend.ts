// The only module that knows Tauri: how the window talks to the engine.

import { invoke, isTauri } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Command, Event, Problem, Reply } from "./bindings";

/** The engine, as the window sees it. */
export interface Backend {
  /** Sends a wish. Rejects with a {@link Problem}, and with nothing else. */
  send(command: Command): Promise<Reply>;
  /** Hears what the engine says by itself. Returns what ends it. */
  onEvent(listener: (event: Event) => void): () => void;
  /**
   * Hears whether the engine is there, now and at each change; and why not, where it has not simply ended. Returns what
   * ends it.
   */
  onConnection(listener: (connected: boolean, refusal: Problem | null) => void): () => void;
  /** Puts a text on the clipboard. */
  copy(text: string): Promise<void>;
}

/** Whether this page is the program's own window. */
export const inWindow = isTauri;

/** The engine behind the window process. */
export function tauriBackend(): Backend {
  const events = new Set<(event: Event) => void>();
  const connections = new Set<(connected: boolean, refusal: Problem | null) => void>();
  let connected = true;
  let refusal: Problem | null = null;

  const say = (now: boolean, why: Problem | null = null): void => {
    connected = now;
    refusal = why;
    for (const listener of connections) listener(now, why);
  };
  // The first command waits until these are in place, so that no event is missed.
  const listening = Promise.all([
    listen<Event>("engine", ({ payload }) => {
      for (const listener of events) listener(payload);
    }),
    listen<Problem | null>("engine-gone", ({ payload }) => say(false, payload)),
    listen("engine-back", () => say(true)),
  ]);

  return {
    async send(command) {
      await listening;
      try {
        return await invoke<Reply>("send", { command });
      } catch (reason) {
        throw asProblem(reason);
      }
    },
    onEvent(listener) {
      events.add(listener);
      return () => events.delete(listener);
    },
    onConnection(listener) {
      connections.add(listener);
      listener(connected, refusal);
      return () => connections.delete(listener);
    },
    copy: copyText,
  };
}

/** Reads what a rejected command carries; everything unexpected becomes a problem without a known code. */
export function asProblem(reason: unknown): Problem {
  if (typeof reason === "object" && reason !== null && "code" in reason && "message" in reason) {
    const { code, message } = reason;
    const action = "action" in reason ? reason.action : "";
    return { code: String(code), message: String(message), action: String(action) };
  }
  return {
    code: "window.unexpected",
    message: `Patchcord did not answer this window as expected: ${String(reason)}.`,
    action: "Try again. If it stays so, close the window and open it again.",
  };
}

/** Puts a text on the clipboard, also where the web view keeps the newer interface from pages. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.className = "unseen";
    const before = document.activeElement;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (before instanceof HTMLElement) before.focus();
    if (!copied) throw asProblem("the clipboard did not take the text");
  }
}
