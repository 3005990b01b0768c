// The languages, and how a problem or a reason is put into words.

import type { BindingConflict, LinkState, NumberKind, Problem, Status } from "../bindings";
import { plain } from "../text";
import type { ProblemWords, Translation } from "./codes";
import { en, type Messages } from "./en";
import { zhCN } from "./zh-CN";

export type { Messages } from "./en";

/** The languages there are, by their BCP 47 tag. */
export const languages = { en, "zh-CN": zhCN } satisfies Record<string, Messages>;

/** A language there is. */
export type Language = keyof typeof languages;

/** The language for a setting (`""`: as the system) and what the system prefers, most wanted first. */
export function languageFor(setting: string, preferred: readonly string[]): Language {
  for (const tag of setting === "" ? preferred : [setting]) {
    if (/^zh\b/iu.test(tag)) return "zh-CN";
    if (/^en\b/iu.test(tag)) return "en";
  }
  return "en";
}

/** The system's variant of a language, such as `en-GB`, for times and numbers; the language where it names none. */
export function localeFor(language: Language, preferred: readonly string[]): string {
  const same = language === "en" ? /^en(?:-|$)/iu : /^zh(?:$|-(?:CN|SG|Hans)(?:-|$))/iu;
  return preferred.find((tag) => same.test(tag)) ?? language;
}

/** An engine's sentence that has said already what goes on. */
const SAYS_WHAT_WORKS = /\bstill\b|\bkept here\b|\blater\b|\bmeanwhile\b/iu;

/**
 * The words for a problem. English ones are the engine's, which knows the most about the cause; others are found by
 * the code and, where one code has several causes, by a part of the engine's sentence.
 */
export function problemWords(messages: Messages, problem: Problem): ProblemWords {
  const translated = translation(messages, problem);
  const happened =
    translated === undefined
      ? plain(withoutFingerprints(problem.message), 400)
      : translated.happened + plain(translated.where?.(problem.message) ?? "", 400);
  return {
    happened,
    works: SAYS_WHAT_WORKS.test(happened) ? "" : (own(messages.works, problem.code) ?? ""),
    todo: translated?.todo ?? plain(problem.action, 400),
  };
}

/** The engine names both certificates in its sentence; whoever shows it writes them below, where they can be compared. */
function withoutFingerprints(sentence: string): string {
  return sentence.replace(/( Confirmed: [0-9a-f]{64}\.)? Shown: [0-9a-f]{64}\./u, "");
}

/** What a problem is called in a language that the engine does not speak; nothing where it is not known. */
export function translation(messages: Messages, problem: Problem): Translation | undefined {
  const { translations } = messages;
  if (translations === undefined) return undefined;
  return (
    translations.byCause.find(({ code, says }) => code === problem.code && problem.message.includes(says)) ??
    own(translations.byCode, problem.code)
  );
}

/** What decided whose a number is; in the engine's language, and marked so, where it says something that is new here. */
export function whyWords({ translations }: Messages, why: string): { text: string; lang?: "en" } {
  const text = translations?.why(why);
  return text === undefined ? { text: why, lang: "en" } : { text };
}

/** How the PBX's side is shown: where a person has switched the integration off, that it is signed out alarms nobody. */
export function pbxLink({ states, header }: Messages, { pbx, integration }: Status): { state: LinkState; said: string } {
  const off = integration === "disabled" && pbx.state === "signed_out" && pbx.problem === null;
  return off ? { state: "not_configured", said: header.disabled } : { state: pbx.state, said: states[pbx.state] };
}

/** Says whether somebody has to do something. Where nobody has, it is said to those who look, and calls nobody. */
export function needsPerson(problem: Problem): boolean {
  return !problem.action.startsWith("Nothing to do");
}

/** What to know of a number before it is called; empty where it is like any other. */
export function numberWarning({ numberKinds }: Messages, kind: NumberKind): string {
  return kind === "extension" || kind === "ordinary" ? "" : numberKinds[kind];
}

/** Why an entry waits, is stuck or was skipped: by its code, otherwise as it came, otherwise that nothing was said. */
export function reasonWords(messages: Messages, code: string | null, reason: string | null): string {
  const ours = code === null ? undefined : own(messages.reasons, code);
  if (ours !== undefined) return ours;
  const theirs = reason === null ? "" : plain(reason, 240);
  return theirs === "" ? messages.calls.noReason : theirs;
}

/** Why a person must decide whose an extension is. */
export function conflictWords({ bindings: { conflicts }, list }: Messages, conflict: BindingConflict): string {
  const named = (names: string[]): string => list(names.map((name) => plain(name, 40)));
  const number = (extension: string): string => plain(extension, 20);
  switch (conflict.kind) {
    case "shared":
    case "taken":
    case "same_address":
      return conflicts[conflict.kind](number(conflict.extension), named(conflict.with));
    case "several_extensions":
      return conflicts.several_extensions(named(conflict.extensions));
    case "gone":
    case "inactive":
      return conflicts[conflict.kind](number(conflict.extension));
  }
}

/** Looks a key up among an object's own, so that no code can name what every object has. */
function own<V>(words: Readonly<Record<string, V>>, key: string): V | undefined {
  return Object.hasOwn(words, key) ? words[key] : undefined;
}
