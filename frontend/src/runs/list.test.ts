import { describe, expect, it } from "vitest";
import type { Run } from "../api/schema.ts";
import { filtered, headline, progressOf, secondsOf } from "./list.ts";

const run = (part: Partial<Run>): Run => ({
  id: "a",
  name: "Spiral",
  state: "running",
  reason: null,
  epoch: 30,
  epochs: 120,
  step: 300,
  metrics: {},
  created: "2026-01-01T00:00:00Z",
  started: "2026-01-01T00:01:00Z",
  ended: null,
  ...part,
});

describe("the table of runs", () => {
  it("shows the measurement that says most", () => {
    expect(headline(run({ metrics: { train_loss: 0.1, val_loss: 0.2, val_accuracy: 0.9 } }))?.name).toBe(
      "val_accuracy",
    );
    expect(headline(run({ metrics: { train_loss: null } }))).toEqual({ name: "train_loss", value: null });
    expect(headline(run({}))).toBeNull();
  });

  it("knows how far a run has come, where the end is known", () => {
    expect(progressOf(run({}))).toBe(0.25);
    expect(progressOf(run({ epochs: null }))).toBeNull();
    expect(progressOf(run({ state: "completed", epoch: 3 }))).toBe(1); // stopped early: done all the same
  });

  it("counts the time from the start, until the end or now", () => {
    const now = new Date("2026-01-01T00:03:00Z");
    expect(secondsOf(run({}), now)).toBe(120);
    expect(secondsOf(run({ ended: "2026-01-01T00:01:30Z" }), now)).toBe(30);
    expect(secondsOf(run({ started: null }), now)).toBeNull();
  });

  it("is filtered by state and by name", () => {
    const runs = [
      run({}),
      run({ name: "Digits", state: "failed" }),
      run({ name: "Iris", state: "cancelled" }),
    ];
    expect(filtered(runs, "failed", "").map((one) => one.name)).toEqual(["Digits", "Iris"]);
    expect(filtered(runs, "all", " spi").map((one) => one.name)).toEqual(["Spiral"]);
    expect(filtered(runs, "active", "")).toHaveLength(1);
  });
});
