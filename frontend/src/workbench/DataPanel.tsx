// Which data: small pictures of the sets that are drawn on the spot, a list of the others, and the quick settings.
import { Group, Select, Slider, Text, Tooltip, UnstyledButton, useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { kindHelp, kindTitle } from "../api/kinds.ts";
import type { Catalog, CatalogEntry, ExperimentDocument, Json, KindDocument } from "../api/schema.ts";
import { firstSentence } from "../editor/Palette.tsx";
import { fromPython } from "../i18n/index.ts";
import type { Change } from "../network/changes.ts";
import { type Field, type NumberField, settingsOf } from "../schema-form/schema.ts";
import { formatInteger, formatNumber, formatPercent } from "../ui/format.ts";
import { thumbnail } from "./thumbnail.ts";
import { useData } from "./usePreview.ts";

type Props = {
  document: ExperimentDocument;
  catalog: Catalog;
  onData: (data: KindDocument) => void;
  onChange: (change: Change) => void;
  onMore: () => void;
};

export function DataPanel({ document, catalog, onData, onChange, onMore }: Props) {
  const { t } = useTranslation();
  const drawn = catalog.data.filter(isDrawn);
  const others = catalog.data.filter((entry) => !isDrawn(entry) && isComplete(entry));
  const entry = catalog.data.find((one) => one.type === document.data.type);
  const choose = (type: string) => {
    const next = catalog.data.find((one) => one.type === type);
    if (next && type !== document.data.type) onData(carried(next, document.data));
  };
  return (
    <section className="oqu-data" aria-label={t("workbench.data")}>
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} size="sm">
          {t("workbench.data")}
        </Text>
        <UnstyledButton className="oqu-link" onClick={onMore}>
          {t("workbench.data_more")}
        </UnstyledButton>
      </Group>
      <div className="oqu-toys">
        {drawn.map((one) => (
          <Toy
            key={one.type}
            entry={one}
            document={document}
            chosen={one.type === document.data.type}
            onChoose={() => choose(one.type)}
          />
        ))}
      </div>
      <Select
        aria-label={t("workbench.other_data")}
        placeholder={t("workbench.other_data")}
        data={grouped(others, document.data)}
        value={others.some((one) => one.type === document.data.type) ? document.data.type : null}
        onChange={(type) => type !== null && choose(type)}
        allowDeselect={false}
      />
      {entry && <Quick key={entry.type} entry={entry} data={document.data} onChange={onChange} />}
    </section>
  );
}

/** Drawn on the spot: it has a number of points, so a picture costs nothing. */
function isDrawn(entry: CatalogEntry): boolean {
  return entry.schema.properties?.samples !== undefined;
}

/** What can be chosen without saying more first: imported sets have their own place. */
function isComplete(entry: CatalogEntry): boolean {
  return (entry.schema.required ?? []).every((name) => name === "type");
}

function grouped(entries: readonly CatalogEntry[], data: KindDocument) {
  const shown = entries.length > 0 ? entries : [];
  const categories = [...new Set(shown.map((entry) => entry.category))];
  const groups = categories.map((category) => ({
    group: fromPython(`category.${category}`, category),
    items: shown
      .filter((entry) => entry.category === category)
      .map((entry) => ({ value: entry.type, label: kindTitle(entry) })),
  }));
  return groups.length > 0 ? groups : [{ group: "", items: [{ value: data.type, label: data.type }] }];
}

/** The new source with what the old one said of the same things: points, noise, parts. */
function carried(entry: CatalogEntry, old: KindDocument): KindDocument {
  const kept = settingsOf(entry.schema)
    .filter(({ name }) => old[name] !== undefined && old[name] !== null && SHARED.includes(name))
    .map(({ name }) => [name, old[name] as Json]);
  return { ...Object.fromEntries(kept), type: entry.type } as KindDocument;
}

const SHARED = ["samples", "noise", "validation_fraction", "test_fraction", "seed"];
const THUMB = 44;

