// The Windows program under Wine, without its window: connected from the command line, through one call, killed, and
// started again. Wine has no web view; everything else of the program runs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { until } from "./webdriver.mjs";

const { WINE, WINDOWS_PROGRAM, SIMULATOR_BIN } = process.env;
const CALLER = { number: "+49301234567", name: "Anna Meyer" };
const OWN = "4101";
/** Wine starts a program in about a second, and Salesforce is asked after the call. */
const PATIENCE = 30_000;
/** The exit code of a command that finds no engine. */
const NOT_RUNNING = 3;

const folder = mkdtempSync(path.join(tmpdir(), "patchcord-windows-"));
const home = `C:\\desk-${process.pid}`;
const pages = path.join(folder, "opened-pages");
// Wine hands a page to the `xdg-open` of the system around it, which honours BROWSER.
const env = { ...process.env, BROWSER: path.join(import.meta.dirname, "browser.mjs"), OPENED_PAGES: pages };

let simulator;
let facts;
let engine;

before(async () => {
  writeFileSync(pages, "");
  simulator = spawn(SIMULATOR_BIN, ["--seed-demo", "--consent", "auto"], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: simulator.stdout }), "line");
  facts = JSON.parse(line);
  const { code, stderr } = await run(["retry"]);
  assert.equal(code, NOT_RUNNING, `no engine has been here: ${stderr}`);
  engine = await started();
});

after(async () => {
  await ended(engine);
  simulator?.kill();
  rmSync(folder, { recursive: true, force: true });
});

test("it connects to the PBX and keeps the secret in the system's store", async () => {
  const { address, client_id, client_secret, serial } = facts.pbx;
  const said = await patchcord(["connect", "pbx", "--address", address, "--client-id", client_id, "--secret-stdin"], client_secret);
  assert.match(said, new RegExp(serial));
  assert.equal((await view("status")).secrets, "keyring");
});

test("it signs in to Salesforce through the browser, and finds its extension", async () => {
  const { login, consumer_key } = facts.salesforce;
  await patchcord(["connect", "salesforce", "--login", login, "--consumer-key", consumer_key]);
  await patchcord(["bind", "--auto"]);
  await until("both sides are connected", async () => {
    const { integration, pbx, binding } = await view("status");
    return integration === "connected" && pbx.events === "live" && binding.extension === OWN;
  }, async () => JSON.stringify(await view("status")), PATIENCE);
});

test("a known caller's record is opened once, and the call becomes one Task", async () => {
  await simulate(`ring ${CALLER.number} ${OWN}`);
  await until("the record is opened", () => popped().length > 0, () => readFileSync(pages, "utf8"), PATIENCE);
  await simulate("answer");
  await simulate("hangup");
  await until("the call is logged", async () => (await view("calls"))[0]?.journal.state === "logged",
    async () => JSON.stringify(await view("calls")), PATIENCE);
  const tasks = await simulate("tasks");
  assert.equal(tasks.length, 1);
  assert.equal(tasks[0].Subject, `Inbound call from ${CALLER.name}`);
  assert.equal(popped().length, 1);
});

test("killed in mid call and started again, it logs the call once", async () => {
  await simulate(`ring ${CALLER.number} ${OWN}`);
  await until("the call is seen", async () => (await view("calls")).length === 2, () => "", PATIENCE);
  await ended(engine);
  // The name of its pipe is still in the home, and nobody is there.
  const { code, stderr } = await run(["retry"]);
  assert.equal(code, NOT_RUNNING, stderr);
  await simulate("answer");
  await simulate("hangup");
  engine = await started();
  await until("the call is logged", async () => (await view("calls"))[0]?.journal.state === "logged",
    async () => JSON.stringify(await view("calls")), PATIENCE * 2);
  const keys = (await simulate("tasks")).map((task) => task.CallObject);
  assert.equal(keys.length, 2);
  assert.equal(new Set(keys).size, 2);
});

async function started() {
  const child = spawn(WINE, [WINDOWS_PROGRAM, "run", "--headless", "--home", home], { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  await until("the engine runs", () => said.includes("Patchcord is running"), () => said, PATIENCE);
  return child;
}

async function ended(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function patchcord(args, input = "") {
  const { code, stdout, stderr } = await run(args, input);
  assert.equal(code, 0, `patchcord ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function run(args, input = "") {
  const child = spawn(WINE, [WINDOWS_PROGRAM, ...args, "--home", home], { env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = await once(child, "exit");
  return { code, stdout, stderr };
}

async function view(name) {
  return JSON.parse(await patchcord([name, "--json"]));
}

async function simulate(line) {
  const [verb, ...rest] = line.split(" ");
  const answer = await fetch(`${facts.control}/sim/${verb}`, { method: "POST", body: rest.join(" ") });
  const { ok, why, found } = await answer.json();
  if (!ok) throw new Error(`simulator, ${line}: ${why}`);
  return found;
}

function popped() {
  return readFileSync(pages, "utf8").split("\n").filter((page) => page.includes("/lightning/r/Contact/"));
}
