import dagre from "@dagrejs/dagre";
import { expect, test } from "vitest";
import type { Layer } from "./document.ts";
import { graphOf, idsOf, nodesOf, wouldCycle, write } from "./graph.ts";
import { fitting, isChain, layout, OUTPUT } from "./layout.ts";

const residual: Layer[] = [
  { type: "Conv2d", out_channels: 8 },
  { type: "ReLU", id: "start" },
  { type: "Conv2d", out_channels: 8 },
  { type: "Add", inputs: ["start", "conv2d_2"] },
  { type: "Concatenate", inputs: ["add_1", "input.label"] },
];

test("ids are counted by type along the list, as the server does", () => {
  expect(idsOf(residual)).toEqual(["conv2d_1", "start", "conv2d_2", "add_1", "concatenate_1"]);
});

test("a list is read as wires, the layer before being the input nobody wrote", () => {
  const graph = graphOf(residual);
  expect(graph.edges).toContainEqual({ from: "input", to: "conv2d_1", slot: 0 });
  expect(graph.edges).toContainEqual({ from: "start", to: "add_1", slot: 0 });
  expect(graph.edges).toContainEqual({ from: "start", to: "conv2d_2", slot: 0 });
  expect(graph.sources).toEqual(["input", "input.label"]);
});

test("writing a graph gives the shortest list with the same wires", () => {
  const loud: Layer[] = [
    { type: "Linear", inputs: ["input"] },
    { type: "Tanh", inputs: ["linear_1"] },
  ];
  expect(write(nodesOf(loud)).layers).toEqual([{ type: "Linear" }, { type: "Tanh" }]);
  expect(write(nodesOf(residual)).layers).toEqual(residual);
});

test("a circle is seen before it is drawn", () => {
  expect(wouldCycle(residual, "add_1", "start")).toBe(true);
  expect(wouldCycle(residual, "conv2d_1", "add_1")).toBe(false);
});

test("every layer, the data and the output have a place, and none lies on another", () => {
  const { positions } = layout(graphOf(residual), "across", dagre);
  expect([...positions.keys()].sort()).toEqual(
    ["add_1", "concatenate_1", "conv2d_1", "conv2d_2", "input", "input.label", OUTPUT, "start"].sort(),
  );
  expect(new Set([...positions.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(positions.size);
});

test("a long chain in a tall room is drawn downwards, in a wide room across", () => {
  const graph = graphOf(Array.from({ length: 5 }, (): Layer => ({ type: "Tanh" })));
  expect(fitting(graph, { width: 620, height: 600 }, null).direction).toBe("down");
  expect(fitting(graph, { width: 1600, height: 600 }, null).direction).toBe("across");
});

test("a chain too long for the room is cut into columns, in order", () => {
  const graph = graphOf(Array.from({ length: 12 }, (): Layer => ({ type: "Tanh" })));
  const { positions, size } = fitting(graph, { width: 640, height: 560 }, null);
  expect(size.width).toBeGreaterThan(400);
  expect(size.height).toBeLessThan(640);
  const first = positions.get("input") as { x: number; y: number };
  const last = positions.get(OUTPUT) as { x: number; y: number };
  expect(last.x).toBeGreaterThan(first.x + 200);
  expect(new Set([...positions.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(positions.size);
});

test("an unknown input is drawn without a wire from nowhere", () => {
  expect(() => layout(graphOf([{ type: "Tanh", inputs: ["nobody"] }]), "down", dagre)).not.toThrow();
});

test("a chain is drawn as dagre would draw it, so that nothing jumps when it branches", () => {
  const layers: Layer[] = Array.from({ length: 4 }, (): Layer => ({ type: "Tanh" }));
  const joined: Layer[] = [...layers, { type: "Add", inputs: ["tanh_4", "tanh_4"] }];
  expect(isChain(graphOf(layers))).toBe(true);
  expect(isChain(graphOf(joined))).toBe(false);
  for (const direction of ["across", "down"] as const) {
    const plain = layout(graphOf([...layers, { type: "Tanh" }]), direction, null);
    const drawn = layout(graphOf(joined), direction, dagre);
    expect(plain.positions.get("tanh_4")).toEqual(drawn.positions.get("tanh_4"));
  }
});

test("until dagre is here, a graph with branches is drawn in the order of its list", () => {
  const { positions } = layout(graphOf(residual), "down", null);
  expect(positions.size).toBe(8);
  expect(new Set([...positions.values()].map(({ y }) => y)).size).toBe(8);
});
