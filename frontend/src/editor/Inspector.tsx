// Settings of what is selected: a layer, the data, the preparation, the way of learning, how it is run.
import { ActionIcon, Alert, Button, Group, Text, TextInput, Title, Tooltip } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconBulb, IconCopy, IconTrash, IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { kindHelp, kindTitle } from "../api/kinds.ts";
import type {
  Catalog,
  CatalogEntry,
  CheckAnswer,
  DataInfo,
  Json,
  JsonObject,
  JsonSchema,
  Problem,
} from "../api/schema.ts";
import type { Change } from "../network/changes.ts";
import { type Document, isObject, layersOf } from "../network/document.ts";
import { idsOf } from "../network/graph.ts";
import { type FormPath, SchemaForm } from "../schema-form/SchemaForm.tsx";
import { blank } from "../schema-form/schema.ts";
import { ErrorNote } from "../ui/ErrorNote.tsx";
import { formatInteger, formatShape } from "../ui/format.ts";
import { hintOf, sentenceOf } from "../ui/problems.ts";
import { inputOf, type NetworkFacts, problemsUnder, remarksUnder } from "./facts.ts";
import { firstSentence } from "./Palette.tsx";

export type Inspected = { kind: "layer"; role: string; id: string } | { kind: "section"; section: string };

type Props = {
  document: Document;
  catalog: Catalog;
  check: CheckAnswer | null;
  facts: NetworkFacts;
  info: DataInfo | null;
  selection: Inspected;
  onChange: (change: Change) => void;
  onClose: () => void;
  onSection: (section: "data" | "preprocess") => void;
};

export function Inspector(props: Props) {
  const { t } = useTranslation();
  const { selection } = props;
  return (
    <aside className="oqu-inspector" aria-label={t("editor.inspector")}>
      {selection.kind === "layer" ? (
        <LayerSettings key={selection.id} {...props} id={selection.id} role={selection.role} />
      ) : (
        <SectionSettings {...props} section={selection.section} />
      )}
    </aside>
  );
}

function Head({
  title,
  text,
  onClose,
  children,
}: {
  title: string;
  text?: string;
  onClose: () => void;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <header className="oqu-inspector-head">
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Title order={2} size="h3">
          {title}
        </Title>
        <Group gap={2} wrap="nowrap">
          {children}
          <ActionIcon aria-label={t("common.close")} onClick={onClose}>
            <IconX size={18} aria-hidden />
          </ActionIcon>
        </Group>
      </Group>
      {text && (
        <Text size="sm" c="dimmed" mt={2}>
          {text}
        </Text>
      )}
    </header>
  );
}

function LayerSettings({
  document,
  catalog,
  facts,
  id,
  role,
  onChange,
  onClose,
}: Props & { id: string; role: string }) {
  const { t } = useTranslation();
  const layers = layersOf(document, role);
  const index = idsOf(layers).indexOf(id);
  const layer = layers[index];
  const fact = facts.layers.get(id);
  if (!layer || !fact) return <Head title={t("editor.gone")} onClose={onClose} />;
  const entry = catalog.layers.find((one) => one.type === layer.type);
  const path: FormPath = ["networks", role, "layers", index];
  const set = (at: FormPath, value: Json | undefined) => onChange({ kind: "set", path: at, value });
  const planned = facts.plan?.layers.find((one) => one.id === id);
  const plain = fact.problems.filter(({ where }) => where.path.length <= path.length);
  return (
    <>
      <Head
        title={fact.title}
        text={entry ? firstSentence(kindHelp(entry)) : t("editor.unknown_help")}
        onClose={onClose}
      >
        <Action
          label={t("editor.back")}
          icon={<IconArrowUp size={16} />}
          disabled={index === 0}
          onClick={() => onChange({ kind: "move", role, id, by: -1 })}
        />
        <Action
          label={t("editor.forward")}
          icon={<IconArrowDown size={16} />}
          disabled={index === layers.length - 1}
          onClick={() => onChange({ kind: "move", role, id, by: 1 })}
        />
        <Action
          label={t("editor.duplicate")}
          icon={<IconCopy size={16} />}
          onClick={() => onChange({ kind: "duplicate", role, id })}
        />
        <Action
          label={t("editor.remove")}
          icon={<IconTrash size={16} />}
          onClick={() => onChange({ kind: "remove", role, ids: [id] })}
        />
      </Head>
      <div className="oqu-inspector-body">
        {plain.length > 0 && <Problems problems={plain} />}
        <Remarks remarks={fact.remarks} />
        {planned && (
          <dl className="oqu-facts">
            <Fact
              term={t("editor.takes")}
              value={planned.input_shapes.map((shape) => formatShape(shape)).join(", ")}
            />
            <Fact term={t("editor.gives")} value={formatShape(planned.output_shape)} />
            <Fact term={t("editor.parameters")} value={formatInteger(planned.parameters)} />
            <Fact term={t("editor.multiply_adds")} value={formatInteger(planned.multiply_adds)} />
          </dl>
        )}
        {entry && (
          <SchemaForm
            schema={entry.schema}
            value={layer}
            path={path}
            words={entry.key}
            hidden={["id", "inputs"]}
            onChange={set}
            problems={fact.problems}
          />
        )}
        <LayerName
          key={id}
          id={id}
          named={typeof layer.id === "string"}
          onName={(name) => onChange({ kind: "rename", role, id, name })}
        />
      </div>
    </>
  );
}

