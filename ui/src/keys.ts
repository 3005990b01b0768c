// When a key was pressed last, anywhere in the page. A question or a card that comes up by itself finds people in the middle of a
// sentence: the rest of it agrees to nothing and chooses nothing.

/** So long no key was pressed before one is an answer. The window's own questions outside of the page wait as long. */
export const QUIET_MS = 700;

const NEVER = Number.NEGATIVE_INFINITY;
let last: { event: KeyboardEvent | null; at: number } = { event: null, at: NEVER };
/** The key before the last one. */
let before = NEVER;
/** The last letter, sign or space: what only texts have in them. */
let letterAt = NEVER;

/** Notes every key, also those that something in the page takes. Returns what ends it. */
export function watchKeys(): () => void {
  last = { event: null, at: NEVER };
  before = letterAt = NEVER;
  window.addEventListener("keydown", note, true);
  return () => window.removeEventListener("keydown", note, true);
}

function note(event: KeyboardEvent): void {
  const now = performance.now();
  before = last.at;
  last = { event, at: now };
  const { key, altKey, ctrlKey, metaKey } = event;
  if (key.length === 1 && !/[0-9]/.test(key) && !altKey && !ctrlKey && !metaKey) letterAt = now;
}

/** Since when nothing was pressed, in milliseconds of the page; `pressed` is a key that is being looked at and does not count. */
export function lastKeyAt(pressed: Event | null = null): number {
  return pressed !== null && pressed === last.event ? before : last.at;
}

/** Whether a digit or Enter that is pressed now may end a sentence that somebody is typing. */
export function inSentence(): boolean {
  return performance.now() - letterAt < QUIET_MS;
}
