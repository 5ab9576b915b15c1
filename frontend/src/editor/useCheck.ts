// Shapes, cost and errors of the document being edited, asked 150 ms after the last change.
import { useEffect, useState } from "react";
import { ProblemError } from "../api/client.ts";
import { check } from "../api/queries.ts";
import type { CheckAnswer, ExperimentDocument } from "../api/schema.ts";

const WAIT_MS = 150;

export type Checked = { answer: CheckAnswer | null; document: ExperimentDocument | null };

export function useCheck(document: ExperimentDocument | null): Checked {
  const [checked, setChecked] = useState<Checked>({ answer: null, document: null });
  useEffect(() => {
    if (document === null) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const answer = await ask(document, abort.signal);
      if (answer !== null && !abort.signal.aborted) setChecked({ answer, document });
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [document]);
  return checked;
}

/** A document that does not parse is an answer too: its problems, and no shapes. */
async function ask(document: ExperimentDocument, signal: AbortSignal): Promise<CheckAnswer | null> {
  try {
    return await check(document, signal);
  } catch (thrown) {
    if (!(thrown instanceof ProblemError) || thrown.status < 400 || thrown.status >= 500) return null;
    const errors = thrown.problem.problems?.length ? thrown.problem.problems : [thrown.problem];
    return { errors, networks: {}, data: null, digest: null };
  }
}
