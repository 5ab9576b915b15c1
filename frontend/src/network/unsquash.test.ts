import { expect, test } from "vitest";
import type { Layer } from "./document.ts";
import { unsquashed } from "./unsquash.ts";

test("what squashes becomes ReLU with a start that suits it; names and wires stay", () => {
  const layers: Layer[] = [
    { type: "Linear", out_features: 4 },
    { type: "Sigmoid" },
    { type: "Tanh", id: "side", inputs: ["linear_1"] },
    { type: "Add", inputs: ["sigmoid_1", "side"] },
    { type: "Linear" },
  ];
  expect(unsquashed(layers)).toEqual([
    { type: "Linear", out_features: 4, init: { type: "KaimingNormal", nonlinearity: "relu" } },
    { type: "ReLU" },
    { type: "ReLU", id: "side", inputs: ["linear_1"] },
    { type: "Add", inputs: ["relu_1", "side"] },
    { type: "Linear" },
  ]);
});

test("an answer that is squashed on purpose stays so", () => {
  expect(unsquashed([{ type: "Linear" }, { type: "Sigmoid" }])).toBeNull();
});
