import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { problem, type MemoryBackend, type World } from "../src/memory-backend";
import { calm, openEnds, row } from "../src/worlds";
import { openWindow, settle } from "./screens";

let close = (): void => {};
afterEach(() => close());

async function open(world: World): Promise<MemoryBackend> {
  const opened = await openWindow(world);
  close = opened.close;
  return opened.backend;
}

async function press(name: string | RegExp, at = 0): Promise<void> {
  const button = screen.getAllByRole("button", { name })[at];
  if (button === undefined) throw new Error(`no button ${String(name)}`);
  await fireEvent.click(button);
  await settle();
}

const field = () => screen.getByRole<HTMLInputElement>("searchbox", { name: "Name, account or company" });

async function search(text: string): Promise<void> {
  await fireEvent.input(field(), { target: { value: text } });
  await fireEvent.submit(field());
  await settle();
}

describe("moving a logged call", () => {
  it("finds a record by name and moves the call to it, by keyboard alone", async () => {
    const backend = await open(calm());
    const opener = screen.getByRole("button", { name: /^Move the call with Anna Meyer, .+ to another record$/ });
    expect(opener.getAttribute("aria-expanded")).toBe("false");
    await fireEvent.click(opener);
    await settle();
    expect(opener.getAttribute("aria-expanded")).toBe("true");
    expect(document.activeElement).toBe(field());

    await search("bob northwind");
    expect(screen.getByText("1 record").getAttribute("role")).toBe("status");
    await press(/^Bob Liu/, 0);
    const call = backend.world.calls[0]?.call.id;
    expect(backend.asked.at(-1)).toEqual({ command: "move_call", call, record: "00Q5g00000EXAM1AAA" });
    expect(screen.queryByRole("searchbox", { name: "Name, account or company" })).toBeNull();
    expect(screen.getAllByRole("listitem")[0]?.textContent).toContain("Bob Liu");
    expect(document.activeElement?.getAttribute("aria-label")).toMatch(/^Move the call with Bob Liu, .+ to another record$/u);
  });

  it("is left with Escape, and the focus is where it was", async () => {
    const backend = await open(calm());
    await press(/^Move the call with Anna Meyer/);
    const asked = backend.asked.length;
    await fireEvent.keyDown(field(), { key: "Escape" });
    await settle();
    expect(document.activeElement?.getAttribute("aria-label")).toMatch(/^Move the call with Anna Meyer/);
    expect(backend.asked).toHaveLength(asked);
  });

  it("says where the call is now, that nothing was found, and when only known records were looked at", async () => {
    const world = calm();
    world.status.salesforce.state = "unreachable";
    await open(world);
    await press(/^Move the call with Anna Meyer/);
    await search("nobody at all");
    expect(screen.getByText(/^No record has this name\. Salesforce could not be asked/)).toBeTruthy();
    await search("anna");
    const now = within(screen.getByRole("list", { name: "Records found" })).getByRole<HTMLButtonElement>("button");
    expect(now.textContent).toContain("the call belongs to it now");
    expect(now.disabled).toBe(true);
  });

  it("says in place why it did not work, and can be tried again", async () => {
    const backend = await open(calm());
    backend.refuse("move_call", problem("call.not_movable", "This call cannot be moved.", "Sign in with the other account."));
    await press(/^Move the call with Anna Meyer/);
    await search("bob");
    await press(/^Bob Liu/);
    expect(screen.getByRole("alert").textContent).toContain("This call cannot be moved.");
    backend.refuse("move_call", null);
    await press(/^Bob Liu/);
    expect(screen.getAllByRole("listitem")[0]?.textContent).toContain("Bob Liu");
  });

  it("is offered where several records have the number, and where the record is gone", async () => {
    const gone = row({ journal: { state: "stuck", task_id: "00T5g00000EXAMPEAA", reason: "x" } }, "journal.record_gone");
    await open({ ...calm(), calls: [...openEnds(), gone] });
    await press(/^Choose…/);
    await press(/^Somebody else…/, 0);
    expect(field()).toBeTruthy();
    await fireEvent.keyDown(field(), { key: "Escape" });
    await settle();
    await press(/^Somebody else…/, 0);
    expect(field()).toBeTruthy();
  });

  it("is not offered for a call that goes on, is not logged, or is another user's", async () => {
    const other = row({ journal: { state: "waiting", task_id: null, reason: "kept" } }, "journal.other_account");
    const skipped = row({ journal: { state: "skipped", task_id: null, reason: "no" } }, "journal.never_list");
    const live = row({ result: "ringing", journal: { state: "none", task_id: null } });
    await open({ ...calm(), calls: [other, skipped, live] });
    expect(screen.queryByRole("button", { name: /^Move the call/ })).toBeNull();
  });

  it("tells beside a logged call that its task was deleted", async () => {
    const deleted = row({ journal: { reason: "the Task was deleted in Salesforce" } }, "journal.task_deleted");
    await open({ ...calm(), calls: [deleted] });
    expect(screen.getByText("Somebody deleted the logged call in Salesforce. It is not written again.")).toBeTruthy();
  });
});

describe("remembered callers", () => {
  async function panel(world = calm()): Promise<MemoryBackend> {
    const backend = await open(world);
    await fireEvent.click(screen.getByRole("tab", { name: "Status" }));
    await settle();
    await press("Remembered callers");
    return backend;
  }

  it("are listed with number and date, and say when a record is not used", async () => {
    await panel();
    const [anton, old] = screen.getAllByRole("listitem");
    expect(anton?.textContent).toMatch(/Anton Meyer.*\+49 30 1234567 · Contact · since /);
    expect(old?.textContent).toMatch(/0035g00000EXAM8AAA.*Not used: this record is gone/);
  });

  it("are forgotten one by one, and all after a question", async () => {
    const backend = await panel();
    await press("Forget who +49 30 1234567 is");
    expect(backend.asked.slice(-2)).toEqual([
      { command: "forget_choice", number: "+49301234567" },
      { command: "remembered_choices" },
    ]);
    expect(screen.getByText("+49 30 1234567 is forgotten. At the next call you are asked again.")).toBeTruthy();
    expect(screen.getAllByRole("listitem")).toHaveLength(1);

    await press("Forget all");
    const dialog = within(screen.getByRole("dialog"));
    await fireEvent.click(dialog.getByRole("button", { name: "Forget all" }));
    await settle();
    expect(backend.asked).toContainEqual({ command: "forget_choice", number: null });
    expect(screen.getByText("Nothing is remembered.")).toBeTruthy();
  });

  it("tell in Chinese what they are", async () => {
    const world = { ...calm(), choices: [] };
    world.settings.language = "zh-CN";
    const backend = await open(world);
    await fireEvent.click(screen.getByRole("tab", { name: "状态" }));
    await settle();
    await press("记住的来电者");
    expect(screen.getByText("没有记住任何选择。")).toBeTruthy();
    expect(backend.asked.at(-1)).toEqual({ command: "remembered_choices" });
  });
});
