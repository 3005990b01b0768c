import { describe, expect, it } from "vitest";
import { problem } from "../src/memory-backend";
import { languageFor, languages, localeFor, problemWords, reasonWords } from "../src/messages";
import { problemCodes, reasonCodes } from "../src/messages/codes";
import { en } from "../src/messages/en";
import { zhCN } from "../src/messages/zh-CN";

/** Every sentence with its path; functions are called with arguments of their own. */
function sentences(of: unknown, path = ""): [string, string][] {
  if (typeof of === "string") return [[path, of]];
  if (typeof of === "function") return [[path, String((of as (...args: unknown[]) => unknown)(path.endsWith(".list") ? ["7", "8"] : "7", "8", "9"))]];
  if (typeof of !== "object" || of === null) return [];
  return Object.entries(of).flatMap(([key, value]) => sentences(value, `${path}.${key}`));
}

describe("the languages", () => {
  it("say the same things", () => {
    expect(sentences(zhCN).map(([path]) => path)).toEqual(sentences(en).map(([path]) => path));
  });

  it("leave nothing empty but what has nothing to say", () => {
    for (const messages of Object.values(languages)) {
      const empty = sentences(messages).filter(([path, text]) => text.trim() === "" && !path.endsWith(".works"));
      expect(empty).toEqual([]);
    }
  });

  it("use every argument in both", () => {
    const chinese = new Map(sentences(zhCN));
    for (const [path, text] of sentences(en)) {
      for (const argument of ["7", "8", "9"]) {
        if (text.includes(argument) && !/\d{3}|OAuth/.test(text)) expect(`${path} ${chinese.get(path)}`).toContain(argument);
      }
    }
  });

  it("say Chinese in Chinese", () => {
    const same = new Map(sentences(en));
    const kept = /Salesforce|PBX|Patchcord|patchcord|OAUTH|invalid|redirect|inactive|installed/;
    for (const [path, text] of sentences(zhCN)) {
      if (text !== "" && text === same.get(path)) expect(text, path).toMatch(kept);
    }
  });

  it("never begin a sentence with Error", () => {
    for (const messages of Object.values(languages)) {
      for (const [path, text] of sentences(messages)) expect(text, path).not.toMatch(/^(?:Error|错误)/);
    }
  });

  it.each([
    ["", ["zh-Hans-CN", "en"], "zh-CN"],
    ["", ["de-DE", "en-GB"], "en"],
    ["", ["fr", "it"], "en"],
    ["zh-CN", ["en"], "zh-CN"],
    ["en", ["zh-CN"], "en"],
    ["tlh", ["zh-CN"], "en"],
  ] as const)("are chosen by setting %s and system %s: %s", (setting, system, language) => {
    expect(languageFor(setting, system)).toBe(language);
  });

  it("write times in the system's variant", () => {
    expect(localeFor("en", ["de-DE", "en-GB", "en-US"])).toBe("en-GB");
    expect(localeFor("en", ["de-DE"])).toBe("en");
    expect(localeFor("zh-CN", ["zh-TW", "zh-Hans-CN"])).toBe("zh-Hans-CN");
  });
});

describe("problems", () => {
  it.each([...problemCodes])("%s says what happened and what to do in both languages", (code) => {
    const there = problem(code, "engine's words", "engine's action");
    expect(problemWords(en, there).happened).not.toBe("engine's words");
    expect(problemWords(zhCN, there).happened).toMatch(/\p{Script=Han}/u);
    expect(problemWords(zhCN, there).todo).toMatch(/\p{Script=Han}/u);
  });

  it("that are not known are told in the engine's words, made safe", () => {
    const words = problemWords(zhCN, problem("pbx.new", "Some\u202ething", "Do\nthis"));
    expect(words).toEqual({ happened: "Something", works: "", todo: "Do this" });
  });

  it.each(["constructor", "__proto__", "toString"])("are not found by the name %s", (code) => {
    expect(problemWords(en, problem(code, "told", "done")).happened).toBe("told");
    expect(reasonWords(en, code, "because")).toBe("because");
  });
});

describe("reasons", () => {
  it("are translated by code, otherwise as they came, otherwise named as missing", () => {
    for (const code of reasonCodes) expect(reasonWords(zhCN, code, "x")).toMatch(/\p{Script=Han}/u);
    expect(reasonWords(zhCN, "salesforce.rejected", "Region\u202e is required")).toBe("Region is required");
    expect(reasonWords(en, null, null)).toBe(en.calls.noReason);
    expect(reasonWords(en, null, "\u200b")).toBe(en.calls.noReason);
  });
});
