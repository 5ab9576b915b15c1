// A regression's picture: the curve through its points where one number goes in, else said against true.
import { Text, useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DataPreview, Frame } from "../api/schema.ts";
import type { RunSession } from "../runs/session.ts";
import { formatNumber } from "../ui/format.ts";
import { PART_COLORS } from "../ui/palette.ts";
import { type Range, ticks } from "./field.ts";
import { useFrames } from "./useFrames.ts";
import "./watch.css";

type Props = { session: RunSession | null; over: boolean; preview: DataPreview | null };

type Block = { x: number[]; truth: number[]; said: number[] };
type Picture = { train: Block; validation: Block; curve: Block };

const MARGIN = { left: 44, right: 8, top: 8, bottom: 34 };

export function Fit({ session, over, preview }: Props) {
  const { t } = useTranslation();
  const dark = useComputedColorScheme("light") === "dark";
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useRef<Picture | null>(null);
  const [summary, setSummary] = useState<number | null>(null);
  const single = preview?.info.shape.length === 1 && preview.info.shape[0] === 1;
  const words = { true: t("watch.true"), said: t("watch.said") };

  const draw = () => {
    if (canvas.current)
      paint(canvas.current, picture.current ?? before(preview), single, dark, preview, words);
  };

  useFrames(session, over, "fit", {}, (frame) => {
    picture.current = read(frame);
    setSummary(
      error(picture.current.validation.x.length > 0 ? picture.current.validation : picture.current.train),
    );
    draw();
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn belongs to the run that is gone
  useEffect(() => {
    picture.current = null;
    setSummary(null);
    draw();
  }, [session]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: draw() reads the newest of everything
  useEffect(() => {
    draw();
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    return () => observer.disconnect();
  }, [dark, preview]);

  return (
    <div className="oqu-map-frame">
      <canvas ref={canvas} className="oqu-fit" role="img" aria-label={t("watch.fit_summary")} />
      <div className="oqu-map-legend">
        {(["train", "val"] as const).map((part) => (
          <span key={part}>
            <svg width="12" height="12" aria-hidden="true">
              <circle cx="6" cy="6" r="4" fill={PART_COLORS[part]} />
            </svg>
            {t(part === "train" ? "watch.train_points" : "watch.held_points")}
          </span>
        ))}
        <Text size="sm" c="dimmed">
          {summary === null ? t("watch.fit_before") : t("watch.fit_error", { value: formatNumber(summary) })}
        </Text>
      </div>
    </div>
  );
}

function read(frame: Frame): Picture {
  const counts = frame.header.counts as { train: number; validation: number; curve: number };
  let row = 0;
  const take = (count: number): Block => {
    const rows = Array.from({ length: count }, (_, index) => (row + index) * 3);
    row += count;
    const column = (at: number) => rows.map((start) => frame.data[start + at] ?? Number.NaN);
    return { x: column(0), truth: column(1), said: column(2) };
  };
  return { train: take(counts.train), validation: take(counts.validation), curve: take(counts.curve) };
}

const NONE: Block = { x: [], truth: [], said: [] };

/** The data alone: where one number goes in they can be seen before anything is learnt. */
function before(preview: DataPreview | null): Picture {
  const block = (name: string): Block => {
    const part = preview?.parts[name];
    if (!part) return NONE;
    const first = (value: unknown) => Number(Array.isArray(value) ? value[0] : value);
    return { x: part.inputs.map(first), truth: part.targets.map(first), said: [] };
  };
  return { train: block("train"), validation: block("validation"), curve: NONE };
}

/** Root mean square error. */
function error({ truth, said }: Block): number | null {
  if (said.length === 0) return null;
  return Math.sqrt(truth.reduce((sum, value, row) => sum + (value - (said[row] ?? 0)) ** 2, 0) / said.length);
}

function rangeOf(values: number[]): Range {
  const real = values.filter(Number.isFinite);
  if (real.length === 0) return [-1, 1];
  const low = real.reduce((a, b) => Math.min(a, b));
  const high = real.reduce((a, b) => Math.max(a, b));
  const air = 0.06 * (high - low) || 0.5;
  return [low - air, high + air];
}

function paint(
  canvas: HTMLCanvasElement,
  { train, validation, curve }: Picture,
  single: boolean,
  dark: boolean,
  preview: DataPreview | null,
  words: { true: string; said: string },
): void {
  const context = canvas.getContext("2d");
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!context || width === 0) return;
  const sharp = Math.max(1, window.devicePixelRatio);
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  context.scale(sharp, sharp);
  const truth = [...train.truth, ...validation.truth];
  const x = rangeOf(single ? [...train.x, ...validation.x] : truth);
  const y = rangeOf(truth);
  const left = (value: number) =>
    MARGIN.left + ((value - x[0]) / (x[1] - x[0])) * (width - MARGIN.left - MARGIN.right);
  const top = (value: number) =>
    MARGIN.top + (1 - (value - y[0]) / (y[1] - y[0])) * (height - MARGIN.top - MARGIN.bottom);

  context.font = "12px system-ui, sans-serif";
  context.fillStyle = dark ? "#a5adb8" : "#55606c";
  context.strokeStyle = dark ? "#3a3f47" : "#d9dde3";
  context.strokeRect(
    MARGIN.left,
    MARGIN.top,
    width - MARGIN.left - MARGIN.right,
    height - MARGIN.top - MARGIN.bottom,
  );
  context.textAlign = "center";
  for (const tick of ticks(x)) context.fillText(formatNumber(tick), left(tick), height - MARGIN.bottom + 14);
  const target = preview?.info.targets[0] ?? words.true;
  const names: [string, string] = single
    ? [preview?.info.features[0]?.name ?? "x", target]
    : [words.true, words.said];
  context.fillText(names[0], (MARGIN.left + width) / 2, height - 4);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of ticks(y)) context.fillText(formatNumber(tick), MARGIN.left - 5, top(tick));
  context.textAlign = "left";
  context.fillText(names[1], MARGIN.left + 6, MARGIN.top + 10);

  context.save();
  context.beginPath();
  context.rect(
    MARGIN.left,
    MARGIN.top,
    width - MARGIN.left - MARGIN.right,
    height - MARGIN.top - MARGIN.bottom,
  );
  context.clip();
  if (!single) {
    context.setLineDash([5, 4]);
    line(context, [left(x[0]), left(x[1])], [top(x[0]), top(x[1])], dark ? "#8a93a0" : "#7a8590", 1.5);
    context.setLineDash([]);
  }
  for (const [block, color] of [
    [train, PART_COLORS.train],
    [validation, PART_COLORS.val],
  ] as const) {
    const across = single ? block.x : block.truth;
    const up = single ? block.truth : block.said;
    context.fillStyle = color;
    context.globalAlpha = 0.75;
    up.forEach((value, row) => {
      context.beginPath();
      context.arc(left(across[row] ?? 0), top(value), 2.8, 0, 7);
      context.fill();
    });
    context.globalAlpha = 1;
  }
  if (curve.x.length > 0)
    line(context, curve.x.map(left), curve.said.map(top), dark ? "#ffffff" : "#16191d", 2.5);
  context.restore();
}

function line(context: CanvasRenderingContext2D, x: number[], y: number[], color: string, width: number) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  x.forEach((value, index) => {
    context.lineTo(value, y[index] ?? 0);
  });
  context.stroke();
}
