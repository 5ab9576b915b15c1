// The document as text a person likes to read: short things on one line, long things indented.

import { isObject, type Json } from "./document.ts";

const WIDTH = 66;

export function print(value: Json, indent = ""): string {
  const short = flat(value);
  if (short.length + indent.length <= WIDTH || typeof value !== "object" || value === null) return short;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => deeper + print(item, deeper)).join(",\n")}\n${indent}]`;
  }
  const lines = Object.entries(value).map(
    ([key, item]) => `${deeper}${JSON.stringify(key)}: ${print(item, deeper)}`,
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function flat(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flat).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${flat(item)}`)
    .join(", ")}}`;
}
