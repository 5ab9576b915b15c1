// The newest picture of a probe: live while a run learns, asked for once when it is over.
import { useEffect, useRef } from "react";
import { parseFrame } from "../api/live.ts";
import { probeTiles } from "../api/queries.ts";
import type { Frame, JsonObject } from "../api/schema.ts";
import type { RunSession } from "../runs/session.ts";

/** Calls `show` with each frame, without rendering. `over`: the run has ended, so its last snapshot is asked. */
export function useFrames(
  session: RunSession | null,
  over: boolean,
  probe: string,
  params: JsonObject,
  show: (frame: Frame) => void,
): void {
  const latest = useRef(show);
  latest.current = show;
  const key = JSON.stringify(params);
  useEffect(() => {
    if (session === null) return;
    const settings = JSON.parse(key) as JsonObject;
    const hand = (frame: Frame) => {
      if (!frame.header.error) latest.current(frame);
    };
    if (!over) return session.watch(probe, settings, hand);
    const abort = new AbortController();
    probeTiles(session.id, probe, null, settings, abort.signal)
      .then((buffer) => hand(parseFrame(buffer)))
      .catch(() => undefined); // the picture that was there stays
    return () => abort.abort();
  }, [session, over, probe, key]);
}
