// The process behind the page is killed, and hangs: the window comes back, or ends so that the next wish opens a new
// one, and nobody is told that a window is there which is not. And the window's program is killed, and the engine: a
// killed process keeps what it holds for seconds, until the system has cleared it away, and the next window comes all
// the same.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Office } from "./office.mjs";
import { until } from "./webdriver.mjs";

let office;

before(async () => {
  office = await Office.open({ driven: false });
});

after(async () => {
  await office?.stopEngine();
  await office?.close();
});

/** All processes: id, parent, name. */
function processes() {
  return readdirSync("/proc").filter((name) => /^\d+$/u.test(name)).flatMap((id) => {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, "utf8");
      const [, name, state, parent] = /\((.*)\) (\S) (\d+)/u.exec(stat);
      return state === "Z" ? [] : [{ id: Number(id), parent: Number(parent), name }];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

/** The window's program of this office, and the process of its page. */
function window() {
  const all = processes();
  const program = all.find(({ id, name }) => name.startsWith("patchcord-windo")
    && readFileSync(`/proc/${id}/cmdline`, "utf8").includes(office.home));
  if (program === undefined) return { program: null, page: null };
  const below = (id) => all.filter(({ parent }) => parent === id).flatMap((one) => [one, ...below(one.id)]);
  const page = below(program.id).find(({ name }) => name.startsWith("WebKitWebProces"));
  return { program: program.id, page: page?.id ?? null };
}

/** Asks for the window as a second start does, and says how long that took. */
async function wanted() {
  const begun = Date.now();
  const { code, stderr } = await office.patchcord();
  return { code, stderr, took: Date.now() - begun };
}

test("a window counts as shown once its page has answered", async () => {
  // A computer that does a lot at once may need a second look.
  await until("the window is shown", async () => (await wanted()).code === 0, () => "", 30_000);
  assert.ok(window().page !== null);
});

test("a page whose process is killed is loaded again, once", async () => {
  const before = window();
  process.kill(before.page, "SIGKILL");
  await until("there is another page", () => ![null, before.page].includes(window().page));
  assert.equal(window().program, before.program, "in the same window");
  await until("the page answers", async () => (await wanted()).code === 0);
  assert.match(office.log(), /the window's page has failed; it is loaded again/u);
});

test("the second time the window ends, and the next wish opens a new one", async () => {
  const before = window();
  process.kill(before.page, "SIGKILL");
  await until("the window has ended", () => window().program !== before.program, () => JSON.stringify(window()));
  assert.match(office.log(), /the window's page has failed again; the window ends/u);
  await until("a new window is shown", async () => (await wanted()).code === 0, () => "", 30_000);
  assert.ok(![null, before.program].includes(window().program));
});

test("a page that hangs is not called shown, and is loaded again", async () => {
  const { page, program } = window();
  process.kill(page, "SIGSTOP");
  try {
    const { code, stderr, took } = await wanted();
    assert.equal(code, 1);
    assert.match(stderr, /The window has not answered yet/u);
    // Before the page is given up and loaded again.
    assert.ok(took < 8_000, `${took} ms`);
    await until("there is another page", () => ![null, page].includes(window().page), () => JSON.stringify(window()), 20_000);
    assert.equal(window().program, program);
    await until("the page answers", async () => (await wanted()).code === 0);
  } finally {
    try {
      process.kill(page, "SIGKILL");
    } catch {
      // It is gone.
    }
  }
});

/** Kills the window's program. Returns its id. */
async function killWindow() {
  await until("there is a window", () => window().page !== null, () => "", 30_000);
  const { program } = window();
  process.kill(program, "SIGKILL");
  return program;
}

/** Waits for a window that nobody asks for again, and for its page. */
async function comes(killed) {
  await until("another window comes", () => ![null, killed].includes(window().program) && window().page !== null,
    () => office.said(), 45_000);
  await until("its page answers", async () => (await wanted()).code === 0, () => office.said(), 30_000);
}

test("a window whose program was killed is followed by another: one start is enough", async () => {
  const killed = await killWindow();
  await wanted();
  await comes(killed);
});

test("a link that is shown right after the window's program was killed has a window", async () => {
  await office.connects();
  // As a person starts it. An engine without a window of its own rightly says that it has none to ask in.
  await office.stopEngine();
  await office.startProgram();
  const killed = await killWindow();
  const { code, stdout, stderr } = await office.patchcord("tel:+49493555017");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /shown/u);
  await comes(killed);
  assert.equal((await office.linkCard())?.number, "+49493555017");
});

test("a program that is started while the last one and its window are being cleared away has a window", async () => {
  const killed = await killWindow();
  office.killEngine();
  await office.startProgram();
  await comes(killed);
});

test("a program that is started while the last one ends waits for its end, and has a window", async () => {
  const { program } = window();
  office.quit();
  await office.startProgram();
  await comes(program);
});

test("a window that has outlived its engine is the next one's, which hears that it is wanted", async () => {
  const { program } = window();
  const asked = office.log().split("the window was asked for").length;
  office.killEngine();
  await office.startProgram();
  await until("the new engine answers", async () => (await wanted()).code === 0, () => office.said(), 30_000);
  assert.equal(window().program, program);
  assert.equal(office.log().split("the window was asked for").length, asked, "nobody was told that it does not answer");
});

test("a program that begins without its window, as after a log-in, shows it when it is started again", async () => {
  await office.stopEngine();
  await until("no window is left", () => window().program === null || (process.kill(window().program, "SIGTERM"), false));
  await office.startProgram("--hidden");
  await pause(2_000);
  assert.equal(window().program, null, "nobody has asked for it");
  assert.equal((await wanted()).code, 0);
  assert.ok(window().page !== null);
});
