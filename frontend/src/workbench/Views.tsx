// The right side: what the network answers, and the curves. Always there, whether something runs or not.
import { SegmentedControl, Select, Text } from "@mantine/core";
import { IconArrowRight, IconArrowUp } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DataInfo, DataPreview } from "../api/schema.ts";
import { fromPython } from "../i18n/index.ts";
import type { ChartSource } from "../runs/chart.ts";
import { lastValue } from "../runs/columns.ts";
import { MetricChart } from "../runs/MetricChart.tsx";
import type { RunSession } from "../runs/session.ts";
import { curvesOf } from "../runs/sources.ts";
import { useRunView } from "../runs/useRun.ts";
import { formatMetric } from "../ui/format.ts";
import { PART_COLORS } from "../ui/palette.ts";
import { ConfusionMatrix } from "../watch/ConfusionMatrix.tsx";
import { DecisionMap } from "../watch/DecisionMap.tsx";
import { Examples } from "../watch/Examples.tsx";
import { Fit } from "../watch/Fit.tsx";

type Props = {
  session: RunSession | null;
  over: boolean;
  info: DataInfo | null;
  preview: DataPreview | null;
  onLayer: (id: string) => void;
};

type View = "map" | "confusion" | "fit" | "examples";

export function Views({ session, over, info, preview, onLayer }: Props) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<View | null>(null);
  const views = viewsOf(info ?? preview?.info ?? null);
  const first = views[0] ?? null;
  const usual = first === "examples" && session !== null ? (views[1] ?? first) : first;
  const view = chosen !== null && views.includes(chosen) ? chosen : usual;
  const props = { session, over, preview };
  return (
    <div className="oqu-views">
      <section className="oqu-output" aria-label={t("workbench.output")}>
        <div className="oqu-output-head">
          <Text fw={600} size="sm">
            {t("workbench.output")}
          </Text>
          {views.length > 1 && (
            <SegmentedControl
              aria-label={t("workbench.output_view")}
              value={view ?? undefined}
              onChange={(value) => setChosen(value as View)}
              data={views.map((one) => ({ value: one, label: t(`workbench.views.${one}`) }))}
            />
          )}
        </div>
        <div className="oqu-output-body">
          {views.length === 0 && (
            <Text size="sm" c="dimmed" m="auto">
              {t("workbench.no_data")}
            </Text>
          )}
          {view === "map" && <PlaneOf {...props} info={info ?? preview?.info ?? null} />}
          {view === "confusion" && (
            <ConfusionMatrix
              key={session?.id}
              session={session}
              over={over}
              classes={info?.classes ?? preview?.info.classes ?? []}
            />
          )}
          {view === "fit" && <Fit {...props} />}
          {view === "examples" && preview && (
            <div className="oqu-scroll">
              <Examples preview={preview} count={42} />
            </div>
          )}
        </div>
      </section>
      <Curves session={session} task={(info ?? preview?.info)?.task ?? "classification"} onLayer={onLayer} />
    </div>
  );
}

/** The map; of a table with more than two columns, of any two of them. */
function PlaneOf(props: Omit<Props, "onLayer">) {
  const { t } = useTranslation();
  const [axes, setAxes] = useState<[number, number]>([0, 1]);
  const features = props.info?.features ?? [];
  const [across, up] = axes.every((axis) => axis < features.length) ? axes : [0, 1];
  const names = features.map((feature, index) => ({ value: String(index), label: feature.name }));
  return (
    <>
      {features.length > 2 && (
        <div className="oqu-axes">
          {([0, 1] as const).map((axis) => (
            <Select
              key={axis}
              aria-label={t(axis === 0 ? "workbench.axis_across" : "workbench.axis_up")}
              leftSection={
                axis === 0 ? <IconArrowRight size={14} aria-hidden /> : <IconArrowUp size={14} aria-hidden />
              }
              data={names}
              value={String(axis === 0 ? across : up)}
              allowDeselect={false}
              searchable
              onChange={(value) =>
                value !== null && setAxes(axes.with(axis, Number(value)) as [number, number])
              }
            />
          ))}
        </div>
      )}
      <DecisionMap {...props} across={across} up={up} />
    </>
  );
}

/** What can be looked at, the most telling first. */
function viewsOf(info: DataInfo | null): View[] {
  if (info === null) return [];
  const plane = info.form === "points" && info.shape[0] === 2;
  const table = info.form === "table" && (info.shape[0] ?? 0) >= 2;
  const views: View[] = [];
  if (plane) views.push("map");
  else if (info.form === "image" || info.form === "table") views.push("examples");
  if (info.task === "classification") views.push("confusion");
  else views.push("fit");
  if (table) views.push("map");
  return views;
}

const MEASURES = {
  classification: ["loss", "accuracy", "precision", "recall", "f1"],
  regression: ["loss", "rmse", "mae", "r2"],
} as const;

function Curves({
  session,
  task,
  onLayer,
}: Pick<Props, "session" | "onLayer"> & { task: "classification" | "regression" }) {
  const { t } = useTranslation();
  const measures: readonly string[] = MEASURES[task];
  const [asked, setAsked] = useState("loss");
  const measure = measures.includes(asked) ? asked : "loss";
  const curves = useMemo(
    () =>
      (["train", "val"] as const).map((part) => ({
        column: `${part}_${measure}`,
        name: t(`workbench.parts.${part}`),
        color: PART_COLORS[part],
      })),
    [measure, t],
  );
  const source = useMemo((): ChartSource => {
    if (session === null) {
      const series = curves.map(({ column: _column, ...look }) => ({ ...look, x: [], y: [] }));
      return { subscribe: () => () => undefined, read: () => ({ series, markers: [] }) };
    }
    return curvesOf(session, curves, { flag: (code, detail) => fromPython(`finding.${code}.title`, detail) });
  }, [session, curves]);
  return (
    <section className="oqu-curves" aria-label={t("workbench.curves")}>
      <Numbers session={session} measures={measures} chosen={measure} onChoose={setAsked} />
      <div className="oqu-curve">
        <MetricChart
          label={t(`workbench.measure.${measure}`)}
          source={source}
          height={150}
          format={(value) => formatMetric(measure, value)}
          onMarker={(marker) => marker.layer && onLayer(marker.layer)}
        />
      </div>
    </section>
  );
}

type NumbersProps = {
  session: RunSession | null;
  measures: readonly string[];
  chosen: string;
  onChoose: (measure: string) => void;
};

/** The last values as a small table; a column's head shows its curve. */
function Numbers({ session, measures, chosen, onChoose }: NumbersProps) {
  const { t } = useTranslation();
  const series = useRunView(session, (view) => view.state.series.epoch);
  const value = (part: string, measure: string) => {
    const last =
      session === null || series === undefined ? undefined : lastValue(series, `${part}_${measure}`);
    return formatMetric(`${part}_${measure}`, last);
  };
  return (
    <table className="oqu-numbers" data-measures={measures.length}>
      <caption className="oqu-only-read">{t("workbench.last_values")}</caption>
      <thead>
        <tr>
          <td />
          {measures.map((measure) => (
            <th key={measure} scope="col">
              <button type="button" aria-pressed={chosen === measure} onClick={() => onChoose(measure)}>
                {t(`workbench.measure.${measure}`)}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {(["train", "val"] as const).map((part) => (
          <tr key={part}>
            <th scope="row">
              <i style={{ background: PART_COLORS[part] }} aria-hidden />
              {t(`workbench.parts.${part}`)}
            </th>
            {measures.map((measure) => (
              <td key={measure} data-chosen={chosen === measure || undefined}>
                {value(part, measure)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
