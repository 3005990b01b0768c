// A W3C WebDriver client of the few verbs that the window test needs: it finds things as a person does, by their words.

import { setTimeout as pause } from "node:timers/promises";

/** How an element is named in the protocol's JSON. Source: W3C WebDriver, "Elements". */
export const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Keys without a letter. Source: W3C WebDriver, "Keyboard actions". */
const KEYS = { Alt: "\uE00A", Enter: "\uE007", Escape: "\uE00C", Tab: "\uE004", Shift: "\uE008" };

/** How long a person would wait for something to appear. */
const PATIENCE_MS = 15_000;

/** The web view in the window, through a running `tauri-driver`. */
export class Window {
  #base;

  /** Starts the application with its arguments, and attaches to its web view. */
  static async open(driver, application, args) {
    const capabilities = { alwaysMatch: { "tauri:options": { application, args } } };
    const { sessionId } = await call("POST", `${driver}/session`, { capabilities });
    return new Window(`${driver}/session/${sessionId}`);
  }

  constructor(base) {
    this.#base = base;
  }

  /** Closes the window, and with it the process. */
  async close() {
    await call("DELETE", this.#base);
  }

  /** Returns everything that can be read. */
  async text() {
    const body = await this.#find("//body");
    try {
      return await call("GET", `${this.#base}/element/${body}/text`);
    } catch (error) {
      // The driver loses its way in a list of suggestions, whose options belong to no field.
      if (!/displayedness/.test(error.message)) throw error;
      return call("POST", `${this.#base}/execute/sync`, { script: "return document.body.innerText;", args: [] });
    }
  }

  /** Waits until these words can be read. */
  async shows(...words) {
    let seen = "";
    await until(`the window shows ${words.map((word) => JSON.stringify(word)).join(", ")}`, async () => {
      seen = await this.text();
      return words.every((word) => seen.includes(word));
    }, () => `It shows:\n${seen}`);
  }

  /** Presses the button, tab or link with this name; the last one where several have it. */
  async press(name) {
    const q = quoted(name);
    const is = `(normalize-space()=${q} or @aria-label=${q})`;
    await this.#click(`//button[${is} and not(@disabled)] | //a[${is}] | //summary[${is}]`, name);
  }

  /** Presses a key where the focus is: `Enter`, `Escape`. */
  async pressKey(name) {
    // What is pressed the moment that something appears was meant for what was there before.
    await pause(700);
    const focused = await call("GET", `${this.#base}/element/active`);
    const text = { Enter: "\uE006", Escape: "\uE00C" }[name];
    await call("POST", `${this.#base}/element/${focused[ELEMENT]}/value`, { text });
  }

  /** Chooses the radio button or box with this label. */
  async choose(label) {
    const q = quoted(label);
    await this.#click(`//label[normalize-space()=${q}]`, label);
  }

  /** Writes into the field with this label. */
  async write(label, value) {
    const field = await this.#field(label);
    await call("POST", `${this.#base}/element/${field}/clear`, {});
    await call("POST", `${this.#base}/element/${field}/value`, { text: value });
  }

  /** Presses keys one after the other, as on a keyboard: text, or a chord such as `["Alt", "n"]`. */
  async keys(...keys) {
    const actions = [];
    for (const key of keys) {
      const chord = (Array.isArray(key) ? key : [key]).map((name) => KEYS[name] ?? name);
      actions.push(...chord.map((value) => ({ type: "keyDown", value })));
      actions.push(...chord.reverse().map((value) => ({ type: "keyUp", value })));
    }
    await call("POST", `${this.#base}/actions`, { actions: [{ type: "key", id: "keyboard", actions }] });
    await call("DELETE", `${this.#base}/actions`);
  }

  /** Returns what is in the field with this label. */
  async valueOf(label) {
    const field = await this.#field(label);
    return call("GET", `${this.#base}/element/${field}/property/value`);
  }

  /** Runs a script in the page, as somebody would who had got into it. Returns what its promise becomes. */
  run(script, ...args) {
    const whole = `const done = arguments[arguments.length - 1]; (async (...args) => { ${script} })(...arguments).then(
      (value) => done({ value }), (error) => done({ error: error?.code ?? String(error) }));`;
    return call("POST", `${this.#base}/execute/async`, { script: whole, args });
  }

  /** Says how many windows and pages are open. */
  async count() {
    return (await call("GET", `${this.#base}/window/handles`)).length;
  }

  /** Returns the middle of the last button, tab, link or field with this name, from the page's upper left corner. */
  async middle(name) {
    const q = quoted(name);
    const is = `(normalize-space()=${q} or @aria-label=${q})`;
    const labelled = `@id=//label[normalize-space()=${q}]/@for or @aria-label=${q}`;
    const element = await this.#wait(`(//button[${is} and not(@disabled)] | //a[${is}] | //input[${labelled}])[last()]`, name);
    const script = `arguments[0].scrollIntoView({ block: "nearest" });
      const { left, top, width, height } = arguments[0].getBoundingClientRect();
      return { x: Math.round(left + width / 2), y: Math.round(top + height / 2) };`;
    return call("POST", `${this.#base}/execute/sync`, { script, args: [{ [ELEMENT]: element }] });
  }

  /** Returns the language that the page says it is in. */
  language() {
    return call("POST", `${this.#base}/execute/sync`, { script: "return document.documentElement.lang;", args: [] });
  }

  /** Returns the picture of what the window shows, as PNG. */
  async picture() {
    // What can be read may not have been painted yet.
    const painted = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));";
    await call("POST", `${this.#base}/execute/async`, { script: painted, args: [] });
    return Buffer.from(await call("GET", `${this.#base}/screenshot`), "base64");
  }

  async #click(xpath, name) {
    await until(`${name} can be pressed`, async () => {
      // The last one that is shown: a page with changes stays behind another tab.
      for (const element of (await this.#all(xpath)).reverse()) {
        try {
          if (!(await call("GET", `${this.#base}/element/${element}/displayed`))) continue;
          await call("POST", `${this.#base}/element/${element}/click`, {});
          return true;
        } catch (error) {
          // The page was drawn anew in between, or something covers it for a moment.
          if (!/stale|intercepted|interactable/.test(error.message)) throw error;
        }
      }
      return false;
    }, async () => `The window shows:\n${await this.text()}`);
  }

  #field(label) {
    const q = quoted(label);
    return this.#wait(`(//input | //textarea)[@id=//label[normalize-space()=${q}]/@for or @aria-label=${q}]`, label);
  }

  async #wait(xpath, name) {
    let element = null;
    await until(`there is ${name}`, async () => (element = await this.#find(xpath)) !== null,
      async () => `The window shows:\n${await this.text()}`);
    return element;
  }

  async #all(xpath) {
    const found = await call("POST", `${this.#base}/elements`, { using: "xpath", value: xpath });
    return found.map((one) => one[ELEMENT]);
  }

  async #find(xpath) {
    try {
      const found = await call("POST", `${this.#base}/element`, { using: "xpath", value: xpath });
      return found[ELEMENT];
    } catch (error) {
      if (/no such element|stale/.test(error.message)) return null;
      throw error;
    }
  }
}

/** Waits for a condition; says what it waited for, and what was there instead. */
export async function until(what, condition, instead = () => "", patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > end) {
      const problem = new Error(`waited ${patience / 1000} s in vain until ${what}. ${await instead()}`);
      Error.captureStackTrace(problem, until);
      throw problem;
    }
    await pause(100);
  }
}

async function call(method, url, body) {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${value?.error}: ${value?.message}`);
  return value;
}

/** Spells a text in XPath, which has no escapes. */
function quoted(text) {
  if (!text.includes('"')) return `"${text}"`;
  return `concat(${text.split('"').map((part) => `"${part}"`).join(`, '"', `)})`;
}
