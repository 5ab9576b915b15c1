// The shapes that cross the wire and that the page reads field by field.
// Open ends (a kind's own settings) are JSON; the server's JSON Schema says what stands in them.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Anything a document names by `type`, with its own settings beside it. */
export type KindDocument = { type: string } & JsonObject;

export type LayerDocument = KindDocument & { id?: string | null; inputs?: string[] | null };
export type NetworkDocument = { layers: LayerDocument[] };

export type Pace = { unit: "epoch" | "step"; per_second: number };

export type RunSettings = JsonObject & {
  device?: string;
  pace?: Pace | null;
  paused?: boolean;
};

export type ExperimentDocument = {
  version?: 1;
  name: string;
  seed: number;
  data: KindDocument;
  preprocess?: KindDocument[];
  networks: { [role: string]: NetworkDocument };
  learner: KindDocument;
  start?: JsonObject | null;
  control?: { step: number; set: JsonObject }[];
  run?: RunSettings;
};

// ---- JSON Schema, as pydantic writes it ----

export type JsonSchema = {
  $ref?: string;
  $defs?: { [name: string]: JsonSchema };
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  const?: Json;
  enum?: Json[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  properties?: { [name: string]: JsonSchema };
  additionalProperties?: boolean | JsonSchema;
  required?: string[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  discriminator?: { propertyName: string; mapping?: { [value: string]: string } };
  unit?: string;
  advanced?: boolean;
};

// ---- catalogue ----

export type CatalogEntry = {
  type: string;
  title: string;
  help: string;
  category: string;
  key: string;
  schema: JsonSchema;
  /** Layers only: fewest and most inputs. */
  arity?: [number, number];
  /** Layers only: one that works, for the palette to put on the canvas. */
  example?: KindDocument;
  /** Losses only: what they can teach. */
  tasks?: Task[];
  /** Data only, where every one of them has the same. */
  task?: Task;
};

export const FAMILIES = [
  "layers",
  "data",
  "preprocess",
  "learners",
  "optimizers",
  "losses",
  "schedules",
  "initializers",
  "probes",
  "exports",
  "imports",
] as const;
export type Family = (typeof FAMILIES)[number];
export type Catalog = { [family in Family]: CatalogEntry[] };

// ---- problems ----

export type Where = {
  path: (string | number)[];
  layer: string | null;
  row: number | null;
  column: string | null;
};

/** An error in words, with its place. `key` and `params` translate it, `detail` is the English. */
export type Problem = {
  error: string;
  key: string;
  params: JsonObject;
  detail: string;
  where: Where;
  hint: string;
  request_id?: string;
  problems?: Problem[];
};

// ---- check ----

export type Shape = number[];

export type LayerPlan = {
  id: string;
  type: string;
  inputs: string[];
  /** Null where a problem before it leaves that open. */
  input_shapes: (Shape | null)[];
  output_shape: Shape | null;
  parameters: number;
  multiply_adds: number;
  activation_bytes?: number;
};

export type NetworkPlan = {
  layers: LayerPlan[];
  parameters: number;
  multiply_adds: number;
  memory_bytes: number;
  output_shape: Shape | null;
};

export type Feature = { name: string; kind: "number" | "category"; categories: string[]; missing: number };

export type Task = "classification" | "regression";

export type DataInfo = {
  task: Task;
  dtype?: "float32" | "uint8";
  form: "points" | "table" | "image" | "vector";
  shape: Shape;
  classes: string[];
  targets: string[];
  features: Feature[];
  rows: number;
  problems: string[];
};

export type CheckAnswer = {
  errors: Problem[];
  networks: { [role: string]: NetworkPlan };
  data: DataInfo | null;
  digest: string | null;
  /** What works, but hardly as it was meant: shown at its place, stops nothing. */
  remarks?: Problem[];
  /** Ways of looking that make sense for it. */
  probes?: string[];
};

/** Raw rows of a document's data, before anything learns: what the map and the examples show. */
export type DataPreview = {
  info: DataInfo;
  parts: { [part: string]: { inputs: Json[]; targets: Json[]; rows: number } };
};

// ---- zoo ----

export type ZooItem = { slug: string; name: string; summary: string; tags: string[]; level: string };

// ---- runs ----

export const RUN_STATES = ["queued", "running", "paused", "completed", "cancelled", "failed"] as const;
export type RunStateName = (typeof RUN_STATES)[number];
export const ENDED: readonly RunStateName[] = ["completed", "cancelled", "failed"];

export type Run = {
  id: string;
  name: string;
  state: RunStateName;
  reason: string | null;
  detail?: string;
  hint?: string;
  epoch: number;
  epochs: number | null;
  step: number;
  metrics: { [name: string]: number | null };
  created: string;
  started: string | null;
  ended: string | null;
  digest?: string;
  /** The submitted document, where one run is asked for. */
  document?: ExperimentDocument;
};

export type Column = (number | null)[];
export type Columns = { [name: string]: Column };

export type MetricsAnswer = {
  series: { [series: string]: { columns: Columns; nonfinite?: { [name: string]: [number, string][] } } };
  through: number;
};

export type SnapshotItem = {
  id: string;
  step: number;
  epoch: number;
  kind: "recovery" | "timeline";
  sha256: string;
  metrics: { [name: string]: number | null };
};

export type PredictAnswer = {
  outputs: number[][];
  classes?: string[];
  probabilities?: number[][];
};

export type ControlAction = "pause" | "resume" | "step" | "epoch" | "stop" | "set" | "pace";
export type ControlBody = { action: ControlAction; set?: JsonObject; pace?: Pace | null };

// ---- events: one tagged union, the same as in the worker's pipe and the store ----

export type StateChanged = { seq: number; kind: "state"; state: RunStateName };
export type Prepared = {
  seq: number;
  kind: "prepared";
  task: string;
  parts: { [part: string]: number };
  classes: string[];
  parameters: number;
  device: string;
  threads: number;
  steps_per_epoch: number;
  evaluate_every: number;
};
export type Progress = {
  seq: number;
  kind: "progress";
  series: "epoch" | "step";
  columns: Columns;
  nonfinite?: { [name: string]: [number, string][] };
};
export type Controlled = {
  seq: number;
  kind: "control";
  action: ControlAction;
  step: number;
  set: JsonObject;
};
export type EngineChanged = { seq: number; kind: "engine"; engine: string; step: number; reason: string };
export type SnapshotSaved = {
  seq: number;
  kind: "snapshot";
  id: string;
  snapshot: "recovery" | "timeline";
  step: number;
  epoch: number;
  sha256: string;
};
export type Finding = {
  seq: number;
  kind: "finding";
  code: string;
  step: number;
  epoch: number;
  layer: string | null;
  numbers: { [name: string]: number | null };
  setting: string | null;
  detail: string;
  hint: string;
};
export type Resumed = {
  seq: number;
  kind: "resumed";
  attempt: number;
  from_step: number;
  from_epoch: number;
};
export type Ended = {
  seq: number;
  kind: "ended";
  state: "completed" | "cancelled" | "failed";
  reason: string | null;
  detail: string;
  hint: string;
  test: { [name: string]: number | null } | null;
};

export type RunEvent =
  | StateChanged
  | Prepared
  | Progress
  | Controlled
  | EngineChanged
  | SnapshotSaved
  | Finding
  | Resumed
  | Ended;

// ---- live pictures ----

export type FrameHeader = {
  id: number;
  probe: string;
  step: number;
  epoch: number;
  dtype?: "uint8" | "float32" | "int32";
  shape?: number[];
  error?: Problem;
  [key: string]: unknown;
};
export type FrameData = Uint8Array | Float32Array | Int32Array;
export type Frame = { header: FrameHeader; data: FrameData };

// ---- data sets ----

export type DatasetItem = {
  id: string;
  name: string;
  state: "empty" | "ready";
  sha256: string | null;
  bytes: number;
  created: string;
  info: DataInfo | null;
};

/** A column of a table as the import found it. */
export type ColumnFacts = Feature & {
  present: number;
  different: number | null;
  low?: number | null;
  high?: number | null;
};

export type DatasetPreview = {
  /** The importer's `type` in the catalogue. */
  format: string;
  info: DataInfo;
  /** The importer's settings, with what was found out written in. */
  options?: JsonObject;
  /** Tables: the columns to learn from, then the target. */
  columns?: ColumnFacts[];
  rows?: Json[][];
  images?: { shape: Shape; pixels: number[][]; classes: (string | number | number[])[] };
  balance: { [name: string]: number };
  problems: string[];
};

/** A switch over a union ends here: a new member is a type error, not a silent gap. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
