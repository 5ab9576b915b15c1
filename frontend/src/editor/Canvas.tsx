// The network as a graph: layers, wires with the shapes they carry, the data before and the answer after.
import {
  BaseEdge,
  type Connection,
  EdgeLabelRenderer,
  type EdgeProps,
  type Edge as FlowEdge,
  type Node as FlowNode,
  getBezierPath,
  getSmoothStepPath,
  Handle,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { IconAlertTriangle, IconBulb, IconDatabase, IconTarget } from "@tabler/icons-react";
import { type DragEvent, type KeyboardEvent, memo, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DataInfo, Shape } from "../api/schema.ts";
import type { Change } from "../network/changes.ts";
import type { Layer } from "../network/document.ts";
import { type Edge, type Graph, isSource, wouldCycle } from "../network/graph.ts";
import {
  BEND,
  type Dagre,
  type Direction,
  END,
  fitting,
  isChain,
  layout,
  NODE,
  OUTPUT,
} from "../network/layout.ts";
import { formatCompact, formatInteger, formatShape } from "../ui/format.ts";
import { hintOf, sentenceOf, sentenceOnLayer } from "../ui/problems.ts";
import "./editor.css";
import { inputOf, type LayerFacts, type NetworkFacts } from "./facts.ts";

export const DRAGGED = "application/x-oqu-layer";

type LayerNode = FlowNode<{ facts: LayerFacts; direction: Direction }, "layer">;
type EndNode = FlowNode<
  { title: string; shape: string; side: "source" | "output"; direction: Direction },
  "end"
>;
type Wire = FlowEdge<{ shape: Shape | null; edge: Edge }, "wire">;

type Props = {
  facts: NetworkFacts;
  layers: Layer[];
  role: string;
  info: DataInfo | null;
  /** A layer's id, "input" or "output". */
  selected: string | null;
  /** Another document, or none yet: fit the drawing to the room again. */
  opened: number;
  direction: Direction | "auto";
  onSelect: (id: string | null) => void;
  onChange: (change: Change) => void;
  /** A layer dragged here from the palette. */
  layerOf: (type: string) => Layer | null;
};

const nodeTypes = { layer: memo(LayerBox), end: memo(EndBox) };
const edgeTypes = { wire: memo(WireLine) };

export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing({
  facts,
  layers,
  role,
  info,
  selected,
  opened,
  direction,
  onSelect,
  onChange,
  layerOf,
}: Props) {
  const { t } = useTranslation();
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);

  const dagre = useDagre(facts.graph);
  const drawn = useMemo(
    () =>
      direction === "auto"
        ? fitting(facts.graph, { width: (width || 640) - 24, height: (height || 560) - 24 }, dagre)
        : layout(facts.graph, direction, dagre),
    [facts.graph, direction, width, height, dagre],
  );

  const nodes = useMemo(() => {
    const at = (id: string) => drawn.positions.get(id) ?? { x: 0, y: 0 };
    const way = drawn.direction;
    const ends: EndNode[] = facts.graph.sources.map((id) => ({
      id,
      type: "end",
      position: at(id),
      ...END[way],
      selected: selected === id,
      data: {
        title: sourceTitle(id, t),
        shape: inputOf(info, (count) => t("editor.numbers", { count })),
        side: "source",
        direction: way,
      },
      ariaLabel: t("editor.data_node"),
    }));
    ends.push({
      id: OUTPUT,
      type: "end",
      position: at(OUTPUT),
      ...END[way],
      selected: selected === OUTPUT,
      data: { title: t("editor.output"), shape: outputOf(info, t), side: "output", direction: way },
      ariaLabel: t("editor.output_node"),
    });
    const boxes: LayerNode[] = [...facts.layers.values()].map((one) => ({
      id: one.id,
      type: "layer",
      position: at(one.id),
      ...NODE[way],
      selected: selected === one.id,
      data: { facts: one, direction: way },
      ariaLabel: t("editor.layer_node", { title: one.title, id: one.id }),
    }));
    return [...ends, ...boxes];
  }, [drawn, facts, info, selected, t]);

  const edges = useMemo(() => {
    const shapeOf = (id: string) =>
      isSource(id) ? (info?.shape ?? null) : (facts.layers.get(id)?.output ?? null);
    const wires: Wire[] = facts.graph.edges.map((edge) => ({
      id: `${edge.from} ${edge.to} ${edge.slot}`,
      type: "wire",
      source: edge.from,
      target: edge.to,
      data: { shape: shapeOf(edge.from), edge },
      focusable: false,
    }));
    const last = facts.graph.nodes.at(-1)?.id ?? facts.graph.sources[0] ?? "input";
    wires.push({
      id: `${last} ${OUTPUT}`,
      type: "wire",
      source: last,
      target: OUTPUT,
      data: { shape: shapeOf(last), edge: { from: last, to: OUTPUT, slot: 0 } },
      focusable: false,
      deletable: false,
    });
    return wires;
  }, [facts, info]);

  const shapeOfGraph = `${opened} ${drawn.direction} ${drawn.size.width} ${drawn.size.height} ${width} ${height}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: fits when the drawing or the room changes, not while settings do
  useEffect(() => {
    if (!width || !height) return;
    const zoom = Math.min(1.15, (width - 24) / drawn.size.width, (height - 24) / drawn.size.height);
    const scale = Math.max(0.45, zoom);
    const spare = (room: number, size: number) => Math.max(12, (room - size * scale) / 2);
    void flow.setViewport({
      x: spare(width, drawn.size.width),
      y: spare(height, drawn.size.height),
      zoom: scale,
    });
  }, [shapeOfGraph]);

  function connect({ source, target }: Connection) {
    onChange({ kind: "wire", role, from: source, to: target, add: facts.layers.get(target)?.many ?? false });
  }

  function drop(event: DragEvent) {
    const layer = layerOf(event.dataTransfer.getData(DRAGGED));
    if (layer === null) return;
    event.preventDefault();
    const { edge, node } = under(event.clientX, event.clientY);
    const wire = edge ? edges.find(({ id }) => id === edge)?.data?.edge : undefined;
    if (wire && wire.to !== OUTPUT) onChange({ kind: "add", role, layer, after: null, on: wire });
    else onChange({ kind: "add", role, layer, after: node === null || node === OUTPUT ? null : node });
  }

  function keyed(event: KeyboardEvent) {
    const order = [...facts.graph.sources, ...facts.graph.nodes.map((node) => node.id), OUTPUT];
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const at = selected === null ? -1 : order.indexOf(selected);
    const next = order[Math.min(order.length - 1, Math.max(0, at + step))] ?? null;
    onSelect(next);
    const box = event.currentTarget.querySelector<HTMLElement>(`.react-flow__node[data-id="${next}"]`);
    box?.focus({ preventScroll: true });
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys walk along the layers, which are focusable themselves
    <div
      className="oqu-canvas"
      onKeyDown={keyed}
      onDrop={drop}
      onDragOver={(event) => event.preventDefault()}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        nodesDraggable={false}
        edgesReconnectable={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        minZoom={0.2}
        maxZoom={1.6}
        zoomOnDoubleClick={false}
        disableKeyboardA11y={false}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => onSelect(node.id)}
        onNodesChange={(changes) => {
          for (const change of changes) if (change.type === "select" && change.selected) onSelect(change.id);
        }}
        onPaneClick={() => onSelect(null)}
        onConnect={connect}
        isValidConnection={({ source, target }) =>
          source !== OUTPUT && target !== OUTPUT && !isSource(target) && !wouldCycle(layers, source, target)
        }
        onEdgeDoubleClick={(_, wire) => {
          if (wire.data && wire.target !== OUTPUT) onChange({ kind: "unwire", role, edge: wire.data.edge });
        }}
        aria-label={t("editor.canvas")}
        ariaLabelConfig={{
          "node.a11yDescription.default": t("editor.keys_node"),
          "node.a11yDescription.keyboardDisabled": t("editor.keys_node"),
          "edge.a11yDescription.default": t("editor.keys_edge"),
        }}
      />
    </div>
  );
}

/** The library that draws graphs with branches, once there is one to draw. */
function useDagre(graph: Graph): Dagre | null {
  const [dagre, setDagre] = useState<Dagre | null>(null);
  const needed = dagre === null && !isChain(graph);
  useEffect(() => {
    if (!needed) return;
    let gone = false;
    import("@dagrejs/dagre").then(
      (loaded) => !gone && setDagre(() => loaded.default),
      () => undefined, // drawn in the order of the list then
    );
    return () => {
      gone = true;
    };
  }, [needed]);
  return dagre;
}

type T = (key: string, params?: Record<string, unknown>) => string;

function sourceTitle(id: string, t: T): string {
  return id === "input" ? t("editor.data") : t("editor.data_named", { name: id.slice(id.indexOf(".") + 1) });
}

function outputOf(info: DataInfo | null, t: T): string {
  if (info === null) return "";
  if (info.classes.length > 0) return t("editor.classes", { count: info.classes.length });
  return info.targets.join(", ");
}

/** The wire or the box at a point of the window. */
function under(x: number, y: number): { edge: string | null; node: string | null } {
  for (const element of document.elementsFromPoint(x, y)) {
    const edge = element.closest(".react-flow__edge");
    if (edge) return { edge: edge.getAttribute("data-id"), node: null };
    const node = element.closest(".react-flow__node");
    if (node) return { edge: null, node: node.getAttribute("data-id") };
  }
  return { edge: null, node: null };
}

function sides(direction: Direction): { to: Position; from: Position } {
  return direction === "across"
    ? { to: Position.Left, from: Position.Right }
    : { to: Position.Top, from: Position.Bottom };
}

function LayerBox({ data: { facts, direction }, selected }: NodeProps<LayerNode>) {
  const { t } = useTranslation();
  const { to, from } = sides(direction);
  const problem = facts.problems[0];
  const words = problem ? sentenceOnLayer(problem, facts.type) : facts.known ? null : t("editor.unknown");
  const said = problem ?? facts.remarks[0];
  return (
    <div
      className={`oqu-layer oqu-layer-${direction}`}
      data-selected={selected || undefined}
      data-wrong={words !== null || undefined}
      data-remarked={facts.remarks.length > 0 || undefined}
      title={said ? `${sentenceOf(said)} ${hintOf(said)}` : facts.id}
    >
      <Handle type="target" position={to} />
      <div className="oqu-layer-head">
        <span className="oqu-layer-title">
          {facts.title}
          {words === null && said && <IconBulb size={14} role="img" aria-label={sentenceOf(said)} />}
        </span>
        {facts.parameters !== null && facts.parameters > 0 && (
          <span className="oqu-layer-size">
            {t(direction === "down" ? "editor.weights" : "editor.weights_short", {
              count: facts.parameters,
              number:
                facts.parameters < 100_000
                  ? formatInteger(facts.parameters)
                  : formatCompact(facts.parameters),
            })}
          </span>
        )}
      </div>
      {words !== null ? (
        <div className="oqu-layer-wrong">
          <IconAlertTriangle size={13} aria-hidden /> {words}
        </div>
      ) : (
        <div className="oqu-layer-settings">
          {facts.settings.map(({ title, value }) => (
            <span key={title}>{t("editor.setting", { title, value })}</span>
          ))}
        </div>
      )}
      <Handle type="source" position={from} />
    </div>
  );
}

function EndBox({ data: { title, shape, side, direction }, selected }: NodeProps<EndNode>) {
  const { to, from } = sides(direction);
  return (
    <div className={`oqu-end oqu-end-${direction}`} data-selected={selected || undefined}>
      {side === "output" && <Handle type="target" position={to} isConnectable={false} />}
      {side === "source" ? <IconDatabase size={15} aria-hidden /> : <IconTarget size={15} aria-hidden />}
      <span className="oqu-layer-title">{title}</span>
      <span className="oqu-layer-settings" data-user>
        {shape}
      </span>
      {side === "source" && <Handle type="source" position={from} />}
    </div>
  );
}

function WireLine(props: EdgeProps<Wire>) {
  const down = props.sourcePosition === Position.Bottom;
  const back = down && props.targetY < props.sourceY; // up into the next column
  const [path, x, y] = back
    ? getSmoothStepPath({ ...props, borderRadius: 10, offset: BEND - 4 })
    : getBezierPath(props);
  const text = props.data?.shape ? formatShape(props.data.shape) : "";
  return (
    <>
      <BaseEdge id={props.id} path={path} interactionWidth={28} />
      {text !== "" && (
        <EdgeLabelRenderer>
          <span
            className="oqu-wire-shape"
            style={{
              transform: `translate(${down ? "8px, -50%" : "-50%, -120%"}) translate(${back ? props.targetX : x}px, ${back ? props.targetY - BEND / 2 : y}px)`,
            }}
          >
            {text}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
