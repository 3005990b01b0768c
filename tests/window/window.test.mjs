// The real window, from first run to first pop: what a new user does on the first morning.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { Office } from "./office.mjs";
import { until } from "./webdriver.mjs";

/** A contact of the simulator's demonstration org. */
const CALLER = { number: "+49301234567", name: "Anna Meyer" };
const OWN = "4101";

let office;
let window;
/** The chapter that failed: the ones after it have nothing to stand on. */
let broken = null;

function chapter(name, body) {
  test(name, async (context) => {
    if (broken !== null) return context.skip(`after "${broken}"`);
    try {
      await body();
    } catch (error) {
      broken = name;
      await office?.picture("failed").catch(() => {});
      console.log(office?.said());
      throw error;
    }
  });
}

before(async () => {
  office = await Office.open();
  window = office.window;
});

after(() => office?.close());

chapter("the first start leads into the set-up", async () => {
  await window.shows("Set up Patchcord", "Connect your PBX");
  await office.guidePicture("first-start");
});

chapter("a form that lacks something says so and asks nobody", async () => {
  await window.write("Address", office.simulator.pbx.address);
  await window.press("Check and connect");
  await window.shows("Please fill this in.");
});

chapter("a refused secret is said in plain words, and the rest of the form stays", async () => {
  await window.write("Client ID", office.simulator.pbx.client_id);
  await window.write("Client secret", "not the secret");
  await window.press("Check and connect");
  await window.shows("What to do:");
  assert.equal(await window.valueOf("Client ID"), office.simulator.pbx.client_id);
  assert.equal((await office.view("status")).pbx.state, "not_configured");
  await office.picture("2-refused-secret");
});

chapter("the PBX connects", async () => {
  await window.write("Client secret", office.simulator.pbx.client_secret);
  await window.press("Check and connect");
  await window.shows("Connected. PBX", "Sign in to Salesforce");
  await office.picture("3-pbx-connected");
});

chapter("Salesforce is signed in to in the browser", async () => {
  await window.choose("My Domain");
  await window.write("My Domain address", office.simulator.salesforce.login);
  await window.write("Consumer key", office.simulator.salesforce.consumer_key);
  await office.guidePicture("sign-in");
  await window.press("Sign in with the browser");
  // The simulator's address is not one of Salesforce's.
  await office.hand.agrees();
  await window.shows("Signed in as");
  const pages = office.openedPages();
  assert.equal(pages.length, 1);
  assert.match(pages[0], /\/services\/oauth2\/authorize\?/);
  assert.match(pages[0], /code_challenge_method=S256/);
});

chapter("the extension is found", async () => {
  await until("the extension is found or can be", async () => /Find it for me|You are extension/.test(await window.text()));
  if ((await office.view("status")).binding.state !== "bound") await window.press("Find it for me");
  await window.shows(`You are extension ${OWN}.`);
  await office.picture("5-this-is-you");
});

chapter("with both sides connected the set-up is over", async () => {
  await window.press("Next");
  await window.shows("Try a test call", "A pretend call");
  await window.press("Finish");
  await window.shows("No calls yet", `Ext ${OWN}`);
  await until("the engine hears the PBX", async () => {
    const status = await office.view("status");
    return status.integration === "connected" && status.pbx.events === "live" && status.salesforce.state === "connected";
  }, async () => JSON.stringify(await office.view("status")));
  assert.equal((await office.view("status")).secrets, "keyring");
  await office.picture("6-ready");
});

chapter("a known caller rings: the record opens once, and the card says who it is", async () => {
  await office.simulate(`ring ${CALLER.number} ${OWN}`);
  await window.shows(CALLER.name, "ringing", "Open in Salesforce");
  await until("the record's page is opened", () => popped().length > 0);
  await office.guidePicture("ringing");

  await office.simulate("answer");
  await window.shows("talking");
  await office.picture("8-talking");
  assert.equal(popped().length, 1, "the page was opened once");
});

