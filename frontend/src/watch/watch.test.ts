import { expect, test } from "vitest";
import { matrixOf, perClass, right, total, worst } from "./confusion.ts";
import { boundsOf, classField, ticks, valueField } from "./field.ts";

test("a sure class has its colour, an unsure place the ground's", () => {
  const pixels = classField(new Float32Array([1, 0.5, 0, 0.5]), 2, false); // two cells: class 0 for sure; fifty-fifty
  expect([...pixels.slice(4, 7)]).toEqual([247, 248, 250]);
  expect(pixels[2]).toBeGreaterThan(pixels[0] as number); // blue
  expect([pixels[3], pixels[7]]).toEqual([255, 255]);
});

test("values are orange below zero and blue above", () => {
  const pixels = valueField([-1, 1], 1, false);
  expect(pixels[0]).toBeGreaterThan(pixels[2] as number);
  expect(pixels[6]).toBeGreaterThan(pixels[4] as number);
});

test("the plane holds all points with a little air", () => {
  const { x, y } = boundsOf(
    [
      [0, 5],
      [10, 5],
    ],
    0,
    1,
  );
  expect(x).toEqual([-0.5, 10.5]);
  expect(y).toEqual([4.5, 5.5]);
  expect(ticks([-6.3, 6.3])).toEqual([-5, 0, 5]);
});

test("precision, recall and F1 come from the counts", () => {
  const counts = new Int32Array([0, 0, 0, 0, 8, 2, 1, 9]);
  const matrix = matrixOf(counts, 2, 1);
  expect([total(matrix), right(matrix)]).toEqual([20, 17]);
  expect(perClass(matrix, ["a", "b"])[0]).toEqual({
    name: "a",
    precision: 8 / 9,
    recall: 0.8,
    f1: 16 / 19,
    count: 10,
  });
  expect(worst(matrix)).toEqual({ truth: 0, said: 1, count: 2 });
  expect(perClass(matrixOf(counts, 2, 0), [])[0]).toMatchObject({ precision: null, recall: null });
});
