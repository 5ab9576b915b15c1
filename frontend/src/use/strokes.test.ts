import { expect, test } from "vitest";
import { boxOf, type Ink, nested, rasterise, strokesLike } from "./strokes.ts";

function sheet(width: number, height: number, inside: (x: number, y: number) => boolean): Ink {
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) values[y * width + x] = inside(x, y) ? 1 : 0;
  return { values, width, height };
}

function mass(image: Float32Array, columns: number): [number, number] {
  let sum = 0;
  let x = 0;
  let y = 0;
  image.forEach((value, at) => {
    sum += value;
    x += value * ((at % columns) + 0.5);
    y += value * (Math.floor(at / columns) + 0.5);
  });
  return [x / sum, y / sum];
}

test("an empty sheet is an empty image", () => {
  expect(boxOf(sheet(10, 10, () => false))).toBeNull();
  expect(
    Math.max(
      ...rasterise(
        sheet(10, 10, () => false),
        8,
        8,
      ),
    ),
  ).toBe(0);
});

test("a stroke in the corner comes to stand in the middle, 20 of 28 rows high", () => {
  const image = rasterise(
    sheet(280, 280, (x, y) => x >= 5 && x < 25 && y < 100),
    28,
    28,
  );
  const [x, y] = mass(image, 28);
  expect(x).toBeCloseTo(14, 1);
  expect(y).toBeCloseTo(14, 1);
  const rows = Array.from({ length: 28 }, (_, row) => Math.max(...image.slice(row * 28, row * 28 + 28)));
  expect(rows.filter((value) => value > 0.5)).toHaveLength(20);
});

test("a lopsided drawing is centred by its mass", () => {
  const image = rasterise(
    sheet(
      200,
      200,
      (x, y) => (x >= 40 && x < 60 && y >= 20 && y < 180) || (y > 160 && y < 180 && x >= 40 && x < 160),
    ),
    28,
    28,
  );
  const [x, y] = mass(image, 28);
  expect(x).toBeCloseTo(14, 0);
  expect(y).toBeCloseTo(14, 0);
});

test("an 8 x 8 image is filled nearly from edge to edge, with soft edges", () => {
  const image = rasterise(
    sheet(160, 160, (x, y) => Math.hypot(x - 80, y - 80) < 50),
    8,
    8,
  );
  expect(Math.max(...image.slice(0, 8))).toBeGreaterThan(0.1);
  expect(image.some((value) => value > 0.1 && value < 0.9)).toBe(true);
});

test("only light strokes on a dark ground can be drawn", () => {
  expect(strokesLike([new Float32Array(64)], [1, 8, 8], 16)).toBe(true);
  expect(strokesLike([new Float32Array(64).fill(200)], [1, 8, 8], 255)).toBe(false);
  expect(strokesLike([new Float32Array(192)], [3, 8, 8], 255)).toBe(false);
});

test("flat values take the form of the shape", () => {
  expect(nested([1, 2, 3, 4], [1, 2, 2])).toEqual([
    [
      [1, 2],
      [3, 4],
    ],
  ]);
});
