import { describe, expect, it } from "vitest";
import type { Event } from "../src/bindings";
import { MemoryBackend } from "../src/memory-backend";
import { scripted, stateNames } from "../src/scripted";
import { calm, fresh, openEnds } from "../src/worlds";

function hear(backend: MemoryBackend): Event[] {
  const heard: Event[] = [];
  backend.onEvent((event) => heard.push(event));
  return heard;
}

describe("the engine in memory", () => {
  it("says everything once when it is watched", async () => {
    const backend = new MemoryBackend(calm());
    const heard = hear(backend);
    await backend.send({ command: "watch" });
    expect(heard.map(({ event }) => event).sort()).toEqual(["calls", "index", "link", "live", "settings", "sign_in", "status", "sync"]);
  });

  it("does not connect with a wrong secret, nor to a certificate that nobody agreed to", async () => {
    const backend = new MemoryBackend({ ...fresh(), certificate: "ab".repeat(32) });
    const connect = (secret: string, pin: string | null) =>
      backend.send({ command: "connect_pbx", address: "https://pbx", client_id: "id", secret, pin });
    await expect(connect("right", null)).rejects.toMatchObject({ code: "pbx.tls_untrusted" });
    await expect(connect("wrong", "ab".repeat(32))).rejects.toMatchObject({ code: "pbx.credentials_refused" });
    expect(backend.world.status.pbx.state).toBe("not_configured");
    await expect(connect("right", "ab".repeat(32))).resolves.toMatchObject({ reply: "pbx_connected" });
    expect(backend.world.status.pbx.state).toBe("connected");
  });

  it("answers a sign-in when the person has signed in, and refuses one that was cancelled", async () => {
    const backend = new MemoryBackend(fresh());
    const signIn = () =>
      backend.send({ command: "connect_salesforce", login: "https://login.salesforce.com", consumer_key: "k", open_browser: true });
    const first = signIn();
    await Promise.resolve();
    await Promise.resolve();
    await backend.send({ command: "cancel_sign_in" });
    await expect(first).rejects.toMatchObject({ code: "salesforce.signed_out" });
    const second = signIn();
    await Promise.resolve();
    await Promise.resolve();
    backend.signsIn();
    await expect(second).resolves.toMatchObject({ reply: "salesforce_connected" });
  });

  it("sends what waits when it is told to retry", async () => {
    const backend = new MemoryBackend({ ...calm(), calls: openEnds() });
    const retried = (count: number) => ({ reply: "retried", value: { count, pbx: false, salesforce: false } });
    await expect(backend.send({ command: "retry", call: null })).resolves.toEqual(retried(5));
    await expect(backend.send({ command: "retry", call: null })).resolves.toEqual(retried(0));
  });

  it("answers nothing while it is gone", async () => {
    const backend = new MemoryBackend(calm());
    backend.goes();
    await expect(backend.send({ command: "status" })).rejects.toHaveProperty("code");
    backend.comesBack();
    await expect(backend.send({ command: "status" })).resolves.toHaveProperty("reply", "status");
  });

  it.each(stateNames)("has the scripted state %s", (name) => {
    expect(scripted(name).world.status.version).toBe("0.1.0");
  });
});