chapter("after the call the row says Logged, and Salesforce has exactly one Task", async () => {
  await office.simulate("hangup");
  await window.shows("Logged");
  await office.guidePicture("logged");

  const tasks = await office.simulate("tasks");
  assert.equal(tasks.length, 1);
  assert.equal(tasks[0].Subject, `Inbound call from ${CALLER.name}`);
  assert.equal(tasks[0].CallType, "Inbound");
  const [call] = await office.view("calls");
  assert.equal(call.journal.task_id, tasks[0].Id);
  assert.equal(call.popped.url, popped()[0]);
  assert.equal(popped().length, 1, "still once");
});

chapter("the Status tab shows both sides", async () => {
  await window.press("Status");
  await window.shows("Connected", "Live", office.simulator.pbx.serial);
  await office.guidePicture("status");
});

chapter("a whole team is bound in one table", async () => {
  await window.press("Bindings");
  await window.shows("Leo Brandt", "All 2", "Unbound 2");
  await window.press("Bind 2 by e-mail");
  await window.shows("2 users get an extension, 0 change, 0 are cleared.");
  await office.picture("11-bindings");
  await window.press("Review and save…");
  await window.shows("No extension → 4102");
  await window.press("Save to Salesforce");
  await office.hand.agrees();
  await window.shows("2 saved. Nothing is left to do.");
  await until("the saved extension is the desk's own", async () =>
    (await office.view("status")).binding.source === "salesforce_extension");
  await window.press("Back to the list");
  await window.shows("Bound 2");
});

chapter("a call is dialled from the window", async () => {
  await window.press("Calls");
  await window.press(`Call ${CALLER.name}`);
  await window.shows("Place this call?");
  await setTimeout(700);
  await office.hand.click(await window.middle("Call"));
  await window.shows("dialling");
  await office.picture("12-dialling");
  await office.simulate("hangup");
});

chapter("links of pages come to this program when the person says so", async () => {
  await window.press("Status");
  await window.shows("Live", office.simulator.pbx.serial);
  await window.press("Settings");
  await window.shows("Ask before dialling a link", "Go to another program");
  await window.press("Make default");
  await window.shows("Telephone links come to Patchcord now.");
  await window.press("Test it");
  await window.shows("The test link has come back");
  await office.picture("14-links");
  await until("the status tells it", async () => (await office.view("status")).links?.state === "ours");
  await window.press("Calls");
});

chapter("a number that is clicked on the record's page is asked for, and rings the phone", async () => {
  const page = await office.browse(popped()[0]);
  await page.locator("a[href^='tel:']").first().click();
  await window.shows("Call this number?", "+49 30 1234567", CALLER.name);
  assert.equal((await office.view("status")).calls.length, 0, "nobody has agreed");
  await until("the cards of earlier calls are gone", async () => !(await window.text()).includes("The call has ended"));
  await office.guidePicture("link");
  await office.speaks("zh-CN");
  await window.shows("要拨打这个号码吗？", "德国");
  await office.picture("15-link-zh");
  await office.speaks("en");
  await setTimeout(700);
  await office.hand.takesWindow();
  await office.hand.press("Return");
  await window.shows("dialling");
  assert.equal((await office.view("status")).calls.length, 1);
  await office.simulate("hangup");
  await office.stopBrowsing();
});

chapter("a link that forwards calls is refused in plain words, and Escape turns a question away", async () => {
  const refused = await office.patchcord("link", "tel:*21*0493555017%23");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /Service codes/u);
  // Who has clicked it sees no terminal.
  await window.shows("This link is not called", "*21*0493555017#", "Service codes");
  // What comes sooner was clicked by no person.
  await setTimeout(1_100);
  const shown = await office.patchcord("tel:+12125550123;ext=204");
  assert.equal(shown.code, 0, shown.stderr);
  await window.shows("Call this number?", "+1 212-555-0123", "United States is not your country", "Extension 204");
  await office.picture("16-link-abroad");
  await window.pressKey("Escape");
  await until("the question is gone", async () => !(await window.text()).includes("Call this number?"));
  assert.equal((await office.view("status")).calls.length, 0);
});

