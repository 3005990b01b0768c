import { describe, expect, it } from "vitest";
import { clock, count, country, dayName, duration, fingerprint, host, moment } from "../src/format";

const NOON = new Date(2026, 0, 5, 12, 0, 0).getTime();
const at = (day: number, hour: number, minute: number): string => new Date(2026, 0, day, hour, minute).toISOString();

describe("spans", () => {
  it.each([
    [0, "0:00"],
    [42, "0:42"],
    [60, "1:00"],
    [725, "12:05"],
    [3_600, "1:00:00"],
    [36_129, "10:02:09"],
    [-3, "0:00"],
    [42.9, "0:42"],
    [Number.NaN, "0:00"],
  ])("writes %s seconds as %s", (seconds, written) => {
    expect(duration(seconds)).toBe(written);
  });

});

describe("times", () => {
  it("writes the hour in the way of the place", () => {
    expect(clock(at(5, 15, 7), "en-GB")).toBe("15:07");
    expect(clock(at(5, 15, 7), "en-US").replace(/\s/u, " ")).toBe("3:07 PM");
    expect(clock(at(5, 15, 7), "zh-CN")).toBe("15:07");
  });

  it("adds the day where it is another", () => {
    expect(moment(at(5, 9, 30), "en-GB", NOON)).toBe("9:30");
    expect(moment(at(3, 9, 30), "en-GB", NOON)).toContain("3 Jan");
  });

  it.each([
    [at(5, 0, 1), "en", "Today"],
    [at(4, 23, 59), "en", "Yesterday"],
    [at(3, 12, 0), "en-GB", "Saturday 3 January"],
    [at(5, 0, 1), "zh-CN", "今天"],
    [at(4, 23, 59), "zh-CN", "昨天"],
  ])("calls the day of %s in %s %s", (time, language, name) => {
    expect(dayName(time, language, NOON).replace(",", "")).toBe(name);
  });

  it("says nothing where there is no time", () => {
    expect(clock("", "en")).toBe("");
    expect(dayName("never", "en", NOON)).toBe("");
  });
});

describe("other values", () => {
  it("separates thousands", () => {
    expect(count(12_430, "en")).toBe("12,430");
  });

  it("names countries, and nothing that is not a code", () => {
    expect(country("DE", "en")).toBe("Germany");
    expect(country("DE", "zh-CN")).toBe("德国");
    expect(country("<b>", "en")).toBe("");
  });

  it("writes a fingerprint as certificates show it", () => {
    expect(fingerprint("3f9a0c5d")).toBe("3F:9A:0C:5D");
    expect(fingerprint("3F:9a:0C:5d")).toBe("3F:9A:0C:5D");
  });

  it("shows the host of an address", () => {
    expect(host("https://northwind.my.salesforce.com/services")).toBe("northwind.my.salesforce.com");
    expect(host("northwind")).toBe("northwind");
  });
});
