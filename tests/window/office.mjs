// A desk for one test: the simulated PBX and org, a secret store, a notification service, a browser that notes what it
// opens, the engine, and the window on top. Everything lives in a throw-away folder and ends with the test.

import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { Firefox } from "./firefox.mjs";
import { Hand } from "./hand.mjs";
import { Window, until } from "./webdriver.mjs";

const here = import.meta.dirname;

/** Where pictures go. They are output, not expectations. */
const PICTURES = path.join(here, "out");
/** Where the guides' pictures go; where they are committed, if this run is to draw them anew. */
const GUIDES = process.env.PATCHCORD_GUIDE_PICTURES ?? path.join(PICTURES, "guides");
/** The languages of the guides. */
const LANGUAGES = ["zh-CN", "en"];

export class Office {
  #children = [];
  #folder = mkdtempSync(path.join(tmpdir(), "patchcord-window-"));
  #env;
  #pages;
  #engine;
  #browser;
  #driver;
  /** What the simulator said of itself: addresses, client id and secret, consumer key. */
  simulator;
  /** The window, once it is open. */
  window;
  /** What a person does with keyboard and pointer. */
  hand;

  /** Opens the office: everything runs, and nothing is set up yet. Without `driven`, no window is opened. */
  static async open({ driven = true } = {}) {
    const office = new Office();
    try {
      await office.#furnish();
      if (driven) await office.openWindow();
    } catch (error) {
      await office.close();
      throw error;
    }
    return office;
  }

  /** Opens an office that is connected on both sides and bound, with the calls in the window. */
  static async openConnected() {
    const office = await Office.open();
    try {
      await office.connects();
      await office.window.shows("Ext 4101");
      // The window opened while nothing was set up yet.
      if ((await office.window.text()).includes("Set up Patchcord")) await office.window.press("Later");
    } catch (error) {
      console.log(office.said());
      await office.close();
      throw error;
    }
    return office;
  }

