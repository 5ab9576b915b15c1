// How to understand the files: the importer's own settings as a form, the target as a choice of columns.
import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { problemOf } from "../api/client.ts";
import { kindTitle } from "../api/kinds.ts";
import { useCatalog } from "../api/queries.ts";
import type { DatasetPreview, Json, JsonObject } from "../api/schema.ts";
import { SchemaForm } from "../schema-form/SchemaForm.tsx";

type Props = {
  preview: DatasetPreview;
  /** What a person chose; the rest is found out. */
  options: JsonObject;
  onChange: (options: JsonObject) => void;
  problem: unknown;
};

const SHOWN_ELSEWHERE = ["type", "target", "leave_out"];

export function ImportOptions({ preview, options, onChange, problem }: Props) {
  const { t } = useTranslation();
  const { data: catalog } = useCatalog();
  const importer = catalog?.imports.find(({ type }) => type === preview.format);
  const set = (name: string, value: Json | undefined) => {
    const { [name]: _old, ...rest } = options;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  const value = { ...preview.options, ...options };
  const columns = [
    ...(preview.columns ?? []).map(({ name }) => name),
    ...(Array.isArray(options.leave_out) ? options.leave_out.map(String) : []),
  ];
  return (
    <div className="oqu-import-options">
      {importer && (
        <p>
          {t("data.format")} <b>{kindTitle(importer)}</b>
        </p>
      )}
      {columns.length > 0 && (
        <Select
          label={t("data.target")}
          description={t("data.target_help")}
          data={[...new Set(columns)]}
          value={typeof value.target === "string" ? value.target : null}
          onChange={(target) => onChange(without(options, ["task"], { target }))}
          searchable
          allowDeselect={false}
          w={280}
        />
      )}
      {importer && (
        <SchemaForm
          schema={importer.schema}
          value={value}
          path={["options"]}
          words={importer.key}
          hidden={SHOWN_ELSEWHERE}
          onChange={(path, given) => set(String(path[1]), given)}
          problems={problem === null ? [] : [problemOf(problem)]}
        />
      )}
    </div>
  );
}

function without(options: JsonObject, names: string[], added: JsonObject): JsonObject {
  const kept = Object.entries(options).filter(([name]) => !names.includes(name));
  return { ...Object.fromEntries(kept), ...added };
}
