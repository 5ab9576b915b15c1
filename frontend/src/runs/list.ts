// What the table of runs says of a run: pure.
import type { Run, RunStateName } from "../api/schema.ts";
import { parseTime } from "../ui/format.ts";

export const STATE_COLORS: { [state in RunStateName]: string } = {
  queued: "gray",
  running: "indigo",
  paused: "yellow",
  completed: "teal",
  cancelled: "gray",
  failed: "red",
};

const HEADLINES = ["val_accuracy", "val_r2", "val_loss", "train_accuracy", "train_r2", "train_loss"] as const;

export type Headline = { name: string; value: number | null };

/** The one measurement that says most about a run. */
export function headline(run: Run): Headline | null {
  const name = HEADLINES.find((candidate) => candidate in run.metrics);
  return name === undefined ? null : { name, value: run.metrics[name] ?? null };
}

/** Share of the epochs done, 0 to 1; null where the end is open. */
export function progressOf(run: Run): number | null {
  if (run.state === "completed") return 1;
  return run.epochs ? Math.min(1, run.epoch / run.epochs) : null;
}

/** Seconds it has taken, or took. */
export function secondsOf(run: Run, now: Date): number | null {
  const started = parseTime(run.started);
  if (started === null) return null;
  return ((parseTime(run.ended) ?? now).getTime() - started.getTime()) / 1000;
}

export type RunFilter = "all" | "active" | "completed" | "failed";

const ACTIVE: readonly RunStateName[] = ["queued", "running", "paused"];

export function filtered(runs: readonly Run[], filter: RunFilter, words: string): Run[] {
  const wanted = words.trim().toLocaleLowerCase();
  return runs.filter((run) => inFilter(run, filter) && run.name.toLocaleLowerCase().includes(wanted));
}

function inFilter(run: Run, filter: RunFilter): boolean {
  if (filter === "all") return true;
  if (filter === "active") return ACTIVE.includes(run.state);
  if (filter === "failed") return run.state === "failed" || run.state === "cancelled";
  return run.state === filter;
}
