// Which class was taken for which: counts as a table of colours, or precision, recall and F1 per class.
import { SegmentedControl, Table, Text } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Frame } from "../api/schema.ts";
import type { RunSession } from "../runs/session.ts";
import { formatInteger, formatPercent } from "../ui/format.ts";
import { classColor } from "../ui/palette.ts";
import { type Matrix, matrixOf, perClass, right, rowTotal, total, worst } from "./confusion.ts";
import { useFrames } from "./useFrames.ts";
import "./watch.css";

type Props = { session: RunSession | null; over: boolean; classes: readonly string[] };

const PARTS = ["train", "validation"] as const;
const EVERY_MS = 200;

export function ConfusionMatrix({ session, over, classes }: Props) {
  const { t } = useTranslation();
  const [frame, setFrame] = useState<Frame | null>(null);
  const [part, setPart] = useState<(typeof PARTS)[number]>("validation");
  const [asTable, setAsTable] = useState(false);
  const last = useRef(0);
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useFrames(session, over, "confusion_matrix", {}, (next) => {
    clearTimeout(waiting.current);
    const show = () => {
      last.current = Date.now();
      setFrame(next);
    };
    const wait = EVERY_MS - (Date.now() - last.current);
    if (wait <= 0) show();
    else waiting.current = setTimeout(show, wait);
  });

  const names = (frame?.header.classes as string[] | undefined) ?? classes;
  const counts = session === null || frame === null ? new Int32Array(2 * names.length ** 2) : frame.data;
  const held = total(matrixOf(counts, names.length, 1)) > 0 || session === null || frame === null;
  const shown = held ? part : "train";
  const matrix = matrixOf(counts, names.length, PARTS.indexOf(shown));
  return (
    <div className="oqu-confusion">
      <div className="oqu-confusion-head">
        <SegmentedControl
          aria-label={t("watch.part")}
          value={shown}
          onChange={(value) => setPart(value as typeof part)}
          data={PARTS.map((one) => ({
            value: one,
            label: t(`watch.parts.${one}`),
            disabled: one === "validation" && !held,
          }))}
        />
        <SegmentedControl
          aria-label={t("watch.view")}
          value={asTable ? "table" : "matrix"}
          onChange={(value) => setAsTable(value === "table")}
          data={[
            { value: "matrix", label: t("watch.matrix") },
            { value: "table", label: t("watch.per_class") },
          ]}
        />
      </div>
      <div className="oqu-confusion-body">
        {asTable ? <PerClass matrix={matrix} names={names} /> : <Counts matrix={matrix} names={names} />}
      </div>
      <Text size="sm" c="dimmed" className="oqu-confusion-foot">
        {sentence(matrix, names, t)}
      </Text>
    </div>
  );
}

type T = (key: string, params?: Record<string, unknown>) => string;

function sentence(matrix: Matrix, names: readonly string[], t: T): string {
  const all = total(matrix);
  if (all === 0) return t("watch.confusion_before");
  const params = { right: formatInteger(right(matrix)), all: formatInteger(all) };
  const pair = worst(matrix);
  if (pair === null) return t("watch.confusion_all", params);
  return t("watch.confusion_worst", {
    ...params,
    count: pair.count,
    truth: names[pair.truth],
    said: names[pair.said],
  });
}

function Counts({ matrix, names }: { matrix: Matrix; names: readonly string[] }) {
  const { t } = useTranslation();
  const numbers = names.length <= 12;
  const empty = total(matrix) === 0;
  return (
    <table className="oqu-matrix" data-many={numbers ? undefined : true}>
      <caption className="oqu-only-read">{t("watch.confusion_caption")}</caption>
      <thead>
        <tr>
          <td className="oqu-matrix-corner">{t("watch.true_said")}</td>
          {names.map((name) => (
            <th key={name} scope="col" data-user>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.map((name, truth) => {
          const all = rowTotal(matrix, truth);
          return (
            <tr key={name}>
              <th scope="row" data-user>
                {name}
              </th>
              {names.map((other, said) => {
                const count = matrix.at(truth, said);
                const share = all === 0 ? 0 : count / all;
                return (
                  <td
                    key={other}
                    title={t("watch.cell", { count, truth: name, said: other })}
                    style={{
                      background: cellColor(share, truth === said),
                      color: inkOf(share, truth === said),
                    }}
                    data-zero={count === 0 || undefined}
                  >
                    {numbers && !empty ? formatInteger(count) : ""}
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Right is blue, wrong is orange, by the share of the true class. */
function cellColor(share: number, hit: boolean): string {
  const amount = Math.round(100 * Math.sqrt(share));
  return `color-mix(in srgb, ${hit ? "var(--oqu-hit)" : "var(--oqu-miss)"} ${amount}%, var(--oqu-cell))`;
}

/** Text on a cell in light and dark, so that it can be read on every mixture. */
function inkOf(share: number, hit: boolean): string | undefined {
  if (share === 0) return undefined;
  const amount = Math.sqrt(share);
  return hit
    ? `light-dark(${amount > 0.95 ? "white" : "black"}, white)`
    : `light-dark(black, ${amount > 0.75 ? "black" : "white"})`;
}

function PerClass({ matrix, names }: { matrix: Matrix; names: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <Table fz="sm" verticalSpacing={3} stickyHeader>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("watch.class_column")}</Table.Th>
          {["precision", "recall", "f1", "examples"].map((column) => (
            <Table.Th key={column} ta="right">
              {t(`watch.${column}`)}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {perClass(matrix, names).map((row, index) => (
          <Table.Tr key={row.name}>
            <Table.Td data-user>
              <span className="oqu-swatch" style={{ background: classColor(index) }} /> {row.name}
            </Table.Td>
            <Table.Td ta="right">{formatPercent(row.precision)}</Table.Td>
            <Table.Td ta="right">{formatPercent(row.recall)}</Table.Td>
            <Table.Td ta="right">{formatPercent(row.f1)}</Table.Td>
            <Table.Td ta="right">{formatInteger(row.count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
