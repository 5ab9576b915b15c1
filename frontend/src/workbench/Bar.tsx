// The bar above everything: reset, train, stop, one step, one epoch, pace, epoch and time left, learning rate.
import { ActionIcon, Button, Select, Text, Tooltip } from "@mantine/core";
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipForwardFilled,
  IconPlayerStopFilled,
  IconPlayerTrackNextFilled,
  IconRefresh,
} from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ENDED, type ExperimentDocument, type Pace } from "../api/schema.ts";
import { getAt } from "../network/document.ts";
import type { RunSession } from "../runs/session.ts";
import { useRunView } from "../runs/useRun.ts";
import { NumberControl } from "../schema-form/NumberControl.tsx";
import { misfit } from "../schema-form/numbers.ts";
import type { NumberField } from "../schema-form/schema.ts";
import { formatDuration, formatInteger, MISSING } from "../ui/format.ts";
import { Clock, FULL, PACES, paceName, paceOf } from "./pace.ts";
import type { Training } from "./useTraining.ts";

type Props = {
  document: ExperimentDocument;
  session: RunSession | null;
  training: Training;
  /** Why it cannot be trained as it is. */
  blocked: string | null;
  pace: Pace | null;
  onLearner: () => void;
  children?: ReactNode;
};

const RATE: NumberField = {
  kind: "number",
  integer: false,
  min: 0,
  max: 1000,
  openMin: true,
  openMax: false,
};
const BATCH: NumberField = {
  kind: "number",
  integer: true,
  min: 1,
  max: 10_000_000,
  openMin: false,
  openMax: false,
};
const BATCH_PATH = ["learner", "batch_size"] as const;
const RATE_PATH = ["learner", "optimizer", "lr"] as const;

export function Bar({ document, session, training, blocked, pace, onLearner, children }: Props) {
  const { t } = useTranslation();
  const { status, starting } = training;
  const running = status === "running" || status === "queued";
  const over = status === "draft" || ENDED.includes(status);
  const word = starting
    ? "starting"
    : running
      ? "pause"
      : status === "paused"
        ? "resume"
        : over && status !== "draft"
          ? "again"
          : "train";
  const batch = getAt(document, BATCH_PATH);
  const rate = getAt(document, RATE_PATH);
  const optimizer = getAt(document, ["learner", "optimizer", "type"]);
  return (
    <div className="oqu-bar" role="toolbar" aria-label={t("workbench.controls")}>
      <Press label={t("workbench.reset")} onClick={training.reset} disabled={status === "draft"}>
        <IconRefresh size={18} aria-hidden />
      </Press>
      <Tooltip label={blocked} disabled={blocked === null || running}>
        <Button
          className="oqu-train"
          size="sm"
          onClick={running ? training.pause : training.train}
          disabled={starting || (blocked !== null && over)}
          leftSection={
            running ? (
              <IconPlayerPauseFilled size={16} aria-hidden />
            ) : (
              <IconPlayerPlayFilled size={16} aria-hidden />
            )
          }
        >
          {t(`workbench.${word}`)}
        </Button>
      </Tooltip>
      <Press label={t("workbench.stop")} onClick={training.stop} disabled={over}>
        <IconPlayerStopFilled size={17} aria-hidden />
      </Press>
      <Press
        label={t("workbench.step")}
        onClick={training.step}
        disabled={starting || (blocked !== null && over)}
      >
        <IconPlayerSkipForwardFilled size={17} aria-hidden />
      </Press>
      <Press
        label={t("workbench.epoch_once")}
        onClick={training.epoch}
        disabled={starting || (blocked !== null && over)}
      >
        <IconPlayerTrackNextFilled size={17} aria-hidden />
      </Press>
      <Field label={t("workbench.pace")}>
        <PaceSelect pace={pace} onPace={training.setPace} />
      </Field>
      <Progress session={session} document={document} running={status === "running"} />
      <Field label={t("workbench.learning_rate")}>
        <div className="oqu-rate">
          <NumberControl
            label={t("workbench.learning_rate")}
            field={RATE}
            floating
            value={typeof rate === "number" ? rate : null}
            onChange={(value) => {
              if (value !== null && misfit(value, RATE) === null)
                training.change({ kind: "set", path: RATE_PATH, value });
            }}
          />
        </div>
      </Field>
      {typeof batch === "number" && (
        <Field label={t("workbench.batch_size")}>
          <div className="oqu-rate">
            <NumberControl
              label={t("workbench.batch_size")}
              field={BATCH}
              floating
              value={batch}
              onChange={(value) => {
                if (value !== null && misfit(value, BATCH) === null)
                  training.change({ kind: "set", path: BATCH_PATH, value });
              }}
            />
          </div>
        </Field>
      )}
      <Field label={t("workbench.optimizer")}>
        <Button variant="default" onClick={onLearner} className="oqu-learner" data-user>
          {typeof optimizer === "string" ? optimizer : document.learner.type}
        </Button>
      </Field>
      <div className="oqu-bar-end">{children}</div>
    </div>
  );
}

