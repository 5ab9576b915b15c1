// Everything that can be done to a document: small objects, applied by one pure function that also says how to undo.

import { type Document, getAt, type Json, type Layer, layersOf, type Path, setAt } from "./document.ts";
import { type Edge, INPUT, isSource, type Node, nodesOf, wouldCycle, write } from "./graph.ts";

export type Change =
  /** A setting anywhere; `undefined` takes it away. An empty path replaces the whole document. */
  | { kind: "set"; path: Path; value: Json | undefined }
  /** After a layer or the data ("input"), after the last one when null, or on a wire. */
  | { kind: "add"; role: string; layer: Layer; after: string | null; on?: Edge }
  | { kind: "remove"; role: string; ids: readonly string[] }
  | { kind: "duplicate"; role: string; id: string }
  /** One place along the list: back (-1) or forward (+1). */
  | { kind: "move"; role: string; id: string; by: -1 | 1 }
  /** `add` for a layer that takes several inputs; otherwise the wire replaces the one there was. */
  | { kind: "wire"; role: string; from: string; to: string; add: boolean }
  | { kind: "unwire"; role: string; edge: Edge }
  | { kind: "rename"; role: string; id: string; name: string | null };

export interface Applied {
  document: Document;
  inverse: Change;
  /** Ids that changed because they are counted along the list. */
  renamed: ReadonlyMap<string, string>;
  /** The layer to look at next. */
  select?: string | null;
}

export function apply(document: Document, change: Change): Applied {
  if (change.kind === "set") return applySet(document, change.path, change.value);
  const layers = layersOf(document, change.role);
  const edited = edit(layers, nodesOf(layers), change);
  if (edited === null) return { document, inverse: change, renamed: new Map() };
  const written = write(edited.nodes);
  const path: Path = ["networks", change.role, "layers"];
  const select =
    edited.select == null ? edited.select : (written.renamed.get(edited.select) ?? edited.select);
  return {
    document: setAt(document, path, written.layers),
    inverse: { kind: "set", path, value: layers },
    renamed: written.renamed,
    ...(select === undefined ? {} : { select }),
  };
}

function applySet(document: Document, path: Path, value: Json | undefined): Applied {
  const inverse: Change = { kind: "set", path, value: getAt(document, path) };
  return { document: setAt(document, path, value), inverse, renamed: new Map() };
}

interface Edited {
  nodes: Node[];
  select?: string | null;
}

type LayerChange = Exclude<Change, { kind: "set" }>;

function edit(layers: readonly Layer[], nodes: Node[], change: LayerChange): Edited | null {
  switch (change.kind) {
    case "add":
      return change.on ? addOn(nodes, change.layer, change.on) : addAfter(nodes, change.layer, change.after);
    case "remove":
      return remove(nodes, change.ids);
    case "duplicate":
      return duplicate(nodes, change.id);
    case "move":
      return move(nodes, change.id, change.by);
    case "wire":
      if (wouldCycle(layers, change.from, change.to)) return null;
      return {
        nodes: nodes.map((node) => (node.id === change.to ? wired(node, change.from, change.add) : node)),
      };
    case "unwire":
      return unwire(nodes, change.edge);
    case "rename":
      return rename(nodes, change.id, change.name);
  }
}

/** An id that no person can have typed, until the list is written and its real one is known. */
const FRESH = "+";

function fresh(layer: Layer, inputs: string[]): Node {
  return { id: FRESH, named: false, inputs, layer };
}

function replaced(node: Node, from: string, to: string): Node {
  return { ...node, inputs: node.inputs.map((input) => (input === from ? to : input)) };
}

function addAfter(nodes: Node[], layer: Layer, after: string | null): Edited {
  const at = after === null ? nodes.length - 1 : nodes.findIndex((node) => node.id === after);
  const source = at >= 0 ? (nodes[at] as Node).id : (after ?? INPUT);
  const next = nodes[at + 1];
  const follows = next?.inputs.includes(source) ? replaced(next, source, FRESH) : next;
  return {
    nodes: [
      ...nodes.slice(0, at + 1),
      fresh(layer, [source]),
      ...(follows ? [follows] : []),
      ...nodes.slice(at + 2),
    ],
    select: FRESH,
  };
}

