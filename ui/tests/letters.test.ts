import { describe, expect, it } from "vitest";
import { causes, letter, type Desk } from "../src/letters";
import { problem } from "../src/memory-backend";
import { languages } from "../src/messages";
import { calm } from "../src/worlds";

const { status, settings } = calm();
const desk: Desk = { status, settings, copy: () => Promise.resolve(true) };

describe("a text for the administrator", () => {
  it.each(causes.map((cause) => [`${cause.code} ${cause.says ?? ""}`, cause] as const))("says what, why and where of %s", (_, { code, says, note, to }) => {
    const prints = `${"ab".repeat(32)} and ${"cd".repeat(32)}`;
    for (const t of Object.values(languages)) {
      const text = letter(t, problem(code, `${says ?? "It happened"}. ${prints}`, "Do it."), desk) ?? "";
      const { why, what, where } = t.admin.notes[note];
      for (const part of [t.admin.letter.to[to], why, what, where, code, "Patchcord 0.1.0"]) expect(text).toContain(part);
      for (const line of text.split("\n")) expect(line).not.toMatch(/undefined|null|\[object/);
    }
  });

  it("names every callback line where these are wrong, and both certificates where one has changed", () => {
    const mismatch = letter(languages.en, problem("salesforce.redirect_mismatch", "Salesforce does not know the callback address."), desk);
    for (const line of settings.callbacks) expect(mismatch).toContain(line);
    const changed = letter(languages.en, problem("pbx.tls_changed", `Confirmed: ${"ab".repeat(32)}. Shown: ${"cd".repeat(32)}.`), desk);
    expect(changed).toContain(`Agreed to before: ${Array(32).fill("AB").join(":")}`);
    expect(changed).toContain(`Shown now: ${Array(32).fill("CD").join(":")}`);
  });

  it("is not offered where the person at the desk can mend it", () => {
    for (const [code, message] of [
      ["pbx.unreachable", "The PBX does not answer."],
      ["salesforce.signed_out", "Salesforce has ended the sign-in: signed out here."],
      ["salesforce.wrong_key", "The consumer key is empty."],
      ["dial.busy", "The other side is busy."],
      ["constructor", "x"],
    ] as const) {
      expect(letter(languages.en, problem(code, message), desk), code).toBeUndefined();
    }
  });
});
