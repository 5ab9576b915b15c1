// What the network says to one example: the likeliest class large, every class as a bar; or the number.
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { DataInfo } from "../api/schema.ts";
import { ErrorNote } from "../ui/ErrorNote.tsx";
import { formatNumber, formatPercent } from "../ui/format.ts";
import { classColor } from "../ui/palette.ts";
import type { Prediction } from "./usePrediction.ts";

type Props = { prediction: Prediction; info: DataInfo; truth?: string | null; waiting: string };

const BARS = 12;

export function Answer({ prediction: { answer, problem }, info, truth = null, waiting }: Props) {
  const { t } = useTranslation();
  if (problem) return <ErrorNote problem={problem} compact />;
  const shares = answer?.probabilities?.[0];
  const said = answer?.classes?.[0];
  return (
    <section className="oqu-answer" aria-label={t("use.answer")} aria-live="polite">
      <Text size="sm" c="dimmed">
        {t("use.answer")}
      </Text>
      <div className="oqu-answer-said" data-user>
        {answer ? (said ?? number(answer.outputs[0])) : t("use.nothing")}
      </div>
      <Text size="sm" c="dimmed" mih="1.5em">
        {answer === null ? waiting : truth === null ? "" : verdict(said ?? null, truth, t)}
      </Text>
      {info.classes.length > 0 && <Bars classes={info.classes} shares={shares ?? []} />}
    </section>
  );
}

type T = (key: string, params?: Record<string, unknown>) => string;

function verdict(said: string | null, truth: string, t: T): string {
  if (said === null) return t("use.truth", { truth });
  return t(said === truth ? "use.right" : "use.wrong", { truth });
}

function number(output: number[] | number | undefined): string {
  return formatNumber(Array.isArray(output) ? output[0] : output, 4);
}

function Bars({ classes, shares }: { classes: readonly string[]; shares: readonly number[] }) {
  const { t } = useTranslation();
  const order = classes.map((_, index) => index);
  if (classes.length > BARS) order.sort((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0));
  return (
    <ul className="oqu-bars" aria-label={t("use.probabilities")}>
      {order.slice(0, BARS).map((index) => (
        <li key={classes[index]}>
          <span className="oqu-bars-name" data-user>
            {classes[index]}
          </span>
          <span className="oqu-bars-track">
            <i style={{ width: `${100 * (shares[index] ?? 0)}%`, background: classColor(index) }} />
          </span>
          <span className="oqu-bars-value">{formatPercent(shares[index])}</span>
        </li>
      ))}
    </ul>
  );
}
