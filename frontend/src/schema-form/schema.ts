// JSON Schema, as pydantic writes it, read as the few things a form can show. Knows no kind by name.

import type { Json, JsonObject, JsonSchema } from "../api/schema.ts";

export type NumberField = {
  kind: "number";
  integer: boolean;
  min: number | null;
  max: number | null;
  /** Whether min and max themselves are not allowed. */
  openMin: boolean;
  openMax: boolean;
};

export type Field =
  | NumberField
  | { kind: "text"; maxLength: number | null }
  | { kind: "boolean" }
  | { kind: "choice"; options: Json[] }
  /** One of several kinds, told apart by `type`, each with its own settings. */
  | { kind: "kinds"; variants: { type: string; schema: JsonSchema }[] }
  | { kind: "list"; item: Field; min: number; max: number | null }
  | { kind: "object"; schema: JsonSchema }
  /** Absent or null means that somebody else decides: torch, the data, the seed. */
  | { kind: "nullable"; of: Field }
  /** A number or a word, a number or a pair. */
  | { kind: "either"; options: Field[] }
  /** Shown as text: no form for it. */
  | { kind: "json" };

export type Setting = {
  name: string;
  field: Field;
  title: string;
  help: string;
  unit: string;
  default: Json | undefined;
  required: boolean;
  advanced: boolean;
};

/** Follows `$ref`, and `allOf` of one. What stands beside the reference stays. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let here = schema;
  for (let depth = 0; depth < 20; depth += 1) {
    const target = here.$ref ?? (here.allOf?.length === 1 ? here.allOf[0]?.$ref : undefined);
    if (target === undefined) return here;
    const { $ref: _ref, allOf: _all, ...beside } = here;
    const found = root.$defs?.[target.replace("#/$defs/", "")];
    if (found === undefined) return {};
    here = { ...found, ...beside };
  }
  return {};
}

const isNull = (schema: JsonSchema) => schema.type === "null" || schema.const === null;

export function fieldOf(given: JsonSchema, root: JsonSchema): Field {
  const schema = resolve(given, root);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fieldOfOptions(schema, options, root);
  if (schema.enum) return { kind: "choice", options: schema.enum };
  if (schema.const !== undefined) return { kind: "choice", options: [schema.const] };
  switch (schema.type) {
    case "integer":
    case "number":
      return numberField(schema);
    case "boolean":
      return { kind: "boolean" };
    case "string":
      return { kind: "text", maxLength: schema.maxLength ?? null };
    case "array":
      return listField(schema, root);
    case "object":
      return schema.properties
        ? { kind: "object", schema: { ...schema, $defs: root.$defs } }
        : { kind: "json" };
    default:
      return { kind: "json" };
  }
}

function fieldOfOptions(schema: JsonSchema, options: JsonSchema[], root: JsonSchema): Field {
  const real = options.filter((option) => !isNull(resolve(option, root)));
  const inner = fieldOfReal(schema, real, root);
  return real.length < options.length ? { kind: "nullable", of: inner } : inner;
}

function fieldOfReal(schema: JsonSchema, real: JsonSchema[], root: JsonSchema): Field {
  if (real.length === 1) return fieldOf(real[0] as JsonSchema, root);
  const variants = real.map((option) => resolve(option, root));
  const named = variants.map((variant) => typeNameOf(variant));
  if (schema.discriminator || named.every((name) => name !== null)) {
    return {
      kind: "kinds",
      variants: variants.flatMap((variant, index) => {
        const type = named[index];
        return type ? [{ type, schema: { ...variant, $defs: root.$defs } }] : [];
      }),
    };
  }
  const fields = real.map((option) => fieldOf(option, root));
  const words = fields.filter((field) => field.kind === "choice");
  if (words.length === fields.length)
    return { kind: "choice", options: words.flatMap((field) => field.options) };
  return { kind: "either", options: merged(fields) };
}

/** An integer or a number is a number. */
function merged(fields: Field[]): Field[] {
  const numbers = fields.filter((field) => field.kind === "number");
  if (numbers.length < 2) return fields;
  const widest = numbers.find((field) => !field.integer) ?? numbers[0];
  return fields.filter((field) => field.kind !== "number" || field === widest);
}

