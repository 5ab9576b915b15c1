// What the network answers at every place of the plane, with the data on it. Drawn on two canvases: field and points.
import { ActionIcon, Table, Tooltip, useComputedColorScheme } from "@mantine/core";
import { IconMap, IconTable } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DataInfo, DataPreview, Frame } from "../api/schema.ts";
import type { RunSession } from "../runs/session.ts";
import { formatNumber } from "../ui/format.ts";
import { classColor, signColor } from "../ui/palette.ts";
import { type Bounds, boundsOf, classField, type Range, ticks, valueField } from "./field.ts";
import { useFrames } from "./useFrames.ts";
import "./watch.css";

type Props = {
  session: RunSession | null;
  over: boolean;
  preview: DataPreview | null;
  info: DataInfo | null;
  /** Which two features are shown. */
  across?: number;
  up?: number;
  /** A place a person chose, and how to choose one. */
  pin?: readonly [number, number] | null;
  onPick?: (point: [number, number]) => void;
};

const MARGIN = { right: 6, top: 6, bottom: 20 };

/** Room for the longest number beside the axis. */
function leftOf({ y }: Bounds): number {
  const longest = Math.max(...ticks(y).map((tick) => String(tick).length));
  return Math.max(30, 10 + 7 * longest);
}
const NO_POINTS: number[][] = [];

