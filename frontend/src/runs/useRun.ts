// A run for components: a stable handle, and a hook that reads just the part of it that one shows.
//
//   const run = useRun(id);                                   // does not render again while it learns
//   const epoch = useRunView(run, (view) => view.state.epoch); // renders when the epoch changes
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { EMPTY_RUN } from "./reducer.ts";
import { RunSession, type RunStore, type RunView } from "./session.ts";

const nothing: RunStore = createStore<RunView>()(() => ({
  run: null,
  state: EMPTY_RUN,
  connection: "loading",
  problem: null,
}));

/** Open a run and follow it as long as the component stands. Null while it is being opened. */
export function useRun(id: string | null): RunSession | null {
  const [session, setSession] = useState<RunSession | null>(null);
  useEffect(() => {
    if (id === null) {
      setSession(null);
      return;
    }
    const opened = new RunSession(id);
    setSession(opened);
    return () => opened.close();
  }, [id]);
  return session?.id === id ? session : null;
}

/** A part of what is known of a run. Select numbers, strings or parts of the state, not new objects. */
export function useRunView<T>(session: RunSession | null, select: (view: RunView) => T): T {
  return useStore(session?.store ?? nothing, select);
}
