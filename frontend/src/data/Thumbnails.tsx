// A few pictures of a data set, with their classes.
import { Title } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DatasetPreview, Shape } from "../api/schema.ts";
import { pixelsOf } from "./pixels.ts";

export function Thumbnails({ images }: { images: NonNullable<DatasetPreview["images"]> }) {
  const { t } = useTranslation();
  return (
    <section>
      <Title order={3}>{t("data.pictures")}</Title>
      <div className="oqu-thumbnails">
        {images.pixels.map((pixels, index) => (
          <figure key={pixels.slice(0, 400).join()}>
            <Picture shape={images.shape} pixels={pixels} />
            <figcaption>{String(images.classes[index] ?? "")}</figcaption>
          </figure>
        ))}
      </div>
    </section>
  );
}

function Picture({ shape, pixels }: { shape: Shape; pixels: number[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, height = 1, width = 1] = shape;
  useEffect(() => {
    const image = new ImageData(width, height);
    image.data.set(pixelsOf(shape, pixels));
    canvas.current?.getContext("2d")?.putImageData(image, 0, 0);
  }, [shape, pixels, width, height]);
  return <canvas ref={canvas} width={width} height={height} />;
}
