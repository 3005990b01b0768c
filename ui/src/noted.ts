// The way of a note that was changed elsewhere to the field that shows it, and of what became of one to a screen reader.

import { getContext, setContext } from "svelte";
import type { NoteListener } from "./model.svelte";

/** Whoever hears of notes. */
export interface Notes {
  /** Hears that a note is on disk, whoever wrote it. Returns what ends it. */
  onNote(listener: NoteListener): () => void;
  /** Tells a screen reader, also where the field goes with it. */
  say(text: string): void;
}

const KEY = Symbol("notes");

/** Gives the notes to everything below the calling component. */
export function provideNotes(notes: Notes): void {
  setContext(KEY, notes);
}

/** Returns the notes that a component above provides. */
export function useNotes(): Notes {
  return getContext<Notes>(KEY);
}
