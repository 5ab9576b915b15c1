// Flat pixels (C, H, W) as RGBA bytes. Bytes stay as they are; other numbers are stretched to their range.
import type { Shape } from "../api/schema.ts";

export function pixelsOf(shape: Shape, pixels: readonly number[]): Uint8ClampedArray {
  const [channels = 1, height = 1, width = 1] = shape;
  const size = height * width;
  const level = levels(pixels);
  const rgba = new Uint8ClampedArray(size * 4);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) {
      rgba[i * 4 + c] = level(pixels[(channels >= 3 ? c : 0) * size + i] ?? 0);
    }
    rgba[i * 4 + 3] = 255;
  }
  return rgba;
}

function levels(pixels: readonly number[]): (value: number) => number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let whole = true;
  for (const value of pixels) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    whole &&= Number.isInteger(value);
  }
  if (whole && low >= 0 && high <= 255 && high > 16) return (value) => value;
  return (value) => (high > low ? (255 * (value - low)) / (high - low) : 0);
}
