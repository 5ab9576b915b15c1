// What the buttons do: train, pause, go on, one step, one epoch, stop, reset, and settings changed under way.
import { useCallback, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { ProblemError, problemOf } from "../api/client.ts";
import { controlRun, queryClient, submitRun } from "../api/queries.ts";
import {
  type ControlAction,
  ENDED,
  type Json,
  type Pace,
  type Problem,
  type RunStateName,
} from "../api/schema.ts";
import type { Change } from "../network/changes.ts";
import type { Path } from "../network/document.ts";
import { remember } from "../runs/fresh.ts";
import type { RunSession } from "../runs/session.ts";
import { useRunView } from "../runs/useRun.ts";
import { useDraft } from "./draft.ts";

export type Training = {
  /** "draft" before anything was submitted. */
  status: RunStateName | "draft";
  /** The first answer is on its way. */
  starting: boolean;
  problem: Problem | null;
  forget: () => void;
  train: () => void;
  pause: () => void;
  stop: () => void;
  step: () => void;
  epoch: () => void;
  reset: () => void;
  setPace: (pace: Pace | null) => void;
  change: (change: Change) => void;
  undo: () => void;
  redo: () => void;
};

const TOLD_AFTER_MS = 250;

export function useTraining(session: RunSession | null, pace: Pace | null): Training {
  const navigate = useNavigate();
  const bound = useDraft((draft) => draft.bound);
  const known = useRunView(session, (view) => view.state.status);
  const [starting, setStarting] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const later = useRef<ControlAction | null>(null);
  const live = bound !== null && !ENDED.includes(known);
  const status = bound === null ? "draft" : known;

  const told = useCallback(
    (body: Parameters<typeof controlRun>[1]) => {
      if (bound === null) return;
      controlRun(bound.id, body).catch((thrown) => setProblem(problemOf(thrown)));
    },
    [bound],
  );

  // A step asked for before the run was there is done as soon as it waits.
  useEffect(() => {
    if (known !== "paused" || later.current === null || session === null) return;
    told({ action: later.current } as Parameters<typeof controlRun>[1]);
    later.current = null;
  }, [known, session, told]);

  async function submit(paused: boolean): Promise<void> {
    const { document, previous } = useDraft.getState();
    if (document === null || starting) return;
    setStarting(true);
    setProblem(null);
    try {
      if (previous !== null) void controlRun(previous.id, { action: "stop" }).catch(() => undefined);
      const run = await submitRun({ ...document, run: { ...document.run, pace, paused } });
      remember(run);
      useDraft.getState().bind(run.id);
      void queryClient.invalidateQueries({ queryKey: ["runs"] });
      navigate(`/runs/${run.id}`);
    } catch (thrown) {
      later.current = null;
      setProblem(problemOf(thrown));
    } finally {
      setStarting(false);
    }
  }

  function one(action: "step" | "epoch") {
    if (live) {
      if (known !== "paused") told({ action: "pause" });
      told({ action });
      return;
    }
    later.current = action;
    void submit(true);
  }

  /** The address follows the document: a run's own while it shows that run, else the workbench. */
  function follow(before: string | null) {
    const now = useDraft.getState().bound?.id ?? null;
    if (now !== before) navigate(now === null ? "/" : `/runs/${now}`);
  }

  const tell = useTold(setProblem, () => {
    useDraft.getState().unbind();
    navigate("/");
  });

  return {
    status,
    starting,
    problem,
    forget: () => setProblem(null),
    train: () => {
      if (live && known === "paused") told({ action: "resume" });
      else if (!live) void submit(false);
    },
    pause: () => told({ action: "pause" }),
    stop: () => told({ action: "stop" }),
    step: () => one("step"),
    epoch: () => one("epoch"),
    reset: () => {
      if (live) told({ action: "stop" });
      setProblem(null);
      useDraft.setState({ bound: null, previous: null });
      navigate("/");
    },
    setPace: (pace) => {
      useDraft.getState().change({ kind: "set", path: ["run", "pace"], value: pace as Json });
      if (live) told({ action: "pace", pace });
    },
    change: (change) => {
      const before = useDraft.getState();
      setProblem(null);
      if (live && before.bound && isLiveSetting(change)) {
        before.setLive(change.path, change.value);
        tell(before.bound.id, change.path, change.value);
        return;
      }
      before.change(change);
      follow(before.bound?.id ?? null);
    },
    undo: () => {
      const before = useDraft.getState();
      before.undo();
      follow(before.bound?.id ?? null);
    },
    redo: () => {
      const before = useDraft.getState();
      before.redo();
      follow(before.bound?.id ?? null);
    },
  };
}

type LiveChange = { kind: "set"; path: Path; value: number };

/** Numbers of the learner can change while it learns; the run says so when one cannot. */
function isLiveSetting(change: Change): change is LiveChange {
  return change.kind === "set" && change.path[0] === "learner" && typeof change.value === "number";
}

/** Tells a run of changed settings, the newest value of each, a moment after the last key. */
function useTold(refused: (problem: Problem) => void, makeDraft: () => void) {
  const waiting = useRef<Record<string, number>>({});
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (id: string, path: Path, value: number) => {
    waiting.current[path.join(".")] = value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const set = waiting.current;
      waiting.current = {};
      controlRun(id, { action: "set", set }).catch((thrown) => {
        refused(problemOf(thrown));
        if (thrown instanceof ProblemError && thrown.status >= 400 && thrown.status < 500) makeDraft();
      });
    }, TOLD_AFTER_MS);
  };
}
