import { describe, expect, it } from "vitest";
import { nameFor } from "./naming.ts";
import { pixelsOf } from "./pixels.ts";

describe("a data set's name", () => {
  it.each([
    ["flowers.csv", "flowers"],
    ["train-images-idx3-ubyte.gz", "train-images"],
    ["Sign Language.zip", "Sign Language"],
    [".csv", "data"],
  ])("of %s is %s", (file, name) => expect(nameFor([{ name: file }], [])).toBe(name));

  it("is free", () => expect(nameFor([{ name: "a.csv" }], ["a", "a 2"])).toBe("a 3"));
});

describe("pixels", () => {
  it("stay as they are when they are bytes", () => {
    expect(Array.from(pixelsOf([1, 1, 2], [0, 200]))).toEqual([0, 0, 0, 255, 200, 200, 200, 255]);
  });

  it("take their colours from the channels", () => {
    expect(Array.from(pixelsOf([3, 1, 1], [10, 20, 30]))).toEqual([10, 20, 30, 255]);
  });

  it("are stretched when they are other numbers", () => {
    expect(Array.from(pixelsOf([1, 1, 2], [-1, 1])).slice(0, 5)).toEqual([0, 0, 0, 255, 255]);
  });
});
