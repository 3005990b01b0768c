import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { problem, type MemoryBackend, type World } from "../src/memory-backend";
import { calm, crowd } from "../src/worlds";
import { openWindow, settle } from "./screens";

let close = (): void => {};
afterEach(() => close());

async function open(change: (world: World) => void = () => {}): Promise<MemoryBackend> {
  const world = calm();
  change(world);
  const opened = await openWindow(world);
  close = opened.close;
  await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
  await press("Bindings");
  return opened.backend;
}

async function press(name: string | RegExp): Promise<void> {
  await fireEvent.click(screen.getByRole("button", { name }));
  await settle();
}

async function choose(name: string, extension: string): Promise<void> {
  const select = screen.getByLabelText<HTMLSelectElement>(`Extension of ${name}`);
  await fireEvent.focus(select);
  await fireEvent.change(select, { target: { value: extension } });
  await settle();
}

const list = (): HTMLElement => screen.getByRole("list", { name: "Users" });
const names = (): (string | null)[] => within(list()).getAllByRole("listitem").map((item) => item.querySelector(".name")?.textContent ?? null);
const status = (): (string | null)[] => screen.getAllByRole("status").map(({ textContent }) => textContent);

describe("the page of bindings", () => {
  it("is read when it is opened, without Salesforce's own users", async () => {
    const backend = await open();
    expect(backend.asked.at(-1)).toEqual({ command: "binding_table", robots: false });
    expect(names()).not.toContain("Integration User");
    await fireEvent.click(screen.getByLabelText("Show Salesforce’s own users as well"));
    await settle();
    expect(names()).toContain("Integration User");
  });

  it("tells what contradicts what, and who would get which", async () => {
    await open();
    expect(screen.getAllByText("4103 is also the extension of Nadia Haddad.")).toHaveLength(1);
    expect(screen.getByText("The PBX does not have extension 4999.")).toBeTruthy();
    expect(screen.getByText(/^Extension 4102 has the same e-mail address/)).toBeTruthy();
    expect(screen.getByText("not active")).toBeTruthy();
  });

  it("is filtered and searched", async () => {
    await open();
    await press(/^Unbound/);
    expect(names()).toEqual(["Leo Brandt", "Rosa Lindqvist"]);
    await press(/^All/);
    await fireEvent.input(screen.getByLabelText("Search name, e-mail or extension"), { target: { value: "4106" } });
    await settle();
    expect(names()).toEqual(["Old Colleague"]);
  });

  it("keeps a row where it is while somebody works on it", async () => {
    await open();
    await press(/^Unbound/);
    await choose("Rosa Lindqvist", "4105");
    expect(names()).toEqual(["Leo Brandt", "Rosa Lindqvist"]);
    expect(within(list()).getByText("new extension, not saved yet")).toBeTruthy();
  });

  it("says that a contradiction is not saved, where nothing else is changed", async () => {
    await open();
    await choose("Leo Brandt", "4101");
    expect(status()).toContain("1 choice contradicts something and is not saved.");
  });

  it("saves only after a look at the difference", async () => {
    const backend = await open();
    await press("Bind 1 by e-mail");
    await choose("Rosa Lindqvist", "4105");
    await choose("Camille Laurent", "");
    expect(status()).toContain("2 users get an extension, 0 change, 1 is cleared.");
    expect(backend.asked.some(({ command }) => command === "save_bindings")).toBe(false);
    await press("Review and save…");
    const changes = within(screen.getByRole("list", { name: "Changes" })).getAllByRole("listitem").map((item) => item.textContent);
    expect(changes).toEqual(["Camille Laurent4999 → No extension", "Leo BrandtNo extension → 4102", "Rosa LindqvistNo extension → 4105"]);
    await press("Save to Salesforce");
    expect(backend.asked).toContainEqual({
      command: "save_bindings",
      changes: [
        expect.objectContaining({ from: "4999", to: null }),
        expect.objectContaining({ from: null, to: "4102" }),
        expect.objectContaining({ from: null, to: "4105" }),
      ],
    });
    expect(status()).toContain("3 saved. Nothing is left to do.");
    expect(screen.queryByRole("button", { name: /^Save/ })).toBeNull();
  });

  it("sends again only what was refused", async () => {
    const backend = await open((world) => {
      world.refused = new Set(world.team.rows.filter(({ name }) => name === "Leo Brandt").map(({ user }) => user));
    });
    await press("Bind 1 by e-mail");
    await choose("Rosa Lindqvist", "4105");
    await press("Review and save…");
    await press("Save to Salesforce");
    expect(status()).toContain("1 saved, 1 not saved. What was saved is not sent again.");
    expect(screen.getByText(/you may not change this user’s extension/)).toBeTruthy();
    await press("Save these again");
    const saves = backend.asked.filter((command) => command.command === "save_bindings");
    expect(saves.map(({ changes }) => changes.length)).toEqual([2, 1]);
    await press("As a file…");
    expect(screen.getByLabelText<HTMLTextAreaElement>("Policies").value).toContain('[binding]\nextension = "4102"');
  });

  it("holds a choice back that doubles an extension", async () => {
    await open();
    await choose("Rosa Lindqvist", "4101");
    expect(screen.getByText("4101 is also the extension of Mara Voss.")).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Review and save…" }).disabled).toBe(true);
    await press("Discard changes");
    expect(screen.queryByText("4101 is also the extension of Mara Voss.")).toBeNull();
  });

  it("offers a file where Salesforce may not be written to", async () => {
    const backend = await open((world) => {
      world.team.writing = "read_only";
    });
    expect(screen.queryByRole("button", { name: "Review and save…" })).toBeNull();
    await press("As a file…");
    await press("Copy the table (CSV)");
    expect(backend.copied.at(-1)).toMatch(/^name,username,email,extension/);
  });

  it("says so to somebody who may not see users, and reads again when asked", async () => {
    const world = calm();
    const { backend, close: end } = await openWindow(world);
    close = end;
    backend.refuse("binding_table", problem("binding.no_users", "Your Salesforce user may not see the users of the org.", "Ask."));
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    await press("Bindings");
    expect(screen.getByText("Your Salesforce user may not see the users of the org.")).toBeTruthy();
    backend.refuse("binding_table", null);
    await press("Read again");
    expect(names()).toContain("Mara Voss");
  });

  it("with five hundred users and extensions is as small as with fifty", async () => {
    const nodes = async (size: number): Promise<number> => {
      await open((world) => {
        world.team = crowd(size);
      });
      const counted = document.querySelectorAll("main *").length;
      if (size === 500) {
        await choose("Agent 3", "5499");
        expect(within(list()).getByText("new extension, not saved yet")).toBeTruthy();
      }
      close();
      document.body.replaceChildren();
      return counted;
    };
    const fifty = await nodes(50);
    const fiveHundred = await nodes(500);
    // The way to the other pages is all that comes with more of them.
    expect(fiveHundred - fifty).toBeLessThan(20);
    expect(fiveHundred).toBeLessThan(1_500);
  });

  it("turns pages, and the focus goes with them", async () => {
    await open((world) => {
      world.team = crowd(120);
    });
    expect(status()).toContain("1–50 of 120");
    await press("Next page");
    await press("Next page");
    expect(status()).toContain("101–120 of 120");
    expect(names()[0]).toBe("Agent 100");
    expect(document.activeElement).toBe(list());
    await press("Next page");
    expect(names()).toHaveLength(20);
  });
});
