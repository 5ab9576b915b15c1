// What a chart is given, and how it becomes uPlot's aligned columns. No React, no canvas.
import type uPlot from "uplot";
import { pick, thinRows } from "./thin.ts";

export type ChartSeries = {
  name: string;
  color: string;
  /** Growing typed arrays of equal length; NaN is "not measured". */
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  dash?: number[];
  width?: number;
};

export type ChartMarker = { x: number; label: string; color?: string; layer?: string | null };

export type ChartContent = { series: readonly ChartSeries[]; markers?: readonly ChartMarker[] };

/** Something that changes and can be read at any time: a chart draws it without React. */
export type ChartSource = { subscribe: (changed: () => void) => () => void; read: () => ChartContent };

type Table = (number | null)[][];

/** Aligned columns for uPlot: a common x, and a column per series in their order. */
export function aligned(
  series: readonly ChartSeries[],
  stretches: number,
  join: (tables: uPlot.AlignedData[]) => uPlot.AlignedData,
  positive = false,
): uPlot.AlignedData {
  if (series.length === 0) return [[]];
  const tables = groups(series).map(({ members }) => table(members, stretches, positive));
  if (tables.length === 1) return tables[0] as uPlot.AlignedData;
  const joined = join(tables as uPlot.AlignedData[]);
  return inOrder(joined as unknown as Table, series) as uPlot.AlignedData;
}

type Group = { x: ArrayLike<number>; members: ChartSeries[] };

/** Series that share their x. */
function groups(series: readonly ChartSeries[]): Group[] {
  const found: Group[] = [];
  for (const one of series) {
    const group = found.find(({ x }) => sameX(x, one.x));
    if (group === undefined) found.push({ x: one.x, members: [one] });
    else group.members.push(one);
  }
  return found;
}

function sameX(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (!(a instanceof Float64Array && b instanceof Float64Array)) return false;
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}

function table(members: ChartSeries[], stretches: number, positive: boolean): Table {
  const x = members[0]?.x ?? [];
  const rows = thinRows(
    x.length,
    members.map((member) => member.y),
    stretches,
  );
  return [pick(x, rows), ...members.map((member) => pick(member.y, rows, positive))];
}

/** Joined tables stand group by group; the chart wants them in the order of its series. */
function inOrder(joined: Table, series: readonly ChartSeries[]): Table {
  const order = groups(series).flatMap(({ members }) => members);
  const columns = series.map((one) => joined[order.indexOf(one) + 1] ?? []);
  return [joined[0] ?? [], ...columns];
}

const LEAP = 1000;

/** Whether the largest value dwarfs the usual one: all positive, and a thousand times the median. */
export function leaps(columns: readonly ArrayLike<number | null | undefined>[]): boolean {
  const values = columns
    .flatMap((column) => Array.from(column))
    .filter((value): value is number => typeof value === "number" && Number.isFinite(value))
    .sort((a, b) => a - b);
  const median = values[Math.floor(values.length / 2)];
  return median !== undefined && (values[0] ?? 0) > 0 && (values.at(-1) ?? 0) > LEAP * median;
}

/** The newest measured value of a series. */
export function lastOf(series: ChartSeries): number | null {
  for (let row = series.y.length - 1; row >= 0; row--) {
    const value = series.y[row];
    if (value !== undefined && !Number.isNaN(value)) return value;
  }
  return null;
}
