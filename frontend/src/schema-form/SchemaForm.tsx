// A form for anything that has a JSON Schema: settings of layers, data, optimisers; it knows none of them by name.
import { Box, Collapse, Select, Switch, Text, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json, JsonObject, JsonSchema, Problem } from "../api/schema.ts";
import { fromPython } from "../i18n/index.ts";
import { hintOf, sentenceOf } from "../ui/problems.ts";
import "./form.css";
import { NumberControl } from "./NumberControl.tsx";
import { blank, type Field, initialOf, matches, type Setting, settingsOf } from "./schema.ts";

export type FormPath = (string | number)[];

type Common = {
  /** Called with the path within the document; undefined takes the setting away. */
  onChange: (path: FormPath, value: Json | undefined) => void;
  problems: readonly Problem[];
  disabled?: boolean;
};

type FormProps = Common & {
  schema: JsonSchema;
  value: JsonObject;
  path: FormPath;
  /** Where the catalogue keeps its words: "layer.Linear". */
  words: string;
  hidden?: readonly string[];
};

export function SchemaForm({ schema, value, path, words, hidden, ...common }: FormProps) {
  const { t } = useTranslation();
  const settings = settingsOf(schema, hidden);
  const usual = settings.filter((setting) => !setting.advanced);
  const rare = settings.filter((setting) => setting.advanced);
  const changed = rare.some(
    (setting) => value[setting.name] !== undefined || faulty(common.problems, [...path, setting.name]),
  );
  const [open, setOpen] = useState(changed);
  const rows = (some: Setting[]) =>
    some.map((setting) => (
      <Row
        key={setting.name}
        setting={setting}
        value={value[setting.name]}
        path={path}
        words={words}
        {...common}
      />
    ));
  return (
    <div className="oqu-form">
      {rows(usual)}
      {rare.length > 0 && (
        <>
          <UnstyledButton className="oqu-form-more" aria-expanded={open} onClick={() => setOpen(!open)}>
            <IconChevronRight size={14} aria-hidden className={open ? "oqu-turned" : undefined} />
            {t("forms.more", { count: rare.length })}
          </UnstyledButton>
          <Collapse expanded={open}>
            <div className="oqu-form">{rows(rare)}</div>
          </Collapse>
        </>
      )}
    </div>
  );
}

function faulty(problems: readonly Problem[], path: FormPath): boolean {
  return problems.some((problem) => path.every((part, index) => problem.where.path[index] === part));
}

/** What is wrong with exactly this setting, in words. */
function errorAt(problems: readonly Problem[], path: FormPath, deep: boolean): string | null {
  const here = problems.filter(
    ({ where }) =>
      path.every((part, index) => where.path[index] === part) && (deep || where.path.length === path.length),
  );
  return here.length === 0 ? null : here.map((one) => `${sentenceOf(one)} ${hintOf(one)}`.trim()).join(" ");
}

type RowProps = Common & { setting: Setting; value: Json | undefined; path: FormPath; words: string };

function Row({ setting, value, path, words, ...common }: RowProps) {
  const id = useId();
  const here = [...path, setting.name];
  const title = fromPython(`${words}.${setting.name}.title`, setting.title);
  const help = setting.help === "" ? "" : fromPython(`${words}.${setting.name}.help`, setting.help);
  const wide = isWide(setting.field);
  return (
    <div className={wide ? "oqu-row oqu-row-wide" : "oqu-row"}>
      <Tooltip label={help} disabled={help === ""} multiline maw={300} position="left">
        <Text
          component="label"
          htmlFor={id}
          size="sm"
          className={help === "" ? "oqu-label" : "oqu-label oqu-label-help"}
        >
          {title}
        </Text>
      </Tooltip>
      <Box miw={0}>
        <Control
          {...common}
          id={id}
          label={title}
          field={setting.field}
          value={value === undefined && !isNullable(setting.field) ? setting.default : value}
          fallback={setting.default}
          unit={setting.unit}
          decided={/absent|automatic|null/.test(setting.help)}
          path={here}
          describedBy={help === "" ? undefined : `${id}-help`}
        />
        {help !== "" && (
          <span id={`${id}-help`} className="oqu-only-read">
            {help}
          </span>
        )}
      </Box>
    </div>
  );
}

const isNullable = (field: Field) => field.kind === "nullable";

function isWide(field: Field): boolean {
  const inner = field.kind === "nullable" ? field.of : field;
  return (
    inner.kind === "kinds" ||
    inner.kind === "object" ||
    (inner.kind === "list" && inner.max !== 2 && inner.max !== 3)
  );
}

type ControlProps = Common & {
  id: string;
  label: string;
  field: Field;
  value: Json | undefined;
  /** The default, for what is absent. */
  fallback?: Json;
  unit?: string;
  path: FormPath;
  describedBy?: string;
  /** Left out, somebody else decides; otherwise there is none. */
  decided?: boolean;
  /** The word for "nobody said"; its presence allows an empty field. */
  empty?: string;
};

