// Where each layer stands: a layered drawing along or down, whichever shows the network larger in the room there is.

import dagre from "@dagrejs/dagre";
import type { Graph } from "./graph.ts";

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

const GAP: Record<Direction, number> = { across: 46, down: 26 };

export function layout(graph: Graph, direction: Direction): Layout {
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

export function fitting(graph: Graph, room: Size): Layout {
  const across = layout(graph, "across");
  if (zoom(across.size, room) >= 0.9) return across;
  const down = layout(graph, "down");
  return zoom(down.size, room) > zoom(across.size, room) ? down : across;
}
