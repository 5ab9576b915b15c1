// Where each layer stands: a layered drawing along or down, whichever shows the network larger in the room there is.
// A chain needs no library; what branches is drawn by dagre, which is fetched only then.

import type dagre from "@dagrejs/dagre";
import { type Graph, INPUT } from "./graph.ts";

export type Dagre = typeof dagre;

export type Direction = "across" | "down";

export interface Size {
  width: number;
  height: number;
}

export interface Layout {
  direction: Direction;
  positions: Map<string, { x: number; y: number }>;
  size: Size;
}

export const OUTPUT = "output";

export const NODE: Record<Direction, Size> = {
  across: { width: 124, height: 92 },
  down: { width: 236, height: 52 },
};

export const END: Record<Direction, Size> = {
  across: { width: 92, height: 56 },
  down: { width: 236, height: 38 },
};

const GAP: Record<Direction, number> = { across: 76, down: 26 };

/** Whether every layer takes just what the layer before it gives. */
export function isChain({ nodes, sources }: Graph): boolean {
  return (
    sources.length === 1 &&
    nodes.every(
      ({ inputs }, index) =>
        inputs.length === 1 && inputs[0] === (index === 0 ? INPUT : nodes[index - 1]?.id),
    )
  );
}

/** Without dagre a graph is drawn as a chain in the order of its list. */
export function layout(graph: Graph, direction: Direction, dagre: Dagre | null): Layout {
  return dagre === null || isChain(graph) ? chain(graph, direction) : layered(graph, direction, dagre);
}

function chain({ sources, nodes }: Graph, direction: Direction): Layout {
  const boxes: [string, Size][] = [
    ...sources.map((id): [string, Size] => [id, END[direction]]),
    ...nodes.map(({ id }): [string, Size] => [id, NODE[direction]]),
    [OUTPUT, END[direction]],
  ];
  const [along, beside] =
    direction === "across" ? (["width", "height"] as const) : (["height", "width"] as const);
  const breadth = Math.max(...boxes.map(([, size]) => size[beside]));
  const positions = new Map<string, { x: number; y: number }>();
  let way = 0;
  for (const [id, size] of boxes) {
    const aside = (breadth - size[beside]) / 2;
    positions.set(id, direction === "across" ? { x: way, y: aside } : { x: aside, y: way });
    way += size[along] + GAP[direction];
  }
  const length = way - GAP[direction];
  const size =
    direction === "across" ? { width: length, height: breadth } : { width: breadth, height: length };
  return { direction, positions, size };
}

function layered(graph: Graph, direction: Direction, dagre: Dagre): Layout {
  const drawing = new dagre.graphlib.Graph({ multigraph: true });
  drawing.setGraph({
    rankdir: direction === "across" ? "LR" : "TB",
    ranksep: GAP[direction],
    nodesep: 28,
    marginx: 0,
    marginy: 0,
  });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const source of graph.sources) drawing.setNode(source, { ...END[direction] });
  for (const node of graph.nodes) drawing.setNode(node.id, { ...NODE[direction] });
  drawing.setNode(OUTPUT, { ...END[direction] });
  for (const { from, to, slot } of graph.edges)
    if (drawing.hasNode(from)) drawing.setEdge(from, to, {}, String(slot));
  drawing.setEdge(graph.nodes.at(-1)?.id ?? (graph.sources[0] as string), OUTPUT, {}, "0");
  dagre.layout(drawing);
  const positions = new Map<string, { x: number; y: number }>();
  for (const id of drawing.nodes()) {
    const { x, y, width, height } = drawing.node(id);
    positions.set(id, { x: x - width / 2, y: y - height / 2 });
  }
  const { width = 0, height = 0 } = drawing.graph();
  return { direction, positions, size: { width, height } };
}

/** How large a drawing can be shown in a room, at most at its own size. */
export function zoom(size: Size, room: Size): number {
  return Math.min(1, room.width / size.width, room.height / size.height);
}

const LEGIBLE = 0.9;
const MOST_COLUMNS = 4;

/** Along where that is legible, else down, else down in columns like a newspaper: whatever shows it largest. */
export function fitting(graph: Graph, room: Size, dagre: Dagre | null): Layout {
  const across = layout(graph, "across", dagre);
  if (zoom(across.size, room) >= LEGIBLE) return across;
  const down = layout(graph, "down", dagre);
  const columns = Array.from({ length: MOST_COLUMNS - 1 }, (_, index) => folded(down, index + 2));
  const found = [down, across, ...columns];
  return found.reduce((best, one) => (zoom(one.size, room) > 1.1 * zoom(best.size, room) ? one : best));
}

const BETWEEN = 52;
/** Room over and under a column for the wire that leads on to the next. */
export const BEND = 18;

/** A drawing downwards, cut between its ranks into columns that stand side by side. */
export function folded(drawn: Layout, columns: number): Layout {
  const tops = [...new Set([...drawn.positions.values()].map(({ y }) => y))].sort((a, b) => a - b);
  const each = Math.ceil(tops.length / columns);
  const columnOf = new Map(tops.map((top, rank) => [top, Math.floor(rank / each)]));
  const starts = Array.from({ length: columns }, (_, column) => tops[column * each] ?? 0);
  const positions = new Map(
    [...drawn.positions].map(([id, { x, y }]) => {
      const column = columnOf.get(y) ?? 0;
      return [id, { x: x + column * (drawn.size.width + BETWEEN), y: y - (starts[column] ?? 0) + BEND }];
    }),
  );
  const used = Math.ceil(tops.length / each);
  const bottoms = starts
    .slice(0, used)
    .map((start, column) => (starts[column + 1] ?? drawn.size.height) - start);
  const width = used * drawn.size.width + (used - 1) * BETWEEN;
  return {
    direction: drawn.direction,
    positions,
    size: { width, height: Math.max(...bottoms.filter((height) => height > 0)) + BEND },
  };
}