chapter("a call is wrapped up by keyboard alone: outcome, note, saved", async () => {
  await office.simulate(`ring ${CALLER.number} ${OWN}`);
  await window.shows(CALLER.name, "ringing");
  await office.simulate("answer");
  await window.shows("talking");
  await window.write("Note", "Wants an offer");
  await office.simulate("hangup");
  await window.shows("Enter saves");
  await office.guidePicture("wrap-up");
  const begun = Date.now();
  // Four keys: one for the outcome, one for the field, the end of the sentence, and Enter.
  await window.keys(["Alt", "1"], ["Alt", "n"], ".", "Enter");
  await until("the wrap-up is gone", async () => !(await window.text()).includes("Enter saves"));
  assert.ok(Date.now() - begun < 5_000, "within five seconds");
  const task = await newestTask("Wants an offer.");
  assert.match(task.Description, /^Wants an offer\.\n\nStarted: /u);
  assert.equal(task.CallDisposition, "Reached");
});

chapter("a call is related to an opportunity and gets a follow-up, in Chinese", async () => {
  const [, contact] = /\/Contact\/(\w+)\//u.exec(popped()[0]);
  const { id: matter } = await office.simulate(`insert Case ${JSON.stringify({ Subject: "阀门漏水", Status: "New", ContactId: contact })}`);
  await office.speaks("zh-CN");
  await office.simulate(`ring ${CALLER.number} ${OWN}`);
  await window.shows(CALLER.name);
  await office.simulate("answer");
  // A call that was not taken keeps its card, with a note of its own, for twelve seconds.
  await until("no other card is there", async () => (await window.text()).split("相关事项…").length === 2);
  await window.press("相关事项…");
  await window.press("阀门漏水 个案");
  await window.press("后续跟进…");
  await window.write("何时跟进", "两天后");
  await until("the day is understood", async () => /20\d\d年/u.test(await window.text()));
  await window.write("备注", "报价 <b>粗体</b>");
  await office.simulate("hangup");
  await window.shows("不记录此通话");
  await window.press("保存");
  const task = await newestTask("报价");
  assert.match(task.Description, /^报价 <b>粗体<\/b>\n\nStarted: /u);
  assert.equal(task.WhatId, matter);
  await until("the follow-up is an open Task", async () =>
    (await office.simulate("tasks")).filter(({ Subject, IsClosed }) => Subject === `Follow up with ${CALLER.name}` && !IsClosed).length === 1);
  await office.speaks("en");
});

chapter("a call that is not to be logged is not", async () => {
  const before = (await office.simulate("tasks")).length;
  await office.simulate(`ring ${CALLER.number} ${OWN}`);
  await window.shows("ringing");
  await office.simulate("answer");
  await window.shows("talking");
  await office.hand.click(await window.middle("Do not log this call"));
  await window.shows("This call is not logged.");
  await office.simulate("hangup");
  await window.shows("You chose not to log it.");
  assert.equal((await office.simulate("tasks")).length, before);
});

chapter("the window says in its time that an engine which stands still does not answer, and goes on when it does", async () => {
  office.holdEngine(true);
  const begun = Date.now();
  try {
    const told = async () => (await window.text()).includes("does not answer");
    // A sign of life is asked for every ten seconds, and waited for five.
    await until("it is told", told, () => window.text(), 20_000);
    assert.ok(Date.now() - begun < 20_000);
    await office.picture("12-engine-stopped");
  } finally {
    office.holdEngine(false);
  }
  await until("it goes on", async () => !(await window.text()).includes("does not answer"), () => window.text());
  // It is asked again, not only shown as before.
  await office.simulate(`ring ${CALLER.number} ${OWN}`);
  await window.shows(CALLER.name, "ringing");
  await office.simulate("hangup");
});

chapter("the window says when the engine is gone", async () => {
  await office.stopEngine();
  await window.shows("Patchcord is not running");
  await office.picture("13-engine-gone");
});

/** The Task whose text begins so, once it is there. */
async function newestTask(text) {
  let task;
  await until(`a Task says ${text}`, async () =>
    (task = (await office.simulate("tasks")).find(({ Description }) => Description?.startsWith(text))) !== undefined);
  return task;
}

function popped() {
  return office.openedPages().filter((page) => page.includes("/lightning/r/Contact/"));
}
