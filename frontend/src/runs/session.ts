// A run on the page: opens it, follows it live, and keeps what it says where components can read it.
// No React here; `useRun` is its thin driver.
import { createStore, type StoreApi } from "zustand/vanilla";
import { ProblemError, problemOf } from "../api/client.ts";
import { type FrameCallback, LiveConnection, type LiveState } from "../api/live.ts";
import { controlRun, fetchMetrics, fetchMilestones, fetchRun } from "../api/queries.ts";
import {
  type ControlBody,
  ENDED,
  type JsonObject,
  type Problem,
  type Run,
  type RunEvent,
} from "../api/schema.ts";
import { recall } from "./fresh.ts";
import { EMPTY_RUN, opened, type RunState, reduce } from "./reducer.ts";

export type Connection = "loading" | "live" | "waiting" | "over" | "failed";

export type RunView = {
  /** The run's row as it was when it was opened; `state` has what came since. */
  readonly run: Run | null;
  readonly state: RunState;
  readonly connection: Connection;
  readonly problem: Problem | null;
};

export type RunStore = StoreApi<RunView>;

const POINTS = 4_000;
const HIDDEN_MS = 250;
const FAILURES_BEFORE_ASKING = 2;

export class RunSession {
  readonly store: RunStore = createStore<RunView>()(() => ({
    run: null,
    state: EMPTY_RUN,
    connection: "loading",
    problem: null,
  }));

  private live: LiveConnection | null = null;
  private waiting: RunEvent[] = [];
  private cancelFlush: (() => void) | null = null;
  private readonly abort = new AbortController();
  private early: (() => void)[] = []; // watches asked for before the connection stood
  private failures = 0;

  constructor(readonly id: string) {
    void this.open();
  }

  /** Live pictures of a probe, until the returned function is called. */
  watch = (probe: string, params: JsonObject, callback: FrameCallback): (() => void) => {
    let stop: (() => void) | null = null;
    let stopped = false;
    const begin = () => {
      if (!stopped) stop = this.live?.watch(probe, params, callback) ?? null;
    };
    if (this.live === null) this.early.push(begin);
    else begin();
    return () => {
      stopped = true;
      stop?.();
    };
  };

  /** Steer the run. Throws ProblemError. */
  control = async (body: ControlBody): Promise<void> => {
    await controlRun(this.id, body);
  };

  /** Open it again after it failed to open. */
  again = (): void => {
    this.store.setState({ connection: "loading", problem: null });
    void this.open();
  };

  close(): void {
    this.abort.abort();
    this.cancelFlush?.();
    this.live?.close();
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
  }

  private async open(): Promise<void> {
    const { signal } = this.abort;
    const fresh = recall(this.id);
    if (fresh !== null) {
      const state = opened(fresh, { series: {}, through: 0 });
      this.store.setState({ run: fresh, state, connection: "live", problem: null });
      this.follow(0);
      return;
    }
    try {
      const run = await fetchRun(this.id, signal);
      const metrics = await fetchMetrics(this.id, POINTS, signal);
      const milestones = await fetchMilestones(this.id, metrics.through, signal);
      if (signal.aborted) return;
      const state = opened(run, metrics, milestones);
      const over = ENDED.includes(state.status);
      this.store.setState({ run, state, connection: over ? "over" : "live", problem: null });
      if (!over) this.follow(state.seq);
    } catch (thrown) {
      if (signal.aborted) return;
      this.store.setState({ connection: "failed", problem: problemOf(thrown) });
    }
  }

  private follow(after: number): void {
    this.live = new LiveConnection(this.id, after, { onEvents: this.receive, onState: this.connected });
    for (const begin of this.early.splice(0)) begin();
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
  }

  private hurry = (): void => {
    if (!document.hidden) this.live?.hurry();
  };

  private receive = (events: RunEvent[]): void => {
    this.waiting.push(...events);
    this.cancelFlush ??= nextFrame(() => this.flush());
  };

  /** Everything that came since the last picture, in one change. */
  private flush(): void {
    this.cancelFlush = null;
    const events = this.waiting.splice(0);
    const state = reduce(this.store.getState().state, events);
    this.store.setState(state.ended === null ? { state } : { state, connection: "over" });
  }

  private connected = (state: LiveState): void => {
    if (state === "open") this.failures = 0;
    if (state === "waiting") void this.ask();
    const { connection } = this.store.getState();
    if (connection === "over" || connection === "failed") return;
    if (state === "open") this.store.setState({ connection: "live" });
    if (state === "waiting") this.store.setState({ connection: "waiting" });
  };

  /** The connection does not come back: is the run still there? */
  private async ask(): Promise<void> {
    this.failures += 1;
    if (this.failures < FAILURES_BEFORE_ASKING) return;
    try {
      await fetchRun(this.id, this.abort.signal);
    } catch (thrown) {
      if (!(thrown instanceof ProblemError) || thrown.status !== 404) return;
      this.live?.close();
      this.store.setState({ connection: "failed", problem: thrown.problem });
    }
  }
}

/** Soon, once: with the next picture, or by a timer while nobody looks. */
function nextFrame(action: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(action, HIDDEN_MS);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(action);
  return () => cancelAnimationFrame(frame);
}
