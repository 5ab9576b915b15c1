// Runs that this page has just submitted: nothing has happened in them that it could have missed.
import type { Run } from "../api/schema.ts";

const FRESH_MS = 5_000;

let newest: { run: Run; at: number } | null = null;

export function remember(run: Run): void {
  newest = { run, at: Date.now() };
}

/** The run, if it was submitted here a moment ago: it can be followed from its first event, without asking. */
export function recall(id: string): Run | null {
  return newest !== null && newest.run.id === id && Date.now() - newest.at < FRESH_MS ? newest.run : null;
}
