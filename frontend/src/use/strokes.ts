// A drawing made like the digits of a data set: cropped, scaled into its box, centred by mass, smoothed. Pure.

export type Ink = { values: Float32Array; width: number; height: number };

type Box = { left: number; top: number; width: number; height: number };

const INK = 0.05;

/** The smallest box that holds the ink; null for an empty sheet. */
export function boxOf({ values, width, height }: Ink): Box | null {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((values[y * width + x] ?? 0) <= INK) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Where the ink weighs, in the sheet's own pixels. */
function massOf({ values, width }: Ink, box: Box): { x: number; y: number } {
  let sum = 0;
  let across = 0;
  let down = 0;
  for (let y = box.top; y < box.top + box.height; y++) {
    for (let x = box.left; x < box.left + box.width; x++) {
      const weight = values[y * width + x] ?? 0;
      sum += weight;
      across += weight * (x + 0.5);
      down += weight * (y + 0.5);
    }
  }
  return { x: across / sum, y: down / sum };
}

/**
 * The drawing as an image of `rows` x `columns` with values 0 to 1.
 *
 * As MNIST was made (LeCun et al. 1998): the digit fits a 20 x 20 box, its centre of mass stands in the middle of
 * 28 x 28. Images too small for a border (8 x 8) are filled nearly from edge to edge: tried with drawn digits, 0.9
 * of the side was read best by networks that learnt scikit-learn's.
 */
export function rasterise(ink: Ink, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  const box = boxOf(ink);
  if (box === null) return out;
  const small = Math.min(rows, columns) < 16;
  const room = Math.min(rows, columns) * (small ? 0.9 : 20 / 28);
  const scale = Math.max(box.width, box.height) / room;
  const middle = small ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : massOf(ink, box);
  const start = { x: middle.x - (columns / 2) * scale, y: middle.y - (rows / 2) * scale };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[row * columns + column] = average(ink, start.x + column * scale, start.y + row * scale, scale);
    }
  }
  return out;
}

/** The mean ink of a square of the sheet; outside the sheet there is none. */
function average({ values, width, height }: Ink, left: number, top: number, side: number): number {
  const x0 = Math.floor(left);
  const y0 = Math.floor(top);
  const x1 = Math.max(x0 + 1, Math.ceil(left + side));
  const y1 = Math.max(y0 + 1, Math.ceil(top + side));
  let sum = 0;
  let weights = 0;
  for (let y = y0; y < y1; y++) {
    const tall = Math.min(y + 1, top + side) - Math.max(y, top);
    for (let x = x0; x < x1; x++) {
      const weight = tall * (Math.min(x + 1, left + side) - Math.max(x, left));
      weights += weight;
      if (x >= 0 && y >= 0 && x < width && y < height) sum += weight * (values[y * width + x] ?? 0);
    }
  }
  return weights > 0 ? sum / weights : 0;
}

/** Whether images of this set are light strokes on a dark ground, so that a drawing can be one of them. */
export function strokesLike(
  images: readonly ArrayLike<number>[],
  shape: readonly number[],
  top: number,
): boolean {
  const [channels = 1, rows = 1, columns = 1] = shape.length === 3 ? shape : [1, ...shape];
  if (channels !== 1 || images.length === 0) return false;
  let sum = 0;
  let count = 0;
  for (const image of images.slice(0, 30)) {
    for (let row = 0; row < rows; row++) {
      for (const column of [0, columns - 1]) {
        sum += image[row * columns + column] ?? 0;
        count += 1;
      }
    }
  }
  return sum / count < 0.15 * top;
}

/** Flat values in the nested form of a shape: rows of a JSON request. */
export function nested(values: ArrayLike<number>, shape: readonly number[]): number[] | unknown[] {
  const [size = 1, ...rest] = shape;
  if (rest.length === 0) return Array.from({ length: size }, (_, index) => values[index] ?? 0);
  const step = rest.reduce((all, one) => all * one, 1);
  return Array.from({ length: size }, (_, index) =>
    nested(
      Array.from({ length: step }, (_, at) => values[index * step + at] ?? 0),
      rest,
    ),
  );
}
