import { describe, expect, test } from "vitest";
import { apply, type Change } from "./changes.ts";
import type { Document, Layer } from "./document.ts";
import { idsOf } from "./graph.ts";
import { record, redo, start, undo } from "./history.ts";

function experiment(layers: Layer[]): Document {
  return {
    name: "x",
    seed: 1,
    data: { type: "spiral" },
    networks: { model: { layers } },
    learner: { type: "supervised" },
  };
}

const chain: Layer[] = [
  { type: "Linear", out_features: 8 },
  { type: "Tanh" },
  { type: "Linear", out_features: 8 },
  { type: "Tanh" },
  { type: "Linear" },
];
const residual: Layer[] = [
  { type: "Linear", out_features: 8 },
  { type: "ReLU" },
  { type: "Linear", out_features: 8 },
  { type: "Add", inputs: ["relu_1", "linear_2"] },
  { type: "Linear" },
];

const after = (layers: Layer[], change: Change) => apply(experiment(layers), change);
const layersAfter = (layers: Layer[], change: Change) =>
  after(layers, change).document.networks.model?.layers;

describe("adding a layer", () => {
  test("goes into the chain after the layer named", () => {
    const change: Change = {
      kind: "add",
      role: "model",
      layer: { type: "Dropout", p: 0.2 },
      after: "tanh_1",
    };
    expect(layersAfter(chain, change)?.map((layer) => layer.type)).toEqual([
      "Linear",
      "Tanh",
      "Dropout",
      "Linear",
      "Tanh",
      "Linear",
    ]);
    expect(after(chain, change).select).toBe("dropout_1");
  });

  test("after the data comes first, after nothing comes last", () => {
    expect(
      layersAfter(chain, { kind: "add", role: "model", layer: { type: "Sine" }, after: "input" })?.[0],
    ).toEqual({ type: "Sine" });
    expect(
      layersAfter(chain, { kind: "add", role: "model", layer: { type: "Sine" }, after: null })?.at(-1),
    ).toEqual({ type: "Sine" });
    expect(layersAfter([], { kind: "add", role: "model", layer: { type: "Sine" }, after: null })).toEqual([
      { type: "Sine" },
    ]);
  });

  test("leaves a skip connection from the same layer where it was", () => {
    const layers = layersAfter(residual, {
      kind: "add",
      role: "model",
      layer: { type: "Tanh" },
      after: "relu_1",
    });
    expect(layers?.[3]).toEqual({ type: "Linear", out_features: 8 });
    expect(layers?.[4]).toEqual({ type: "Add", inputs: ["relu_1", "linear_2"] });
  });

  test("on a wire changes only that wire", () => {
    const on = { from: "relu_1", to: "add_1", slot: 0 };
    const layers = layersAfter(residual, {
      kind: "add",
      role: "model",
      layer: { type: "Tanh" },
      after: null,
      on,
    });
    expect(layers).toEqual([
      { type: "Linear", out_features: 8 },
      { type: "ReLU" },
      { type: "Linear", out_features: 8 },
      { type: "Tanh", inputs: ["relu_1"] },
      { type: "Add", inputs: ["tanh_1", "linear_2"] },
      { type: "Linear" },
    ]);
  });

  test("carries references to made-up ids along", () => {
    const layers = layersAfter(residual, {
      kind: "add",
      role: "model",
      layer: { type: "Linear", out_features: 8 },
      after: "input",
    });
    expect(layers?.[4]).toEqual({ type: "Add", inputs: ["relu_1", "linear_3"] });
  });
});

describe("removing layers", () => {
  test("joins the neighbours in a chain", () => {
    const layers = layersAfter(chain, { kind: "remove", role: "model", ids: ["linear_2", "tanh_2"] });
    expect(layers).toEqual([chain[0], chain[1], chain[4]]);
  });

  test("lets a merge read what the removed layer read", () => {
    const layers = layersAfter(residual, { kind: "remove", role: "model", ids: ["linear_2"] });
    expect(layers?.[2]).toEqual({ type: "Add" });
  });

  test("of the output makes the layer before it the output", () => {
    const removed = after(chain, { kind: "remove", role: "model", ids: ["linear_3"] });
    expect(removed.document.networks.model?.layers).toEqual(chain.slice(0, 4));
    expect(removed.select).toBe("tanh_2");
  });

  test("of everything leaves an empty list", () => {
    expect(layersAfter(chain, { kind: "remove", role: "model", ids: idsOf(chain) })).toEqual([]);
  });
});

