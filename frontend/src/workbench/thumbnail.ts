// A data set as a picture the size of a stamp.
import type { DataPreview } from "../api/schema.ts";
import { classColor, signColor } from "../ui/palette.ts";
import { boundsOf } from "../watch/field.ts";

export function thumbnail(
  canvas: HTMLCanvasElement,
  preview: DataPreview,
  side: number,
  dark: boolean,
): void {
  const context = canvas.getContext("2d");
  const part = preview.parts.train;
  if (!context || !part) return;
  const sharp = Math.max(1, window.devicePixelRatio);
  canvas.width = side * sharp;
  canvas.height = side * sharp;
  context.scale(sharp, sharp);
  const values = part.targets.map((target) => Number(Array.isArray(target) ? target[0] : target));
  const inputs = part.inputs as number[][];
  const single = preview.info.shape[0] === 1;
  const points = single ? inputs.map((input, row) => [input[0] ?? 0, values[row] ?? 0]) : inputs;
  const { x, y } = boundsOf(points, 0, 1);
  const most = Math.max(1e-9, ...values.map(Math.abs));
  for (const [row, point] of points.entries()) {
    const value = values[row] ?? 0;
    context.fillStyle =
      preview.info.task === "classification"
        ? classColor(value)
        : single
          ? classColor(0)
          : `rgb(${signColor(value / most, dark).join(" ")})`;
    const left = (((point[0] ?? 0) - x[0]) / (x[1] - x[0])) * side;
    const top = (1 - ((point[1] ?? 0) - y[0]) / (y[1] - y[0])) * side;
    context.beginPath();
    context.arc(left, top, 1.4, 0, 7);
    context.fill();
  }
}
