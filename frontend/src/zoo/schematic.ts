// A network as a small drawing: columns of neurons or stacks of feature maps, from the document alone.
import type { ExperimentDocument, LayerDocument } from "../api/schema.ts";

export type Stage =
  | { kind: "dots"; count: number; more: boolean }
  | { kind: "maps"; count: number; size: number };

const MOST_DOTS = 6;
const MOST_MAPS = 5;

const number = (value: unknown): number | null => (typeof value === "number" ? value : null);

const dots = (count: number): Stage => ({
  kind: "dots",
  count: Math.min(Math.max(1, count), MOST_DOTS),
  more: count > MOST_DOTS,
});

/** The stages of the first network of a document, input and output included. */
export function stagesOf(
  document: ExperimentDocument,
  inputs: number,
  outputs: number,
  image: boolean,
): Stage[] {
  const layers = Object.values(document.networks)[0]?.layers ?? [];
  const stages: Stage[] = [image ? { kind: "maps", count: 1, size: 1 } : dots(inputs)];
  let size = 1;
  for (const layer of layers) {
    if (/^(Max|Avg|AdaptiveAvg)Pool/.test(layer.type)) size *= 0.7;
    const stage = stageOf(layer, size, outputs);
    if (stage !== null) stages.push(stage);
  }
  return stages;
}

function stageOf(layer: LayerDocument, size: number, outputs: number): Stage | null {
  if (layer.type === "Linear") return dots(number(layer.out_features) ?? outputs);
  if (layer.type.startsWith("Conv")) {
    const channels = number(layer.out_channels) ?? 1;
    return { kind: "maps", count: Math.min(MOST_MAPS, Math.max(2, Math.round(Math.log2(channels)))), size };
  }
  return null;
}
