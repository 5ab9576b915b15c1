// The experiment document as data: what a change needs to know of its shape, and no more.

import type { ExperimentDocument, Json, JsonObject, LayerDocument } from "../api/schema.ts";

export type { Json, JsonObject };
export type Path = readonly (string | number)[];
export type Layer = LayerDocument;
export type Document = ExperimentDocument;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A document that the canvas can draw, however wrong its settings may be. */
export function isDocument(value: unknown): value is Document {
  if (!isObject(value) || !isObject(value.networks)) return false;
  return Object.values(value.networks).every(
    (network) =>
      isObject(network) &&
      Array.isArray(network.layers) &&
      network.layers.every((layer) => isObject(layer) && typeof layer.type === "string"),
  );
}

export function layersOf(document: Document, role: string): Layer[] {
  return document.networks[role]?.layers ?? [];
}

export function rolesOf(document: Document): string[] {
  return Object.keys(document.networks);
}

/** The value at a path, or undefined where the path leads nowhere. */
export function getAt(value: unknown, path: Path): Json | undefined {
  let here: unknown = value;
  for (const key of path) {
    if (Array.isArray(here) && typeof key === "number") here = here[key];
    else if (isObject(here)) here = here[String(key)];
    else return undefined;
  }
  return here as Json | undefined;
}

/** A copy with another value at the path; `undefined` takes the key away. What is untouched stays the same object. */
export function setAt<T>(value: T, path: Path, next: Json | undefined): T {
  if (path.length === 0) return next as T;
  const [key, ...rest] = path as [string | number, ...(string | number)[]];
  if (Array.isArray(value)) {
    const copy = value.slice();
    const index = Number(key);
    if (rest.length === 0 && next === undefined) copy.splice(index, 1);
    else copy[index] = setAt(copy[index], rest, next);
    return copy as T;
  }
  const copy: Record<string, unknown> = isObject(value) ? { ...value } : {};
  if (rest.length === 0 && next === undefined) delete copy[String(key)];
  else copy[String(key)] = setAt(copy[String(key)], rest, next);
  return copy as T;
}

/** Whether two documents say the same, whatever the order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}
