import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import type { MemoryBackend, World } from "../src/memory-backend";
import { problem } from "../src/memory-backend";
import { patchOf, rebased } from "../src/settings";
import { calm } from "../src/worlds";
import { openWindow, settle } from "./screens";

let close = (): void => {};
afterEach(() => close());

async function openSettings(change: (world: World) => void = () => {}): Promise<MemoryBackend> {
  const world = calm();
  change(world);
  const opened = await openWindow(world);
  close = opened.close;
  await press("Status", "tab");
  await press("Settings");
  return opened.backend;
}

async function press(name: string | RegExp, role: "button" | "tab" = "button"): Promise<void> {
  await fireEvent.click(screen.getByRole(role, { name }));
  await settle();
}

async function choose(label: string, value: string): Promise<void> {
  await fireEvent.change(screen.getByRole("combobox", { name: label }), { target: { value } });
  await settle();
}

async function type(label: string, value: string): Promise<void> {
  await fireEvent.input(screen.getByRole("textbox", { name: label }), { target: { value } });
  await settle();
}

describe("the page of settings", () => {
  it("saves only the sections that a person has changed", async () => {
    const backend = await openSettings();
    const save = screen.getByRole<HTMLButtonElement>("button", { name: "Save" });
    expect(save.disabled).toBe(true);
    await choose("Open the caller’s record", "answer");
    await type("Never log these numbers", "+4930*\n\n  +49401234567 ");
    await press("Save");
    const { pop, journal } = calm().settings.values;
    expect(backend.asked).toContainEqual({
      command: "change_settings",
      patch: {
        numbers: null, wrap_up: null, auto_create: null, contact_sync: null, dial: null, app: null,
        pop: { ...pop, when: "answer" },
        journal: { ...journal, never: ["+4930*", "+49401234567"] },
      },
    });
    expect(screen.getByText("Saved.")).toBeTruthy();
    expect(save.disabled).toBe(true);
  });

  it("says beside the field what is wrong, and keeps what was written", async () => {
    const backend = await openSettings();
    await type("Country", "Germany");
    await press("Save");
    const field = screen.getByRole<HTMLInputElement>("textbox", { name: "Country" });
    expect(field.getAttribute("aria-invalid")).toBe("true");
    const said = (field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent);
    expect(said.join(" ")).toContain("Write a country’s two letters, such as DE.");
    expect(field.value).toBe("Germany");
    expect(within(screen.getByRole("alert")).getByText(/Nothing was saved/)).toBeTruthy();
    expect(backend.world.settings.values.numbers.country).toBe("DE");
    await press("Discard changes");
    expect(field.value).toBe("DE");
    expect(field.getAttribute("aria-invalid")).toBe("false");
  });

  it("locks what the policy sets and says who set it", async () => {
    await openSettings(({ settings }) => {
      settings.locked = ["pop.when", "journal.never", "numbers.extension_digits"];
      settings.policy_file = "/etc/patchcord/policy.toml";
    });
    const when = screen.getByRole<HTMLSelectElement>("combobox", { name: "Open the caller’s record" });
    expect(when.disabled).toBe(true);
    expect(document.getElementById(when.getAttribute("aria-describedby") ?? "")?.textContent).toContain(
      "Set by your administrator (/etc/patchcord/policy.toml)",
    );
    expect(screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Never log these numbers" }).disabled).toBe(true);
    const digits = within(screen.getByRole("group", { name: "Digits of an extension" }));
    expect(digits.getAllByRole<HTMLInputElement>("checkbox").every(({ disabled }) => disabled)).toBe(true);
    expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Country" }).disabled).toBe(false);
  });

  it("shows what a policy changes under it, and keeps what the person has begun", async () => {
    const backend = await openSettings();
    await type("Country", "AT");
    const { values } = backend.world.settings;
    backend.say({
      event: "settings",
      value: { ...backend.world.settings, locked: ["pop.when"], values: { ...values, pop: { ...values.pop, when: "never" } } },
    });
    await settle();
    expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Open the caller’s record" }).value).toBe("never");
    expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Country" }).value).toBe("AT");
  });

  it("tells a refusal", async () => {
    const backend = await openSettings();
    backend.refuse("change_settings", problem("policy.locked", "Your administrator's policy sets pop.when, in /etc/patchcord/policy.toml. Nothing was changed.", "Ask your administrator to change it there."));
    await choose("Open the caller’s record", "never");
    await press("Save");
    expect(screen.getByRole("alert").textContent).toContain("Your administrator's policy sets pop.when");
  });

  it("opens when the tray asks for it", async () => {
    const opened = await openWindow(calm());
    close = opened.close;
    opened.backend.say({ event: "show_settings" });
    await settle();
    expect(screen.getByRole("heading", { name: "Settings" })).toBeTruthy();
  });

  it("copies the settings", async () => {
    const backend = await openSettings();
    const asked = backend.asked.length;
    await press("Copy settings");
    // A web view's clipboard belongs to a person's act, which is over once an answer was waited for.
    expect(backend.asked.length).toBe(asked);
    expect(backend.copied).toEqual(['[pop]\nwhen = "ring"\n']);
    expect(screen.getByText("The settings are on the clipboard.")).toBeTruthy();
  });
});

describe("a draft of the settings", () => {
  it("is no patch where nothing differs", () => {
    const { values } = calm().settings;
    expect(patchOf(values, structuredClone(values))).toBeNull();
  });

  it("takes only what has changed under it", () => {
    const before = calm().settings.values;
    const draft = { ...before, app: { ...before.app, autostart: false } };
    const now = { ...before, app: { ...before.app, language: "en" as const }, dial: { ...before.dial, blocked: [] } };
    expect(rebased(draft, before, now)).toEqual({ ...now, app: { language: "en", autostart: false } });
  });
});
