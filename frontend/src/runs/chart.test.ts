import uPlot from "uplot";
import { describe, expect, it } from "vitest";
import { aligned, type ChartSeries, lastOf, leaps } from "./chart.ts";
import { pick, thinRows } from "./thin.ts";

const curve = (x: number[], y: number[], name = "a"): ChartSeries => ({
  name,
  color: "#000000",
  x: Float64Array.from(x),
  y: Float64Array.from(y),
});

const tables = (series: ChartSeries[], positive = false) =>
  aligned(series, 100, uPlot.join, positive).map((column) => Array.from(column));

describe("curves as a chart's columns", () => {
  it("share one x where they have the same", () => {
    const a = curve([1, 2], [5, 6]);
    expect(tables([a, { ...a, name: "b", y: Float64Array.of(7, Number.NaN) }])).toEqual([
      [1, 2],
      [5, 6],
      [7, null],
    ]);
  });

  it("are joined by x where they differ, in their own order", () => {
    const columns = tables([curve([1, 3], [1, 3]), curve([2, 3], [20, 30], "b")]);
    expect(columns[0]).toEqual([1, 2, 3]);
    expect(columns[1]?.map((value) => value ?? null)).toEqual([1, null, 3]);
    expect(columns[2]?.map((value) => value ?? null)).toEqual([null, 20, 30]);
  });

  it("leave out what a logarithm cannot show", () => {
    expect(tables([curve([1, 2], [0, 2])], true)[1]).toEqual([null, 2]);
  });

  it("are nothing when there is nothing", () => expect(tables([])).toEqual([[]]));

  it("know their newest measured value", () => {
    expect(lastOf(curve([1, 2], [0.5, Number.NaN]))).toBe(0.5);
    expect(lastOf(curve([], []))).toBeNull();
  });
});

describe("thinning", () => {
  const rows = 100_000;
  const noise = Float64Array.from({ length: rows }, (_, i) => Math.sin(i * 12.9898) * 43758.5453);
  const spike = noise.slice();
  spike[54_321] = 1e9;

  it("keeps the ends and every extreme, with few rows", () => {
    const kept = thinRows(rows, [spike], 300);
    expect(kept.length).toBeLessThan(700);
    expect([kept[0], kept.at(-1)]).toEqual([0, rows - 1]);
    expect(kept).toContain(54_321);
    expect(Array.from(kept)).toEqual(Array.from(kept).sort((a, b) => a - b));
  });

  it("leaves short curves alone", () =>
    expect(thinRows(5, [Float64Array.of(1, 2, 3, 4, 5)], 300)).toHaveLength(5));

  it("turns what is not finite into a gap", () => {
    const values = Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY);
    expect(pick(values, Uint32Array.of(0, 1, 2))).toEqual([1, null, null]);
  });
});

it("a loss that leaps by a thousand asks for a logarithmic axis, and nothing else does", () => {
  expect(leaps([[0.7, 0.3, 0.1, 2e30, 0.1]])).toBe(true);
  expect(leaps([[0.7, 0.3, 0.001, null, Number.NaN]])).toBe(false);
  expect(leaps([[0, 0.1, 1e9]])).toBe(false);
  expect(leaps([])).toBe(false);
});
