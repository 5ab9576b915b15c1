// Columns of numbers that grow at the end. An older view keeps what it saw while a newer one grows,
// and both share one buffer: appending costs no copy, and nothing that was read ever changes.

type Buffer = { values: Float64Array; used: number };

export type NumberColumn = { readonly buffer: Buffer; readonly length: number };

/** Rows of one series as equal-length columns; NaN is "not measured", or not finite. */
export type Series = {
  readonly rows: number;
  readonly columns: { readonly [name: string]: NumberColumn };
  /** What was not finite, by column: row and "nan", "inf" or "-inf". */
  readonly nonfinite: { readonly [name: string]: readonly (readonly [number, string])[] };
};

export const EMPTY_SERIES: Series = { rows: 0, columns: {}, nonfinite: {} };

const EMPTY: NumberColumn = { buffer: { values: new Float64Array(0), used: 0 }, length: 0 };

/** The numbers of a column as a typed array that shares its memory. Do not write into it. */
export function valuesOf(column: NumberColumn | undefined): Float64Array {
  return column === undefined ? new Float64Array(0) : column.buffer.values.subarray(0, column.length);
}

function grow(column: NumberColumn, more: number): NumberColumn {
  const length = column.length + more;
  const { buffer } = column;
  if (buffer.used === column.length && buffer.values.length >= length) return { buffer, length };
  const values = new Float64Array(Math.max(64, length * 2));
  values.set(valuesOf(column));
  return { buffer: { values, used: column.length }, length };
}

function append(
  column: NumberColumn,
  values: readonly (number | null)[] | undefined,
  more: number,
): NumberColumn {
  const grown = grow(column, more);
  for (let i = 0; i < more; i++) {
    grown.buffer.values[column.length + i] = values?.[i] ?? Number.NaN;
  }
  grown.buffer.used = grown.length;
  return grown;
}

/** The series with a block of rows at its end. Columns it did not have before are empty up to there. */
export function appendRows(
  series: Series,
  block: { readonly [name: string]: readonly (number | null)[] },
  nonfinite: { readonly [name: string]: readonly (readonly [number, string])[] } = {},
): Series {
  const more = Math.max(0, ...Object.values(block).map((values) => values.length));
  if (more === 0) return series;
  const columns: { [name: string]: NumberColumn } = {};
  for (const name of new Set([...Object.keys(series.columns), ...Object.keys(block)])) {
    const known = series.columns[name] ?? append(EMPTY, undefined, series.rows);
    columns[name] = append(known, block[name], more);
  }
  const marks = { ...series.nonfinite };
  for (const [name, found] of Object.entries(nonfinite)) {
    marks[name] = [...(marks[name] ?? []), ...found.map(([row, what]) => [series.rows + row, what] as const)];
  }
  return { rows: series.rows + more, columns, nonfinite: marks };
}

/** The first rows of a series. */
export function firstRows(series: Series, rows: number): Series {
  if (rows >= series.rows) return series;
  const cut = (column: NumberColumn): NumberColumn => ({ buffer: column.buffer, length: rows });
  return {
    rows,
    columns: Object.fromEntries(Object.entries(series.columns).map(([name, column]) => [name, cut(column)])),
    nonfinite: Object.fromEntries(
      Object.entries(series.nonfinite).map(([name, marks]) => [name, marks.filter(([row]) => row < rows)]),
    ),
  };
}

/** How many rows stand at or before a step. */
export function rowsUpTo(series: Series, step: number): number {
  const steps = valuesOf(series.columns.step);
  let rows = series.rows;
  while (rows > 0 && (steps[rows - 1] ?? 0) > step) rows -= 1;
  return rows;
}

const WORDS: { [what: string]: number } = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};

/** The newest value of a column: undefined when it was never measured, NaN or infinite when it was so. */
export function lastValue(series: Series | undefined, name: string): number | undefined {
  const values = valuesOf(series?.columns[name]);
  const mark = series?.nonfinite[name]?.at(-1);
  for (let row = values.length - 1; row >= 0; row--) {
    const value = values[row];
    if (value !== undefined && !Number.isNaN(value)) return value;
    if (mark?.[0] === row) return WORDS[mark[1]] ?? Number.NaN;
  }
  return undefined;
}