export function DecisionMap({ session, over, preview, info, across = 0, up = 1, pin = null, onPick }: Props) {
  const { t } = useTranslation();
  const dark = useComputedColorScheme("light") === "dark";
  const field = useRef<HTMLCanvasElement>(null);
  const points = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const size = useSide(box);
  const frame = useRef<Frame | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [frameBounds, setFrameBounds] = useState<Bounds | null>(null);

  const all = useMemo(() => {
    const train = (preview?.parts.train?.inputs ?? NO_POINTS) as number[][];
    const held = (preview?.parts.validation?.inputs ?? NO_POINTS) as number[][];
    return [...train, ...held];
  }, [preview]);
  const own = useMemo(() => boundsOf(all, across, up), [all, across, up]);
  const bounds = frameBounds ?? own;
  const scale = useMemo(() => valueScale(preview), [preview]);

  const draw = () => paint(field.current, frame.current, scale, dark);

  useFrames(session, over, "decision_map", { x: across, y: up }, (next) => {
    frame.current = next;
    draw();
    const { x, y } = next.header as unknown as Bounds;
    setFrameBounds((known) => (known && sameRange(known.x, x) && sameRange(known.y, y) ? known : { x, y }));
  });

  // Another run, or none: the plane is empty again until its first picture.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn belongs to the run that is gone
  useEffect(() => {
    return () => {
      frame.current = null;
      setFrameBounds(null);
      draw();
    };
  }, [session, across, up]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: draw() reads the newest of everything
  useEffect(draw, [dark, scale, size]);

  useEffect(() => {
    if (points.current && preview)
      paintPoints(points.current, size, preview, bounds, { across, up, dark, scale, pin });
  }, [preview, size, bounds, across, up, dark, scale, pin]);

  const classes = info?.classes ?? [];
  const toggle = t(asTable ? "watch.as_map" : "watch.as_table");
  return (
    <div className="oqu-map-frame">
      {asTable && preview && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable from the keyboard
        <section className="oqu-scroll" tabIndex={0} aria-label={t("watch.points")}>
          <PointsTable preview={preview} across={across} up={up} />
        </section>
      )}
      <div className="oqu-map" ref={box} hidden={asTable}>
        <canvas
          ref={field}
          className="oqu-map-field"
          style={{
            left: leftOf(bounds),
            top: MARGIN.top,
            width: `calc(100% - ${leftOf(bounds) + MARGIN.right}px)`,
          }}
          aria-hidden
        />
        <canvas
          ref={points}
          className="oqu-map-points"
          role="img"
          aria-label={t("watch.map_summary", {
            train: preview?.parts.train?.rows ?? 0,
            held: preview?.parts.validation?.rows ?? 0,
            classes: classes.length > 0 ? classes.join(", ") : t("watch.values"),
          })}
          data-pick={onPick ? true : undefined}
          onClick={(event) => {
            if (!onPick) return;
            const rect = event.currentTarget.getBoundingClientRect();
            onPick(placeAt(event.clientX - rect.left, event.clientY - rect.top, size, bounds));
          }}
        />
      </div>
      <div className="oqu-map-foot">
        <MapLegend classes={classes} scale={scale} dark={dark} />
        <Tooltip label={toggle}>
          <ActionIcon size="sm" aria-label={toggle} onClick={() => setAsTable(!asTable)}>
            {asTable ? <IconMap size={15} aria-hidden /> : <IconTable size={15} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

function sameRange(a: Range, b: Range): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** The side of the square that fits into a box. */
function useSide(box: React.RefObject<HTMLDivElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return size;
}

/** The value that gets the full colour: the largest of the targets. */
function valueScale(preview: DataPreview | null): number {
  const targets = preview?.parts.train?.targets ?? [];
  const sizes = targets.map((target) => Math.abs(Number(Array.isArray(target) ? target[0] : target)));
  return Math.max(1e-9, ...sizes.filter(Number.isFinite));
}

function paint(canvas: HTMLCanvasElement | null, frame: Frame | null, scale: number, dark: boolean): void {
  if (!canvas) return;
  const context = canvas.getContext("2d");
  if (!context) return;
  const shape = frame?.header.shape;
  if (!frame || !shape || shape.length !== 3) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    return;
  }
  const [channels, height, width] = shape as [number, number, number];
  const pixels = channels > 1 ? classField(frame.data, channels, dark) : valueField(frame.data, scale, dark);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.putImageData(new ImageData(pixels, width, height), 0, 0);
}

type Size = { width: number; height: number };
type Look = {
  across: number;
  up: number;
  dark: boolean;
  scale: number;
  pin: readonly [number, number] | null;
};

function project(size: Size, { x, y }: Bounds) {
  const start = leftOf({ x, y });
  const width = size.width - start - MARGIN.right;
  const height = size.height - MARGIN.top - MARGIN.bottom;
  return {
    left: (value: number) => start + ((value - x[0]) / (x[1] - x[0])) * width,
    top: (value: number) => MARGIN.top + (1 - (value - y[0]) / (y[1] - y[0])) * height,
  };
}

function placeAt(left: number, top: number, size: Size, { x, y }: Bounds): [number, number] {
  const start = leftOf({ x, y });
  const right = (left - start) / (size.width - start - MARGIN.right);
  const down = (top - MARGIN.top) / (size.height - MARGIN.top - MARGIN.bottom);
  const clamp = (share: number) => Math.min(1, Math.max(0, share));
  return [x[0] + clamp(right) * (x[1] - x[0]), y[1] - clamp(down) * (y[1] - y[0])];
}

function paintPoints(
  canvas: HTMLCanvasElement,
  size: Size,
  preview: DataPreview,
  bounds: Bounds,
  look: Look,
): void {
  const context = canvas.getContext("2d");
  if (!context || size.width === 0) return;
  const sharp = Math.max(1, window.devicePixelRatio);
  canvas.width = size.width * sharp;
  canvas.height = size.height * sharp;
  context.scale(sharp, sharp);
  const { left, top } = project(size, bounds);
  axes(context, size, bounds, look.dark);
  const colorOf = (target: unknown) => {
    const value = Number(Array.isArray(target) ? target[0] : target);
    return preview.info.task === "classification"
      ? classColor(value)
      : `rgb(${signColor(Math.max(-1, Math.min(1, value / look.scale)), look.dark).join(" ")})`;
  };
  context.save();
  context.beginPath();
  context.rect(
    left(bounds.x[0]),
    top(bounds.y[1]),
    left(bounds.x[1]) - left(bounds.x[0]),
    top(bounds.y[0]) - top(bounds.y[1]),
  );
  context.clip();
  const draw = (name: string, held: boolean) => {
    const part = preview.parts[name];
    part?.inputs.forEach((input, row) => {
      const point = input as number[];
      mark(
        context,
        left(point[look.across] ?? 0),
        top(point[look.up] ?? 0),
        colorOf(part.targets[row]),
        held,
        look.dark,
      );
    });
  };
  draw("train", false);
  draw("validation", true);
  context.restore();
  if (look.pin) target(context, left(look.pin[0]), top(look.pin[1]), look.dark);
}

/** Training points are filled, held-out points are rings. */
function mark(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  color: string,
  held: boolean,
  dark: boolean,
) {
  context.beginPath();
  context.arc(x, y, held ? 2.7 : 3.3, 0, 7);
  if (held) {
    context.fillStyle = dark ? "rgb(20 22 25 / 85%)" : "rgb(255 255 255 / 85%)";
    context.strokeStyle = color;
    context.lineWidth = 1.6;
  } else {
    context.fillStyle = color;
    context.strokeStyle = dark ? "rgb(20 22 25 / 70%)" : "rgb(255 255 255 / 75%)";
    context.lineWidth = 0.8;
  }
  context.fill();
  context.stroke();
}

function target(context: CanvasRenderingContext2D, x: number, y: number, dark: boolean) {
  for (const [color, width] of [
    [dark ? "black" : "white", 5],
    [dark ? "white" : "black", 2],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, 8, 0, 7);
    context.moveTo(x - 12, y);
    context.lineTo(x + 12, y);
    context.moveTo(x, y - 12);
    context.lineTo(x, y + 12);
    context.stroke();
  }
}

function axes(context: CanvasRenderingContext2D, size: Size, bounds: Bounds, dark: boolean) {
  const { left, top } = project(size, bounds);
  const start = leftOf(bounds);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = dark ? "#a5adb8" : "#55606c";
  context.strokeStyle = dark ? "#3a3f47" : "#d9dde3";
  context.strokeRect(
    start - 0.5,
    MARGIN.top - 0.5,
    size.width - start - MARGIN.right + 1,
    size.height - MARGIN.top - MARGIN.bottom + 1,
  );
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of ticks(bounds.x))
    context.fillText(String(tick), left(tick), size.height - MARGIN.bottom + 5);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of ticks(bounds.y)) context.fillText(String(tick), start - 5, top(tick));
}

