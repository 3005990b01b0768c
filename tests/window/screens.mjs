// Every screen in Chromium: a picture of each, no violation of accessibility rules, and no request that leaves.
//
//   npm run screens            in ui/, all of them
//   npm run screens -- hostile only those whose name contains the word
//
// The pages come from a build that runs on scripted states (`vite build --mode screens`), served under the content
// policy of the window. Pictures go to tests/window/out/.

import { createServer } from "node:http";
import { mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { screens } from "./screens-list.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const fromUi = createRequire(new URL("../../ui/package.json", import.meta.url));
const { chromium } = fromUi("playwright-core");
const axe = await readFile(fromUi.resolve("axe-core/axe.min.js"), "utf8");

const out = join(here, "out");
const site = join(out, "site");
const only = process.argv[2] ?? "";

/** The window's policy, as the shell sets it: nothing but the program's own files. */
const POLICY =
  "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'none'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const LOOKS = [
  { locale: "en-GB", scheme: "light" },
  { locale: "en-GB", scheme: "dark" },
  { locale: "zh-CN", scheme: "light" },
  { locale: "zh-CN", scheme: "dark" },
];

/** How many pages are open at once. */
const AT_ONCE = 3;

const complaints = [];
const { server, address } = await serve();
const browser = await launch();
try {
  for (const look of LOOKS) {
    const folder = join(out, `${look.locale}-${look.scheme}`);
    if (only === "") await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const queue = screens.filter(({ name }) => name.includes(only));
    await Promise.all(Array.from({ length: AT_ONCE }, () => visitAll(queue, look, folder)));
  }
  await narrow();
} finally {
  await browser.close();
  server.close();
}

for (const complaint of complaints) console.error(complaint);
const seen = screens.filter(({ name }) => name.includes(only)).length;
console.log(`screens: ${seen} states × ${LOOKS.length} looks, ${complaints.length} complaints, pictures in tests/window/out/`);
process.exitCode = complaints.length === 0 && seen > 0 ? 0 : 1;

/** Takes screens from the queue until it is empty. */
async function visitAll(queue, look, folder) {
  const context = await browser.newContext({
    viewport: { width: 360, height: 600 },
    deviceScaleFactor: 2,
    locale: look.locale,
    colorScheme: look.scheme,
    reducedMotion: "reduce",
    timezoneId: "Europe/Berlin",
  });
  context.setDefaultTimeout(10_000);
  for (let screen = queue.shift(); screen !== undefined; screen = queue.shift()) {
    const label = `${screen.name} ${look.locale} ${look.scheme}`;
    const page = await context.newPage();
    try {
      await visit(page, screen, label, join(folder, `${screen.name}.png`));
    } catch (error) {
      complaints.push(`${label}: ${error.message.split("\n")[0]}`);
    }
    await page.close();
  }
  await context.close();
}

/** Opens a state, does what leads to the screen, looks at it, and checks it. */
async function visit(page, { state, act, forced }, label, picture) {
  const asked = spy(page);
  if (forced) await page.emulateMedia({ forcedColors: "active" });
  page.on("pageerror", (error) => complaints.push(`${label}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${label}: console: ${message.text()}`);
  });
  await page.addInitScript(() => {
    // As the shell's `freezePrototype` does.
    Object.freeze(Object.prototype);
    globalThis.violations = [];
    addEventListener("securitypolicyviolation", (event) =>
      globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  await page.goto(`${address}/index.html?state=${state}`);
  await page.waitForSelector("main");
  await page.waitForTimeout(120);
  await act?.(page);
  await page.waitForTimeout(60);
  await page.screenshot({ path: picture });

  for (const violation of await page.evaluate(() => globalThis.violations)) {
    complaints.push(`${label}: the content policy stopped ${violation}`);
  }
  for (const url of asked) complaints.push(`${label}: asked for ${url}`);
  await checkText(page, label);
  // Forced colours are the system's own: their contrast is not ours to measure.
  if (!forced) await checkAxe(page, label);
}

/** Notes every request that is not for one of the window's own files. */
function spy(page) {
  const asked = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${address}/`)) asked.push(request.url());
  });
  page.on("dialog", (dialog) => {
    asked.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  return asked;
}

/** Runs the accessibility rules of WCAG 2.2 AA, and good practice, over the page. */
async function checkAxe(page, label) {
  // Outside the page's policy: it is the tool's own script.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  for (const { id, help, nodes } of violations) {
    const where = nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(" ")} ${failureSummary?.split("\n")[1]?.trim() ?? ""}`);
    complaints.push(`${label}: ${id} (${help}) at ${where.join("; ")}`);
  }
}

/** What would show that other people's text was taken for more than text, or that the page is wider than the window. */
async function checkText(page, label) {
  const found = await page.evaluate(() => {
    const text = document.body.innerText;
    const wrong = [];
    if (/[\u202a-\u202e\u2066-\u2069\u200b\u0000-\u0008\u001b]/u.test(text)) wrong.push("unseen characters are shown");
    if (/\p{M}{5}/u.test(text)) wrong.push("marks are stacked");
    if (document.querySelector("bdi img, bdi script, bdi style, bdi svg, bdi a, bdi b, iframe")) wrong.push("text became an element");
    if (/undefined|\[object|NaN/u.test(text)) wrong.push("a value is missing");
    if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the window");
    for (const element of document.querySelectorAll("main *")) {
      const { right, width } = element.getBoundingClientRect();
      if (width > 1 && right > innerWidth + 1 && !element.closest(".unseen")) {
        wrong.push(`${element.tagName.toLowerCase()}.${element.className} runs out of the window`);
        break;
      }
    }
    return wrong;
  });
  for (const wrong of found) complaints.push(`${label}: ${wrong}`);
}

/** The smallest window: nothing runs out of it, and everything can be scrolled to. */
async function narrow() {
  for (const state of ["todo", "two-calls", "problems", "first-run-salesforce", "hostile"]) {
    const context = await browser.newContext({ viewport: { width: 320, height: 420 }, locale: "en-GB", deviceScaleFactor: 2 });
    const page = await context.newPage();
    await page.goto(`${address}/index.html?state=${state}`);
    await page.waitForSelector("main");
    await page.waitForTimeout(120);
    await page.screenshot({ path: join(out, `narrow-${state}.png`) });
    await checkText(page, `narrow ${state}`);
    const room = await page.evaluate(() => document.querySelector("main").clientHeight);
    if (room < 120) complaints.push(`narrow ${state}: only ${room} pixels are left for the screen`);
    await context.close();
  }
}

/** Serves the built pages on a free port of loopback. */
async function serve() {
  const made = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    readFile(join(site, path)).then(
      (body) => {
        response.writeHead(200, {
          "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
          "Content-Security-Policy": POLICY,
        });
        response.end(body);
      },
      () => {
        response.writeHead(404);
        response.end();
        complaints.push(`the page asked for ${path}, which there is not`);
      },
    );
  });
  await new Promise((resolve) => made.listen(0, "127.0.0.1", resolve));
  return { server: made, address: `http://127.0.0.1:${made.address().port}` };
}

/** Starts Debian's Chromium, or the one that PATCHCORD_CHROMIUM names. */
async function launch() {
  const executablePath = process.env.PATCHCORD_CHROMIUM ?? "/usr/bin/chromium";
  try {
    return await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
  } catch (error) {
    console.error(`screens: Chromium did not start (${executablePath}). On Debian: apt-get install chromium. ${error.message.split("\n")[0]}`);
    server.close();
    process.exit(1);
  }
}