/** The value of `type` that names a kind. */
export function typeNameOf(schema: JsonSchema): string | null {
  const type = schema.properties?.type;
  const name = type?.const ?? type?.enum?.[0] ?? type?.default;
  return typeof name === "string" ? name : null;
}

function numberField(schema: JsonSchema): NumberField {
  return {
    kind: "number",
    integer: schema.type === "integer",
    min: schema.minimum ?? schema.exclusiveMinimum ?? null,
    max: schema.maximum ?? schema.exclusiveMaximum ?? null,
    openMin: schema.minimum === undefined && schema.exclusiveMinimum !== undefined,
    openMax: schema.maximum === undefined && schema.exclusiveMaximum !== undefined,
  };
}

function listField(schema: JsonSchema, root: JsonSchema): Field {
  const item = schema.items ?? schema.prefixItems?.[0];
  if (item === undefined) return { kind: "json" };
  const field = fieldOf(item, root);
  const count = schema.prefixItems?.length;
  return {
    kind: "list",
    item: field,
    min: schema.minItems ?? count ?? 0,
    max: schema.maxItems ?? count ?? null,
  };
}

/** The settings of a kind in the order they are declared, without the `type` that names it. */
export function settingsOf(schema: JsonSchema, hidden: readonly string[] = []): Setting[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== "type" && !hidden.includes(name))
    .map(([name, given]) => {
      const property = resolve(given, schema);
      return {
        name,
        field: fieldOf(given, schema),
        title: given.title ?? property.title ?? name,
        help: given.description ?? "",
        unit: given.unit ?? "",
        default: given.default,
        required: schema.required?.includes(name) ?? false,
        advanced: given.advanced ?? false,
      };
    });
}

/** A first value for a setting that has no default. */
export function initialOf(field: Field): Json {
  switch (field.kind) {
    case "number":
      return initialNumber(field);
    case "text":
      return "";
    case "boolean":
      return false;
    case "choice":
      return field.options[0] ?? null;
    case "kinds": {
      const first = field.variants[0];
      return first ? blank(first.type, first.schema) : null;
    }
    case "list":
      return Array.from({ length: field.min }, () => initialOf(field.item));
    case "object":
      return blank(null, field.schema);
    case "either":
      return field.options[0] ? initialOf(field.options[0]) : null;
    case "nullable":
    case "json":
      return null;
  }
}

function initialNumber(field: NumberField): number {
  const usual = field.integer ? 8 : 0.5;
  const low = field.min === null ? usual : Math.max(field.min, usual);
  return field.max === null ? low : Math.min(field.max, low);
}

/** A kind with only what must be said; everything else keeps its default. */
export function blank(type: string | null, schema: JsonSchema): JsonObject {
  const value: JsonObject = type === null ? {} : { type };
  for (const setting of settingsOf(schema)) {
    if (setting.required) value[setting.name] = initialOf(setting.field);
  }
  return value;
}

/** Whether a value has the form of this field: which of several forms to show. */
export function matches(field: Field, value: Json | undefined): boolean {
  switch (field.kind) {
    case "number":
      return typeof value === "number";
    case "text":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return field.options.some((option) => option === value);
    case "list":
      return Array.isArray(value);
    case "kinds":
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "nullable":
      return value === null || value === undefined || matches(field.of, value);
    case "either":
      return field.options.some((option) => matches(option, value));
    case "json":
      return true;
  }
}

/** What a setting says in a few characters, for a node's second line. "" where there is no short way. */
export function brief(value: Json | undefined): string {
  if (typeof value === "number" || typeof value === "string") return String(value);
  if (typeof value === "boolean") return value ? "✓" : "✗";
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value.join("×");
  return "";
}
