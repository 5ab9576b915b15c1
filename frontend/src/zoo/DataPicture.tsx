// What the data look like: points in the plane, a few images, or two columns of a table.
import { useEffect, useRef } from "react";
import type { DataPreview } from "../api/schema.ts";
import { type Drawn, drawingOf } from "./drawing.ts";

const SIZE = 96;

export function DataPicture({ preview }: { preview: DataPreview | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const scale = window.devicePixelRatio || 1;
    context.canvas.width = SIZE * scale;
    context.canvas.height = SIZE * scale;
    context.scale(scale, scale);
    context.clearRect(0, 0, SIZE, SIZE);
    if (preview !== undefined) paint(context, drawingOf(preview, SIZE));
  }, [preview]);
  return <canvas ref={canvas} className="oqu-data-picture" style={{ width: SIZE, height: SIZE }} />;
}

function paint(context: CanvasRenderingContext2D, drawn: Drawn): void {
  for (const { x, y, color } of drawn.points) {
    context.fillStyle = color;
    context.beginPath();
    context.arc(x, y, drawn.radius, 0, 2 * Math.PI);
    context.fill();
  }
  for (const tile of drawn.tiles) {
    const image = new ImageData(tile.width, tile.height);
    image.data.set(tile.rgba);
    const sheet = new OffscreenCanvas(tile.width, tile.height);
    sheet.getContext("2d")?.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = tile.width > tile.side;
    context.drawImage(sheet, tile.x, tile.y, tile.side, tile.side);
  }
}
