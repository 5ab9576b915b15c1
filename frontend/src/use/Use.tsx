// Use what was learnt: draw a digit, fill in a row, choose a place in the plane, and read the answer.
import { Group, Select, Text, Title } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DataInfo, DataPreview, Json } from "../api/schema.ts";
import type { RunSession } from "../runs/session.ts";
import { ANY_NUMBER, NumberControl } from "../schema-form/NumberControl.tsx";
import { Loading } from "../ui/Loading.tsx";
import { DecisionMap } from "../watch/DecisionMap.tsx";
import { Examples, examplesOf, labelOf, Picture } from "../watch/Examples.tsx";
import { flat, topOf } from "../watch/pictures.ts";
import { Answer } from "./Answer.tsx";
import { Pad } from "./Pad.tsx";
import { nested, rasterise, strokesLike } from "./strokes.ts";
import { usePrediction } from "./usePrediction.ts";
import "./use.css";

type Props = { session: RunSession; preview: DataPreview | null; learning: boolean; over: boolean };

export function Use({ session, preview, learning, over }: Props) {
  const { t } = useTranslation();
  if (preview === null) return <Loading text={t("use.loading")} />;
  const props = { session, preview, learning, over, info: preview.info };
  if (preview.info.form === "image") return <UseImage {...props} />;
  if (preview.info.form === "points" && preview.info.shape[0] === 2) return <UsePoint {...props} />;
  return <UseRow {...props} />;
}

type Inner = Props & { preview: DataPreview; info: DataInfo };

const GRID = 60;

function UseImage({ session, preview, learning, info }: Inner) {
  const { t } = useTranslation();
  const [image, setImage] = useState<number[] | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const [cleared, setCleared] = useState(0);
  const part = examplesOf(preview);
  const images = useMemo(() => part.inputs.slice(0, GRID).map(flat), [part]);
  const top = useMemo(() => topOf(images), [images]);
  const drawable = useMemo(() => strokesLike(images, info.shape, top), [images, info.shape, top]);
  const prediction = usePrediction(
    session.id,
    image === null ? null : (nested(image, info.shape) as Json),
    learning,
  );
  const [rows = 1, columns = 1] = info.shape.slice(-2);

  const clear = () => {
    setImage(null);
    setChosen(null);
    setCleared((count) => count + 1);
  };

  return (
    <div className="oqu-use">
      {drawable && (
        <section className="oqu-use-part">
          <Title order={2} size="h3">
            {t("use.draw")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("use.draw_help")}
          </Text>
          <Pad
            cleared={cleared}
            onClear={clear}
            onInk={(ink) => {
              setChosen(null);
              setImage(
                ink === null ? null : Array.from(rasterise(ink, rows, columns), (value) => value * top),
              );
            }}
          />
        </section>
      )}
      <section className="oqu-use-part">
        <Title order={2} size="h3">
          {t("use.sees")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("use.sees_help", { shape: `${columns} × ${rows}` })}
        </Text>
        <div className="oqu-use-seen">
          <Picture values={image ?? new Float32Array(rows * columns)} shape={info.shape} top={top} />
        </div>
        <Answer
          prediction={prediction}
          info={info}
          truth={chosen === null ? null : labelOf(preview, part.targets[chosen])}
          waiting={t(drawable ? "use.wait_draw" : "use.wait_choose")}
        />
      </section>
      <section className="oqu-use-part oqu-use-wide">
        <Title order={2} size="h3">
          {t("use.choose")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("use.choose_help")}
        </Text>
        <Examples
          preview={preview}
          count={GRID}
          chosen={chosen}
          onChoose={(row) => {
            setCleared((count) => count + 1);
            setChosen(row);
            setImage(images[row] ?? null);
          }}
        />
      </section>
    </div>
  );
}