function Toy({
  entry,
  document,
  chosen,
  onChoose,
}: {
  entry: CatalogEntry;
  document: ExperimentDocument;
  chosen: boolean;
  onChoose: () => void;
}) {
  const dark = useComputedColorScheme("light") === "dark";
  const canvas = useRef<HTMLCanvasElement>(null);
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWanted(true), 300); // what the page itself needs comes first
    return () => clearTimeout(timer);
  }, []);
  const probe: ExperimentDocument = {
    ...document,
    seed: 1,
    preprocess: [],
    data: { type: entry.type, samples: 220, validation_fraction: 0 } as KindDocument,
  };
  const preview = useData(probe, ["toy", entry.type], wanted);
  useEffect(() => {
    if (canvas.current && preview) thumbnail(canvas.current, preview, THUMB, dark);
  }, [preview, dark]);
  const title = kindTitle(entry);
  return (
    <Tooltip label={`${title}: ${firstSentence(kindHelp(entry))}`} multiline maw={260} position="right">
      <UnstyledButton className="oqu-toy" aria-label={title} aria-pressed={chosen} onClick={onChoose}>
        <canvas ref={canvas} width={THUMB} height={THUMB} aria-hidden />
      </UnstyledButton>
    </Tooltip>
  );
}

const QUICK = ["samples", "noise", "validation_fraction"] as const;

function Quick({
  entry,
  data,
  onChange,
}: {
  entry: CatalogEntry;
  data: KindDocument;
  onChange: (change: Change) => void;
}) {
  const all = settingsOf(entry.schema);
  const settings = QUICK.flatMap((wanted) => all.filter(({ name }) => name === wanted));
  return (
    <div className="oqu-quick">
      {settings.map(({ name, field, title, default: usual }) => {
        const value = data[name] ?? usual;
        const number = numeric(field);
        if (number === null || typeof value !== "number") return null;
        return (
          <QuickSlider
            key={name}
            name={name}
            title={fromPython(`${entry.key}.${name}.title`, title)}
            field={number}
            value={value}
            onChange={(next) => onChange({ kind: "set", path: ["data", name], value: next })}
          />
        );
      })}
    </div>
  );
}

function numeric(field: Field): NumberField | null {
  return field.kind === "number" ? field : null;
}

const COUNTS = [50, 100, 200, 300, 500, 1000, 2000, 5000];

type SliderProps = {
  name: string;
  title: string;
  field: NumberField;
  value: number;
  onChange: (value: number) => void;
};

function QuickSlider({ name, title, field, value, onChange }: SliderProps) {
  const counts = field.integer;
  const share = name === "validation_fraction";
  const [dragged, setDragged] = useState<number | null>(null);
  const at = dragged ?? (counts ? nearest(value) : value);
  const shown = counts && dragged !== null ? (COUNTS[dragged] ?? value) : (dragged ?? value);
  const words = counts ? formatInteger(shown) : share ? formatPercent(shown, 0) : formatNumber(shown, 2);
  return (
    <div className="oqu-slider">
      <Group justify="space-between" gap={4} wrap="nowrap">
        <Text size="sm" c="dimmed">
          {title}
        </Text>
        <Text size="sm">{words}</Text>
      </Group>
      <Slider
        size="sm"
        label={null}
        thumbLabel={title}
        min={counts ? 0 : (field.min ?? 0)}
        max={counts ? COUNTS.length - 1 : share ? 0.9 : Math.min(field.max ?? 1, 1)}
        step={counts ? 1 : 0.05}
        value={at}
        onChange={setDragged}
        onChangeEnd={(end) => {
          setDragged(null);
          const next = counts ? (COUNTS[end] ?? value) : Number(end.toFixed(4));
          if (next !== value && !(counts && nearest(value) === end)) onChange(next);
        }}
      />
    </div>
  );
}

function nearest(value: number): number {
  let best = 0;
  for (const [index, count] of COUNTS.entries()) {
    if (Math.abs(count - value) < Math.abs((COUNTS[best] as number) - value)) best = index;
  }
  return best;
}