describe("wires", () => {
  test("a drawn wire replaces the one a layer had, and puts the list in order", () => {
    const layers = layersAfter(chain, {
      kind: "wire",
      role: "model",
      from: "linear_1",
      to: "linear_2",
      add: false,
    });
    expect(layers?.[2]).toEqual({ type: "Linear", inputs: ["linear_1"], out_features: 8 });
  });

  test("a wire that closes a circle changes nothing", () => {
    const before = experiment(residual);
    expect(
      apply(before, { kind: "wire", role: "model", from: "add_1", to: "relu_1", add: false }).document,
    ).toBe(before);
  });

  test("the last wire of a layer stays", () => {
    const before = experiment(chain);
    const edge = { from: "tanh_1", to: "linear_2", slot: 0 };
    expect(apply(before, { kind: "unwire", role: "model", edge }).document).toBe(before);
    const open = layersAfter(residual, {
      kind: "unwire",
      role: "model",
      edge: { from: "relu_1", to: "add_1", slot: 0 },
    });
    expect(open?.[3]).toEqual({ type: "Add" });
  });
});

describe("names", () => {
  test("a name reaches the layers that read it, and goes again", () => {
    const named = after(residual, { kind: "rename", role: "model", id: "linear_2", name: "deep" });
    expect(named.document.networks.model?.layers[3]).toEqual({ type: "Add", inputs: ["relu_1", "deep"] });
    const again = apply(named.document, { kind: "rename", role: "model", id: "deep", name: null });
    expect(again.document.networks.model?.layers).toEqual(residual);
  });

  test("a name that is taken or no name is refused", () => {
    const before = experiment(chain);
    for (const name of ["tanh_2", "input", "two words"]) {
      expect(apply(before, { kind: "rename", role: "model", id: "tanh_1", name }).document).toBe(before);
    }
  });
});

describe("moving", () => {
  test("swaps a layer with its neighbour and keeps the chain", () => {
    const layers = layersAfter(chain, { kind: "move", role: "model", id: "tanh_1", by: 1 });
    expect(layers?.map((layer) => layer.type)).toEqual(["Linear", "Linear", "Tanh", "Tanh", "Linear"]);
    expect(layers?.every((layer) => layer.inputs === undefined)).toBe(true);
  });
});

describe("undo", () => {
  const changes: Change[] = [
    { kind: "add", role: "model", layer: { type: "Dropout" }, after: "relu_1" },
    { kind: "duplicate", role: "model", id: "dropout_1" },
    { kind: "set", path: ["networks", "model", "layers", 0, "out_features"], value: 4 },
    { kind: "remove", role: "model", ids: ["linear_2"] },
    { kind: "rename", role: "model", id: "relu_1", name: "first" },
    { kind: "set", path: ["learner", "epochs"], value: 5 },
    { kind: "set", path: [], value: experiment(chain) },
  ];

  test("takes every change back, one by one, and redo repeats them", () => {
    let history = start(experiment(residual));
    const seen = [history.document];
    for (const [at, change] of changes.entries()) {
      history = record(history, change, at * 10_000).history;
      seen.push(history.document);
    }
    for (const document of seen.slice(0, -1).reverse()) {
      history = undo(history);
      expect(history.document).toEqual(document);
    }
    for (const document of seen.slice(1)) {
      history = redo(history);
      expect(history.document).toEqual(document);
    }
  });

  test("typing a number is one step", () => {
    let history = start(experiment(chain));
    for (const [at, value] of [1, 12, 128].entries()) {
      const change: Change = { kind: "set", path: ["networks", "model", "layers", 0, "out_features"], value };
      history = record(history, change, at * 100).history;
    }
    expect(history.past).toHaveLength(1);
    expect(undo(history).document).toEqual(experiment(chain));
  });
});
