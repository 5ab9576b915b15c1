import { describe, expect, it } from "vitest";
import type { Finding, Progress, Run, RunEvent } from "../api/schema.ts";
import { lastValue, type Series, valuesOf } from "./columns.ts";
import { EMPTY_RUN, lastValues, opened, reduce } from "./reducer.ts";

const progress = (
  seq: number,
  epochs: number[],
  losses: (number | null)[],
  more: Partial<Progress> = {},
): Progress => ({
  seq,
  kind: "progress",
  series: "epoch",
  columns: { epoch: epochs, step: epochs.map((epoch) => epoch * 10), train_loss: losses },
  ...more,
});

const finding = (seq: number, step: number): Finding => ({
  seq,
  kind: "finding",
  code: "overfitting",
  step,
  epoch: step / 10,
  layer: null,
  numbers: {},
  setting: null,
  detail: "",
  hint: "",
});

const column = (series: Series | undefined, name: string) => Array.from(valuesOf(series?.columns[name]));

describe("a run's events become its state", () => {
  it("joins blocks of progress into growing columns", () => {
    const state = reduce(EMPTY_RUN, [progress(1, [1, 2], [0.9, 0.8]), progress(2, [3], [0.7])]);
    expect(column(state.series.epoch, "train_loss")).toEqual([0.9, 0.8, 0.7]);
    expect(column(state.series.epoch, "epoch")).toEqual([1, 2, 3]);
    expect([state.epoch, state.step, state.seq]).toEqual([3, 30, 2]);
  });

  it("takes each number once, however often it comes", () => {
    const events = [progress(1, [1], [0.9]), progress(2, [2], [0.8])];
    const once = reduce(EMPTY_RUN, events);
    const again = reduce(once, [...events, progress(3, [3], [0.7])]);
    expect(column(again.series.epoch, "train_loss")).toEqual([0.9, 0.8, 0.7]);
  });

  it("gives the same state in one go and event by event", () => {
    const events: RunEvent[] = [
      { seq: 1, kind: "state", state: "running" },
      progress(2, [1], [0.9]),
      finding(3, 10),
      progress(4, [2], [0.8]),
      { seq: 5, kind: "resumed", attempt: 2, from_step: 10, from_epoch: 1 },
      progress(6, [2], [0.81]),
    ];
    const once = reduce(EMPTY_RUN, events);
    const single = events.reduce((state, event) => reduce(state, [event]), EMPTY_RUN);
    expect(column(once.series.epoch, "train_loss")).toEqual(column(single.series.epoch, "train_loss"));
    expect({ ...once, series: null }).toEqual({ ...single, series: null });
  });

  it("leaves an older state as it was", () => {
    const older = reduce(EMPTY_RUN, [progress(1, [1, 2], [0.9, 0.8])]);
    const newer = reduce(older, [progress(2, [3], [0.7])]);
    const other = reduce(older, [progress(2, [3], [0.1])]);
    expect(column(older.series.epoch, "train_loss")).toEqual([0.9, 0.8]);
    expect(column(newer.series.epoch, "train_loss")).toEqual([0.9, 0.8, 0.7]);
    expect(column(other.series.epoch, "train_loss")).toEqual([0.9, 0.8, 0.1]);
  });

  it("drops what stood after the step a resumed run begins from", () => {
    const state = reduce(EMPTY_RUN, [
      progress(1, [1, 2, 3, 4], [0.9, 0.8, 0.7, 0.6]),
      finding(2, 15),
      finding(3, 35),
      { seq: 4, kind: "resumed", attempt: 2, from_step: 20, from_epoch: 2 },
    ]);
    expect(column(state.series.epoch, "train_loss")).toEqual([0.9, 0.8]);
    expect(state.findings.map((one) => one.step)).toEqual([15]);
    expect([state.epoch, state.step, state.status]).toEqual([2, 20, "running"]);
    const on = reduce(state, [progress(5, [3], [0.71])]);
    expect(column(on.series.epoch, "train_loss")).toEqual([0.9, 0.8, 0.71]);
  });

  it("keeps columns equally long when one is measured more rarely or begins later", () => {
    const late: Progress = {
      ...progress(2, [2], [0.8]),
      columns: { epoch: [2], step: [20], val_loss: [0.5] },
    };
    const state = reduce(EMPTY_RUN, [progress(1, [1], [0.9]), late, progress(3, [3], [0.7])]);
    expect(column(state.series.epoch, "train_loss")).toEqual([0.9, Number.NaN, 0.7]);
    expect(column(state.series.epoch, "val_loss")).toEqual([Number.NaN, 0.5, Number.NaN]);
    expect(lastValue(state.series.epoch, "val_loss")).toBe(0.5);
  });

  it("knows a value that was not finite from one that was not measured", () => {
    const state = reduce(EMPTY_RUN, [
      progress(1, [1], [0.9]),
      progress(2, [2, 3], [0.8, null], { nonfinite: { train_loss: [[1, "inf"]] } }),
    ]);
    expect(lastValue(state.series.epoch, "train_loss")).toBe(Number.POSITIVE_INFINITY);
    const gone = reduce(state, [progress(3, [4], [null], { nonfinite: { train_loss: [[0, "nan"]] } })]);
    expect(lastValues(gone.series.epoch).train_loss).toBeNaN();
    expect(lastValue(gone.series.epoch, "val_loss")).toBeUndefined();
  });

  it("ends with the last event", () => {
    const state = reduce(EMPTY_RUN, [
      { seq: 1, kind: "ended", state: "failed", reason: "diverged", detail: "", hint: "", test: null },
    ]);
    expect([state.status, state.reason]).toEqual(["failed", "diverged"]);
  });

  it("passes over a kind it does not know, and counts its number", () => {
    const strange = { seq: 1, kind: "weather" } as unknown as RunEvent;
    expect(reduce(EMPTY_RUN, [strange])).toEqual({ ...EMPTY_RUN, seq: 1 });
  });

  it("takes a hundred thousand rows, block by block, without copying them each time", () => {
    const begun = performance.now();
    let state = EMPTY_RUN;
    for (let i = 0; i < 20_000; i++) {
      const epochs = [0, 1, 2, 3, 4].map((j) => i * 5 + j);
      state = reduce(state, [progress(i + 1, epochs, [0.5, 0.4, 0.3, 0.2, 0.1])]);
    }
    expect(state.series.epoch?.rows).toBe(100_000);
    expect(performance.now() - begun).toBeLessThan(10_000); // copying would take minutes
  });
});

describe("a run that is opened later", () => {
  const run: Run = {
    id: "a",
    name: "",
    state: "running",
    reason: null,
    epoch: 2,
    epochs: 9,
    step: 20,
    metrics: {},
    created: "",
    started: null,
    ended: null,
  };
  const metrics = {
    series: { epoch: { columns: { epoch: [1, 3], step: [10, 30], train_loss: [0.9, 0.7] } } },
    through: 7,
  };

  it("begins with its thinned metrics and goes on after them", () => {
    const state = reduce(opened(run, metrics), [progress(7, [3], [0.7]), progress(8, [4], [0.6])]);
    expect(column(state.series.epoch, "train_loss")).toEqual([0.9, 0.7, 0.6]);
    expect([state.seq, state.epoch]).toEqual([8, 4]);
  });

  it("takes findings and the end from the events so far", () => {
    const state = opened(run, metrics, [
      finding(3, 10),
      {
        seq: 7,
        kind: "ended",
        state: "completed",
        reason: null,
        detail: "",
        hint: "",
        test: { accuracy: 1 },
      },
    ]);
    expect(state.findings).toHaveLength(1);
    expect([state.status, state.ended?.test?.accuracy]).toEqual(["completed", 1]);
  });
});