function Problems({ problems }: { problems: readonly Problem[] }) {
  const first = problems[0];
  if (!first) return null;
  return <ErrorNote compact problem={{ ...first, problems: [...problems] }} />;
}

/** What works, but hardly as it was meant. */
function Remarks({ remarks }: { remarks: readonly Problem[] }) {
  return remarks.map((remark) => (
    <Alert
      key={`${remark.key} ${remark.where.path.join(".")}`}
      role="note"
      color="yellow"
      variant="light"
      p="xs"
      icon={<IconBulb size={18} aria-hidden />}
    >
      <Text size="sm" c="var(--mantine-color-text)">
        {sentenceOf(remark)} {hintOf(remark)}
      </Text>
    </Alert>
  ));
}

function Action({
  label,
  icon,
  onClick,
  disabled,
}: {
  label: string;
  icon: ReactNode;
  onClick: () => void;
  disabled?: boolean;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={onClick} disabled={disabled}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function LayerName({
  id,
  named,
  onName,
}: {
  id: string;
  named: boolean;
  onName: (name: string | null) => void;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(named ? id : "");
  const commit = () => {
    if (text.trim() !== (named ? id : "")) onName(text.trim() === "" ? null : text.trim());
  };
  return (
    <TextInput
      label={t("editor.name")}
      description={t("editor.name_help")}
      placeholder={id}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === "Enter" && commit()}
      error={text === "" || /^[A-Za-z_]\w{0,63}$/.test(text.trim()) ? undefined : t("editor.name_wrong")}
    />
  );
}

function SectionSettings({ section, ...props }: Props & { section: string }) {
  switch (section) {
    case "data":
      return <KindSettings {...props} at="data" entries={props.catalog.data} />;
    case "learner":
      return <KindSettings {...props} at="learner" entries={props.catalog.learners} />;
    case "preprocess":
      return <Preparation {...props} />;
    default:
      return <RunSettings {...props} />;
  }
}

/** A part of the document that is one kind: which one, and its settings. */
function KindSettings({
  document,
  check,
  info,
  at,
  entries,
  onChange,
  onClose,
  onSection,
}: Props & { at: "data" | "learner"; entries: CatalogEntry[] }) {
  const { t } = useTranslation();
  const value = document[at];
  const entry = entries.find((one) => one.type === value.type);
  const problems = problemsUnder(check, at);
  return (
    <>
      <Head
        title={entry ? kindTitle(entry) : value.type}
        text={entry ? firstSentence(kindHelp(entry)) : t("editor.unknown_help")}
        onClose={onClose}
      />
      <div className="oqu-inspector-body">
        {problems.some(({ where }) => where.path.length < 2) && <Problems problems={problems} />}
        <Remarks remarks={remarksUnder(check, at)} />
        {at === "data" && info && (
          <dl className="oqu-facts">
            <Fact term={t("editor.rows")} value={formatInteger(info.rows)} />
            <Fact
              term={t("editor.one_input")}
              value={inputOf(info, (count) => t("editor.numbers", { count }))}
            />
            {info.classes.length > 0 && (
              <Fact term={t("editor.class_names")} value={info.classes.join(", ")} />
            )}
          </dl>
        )}
        {entry && (
          <SchemaForm
            key={value.type}
            schema={entry.schema}
            value={value}
            path={[at]}
            words={entry.key}
            onChange={(path, next) => onChange({ kind: "set", path, value: next })}
            problems={problems}
          />
        )}
        {at === "data" && <PreparationLink document={document} onSection={onSection} />}
      </div>
    </>
  );
}

function PreparationLink({ document, onSection }: Pick<Props, "document" | "onSection">) {
  const { t } = useTranslation();
  const steps = document.preprocess ?? [];
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm" c="dimmed">
        {t("editor.prepared_by", { count: steps.length, kinds: steps.map((step) => step.type).join(", ") })}
      </Text>
      <Button variant="default" style={{ flex: "none" }} onClick={() => onSection("preprocess")}>
        {t("editor.prepare")}
      </Button>
    </Group>
  );
}

function Preparation({ document, catalog, check, onChange, onClose }: Props) {
  const { t } = useTranslation();
  const steps = document.preprocess ?? [];
  const set = (path: FormPath, value: Json | undefined) => onChange({ kind: "set", path, value });
  return (
    <>
      <Head title={t("editor.preprocess")} text={t("editor.preprocess_help")} onClose={onClose} />
      <div className="oqu-inspector-body">
        {steps.length === 0 && <Text size="sm">{t("editor.preprocess_none")}</Text>}
        {steps.map((step, index) => {
          const entry = catalog.preprocess.find((one) => one.type === step.type);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list's own places
            <section key={`${step.type} ${index}`} className="oqu-step">
              <Group justify="space-between" wrap="nowrap">
                <Text fw={600} size="sm">
                  {entry ? kindTitle(entry) : step.type}
                </Text>
                <Action
                  label={t("editor.remove")}
                  icon={<IconTrash size={16} />}
                  onClick={() => set(["preprocess", index], undefined)}
                />
              </Group>
              {entry && (
                <Text size="sm" c="dimmed" mb={6}>
                  {firstSentence(kindHelp(entry))}
                </Text>
              )}
              {entry && (
                <SchemaForm
                  schema={entry.schema}
                  value={step}
                  path={["preprocess", index]}
                  words={entry.key}
                  onChange={set}
                  problems={problemsUnder(check, "preprocess", index)}
                />
              )}
            </section>
          );
        })}
        <Group gap={6}>
          {catalog.preprocess.map((entry) => (
            <Tooltip key={entry.type} label={firstSentence(kindHelp(entry))} multiline maw={280}>
              <Button
                variant="default"
                onClick={() => set(["preprocess"], [...steps, blank(entry.type, entry.schema)] as Json)}
              >
                {t("editor.add_step", { title: kindTitle(entry) })}
              </Button>
            </Tooltip>
          ))}
        </Group>
      </div>
    </>
  );
}

