// What the page expects of the server (schema.ts) against what the server says it sends (types.ts, generated
// from its OpenAPI document by `make types`). Where they differ, this file does not compile.
import type {
  CheckAnswer,
  DataInfo,
  DatasetItem,
  Json,
  LayerPlan,
  MetricsAnswer,
  NetworkPlan,
  Problem,
  Run,
  RunEvent,
  SnapshotItem,
  ZooItem,
} from "./schema.ts";
import type { components } from "./types.ts";

type Server = components["schemas"];

/** As it arrives: what has a default is always written out. */
type Arrived<T> = unknown extends T
  ? Json
  : T extends readonly (infer Item)[]
    ? number extends T["length"]
      ? Arrived<Item>[]
      : T
    : T extends object
      ? { [K in keyof T]-?: Arrived<Exclude<T[K], undefined>> }
      : T;

type Fits<Sent, Expected> =
  Arrived<Sent> extends Expected ? true : { sent: Arrived<Sent>; expected: Expected };

type ServerEvent =
  | Server["StateChanged"]
  | Server["Prepared"]
  | Server["Progress"]
  | Server["Controlled"]
  | Server["EngineChanged"]
  | Server["SnapshotSaved"]
  | Server["Finding"]
  | Server["Resumed"]
  | Server["Ended"];

export const contract: {
  run: Fits<Server["RunItem"], Omit<Run, "document">>;
  event: Fits<ServerEvent, RunEvent>;
  everyEvent: Fits<RunEvent["kind"], ServerEvent["kind"]>;
  problem: Fits<Server["Problem"], Problem>;
  check: Fits<Server["CheckAnswer"], CheckAnswer>;
  layer: Fits<Server["LayerPlan"], LayerPlan>;
  network: Fits<Server["NetworkPlan"], NetworkPlan>;
  data: Fits<Server["DataInfo"], DataInfo>;
  metrics: Fits<Server["MetricsAnswer"], MetricsAnswer>;
  snapshot: Fits<Server["SnapshotItem"], SnapshotItem>;
  zoo: Fits<Server["ZooItem"], ZooItem>;
  dataset: Fits<Server["DatasetItem"], DatasetItem>;
} = {
  run: true,
  event: true,
  everyEvent: true,
  problem: true,
  check: true,
  layer: true,
  network: true,
  data: true,
  metrics: true,
  snapshot: true,
  zoo: true,
  dataset: true,
};