function Control(props: ControlProps): ReactNode {
  const { t } = useTranslation();
  const { id, field, value, path, onChange, disabled, describedBy, label, problems } = props;
  const error = errorAt(problems, path, field.kind === "list" || field.kind === "json");
  const common = { id, disabled, error, "aria-describedby": describedBy };
  switch (field.kind) {
    case "number":
      return (
        <NumberControl
          id={id}
          field={field}
          value={typeof value === "number" ? value : null}
          unit={props.unit}
          empty={props.empty}
          disabled={disabled}
          error={error}
          describedBy={describedBy}
          onChange={(next) => onChange(path, next ?? undefined)}
        />
      );
    case "boolean":
      return (
        <Switch
          {...common}
          checked={value === true}
          onChange={(event) => onChange(path, event.currentTarget.checked)}
        />
      );
    case "text":
      return (
        <TextInput
          {...common}
          value={typeof value === "string" ? value : ""}
          placeholder={props.empty}
          maxLength={field.maxLength ?? undefined}
          onChange={(event) => {
            const text = event.currentTarget.value;
            onChange(path, text === "" && props.empty !== undefined ? undefined : text);
          }}
        />
      );
    case "choice":
      return (
        <Select
          {...common}
          data={field.options.map((option) => ({ value: String(option), label: wordOf(option) }))}
          value={value === undefined || value === null ? null : String(value)}
          placeholder={props.empty}
          clearable={props.empty !== undefined}
          allowDeselect={false}
          comboboxProps={{ withinPortal: true }}
          onChange={(text) =>
            onChange(
              path,
              field.options.find((option) => String(option) === text),
            )
          }
        />
      );
    case "kinds":
      return <Kinds {...props} field={field} />;
    case "object":
      return (
        <SchemaForm
          schema={field.schema}
          value={asObject(value)}
          path={path}
          words={label}
          onChange={onChange}
          problems={problems}
          disabled={disabled}
        />
      );
    case "list":
      return <List {...props} field={field} error={error} />;
    case "nullable":
      if (field.of.kind === "object") return <Optional {...props} schema={field.of.schema} />;
      return (
        <Control {...props} field={field.of} empty={t(props.decided ? "forms.automatic" : "forms.none")} />
      );
    case "either":
      return <Either {...props} field={field} />;
    case "json":
      return (
        <Text id={id} size="sm" ff="monospace" c={error ? "red" : "dimmed"} truncate>
          {value === undefined || value === null ? t("forms.automatic") : JSON.stringify(value)}
        </Text>
      );
  }
}

/** Settings that are there or not: early stopping, clipping. */
function Optional({
  id,
  value,
  path,
  onChange,
  label,
  schema,
  ...common
}: ControlProps & { schema: JsonSchema }) {
  const on = value !== undefined && value !== null;
  return (
    <>
      <Switch
        id={id}
        checked={on}
        disabled={common.disabled}
        onChange={(event) => onChange(path, event.currentTarget.checked ? blank(null, schema) : undefined)}
      />
      {on && (
        <div className="oqu-sub">
          <SchemaForm
            schema={schema}
            value={asObject(value)}
            path={path}
            words={label}
            onChange={onChange}
            problems={common.problems}
            disabled={common.disabled}
          />
        </div>
      )}
    </>
  );
}

