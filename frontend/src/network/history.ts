// Undo and redo without limit: each step is the change that takes it back.

import { type Applied, apply, type Change } from "./changes.ts";
import type { Document } from "./document.ts";

interface Step {
  undo: Change;
  /** Steps with the same mark made in quick succession are one: a word typed, a slider dragged. */
  mark: string | null;
  at: number;
}

export interface History {
  document: Document;
  past: readonly Step[];
  future: readonly Change[];
}

const ONE_GESTURE_MS = 800;

export function start(document: Document): History {
  return { document, past: [], future: [] };
}

function markOf(change: Change): string | null {
  return change.kind === "set" && change.path.length > 0 ? change.path.join(".") : null;
}

export function record(
  history: History,
  change: Change,
  now: number,
): { history: History; applied: Applied } {
  const applied = apply(history.document, change);
  if (applied.document === history.document) return { history, applied };
  const mark = markOf(change);
  const last = history.past.at(-1);
  const joined = last !== undefined && mark !== null && last.mark === mark && now - last.at < ONE_GESTURE_MS;
  const step: Step = { undo: joined ? last.undo : applied.inverse, mark, at: now };
  const past = joined ? history.past.slice(0, -1) : history.past;
  return { history: { document: applied.document, past: [...past, step], future: [] }, applied };
}

export function undo(history: History): History {
  const step = history.past.at(-1);
  if (!step) return history;
  const { document, inverse } = apply(history.document, step.undo);
  return { document, past: history.past.slice(0, -1), future: [...history.future, inverse] };
}

export function redo(history: History): History {
  const change = history.future.at(-1);
  if (!change) return history;
  const { document, inverse } = apply(history.document, change);
  const step: Step = { undo: inverse, mark: null, at: 0 };
  return { document, past: [...history.past, step], future: history.future.slice(0, -1) };
}
