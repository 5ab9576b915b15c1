// Raw rows of a data set as a small drawing. No canvas here.
import type { DataInfo, DataPreview, Json } from "../api/schema.ts";
import { BLUE, classColor, mix, ORANGE, rgb } from "../ui/palette.ts";

export type Point = { x: number; y: number; color: string };
export type Tile = {
  x: number;
  y: number;
  side: number;
  width: number;
  height: number;
  rgba: Uint8ClampedArray;
};
export type Drawn = { points: Point[]; tiles: Tile[]; radius: number };

const MOST_POINTS = 250;

export function drawingOf(preview: DataPreview, size: number): Drawn {
  const part = preview.parts.train;
  const rows = part?.inputs ?? [];
  const targets = part?.targets ?? [];
  if (preview.info.form === "image") return { points: [], tiles: tilesOf(rows, targets, size), radius: 0 };
  return { points: pointsOf(preview.info, rows, targets, size), tiles: [], radius: 1.8 };
}

// ---- points ----

const numeric = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

const FEW_VALUES = 10;

/** The two columns that draw best: the first that hold many different numbers, else the first two. */
function axesOf(rows: Json[]): [number, number] {
  const first = rows[0];
  const width = Array.isArray(first) ? first.length : 1;
  const many = [...Array(width).keys()].filter((column) => differentIn(rows, column) > FEW_VALUES);
  return [many[0] ?? 0, many[1] ?? (many[0] === 1 ? 0 : 1)];
}

function differentIn(rows: Json[], column: number): number {
  return new Set(rows.map((row) => numeric(Array.isArray(row) ? row[column] : row))).size;
}

/** A row's numbers in two columns; where there is only one, the target is the height. */
function placeOf(row: Json, target: Json, [across, upward]: [number, number]): [number, number] {
  const list = Array.isArray(row) ? row : [row];
  return [numeric(list[across]), list.length === 1 ? targetValue(target) : numeric(list[upward])];
}

const targetValue = (target: Json | undefined): number => numeric(Array.isArray(target) ? target[0] : target);

function pointsOf(info: DataInfo, rows: Json[], targets: Json[], size: number): Point[] {
  const axes = axesOf(rows);
  const shown = rows.slice(0, MOST_POINTS).map((row, i) => placeOf(row, targets[i] ?? null, axes));
  const across = spread(shown.map(([x]) => x));
  const upward = spread(shown.map(([, y]) => y));
  const values = spread(targets.slice(0, MOST_POINTS).map(targetValue));
  const margin = 8;
  const room = size - 2 * margin;
  return shown.flatMap(([x, y], i) => {
    if (Number.isNaN(x) || Number.isNaN(y)) return [];
    const color =
      info.task === "classification" ? classOf(info, targets[i]) : shade(values(targetValue(targets[i])));
    return [{ x: margin + across(x) * room, y: margin + (1 - upward(y)) * room, color }];
  });
}

function classOf(info: DataInfo, target: Json | undefined): string {
  return classColor(
    typeof target === "string" ? info.classes.indexOf(target) : Math.round(targetValue(target)) || 0,
  );
}

/** Orange for low, blue for high, grey between. */
function shade(share: number): string {
  const grey = "#c9ced6";
  const [r, g, b] =
    share < 0.5 ? mix(rgb(ORANGE), rgb(grey), share * 2) : mix(rgb(grey), rgb(BLUE), share * 2 - 1);
  return `rgb(${r} ${g} ${b})`;
}

/** From the values' range to 0..1. */
function spread(values: number[]): (value: number) => number {
  const known = values.filter((value) => Number.isFinite(value));
  const low = Math.min(...known);
  const high = Math.max(...known);
  return (value) => (high > low ? (value - low) / (high - low) : 0.5);
}

// ---- images ----

const PER_SIDE = 2;

function tilesOf(rows: Json[], targets: Json[], size: number): Tile[] {
  const gap = 4;
  const side = (size - gap * (PER_SIDE + 1)) / PER_SIDE;
  return differing(rows, targets, PER_SIDE * PER_SIDE).flatMap((row, i) => {
    const image = imageOf(row);
    if (image === null) return [];
    const x = gap + (i % PER_SIDE) * (side + gap);
    const y = gap + Math.floor(i / PER_SIDE) * (side + gap);
    return [{ ...image, x, y, side }];
  });
}

/** The first rows whose classes differ, then any. */
function differing(rows: Json[], targets: Json[], count: number): Json[] {
  const firsts = rows.filter((_, i) => targets.indexOf(targets[i] ?? null) === i);
  return [...firsts, ...rows.filter((row) => !firsts.includes(row))].slice(0, count);
}

/** (C, H, W) nested lists, 0..255 or 0..1, as pixels. */
export function imageOf(
  row: Json | undefined,
): { width: number; height: number; rgba: Uint8ClampedArray } | null {
  const channels = Array.isArray(row) ? (row as Json[][][]) : [];
  const height = channels[0]?.length ?? 0;
  const width = channels[0]?.[0]?.length ?? 0;
  if (height === 0 || width === 0) return null;
  const scale = brightest(channels) > 1.001 ? 1 : 255;
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) {
        const channel = channels[channels.length >= 3 ? c : 0];
        rgba[at + c] = numeric(channel?.[y]?.[x]) * scale;
      }
      rgba[at + 3] = 255;
    }
  }
  return { width, height, rgba };
}

function brightest(channels: Json[][][]): number {
  let most = 0;
  for (const value of channels.flat(2)) most = Math.max(most, numeric(value) || 0);
  return most;
}
