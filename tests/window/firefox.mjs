// Firefox as a person at this desk has it, driven by its own Marionette protocol: no other program is needed for that.
//
// Source: Firefox Source Docs, "Marionette", "Protocol": `LENGTH:JSON`, a command is `[0, id, name, parameters]`, its answer
// `[1, id, error, result]`.

import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import path from "node:path";

import { ELEMENT, until } from "./webdriver.mjs";

/** What keeps Firefox from asking, telling and fetching things of its own. */
const QUIET = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.systemAddon.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://127.0.0.1:9/none",
  "termsofuse.bypassNotification": true,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

export class Firefox {
  #process;
  #ended;
  #socket;
  #read = "";
  #waiting = new Map();
  #count = 0;

  /**
   * Opens Firefox with a profile of a person who once said "Always allow this site to open tel links", and to open them with the
   * system's program.
   */
  static async open({ folder, port, env, origin }) {
    mkdirSync(folder, { recursive: true });
    const allowed = path.join(folder, "allowed");
    writeFileSync(allowed, `origin\topen-protocol-handler^tel\t1\t${origin}\n`);
    const wishes = { ...QUIET, "marionette.port": port, "permissions.manager.defaultsUrl": `file://${allowed}` };
    const lines = Object.entries(wishes).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
    writeFileSync(path.join(folder, "user.js"), `${lines.join("\n")}\n`);
    // 4: the system's program. Source: Firefox, nsIHandlerInfo, useSystemDefault.
    writeFileSync(path.join(folder, "handlers.json"),
      JSON.stringify({ defaultHandlersVersion: {}, mimeTypes: {}, schemes: { tel: { action: 4 } } }));
    const firefox = new Firefox();
    await firefox.#start(folder, port, env);
    return firefox;
  }

  async #start(folder, port, env) {
    const program = process.env.PATCHCORD_FIREFOX ?? "firefox-esr";
    const args = ["--marionette", "--no-remote", "--profile", folder];
    this.#process = spawn(program, args, { env, stdio: "ignore" });
    this.#ended = once(this.#process, "exit");
    let failed = null;
    this.#process.on("error", (error) => (failed = error));
    await until("Firefox can be driven", async () => {
      if (failed !== null) throw failed;
      const socket = connect(port, "127.0.0.1");
      this.#socket = socket;
      return new Promise((done) => socket.on("connect", () => done(true)).on("error", () => done(false)));
    }, () => "", 60_000);
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text) => this.#hear(text));
    await this.#ask("WebDriver:NewSession", { capabilities: { alwaysMatch: { acceptInsecureCerts: false } } });
  }

  /** Goes to a page, and waits until it is there. */
  async goto(url) {
    await this.#ask("WebDriver:Navigate", { url });
  }

  /** Clicks the first element that a CSS selector finds, as a mouse does. */
  async click(selector) {
    const { value } = await this.#ask("WebDriver:FindElement", { using: "css selector", value: selector });
    await this.#ask("WebDriver:ElementClick", { id: value[ELEMENT] });
  }

  /** Closes Firefox. */
  async close() {
    this.#socket?.destroy();
    this.#process.kill("SIGTERM");
    const killed = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await this.#ended;
    clearTimeout(killed);
  }

  #ask(name, parameters) {
    this.#count += 1;
    const id = this.#count;
    const text = JSON.stringify([0, id, name, parameters]);
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((done, fail) => {
      const late = setTimeout(() => fail(new Error(`Firefox does not answer ${name}`)), 60_000);
      this.#waiting.set(id, (error, result) => {
        clearTimeout(late);
        if (error === null) done(result);
        else fail(new Error(`Firefox, ${name}: ${error.error}: ${error.message}`));
      });
    });
  }

  /** The first line is a greeting without an id. Everything it says here is ASCII, so that characters are bytes. */
  #hear(text) {
    this.#read += text;
    for (;;) {
      const colon = this.#read.indexOf(":");
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#read.slice(0, colon));
      if (this.#read.length < end) return;
      const said = JSON.parse(this.#read.slice(colon + 1, end));
      this.#read = this.#read.slice(end);
      if (!Array.isArray(said)) continue;
      const [, id, error, result] = said;
      this.#waiting.get(id)?.(error, result);
      this.#waiting.delete(id);
    }
  }
}
