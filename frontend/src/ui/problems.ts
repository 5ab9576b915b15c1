// The words of a Problem: sentence, place and hint, from the catalogue where it has them.
import i18next from "i18next";
import type { Problem } from "../api/schema.ts";
import { fromPython } from "../i18n/index.ts";

export function sentenceOf(problem: Problem): string {
  return fromPython(problem.key, problem.detail, problem.params);
}

export function hintOf(problem: Problem): string {
  return fromPython(`${problem.key}_hint`, problem.hint, problem.params);
}

/** The sentence with its place before it, unless it names the layer itself. */
export function placedSentence(problem: Problem): string {
  const sentence = sentenceOf(problem);
  const place = isNamed(problem, sentence) ? "" : placeOf(problem);
  return place === "" ? sentence : `${place}: ${sentence}`;
}

/** Whether the sentence says itself where it is. */
export function isNamed({ key, where }: Problem, sentence: string): boolean {
  if (key === UNKNOWN_DATA) return true;
  if (where.row !== null) return sentence.toLowerCase().includes(`row ${where.row}`);
  return where.layer !== null && sentence.includes(where.layer);
}

/** An experiment names data that nobody has brought yet. */
export const UNKNOWN_DATA = "error.data.unknown";

/** The sentence where it stands on the layer itself, which need not be named again. */
export function sentenceOnLayer(problem: Problem, type: string): string {
  const name = `${type} ${problem.where.layer ?? ""}`;
  const sentence = sentenceOf(problem);
  const short = sentence.startsWith(`${name} `)
    ? sentence.slice(name.length + 1)
    : sentence.replace(` of ${name}`, "");
  return short.charAt(0).toUpperCase() + short.slice(1);
}

/** Where it is, for a person: the layer or the setting, the row and the column. "" for nowhere. */
export function placeOf(problem: Problem): string {
  const { layer, row, column, path } = problem.where;
  const parts: string[] = [];
  if (layer) parts.push(i18next.t("problem.layer", { layer }));
  else if (path.length > 0) parts.push(path.join("."));
  const setting = layer ? settingOf(path) : undefined;
  if (setting) parts.push(setting);
  if (row !== null) parts.push(i18next.t("problem.row", { row }));
  if (column !== null) parts.push(i18next.t("problem.column", { column }));
  return parts.join(" · ");
}

/** The setting within a layer: what follows `layers`, `<number>` in the path. */
function settingOf(path: (string | number)[]): string | undefined {
  const start = path.lastIndexOf("layers");
  const rest = start < 0 ? [] : path.slice(start + 2);
  return rest.length > 0 ? rest.join(".") : undefined;
}
