import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../api/schema.ts";
import { misfit, next, parse, show } from "./numbers.ts";
import { blank, brief, fieldOf, matches, type NumberField, settingsOf } from "./schema.ts";

const kind: JsonSchema = {
  type: "object",
  $defs: {
    SGD: {
      type: "object",
      properties: {
        type: { const: "SGD", default: "SGD" },
        lr: { type: "number", exclusiveMinimum: 0, default: 0.1 },
      },
    },
    Adam: {
      type: "object",
      properties: {
        type: { const: "Adam" },
        betas: { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 },
      },
    },
  },
  properties: {
    type: { const: "Strange", default: "Strange" },
    out: {
      anyOf: [{ type: "integer", minimum: 1, maximum: 10 }, { type: "null" }],
      default: null,
      title: "Units",
    },
    size: {
      anyOf: [
        { type: "integer" },
        { type: "array", prefixItems: [{ type: "integer" }, { type: "integer" }] },
      ],
    },
    optimizer: {
      oneOf: [{ $ref: "#/$defs/SGD" }, { $ref: "#/$defs/Adam" }],
      discriminator: { propertyName: "type" },
    },
    batch: { anyOf: [{ type: "integer", minimum: 1 }, { const: "full" }], default: 10 },
    device: { enum: ["auto", "cpu"], default: "auto", advanced: true },
  },
  required: ["size"],
};

const field = (name: string) => settingsOf(kind).find((setting) => setting.name === name)?.field;

describe("a schema is read as", () => {
  test("a number that may be left to somebody else", () => {
    expect(field("out")).toMatchObject({
      kind: "nullable",
      of: { kind: "number", integer: true, min: 1, max: 10 },
    });
  });
  test("one form or another", () => {
    expect(field("size")).toMatchObject({
      kind: "either",
      options: [{ kind: "number" }, { kind: "list", min: 2, max: 2 }],
    });
    expect(field("batch")).toMatchObject({
      kind: "either",
      options: [{ kind: "number" }, { kind: "choice", options: ["full"] }],
    });
  });
  test("a choice between kinds, each with its own settings", () => {
    const kinds = field("optimizer");
    expect(kinds?.kind === "kinds" && kinds.variants.map((variant) => variant.type)).toEqual(["SGD", "Adam"]);
  });
  test("settings with titles, the rare ones marked", () => {
    expect(settingsOf(kind).map((setting) => setting.title)).toEqual([
      "Units",
      "size",
      "optimizer",
      "batch",
      "device",
    ]);
    expect(settingsOf(kind).at(-1)?.advanced).toBe(true);
  });
});

test("a new layer says only what must be said", () => {
  expect(blank("Strange", kind)).toEqual({ type: "Strange", size: 8 });
});

test("a value finds its form", () => {
  expect(matches(fieldOf({ const: "full" }, {}), "full")).toBe(true);
  expect(matches(fieldOf({ type: "integer" }, {}), "full")).toBe(false);
  expect(brief([3, 3])).toBe("3×3");
});

describe("numbers", () => {
  const rate: NumberField = {
    kind: "number",
    integer: false,
    min: 0,
    max: 10,
    openMin: true,
    openMax: false,
  };
  const share: NumberField = { ...rate, max: 1, openMin: false };
  const count: NumberField = { ...rate, integer: true, min: 1, max: 100, openMin: false };

  test("are read as people type them", () => {
    expect(["1e-3", " 0,5 ", "1/4", "−2", "", "abc"].map(parse)).toEqual([0.001, 0.5, 0.25, -2, null, null]);
    expect([0.1 + 0.2, 1e-7, 512].map(show)).toEqual(["0.3", "1e-7", "512"]);
  });
  test("go up and down in steps that suit them", () => {
    expect([next(0.01, 1, rate), next(0.03, 1, rate), next(0.01, -1, rate), next(10, 1, rate)]).toEqual([
      0.02, 0.05, 0.005, 10,
    ]);
    expect([next(0.5, 1, share), next(0, -1, share), next(1, 1, count, true), next(1, -1, count)]).toEqual([
      0.55, 0, 11, 1,
    ]);
  });
  test("out of bounds are known before the server says so", () => {
    expect([misfit(0, rate), misfit(11, rate), misfit(1.5, count), misfit(5, count)]).toEqual([
      "above",
      "high",
      "whole",
      null,
    ]);
  });
});