function MapLegend({ classes, scale, dark }: { classes: readonly string[]; scale: number; dark: boolean }) {
  const { t } = useTranslation();
  const rest = classes.length > 4 ? classes.length - 4 : 0;
  return (
    <div className="oqu-map-legend">
      {classes.slice(0, 4).map((name, index) => (
        <span key={name} data-user>
          <svg width="12" height="12" aria-hidden="true">
            <rect width="12" height="12" rx="2" fill={classColor(index)} />
          </svg>
          {/^\d+$/.test(name) ? t("watch.class", { name }) : name}
        </span>
      ))}
      {rest > 0 && <span>{t("watch.more_classes", { count: rest })}</span>}
      {classes.length === 0 && (
        <span>
          {formatNumber(-scale)}
          <i className="oqu-map-scale" style={{ background: scaleGradient(dark) }} />
          {formatNumber(scale)}
        </span>
      )}
      <span>
        <svg width="12" height="12" aria-hidden="true">
          <circle cx="6" cy="6" r="4" fill="currentColor" />
        </svg>
        {t("watch.train_points")}
      </span>
      <span>
        <svg width="12" height="12" aria-hidden="true">
          <circle cx="6" cy="6" r="3.5" fill="none" stroke="currentColor" strokeWidth="2" />
        </svg>
        {t("watch.held_points")}
      </span>
    </div>
  );
}

function scaleGradient(dark: boolean): string {
  const stop = (value: number) => `rgb(${signColor(value, dark).join(" ")})`;
  return `linear-gradient(90deg, ${stop(-1)}, ${stop(0)}, ${stop(1)})`;
}

/** The points as a table, for those who do not see the map. */
function PointsTable({ preview, across, up }: { preview: DataPreview; across: number; up: number }) {
  const { t } = useTranslation();
  const rows = Object.entries(preview.parts).flatMap(([part, { inputs, targets }]) =>
    inputs.slice(0, 50).map((input, index) => ({ part, input: input as number[], target: targets[index] })),
  );
  const columns = [across, up];
  const nameOf = (column: number) => preview.info.features[column]?.name ?? `x${column + 1}`;
  return (
    <Table fz="sm" verticalSpacing={3} stickyHeader>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("watch.part")}</Table.Th>
          {columns.map((column) => (
            <Table.Th key={column} ta="right" data-user>
              {nameOf(column)}
            </Table.Th>
          ))}
          <Table.Th>{t("watch.true_class")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ part, input, target: value }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a fixed sample
          <Table.Tr key={index}>
            <Table.Td>{t(`watch.parts.${part}`)}</Table.Td>
            {columns.map((column) => (
              <Table.Td key={column} ta="right">
                {formatNumber(input[column])}
              </Table.Td>
            ))}
            <Table.Td data-user>
              {preview.info.classes[Number(value)] ?? formatNumber(Number(value))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
