// Long curves thinned to what a screen can show: of each stretch the first, lowest and highest rows stay.

/** Numbers of the rows to draw, in order: at most about four per stretch and curve. */
export function thinRows(rows: number, curves: readonly ArrayLike<number>[], stretches: number): Uint32Array {
  if (rows <= stretches * 4) return Uint32Array.from({ length: rows }, (_, row) => row);
  const kept = new Set<number>([0, rows - 1]);
  for (let s = 0; s < stretches; s++) {
    const from = Math.floor((s * rows) / stretches);
    const to = Math.floor(((s + 1) * rows) / stretches);
    for (const curve of curves) keepExtremes(curve, from, to, kept);
  }
  return Uint32Array.from(kept).sort();
}

function keepExtremes(curve: ArrayLike<number>, from: number, to: number, kept: Set<number>): void {
  let lowest = -1;
  let highest = -1;
  for (let row = from; row < to; row++) {
    const value = curve[row];
    if (value === undefined || Number.isNaN(value)) continue;
    if (lowest < 0 || value < (curve[lowest] ?? 0)) lowest = row;
    if (highest < 0 || value > (curve[highest] ?? 0)) highest = row;
  }
  if (lowest >= 0) kept.add(lowest);
  if (highest >= 0) kept.add(highest);
}

/** The values at these rows; what was not measured, not finite, or not `positive` if asked for, is null. */
export function pick(values: ArrayLike<number>, rows: Uint32Array, positive = false): (number | null)[] {
  const picked: (number | null)[] = new Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i] ?? 0];
    picked[i] = value !== undefined && Number.isFinite(value) && (!positive || value > 0) ? value : null;
  }
  return picked;
}
