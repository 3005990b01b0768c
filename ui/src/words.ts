// The language and the moment, for every screen and part below the one that provides them.

import { getContext, setContext } from "svelte";
import type { Language, Messages } from "./messages";

/** What screens write with. Reactive: read the fields where they are used, do not take them apart. */
export interface Words {
  /** The sentences. */
  readonly t: Messages;
  /** The language as a BCP 47 tag. */
  readonly language: Language;
  /** How times and numbers are written: the system's variant of the language. */
  readonly locale: string;
  /** The present moment in milliseconds. */
  readonly now: number;
  /** Seconds since the engine last told of the live calls. */
  readonly sinceLive: number;
}

const KEY = Symbol("words");

/** Gives the words to everything below the calling component. */
export function provideWords(words: Words): void {
  setContext(KEY, words);
}

/** Returns the words that a component above provides. */
export function useWords(): Words {
  return getContext<Words>(KEY);
}