/** Words of a document's vocabulary, made readable: "leaky_relu" is "leaky relu". */
function wordOf(option: Json): string {
  return String(option).replaceAll("_", " ");
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

type Of<K extends Field["kind"]> = Omit<ControlProps, "field"> & { field: Extract<Field, { kind: K }> };

function Kinds({ id, field, value, path, onChange, empty, describedBy, ...common }: Of<"kinds">) {
  const chosen = asObject(value);
  const variant = field.variants.find((one) => one.type === chosen.type);
  const settings = variant ? settingsOf(variant.schema).length : 0;
  return (
    <>
      <Select
        id={id}
        aria-describedby={describedBy}
        data={field.variants.map((one) => one.type)}
        value={typeof chosen.type === "string" ? chosen.type : null}
        placeholder={empty}
        clearable={empty !== undefined}
        allowDeselect={false}
        searchable={field.variants.length > 8}
        disabled={common.disabled}
        error={errorAt(common.problems, path, false) ?? errorAt(common.problems, [...path, "type"], false)}
        onChange={(type) => {
          const next = field.variants.find((one) => one.type === type);
          onChange(path, next ? carried(blank(next.type, next.schema), chosen, next.schema) : undefined);
        }}
      />
      {variant && settings > 0 && (
        <div className="oqu-sub">
          <SchemaForm
            key={variant.type}
            schema={variant.schema}
            value={chosen}
            path={path}
            words={variant.type}
            onChange={onChange}
            problems={common.problems}
            disabled={common.disabled}
          />
        </div>
      )}
    </>
  );
}

/** Settings that both kinds have keep their value: the learning rate from one optimiser to the next. */
function carried(fresh: JsonObject, old: JsonObject, schema: JsonSchema): JsonObject {
  const kept = settingsOf(schema).filter(
    ({ name, field }) => old[name] !== undefined && matches(field, old[name]),
  );
  return { ...fresh, ...Object.fromEntries(kept.map(({ name }) => [name, old[name] as Json])) };
}

function List({
  id,
  label,
  field,
  value,
  path,
  onChange,
  error,
  ...common
}: Of<"list"> & { error: string | null }) {
  const { t } = useTranslation();
  const items = Array.isArray(value) ? value : [];
  if (field.max !== null && field.max <= 3 && field.max === field.min && field.item.kind === "number") {
    const shown = items.length === field.max ? items : Array.from({ length: field.max }, () => null);
    return (
      <div className="oqu-pair">
        {shown.map((item, index) => (
          <NumberControl
            // biome-ignore lint/suspicious/noArrayIndexKey: places of a pair, never reordered
            key={index}
            id={index === 0 ? id : undefined}
            label={t("forms.item", { title: label, number: index + 1 })}
            field={field.item as Extract<Field, { kind: "number" }>}
            value={typeof item === "number" ? item : null}
            disabled={common.disabled}
            error={index === 0 ? error : null}
            onChange={(next) => onChange(path, shown.with(index, next))}
          />
        ))}
      </div>
    );
  }
  if (field.item.kind === "number" || field.item.kind === "text") {
    return (
      <Listed {...{ id, items, path, onChange, error }} numbers={field.item.kind === "number"} {...common} />
    );
  }
  return (
    <div className="oqu-list">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list's own places
        <div key={index} className="oqu-sub">
          <Control
            {...common}
            id={`${id}-${index}`}
            label={t("forms.item", { title: label, number: index + 1 })}
            field={field.item}
            value={item}
            path={[...path, index]}
            onChange={onChange}
          />
          <UnstyledButton className="oqu-link" onClick={() => onChange(path, items.toSpliced(index, 1))}>
            {t("forms.remove")}
          </UnstyledButton>
        </div>
      ))}
      {(field.max === null || items.length < field.max) && (
        <UnstyledButton
          id={id}
          className="oqu-link"
          onClick={() => onChange(path, [...items, initialOf(field.item)])}
        >
          {t("forms.add")}
        </UnstyledButton>
      )}
    </div>
  );
}

type ListedProps = Pick<ControlProps, "id" | "path" | "onChange" | "disabled" | "empty"> & {
  items: Json[];
  numbers: boolean;
  error: string | null;
};

/** A list of numbers or words as one line of text with commas. */
function Listed({ id, items, path, onChange, numbers, error, disabled, empty }: ListedProps) {
  const { t } = useTranslation();
  const [text, setText] = useState<string | null>(null);
  return (
    <TextInput
      id={id}
      value={text ?? items.join(", ")}
      placeholder={empty ?? t("forms.list")}
      disabled={disabled}
      error={error}
      onChange={(event) => {
        const written = event.currentTarget.value;
        setText(written);
        const words = written.split(/[,;\s]+/).filter((word) => word !== "");
        const read = numbers ? words.map(Number) : words;
        if (numbers && read.some((item) => Number.isNaN(item))) return;
        onChange(path, read.length === 0 && empty !== undefined ? undefined : read);
      }}
      onBlur={() => setText(null)}
    />
  );
}

/** A number or a word, a number or a pair: which one, and then that one. */
function Either({ field, value, ...props }: Of<"either">) {
  const { t } = useTranslation();
  const at = Math.max(
    0,
    field.options.findIndex((option) => matches(option, value)),
  );
  const option = field.options[at] as Field;
  const name = (one: Field) =>
    one.kind === "choice" ? one.options.map(wordOf).join(", ") : t(`forms.as_${one.kind}`);
  const lonely = option.kind === "choice" && option.options.length === 1;
  return (
    <div className="oqu-either">
      {!lonely && <Control {...props} field={option} value={value} />}
      <Select
        id={lonely ? props.id : undefined}
        aria-label={t("forms.form_of", { title: props.label })}
        data={field.options.map((one, index) => ({ value: String(index), label: name(one) }))}
        value={String(at)}
        allowDeselect={false}
        disabled={props.disabled}
        onChange={(index) => {
          const next = field.options[Number(index)];
          if (!next || next === option) return;
          props.onChange(props.path, converted(value, next, props.fallback));
        }}
      />
    </div>
  );
}

function converted(value: Json | undefined, field: Field, fallback: Json | undefined): Json {
  if (field.kind === "list" && typeof value === "number")
    return Array.from({ length: Math.max(1, field.min) }, () => value);
  if (field.kind === "number" && Array.isArray(value) && typeof value[0] === "number") return value[0];
  return fallback !== undefined && matches(field, fallback) ? fallback : initialOf(field);
}
