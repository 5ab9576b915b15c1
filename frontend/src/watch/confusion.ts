// Counts of true class by said class, and what follows from them per class.

export type ClassRow = {
  name: string;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  count: number;
};

export type Matrix = { size: number; at: (truth: number, said: number) => number };

/** One part of a (parts, n, n) block of counts. */
export function matrixOf(counts: ArrayLike<number>, size: number, part: number): Matrix {
  const start = part * size * size;
  return { size, at: (truth, said) => counts[start + truth * size + said] ?? 0 };
}

const range = (size: number) => Array.from({ length: size }, (_, index) => index);
const sum = (values: number[]) => values.reduce((all, one) => all + one, 0);

export function rowTotal(matrix: Matrix, truth: number): number {
  return sum(range(matrix.size).map((said) => matrix.at(truth, said)));
}

export function total(matrix: Matrix): number {
  return sum(range(matrix.size).map((truth) => rowTotal(matrix, truth)));
}

export function right(matrix: Matrix): number {
  return sum(range(matrix.size).map((index) => matrix.at(index, index)));
}

export function perClass(matrix: Matrix, names: readonly string[]): ClassRow[] {
  return range(matrix.size).map((index) => {
    const hits = matrix.at(index, index);
    const count = rowTotal(matrix, index);
    const said = sum(range(matrix.size).map((truth) => matrix.at(truth, index)));
    const precision = said === 0 ? null : hits / said;
    const recall = count === 0 ? null : hits / count;
    const f1 = said + count === 0 ? null : (2 * hits) / (said + count);
    return { name: names[index] ?? String(index), precision, recall, f1, count };
  });
}

/** The pair of classes most often confused; null where nothing is wrong. */
export function worst(matrix: Matrix): { truth: number; said: number; count: number } | null {
  let found: { truth: number; said: number; count: number } | null = null;
  for (const truth of range(matrix.size)) {
    for (const said of range(matrix.size)) {
      const count = matrix.at(truth, said);
      if (truth !== said && count > (found?.count ?? 0)) found = { truth, said, count };
    }
  }
  return found;
}
