import { describe, expect, it } from "vitest";
import type { DataPreview, ExperimentDocument, ZooItem } from "../api/schema.ts";
import { drawingOf, imageOf } from "./drawing.ts";
import { stagesOf } from "./schematic.ts";
import { chosen, levelsOf, NO_WISH, tagsOf } from "./shelf.ts";

const item = (slug: string, level: string, tags: string[]): ZooItem => ({
  slug,
  name: slug,
  summary: "",
  level,
  tags,
});
const items = [
  item("spiral", "first steps", ["mlp", "points"]),
  item("xor", "first steps", ["mlp"]),
  item("digits-cnn", "images", ["cnn", "images"]),
];

describe("the shelf", () => {
  it("is filtered by level, tag, kind of data and words together", () => {
    const slugs = (wish: object) =>
      chosen(items, { ...NO_WISH, ...wish }, ({ slug }) => (slug === "spiral" ? "points" : null)).map(
        ({ slug }) => slug,
      );
    expect(slugs({})).toHaveLength(3);
    expect(slugs({ level: "first steps", tags: ["points"] })).toEqual(["spiral"]);
    expect(slugs({ kind: "points" })).toEqual(["spiral"]);
    expect(slugs({ words: "DIGITS" })).toEqual(["digits-cnn"]);
  });

  it("knows its levels in order and its tags by use", () => {
    expect(levelsOf(items)).toEqual(["first steps", "images"]);
    expect(tagsOf(items)[0]).toBe("mlp");
  });
});

const document = (layers: object[]): ExperimentDocument =>
  ({
    name: "",
    seed: 1,
    data: { type: "x" },
    networks: { model: { layers } },
    learner: { type: "supervised" },
  }) as ExperimentDocument;

describe("a network's drawing", () => {
  it("has a column for what has a size, the last as wide as the answer", () => {
    const stages = stagesOf(
      document([{ type: "Linear", out_features: 16 }, { type: "Tanh" }, { type: "Linear" }]),
      2,
      3,
      false,
    );
    expect(stages).toEqual([
      { kind: "dots", count: 2, more: false },
      { kind: "dots", count: 6, more: true },
      { kind: "dots", count: 3, more: false },
    ]);
  });

  it("shrinks feature maps where they are pooled", () => {
    const [, first, second] = stagesOf(
      document([
        { type: "Conv2d", out_channels: 8 },
        { type: "MaxPool2d", kernel_size: 2 },
        { type: "Conv2d", out_channels: 16 },
      ]),
      1,
      10,
      true,
    );
    expect(first).toMatchObject({ kind: "maps", size: 1 });
    expect(second).toMatchObject({ kind: "maps", size: 0.7 });
  });
});

describe("a data set's drawing", () => {
  const preview = (info: object, inputs: unknown[], targets: unknown[]): DataPreview =>
    ({
      info: { task: "classification", form: "points", classes: ["0", "1"], ...info },
      parts: { train: { inputs, targets, rows: inputs.length } },
    }) as unknown as DataPreview;

  it("puts points into the frame, up is up", () => {
    const { points } = drawingOf(
      preview(
        {},
        [
          [-6, -6],
          [6, 6],
        ],
        [0, 1],
      ),
      96,
    );
    expect(points.map(({ x, y }) => [x, y])).toEqual([
      [8, 88],
      [88, 8],
    ]);
    expect(points[0]?.color).not.toBe(points[1]?.color);
  });

  it("draws one number against its target, and passes over what is missing", () => {
    const { points } = drawingOf(
      preview({ task: "regression", classes: [] }, [[0], [null], [1]], [[1], [2], [3]]),
      96,
    );
    expect(points).toHaveLength(2);
  });

  it("shows images of differing classes", () => {
    const image = [
      [
        [0, 255],
        [255, 0],
      ],
    ];
    const { tiles } = drawingOf(preview({ form: "image" }, [image, [...image], [...image]], [0, 0, 1]), 96);
    expect(tiles).toHaveLength(3);
    expect(Array.from(imageOf(image)?.rgba ?? []).slice(0, 8)).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    expect(imageOf([1, 2])).toBeNull();
  });
});
