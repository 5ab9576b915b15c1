// Sigmoid and Tanh squash gradients layer by layer; ReLU with Kaiming's start lets them through.
import type { Json, Layer } from "./document.ts";
import { nodesOf, write } from "./graph.ts";

const SQUASHING = ["Sigmoid", "Tanh"];
const START: Json = { type: "KaimingNormal", nonlinearity: "relu" };

/** The same layers with ReLU in the place of what squashes between them; null where nothing does. */
export function unsquashed(layers: readonly Layer[]): Layer[] | null {
  const between = layers.slice(0, -1);
  if (!between.some(({ type }) => SQUASHING.includes(type))) return null;
  const nodes = nodesOf(layers).map((node, index) => ({
    ...node,
    layer: index === layers.length - 1 ? node.layer : passing(node.layer),
  }));
  return write(nodes).layers;
}

function passing(layer: Layer): Layer {
  if (SQUASHING.includes(layer.type)) return { type: "ReLU" };
  return layer.type === "Linear" && !layer.init ? { ...layer, init: START } : layer;
}
