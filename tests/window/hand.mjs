// A person's hand: real keys and a real pointer on the window's display, through the X server and not through the web
// driver, whose clicks reach the page and nobody before it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

import { until } from "./webdriver.mjs";

/** Before this a question of the program's own cannot be agreed to. */
const FIRST_MOMENT_MS = 900;

export class Hand {
  #env;

  constructor(env) {
    this.#env = env;
  }

  /** Clicks at a point of the window. */
  async click({ x, y }) {
    const window = await this.takesWindow();
    await this.#does("mousemove", "--window", window, String(x), String(y));
    await pause(100);
    await this.#does("click", "1");
  }

  /** Presses keys, such as `Escape` or `alt+n`, where the focus is. */
  async press(...keys) {
    for (const key of keys) {
      await this.#does("key", key);
      await pause(60);
    }
  }

  /** Writes where the focus is, a key in so many milliseconds. */
  async write(text, everyMs = 20) {
    await this.#does("type", "--delay", String(everyMs), text);
  }

  /** Says how many questions of the program's own are on the screen. */
  async questions() {
    return (await this.#windows()).length;
  }

  /** Waits for a question of the program's own. Returns its window. */
  async question() {
    let found = [];
    await until("the program asks", async () => (found = await this.#windows()).length > 0);
    return found[0];
  }

  /** Agrees to the program's own question, by keyboard. */
  async agrees() {
    const window = await this.question();
    await pause(FIRST_MOMENT_MS);
    await this.#focuses(window);
    // The safe answer has the focus; the other one is beside it.
    await this.press("Tab", "Return");
    await this.#gone();
  }

  /** Turns the program's own question away. */
  async refuses(...keys) {
    const window = await this.question();
    await this.#focuses(window);
    await this.press(...(keys.length > 0 ? keys : ["Escape"]));
    await this.#gone();
  }

  /** Gives the window itself the keyboard. */
  async takesWindow() {
    const [found] = await this.#searches("--onlyvisible", "--name", "^Patchcord$");
    if (found === undefined) throw new Error("there is no window");
    await this.#focuses(found);
    return found;
  }

  /** Gives a window the keyboard. One that is still being drawn does not take it, so it is given again. */
  async #focuses(window) {
    await until("a window has the keyboard", async () => {
      await this.#run("windowfocus", window);
      const { said } = await this.#run("getwindowfocus");
      return said.trim() === window;
    });
  }

  async #gone() {
    await until("the question is gone", async () => (await this.questions()) === 0);
  }

  /** The dialogs: windows of the window's program that are not the window. */
  #windows() {
    return this.#searches("--onlyvisible", "--name", "^Patchcord: ");
  }

  async #searches(...words) {
    const { code, said } = await this.#run("search", ...words);
    return code === 0 ? said.trim().split("\n").filter((line) => line !== "") : [];
  }

  async #does(...words) {
    const { code, said } = await this.#run(...words);
    if (code !== 0) throw new Error(`xdotool ${words.join(" ")}: ${said}`);
  }

  async #run(...words) {
    const child = spawn("xdotool", words, { env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (data) => (said += data));
    child.stderr.on("data", (data) => (said += data));
    const [code] = await once(child, "close");
    return { code, said };
  }
}
