// A data set in one line: how many, of what shape, for which task.
import type { TFunction } from "i18next";
import type { DataInfo } from "../api/schema.ts";
import { formatInteger, formatShape } from "../ui/format.ts";

export function factsOf(info: DataInfo, t: TFunction): string {
  const rows = formatInteger(info.rows);
  const [channels, height, width] = info.shape;
  const what =
    info.form === "image"
      ? t(channels === 3 ? "data.facts_color" : "data.facts_images", {
          rows,
          size: formatShape([height ?? 0, width ?? 0]),
        })
      : t("data.facts_rows", { rows, count: info.shape.reduce((a, b) => a * b, 1) });
  const task =
    info.task === "classification"
      ? t("data.facts_classes", { count: info.classes.length })
      : t("data.facts_targets", { names: info.targets.join(", ") });
  return `${what} · ${task}`;
}
