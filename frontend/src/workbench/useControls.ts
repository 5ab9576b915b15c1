// Settings that people changed while a run learnt, here or in another window, brought into the document on the bench.
import { useEffect } from "react";
import type { Path } from "../network/document.ts";
import type { RunSession } from "../runs/session.ts";
import { useRunView } from "../runs/useRun.ts";
import { useDraft } from "./draft.ts";

export function useControls(session: RunSession | null): void {
  const controls = useRunView(session, (view) => view.state.controls);
  const bound = useDraft((draft) => draft.bound?.id ?? null);
  useEffect(() => {
    if (session === null || bound !== session.id) return;
    const latest = new Map<string, [Path, (typeof controls)[number]["set"][string]]>();
    for (const { action, set } of controls) {
      if (action !== "set") continue;
      for (const [name, value] of Object.entries(set)) latest.set(name, [pathOf(name), value]);
    }
    for (const [path, value] of latest.values()) useDraft.getState().setLive(path, value);
  }, [session, bound, controls]);
}

/** "learner.optimizer.betas.0" as a path; numbers are places in a list. */
function pathOf(name: string): Path {
  return name.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
