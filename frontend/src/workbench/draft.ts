// The document being edited, before it becomes a run.
import { create } from "zustand";
import type { ExperimentDocument } from "../api/schema.ts";

type Draft = {
  document: ExperimentDocument | null;
  setDocument: (document: ExperimentDocument) => void;
};

export const useDraft = create<Draft>()((set) => ({
  document: null,
  setDocument: (document) => set({ document }),
}));

/** Put a document on the workbench; the caller goes to "/". */
export function openDraft(document: ExperimentDocument): void {
  useDraft.getState().setDocument(document);
}
