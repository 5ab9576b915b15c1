import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatDuration,
  formatInteger,
  formatMetric,
  formatNumber,
  formatPercent,
  formatShape,
  parseTime,
} from "./format.ts";

describe("numbers are rounded to what matters", () => {
  it.each([
    [0.023117, "0.0231"],
    [0.5, "0.50"],
    [12.3456, "12.3"],
    [1234.5, "1,235"],
    [0.000541, "5.4e-4"],
    [0.0000123, "1.2e-5"],
    [123456789, "1.2e8"],
    [0, "0"],
    [18, "18"],
    [-0.75, "-0.75"],
  ])("%f is %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("says what is missing and what is not finite", () => {
    expect([null, undefined].map((value) => formatNumber(value))).toEqual(["–", "–"]);
    expect(
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => formatNumber(value)),
    ).toEqual(["NaN", "∞", "−∞"]);
  });

  it("writes shares as per cent and losses as numbers", () => {
    expect(formatMetric("val_accuracy", 0.9731)).toBe("97.3%");
    expect(formatMetric("val_loss", 0.9731)).toBe("0.973");
    expect(formatPercent(1)).toBe("100.0%");
  });

  it("groups thousands", () => expect(formatInteger(1234567)).toBe("1,234,567"));
});

describe("sizes and times carry their units", () => {
  it.each([
    [0, "0 byte"],
    [999, "999 byte"],
    [1500, "1.5 kB"],
    [150_000_000, "150 MB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [4.23, "4.2 sec"],
    [59.4, "59 sec"],
    [185, "3 min 5 sec"],
    [7800, "2 hr 10 min"],
  ])("%f seconds are %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it("says how long ago", () => {
    const now = new Date("2026-01-02T12:00:00Z");
    expect(formatAgo(parseTime("2026-01-02T11:57:00"), now)).toBe("3 minutes ago");
    expect(formatAgo(parseTime("2025-11-02T11:57:00Z"), now)).toBe("Nov 2, 2025");
    expect(formatAgo(null, now)).toBe("–");
  });

  it("takes a time without a zone as UTC", () => {
    expect(parseTime("2026-01-02T12:00:00")?.toISOString()).toBe("2026-01-02T12:00:00.000Z");
    expect(parseTime("2026-01-02T12:00:00+05:00")?.toISOString()).toBe("2026-01-02T07:00:00.000Z");
    expect(parseTime("soon")).toBeNull();
  });

  it("writes shapes", () => expect(formatShape([1, 28, 28])).toBe("1 × 28 × 28"));
});
