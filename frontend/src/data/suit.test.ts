import { describe, expect, it } from "vitest";
import type { DataInfo } from "../api/schema.ts";
import { layersFor, suitable } from "./suit.ts";

const table: DataInfo = {
  task: "classification",
  form: "table",
  shape: [2],
  classes: ["a", "b"],
  targets: [],
  features: [
    { name: "age", kind: "number", categories: [], missing: 3 },
    { name: "town", kind: "category", categories: ["x", "y"], missing: 0 },
  ],
  rows: 900,
  problems: [],
};
const image: DataInfo = { ...table, form: "image", shape: [1, 28, 28], features: [] };

const types = (list: { type: string }[]) => list.map(({ type }) => type);

describe("the experiment that suits a data set", () => {
  it("fills gaps, scales and encodes just what a table needs, in that order", () => {
    const document = suitable({ name: "people", sha256: "f".repeat(64), info: table });
    expect(types(document.preprocess ?? [])).toEqual(["impute", "standardise", "one_hot"]);
    expect(document.data).toMatchObject({ type: "dataset", name: "people", sha256: "f".repeat(64) });
    const numbers = { ...table, features: table.features.slice(0, 1).map((one) => ({ ...one, missing: 0 })) };
    expect(types(suitable({ name: "n", sha256: null, info: numbers }).preprocess ?? [])).toEqual([
      "standardise",
    ]);
  });

  it("keeps a part for validation and one for the final exam", () => {
    const { data } = suitable({ name: "n", sha256: null, info: table });
    expect([data.validation_fraction, data.test_fraction]).toEqual([0.2, 0.2]);
    expect(data).not.toHaveProperty("sha256");
  });

  it("asks for classes or for numbers as the task does", () => {
    const loss = (info: DataInfo) => suitable({ name: "n", sha256: null, info }).learner.loss;
    expect(loss(table)).toEqual({ type: "CrossEntropyLoss" });
    expect(loss({ ...table, task: "regression", classes: [], targets: ["price"] })).toEqual({
      type: "MSELoss",
    });
  });

  it("looks at pictures with convolutions, as many as their size allows", () => {
    const convolutions = (side: number) =>
      types(layersFor({ ...image, shape: [1, side, side] })).filter((type) => type === "Conv2d").length;
    expect([6, 8, 28, 64, 512].map(convolutions)).toEqual([0, 1, 2, 4, 4]);
  });

  it("leaves the last layer's size to the data", () => {
    for (const info of [table, image]) expect(layersFor(info).at(-1)).toEqual({ type: "Linear" });
  });
});
