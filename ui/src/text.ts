// Other people's text: names, numbers and sentences that came over the wire.

import { JOINED, SELECTORS, UNSEEN, VIRAMAS } from "./unseen";

/** More characters than this are cut: no name needs them, and no line holds them. */
const LONGEST = 160;
/** More than this is not even looked at. */
const LONGEST_READ = 100_000;

// What a terminal would obey: the whole sequence goes, not only its first character.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?/gu;
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
const HIDDEN = new RegExp(`[${UNSEEN}]`, "gu");
const SELECTOR = new RegExp(`[${SELECTORS}]`, "u");
const VIRAMA = new RegExp(`[${VIRAMAS}]`, "u");
const JOINED_LETTER = new RegExp(`[${JOINED}]`, "u");
const JOINER = /[\u200c\u200d]/u;
const MARK = /\p{M}/u;
const PICTURED = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u;
const PICTURE = /\p{Extended_Pictographic}/u;
// What decides only by what stands beside it whether it stays.
const DEPENDENT = /[\p{M}\u200c\u200d]/u;
// Halves of characters, which no encoding can carry.
const HALVES = /\p{Cs}/gu;
/** No language stacks more marks on one letter. */
const MOST_MARKS = 4;

/** Makes a text safe to read: one line, in its own order, of bounded length. What it says stays as it is. */
export function plain(text: string, longest: number = LONGEST): string {
  const head = text.slice(0, LONGEST_READ);
  const clean = head
    .replace(HALVES, "\ufffd")
    .replace(ESCAPES, " ")
    .replace(CONTROLS, " ")
    .replace(HIDDEN, "");
  return cut(settled(clean).replace(/\s+/gu, " ").trim(), longest);
}

/** Keeps joiners, selectors and marks where they mean something, by the rules of the engine's `plain.rs`. */
function settled(text: string): string {
  if (!DEPENDENT.test(text)) return text;
  let shown = "";
  let last = "";
  let marks = 0;
  let joiner = "";
  for (const letter of text) {
    if (JOINER.test(letter)) {
      joiner ||= letter;
      continue;
    }
    if (SELECTOR.test(letter) && (/^\s?$/u.test(last) || SELECTOR.test(last))) continue;
    const mark = MARK.test(letter);
    if (mark && marks === MOST_MARKS) continue;
    marks = mark ? marks + 1 : 0;
    if (VIRAMA.test(last) || joins(last, letter)) shown += joiner;
    joiner = "";
    shown += letter;
    last = letter;
  }
  return VIRAMA.test(last) ? shown + joiner : shown;
}

/** Says that a joiner between two characters means something: a family of pictures, or two joined letters. */
function joins(last: string, next: string): boolean {
  return (PICTURED.test(last) && PICTURE.test(next)) || (JOINED_LETTER.test(last) && JOINED_LETTER.test(next));
}

/** Cuts between what people see as characters. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (kept.length + segment.length > longest - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