function addOn(nodes: Node[], layer: Layer, edge: Edge): Edited {
  const at = nodes.findIndex((node) => node.id === edge.to);
  if (at < 0) return addAfter(nodes, layer, edge.from);
  const target = nodes[at] as Node;
  const inputs = target.inputs.map((input, slot) => (slot === edge.slot ? FRESH : input));
  return {
    nodes: [...nodes.slice(0, at), fresh(layer, [edge.from]), { ...target, inputs }, ...nodes.slice(at + 1)],
    select: FRESH,
  };
}

/** Neighbours are joined: whoever read a removed layer reads what that layer read first. */
function remove(nodes: Node[], ids: readonly string[]): Edited | null {
  const gone = new Map(nodes.filter((node) => ids.includes(node.id)).map((node) => [node.id, node]));
  if (gone.size === 0) return null;
  const before = (id: string, steps = gone.size): string => {
    const node = steps < 0 ? undefined : gone.get(id);
    return node ? before(node.inputs[0] ?? INPUT, steps - 1) : id;
  };
  const left = nodes
    .filter((node) => !gone.has(node.id))
    .map((node) => ({ ...node, inputs: [...new Set(node.inputs.map((input) => before(input)))] }));
  const output = nodes.at(-1) as Node;
  const last = gone.has(output.id) ? left.findIndex((node) => node.id === before(output.id)) : -1;
  const read = new Set(left.flatMap((node) => node.inputs));
  if (last >= 0 && !read.has((left[last] as Node).id)) left.push(...left.splice(last, 1));
  const neighbour = before(ids[0] as string);
  return { nodes: left, select: isSource(neighbour) ? null : neighbour };
}

function duplicate(nodes: Node[], id: string): Edited | null {
  const node = nodes.find((candidate) => candidate.id === id);
  if (!node) return null;
  const { id: _id, inputs: _inputs, ...settings } = node.layer;
  return addAfter(nodes, settings as Layer, id);
}

/** Swaps a layer with its neighbour in the chain; settings move, wires stay where they are. */
function move(nodes: Node[], id: string, by: -1 | 1): Edited | null {
  const at = nodes.findIndex((node) => node.id === id);
  const here = nodes[at];
  const there = nodes[at + by];
  if (!here || !there) return null;
  const swapped = nodes.slice();
  swapped[at] = { ...here, id: there.id, named: there.named, layer: there.layer };
  swapped[at + by] = { ...there, id: here.id, named: here.named, layer: here.layer };
  const names = new Map([
    [here.id, there.id],
    [there.id, here.id],
  ]);
  return {
    nodes: swapped.map((node) => ({
      ...node,
      inputs: node.inputs.map((input) => names.get(input) ?? input),
    })),
    select: id,
  };
}

function wired(node: Node, from: string, add: boolean): Node {
  if (node.inputs.includes(from)) return node;
  return { ...node, inputs: add ? [...node.inputs, from] : [from] };
}

/** A layer cannot be without input, so its last wire can be replaced but not taken away. */
function unwire(nodes: Node[], edge: Edge): Edited | null {
  const target = nodes.find((node) => node.id === edge.to);
  if (!target || target.inputs.length < 2) return null;
  const inputs = target.inputs.filter((_, slot) => slot !== edge.slot);
  return { nodes: nodes.map((node) => (node.id === edge.to ? { ...node, inputs } : node)) };
}

function rename(nodes: Node[], id: string, name: string | null): Edited | null {
  const wanted = name?.trim() ?? "";
  if (wanted !== "" && (!/^[A-Za-z_]\w{0,63}$/.test(wanted) || isSource(wanted))) return null;
  if (nodes.some((node) => node.id === wanted && node.id !== id)) return null;
  const next = wanted === "" ? FRESH : wanted;
  return {
    nodes: nodes.map((node) => ({
      ...replaced(node, id, next),
      ...(node.id === id ? { id: next, named: wanted !== "" } : {}),
    })),
    select: next,
  };
}