function Press({
  label,
  onClick,
  disabled,
  children,
}: {
  label: string;
  onClick: () => void;
  disabled: boolean;
  children: ReactNode;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={34} variant="default" aria-label={label} onClick={onClick} disabled={disabled}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="oqu-bar-field">
      <Text size="xs" c="dimmed" lh={1.1}>
        {label}
      </Text>
      {children}
    </div>
  );
}

function PaceSelect({ pace, onPace }: { pace: Pace | null; onPace: Training["setPace"] }) {
  const { t } = useTranslation();
  const name = paceName(pace);
  const names = [...new Set<string>([...PACES, name])].sort((a, b) => speed(a) - speed(b));
  const word = (one: string) =>
    one === FULL
      ? t("workbench.pace_full")
      : one === "1"
        ? t("workbench.pace_slow")
        : t("workbench.pace_of", { count: Number(one) });
  return (
    <Select
      w={118}
      aria-label={t("workbench.pace")}
      data={names.map((one) => ({ value: one, label: word(one) }))}
      value={name}
      allowDeselect={false}
      onChange={(value) => value !== null && onPace(paceOf(value))}
    />
  );
}

const speed = (name: string) => (name === FULL ? Number.POSITIVE_INFINITY : Number(name));

const TICK_MS = 500;

/** Epoch and time left. Its size never changes. */
function Progress({
  session,
  document,
  running,
}: {
  session: RunSession | null;
  document: ExperimentDocument;
  running: boolean;
}) {
  const { t } = useTranslation();
  const epoch = useRunView(session, (view) => view.state.epoch);
  const known = useRunView(session, (view) => view.run?.epochs ?? null);
  const epochs = known ?? Number(document.learner.epochs ?? 0);
  const clock = useRef(new Clock());
  const [left, setLeft] = useState<number | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another run is another clock
  useEffect(() => {
    clock.current.clear();
    setLeft(null);
  }, [session, running]);
  useEffect(() => {
    if (running) clock.current.see(epoch, performance.now());
  }, [epoch, running]);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setLeft(clock.current.left(epochs)), TICK_MS);
    return () => clearInterval(timer);
  }, [running, epochs]);

  const share = epochs > 0 ? Math.min(1, epoch / epochs) : 0;
  const shown = session === null ? 0 : epoch;
  return (
    <div className="oqu-epoch">
      <div className="oqu-epoch-words">
        <span>
          {t("workbench.epoch")} <b>{formatInteger(shown)}</b>
          <small>{t("workbench.of", { count: epochs, number: formatInteger(epochs) })}</small>
        </span>
        <span className="oqu-left">
          {running && left !== null ? t("workbench.left", { time: formatDuration(left) }) : MISSING}
        </span>
      </div>
      <div className="oqu-epoch-track">
        <i style={{ transform: `scaleX(${session === null ? 0 : share})` }} />
      </div>
    </div>
  );
}
