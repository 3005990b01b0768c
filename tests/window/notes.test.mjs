// The note in the real window: killed at any key, it is there again; changed elsewhere, it is shown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Office } from "./office.mjs";
import { until } from "./webdriver.mjs";

const CALLER = { number: "+49301234567", name: "Anna Meyer" };
/** Between two keys: twelve in a second, which few people reach. */
const KEY_MS = 80;
/** At which keys the programs are killed follows from this number alone; a failing one comes again by its name. */
const SEED = Number(process.env.PATCHCORD_SEED ?? Date.now() % 2 ** 31);

let office;

before(async () => {
  office = await Office.openConnected();
});

after(() => office?.close());

test("a note that the command line changes while its field is open is shown there, and what was typed can be had back", async () => {
  const call = await talks();
  await office.window.write("Note", "Wants pumps");
  await until("it is kept", async () => (await office.note(call)).text === "Wants pumps");
  const written = await office.patchcord("note", call, "--text", "Wants three pumps by Friday");
  assert.equal(written.code, 0, written.stderr);
  await until("the field shows it", async () => (await office.window.valueOf("Note")) === "Wants three pumps by Friday");
  await office.window.shows("changed elsewhere");
  await office.picture("18-note-changed-elsewhere");
  await office.window.press("Use my text");
  await until("it is kept again", async () => (await office.note(call)).text === "Wants pumps");
  await wrapsUp("Wants pumps");
});

test("both programs are killed at any key, and what was typed is there again", async () => {
  const text = "Wants an offer for three pumps and two valves, and somebody who looks at the old ones on Friday at ten, before the lorry comes.";
  const call = await talks();
  let kept = "";
  const random = seeded(SEED);
  console.log(`PATCHCORD_SEED=${SEED}`);
  for (let round = 0; round < 3; round += 1) {
    await office.hand.takesWindow();
    await office.hand.press("alt+n", "ctrl+End");
    // Typing goes on while the programs die.
    const painted = kept.length + 8 + Math.floor(random() * 16);
    const seen = paints(painted);
    const typing = office.hand.write(text.slice(kept.length, painted + 12), KEY_MS);
    await seen;
    await office.killBoth();
    await typing;
    await office.startEngine();
    kept = (await office.note(call)).text;
    console.log(`killed when ${painted} keys were painted: ${kept.length} were kept`);
    assert.ok(text.startsWith(kept), JSON.stringify(kept));
    // A key is on the screen before it is on the disk: no key waits for a file. So the last one that was seen may be on
    // its way, and no other, for each is handed over long before the next one comes.
    assert.ok(kept.length >= painted - 1, `${painted} keys were painted, and this was kept: ${JSON.stringify(kept)}`);
    await office.openWindow();
    await until("the field shows it", async () => (await office.window.valueOf("Note")) === kept);
  }
  await office.picture("19-note-after-kill");
  await wrapsUp(kept.trim());
});

test("the engine alone is killed while keys come, and nothing of what was typed is lost or out of order", async () => {
  const text = "Wants an offer for three pumps and two valves, and somebody who looks at the old ones on Friday.";
  const call = await talks();
  await office.hand.takesWindow();
  await office.hand.press("alt+n", "ctrl+End");
  const seen = paints(20);
  const typing = office.hand.write(text, KEY_MS);
  await seen;
  await office.killEngine();
  await office.window.shows("Patchcord is not running");
  await office.picture("19b-note-without-engine");
  const value = () => office.window.valueOf("Note");
  // So that keys come before, while and after it is away.
  assert.notEqual(await value(), text, "the engine has gone in the middle of the sentence");
  await office.startEngine();
  await typing;
  await until("the field shows all of it", async () => (await value()) === text, value);
  await until("all of it is kept", async () => (await office.note(call)).text === text, async () => (await office.note(call)).text);
  const where = "const { activeElement: field } = document; return [field.tagName, field.selectionStart];";
  assert.deepEqual((await office.window.run(where)).value, ["TEXTAREA", text.length]);
  await wrapsUp(text);
});

/** Numbers from 0 to 1, the same ones for the same seed: mulberry32. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Waits in the page until so many characters of the note are painted. */
async function paints(count) {
  const { error } = await office.window.run(`
    const [count] = args;
    const field = document.querySelector("textarea");
    await new Promise((done) => {
      const look = () => field.value.length >= count && requestAnimationFrame(() => requestAnimationFrame(done));
      field.addEventListener("input", look);
    });`, count);
  assert.equal(error, undefined);
}

/** The caller talks with the agent. Returns the call's id. */
async function talks() {
  await office.simulate(`ring ${CALLER.number} 4101`);
  await office.window.shows(CALLER.name, "ringing");
  await office.simulate("answer");
  await office.window.shows("talking");
  return (await office.view("status")).calls[0].id;
}

/** The call ends, and its note is saved as it is: it is in the one Task. */
async function wrapsUp(text) {
  await office.simulate("hangup");
  await office.window.shows("Enter saves");
  await office.window.keys(["Alt", "n"], "Enter");
  await until("the wrap-up is gone", async () => !(await office.window.text()).includes("Enter saves"));
  await until(`a Task says ${text}`, async () =>
    (await office.simulate("tasks")).filter(({ Description }) => Description?.startsWith(`${text}\n\nStarted`)).length === 1);
}
