// The screens: a name, the scripted state (ui/src/scripted.ts), and what a person does to get there.

const status = async (page) => {
  await page.getByRole("tab").nth(1).click();
};
const scrollTo = (selector) => async (page) => {
  await page.locator(selector).last().scrollIntoViewIfNeeded();
};
const after = (...acts) => async (page) => {
  for (const act of acts) await act(page);
};
const type = (text) => async (page) => {
  await page.locator("input[type=search]").fill(text);
};
const press = (key) => async (page) => {
  await page.keyboard.press(key);
};
const click = (selector) => async (page) => {
  await page.locator(selector).first().click();
};
const fill = (selector, text) => async (page) => {
  await page.locator(selector).first().fill(text);
};
const panel = (key) => click(`.panels button[data-panel=${key}]`);
const moveCall = click("button.bare[aria-expanded]");
const find = (text) => async (page) => {
  await page.locator("main form[role=search] input").fill(text);
  await page.locator("main form[role=search] button").click();
};
const openAll = async (page) => {
  for (const summary of await page.locator("details:not([open]) > summary").elementHandles()) await summary.click();
};
const doctor = async (page) => {
  await page.locator(".panels button", { hasText: /Check the set-up|检查设置/u }).click();
};
const bindings = async (page) => {
  await status(page);
  await page.locator(".panels button", { hasText: /Bindings|绑定/u }).click();
};
const fillPbx = async (page) => {
  const fields = page.locator("form .field input");
  await fields.nth(0).fill("https://192.168.5.150:8088");
  await fields.nth(1).fill("c0ffee0000000000000000000000c0de");
  await fields.nth(2).fill("a secret");
};

