// What lies on the workbench: the document with its history, what is selected, and the run it became.
import { create } from "zustand";
import type { ExperimentDocument, Json } from "../api/schema.ts";
import type { Change } from "../network/changes.ts";
import { getAt, type Path, rolesOf, same, setAt } from "../network/document.ts";
import { type History, record, redo, start, undo } from "../network/history.ts";

export const SECTIONS = ["data", "preprocess", "learner", "run"] as const;
export type Section = (typeof SECTIONS)[number];
export type Selection = { kind: "layer"; role: string; id: string } | { kind: "section"; section: Section };

export type Bound = { id: string; document: ExperimentDocument };

export type Draft = {
  history: History | null;
  document: ExperimentDocument | null;
  /** Counts whole documents put here: the canvas fits itself to each. */
  opened: number;
  role: string;
  selection: Selection | null;
  /** The run that shows what this document learns; null while it is only a draft. */
  bound: Bound | null;
  /** The run that was bound before an edit made a draft of it. */
  previous: Bound | null;
  setDocument: (document: ExperimentDocument, bound?: string | null) => void;
  change: (change: Change) => void;
  /** A setting that the run has changed too: no step of the history, and it stays bound. */
  setLive: (path: Path, value: Json) => void;
  undo: () => void;
  redo: () => void;
  select: (selection: Selection | null) => void;
  setRole: (role: string) => void;
  bind: (id: string) => void;
  unbind: () => void;
};

const EMPTY = {
  history: null,
  document: null,
  opened: 0,
  role: "model",
  selection: null,
  bound: null,
  previous: null,
};

export const useDraft = create<Draft>()((set, get) => ({
  ...EMPTY,
  setDocument: (document, bound = null) =>
    set({
      ...EMPTY,
      history: start(document),
      document,
      opened: get().opened + 1,
      role: rolesOf(document)[0] ?? "model",
      bound: bound === null ? null : { id: bound, document },
    }),
  change: (change) => {
    const { history } = get();
    if (!history) return;
    const made = record(history, change, Date.now());
    set({ ...moved(get(), made.history), ...reselected(get(), change, made.applied) });
  },
  setLive: (path, value) => {
    const { history, bound } = get();
    if (!history || !bound || Object.is(getAt(history.document, path), value)) return;
    const document = setAt(history.document, path, value);
    set({ history: { ...history, document }, document, bound: { ...bound, document } });
  },
  undo: () => {
    const { history } = get();
    if (history) set(moved(get(), undo(history)));
  },
  redo: () => {
    const { history } = get();
    if (history) set(moved(get(), redo(history)));
  },
  select: (selection) => set({ selection }),
  setRole: (role) => set({ role, selection: null }),
  bind: (id) => {
    const { document } = get();
    if (document) set({ bound: { id, document }, previous: null });
  },
  unbind: () => set(({ bound, previous }) => ({ bound: null, previous: bound ?? previous })),
}));

/** Put a document on the workbench; the caller goes to "/". */
export function openDraft(document: ExperimentDocument): void {
  useDraft.getState().setDocument(document);
}

/** A changed document is no longer what its run learns; changed back, it is again. */
function moved(draft: Draft, history: History): Partial<Draft> {
  const { document } = history;
  const run = draft.bound ?? draft.previous;
  const still = run !== null && same(learnt(run.document), learnt(document));
  return { history, document, bound: still ? run : null, previous: still ? null : run };
}

/** What a result depends on: all but the name and how it is run. */
function learnt({ run: _run, name: _name, ...rest }: ExperimentDocument): Partial<ExperimentDocument> {
  return rest;
}

function reselected(
  { selection, role }: Draft,
  change: Change,
  applied: { renamed: ReadonlyMap<string, string>; select?: string | null },
): Partial<Draft> {
  if (change.kind !== "set" && applied.select !== undefined) {
    return { selection: applied.select === null ? null : { kind: "layer", role, id: applied.select } };
  }
  if (selection?.kind !== "layer") return {};
  return { selection: { ...selection, id: applied.renamed.get(selection.id) ?? selection.id } };
}
