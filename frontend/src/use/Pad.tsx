// A sheet to draw a digit on, with a finger, a pen or a mouse. What was drawn is told as grey ink.
import { Button } from "@mantine/core";
import { type PointerEvent, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Ink } from "./strokes.ts";

type Props = { onInk: (ink: Ink | null) => void; cleared: number; onClear: () => void };

const SIDE = 280;
const WIDTH = 30;
const OFTEN: CanvasRenderingContext2DSettings = { willReadFrequently: true };

export function Pad({ onInk, cleared, onClear }: Props) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<{ x: number; y: number } | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new number means: wipe the sheet
  useEffect(() => {
    const context = canvas.current?.getContext("2d", OFTEN);
    if (!context) return;
    context.fillStyle = "black";
    context.fillRect(0, 0, SIDE, SIDE);
  }, [cleared]);

  function place(event: PointerEvent<HTMLCanvasElement>) {
    const rect = event.currentTarget.getBoundingClientRect();
    return {
      x: ((event.clientX - rect.left) / rect.width) * SIDE,
      y: ((event.clientY - rect.top) / rect.height) * SIDE,
    };
  }

  function draw(event: PointerEvent<HTMLCanvasElement>) {
    const context = event.currentTarget.getContext("2d", OFTEN);
    const from = last.current;
    if (!context || from === null) return;
    const to = place(event);
    context.strokeStyle = "white";
    context.lineWidth = WIDTH;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    last.current = to;
    onInk(inkOf(context));
  }

  return (
    <div className="oqu-pad">
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        className="oqu-pad-sheet"
        role="img"
        aria-label={t("use.pad")}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          last.current = place(event);
          draw(event);
        }}
        onPointerMove={draw}
        onPointerUp={() => {
          last.current = null;
        }}
        onPointerCancel={() => {
          last.current = null;
        }}
      />
      <Button variant="default" onClick={onClear}>
        {t("use.clear")}
      </Button>
    </div>
  );
}

function inkOf(context: CanvasRenderingContext2D): Ink {
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const values = new Float32Array(SIDE * SIDE);
  for (let at = 0; at < values.length; at++) values[at] = (data[at * 4] ?? 0) / 255;
  return { values, width: SIDE, height: SIDE };
}
