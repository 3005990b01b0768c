import { fireEvent, screen, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import type { MemoryBackend, World } from "../src/memory-backend";
import { scripted } from "../src/scripted";
import { calm, fresh, openEnds } from "../src/worlds";
import { last, openWindow, press, settle, type } from "./screens";

let close = (): void => {};
afterEach(() => close());

async function open(world: World): Promise<MemoryBackend> {
  const opened = await openWindow(world);
  close = opened.close;
  return opened.backend;
}

describe("the first run", () => {
  const fill = async (address: string, client: string, secret: string): Promise<void> => {
    await type(screen.getByLabelText("Address"), address);
    await type(screen.getByLabelText("Client ID"), client);
    await type(screen.getByLabelText("Client secret"), secret);
  };

  it("goes from the PBX over Salesforce and the extension to a test call", async () => {
    const backend = await open(fresh());
    await fill("https://pbx.example.com:8088", "id", "right");
    await press("Check and connect");
    expect(screen.getByText(/^Connected\. PBX 3630000X0001/)).toBeTruthy();

    await type(screen.getByLabelText("Consumer key"), "3MVG9");
    await press("Sign in with the browser");
    expect(screen.getByText("Go on in your browser")).toBeTruthy();
    backend.signsIn();
    await settle();
    expect(screen.getByText("Signed in as Mara Voss (mara.voss@example.com).")).toBeTruthy();

    await fireEvent.change(screen.getByLabelText("Extension"), { target: { value: "4102" } });
    await settle();
    await press("Use this extension");
    expect(last(backend)).toEqual({ command: "bind", extension: "4102" });
    expect(screen.getByText("You are extension 4102.")).toBeTruthy();
    await press("Ring now");
    expect(last(backend)).toEqual({ command: "test_call" });
    expect(within(screen.getByRole("article")).getByRole("heading").textContent).toBe("Test call, nobody is calling");
    await press("Finish");
    expect(screen.getByRole("tab", { name: "Calls" })).toBeTruthy();
  });

  it("asks for the country that nobody has said, and keeps it before the PBX is asked", async () => {
    const backend = await open(fresh());
    const country = screen.getByLabelText<HTMLInputElement>("Country");
    expect(country.value).toBe("DE");
    expect(screen.getByText("Germany: numbers without a country’s code are read as there")).toBeTruthy();
    await fill("https://pbx.example.com:8088", "id", "right");
    await type(country, "X1");
    await press("Check and connect");
    expect(screen.getByText("This is not a country’s two letters.")).toBeTruthy();
    expect(backend.asked.filter(({ command }) => command === "connect_pbx")).toHaveLength(0);
    await type(country, "fr");
    await press("Check and connect");
    expect(screen.getByText(/^Connected\. PBX/)).toBeTruthy();
    expect(backend.world.settings.values.numbers.country).toBe("FR");
    expect(backend.world.settings.country_by).toBe("said");
  });

  it("does not ask for a country that somebody has said", async () => {
    const world = fresh();
    world.settings.country_by = "said";
    await open(world);
    expect(screen.queryByLabelText("Country")).toBeNull();
  });

  it("tells what was done in the language that is chosen afterwards", async () => {
    await open(fresh());
    await fill("https://pbx.example.com:8088", "id", "right");
    await press("Check and connect");
    await fireEvent.change(screen.getByLabelText("Language"), { target: { value: "zh-CN" } });
    await settle();
    expect(screen.getByText(/^已连接。PBX 3630000X0001/)).toBeTruthy();
  });

  it("keeps every field when the PBX refuses, and clears the secret when it agrees", async () => {
    const backend = await open(fresh());
    await fill("https://pbx.example.com:8088", "id", "wrong");
    await press("Check and connect");
    expect(screen.getByRole("alert").textContent).toContain("The PBX refused the client ID or client secret");
    expect(screen.getByLabelText<HTMLInputElement>("Client secret").value).toBe("wrong");
    expect(screen.getByLabelText<HTMLInputElement>("Address").value).toBe("https://pbx.example.com:8088");
    expect(backend.asked.filter(({ command }) => command === "connect_pbx")).toHaveLength(1);
  });

  it("says truly where the secret is kept", async () => {
    const world = fresh();
    world.status.secrets = "session";
    await open(world);
    expect(screen.getByText(/kept in memory until Patchcord ends/)).toBeTruthy();
  });

  it("sends nothing while something is missing", async () => {
    const backend = await open(fresh());
    await press("Check and connect");
    expect(screen.getAllByText("Please fill this in.")).toHaveLength(3);
    expect(last(backend)?.command).toBe("watch");
  });

  it("shows a certificate that nobody vouches for, and pins it only when a person agrees", async () => {
    const backend = await open({ ...fresh(), certificate: "3f".repeat(32) });
    await fill("https://pbx.lan:8088", "id", "right");
    await press("Check and connect");
    expect(screen.getByText(Array(32).fill("3F").join(":"))).toBeTruthy();
    expect(backend.asked.filter(({ command }) => command === "connect_pbx")).toHaveLength(1);
    await press("It is the same: trust this PBX");
    expect(last(backend)).toMatchObject({ command: "connect_pbx", pin: "3f".repeat(32), secret: "right" });
    expect(screen.getByText(/^Connected\. PBX/)).toBeTruthy();
  });

  it("asks about a certificate once, also where the secret is then refused", async () => {
    const backend = await open({ ...fresh(), certificate: "3f".repeat(32) });
    await fill("https://pbx.lan:8088", "id", "wrong");
    await press("Check and connect");
    await press("Copy for my administrator");
    expect(backend.copied[0]).toContain(`Shown now: ${Array(32).fill("3F").join(":")}`);
    await press("It is the same: trust this PBX");
    expect(screen.getByRole("alert").textContent).toContain("The PBX refused");
    expect(screen.getByRole("alert").textContent).not.toContain("Still works");
    await type(screen.getByLabelText("Client secret"), "right");
    await press("Check and connect");
    expect(last(backend)).toMatchObject({ command: "connect_pbx", pin: "3f".repeat(32), secret: "right" });
    expect(screen.getByText(/^Connected\. PBX/)).toBeTruthy();
  });

  it("begins where a person types first", async () => {
    await open(fresh());
    expect(document.activeElement).toBe(screen.getByLabelText("Address"));
  });

  it("opens at a desk that a policy has set up and nobody has signed in at, and asks for what is missing", async () => {
    const world = fresh();
    world.settings = { ...world.settings, pbx_address: "https://pbx.lan:8088", pbx_client_id: "id", locked: ["pbx.address", "pbx.client_id"] };
    world.status.pbx = { ...world.status.pbx, state: "signed_out", address: "https://pbx.lan:8088" };
    world.status.salesforce = { ...world.status.salesforce, state: "signed_out" };
    await open(world);
    expect(screen.getByRole("heading", { name: "Set up Patchcord" })).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText("Client secret"));
  });

  it("does not come back where somebody with calls is signed out, nor while the integration is off", async () => {
    const world = calm();
    world.status.salesforce = { ...world.status.salesforce, state: "signed_out" };
    await open(world);
    expect(screen.queryByRole("heading", { name: "Set up Patchcord" })).toBeNull();
    const off = { ...calm(), calls: [] };
    off.status.integration = "disabled";
    off.status.pbx = { ...off.status.pbx, state: "signed_out" };
    await open(off);
    expect(screen.queryByRole("heading", { name: "Set up Patchcord" })).toBeNull();
    expect(screen.getByRole("button", { name: "PBX: Switched off. Show status" })).toBeTruthy();
  });

  it.each([
    ["192.168.5.150", "https://192.168.5.150:8088"],
    ["pbx.example.com", "https://pbx.example.com"],
  ])("shows how the address %s would be used before it is used", async (typed, read) => {
    const backend = await open(fresh());
    await type(screen.getByLabelText("Address"), typed);
    expect(await screen.findByText(`Will be used as ${read}`)).toBeTruthy();
    expect(backend.asked.some(({ command }) => command === "connect_pbx")).toBe(false);
  });

  it("refuses a changed certificate with both fingerprints and what to ask, and goes on only when told to", async () => {
    const backend = await open(scripted("first-run-changed").world);
    await type(screen.getByLabelText("Client secret"), "right");
    await press("Check and connect");
    expect(last(backend)).toMatchObject({ command: "pbx_certificate" });
    const before = Array(8).fill("D4:1C:77:E2").join(":");
    const now = Array(8).fill("3F:9A:0C:5D").join(":");
    expect(screen.getAllByText(before).length).toBeGreaterThan(0);
    expect(screen.getAllByText(now).length).toBeGreaterThan(0);
    expect(screen.getByText(/Was the PBX’s certificate renewed/)).toBeTruthy();
    expect(screen.queryByText(/^The PBX shows another certificate/)).toBeNull();
    await press("Copy for my administrator");
    expect(backend.copied[0]).toContain(`Agreed to before: ${before}`);
    expect(backend.copied[0]).toContain(`Shown now: ${now}`);
    expect(backend.copied[0]).not.toContain("right");
    expect(backend.asked.filter(({ command }) => command === "connect_pbx")).toHaveLength(1);
    await press("It was renewed: trust the new one");
    expect(last(backend)).toMatchObject({ command: "connect_pbx", pin: "3f9a0c5d".repeat(8) });
  });

  it("warns of a self-signed certificate where a trusted one was, and calls it no first connection", async () => {
    const backend = await open(scripted("first-run-lost-trust").world);
    await type(screen.getByLabelText("Client secret"), "right");
    await press("Check and connect");
    expect(screen.getByText(/^This PBX had a publicly trusted certificate/)).toBeTruthy();
    expect(screen.queryByText(/usual for a PBX in the office/)).toBeNull();
    expect(screen.queryByText("Agreed to before")).toBeNull();
    expect(screen.getAllByText(Array(8).fill("3F:9A:0C:5D").join(":")).length).toBeGreaterThan(0);
    expect(screen.queryByText("It is the same: trust this PBX")).toBeNull();
    expect(backend.asked.filter(({ command }) => command === "connect_pbx")).toHaveLength(1);
    const goOn = screen.getByRole("button", { name: "It was renewed: trust the new one" });
    expect(goOn.className).toContain("danger");
    await press("It was renewed: trust the new one");
    expect(last(backend)).toMatchObject({ command: "connect_pbx", pin: "3f9a0c5d".repeat(8) });
  });

  it("needs no fingerprint any more where the new certificate is publicly trusted", async () => {
    const world = scripted("first-run-changed").world;
    const backend = await open({ ...world, certificate: null });
    await type(screen.getByLabelText("Client secret"), "right");
    await press("Check and connect");
    expect(screen.getByText(/publicly trusted certificate now/)).toBeTruthy();
    expect(screen.queryByText("It was renewed: trust the new one")).toBeNull();
    await press("Check and connect");
    expect(last(backend)).toMatchObject({ command: "connect_pbx", pin: null });
    expect(screen.getByText(/^Connected\. PBX/)).toBeTruthy();
  });

  it("says that a secret is too long, and keeps what was pasted as it is", async () => {
    const backend = await open(fresh());
    await fill("https://pbx.lan:8088", "id", "x".repeat(300));
    await press("Check and connect");
    expect(last(backend)).toMatchObject({ command: "connect_pbx", secret: "x".repeat(300) });
    expect(screen.getByText(/so no client secret/)).toBeTruthy();
  });

  it("counts down while it waits for the browser", async () => {
    await open(scripted("first-run-waiting").world);
    expect(screen.getByText(/^Time left: 4:3\d$/)).toBeTruthy();
  });

  it("explains a pasted address that is not this sign-in's, and waits on", async () => {
    await open(scripted("first-run-waiting").world);
    await type(screen.getByLabelText("Address from the browser"), "https://example.com/");
    await press("Use this address");
    expect(screen.getByRole("alert").textContent).toContain("The sign-in still waits");
    expect(screen.getByText("Go on in your browser")).toBeTruthy();
  });

  it("copies a page's error and the whole registration for the administrator", async () => {
    const waiting = await open(scripted("first-run-waiting").world);
    await press("Copy for my administrator: OAUTH_APP_BLOCKED");
    expect(waiting.copied[0]).toMatch(/OAUTH_APP_BLOCKED\nThe app is blocked/);
    close();
  });

  it("copies everything that the administrator enters in one text", async () => {
    const backend = await open(scripted("first-run-salesforce").world);
    await press("Copy for my administrator");
    for (const part of ["http://localhost:17172/oauth/callback", "untick “Require secret for Web Server Flow”", "(refresh_token, offline_access)", "App name\nPatchcord"]) {
      expect(backend.copied[0]).toContain(part);
    }
  });

  it("leads to the sign-in from a call that waits for it", async () => {
    await open({ ...calm(), calls: openEnds() });
    await press(/^Sign in/u);
    expect(screen.getByRole("tab", { name: "Status" }).getAttribute("aria-selected")).toBe("true");
  });

  it("gives a sign-in up without calling it a failure", async () => {
    await open(scripted("first-run-salesforce").world);
    await type(screen.getByLabelText("Consumer key"), "3MVG9");
    await press("Sign in with the browser");
    await press("Cancel");
    expect(screen.getByRole("button", { name: "Sign in with the browser" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("takes the address of a browser that could not come back", async () => {
    const backend = await open(scripted("first-run-waiting").world);
    await type(screen.getByLabelText("Address from the browser"), "http://localhost:17170/oauth/callback?code=a&state=b");
    await press("Use this address");
    expect(last(backend)).toEqual({ command: "paste_address", address: "http://localhost:17170/oauth/callback?code=a&state=b" });
  });

  it.each([
    ["Sandbox", "https://test.salesforce.com"],
    ["China", "https://login.sfcrmproducts.cn"],
  ])("signs in at %s", async (name, login) => {
    const backend = await open(scripted("first-run-salesforce").world);
    await fireEvent.click(screen.getByLabelText(name));
    await type(screen.getByLabelText("Consumer key"), "3MVG9");
    await press("Sign in with the browser");
    expect(last(backend)).toMatchObject({ command: "connect_salesforce", login, open_browser: true });
  });

  it("copies the callback lines", async () => {
    const backend = await open(scripted("first-run-salesforce").world);
    await press("Copy all");
    expect(backend.copied).toEqual([[17170, 17171, 17172].map((port) => `http://localhost:${port}/oauth/callback`).join("\n")]);
  });
});
