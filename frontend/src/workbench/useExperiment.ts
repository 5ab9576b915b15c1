// What lies on the workbench when the page opens: the run of the address, the experiment of the link, or the spiral.
import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { problemOf } from "../api/client.ts";
import { queryClient, runQuery, zooExperimentQuery } from "../api/queries.ts";
import type { ExperimentDocument, Problem } from "../api/schema.ts";
import { isDocument } from "../network/document.ts";
import { decode } from "../network/link.ts";
import { useDraft } from "./draft.ts";

const FIRST = "spiral";

/** Opens what the address asks for. The problem when that cannot be. */
export function useExperiment(id: string | null): { problem: Problem | null; again: () => void } {
  const { hash, search } = useLocation();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the address decides; `attempt` asks again
  useEffect(() => {
    let gone = false;
    const draft = useDraft.getState();
    setProblem(null);
    if (id === null && draft.bound !== null && hash === "") {
      navigate(`/runs/${draft.bound.id}`, { replace: true });
      return;
    }
    if (id !== null && draft.bound?.id === id) return;
    open(id, hash, search).then(
      (opened) => {
        if (!gone && opened) useDraft.getState().setDocument(tidy(opened), id);
      },
      (thrown) => {
        if (!gone) setProblem(problemOf(thrown));
      },
    );
    return () => {
      gone = true;
    };
  }, [id, hash, attempt]);

  return { problem, again: () => setAttempt(attempt + 1) };
}

async function open(id: string | null, hash: string, search: string): Promise<ExperimentDocument | null> {
  if (id !== null) {
    const run = await queryClient.fetchQuery({ ...runQuery(id), staleTime: 0 });
    return run.document ?? null;
  }
  const linked = hash === "" ? null : await decode(hash);
  if (linked !== null) return linked;
  if (useDraft.getState().document !== null) return null;
  const slug = new URLSearchParams(search).get("zoo") ?? FIRST;
  return queryClient.fetchQuery(zooExperimentQuery(slug));
}

/** The server writes every default out; a person would not. What is null says nothing. */
export function tidy(document: ExperimentDocument): ExperimentDocument {
  const copy = structuredClone(document);
  if (!isDocument(copy)) return copy;
  for (const network of Object.values(copy.networks)) {
    for (const layer of network.layers) {
      for (const key of ["id", "inputs", "init"]) if (layer[key] === null) delete layer[key];
    }
  }
  if (copy.start === null) delete copy.start;
  if (copy.control?.length === 0) delete copy.control;
  return copy;
}