function UsePoint({ session, preview, learning, over, info }: Inner) {
  const { t } = useTranslation();
  const [point, setPoint] = useState<[number, number] | null>(null);
  const prediction = usePrediction(session.id, point, learning);
  const set = (axis: 0 | 1, value: number | null) => {
    const next: [number, number] = [...(point ?? [0, 0])];
    next[axis] = value ?? 0;
    setPoint(next);
  };
  return (
    <div className="oqu-use">
      <section className="oqu-use-part oqu-use-map">
        <Title order={2} size="h3">
          {t("use.place")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("use.place_help")}
        </Text>
        <DecisionMap
          session={session}
          over={over}
          preview={preview}
          info={info}
          pin={point}
          onPick={([x, y]) => setPoint([rounded(x), rounded(y)])}
        />
      </section>
      <section className="oqu-use-part">
        <Group grow>
          {([0, 1] as const).map((axis) => (
            <div key={axis} className="oqu-use-axis">
              <Text size="sm" data-user>
                {info.features[axis]?.name ?? t("use.feature", { number: axis + 1 })}
              </Text>
              <NumberControl
                label={info.features[axis]?.name ?? t("use.feature", { number: axis + 1 })}
                field={ANY_NUMBER}
                value={point?.[axis] ?? null}
                empty=""
                onChange={(value) => set(axis, value)}
              />
            </div>
          ))}
        </Group>
        <Answer prediction={prediction} info={info} waiting={t("use.wait_place")} />
      </section>
    </div>
  );
}

/** A place as a person would type it. */
const rounded = (value: number) => Number(value.toPrecision(3));

const EXAMPLES = 20;

function UseRow({ session, preview, learning, info }: Inner) {
  const { t } = useTranslation();
  const part = examplesOf(preview);
  const [row, setRow] = useState<(number | null)[]>(() => rowOf(part.inputs[0], info));
  const [chosen, setChosen] = useState<number | null>(0);
  const prediction = usePrediction(session.id, named(row, info), learning);
  useEffect(() => setRow(rowOf(part.inputs[0], info)), [part, info]);
  const set = (column: number, value: number | null) => {
    setChosen(null);
    setRow(row.with(column, value));
  };
  return (
    <div className="oqu-use">
      <section className="oqu-use-part oqu-use-wide">
        <Title order={2} size="h3">
          {t("use.row")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("use.row_help")}
        </Text>
        <Select
          label={t("use.begin_with")}
          maw={300}
          data={part.inputs.slice(0, EXAMPLES).map((_, index) => ({
            value: String(index),
            label: t("use.example", { number: index + 1, label: labelOf(preview, part.targets[index]) }),
          }))}
          value={chosen === null ? null : String(chosen)}
          placeholder={t("use.own_values")}
          onChange={(value) => {
            if (value === null) return;
            setChosen(Number(value));
            setRow(rowOf(part.inputs[Number(value)], info));
          }}
        />
        <div className="oqu-use-fields">
          {row.map((value, column) => {
            const feature = info.features[column];
            const name = feature?.name ?? t("use.feature", { number: column + 1 });
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns of a table
              <div key={column} className="oqu-use-axis">
                <Text size="sm" truncate title={name} data-user>
                  {name}
                </Text>
                {feature?.kind === "category" ? (
                  <Select
                    aria-label={name}
                    data={feature.categories.map((category, index) => ({
                      value: String(index),
                      label: category,
                    }))}
                    value={value === null ? null : String(value)}
                    clearable
                    onChange={(code) => set(column, code === null ? null : Number(code))}
                  />
                ) : (
                  <NumberControl
                    label={name}
                    field={ANY_NUMBER}
                    value={value}
                    empty={t("use.missing")}
                    onChange={(next) => set(column, next)}
                  />
                )}
              </div>
            );
          })}
        </div>
      </section>
      <section className="oqu-use-part">
        <Answer
          prediction={prediction}
          info={info}
          truth={chosen === null ? null : labelOf(preview, part.targets[chosen])}
          waiting={t("use.wait_row")}
        />
      </section>
    </div>
  );
}

/** As the server wants it: categories by their names. */
function named(row: readonly (number | null)[], info: DataInfo): Json[] {
  return row.map((value, column) => {
    const { kind, categories } = info.features[column] ?? {};
    return kind === "category" && value !== null ? (categories?.[value] ?? null) : value;
  });
}

const MOST_FIELDS = 64;

function rowOf(input: Json | undefined, info: DataInfo): (number | null)[] {
  const values = Array.isArray(input) ? input : input === undefined ? [] : [input];
  const size = Math.min(MOST_FIELDS, info.shape[0] ?? values.length);
  return Array.from({ length: size }, (_, column) => {
    const value = values[column];
    return typeof value === "number" ? value : null;
  });
}