/** The few settings of a run that a person sets here; the rest has its place in the text. */
const RUN_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 120 },
    seed: { type: "integer", minimum: 0, maximum: 2 ** 32 - 1, default: 0 },
  },
};
const SETTINGS_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    device: { enum: ["auto", "cpu", "cuda"], default: "auto" },
    threads: { anyOf: [{ type: "integer", minimum: 1, maximum: 256 }, { type: "null" }], default: null },
    time_limit_seconds: {
      anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }],
      default: null,
      unit: "s",
    },
    notes: { type: "string", maxLength: 10_000, default: "" },
  },
};

function RunSettings({ document, check, onChange, onClose }: Props) {
  const { t } = useTranslation();
  const set = (path: FormPath, value: Json | undefined) => onChange({ kind: "set", path, value });
  const titled = (schema: JsonSchema): JsonSchema => ({
    ...schema,
    properties: Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, property]) => [
        name,
        { ...property, title: t(`editor.run.${name}`), description: t(`editor.run.${name}_help`) },
      ]),
    ),
  });
  const own: JsonObject = { name: document.name, seed: document.seed };
  return (
    <>
      <Head title={t("editor.run_title")} text={t("editor.run_help")} onClose={onClose} />
      <div className="oqu-inspector-body">
        <SchemaForm
          schema={titled(RUN_SCHEMA)}
          value={own}
          path={[]}
          words="experiment"
          onChange={set}
          problems={check?.errors ?? []}
        />
        <SchemaForm
          schema={titled(SETTINGS_SCHEMA)}
          value={isObject(document.run) ? (document.run as JsonObject) : {}}
          path={["run"]}
          words="run_settings"
          onChange={set}
          problems={check?.errors ?? []}
        />
      </div>
    </>
  );
}

/** Keeps the last thing inspected while the panel slides away. */
export function useLast<T>(value: T | null): T | null {
  const [last, setLast] = useState(value);
  useEffect(() => {
    if (value !== null) setLast(value);
  }, [value]);
  return value ?? last;
}
