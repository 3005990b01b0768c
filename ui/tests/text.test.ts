import { describe, expect, it } from "vitest";
import { plain } from "../src/text";
import { EXAMPLES } from "./unseen-examples";

describe("other people's text", () => {
  it.each(EXAMPLES)("reads as everywhere else: %j", (given, shown) => {
    expect(plain(given)).toBe(shown);
  });

  it.each([
    ["a name", "Anna Meyer", "Anna Meyer"],
    ["letters of other scripts", "北京远望科技有限公司", "北京远望科技有限公司"],
    ["right-to-left letters", "مرحبا بك", "مرحبا بك"],
    ["accents, composed or not", "Ren\u0065\u0301 Müller", "Ren\u0065\u0301 Müller"],
    ["a family of joined pictures", "👩\u200d👩\u200d👧 Smith", "👩\u200d👩\u200d👧 Smith"],
    ["a person at work, of any colour", "👩🏽\u200d💻 Lee", "👩🏽\u200d💻 Lee"],
    ["a Persian word with its joiner", "می\u200cخواهم", "می\u200cخواهم"],
    ["markup, which is only text", "<b>x</b> & {@html y}", "<b>x</b> & {@html y}"],
  ])("keeps %s", (_, given, kept) => {
    expect(plain(given)).toBe(kept);
  });

  it.each([
    ["bidirectional overrides", "Anna\u202egnp.exe\u202c \u2066Meyer\u2069", "Annagnp.exe Meyer"],
    ["direction marks", "\u200eAnna\u200f\u061c", "Anna"],
    ["spaces without width", "An\u200bna\u2060 \ufeffMe\u00adyer", "Anna Meyer"],
    ["line breaks and tabs", "Anna\r\n\tMeyer\u2028x\u2029y\u0085z", "Anna Meyer x y z"],
    ["control characters", "An\u0000na\u0007\u007f", "An na"],
    ["what a terminal would obey", "\u001b[31mAnna\u001b[0m \u001b]0;title\u0007Meyer", "Anna Meyer"],
    ["joiners that join nothing", "\u200dAnna \u200c \u200dMeyer\u200d", "Anna Meyer"],
    ["characters that look empty", "\u3164\uffa0Anna\u115f", "Anna"],
    ["invisible tag characters", "Anna\u{e0041}\u{e0042}", "Anna"],
    ["spaces around and between", "  Anna \u3000  Meyer ", "Anna Meyer"],
  ])("neutralises %s", (_, given, safe) => {
    expect(plain(given)).toBe(safe);
  });

  it("stacks no more than four marks on a letter", () => {
    const shown = plain(`A${"\u0301\u0302\u0303".repeat(3_400)}nna`);
    expect(shown.match(/\p{M}/gu)).toHaveLength(4);
    expect(shown.endsWith("nna")).toBe(true);
  });

  it("cuts long text between characters, and says so", () => {
    const shown = plain("👩\u200d👩\u200d👧".repeat(100), 20);
    expect(shown).toBe(`${"👩\u200d👩\u200d👧".repeat(2)}…`);
  });

  it("makes halves of characters whole", () => {
    expect(plain("a\ud83d b")).toBe("a\ufffd b");
  });

  it("is done with its own results", () => {
    for (const text of ["Anna\u202e \u200b\u200d x", `e${"\u0301".repeat(9)}`, "W".repeat(999)]) {
      expect(plain(plain(text))).toBe(plain(text));
    }
  });

  it("is quick with a megabyte", () => {
    const started = performance.now();
    plain(`${"\u0301\u202e\u001b[".repeat(250_000)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
