// Colours that mean something, the same everywhere: classes, signs, parts. Safe for colour-blind eyes.

export const BLUE = "#0877bd";
export const ORANGE = "#f59322";

/**
 * A class's colour by its index: points, map, confusion matrix, charts.
 * Found by search: as far apart as ten colours get for eyes with and without all three kinds of cones.
 */
export const CLASS_COLORS = [
  BLUE,
  ORANGE,
  "#54dabb", // mint
  "#ce6778", // rose
  "#7c9cfb", // periwinkle
  "#926a09", // ochre
  "#f4d101", // yellow
  "#510ad8", // violet
  "#921605", // brick
  "#694477", // plum
] as const;

export function classColor(index: number): string {
  return CLASS_COLORS[((index % CLASS_COLORS.length) + CLASS_COLORS.length) % CLASS_COLORS.length] ?? BLUE;
}

/** Training and validation in every curve. */
export const PART_COLORS = { train: BLUE, val: ORANGE, test: "#694477" } as const;

export type Rgb = [number, number, number];

export function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Between two colours; 0 is the first. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = Math.min(1, Math.max(0, share));
  return [0, 1, 2].map((i) => Math.round((from[i] ?? 0) + ((to[i] ?? 0) - (from[i] ?? 0)) * at)) as Rgb;
}

const NEUTRAL: Rgb = [240, 240, 240];
const NEUTRAL_DARK: Rgb = [46, 49, 54];

/** A signed value in [-1, 1]: orange below zero, blue above, the page's ground at zero. */
export function signColor(value: number, dark = false): Rgb {
  const ground = dark ? NEUTRAL_DARK : NEUTRAL;
  return mix(ground, rgb(value < 0 ? ORANGE : BLUE), Math.abs(value));
}

/** Black or white, whichever reads better on it. */
export function inkOn(hex: string): "#000000" | "#ffffff" {
  return luminance(hex) > 0.179 ? "#000000" : "#ffffff";
}

/** WCAG relative luminance. */
export function luminance(hex: string): number {
  const [r, g, b] = rgb(hex).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