  constructor() {
    this.#pages = path.join(this.#folder, "opened-pages");
    const runtime = path.join(this.#folder, "run");
    mkdirSync(runtime, { mode: 0o700 });
    mkdirSync(path.join(this.#folder, "home"), { recursive: true });
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(this.#pages, "");
    const env = { ...process.env };
    // What the person at this desk has set up stays out of the test.
    for (const name of Object.keys(env)) if (name.startsWith("XDG_")) delete env[name];
    this.#env = {
      ...env,
      HOME: path.join(this.#folder, "home"),
      XDG_RUNTIME_DIR: runtime,
      BROWSER: path.join(here, "browser.mjs"),
      OPENED_PAGES: this.#pages,
      LANG: "C.UTF-8",
      LANGUAGE: "en",
    };
    this.hand = new Hand(this.#env);
  }

  get home() {
    return path.join(this.#folder, "patchcord");
  }

  async #furnish() {
    const keyring = this.#start("gnome-keyring-daemon", ["--foreground", "--unlock", "--components=secrets"], {
      stdin: "correct horse",
    });
    this.#start("dunst", []);
    await until("the secret store answers", () => !keyring.ended && this.#owned("org.freedesktop.secrets"),
      () => this.#said("gnome-keyring-daemon"));
    await until("notifications are taken", () => this.#owned("org.freedesktop.Notifications"),
      () => this.#said("dunst"));

    const simulator = this.#start(needed("SIMULATOR_BIN"), ["--seed-demo", "--consent", "auto"], { line: true });
    this.simulator = JSON.parse(await simulator.line);

    await this.startEngine();
  }

  /** Starts the engine on the home as it is. */
  async startEngine() {
    const starts = () => this.#said("patchcord").split("Patchcord is running").length;
    const before = starts();
    this.#engine = this.#start(needed("PATCHCORD_BIN"), ["run", "--headless", "--home", this.home]);
    // Not by asking it: a command that finds no engine works on the home's files, and holds them meanwhile.
    await until("the engine runs", () => starts() > before, () => this.#said("patchcord"));
  }

  /** Starts the program with its window, as a person does, or as these words say. One that is about to end is waited for. */
  async startProgram(...words) {
    const starts = () => this.log().split("shell::app: started").length;
    const before = starts();
    this.#engine = this.#start(needed("PATCHCORD_BIN"), [...words, "--home", this.home]);
    // Not by starting it again: whoever comes first is the engine, and does not return.
    await until("the program runs", () => starts() > before, () => this.said(), 20_000);
  }

  /** Kills the engine, which gets to say no word. */
  killEngine() {
    process.kill(this.#engine.process.pid, "SIGKILL");
  }

  /** Has the engine's process stand still, or go on. */
  holdEngine(still) {
    process.kill(this.#engine.process.pid, still ? "SIGSTOP" : "SIGCONT");
  }

  /** Asks the engine to end, as quitting from the tray does, and does not wait. */
  quit() {
    this.#engine.process.kill("SIGTERM");
  }

  /** Opens the window, so that it can be driven. */
  async openWindow() {
    if (this.#driver === undefined) {
      const [port, native] = [await freePort(), await freePort()];
      this.#start(needed("TAURI_DRIVER"), ["--port", String(port), "--native-port", String(native)]);
      this.#driver = `http://127.0.0.1:${port}`;
      await until("the web driver answers", async () => {
        try {
          return (await fetch(`${this.#driver}/status`)).ok;
        } catch {
          return false;
        }
      }, () => this.#said("tauri-driver"));
    }
    this.window = await Window.open(this.#driver, needed("PATCHCORD_BIN"), ["window", "--home", this.home]);
  }

  /** Kills the window's process and the engine at once: neither gets to say a word. */
  async killBoth() {
    const window = this.#processes("patchcord-window");
    if (window.length === 0) throw new Error("there is no window to kill");
    for (const pid of [...window, this.#engine.process.pid]) process.kill(pid, "SIGKILL");
    await this.#engine.end;
    await until("the window's process is gone", () => this.#processes("patchcord-window").length === 0);
    // The driver still has its session.
    await this.window.close().catch(() => {});
    this.window = undefined;
  }

  /** Kills the engine and leaves the window open. */
  async killEngine() {
    process.kill(this.#engine.process.pid, "SIGKILL");
    await this.#engine.end;
  }

  /** Returns the processes of a program that work on this home. */
  #processes(program) {
    return readdirSync("/proc").filter((name) => /^\d+$/u.test(name)).filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return path.basename(words[0]) === program && words.includes(this.home);
      } catch {
        // It has just ended.
        return false;
      }
    }).map(Number);
  }

  /** Lets something happen on the telephones or in the org, in a line of the simulator's script. */
  async simulate(line) {
    const [verb, ...rest] = line.split(" ");
    const answer = await fetch(`${this.simulator.control}/sim/${verb}`, { method: "POST", body: rest.join(" ") });
    const { ok, why, found } = await answer.json();
    if (!ok) throw new Error(`simulator, ${line}: ${why}`);
    return found;
  }

  /** Ends the engine, as quitting from the tray does. */
  async stopEngine() {
    this.quit();
    await this.#engine.end;
  }

  /** Runs a `patchcord` command against the running engine. */
  patchcord(...args) {
    return this.patchcordReading("", ...args);
  }

  /** Connects both sides and binds the extension, from the command line. */
  async connects() {
    const { pbx, salesforce } = this.simulator;
    for (const [stdin, ...args] of [
      [pbx.client_secret, "connect", "pbx", "--address", pbx.address, "--client-id", pbx.client_id, "--secret-stdin"],
      ["", "connect", "salesforce", "--login", salesforce.login, "--consumer-key", salesforce.consumer_key],
      ["", "bind", "--auto"],
    ]) {
      const { code, stderr } = await this.patchcordReading(stdin, ...args);
      if (code !== 0) throw new Error(`patchcord ${args.join(" ")}: ${stderr}`);
    }
    await until("both sides are connected", async () => {
      const { integration, pbx: side } = await this.view("status");
      return integration === "connected" && side.events === "live";
    }, async () => JSON.stringify(await this.view("status")));
  }

  /** Runs a `patchcord` command that reads something from its standard input. */
  async patchcordReading(text, ...args) {
    const child = spawn(needed("PATCHCORD_BIN"), [...args, "--home", this.home], { env: this.#env });
    // One that has ended already reads nothing.
    child.stdin.on("error", () => {});
    child.stdin.end(text);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += data));
    child.stderr.on("data", (data) => (stderr += data));
    const [code] = await once(child, "close");
    return { code, stdout, stderr };
  }

  /** Asks the engine for one of its views. */
  async view(...args) {
    const { code, stdout, stderr } = await this.patchcord(...args, "--json");
    if (code !== 0) throw new Error(`patchcord ${args.join(" ")}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Returns the note of a call as it is on disk. */
  async note(call) {
    return (await this.asks({ command: "read_note", call })).value;
  }

  /** Returns where a file of this person's home is. */
  userFile(name) {
    return path.join(this.#folder, "home", name);
  }

  /** Returns the pages that the default browser was asked to open. */
  openedPages() {
    return readFileSync(this.#pages, "utf8").split("\n").filter(Boolean);
  }

  /**
   * Opens a page in Chromium as a person at this desk has it, who once said that its links may be opened by the program
   * that takes them. Returns the page; it closes with the office.
   */
  async browse(url) {
    const { chromium } = createRequire(new URL("../../ui/package.json", import.meta.url))("playwright-core");
    const profile = path.join(this.#folder, "chromium");
    mkdirSync(path.join(profile, "Default"), { recursive: true });
    const said = { [new URL(url).origin]: { tel: true } };
    writeFileSync(path.join(profile, "Default", "Preferences"),
      JSON.stringify({ protocol_handler: { allowed_origin_protocol_pairs: said } }));
    this.#browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.PATCHCORD_CHROMIUM ?? "/usr/bin/chromium",
      headless: false,
      env: this.#env,
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    const page = this.#browser.pages()[0] ?? (await this.#browser.newPage());
    await page.goto(url);
    return page;
  }

  /** Opens a page in Firefox as a person at this desk has it, who once said the same there. */
  async browseFirefox(url) {
    const folder = path.join(this.#folder, "firefox");
    const { origin } = new URL(url);
    this.#browser = await Firefox.open({ folder, port: await freePort(), env: this.#env, origin });
    await this.#browser.goto(url);
    return this.#browser;
  }

  /** Closes the browser. */
  async stopBrowsing() {
    await this.#browser?.close();
    this.#browser = undefined;
  }

  /** Has the window speak a language. */
  async speaks(language) {
    await this.asks({ command: "set_language", language });
    await until(`the window speaks ${language}`, async () => (await this.window.language()) === language);
  }

  /** Keeps a picture of the window. */
  async picture(name) {
    writeFileSync(path.join(PICTURES, `window-${name}.png`), await this.window.picture());
  }

  /** Keeps a picture for the guides: the window as it is now, in each of their languages. */
  async guidePicture(name) {
    for (const language of LANGUAGES) {
      await this.speaks(language);
      const folder = path.join(GUIDES, language);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `${name}.png`), await this.window.picture());
    }
  }

  /** Opens a link as the system does while nobody runs, so that the program starts. Returns what the command exits with. */
  async opensLink(uri) {
    await until("no window is left", () => this.#processes("patchcord-window").length === 0);
    const child = this.#start(needed("PATCHCORD_BIN"), [uri, "--home", this.home]);
    await child.end;
    return child.process.exitCode;
  }

  /** Returns the link's card as the engine tells it to windows; null: there is none. */
  async linkCard() {
    const socket = connect(path.join(this.home, "control.sock"));
    try {
      socket.write(`${JSON.stringify({ id: 1, command: "watch" })}\n`);
      for await (const line of createInterface({ input: socket })) {
        const { event, value } = JSON.parse(line);
        if (event === "link") return value;
      }
      return null;
    } finally {
      socket.destroy();
    }
  }

  /** Ends the program that a link has started, with its window, and windows that have outlived theirs. */
  async #endStarted() {
    for (const program of ["patchcord", "patchcord-window"]) {
      for (const pid of this.#processes(program)) process.kill(pid, "SIGTERM");
      await until(`${program} has ended`, () => this.#processes(program).length === 0);
    }
  }

  /** Returns what the engine's log says. */
  log() {
    return readFileSync(path.join(this.home, "logs", "patchcord.log"), "utf8");
  }

  /** Sends a command over the control socket, as the window does. Returns the reply. */
  async asks(command) {
    const socket = connect(path.join(this.home, "control.sock"));
    try {
      const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
      socket.write(`${JSON.stringify({ id: 1, ...command })}\n`);
      const answer = JSON.parse((await lines.next()).value);
      if (answer.result.Err) throw new Error(`${command.command}: ${answer.result.Err.message}`);
      return answer.result.Ok;
    } finally {
      socket.destroy();
    }
  }

  /** Returns what the programs wrote, for a person to find out why. */
  said() {
    return ["patchcord", "tauri-driver", "simulator"].map((name) => this.#said(name)).join("\n");
  }

  /** Ends everything, the last first, and forgets the folder. */
  async close() {
    await this.#browser?.close().catch(() => {});
    await this.window?.close().catch(() => {});
    await this.#endStarted().catch(() => {});
    for (const child of this.#children.reverse()) {
      if (child.ended) continue;
      child.process.kill("SIGTERM");
      const killed = setTimeout(() => child.process.kill("SIGKILL"), 5_000);
      await child.end;
      clearTimeout(killed);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(program, args, { stdin = "", line = false } = {}) {
    const name = path.basename(program);
    const log = openSync(path.join(this.#folder, `${name}.log`), "a");
    const process = spawn(program, args, { env: this.#env, stdio: ["pipe", line ? "pipe" : log, log] });
    const child = { process, ended: false };
    child.end = new Promise((done) => {
      process.on("error", (error) => {
        child.ended = true;
        writeFileSync(log, `${error.message}\n`);
        done();
      });
      process.on("exit", () => {
        child.ended = true;
        done();
      });
    });
    if (stdin !== "") process.stdin.end(stdin);
    if (line) {
      const lines = createInterface({ input: process.stdout });
      child.line = Promise.race([
        once(lines, "line").then(([text]) => text),
        child.end.then(() => Promise.reject(new Error(this.#said(name)))),
      ]);
    }
    this.#children.push(child);
    return child;
  }

  #said(name) {
    const log = path.join(this.#folder, `${name}.log`);
    return existsSync(log) ? `${name} said:\n${readFileSync(log, "utf8")}` : `${name} said nothing`;
  }

  async #owned(name) {
    const child = spawn("dbus-send", [
      "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
      "org.freedesktop.DBus.NameHasOwner", `string:${name}`,
    ], { env: this.#env, stdio: ["ignore", "pipe", "ignore"] });
    let said = "";
    child.stdout.on("data", (data) => (said += data));
    await once(child, "close");
    return said.includes("true");
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this as \`cargo xtask test window\``);
  return value;
}
