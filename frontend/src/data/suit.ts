// An experiment that suits a data set: what a practitioner would try first. Pure.
import type { DataInfo, ExperimentDocument, KindDocument, LayerDocument } from "../api/schema.ts";

export type Known = { name: string; sha256: string | null; info: DataInfo };

export function suitable({ name, sha256, info }: Known): ExperimentDocument {
  return {
    version: 1,
    name,
    seed: 1,
    data: {
      type: "dataset",
      name,
      ...(sha256 === null ? {} : { sha256 }),
      validation_fraction: 0.2,
      test_fraction: 0.2,
    },
    preprocess: stepsFor(info),
    networks: { model: { layers: layersFor(info) } },
    learner: {
      type: "supervised",
      loss: { type: info.task === "classification" ? "CrossEntropyLoss" : "MSELoss" },
      optimizer: { type: "Adam", lr: info.form === "image" ? 0.001 : 0.005 },
      batch_size: info.rows > 5_000 ? 64 : 32,
      epochs: epochsFor(info),
    },
    run: { device: "auto", pace: null },
  };
}

/** Fill gaps, bring numbers to one scale, give each category its own column. Pictures need none of it. */
export function stepsFor(info: DataInfo): KindDocument[] {
  if (info.form === "image") return [];
  const steps: KindDocument[] = [];
  if (info.features.some((feature) => feature.missing > 0)) steps.push({ type: "impute" });
  steps.push({ type: "standardise" });
  if (info.features.some((feature) => feature.kind === "category")) steps.push({ type: "one_hot" });
  return steps;
}

export function layersFor(info: DataInfo): LayerDocument[] {
  if (info.form !== "image") return dense(info.rows < 500 ? [16, 8] : [32, 16]);
  const side = Math.min(info.shape[1] ?? 1, info.shape[2] ?? 1);
  return side < 8 ? [{ type: "Flatten" }, ...dense([64])] : convolutional(side);
}

function dense(widths: number[]): LayerDocument[] {
  const hidden = widths.flatMap((width): LayerDocument[] => [
    { type: "Linear", out_features: width },
    { type: "ReLU" },
  ]);
  return [...hidden, { type: "Linear" }];
}

const SMALLEST_SIDE = 4;
const MOST_BLOCKS = 4;

/** Convolve and halve until few pixels are left, then decide. */
function convolutional(side: number): LayerDocument[] {
  const layers: LayerDocument[] = [];
  for (let block = 0, left = side; block < MOST_BLOCKS && left / 2 >= SMALLEST_SIDE; block++, left /= 2) {
    layers.push(
      { type: "Conv2d", out_channels: Math.min(64, 16 * 2 ** block), kernel_size: 3, padding: 1 },
      { type: "ReLU" },
      { type: "MaxPool2d", kernel_size: 2 },
    );
  }
  return [...layers, { type: "Flatten" }, { type: "Dropout", p: 0.3 }, ...dense([64])];
}

function epochsFor(info: DataInfo): number {
  if (info.form === "image") return info.rows > 5_000 ? 5 : 20;
  return info.rows > 20_000 ? 20 : 100;
}
