import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { problem } from "../src/memory-backend";
import { languageFor, languages, localeFor, problemWords, reasonWords, whyWords } from "../src/messages";
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
    const paths = (of: unknown): string[] => sentences(of).map(([path]) => path).filter((path) => !path.startsWith(".translations"));
    expect(paths(zhCN)).toEqual(paths(en));
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
  it("are told in English by the engine, with what still works where it did not say so", () => {
    const refused = problem("pbx.credentials_refused", "The PBX refused them.", "Copy both again.");
    expect(problemWords(en, refused)).toEqual({ happened: "The PBX refused them.", works: "Salesforce.", todo: "Copy both again." });
    const away = problem("salesforce.unreachable", "Salesforce is not reachable. Known callers still open.", "Wait.");
    expect(problemWords(en, away).works).toBe("");
  });

  it.each([...problemCodes])("%s has Chinese words", (code) => {
    const words = problemWords(zhCN, problem(code, "engine's words", "engine's action"));
    expect(words.happened).toMatch(/\p{Script=Han}/u);
    expect(words.todo).toMatch(/\p{Script=Han}/u);
  });

  it("with several causes are told apart", () => {
    const said = (message: string) => problemWords(zhCN, problem("salesforce.signed_out", message)).happened;
    expect(said("The sign-in was cancelled.")).toBe("登录已取消。");
    expect(said("Nobody finished the sign-in within five minutes.")).toBe("五分钟内没有完成登录。");
    expect(said("Salesforce has ended the sign-in: expired.")).toBe("Salesforce 会话已结束。");
  });

  it("name the file and the line of a mistake in the policy", () => {
    const said = (message: string) => problemWords(zhCN, problem("policy.invalid", message)).happened;
    expect(said('The administrator\'s policy is not valid: /etc/patchcord/policy.toml, line 4: pop.when: this must be one of "ring". The last valid one stays in force.')).toBe(
      "管理员的策略文件无效，上一次有效的策略继续生效。位置：/etc/patchcord/policy.toml，第 4 行，pop.when。",
    );
    expect(said("The administrator's policy is not valid: C:\\ProgramData\\Patchcord\\policy.toml: it cannot be read. The last valid one stays in force.")).toBe(
      "管理员的策略文件无效，上一次有效的策略继续生效。位置：C:\\ProgramData\\Patchcord\\policy.toml。",
    );
    expect(said("else")).toBe("管理员的策略文件无效，上一次有效的策略继续生效。");
  });

  it("say in Chinese why there is no start, and where", () => {
    const told = (message: string) => problemWords(zhCN, problem("engine.not_started", message)).happened;
    expect(told('Patchcord could not start. Its settings are not valid: /home/mara/settings.toml, line 4: pop.when: this must be one of "ring".')).toBe(
      "设置文件无效，Patchcord 无法启动，因此既不监听也不记录通话。位置：/home/mara/settings.toml，第 4 行，pop.when。",
    );
    expect(told("Patchcord could not start. The administrator's policy is not valid: /etc/patchcord/policy.toml: it cannot be read.")).toBe(
      "管理员的策略文件无效，Patchcord 无法启动，因此既不监听也不记录通话。位置：/etc/patchcord/policy.toml。",
    );
    expect(told("Patchcord could not start. Its settings cannot be read: /home/mara/settings.toml: it cannot be read (Permission denied).")).toBe(
      "设置文件无法读取，Patchcord 无法启动，因此既不监听也不记录通话。位置：/home/mara/settings.toml。",
    );
    expect(told("Patchcord could not start: the data folder is full.")).toContain("原因（英文）：the data folder is full.");
  });

  it("are told apart by sentences that the engine still says", () => {
    const sources = ["../../src-tauri/engine/src", "../../src-tauri/shell"].flatMap((folder) => {
      const place = join(import.meta.dirname, folder);
      const files = readdirSync(place, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".rs"));
      return files.map((name) => readFileSync(join(place, name), "utf8"));
    });
    const said = sources.join("\n");
    for (const { code, says } of zhCN.translations?.byCause ?? []) {
      expect(said, `${code}: ${says}`).toContain(says);
      expect(said).toContain(`"${code}"`);
    }
  });

  it("that the engine names are all known to the window", () => {
    const engine = join(import.meta.dirname, "../../src-tauri/engine/src");
    const named = new Set<string>();
    for (const name of readdirSync(engine, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".rs"))) {
      const text = readFileSync(join(engine, name), "utf8");
      for (const [, code] of text.matchAll(/Problem::new\(\s*"([a-z_]+\.[a-z_]+)"/g)) named.add(code ?? "");
    }
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((code) => !(problemCodes as readonly string[]).includes(code))).toEqual([]);
  });

  it("that are not known are told in the engine's words, made safe", () => {
    const words = problemWords(zhCN, problem("pbx.new", "Some\u202ething", "Do\nthis"));
    expect(words).toEqual({ happened: "Something", works: "", todo: "Do this" });
  });

  it.each(["constructor", "__proto__", "toString"])("are not found by the name %s", (code) => {
    expect(problemWords(zhCN, problem(code, "told", "done"))).toEqual({ happened: "told", works: "", todo: "done" });
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

describe("what decided", () => {
  it("is said in Chinese as the engine says it in English", () => {
    const engine = readFileSync(join(import.meta.dirname, "../../src-tauri/engine/src/lookup.rs"), "utf8");
    const said: [string, string, string][] = [
      ["matched {}.{} exactly ({})", "matched Contact.Phone exactly (local index)", "与 Contact.Phone 完全一致（本地索引）。"],
      ["chosen before for this number, of {} ({})", "chosen before for this number, of 3 (Salesforce search)", "您以前为此号码选择了它，共有 3 条记录（Salesforce 搜索）。"],
      ["no record has this number ({})", "no record has this number (Salesforce query)", "没有记录使用此号码（Salesforce 查询）。"],
      ["no record has this number, nor {} ({})", "no record has this number, nor +4930901820, +494930901820 (local index)", "没有记录使用此号码，也没有记录使用 +4930901820、+494930901820（本地索引）。"],
      ["{decided}; read as {}, not {}", "matched Contact.Phone exactly (local index); read as +4930901820, not +494930901820", "与 Contact.Phone 完全一致（本地索引）。来电号码按 +4930901820 解读，而不是 +494930901820。"],
      ["{} records have this number ({})", "2 records have this number (Salesforce query)", "有 2 条记录使用此号码（Salesforce 查询）。"],
    ];
    for (const [template, english, chinese] of said) {
      expect(engine.replaceAll("{place}", "{}")).toContain(template);
      expect(whyWords(zhCN, english)).toEqual({ text: chinese });
      expect(whyWords(en, english)).toEqual({ text: english, lang: "en" });
    }
    expect(whyWords(zhCN, "something new")).toEqual({ text: "something new", lang: "en" });
  });
});
