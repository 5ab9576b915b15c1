// Text from the clipboard or the text view, as what it can mean here.

import { type Document, isDocument, isObject, type Layer } from "./document.ts";

export type Pasted =
  | { kind: "document"; document: Document }
  | { kind: "layers"; layers: Layer[] }
  | { kind: "nothing"; reason: "not_json" | "not_an_experiment"; line: number | null };

function isLayer(value: unknown): value is Layer {
  return isObject(value) && typeof value.type === "string";
}

export function paste(text: string): Pasted {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "nothing", reason: "not_json", line: lineOf(text, error) };
  }
  if (isDocument(value)) return { kind: "document", document: value };
  if (isObject(value) && Array.isArray(value.layers) && value.layers.every(isLayer)) {
    return { kind: "layers", layers: value.layers as Layer[] };
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isLayer))
    return { kind: "layers", layers: value };
  if (isLayer(value) && !("networks" in value)) return { kind: "layers", layers: [value] };
  return { kind: "nothing", reason: "not_an_experiment", line: null };
}

/** Engines say "position 17" or "line 2 column 3"; people want the line. */
function lineOf(text: string, error: unknown): number | null {
  const words = error instanceof Error ? error.message : "";
  const line = /line (\d+)/.exec(words);
  if (line) return Number(line[1]);
  const position = /position (\d+)/.exec(words);
  return position ? text.slice(0, Number(position[1])).split("\n").length : null;
}
