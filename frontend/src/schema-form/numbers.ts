// Numbers as people type them: 0.001, 1e-3, 1/3, with a comma where that is the habit; and the next one up or down.

import type { NumberField } from "./schema.ts";

/** The number in a text, or null where there is none. */
export function parse(text: string): number | null {
  const plain = text
    .trim()
    .replace("−", "-")
    .replace(/^(-?\d+),(\d+)$/, "$1.$2");
  const share = /^(-?[\d.]+)\s*\/\s*([\d.]+)$/.exec(plain);
  const value = share ? Number(share[1]) / Number(share[2]) : Number(plain);
  return plain === "" || !Number.isFinite(value) ? null : value;
}

/** A number as text without false digits: 0.30000000000000004 is 0.3. */
export function show(value: number): string {
  const rounded = Number(value.toPrecision(12));
  const size = Math.abs(rounded);
  return size !== 0 && (size < 1e-4 || size >= 1e9)
    ? rounded.toExponential().replace("e+", "e")
    : String(rounded);
}

/** The neighbour: whole numbers one by one, shares by 0.05, all else along 1, 2, 5, 10. */
export function next(value: number, direction: 1 | -1, field: NumberField, large = false): number {
  const stepped = raw(value, direction, field, large);
  const low = field.min === null || (field.openMin && stepped <= field.min) ? null : field.min;
  if (field.openMin && field.min !== null && stepped <= field.min) return value;
  if (field.openMax && field.max !== null && stepped >= field.max) return value;
  const above = low === null ? stepped : Math.max(low, stepped);
  return field.max === null ? above : Math.min(field.max, above);
}

function raw(value: number, direction: 1 | -1, field: NumberField, large: boolean): number {
  if (field.integer) return Math.round(value) + direction * (large ? 10 : 1);
  if (field.min === 0 && !field.openMin && field.max !== null && field.max <= 1) {
    return Number((value + direction * (large ? 0.1 : 0.05)).toFixed(6));
  }
  if (value <= 0) return direction > 0 ? (value === 0 ? 0.001 : value / 2) : value === 0 ? 0 : value * 2;
  return oneTwoFive(value, direction);
}

function oneTwoFive(value: number, direction: 1 | -1): number {
  const power = Math.floor(Math.log10(value) + 1e-9);
  const ladder = [0.5, 1, 2, 5, 10].map((step) => Number((step * 10 ** power).toPrecision(6)));
  const found =
    direction > 0
      ? ladder.find((step) => step > value * 1.000001)
      : ladder.findLast((step) => step < value * 0.999999);
  return found ?? value;
}

/** Why the page itself already knows that a number will not do. */
export function misfit(
  value: number,
  field: NumberField,
): "whole" | "low" | "high" | "above" | "below" | null {
  if (field.integer && !Number.isInteger(value)) return "whole";
  if (field.min !== null && field.openMin && value <= field.min) return "above";
  if (field.max !== null && field.openMax && value >= field.max) return "below";
  if (field.min !== null && value < field.min) return "low";
  if (field.max !== null && value > field.max) return "high";
  return null;
}
