// One line that always says where things stand and what to do next. It never grows: nothing below it moves.
import { ActionIcon, Button, Text } from "@mantine/core";
import { IconAlertTriangle, IconBulb, IconCircleCheck, IconInfoCircle, IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CheckAnswer, DataInfo, Ended, Finding, Problem } from "../api/schema.ts";
import { fromPython } from "../i18n/index.ts";
import { lastValue } from "../runs/columns.ts";
import type { RunSession, RunView } from "../runs/session.ts";
import { useRunView } from "../runs/useRun.ts";
import { formatInteger, formatNumber, formatPercent } from "../ui/format.ts";
import { hintOf, placedSentence, UNKNOWN_DATA } from "../ui/problems.ts";
import type { Bound } from "./draft.ts";
import type { Training } from "./useTraining.ts";

type Props = {
  training: Training;
  session: RunSession | null;
  check: CheckAnswer | null;
  previous: Bound | null;
  info: DataInfo | null;
  onLayer: (id: string) => void;
  onProblem: (problem: Problem) => void;
  /** Put a layer of this kind before that one, or where there is none yet. */
  onMend: (kind: string, layer: string | null) => void;
  /** Put ReLU in the place of what squashes; null where nothing does. */
  onUnsquash: (() => void) | null;
};

type Tone = "quiet" | "good" | "warn" | "bad";
type Said = { tone: Tone; text: string; action?: ReactNode };

