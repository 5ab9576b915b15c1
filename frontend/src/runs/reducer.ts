// Events in, state of a run out. Pure: an older state stays as it was.
import type {
  Controlled,
  Ended,
  Finding,
  MetricsAnswer,
  Prepared,
  Progress,
  Resumed,
  Run,
  RunEvent,
  RunStateName,
  SnapshotSaved,
} from "../api/schema.ts";
import { appendRows, EMPTY_SERIES, firstRows, lastValue, rowsUpTo, type Series } from "./columns.ts";

export type RunState = {
  /** The number of the newest event that is in here. */
  readonly seq: number;
  readonly status: RunStateName;
  readonly reason: string | null;
  readonly epoch: number;
  readonly step: number;
  readonly prepared: Prepared | null;
  readonly series: { readonly [name: string]: Series };
  readonly findings: readonly Finding[];
  readonly snapshots: readonly SnapshotSaved[];
  readonly controls: readonly Controlled[];
  readonly resumed: readonly Resumed[];
  readonly engine: string | null;
  readonly ended: Ended | null;
};

export const EMPTY_RUN: RunState = {
  seq: 0,
  status: "queued",
  reason: null,
  epoch: 0,
  step: 0,
  prepared: null,
  series: {},
  findings: [],
  snapshots: [],
  controls: [],
  resumed: [],
  engine: null,
  ended: null,
};

/** The state after these events. Events that are in it already are passed over. */
export function reduce(state: RunState, events: readonly RunEvent[]): RunState {
  return events.reduce(
    (now, event) => (event.seq > now.seq ? { ...apply(now, event), seq: event.seq } : now),
    state,
  );
}

function apply(state: RunState, event: RunEvent): RunState {
  switch (event.kind) {
    case "state":
      return { ...state, status: event.state };
    case "prepared":
      return { ...state, prepared: event };
    case "progress":
      return progressed(state, event);
    case "control":
      return { ...state, controls: [...state.controls, event] };
    case "engine":
      return { ...state, engine: event.engine };
    case "snapshot":
      return { ...state, snapshots: [...state.snapshots, event] };
    case "finding":
      return { ...state, findings: [...state.findings, event] };
    case "resumed":
      return rewound(state, event);
    case "ended":
      return { ...state, status: event.state, reason: event.reason, ended: event };
    default:
      return passedOver(state, event);
  }
}

/** A kind that a newer server says and this page does not know changes nothing. */
function passedOver(state: RunState, _event: never): RunState {
  return state;
}

function progressed(state: RunState, event: Progress): RunState {
  const series = appendRows(state.series[event.series] ?? EMPTY_SERIES, event.columns, event.nonfinite);
  return {
    ...state,
    series: { ...state.series, [event.series]: series },
    epoch: Math.max(state.epoch, lastValue(series, "epoch") ?? 0),
    step: Math.max(state.step, lastValue(series, "step") ?? 0),
  };
}

/** The run goes on from a snapshot: what stood after it is void and will come again. */
function rewound(state: RunState, event: Resumed): RunState {
  const before = <T extends { step: number }>(list: readonly T[]) =>
    list.filter((one) => one.step <= event.from_step);
  return {
    ...state,
    status: "running",
    reason: null,
    ended: null,
    epoch: event.from_epoch,
    step: event.from_step,
    series: Object.fromEntries(
      Object.entries(state.series).map(([name, series]) => [
        name,
        firstRows(series, rowsUpTo(series, event.from_step)),
      ]),
    ),
    findings: before(state.findings),
    snapshots: before(state.snapshots),
    resumed: [...state.resumed, event],
  };
}

/** A run as it is opened: its row, its (thinned) metrics, and the events between that are no progress. */
export function opened(run: Run, metrics: MetricsAnswer, milestones: readonly RunEvent[] = []): RunState {
  const past = milestones.filter((event) => event.kind !== "progress" && event.seq <= metrics.through);
  const known = reduce(EMPTY_RUN, past);
  const series = Object.fromEntries(
    Object.entries(metrics.series).map(([name, answer]) => [
      name,
      appendRows(EMPTY_SERIES, answer.columns, answer.nonfinite),
    ]),
  );
  const said = past.some((event) => event.kind === "state" || event.kind === "ended");
  const measured = series.epoch ?? series.step;
  return {
    ...known,
    seq: metrics.through,
    status: said ? known.status : run.state, // the row was read first: events know more
    reason: known.reason ?? run.reason,
    epoch: Math.max(run.epoch, lastValue(measured, "epoch") ?? 0),
    step: Math.max(run.step, lastValue(measured, "step") ?? 0),
    series,
  };
}

/** The last values of all columns of a series, by name. */
export function lastValues(series: Series | undefined): { [name: string]: number } {
  const values: { [name: string]: number } = {};
  for (const name of Object.keys(series?.columns ?? {})) {
    const value = lastValue(series, name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}
