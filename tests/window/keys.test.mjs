// The keyboard in the real window: what Escape leaves and what it does not, where the focus is, and what a call that
// comes meanwhile takes away, which is nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Office } from "./office.mjs";
import { until } from "./webdriver.mjs";

let office;
let window;
let hand;

before(async () => {
  office = await Office.openConnected();
  ({ window, hand } = office);
});

after(() => office?.close());

const focus = async () => (await window.run("return document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim();")).value;

test("a window that is wanted in front takes the focus to its search box", async () => {
  await window.press("Status");
  await window.run("document.querySelector('[role=tab][aria-selected=true]').focus();");
  assert.equal(await focus(), "Status");
  const { code, stderr } = await office.patchcord();
  assert.equal(code, 0, stderr);
  await until("the box has the focus", async () => (await focus()) === "Search the calls or dial a number", focus);
});

test("Escape in a field leaves nothing, and on the page asks before changes are lost", async () => {
  await window.press("Status");
  await window.press("Settings");
  await window.shows("Area code");
  // The page may still be moving when it is clicked.
  const named = "return document.activeElement.labels?.[0]?.textContent.trim() ?? '';";
  await until("the field has the focus", async () => {
    await hand.click(await window.middle("Area code"));
    return (await window.run(named)).value === "Area code";
  });
  await hand.write("30");
  await hand.press("Escape");
  assert.equal(await window.valueOf("Area code"), "30");
  await window.run("document.querySelector('main h2[tabindex]').focus();");
  await hand.press("Escape");
  await window.shows("Leave without saving?");
  await office.picture("17-leave");
  await hand.press("Escape");
  await until("the question is gone", async () => !(await window.text()).includes("Leave without saving?"));
  assert.equal(await window.valueOf("Area code"), "30");
  assert.equal(await focus(), "Settings");
});

test("a call that rings takes no draft away", async () => {
  await office.simulate("ring +49301234567 4101");
  await window.shows("ringing");
  await window.press("Calls");
  await office.simulate("hangup");
  await window.press("Status");
  assert.equal(await window.valueOf("Area code"), "30");
});

test("Escape on a page without changes leaves it, and the focus is where the page was opened", async () => {
  await window.run("document.querySelector('main h2[tabindex]').focus();");
  await hand.press("Escape");
  await window.press("Discard the changes");
  await window.press("Remembered callers");
  await window.shows("Nothing is remembered.");
  await hand.press("Escape");
  await until("the page is left", async () => !(await window.text()).includes("Nothing is remembered."));
  await until("its row has the focus", async () => (await focus()).includes("Remembered callers"), focus);
});
