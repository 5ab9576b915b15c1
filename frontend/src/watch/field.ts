// A probe's numbers over the plane as colours: who would answer what where, and how surely.
import { CLASS_COLORS, type Rgb, rgb, signColor } from "../ui/palette.ts";

const LIGHT: Rgb = [247, 248, 250];
const DARK: Rgb = [38, 41, 46];

/** Probabilities per class, channel by channel, as RGBA. Where no class is sure the ground shows. */
export function classField(
  values: ArrayLike<number>,
  classes: number,
  dark: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const cells = values.length / classes;
  const pixels = new Uint8ClampedArray(cells * 4);
  const colors = Array.from({ length: classes }, (_, index) =>
    rgb(CLASS_COLORS[index % CLASS_COLORS.length] as string),
  );
  const ground = dark ? DARK : LIGHT;
  const chance = 1 / classes;
  for (let cell = 0; cell < cells; cell++) {
    let best = 0;
    let r = 0;
    let g = 0;
    let b = 0;
    for (let index = 0; index < classes; index++) {
      const share = values[index * cells + cell] ?? 0;
      const color = colors[index] as Rgb;
      best = Math.max(best, share);
      r += share * color[0];
      g += share * color[1];
      b += share * color[2];
    }
    const sure = Math.min(1, Math.max(0, (best - chance) / (1 - chance))) * 0.78;
    const at = cell * 4;
    pixels[at] = ground[0] + (r - ground[0]) * sure;
    pixels[at + 1] = ground[1] + (g - ground[1]) * sure;
    pixels[at + 2] = ground[2] + (b - ground[2]) * sure;
    pixels[at + 3] = 255;
  }
  return pixels;
}

/** Values as RGBA: orange below zero, blue above, full at `scale`. */
export function valueField(
  values: ArrayLike<number>,
  scale: number,
  dark: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(values.length * 4);
  for (let cell = 0; cell < values.length; cell++) {
    const [r, g, b] = signColor(Math.max(-1, Math.min(1, (values[cell] ?? 0) / scale)) * 0.85, dark);
    pixels.set([r, g, b, 255], cell * 4);
  }
  return pixels;
}

export type Range = readonly [number, number];
export type Bounds = { x: Range; y: Range };

/** The plane that holds all points, with the same air around them as the server's decision map. */
export function boundsOf(points: readonly (readonly number[])[], across: number, up: number): Bounds {
  return { x: rangeOf(points, across), y: rangeOf(points, up) };
}

function rangeOf(points: readonly (readonly number[])[], feature: number): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const value = point[feature];
    if (value === undefined || value === null || Number.isNaN(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [-1, 1];
  const air = 0.05 * (high - low) || 0.5;
  return [low - air, high + air];
}

/** About `count` round numbers within a range. */
export function ticks([low, high]: Range, count = 5): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}
