// A list of layers read as a graph, and a graph written back as the shortest list that means the same.

import type { Json, Layer } from "./document.ts";

export const INPUT = "input";

/** A layer with everything said: its id, and where each of its inputs comes from. */
export interface Node {
  id: string;
  /** Whether the id was chosen by a person: made-up ids are not written back. */
  named: boolean;
  inputs: string[];
  layer: Layer;
}

export interface Edge {
  from: string;
  to: string;
  /** Which of the target's inputs it is. */
  slot: number;
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
  /** The data and its named companions that the layers ask for: "input", "input.label". */
  sources: string[];
}

export function isSource(reference: string): boolean {
  return reference === INPUT || reference.startsWith(`${INPUT}.`);
}

/** The id of each layer, made up as the server does: "linear_1" is the first of all Linear in the list. */
export function idsOf(layers: readonly Layer[]): string[] {
  const counts = new Map<string, number>();
  return layers.map((layer) => {
    const count = (counts.get(layer.type) ?? 0) + 1;
    counts.set(layer.type, count);
    return typeof layer.id === "string" && layer.id !== ""
      ? layer.id
      : `${layer.type.toLowerCase()}_${count}`;
  });
}

export function nodesOf(layers: readonly Layer[]): Node[] {
  const ids = idsOf(layers);
  return layers.map((layer, index) => ({
    id: ids[index] as string,
    named: typeof layer.id === "string" && layer.id !== "",
    inputs: Array.isArray(layer.inputs)
      ? layer.inputs.filter((input): input is string => typeof input === "string")
      : [index === 0 ? INPUT : (ids[index - 1] as string)],
    layer,
  }));
}

export function graphOf(layers: readonly Layer[]): Graph {
  const nodes = nodesOf(layers);
  const edges = nodes.flatMap((node) => node.inputs.map((from, slot) => ({ from, to: node.id, slot })));
  const sources = new Set([INPUT, ...edges.map((edge) => edge.from).filter(isSource)]);
  return { nodes, edges, sources: [...sources] };
}

export interface Written {
  layers: Layer[];
  /** Made-up ids count along the list, so they change when it does: old id to new id. */
  renamed: Map<string, string>;
}

/** The list for these nodes: ids only where a person chose them, inputs only where they are not the layer before. */
export function write(nodes: readonly Node[]): Written {
  const ordered = sorted(nodes);
  const bare = ordered.map(({ layer, id, named }): Layer => {
    const { id: _id, inputs: _inputs, ...settings } = layer;
    return (named ? { ...settings, id } : settings) as Layer;
  });
  const ids = idsOf(bare);
  const renamed = new Map(ordered.map((node, index) => [node.id, ids[index] as string]));
  const layers = ordered.map((node, index): Layer => {
    const inputs = node.inputs.map((input) => renamed.get(input) ?? input);
    const before = index === 0 ? INPUT : ids[index - 1];
    const plain = inputs.length === 1 && inputs[0] === before;
    return arranged(bare[index] as Layer, plain ? undefined : inputs);
  });
  return { layers, renamed };
}

/** Type, id and inputs first, as a person would write them. */
function arranged(layer: Layer, inputs: string[] | undefined): Layer {
  const { type, id, ...settings } = layer;
  const first: Record<string, Json> = { type };
  if (id !== undefined) first.id = id;
  if (inputs !== undefined && inputs.length > 0) first.inputs = inputs;
  return { ...first, ...settings } as Layer;
}

/** Each layer after what it needs, otherwise in the order given; the output stays last. A cycle is left as it is. */
function sorted(nodes: readonly Node[]): Node[] {
  const ids = new Set(nodes.map((node) => node.id));
  const left = [...nodes];
  const done: Node[] = [];
  const placed = new Set<string>();
  while (left.length > 0) {
    const last = left.length > 1 ? left.length - 1 : 1;
    let next = left.slice(0, last).findIndex((node) => ready(node, ids, placed));
    if (next < 0) next = left.findIndex((node) => ready(node, ids, placed));
    if (next < 0) return [...nodes];
    const [node] = left.splice(next, 1) as [Node];
    placed.add(node.id);
    done.push(node);
  }
  return done;
}

function ready(node: Node, ids: ReadonlySet<string>, placed: ReadonlySet<string>): boolean {
  return node.inputs.every((input) => !ids.has(input) || placed.has(input));
}

/** Whether a wire between these two would lead back to where it began. */
export function wouldCycle(layers: readonly Layer[], from: string, to: string): boolean {
  const inputs = new Map(nodesOf(layers).map((node) => [node.id, node.inputs]));
  const seen = new Set<string>();
  const queue = [from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...(inputs.get(id) ?? []));
  }
  return false;
}
