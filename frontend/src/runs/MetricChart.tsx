// Curves that grow while a run learns. New points are drawn on the canvas; React does not render again.
import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { ActionIcon, Table, Tooltip, useComputedColorScheme } from "@mantine/core";
import { IconChartLine, IconTable } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatInteger, formatNumber } from "../ui/format.ts";
import {
  aligned,
  type ChartContent,
  type ChartMarker,
  type ChartSeries,
  type ChartSource,
  lastOf,
} from "./chart.ts";
import type { CurvePlot } from "./plot.ts";

type Props = {
  /** What the chart shows, in a few words. */
  label: string;
  /** Curves that change with the component. */
  series?: readonly ChartSeries[];
  markers?: readonly ChartMarker[];
  /** Or curves that change by themselves: drawn without rendering. */
  source?: ChartSource;
  xLabel?: string;
  logY?: boolean;
  height?: number;
  format?: (value: number | null) => string;
  onMarker?: (marker: ChartMarker) => void;
};

const NO_SERIES: readonly ChartSeries[] = [];

export function MetricChart({
  label,
  series = NO_SERIES,
  markers,
  source: given,
  xLabel,
  logY = false,
  height = 180,
  format = formatNumber,
  onMarker,
}: Props) {
  const { t } = useTranslation();
  const source = useMemo(() => given ?? still({ series, markers }), [given, series, markers]);
  const [asTable, setAsTable] = useState(false);
  const shape = useShape(source);
  const values = useRef<(HTMLElement | null)[]>([]);
  const toggle = asTable ? t("chart.as_curves") : t("chart.as_table");

  return (
    <figure className="oqu-chart">
      <div className="oqu-chart-head">
        <figcaption>{label}</figcaption>
        <ul className="oqu-legend">
          {shape.map((one, index) => (
            <li key={one.name}>
              <svg width="16" height="8" aria-hidden="true">
                <line
                  x1="0"
                  x2="16"
                  y1="4"
                  y2="4"
                  stroke={one.color}
                  strokeWidth="3"
                  strokeDasharray={one.dash}
                />
              </svg>
              <span>{one.name}</span>
              <b
                ref={(node) => {
                  values.current[index] = node;
                }}
              />
            </li>
          ))}
        </ul>
        <Tooltip label={toggle}>
          <ActionIcon size="sm" aria-label={toggle} onClick={() => setAsTable((now) => !now)}>
            {asTable ? <IconChartLine size={15} aria-hidden /> : <IconTable size={15} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      </div>
      {asTable ? (
        <Rows source={source} xLabel={xLabel ?? t("metric.epoch")} height={height} format={format} />
      ) : (
        <Curves
          key={shape.map((one) => one.name + one.color + one.dash).join("|")}
          source={source}
          values={values}
          look={{ logY, height, xLabel: xLabel ?? t("metric.epoch") }}
          label={label}
          format={format}
          onMarker={onMarker}
        />
      )}
    </figure>
  );
}

type CurvesProps = {
  source: ChartSource;
  values: React.RefObject<(HTMLElement | null)[]>;
  look: { logY: boolean; height: number; xLabel: string };
  label: string;
  format: (value: number | null) => string;
  onMarker?: (marker: ChartMarker) => void;
};

function Curves({ source, values, look, label, format, onMarker }: CurvesProps) {
  const { t } = useTranslation();
  const dark = useComputedColorScheme("light") === "dark";
  const target = useRef<HTMLDivElement>(null);
  const calls = useRef({ format, onMarker });
  calls.current = { format, onMarker };
  const { height, xLabel } = look;
  const [leapt, setLeapt] = useState(false);
  const logY = look.logY || leapt;

  // biome-ignore lint/correctness/useExhaustiveDependencies: other curves are looked at anew
  useEffect(() => setLeapt(false), [source]);

  useEffect(() => {
    const element = target.current;
    if (element === null) return;
    let hovered: { row: number; data: ArrayLike<ArrayLike<number | null | undefined>> } | null = null;
    let frame = 0;
    let gone = false;

    const write = () => {
      const { series } = source.read();
      const shown = series.map((one, index) =>
        calls.current.format(
          hovered === null ? lastOf(one) : (hovered.data[index + 1]?.[hovered.row] ?? null),
        ),
      );
      for (const [index, text] of shown.entries()) {
        const node = values.current[index];
        if (node) node.textContent = text;
      }
      element.setAttribute("aria-label", summary(label, series, shown, t));
    };
    let plot: CurvePlot | null = null;
    const draw = () => {
      frame = 0;
      if (plot?.draw(source.read()) && !logY) setLeapt(true);
      write();
    };
    const soon = () => {
      frame ||= requestAnimationFrame(draw);
    };
    const begin = async () => {
      const { CurvePlot } = await import("./plot.ts"); // its own chunk: the page stands before it
      if (gone) return;
      plot = new CurvePlot(
        element,
        source.read().series,
        { dark, logY, height, xLabel, width: Math.max(120, element.clientWidth) },
        {
          onHover: (row, data) => {
            hovered = row === null ? null : { row, data };
            write();
          },
          onMarker: (marker) => calls.current.onMarker?.(marker),
        },
      );
      draw();
    };
    void begin();
    write();
    const stop = source.subscribe(soon);
    const observer = new ResizeObserver(() => plot?.resize(Math.max(120, element.clientWidth), height));
    observer.observe(element);
    return () => {
      gone = true;
      stop();
      observer.disconnect();
      cancelAnimationFrame(frame);
      plot?.destroy();
    };
  }, [source, values, dark, logY, height, xLabel, label, t]);

  return (
    <>
      {leapt && <span className="oqu-chart-note">{t("chart.logarithmic")}</span>}
      <div ref={target} role="img" style={{ height }} />
    </>
  );
}

const ROWS = 100;

/** The same numbers as a table: at most a hundred rows, the newest first. */
function Rows({ source, xLabel, height, format }: { source: ChartSource; xLabel: string } & RowsLook) {
  const [content, setContent] = useState(() => source.read());
  useEffect(() => {
    const timer = setInterval(() => setContent(source.read()), 1000);
    return () => clearInterval(timer);
  }, [source]);
  const [x = [], ...columns] = thinned(content);
  const order = Array.from(x, (_, row) => row).reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable from the keyboard
    <section style={{ height, overflow: "auto" }} tabIndex={0} aria-label={xLabel}>
      <Table stickyHeader fz="xs" verticalSpacing={2}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th ta="right">{xLabel}</Table.Th>
            {content.series.map((one) => (
              <Table.Th key={one.name} ta="right">
                {one.name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {order.map((row) => (
            <Table.Tr key={row}>
              <Table.Td ta="right">{formatInteger(x[row])}</Table.Td>
              {content.series.map((one, index) => (
                <Table.Td key={one.name} ta="right">
                  {format(columns[index]?.[row] ?? null)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

type RowsLook = { height: number; format: (value: number | null) => string };

function thinned({ series }: ChartContent): (number | null)[][] {
  const first = series[0];
  if (first === undefined) return [];
  const same = series.filter((one) => one.x.length === first.x.length);
  return aligned(same, Math.floor(ROWS / (4 * same.length)), (tables) => tables[0] ?? [[]]) as (
    | number
    | null
  )[][];
}

type Shape = { name: string; color: string; dash?: string };

/** Names and colours of the curves: renders only when these change. */
function useShape(source: ChartSource): Shape[] {
  const [shape, setShape] = useState(() => shapeOf(source));
  useEffect(() => {
    const look = () => setShape((known) => (same(known, shapeOf(source)) ? known : shapeOf(source)));
    look();
    return source.subscribe(look);
  }, [source]);
  return shape;
}

const shapeOf = (source: ChartSource): Shape[] =>
  source.read().series.map(({ name, color, dash }) => ({ name, color, dash: dash?.join(" ") }));

const same = (a: Shape[], b: Shape[]): boolean =>
  a.length === b.length &&
  a.every((one, i) => one.name === b[i]?.name && one.color === b[i]?.color && one.dash === b[i]?.dash);

function still(content: ChartContent): ChartSource {
  return { read: () => content, subscribe: () => () => undefined };
}

function summary(
  label: string,
  series: readonly ChartSeries[],
  shown: string[],
  t: (key: string, values: Record<string, string>) => string,
): string {
  const values = series.map((one, index) => `${one.name} ${shown[index] ?? ""}`).join(", ");
  return t("chart.summary", { label, values });
}
