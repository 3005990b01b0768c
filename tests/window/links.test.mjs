// Links on a real desktop: from Firefox, to a program that does not run, and back to the system. Chromium's are in the story of the
// first morning.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Office } from "./office.mjs";
import { until } from "./webdriver.mjs";

const CALLER = { number: "+49301234567", shown: "+49 30 1234567", name: "Anna Meyer" };
/** Before this a question that has just come up cannot be agreed to. */
const FIRST_MOMENT_MS = 900;

let office;

before(async () => {
  office = await Office.openConnected();
  await office.asks({ command: "take_links" });
});

after(() => office?.close());

test("a number that is clicked on the record's page in Firefox is asked for, and rings the phone", async () => {
  // The record's page is the one that a call of this person opens.
  await office.simulate(`ring ${CALLER.number} 4101`);
  const record = () => office.openedPages().find((page) => page.includes("/lightning/r/Contact/"));
  await until("the record's page is opened", () => record() !== undefined);
  await office.simulate("hangup");

  const page = await office.browseFirefox(record());
  await page.click("a[href^='tel:']");
  await office.window.shows("Call this number?", CALLER.shown, CALLER.name);
  assert.equal((await office.view("status")).calls.length, 0, "nobody has agreed");
  await office.picture("20-link-firefox");
  await agrees();
  await office.window.shows("dialling");
  assert.equal((await office.view("status")).calls.length, 1);
  await office.simulate("hangup");
  await office.stopBrowsing();
});

test("a sentence that is being typed as the card comes dials nothing", async () => {
  await office.hand.takesWindow();
  const { code, stderr } = await office.patchcord("link", `tel:${CALLER.number}`);
  assert.equal(code, 0, stderr);
  await office.hand.write("anna lena meyer\n", 160);
  await office.window.shows("Call this number?", CALLER.shown);
  // Space does not agree either after a moment.
  await pause(FIRST_MOMENT_MS);
  await office.hand.press("space");
  await pause(FIRST_MOMENT_MS);
  assert.equal((await office.view("status")).calls.length, 0, "nobody has agreed");
  await office.hand.press("Escape");
  await until("the question is gone", async () => !(await office.window.text()).includes("Call this number?"));
});

test("a link starts the program when none runs, with its card in a window that takes the keyboard", async () => {
  await office.stopEngine();
  await office.window.close();
  assert.equal(await office.opensLink(`tel:${CALLER.number}`), 0);
  let card = null;
  await until("the card is there, with whose number it is",
    async () => (card = await office.linkCard())?.candidates.some(({ name }) => name === CALLER.name),
    () => JSON.stringify(card), 30_000);
  assert.deepEqual([card.number_shown, card.refusal], [CALLER.shown, null]);
  assert.equal((await office.view("status")).calls.length, 0, "nobody has agreed");
  // The card is there before the window is, and the window before its page.
  await until("Enter in the window rings the phone", async () => {
    if ((await office.view("status")).calls.length === 1) return true;
    await agrees().catch(() => {});
    await pause(FIRST_MOMENT_MS);
    return false;
  }, () => "", 30_000);
  await office.simulate("hangup");
});

test("disconnecting gives the links back to the system", async () => {
  const entry = office.userFile(".local/share/applications/io.github.patchcord.Patchcord.links.desktop");
  const list = office.userFile(".config/mimeapps.list");
  assert.ok(existsSync(entry) && readFileSync(list, "utf8").includes("patchcord"), "they came here until now");
  const { code, stderr } = await office.patchcord("disconnect", "--yes");
  assert.equal(code, 0, stderr);
  await until("the entry is gone", () => !existsSync(entry));
  assert.doesNotMatch(readFileSync(list, "utf8"), /patchcord/iu);
});

/** Enter on the keyboard of this display, after a moment for reading. */
async function agrees() {
  await pause(FIRST_MOMENT_MS);
  await office.hand.takesWindow();
  await office.hand.press("Return");
}