export function Notice(props: Props) {
  const { t } = useTranslation();
  const said = useSaid(props);
  const Icon = { quiet: IconInfoCircle, good: IconCircleCheck, warn: IconBulb, bad: IconAlertTriangle }[
    said.tone
  ];
  return (
    <div className="oqu-notice" data-tone={said.tone} role="status">
      <Icon size={18} aria-hidden />
      <Text size="sm" className="oqu-notice-text" title={said.text}>
        {said.text}
      </Text>
      {said.action}
      {props.training.problem && (
        <ActionIcon size="sm" aria-label={t("common.close")} onClick={props.training.forget}>
          <IconX size={15} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}

function useSaid(props: Props): Said {
  const { training, session, check, previous, info, onLayer, onProblem, onMend, onUnsquash } = props;
  const { t } = useTranslation();
  const connection = useRunView(session, (view) => view.connection);
  const queued = useLasting(useRunView(session, (view) => view.state.status) === "queued", 1_500);
  const failed = useRunView(session, (view) => view.problem);
  const ended = useRunView(session, (view) => view.state.ended);
  const findings = useRunView(session, (view) => view.state.findings);
  const accuracy = useRunView(session, (view) => reached(view, "val_accuracy"));
  const error = useRunView(session, (view) => reached(view, "val_rmse"));
  const epoch = useRunView(session, (view) => (view.state.ended ? view.state.epoch : 0));
  const epochs = useRunView(session, (view) => view.run?.epochs ?? null);
  const { status } = training;
  const problem = training.problem ?? failed;
  if (problem)
    return { tone: "bad", text: worded(problem), action: <Show problem={problem} onProblem={onProblem} /> };
  const first = check?.errors[0];
  if (first && status === "draft" && isEmpty(first)) {
    const action = (
      <Button onClick={() => onMend("Linear", null)}>{t("workbench.mend", { kind: "Linear" })}</Button>
    );
    return { tone: "warn", text: t("workbench.no_layers"), action };
  }
  if (first && status === "draft") {
    const text = t("workbench.blocked", { count: check.errors.length, problem: worded(first) });
    const action = (
      <>
        <Mend problem={first} onMend={onMend} />
        <Bring problem={first} />
        <Show problem={first} onProblem={onProblem} />
      </>
    );
    return { tone: "bad", text, action };
  }
  if (connection === "waiting") return { tone: "bad", text: t("workbench.connection_lost") };
  const finding = findings.at(-1);
  if (finding && ended?.state !== "failed") return found(finding, findings.length, t, onLayer, onUnsquash);
  if (ended) return over(ended, { epoch, epochs, accuracy, error }, t);
  if (status === "queued")
    return { tone: "quiet", text: t(queued ? "workbench.waiting" : "workbench.starting") };
  if (status === "paused") return { tone: "quiet", text: t("workbench.paused") };
  if (status === "running") return { tone: "quiet", text: t("workbench.learning") };
  if (previous) {
    const action = (
      <Button component={Link} to={`/runs/${previous.id}`} variant="default">
        {t("workbench.back_to_run")}
      </Button>
    );
    return { tone: "quiet", text: t("workbench.changed"), action };
  }
  return { tone: "quiet", text: t(`workbench.first.${begin(info)}`) };
}

type T = (key: string, params?: Record<string, unknown>) => string;

/** What a person sees who has not pressed Train yet. */
function begin(info: DataInfo | null): string {
  if (info === null) return "points";
  if (info.task === "regression") return "regression";
  return info.form === "points" || info.form === "image" ? info.form : "classification";
}

function worded(problem: Problem): string {
  return `${placedSentence(problem)} ${hintOf(problem)}`.trim();
}

function found(
  finding: Finding,
  count: number,
  t: T,
  onLayer: Props["onLayer"],
  onUnsquash: Props["onUnsquash"],
): Said {
  const words = `${fromPython(`finding.${finding.code}`, finding.detail, finding.numbers)} ${fromPython(`finding.${finding.code}_hint`, finding.hint, finding.numbers)}`;
  const { layer } = finding;
  const action = (
    <>
      {finding.code === "vanishing_gradients" && onUnsquash && (
        <Button onClick={onUnsquash}>{t("workbench.unsquash")}</Button>
      )}
      {layer && (
        <Button variant="default" onClick={() => onLayer(layer)}>
          {t("workbench.show_layer", { layer })}
        </Button>
      )}
    </>
  );
  const text =
    count > 1 ? t("workbench.finding_more", { text: words.trim(), count: count - 1 }) : words.trim();
  return { tone: "warn", text, action };
}

/** The last value of a measure on held-out examples, once it is over. */
function reached(view: RunView, column: string): number | null {
  const { ended, series } = view.state;
  return ended ? (lastValue(series.epoch, column) ?? null) : null;
}

type Outcome = { epoch: number; epochs: number | null; accuracy: number | null; error: number | null };

function over(ended: Ended, { epoch, epochs, accuracy, error }: Outcome, t: T): Said {
  if (ended.state === "failed") {
    const words = fromPython(`reason.${ended.reason ?? "internal"}`, `${ended.detail} ${ended.hint}`.trim());
    return { tone: "bad", text: t("workbench.failed", { words }) };
  }
  const params = { epochs: formatInteger(epoch) };
  if (ended.state === "cancelled") return { tone: "quiet", text: t("workbench.cancelled", params) };
  const early = epochs !== null && epoch < epochs;
  const sentences = [
    t(early ? "workbench.completed_early" : "workbench.completed", params),
    accuracy === null ? "" : t("workbench.reached_accuracy", { value: formatPercent(accuracy) }),
    error === null ? "" : t("workbench.reached_error", { value: formatNumber(error) }),
    t("workbench.completed_next"),
  ];
  return { tone: "good", text: sentences.filter((sentence) => sentence !== "").join(" ") };
}

/** A network without layers: nothing to point at, only something to begin with. */
function isEmpty({ where: { path } }: Problem): boolean {
  return path.length === 3 && path[0] === "networks" && path[2] === "layers";
}

/** Where Python knows the layer that is missing, one click puts it there. */
function Mend({ problem, onMend }: { problem: Problem; onMend: Props["onMend"] }) {
  const { t } = useTranslation();
  const kind = problem.params.add;
  const { layer } = problem.where;
  if (typeof kind !== "string" || layer === null) return null;
  return <Button onClick={() => onMend(kind, layer)}>{t("workbench.mend", { kind })}</Button>;
}

/** Data that nobody has brought yet: the way to bring them, under the name that is asked for. */
function Bring({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const { name } = problem.params;
  if (problem.key !== UNKNOWN_DATA || typeof name !== "string") return null;
  return (
    <Button component={Link} to={`/data?name=${encodeURIComponent(name)}`}>
      {t("workbench.bring")}
    </Button>
  );
}

function Show({ problem, onProblem }: { problem: Problem; onProblem: (problem: Problem) => void }) {
  const { t } = useTranslation();
  if (problem.where.path.length === 0 && problem.where.layer === null) return null;
  return (
    <Button variant="default" onClick={() => onProblem(problem)}>
      {t("workbench.show_place")}
    </Button>
  );
}

/** Whether something has been so for a while. */
function useLasting(now: boolean, milliseconds: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    setLasting(false);
    if (!now) return;
    const timer = setTimeout(() => setLasting(true), milliseconds);
    return () => clearTimeout(timer);
  }, [now, milliseconds]);
  return lasting;
}