export const screens = [
  { name: "calls", state: "calm" },
  { name: "calls-forced", state: "calm", forced: true },
  { name: "calls-empty", state: "empty" },
  { name: "calls-demo", state: "demo" },
  { name: "calls-todo", state: "todo" },
  { name: "calls-filter-todo", state: "todo", act: click(".filters button:nth-child(3)") },
  { name: "calls-filter-missed", state: "todo", act: click(".filters button:nth-child(2)") },
  { name: "calls-choose", state: "todo", act: click(".fate.needs button") },
  { name: "calls-search", state: "calm", act: type("bob") },
  { name: "calls-search-none", state: "calm", act: type("zzz") },
  { name: "calls-note", state: "calm", act: click("button.bare[aria-expanded] + button.bare[aria-expanded]") },
  { name: "calls-note-unfinished", state: "unfinished" },
  { name: "calls-discarded", state: "discarded" },
  { name: "calls-aside", state: "aside", act: async (page) => page.waitForSelector(".aside") },
  { name: "calls-move", state: "calm", act: moveCall },
  { name: "calls-move-found", state: "calm", act: after(moveCall, find("meyer"), async (page) => page.waitForSelector("main form[role=search] ~ ul")) },
  { name: "calls-move-none", state: "calm", act: after(moveCall, find("zzz")) },
  { name: "dial-number", state: "calm", act: type("+49 30 1234567") },
  { name: "dial-confirm", state: "calm", act: after(type("+49 30 1234567"), press("Enter")) },
  { name: "dial-refused", state: "calm", act: after(type("+1900 555 0100"), press("Enter")) },
  ...["link", "link-abroad", "link-short", "link-several", "link-searching", "link-refused", "link-premium", "link-obstacle", "link-hostile", "link-hostile-names"]
    .map((state) => ({ name: state, state })),
  { name: "link-forced", state: "link", forced: true },
  { name: "settings-links", state: "link-searching", act: after(press("Escape"), status, panel("settings"), scrollTo("fieldset:has(.links)")) },
  { name: "ringing-one", state: "ringing-one" },
  { name: "ringing-one-why", state: "ringing-one", act: click("article summary") },
  { name: "ringing-several", state: "ringing-several" },
  { name: "ringing-none", state: "ringing-none" },
  { name: "withheld", state: "withheld" },
  { name: "searching", state: "searching" },
  { name: "slow", state: "slow" },
  { name: "search-failed", state: "search-failed" },
  { name: "dialling", state: "dialling" },
  { name: "talking", state: "talking" },
  { name: "talking-several", state: "talking-several", act: click("article summary") },
  { name: "ended", state: "ended" },
  { name: "wrap-up", state: "wrap-up" },
  { name: "wrap-up-related", state: "wrap-up", act: click(".note .more button:nth-child(1)") },
  { name: "wrap-up-follow-up", state: "wrap-up", act: click(".note .more button:nth-child(2)") },
  { name: "wrap-up-hostile", state: "wrap-up-hostile", act: click(".note .more button:nth-child(1)") },
  { name: "elsewhere", state: "elsewhere" },
  { name: "internal", state: "internal" },
  { name: "two-calls", state: "two-calls" },
  { name: "status", state: "calm", act: status },
  { name: "status-end", state: "calm", act: after(status, scrollTo(".last")) },
  { name: "status-contacts", state: "calm", act: after(status, scrollTo(".cards section:nth-of-type(5)")) },
  { name: "status-contacts-building", state: "building", act: after(status, scrollTo(".cards section:nth-of-type(5)")) },
  { name: "status-contacts-paused", state: "index-paused", act: after(status, scrollTo(".cards section:nth-of-type(5)")) },
  { name: "status-forced", state: "problems", act: status, forced: true },
  { name: "status-problems", state: "problems", act: status },
  { name: "status-problems-end", state: "problems", act: after(status, scrollTo(".last")) },
  { name: "status-disabled", state: "disabled", act: after(status, scrollTo(".last")) },
  { name: "status-paused", state: "paused", act: after(status, scrollTo(".last")) },
  { name: "status-locked", state: "locked", act: after(status, scrollTo(".last")) },
  { name: "status-connecting", state: "connecting", act: status },
  { name: "status-demo", state: "demo", act: status },
  { name: "status-change-pbx", state: "calm", act: after(status, click(".cards section:nth-of-type(1) .buttons button")) },
  { name: "status-extension", state: "calm", act: after(status, click(".cards section:nth-of-type(3) .buttons button"), scrollTo("form select")) },
  { name: "status-creation-paused", state: "creation-paused", act: after(status, scrollTo(".note")) },
  { name: "status-policy", state: "policy", act: after(status, scrollTo(".last")) },
  { name: "settings", state: "calm", act: after(status, panel("settings")) },
  { name: "settings-end", state: "calm", act: after(status, panel("settings"), click("fieldset:nth-of-type(5) input"), scrollTo("form .buttons")) },
  { name: "settings-wrong", state: "calm", act: after(status, panel("settings"), fill("fieldset:nth-of-type(3) input", "Germany"), click("form .primary")) },
  { name: "settings-locked", state: "locked", act: after(status, panel("settings")) },
  { name: "settings-locked-end", state: "locked", act: after(status, panel("settings"), scrollTo("form .buttons")) },
  { name: "settings-leave", state: "calm", act: after(status, panel("settings"), click("fieldset:nth-of-type(2) input"), press("Escape")) },
  { name: "settings-forced", state: "locked", act: after(status, panel("settings")), forced: true },
  { name: "bindings", state: "calm", act: bindings },
  { name: "bindings-conflicts", state: "calm", act: after(bindings, click(".filters button:nth-child(4)")) },
  { name: "bindings-select", state: "calm", act: after(bindings, async (page) => page.locator("li select").last().focus(), scrollTo("li select")) },
  { name: "bindings-none", state: "calm", act: after(bindings, async (page) => page.locator("main input[type=search]").fill("zzz")) },
  { name: "bindings-review", state: "calm", act: after(bindings, click(".buttons .primary"), click(".foot .primary")) },
  { name: "bindings-crowd", state: "crowd", act: bindings },
  { name: "bindings-crowd-end", state: "crowd", act: after(bindings, scrollTo("nav")) },
  { name: "bindings-crowd-review", state: "crowd", act: after(bindings, click(".buttons .primary"), click(".foot .primary")) },
  { name: "bindings-crowd-saved", state: "crowd", act: after(bindings, click(".buttons .primary"), click(".foot .primary"), click(".buttons .primary"), async (page) => page.waitForSelector(".failed")) },
  { name: "bindings-locked", state: "team-locked", act: bindings },
  { name: "bindings-file", state: "team-locked", act: after(bindings, click(".foot .primary")) },
  { name: "bindings-forced", state: "calm", act: bindings, forced: true },
  { name: "sync", state: "sync", act: after(status, panel("contacts")) },
  { name: "sync-off", state: "sync-off", act: after(status, panel("contacts")) },
  { name: "sync-running", state: "sync-running", act: after(status, panel("contacts")) },
  { name: "sync-reading", state: "sync-reading", act: after(status, panel("contacts")) },
  { name: "sync-other", state: "sync-other", act: after(status, panel("contacts")) },
  { name: "sync-dry-run", state: "sync", act: after(after(status, panel("contacts")), click("main section section .buttons button")) },
  { name: "sync-mass", state: "sync-mass", act: after(status, panel("contacts")) },
  { name: "sync-mass-ask", state: "sync-mass", act: after(after(status, panel("contacts")), click(".note .danger")) },
  { name: "callers", state: "calm", act: after(status, panel("callers")) },
  { name: "callers-ask", state: "calm", act: after(status, panel("callers"), click("main ul ~ .buttons button")) },
  { name: "disconnect", state: "problems", act: after(status, click(".last .danger")) },
  { name: "doctor", state: "calm", act: after(status, doctor) },
  { name: "doctor-problems", state: "problems", act: after(status, doctor) },
  { name: "doctor-problems-salesforce", state: "problems", act: after(status, doctor, scrollTo("section section:nth-of-type(2)")) },
  { name: "doctor-open", state: "calm", act: after(status, doctor, openAll) },
  { name: "doctor-forced", state: "problems", act: after(status, doctor), forced: true },
  { name: "hostile-doctor", state: "hostile", act: after(status, doctor) },
  { name: "first-run", state: "first-run" },
  { name: "first-run-missing", state: "first-run", act: click("form .primary") },
  { name: "first-run-certificate", state: "first-run-certificate", act: after(fillPbx, click("form .primary"), scrollTo(".certificate")) },
  { name: "first-run-address", state: "first-run", act: async (page) => {
    await page.locator("form .field input").first().fill("192.168.5.150");
    await page.locator(".read:not(:empty)").waitFor();
  } },
  { name: "first-run-changed", state: "first-run-changed", act: after(async (page) => {
    await page.locator("form .field input").nth(2).fill("a secret");
  }, click("form .primary"), scrollTo(".certificate")) },
  { name: "first-run-salesforce", state: "first-run-salesforce" },
  { name: "first-run-salesforce-admin", state: "first-run-salesforce", act: after(openAll, scrollTo("details")) },
  { name: "first-run-waiting", state: "first-run-waiting" },
  { name: "first-run-waiting-help", state: "first-run-waiting", act: after(openAll, scrollTo("details")) },
  { name: "first-run-failed", state: "first-run-failed", act: scrollTo(".note") },
  { name: "first-run-you", state: "first-run-salesforce", act: click(".steps li:nth-child(3) button") },
  { name: "first-run-test", state: "first-run-salesforce", act: click(".steps li:nth-child(4) button") },
  { name: "first-run-test-rings", state: "first-run-salesforce", act: after(click(".steps li:nth-child(4) button"), click(".step .primary")) },
  { name: "calls-attention", state: "problems" },
  { name: "notice", state: "notice" },
  { name: "engine-gone", state: "gone" },
  { name: "hostile-calls", state: "hostile", act: openAll },
  { name: "hostile-list", state: "hostile", act: scrollTo("li") },
  { name: "hostile-status", state: "hostile", act: after(status, openAll) },
  { name: "hostile-bindings", state: "hostile", act: after(bindings, scrollTo("li select")) },
  { name: "hostile-extensions", state: "hostile", act: after(status, click(".cards section:nth-of-type(3) .buttons button")) },
];
