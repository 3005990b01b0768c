import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { counted, finding, masked, ofSide, report } from "../src/findings";
import { checkIds } from "../src/messages/checks";
import { en } from "../src/messages/en";
import { zhCN } from "../src/messages/zh-CN";
import { problem } from "../src/memory-backend";
import { HOSTILE } from "../src/scripted";
import { checkRow, illChecked, wellChecked } from "../src/worlds-checks";

describe("the checks", () => {
  it("that the engine makes are all known to the window, and no others", () => {
    const doctor = join(import.meta.dirname, "../../src-tauri/engine/src/doctor");
    const made = new Set<string>();
    for (const name of readdirSync(doctor)) {
      const text = readFileSync(join(doctor, name), "utf8");
      for (const [, id] of text.matchAll(/(?:\bid: |\bfields\(|\bcreate\(\s*|\bdelete\(\s*)"([a-z]+\.[a-z_]+)"/g)) made.add(id ?? "");
    }
    expect([...made].sort()).toEqual([...checkIds].sort());
  });

  it.each([...checkIds])("%s is told in Chinese, well or not", (id) => {
    for (const state of ["ok", "warn", "fail", "skip"] as const) {
      const said = finding(zhCN, checkRow(id, { state }));
      for (const words of [said.title, said.found, said.matters, said.todo, said.who]) expect(words).toMatch(/\p{Script=Han}|IT/u);
      expect(said.original).toBe("It is as it should be.");
    }
    const words = zhCN.translations?.byCheck[id];
    expect(words?.ok).not.toBe(words?.bad);
  });

  it("are told in English by the engine", () => {
    const row = checkRow("pbx.phone", { state: "warn", found: "No phone.", do: "Sign in.", where: "Linkus", who: "you" });
    expect(finding(en, row)).toMatchObject({ title: "Phone signed in", found: "No phone.", todo: "Sign in.", place: "Linkus", who: "you", original: null });
  });

  it("name in Chinese what no language changes, and a problem by its own words", () => {
    expect(finding(zhCN, checkRow("salesforce.task_fields", { state: "warn" }, ["CallType"])).found).toBe("通话记录会省略一些字段（CallType）。");
    const blocked = problem("pbx.address_blocked", "The PBX has blocked this network address.", "Remove it.");
    expect(finding(zhCN, checkRow("pbx.address_blocked", { state: "fail" }, [], blocked)).found).toBe("多次登录失败后，PBX 封锁了此电脑的地址。");
    expect(finding(zhCN, checkRow("pbx.phone", { state: "skip" }, ["pbx.extension"])).found).toBe("未检查，因为要先处理“PBX 上的分机”。");
  });

  it("that could not look say in Chinese why, each by its own reason", () => {
    const folders = ["../../src-tauri/engine/src/doctor", "../../src-tauri/engine/src", "../../src-tauri/shell", "../../src-tauri/shell/links"];
    const reasons = new Set<string>();
    for (const folder of folders) {
      const path = join(import.meta.dirname, folder);
      for (const name of readdirSync(path).filter((file) => file.endsWith(".rs"))) {
        const text = readFileSync(join(path, name), "utf8");
        for (const [, said] of text.matchAll(/\.skip\(\s*"([^"]+)"/g)) reasons.add(said ?? "");
        for (const [, said] of text.matchAll(/Fact::Unseen\(\s*"([^"]+)"/g)) reasons.add(`${said}.`);
      }
    }
    expect(reasons.size).toBeGreaterThan(15);
    expect([...reasons].sort()).toEqual(Object.keys(zhCN.translations?.bySkip ?? {}).sort());
    for (const found of reasons) {
      const said = finding(zhCN, checkRow("desk.disk", { state: "skip", found }));
      expect(said.found).not.toBe(zhCN.doctor.unseen);
      expect(`${said.found}${said.todo}`).not.toMatch(/[a-z]{4,} [a-z]{3,} /u);
    }
    expect(finding(zhCN, checkRow("desk.disk", { state: "skip", found: "constructor" })).found).toBe(zhCN.doctor.unseen);
  });

  it("name in Chinese how activities are shared, and say only then what is not seen", () => {
    const said = (value: string): string => finding(zhCN, checkRow("salesforce.call_key", { state: "warn" }, [value])).found;
    expect(said("ReadWrite")).toMatch(/对所有人共享/u);
    expect(said("ReadWrite")).not.toMatch(/ReadWrite|看不到/u);
    for (const closed of ["Private", "ControlledByParent"]) {
      expect(said(closed)).toMatch(/看不到同事/u);
      expect(said(closed)).not.toContain(closed);
    }
    expect(finding(zhCN, checkRow("pbx.firmware", {}, ["P560", "37.23.0.123", "API v1.0, new call records"])).found)
      .toBe("固件支持所需功能（P560、37.23.0.123、API v1.0、新版通话记录）。");
  });

  it("that are not known are told in the engine's words, made safe", () => {
    for (const id of [...HOSTILE, "constructor", "__proto__"]) {
      const row = { ...checkRow("pbx.phone"), check: { ...checkRow("pbx.phone").check, id, found: "A\u202eb" } };
      expect(finding(zhCN, row).found).toBe("Ab");
    }
  });

  it("stand by side, with what needs somebody first", () => {
    const rows = illChecked();
    expect(ofSide(rows, "pbx").slice(0, 2).map(({ check }) => check.id)).toEqual(["pbx.call_status_monitor", "pbx.trunk_monitors"]);
    expect(ofSide(rows, "desk")[0]?.check.id).toBe("secrets.store");
    expect(ofSide(rows, "pbx").length + ofSide(rows, "salesforce").length + ofSide(rows, "desk").length).toBe(checkIds.length);
    expect(counted(rows)).toEqual({ ok: checkIds.length - 7, warn: 3, fail: 2, skip: 2 });
  });
});

describe("the report", () => {
  it.each([
    ["call +49 30 1234567 now", "call +•• •• •••••67 now"],
    ["(030) 1234567, 0170-5550123", "(•••) •••••67, ••••-•••••23"],
    ["https://192.168.5.150:8088 and pbx.example.com:8088", "https://192.168.5.150:8088 and pbx.example.com:8088"],
    ["firmware 37.23.0.123, v62.0", "firmware 37.23.0.123, v62.0"],
    ["extension 4101, 13018 / 15000 requests", "extension 4101, 13018 / 15000 requests"],
    ["SHA-256 3f9a0c5d1234567…", "SHA-256 3f9a0c5d1234567…"],
  ])("masks numbers and keeps hosts: %s", (text, expected) => {
    expect(masked(text)).toBe(expected);
  });

  it("holds every check, and for what is not well who does what where", () => {
    for (const messages of [en, zhCN]) {
      const text = report(messages, illChecked(), "0.1.0", "2026-11-25T10:00:00Z");
      for (const id of checkIds) expect(text).toContain(`${id}: `);
      expect(text).toContain("Patchcord 0.1.0 · 2026-11-25T10:00:00Z");
      expect(text).toContain(messages.doctor.who.pbx_admin);
      expect(text).toContain("https://pbx.example.com:8088");
    }
    expect(report(en, illChecked(), "0.1.0", "")).toContain("Extension Status Monitor");
    expect(report(en, wellChecked(), "0.1.0", "")).not.toContain("What to do");
  });

  it("masks what other people's words bring in", () => {
    const rows = [checkRow("salesforce.session", { state: "fail", found: "User 030 1234567 may not.\u202e", do: "Ask +4930 1234567." })];
    const text = report(en, rows, "0.1.0", "");
    expect(text).not.toMatch(/12345/);
    expect(text).not.toContain("\u202e");
  });
});
