// Other people's text: names, numbers and sentences that came over the wire.

/** More characters than this are cut: no name needs them, and no line holds them. */
const LONGEST = 160;
/** More than this is not even looked at. */
const LONGEST_READ = 100_000;

// What a terminal would obey: the whole sequence goes, not only its first character.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?/gu;
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
// Characters without a picture of their own that reorder or hide others: bidi marks, overrides and isolates,
// zero-width spaces, the soft hyphen, interlinear and tag characters, fillers that look empty.
const UNSEEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;
// Joiners mean something between letters (Persian, Indic scripts) and pictures (families), and nowhere else.
const REPEATED_JOINERS = /([\u200c\u200d])[\u200c\u200d]+/gu;
const STRAY_JOINERS =
  /(^|[^\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{M}\p{Extended_Pictographic}])/gu;
// Halves of characters, which no encoding can carry.
const HALVES = /\p{Cs}/gu;
// No language stacks more than a few marks on one letter.
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/** Makes a text safe to read: one line, in its own order, of bounded length. What it says stays as it is. */
export function plain(text: string, longest: number = LONGEST): string {
  const head = text.slice(0, LONGEST_READ);
  const clean = head
    .replace(HALVES, "\ufffd")
    .replace(ESCAPES, " ")
    .replace(CONTROLS, " ")
    .replace(UNSEEN, "")
    .replace(STACKED_MARKS, "$1")
    .replace(REPEATED_JOINERS, "$1")
    .replace(STRAY_JOINERS, "$1")
    .replace(/\s+/gu, " ")
    .trim();
  return cut(clean, longest);
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
