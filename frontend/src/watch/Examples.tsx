// A look at the data where there is no plane to draw them in: pictures with their labels, or rows of a table.
import { Table, Text } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DataPreview } from "../api/schema.ts";
import { formatFixed, formatNumber, formatShape } from "../ui/format.ts";
import { drawImage, flat, topOf } from "./pictures.ts";
import "./watch.css";

type Props = {
  preview: DataPreview;
  count?: number;
  chosen?: number | null;
  onChoose?: (row: number) => void;
};

export function Examples({ preview, count = 40, chosen = null, onChoose }: Props) {
  return preview.info.form === "image" ? (
    <Pictures preview={preview} count={count} chosen={chosen} onChoose={onChoose} />
  ) : (
    <Rows preview={preview} count={count} />
  );
}

/** The rows to look at: held-out ones where there are any, for they are the honest ones. */
export function examplesOf(preview: DataPreview) {
  const held = preview.parts.validation;
  return held && held.inputs.length > 0
    ? held
    : (preview.parts.train ?? { inputs: [], targets: [], rows: 0 });
}

export function labelOf(preview: DataPreview, target: unknown): string {
  const value = Number(Array.isArray(target) ? target[0] : target);
  return preview.info.classes[value] ?? formatNumber(value);
}

function Pictures({
  preview,
  count,
  chosen,
  onChoose,
}: Required<Omit<Props, "onChoose">> & Pick<Props, "onChoose">) {
  const { t } = useTranslation();
  const part = examplesOf(preview);
  const images = useMemo(() => part.inputs.slice(0, count).map(flat), [part, count]);
  const top = useMemo(() => topOf(images), [images]);
  return (
    <div className="oqu-pictures">
      {images.map((image, row) => {
        const label = labelOf(preview, part.targets[row]);
        return onChoose ? (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a fixed sample
            key={row}
            type="button"
            className="oqu-picture"
            aria-pressed={chosen === row}
            aria-label={t("watch.choose_example", { number: row + 1, label })}
            onClick={() => onChoose(row)}
          >
            <Picture values={image} shape={preview.info.shape} top={top} />
            <span data-user>{label}</span>
          </button>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a fixed sample
          <figure key={row} className="oqu-picture">
            <Picture values={image} shape={preview.info.shape} top={top} />
            <figcaption data-user>{label}</figcaption>
          </figure>
        );
      })}
    </div>
  );
}

export function Picture({
  values,
  shape,
  top,
}: {
  values: ArrayLike<number>;
  shape: readonly number[];
  top: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawImage(canvas.current, values, shape, top);
  }, [values, shape, top]);
  return <canvas ref={canvas} aria-hidden />;
}

const COLUMNS = 4;

function Rows({ preview, count }: { preview: DataPreview; count: number }) {
  const { t } = useTranslation();
  const part = examplesOf(preview);
  const { features, shape } = preview.info;
  const names = features.length > 0 ? features.map((feature) => feature.name) : flatNames(shape);
  const shown = names.slice(0, COLUMNS);
  const rows = part.inputs.slice(0, count);
  const digits = shown.map((_, column) => digitsOf(rows.map((row) => valueAt(row, column))));
  return (
    <>
      <Table fz="sm" verticalSpacing={3} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {shown.map((name) => (
              <Table.Th key={name} ta="right" data-user>
                {name}
              </Table.Th>
            ))}
            <Table.Th className="oqu-examples-class">
              {preview.info.targets[0] ?? t("watch.class_column")}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody data-user>
          {rows.map((input, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a fixed sample
            <Table.Tr key={row}>
              {shown.map((name, column) => (
                <Table.Td key={name} ta="right">
                  {cell(input, column, digits[column] ?? null, features[column]?.categories)}
                </Table.Td>
              ))}
              <Table.Td className="oqu-examples-class">{labelOf(preview, part.targets[row])}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {names.length > COLUMNS && (
        <Text size="sm" c="dimmed" mt={4}>
          {t("watch.more_columns", { count: names.length - COLUMNS, shape: formatShape(shape) })}
        </Text>
      )}
    </>
  );
}

const valueAt = (input: unknown, column: number): unknown => (Array.isArray(input) ? input[column] : input);

const MOST_DIGITS = 3;

/** Digits after the point that tell a column's values apart: as many as the longest needs; null where powers do. */
function digitsOf(values: readonly unknown[]): number | null {
  const numbers = values.filter((value): value is number => typeof value === "number");
  const largest = Math.max(0, ...numbers.map(Math.abs));
  if (largest >= 1e7 || (largest > 0 && largest < 0.01)) return null;
  return Math.max(0, ...numbers.map((value) => needed(value)));
}

function needed(value: number): number {
  const text = String(Number(value.toFixed(MOST_DIGITS)));
  return text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
}

function cell(
  input: unknown,
  column: number,
  digits: number | null,
  categories: readonly string[] | undefined,
): string {
  const value = valueAt(input, column);
  if (categories && categories.length > 0 && typeof value === "number")
    return categories[value] ?? formatNumber(value);
  return typeof value === "number"
    ? digits === null
      ? formatNumber(value)
      : formatFixed(value, digits)
    : value === null
      ? formatNumber(null)
      : String(value);
}

function flatNames(shape: readonly number[]): string[] {
  return Array.from({ length: Math.min(COLUMNS + 1, shape[0] ?? 0) }, (_, index) => `x${index + 1}`);
}
